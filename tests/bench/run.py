#!/usr/bin/env python3
"""How fast it is, against yardsticks that run in the same minute.

    make bench [B='[--quick] [--runs N] [--keep] [WORKLOAD]...']

Whole processes, start-up included, one after the other in turn: ours, the
yardstick, ours, the yardstick...  A time is processor time (user and system),
or wall time where the line says so, the median; a ratio is the median of the
ratios of neighbours, with the smallest and the largest.  Peak is the largest
resident memory of ours.  A goal that is missed is said, and is no failure: the
exit status is 0 unless something does not work.
"""

import argparse
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

from measure import Bench, fail, mebibytes, show, show_head, verdict
from workloads import WORKLOADS

BUILD = os.path.abspath(os.environ.get("builddir", "build"))
PEAK_GOAL = 64 * 1024


def said_by(*words):
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    return done.stdout.strip()


def cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            for line in f:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def show_machine(bench):
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"machine: {os.cpu_count()} cores, {cpu_model()}, load {load}")
    print(f"versions: {said_by(bench.yard('yard-status'))}, "
          f"sqlite3 {said_by('sqlite3', '--version').split(' ')[0]}, "
          f"{said_by('git', '--version')}")
    print(f"compiler: {os.environ.get('SS_COMPILER', 'unknown')}", flush=True)


def parse():
    p = argparse.ArgumentParser(prog="make bench B=", description=__doc__,
                                formatter_class=argparse.
                                RawDescriptionHelpFormatter)
    p.add_argument("--quick", action="store_true", help="smaller, for a look")
    p.add_argument("--runs", type=int, default=0, metavar="N",
                   help="how often each is run")
    p.add_argument("--keep", action="store_true",
                   help="leave the folder with the data")
    p.add_argument("workload", nargs="*", metavar="WORKLOAD",
                   help=f"of {', '.join(WORKLOADS)}; all without any")
    args = p.parse_args()
    for name in args.workload:
        if name not in WORKLOADS:
            p.error(f"no workload '{name}'; there are {', '.join(WORKLOADS)}")
    return args


def run_all(args, folder):
    bench = Bench(BUILD, folder, args.quick, args.runs)
    show_machine(bench)
    show_head()
    for name in args.workload or WORKLOADS:
        WORKLOADS[name](bench)
    show("peak memory of all of these", ["", "", ""], mebibytes(PEAK_GOAL),
         verdict(bench.peak <= PEAK_GOAL), bench.peak)
    show("peak memory while these were prepared", ["", "", ""], "", "",
         bench.peak_prepare)


def main():
    args = parse()
    for tool in ("git", "sqlite3"):
        if not shutil.which(tool):
            fail(f"there is no {tool}")
    if not shutil.which(os.path.join(BUILD, "tests/bench/spawn")):
        fail("it is run by 'make bench', which builds what it needs")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="ss-bench.")
    try:
        run_all(args, folder)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        if args.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


main()
