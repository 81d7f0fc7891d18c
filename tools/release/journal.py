"""What a tool says and whom it tells: lines with the time, on standard output
and in a file if one is named, and a command for alerts.

A signal to stop is only noted and takes effect between two steps, since a
handover that was asked for cannot be taken back half way.
"""

import os
import signal
import subprocess
import sys
from datetime import datetime, timezone

HOOK_SECONDS = 30
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Failed(Exception):
    """A step did not do what it should; the text says which and why."""


class Journal:
    def __init__(self, name, path=None, hook=None):
        self.name, self.hook, self.told_to_stop = name, hook, None
        self.file = open(path, "a", encoding="utf-8") if path else None
        for number in STOPPING:
            signal.signal(number, self._note)

    def _note(self, number, _frame):
        self.told_to_stop = signal.Signals(number).name

    def say(self, text):
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        for line in str(text).splitlines() or [""]:
            line = f"{now} {self.name}: {line}"
            for out in filter(None, (sys.stdout, self.file)):
                # A terminal that is gone must not stop a roll back.
                try:
                    print(line, file=out, flush=True)
                except OSError:
                    pass

    def step(self, text):
        """Begins a step, unless somebody wants an end."""
        self.heed()
        self.say(text)

    def heed(self):
        if self.told_to_stop:
            raise Failed(f"told to stop by {self.told_to_stop}")

    def last_steps(self):
        """From here nothing is broken off any more."""
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        self.told_to_stop = None

    def alert(self, message):
        """Runs the hook: the message is on its standard input and in $MESSAGE."""
        print(f"{self.name}: {message}", file=sys.stderr, flush=True)
        if not self.hook:
            return
        try:
            done = subprocess.run(["/bin/sh", "-c", self.hook], input=message + "\n", text=True,
                                  env=os.environ | {"MESSAGE": message, "TOOL": self.name},
                                  timeout=HOOK_SECONDS, check=False)
            if done.returncode != 0:
                self.say(f"the alert hook ended with {done.returncode}")
        except (OSError, subprocess.TimeoutExpired) as problem:
            self.say(f"the alert hook failed: {problem}")
