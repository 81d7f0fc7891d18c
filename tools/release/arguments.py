"""What deploy, rollback and selftest have in common on their command lines."""

import argparse
import shutil
from datetime import datetime, timezone
from pathlib import Path

from continuity import Continuity, Since
from journal import Failed, Journal
from service import Service, program_of

HEALTHY_SECONDS = 15


def parser(doc, settle_seconds):
    found = argparse.ArgumentParser(description=doc,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--config", default="/etc/hitless/hitless.toml", metavar="FILE",
                       help="the configuration of the running recorder [default: %(default)s]")
    found.add_argument("--settle", type=float, default=settle_seconds, metavar="SECONDS",
                       help="how long the new one is watched [default: %(default)s]")
    found.add_argument("--unit", metavar="NAME",
                       help="the systemd unit; then systemctl reload hands over")
    found.add_argument("--url", help="where the recorder answers [default: from the configuration]")
    found.add_argument("--stitcher", metavar="PROGRAM",
                       help="[default: beside the recorder, else in PATH]")
    found.add_argument("--program", metavar="PATH",
                       help="the installed recorder [default: what the running one was called by]")
    found.add_argument("--alert-hook", metavar="COMMAND",
                       help="run with sh if it fails; the message is on its input and in $MESSAGE")
    found.add_argument("--log", metavar="FILE", help="also write each step there")
    return found


class Bench:
    """Everything that a tool works with, made from its arguments."""

    def __init__(self, name, given):
        self.journal = Journal(name, given.log, given.alert_hook)
        self.service = Service(given.config, given.url, given.unit)
        self.given = given

    def look(self):
        """Who runs; its user and environment are taken over. None if nobody does."""
        found = self.service.running()
        if found:
            self.service.become_like(found.pid)
        return found

    def program(self, running):
        """The path of the installed recorder."""
        if self.given.program:
            return Path(self.given.program).absolute()
        if running is None:
            raise Failed(f"no recorder answers at {self.service.url}; "
                         "name the installed program with --program")
        return program_of(running.pid)

    def continuity(self, program):
        beside = program.with_name("stitcher")
        stitcher = self.given.stitcher or (beside if beside.is_file() else shutil.which("stitcher"))
        if not stitcher:
            raise Failed(f"there is no stitcher, neither {beside} nor in PATH; see --stitcher")
        status, said = self.service.command(Path(stitcher).absolute(), "--version")
        if status != 0:
            raise Failed(f"{stitcher}: {said}")
        return Continuity(self.service, Path(stitcher).absolute(), self.journal)

    def window(self, running):
        """From now on, for the cameras that are recorded and may have no gap."""
        judged = {c for c in running.recorded() if self.service.overlap_required(c)}
        for camera in sorted(set(running.cameras) - judged):
            self.journal.say(f"  {camera} is not judged: " + (
                "its overlap is best-effort" if camera in running.recorded()
                else running.cameras[camera]["reason"] or running.cameras[camera]["state"]))
        instant = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return Since.now(running, judged, instant)
