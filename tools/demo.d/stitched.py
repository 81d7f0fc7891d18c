"""What the stitcher made of the segments, and the frames that it plays."""

import json
import subprocess
from dataclasses import dataclass, field

from frames import numbers
from place import CONFIG, ROOT, STITCHER_LOG, STORAGE, shown
from processes import clean_environment
from telling import Wrong, say

FINDINGS = 1  # the exit status of "done, and there are gaps"


class Stitcher:
    """The program, as somebody types it who stands in the repository."""

    def __init__(self, program):
        self.program = str(shown(program))

    def run(self, *arguments, show=True):
        """What it printed, and its exit status; it is shown what was typed."""
        command = [self.program, *map(str, arguments), "--config", str(shown(CONFIG))]
        if show:
            say(f"$ {' '.join(command)}")
        with open(STITCHER_LOG, "a") as log:
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
                                  stdin=subprocess.DEVNULL, env=clean_environment())
        if done.returncode not in (0, FINDINGS):
            raise Wrong(f"stitcher {arguments[0]} could not run; see {shown(STITCHER_LOG)}")
        return done.stdout, done.returncode

    def timeline(self, camera, begin, end):
        printed, _ = self.run("timeline", "--camera", camera, "--from", begin, "--to", end,
                              "--json", show=False)
        return Timeline([Entry(raw) for raw in json.loads(printed)["entries"]])


class Entry:
    """A span, or what is missing between two."""

    def __init__(self, raw):
        self.kind, self.start, self.end = raw["kind"], raw["start"], raw["end"]
        self.seconds, self.cause = raw.get("seconds"), raw.get("cause")
        self.instance, self.seam = raw.get("instance"), raw.get("seam")
        self.run = raw.get("run")
        self.numbers = self._numbers(raw) if self.is_span else ()

    @staticmethod
    def _numbers(raw):
        first = raw["first_sample"]
        played = numbers(STORAGE / raw["path"])[first:first + raw["samples"]]
        if len(played) != raw["samples"]:
            raise Wrong(f"{raw['segment']} does not have what the timeline plays of it")
        return played

    @property
    def is_span(self):
        return self.kind == "span"


@dataclass
class Missing:
    """A gap or a hole, with the frames that were sent meanwhile."""

    entry: Entry
    frames: int


@dataclass
class Timeline:
    """One camera, as it is played; judged frame by frame."""

    entries: list
    lost: int = 0
    doubled: int = 0
    missing: list = field(default_factory=list)

    def __post_init__(self):
        before, between = None, None
        for entry in self.entries:
            if not entry.is_span:
                between = entry
                continue
            self._count_inside(entry.numbers)
            if before:
                skipped = entry.numbers[0] - before.numbers[-1] - 1
                if between:
                    self.missing.append(Missing(between, skipped))
                else:
                    self._count(skipped)
            before, between = entry, None

    def _count_inside(self, played):
        for one, next_one in zip(played, played[1:]):
            self._count(next_one - one - 1)

    def _count(self, skipped):
        """Of frames that should follow each other at once."""
        if skipped > 0:
            self.lost += skipped
        elif skipped < 0:
            self.doubled -= skipped

    @property
    def spans(self):
        return [entry for entry in self.entries if entry.is_span]

    @property
    def frames(self):
        return sum(len(span.numbers) for span in self.spans)

    def switches(self):
        """Pairs of spans where one recorder follows another without anything missing."""
        pairs = zip(self.entries, self.entries[1:])
        return [(one, other) for one, other in pairs
                if one.is_span and other.is_span and one.run != other.run]
