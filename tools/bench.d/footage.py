"""Recorded footage for the benchmark, made in half a minute instead of a day.

A minute is encoded once, muxed as the recorder does, and copied: each segment
is a real file with a `.meta` file beside it, the sound cut where a recorder
would cut it. Pictures are the same every minute but for a text in the first.
"""
import contextlib, json, os, shutil, subprocess, tempfile

from common import CLEAN, ROOT, program

FPS, RATE, FRAME = 25, 48_000, 1024
DAY = "2026-08-11"
BEGIN_NS = 1_786_406_400 * 10**9


class Footage:
    """A storage with a camera `hour` (60 segments, 890 MB) and, linked together
    from two small files, a camera `day` (1,440 segments)."""

    def __init__(self):
        os.makedirs(os.path.join(ROOT, "target"), exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix="bench-clips-", dir=os.path.join(ROOT, "target"))
        self.storage = os.path.join(self.folder, "storage")
        self.config = os.path.join(self.folder, "hitless.toml")
        cameras = "".join(f'[[camera]]\nid = "{c}"\nurl = "rtsp://127.0.0.1:1/{c}"\n' for c in ("hour", "day"))
        with open(self.config, "w") as file:
            file.write(f'storage = "storage"\ndatabase = "sqlite://index.db"\n{cameras}')
        self.hour = self._camera("hour", 60, "1280x720", 1870, link=False)
        self.day = self._camera("day", 1440, "160x120", 60, link=True)
        for command in (["rescan"], ["run", "--since", "10000d"]):
            done = subprocess.run([program("stitcher"), "--config", self.config, *command], env=CLEAN,
                                  capture_output=True, text=True)
            if done.returncode == 2:
                raise SystemExit(f"stitcher {command[0]}: {done.stderr}")

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def _camera(self, camera, minutes, size, kbps, link):
        work = os.path.join(self.folder, f"made-{camera}")
        os.makedirs(work)
        made = minute(work, size, kbps)
        folder = os.path.join(self.storage, camera, DAY)
        os.makedirs(folder)
        paths = []
        for number in range(minutes):
            stamp = f"{DAY.replace('-', '')}T{number // 60:02}{number % 60:02}00.000000Z"
            path = os.path.join(folder, f"{camera}_{stamp}_blue_{number:06}.mp4")
            source = made[number % 2]
            if link:
                os.link(source, path)
            else:
                data = open(source, "rb").read()
                with open(path, "wb") as file:
                    file.write(data.replace(b"x264 - core", b"minute %04d" % number, 1))
            meta(path, number)
            paths.append(path)
        shutil.rmtree(work)
        return paths


def meta(path, number):
    """The file beside a segment, as the recorder writes it."""
    start, ticks = BEGIN_NS + number * 60 * 10**9, number * 60 * 90_000
    size = os.path.getsize(path)
    lines = [
        {"kind": "opened", "run": "bench", "strand": 0, "rtp_start": ticks, "timescale": 90_000, "reorder_depth": 0},
        {"kind": "clock", "media": ticks, "utc": start, "source": "sender_report", "error": 5_000_000},
        {"kind": "closed", "samples": 60 * FPS, "size_bytes": size, "media_end": ticks + 60 * 90_000,
         "at": start + 60 * 10**9},
    ]
    with open(os.path.splitext(path)[0] + ".meta", "w") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def minute(work, size, kbps):
    """An even and an odd minute: a frame of sound that begins in one ends in
    the next."""
    video, sound = os.path.join(work, "video.h264"), os.path.join(work, "sound.aac")
    rate = f"{kbps}k"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size}:r={FPS}:d=60,noise=alls=20:allf=t", "-c:v", "libx264",
           "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-b:v", rate, "-minrate", rate, "-maxrate", rate,
           "-bufsize", rate, "-x264-params", f"keyint={FPS}:min-keyint={FPS}:scenecut=0:nal-hrd=cbr", video)
    ffmpeg("-f", "lavfi", "-i", f"anoisesrc=r={RATE}:a=0.1:d=16", "-ac", "1", "-c:a", "aac",
           "-b:a", f"{min(kbps // 2, 96)}k", sound)
    frames = adts(open(sound, "rb").read())
    borders = [-(-n * 60 * RATE // FRAME) for n in (0, 1, 2)]
    made = []
    for n, name in enumerate(("even", "odd")):
        part, whole = os.path.join(work, f"{name}.aac"), os.path.join(work, f"{name}-whole.mp4")
        with open(part, "wb") as file:
            file.writelines(frames[10 + k % 700] for k in range(borders[n], borders[n + 1]))
        late = (borders[n] * FRAME - n * 60 * RATE) / RATE
        ffmpeg("-r", str(FPS), "-i", video, "-itsoffset", f"{late:.6f}", "-i", part, "-map", "0:v", "-map", "1:a",
               "-c", "copy", "-movie_timescale", str(RATE), whole)
        made.append(os.path.join(work, f"{name}.mp4"))
        line = (f"filesrc location={whole} ! qtdemux name=d "
                "d.video_0 ! queue ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! mux.video_0 "
                "d.audio_0 ! queue ! aacparse ! mux.audio_0 "
                "mp4mux name=mux trak-timescale=90000 fragment-duration=500 "
                f"fragment-mode=first-moov-then-finalise ! filesink location={made[-1]}")
        subprocess.run(["gst-launch-1.0", "-q", *line.split()], check=True, timeout=120)
    return made


def adts(data):
    """The frames of a stream of AAC."""
    frames, at = [], 0
    while at + 7 <= len(data):
        length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        frames.append(data[at:at + length])
        at += length
    return frames


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], check=True)


@contextlib.contextmanager
def xfs(footage):
    """A file system that shares blocks, in a file, with the hour's segments on
    it; or why there is none."""
    if os.geteuid() != 0 or not shutil.which("mkfs.xfs"):
        yield None, "needs root and mkfs.xfs"
        return
    folder = tempfile.mkdtemp(dir=footage.folder)
    disk, place, mounted = f"{folder}/disk", f"{folder}/mount", False
    try:
        with open(disk, "wb") as file:
            file.truncate(4 << 30)
        os.makedirs(place)
        made = subprocess.run(["mkfs.xfs", "-q", "-m", "reflink=1", disk], capture_output=True, text=True)
        mount = made if made.returncode else subprocess.run(["mount", "-o", "loop", disk, place],
                                                            capture_output=True, text=True)
        if mount.returncode:
            yield None, mount.stderr.strip()[-120:]
            return
        mounted = True
        shutil.copytree(os.path.join(footage.storage, "hour"), f"{place}/storage/hour")
        os.sync()
        yield place, None
    finally:
        if mounted:
            subprocess.run(["umount", place], check=False)
        shutil.rmtree(folder, ignore_errors=True)
