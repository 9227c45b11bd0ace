"""Objects, commits and policies, read as the manual has them, and no other
way."""

import base64
import hashlib
import os
import re
import subprocess
import tempfile

H40, H64 = "[0-9a-f]{40}", "[0-9a-f]{64}"
NUM, STATE = "(?:0|[1-9][0-9]*)", "s1:" + H64
IDENT = r"[^ <>\n](?:[^<>\n]*[^ <>\n])? <[^ <>\n]*> " + NUM + r" \+0000"
HEAD = re.compile(f"tree ({H40})\n((?:parent {H40}\n){{0,16}})author ({IDENT})"
                  f"\ncommitter ({IDENT})\n(?:gpgsig (-----BEGIN SSH SIGNATURE"
                  "-----\n(?: [A-Za-z0-9+/=]+\n)+) -----END SSH SIGNATURE-----"
                  "\n)?$")
COMMON = [("Format", "[01]"), ("Kind", "schema|policy|ledger|approval|"
           "checkpoint"),
          ("Project", f"{H64}|genesis"), ("Ref", "refs/.+"), ("Seq", NUM),
          ("Policy", f"{NUM} {H64}"), ("Tree", H64), ("Parent", H64)]
PLACE = f"(?:-|{H64}) {STATE}"
LINES = {
    "policy": [], "checkpoint": [],
    "approval": [("Approves", H64), ("Onto", H64)],
    "schema": [("State", f"[a-z]+ {STATE}"), ("Edge", f"{NUM} [a-z]+ {H64} "
               f"(?:{H64}|-) (?:{H64}|-)"), ("Replaces", H64)],
    "ledger": [("Db", r"[0-9a-f]{32} \S+"), ("Event", "[a-z]+"),
               ("Op", "apply|rollback"), ("From", PLACE), ("To", PLACE),
               ("Restored", f"{NUM} {H64}"),
               ("Plan", f"edge|direct {NUM}"), ("Step", f"{H64} (?:up|down)"
               f"(?: as {H64})?"), ("Sql", f"{H64} {NUM}"), ("Target", ".+"),
               ("Session", ".+"), ("Checkpoint", f"[1-9][0-9]* {H64}"),
               ("Started", r"[-0-9T:.]+Z"), ("Begin", NUM),
               ("Finished", r"[-0-9T:.]+Z"), ("Outcome", ".+"),
               ("Observed", STATE)]}
MANY = {"Parent", "State", "Edge", "Step"}
ED25519_L = 2**252 + 27742317777372353535851937790883648493
P256_N = 2**256 - 2**224 + 2**192 - 0x4319055258e8617b0c46353d039cdaaf


class Bad(Exception):
    """What is read is not in its one form."""


class Missing(Exception):
    """What is to be read is not there."""


def need(true, text):
    if not true:
        raise Bad(text)


def digest(kind, data):
    return hashlib.sha256(b"%s %d\0" % (kind.encode(), len(data)) + data)


# ---- objects -----------------------------------------------------------------


class Objects:
    def __init__(self, git_dir):
        env = {"PATH": os.environ["PATH"], "GIT_NO_REPLACE_OBJECTS": "1",
               "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"}
        self.pipe = subprocess.Popen(
            ["git", "--git-dir=" + git_dir, "cat-file", "--batch"], env=env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.names, self.trees = {}, {}

    def look(self, oid):
        """What it is, and its bytes; None: it is not there, or damaged."""
        self.pipe.stdin.write(oid.encode() + b"\n")
        self.pipe.stdin.flush()
        line = self.pipe.stdout.readline().decode().split()
        if len(line) != 3:
            return None, b""
        data = self.pipe.stdout.read(int(line[2]))
        self.pipe.stdout.read(1)
        whole = b"%s %d\0" % (line[1].encode(), len(data)) + data
        same = hashlib.sha1(whole).hexdigest() == oid
        return line[1] if same else None, data

    def peel(self, oid):
        """What it is of, where it is a tag, and its kind; None: it is missing,
        or a tag of a tag of too many."""
        for _ in range(16):
            kind, data = self.look(oid)
            if kind != "tag":
                return oid, kind
            m = re.match(b"object (%s)\ntype ([a-z]+)\ntag " % H40.encode(),
                         data)
            if not m:
                raise Missing(f"tag {oid} names no object")
            oid = m[1].decode()
            need(self.look(oid)[0] in (None, m[2].decode()), "a tag's type")
        return oid, "tag"

    def read(self, oid, want):
        kind, data = self.look(oid)
        if kind != want:
            raise Missing(f"{oid} is missing, damaged or no {want}")
        return data

    def tree(self, oid, depth=0):
        """Its entries, and its name in a repository with SHA-256 names."""
        if oid in self.trees:
            return self.trees[oid]
        if depth > 256:
            raise Missing("trees are nested too deep")
        data, at, entries, big = self.read(oid, "tree"), 0, [], []
        names = set()
        while at < len(data):
            m = re.compile(rb"(100644|40000) ([A-Za-z0-9._~%-]{1,200})\0"
                           ).match(data, at)
            need(m and len(data) >= m.end() + 20, f"an entry of tree {oid}")
            mode, name, at = m[1].decode(), m[2].decode(), m.end() + 20
            need(not re.match(r"\.\.?$|(\.git|git~1)\.*$", name, re.I),
                 f"name in {oid}")
            sort = name + "/" * (mode == "40000")
            need(not entries or entries[-1][0] < sort, f"order in {oid}")
            need(name not in names, f"twice in {oid}")
            names.add(name)
            child = data[at - 20:at].hex()
            big.append(m[0] + (self.tree(child, depth + 1)[1] if sort != name
                               else self.blob(child)[1]))
            entries.append((sort, name, child))
        self.trees[oid] = entries, digest("tree", b"".join(big)).digest()
        return self.trees[oid]

    def blob(self, oid):
        if oid not in self.names:
            self.names[oid] = digest("blob", self.read(oid, "blob")).digest()
        return oid, self.names[oid]

    def folder(self, tree, name=None):
        """What is in it, or in the folder of that name, if that is there."""
        entries = self.tree(tree)[0]
        if name is None:
            return entries
        found = [e for e in entries if e[1] == name]
        return self.tree(found[0][2])[0] if found else []

    def file(self, tree, path):
        """The bytes at a path of a tree; None: nothing is there."""
        *above, last = path.split("/")
        for name in above + [last]:
            found = [e for e in self.tree(tree)[0] if e[1] == name]
            if not found:
                return None
            tree = found[0][2]
        return self.read(tree, "blob")


# ---- commits -----------------------------------------------------------------


def ref_ok(name):
    """As git check-ref-format has it."""
    return len(name.encode()) <= 250 and name.startswith("refs/") and \
        not re.search(r"[\0- \x7f~^:?*\[\\]|\.\.|//|@\{|/\.|\.lock(/|$)|[/.]$",
                      name)


def strings(data, count):
    """So many of SSH's strings, and nothing behind them."""
    out = []
    for _ in range(count):
        n = int.from_bytes(data[:4], "big")
        need(len(data) >= 4 + n, "a signature that is cut short")
        out.append(data[4:4 + n])
        data = data[4 + n:]
    need(not data, "bytes behind a signature")
    return out


class Commit:
    def __init__(self, raw, oid=None):
        self.strong = digest("commit", raw).hexdigest()
        self.oid = oid or hashlib.sha1(b"commit %d\0" % len(raw) +
                                       raw).hexdigest()
        try:
            text = raw.decode()
        except UnicodeDecodeError as e:
            raise Bad("it is no UTF-8") from e
        need(len(raw) <= 65536 and not re.search(r"[\0-\x09\x0b-\x1f\x7f]",
                                                 text), "its bytes")
        need(max(len(line.encode()) for line in text.split("\n")) <= 4096,
             "a line is too long")
        head, _, message = text.partition("\n\n")
        m = HEAD.match(head + "\n")
        need(m and message.endswith("\n"), "its head")
        self.tree, self.signer = m[1], None
        self.parents = re.findall(H40, m[2])
        self.mail = re.search("<(.*)>", m[4])[1]
        self.time = int(m[4].split()[-2])
        self.lines = self.trailers(message)
        if m[5]:
            payload = raw.replace(("gpgsig " + m[5] + " -----END SSH SIGNATURE"
                                   "-----\n").encode(), b"", 1)
            self.armor = m[5].replace("\n ", "\n") + \
                "-----END SSH SIGNATURE-----\n"
            self.payload = payload
            self.read_signature()
        need(self["Format"] == ("1" if m[5] else "0"), "its Format")
        need(ref_ok(self["Ref"]), "its Ref")

    def trailers(self, message):
        body, _, block = message.rpartition("\n\n")
        need(body and not body.startswith("\n") and not
             re.search("^(Schemastore-|gpgsig)", body, re.M), "its message")
        found = [line.partition(": ") for line in block[:-1].split("\n")]
        self.all = [(key[12:], value) for key, _, value in found
                    if key.startswith("Schemastore-")]
        need(len(self.all) == len(found), "its lines")
        self.kind = dict(self.all).get("Kind")
        need(self.kind in LINES, "its Kind")
        order = COMMON + LINES[self.kind]
        keys = [key for key, _ in order]
        at = -1
        for key, value in self.all:
            need(key in keys and re.fullmatch(dict(order)[key], value),
                 f"its line {key}")
            i = keys.index(key)
            need(i > at or (i == at and key in MANY), f"its line {key}")
            at = i
        for key in keys[:7]:
            need((key in dict(self.all)) != (key == "Policy" and
                                             self.kind == "policy"), key)
        need(len(self.every("Parent")) == len(self.parents) ==
             len(set(self.parents)), "its parents")
        for key, n in ("State", 1), ("Edge", 2):
            of = [value.split(" ")[:n] for value in self.every(key)]
            need(all(of.count(x) == 1 for x in of), f"a line {key} is twice")
        return dict(self.all)

    def __getitem__(self, key):
        return self.lines.get(key, "")

    def every(self, key):
        return [value for k, value in self.all if k == key]

    def read_signature(self):
        """One spelling: what is decoded is encoded again, and compared."""
        try:
            blob = base64.b64decode("".join(self.armor.split("\n")[1:-2]))
        except ValueError as e:
            raise Bad("armor") from e
        wrapped = base64.b64encode(blob).decode()
        need(self.armor.split("\n")[1:-2] == [
            wrapped[i:i + 70] for i in range(0, len(wrapped), 70)], "armor")
        need(blob[:10] == b"SSHSIG\0\0\0\1", "its signature's version")
        key, space, reserved, hashed, sig = strings(blob[10:], 5)
        need((space, reserved, hashed) == (b"git", b"", b"sha512"),
             "what its signature is for")
        kind = key[4:4 + int.from_bytes(key[:4], "big")].decode("latin-1")
        self.signer = kind + " " + base64.b64encode(key).decode()
        if kind == "ssh-ed25519":
            word, value = strings(sig, 2)
            need(word == b"ssh-ed25519" and len(value) == 64 and
                 int.from_bytes(value[32:], "little") < ED25519_L, "its S")
        elif kind == "ssh-rsa":
            need(strings(sig, 2)[0] == b"rsa-sha2-512", "its hash")
        elif kind == "ecdsa-sha2-nistp256":
            s = strings(strings(sig, 2)[1], 2)[1]
            need(int.from_bytes(s, "big") <= P256_N // 2, "its s")

    def good(self):
        with tempfile.NamedTemporaryFile() as f:
            f.write(self.armor.encode())
            f.flush()
            return not subprocess.run(
                ["ssh-keygen", "-Y", "check-novalidate", "-n", "git", "-s",
                 f.name], input=self.payload, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, check=False).returncode


# ---- policies ----------------------------------------------------------------


class Policy:
    def __init__(self, text):
        need(text.startswith("schemastore-policy 1\nseq ") and
             text.endswith("\n") and len(text) <= 262144, "a policy")
        self.lines = [line.split(" ") for line in text[:-1].split("\n")]
        words = ("schemastore-policy seq prev min-format person key root author"
                 " approver deployer witness protect db drop seal vouch")
        order = words.split().index
        need(all("" not in w for w in self.lines), "a blank in a policy")
        try:
            ranks = [order(w[0]) for w in self.lines]
        except ValueError as e:
            raise Bad("a line of a policy") from e
        need(ranks == sorted(ranks), "the order of a policy")
        self.seq, self.prev = int(self.one("seq")[0]), self.one("prev")[0]
        self.least = int(self.one("min-format")[0])
        self.people = {w[1]: w for w in self.every("person")}
        self.keys = {" ".join(w[2:4]): w[1] for w in self.every("key")}
        need(len(self.keys) == len(self.every("key")) and
             set(self.keys.values()) <= set(self.people), "the keys")
        self.dropped = {w[1]: w[2] for w in self.every("drop")}
        self.seals = [(w[1], w[2]) for w in self.every("seal")]
        self.vouched = {w[1] for w in self.every("vouch")}
        self.open = not self.people
        self.root = self.one("root")
        need(self.open or 1 <= int(self.root[0]) < len(self.root), "its root")

    def every(self, word):
        return [w for w in self.lines if w[0] == word]

    def one(self, word):
        found = self.every(word)
        need(len(found) <= 1, f"several lines {word}")
        return found[0][1:] if found else []

    def drop(self, key):
        blob = base64.b64decode(key.split()[1]) if key else b""
        return self.dropped.get("SHA256:" + base64.b64encode(
            hashlib.sha256(blob).digest()).decode().rstrip("="))

    def rule(self, ref):
        for w in self.every("protect") + self.every("db"):
            if ref == (w[1] if w[0] == "protect" else
                       "refs/schemastore/ledger/" + w[1]):
                return w
        return None

    def approvers(self, ref):
        """Of what is landed: how many, and of whom."""
        if ref == "refs/schemastore/policy":
            return int(self.root[0]), self.root[1:]
        if ref.startswith("refs/schemastore/witness/"):
            return 1, self.one("witness")
        rule = self.rule(ref)
        at = rule.index("approve") if rule and "approve" in rule else None
        if at is None:
            return 0, self.one("approver")
        rest = [w for w in rest_of(rule, at + 2)]
        return int(rule[at + 1]), rest or self.one("approver")

    def may(self, kind, ref, key):
        if self.open:
            return True
        person = self.keys.get(key)
        if not person or self.drop(key):
            return False
        rule = self.rule(ref)
        return person in {
            "schema": self.one("author"),
            "checkpoint": self.one("author") + self.one("deployer"),
            "approval": self.approvers(ref)[1],
            "ledger": rule[rule.index("deploy") + 1:rule.index("from")]
            if rule and rule[0] == "db" else self.one("deployer"),
            "policy": self.root[1:]}[kind]

    def signers(self):
        return "".join(f'{self.people[p][-1]} namespaces="git" {key}\n'
                       for key, p in self.keys.items() if not self.drop(key))


def rest_of(words, at):
    for w in words[at:]:
        if w in ("edges-only", "mirror"):
            return
        yield w
