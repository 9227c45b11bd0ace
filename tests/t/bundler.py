"""A bundle by hand: of a store as somebody has left it, or of parts that no
program would write."""

import hashlib
import struct
import subprocess
import sys
import zlib

KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


def git(folder, *args, data=None):
    return subprocess.run(["git", "--git-dir=" + folder, *args], check=True,
                          input=data, stdout=subprocess.PIPE).stdout


def entry(kind, data, says=None, packed=None):
    """An object of a pack; `says` is the length that it claims."""
    n = len(data) if says is None else says
    byte, n = kind << 4 | n & 15, n >> 4
    head = b""
    while n:
        head += bytes([byte | 128])
        byte, n = n & 127, n >> 7
    return head + bytes([byte]) + (packed or zlib.compress(data, 1))


def pack(entries):
    data = b"PACK" + struct.pack(">II", 2, len(entries)) + b"".join(entries)
    return data + hashlib.sha1(data).digest()


def objects(folder):
    """Each object that there is, whatever leads to it: kind, bytes."""
    data = git(folder, "cat-file", "--batch", "--batch-all-objects",
               "--unordered")
    at = 0
    while at < len(data):
        line = data.index(b"\n", at)
        _, kind, n = data[at:line].decode().split()
        at = line + 1 + int(n) + 1
        yield kind, data[line + 1:at - 1]


def refs(folder):
    lines = git(folder, "for-each-ref", "--format=%(objectname) %(refname)")
    return sorted((line.split(" ", 1)[::-1]
                   for line in lines.decode().splitlines()),
                  key=lambda ref: ref[0].encode())


def head(named):
    return b"# v2 git bundle\n" + b"".join(
        f"{oid} {name}\n".encode() for name, oid in named) + b"\n"


def bundle(folder):
    return head(refs(folder)) + pack([entry(KINDS[kind], data)
                                      for kind, data in objects(folder)])


if __name__ == "__main__":
    with open(sys.argv[2], "wb") as out:
        out.write(bundle(sys.argv[1]))
