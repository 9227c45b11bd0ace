#!/usr/bin/env python3
"""Verify a schemastore project without schemastore.

    verify.py BUNDLE|GIT_DIR [PROJECT_ID]

A second verifier, written from schemastore-store(5), -ledger(5) and -policy(5)
alone.  It needs Python, git (to unpack objects) and ssh-keygen (to verify
signatures).  Each finding is a line; the last line is ok, tampered or
incomplete, and the exit status 0, 1 or 6.

It leaves to `schemastore verify`: that a schema has the digest that its State
says, and the form of objects and of steps (that takes a lexer of SQL); the
signatures of witnesses' notes, for which ssh-keygen has no form; what a policy
must not say though it lets nobody do more; what no ref leads to; and what was
seen of a project before.
"""

import base64
import functools
import hashlib
import re
import sys
import tempfile
import time

from forms import (AUDIT, BEFORE, CHECKPOINTS, H40, H64, LEDGER, NUM, POLICY,
                   SQUASH, WITNESS, Commit, Lines, Objects, Policy, form,
                   is_good, need, sha256)

PLACES = {  # what refs name
    "refs/(heads|tags|remotes)/": "schema", SQUASH: "schema",
    "refs/schemastore/(proposal/)?policy$": "policy",
    LEDGER: "ledger", BEFORE: "ledger", CHECKPOINTS + "$": "checkpoint",
    "refs/schemastore/approval/": "approval", WITNESS: "approval",
    "refs/schemastore/(majors|audit)$": None}
STATES = re.compile(form("database engine target schema objects rows"))
TIP = re.compile(f"({H64}) ({H40}) ({NUM}) (refs/\\S+)( rewound| deleted|)")
SIGNATURES = "(?:\u2014 [!-*,-~]+ [A-Za-z0-9+/]+=*\n){1,16}"


def root(leaves):
    """Of the tree of RFC 6962."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


class Project(Objects):
    def __init__(self, path, folder):
        super().__init__(path, folder)
        self.commits, self.by_strong, self.tips = {}, {}, {}
        self.dumps, self.policies, self.log = {}, [], []
        self.landed = {}
        self.findings, self.project = [], None

    def guard(self, what, check, *args):
        """What goes wrong is a finding, or something is missing."""
        try:
            check(*args)
        except OSError as e:
            self.missing.append(f"{what}: {e}")
        except (ValueError, LookupError, TypeError, AttributeError) as e:
            self.findings.append(f"{what}: {e}")

    def verify(self, trust):
        for ref, oid in self.refs.items():
            self.guard(ref, self.check_ref, ref, oid)
        self.guard(AUDIT, self.read_dumps, self.refs.get(AUDIT))
        for c in self.chain(self.tips.get(POLICY)):
            self.guard(c.oid, self.check_policy, c)
        if not self.policies:
            raise OSError("there is no policy")
        self.project = self.policies[0].commit.strong
        self.guard(POLICY, need, trust in (None, self.project),
                   "it is another project")
        now = self.policies[-1]
        self.guard(CHECKPOINTS, self.check_checkpoints, now)
        for c in self.commits.values():
            self.guard(c.oid, self.check_commit, c)
        for ref, c in self.tips.items():
            if ref.startswith((LEDGER, WITNESS)) or ref in now.rules:
                self.guard(ref, need, c.Ref == ref or [ref, c.strong] in
                           self.began(ref).words("seal"), "it is another's")
            if ref.startswith((LEDGER, BEFORE)):
                self.guard(ref, self.check_ledger, ref, self.chain(c))
        for name, dump in self.dumps.items():
            self.guard(name, self.check_dump, name, *dump)
        self.missing += [f"{w[0]}: the bundle has not what it says"
                         for w in now.words("db")
                         if self.is_bundle and w[0] not in self.dumps]

    # Commits, and what leads to them.

    def keep(self, raw, is_row=False):
        new = Commit(raw, is_row)
        c = self.commits.setdefault(new.oid, new)
        need(c.strong == new.strong, "two commits of one name")
        self.by_strong[c.strong] = c
        return c

    def check_ref(self, ref, oid):
        kinds = [PLACES[place] for place in PLACES if re.match(place, ref)]
        need(kinds, "there is no such ref")
        need(not self.refs.keys() & {ref[:m.start()] for m in re.finditer(
            "/", ref)}, "it is in the folder of another ref")
        if kinds == [None]:
            return
        found, kind = self.peel(oid)
        need(kind in ("commit", False), "it names no commit")
        todo, seen = [found], set(self.commits)
        while todo:
            at = todo.pop()
            if at not in seen:
                seen.add(at)
                self.guard(at, lambda: todo.extend(
                    self.keep(self.read(at, "commit")).parents))
        if found in self.commits:
            self.tips[ref] = self.commits[found]
            need(self.tips[ref].Kind == kinds[0], "kind of what it names")

    def above(self, c, start=0):
        if not self.commits.keys() >= set(c.parents[start:]):
            raise OSError("a parent is missing")
        return [self.commits[oid] for oid in c.parents[start:]]

    def chain(self, c):
        """First parents of its kind, the oldest first."""
        out = []
        while c and c.Kind == (out or [c])[0].Kind:
            out.insert(0, c)
            c = self.commits.get((c.parents or [None])[0])
        return out

    def began(self, ref):
        """The policy that has brought the rule that a ref has now."""
        rules = [q.rules.get(ref) for q in self.policies]
        others = [i for i, rule in enumerate(rules) if rule != rules[-1]]
        return self.policies[others[-1] + 1 if others else 0]

    @functools.lru_cache(maxsize=64)
    def behind(self, *strongs, landed=False):
        """What these lead back to, and themselves."""
        todo, seen = [self.by_strong.get(strong) for strong in strongs], set()
        while todo:
            c = todo.pop()
            if c and c not in seen and (c.Kind == "schema" or not landed):
                seen.add(c)
                todo += [self.commits.get(oid) for oid in c.parents]
                todo += [] if landed else [self.tips.get(SQUASH + c.strong)]
        return seen

    def approvals(self, c, **lines):
        """Of it, by those who have signed them, with such lines."""
        return [a for a in self.above(c, 1) if a.signer and
                (a.Kind, a.Ref) == ("approval", c.Ref) and
                all(getattr(a, key) == lines[key] for key in lines)]

    # What they say.

    def check_commit(self, c):
        need(c.Project == (self.project if c.parents else "genesis") and
             (c.parents or c.strong == self.project), "its project")
        need(c.Kind != "checkpoint" or c.signer and len(c.parents) == 1 and
             c.Ref == CHECKPOINTS, "it is no checkpoint")
        need(not c.signer or is_good(c.signed, c.armor), "its signature")
        if c.Kind != "policy" and (c.Kind, c.Ref) != ("approval", POLICY):
            self.check_right(c)
        parents, witness = self.above(c), c.Ref.startswith(WITNESS)
        need(c.strongs == [p.strong for p in parents], "a parent is another")
        need(not parents or c.Seq == str(int(parents[0].Seq) + 1), "its Seq")
        need(max([p.time for p in parents], default=0) <= c.time <
             time.time() + 86400, "older than a parent, or of the future")
        need(c.Kind == "policy" or all(p.policy <= c.policy for p in parents),
             "its policy is older than a parent's")
        follows = {"policy", "approval", c.Kind}
        if c.Kind == "approval":
            follows = {"checkpoint", "approval"} if witness else {
                "schema", "policy"}
            need(c.Approves == c.strongs[0] and len(parents) <= 1 + witness and
                 (witness or parents[0].tree == c.tree), "what it approves")
        need(follows >= {p.Kind for p in parents}, "what it follows")
        if c.Replaces:
            old = self.tips.get(SQUASH + c.strong)
            need(old and old.strong == c.Replaces and len(parents) == 1 and
                 parents[0] in self.behind(old.strong) and
                 set(c.every("State")) <= set(old.every("State")),
                 "it is not what it stands for")
        if not c.is_row or self.look(c.tree)[1]:
            need(self.name(c.tree, "tree") == c.Tree, "its Tree")
        if c.Kind == "schema":
            self.check_version(c, [p for p in parents if p.Kind != "approval"])

    def check_version(self, c, versions):
        edges = c.words("Edge")
        said = [w[:2] for w in edges]
        need({w[0] for w in c.words("State")} >= {*self.folder(
            c.tree, "schema")} and all(
            [n, name.split(".")[0]] in said
            for n in self.folder(c.tree, "edge")
            for name in self.folder(c.tree, f"edge/{n}") if name != "data"),
             "a schema, or an edge, that no line has")
        for n, engine, *sums in edges:
            need(n in map(str, range(len(versions))), "an edge of no parent")
            names = [f"{engine}.{end}" for end in
                     ("up.sql", "down.sql", "steps")]
            steps = self.file(c.tree, f"edge/{n}/{names[2]}") or b""
            for want, name in [*zip(sums, names, strict=True), *re.findall(
                    "^file (.+) (.+)$", steps.decode(), re.M)]:
                data = self.file(c.tree, f"edge/{n}/{name}")
                need(want == ("-" if data is None else sha256(data)),
                     f"edge/{n}/{name}")

    def check_policy(self, c):
        p = Policy(self.file(c.tree, "policy").decode(), c)
        need(self.file(c.tree, "allowed_signers") == p.signers.encode() and
             p.seq == c.Seq == str(len(self.policies)), "its files")
        if self.policies:
            old = self.policies[-1]
            need(p.prev == old.commit.strong and p.format >= old.format and
                 old.lasting() <= p.lasting(), "what stays is gone")
            by = [c, *self.approvals(c, Onto=p.prev, Tree=c.Tree)]
            need(len(by) == len(c.parents), "a parent does not approve it")
            need(old.agree(POLICY, by) and p.agree(POLICY, by) and
                 (not old.open or not old.commit.signer or
                  old.commit.signer in [a.signer for a in by]),
                 "too few persons agree")
        self.policies.append(p)

    def check_right(self, c):
        """By the policy that it names, and the first one that takes it."""
        line = self.policies[c.policy:]
        p = line[0]
        need(c.Policy == f"{p.seq} {p.commit.strong}", "its Policy")
        need(int(c.Format) >= p.format and p.may(c) and
             (p.open or p.mails[p.keys[c.signer]] == c.mail),
             "who signed it might not")
        for had, of_ref in (
                ([q.may(c) for q in line], False),
                ([q.drops.get(c.signer) == "compromised" for q in line],
                 False), ([q.rules.get(c.Ref) for q in line], True)):
            for i in [i for i in range(len(had)) if had[i] != had[0]][:1]:
                seals = [w[1] for w in line[i].words("seal")
                         if w[0] == c.Ref or not of_ref]
                need(c in self.behind(*seals) or not of_ref and any(
                    c.strong in q.every("vouch") for q in line[i:]),
                     "a later policy takes that away, and has not sealed it")
        if c.Kind == "schema" and c.Ref in p.rules:
            need(self.landed.setdefault((c.Ref, c.strongs[0]), c) is c,
                 "another version has landed on the same one")
            by = [a for a in self.approvals(c, Onto=c.strongs[0], Tree=c.Tree)
                  if a.Approves in self.by_strong and
                  self.by_strong[a.Approves].strongs == c.strongs[:1]]
            need(p.agree(c.Ref, by, self.behind(*(
                a.Approves for a in by)) - self.behind(c.strongs[0])),
                 "too few persons have approved it")

    def check_ledger(self, what, rows):
        """The story that it tells, from its genesis on."""
        engine = rows[0].Target.split(" ")[0].removesuffix("ql")
        place = begin = back = None
        said, left = self.project, []
        for i, c in enumerate(rows):
            at, event, to = f"{what}:{i}", c.Event, c.to
            was = rows[max(i - 1, 0)]
            need((event == "genesis") == (i == 0) and
                 (event == "finish") == bool(begin) and
                 (to or event in ("genesis", "finish", "note")),
                 f"{i}: its Event")
            need(c.database == c.Ref.removeprefix(LEDGER) and
                 (c.db == was.db or event == "clone") and
                 (c.database == was.database or
                  event in ("finish", "restore", "clone")), f"{i}: its Db")
            need(not c.Checkpoint or c.Checkpoint in
                 [f"{n} {k.strong}" for n, k in enumerate(self.log)],
                 f"{i}: its Checkpoint")
            if event == "restore":
                seq, _, entry = c.Restored.partition(" ")
                had = left + [was.strong] * (said != self.project)
                need(seq == str(i - 1) and (
                    entry == said or self.by_strong.get(entry) not in
                    self.behind(*had)), f"{i}: its Restored")
                left.append(entry)
            need(event != "note" or not to or (place or "-")[0] == "-",
                 f"{i}: it adopts what is at a version")
            if to not in ("", "-", *self.by_strong):
                self.missing.append(f"{at}: its version is not here")
            need(to not in self.by_strong or f"{engine} {c.state}" in
                 self.by_strong[to].every("State"), f"{i}: its To")
            self.guard(at, self.check_deploy, c, said, back)
            if event == "begin":
                need(place in (None, c.From), f"{i}: its From")
                self.guard(at, self.check_sql, c, engine)
            back = None
            if begin:
                need(c.Begin == str(i - 1) and c.Finished >= begin.Started and
                     (not to or (c.To, c.Op) == (begin.To, begin.Op)) and
                     (not to or engine == "postgres" or c.Observed == c.state),
                     f"{i}: it does not finish its begin")
                if c.Outcome.startswith("partial "):
                    back = begin.start
                    place = f"{back} {c.Observed}"
            if to and event != "begin":
                place, said = c.To, c.strong
            elif c.Outcome == "unknown":
                place = None
            begin = c if event == "begin" else None

    def check_sql(self, c, engine):
        down = c.Op == "rollback"
        below, above = (c.to, c.start)[::1 if down else -1]
        v = self.by_strong.get(above)
        need(c.Plan != "edge" or not v or any(
            (w[1], w[2 + down], v.strongs[int(w[0])]) ==
            (engine, c.Sql.split(" ")[0], below.replace("-", self.project))
            for w in v.words("Edge")), "its SQL is not the edge's")
        if self.look(c.tree)[1]:
            data = self.file(c.tree, "up.sql") or b""
            need(c.Sql == f"{sha256(data)} {len(data)}", "its SQL")

    def check_deploy(self, c, said, back):
        """What its policy asks of a database's change."""
        p = self.policies[c.policy]
        rule, begins, to = p.rules.get(c.Ref), c.Event == "begin", c.to
        need(p.open or (c.db == rule["id"] if rule else c.db not in
                        [w[1] for w in p.words("db")]), "its Db")
        if not rule or p.open:
            return
        if rule["mirror"] and c.is_row and begins:
            raise OSError("the mirror lacks it")
        if c.Event == "finish" or to in ("", back):
            return
        ref = rule["branch"]
        tips = [w[1] for q in self.policies for w in q.words("seal")
                if w[0] == ref]
        tips += [self.tips[ref].strong] if ref in self.tips else []
        need(to not in self.by_strong or self.by_strong[to] in
             self.behind(*tips, landed=ref in p.rules), "another branch's")
        need(not begins or not rule["edges"] or c.Plan == "edge", "no edge")
        if rule["n"] and to in ("-", *self.by_strong):
            by = self.approvals(c, Onto=c.Restored.split(" ")[-1] or said,
                                Approves=to.replace("-", self.project))
            wrote = self.behind(c.start) ^ self.behind(to) if begins else ()
            need(p.agree(c.Ref, by, [c, *wrote]), "too few have approved it")

    def read_dumps(self, tree):
        """What databases say of themselves, and their rows."""
        while tree and (text := self.file(
                tree, f"database/{len(self.dumps)}/state")) is not None:
            folder, n, rest, rows = f"database/{len(self.dumps)}", 0, b"", []
            state = Lines(STATES, text.decode())
            while part := self.file(tree, f"{folder}/rows.{n}"):
                n, rest = n + 1, rest + part
            while rest:
                head, rest = rest.split(b"\n", 1)
                size = int(head.split(b" ")[-1])
                rows.append(self.keep(rest[:size], True))
                need(head.decode() == f"{len(rows) - 1} {rows[-1].strong} "
                     f"{size}" and rest[size:size + 1] == b"\n", "a row")
                rest = rest[size + 1:]
            need(state.rows in ("-", str(len(rows))) and
                 rows == self.chain((rows or [None])[-1]), "its rows")
            self.dumps[state.database] = state, rows

    def check_dump(self, name, state, rows):
        mirror = self.chain(self.tips.get(LEDGER + name))
        gone, runs = mirror[len(rows):], rows and rows[-1].Event == "begin"
        need(all(row is entry for row, entry in zip(rows, mirror)) and (
            not gone or gone[-1].Event != "finish" and all(
                c.Event in ("genesis", "begin") or
                c.Outcome == "failed interrupted"
                for c in gone[bool(runs):])), "the mirror has other rows")
        need(mirror or not rows or rows[-1].db not in
             [c.db for ref, c in self.tips.items() if ref.startswith(LEDGER)],
             "it is a copy of another one")
        targets = [c.Target.split(".")[0] for c in rows if c.Target]
        said = [c for c in rows if c.To and c.Event != "begin"][-1:]
        if rows:
            self.guard(name, self.check_ledger, name, rows)
            need(targets[0].split(" ")[0].removesuffix("ql") ==
                 state.engine and (not runs or state.engine != "sqlite"),
                 "it is of another engine, or its last run has not finished")
        if not said or said[0].to == "-":
            need(runs or state.objects == "0", "it has objects")
        elif not runs and targets[-1] == state.target.split(".")[0]:
            need(state.schema == (said[0].Observed or said[0].state),
                 "its schema is not what its ledger says")

    def check_checkpoints(self, p):
        """Newest first: what was rewound later may be gone."""
        chain = self.chain(self.tips.get(CHECKPOINTS))
        self.log = [self.by_strong[self.project], *chain]
        need(not chain or chain[0].strongs == [self.project], "the first one")
        left, tips = set(), {
            ref: (c.strong, c.oid, c.Seq, ref, "")
            for ref, c in self.tips.items() if re.match(
                f"refs/(heads|tags)/|{POLICY}$|{LEDGER}|{BEFORE}", ref)}
        for c in reversed(chain):
            text = self.file(c.tree, "heads").decode()
            old = {tip[3]: tip for tip in (
                TIP.fullmatch(line).groups() for line in text.splitlines())}
            need(len(self.entries(c.tree)) == 1 and text == "".join(
                "%s %s %s %s%s\n" % tip for _, tip in sorted(old.items())),
                 "its refs")
            for ref, tip in old.items():
                need(tip[4] == " deleted" or self.may_go(tip, tips, p, left),
                     f"{ref} was put back, is gone or leads elsewhere")
            left |= {ref for ref in tips if tips[ref][4]}
            tips, p = old, self.policies[c.policy]
        for c in self.commits.values():
            if c.Ref.startswith(WITNESS):
                self.guard(c.oid, self.check_note, c)
        now, strongs = self.policies[-1], [k.strong for k in self.log]
        notes = [c for ref, c in self.tips.items() if ref.startswith(WITNESS)]
        if now.witness and not any(
                k.time > time.time() - 8 * 86400 and now.agree(WITNESS, [
                    c for c in notes if c.Approves in strongs[i:]], [k])
                for i, k in enumerate(self.log) if i):
            self.missing.append(f"{CHECKPOINTS}: none is fresh and signed")

    def leads(self, old, new):
        c, at = self.by_strong.get(old[0]), self.commits.get(new[1])
        return c and at and (c.oid, c.Seq) == old[1:3] and \
            c in self.behind(at.strong)

    def may_go(self, old, tips, p, left):
        """Where that tip is later."""
        ref, new = old[3], tips.get(old[3], ("", "", "", "", " gone"))
        free = re.match("refs/(heads|tags)/", ref) and ref not in p.rules
        same, aside = old[:3] == new[:3], any(
            tip[3].startswith(BEFORE + ref.removeprefix(LEDGER) + "/") and
            not tip[4] and self.leads(old, tip) for tip in tips.values())
        return {
            " rewound": free,
            " deleted": same and (free or aside),
            "": same or free and ref in left and new[1] not in self.commits or
            self.leads(old, new) and not re.match(f"refs/tags/|{BEFORE}", ref)
            or aside and any(
                c.Event in ("restore", "clone", "genesis")
                for c in self.behind(new[0]) - self.behind(old[0]))
        }.get(new[4])

    def check_note(self, c):
        strongs, p = [k.strong for k in self.log], self.policies[-1]
        n = strongs.index(c.Approves, 1)
        text = self.file(c.tree, "checkpoint").decode()
        made = root([self.read(k.oid, "commit") for k in self.log[:n + 1]])
        says = (f"schemastore/{self.project}\n{n + 1}\n"
                f"{base64.b64encode(made).decode()}\n\n")
        need(re.fullmatch(re.escape(says) + SIGNATURES, text) and
             len(self.entries(c.tree)) == 1, "its note")
        name, before = c.Ref.removeprefix(WITNESS), self.above(c, 1)
        need(c.signer and f"\n\u2014 {name} " in text and
             p.keys.get(c.signer) in (None, name), "whose note it is")
        need(c.Onto == (before[0].Approves if before else self.project) and
             all(k.Ref == c.Ref and k.Approves in strongs[:n] for k in before),
             "it does not follow the one before")


def main(path, trust=None):
    with tempfile.TemporaryDirectory() as folder:
        project = Project(path, folder)
        project.guard(path, project.verify, trust)
    findings, missing = project.findings, project.missing
    print(f"project {project.project}, {len(project.commits)} commits")
    print("\n".join(findings + missing + [
        "tampered" if findings else "incomplete" if missing else "ok"]))
    return 1 if findings else 6 if missing else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
