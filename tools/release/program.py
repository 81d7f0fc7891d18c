"""The installed program and what lies beside it. Every change is one rename in
one folder, so that at any moment there is a whole program under the name.

    recorder              installed
    recorder.incoming     copied, not yet installed
    recorder.outgoing     was installed when a deployment began that goes on
    recorder.previous     what the last deployment replaced
    recorder.failed       what was taken back last
"""

import fcntl
import hashlib
import os
import shutil
from pathlib import Path

from journal import Failed
from service import identity


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Place:
    """Held by one tool at a time."""

    def __init__(self, installed):
        self.installed = Path(installed)
        self.folder = self.installed.parent
        self.incoming, self.outgoing, self.previous, self.failed = (
            self.installed.with_name(f"{self.installed.name}.{role}")
            for role in ("incoming", "outgoing", "previous", "failed"))
        if not self.installed.is_file():
            raise Failed(f"{self.installed} is not there")
        self.held = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self.held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise Failed(f"another deployment works in {self.folder}") from problem

    def cut_off(self):
        """Whether an earlier deployment never came to its end."""
        there = identity(self.outgoing)
        if there and there == identity(self.installed):
            # It had not replaced anything yet.
            self.outgoing.unlink()
            return False
        return there is not None

    def is_run_by(self, running):
        """Whether a process runs what is installed now."""
        return running.program() == identity(self.installed)

    def identity_of_outgoing(self):
        return identity(self.outgoing)

    def bring_in(self, new):
        """A copy on the same file system, with owner and mode of the installed one."""
        self.incoming.unlink(missing_ok=True)
        like = self.installed.stat()
        with open(new, "rb") as source, open(self.incoming, "xb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
            os.fchmod(copy.fileno(), like.st_mode & 0o7777)
            if os.geteuid() == 0:
                os.fchown(copy.fileno(), like.st_uid, like.st_gid)
            copy.flush()
            os.fsync(copy.fileno())

    def install(self):
        """What was brought in becomes the installed one, which is kept."""
        os.link(self.installed, self.outgoing, follow_symlinks=False)
        os.fsync(self.held)
        self._rename(self.incoming, self.installed)

    def take_back(self):
        """The old one is installed again; what replaced it is put aside."""
        if self.cut_off():
            self._install_again(self.outgoing)
        self.drop_incoming()

    def go_back(self, to):
        """The same, at a person's wish, to an older one that is kept."""
        self._install_again(to)

    def _install_again(self, old):
        aside = self.failed.with_name(f"{self.failed.name}.part")
        aside.unlink(missing_ok=True)
        os.link(self.installed, aside, follow_symlinks=False)
        self._rename(aside, self.failed)
        self._rename(old, self.installed)

    def keep(self):
        """The deployment is over; its way back stays."""
        self._rename(self.outgoing, self.previous)

    def drop_incoming(self):
        self.incoming.unlink(missing_ok=True)

    def _rename(self, what, to):
        os.replace(what, to)
        os.fsync(self.held)
