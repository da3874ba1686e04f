"""How long from the start of the process to the first paint of the window?

    python -m tests.benchmarks.start [--runs 7]

Starts the studio again and again and reads, in the process itself, the time since the system started it at the moment
the window has painted itself for the first time. Prints every run, the median, the processor time (which other
programs do not stretch), and what was loaded by then that should not have been. Without a display the window is drawn
offscreen. Linux only. Exits 1 where a target is missed:
median under 0.45 s, and neither numpy, torch nor scipy loaded.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TARGET = 0.45
ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import os, sys, time
def age():
    ticks = int(open("/proc/self/stat").read().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
import app.startup
def seen(self):
    heavy = [name for name in ("numpy", "torch", "scipy") if name in sys.modules]
    print(age(), *heavy, flush=True)
    os._exit(0)
import app.session
app.session.Session.warm = seen
sys.exit(app.startup.main([]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home}
        if not os.environ.get("DISPLAY"):
            environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        times: list[float] = []
        heavy: set[str] = set()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for run in range(runs + 1):
            done = subprocess.run(
                [sys.executable, "-c", PROBE], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
            )
            seconds, *loaded = done.stdout.split()
            heavy |= set(loaded)
            if run:  # the first one fills the caches of the disk
                times.append(float(seconds))
            else:
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / runs
    print("seconds from process start to first paint:", " ".join(f"{t:.3f}" for t in times))
    print(f"processor time per start {busy:.3f} s, load of the machine {os.getloadavg()[0]:.1f}")
    median = statistics.median(times)
    print(f"median {median:.3f} s, target {TARGET} s; heavy modules loaded: {sorted(heavy) or 'none'}")
    return int(median >= TARGET or bool(heavy))


if __name__ == "__main__":
    sys.exit(main())
