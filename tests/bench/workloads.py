"""What is measured, and with what it is compared."""

import os
import shutil
import subprocess
from statistics import median

import data
from measure import (Command, fail, mebibytes, show, show_each, show_over,
                     show_rate, show_ratio, show_time, verdict, write)
from postgres import postgres


def counted(n, what):
    return f"{n:,} {what}"


# ---- status and upgrade, nothing to do --------------------------------------


def settled(bench, name, versions):
    """A database that went through all versions one by one."""
    folder = bench.history(name, data.toggles(versions, 10))
    for back in range(versions - 1, -1, -1):
        bench.do(folder, "upgrade", "-q", "--yes", "dev", f"HEAD~{back}")
    return folder


def status(bench):
    few, many = 10, bench.size(1000, 100)
    commands = []
    folders = [settled(bench, f"status{n}", n) for n in (few, many)]
    folders.append(bench.history("status-wide", [data.schema(
        bench.size(1000, 100), marks=["index"])]))
    bench.do(folders[2], "upgrade", "-q", "--yes", "dev")
    for folder in folders:
        commands += [Command(folder, bench.program, "status"),
                     Command(folder, bench.program, "upgrade", "dev"),
                     Command(folder, bench.yard("yard-status"), ".schemastore",
                             "app.db")]
    took = bench.interleave(commands, bench.runs(31, 15))
    names = [counted(few, "versions"), counted(many, "versions"),
             counted(bench.size(1000, 100), "tables")]
    for i, what in enumerate(names):
        goal = 1.5 if i < 2 else None
        for k, command in enumerate(("status", "upgrade")):
            ours, yard = took[3 * i + k], took[3 * i + 2]
            show_ratio(f"{command}, {what}: libraries", ours, yard, goal)
            show_time("  stretch", ours, 0.0018)
    for k, command in enumerate(("status", "upgrade")):
        show_ratio(f"{command}, {many:,} versions: at {few}", took[3 + k],
                   took[k], 1.1)


# ---- many generated steps, there and back -----------------------------------


def same_schema(bench, folder):
    """Both ways must have come to the same place."""
    done = subprocess.run([bench.program, "diff", "--exit-code",
                           "sqlite:app.db", "sqlite:yard.db"], cwd=folder,
                          env=bench.env, check=False, capture_output=True,
                          text=True)
    if done.returncode:
        fail(f"the net change is another:\n{done.stdout}{done.stderr}")


def steps_project(bench, count):
    folder = bench.history("steps", data.steps(count))
    bench.do(folder, "tag", "v1", f"HEAD~{count - 1}")
    bench.do(folder, "tag", "last", "HEAD")
    there, back = data.steps_net(count)
    write(os.path.join(folder, "there.sql"), there)
    write(os.path.join(folder, "back.sql"), back)
    write(os.path.join(folder, "first.sql"), next(data.steps(1)))
    bench.run(Command(folder, "sqlite3", "yard.db", ".read first.sql"))
    bench.do(folder, "upgrade", "-q", "dev", "v1")
    same_schema(bench, folder)
    return folder


def steps(bench):
    count = bench.size(1000, 200)
    folder = steps_project(bench, count)
    proofs = os.path.join(folder, ".schemastore/cache/proofs")

    def forget():
        if os.path.exists(proofs):
            os.unlink(proofs)

    def ours(*words, before=None):
        return Command(folder, bench.program, *words, before=before)

    def yard(script):
        return Command(folder, "sqlite3", "-bail", "yard.db",
                       f".read {script}")

    for before, what, goal in ((None, "proven", 2), (forget, "not proven", 3)):
        up = ours("upgrade", "--yes", "dev", "last", before=before)
        down = ours("downgrade", "--yes", "--allow-data-loss", "dev", "v1",
                    before=before)
        took = bench.interleave([up, yard("there.sql"), down,
                                 yard("back.sql")], bench.runs(9, 5))
        steps_of = counted(count, "steps")
        show_ratio(f"upgrade, {steps_of}, {what}: sqlite3", took[0], took[1],
                   goal)
        show_ratio(f"downgrade, {steps_of}, {what}: sqlite3", took[2],
                   took[3], goal)
    bench.run(up)
    bench.run(yard("there.sql"))
    same_schema(bench, folder)


# ---- two stored versions ----------------------------------------------------


def diff(bench):
    few, many = bench.size(1000, 200), bench.size(10000, 2000)
    one = bench.history("diff-one", [data.schema(few),
                                     data.schema(few, [few // 3])])
    wide = bench.history("diff-wide", [data.schema(many),
                                       data.schema(many, [many // 3])])
    changed = range(7, few, 100)
    percent = bench.history("diff", [
        data.schema(few, marks=["index"]),
        data.schema(few, changed, marks=["index"])])
    git_dir = "--git-dir=.schemastore"
    commands = [Command(percent, bench.program, "diff", "HEAD~1", "HEAD"),
                Command(percent, bench.program, "plan", "HEAD~1", "HEAD"),
                Command(percent, bench.yard("yard-diff"), ".schemastore",
                        "HEAD~1", "HEAD"),
                Command(percent, "git", git_dir, "diff-tree", "-r", "HEAD~1",
                        "HEAD")]
    for folder in (wide, one):
        commands += [Command(folder, bench.program, "diff", "HEAD~1", "HEAD"),
                     Command(folder, bench.program, "plan", "HEAD~1", "HEAD")]
    took = bench.interleave(commands, bench.runs(31, 15))
    for k, command in enumerate(("diff", "plan")):
        what = f"{command}, {len(changed)} of {few:,} tables"
        show_ratio(f"{what}: libgit2", took[k], took[2], 1.5)
        show_ratio("  stretch: git diff-tree", took[k], took[3], 2, True)
    for k, command in enumerate(("diff", "plan")):
        show_ratio(f"{command}, 1 of {many:,} tables: of {few:,}",
                   took[4 + k], took[6 + k], 1.3)


# ---- the way over many versions --------------------------------------------


def way_project(bench, name, texts):
    """Its database is at the first of them."""
    folder = bench.history(name, texts)
    bench.do(folder, "tag", "v1", f"HEAD~{len(texts) - 1}")
    bench.do(folder, "upgrade", "-q", "--yes", "dev", "v1")
    return folder


def way(bench):
    """First to last, against the same two schemas side by side."""
    texts = list(data.toggles(bench.size(10000, 1000), 12))
    many = way_project(bench, "way", texts)
    two = way_project(bench, "way-two", [texts[0], texts[-1]])
    index = os.path.join(many, ".schemastore/cache/versions")

    def forget():
        if os.path.exists(index):
            os.unlink(index)

    words = [("plan", "--explain", "v1", "HEAD"),
             ("upgrade", "--dry-run", "dev")]
    commands = []
    for w in words:
        commands += [Command(many, bench.program, *w),
                     Command(many, bench.program, *w, before=forget),
                     Command(two, bench.program, *w)]
    took = bench.interleave(commands, bench.runs(15, 7))
    for k, w in enumerate(words):
        ours, anew, direct = took[3 * k:3 * k + 3]
        what = f"{' '.join(w[:2])}, {len(texts):,} versions"
        show_over(f"{what}: 2", ours, direct, 1.5, 0.02, 128 * 1024)
        show_over("  without the index of versions", anew, direct, 1.5, 0.3,
                  128 * 1024)


# ---- two branches ------------------------------------------------------------


def merge(bench):
    tables = bench.size(1000, 200)
    folder = bench.history("merge", [data.schema(tables, marks=["index"])])
    bench.do(folder, "branch", "other")
    for first in (7, 57):
        write(os.path.join(folder, "schema.sql"), data.schema(
            tables, range(first, tables, 100), marks=["index"]))
        bench.do(folder, "commit", "-q", "-m", f"From {first}")
        if first == 7:
            bench.do(folder, "checkout", "-q", "other")
    words = [".schemastore", "other", "main"]
    took = bench.interleave(
        [Command(folder, bench.yard("part-merge"), *words),
         Command(folder, bench.yard("yard-merge"), *words),
         Command(folder, bench.program, "merge", "--dry-run", "main"),
         Command(folder, bench.yard("yard-load"), "schema.sql")],
        bench.runs(15, 7))
    what = f"{tables // 100} of {tables:,} tables"
    show_ratio(f"merge, {what}, no scratch: libgit2", *took[:2])
    show_time("  goal", took[0], 0.05, False)
    show_ratio(f"merge, {what}, proven: SQLite", *took[2:])


# ---- a change of many rows ---------------------------------------------------


ROWS_DATA = """CREATE TABLE rows (
  id INTEGER PRIMARY KEY,
  first TEXT,
  last TEXT
);
"""
ROWS_FILL = """INSERT INTO rows WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
  SELECT i + 1 FROM n WHERE i < {}) SELECT i, hex(i), i % 1000 FROM n;
"""
ROWS_UP = "UPDATE rows SET first = first || ' ' || last"
ROWS_DOWN = ("UPDATE rows SET first = substr(first, 1, "
             "instr(first, ' ') - 1)")
# What keeping a column takes at least, and bringing it back.
ROWS_PARK = """CREATE TABLE kept (k, c);
INSERT INTO kept SELECT id, last FROM rows;
ALTER TABLE rows DROP COLUMN last;
"""
ROWS_UNPARK = """ALTER TABLE rows ADD COLUMN last TEXT;
UPDATE rows SET last = c FROM kept WHERE id = k;
DROP TABLE kept;
"""


def rows_yard(folder, name, sql):
    write(os.path.join(folder, name), f"BEGIN IMMEDIATE;\n{sql};\nCOMMIT;\n")
    return Command(folder, "sqlite3", "-bail", "yard.db", f".read {name}")


def rows_project(bench, name, count):
    folder = bench.history(name, [ROWS_DATA])
    bench.do(folder, "upgrade", "-q", "--yes", "dev")
    write(os.path.join(folder, "first.sql"), ROWS_DATA)
    write(os.path.join(folder, "fill.sql"), ROWS_FILL.format(count))
    bench.run(Command(folder, "sqlite3", "yard.db", ".read first.sql"))
    for db in ("app.db", "yard.db"):
        bench.run(Command(folder, "sqlite3", db, ".read fill.sql"))
    return folder


def rows(bench):
    """A data step over all rows; a column that is parked, and comes back."""
    count = bench.size(200000, 20000)
    step = rows_project(bench, "rows-data", count)
    write(os.path.join(step, "up.sql"), ROWS_UP)
    write(os.path.join(step, "down.sql"), ROWS_DOWN)
    bench.do(step, "commit", "-q", "-m", "Join", "--allow-empty", "--data",
             "join=up.sql:down.sql")
    park = rows_project(bench, "rows-park", count)
    write(os.path.join(park, "schema.sql"),
          ROWS_DATA.replace(",\n  last TEXT", ""))
    bench.do(park, "commit", "-q", "-m", "Drop")
    drop = Command(park, bench.program, "parked", "-q", "--drop", "restored")
    took = bench.interleave(
        [Command(step, bench.program, "upgrade", "dev"),
         rows_yard(step, "there.sql", ROWS_UP),
         Command(step, bench.program, "downgrade", "--yes", "dev"),
         rows_yard(step, "back.sql", ROWS_DOWN),
         Command(park, bench.program, "upgrade", "--park", "dev"),
         rows_yard(park, "there.sql", ROWS_PARK),
         Command(park, bench.program, "downgrade", "--yes", "dev"),
         rows_yard(park, "back.sql", ROWS_UNPARK), drop],
        bench.runs(9, 5))
    what = counted(count, "rows")
    show_ratio(f"upgrade, data step, {what}: sqlite3", *took[:2], 1.3)
    show_ratio(f"downgrade, data step, {what}: sqlite3", *took[2:4], 1.3)
    show_ratio(f"upgrade --park, {what}: sqlite3", *took[4:6], 2)
    show_ratio(f"downgrade, parked, {what}: sqlite3", *took[6:8], 1.5)


# ---- one commit -------------------------------------------------------------


def commit(bench):
    tables = bench.size(1000, 200)
    for marks, what in ((["index"], ""), ([], ", no index")):
        name = f"commit{len(marks)}"
        folder = bench.history(name, [data.schema(tables, marks=marks)])
        changed = []

        def change_one(folder=folder, changed=changed, marks=marks):
            changed.append(len(changed) * 7 % tables)
            write(os.path.join(folder, "schema.sql"),
                  data.schema(tables, changed, marks=marks))

        took = bench.interleave(
            [Command(folder, bench.program, "commit", "-m", "One more column",
                     before=change_one),
             Command(folder, bench.yard("yard-load"), "schema.sql")],
            bench.runs(9, 5))
        show_ratio(f"commit, 1 of {tables:,} tables{what}: SQLite", *took, 1.5)
        show_time("  stretch", took[0], 0.03)


# ---- many commits at once ---------------------------------------------------


def store_size(folder):
    """(bytes of the files, bytes of their blocks)"""
    size = blocks = 0
    for base, dirs, names in os.walk(os.path.join(folder, ".schemastore")):
        for name in dirs + names:
            st = os.lstat(os.path.join(base, name))
            blocks += st.st_blocks * 512
            size += st.st_size if name in names else 0
    return size, blocks


def batch_run(bench, versions, tables, runs):
    """As often as asked for, each time into an empty store."""
    texts, last = bench.write_versions("batch.in",
                                       data.growth(versions, tables))
    folder = bench.path(f"batch-{tables}")
    took = []
    for _ in range(runs):
        shutil.rmtree(folder, ignore_errors=True)
        bench.project(f"batch-{tables}")
        write(os.path.join(folder, "schema.sql"), last)
        took.append(bench.run(Command(folder, bench.program, "commit",
                                      "--batch", texts)))
    shutil.rmtree(texts)
    bench.peak = max(bench.peak, *(r.rss for r in took))
    return folder, took


def batch(bench):
    versions = bench.size(1000, 200)
    _, took = batch_run(bench, versions, 100, bench.runs(3, 3))
    show_rate(f"commit --batch, {versions:,} of 100 tables", took, versions,
              300)
    versions = bench.size(1000, 40)
    folder, took = batch_run(bench, versions, 1000, 1)
    show_rate(f"commit --batch, {versions:,} of 1,000 tables", took, versions)
    before, _ = store_size(folder)
    gc = bench.run(Command(folder, bench.program, "gc"))
    bench.peak = max(bench.peak, gc.rss)
    size, blocks = store_size(folder)
    show(f"gc, {before / 1e6:.2f} MB", [f"{gc.cpu:.2f} s", "", ""], "", "",
         gc.rss)
    show("  the store after it (on the disk)",
         [f"{size / 1e6:.2f} MB", "", f"({blocks / 1e6:.2f} MB)"],
         "" if bench.quick else "2 MB",
         verdict(None if bench.quick else size <= 2e6))


# ---- signatures -------------------------------------------------------------


def sign(bench):
    """Commits with a key, and without one."""
    count, key = bench.size(10000, 2000), bench.path("key")
    bench.do(bench.folder, "key", "new", "-q", key)
    part = bench.yard("part-sign")
    took = bench.interleave([Command(bench.folder, part, str(count), key),
                             Command(bench.folder, part, str(count))],
                            bench.runs(9, 5))
    show_each(f"sign, {count:,} commits: unsigned", *took, count, 100e-6)


def show_verified(name, took, count, bare, goal, stretch=None):
    """A rate, and the part of the bare one that it is."""
    show_rate(name, took, count)
    part = median(b.cpu for b in bare) / median(t.cpu for t in took)
    show("  of the bare rate", [f"{part:.0%}", "", ""], f"{goal:.0%}",
         verdict(part >= goal))
    if stretch:
        show("  stretch", [f"{part:.0%}", "", ""], f"{stretch:.0%}",
             verdict(part >= stretch, True))


def ledger(bench, count, key):
    """A database, and its mirror, of so many rows."""
    folder = bench.history("ledger", data.toggles(2, 2))
    for version in ("HEAD~1", "HEAD", "HEAD~1"):
        bench.do(folder, "upgrade" if version == "HEAD" or
                 not os.path.exists(os.path.join(folder, "app.db")) else
                 "downgrade", "-q", "--yes", "dev", version)
    with open(os.path.join(folder, "rows.sql"), "wb") as out:
        subprocess.run([bench.yard("part-rows"), ".schemastore", "dev",
                        str(count), key], cwd=folder, stdout=out, check=True)
    bench.run(Command(folder, "sqlite3", "app.db", ".read rows.sql"))
    return folder


def verify(bench):
    """A signed store, beside the bare verification of as many signatures."""
    count, rows = bench.size(2000, 300), bench.size(100000, 1000)
    key = bench.path("verify-key")
    bench.do(bench.folder, "key", "new", "-q", key)
    bench.env["SCHEMASTORE_KEY"] = key
    bench.signs(True)
    folder = bench.history("verify", data.toggles(count, 10))
    grown = bench.history("verify-grown", data.growth(count, 10))
    book = ledger(bench, rows, key)
    bench.signs(False)
    del bench.env["SCHEMASTORE_KEY"]
    part = bench.yard("part-verify")
    full, warm, fsck, many, bare = bench.interleave(
        [Command(folder, bench.program, "verify", "--signed", "--full"),
         Command(folder, bench.program, "verify", "--signed"),
         Command(folder, bench.program, "fsck"),
         Command(grown, bench.program, "verify", "--signed", "--full"),
         Command(folder, part, str(count))], bench.runs(9, 5))
    show_verified(f"verify --full, {count:,} versions", full, count, bare, .3,
                  .75)
    show_verified(f"verify, {count:,} that were verified before", warm, count,
                  bare, .45)
    show_rate("  fsck", fsck, count)
    show_rate(f"verify --full, {count:,} of schemas that grow", many, count)
    show_rate("  libsodium, as many signatures", bare, count)
    peak = bench.peak
    full, warm, bare = bench.interleave(
        [Command(book, bench.program, "verify", "--signed", "--full", "dev"),
         Command(book, bench.program, "verify", "--signed", "dev"),
         Command(book, part, str(rows))], bench.runs(3, 3))
    show_verified(f"verify --full, {rows:,} rows and their mirror", full, rows,
                  bare, .6)
    show_rate("  that were verified before", warm, rows)
    show_rate("  libsodium, as many signatures", bare, rows)
    rss, most = max(r.rss for r in full + warm), 64 * 1024 + rows
    bench.peak = peak
    show("  memory: 1 KiB a row, and 64 MiB", [mebibytes(rss), "", ""],
         mebibytes(most), verdict(rss <= most), rss)


WORKLOADS = {
    "status": status,
    "steps": steps,
    "diff": diff,
    "way": way,
    "merge": merge,
    "rows": rows,
    "commit": commit,
    "batch": batch,
    "sign": sign,
    "verify": verify,
    "postgres": postgres,
}
