"""What people do with a timeline: a clip, a proof, a report."""

import subprocess
from datetime import datetime, timedelta
from pathlib import Path

from frames import numbers
from place import CAMERAS, CLIP, REPORT_HTML, REPORT_TEXT, shown
from telling import expect, say

BEFORE = AFTER = timedelta(seconds=3)


def clip(stitcher, camera, timeline):
    """A clip right across the handover; its frames are counted."""
    _, after = timeline.switches()[0]
    seam = datetime.fromisoformat(after.start).replace(microsecond=0)
    begin, end = (at.isoformat().replace("+00:00", "Z") for at in (seam - BEFORE, seam + AFTER))
    printed, status = stitcher.run("export", "--camera", camera, "--from", begin, "--to", end,
                                   "-o", shown(CLIP))
    say(printed.rstrip())
    expect(status == 0, "the clip is not whole")
    _judge_clip(camera, timeline, (BEFORE + AFTER).total_seconds())


def _judge_clip(camera, timeline, seconds):
    played = [number for span in timeline.spans for number in span.numbers]
    found = list(numbers(CLIP))
    begin = played.index(found[0]) if found[0] in played else -1
    expect(begin >= 0 and played[begin:begin + len(found)] == found,
           "the clip's frames are not those of the timeline")
    shows, whole = _frames_shown(CLIP), round(seconds * CAMERAS[camera].fps)
    say(f"It has the frames {found[0]} to {found[-1]} of the timeline, each once. A player shows the last "
        f"{shows}:\n{seconds:.0f} s, from the picture on the screen at --from to the last one before --to.")
    # Whoever begins between two pictures sees a part of the first, and of the last.
    expect(whole <= shows <= whole + 2, f"the clip shows {shows} frames instead of {whole}")


def _frames_shown(path):
    """As ffmpeg decodes and shows them."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-map", "0:v:0", "-f", "framemd5", "-"]
    done = subprocess.run(command, capture_output=True, text=True)
    expect(done.returncode == 0 and not done.stderr, f"ffmpeg on the clip: {done.stderr.strip()}")
    return sum(not line.startswith("#") for line in done.stdout.splitlines())


def proof(stitcher, camera, begin, end):
    """The stitcher's own proof of one camera, and of the clip."""
    printed, _ = stitcher.run("verify", "--camera", camera, "--from", begin, "--to", end)
    say(printed.rstrip())
    printed, status = stitcher.run("verify", "--file", shown(CLIP))
    say(printed.rstrip())
    expect(status == 0, "the clip is not what its manifest says")


def report(stitcher, begin, end):
    """For people as text, to print or pass on as a page."""
    range_ = ("--from", begin, "--to", end)
    stitcher.run("report", *range_, "--format", "html", "-o", shown(REPORT_HTML))
    printed, _ = stitcher.run("report", *range_, "--format", "text")
    REPORT_TEXT.write_text(printed)
    say(printed.rstrip())
    for path in (REPORT_HTML, REPORT_TEXT):
        expect(Path(path).stat().st_size > 0, f"{shown(path)} is empty")
