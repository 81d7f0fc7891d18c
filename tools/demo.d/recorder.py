"""The recorder of the demo: started, asked, handed over, killed, stopped."""

import json
import subprocess
import threading
import time
import urllib.error
import urllib.request

from place import CAMERAS, CONFIG, RECORDER_LOG, shown
from processes import PATIENCE, Adopted, clean_environment, start
from telling import Wrong


class Recorder:
    """Whoever records at this address: the first one, or a successor."""

    def __init__(self, program, address):
        self.program, self.address, self.child = program, address, None

    def start(self):
        with open(RECORDER_LOG, "a") as log:
            self.child = start([self.program, "--config", CONFIG], stdin=subprocess.DEVNULL,
                               stdout=log, stderr=log, env=clean_environment())

    def ask_health(self, timeout=5):
        """What /health says; an OSError if nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{self.address}/health", timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as degraded:
            return json.load(degraded)

    def health(self):
        if self.child.poll() is not None:
            raise Wrong(f"the recorder ended by itself; see {shown(RECORDER_LOG)}")
        try:
            return self.ask_health()
        except OSError:
            return None

    def records_all(self):
        health = self.health()
        return health if health and health["recording"]["running_cameras"] == len(CAMERAS) else None

    def state_of(self, camera):
        health = self.health()
        return health and health["cameras"][camera]["state"]

    def reconnects(self):
        return {name: camera["reconnects"] for name, camera in self.health()["cameras"].items()}

    def hand_over(self, tell):
        """How long `recorder handover` took, and how many asked for /health meanwhile
        and were answered; `tell` gets its lines. The successor is ours from then on."""
        with Asking(self) as asking:
            begun = time.monotonic()
            asked = start([self.program, "handover", "--config", CONFIG], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=clean_environment())
            for line in asked.stdout:
                tell(line.rstrip())
            status, seconds = asked.wait(), time.monotonic() - begun
        if status != 0:
            raise Wrong(f"the handover failed; see {shown(RECORDER_LOG)}")
        if asking.refused:
            raise Wrong(f"requests failed during the handover: {asking.refused[0]}")
        if self.child.wait(timeout=PATIENCE) != 0:
            raise Wrong(f"exit status {self.child.returncode} of the recorder that left")
        self.child = Adopted(self.ask_health()["system"]["pid"])
        return seconds, asking.answered

    def kill(self):
        self.child.kill()
        self.child.wait()

    def stop(self):
        """The exit status, and how long it took."""
        begun = time.monotonic()
        self.child.terminate()
        try:
            status = self.child.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Wrong(f"the recorder did not stop within {PATIENCE} s of SIGTERM") from None
        return status, time.monotonic() - begun


class Asking:
    """Somebody who asks for /health all the time."""

    def __init__(self, recorder):
        self.recorder, self.answered, self.refused = recorder, 0, []
        self.enough = threading.Event()
        self.thread = threading.Thread(target=self.ask, daemon=True)

    def ask(self):
        while not self.enough.wait(0.05):
            try:
                self.recorder.ask_health(timeout=PATIENCE)
                self.answered += 1
            except (OSError, ValueError) as problem:
                self.refused.append(problem)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.enough.set()
        self.thread.join()


def health_line(health):
    parts = [f"{health['status']}, {'ready' if health['ready'] else 'not ready'}",
             f"recording {health['recording']['running_cameras']} of {len(CAMERAS)} cameras",
             f"{sum(c['segments'] for c in health['cameras'].values())} segments closed",
             f"database {health['database']['link']}", f"{health['system']['memory_mb']:.0f} MiB"]
    return "; ".join(parts)
