"""The numbers that frames bear, read from files without any code of Hitless.

A simulated camera puts a number into each frame that it sends (user data beside
the picture), which counts up with time whether a frame was sent or not. ffprobe
says where in a file each frame lies; the rest is reading bytes.
"""

import json
import subprocess
from functools import cache

from telling import Wrong

MARK = b"hitless-unitmark"
NUMBER_BYTES = 8


@cache
def numbers(path):
    """One for each frame of the video, in the order of decoding."""
    data = path.read_bytes()
    return tuple(_number(path, data[at:at + size]) for at, size in _frames(path))


def _frames(path):
    command = ["ffprobe", "-v", "error", "-ignore_editlist", "1", "-select_streams", "v:0",
               "-show_entries", "packet=pos,size", "-of", "json", path]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Wrong(f"ffprobe cannot read {path.name}: {done.stderr.strip()}")
    return [(int(packet["pos"]), int(packet["size"])) for packet in json.loads(done.stdout)["packets"]]


def _number(path, frame):
    at = frame.find(MARK)
    if at < 0:
        raise Wrong(f"{path.name} has a frame without a number")
    return int.from_bytes(_unescaped(frame[at + len(MARK):], NUMBER_BYTES), "big")


def _unescaped(data, wanted):
    """Video streams put a 3 after two zero bytes; it means nothing."""
    found, zeros = bytearray(), 0
    for byte in data:
        if len(found) == wanted:
            break
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        zeros = zeros + 1 if byte == 0 else 0
        found.append(byte)
    return bytes(found)
