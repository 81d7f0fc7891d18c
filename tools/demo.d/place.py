"""Where the demo's things lie, and which cameras there are."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "target" / "demo"
STORAGE = SITE / "recordings"
DATABASE = SITE / "hitless.db"
CONFIG = SITE / "hitless.toml"
RECORDER_LOG = SITE / "recorder.log"
STITCHER_LOG = SITE / "stitcher.log"
CAMERAS_LOG = SITE / "cameras.log"
CLIP = SITE / "clip.mp4"
REPORT_HTML = SITE / "report.html"
REPORT_TEXT = SITE / "report.txt"

SEGMENT_SECONDS = 5
# The one that reboots, and is seen in more detail than the others.
REBOOTED = "gate"


@dataclass(frozen=True)
class Camera:
    """A simulated camera, and how the recorder is to take it."""

    kind: str
    fps: int
    simulated: str
    recorded: str = ""


CAMERAS = {
    "front-door": Camera("H.264, AAC, TCP", 30, 'gop = 30\naudio = "aac"'),
    "yard": Camera("H.265, no sound, TCP", 25, 'gop = 50\ncodec = "h265"'),
    "gate": Camera("H.264, G.711, TCP", 20, 'gop = 20\naudio = "pcmu"'),
    "garage": Camera("H.264, Opus, UDP", 30, 'gop = 30\naudio = "opus"', 'transport = "udp"'),
}


def cameras_table():
    """What the simulated cameras are told to be."""
    return "\n".join(f'[[camera]]\nname = "{name}"\nfps = {camera.fps}.0\nloop_seconds = 120\n'
                     f"{camera.simulated}\n" for name, camera in CAMERAS.items())


def configuration(urls, address):
    """The file that recorder and stitcher share."""
    text = f"""\
storage = "{STORAGE.name}"
database = "sqlite://{DATABASE.name}"
segment_seconds = {SEGMENT_SECONDS}

[recorder]
instance = "blue"
bind = "{address}"

[recorder.disk]
min_free_bytes = "100MB"

[handover]
# Generous, for a demo must work on a machine that is busy with other things.
max_seconds = 120
"""
    for name, camera in CAMERAS.items():
        text += f'\n[[camera]]\nid = "{name}"\nurl = "{urls[name]}"\n{camera.recorded}\n'
    return text


def shown(path):
    """A path as somebody types it who stands in the repository."""
    path = Path(path)
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
