"""Running a module's statements without running anything: only what binds
names is followed."""

import ast
import builtins
import os

from . import natives
from .calls import Calls, is_enum
from .expressions import Expressions
from .values import (
    Class, External, Field, Function, Instance, Member, Module, Raised,
    ReadError, Scope, Unknown, is_plain, is_stdlib, unwrap)

LOOPS = 100_000
KINDS = {"builtins.property": "property",
         "functools.cached_property": "property",
         "builtins.staticmethod": "staticmethod",
         "builtins.classmethod": "classmethod"}
HARMLESS = {"functools.cache", "functools.lru_cache", "typing.overload",
            "typing.no_type_check", "abc.abstractmethod", "typing.override"}


class Done:
    """How a body ended before its end."""

    def __init__(self, how, value=None):
        self.how = how
        self.value = value


class Reader(Expressions, Calls):
    builtin_names = set(dir(builtins)) - set(natives.BUILTINS)

    def __init__(self, roots):
        self.roots = roots
        self.modules = {}
        self.catching = 0

    # ---- modules ----

    def locate(self, name):
        """(file, is it a package) of a module of the project's, or None."""
        at = os.path.join(*name.split("."))
        if name.partition(".")[0] in ("tortoise", "aerich"):
            return None
        for root in self.roots:
            path = os.path.join(root, at)
            init = os.path.join(path, "__init__.py")
            if os.path.isfile(init):
                return init, True
            if os.path.isfile(path + ".py"):
                return path + ".py", False
        for root in self.roots if not is_stdlib(name) else ():
            if os.path.isdir(os.path.join(root, at)):
                return os.path.join(root, at), True
        return None

    def load(self, name):
        """The module, or None where the project has none of that name."""
        if name in self.modules:
            return self.modules[name]
        parent = name.rpartition(".")[0]
        if parent and not self.load(parent):
            return None
        found = self.locate(name)
        if not found:
            return None
        m = Module(name, os.path.normpath(found[0]), found[1])
        self.modules[name] = m
        if not os.path.isdir(found[0]):
            self.run_module(m)
        m.done = True
        if parent:
            short = name.rpartition(".")[2]
            self.modules[parent].scope.vars.setdefault(short, m)
        return m

    def run_module(self, m):
        try:
            with open(m.file, "rb") as f:
                data = f.read()
            tree = ast.parse(data, m.file)
            m.text = data.decode("utf-8-sig", "replace").replace("\r\n",
                                                                 "\n")
        except SyntaxError as e:
            raise ReadError((m.file, e.lineno or 1),
                            f"Python syntax error: {e.msg}",
                            "a merge of git's stands open in the file"
                            if (e.text or "").startswith("<<<<<<<") else
                            "put the file right: Python itself cannot read "
                            "it")
        except (OSError, ValueError) as e:
            raise ReadError((m.file, 1), f"it cannot be read: {e}")
        try:
            self.run_body(tree.body, m.scope)
        except Raised as e:
            raise ReadError((m.file, 1), f"it raises {e.name}: {e}")

    # ---- statements ----

    def run_body(self, body, scope):
        for node in body:
            method = getattr(self, "s_" + type(node).__name__, None)
            done = method(node, scope) if method else None
            if done:
                return done
        return None

    def s_Expr(self, node, scope):
        if isinstance(node.value, ast.Call):
            self.eval(node.value, scope)

    def s_Return(self, node, scope):
        return Done("return", self.eval(node.value, scope)
                    if node.value else None)

    def s_Break(self, node, scope):
        return Done("break")

    def s_Continue(self, node, scope):
        return Done("continue")

    def s_Raise(self, node, scope):
        name = getattr(getattr(node.exc, "func", node.exc), "id", "an error")
        if self.catching:
            raise Raised(name, "")
        return Done("return", self.unknown(f"it raises {name}", node, scope))

    def s_Assign(self, node, scope):
        v = self.eval(node.value, scope)
        for target in node.targets:
            self.assign(target, v, scope)

    def s_AnnAssign(self, node, scope):
        if node.value is not None:
            self.assign(node.target, self.eval(node.value, scope), scope)

    def s_AugAssign(self, node, scope):
        old = self.eval(ast.copy_location(_load(node.target), node), scope)
        new = self.eval(node.value, scope)
        v = self.binary(type(node.op).__name__, unwrap(old), unwrap(new),
                        node, scope)
        if isinstance(old, list) and isinstance(v, list):
            old[:] = v          # the same list, whoever holds it
            v = old
        self.assign(node.target, v, scope)

    def s_Global(self, node, scope):
        scope.globals.update(node.names)

    def s_Delete(self, node, scope):
        for t in node.targets:
            if isinstance(t, ast.Name):
                scope.vars.pop(t.id, None)

    def assign(self, target, v, scope):
        if isinstance(target, ast.Name):
            at = scope.module.scope if target.id in scope.globals else scope
            at.vars[target.id] = v
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target, v, scope)
        elif isinstance(target, ast.Attribute):
            of = self.eval(target.value, scope)
            if isinstance(of, (Instance, Field)):
                of.attrs[target.attr] = v
            elif isinstance(of, Class) and not isinstance(v, Field):
                of.vars[target.attr] = v    # Tortoise sees no field there
        elif isinstance(target, ast.Subscript):
            of = self.eval(target.value, scope)
            key = unwrap(self.eval(target.slice, scope))
            if isinstance(of, (dict, list)):
                try:
                    of[key] = v
                except (TypeError, IndexError):
                    pass
            elif isinstance(v, Field):
                raise ReadError(v.where, "where this field is put can be "
                                "told only by running it")

    def unpack(self, target, v, scope):
        values = self.iterate(v)
        stars = [i for i, t in enumerate(target.elts)
                 if isinstance(t, ast.Starred)]
        n = len(target.elts)
        if values is not None and stars and len(values) >= n - 1:
            i, tail = stars[0], n - stars[0] - 1
            values = values[:i] + [values[i:len(values) - tail]] + \
                values[len(values) - tail:]
        if values is None or len(values) != n:
            u = v if isinstance(v, Unknown) else self.unknown(
                "it can be told only by running it", target, scope)
            values = [u] * n
        for t, x in zip(target.elts, values):
            self.assign(t.value if isinstance(t, ast.Starred) else t, x,
                        scope)

    # ---- what may or may not be run ----

    def unsure(self, bodies, node, scope):
        """Whatever these bind is not known."""
        why = "whether it is run can be told only by running it"
        returns = False
        for body in bodies:
            for n in ast.walk(ast.Module(body, [])):
                names = []
                if isinstance(n, (ast.FunctionDef, ast.ClassDef,
                                  ast.AsyncFunctionDef)):
                    names = [n.name]
                elif isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
                    names = [n.id]
                elif isinstance(n, ast.alias):
                    names = [n.asname or n.name.partition(".")[0]]
                for name in names:
                    u = self.unknown(why, n, scope)
                    u.may_be_class = isinstance(n, (ast.ClassDef, ast.alias))
                    scope.vars[name] = u
                returns = returns or isinstance(n, ast.Return)
        if returns and scope is not scope.module.scope:
            return Done("return", self.unknown(why, node, scope))
        return None

    def s_If(self, node, scope):
        t = self.truth(self.eval(node.test, scope))
        if t is None:
            return self.unsure([node.body, node.orelse], node, scope)
        return self.run_body(node.body if t else node.orelse, scope)

    def s_While(self, node, scope):
        if self.truth(self.eval(node.test, scope)) is False:
            return self.run_body(node.orelse, scope)
        return self.unsure([node.body, node.orelse], node, scope)

    def s_For(self, node, scope):
        values = self.iterate(self.eval(node.iter, scope))
        if values is None or len(values) > LOOPS:
            self.assign(node.target, self.unknown(
                "what the loop runs over cannot be told", node, scope), scope)
            return self.unsure([node.body, node.orelse], node, scope)
        for v in values:
            self.assign(node.target, v, scope)
            done = self.run_body(node.body, scope)
            if done and done.how == "return":
                return done
            if done and done.how == "break":
                return None
        return self.run_body(node.orelse, scope)

    def s_AsyncFor(self, node, scope):
        return self.unsure([node.body, node.orelse], node, scope)

    def s_Match(self, node, scope):
        return self.unsure([c.body for c in node.cases], node, scope)

    def s_With(self, node, scope):
        for item in node.items:
            if item.optional_vars:
                self.assign(item.optional_vars,
                            self.unknown("it can be told only by running it",
                                         node, scope), scope)
        return self.run_body(node.body, scope)

    s_AsyncWith = s_With

    def s_Try(self, node, scope):
        done = None
        self.catching += bool(node.handlers)
        try:
            done = self.run_body(node.body, scope)
        except Raised as e:
            self.catching -= bool(node.handlers)
            for h in node.handlers:
                if self.catches(h, e):
                    done = self.run_body(h.body, scope)
                    break
            else:
                raise
        else:
            self.catching -= bool(node.handlers)
            done = done or self.run_body(node.orelse, scope)
        return done or self.run_body(node.finalbody, scope)

    s_TryStar = s_Try

    def catches(self, handler, raised):
        if handler.type is None:
            return True
        names = {n.id for n in ast.walk(handler.type)
                 if isinstance(n, ast.Name)}
        wide = {"Exception", "BaseException"}
        if raised.name in ("ImportError", "ModuleNotFoundError"):
            wide |= {"ImportError", "ModuleNotFoundError"}
        return bool(names & (wide | {raised.name}))

    # ---- imports ----

    def missing(self, text, node, scope):
        if self.catching:
            raise Raised("ImportError", text)
        return self.unknown(text, node, scope)

    def s_Import(self, node, scope):
        for a in node.names:
            top = a.name.partition(".")[0]
            if not self.locate(top):
                scope.vars[a.asname or top] = External(
                    a.name if a.asname else top)
                continue
            m = self.load(a.name)
            v = m if a.asname else self.load(top)
            if not m:
                v = self.missing(f"no module '{a.name}'", node, scope)
            scope.vars[a.asname or top] = v

    def absolute(self, node, scope):
        """The module's name that `from` has; None: above the top."""
        if not node.level:
            return node.module
        m = scope.module
        parts = m.name.split(".")
        cut = node.level - (1 if m.is_package else 0)
        if cut > len(parts):
            return None
        base = parts[:len(parts) - cut]
        return ".".join(base + ([node.module] if node.module else [])) or None

    def s_ImportFrom(self, node, scope):
        name = self.absolute(node, scope)
        if name == "__future__":
            return
        top = (name or "").partition(".")[0]
        if name and not node.level and not self.locate(top):
            for a in node.names:
                if a.name != "*":
                    scope.vars[a.asname or a.name] = self.of_external(
                        External(name), a.name, node, scope)
            return
        m = self.load(name) if name else None
        for a in node.names:
            if m and a.name == "*":
                self.import_star(m, scope)
            elif a.name != "*":
                scope.vars[a.asname or a.name] = self.name_of(
                    m, name, a.name, node, scope)
            else:
                self.missing(f"no module '{name}'", node, scope)

    def name_of(self, m, name, wanted, node, scope):
        if not m:
            return self.missing(f"no module '{name}'", node, scope)
        if wanted in m.scope.vars:
            return m.scope.vars[wanted]
        sub = self.load(f"{m.name}.{wanted}") if m.is_package else None
        return sub or self.missing(f"module '{m.name}' has no '{wanted}'",
                                   node, scope)

    def import_star(self, m, scope):
        names = m.scope.vars.get("__all__")
        if not isinstance(names, (list, tuple)):
            names = [n for n in m.scope.vars if not n.startswith("_")]
        for n in names:
            if isinstance(n, str) and n in m.scope.vars:
                scope.vars[n] = m.scope.vars[n]
            elif isinstance(n, str) and m.is_package:
                sub = self.load(f"{m.name}.{n}")
                if sub:
                    scope.vars[n] = sub

    # ---- functions and classes ----

    def s_FunctionDef(self, node, scope):
        fn = Function(node.name, node, scope)
        self.keep_defaults(fn, node.args, scope)
        for d in node.decorator_list:
            v = self.eval(d.func if isinstance(d, ast.Call) else d, scope)
            path = v.path if isinstance(v, External) else ""
            if path in KINDS:
                fn.kind = KINDS[path]
            elif path not in HARMLESS:
                fn.kind = "opaque"
        scope.vars[node.name] = fn

    s_AsyncFunctionDef = s_FunctionDef

    def s_ClassDef(self, node, scope):
        cls = Class(node.name, scope.module, self.items(node.bases, scope),
                    node)
        at = scope
        while at.is_class and hasattr(at, "owner"):
            cls.qualname = f"{at.owner.name}.{cls.qualname}"
            at = at.parent
        cls.scope = Scope(scope.module, scope, True)
        cls.scope.owner = cls
        self.run_body(node.body, cls.scope)
        if cls.is_a(is_enum):
            self.make_enum(cls, node, scope)
        scope.vars[node.name] = cls

    def make_enum(self, cls, node, scope):
        cls.members = {}
        kinds = [e.name for e in cls.externals()]
        mixin = "int" if {"IntEnum", "IntFlag"} & set(kinds) else \
            "str" if "StrEnum" in kinds else None
        for b in cls.mro():
            of = getattr(b, "of", None)
            if isinstance(of, str) and of in ("str", "int", "float"):
                mixin = of
        made = isinstance(cls.lookup("__new__"), Function) or \
            isinstance(cls.lookup("__init__"), Function)
        values = []
        for name, v in cls.vars.items():
            if name.startswith("_") or isinstance(v, (Function, Class)):
                continue
            if isinstance(v, External) and v.path == "enum.auto()":
                v = self.automatic(name, values, kinds)
            if made and isinstance(v, tuple):
                v = self.unknown("what its __new__ makes of it can be told "
                                 "only by running it", node, scope)
            values.append(v)
            same = [m for m in cls.members.values() if not isinstance(
                v, Unknown) and is_plain(m.value) and m.value == v]
            cls.members[name] = same[0] if same else Member(cls, name, v,
                                                            mixin)

    def automatic(self, name, values, kinds):
        if "StrEnum" in kinds:
            return name.lower()
        numbers = [v for v in values if isinstance(v, int)]
        if {"IntFlag", "Flag"} & set(kinds):
            return 1 << max(numbers).bit_length() if numbers else 1
        return max(numbers) + 1 if numbers else 1


def _load(target):
    """A target of an assignment, to be read."""
    new = ast.parse(ast.unparse(target), mode="eval").body
    for n in ast.walk(new):
        n.lineno = target.lineno
    return new
