"""Persons who have their keys, and say more than they may: policies that too
few have signed, or that take back what stays; and whatever a key that was
dropped can still sign.

    policer.py WAYS GOOD OUT     a copy of that folder for each way: OUT/<name>;
                                 and says NAME RULE TEXT, a line each
"""

import base64
import hashlib
import os
import re
import sys

import insider
from attacker import each, follow, git, look, point, put, raw, rev, strong
from deployer import approve, of_commit, parents, sign
from witnesses import name256

POLICY = "refs/schemastore/policy"
MAIN = "refs/heads/main"
LEDGER = "refs/schemastore/ledger/prod"


# ---- policies ----------------------------------------------------------------


def files(data):
    tree = re.search(rb"^tree (.*)", data)[1].decode()
    return {name.decode(): look(oid, "blob")
            for _, name, oid in insider.entries(insider.read(tree, "tree"))}


def with_files(data, has):
    entries = big = b""
    for name in sorted(has):
        head = b"100644 " + name.encode() + b"\0"
        entries += head + bytes.fromhex(put(has[name], "blob"))
        big += head + name256(b"blob", has[name])
    data = re.sub(rb"^tree .*", b"tree " + put(entries, "tree").encode(), data,
                  count=1)
    return re.sub(rb"(Schemastore-Tree: ).*",
                  rb"\g<1>" + name256(b"tree", big).hex().encode(), data)


def fingerprint(key):
    blob = base64.b64decode(key.split(b" ")[1])
    return b"SHA256:" + base64.b64encode(
        hashlib.sha256(blob).digest()).rstrip(b"=")


def signers(text):
    """As git and ssh-keygen read it."""
    mail = dict(re.findall(rb"^person (\S+) .* (\S+)$", text, re.M))
    dropped = re.findall(rb"^drop (\S+)", text, re.M)
    return b"".join(
        mail.get(who, b"?") + b' namespaces="git" ' + key + b"\n"
        for who, key in re.findall(rb"^key (\S+) (.*)$", text, re.M)
        if fingerprint(key) not in dropped)


def plain(data):
    """Without its approvals."""
    entries = [data]
    approve(entries, 0, [])
    return entries[0]


def next_policy(edit, who, approvers, change=lambda has: None,
                approval=lambda data: data):
    """Signed by who lands it, and those who approve."""
    tip = raw(POLICY)
    has = files(tip)
    seq = int(re.search(rb"^seq (\d+)", has["policy"], re.M)[1])
    text = re.sub(rb"^seq .*", b"seq %d" % (seq + 1), has["policy"],
                  flags=re.M)
    text = re.sub(rb"^prev .*", b"prev " + strong(tip).encode(), text,
                  flags=re.M)
    has["policy"] = edit(text)
    has["allowed_signers"] = signers(has["policy"])
    change(has)
    data = with_files(follow(plain(tip), tip), has)
    like = raw(parents(tip)[1].decode())
    for key, value in (("Onto", b""), ("Policy", b"%d " % seq)):
        like = re.sub(b"Schemastore-" + key.encode() + b": .*",
                      b"Schemastore-" + key.encode() + b": " + value +
                      strong(tip).encode(), like)
    proposal = sign(data, "ann")
    entries = [data]
    approve(entries, 0, [sign(approval(of_commit(like, proposal)), by)
                         for by in approvers])
    return sign(entries[0], who)


def policy(edit=lambda text: text, who="ann", approvers=("bob",), **more):
    return lambda: point(POLICY, put(next_policy(edit, who, approvers,
                                                 **more)))


def line(was, now):
    """One of the policy's, by how it begins."""
    def edit(text):
        assert re.search(b"^" + was, text, re.M), was
        return re.sub(b"^" + was + b".*\n", now, text, count=1, flags=re.M)
    return edit


def add(more):
    def edit(text):
        """Where such a line stands."""
        kinds = b"person key root author approver deployer witness protect " \
            b"db drop seal vouch".split()
        lines = text.splitlines(True)
        found = sorted(lines[4:] + [more], key=lambda x: (
            kinds.index(x.split(b" ")[0]), x.rstrip(b"\n")))
        return b"".join(lines[:4] + found)
    return edit


def without(name):
    def change(has):
        del has[name]
    return change


def also(name, by):
    def change(has):
        has[name] = by(has[name])
    return change


def at(ref, name):
    return lambda: point(ref, rev(name))


def fork():
    """Others of the root have agreed to another one, at the same time."""
    tip = rev(POLICY)
    point(POLICY, rev(POLICY + "~1"))
    other = next_policy(lambda text: text, "ann", ("bob",))
    point(POLICY, tip)
    point(POLICY, put(other))


def key_of(who):
    with open(f"{os.environ['keys']}/{who}.pub", "rb") as f:
        return b" ".join(f.read().split()[:2])


OTHER_ROOT = line(b"root ", b"root 2 carol wit\n")
FEW, FORM = "too few persons", "policy"
POLICIES = {
    "nothing": (policy(), "none", ""),
    "three": (policy(approvers=("bob", "carol")), "none", ""),
    "by-approvals": (policy(who="eve", approvers=("bob", "carol")), "none",
                     ""),
    "one": (policy(approvers=()), "policy-chain", FEW),
    "nobody": (policy(who="eve", approvers=()), "policy-chain", FEW),
    "no-root": (policy(approvers=("ci", "wit", "eve")), "policy-chain", FEW),
    "unsigned": (policy(who="", approvers=("bob",)), "policy-chain", FEW),
    "approved-unsigned": (policy(approvers=("",)), "policy-chain", FEW),
    "same-person": (policy(approvers=("ann",)), "policy-chain", FEW),
    "two-keys": (policy(approvers=("ann2:ann",)), "policy-chain", FEW),
    "old-only": (policy(OTHER_ROOT), "policy-chain", FEW),
    "new-only": (policy(OTHER_ROOT, "carol", ("wit",)), "policy-chain", FEW),
    "both": (policy(OTHER_ROOT, "carol", ("wit", "ann")), "none", ""),
    "dropped": (policy(approvers=("dan",)), "policy-chain", FEW),
    "other-onto": (policy(approval=lambda data: re.sub(
        rb"Onto: .*", b"Onto: " + 64 * b"0", data)), "policy-chain",
                   "does not approve it"),
    "other-tree": (policy(approval=lambda data: of_commit(
        data, raw("main"))), "policy-chain", "does not approve it"),
    "for-main": (policy(approval=lambda data: re.sub(
        rb"Ref: .*", b"Ref: refs/heads/main", data)), "policy-chain",
                 "does not approve it"),
    "key-gone": (policy(line(b"key ci ", b"")), "policy-chain",
                 "a key stays"),
    "key-moved": (policy(lambda text: add(
        b"key carol " + key_of("dan") + b"\n")(line(b"key dan ", b"")(text))),
                  "policy-chain", "forever"),
    "key-shared": (policy(add(b"key carol " + key_of("dan") + b"\n")),
                   "policy-chain", "somebody's already"),
    "person-gone": (policy(lambda text: re.sub(
        rb"^(person|key|drop) (dan|SHA256).*\n", b"", text, flags=re.M)
                           .replace(b" dan", b"")), "policy-chain",
                    "it stays"),
    "renamed": (policy(lambda text: re.sub(rb"\bwit\b", b"wyt", text)),
                "policy-chain", "it stays"),
    "other-mail": (policy(lambda text: text.replace(
        b"wit@example", b"wyt@example")), "none", ""),
    "drop-gone": (policy(line(b"drop ", b"")), "policy-chain", "it stays"),
    "none-agree": (policy(line(b"root ", b"root 0 ann bob carol\n")),
                   "policy-chain", "policy"),
    "more-agree": (policy(line(b"root ", b"root 4 ann bob carol\n")),
                   "policy-chain", "than there are persons"),
    "skips": (policy(lambda text: text.replace(b"seq 4", b"seq 5")),
              "policy-chain", "seq"),
    "repeats": (policy(lambda text: text.replace(b"seq 4", b"seq 3")),
                "policy-chain", "seq"),
    "prev": (policy(line(b"prev ", b"prev " + 64 * b"5" + b"\n")),
             "policy-chain", "after another"),
    "format": (policy(line(b"min-format ", b"min-format 0\n")),
               "policy-chain", "lower"),
    "db-gone": (policy(line(b"db prod ", b"")), "policy-chain", "it stays"),
    "db-id": (policy(lambda text: text.replace(b"db prod 3", b"db prod 4")),
              "policy-chain", "keeps its id"),
    "db-gone-by-deployer": (policy(line(b"db prod ", b""), "ci", ()),
                            "policy-chain", "policy"),
    "open-by-author": (policy(line(b"protect ", b""), "bob", ()),
                       "policy-chain", FEW),
    "open": (policy(line(b"protect ", b"")), "rule-changed", "seal"),
    "open-sealed": (policy(lambda text: line(b"seal refs/heads/main ", (
        b"seal refs/heads/main " + strong(raw(MAIN)).encode() + b"\n"))(
            line(b"protect ", b"")(text))), "none", ""),
    "vouch-by-one": (policy(lambda text: add(
        b"vouch " + strong(raw("dan")).encode() + b"\n")(text),
                            approvers=()), "policy-chain", FEW),
    "no-policy": (policy(change=without("policy")), "policy-chain", "policy"),
    "no-signers": (policy(change=without("allowed_signers")),
                   "policy-chain", "allowed_signers"),
    "more-signers": (policy(change=also("allowed_signers", lambda text: text +
                                        b'eve@example.org namespaces="git" ' +
                                        key_of("eve") + b"\n")),
                     "policy-chain", "allowed_signers"),
    "fewer-signers": (policy(change=also(
        "allowed_signers", lambda text: text.split(b"\n", 1)[1])),
                      "policy-chain", "allowed_signers"),
    "unsorted": (policy(lambda text: text.replace(
        b"author ann bob", b"author bob ann")), "policy-chain", "policy"),
    "blank": (policy(lambda text: text.replace(
        b"author ann bob", b"author ann bob ")), "policy-chain", "policy"),
    "carriage": (policy(lambda text: text.replace(b"\n", b"\r\n")),
                 "policy-chain", "policy"),
    "line-more": (policy(lambda text: text + b"\n"), "policy-chain", "policy"),
    "put-back": (at(POLICY, POLICY + "~1"), "policy-line", ""),
    "forked": (fork, "policy-line", ""),
}


# ---- keys that were dropped, and rules that were others ----------------------


def with_ref(data, ref):
    return re.sub(rb"Schemastore-Ref: .*", b"Schemastore-Ref: " +
                  ref.encode(), data, count=1)


def named(data, seq):
    """It names that policy."""
    back = int(re.search(rb"^Schemastore-Seq: (\d+)", raw(POLICY),
                         re.M)[1]) - seq
    return re.sub(rb"Schemastore-Policy: .*", b"Schemastore-Policy: %d %s" % (
        seq, strong(raw(f"{POLICY}~{back}")).encode()), data)


def on(base, who, seq, ref="refs/heads/late"):
    """A version on top of that one, and it is dan's but for its place."""
    def write():
        data = follow(raw("dan"), raw(base))
        data = with_ref(named(data, seq), ref)
        if base == "dan~1":
            data = data.replace(b"\n\nd2\n", b"\n\nd3\n")
        point(ref, put(sign(data, who)))
    return write


def landed(seq, approvers, what="topic"):
    """A version of ann's, on main."""
    def write():
        tip = raw(MAIN)
        proposal = sign(named(follow(raw(what), tip), seq), "ann")
        like = named(raw(parents(tip)[1].decode()), seq)
        like = re.sub(rb"Onto: .*", b"Onto: " + strong(tip).encode(), like)
        entries = [re.sub(rb"Schemastore-Replaces: .*\n", b"",
                          with_ref(proposal, MAIN))]
        if b"Replaces" in proposal:
            git("update-ref", "refs/schemastore/squash/" + strong(proposal),
                "parts")
        approve(entries, 0, [sign(of_commit(like, proposal), by)
                             for by in approvers])
        point(MAIN, put(sign(entries[0], "ann")))
    return write


KEPT = {
    "nothing": (lambda: None, "none", ""),
    "after": (on("dan", "dan", 2), "unsealed", ""),
    "old-base": (on("main~2", "dan", 2), "unsealed", ""),
    "beside": (on("dan~1", "dan", 2), "unsealed", ""),
    "now": (on("main", "dan", 3), "key-dropped", ""),
    "then": (on("main", "dan", 2), "policy-older", ""),
    "before-it-was": (on("main~2", "dan", 1), "key", ""),
    "another's": (on("dan", "ann", 2), "none", ""),
    "others-name": (on("dan", "dan:ann", 2), "committer", ""),
    "squashed": (landed(3, ("carol", "wit"), "squashed"), "none", ""),
    "squash-author": (landed(3, ("bob", "carol"), "squashed"), "approvals",
                      ""),
    "squash-authors": (landed(3, ("carol", "ann2:ann"), "squashed"),
                       "approvals", ""),
    "protected": (on("main", "dan", 3, MAIN), "key-dropped", ""),
    "old-base-main": (on("main~1", "dan", 2, MAIN), "unsealed", ""),
}
RULES = {
    "three": (landed(4, ("bob", "carol", "wit")), "none", ""),
    "two": (landed(4, ("bob", "carol")), "approvals", ""),
    "two-then": (landed(3, ("bob", "carol")), "rule-changed", ""),
    "two-older": (landed(2, ("bob", "carol")), "policy-older", ""),
    "one": (landed(4, ("carol",)), "approvals", ""),
    "author": (landed(4, ("bob", "carol", "ann")), "approvals", ""),
    "others-key": (landed(4, ("bob", "carol", "ann2:ann")), "approvals", ""),
    "dropped": (landed(4, ("bob", "carol", "dan")), "key-dropped", ""),
}


# ---- who may sign what -------------------------------------------------------


def approval_for(ref):
    """Of `more`, on main's tip."""
    tip = raw(MAIN)
    data = of_commit(raw(parents(tip)[1].decode()), raw("more"))
    data = re.sub(rb"Onto: .*", b"Onto: " + strong(tip).encode(), data)
    return named(with_ref(data, ref), 3)


def landing():
    """Of `more`, with the approvals of two."""
    entries = [with_ref(raw("more"), MAIN)]
    approve(entries, 0, [sign(approval_for(MAIN), by)
                         for by in ("bob", "carol")])
    return entries[0]


# The commit, where it is put, and who may sign it; dan might once.
MATRIX_KINDS = {
    "version": (lambda: raw("more"), "refs/heads/more", "ann bob"),
    "landing": (landing, MAIN, "ann bob"),
    "approval": (lambda: approval_for(MAIN),
                 "refs/schemastore/approval/x/a", "ann bob carol wit"),
    "of a database": (lambda: approval_for(LEDGER),
                      "refs/schemastore/approval/x/b", "ann bob carol wit"),
    "entry": (lambda: raw(LEDGER), LEDGER, "ci"),
    "countersignature": (lambda: raw("refs/schemastore/witness/wit"),
                         "refs/schemastore/witness/wit", "wit"),
    "checkpoint": (lambda: raw("refs/schemastore/checkpoints"),
                   "refs/schemastore/checkpoints", "ann bob ci"),
}
NOT = {"eve": "key", "dan": "key-dropped", "": "unsigned"}


def matrix(who):
    """All of it by him; what is to be found is in the file `want`."""
    def write():
        want = []
        made = [(sign(kind(), who), ref, may)
                for kind, ref, may in MATRIX_KINDS.values()]
        for data, ref, may in made:
            os.makedirs(os.path.dirname(".schemastore/" + ref), exist_ok=True)
            point(ref, put(data))
            if who not in may.split():
                want.append(f"{NOT.get(who, 'right')} {put(data)[:12]}\n")
        with open("want", "w", encoding="ascii") as out:
            out.writelines(sorted(want))
    return write


MATRIX = {who or "nobody": (matrix(who), "matrix", "") for who in
          ("ann", "bob", "carol", "ci", "wit", "dan", "eve", "")}


if __name__ == "__main__":
    each(globals()[sys.argv[1]], *sys.argv[2:])
