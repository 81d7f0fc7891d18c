"""Export, virtual MP4 and report against their limits, side by side with what others do."""
import atexit, contextlib, functools, json, os, re, shutil, sqlite3, statistics, subprocess, tempfile, time
from collections import namedtuple

from common import CLEAN, ROOT, program, row
from footage import Footage

Cost = namedtuple("Cost", "wall cpu mib")
T0, T1, T24 = "2026-08-11T00:00:00Z", "2026-08-11T01:00:00Z", "2026-08-12T00:00:00Z"


@functools.cache
def footage():
    made = Footage()
    atexit.register(made.remove)
    return made


@functools.cache
def helper():
    """The program beside the benchmark: our library as it is, and the crate mp4-merge."""
    done = subprocess.run(["cargo", "bench", "-q", "--no-run", "-p", "hitless-stitcher", "--bench", "clips",
                           "--message-format=json"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    built = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return next(b["executable"] for b in built if b.get("executable") and b["target"]["name"] == "clips")


def run(*command, env=CLEAN, fine=(0,)):
    """What a program costs from its start to its end."""
    begun = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, env=env)
    with child.stderr:
        said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in fine:
        raise SystemExit(f"{' '.join(command)[:300]}: {child.returncode}: {said.decode()[-500:]}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def drop_caches():
    """Whether nothing is in memory now."""
    os.sync()
    try:
        with open("/proc/sys/vm/drop_caches", "w") as file:
            file.write("3")
        return True
    except OSError:
        return False


def side_by_side(contenders, rounds, cold=False):
    """Medians by name. Each contender is given a fresh folder; nothing of what
    was written before is still on its way to the disk."""
    costs = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, command in contenders.items():
            with tempfile.TemporaryDirectory(dir=footage().folder) as out:
                os.sync()
                if cold and not drop_caches():
                    return None
                costs[name].append(run(*command(out)))
    return {name: Cost(*map(statistics.median, zip(*cost))) for name, cost in costs.items()}


def told(cost):
    return f"{cost.wall:.3f} s, CPU {cost.cpu:.2f} s"


def rounds_in(seconds):
    return max(3, min(9, int(seconds / 6)))


def ours(out, *more, camera="hour", to=T1, start=T0):
    """As people do it: synced before it has its name."""
    return [program("stitcher"), "--config", footage().config, "export", "--camera", camera, "--from", start,
            "--to", to, "--no-stitch", "-o", f"{out}/clip.mp4", *more]


def unsynced(out, *more, start=T0, to=T1):
    """The same, but as `cp` does it."""
    return [helper(), "export", footage().config, "hour", start, to, f"{out}/clip.mp4", *more]


def copied(out):
    return ["cp", *footage().hour, out]


def copied_durably(out):
    return ["sh", "-c", 'out=$1; shift; cp "$@" "$out" && sync "$out"/* "$out"', "sh", out, *footage().hour]


def by_ffmpeg(out):
    listed = f"{out}/list.txt"
    with open(listed, "w") as file:
        file.writelines(f"file '{path}'\n" for path in footage().hour)
    return ["ffmpeg", "-v", "error", "-nostdin", "-f", "concat", "-safe", "0", "-i", listed, "-c", "copy",
            f"{out}/clip.mp4"]


def by_merge(out):
    return [helper(), "merge", f"{out}/clip.mp4", *footage().hour]


def by_mkvmerge(out):
    first, *rest = footage().hour
    return ["mkvmerge", "-q", "-o", f"{out}/clip.mkv", first, *(f"+{path}" for path in rest)]


def part_export(seconds):
    """One hour exported: 60 segments, 890 MB"""
    footage(), helper()
    contenders = {
        "cp": copied, "export, not synced, no manifest": lambda out: unsynced(out),
        "export, not synced, with manifest": lambda out: unsynced(out, "manifest"),
        "cp, then fsync": copied_durably,
        "`stitcher export --no-manifest`": lambda out: ours(out, "--no-manifest"),
        "`stitcher export`": lambda out: ours(out),
        "ffmpeg concat": by_ffmpeg, "mp4-merge": by_merge,
    }
    rows = [("bytes of the segments", f"{sum(map(os.path.getsize, footage().hour)) / 1e6:.0f} MB", "", "")]
    mkvmerge = shutil.which("mkvmerge")
    for cold in (False, True):
        cost = side_by_side(contenders, rounds_in(seconds) if not cold else 3, cold)
        heat = "cold" if cold else "warm"
        if cost is None:
            rows.append(("with a cold cache", "cannot empty it: not root", "", ""))
            break
        rows += [(f"{name}, {heat}", told(c), "", "") for name, c in cost.items()]
        rows += ratios(cost, heat)
    if mkvmerge:
        rows.append(("mkvmerge, warm", told(side_by_side({"": by_mkvmerge}, 1)[""]), "", ""))
    else:
        rows.append(("mkvmerge", "not installed", "", ""))
    return rows


def ratios(cost, heat):
    """Limits are for a warm cache; a cold one is the disk's affair."""
    def limit(name, value, most, text):
        return row(name, f"{value:.2f}", text, most(value)) if heat == "warm" else (name, f"{value:.2f}", "", "")

    plain, hashed = cost["export, not synced, no manifest"], cost["export, not synced, with manifest"]
    durable, whole = cost["`stitcher export --no-manifest`"], cost["`stitcher export`"]
    rows = []
    for name, one in (("no manifest", plain), ("with manifest", hashed)):
        rows.append(limit(f"export, {name} / cp, {heat}", one.wall / cost["cp"].wall, lambda r: r <= 1.5,
                          "at most 1.5 (goal 1.25)"))
    for name, one in (("no manifest", durable), ("with manifest", whole)):
        rows.append(limit(f"durable export, {name} / cp + fsync, {heat}", one.wall / cost["cp, then fsync"].wall,
                          lambda r: r <= 0.95, "at most 0.95"))
    for other, least in (("ffmpeg concat", 3.3), ("mp4-merge", 1.8)):
        for name, one in (("no manifest", plain), ("with manifest", hashed)):
            rows.append(limit(f"{other} / export, {name}, {heat}", cost[other].wall / one.wall,
                              lambda r, least=least: r >= least, f"at least {least}"))
    rows.append((f"what the manifest costs, {heat}", f"{hashed.wall - plain.wall:+.3f} s, "
                 f"CPU {hashed.cpu - plain.cpu:+.2f} s", "", ""))
    return rows


@contextlib.contextmanager
def xfs():
    """A file system that shares blocks, in a file, with the hour's segments on
    it; or why there is none."""
    if os.geteuid() != 0 or not shutil.which("mkfs.xfs"):
        yield None, "needs root and mkfs.xfs"
        return
    folder = tempfile.mkdtemp(dir=footage().folder)
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
        shutil.copytree(os.path.join(footage().storage, "hour"), f"{place}/storage/hour")
        os.sync()
        yield place, None
    finally:
        if mounted:
            subprocess.run(["umount", place], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def part_reflink(seconds):
    """The same hour on a file system that shares blocks (XFS)"""
    footage(), helper()
    with xfs() as (place, why):
        if why:
            return [("not measured", why, "", "")]
        env = dict(CLEAN, HITLESS_STORAGE=f"{place}/storage")
        costs = {"not synced, no manifest": [], "durable, no manifest": [], "durable, with manifest": []}
        used = []
        for _ in range(rounds_in(seconds)):
            for name, cost in costs.items():
                with tempfile.TemporaryDirectory(dir=place) as out:
                    os.sync()
                    before = os.statvfs(place).f_bfree
                    command = {"n": unsynced, "d": ours}[name[0]](out, *(["--no-manifest"] if name == "durable, no manifest" else []))
                    cost.append(run(*command, env=env))
                    os.sync()
                    used.append((before - os.statvfs(place).f_bfree) * os.statvfs(place).f_bsize / 1e6)
        rows = [("taken from the disk by a clip of 890 MB", f"{statistics.median(used):.1f} MB", "", "")]
        for name, cost in costs.items():
            wall = statistics.median(c.wall for c in cost)
            one = (f"export, {name}", f"{wall * 1e3:.0f} ms")
            rows.append((*one, "", "") if "with" in name else row(*one, "under 50 ms", wall < 0.05))
        return rows


def part_clip(seconds):
    """60 s out of two segments"""
    first, second = footage().hour[:2]
    start, to = "2026-08-11T00:00:30Z", "2026-08-11T00:01:30Z"
    contenders = {
        "`stitcher export`": lambda out: ours(out, start=start, to=to),
        "export, not synced": lambda out: unsynced(out, "manifest", start=start, to=to),
    }
    if shutil.which("mkvmerge"):
        contenders["mkvmerge"] = lambda out: [
            "mkvmerge", "-q", "-o", f"{out}/clip.mkv", "--split", "parts:00:00:30-00:01:30", first, f"+{second}"]
    rows = []
    for cold in (False, True):
        heat = "cold" if cold else "warm"
        cost = side_by_side(contenders, rounds_in(seconds), cold)
        if cost is None:
            return rows + [("with a cold cache", "cannot empty it: not root", "", "")]
        rows += [(f"{name}, {heat}", told(c), "", "") for name, c in cost.items()]
        if "mkvmerge" not in cost:
            rows.append(("mkvmerge", "not installed", "", ""))
            continue
        for name in contenders:
            if name == "mkvmerge":
                continue
            ratio = cost["mkvmerge"].wall / cost[name].wall
            what, told_ratio = f"mkvmerge (never synced) / {name} (with manifest), {heat}", f"{ratio:.1f}"
            rows.append((what, told_ratio, "", "") if cold else row(what, told_ratio, "at least 5", ratio >= 5))
    return rows


def part_means(_seconds):
    """Memory and system calls of an export"""
    cost = side_by_side({
        "one minute": lambda out: ours(out, to="2026-08-11T00:01:00Z"),
        "one hour": lambda out: ours(out),
        "one hour, no manifest": lambda out: ours(out, "--no-manifest"),
        "24 hours": lambda out: ours(out, camera="day", to=T24),
        "24 hours, no manifest": lambda out: ours(out, "--no-manifest", camera="day", to=T24),
    }, 3)
    rows = []
    for name, one in cost.items():
        most = 35 if name.startswith("one") else 64
        text = "at most 35 MiB" if most == 35 else "under 64 MiB"
        rows.append(row(f"memory, {name}", f"{one.mib:.1f} MiB", text, one.mib <= most))
    for name, more in (("no manifest", ["--no-manifest"]), ("with manifest", [])):
        calls = {minutes: system_calls(minutes, more) for minutes in (2, 60)}
        each = (calls[60][0] - calls[2][0]) / 58
        spent = {call: round((n - calls[2][1].get(call, 0)) / 58, 1) for call, n in calls[60][1].items()}
        most = ", ".join(f"{c} {n:g}" for c, n in sorted(spent.items(), key=lambda s: -s[1])[:7] if n >= 0.1)
        rows.append(row(f"system calls for each further segment, {name}", f"{each:.1f} ({most})", "at most 10", each <= 10))
    return rows


def system_calls(minutes, more):
    with tempfile.TemporaryDirectory(dir=footage().folder) as out:
        count = f"{out}/calls"
        to = "2026-08-11T01:00:00Z" if minutes == 60 else f"2026-08-11T00:{minutes:02}:00Z"
        run("strace", "-f", "-c", "-o", count, *ours(out, *more, to=to))
        calls = {}
        for line in open(count):
            found = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
            if found and found[2] != "total":
                calls[found[2]] = int(found[1])
        return sum(calls.values()), calls


def part_day(_seconds):
    """A virtual MP4 of 24 hours"""
    done = subprocess.run([helper(), "day", footage().config, "day", T0, T24], env=CLEAN,
                          capture_output=True, text=True)
    rows = [tuple((line.split("|") + ["", ""])[:4]) for line in done.stdout.splitlines()]
    rows = [tuple(cell.strip() for cell in r) for r in rows]
    return rows if done.returncode == 0 else rows + [("failed", done.stderr[-300:], "", "MISSED")]


SEGMENT_ROWS = """
INSERT INTO video_segments (name, camera_id, instance_id, number, run_id, strand, size_bytes, state,
  overlap_status, start_ns, duration_ns, media_start, media_length, stamp, change_seq)
WITH RECURSIVE minute(m) AS (SELECT 0 UNION ALL SELECT m + 1 FROM minute WHERE m + 1 < :minutes),
  camera(c) AS (SELECT 0 UNION ALL SELECT c + 1 FROM camera WHERE c + 1 < :cameras)
SELECT 'CAMERA_' || c || '_' || strftime('%Y%m%dT%H%M%S', 1785542400 + m * 60, 'unixepoch') || '.000000Z_blue_'
    || printf('%06d', m) || '.mp4',
  'CAMERA_' || c, 'blue', m, 'run-' || m / 1440, 0, 15000000,
  CASE WHEN (m + c * 37) % 20000 = 3 THEN 'corrupt' ELSE 'complete' END, 'unique',
  (1785542400 + m * 60) * 1000000000, 60000000000, m * 5400000, 5400000, 1, 1 + m * :cameras + c
FROM minute CROSS JOIN camera"""


def fill_segments(path, cameras, minutes):
    """A row for every segment, in the order in which recorders write them; by
    SQL, because a program takes minutes for four million."""
    database = sqlite3.connect(path)
    database.executescript("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000")
    database.execute(SEGMENT_ROWS, {"cameras": cameras, "minutes": minutes})
    database.commit()
    database.execute("PRAGMA journal_mode = WAL")
    database.close()


def part_report(seconds, cameras=100, days=30):
    """Continuity report"""
    with tempfile.TemporaryDirectory(dir=os.path.join(ROOT, "target")) as folder:
        config = f"{folder}/hitless.toml"
        os.makedirs(f"{folder}/storage")
        with open(config, "w") as file:
            file.write('storage = "storage"\ndatabase = "sqlite://index.db"\n')
        subprocess.run([helper(), "month", config, str(cameras), str(days)], env=CLEAN, check=True)
        fill_segments(f"{folder}/index.db", cameras, days * 1440)
        rows = [("spans of 60 s, and rows of segments", f"{cameras * days * 1440:,}", "", "")]
        for kind in ("text", "json", "csv", "html", "prometheus"):
            cost = [run(program("stitcher"), "--config", config, "report", "--from", "2026-08-01", "--to", "2026-08-31",
                        "--format", kind, "-o", f"{folder}/report", fine=(0, 1)) for _ in range(rounds_in(seconds))]
            wall, cpu, mib = (statistics.median(c) for c in zip(*cost))
            size = os.path.getsize(f"{folder}/report") / 1e6
            rows.append(row(f"{days} days x {cameras} cameras, {kind} ({size:.1f} MB)",
                            f"{wall:.2f} s, CPU {cpu:.2f} s, {mib:.0f} MiB", "under 2 s", wall < 2))
        return rows
