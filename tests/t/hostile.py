"""Stores and packs that no program would write: trees (each with all the names
that whoever made it could work out), loose objects, entries of a pack.

    hostile.py names trees|loose|pack
    hostile.py trees|loose NAME		in .schemastore
    hostile.py pack NAME FROM TO	of a bundle
"""

import hashlib
import os
import re
import sys
import zlib

import attacker
import bundler

BIG = 80 << 20


# ---- trees: what main's tip has, and something beside it ---------------------


class Maker:
    """Objects, and their names by both digests."""

    def __init__(self):
        self.big = {}

    def add(self, kind, data, data256=None):
        oid = attacker.put(data, kind)
        whole = data if data256 is None else data256
        self.big[oid] = hashlib.sha256(
            kind.encode() + b" %d\0" % len(whole) + whole).digest()
        return oid

    def tree(self, entries):
        return self.add("tree", *(
            b"".join(mode + b" " + name + b"\0" + of(oid)
                     for mode, name, oid in entries)
            for of in (bytes.fromhex, lambda oid: self.big.get(oid, 32 * b"x"))
        ))

    def take(self, oid):
        """One that is there."""
        data = attacker.git("cat-file", "tree", oid)
        entries = []
        while data:
            head, data = data.split(b"\0", 1)
            mode, name = head.split(b" ", 1)
            child, data = data[:20].hex(), data[20:]
            if mode == b"40000":
                self.take(child)
            else:
                self.add("blob", attacker.git("cat-file", "blob", child))
            entries.append((mode, name, child))
        assert self.tree(entries) == oid
        return entries


def deep(m, blob, levels):
    oid = m.tree([(b"100644", b"a", blob)])
    for _ in range(levels):
        oid = m.tree([(b"40000", b"a", oid)])
    return oid


def bomb(m, blob):
    oid = m.tree([(b"100644", b"a", blob)])
    for _ in range(20):
        oid = m.tree([(b"40000", b"%d" % i, oid) for i in range(2)])
    return oid


def cycle(m, blob):
    """A tree that is in itself: the file of one has another one's bytes."""
    oid = m.tree([(b"100644", b"a", blob)])
    data = b"40000 a\0" + bytes.fromhex(oid)
    path = f".schemastore/objects/{oid[:2]}/{oid[2:]}"
    with open(path, "wb") as out:
        out.write(zlib.compress(b"tree %d\0" % len(data) + data))
    return oid


FILE, FOLDER = b"100644", b"40000"
TREES = {
    "nothing": lambda m, b: [],
    "dots": lambda m, b: [(FILE, b"..", b)],
    "dot": lambda m, b: [(FILE, b".", b)],
    "git": lambda m, b: [(FOLDER, b".git", m.tree([(FILE, b"config", b)]))],
    "GIT": lambda m, b: [(FILE, b".GIT", b)],
    "git-1": lambda m, b: [(FILE, b"git~1", b)],
    "git-dot": lambda m, b: [(FILE, b".git.", b)],
    "letter": lambda m, b: [(FILE, b"a\xc3\xa9", b)],
    "hfs": lambda m, b: [(FILE, b".g\xe2\x80\x8cit", b)],
    "slash": lambda m, b: [(FILE, b"a/b", b)],
    "empty-name": lambda m, b: [(FILE, b"", b)],
    "blank": lambda m, b: [(FILE, b"a b", b)],
    "control": lambda m, b: [(FILE, b"a\x1b[2J", b)],
    "long": lambda m, b: [(FILE, 201 * b"a", b)],
    "program": lambda m, b: [(b"100755", b"a", b)],
    "link": lambda m, b: [(b"120000", b"a", b)],
    "module": lambda m, b: [(b"160000", b"a", b)],
    "mode": lambda m, b: [(b"0100644", b"a", b)],
    "mode-folder": lambda m, b: [(b"040000", b"a", m.tree([]))],
    "twice": lambda m, b: [(FILE, b"a", b), (FILE, b"a", b)],
    "file-and-folder": lambda m, b: [(FILE, b"a", b),
                                     (FOLDER, b"a", m.tree([(FILE, b"x", b)]))],
    "unsorted": lambda m, b: [(FILE, b"b", b), (FILE, b"a", b)],
    "blob-as-tree": lambda m, b: [(FOLDER, b"a", b)],
    "tree-as-blob": lambda m, b: [(FILE, b"a", m.tree([(FILE, b"x", b)]))],
    "seen-tree-as-blob": lambda m, b: [
        (FOLDER, b"a", m.tree([(FILE, b"x", b)])),
        (FILE, b"b", m.tree([(FILE, b"x", b)]))],
    "seen-blob-as-tree": lambda m, b: [(FILE, b"a", b), (FOLDER, b"b", b)],
    "commit-as-blob": lambda m, b: [(FILE, b"a", attacker.rev("main"))],
    "missing": lambda m, b: [(FILE, b"a", 40 * "5")],
    "cycle": lambda m, b: [(FOLDER, b"a", cycle(m, b))],
    "deep": lambda m, b: [(FOLDER, b"a", deep(m, b, 400))],
    "bomb": lambda m, b: [(FOLDER, b"a", bomb(m, b))],
    "wide": lambda m, b: [(FOLDER, b"a", m.tree([
        (FILE, b"%06d" % i, b) for i in range(100001)]))],
}


def tree(name):
    m = Maker()
    tip = attacker.raw("main")
    old = m.take(attacker.rev("main^{tree}"))
    blob = m.add("blob", b"x")
    more = TREES[name](m, blob)
    if name not in ("unsorted", "nothing"):
        more = sorted(more, key=lambda e: e[1] + b"/" * (e[0] == FOLDER))
    oid = m.tree(more + old)
    tip = re.sub(rb"^tree .*", b"tree " + oid.encode(), tip)
    tip = re.sub(rb"(Schemastore-Tree: ).*", rb"\g<1>" +
                 m.big[oid].hex().encode(), tip)
    attacker.point("refs/heads/main", attacker.put(tip))


# ---- loose objects: the file of one that main has ----------------------------


def packed(kind, data, says=None):
    return zlib.compress(kind + b" " + (b"%d" % len(data) if says is None
                                        else says) + b"\0" + data, 1)


def instead(fn):
    """What is there instead of the file."""
    def do(path, data):
        os.unlink(path)
        fn(path, data)
    return do


def write(make):
    def do(path, data):
        with open(path, "wb") as out:
            out.write(make(data))
    return instead(do)


LOOSE = {
    "shorter": write(lambda d: packed(b"blob", d, b"%d" % (len(d) - 1))),
    "longer": write(lambda d: packed(b"blob", d, b"%d" % (len(d) + 1))),
    "zero": write(lambda d: packed(b"blob", d, b"0%d" % len(d))),
    "sign": write(lambda d: packed(b"blob", d, b"+%d" % len(d))),
    "huge": write(lambda d: packed(b"blob", d, b"99999999999999999999")),
    "negative": write(lambda d: packed(b"blob", d, b"-1")),
    "kind": write(lambda d: packed(b"bolb", d)),
    "other-kind": write(lambda d: packed(b"tree", d)),
    "other": write(lambda d: packed(b"blob", d + b"x")),
    "cut": write(lambda d: packed(b"blob", d)[:-8]),
    "more": write(lambda d: packed(b"blob", d) + b"x"),
    "twice": write(lambda d: 2 * packed(b"blob", d)),
    "empty": write(lambda d: b""),
    "garbage": write(lambda d: d),
    "bomb": write(lambda d: packed(b"blob", bytes(BIG))),
    "bomb-that-lies": write(lambda d: packed(b"blob", bytes(BIG), b"9")),
    "fifo": instead(lambda path, d: os.mkfifo(path)),
    "link": instead(lambda path, d: os.symlink("/dev/zero", path)),
    "loop": instead(lambda path, d: os.symlink(path, path)),
    "folder": instead(lambda path, d: os.mkdir(path)),
    "gone": instead(lambda path, d: None),
}


def loose(name):
    oid = attacker.rev("main:source/schema.sql")
    path = f".schemastore/objects/{oid[:2]}/{oid[2:]}"
    LOOSE[name](path, attacker.git("cat-file", "blob", oid))


# ---- packs: one entry more, or another pack ----------------------------------


def whole(old, entry, count=0):
    """A bundle's pack with an entry more; the sum is right."""
    at = old.index(b"PACK")
    n = int.from_bytes(old[at + 8:at + 12], "big") + 1 + count
    data = old[at:at + 8] + n.to_bytes(4, "big") + old[at + 12:-20] + entry
    return old[:at] + data + hashlib.sha1(data).digest()


def delta(size, makes, ops):
    def number(n):
        out = b""
        while n > 127:
            out, n = out + bytes([n & 127 | 128]), n >> 7
        return out + bytes([n])
    return number(size) + number(makes) + ops


def ref_delta(data, base=20 * b"\x55"):
    entry = bundler.entry(7, data, packed=b"")
    return entry + base + zlib.compress(data)


X = hashlib.sha1(b"blob 1\0x").digest()
PACKS = {
    "shorter": lambda old: whole(old, bundler.entry(3, b"abc", 2)),
    "longer": lambda old: whole(old, bundler.entry(3, b"abc", 4)),
    "no-type": lambda old: whole(old, bundler.entry(0, b"abc")),
    "type-5": lambda old: whole(old, bundler.entry(5, b"abc")),
    "count": lambda old: whole(old, bundler.entry(3, b"abc"), 1),
    "count-less": lambda old: whole(old, bundler.entry(3, b"abc"), -1),
    "millions": lambda old: whole(old, b"", 6000000),
    "garbage": lambda old: whole(old, bundler.entry(3, b"abc",
                                                    packed=b"garbage")),
    "bomb": lambda old: whole(old, bundler.entry(3, bytes(BIG))),
    "bomb-that-lies": lambda old: whole(old, bundler.entry(3, bytes(BIG), 9)),
    "huge": lambda old: whole(old, bundler.entry(3, b"a", 1 << 45)),
    "thin": lambda old: whole(old, ref_delta(delta(1, 1, b"\x01y"))),
    "delta-bomb": lambda old: whole(old, bundler.entry(3, b"x") + ref_delta(
        delta(1, 1 << 40, b"\x01y"), X), 1),
    "delta-of-itself": lambda old: whole(old, bundler.entry(
        6, b"\0", packed=b"\0" + zlib.compress(b"\0"))),
    "delta-cut": lambda old: whole(old, bundler.entry(3, b"x") + ref_delta(
        b"\x01", X), 1),
    "version": lambda old: old.replace(b"PACK\0\0\0\2", b"PACK\0\0\0\3"),
    "no-pack": lambda old: old[:old.index(b"PACK")],
    "two": lambda old: old + old[old.index(b"PACK"):],
}


def pack(name, old, new):
    with open(old, "rb") as f:
        data = f.read()
    with open(new, "wb") as f:
        f.write(PACKS[name](data))


def main(what, name, *rest):
    kinds = {"trees": TREES, "loose": LOOSE, "pack": PACKS}
    if what == "names":
        print("\n".join(kinds[name]))
    else:
        {"trees": tree, "loose": loose, "pack": pack}[what](name, *rest)


main(*sys.argv[1:])
