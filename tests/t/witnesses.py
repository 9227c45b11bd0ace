"""Those who have a key: whoever makes checkpoints, or is a witness, and lies.
What they write is signed; see attacker.py for those who have none."""

import base64
import hashlib
import re
import subprocess
import sys

from attacker import git, point, put, raw, rev, strong

CHECKPOINTS = "refs/schemastore/checkpoints"
SIG = rb"gpgsig .*\n( .*\n)*"


def sign(data, key):
    data = re.sub(SIG, b"", data)
    armor = subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "git",
                            "-f", key], input=data, check=True,
                           stdout=subprocess.PIPE).stdout
    header = b"gpgsig " + armor.rstrip(b"\n").replace(b"\n", b"\n ") + b"\n"
    return re.sub(rb"^(committer .*\n)", lambda m: m[1] + header, data,
                  count=1, flags=re.M)


def name256(kind, data):
    return hashlib.sha256(b"%s %d\0" % (kind, len(data)) + data).digest()


def with_file(data, name, text):
    """The commit with a tree of that one file."""
    entry = b"100644 " + name.encode() + b"\0"
    tree = put(entry + bytes.fromhex(put(text, "blob")), "tree")
    sum256 = name256(b"tree", entry + name256(b"blob", text)).hex()
    data = re.sub(rb"^tree .*", b"tree " + tree.encode(), data)
    return re.sub(rb"(Schemastore-Tree: ).*",
                  rb"\g<1>" + sum256.encode(), data)


# ---- notes -------------------------------------------------------------------

STRANGER = "\u2014 stranger ".encode() + base64.b64encode(bytes(76)) + b"\n"


def swap(text, by):
    def edit(note):
        assert re.search(text, note, re.M), text
        return re.sub(text, by, note, count=1, flags=re.M)
    return edit


def in_signature(at):
    """A bit of it, behind so many bytes."""
    def edit(note):
        head, text = note.rstrip(b"\n").rsplit(b" ", 1)
        sig = bytearray(base64.b64decode(text))
        sig[at] ^= 1
        return head + b" " + base64.b64encode(sig) + b"\n"
    return edit


NOTES = {
    "nothing": lambda note: note,
    "stranger": lambda note: note + STRANGER,
    "smaller": swap(rb"^3$", b"2"),
    "greater": swap(rb"^3$", b"4"),
    "zero": swap(rb"^3$", b"03"),
    "root": swap(rb"^[^ ]{43}=$", b"A" * 43 + b"="),
    "origin": swap(rb"^schemastore/.", b"schemastore/x"),
    "control": swap(rb"^3$", b"3\x01"),
    "more": lambda note: note + b"".join(
        STRANGER.replace(b"r ", b"%d " % i) for i in range(16)),
    "time": in_signature(11),
    "signature": in_signature(60),
    "key-id": in_signature(0),
    "stranger-only": lambda note: note.split(b"\n\n")[0] + b"\n\n" + STRANGER,
    "unsigned": lambda note: note.split(b"\n\n")[0] + b"\n\n",
}


def note(name, key):
    ref = "refs/schemastore/witness/wit"
    text = NOTES[name](git("cat-file", "blob", ref + ":checkpoint"))
    point(ref, put(sign(with_file(raw(ref), "checkpoint", text), key)))


# ---- checkpoints -------------------------------------------------------------


def without(ref):
    return lambda text: re.sub(rb".* %s\n" % ref, b"", text)


HEADS = {
    "nothing": lambda text: text,
    "left-out": without(b"refs/heads/main"),
    "ledger": without(b"refs/schemastore/ledger/dev"),
    "unsorted": lambda text: b"".join(reversed(text.splitlines(True))),
    "twice": lambda text: text.splitlines(True)[0] + text,
    "no-end": lambda text: text[:-1],
    "upper": lambda text: text[:64].upper() + text[64:],
    "word": swap(rb"refs/heads/main$", b"refs/heads/main deleted "),
    "seq": swap(rb" (\d+) refs/heads/main$", rb" 0\1 refs/heads/main"),
    "other-seq": swap(rb" \d+ refs/heads/main$", b" 77 refs/heads/main"),
    "oid": swap(rb" [0-9a-f]{40} (\d+ refs/heads/main)$",
                b" " + 40 * b"5" + rb" \1"),
    "strong": swap(rb"^[0-9a-f]{64} (.* refs/heads/main)$",
                   64 * b"5" + rb" \1"),
}


def at_parent(ref, word):
    """Where the ref was before, and that it was put back there."""
    def edit(text):
        old = raw(ref + "^")
        seq = re.search(rb"^Schemastore-Seq: (\d+)$", old, re.M)[1]
        line = b"%s %s %s %s%s\n" % (strong(old).encode(),
                                     rev(ref + "^").encode(), seq,
                                     ref.encode(), word)
        return re.sub(rb".* %s\n" % ref.encode(), line, text)
    return edit


for place in "heads/main", "schemastore/ledger/dev", "schemastore/policy":
    short = place.rsplit("/", maxsplit=1)[-1]
    HEADS[short + "-back"] = at_parent("refs/" + place, b"")
    HEADS[short + "-rewound"] = at_parent("refs/" + place, b" rewound")


def heads(name, key):
    text = HEADS[name](git("cat-file", "blob", CHECKPOINTS + ":heads"))
    data = with_file(raw(CHECKPOINTS), "heads", text)
    point(CHECKPOINTS, put(sign(data, key) if key != "-" else
                           re.sub(SIG, b"", data).replace(b"Format: 1",
                                                          b"Format: 0")))


def commit(name, key):
    data = raw(CHECKPOINTS)
    edits = {
        "seq": re.sub(rb"Seq: 2", b"Seq: 3", data),
        "ref": re.sub(rb"Ref: .*", b"Ref: refs/heads/main", data),
        "fork": data.replace(b"\n\nCheckpoint\n", b"\n\nAnother\n"),
    }
    point(CHECKPOINTS, put(sign(edits[name], key)))


def root():
    """As RFC 6962 has it, of the genesis and all checkpoints."""
    chain = git("rev-list", "--first-parent", "--reverse",
                CHECKPOINTS).decode().split()

    def tree(leaves):
        if len(leaves) == 1:
            return hashlib.sha256(b"\0" + leaves[0]).digest()
        k = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + tree(leaves[:k]) +
                              tree(leaves[k:])).digest()

    print(base64.b64encode(tree([raw(name) for name in chain])).decode())


LINES = {
    "nothing": lambda seq, name: seq + b" " + name,
    "zero": lambda seq, name: b"0 " + name,
    "leading": lambda seq, name: b"0" + seq + b" " + name,
    "blank": lambda seq, name: seq + b"  " + name,
    "no-seq": lambda seq, name: name,
    "short": lambda seq, name: seq + b" " + name[1:],
    "upper": lambda seq, name: seq + b" " + name.upper() + b"A",
    "more": lambda seq, name: seq + b" " + name + b" ",
}


def line(name, key):
    """In the last entry of a ledger that has one, alone on a ref."""
    ref = "refs/schemastore/ledger/other"
    data = re.sub(rb"(Schemastore-Checkpoint: )(\d+) (.*)",
                  lambda m: m[1] + LINES[name](m[2], m[3]), raw(ref + "^"))
    point(ref, put(sign(data, key)))


# ---- the index of versions ---------------------------------------------------


def index(child, parent):
    """It says that one follows the other."""
    data = raw(child)
    seq = int(re.search(rb"^Schemastore-Seq: (\d+)$", data, re.M)[1])
    time = int(re.search(rb"^committer .* (\d+) ", data, re.M)[1])
    record = bytes.fromhex(rev(child)) + bytes.fromhex(strong(data))
    record += bytes.fromhex(rev(parent)) + bytes(20)
    record += seq.to_bytes(8, "little") + time.to_bytes(8, "little")
    record += bytes([0, 1, 1, 0])
    record = record.ljust(112, b"\0")
    record += hashlib.sha256(record).digest()[:16]
    with open(".schemastore/cache/versions", "ab") as out:
        out.write(record)


def main(what, *rest):
    if what == "names":
        print("\n".join({"note": NOTES, "heads": HEADS,
                         "line": LINES}[rest[0]]))
    else:
        {"note": note, "heads": heads, "commit": commit, "line": line,
         "root": root, "index": index}[what](*rest)


if __name__ == "__main__":
    main(*sys.argv[1:])
