"""Says of each camera what was asked for: nothing lost, nothing doubled, and
every interruption named with its cause."""

from frames import numbers
from place import CAMERAS, REBOOTED
from telling import expect, say

# At SIGKILL: the group of pictures that is gathered, the last fragment, the time
# until somebody starts it again, and the wait for the next key frame; on a busy
# machine each takes longer.
MOST_LOST_SECONDS = 30


def handover_table(timelines, segments, old, new):
    """How each camera passed from one run to the next."""
    say("             both recorded          switch at    over all that is played")
    say("camera       seconds   frames       seam         frames     lost  doubled")
    for name, timeline in timelines.items():
        common = len(_recorded(segments, name, old) & _recorded(segments, name, new))
        seams = [other.seam for one, other in timeline.switches() if (one.run, other.run) == (old, new)]
        seam = seams[0] if seams else "none"
        say(f"{name:<12} {common / CAMERAS[name].fps:>7.1f} {common:>8}       {seam:<11} "
            f"{timeline.frames:>7} {timeline.lost:>8} {timeline.doubled:>8}")
        expect(seams == ["exact"], f"{name}: the handover is not one exact seam")
        expect(timeline.lost == 0, f"{name}: {timeline.lost} frames were lost where nothing happened")
        expect(timeline.doubled == 0, f"{name}: {timeline.doubled} frames are played twice")
    lost = sum(timeline.lost for timeline in timelines.values())
    doubled = sum(timeline.doubled for timeline in timelines.values())
    say(f"Handover: frames lost {lost}, doubled {doubled}.")


def _recorded(segments, camera, run):
    """The numbers of the frames that a run has of a camera."""
    files = [row["path"] for row in segments if (row["camera_id"], row["run_id"]) == (camera, run)]
    return {number for path in files for number in numbers(path)}


def missing_table(timelines):
    """Every interruption, as an operator reads it."""
    say("camera       kind  from (UTC)        until           seconds  frames  cause")
    for name, timeline in timelines.items():
        for missing in timeline.missing:
            entry = missing.entry
            say(f"{name:<12} {entry.kind:<5} {_clock(entry.start)}   {_clock(entry.end)} "
                f"{entry.seconds:>9.3f} {missing.frames:>7}  {entry.cause}")
            _judge_missing(name, missing)
        expected = ["recorder_down", "camera_away"] if name == REBOOTED else ["recorder_down"]
        causes = [missing.entry.cause for missing in timeline.missing]
        expect(causes == expected, f"{name}: missing for {causes} instead of {expected}")


def _judge_missing(name, missing):
    seconds, fps = missing.entry.seconds, CAMERAS[name].fps
    expect(0 <= missing.frames < MOST_LOST_SECONDS * fps, f"{name}: an interruption cost too much")
    # A frame or two at the edges; clocks of cameras and recorders are the same here.
    told = abs(missing.frames / fps - seconds)
    expect(told < 0.5, f"{name}: {missing.frames} frames are missing, the gap says {seconds:.1f} s")


def _clock(instant):
    """The time of an instant, to the millisecond."""
    return instant.split("T")[1][:12]
