"""Programs that do the same work, run in turns."""
import os, statistics, subprocess, sys, tempfile
from collections import namedtuple

from common import CLEAN

Cost = namedtuple("Cost", "wall cpu mib")


# A process starts out with the memory of whoever started it, as far as the
# kernel's account goes: a small program has to do that, not this one.
STARTER = """
import os, sys, time
begun = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - begun
said = f"{wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024}"
os.write(int(sys.argv[1]), said.encode())
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"""


def run(*command, env=CLEAN, fine=(0,)):
    """What a program costs from its start to its end."""
    told, tell = os.pipe()
    with open(told) as told:
        starter = [sys.executable, "-I", "-S", "-c", STARTER, str(tell), *command]
        child = subprocess.Popen(starter, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, env=env, pass_fds=[tell])
        os.close(tell)
        _, said = child.communicate()
        if child.returncode not in fine:
            raise SystemExit(f"{' '.join(command)[:300]}: {child.returncode}: {said.decode()[-500:]}")
        return Cost(*map(float, told.read().split()))


def drop_caches():
    """Whether nothing is in memory now."""
    os.sync()
    try:
        with open("/proc/sys/vm/drop_caches", "w") as file:
            file.write("3")
        return True
    except OSError:
        return False


def side_by_side(folder, contenders, rounds, cold=False):
    """Medians by name. Each contender is given a fresh folder in this one;
    nothing of what was written before is still on its way to the disk."""
    costs = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, command in contenders.items():
            with tempfile.TemporaryDirectory(dir=folder) as out:
                os.sync()
                if cold and not drop_caches():
                    return None
                costs[name].append(run(*command(out)))
    return {name: Cost(*map(statistics.median, zip(*cost))) for name, cost in costs.items()}


def digested(by, segments):
    """What another program makes, and then what a manifest has: SHA-256 of the
    clip and of what it was made of, by a program that uses the processor's
    instructions for it."""
    def command(out):
        return ["bash", "-c", 'out=$1 n=$2; shift 2; s=("${@:1:n}"); shift "$n"; "$@" && '
                'openssl dgst -sha256 "$out"/clip.* "${s[@]}" > "$out/digests"',
                "bash", out, str(len(segments())), *segments(), *by(out)]
    return command
