"""Running whole processes and comparing what they took."""

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from statistics import median

Run = namedtuple("Run", "cpu wall rss")  # seconds, seconds, KiB


def fail(what):
    sys.exit(f"bench: {what}")


class Command:
    """What is measured: a command in a folder; `before` is called first."""

    def __init__(self, folder, *words, before=None):
        self.folder, self.words, self.before = folder, words, before


class Bench:
    def __init__(self, build, folder, quick, runs):
        self.build, self.folder = build, folder
        self.quick, self.runs_wanted = quick, runs
        self.peak = 0           # of schemastore, where it was measured
        self.peak_prepare = 0   # and where it was not
        self.program = os.path.join(build, "schemastore")
        home = os.path.join(folder, "home")
        os.makedirs(home, exist_ok=True)
        keep = {k: v for k, v in os.environ.items() if not k.startswith(
            ("GIT_", "SCHEMASTORE_", "SS_FAULT", "SSH_", "XDG_", "LC_",
             "LANG"))}
        self.env = dict(keep, HOME=home, LC_ALL="C", TZ="UTC",
                        GIT_CONFIG_NOSYSTEM="1",
                        SCHEMASTORE_AUTHOR_NAME="Bench",
                        SCHEMASTORE_AUTHOR_EMAIL="bench@example.org")

        self.signs(False)

    def signs(self, yes):
        """Whether versions are signed from here on."""
        with open(os.path.join(self.env["HOME"], ".gitconfig"), "w",
                  encoding="ascii") as out:
            out.write(f"[schemastore]\n\tsign = {'yes' if yes else 'no'}\n")

    def yard(self, name):
        return os.path.join(self.build, "tests/bench", name)

    def runs(self, full, quick):
        return self.runs_wanted or (quick if self.quick else full)

    def size(self, full, quick):
        return quick if self.quick else full

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, command):
        """One process, measured."""
        if command.before:
            command.before()
        done = subprocess.run([self.yard("spawn"), *command.words],
                              cwd=command.folder, env=self.env, check=False,
                              stdin=subprocess.DEVNULL, text=True,
                              capture_output=True)
        numbers = done.stdout.split()
        if done.returncode or numbers[:1] != ["0"]:
            fail(f"'{' '.join(command.words)}' failed "
                 f"({done.stdout.strip()}): {done.stderr.strip()}")
        _, cpu, wall, rss = map(int, numbers)
        return Run(cpu / 1e6, wall / 1e6, rss)

    def interleave(self, commands, runs):
        """A B A B...: a list of runs for each command."""
        for command in commands:
            self.run(command)
        took = [[] for _ in commands]
        for _ in range(runs):
            for command, list_of in zip(commands, took):
                list_of.append(self.run(command))
        for command, list_of in zip(commands, took):
            if command.words[0] == self.program:
                self.peak = max(self.peak, *(r.rss for r in list_of))
        return took

    # ---- projects ------------------------------------------------------

    def do(self, folder, *words):
        """schemastore, where it is not what is measured."""
        run = self.run(Command(folder, self.program, *words))
        self.peak_prepare = max(self.peak_prepare, run.rss)
        return run

    def project(self, name):
        folder = self.path(name)
        os.makedirs(folder)
        self.do(folder, "init", "-q", "--source", "schema.sql", "--database",
                "dev=sqlite:app.db")
        return folder

    def write_versions(self, name, texts):
        """A folder for commit --batch; returns it and the last text."""
        folder, text = self.path(name), ""
        os.makedirs(folder)
        for i, text in enumerate(texts):
            write(os.path.join(folder, f"{i:05d}.sql"), text)
        return folder, text

    def history(self, name, texts):
        """A project whose store has these versions."""
        folder = self.project(name)
        batch, last = self.write_versions(name + ".in", texts)
        write(os.path.join(folder, "schema.sql"), last)
        self.do(folder, "commit", "-q", "--batch", batch)
        shutil.rmtree(batch)
        return folder


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


# ---- the table --------------------------------------------------------------

COLUMNS = "{:<45} {:>8} {:>9}  {:<19} {:>8} {:<7} {:>9}"


def show_head():
    print(COLUMNS.format("processor time, medians", "it", "yardstick",
                         "ratio (min-max)", "goal", "", "peak").rstrip())


def seconds(t):
    return f"{t:.2f} s" if t >= 1 else f"{t * 1e3:.2f} ms" if t < .01 else \
        f"{t * 1e3:.0f} ms"


def mebibytes(kib):
    return f"{kib / 1024:.1f} MiB"


def verdict(good, stretch=False):
    return "" if good is None else "ok" if good else \
        "not yet" if stretch else "MISSED"


def show(name, cells, goal, word, rss=None):
    line = COLUMNS.format(name, *cells, goal, word,
                          mebibytes(rss) if rss else "")
    print(line.rstrip(), flush=True)


def show_ratio(name, ours, theirs, goal=None, stretch=False, clock="cpu"):
    ours_took, took = ([getattr(r, clock) for r in runs]
                       for runs in (ours, theirs))
    ratios = [a / b for a, b in zip(ours_took, took)]
    mid = median(ratios)
    show(name, [seconds(median(ours_took)), seconds(median(took)),
                f"{mid:.2f} ({min(ratios):.2f}-{max(ratios):.2f})"],
         f"{goal:.1f}" if goal else "",
         verdict(mid <= goal if goal else None, stretch),
         max(r.rss for r in ours))


def show_share(name, ours, theirs, goal):
    """How much of our wall time is what theirs is all of."""
    shares = [b.wall / a.wall for a, b in zip(ours, theirs)]
    mid = median(shares)
    show(name, [seconds(median(r.wall for r in ours)),
                seconds(median(r.wall for r in theirs)),
                f"{mid:.0%} ({min(shares):.0%}-{max(shares):.0%})"],
         f"{goal:.0%}", verdict(mid >= goal), max(r.rss for r in ours))


def show_time(name, ours, goal, stretch=True):
    """A goal that is a time."""
    mid = median(r.cpu for r in ours)
    show(name, [seconds(mid), "", ""], seconds(goal),
         verdict(mid <= goal, stretch))


def show_over(name, ours, theirs, factor, more, peak):
    """At most so many times theirs, and so many seconds; and so much memory,
    in KiB."""
    mid = median(r.cpu for r in ours)
    goal = factor * median(r.cpu for r in theirs) + more
    rss = max(r.rss for r in ours)
    show(name, [seconds(mid), seconds(median(r.cpu for r in theirs)), ""],
         seconds(goal), verdict(mid <= goal and rss <= peak), rss)


def show_each(name, ours, theirs, count, goal):
    """What each of so many things takes more than theirs."""
    mine, yours = (median(r.cpu for r in runs) for runs in (ours, theirs))
    more = (mine - yours) / count
    show(name, [seconds(mine), seconds(yours), f"{more * 1e6:.0f} us each"],
         f"{goal * 1e6:.0f} us", verdict(more <= goal),
         max(r.rss for r in ours))


def show_rate(name, ours, count, goal=None):
    """So many things in a run; a second of processor time is the unit."""
    rates = [count / r.cpu for r in ours]
    wall = median(count / r.wall for r in ours)
    show(name, [seconds(median(r.cpu for r in ours)), "",
                f"{median(rates):.0f}/s ({wall:.0f}/s wall)"],
         f"{goal}/s" if goal else "",
         verdict(median(rates) >= goal if goal else None),
         max(r.rss for r in ours))
