"""Simulated cameras, and the recorders and ffmpeg processes that record them."""
import glob, json, os, shutil, signal, subprocess, tempfile, time

from common import CLEAN, ROOT, cpu_seconds, free_port, program

KBPS, FPS = 2000, 30


class Run:
    """Cameras, and whoever records them; all ended on leaving."""

    def __init__(self, cameras, gop=30, audio="none", tls=False):
        self.folder = tempfile.mkdtemp(prefix="hitless-bench-")
        self.children = []
        env = dict(os.environ)
        env.setdefault("HITLESS_TEST_FOOTAGE", os.path.join(ROOT, "target", "footage"))
        log = open(os.path.join(self.folder, "fixtures.log"), "w")
        kind = ["--count", str(cameras), "--kbps", str(KBPS), "--fps", str(FPS), "--gop", str(gop),
                "--noise", "20", "--audio", audio, "--loop-seconds", "60"]
        if tls:
            kind = ["--cameras", self.twice(cameras, gop, audio)]
        self.fixtures = subprocess.Popen(
            [program("fixtures"), "serve", *kind, "--port", str(free_port()),
             "--control", os.path.join(self.folder, "control.sock"),
             "--truth-dir", os.path.join(self.folder, "truth")],
            env=env, stdout=subprocess.PIPE, stderr=log)
        self.children.append(self.fixtures)
        ready = json.loads(self.fixtures.stdout.readline())
        urls = [c["url"] for c in ready["cameras"]]
        self.urls = [url for url in urls if url.startswith("rtsp:")]
        self.tls_urls = [url for url in urls if url.startswith("rtsps:")]

    def twice(self, cameras, gop, audio):
        """A file of cameras, and of as many of the same kind that speak TLS."""
        path = os.path.join(self.folder, "cameras.toml")
        with open(path, "w") as file:
            for name, tls in (("cam", "false"), ("tls", "true")):
                for n in range(cameras):
                    file.write(f'[[camera]]\nname = "{name}{n}"\ntls = {tls}\nkbps = {KBPS}\nfps = {FPS}\n'
                               f'gop = {gop}\nnoise = 20\naudio = "{audio}"\nloop_seconds = 60\n')
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in reversed(self.children):
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def recorder(self, name, camera_keys="", cameras=None, segment=10, env=CLEAN, urls=None):
        """Starts a recorder of all cameras in a folder of its own."""
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        bind = f"127.0.0.1:{free_port()}"
        text = (f'storage = "storage"\ndatabase = "sqlite://index.db"\n'
                f'segment_seconds = {segment}\n[recorder]\nbind = "{bind}"\n')
        for n, url in enumerate((urls or self.urls)[:cameras]):
            text += f'[[camera]]\nid = "cam{n}"\nurl = "{url}"\n{camera_keys}\n'
        config = os.path.join(folder, "hitless.toml")
        open(config, "w").write(text)
        child = subprocess.Popen([program("recorder"), "--config", config], env=env,
                                 stderr=open(os.path.join(folder, "log"), "w"))
        self.children.append(child)
        return child, folder

    def ffmpegs(self):
        folder = os.path.join(self.folder, "ffmpeg")
        os.makedirs(folder)
        out = []
        for n, url in enumerate(self.urls):
            out.append(subprocess.Popen(
                ["ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-i", url,
                 "-c", "copy", "-f", "segment", "-segment_time", "10",
                 "-segment_format_options", "movflags=+frag_keyframe+empty_moov",
                 f"{folder}/cam{n}_%04d.mp4"], env=CLEAN, stderr=subprocess.DEVNULL))
        self.children += out
        return out, folder


def stop(children):
    for child in children:
        child.send_signal(signal.SIGTERM)
    for child in children:
        child.wait(30)


def settle(folder, cameras, limit=60):
    """Waits until every camera has a file with something in it."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        files = glob.glob(f"{folder}/storage/cam*/*/*.mp4")
        if len({f.split("/storage/")[1].split("/")[0] for f in files if os.path.getsize(f)}) == cameras:
            return
        time.sleep(0.2)
    raise SystemExit(f"not all of {cameras} cameras are recorded; see {folder}/log")


def lost(files):
    """Frames lost or doubled in these files, in order, as ffmpeg reads them."""
    if not files:
        return "no files"
    done = subprocess.run([program("fixtures"), "count", *sorted(files)], capture_output=True, text=True)
    return None if done.returncode == 0 else (done.stdout + done.stderr).strip()[:200]


def void(pattern_of, cameras):
    for n in range(cameras):
        why = lost(glob.glob(pattern_of(n)))
        if why:
            return f"void: cam{n}: {why}"
    return None


def measure(pids, seconds):
    before = [sum(map(cpu_seconds, group)) for group in pids]
    time.sleep(seconds)
    after = [sum(map(cpu_seconds, group)) for group in pids]
    return [(b - a) / seconds * 100 for a, b in zip(before, after)]
