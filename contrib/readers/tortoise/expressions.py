"""Evaluating an expression: e_NAME for each of Python's own kinds of node."""

import ast
import operator

from . import natives
from .values import (
    CONTAINERS, Bound, Class, External, Field, Function, Instance, Member,
    Module, Native, ReadError, Scope, Super, Unknown, is_plain, unwrap)

BINARY = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul,
    "Div": operator.truediv, "FloorDiv": operator.floordiv,
    "Mod": operator.mod, "Pow": operator.pow, "LShift": operator.lshift,
    "RShift": operator.rshift, "BitOr": operator.or_,
    "BitAnd": operator.and_, "BitXor": operator.xor,
}
UNARY = {"UAdd": operator.pos, "USub": operator.neg, "Not": operator.not_,
         "Invert": operator.invert}
COMPARE = {
    "Eq": operator.eq, "NotEq": operator.ne, "Lt": operator.lt,
    "LtE": operator.le, "Gt": operator.gt, "GtE": operator.ge,
    "In": lambda a, b: a in b, "NotIn": lambda a, b: a not in b,
}
STEPS = 5_000_000


def comparable(v):
    """Is all of it known?  What another package has may equal anything."""
    if isinstance(v, CONTAINERS) and not is_plain(v):
        parts = list(v) + list(v.values()) if isinstance(v, dict) else v
        return all(map(comparable, parts))
    return is_plain(v) or isinstance(v, (Member, Class, Function, Field,
                                         Module))


class Expressions:
    steps = 0

    def where(self, node, scope):
        return (scope.module.file, getattr(node, "lineno", 1))

    def unknown(self, reason, node, scope, source=None):
        return Unknown(reason, self.where(node, scope), source)

    def eval(self, node, scope):
        self.steps += 1
        if self.steps > STEPS:
            raise ReadError(self.where(node, scope),
                            "there is too much to evaluate here")
        method = getattr(self, "e_" + type(node).__name__, None)
        if not method:
            return self.unknown("it can be told only by running it", node,
                                scope)
        return method(node, scope)

    def truth(self, v):
        """True, False, or None where it cannot be told."""
        v = unwrap(v)
        if isinstance(v, CONTAINERS):
            return bool(v)
        if is_plain(v):
            return bool(v)
        if isinstance(v, (Class, Function, Module, Field, Member)):
            return True
        return None

    def guarded(self, fn, args, kwargs, node, scope):
        """A function of Python's own, on plain values."""
        if natives.too_big(fn, args):
            return self.unknown("it is too big to evaluate", node, scope)
        try:
            return fn(*args, **kwargs)
        except RecursionError:
            raise
        except Exception as e:  # whatever it raises, the program would
            return self.unknown(f"it raises {type(e).__name__}: {e}", node,
                                scope)

    # ---- literals and names ----

    def e_Constant(self, node, scope):
        return node.value

    def e_Name(self, node, scope):
        found = scope.find(node.id)
        if node.id in scope.globals:
            found = scope.module.scope
        if found and node.id in found.vars:
            return found.vars[node.id]
        if node.id in natives.BUILTINS:
            return Native(natives.BUILTINS[node.id], node.id)
        if node.id == "__name__":
            return scope.module.name
        if node.id == "__file__":
            return scope.module.file
        if node.id in self.builtin_names:
            return External("builtins." + node.id)
        return self.unknown(f"'{node.id}' is not defined", node, scope)

    def items(self, nodes, scope):
        out = []
        for n in nodes:
            if not isinstance(n, ast.Starred):
                out.append(self.eval(n, scope))
                continue
            v = self.iterate(self.eval(n.value, scope))
            if v is None:
                out.append(self.unknown("what is spread here cannot be told",
                                        n, scope))
            else:
                out.extend(v)
        return out

    def e_Tuple(self, node, scope):
        return tuple(self.items(node.elts, scope))

    def e_List(self, node, scope):
        return self.items(node.elts, scope)

    def e_Set(self, node, scope):
        v = self.items(node.elts, scope)
        return self.guarded(set, (v,), {}, node, scope)

    def e_Dict(self, node, scope):
        out = {}
        for k, v in zip(node.keys, node.values):
            value = self.eval(v, scope)
            if k is not None:
                key = unwrap(self.eval(k, scope))
                try:
                    out[key] = value
                except TypeError:
                    return self.unknown("a key of it cannot be told", k,
                                        scope)
            elif isinstance(value, dict):
                out.update(value)
            else:
                u = self.unknown("what is spread here cannot be told", v,
                                 scope)
                out[u] = u
        return out

    def e_JoinedStr(self, node, scope):
        parts = [self.eval(v, scope) for v in node.values]
        for p in parts:
            if isinstance(p, Unknown):
                return p
        return "".join(parts)

    def e_FormattedValue(self, node, scope):
        v = self.eval(node.value, scope)
        if isinstance(v, Unknown):
            return v
        spec = self.eval(node.format_spec, scope) if node.format_spec else ""
        if isinstance(spec, Unknown):
            return spec
        v = self.as_text(v) if isinstance(v, Member) else v
        if not is_plain(v) or any(len(d) > 4 for d in natives.digits(spec)):
            return self.unknown("it can be told only by running it", node,
                                scope)
        turn = {115: str, 114: repr, 97: ascii}.get(node.conversion)
        return self.guarded(format, (turn(v) if turn else v, spec), {}, node,
                            scope)

    def as_text(self, member):
        """str() of an enum's member."""
        kinds = [e.name for e in member.cls.externals()]
        if "StrEnum" in kinds or "IntEnum" in kinds or "IntFlag" in kinds:
            return str(member.value)
        return f"{member.cls.name}.{member.name}"

    # ---- operators ----

    def e_BinOp(self, node, scope):
        a = unwrap(self.eval(node.left, scope))
        b = unwrap(self.eval(node.right, scope))
        return self.binary(type(node.op).__name__, a, b, node, scope)

    def binary(self, op, a, b, node, scope):
        for v in (a, b):
            if isinstance(v, Unknown):
                return v
        lists = isinstance(a, CONTAINERS) and isinstance(b, CONTAINERS)
        if op == "BitOr" and (isinstance(a, (Class, External)) or
                              isinstance(b, (Class, External))):
            return External("types.UnionType")
        if not (lists or is_plain(a) and is_plain(b)) or op not in BINARY:
            return self.unknown("it can be told only by running it", node,
                                scope)
        if not natives.operate_ok(op, a, b):
            return self.unknown("it is too big to evaluate", node, scope)
        return self.guarded(BINARY[op], (a, b), {}, node, scope)

    def e_UnaryOp(self, node, scope):
        v = unwrap(self.eval(node.operand, scope))
        op = type(node.op).__name__
        if op == "Not":
            t = self.truth(v)
            return self.unknown("it can be told only by running it", node,
                                scope) if t is None else not t
        if isinstance(v, Unknown):
            return v
        return self.guarded(UNARY[op], (v,), {}, node, scope)

    def e_BoolOp(self, node, scope):
        is_or = isinstance(node.op, ast.Or)
        v = None
        for n in node.values:
            v = self.eval(n, scope)
            t = self.truth(v)
            if t is None:
                return v if isinstance(v, Unknown) else self.unknown(
                    "it can be told only by running it", n, scope)
            if t == is_or:
                return v
        return v

    def e_Compare(self, node, scope):
        left = unwrap(self.eval(node.left, scope))
        for op, n in zip(node.ops, node.comparators):
            right = unwrap(self.eval(n, scope))
            v = self.compare(type(op).__name__, left, right, node, scope)
            if isinstance(v, Unknown) or not v:
                return v
            left = right
        return True

    def compare(self, op, a, b, node, scope):
        if not comparable(a) or not comparable(b):
            return self.unknown("it can be told only by running it", node,
                                scope)
        if op in ("Is", "IsNot"):
            same = a is b if not is_plain(a) or not is_plain(b) or \
                a is None or b is None or isinstance(a, bool) else a == b
            return same == (op == "Is")
        return self.guarded(COMPARE[op], (a, b), {}, node, scope)

    def e_IfExp(self, node, scope):
        t = self.truth(self.eval(node.test, scope))
        if t is None:
            return self.unknown("its condition can be told only by running "
                                "it", node, scope)
        return self.eval(node.body if t else node.orelse, scope)

    def e_NamedExpr(self, node, scope):
        v = self.eval(node.value, scope)
        self.assign(node.target, v, scope)
        return v

    def e_Starred(self, node, scope):
        return self.eval(node.value, scope)

    def e_Slice(self, node, scope):
        parts = [self.eval(n, scope) if n else None
                 for n in (node.lower, node.upper, node.step)]
        for p in parts:
            if isinstance(p, Unknown):
                return p
        return slice(*parts)

    def e_Subscript(self, node, scope):
        of = self.eval(node.value, scope)
        if isinstance(of, Unknown):
            return of
        if isinstance(of, (External, Native)) or \
                isinstance(of, Class) and not of.members:
            if isinstance(of, External) and of.path == "os.environ":
                key = self.eval(node.slice, scope)
                return self.environment(key, None, True, node, scope)
            return of           # a generic's parameter
        key = unwrap(self.eval(node.slice, scope))
        if isinstance(key, Unknown):
            return key
        if isinstance(of, Class):
            m = of.members.get(key) if isinstance(key, str) else None
            return m or self.unknown(f"{of.name} has no member {key!r}",
                                     node, scope)
        of = unwrap(of)
        if not is_plain(of) and not isinstance(of, CONTAINERS):
            return self.unknown("it can be told only by running it", node,
                                scope)
        return self.guarded(operator.getitem, (of, key), {}, node, scope)

    def e_Lambda(self, node, scope):
        f = Function("<lambda>", node, scope)
        self.keep_defaults(f, node.args, scope)
        return f

    # ---- comprehensions ----

    def each(self, generators, scope, emit, budget):
        """False where it cannot be told what they run over."""
        if not generators:
            emit(scope)
            return True
        g = generators[0]
        values = self.iterate(self.eval(g.iter, scope))
        if values is None or g.is_async:
            return False
        for v in values:
            budget[0] -= 1
            if budget[0] < 0:
                return False
            self.assign(g.target, v, scope)
            wanted = True
            for test in g.ifs:
                t = self.truth(self.eval(test, scope))
                if t is None:
                    return False
                wanted = wanted and t
            if wanted and not self.each(generators[1:], scope, emit, budget):
                return False
        return True

    def comprehend(self, node, scope, emit):
        inner = Scope(scope.module, scope)
        return self.each(node.generators, inner, emit, [natives.LIMIT])

    def e_ListComp(self, node, scope):
        out = []

        def emit(s):
            out.append(self.eval(node.elt, s))
        return out if self.comprehend(node, scope, emit) else self.unknown(
            "it can be told only by running it", node, scope)

    e_GeneratorExp = e_ListComp

    def e_SetComp(self, node, scope):
        v = self.e_ListComp(node, scope)
        return v if isinstance(v, Unknown) else self.guarded(
            set, (v,), {}, node, scope)

    def e_DictComp(self, node, scope):
        out = {}

        def emit(s):
            key = unwrap(self.eval(node.key, s))
            try:
                out[key] = self.eval(node.value, s)
            except TypeError:
                out[str(key)] = self.unknown("its key cannot be told", node,
                                             s)
        return out if self.comprehend(node, scope, emit) else self.unknown(
            "it can be told only by running it", node, scope)

    def iterate(self, v):
        """The values that a loop over it sees; None: it cannot be told."""
        v = unwrap(v)
        if isinstance(v, dict):
            return list(v)
        if isinstance(v, (list, tuple, str, range)):
            return list(v)
        if isinstance(v, (set, frozenset)):
            try:
                return sorted(v)
            except TypeError:
                return None
        if isinstance(v, Class) and v.members is not None:
            return self.distinct(v)
        if hasattr(v, "__next__"):
            return list(v)
        try:                    # dict.items() and the like
            return list(v) if type(v).__name__.startswith("dict_") else None
        except TypeError:
            return None

    def distinct(self, enum):
        """An enum's members, without aliases."""
        return [m for name, m in enum.members.items() if m.name == name]

    # ---- attributes ----

    def e_Attribute(self, node, scope):
        return self.attribute(self.eval(node.value, scope), node.attr, node,
                              scope)

    def attribute(self, of, name, node, scope):
        if isinstance(of, Unknown):
            return of
        method = self.ATTRIBUTES.get(type(of))
        if method:
            return method(self, of, name, node, scope)
        of = unwrap(of)
        if (is_plain(of) or isinstance(of, CONTAINERS)) and \
                natives.attribute_ok(of, name) and hasattr(of, name):
            v = getattr(of, name)
            return Native(v, of) if callable(v) else v
        return self.unknown(f"'.{name}' can be told only by running it",
                            node, scope)

    def of_external(self, of, name, node, scope):
        path = f"{of.path}.{name}"
        if path in natives.CONSTANTS:
            return natives.CONSTANTS[path]
        if of.path == "os.environ" and name == "get":
            return External("os.getenv")
        return External(path)

    def of_module(self, of, name, node, scope):
        if name in of.scope.vars:
            return of.scope.vars[name]
        sub = self.load(f"{of.name}.{name}") if of.is_package else None
        if sub:
            return sub
        if name in ("__name__", "__file__"):
            return of.name if name == "__name__" else of.file
        return self.unknown(f"module '{of.name}' has no '{name}'", node,
                            scope)

    def of_class(self, of, name, node, scope):
        if of.members is not None and name in of.members:
            return of.members[name]
        if of.has(name):
            return self.bind(of.lookup(name), of, True, node, scope)
        if name in ("__name__", "__qualname__"):
            return of.name
        if name == "__module__":
            return of.module.name
        if name == "__members__" and of.members is not None:
            return dict(of.members)
        return self.unknown(f"'{of.name}' has no '{name}' that can be read",
                            node, scope)

    def of_member(self, of, name, node, scope):
        if name in ("value", "_value_"):
            return of.value
        if name in ("name", "_name_"):
            return of.name
        if of.mixin and natives.attribute_ok(of.value, name) and \
                hasattr(of.value, name):
            return self.attribute(of.value, name, node, scope)
        return self.bind(of.cls.lookup(name), of, False, node, scope)

    def of_instance(self, of, name, node, scope):
        attrs = of.attrs
        if name in attrs:
            return attrs[name]
        if of.cls.has(name) if isinstance(of.cls, Class) else False:
            return self.bind(of.cls.lookup(name), of, False, node, scope)
        return self.unknown(f"'.{name}' can be told only by running it",
                            node, scope)

    def of_super(self, of, name, node, scope):
        cls = of.this.cls
        after = False
        for c in cls.mro():
            if after and isinstance(c, Class) and name in c.vars:
                return self.bind(c.vars[name], of.this, False, node, scope)
            if after and isinstance(c, External) and \
                    name in ("__init__", "to_db_value"):
                return Native(name, of.this)
            after = after or c is of.after
        return self.unknown("it can be told only by running it", node, scope)

    def bind(self, v, this, is_class, node, scope):
        """What a function of a class is, looked up in the class (this) or in
        one of its instances."""
        if not isinstance(v, Function) or v.kind == "staticmethod":
            return v
        if v.kind == "classmethod":
            return Bound(v, this if is_class else this.cls)
        if is_class:
            return v
        if v.kind == "property":
            return self.call(Bound(v, this), (), {}, node, scope)
        return Bound(v, this)

    ATTRIBUTES = {External: of_external, Module: of_module, Class: of_class,
                  Member: of_member, Instance: of_instance,
                  Field: of_instance, Super: of_super}
