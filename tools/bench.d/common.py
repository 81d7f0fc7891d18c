"""What all parts of the benchmark use: programs, processes and a row of a table."""
import os, re, socket, subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("HITLESS_")}


def program(name):
    return os.path.join(ROOT, "target", "release", name)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    """User and system time of a process so far."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_mib(pid):
    rollup = open(f"/proc/{pid}/smaps_rollup").read()
    return int(re.search(r"^Pss:\s+(\d+)", rollup, re.M).group(1)) / 1024


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def row(name, value, limit, good):
    return (name, value, limit, "ok" if good else "MISSED")


def cargo_bench(package, name, *arguments):
    """Runs one `cargo bench` of ours, which prints rows as `what | measured | limit | ok`."""
    done = subprocess.run(["cargo", "bench", "-q", "-p", package, "--bench", name, "--", *arguments],
                          cwd=ROOT, capture_output=True, text=True)
    lines = [line.strip().strip("|") for line in done.stdout.splitlines() if line.strip(" |-\n")]
    rows = [tuple(c.strip() for c in line.split("|")) for line in lines]
    rows = [(r + ("",) * 4)[:4] for r in rows]
    return rows if rows and done.returncode == 0 else rows + [("failed", done.stderr[-300:], "", "MISSED")]
