"""Processes that end with the demo, however it ends.

Children are told to end when this process does (`setpriv --pdeathsig`). The
successor of a recorder is nobody's child on purpose: it becomes this one's,
because this one takes orphans. Should this one be killed outright, a guard
that waits for its end stops every recorder that has the demo's configuration.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from place import CONFIG, RECORDER_LOG, shown
from telling import Wrong

PATIENCE = 120
TAKE_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER

_children = []


class Adopted:
    """A successor: not started by this process, but a child of it since."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None
        _children.append(self)

    def poll(self):
        if self.returncode is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout=None):
        begun = time.monotonic()
        while self.poll() is None:
            if timeout is not None and time.monotonic() - begun > timeout:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.05)
        return self.returncode

    def terminate(self):
        os.kill(self.pid, signal.SIGTERM)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)


def begin():
    """To be called once, before anything is started."""
    if ctypes.CDLL(None, use_errno=True).prctl(TAKE_ORPHANS, 1, 0, 0, 0) != 0:
        raise Wrong(f"cannot take orphans: {os.strerror(ctypes.get_errno())}")


class Guard(subprocess.Popen):
    """Holds nothing of this process open, and ends once nobody can write to it."""

    def __init__(self):
        super().__init__([sys.executable, "-B", __file__], stdin=subprocess.PIPE,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         start_new_session=True)
        _children.append(self)

    def terminate(self):
        self.stdin.close()


def start(command, **options):
    """A process that is ended with this one."""
    command = ["setpriv", "--pdeathsig", "TERM", "--", *map(str, command)]
    child = subprocess.Popen(command, start_new_session=True, **options)
    _children.append(child)
    return child


def end_all():
    """What was started, the last one first; then whoever was left to us."""
    for child in reversed(_children):
        _end(child)
    while orphan := _orphan():
        _end(Adopted(orphan))
    _children.clear()


def _end(child):
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(timeout=20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _orphan():
    own = os.getpid()
    text = Path(f"/proc/{own}/task/{own}/children").read_text()
    return next((int(pid) for pid in text.split()), None)


def clean_environment():
    """Without what would change the demo's configuration."""
    unwanted = ("HITLESS_", "NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
    footage = os.environ.get("HITLESS_TEST_FOOTAGE")
    return kept | ({"HITLESS_TEST_FOOTAGE": footage} if footage else {})


def find_cargo():
    if not shutil.which("cargo"):
        os.environ["PATH"] += f":{Path.home() / '.cargo' / 'bin'}"


def wait_for(what, condition, seconds=PATIENCE):
    """The first true value of a condition, and how long that took."""
    begun = time.monotonic()
    while True:
        value = condition()
        if value:
            return value, time.monotonic() - begun
        if time.monotonic() - begun > seconds:
            raise Wrong(f"{what}: not within {seconds} s; see {shown(RECORDER_LOG)}")
        time.sleep(0.1)


def _guard():
    """Waits until the demo is gone, and stops the recorders that are left of it."""
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)
    sys.stdin.buffer.read()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
            if os.fsencode(CONFIG) in arguments and arguments[0].endswith(b"/recorder"):
                os.kill(int(folder.name), signal.SIGTERM)
        except OSError:
            pass  # it has ended meanwhile


if __name__ == "__main__":
    _guard()
