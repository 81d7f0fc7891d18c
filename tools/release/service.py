"""The recorder that runs: what it says of itself, and its commands.

Everything of ours that touches its files or its database runs as its user and
with its environment: a check as root would leave files that it cannot write.
"""

import json
import os
import subprocess
import time
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from journal import Failed

HTTP_SECONDS = 5
COMMAND_SECONDS = 60
# Beyond what the recorder itself allows for a handover.
MARGIN_SECONDS = 30
# What the service was given and its commands need, too.
KEPT = ("HITLESS_", "GST_", "XDG_", "PG")
KEPT_NAMES = ("CREDENTIALS_DIRECTORY", "HOME", "PATH", "LANG", "TZ")
# These tell a process that it is part of a handover.
NOT_KEPT = "HITLESS_HANDOVER_ROLE"


@dataclass(frozen=True)
class Running:
    """One process of the recorder."""

    pid: int
    run: str
    instance: str
    version: str
    status: str
    reasons: tuple
    alarms: tuple
    cameras: dict

    @staticmethod
    def of(health):
        alarms = tuple((a["at"], a["message"]) for a in health.get("alarms") or [])
        return Running(health["system"]["pid"], health["run_id"], health["instance_id"],
                       health["version"], health["status"], tuple(health["reasons"]), alarms,
                       health["cameras"])

    def recorded(self):
        return {camera for camera, state in self.cameras.items() if state["running"]}

    def program(self):
        """Which file it runs, whatever its name is by now."""
        return identity(f"/proc/{self.pid}/exe")


def identity(path):
    """Tells one file from another of the same name; None if it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


class Service:
    def __init__(self, config, url=None, unit=None):
        self.config, self.unit = Path(config).absolute(), unit
        try:
            self.settings = tomllib.loads(self.config.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise Failed(f"{self.config}: {problem}") from problem
        self.url = url or f"http://{self._bind()}"
        self.environment, self.identity = dict(os.environ), {}

    def _setting(self, table, key, default):
        named = os.environ.get(f"HITLESS_{table}__{key}".upper())
        return named or self.settings.get(table, {}).get(key, default)

    def _bind(self):
        host, _, port = self._setting("recorder", "bind", "127.0.0.1:8080").rpartition(":")
        return {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host) + ":" + port

    def segment_seconds(self):
        return float(self.settings.get("segment_seconds", 60))

    def overlap_required(self, camera):
        """Whether a handover must not have a gap of this camera."""
        default = self._setting("handover", "overlap", "required")
        mine = [c for c in self.settings.get("camera", []) if c.get("id") == camera]
        return (mine[0].get("overlap", default) if mine else default) == "required"

    # --- what it says -----------------------------------------------------

    def running(self):
        """Who answers, or None."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=HTTP_SECONDS) as answer:
                return Running.of(json.load(answer))
        except urllib.error.HTTPError as answer:
            # 503 is how it says that it is not well; the body is the same.
            try:
                return Running.of(json.load(answer))
            except (ValueError, KeyError, OSError):
                return None
        except (OSError, ValueError, KeyError):
            return None

    def wait_for(self, wanted, seconds):
        """Who answers, once that is as wanted or the time is over."""
        end = time.monotonic() + seconds
        while True:
            found = self.running()
            if (found and wanted(found)) or time.monotonic() > end:
                return found
            time.sleep(0.5)

    def become_like(self, pid):
        """From now on commands run as that process does."""
        try:
            raw = Path(f"/proc/{pid}/environ").read_bytes()
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        except OSError as problem:
            raise Failed(f"process {pid} cannot be looked at: {problem}; "
                         "run this as root or as the recorder's user") from problem
        pairs = (part.partition("=") for part in raw.decode(errors="surrogateescape").split("\0"))
        self.environment = {name: value for name, _, value in pairs
                            if (name.startswith(KEPT) or name in KEPT_NAMES) and name != NOT_KEPT}
        lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        user, group = (int(lines[key].split()[1]) for key in ("Uid", "Gid"))
        if os.geteuid() == 0 and user != 0:
            groups = [int(number) for number in lines["Groups"].split()]
            self.identity = {"user": user, "group": group, "extra_groups": groups}

    # --- its commands -----------------------------------------------------

    def command(self, program, *arguments, seconds=COMMAND_SECONDS):
        """Runs one to its end; exit status and what it said."""
        return self._ended([program, *arguments], seconds, **self.identity)

    def _ended(self, command, seconds, **more):
        command = [str(part) for part in command]
        try:
            done = subprocess.run(command, env=self.environment, timeout=seconds, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, start_new_session=True, check=False,
                                  cwd="/", **more)
            return done.returncode, done.stdout.strip()
        except subprocess.TimeoutExpired:
            return None, f"{command[0]} did not end within {seconds:.0f} s"
        except OSError as problem:
            return None, f"{command[0]}: {problem}"

    def handover_seconds(self):
        within = float(self._setting("handover", "max_seconds", 60))
        return within + float(self._setting("shutdown", "total_seconds", 30)) + MARGIN_SECONDS

    def hand_over(self, program, instance):
        """Whether it did, and what was said. `program` asks; the recorder starts
        what is on disk under the path by which it was started itself."""
        if self.unit:
            status, said = self._ended(["systemctl", "reload", self.unit], self.handover_seconds())
        else:
            status, said = self.command(program, "handover", "--config", self.config,
                                        "--instance", instance, seconds=self.handover_seconds())
        return status == 0, said

    def start_unit(self):
        """After the worst: nobody records any more."""
        status, said = self._ended(["systemctl", "restart", self.unit], self.handover_seconds())
        return status == 0, said


def program_of(pid):
    """The path that a successor of this process is started from: the one by which
    it was called, if that is a path, else the file that it is."""
    try:
        running = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
        called = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
        folder = os.readlink(f"/proc/{pid}/cwd")
    except OSError as problem:
        raise Failed(f"process {pid} cannot be looked at: {problem}") from problem
    called = Path(folder) / called if "/" in called else None
    if called and identity(called) == identity(f"/proc/{pid}/exe"):
        return Path(os.path.normpath(called))
    return Path(running)
