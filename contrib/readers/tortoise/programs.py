"""Migrations that are Python: the SQL that upgrade() and downgrade() return
or run.  Anything else that they do is refused."""

import ast
import base64
import json
import zlib

from .modules import Done, Reader
from .values import Function, Module, Raised, ReadError, Scope, Unknown

RUNS = ("execute_script", "execute_query", "execute_query_dict")
HARMLESS = ("print",)
LARGEST = 64 << 20
OWN = "it can be told only by running it"


class Lines:
    """SQL, where its file has it."""

    def __init__(self):
        self.text = ""

    def add(self, sql, line):
        if not sql.strip():
            return
        if self.text and not self.text.rstrip().endswith(";"):
            last = self.text.rpartition("\n")[2]
            self.text += "\n;" if "--" in last else ";"
        self.text += "\n" * max(line - 1 - self.text.count("\n"),
                                1 if self.text else 0) + sql


class Program(Reader):
    """One of the two functions is run, strictly: what it does beyond making
    strings is SQL, or an error."""

    inner = None
    lines = None
    raises = None

    def refuse(self, node, scope, why=OWN):
        raise ReadError(self.where(node, scope), why)

    def sql_of(self, v, node, scope):
        if isinstance(v, Unknown):
            raise ReadError(v.where, v.reason)
        if not isinstance(v, str):
            self.refuse(node, scope, "it is no string of SQL")
        return v

    def add(self, node, scope):
        v = self.eval(node, scope)
        self.lines.add(self.sql_of(v, node, scope),
                       self.line_of(node, scope))

    def line_of(self, node, scope):
        """Where the text begins, as far as that can be said."""
        for n in ast.walk(node):
            if isinstance(n, ast.Constant) and isinstance(n.value, str):
                return n.lineno
            if isinstance(n, ast.Name):
                found = self.line_of_name(n.id, scope)
                if found:
                    return found
        return node.lineno

    def line_of_name(self, name, scope):
        for body in (self.body, self.tree):
            for n in body:
                if isinstance(n, ast.Assign) and any(
                        isinstance(t, ast.Name) and t.id == name
                        for t in n.targets) and \
                        isinstance(n.value, (ast.Constant, ast.JoinedStr)):
                    return n.value.lineno
        return None

    # ---- statements ----

    def unsure(self, bodies, node, scope):
        if self.inner:
            self.refuse(node, scope, "whether it is run can be told only by "
                        "running it")
        return super().unsure(bodies, node, scope)

    def s_With(self, node, scope):
        if self.inner:
            self.refuse(node, scope)
        return super().s_With(node, scope)

    s_AsyncWith = s_With

    def s_Raise(self, node, scope):
        done = super().s_Raise(node, scope)
        if scope is self.inner:
            self.raises = done.value
        return done

    def s_Return(self, node, scope):
        if scope is not self.inner:
            return super().s_Return(node, scope)
        if node.value and not (isinstance(node.value, ast.Constant) and
                               node.value.value is None):
            self.add(node.value, scope)
        return Done("return")

    def s_Expr(self, node, scope):
        v = node.value
        if not self.inner or isinstance(v, ast.Constant):
            return super().s_Expr(node, scope)
        if isinstance(v, ast.Await) and scope is self.inner:
            return self.run_sql(v.value, scope)
        if not isinstance(v, ast.Call):
            self.refuse(node, scope)
        if isinstance(v.func, ast.Name) and v.func.id in HARMLESS:
            return None
        got = self.eval(v, scope)
        if isinstance(got, Unknown):
            raise ReadError(got.where, got.reason)
        return None

    def run_sql(self, call, scope):
        """await db.execute_script(SQL)"""
        f = getattr(call, "func", None)
        if not isinstance(f, ast.Attribute) or f.attr not in RUNS or \
                not isinstance(f.value, ast.Name) or f.value.id != self.db:
            self.refuse(call, scope)
        if len(call.args) != 1 or call.keywords:
            self.refuse(call, scope, "SQL with values that are handed over "
                        "with it is not read")
        self.add(call.args[0], scope)

    # ---- one of the two ----

    def check(self, node, scope):
        """What waits for the database is a statement, or has an answer that
        counts."""
        plain = {id(n.value) for n in ast.walk(node)
                 if isinstance(n, ast.Expr)}
        for n in ast.walk(node):
            if isinstance(n, (ast.AsyncFor, ast.AsyncWith, ast.Yield,
                              ast.YieldFrom)) or \
                    (isinstance(n, ast.Await) and id(n) not in plain):
                self.refuse(n, scope)

    def run_function(self, fn):
        """Its SQL; None where it raises."""
        node, scope = fn.node, fn.scope
        names = [a.arg for a in node.args.posonlyargs + node.args.args]
        if fn.kind or len(names) != 1:
            self.refuse(node, scope, f"{fn.name}() is to have one argument, "
                        "and nothing around it")
        self.check(node, scope)
        self.db, self.body, self.lines = names[0], node.body, Lines()
        self.raises = None
        self.inner = Scope(fn.module, scope)
        self.inner.vars[self.db] = Unknown(OWN, self.where(node, scope))
        try:
            self.run_body(node.body, self.inner)
        finally:
            self.inner = None
        return self.lines.text if self.raises is None else None


def parse(program, path):
    m = Module(path, path, False)
    program.run_module(m)
    with open(path, "rb") as f:
        program.tree = ast.parse(f.read(), path).body
    return m


def value(m, name):
    v = m.scope.vars.get(name)
    if isinstance(v, Unknown):
        raise ReadError(v.where, f"{name}: {v.reason}")
    return v


def line_of(tree, name):
    for n in tree:
        if isinstance(n, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == name for t in n.targets):
            return n.lineno
    return 1


def decode(text, where):
    """base64 of zlib of JSON."""
    try:
        z = zlib.decompressobj()
        data = z.decompress(base64.b64decode(text, validate=True), LARGEST)
        if not z.eof:
            raise ValueError("it is cut off, or too long")
        state = json.loads(data)
        if not isinstance(state, dict):
            raise ValueError("it is no description of models")
    except (ValueError, zlib.error, TypeError) as e:
        raise ReadError(where, f"MODELS_STATE cannot be decoded: {e}",
                        "--no-state does not look at it")
    return state


def read_program(path):
    program = Program([])
    m = parse(program, path)
    ways = {}
    for way in ("upgrade", "downgrade"):
        fn = m.scope.vars.get(way)
        if isinstance(fn, Function):
            try:
                ways[way] = program.run_function(fn)
            except Raised as e:
                raise ReadError((path, fn.node.lineno),
                                f"{way}() raises {e.name}")
            if ways[way] is None and way == "upgrade":
                raise ReadError(program.raises.where, "upgrade() "
                                + program.raises.reason.removeprefix("it "))
        elif fn is not None or way == "upgrade":
            raise ReadError((path, 1), f"it has no {way}() that can be read")
    alone = value(m, "RUN_IN_TRANSACTION")
    if alone not in (None, True, False):
        raise ReadError((path, line_of(program.tree, "RUN_IN_TRANSACTION")),
                        "RUN_IN_TRANSACTION is neither True nor False")
    state = value(m, "MODELS_STATE")
    where = path, line_of(program.tree, "MODELS_STATE")
    return {"up": ways["upgrade"], "down": ways.get("downgrade"),
            "alone": alone is False,
            "state": (lambda: decode(state, where)) if state else None}
