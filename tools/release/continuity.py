"""Whether the recording is continuous, as the stitcher sees it: no gap, no hole,
and every seam frame-exact.

The window begins with the last segment that each camera had closed before: by
its name, which is in the camera's own time, so that a camera whose clock is
wrong is judged too. It is judged once the stitcher plays a newer segment of the
recorder that now runs.
"""

import json
import re
import time
from dataclasses import dataclass

from journal import Failed

END_OF_TIME = "2100-01-01"
GOOD_SEAMS = ("same-strand", "exact")
# Beyond two segments, the longest that one may take to be closed.
PATIENCE_SECONDS = 60
LOOK_SECONDS = 1
STAMP = re.compile(r"_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{6})Z_[^_]+_(\d+)\.mp4$")


@dataclass(frozen=True)
class Since:
    """Where a window begins: camera by camera, in its own time."""

    instants: dict

    @staticmethod
    def now(running, cameras, instant):
        """`instant` for cameras that have not closed a segment yet."""
        return Since({camera: start_of(running.cameras[camera]["last_segment"]) or instant
                      for camera in sorted(cameras)})


def start_of(segment):
    found = STAMP.search(segment or "")
    if not found:
        return None
    year, month, day, hour, minute, second, micros, _ = found.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}.{micros}Z"


def number_of(segment):
    found = STAMP.search(segment or "")
    return int(found.group(8)) if found else -1


class Continuity:
    """`stitcher` runs as the service does."""

    def __init__(self, service, stitcher, journal):
        self.service, self.stitcher, self.journal = service, stitcher, journal

    def _ask(self, *arguments):
        status, said = self.service.command(self.stitcher, *arguments,
                                            "--config", self.service.config, seconds=600)
        if status not in (0, 1):
            raise Failed(f"stitcher {arguments[0]} could not run: {said}")
        return said

    def _entries(self, camera, since):
        said = self._ask("timeline", "--camera", camera, "--from", since, "--to", END_OF_TIME,
                         "--json")
        # Messages of the program may stand before its answer.
        return json.loads(said[said.index("{"):])["entries"]

    def judge(self, since, running):
        """The findings of all cameras, as sentences; none if all is well."""
        marks = {camera: number_of(running.cameras.get(camera, {}).get("last_segment"))
                 for camera in since.instants}
        limit = time.monotonic() + 2 * self.service.segment_seconds() + PATIENCE_SECONDS
        entries, waiting = {}, set(since.instants)
        while True:
            self._ask("run")
            for camera in sorted(waiting):
                entries[camera] = self._entries(camera, since.instants[camera])
                if played(entries[camera], running.run, marks[camera]):
                    waiting.discard(camera)
            if not waiting or time.monotonic() > limit:
                break
            self.journal.heed()
            time.sleep(LOOK_SECONDS)
        findings = [f"{camera}: the stitcher knows no new segment of {running.instance}"
                    for camera in sorted(waiting)]
        for camera, found in sorted(entries.items()):
            findings += [f"{camera}: {what}" for what in wrong(found)]
        return findings

    def report(self, since):
        """The stitcher's own, or why there is none."""
        status, said = self.service.command(self.stitcher, "report", "--from", since, "--to", "now",
                                            "--format", "text", "--config", self.service.config)
        return said if status in (0, 1) else f"none: {said.splitlines()[0] if said else status}"

    def tell(self, since, running):
        """Judges and logs; the findings."""
        findings = self.judge(since, running)
        for finding in findings:
            self.journal.say(f"  {finding}")
        if not findings:
            self.journal.say(f"  {len(since.instants)} cameras: no gap, every seam exact")
        return findings


def played(entries, run, mark):
    """Whether a span of this run plays a segment after the mark."""
    return any(entry["kind"] == "span" and entry["run"] == run
               and number_of(entry["segment"]) > mark for entry in entries)


def wrong(entries):
    """What is not as it should be, between the first entry and the last."""
    for entry in entries:
        if entry["kind"] in ("gap", "hole"):
            yield (f"{entry['kind']} of {entry['seconds']:.3f} s from {entry['start']}, "
                   f"cause {entry.get('cause') or 'unknown'}")
    spans = [entry for entry in entries if entry["kind"] == "span"]
    for span in spans[1:]:
        # A seam after a gap is told by the gap.
        if span["seam"] not in (*GOOD_SEAMS, "gap"):
            yield f"seam {span['seam']} at {span['start']}"
    if not spans:
        yield "no footage"
