"""Objects, commits and policies, read as the manual has them, and no other
way."""

import base64
import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile

POLICY, CHECKPOINTS, SQUASH, WITNESS, LEDGER, BEFORE, AUDIT = (
    "refs/schemastore/" + name for name in (
        "policy", "checkpoints", "squash/", "witness/", "ledger/",
        "ledger-before/", "audit"))
# Which lines stand where, in their order, and how often; and with what values,
# where these are not held against others anyway.
COMMON = "Format Kind=%s Project Ref Seq Policy Tree Parent* "
ENTRY = COMMON % "ledger" + "Db Event=%s "
RUN = "Target Session Checkpoint? Started "
COMMITS = [
    "Format Kind=policy Project Ref Seq Tree Parent*",
    COMMON % "checkpoint",
    COMMON % "approval" + "Approves Onto",
    COMMON % "schema" + "State* Edge* Replaces?",
    ENTRY % "genesis" + RUN,
    ENTRY % "begin" + "Op From To Plan Step* Sql " + RUN,
    ENTRY % "finish" + "Op To Begin Finished Outcome=ok Observed",
    ENTRY % "finish" + "Begin Finished Outcome Observed?",
    ENTRY % "note|clone" + "To? " + RUN + "Observed?",
    ENTRY % "restore" + "To Restored " + RUN + "Observed?"]
H40, H64, NUM = "[0-9a-f]{40}", "[0-9a-f]{64}", "(?:0|[1-9][0-9]*)"
STATE, ENGINE, TIME = f"s1:{H64}", "(?:sqlite|postgres)", "[-0-9T:.]+Z"
VALUES = {
    "Format": "(?(sig)1|0)",
    "Ref": r"(?!.*(?:[ ~^:?*\[\\]|\.\.|//|@\{|/\.|\.lock(?:/|\n)|[/.]\n))"
           "refs/.+", "Op": "apply|rollback",
    "From": f"(?:-|{H64}) {STATE}", "To": f"(?:-|{H64}) {STATE}",
    "State": f"[a-z]+ {STATE}", "Restored": f"{NUM} {H64}",
    "Edge": f"{NUM} [a-z]+ {H64}(?: (?:{H64}|-)){{2}}", "Observed": STATE,
    "schema": STATE,
    "Started": TIME, "Finished": TIME, "Db": r"\S+ \S+", "engine": ENGINE,
    "Outcome": f"unknown|failed [a-z]+|partial {NUM}/{NUM}",
    "protect": "refs/heads/.+", "drop": r"SHA256:\S+ (?:retired|compromised)"}


def form(keys, before="", mark=" "):
    return "".join(
        f"(?:{before}{key}{mark}(?:{value or VALUES.get(key, '.+')})\n){often}"
        for key, value, often in re.findall(r"([\w-]+)=?([\w|]*)(\S?)", keys))


NAME, LINE = "[^ <>\n](?:[^<>\n]*[^ <>\n])?", "(?!Schemastore-|gpgsig).+\n"
COMMIT = re.compile(
    f"tree ({H40})\n((?:parent {H40}\n){{0,16}})"
    f"author {NAME} <[^ <>\n]*> {NUM} [+]0000\n"
    f"committer {NAME} <([^ <>\n]*)> ({NUM}) [+]0000\n"
    "(?P<sig>gpgsig -----BEGIN SSH SIGNATURE-----\n((?: .+\n)+)"
    " -----END SSH SIGNATURE-----\n)?\n"
    f"(?! ){LINE}(?<! \n)\n(?:(?:{LINE})+\n)*(?:" +
    "|".join(form(keys, "Schemastore-", ": ") for keys in COMMITS) + ")")
POLICY_TEXT = re.compile("schemastore-policy 1\n" + form(
    "seq prev min-format person* key* root? author? approver? deployer? "
    "witness? protect* db* drop* seal* vouch*"))
RULE = re.compile(
    r"(?P<ref>\S+)(?: (?P<id>[0-9a-f]{32}) deploy (?P<deploy>.+?) from "
    r"(?P<branch>\S+))?(?: approve (?P<n>[1-9]\d*)(?P<whom>(?: \S+)*?))?"
    r"(?P<edges> edges-only)?(?P<mirror> mirror required)?")
ENTRIES = re.compile(
    rb"(100644|40000) (?!\.\.?\0|(?i:\.git|git~1)\.*\0)"
    rb"([A-Za-z0-9._~%-]{1,200})\0([\0-\xff]{20})")
ORDERS = {  # of keys' groups
    "ed25519": 2**252 + 27742317777372353535851937790883648493,
    "nistp256": 2**256 - 2**224 + 2**192 - 0x4319055258e8617b0c46353d039cdaaf,
    "nistp384": 2**384 - 0x389cb27e0bc8d220a7e5f24db74f58851313e695333ad68d,
    "nistp521": 2**521 -
    0x5ae79787c40d069948033feb708f65a2fc44a36477663b851449048e16ec79bf7}
ENV = {"PATH": os.environ["PATH"], "HOME": "/nonexistent",
       "GIT_NO_REPLACE_OBJECTS": "1", "GIT_CONFIG_NOSYSTEM": "1"}


def need(true, text):
    if not true:
        raise ValueError(text)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def name_of(kind, data, algorithm="sha256"):
    """As git names objects."""
    whole = f"{kind} {len(data)}\0".encode() + data
    return hashlib.new(algorithm, whole).hexdigest()


def fingerprint(key):
    text = base64.b64encode(hashlib.sha256(key).digest()).decode()
    return "SHA256:" + text.rstrip("=")


@functools.lru_cache(maxsize=None)
def is_good(signed, armor):
    """Says ssh-keygen, which takes longer than all else."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(armor)
        f.flush()
        return not subprocess.run(
            ["ssh-keygen", "-Y", "check-novalidate", "-n", "git", "-s",
             f.name], input=signed, capture_output=True,
            check=False).returncode


def strings(data):
    """SSH's: a length in four bytes, and so many bytes; to the end."""
    out = []
    while data:
        end = 4 + int.from_bytes(data[:4], "big")
        need(len(data) >= end, "a signature that was cut")
        out.append(data[4:end])
        data = data[end:]
    return out


class Lines:
    """What stands behind the keys of a text: attributes, "" for none."""

    def __init__(self, pattern, text, before="", mark=" "):
        self.form = pattern.fullmatch(text)
        need(self.form, "its form")
        self.all = re.findall(f"^{before}([^ :]+){mark}(.*)$", text, re.M)

    def every(self, key):
        return [value for k, value in self.all if k == key]

    def words(self, key):
        return [value.split(" ") for value in self.every(key)]

    def __getattr__(self, key):
        return (self.every(key) or [""])[0]


class Commit(Lines):
    def __init__(self, raw, is_row=False):
        need(len(raw) <= 65536 and
             re.fullmatch(rb"(?:[^\0-\x1f\x7f]{0,4096}\n)+", raw), "its bytes")
        super().__init__(COMMIT, raw.decode(), "Schemastore-", ": ")
        self.tree, parents, self.mail, seconds, sig, text = self.form.groups()
        self.oid, self.strong = (name_of("commit", raw, algorithm)
                                 for algorithm in ("sha1", "sha256"))
        self.parents, self.time = re.findall(H40, parents), int(seconds)
        self.strongs, self.is_row = self.every("Parent"), is_row
        self.policy = int((self.Policy or "0").split(" ")[0])
        need(len(self.Ref.encode()) <= 250, "its Ref")
        for once in (self.parents, [w[0] for w in self.words("State")],
                     [tuple(w[:2]) for w in self.words("Edge")]):
            need(len(once) == len(set(once)), "it says something twice")
        self.db, _, self.database = self.Db.partition(" ")
        self.to, _, self.state = self.To.partition(" ")
        self.start = self.From.split(" ")[0]
        self.signer = None
        if sig:
            self.signed = raw.replace(sig.encode(), b"", 1)
            self.armor = sig[7:].replace("\n ", "\n").encode()
            self.read_signature(text)

    def read_signature(self, text):
        """What is decoded is encoded again: there is one form of it."""
        blob = base64.b64decode(text)
        again = base64.b64encode(blob).decode()
        key, *said, sig = strings(blob[10:])
        need(text == re.sub("(.{1,70})", " \\1\n", again) and
             blob[:10] == b"SSHSIG\0\0\0\1" and
             said == [b"git", b"", b"sha512"], "the form of its signature")
        kind, numbers = strings(key)[0].decode(), []
        word, value = strings(sig[:-5] if kind.startswith("sk-") else sig)
        fits = word.decode() == kind.replace("ssh-rsa", "rsa-sha2-512")
        if "ed25519" in kind:
            fits &= int.from_bytes(value[32:], "little") < ORDERS["ed25519"]
        elif kind == "ssh-rsa":
            numbers = strings(key)[1:]
            fits &= 256 <= len(value) == len(numbers[1]) - 1
        else:
            numbers, curve = strings(value), re.search(r"nistp\d+", kind)[0]
            fits &= 2 * int.from_bytes(numbers[1], "big") < ORDERS[curve]
        for number in numbers:
            n = int.from_bytes(number, "big")
            fits &= number == n.to_bytes(n.bit_length() // 8 + 1, "big")
        need(fits, "its signature")
        self.signer = fingerprint(key)


class Policy(Lines):
    def __init__(self, text, commit):
        super().__init__(POLICY_TEXT, text)
        for (key, line), (after, other) in zip(self.all, self.all[1:]):
            need(key != after or line < other and (
                key == "key" or line.split(" ")[0] != other.split(" ")[0]),
                 f"the order of its lines {key}")
        self.commit, self.format = commit, int(self.every("min-format")[0])
        self.mails = {w[0]: w[-1] for w in self.words("person")}
        self.drops, self.open = dict(self.words("drop")), not self.mails
        self.keys, self.signers, self.rules = {}, "", {}
        for person, kind, key in self.words("key"):
            finger = fingerprint(base64.b64decode(key))
            need(finger not in self.keys, "a key of two")
            self.keys[finger] = person
            if finger not in self.drops:
                self.signers += (f'{self.mails[person]} namespaces="git" '
                                 f'{kind} {key}\n')
        for line in [f"{POLICY} approve {self.root or '1 -'}",
                     f"{WITNESS} approve 1 {self.witness or '-'}",
                     *self.every("protect"),
                     *(LEDGER + line for line in self.every("db"))]:
            rule = RULE.fullmatch(line).groupdict("")
            rule["whom"] = (rule["whom"] or self.approver).split()
            self.rules[rule["ref"]] = rule

    def may(self, c):
        """Might its signer do such a thing?"""
        rule = self.rules.get(re.sub(f"^({WITNESS}).*", r"\1", c.Ref), {})
        who = {"schema": self.author,
               "checkpoint": f"{self.author} {self.deployer}",
               "ledger": rule.get("deploy", self.deployer),
               "approval": " ".join(rule.get("whom", [self.approver]))}
        return self.open or (c.signer not in self.drops and self.keys.get(
            c.signer) in who[c.Kind].split())

    def agree(self, ref, approvals, authors=()):
        """So many as its rule asks for, and of those who wrote none of it."""
        able = {self.keys.get(c.signer) for c in approvals
                if c.signer not in self.drops}
        wrote = {self.keys.get(c.signer) for c in authors
                 if c.Kind not in ("policy", "approval")}
        able = (able & set(self.rules[ref]["whom"])) - wrote
        return self.open or len(able) >= int(self.rules[ref]["n"] or 0)

    def lasting(self):
        """What is in all policies behind it."""
        return {tuple(w[:n]) for key, n in (
            ("person", 1), ("key", 3), ("db", 2), ("drop", 1))
            for w in self.words(key)} | {
            tuple(w) for w in self.words("drop") if w[1] != "retired"}


class Objects:
    """Those of a repository, which is made in the folder: of a bundle, or of a
    store's objects and refs without what else git would heed there (alternates,
    grafts, configuration)."""

    def __init__(self, path, folder):
        self.is_bundle, self.names = not os.path.isdir(path), {}
        git = ["git", "--git-dir", folder]
        subprocess.run([*git, "init", "-q", "--bare", "--template="],
                       env=ENV, check=True)
        list_refs = ["for-each-ref", "--format=%(objectname) %(refname)"]
        if self.is_bundle:
            list_refs = ["bundle", "unbundle", path]
        else:
            self.link(os.path.abspath(path), folder)
        run = subprocess.run([*git, *list_refs], env=ENV, check=False,
                             capture_output=True)
        self.missing = run.stderr.decode().splitlines()
        self.refs = {line[41:]: line[:40] for line in
                     run.stdout.decode().splitlines() if line[41:] != "HEAD"}
        if not self.is_bundle:
            self.find_unlisted(path)
        self.pipe = subprocess.Popen(
            [*git, "cat-file", "--batch"], env=ENV, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def link(self, path, folder):
        for name in ("refs", "packed-refs", "objects/pack",
                     *(f"objects/{n:02x}" for n in range(256))):
            shutil.rmtree(f"{folder}/{name}", ignore_errors=True)
            if os.path.exists(f"{path}/{name}"):
                os.symlink(f"{path}/{name}", f"{folder}/{name}")

    def find_unlisted(self, path):
        """What stands among the refs, and git has passed over."""
        for top, folders, files in os.walk(path + "/refs"):
            self.missing += [f"{top}/{n} is no ref" for n in folders + files if
                             os.path.islink(f"{top}/{n}") or n in files and
                             os.path.relpath(f"{top}/{n}", path) not in
                             self.refs and not n.endswith(".lock")]

    def look(self, oid):
        """Name and kind of what is there, if that is whole; its bytes."""
        self.pipe.stdin.write(f"{oid}\n".encode())
        self.pipe.stdin.flush()
        line = self.pipe.stdout.readline().decode().split() + ["", "", ""]
        oid, kind, size = line[:3]
        data = self.pipe.stdout.read(int(size) + 1)[:-1] if size else b""
        return oid, name_of(kind, data, "sha1") == oid and kind, data

    def peel(self, oid):
        """What a tag is of, and that one's kind; False: it is missing."""
        for _ in range(16):
            _, kind, data = self.look(oid)
            if kind != "tag":
                break
            m = re.match(f"object ({H40})\ntype ([a-z]+)\ntag ".encode(), data)
            if not m:
                raise OSError(f"tag {oid} names no object")
            oid, says = m[1].decode(), m[2].decode()
            need(self.look(oid)[1] in (False, says), "a tag's type")
        return oid, kind

    def read(self, oid, kind):
        _, found, data = self.look(oid)
        if found != kind:
            raise OSError(f"{oid} is missing, damaged or no {kind}")
        return data

    def entries(self, oid):
        """Mode, name and object of what a folder has."""
        data = self.read(oid, "tree")
        found = ENTRIES.findall(data)
        order = [name + b"/" * (mode == b"40000") for mode, name, _ in found]
        need(data == b"".join(b"%s %s\0%s" % entry for entry in found) and
             order == sorted(order) and
             len({name for _, name, _ in found}) == len(found), f"tree {oid}")
        return found

    def name(self, oid, kind, depth=0):
        """Its name in a repository that names with SHA-256."""
        if (oid, kind) not in self.names:
            if depth > 256:
                raise OSError("trees are nested too deep")
            data = self.read(oid, kind)
            if kind == "tree":
                data = b"".join(
                    b"%s %s\0" % (mode, name) + bytes.fromhex(self.name(
                        child.hex(), "tree" if mode == b"40000" else "blob",
                        depth + 1))
                    for mode, name, child in self.entries(oid))
            self.names[oid, kind] = name_of(kind, data)
        return self.names[oid, kind]

    def find(self, oid, path):
        """What a tree has there; None: nothing."""
        for part in path.encode().split(b"/"):
            oid = oid and next((child.hex() for _, name, child in
                                self.entries(oid) if name == part), None)
        return oid

    def file(self, oid, path):
        found = self.find(oid, path)
        return found and self.read(found, "blob")

    def folder(self, oid, path):
        found = self.find(oid, path)
        return [e[1].decode() for e in self.entries(found)] if found else []
