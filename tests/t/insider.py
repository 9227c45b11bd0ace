"""Whoever has a key that may sign: puts another text into the edge of main's
tip, or into the newest run of a ledger's mirror, and makes all that is said of
it fit.

    insider.py KEY ENGINE.up.sql|ENGINE.down.sql|plan SQL
"""

import hashlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True

from attacker import LEDGER, follow, git, look, point, put, raw  # noqa: E402


def entries(tree):
    """[mode, name, oid] of a tree's bytes."""
    found = []
    while tree:
        head, rest = tree.split(b"\0", 1)
        found.append([*head.split(b" ", 1), rest[:20].hex()])
        tree = rest[20:]
    return found


def read(oid, kind):
    return look(oid, kind)


def name256(oid, is_tree):
    """Its SHA-256 name."""
    kind = "tree" if is_tree else "blob"
    data = read(oid, kind)
    if is_tree:
        data = b"".join(
            mode + b" " + name + b"\0" +
            bytes.fromhex(name256(below, mode == b"40000"))
            for mode, name, below in entries(data))
    return hashlib.sha256(f"{kind} {len(data)}\0".encode() + data).hexdigest()


def replace(tree, path, blob):
    """The tree with another blob at this path."""
    first, *rest = path
    found = entries(read(tree, "tree"))
    for entry in found:
        if entry[1] == first.encode():
            entry[2] = replace(entry[2], rest, blob) if rest else blob
    return put(b"".join(mode + b" " + name + b"\0" + bytes.fromhex(oid)
                        for mode, name, oid in found), "tree")


def sign(data, key):
    """As git does: the signature stands behind the committer."""
    armor = subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", key],
        input=data, stdout=subprocess.PIPE, check=True).stdout
    header = b"gpgsig " + armor.strip().replace(b"\n", b"\n ") + b"\n"
    return data.replace(b"\n\n", b"\n" + header + b"\n", 1)


def plain(data):
    return re.sub(rb"gpgsig .*\n( .*\n)*", b"", data)


def with_file(data, path, sql):
    """The commit with another text there, and its tree's names."""
    tree = replace(re.search(rb"^tree (.*)", data)[1].decode(),
                   path.split("/"), put(sql, "blob"))
    data = re.sub(rb"^tree .*", b"tree " + tree.encode(), data, count=1)
    return re.sub(rb"^(Schemastore-Tree: ).*",
                  rb"\g<1>" + name256(tree, True).encode(), data, flags=re.M)


def sum_of(data):
    return hashlib.sha256(data).hexdigest().encode()


def edge(key, name, sql):
    path = f"edge/0/{name}"
    was = git("cat-file", "blob", f"main:{path}")
    data = with_file(plain(raw("main")), path, sql)
    data = data.replace(sum_of(was), sum_of(sql))
    point("refs/heads/main", put(sign(data, key)))


def plan(key, sql):
    data = with_file(plain(raw(LEDGER + "~1")), "up.sql", sql)
    data = re.sub(rb"^(Schemastore-Sql: ).*",
                  rb"\g<1>" + sum_of(sql) + b" %d" % len(sql), data,
                  flags=re.M)
    begin = sign(data, key)
    put(begin)
    point(LEDGER, put(sign(follow(plain(raw(LEDGER)), begin), key)))


def main(key, name, sql):
    if name == "plan":
        plan(key, sql.encode())
    else:
        edge(key, name, sql.encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
