"""Whoever can write to a store in which nothing is signed: puts another text
into a version, and makes fit whatever he wants to.

    contents.py texts		of the store good, in folders texts/NAME;
				texts.list: NAME STATUS [RULE OF]
    contents.py bits		every bit of main's tree and of its SQL, each on
				a ref of its own; bits.in: what of may be named
    contents.py pack BYTES	a pack that has those under the name of main's
				SQL
"""

import functools
import hashlib
import os
import re
import shutil
import sys
import zlib

sys.dont_write_bytecode = True

import bundler  # noqa: E402
from attacker import git, point, put, raw, rev  # noqa: E402
from insider import entries, name256  # noqa: E402

FILE, FOLDER = b"100644", b"40000"


def join(found):
    return b"".join(mode + b" " + name + b"\0" + bytes.fromhex(oid)
                    for mode, name, oid in found)


def read(path, tip="main"):
    return git("cat-file", "blob", f"{tip}:{path}")


@functools.lru_cache(maxsize=None)
def listed(tree):
    return entries(git("cat-file", "tree", tree))


def with_file(tree, path, data):
    """The tree with these bytes there; None: without the file."""
    first, *rest = path.split("/", 1)
    name = first.encode()
    found = listed(tree)
    old = [e for e in found if e[1] == name]
    found = [e for e in found if e[1] != name]
    if rest:
        below = with_file(old[0][2] if old else put(b"", "tree"), rest[0],
                          data)
        found.append([FOLDER, name, below])
    elif data is not None:
        found.append([FILE, name, put(data, "blob")])
    found.sort(key=lambda e: e[1] + b"/" * (e[0] == FOLDER))
    return put(join(found), "tree")


def sha256(data):
    return hashlib.sha256(data).hexdigest().encode()


def on_tree(data, tree, fits=True):
    """The commit of another tree."""
    data = re.sub(rb"^tree .*", b"tree " + tree.encode(), data, count=1)
    return re.sub(rb"^(Schemastore-Tree: ).*", rb"\g<1>" +
                  name256(tree, True).encode(), data,
                  flags=re.M) if fits else data


# ---- texts -------------------------------------------------------------------


UP, DOWN = "edge/0/sqlite.up.sql", "edge/0/sqlite.down.sql"
STEPS, STEP = "edge/0/sqlite.steps", "edge/0/data/fill.sqlite.up.sql"
TABLE, ENGINE = "schema/sqlite/table/t", "schema/sqlite/engine"


def edit(path, by, fits=True):
    def make(data):
        tree = with_file(rev("main^{tree}"), path, by(read(path)))
        return on_tree(data, tree, fits)
    return make


def swap(old, new):
    def by(text):
        assert old in text, (old, text)
        return text.replace(old, new, 1)
    return by


def turned(lines):
    """Up is down; in the commit's line, too."""
    def make(data):
        tree = with_file(rev("main^{tree}"), UP, read(DOWN))
        tree = with_file(tree, DOWN, read(UP))
        data = on_tree(data, tree)
        return re.sub(rb"^(Schemastore-Edge: 0 sqlite )(\S+) (\S+)",
                      rb"\g<1>\3 \2", data, flags=re.M) if lines else data
    return make


def line(old, new):
    return lambda data: re.sub(old, new, data, count=1, flags=re.M)


def moved(tip, *paths):
    """The edge of another parent, which there is not."""
    tree = rev(tip + "^{tree}")
    for path in paths:
        text = read(path, tip)
        tree = with_file(tree, path, None)
        tree = with_file(tree, path.replace("edge/0", "edge/1"), text)
    return line(rb"^(Schemastore-Edge: )0", rb"\g<1>1")(on_tree(raw(tip),
                                                               tree))


def step(fits_lines):
    """Another text of the step; its sum in the list of steps, and the list's
    in the commit."""
    def make(data):
        new, old = b"UPDATE t SET a = 7\n", read(STEP)
        steps = read(STEPS)
        tree = with_file(rev("main^{tree}"), STEP, new)
        if fits_lines:
            fitted = steps.replace(sha256(old), sha256(new))
            tree = with_file(tree, STEPS, fitted)
            data = data.replace(sha256(steps), sha256(fitted))
        return on_tree(data, tree)
    return make


def look_alike(text):
    return text.replace(b"column b", "column \u044c".encode(), 1)


# What is made of main's tip; what is said: of it (tip), or of the blob.  The
# second verifier does not know a schema's digest: "first".
TEXTS = {
    "nothing": (lambda d: d, 0),
    "state": (edit(TABLE, swap(b"column b", b"column x")), 1, "state", "tip",
              "first"),
    "state-look-alike": (edit(TABLE, look_alike), 1, "state", "tip", "first"),
    "state-more": (edit(TABLE, lambda t: t + b"  column x\n"), 1, "state",
                   "tip", "first"),
    "state-blank": (edit(TABLE, lambda t: t.replace(b"\n", b" \n", 1)), 1,
                    "not-canonical", "blob", "first"),
    "state-crlf": (edit(TABLE, lambda t: t.replace(b"\n", b"\r\n")), 1,
                   "not-canonical", "blob", "first"),
    "state-cut": (edit(TABLE, lambda t: t[:-1]), 1, "not-canonical", "blob",
                  "first"),
    "state-none": (edit(TABLE, lambda t: None), 1, "state", "tip", "first"),
    "state-line": (line(rb"^Schemastore-State: sqlite s1:.{64}",
                        b"Schemastore-State: sqlite s1:" + 64 * b"7"), 1,
                   "state", "tip", "first"),
    "state-line-gone": (line(rb"^Schemastore-State: .*\n", b""), 1, "state",
                        "tip"),
    "state-of-another": (lambda d: on_tree(d, with_file(
        rev("main^{tree}"), "schema/postgres/x", b"x")), 1, "state", "tip"),
    "edge-of-another": (lambda d: on_tree(d, with_file(
        rev("main^{tree}"), "edge/0/postgres.up.sql", b"x")), 1, "edge",
        "tip"),
    "edge-of-nobody": (lambda d: on_tree(d, with_file(
        rev("main^{tree}"), "edge/7/sqlite.up.sql", b"x")), 1, "edge", "tip"),
    "engine": (edit(ENGINE, lambda t: t + b"setting x\n"), 1, "state", "tip",
               "first"),
    "up": (edit(UP, swap(b"b", b"x")), 1, "edge", "tip"),
    "up-comment": (edit(UP, lambda t: t + b"-- x\n"), 1, "edge", "tip"),
    "up-blank": (edit(UP, lambda t: t + b"\n"), 1, "edge", "tip"),
    "up-crlf": (edit(UP, lambda t: t.replace(b"\n", b"\r\n")), 1, "edge",
                "tip"),
    "up-look-alike": (edit(UP, swap(b"b", "\u044c".encode())), 1, "edge",
                      "tip"),
    "up-empty": (edit(UP, lambda t: b""), 1, "edge", "tip"),
    "up-gone": (edit(UP, lambda t: None), 1, "edge", "tip"),
    "down": (edit(DOWN, lambda t: t + b"-- x\n"), 1, "edge", "tip"),
    "down-gone": (edit(DOWN, lambda t: None), 1, "edge", "tip"),
    "steps": (edit(STEPS, lambda t: t + b"\n"), 1, "edge", "tip"),
    "step": (step(False), 1, "steps", "tip"),
    "step-and-list": (step(True), 1, "steps", "tip", "first"),
    "turned": (turned(False), 1, "edge", "tip"),
    "line-turned": (line(rb"^(Schemastore-Edge: 0 sqlite )(\S+) (\S+)",
                         rb"\g<1>\3 \2"), 1, "edge", "tip"),
    "turned-and-line": (turned(True), 1, "steps", "tip"),
    "line-gone": (line(rb"^Schemastore-Edge: .*\n", b""), 1, "edge", "tip"),
    "other-parent": (lambda d: moved("side", UP, DOWN), 1, "edge", "tip"),
    "other-parent-and-steps": (lambda d: moved("main", UP, DOWN, STEPS, STEP),
                               1, "edge", "tip"),
    "source": (edit("source/schema.sql", lambda t: t + b"-- x\n"), 0),
    **{"unfitted-" + name: (edit(path, by, False), 1, "tree", "tip")
       for name, path, by in (
           ("state", TABLE, swap(b"column b", b"column x")),
           ("up", UP, lambda t: t + b"-- x\n"),
           ("source", "source/schema.sql", lambda t: t + b"\n"),
           ("more", "source/schema.sql", lambda t: b""))},
}


def texts():
    with open("texts.list", "w", encoding="utf-8") as out:
        for name, (make, status, *found) in TEXTS.items():
            os.makedirs("texts/" + name)
            shutil.copytree("good", f"texts/{name}/.schemastore")
            os.chdir("texts/" + name)
            tip = put(make(raw("main")))
            point("refs/heads/main", tip)
            blob = "blob" in found and rev("main:" + TABLE)
            print(name, status, *({"tip": tip[:12], "blob": blob and
                                   blob[:12]}.get(x, x) for x in found),
                  file=out)
            os.chdir("../..")


# ---- bits --------------------------------------------------------------------


def flips(data):
    for i in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[i // 8] ^= 1 << i % 8
        yield i, bytes(flipped)


def bits():
    """A flipped name leads to what is not there: that it is missing is said
    then, by that name; an entry that is none is said of its tree."""
    tip, tree = raw("main"), rev("main^{tree}")
    os.makedirs(".schemastore/refs/heads/bits")
    with open("bits.in", "w", encoding="ascii") as out:
        for i, data in flips(git("cat-file", "tree", tree)):
            other = put(data, "tree")
            commit = put(on_tree(tip, other, False))
            point(f"refs/heads/bits/tree-{i}", commit)
            try:
                below = [e[2] for e in entries(data)]
            except (ValueError, IndexError):
                below = []
            print(commit, other, *below, file=out)
        for i, data in flips(read(UP)):
            commit = put(on_tree(tip, with_file(tree, UP, data), False))
            point(f"refs/heads/bits/up-{i}", commit)
            print(commit, file=out)


# ---- a pack that lies --------------------------------------------------------


def pack(data):
    """One object, and an index in which it has another one's name."""
    oid = rev("main:" + UP)
    entry = bundler.entry(3, data)
    whole = bundler.pack([entry])
    first = int(oid[:2], 16)
    index = b"\xfftOc\0\0\0\2" + b"".join(
        (i >= first).to_bytes(4, "big") for i in range(256))
    index += bytes.fromhex(oid) + zlib.crc32(entry).to_bytes(4, "big")
    index += (12).to_bytes(4, "big") + whole[-20:]
    index += hashlib.sha1(index).digest()
    os.unlink(f".schemastore/objects/{oid[:2]}/{oid[2:]}")
    name = ".schemastore/objects/pack/pack-" + 40 * "5"
    for end, text in (".pack", whole), (".idx", index):
        with open(name + end, "wb") as f:
            f.write(text)


def main(what, *rest):
    if what == "pack":
        pack(rest[0].encode())
    else:
        {"texts": texts, "bits": bits}[what]()


main(*sys.argv[1:])
