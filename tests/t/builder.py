"""Somebody who can write to a store and to a database, and has one person's
key or none: puts there what others are to build on.

    builder.py GOOD OUT     a copy of that folder for each way: OUT/<name>;
                            and says NAME RULE TEXT, a line each
"""

import re
import sqlite3
import sys

import witnesses
from attacker import each, follow, git, point, put, raw, rev, strong
from deployer import approve, of_commit, parents, rows, sign

MAIN = "refs/heads/main"
LEDGER = "refs/schemastore/ledger/prod"


# ---- versions ----------------------------------------------------------------


def on(data, ref):
    return re.sub(rb"^(Schemastore-Ref: ).*", rb"\g<1>" + ref.encode(), data,
                  count=1, flags=re.M)


def moved():
    point(MAIN, rev("evil"))


def put_back():
    point(MAIN, rev("main~1"))


def version(who, edit=lambda data: data):
    """Evil's version, as one that has landed without approvals."""
    def write():
        point(MAIN, put(sign(edit(on(raw("evil"), MAIN)), who)))
    return write


def of_policy(seq):
    def edit(data):
        name = f"refs/schemastore/policy~{int(seq_now()) - seq}"
        return re.sub(rb"Schemastore-Policy: .*", b"Schemastore-Policy: %d %s"
                      % (seq, strong(raw(name)).encode()), data)
    return edit


def seq_now():
    return re.search(rb"^Schemastore-Seq: (\d+)$",
                     raw("refs/schemastore/policy"), re.M)[1]


def damaged():
    point(MAIN, put(raw("main").replace(b"\n\nthree\n", b"\n\nthrice\n")))


def landed(proposal, tip, approvers):
    """On the tip, by ann, with approvals that look right."""
    entries = [on(follow(proposal, tip), MAIN)]
    like = re.sub(rb"Onto: .*", b"Onto: " + strong(tip).encode(),
                  raw(parents(raw("main"))[1].decode()))
    approve(entries, 0, [sign(of_commit(like, proposal), who)
                         for who in approvers])
    return sign(entries[0], "ann")


def approved(who, author="ann"):
    def write():
        point(MAIN, put(landed(sign(raw("evil"), author), raw("main"),
                               [who])))
    return write


def beneath(lie=False):
    """What nobody has signed, and on it what others have, who were shown it:
    and the index passes over it."""
    def write():
        evil = sign(on(raw("evil"), MAIN), "")
        put(evil)
        proposal = sign(follow(raw("more"), evil), "ann")
        tip = landed(proposal, evil, ["carol"])
        old = rev("main")
        point(MAIN, put(tip))
        if lie:
            witnesses.index(MAIN, old)
    return write


# ---- entries -----------------------------------------------------------------


def more(entries):
    """It has gone nowhere, as it has come here."""
    run = [re.sub(rb"(^(parent|Schemastore-Parent:) .*\n)(\2 .*\n)+", rb"\1",
                  data, flags=re.M) for data in entries[-2:]]
    to = re.search(rb"-To: (.*)", run[0])[1]
    run[0] = re.sub(rb"(-From: ).*", rb"\g<1>" + to, run[0])
    run[0] = re.sub(rb"(-Plan: ).*", rb"\g<1>direct 1", run[0])
    run[1] = re.sub(rb"(-Begin: )\d+", rb"\g<1>%d" % len(entries), run[1])
    return run


def entries_of(who, edit=lambda data: data):
    before, out = rows()[-1], []
    for data in more(rows()):
        before = sign(edit(follow(data, before)), who)
        out.append(before)
    return out


def insert(entries):
    db = sqlite3.connect("prod.db")
    n = db.execute("SELECT count(*) FROM schemastore_ledger").fetchone()[0]
    for i, data in enumerate(entries):
        db.execute("INSERT INTO schemastore_ledger VALUES (?, ?, ?)",
                   (n + i, bytes.fromhex(strong(data)), data))
    db.commit()
    db.close()


def in_rows(who, edit=lambda data: data):
    return lambda: insert(entries_of(who, edit))


def in_both(who, edit=lambda data: data):
    def write():
        entries = entries_of(who, edit)
        insert(entries)
        for data in entries:
            point(LEDGER, put(data))
    return write


def begun(who):
    """In the mirror alone, as by a run that died."""
    return lambda: point(LEDGER, put(entries_of(who)[0]))


def stolen():
    """With the signature of another entry."""
    entries = entries_of("ci")
    sig = re.search(rb"gpgsig .*\n( .*\n)*", rows()[-1])[0]
    entries[1] = re.sub(rb"gpgsig .*\n( .*\n)*", lambda _: sig, entries[1])
    insert(entries)


def policy_back():
    point("refs/schemastore/policy", rev("refs/schemastore/policy~1"))


def checkpoint_back():
    git("update-ref", "-d", "refs/schemastore/checkpoints")


NOBODY = "does not know the key"
CASES = {
    "version-nothing": (lambda: None, "none", ""),
    "version-moved": (moved, "ref-line", "has not landed there"),
    "version-unsigned": (version(""), "unsigned", "not signed"),
    "version-nobody": (version("eve"), "key", NOBODY),
    "version-approver": (version("carol"), "right", "may not"),
    "version-deployer": (version("ci"), "right", "may not"),
    "version-alone": (version("ann"), "approvals", "too few persons"),
    "version-other-name":
        (version("ann:bob"), "committer",
         "not the committer"),
    "version-dropped": (version("dan"), "key-dropped", "was dropped"),
    "version-dropped-then":
        (version("dan", of_policy(2)), "policy-older",
         "older policy"),
    "version-older":
        (version("ann", of_policy(2)), "policy-older",
         "older policy"),
    "version-damaged": (damaged, "signature", "not one of its bytes"),
    "version-by-author": (approved("ann"), "approvals", "too few persons"),
    "version-by-himself":
        (approved("bob", "bob"), "approvals",
         "too few persons"),
    "version-by-nobody": (approved("eve"), "key", NOBODY),
    "version-by-dropped": (approved("dan"), "key-dropped", "was dropped"),
    "version-by-unsigned": (approved(""), "unsigned", "not signed"),
    "version-of-nobody": (approved("carol", "eve"), "key", NOBODY),
    "version-approved": (approved("carol"), "none", ""),
    "version-beneath": (beneath(), "unsigned", "not signed"),
    "version-index-lies": (beneath(True), "unsigned", "not signed"),
    "entry-rows-unsigned": (in_rows(""), "unsigned", "not signed"),
    "entry-rows-nobody": (in_rows("eve"), "key", NOBODY),
    "entry-rows-author": (in_rows("bob"), "right", "may not"),
    "entry-rows-dropped": (in_rows("dan"), "key-dropped", "was dropped"),
    "entry-rows-then":
        (in_rows("dan", of_policy(2)), "policy-older",
         "lost the right"),
    "entry-rows-stolen": (stolen, "signature", "not one of its bytes"),
    "entry-rows-right": (in_rows("ci"), "none", ""),
    "entry-both-unsigned": (in_both(""), "unsigned", "not signed"),
    "entry-both-nobody": (in_both("eve"), "key", NOBODY),
    "entry-both-right": (in_both("ci"), "none", ""),
    "entry-begun-unsigned": (begun(""), "unsigned", "not signed"),
    "entry-begun-nobody": (begun("eve"), "key", NOBODY),
    "entry-begun-author": (begun("bob"), "right", "may not"),
    "entry-begun-right": (begun("ci"), "none", ""),
    "store-policy-back":
        (policy_back, "policy-line",
         "not one of this project"),
    "store-checkpoint-back":
        (checkpoint_back, "checkpoint",
         "names a checkpoint"),
}


if __name__ == "__main__":
    each(CASES, *sys.argv[1:])
