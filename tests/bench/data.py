"""Schemas and histories of any size, the same at every run.

A table has 12 columns and points at one before it; `marks` are what came to
it later.  A schema is the text of its tables, in order.
"""

COLUMNS = """id INTEGER PRIMARY KEY
account VARCHAR(40) NOT NULL
title VARCHAR(120) NOT NULL
price NUMERIC(10, 2)
stock INTEGER NOT NULL DEFAULT 0
phase VARCHAR(16) NOT NULL DEFAULT 'draft'
visible BOOLEAN
remark TEXT
opened TIMESTAMP
closed TIMESTAMP
extra TEXT""".split("\n")

MARKS = {
    "column": "hint TEXT",
    "rank": "rank INTEGER NOT NULL DEFAULT 0",
}
INDEX = "CREATE INDEX {0}_title ON {0} (title, phase);\n"


def name(n):
    return f"item{n:05d}"


def table(n, marks=()):
    """Table n, and its index where that is among the marks."""
    columns = COLUMNS + [MARKS[m] for m in marks if m in MARKS]
    above = name((n - 1) // 10) if n else name(0)
    columns.insert(1, f"above INTEGER REFERENCES {above} (id)")
    text = f"CREATE TABLE {name(n)} (\n  " + ",\n  ".join(columns) + "\n);\n"
    return text + (INDEX.format(name(n)) if "index" in marks else "")


def schema(count, changed=(), marks=()):
    """That many tables; those in `changed` have one column more."""
    return "".join(table(n, [*marks, "column"] if n in changed else marks)
                   for n in range(count))


# ---- histories: each version is a whole schema ------------------------------


def steps(count):
    """In turn: a table, a column, an index, a column NOT NULL."""
    done = ""
    for i in range(count):
        now = table(i // 4, ["column", "index", "rank"][:i % 4])
        yield done + now
        if i % 4 == 3:
            done += now


def steps_net(count):
    """(there, back): the SQL between the first and the last of steps()."""
    def marks_of(n):
        return ["column", "index", "rank"][:min(3, count - 1 - 4 * n)]

    last = (count - 1) // 4
    there, back = [], []
    for m in marks_of(0):
        if m == "index":
            there.append(INDEX.format(name(0)))
            back.insert(0, f"DROP INDEX {name(0)}_title;\n")
        else:
            there.append(f"ALTER TABLE {name(0)} ADD COLUMN {MARKS[m]};\n")
            back.insert(0, f"ALTER TABLE {name(0)} DROP COLUMN "
                        f"{MARKS[m].split()[0]};\n")
    there += [table(n, marks_of(n)) for n in range(1, last + 1)]
    back = [f"DROP TABLE {name(n)};\n" for n in range(last, 0, -1)] + back
    return tuple("BEGIN IMMEDIATE;\n" + "".join(v) + "COMMIT;\n"
                 for v in (there, back))


def toggles(count, tables):
    """Each version adds an index to one table, or drops it again."""
    marks = [[] for _ in range(tables)]
    for i in range(count):
        if i:
            marks[i % tables] = [] if marks[i % tables] else ["index"]
        yield "".join(table(n, m) for n, m in enumerate(marks))


def growth(count, tables):
    """Each version adds a column to one table: small ones, of 6 columns."""
    def small(n, added):
        extra = "".join(f",\n  more{i} TEXT" for i in range(added))
        return (f"CREATE TABLE {name(n)} (\n  " + ",\n  ".join(COLUMNS[:6]) +
                extra + "\n);\n" + INDEX.format(name(n)))

    added = [0] * tables
    texts = [small(n, 0) for n in range(tables)]
    for i in range(count):
        if i:
            n = i * 37 % tables
            added[n] += 1
            texts[n] = small(n, added[n])
        yield "".join(texts)
