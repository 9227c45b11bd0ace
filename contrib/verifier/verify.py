#!/usr/bin/env python3
"""Verify a schemastore project without schemastore.

    verify.py BUNDLE|GIT_DIR [PROJECT_ID]

A second verifier, written from schemastore-store(5), -ledger(5) and -policy(5)
alone.  It needs Python, git (to unpack objects) and ssh-keygen (to verify
signatures).  Each finding is a line; the last line is ok, tampered or
incomplete, and the exit status 0, 1 or 6.

What it leaves to `schemastore verify`: that a schema has the digest that its
State says (that takes a lexer of SQL), and the signatures of witnesses' notes,
for which ssh-keygen has no form.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import checkpoints
from forms import (H40, NUM, STATE, Bad, Commit, Missing, Objects, Policy,
                   need)

PLACES = [("refs/heads/", "schema"), ("refs/tags/", "schema"),
          ("refs/remotes/", "schema"), ("refs/schemastore/policy$", "policy"),
          ("refs/schemastore/ledger/", "ledger"),
          ("refs/schemastore/ledger-before/", "ledger"),
          ("refs/schemastore/squash/", "schema"),
          ("refs/schemastore/approval/", "approval"),
          ("refs/schemastore/proposal/policy$", "policy"),
          (checkpoints.CHECKPOINTS + "$", "checkpoint"),
          (checkpoints.WITNESS, "approval"),
          ("refs/schemastore/majors$", None),
          ("refs/schemastore/audit$", None)]
DUMP = re.compile(r"database (?!.*\.\.)\S+\nengine (sqlite|postgres)\n"
                  f"target .+\nschema {STATE}\nobjects {NUM}\n"
                  f"rows (-|{NUM})\n")


def above(ref):
    parts = ref.split("/")
    return ["/".join(parts[:n]) for n in range(2, len(parts))]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# ---- the project -------------------------------------------------------------


class Project:
    def __init__(self, git_dir, refs):
        self.objects, self.refs = Objects(git_dir), refs
        self.commits, self.by_strong, self.findings = {}, {}, []
        self.missing, self.policies, self.above = [], [], {}
        self.checkpoints = {}

    def tell(self, what, text):
        self.findings.append(f"{what}: {text}")

    def guard(self, what, fn, *args):
        try:
            return fn(*args)
        except Bad as e:
            self.tell(what, str(e))
        except Missing as e:
            self.missing.append(f"{what}: {e}")
        return None

    def verify(self, trust):
        tip = self.refs.get("refs/schemastore/policy")
        if not tip:
            self.missing.append("there is no policy")
        for ref, oid in self.refs.items():
            self.guard(ref, self.check_ref, ref, oid)
        root = self.chain(tip) if tip else []
        self.project = root[0].strong if root else None
        if trust and self.project and trust != self.project:
            self.tell("refs/schemastore/policy", "it is another project")
        for c in root:
            self.guard(c.oid, self.check_policy, c)
        if not self.policies:
            self.missing.append("without a policy no more can be said")
            return
        for c in list(self.commits.values()):
            self.guard(c.oid, self.check_commit, c)
        self.check_forks()
        self.guard(checkpoints.CHECKPOINTS, checkpoints.check_all, self)
        self.guard(checkpoints.WITNESS, checkpoints.check_witnesses, self)
        for ref, oid in self.refs.items():
            if oid in self.commits and self.commits[oid]["Ref"] != ref and (
                    "/ledger/" in ref or self.policies[-1][0].rule(ref)):
                self.tell(ref, "what it names was made for another ref")
            if "/ledger" in ref:
                rows = self.chain(oid, "ledger")
                self.guard(ref, self.check_story, ref, rows)
        audit = self.refs.get("refs/schemastore/audit")
        if audit:
            self.guard("audit", self.check_dumps, audit)

    def chain(self, oid, kind="policy"):
        out = []
        while oid in self.commits and self.commits[oid].kind == kind:
            out.insert(0, self.commits[oid])
            oid = (out[0].parents or [None])[0]
        return out

    def check_ref(self, ref, oid):
        place = [kind for at, kind in PLACES
                 if ref.startswith(at) or ref == at[:-1]]
        need(place, "there is no such ref")
        if place[0] is None:
            return
        need(not [at for at in above(ref) if at in self.refs],
             "it is in the folder of another ref")
        oid, found = self.objects.peel(oid)
        need(found in ("commit", None), "it names no commit")
        self.walk(oid)
        if oid in self.commits:
            need(self.commits[oid].kind == place[0], "kind of what it names")

    def walk(self, oid):
        todo = [oid]
        while todo:
            oid = todo.pop()
            if oid in self.commits or oid in self.above:
                continue
            self.above[oid] = True
            c = self.guard(oid, lambda o: Commit(self.objects.read(
                o, "commit"), o), oid)
            if c:
                self.commits[oid] = self.by_strong[c.strong] = c
                todo += c.parents

    def check_policy(self, c):
        text = self.objects.file(c.tree, "policy").decode()
        p, last = Policy(text), self.policies[-1] if self.policies else None
        need(p.signers().encode() == self.objects.file(
            c.tree, "allowed_signers"), "allowed_signers is another")
        need(p.seq == len(self.policies) == int(c["Seq"]), "its seq")
        if last:
            need(p.prev == last[1].strong, "its prev")
            self.check_step(last[0], p, last[1], c)
        self.policies.append((p, c))

    def check_step(self, old, new, before, c):
        need(new.least >= old.least, "min-format is lower")
        for word in ("key", "drop"):
            gone = {tuple(w[:4 if word == "key" else 2])
                    for w in old.every(word)} - {
                tuple(w[:4 if word == "key" else 2]) for w in new.every(word)}
            need(not gone, f"a line {word} is gone")
        need(set(old.people) <= set(new.people), "a person is gone")
        keys = {c.signer} | {
            a.signer for a in map(self.commits.get, c.parents[1:])
            if a and a.kind == "approval" and a["Onto"] == before.strong and
            a["Tree"] == c["Tree"] and a["Ref"] == c["Ref"]}
        if old.open:
            need(not before.signer or before.signer in keys, "who began it")
        for p in (old, new):
            if not p.open:
                n = {p.keys[k] for k in keys if k in p.keys and not p.drop(k)}
                need(len(n & set(p.root[1:])) >= int(p.root[0]),
                     "too few persons agree")

    # -- each commit

    def check_commit(self, c):
        if c.signer and not c.good():
            self.tell(c.oid, "its signature is not one of its bytes")
        need(c["Project"] == (self.project if c.parents else "genesis"),
             "its project")
        need(c.parents or c.strong == self.project, "a second root")
        parents = [self.commits.get(p) for p in c.parents]
        for p, strong in zip(parents, c.every("Parent")):
            need(not p or p.strong == strong, "a parent is another")
            need(not p or p.time <= c.time, "it is older than a parent")
            need(not p or c.kind == p.kind or "approval" in (c.kind, p.kind) or
                 p.kind == "policy", "it follows one of another kind")
        need(not parents or not parents[0] or
             int(c["Seq"]) == int(parents[0]["Seq"]) + 1, "its Seq")
        need(c.time < time.time() + 86400, "it is of the future")
        need(self.objects.tree(c.tree)[1].hex() == c["Tree"], "its Tree")
        if c.kind == "approval":
            witness = c["Ref"].startswith(checkpoints.WITNESS)
            need(1 <= len(parents) <= 1 + witness and
                 c["Approves"] == c.every("Parent")[0] and
                 (witness or not parents[0] or parents[0].tree == c.tree),
                 "its parent")
        versions = [p for p in parents if not p or p.kind in
                    ("schema", "policy")]
        for edge in c.every("Edge"):
            need(int(edge.split(" ")[0]) < len(versions), "an edge's parent")
            self.check_edge(c, edge)
        if c.kind == "schema":
            said = [" ".join(e.split(" ")[:2]) for e in c.every("Edge")]
            need({e[1] for e in self.objects.folder(c.tree, "schema")} <=
                 {s.split(" ")[0] for s in c.every("State")} and
                 all(f"{n[1]} {e[1].split('.')[0]}" in said
                     for n in self.objects.folder(c.tree, "edge")
                     for e in self.objects.folder(n[2]) if e[1] != "data"),
                 "a schema or an edge that no line has")
        if c.kind != "policy" and not (c.kind == "approval" and
                                       c["Ref"] == "refs/schemastore/policy"):
            self.judge(c, [p for p in parents if p])

    def check_edge(self, c, line):
        n, engine, *sums = line.split(" ")
        for name, want in zip(("up.sql", "down.sql", "steps"), sums):
            data = self.objects.file(c.tree, f"edge/{n}/{engine}.{name}")
            need(want == ("-" if data is None else
                          sha256(data)), "an edge's file")
        for path, want in [] if sums[2] == "-" else [
                line.split(" ")[:0:-1] for line in self.objects.file(
                    c.tree, f"edge/{n}/{engine}.steps").decode().split("\n")
                if line.startswith("file ")]:
            data = self.objects.file(c.tree, f"edge/{n}/{path}")
            need(data is not None and sha256(data) == want,
                 "a step's file")

    def within(self, c, seals):
        todo, seen = [self.by_strong[s] for s in seals
                      if s in self.by_strong], set()
        while todo:
            at = todo.pop()
            if at is c:
                return True
            if at.oid not in seen:
                seen.add(at.oid)
                todo += [self.commits[p] for p in at.parents
                         if p in self.commits]
        return False

    def judge(self, c, parents):
        n, strong = c["Policy"].split(" ")
        need(int(n) < len(self.policies) and
             self.policies[int(n)][1].strong == strong, "its Policy")
        need(all(int(p["Policy"].split(" ")[0]) <= int(n) for p in parents
                 if p["Policy"]), "its Policy is older than a parent's")
        if len(self.policies) == 1:
            return
        p, later = self.policies[int(n)][0], [
            q for q, _ in self.policies[int(n) + 1:]]
        need(int(c["Format"]) >= p.least, "its Format")
        need(p.may(c.kind, c["Ref"], c.signer), "who signed it may not")
        need(p.open or p.people[p.keys[c.signer]][-1] == c.mail, "committer")
        for lost in (lambda q: not q.may(c.kind, c["Ref"], c.signer),
                     lambda q: q.drop(c.signer) == "compromised"):
            i = next((i for i, q in enumerate(later) if lost(q)), None)
            need(i is None or any(c.strong in q.vouched for q in later[i:]) or
                 self.within(c, [s for _, s in later[i].seals]),
                 "its right was lost, and it is not sealed")
        q = next((q for q in later if q.rule(c["Ref"]) != p.rule(c["Ref"])),
                 None)
        need(not q or self.within(c, [s for r, s in q.seals if r == c["Ref"]]),
             "its ref's rule changed, and it is not sealed")
        if c.kind == "schema" and p.rule(c["Ref"]) and c.parents:
            self.check_landing(c, p)

    def check_landing(self, c, p):
        approvals = [a for a in map(self.commits.get, c.parents[1:])
                     if a and a.kind == "approval" and a.signer and
                     a["Ref"] == c["Ref"] and a["Tree"] == c["Tree"] and
                     a["Onto"] == c.every("Parent")[0]]
        authors, todo = set(), [x for a in approvals[:1] for x in a.parents]
        while todo:
            at = self.commits.get(todo.pop())
            if at and not self.within(at, [c.every("Parent")[0]]):
                authors.add(p.keys.get(at.signer))
                todo += at.parents
                kept = self.refs.get("refs/schemastore/squash/" + at.strong)
                todo += [kept] if kept else []
        n, whom = p.approvers(c["Ref"])
        persons = {p.keys.get(a.signer) for a in approvals
                   if not p.drop(a.signer)} & set(whom)
        need(len(persons - authors) >= n, "too few persons have approved it")

    def check_forks(self):
        """On a protected ref one version follows another."""
        landed = {}
        for c in self.commits.values():
            n = int((c["Policy"] or "0").split(" ")[0])
            if c.kind == "schema" and n < len(self.policies) and \
                    self.policies[n][0].rule(c["Ref"]):
                other = landed.setdefault((c["Ref"], c.every("Parent")[0]), c)
                if other is not c:
                    self.tell(f"{other.oid}, {c.oid}", "both have landed there")

    # -- ledgers

    def check_story(self, what, rows):
        place, begin = None, None
        need(rows and rows[0]["Event"] == "genesis", "it has no genesis")
        engine = "postgres" if rows[0]["Target"].startswith("postgresql ") \
            else "sqlite"
        for i, c in enumerate(rows):
            need(c["Db"].split(" ")[1:] == [c["Ref"][24:]], f"{i}: its Db")
            need(not c["Checkpoint"] or c["Checkpoint"] in self.checkpoints,
                 f"{i}: its Checkpoint")
            event, before = c["Event"], rows[i - 1]["Db"] if i else c["Db"]
            need(event in ("genesis", "clone") or before[:32] == c["Db"][:32],
                 f"{i}: it is of another database")
            need((i == 0) == (event == "genesis"), f"{i}: its Event")
            if event in ("note", "restore", "clone", "begin"):
                need(not begin, f"{i}: the one before has not finished")
                self.check_place(f"{what}:{i}", c["To"], engine)
            if event == "begin":
                need(place in (None, c["From"]), f"{i}: its From")
                self.check_sql(f"{what}:{i}", c, engine)
                begin = c
            elif event == "finish":
                need(begin, f"{i}: nothing was begun")
                place = self.finish(f"{what}:{i}", begin, c, i, engine)
                begin = None
            elif event != "genesis":
                need(event in ("note", "restore", "clone"), f"{i}: its Event")
                place = c["To"]

    def finish(self, what, begin, c, i, engine):
        need(c["Begin"] == str(i - 1), f"{what}: its Begin")
        need(c["Finished"] >= begin["Started"], f"{what}: when it finished")
        if c["Outcome"] == "ok":
            need((c["To"], c["Op"]) == (begin["To"], begin["Op"]),
                 f"{what}: it does not say what its begin says")
            need(engine != "sqlite" or c["Observed"] ==
                 c["To"].split(" ")[1], f"{what}: its Observed")
            return c["To"]
        need(not c["To"], f"{what}: it failed, and says where it led")
        if c["Outcome"].startswith("partial "):
            return begin["From"].split(" ")[0] + " " + c["Observed"]
        need(re.match("unknown$|failed ", c["Outcome"]), f"{what}: Outcome")
        return begin["From"] if c["Outcome"] != "unknown" else None

    def check_place(self, what, value, engine):
        strong, state = value.split(" ")
        if strong == "-":
            return
        if strong not in self.by_strong:
            self.missing.append(f"{what}: its version is not here")
            return
        need(f"{engine} {state}" in self.by_strong[strong].every("State"),
             f"{what}: its version has another schema")

    def check_sql(self, what, c, engine):
        down = c["Op"] == "rollback"
        above, below = (c["From"], c["To"]) if down else (c["To"], c["From"])
        v = self.by_strong.get(above.split(" ")[0])
        sums = [e.split(" ") for e in v.every("Edge")] if v else []
        from_ = below.split(" ")[0].replace("-", self.project)
        need(c["Plan"] != "edge" or not v or any(
            e[1] == engine and e[3 if down else 2] == c["Sql"][:64] and
            int(e[0]) < len(v.parents) and v.every("Parent")[int(e[0])] == from_
            for e in sums), f"{what}: its SQL is not the edge's")
        try:
            data = self.objects.file(c.tree, "up.sql")
        except Missing:
            return
        need(data is not None and c["Sql"] == f"{sha256(data)} {len(data)}",
             f"{what}: its SQL is not what its tree has")

    def check_dumps(self, tree):
        k = 0
        while self.objects.file(tree, f"database/{k}/state") is not None:
            text = self.objects.file(tree, f"database/{k}/state").decode()
            need(DUMP.fullmatch(text), f"database/{k}/state")
            state = dict(x.split(" ", 1) for x in text[:-1].split("\n"))
            self.guard(state["database"], self.check_dump, tree, k, state)
            k += 1

    def check_dump(self, tree, k, state):
        name, rows, part, data = state["database"], [], 0, b""
        mirror = self.chain(self.refs.get("refs/schemastore/ledger/" + name),
                            "ledger")
        while state["rows"] != "-" and len(rows) < int(state["rows"]):
            if not data:
                data = self.objects.file(tree, f"database/{k}/rows.{part}")
                need(data, "rows are missing")
                part += 1
            line, data = data.split(b"\n", 1)
            seq, strong, n = line.decode().split(" ")
            c, data = Commit(data[:int(n)]), data[int(n) + 1:]
            need(seq == str(len(rows)) and strong == c.strong and
                 c.every("Parent")[0] == (rows[-1].strong if rows else
                                          self.project), f"row {seq}")
            rows.append(c)
        need(not data, "more rows than it says")
        for i, c in enumerate(rows):
            need(c["Project"] == self.project, f"row {i} is another project's")
            need(i >= len(mirror) or mirror[i].strong == c.strong,
                 f"row {i} is not the mirror's")
            need(not c.signer or c.strong in self.by_strong or c.good(),
                 f"row {i}: its signature is not one of its bytes")
        need(not [c for c in mirror[len(rows):] if c["Event"] in
                  ("note", "restore", "clone") or (c["Event"] == "finish" and
                  c["Outcome"] != "failed interrupted")], "rows are gone")
        if rows:
            need(rows[-1]["Ref"][24:] == name, "it is another's ledger")
            self.check_story(name, rows)
            seen = [c for c in rows if c["To"] and c["Event"] != "begin"][-1:]
            then = [c["Target"] for c in rows if c["Target"]][-1]
            # SQLite's runs are one transaction; steps may be under way.
            need(rows[-1]["Event"] != "begin" or state["engine"] != "sqlite",
                 "its last run has not finished")
            # Another major has another digest for the same schema.
            need(not seen or rows[-1]["Event"] == "begin" or
                 then.split(".")[0] != state["target"].split(".")[0] or
                 state["schema"] == (seen[0]["Observed"] or
                                     seen[0]["To"].split(" ")[1]),
                 "its schema is not what its ledger says")


# ---- where it comes from -----------------------------------------------------


def git(*args, data=None):
    return subprocess.run(["git", *args], input=data, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def read_bundle(path, folder):
    with open(path, "rb") as f:
        need(f.readline() == b"# v2 git bundle\n", "it is no bundle")
        refs = {}
        while line := f.readline().decode().rstrip("\n"):
            need(re.match(H40 + " (HEAD$|refs/)", line), "a ref of the bundle")
            refs[line[41:]] = line[:40]
        pack = f.read()
    need(hashlib.sha1(pack[:-20]).digest() == pack[-20:], "its pack's sum")
    try:
        git("--git-dir=" + folder, "index-pack", "--stdin", data=pack)
    except subprocess.CalledProcessError as e:
        raise Missing("its pack is damaged") from e
    refs.pop("HEAD", None)
    return refs, []


def read_store(path, folder):
    """Its objects and refs, and nothing else that git would heed: no alternates
    (objects/info), no configuration, no grafts."""
    path = os.path.abspath(path)
    shutil.rmtree(folder + "/refs")
    for name in ["refs", "packed-refs"] + [
            "objects/" + n for n in os.listdir(path + "/objects")
            if re.fullmatch("pack|[0-9a-f]{2}", n)]:
        if os.path.isdir(f"{folder}/{name}"):
            os.rmdir(f"{folder}/{name}")
        if os.path.exists(f"{path}/{name}"):
            os.symlink(f"{path}/{name}", f"{folder}/{name}")
    found = subprocess.run(
        ["git", "--git-dir=" + folder, "for-each-ref",
         "--format=%(objectname) %(refname)"], check=False,
        capture_output=True, text=True)
    if found.returncode:
        raise Missing("its refs cannot be read: " + found.stderr)
    refs = {x[41:]: x[:40] for x in found.stdout.splitlines()}
    return refs, found.stderr.splitlines() + not_listed(path, refs)


def not_listed(path, refs):
    """What stands among the refs, and git has passed over."""
    out = []
    for top, folders, files in os.walk(path + "/refs"):
        out += [f"{top}/{n} is a link" for n in folders
                if os.path.islink(f"{top}/{n}")]
        out += [f"{top}/{n} is no ref" for n in files if
                f"{top}/{n}"[len(path) + 1:] not in refs and
                not n.endswith(".lock")]
    return out


def main(path, trust=None):
    with tempfile.TemporaryDirectory() as folder:
        try:
            git("init", "-q", "--bare", "--template=", folder)
            read = read_store if os.path.isdir(path) else read_bundle
            refs, missing = read(path, folder)
            project = Project(folder, refs)
            project.missing += missing
            project.verify(trust)
            findings, missing = project.findings, project.missing
            print(f"project {project.project}, {len(project.commits)} commits")
        except (Bad, Missing) as e:
            findings, missing = [], [f"{path}: {e}"]
    print("\n".join(findings + missing + [
        "tampered" if findings else "incomplete" if missing else "ok"]))
    return 1 if findings else 6 if missing else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
