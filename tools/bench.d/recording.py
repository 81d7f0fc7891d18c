"""The recorder against its limits, side by side with ffmpeg."""
import glob, os, sqlite3, statistics, time

from cameras import FPS, KBPS, Run, measure, settle, stop, void
from common import cargo_bench, pss_mib, row, threads


def part_cpu(seconds, cameras=16):
    """CPU per camera, TCP"""
    with Run(cameras) as run:
        recorder, folder = run.recorder("retina")
        ffmpegs, other = run.ffmpegs()
        settle(folder, cameras)
        time.sleep(5)
        ours, theirs, camera = measure(
            [[recorder.pid], [f.pid for f in ffmpegs], [run.fixtures.pid]], seconds)
        stop([recorder, *ffmpegs])
        bad = (void(lambda n: f"{folder}/storage/cam{n}/*/*.mp4", cameras)
               or void(lambda n: f"{other}/cam{n}_*.mp4", cameras))
        ratio = ours / max(theirs, 1e-9)
        return [
            (f"recorder, {cameras} cameras", f"{ours:.2f} % of a core", "", bad or ""),
            (f"ffmpeg, {cameras} processes", f"{theirs:.2f} % of a core", "", ""),
            (f"the cameras themselves", f"{camera:.2f} % of a core", "", ""),
            row("recorder / ffmpeg", f"{ratio:.3f}", "at most 0.40 (goal 0.30)", ratio <= 0.40 and not bad),
        ]


def part_ways(seconds, cameras=16):
    """The other ways in, against retina in the same run"""
    rows = []
    with Run(cameras, tls=True) as run:
        base, folder = run.recorder("retina")
        settle(folder, cameras)
        ways = [("GStreamer, TCP", 'source = "gstreamer"', run.urls),
                ("GStreamer, UDP", 'transport = "udp"', run.urls),
                ("GStreamer, TLS (rtsps)", "tls_insecure = true", run.tls_urls)]
        for name, keys, urls in ways:
            other, place = run.recorder(name.split()[1].strip(","), keys, urls=urls)
            settle(place, cameras)
            time.sleep(5)
            ours, theirs = measure([[other.pid], [base.pid]], seconds)
            stop([other])
            bad = void(lambda n: f"{place}/storage/cam{n}/*/*.mp4", cameras)
            rows.append((f"{name} / retina, TCP", f"{ours / max(theirs, 1e-9):.2f}", "", bad or ""))
    return rows


def part_memory(seconds, cameras=16):
    """Memory, GOPs of 4 s"""
    figures = {}
    with Run(cameras, gop=4 * FPS) as run:
        for count in (1, cameras):
            recorder, folder = run.recorder(f"with-{count}", cameras=count)
            settle(folder, count)
            time.sleep(15)
            figures[count] = pss_mib(recorder.pid)
            if count == cameras:
                first, seen = figures[count], []
                for _ in range(max(4, int(seconds / 5))):
                    time.sleep(5)
                    seen.append(pss_mib(recorder.pid))
            stop([recorder])
    each = (figures[cameras] - figures[1]) / (cameras - 1)
    half = len(seen) // 2
    grown = statistics.mean(seen[half:]) - statistics.mean(seen[:half])
    return [
        ("one camera", f"{figures[1]:.1f} MiB PSS", "", ""),
        (f"{cameras} cameras", f"{figures[cameras]:.1f} MiB PSS", "", ""),
        row("each further camera", f"{each:.2f} MiB", "at most 3 MiB", each <= 3),
        (f"growth, second half against first of {len(seen) * 5} s", f"{grown:+.2f} MiB", "flat", ""),
    ]


def part_threads(_seconds, cameras=16):
    """Threads"""
    rows = []
    for audio in ("none", "aac"):
        with Run(cameras, audio=audio) as run:
            counts = {}
            for count in (1, cameras):
                recorder, folder = run.recorder(f"with-{count}", cameras=count)
                settle(folder, count)
                time.sleep(12)
                counts[count] = threads(recorder.pid)
                stop([recorder])
        each = (counts[cameras] - counts[1]) / (cameras - 1)
        sound = "with sound" if audio != "none" else "without sound"
        rows.append(row(f"each further camera, {sound}", f"{each:.1f} ({counts[cameras]} in all)", "at most 4", each <= 4))
    return rows


def part_many(seconds, cameras=64):
    """Many cameras at once"""
    with Run(cameras) as run:
        recorder, folder = run.recorder("many")
        settle(folder, cameras, 120)
        ours, camera = measure([[recorder.pid], [run.fixtures.pid]], max(seconds, 30))
        stop([recorder])
        bad = void(lambda n: f"{folder}/storage/cam{n}/*/*.mp4", cameras)
        database = sqlite3.connect(f"{folder}/index.db")
        closed = database.execute("select count(*) from video_segments where state = 'complete'").fetchone()[0]
        return [
            row(f"{cameras} cameras of {KBPS / 1000:.0f} Mbit/s", bad or "no frame lost", "no frame lost", not bad),
            ("recorder", f"{ours:.1f} % of a core", "", ""),
            ("the cameras themselves", f"{camera:.1f} % of a core", "", ""),
            ("segments in the database", str(closed), "", ""),
        ]


def part_start(_seconds):
    """Start"""
    with Run(1) as run:
        taken = []
        for n in range(5):
            begun = time.monotonic()
            recorder, folder = run.recorder(f"start-{n}")
            settle(folder, 1)
            taken.append(time.monotonic() - begun)
            stop([recorder])
        worst = max(taken)
        return [row("process start to first frame on disk, worst of 5 (GOP 1 s)", f"{worst:.2f} s",
                    "at most 2 GOPs + 2 s = 4 s", worst <= 4)]


def part_close(seconds, cameras=100):
    """From a closed segment to its row"""
    with Run(cameras) as run:
        recorder, folder = run.recorder("close")
        settle(folder, cameras, 120)
        database = sqlite3.connect(f"file:{folder}/index.db?mode=ro", uri=True)
        query = "select name from video_segments where state = 'complete'"
        # When those rows came that are there already, nobody saw.
        before = {name for (name,) in database.execute(query)}
        seen, end = {}, time.monotonic() + max(seconds, 30)
        while time.monotonic() < end:
            rows = database.execute(query).fetchall()
            now = time.time()
            for (name,) in rows:
                if name not in before:
                    seen.setdefault(name, now)
            time.sleep(0.02)
        # Only now: looking for files takes longer than what is measured.
        written = {os.path.basename(f): os.path.getmtime(f) for f in glob.glob(f"{folder}/storage/cam*/*/*.mp4")}
        late = [at - written[name] for name, at in seen.items()]
        stop([recorder])
        late.sort()
        p99 = late[int(len(late) * 0.99) - 1] if late else float("inf")
        return [row(f"last write to row, p99 of {len(late)} at {cameras} cameras", f"{p99:.2f} s",
                    "under 1 s", p99 < 1)]


def part_database(seconds):
    """The recorder's transactions against a bare durable commit"""
    return cargo_bench("hitless-schema", "store", str(int(seconds)))
