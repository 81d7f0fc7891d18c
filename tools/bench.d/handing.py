"""The life of the recorder against its limits: ready, health, handover, stop."""
import glob, json, os, re, signal, socket, statistics, subprocess, tempfile, threading, time
import urllib.error, urllib.request

from cameras import Run, settle, stop
from common import CLEAN, program, row

CAMERAS = 8
GOP_SECONDS = 2
PATIENCE = 120
STEPS = re.compile(r"start ([\d.]+), prove ([\d.]+), finish ([\d.]+)\), overlap at least ([\d.]+) s")
GOOD_SEAMS = ("start", "same-strand", "exact")


class Relay:
    """Whoever records now at one address; its last process is ended on leaving."""

    def __init__(self, run, name):
        self.first, self.folder = run.recorder(name)
        self.config = os.path.join(self.folder, "hitless.toml")
        self.bind = re.search(r'bind = "(.*)"', open(self.config).read()).group(1)

    def __enter__(self):
        settle(self.folder, CAMERAS)
        wait_for("every camera is recorded", self.records_all)
        return self

    def __exit__(self, *_):
        if self.first.poll() is not None:
            pid = self.health()["system"]["pid"]
            os.kill(pid, signal.SIGTERM)
            wait_for("the last recorder ends", lambda: not alive(pid))

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://{self.bind}{path}", timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as degraded:
            return degraded.read().decode()

    def health(self):
        return json.loads(self.get("/health"))

    def records_all(self):
        try:
            return self.health()["recording"]["running_cameras"] == CAMERAS
        except OSError:
            return False

    def hand_over(self):
        """How long it took, of that each step, and for how long both recorded."""
        begun = time.monotonic()
        done = subprocess.run([program("recorder"), "handover", "--config", self.config],
                              env=CLEAN, capture_output=True, text=True)
        took = time.monotonic() - begun
        if done.returncode != 0:
            raise SystemExit(f"the handover failed: {done.stderr}; see {self.folder}/log")
        self.first.poll()
        return took, *(float(found) for found in STEPS.search(done.stdout).groups())


def alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1][0] not in "ZX"
    except OSError:
        return False


def wait_for(what, condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def not_continuous(relay):
    """What the stitcher finds wrong between the first frame and the last; None if nothing."""
    stitcher = [program("stitcher")]
    config = ["--config", relay.config]
    subprocess.run([*stitcher, "run", *config], env=CLEAN, capture_output=True)
    for n in range(CAMERAS):
        said = subprocess.run([*stitcher, "timeline", "--camera", f"cam{n}", "--from", "1h", "--to", "now",
                               "--json", *config], env=CLEAN, capture_output=True, text=True)
        entries = json.loads(said.stdout)["entries"]
        spans = [i for i, e in enumerate(entries) if e["kind"] == "span"]
        if not spans:
            return f"cam{n}: no footage"
        for e in entries[spans[0]:spans[-1] + 1]:
            if e["kind"] in ("gap", "hole") or e.get("seam", "start") not in GOOD_SEAMS:
                return f"cam{n}: {e['kind']} {e.get('seam', '')} at {e['start']}"
    return None


def part_handover(_seconds, times=3):
    """Handover, 8 cameras with sound, GOPs of 2 s"""
    with Run(CAMERAS, gop=30 * GOP_SECONDS, audio="aac") as run:
        with Relay(run, "handover") as relay:
            done = [relay.hand_over() for _ in range(times)]
            # So that the last recorder's segments are closed and judged, too.
            time.sleep(12)
            bad = not_continuous(relay)
    longest, start, prove, finish, _ = max(done)
    return [
        row(f"asked to complete, longest of {times}", f"{longest:.1f} s", "at most 10 s", longest <= 10),
        ("of that: the successor starts", f"{start:.1f} s", "", ""),
        ("its first key frame of every camera is on disk", f"{prove:.1f} s", "", ""),
        ("the old one ends at its second key frame from then on", f"{finish:.1f} s", "", ""),
        ("rows flushed, process gone", f"{longest - start - prove - finish:.1f} s", "", ""),
        ("both recorded, least of all", f"{min(d[-1] for d in done):.1f} s", "", ""),
        row("frames lost or doubled, as stitched", bad or "none, every seam exact", "none", not bad),
    ]


def part_stop(_seconds, times=5):
    """Graceful stop, 8 cameras with sound"""
    taken, unclean = [], 0
    with Run(CAMERAS, gop=30 * GOP_SECONDS, audio="aac") as run:
        for n in range(times):
            recorder, folder = run.recorder(f"stop-{n}")
            settle(folder, CAMERAS)
            # Somebody who keeps a connection open, as a proxy does.
            bind = re.search(r'bind = "(.*)"', open(f"{folder}/hitless.toml").read()).group(1)
            with Asking(bind, 0.05):
                time.sleep(1)
                begun = time.monotonic()
                stop([recorder])
                taken.append(time.monotonic() - begun)
            unclean += recorder.returncode != 0 or len(os.listdir(f"{folder}/storage/.hitless/open")) != 0
    return [
        row(f"SIGTERM to exit, worst of {times}", f"{max(taken):.2f} s", "under 2 s", max(taken) < 2),
        ("median", f"{statistics.median(taken):.2f} s", "", ""),
        row("stops that left a segment open", str(unclean), "none", not unclean),
    ]


class Asking:
    """A client of /health that keeps its connection, and how long each answer took."""

    def __init__(self, bind, pause):
        self.host, _, port = bind.rpartition(":")
        self.port, self.pause = int(port), pause
        self.taken, self.failed, self.enough = [], [], threading.Event()
        self.thread = threading.Thread(target=self.ask, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.enough.set()
        self.thread.join()

    def ask(self):
        connection = None
        while not self.enough.wait(self.pause):
            begun = time.perf_counter()
            try:
                connection = connection or self.connect()
                connection.sendall(b"GET /health HTTP/1.1\r\nHost: bench\r\n\r\n")
                status, closing = answer(connection)
                self.taken.append((time.perf_counter() - begun) * 1000)
                if status != 200:
                    self.failed.append(f"status {status}")
                if closing:
                    connection = None
            except OSError as problem:
                connection = None
                self.failed.append(str(problem))

    def connect(self):
        connection = socket.create_connection((self.host, self.port), timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def told(self):
        """Median and 99th percentile, in milliseconds."""
        taken = sorted(self.taken)
        return statistics.median(taken), taken[min(len(taken) - 1, int(len(taken) * 0.99))]


def answer(connection):
    """Status of one answer, read to its end, and whether the server closes."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    head = head.lower()
    length = int(re.search(rb"content-length: (\d+)", head).group(1))
    while len(body) < length:
        body += more(connection)
    return int(head.split()[1]), b"connection: close" in head


def more(connection):
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError("the connection was closed in mid-answer")
    return data


def part_health(seconds):
    """/health, 8 cameras, one client that keeps its connection"""
    with Run(CAMERAS, gop=30 * GOP_SECONDS, audio="aac") as run, Relay(run, "health") as relay:
        with Asking(relay.bind, 0.005) as quiet:
            time.sleep(seconds)
        with Asking(relay.bind, 0.005) as through:
            relay.hand_over()
    (median, p99), (median_through, p99_through) = quiet.told(), through.told()
    failed = quiet.failed + through.failed
    return [
        row(f"median of {len(quiet.taken)} answers", f"{median:.2f} ms", "under 1 ms", median < 1),
        ("p99", f"{p99:.2f} ms", "", ""),
        row(f"median of {len(through.taken)} through a handover", f"{median_through:.2f} ms", "under 1 ms",
            median_through < 1),
        ("p99 through a handover", f"{p99_through:.2f} ms", "", ""),
        row("failed requests", failed[0] if failed else "none", "none", not failed),
    ]


def part_ready(_seconds, times=5):
    """A new process, 8 cameras with sound, GOPs of 2 s"""
    ready, recorded = [], []
    limit = 2 * GOP_SECONDS + 2
    with Run(CAMERAS, gop=30 * GOP_SECONDS, audio="aac") as run, tempfile.TemporaryDirectory() as folder:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(f"{folder}/notify")
            manager.settimeout(PATIENCE)
            for n in range(times):
                begun = time.monotonic()
                recorder, place = run.recorder(f"ready-{n}", env=CLEAN | {"NOTIFY_SOCKET": f"{folder}/notify"})
                while b"READY=1" not in manager.recv(65536):
                    pass
                ready.append(time.monotonic() - begun)
                wait_for("every camera is on disk", lambda: len(on_disk(place)) == CAMERAS)
                recorded.append(time.monotonic() - begun)
                stop([recorder])
                manager.setblocking(False)
                try:
                    while manager.recv(65536):
                        pass
                except BlockingIOError:
                    pass
                manager.settimeout(PATIENCE)
    return [
        row(f"process start to ready (sd_notify), worst of {times}", f"{max(ready):.2f} s", "under 2 s",
            max(ready) < 2),
        row(f"process start to every camera on disk, worst of {times}", f"{max(recorded):.2f} s",
            f"at most 2 GOPs + 2 s = {limit} s", max(recorded) <= limit),
    ]


def on_disk(place):
    """Cameras of which a fragment with its samples is in a file."""
    found = set()
    for file in glob.glob(f"{place}/storage/cam*/*/*.mp4"):
        with open(file, "rb") as data:
            _, moof, rest = data.read(1 << 21).partition(b"moof")
        _, mdat, samples = rest.partition(b"mdat")
        if moof and mdat and samples:
            found.add(file.split("/storage/")[1].split("/")[0])
    return found
