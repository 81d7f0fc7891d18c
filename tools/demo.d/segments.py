"""What the recorders wrote: rows of the database, and files on disk."""

import sqlite3
import subprocess

from place import DATABASE, STORAGE
from telling import expect


def rows():
    """Every segment of the index, in the order of recording."""
    database = sqlite3.connect(f"{DATABASE.as_uri()}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    with database:
        found = database.execute("SELECT * FROM video_segments ORDER BY camera_id, start_ns, number")
        segments = [dict(row) for row in found]
    database.close()
    files = {path.name: path for path in STORAGE.rglob("*.mp4")}
    for row in segments:
        row["path"] = files.get(row["name"])
    return segments


def recovered_from(run):
    """What a run left open and the next one recovered, once that is all of it."""
    left = [row for row in rows() if row["run_id"] == run]
    still = [row for row in left if row["state"] == "recording"]
    return None if still else [row for row in left if row["state"] == "recovered"]


def judge():
    """Files and index agree, and every file can be played. All rows."""
    segments = rows()
    files = {path.name for path in STORAGE.rglob("*.mp4")}
    alone = files ^ {row["name"] for row in segments}
    expect(not alone, f"either the file or the row is missing of {', '.join(sorted(alone))}")
    for row in segments:
        name, state = row["name"], row["state"]
        expect(state in ("complete", "recovered"), f"{name} is {state}")
        expect(row["size_bytes"] == row["path"].stat().st_size, f"{name}: the row says another size")
        expect(_playable(row["path"]), f"{name} cannot be played")
    return segments


def _playable(path):
    """Judged by ffprobe, which shares no code with the recorder."""
    command = ["ffprobe", "-v", "error", "-count_packets", "-show_entries",
               "stream=nb_read_packets", path]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode == 0 and not done.stderr and "nb_read_packets" in done.stdout
