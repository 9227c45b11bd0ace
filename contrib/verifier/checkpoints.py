"""Checkpoints, and what witnesses have signed of them: all but that signature,
for which ssh-keygen has no form."""

import base64
import hashlib
import re

from forms import H40, H64, NUM, need

CHECKPOINTS, WITNESS = "refs/schemastore/checkpoints", \
    "refs/schemastore/witness/"
BEFORE, LEDGER = "refs/schemastore/ledger-before/", "refs/schemastore/ledger/"
LISTED = ("refs/heads/", "refs/tags/", LEDGER, BEFORE)
LINE = re.compile(f"({H64}) ({H40}) ({NUM}) (refs/[^ ]+)( rewound| deleted|)")


def tips_of(project, c):
    text = project.objects.file(c.tree, "heads").decode()
    need(len(project.objects.tree(c.tree)[0]) == 1, "its tree")
    found = [LINE.fullmatch(line) for line in text.split("\n")[:-1]]
    need(text.endswith("\n") and all(found), "its list of refs")
    refs = [m[4] for m in found]
    need(refs == sorted(set(refs)), "the order of its refs")
    return {m[4]: m for m in found}


def tips_now(project):
    out = {}
    for ref, oid in project.refs.items():
        oid = project.objects.peel(oid)[0]
        c = project.commits.get(oid)
        if c and (ref.startswith(LISTED) or ref == "refs/schemastore/policy"):
            out[ref] = LINE.fullmatch(f"{c.strong} {oid} {c['Seq']} {ref}")
    return out


def leads(project, old, new):
    """To the commit of one line from that of another."""
    c = project.commits.get(old[2])
    return c and new[2] in project.commits and \
        (c.strong, c["Seq"]) == (old[1], old[3]) and \
        project.within(c, [new[1]])


def restored(project, old, new, tips):
    """A ledger that is set aside, and begins anew."""
    ref = old[4]
    if not ref.startswith(LEDGER) or not any(
            r.startswith(BEFORE + ref[len(LEDGER):] + "/") and
            leads(project, old, m) for r, m in tips.items()):
        return False
    at = new and project.commits.get(new[2])
    while at and at.kind == "ledger" and not project.within(at, [old[1]]):
        if at["Event"] in ("restore", "clone", "genesis"):
            return True
        at = project.commits.get(at.parents[0])
    return not new


def check_step(project, old, tips, policy, gone):
    for ref, was in old.items():
        if was[5] == " deleted":
            continue
        now = tips.get(ref)
        need(now, f"{ref} is gone")
        free = ref.startswith(("refs/heads/", "refs/tags/")) and \
            not policy.rule(ref)
        if now[5] == " deleted":
            need(was.group(1, 2, 3) == now.group(1, 2, 3) and
                 (free or restored(project, was, None, tips)),
                 f"{ref} was deleted")
        elif now[5]:
            need(free, f"{ref} was put back")
        elif was.group(1, 2, 3) != now.group(1, 2, 3):
            need((free and ref in gone and now[2] not in project.commits) or
                 (not ref.startswith(("refs/tags/", BEFORE)) and
                  leads(project, was, now)) or
                 restored(project, was, now, tips),
                 f"{ref} was put back, or leads elsewhere")


def check_all(project):
    """Newest first: what was rewound later may be gone."""
    chain = project.chain(project.refs.get(CHECKPOINTS), "checkpoint")
    project.checkpoints = {f"{i} {c.strong}": c
                           for i, c in enumerate(chain, 1)}
    need(not chain or (chain[0].every("Parent") == [project.project]),
         "the first checkpoint")
    tips, policy, gone = tips_now(project), project.policies[-1][0], set()
    for c in reversed(chain):
        need(c.signer and len(c.parents) == 1 and c["Ref"] == CHECKPOINTS,
             "a checkpoint")
        old = tips_of(project, c)
        check_step(project, old, tips, policy, gone)
        gone |= {ref for ref, m in tips.items() if m[5]}
        tips, policy = old, project.policies[int(
            c["Policy"].split(" ")[0])][0]


def root(leaves):
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:k]) +
                          root(leaves[k:])).digest()


def check_note(project, c):
    n = next((i for i, k in enumerate(project.checkpoints.values(), 1)
              if k.strong == c["Approves"]), None)
    need(n, "it countersigns a checkpoint that is not there")
    chain = [project.by_strong[project.project]] + \
        list(project.checkpoints.values())[:n]
    text = project.objects.file(c.tree, "checkpoint").decode()
    made = root([project.objects.read(k.oid, "commit") for k in chain])
    need(text.startswith("schemastore/%s\n%d\n%s\n\n" % (
        project.project, n + 1, base64.b64encode(made).decode())),
        "its note")
    name = c["Ref"][len(WITNESS):]
    need(f"\n\u2014 {name} " in text, "who has signed its note")


def check_witnesses(project):
    for c in list(project.commits.values()):
        if c.kind == "approval" and c["Ref"].startswith(WITNESS):
            project.guard(c.oid, check_note, project, c)
