"""Somebody who has a person's key, and writes what our program refuses to: to
database prod, its mirror, and approvals, signed as it is asked for."""

import os
import re
import sqlite3
import sys

import attacker
import signer
from attacker import follow, git, put, raw, strong, swap, unsigned

KEYS = os.environ["keys"]
REF = "refs/schemastore/ledger/prod"
BEGIN, FINISH = 3, 4


def sign(data, who):
    """Signed by who, whose name it bears; "" by nobody."""
    data = unsigned(data)
    if not who:
        return data
    data = data.replace(b"Schemastore-Format: 0", b"Schemastore-Format: 1")
    key, _, name = who.partition(":")
    mail = (name or key).encode() + b"@example.org>"
    data = re.sub(rb"^(committer [^<]*<)[^>]*>", rb"\g<1>" + mail, data,
                  flags=re.M)
    armor = signer.armor(f"{KEYS}/{key}", data).replace(b"\n", b"\n ")
    return re.sub(rb"^(committer .*\n)",
                  lambda m: m[1] + b"gpgsig " + armor + b"\n", data, count=1,
                  flags=re.M)


def rows():
    with sqlite3.connect("prod.db") as db:
        return [bytes(row[0]) for row in db.execute(
            "SELECT entry FROM schemastore_ledger ORDER BY seq")]


def parents(data):
    return re.findall(rb"^parent (.*)$", data, re.M)


def approve(entries, i, approvals):
    """Let those be its further parents."""
    data = entries[i]
    head, _, rest = data.partition(b"author ")
    head = head[:head.index(b"\n", head.index(b"parent ")) + 1]
    head += b"".join(b"parent " + put(a).encode() + b"\n" for a in approvals)
    sums = re.search(rb"(Schemastore-Parent: .*\n)+", rest)[0]
    more = sums[:sums.index(b"\n") + 1] + b"".join(
        b"Schemastore-Parent: " + strong(a).encode() + b"\n"
        for a in approvals)
    entries[i] = head + b"author " + rest.replace(sums, more)


def approval(entries, i):
    """The one that it has."""
    return raw(parents(entries[i])[1].decode())


# What, who signs the entry, edits of its approval and who signs that.


def changed(text, by, who="carol"):
    def edit(entries, i):
        approve(entries, i, [sign(re.sub(text, by, approval(entries, i),
                                         count=1, flags=re.M), who)])
    return edit


def by(*persons):
    def edit(entries, i):
        old = approval(entries, i)
        approve(entries, i, [sign(old, who) for who in persons])
    return edit


def of_commit(data, version):
    """The approval, of another one."""
    for key, value in (
            ("^tree ", re.search(rb"^tree (.*)", version)[1]),
            ("^parent ", put(version).encode()),
            ("^Schemastore-Tree: ",
             re.search(rb"Schemastore-Tree: (.*)", version)[1]),
            ("^Schemastore-Parent: ", strong(version).encode()),
            ("^Schemastore-Approves: ", strong(version).encode())):
        data = re.sub(b"(" + key.encode() + b").*", rb"\g<1>" + value, data,
                      count=1, flags=re.M)
    seq = int(re.search(rb"^Schemastore-Seq: (\d+)", version, re.M)[1]) + 1
    return re.sub(rb"(Schemastore-Seq: ).*", rb"\g<1>%d" % seq, data)


def other_version(entries, i):
    """An approval of the version before, where the database is now."""
    approve(entries, i, [sign(of_commit(approval(entries, i),
                                        raw("main~1")), "carol")])


def older(entries, i):
    """It claims the policy before the rule."""
    first = raw("refs/schemastore/policy~1")
    entries[i] = re.sub(rb"Schemastore-Policy: .*", b"Schemastore-Policy: 1 " +
                        strong(first).encode(), entries[i])


def elsewhere(entries, i):
    """To a version that has not landed."""
    data = raw("dev")
    state = re.search(rb"^Schemastore-State: sqlite (.*)$", data, re.M)[1]
    to = b"To: " + strong(data).encode() + b" " + state
    for k in (i, i + 1):
        entries[k] = re.sub(rb"(?<=Schemastore-)To: .*", to, entries[k])
    entries[i + 1] = re.sub(rb"Observed: .*", b"Observed: " + state,
                            entries[i + 1])
    entries[i] = re.sub(rb"Plan: edge", b"Plan: direct 1", entries[i])
    entries[i] = re.sub(rb"Schemastore-Step: .*\n", b"", entries[i])


def other_id(entries, _):
    for k, data in enumerate(entries):
        entries[k] = re.sub(rb"Db: .{32}", b"Db: " + 32 * b"4", data)


def of_approval(entries, i):
    """One that approves the approval."""
    old = approval(entries, i)
    approve(entries, i, [sign(of_commit(old, old), "carol")])


def used(entries, i):
    """The approval of the run before."""
    approve(entries, i, [approval(entries, i - 2)])


def nothing(_entries, _):
    pass


def stray(entries, i):
    """A begin that says what only a restore may, and is approved behind
    that."""
    approve(entries, i, [sign(re.sub(rb"Onto: .*", b"Onto: " + ZEROS,
                                     approval(entries, i)), "carol")])
    entries[i] = entries[i].replace(b"Schemastore-Plan",
                                    b"Schemastore-Restored: 2 " + ZEROS +
                                    b"\nSchemastore-Plan")


def said(entries, event, like, *more):
    """Another entry: it is at the version to which that begin led, with its
    approval."""
    begin, last = entries[like], entries[-1]
    data = re.sub(rb"(?s)\n\n.*?\n\n", b"\n\nprod: it is there\n\n",
                  begin, count=1)
    for key in b"tree ", b"Schemastore-Tree: ":
        value = re.search(b"^" + key + b"(.*)", last, re.M)[1]
        data = re.sub(b"^" + key + b".*", key + value, data, flags=re.M)
    data = re.sub(rb"Schemastore-(Op|From|Plan|Sql|Step): .*\n", b"", data)
    data = data.replace(b"Event: begin", b"Event: " + event)
    state = re.search(rb"-To: \S+ (.*)", data)[1]
    at = data.index(b"Schemastore-Target")
    data = data[:at] + b"".join(more) + data[at:] + \
        b"Schemastore-Observed: " + state + b"\n"
    entries.append(data)


def restored(entries, _):
    """As a backup of before all, with the approval of then."""
    project = re.search(rb"Schemastore-Project: (.*)", entries[0])[1]
    said(entries, b"restore", 1, b"Schemastore-Restored: 4 " + project +
         b"\n")


def restored_to(like):
    """Of an entry that the database has left, with its approval."""
    def edit(entries, _):
        onto = re.search(rb"Onto: (.*)", approval(entries, like))[1]
        said(entries, b"restore", like, b"Schemastore-Restored: 4 " + onto +
             b"\n")
    return edit


def adopted(entries, _):
    """As if it had been at no version, with an approval of now."""
    last = sign(follow(entries[-1], entries[-2]), "ci")
    said(entries, b"note", BEGIN)
    approve(entries, -1, [sign(re.sub(
        rb"Onto: .*", b"Onto: " + strong(last).encode(),
        approval(entries, BEGIN)), "carol")])


ZEROS = 64 * b"0"
OTHER = "refs/schemastore/ledger/other"
EDITS = {
    "nothing": ("ci", nothing, "none"),
    "other-deployer": ("ann", nothing, "none"),
    "several": ("ci", by("carol", "bob"), "none"),
    "author": ("bob", nothing, "right"),
    "approver": ("carol", nothing, "right"),
    "nobody": ("eve", nothing, "key"),
    "unsigned": ("", nothing, "unsigned"),
    "other-name": ("ci:ann", nothing, "committer"),
    "older-policy": ("ci", older, "policy-older"),
    "not-landed": ("ci", elsewhere, "branch"),
    "no-edge": ("ci", swap(rb"Plan: edge", b"Plan: direct 1"), "edges-only"),
    "other-id": ("ci", other_id, "database"),
    "override": ("ci", swap(rb"Event: begin", b"Event: override"), "event"),
    "stray-line": ("ci", stray, "event"),
    "no-such-restore": ("ci", stray, "approvals"),
    "restored": ("ci", restored, "restore"),
    "restored-there": ("ci", restored_to(BEGIN), "restore"),
    "adopted": ("ci", adopted, "event"),
    "no-approval": ("ci", lambda e, i: approve(e, i, []), "approvals"),
    "used": ("ci", used, "approvals"),
    "of-another": ("ci", other_version, "approvals"),
    "of-nothing": ("ci", changed(rb"Approves: .*", b"Approves: " + ZEROS),
                   "approvals"),
    "onto-another": ("ci", changed(rb"Onto: .*", b"Onto: " + ZEROS),
                     "approvals"),
    "of-an-approval": ("ci", of_approval, "approvals"),
    "of-another-db": ("ci", changed(rb"Ref: .*", b"Ref: " + OTHER.encode()),
                      "approvals"),
    "for-a-branch": ("ci", changed(rb"Ref: .*", b"Ref: refs/heads/main"),
                     "approvals"),
    "of-another-project": ("ci", changed(rb"Project: .*", b"Project: " +
                                         ZEROS), "project"),
    "approved-unsigned": ("ci", by(""), "approvals"),
    "approved-by-deployer": ("ci", by("ci"), "approvals"),
    "approved-by-himself": ("ann", by("ann"), "approvals"),
    "approved-by-author": ("ci", by("ann"), "approvals"),
    "approved-by-nobody": ("ci", by("eve"), "approvals"),
    "approved-in-another-name": ("ci", by("eve:carol"), "approvals"),
}


def link(entries, i, who):
    """Each behind the one before, and signed."""
    before = raw(parents(entries[0])[0].decode())
    out = []
    for k, data in enumerate(entries):
        before = sign(follow(data, before), who if k == i else "ci")
        out.append(before)
    return out


def write(entries):
    attacker.write_ref(REF, entries)
    db = sqlite3.connect("prod.db")
    db.execute("DROP TRIGGER schemastore_ledger_delete")
    db.execute("DELETE FROM schemastore_ledger")
    for i, data in enumerate(entries):
        db.execute("INSERT INTO schemastore_ledger VALUES (?, ?, ?)",
                   (i, bytes.fromhex(strong(data)), data))
    db.commit()
    db.close()


def with_tree(entries, i, name):
    """It is what that version is."""
    old = raw(name)
    for key in (rb"^tree ", rb"^Schemastore-Tree: "):
        value = re.search(key + rb"(.*)", old, re.M)[1]
        entries[i] = re.sub(b"(" + key + rb").*", rb"\g<1>" + value,
                            entries[i], flags=re.M)


def not_that_tree(entries, i):
    """It lands another tree than was approved."""
    with_tree(entries, i, "main~1")


def by_whom(name, who):
    """An old version again, of which nobody writes anything now; who has
    written it approves it."""
    def edit(entries, i):
        old = raw(name)
        data = of_commit(approval(entries, i), old)
        with_tree(entries, i, name)
        entries[i] = entries[i][:entries[i].index(b"Schemastore-State")] + \
            old[old.index(b"Schemastore-State"):]
        approve(entries, i, [sign(data, who)])
    return edit


def twice(entries, i):
    """Two on one, by who may land either."""
    attacker.point("refs/heads/other", git("rev-parse", "main").strip()
                   .decode())
    entries[i] = entries[i].replace(b"\n\nthree\n", b"\n\nthirty\n")


def afterwards(entries, i):
    """The approval is there, and no part of it."""
    os.makedirs(".schemastore/refs/schemastore/approval/x", exist_ok=True)
    attacker.point("refs/schemastore/approval/x/carol",
                   put(approval(entries, i)))
    approve(entries, i, [])


LANDINGS = {
    "nothing": ("ann", nothing, "none"),
    "other-author": ("bob", nothing, "none"),
    "several": ("ann", by("carol", "ci"), "none"),
    "approver": ("carol", nothing, "right"),
    "nobody": ("eve", nothing, "key"),
    "unsigned": ("", nothing, "unsigned"),
    "older-policy": ("ann", older, "policy-older"),
    "no-approval": ("ann", lambda e, i: approve(e, i, []), "approvals"),
    "afterwards": ("ann", afterwards, "approvals"),
    "other-tree": ("ann", not_that_tree, "approvals"),
    "old-version": ("bob", by_whom("main~2", "bob"), "approvals"),
    "old-landed": ("bob", by_whom("main~1", "bob"), "approvals"),
    "twice": ("ann", twice, "fork"),
    "onto-another": ("ann", changed(rb"Onto: .*", b"Onto: " + ZEROS),
                     "approvals"),
    "of-an-approval": ("ann", of_approval, "approvals"),
    "of-another-project": ("ann", changed(rb"Project: .*", b"Project: " +
                                          ZEROS), "project"),
    "for-a-database": ("ann", changed(rb"Ref: .*", b"Ref: " + REF.encode()),
                       "approvals"),
    "for-another-branch": ("ann", changed(rb"Ref: .*", b"Ref: refs/heads/x"),
                           "approvals"),
    "approved-unsigned": ("ann", by(""), "approvals"),
    "approved-by-author": ("bob", by("ann"), "approvals"),
    "approved-by-nobody": ("ann", by("eve"), "approvals"),
    "approved-by-witness": ("ann", by("dan"), "approvals"),
}


def landing(name):
    """The tip of main, made anew."""
    who, edit, rule = LANDINGS[name]
    entries = [raw("main")]
    edit(entries, 0)
    attacker.point("refs/heads/main", put(sign(entries[0], who)))
    print(rule)


def main(name):
    who, edit, rule = EDITS[name]
    entries = rows()
    edit(entries, BEGIN)
    write(link(entries, BEGIN, who))
    print(rule)


if __name__ == "__main__":
    if sys.argv[1:] == ["names"]:
        print("\n".join(EDITS))
    elif sys.argv[1:] == ["landings"]:
        print("\n".join(LANDINGS))
    elif sys.argv[1] == "land":
        landing(sys.argv[2])
    else:
        main(*sys.argv[1:])
