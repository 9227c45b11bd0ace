"""What is measured of the PostgreSQL engine, on a server of its own.

Most of the work is the server's, so that it is wall time that has the goals;
the ratio of the processor times is beside it.  SCHEMASTORE_SCRATCH is the same
server, with fsync off.
"""

import os
import subprocess
import sys

import data
from measure import (Command, mebibytes, show, show_ratio, show_share, verdict,
                     write)

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from cluster import Cluster, find_programs  # noqa: E402

PEAK_GOAL = 128 * 1024


def what_is_missing(bench):
    if not os.access(bench.yard("yard-pg"), os.X_OK):
        return "built without PostgreSQL"
    return None if find_programs() else "no PostgreSQL server is installed"


def postgres(bench):
    missing = what_is_missing(bench)
    if missing:
        print(f"SKIP postgres: {missing}", flush=True)
        return
    peak, env = bench.peak, dict(bench.env)
    bench.peak = 0
    with Cluster() as cluster:
        bench.env["SCHEMASTORE_SCRATCH"] = cluster.url("postgres")
        Postgres(bench, cluster).all()
    show("peak memory of PostgreSQL's", ["", "", ""], mebibytes(PEAK_GOAL),
         verdict(bench.peak <= PEAK_GOAL), bench.peak)
    bench.peak, bench.env = peak, env


def show_both(name, ours, theirs, goal):
    show_ratio(f"{name}, wall", ours, theirs, goal, clock="wall")
    show_ratio("  processor time", ours, theirs)


class Postgres:
    """A project of two versions, and databases for them."""

    def __init__(self, bench, cluster):
        self.bench, self.cluster = bench, cluster
        self.tables = bench.size(1000, 100)
        self.changed = range(7, self.tables, bench.size(100, 20))
        self.url = cluster.new("app")
        self.of = f"{len(self.changed)} of {self.tables:,} tables"

    def text(self, changed=()):
        return data.schema(self.tables, changed, marks=["index"])

    def all(self):
        folder = self.project()
        self.reading(folder)
        self.planning(folder)
        self.upgrading(folder)
        self.committing(folder)

    def project(self):
        bench, folder = self.bench, self.bench.path("postgres")
        os.makedirs(folder)
        bench.do(folder, "init", "-q", "--engine", "postgres", "--source",
                 "schema.sql", "--database", f"dev={self.url}")
        for name, changed in (("First", ()), ("Second", self.changed)):
            write(os.path.join(folder, "schema.sql"), self.text(changed))
            bench.do(folder, "commit", "-q", "-m", name)
        bench.do(folder, "upgrade", "-q", "--yes", "dev", "HEAD~1")
        return folder

    # ---- without a change ----------------------------------------------

    def reading(self, folder):
        bench = self.bench
        took = bench.interleave(
            [Command(folder, bench.program, "drift", "dev"),
             Command(folder, bench.program, "inspect", "dev"),
             Command(folder, bench.yard("yard-pg"), "read", self.url)],
            bench.runs(7, 5))
        of = f"{self.tables:,} tables: libpq"
        show_both(f"drift, {of}", took[0], took[2], 2)
        show_both(f"inspect, {of}", took[1], took[2], 2)

    def planning(self, folder):
        bench = self.bench
        took = bench.interleave(
            [Command(folder, bench.program, "plan", "HEAD~1", "HEAD"),
             Command(folder, bench.yard("yard-diff"), ".schemastore",
                     "HEAD~1", "HEAD")], bench.runs(31, 15))
        show_ratio(f"plan, {self.of}: libgit2", *took, 1.5)

    # ---- there and back ------------------------------------------------

    def plan(self, folder, *words):
        """As a file; its own BEGIN and COMMIT are not the yardstick's."""
        done = subprocess.run([self.bench.program, "plan", *words], cwd=folder,
                              env=self.bench.env, check=True, text=True,
                              capture_output=True)
        lines = [line for line in done.stdout.split("\n")
                 if line not in ("BEGIN;", "COMMIT;") and
                 not line.startswith("\\")]
        path = os.path.join(folder, f"plan{len(os.listdir(folder))}.sql")
        write(path, "\n".join(lines))
        return path

    def upgrading(self, folder):
        bench, yard = self.bench, self.bench.yard("yard-pg")
        there, back = (self.plan(folder, *way, "HEAD~1", "HEAD")
                       for way in ((), ("--down",)))
        whole = self.plan(folder, "-", "HEAD~1")
        other = self.cluster.new("other")
        bench.run(Command(folder, yard, "run", other, whole))
        took = bench.interleave(
            [Command(folder, bench.program, "upgrade", "--yes", "dev"),
             Command(folder, yard, "change", other, there),
             Command(folder, bench.program, "downgrade", "--yes",
                     "--allow-data-loss", "dev", "HEAD~1"),
             Command(folder, yard, "change", other, back)], bench.runs(5, 3))
        show_both(f"upgrade, {self.of}: libpq", *took[:2], 1.3)
        show_both(f"downgrade, {self.of}: libpq", *took[2:], 1.3)
        took = bench.interleave(
            [self.first_upgrade(folder),
             Command(folder, yard, "change", other, whole,
                     before=lambda: self.cluster.new("other"))],
            bench.runs(3, 3))
        show_both(f"upgrade, from none to {self.tables:,}: libpq", *took, 1.3)

    def first_upgrade(self, folder):
        """Each time of another: what the store knows of one it holds on to."""
        count = 0

        def renew():
            nonlocal count
            count += 1
            command.words = (self.bench.program, "upgrade", "--yes",
                             self.cluster.new(f"first{count}"), "HEAD~1")

        command = Command(folder, self.bench.program, before=renew)
        return command

    # ---- commit --------------------------------------------------------

    def committing(self, folder):
        bench, changed = self.bench, list(self.changed)
        source = os.path.join(folder, "schema.sql")

        def change():
            changed.append(changed[-1] + 1)
            write(source, self.text(changed))

        took = bench.interleave(
            [Command(folder, bench.program, "commit", "-m", "More",
                     before=change),
             Command(folder, bench.yard("yard-pg"), "run",
                     self.cluster.url("load"), source,
                     before=lambda: self.cluster.new("load"))],
            bench.runs(5, 3))
        show_share(f"commit, 1 of {self.tables:,} tables: its DDL, wall",
                   *took, 0.8)
