"""Whoever can write to a store and to its databases, and has no key: writes
raw objects and rows, names them anew, and links whatever hangs on them."""

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zlib

GIT = ["git", "--git-dir=.schemastore"]
LEDGER = "refs/schemastore/ledger/dev"


def git(*args):
    return subprocess.run(GIT + list(args), check=True,
                          stdout=subprocess.PIPE).stdout


def look(oid, kind):
    """Its bytes, without starting git where it lies there by itself."""
    path = f".schemastore/objects/{oid[:2]}/{oid[2:]}"
    if not os.path.exists(path):
        return git("cat-file", kind, oid)
    with open(path, "rb") as f:
        return zlib.decompress(f.read()).split(b"\0", 1)[1]


def read_ref(name):
    for path in name, "refs/heads/" + name:
        path = ".schemastore/" + path
        if os.path.isfile(path):
            with open(path, encoding="ascii") as f:
                return f.read().strip()
    return ""


def rev(name):
    """A ref, and so many of its first parents back; or ask git."""
    ref, *back = name.split("~")
    oid = read_ref(ref)
    if len(oid) != 40 or len(back) > 1 or (back and not back[0].isdigit()):
        return git("rev-parse", name).decode().strip()
    for _ in range(int(back[0]) if back else 0):
        oid = re.search(rb"^parent (.*)", look(oid, "commit"),
                        re.M)[1].decode()
    return oid


def raw(name):
    return look(name if re.fullmatch("[0-9a-f]{40}", name) else rev(name),
                "commit")


def put(data, kind="commit"):
    """Whatever it is: git does not look at it."""
    whole = kind.encode() + b" %d\0" % len(data) + data
    name = hashlib.sha1(whole).hexdigest()
    path = f".schemastore/objects/{name[:2]}/{name[2:]}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.exists(path):
        with open(path, "wb") as out:
            out.write(zlib.compress(whole, 1))
    return name


def each(ways, good, out):
    """A copy of the folder for each way, NAME: (what is done there, RULE,
    TEXT); and a line of these.  Objects are shared: none is written twice."""
    home = os.getcwd()

    def copy(old, new):
        (os.link if "/objects/" in old else shutil.copy2)(old, new)

    os.mkdir(out)
    for name, (write_it, rule, text) in ways.items():
        shutil.copytree(good, f"{out}/{name}", copy_function=copy)
        os.chdir(f"{out}/{name}")
        write_it()
        os.chdir(home)
        print(name, rule, text)


def point(ref, name):
    with open(".schemastore/" + ref, "w", encoding="ascii") as out:
        out.write(name + "\n")


def strong(data):
    return hashlib.sha256(b"commit %d\0" % len(data) + data).hexdigest()


def unsigned(data):
    """The same without its signature, as one that never had any."""
    data = re.sub(rb"gpgsig .*\n( .*\n)*", b"", data)
    return data.replace(b"Schemastore-Format: 1", b"Schemastore-Format: 0")


def follow(data, before):
    """Let it be behind another one, first parent and strong id."""
    oid = hashlib.sha1(b"commit %d\0" % len(before) + before).hexdigest()
    data = re.sub(rb"^parent .*", b"parent " + oid.encode(), data, count=1,
                  flags=re.M)
    seq = int(re.search(rb"^Schemastore-Seq: (\d+)$", before, re.M)[1]) + 1
    data = re.sub(rb"^(Schemastore-Seq: ).*", rb"\g<1>%d" % seq, data,
                  flags=re.M)
    return re.sub(rb"^(Schemastore-Parent: ).*",
                  rb"\g<1>" + strong(before).encode(), data, count=1,
                  flags=re.M)


def link(entries):
    """Name them anew, each behind the one before it."""
    before = raw("refs/schemastore/policy")
    out = []
    for data in entries:
        before = follow(data, before)
        out.append(before)
    return out


def write_ref(ref, entries):
    names = [put(data) for data in entries]
    point(ref, names[-1])


def rows():
    with sqlite3.connect("app.db") as db:
        return [bytes(row[0]) for row in db.execute(
            "SELECT entry FROM schemastore_ledger ORDER BY seq")]


def write_rows(entries, ids=None):
    db = sqlite3.connect("app.db")
    triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE "
                          "type = 'trigger'").fetchall()
    table = db.execute("SELECT sql FROM sqlite_schema WHERE name = "
                       "'schemastore_ledger'").fetchone()[0]
    db.execute("DROP TABLE schemastore_ledger")
    db.execute("CREATE TABLE schemastore_ledger (seq INTEGER, id BLOB, "
               "entry BLOB)" if ids or len(set(entries)) < len(entries)
               else table)
    for i, data in enumerate(entries):
        name = bytes.fromhex(strong(data))
        db.execute("INSERT INTO schemastore_ledger VALUES (?, ?, ?)",
                   (ids[i] if ids else i, name, data))
    for _, sql in triggers:
        db.execute(sql)
    db.commit()
    db.close()


def both(entries):
    """The database and its mirror."""
    write_ref(LEDGER, entries)
    write_rows(entries)


# ---- ledgers: to the entries -------------------------------------------------


def swap(text, by):
    def edit(entries, i):
        assert re.search(text, entries[i], re.M), text
        entries[i] = re.sub(text, by, entries[i], count=1, flags=re.M)
    return edit


def drop(entries, i):
    del entries[i]


def again(entries, i):
    entries.insert(i + 1, entries[i])


def turn(entries, i):
    entries[i], entries[i + 1] = entries[i + 1], entries[i]


STATE = rb"s1:[0-9a-f]{64}"
OTHER = b"s1:" + 64 * b"7"
# What, which entry; edit.
EDITS = {
    "nothing": (1, lambda entries, i: None),
    "author": (1, swap(rb"^author Ann", b"author Eve")),
    "outcome": (2, swap(rb"Outcome: ok", b"Outcome: failed engine")),
    "observed": (2, swap(rb"Observed: " + STATE, b"Observed: " + OTHER)),
    "from": (3, swap(rb"From: [0-9a-f]{64}", b"From: " + 64 * b"5")),
    "to": (3, swap(rb"To: [0-9a-f]{64}", b"To: " + 64 * b"5")),
    "to-state": (3, swap(rb"(To: .*)" + STATE, rb"\g<1>" + OTHER)),
    "sql": (3, swap(rb"Sql: [0-9a-f]{64}", b"Sql: " + 64 * b"5")),
    "direct": (3, swap(rb"Plan: edge", b"Plan: direct 1")),
    "op": (3, swap(rb"Op: apply", b"Op: rollback")),
    "begin": (4, swap(rb"Begin: 3", b"Begin: 1")),
    "finished": (4, swap(rb"Finished: 2", b"Finished: 1")),
    "db": (3, swap(rb"Db: [0-9a-f]{8}", b"Db: 00000000")),
    "db-name": (3, swap(rb"Db: (.*) dev", rb"Db: \1 other")),
    "event": (3, swap(rb"Event: begin", b"Event: override")),
    "project": (3, swap(rb"Project: .*", b"Project: " + 64 * b"5")),
    "ref": (3, swap(rb"Ref: .*", b"Ref: refs/schemastore/ledger/x")),
    "engine": (0, swap(rb"Target: sqlite .*",
                       b"Target: postgresql 15.3 1/2")),
    "future": (4, swap(rb"^committer (.*) \d+ ",
                       rb"committer \1 9999999999 ")),
    "drop-genesis": (0, drop),
    "drop-begin": (3, drop),
    "drop-finish": (2, drop),
    "drop-last": (-1, drop),
    "replay": (2, again),
    "reorder": (2, turn),
}


def forged(name):
    """The mirror alone, or the rows alone."""
    entries = rows()
    if name == "mirror-unsigned":
        write_ref(LEDGER, link([unsigned(data) for data in entries]))
    elif name == "mirror-forked":
        entries[-1] = entries[-1].replace(b"done", b"over")
        write_ref(LEDGER, link(entries))
    elif name == "swapped":
        turn(entries, 3)
        write_rows(entries)
    elif name == "negative":
        write_rows(entries, [-1, 0, 1, 2, 3, 4, 5])
    elif name == "gap":
        write_rows(entries, [0, 1, 2, 4, 5, 6, 7])
    elif name == "first":
        write_rows(entries[1:])
    elif name == "all":
        write_rows([])
    elif name == "twice":
        write_rows(entries + entries[-2:])


def ledger(name, keep):
    """keep: the entries that are not edited stay signed, and are linked as
    they stand; else all are made anew without signatures."""
    entries = rows()
    i, edit = EDITS[name]
    if not keep:
        entries = [unsigned(data) for data in entries]
    edit(entries, i)
    both(link(entries))


# ---- commits -----------------------------------------------------------------


def commit(name):
    """Another commit in the place of main's tip."""
    data = raw("main")
    edits = {
        "nothing": data,
        "message": data.replace(b"\n\nthree\n", b"\n\nthirty\n"),
        "stolen": data,
        "tree": re.sub(rb"^tree .*", b"tree " + rev("main~1^{tree}").encode(),
                       data),
        "kind": data.replace(b"Kind: schema", b"Kind: checkpoint"),
        "trailer": data.replace(b"Schemastore-Tree:",
                                b"Schemastore-Odd: 1\nSchemastore-Tree:"),
        "policy": re.sub(rb"Policy: 0 .*", b"Policy: 1 " + 64 * b"5", data),
        "seq": re.sub(rb"Seq: \d+", b"Seq: 17", data),
        "parent": re.sub(rb"(Schemastore-Parent: ).*", rb"\g<1>" + 64 * b"5",
                         data),
        "state": re.sub(rb"(State: sqlite )" + STATE, rb"\g<1>" + OTHER, data),
        "edge": re.sub(rb"(Edge: 0 sqlite )[0-9a-f]{64}",
                       rb"\g<1>" + 64 * b"5", data),
        "older": re.sub(rb"^(committer .*) \d+ ", rb"\1 1 ", data,
                        flags=re.M),
        "plain": b"tree " + rev("main^{tree}").encode() +
                 b"\nparent " + rev("main").encode() +
                 b"\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n",
    }
    changed = edits[name]
    if name == "stolen":
        # A signature of another commit's.
        sig = re.search(rb"gpgsig .*\n( .*\n)*", raw("main~1"))[0]
        changed = re.sub(rb"gpgsig .*\n( .*\n)*", lambda _: sig, data)
    point("refs/heads/main", put(changed))


def bits(ref="refs/heads/main"):
    """A bit of each byte of a ref's tip, each on a ref of its own beside
    it."""
    data = raw(ref)
    where = os.path.dirname(ref) + "/bits"
    os.makedirs(".schemastore/" + where, exist_ok=True)
    with open("bits.in", "w", encoding="ascii") as out:
        for i in range(len(data)):
            flipped = bytearray(data)
            flipped[i] ^= 1 << i % 8
            name = put(bytes(flipped))
            point(f"{where}/{i}", name)
            out.write(name + "\n")


def cuts():
    """Main's tip, cut at each length, and with a byte more."""
    data = raw("main")
    os.makedirs(".schemastore/refs/heads/cuts", exist_ok=True)
    with open("cuts.in", "w", encoding="ascii") as out:
        for i in range(1, len(data) + 2):
            name = put((data + b"x")[:i] if i != len(data) else b"\n" + data)
            point(f"refs/heads/cuts/{i}", name)
            out.write(name + "\n")


# ---- refs --------------------------------------------------------------------


def write(path, text):
    path = ".schemastore/" + path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as out:
        out.write(text)


def orphan():
    data = re.sub(rb"^(parent|Schemastore-Parent:) .*\n", b"", raw("main"),
                  flags=re.M)
    return put(unsigned(data))


def stranger():
    return put(unsigned(re.sub(rb"Project: .*", b"Project: " + 64 * b"5",
                               raw("main"))))


REFS = {
    "blob": lambda: point("refs/heads/x", put(b"x", "blob")),
    "tree": lambda: point("refs/heads/x", rev("main^{tree}")),
    "missing": lambda: point("refs/heads/x", 40 * "5"),
    "cycle": lambda: (write("refs/heads/x", "ref: refs/heads/y\n"),
                      write("refs/heads/y", "ref: refs/heads/x\n")),
    "garbage": lambda: write("refs/heads/x", "x\n"),
    "orphan": lambda: point("refs/heads/x", orphan()),
    "stranger": lambda: point("refs/heads/x", stranger()),
    "policy-behind": lambda: point("refs/schemastore/policy", rev("main")),
    "tip-of-ledger": lambda: point("refs/schemastore/ledger/dev",
                                   rev("refs/schemastore/policy")),
    "another-name": lambda: point("refs/schemastore/ledger/x",
                                  rev("refs/schemastore/ledger/dev")),
    "grafts": lambda: write("info/grafts", rev("main") + "\n"),
    "shallow": lambda: write("shallow", rev("main") + "\n"),
    "config": lambda: write("config", "[core]\n\tbare = true\n\tfsmonitor = "
                            "touch ran\n\talternateRefsCommand = touch ran\n"
                            "[gpg \"ssh\"]\n\tprogram = touch ran\n"),
    "hooks": lambda: write("hooks/reference-transaction", "touch ran\n"),
    "attributes": lambda: write("info/attributes", "* filter=x\n"),
}


# ---- trees -------------------------------------------------------------------


def tree(name):
    """Another tree in main's tip, which says so by both of its names."""
    blob = bytes.fromhex(put(b"x", "blob"))
    old = git("cat-file", "tree", "main^{tree}")

    def entry(mode, path, oid=blob):
        return mode + b" " + path + b"\0" + oid

    trees = {
        "nothing": old,
        "dots": entry(b"100644", b"..") + old,
        "dot": entry(b"100644", b".") + old,
        "git": entry(b"100644", b".git") + old,
        "slash": entry(b"100644", b"a/b") + old,
        "empty": entry(b"100644", b"") + old,
        "long": entry(b"100644", 201 * b"a") + old,
        "control": entry(b"100644", b"\x01") + old,
        "program": entry(b"100755", b"a") + old,
        "link": entry(b"120000", b"a") + old,
        "module": entry(b"160000", b"a") + old,
        "mode": entry(b"0100644", b"a") + old,
        "twice": entry(b"100644", b"a") + entry(b"100644", b"a") + old,
        "unsorted": old + entry(b"100644", b"a"),
        "cut": old[:-1],
        "blob": entry(b"40000", b"a") + old,
        "more": entry(b"100644", b"a") + old,
    }
    oid = put(trees[name], "tree")
    data = re.sub(rb"^tree .*", b"tree " + oid.encode(), raw("main"))
    point("refs/heads/main", put(data))


def main(what, *rest):
    if what == "ledger":
        ledger(rest[0], rest[1:] == ("keep",))
    elif what == "names":
        print("\n".join(EDITS))
    else:
        {"commit": commit, "bits": bits, "cuts": cuts, "tree": tree,
         "forged": forged,
         "refs": lambda name: REFS[name]()}[what](*rest)


if __name__ == "__main__":
    main(*sys.argv[1:])
