"""Export, virtual MP4 and report against their limits, side by side with what others do."""
import atexit, functools, json, os, re, shutil, sqlite3, statistics, subprocess, tempfile

from common import CLEAN, ROOT, program, row
from contest import digested, run, side_by_side
from footage import Footage, xfs

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
    if shutil.which("openssl"):
        for name in ("ffmpeg concat", "mp4-merge"):
            contenders[f"{name}, then SHA-256"] = digested(contenders[name], lambda: footage().hour)
    rows = [("bytes of the segments", f"{sum(map(os.path.getsize, footage().hour)) / 1e6:.0f} MB", "", "")]
    mkvmerge = shutil.which("mkvmerge")
    for cold in (False, True):
        cost = side_by_side(footage().folder, contenders, rounds_in(seconds) if not cold else 3, cold)
        heat = "cold" if cold else "warm"
        if cost is None:
            rows.append(("with a cold cache", "cannot empty it: not root", "", ""))
            break
        rows += [(f"{name}, {heat}", told(c), "", "") for name, c in cost.items()]
        rows += ratios(cost, heat)
    if mkvmerge:
        rows.append(("mkvmerge, warm", told(side_by_side(footage().folder, {"": by_mkvmerge}, 1)[""]), "", ""))
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
    # The others write no manifest: a like for a like, and the plain ratio beside it.
    for other, least in (("ffmpeg concat", 3.3), ("mp4-merge", 1.8)):
        def enough(value, least=least):
            return value >= least

        rows.append(limit(f"{other} / export, no manifest, {heat}", cost[other].wall / plain.wall, enough,
                          f"at least {least}"))
        digested_too = cost.get(f"{other}, then SHA-256")
        if digested_too:
            rows.append(limit(f"{other}, then SHA-256 / export, with manifest, {heat}",
                              digested_too.wall / hashed.wall, enough, f"at least {least}"))
        rows.append((f"{other} (no digests) / export, with manifest, {heat}", f"{cost[other].wall / hashed.wall:.2f}",
                     "", ""))
    rows.append((f"what the manifest costs, {heat}", f"{hashed.wall - plain.wall:+.3f} s, "
                 f"CPU {hashed.cpu - plain.cpu:+.2f} s", "", ""))
    return rows


def part_reflink(seconds):
    """The same hour on a file system that shares blocks (XFS)"""
    footage(), helper()
    with xfs(footage()) as (place, why):
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
        "export, not synced, no manifest": lambda out: unsynced(out, start=start, to=to),
        "export, not synced, with manifest": lambda out: unsynced(out, "manifest", start=start, to=to),
        "`stitcher export`, synced, with manifest": lambda out: ours(out, start=start, to=to),
    }
    pairs = [("mkvmerge", "export, not synced, no manifest", 5)]
    if shutil.which("mkvmerge"):
        def merged(out):
            return ["mkvmerge", "-q", "-o", f"{out}/clip.mkv", "--split", "parts:00:00:30-00:01:30", first, f"+{second}"]

        contenders["mkvmerge"] = merged
        if shutil.which("openssl"):
            also = "mkvmerge, then SHA-256"
            contenders[also] = digested(merged, lambda: [first, second])
            pairs.append((also, "export, not synced, with manifest", 5))
        pairs.append(("mkvmerge", "`stitcher export`, synced, with manifest", None))
    rows = []
    for cold in (False, True):
        heat = "cold" if cold else "warm"
        cost = side_by_side(footage().folder, contenders, rounds_in(seconds), cold)
        if cost is None:
            return rows + [("with a cold cache", "cannot empty it: not root", "", "")]
        rows += [(f"{name}, {heat}", f"{c.wall * 1e3:.0f} ms, CPU {c.cpu * 1e3:.0f} ms", "", "") for name, c in cost.items()]
        if "mkvmerge" not in cost:
            rows.append(("mkvmerge", "not installed", "", ""))
            continue
        for other, one, least in pairs:
            ratio = cost[other].wall / cost[one].wall
            what, told_ratio = f"{other} / {one}, {heat}", f"{ratio:.1f}"
            judged = least and not cold
            rows.append(row(what, told_ratio, f"at least {least}", ratio >= least) if judged else (what, told_ratio, "", ""))
    return rows


def part_means(_seconds):
    """Memory and system calls of an export"""
    cost = side_by_side(footage().folder, {
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
