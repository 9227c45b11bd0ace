"""Whoever can write to a store, and has no key: puts commits together that do
not belong together, and refs that git would not make.  Whatever else can be
made to fit does.

    grapher.py graphs|refs|merges

Each in a folder KIND/NAME, of the store good; KIND.list says what is found:
NAME STATUS [RULE OBJECT]
"""

import os
import re
import shutil
import sys

sys.dont_write_bytecode = True

from attacker import git, point, put, raw, rev, strong, unsigned  # noqa: E402

MISSING = 40 * "5"
TOP = ".schemastore/"


# ---- graphs: another merge in the place of main's tip ------------------------


def names(data):
    """Its parents."""
    return [p.decode() for p in re.findall(rb"^parent (.*)$", data, re.M)]


def strongs(parents):
    return [strong(raw(p)) for p in parents]


def on(data, parents, ids=None):
    """The commit on those, by their names and strong ids."""
    data = re.sub(rb"^(parent|Schemastore-Parent:) .*\n", b"", data,
                  flags=re.M)
    for key, word, values in (
            (rb"^(tree .*\n)", "parent {}\n", parents),
            (rb"^(Schemastore-Tree: .*\n)", "Schemastore-Parent: {}\n",
             ids or strongs(parents))):
        lines = "".join(word.format(v) for v in values).encode()
        data = re.sub(key, lambda m, lines=lines: m[1] + lines, data, count=1,
                      flags=re.M)
    return data


def seq(data, n):
    return re.sub(rb"^(Schemastore-Seq: ).*", rb"\g<1>%d" % n, data,
                  flags=re.M)


def seq_of(name):
    return int(re.search(rb"^Schemastore-Seq: (\d+)$", raw(name), re.M)[1])


def turned(data):
    return on(data, names(data)[::-1])


def and_on(data, oid, strong_id=64 * "5"):
    """With a parent more."""
    old = names(data)
    return on(data, old + [oid], strongs(old) + [strong_id])


def plain():
    """One of git's own."""
    return put(b"tree " + rev("main^{tree}").encode() + b"\nparent " +
               rev("main^").encode() + b"\nauthor A <a@b> 1 +0000\n"
               b"committer A <a@b> 1 +0000\n\nx\n")


def genesis():
    """As another project has begun."""
    first = git("rev-list", "--max-parents=0", "main").decode().strip()
    return put(unsigned(raw(first)).replace(b"\n\nBegin", b"\n\nbegin"))


def behind_genesis(data):
    oid = genesis()
    return and_on(data, oid, strong(raw(oid)))


def of_genesis(data):
    """All of it as that project's."""
    oid = genesis()
    data = re.sub(rb"(Project: ).*", rb"\g<1>" + strong(raw(oid)).encode(),
                  data)
    return seq(on(data, [oid]), 1)


def behind_ledger(data):
    tip = rev("refs/schemastore/ledger/dev")
    return and_on(data, tip, strong(raw(tip)))


def late(data):
    """A parent of tomorrow."""
    old = names(data)
    text = re.sub(rb"^(committer .* )\d+ ", rb"\g<1>9999999999 ",
                  unsigned(raw(old[1])), flags=re.M)
    return on(data, [old[0], put(text)])


def chained(data):
    """Behind one whose own parent is gone."""
    old = names(data)
    text = re.sub(rb"^parent .*", b"parent " + MISSING.encode(),
                  unsigned(raw(old[1])), count=1, flags=re.M)
    return on(data, [old[0], put(text)])


# What is made of main's tip; what is said of it: status, rule, and of what.
TIP = "tip"
GRAPHS = {
    "nothing": (lambda d: d, 0),
    "only-names": (lambda d: on(d, names(d)[::-1], strongs(names(d))), 1,
                   "parent", TIP),
    "turned": (turned, 1, "seq", TIP),
    "turned-and-fitted": (lambda d: seq(turned(d), seq_of("side") + 1), 0),
    "missing": (lambda d: and_on(d, MISSING), 6, "unreadable", MISSING),
    "behind-missing": (chained, 6, "unreadable", MISSING),
    "tree": (lambda d: and_on(d, rev("main^{tree}")), 6, "unreadable",
             lambda: rev("main^{tree}")),
    "plain": (lambda d: and_on(d, plain()), 1, "commit", plain),
    "ledger": (behind_ledger, 1, "kind", TIP),
    "second-root": (behind_genesis, 1, "project", genesis),
    "other-project": (of_genesis, 1, "project", TIP),
    "late-parent": (late, 1, "time", TIP),
    "seventeen": (lambda d: on(d, (names(d) * 9)[:17]), 1, "commit", TIP),
    "twice": (lambda d: and_on(d, names(d)[0], strongs(names(d))[0]), 1,
              "commit", TIP),
    "none": (lambda d: on(d, []), 1, "commit", TIP),
    "seq-gap": (lambda d: seq(d, seq_of("main") + 1), 1, "seq", TIP),
    "seq-again": (lambda d: seq(d, seq_of("main^")), 1, "seq", TIP),
}


def graph(edit):
    oid = put(edit(unsigned(raw("main"))))
    point("refs/heads/main", oid)
    return oid


# ---- refs --------------------------------------------------------------------


def write(path, data):
    os.makedirs(os.path.dirname(TOP + path), exist_ok=True)
    with open(TOP + path, "w", encoding="utf-8") as out:
        out.write(data)


def packed(*lines):
    write("packed-refs", "".join(line + "\n" for line in lines))


def tag(of, kind="commit"):
    return put(f"object {of}\ntype {kind}\ntag x\n\n".encode(), "tag")


def tags(n):
    oid, kind = rev("main"), "commit"
    for _ in range(n):
        oid, kind = tag(oid, kind), "tag"
    point("refs/tags/x", oid)


def many(n):
    oid = rev("main")
    packed(*(f"{oid} refs/heads/b/{i:06}" for i in range(n)))


def peel(oid):
    name = tag(rev("main"))
    packed(f"{name} refs/tags/x", "^" + oid)


def lend(give):
    """An object that a store beside it has, and what git would find it by."""
    oid = rev("main:source/schema.sql")
    path = f"objects/{oid[:2]}/{oid[2:]}"
    os.makedirs("lender/" + os.path.dirname(path), exist_ok=True)
    os.replace(TOP + path, "lender/" + path)
    give(os.path.abspath("lender/objects"))
    return oid


CONFIG = """[core]
	bare = true
	fsmonitor = touch ran
	alternateRefsCommand = touch ran
	hooksPath = hooks
	sshCommand = touch ran
[gpg]
	format = ssh
	program = ran.sh
[gpg "ssh"]
	program = ran.sh
	allowedSignersFile = /dev/null
[include]
	path = more
	path = /dev/zero
[filter "x"]
	clean = touch ran
	smudge = touch ran
	process = touch ran
"""


def config():
    write("config", CONFIG)
    write("more", "[core]\n\tfsmonitor = touch ran\n")
    write("info/attributes", "* filter=x\n")
    for hook in "reference-transaction", "post-checkout", "pre-auto-gc":
        write("hooks/" + hook, "#!/bin/sh\ntouch ran\n")
        os.chmod(TOP + "hooks/" + hook, 0o755)
    write("ran.sh", "#!/bin/sh\ntouch ran\nexit 0\n")


def grafts():
    """To git it has no parents; and a wrong one's would be another's."""
    write("info/grafts", rev("main") + "\n" + rev("main^") + " " +
          rev("side") + "\n")


def shallow():
    write("shallow", rev("main") + "\n")


def commit_graph():
    """What git has worked out, and somebody else has written."""
    write("objects/info/commit-graph", "CGPH garbage")
    write("objects/info/packs", "P pack-x.pack\n")
    write("objects/pack/multi-pack-index", "MIDX garbage")


def other_refs():
    """Another list of refs than git's files."""
    write("reftable/tables.list", "0x000000000001-x.ref\n")


def folder():
    packed(rev("main") + " refs/heads/a/b")
    point("refs/heads/a", rev("main"))


def renamed():
    os.rename(TOP + "refs/heads/main", TOP + "refs/heads/old")


def two_lines():
    packed(rev("main") + " refs/heads/x", rev("side") + " refs/heads/x")


REFS = {
    "nothing": (lambda: None, 0),
    "thousands": (lambda: many(3000), 0),
    "folder": (folder, 1, "ref", "refs/heads/a/b"),
    "folder-packed": (lambda: packed(*(f"{rev('main')} refs/heads/{name}"
                                       for name in ("a", "a-b", "a/b/c"))),
                      1, "ref", "refs/heads/a/b/c"),
    "newline": (lambda: point("refs/heads/x\ny", rev("main")), 6,
                "unreadable", "refs/heads/x"),
    "blank": (lambda: point("refs/heads/x y", rev("main")), 6, "unreadable",
              "refs/heads/x y"),
    "dots": (lambda: packed(rev("main") + " refs/heads/../x"), 6,
             "unreadable", "packed-refs"),
    "dots-loose": (lambda: point("refs/heads/x..y", rev("main")), 6,
                   "unreadable", "refs/heads/x..y"),
    "tag": (lambda: tags(1), 0),
    "tags": (lambda: tags(15), 0),
    "too-many-tags": (lambda: tags(16), 1, "kind", "refs/tags/x"),
    "thousand-tags": (lambda: tags(1000), 1, "kind", "refs/tags/x"),
    "tag-of-nothing": (lambda: point("refs/tags/x", tag(MISSING)), 6,
                       "unreadable", MISSING),
    "tag-of-a-blob": (lambda: point("refs/tags/x", tag(
        rev("main:source/schema.sql"), "blob")), 1, "kind", "refs/tags/x"),
    "tag-that-lies": (lambda: point("refs/tags/x", tag(rev("main"), "blob")),
                      1, "tag", lambda: tag(rev("main"), "blob")),
    "tag-of-no-object": (lambda: point("refs/tags/x", put(b"object x\n",
                                                          "tag")),
                         6, "unreadable", lambda: put(b"object x\n", "tag")),
    "lying-peel": (lambda: peel(rev("side")), 0),
    "missing-peel": (lambda: peel(MISSING), 0),
    "packed-missing": (lambda: packed(MISSING + " refs/heads/x"), 6,
                       "unreadable", MISSING),
    "branch-of-ledger": (lambda: write("refs/heads/x", "ref: refs/schemastore/"
                                       "ledger/dev\n"), 1, "kind",
                         "refs/heads/x"),
    "policy-of-branch": (lambda: write("refs/schemastore/policy",
                                       "ref: refs/heads/main\n"), 1,
                         "policy-chain", "refs/schemastore/policy"),
    "symbolic": (lambda: write("refs/heads/x", "ref: refs/heads/main\n"), 0),
    "outside": (lambda: write("refs/heads/x", "ref: ../../etc/passwd\n"), 6,
                "unreadable", "refs/heads/x"),
    "renamed": (renamed, 0),
    "head": (lambda: write("HEAD", "ref: refs/heads/nowhere\n"), 0),
    "head-apart": (lambda: write("HEAD", rev("side") + "\n"), 0),
    "head-of-nothing": (lambda: write("HEAD", "ref: refs/heads/../x\n"), 6,
                        "unreadable", "HEAD"),
    "head-of-ledger": (lambda: write("HEAD", "ref: refs/schemastore/ledger/"
                                     "dev\n"), 0),
    "lent": (lambda: lend(lambda p: write("objects/info/alternates",
                                          p + "\n")), 6, "unreadable", TIP),
    "lent-by-http": (lambda: lend(lambda p: write(
        "objects/info/http-alternates", p + "\n")), 6, "unreadable", TIP),
    "config": (config, 0),
    "grafts": (grafts, 0),
    "shallow": (shallow, 0),
    "commit-graph": (commit_graph, 0),
    "other-refs": (other_refs, 0),
}


# ---- with a policy -----------------------------------------------------------


def merged(who):
    """What who has signed, and ann's merge of it as dev's tip."""
    sign = __import__("deployer").sign
    theirs = re.sub(rb"\n\ntwo\n", b"\n\ntheirs\n", raw("dev"))
    theirs = put(sign(theirs, who))
    both = on(seq(raw("dev"), seq_of("dev") + 1), [rev("dev"), theirs])
    point("refs/heads/dev", put(sign(both, "ann")))
    return theirs


MERGES = {
    "of-an-author": (lambda: merged("bob"), 0),
    "of-an-approver": (lambda: merged("carol"), 1, "right", TIP),
    "of-nobody": (lambda: merged("eve"), 1, "key", TIP),
    "of-nobody-as-bob": (lambda: merged("eve:bob"), 1, "key", TIP),
}


# ------------------------------------------------------------------------------


KINDS = {
    "graphs": {name: (lambda edit=edit: graph(edit), *found)
               for name, (edit, *found) in GRAPHS.items()},
    "refs": REFS,
    "merges": MERGES,
}


def short(name):
    """As verify has it."""
    return name[:12] if re.fullmatch("[0-9a-f]{40}", name) else name


def main(what):
    with open(what + ".list", "w", encoding="utf-8") as out:
        for name, (make, status, *found) in KINDS[what].items():
            os.makedirs(f"{what}/{name}")
            shutil.copytree("good", f"{what}/{name}/.schemastore",
                            symlinks=True)
            os.chdir(f"{what}/{name}")
            words = [x() if callable(x) else x for x in found]
            tip = make()
            print(name, status, *(short(tip if x is TIP else x)
                                  for x in words), file=out)
            os.chdir("../..")


main(*sys.argv[1:])
