"""Calls: of the project's functions, of classes, and of what is known of
Python and Tortoise."""

import ast
import os

from . import natives
from .arguments import arguments
from .values import (
    CONTAINERS, Bound, Class, External, Field, FromEnvironment, Function,
    Index, Instance, Member, Native, Partial, ReadError, Scope, SqlDefault,
    Super, Unknown, has_unknown, is_plain, unwrap)

DEPTH = 60
MUTATORS = {"append", "extend", "insert", "add", "update", "setdefault",
            "remove", "pop", "clear", "sort", "reverse", "discard"}
PLAIN_BASES = ("builtins.object", "abc.ABC", "typing.Generic")
CONFIGS = {"TortoiseConfig", "AppConfig", "ConnectionConfig", "DBUrlConfig"}


def is_field(path):
    return path.top == "tortoise" and path.name.endswith(
        ("Field", "FieldInstance")) or path.path in (
        "tortoise.fields.Field", "tortoise.fields.base.Field")


def is_index(path):
    return path.top == "tortoise" and path.name.endswith("Index")


def is_model(path):
    return path.top == "tortoise" and path.name == "Model"


def is_enum(path):
    return path.top == "enum" or path.name in ("StrEnum", "IntEnum")


class Calls:
    depth = 0
    dotenv = False      # more may be in the environment than there is

    def e_Call(self, node, scope):
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return self.super_of(node, scope)
        fn = self.eval(node.func, scope)
        args = self.items(node.args, scope)
        kwargs = {}
        for k in node.keywords:
            v = self.eval(k.value, scope)
            if k.arg:
                kwargs[k.arg] = v
            elif isinstance(v, dict) and all(isinstance(n, str) for n in v):
                kwargs.update(v)
            else:
                u = v if isinstance(v, Unknown) else self.unknown(
                    "what is spread here cannot be told", k.value, scope)
                kwargs["**"] = u
        return self.call(fn, args, kwargs, node, scope)

    def super_of(self, node, scope):
        this = scope.find("self") or scope.find("cls")
        at = scope
        while at and not at.is_class:
            at = at.parent
        if not this or not at or not hasattr(at, "owner"):
            return self.unknown("it can be told only by running it", node,
                                scope)
        v = this.vars.get("self", this.vars.get("cls"))
        if not isinstance(v, (Instance, Field)):
            return self.unknown("it can be told only by running it", node,
                                scope)
        return Super(v, at.owner)

    def call(self, fn, args, kwargs, node, scope):
        if isinstance(fn, Unknown):
            return fn
        method = self.CALLS.get(type(fn))
        if not method:
            return self.unknown("it can be told only by running it", node,
                                scope)
        return method(self, fn, list(args), dict(kwargs), node, scope)

    # ---- Python's own ----

    def call_native(self, fn, args, kwargs, node, scope):
        if fn.function == "__init__":
            return self.base_init(fn.of, args, kwargs)
        if fn.function == "to_db_value":
            return args[0] if args else kwargs.get("value")
        name = getattr(fn.function, "__name__", "")
        args = [unwrap(v) for v in args]
        kwargs = {k: unwrap(v) for k, v in kwargs.items()}
        if isinstance(fn.of, str) and fn.of in natives.BUILTINS:
            v = self.builtin(fn.of, args, kwargs)
            if v is not None:
                return v
        if isinstance(fn.of, (list, set, dict)) and name in MUTATORS:
            return self.mutate(fn, name, args, kwargs, node, scope)
        if isinstance(fn.of, dict) and name in ("get", "items", "keys",
                                                "values", "copy"):
            return self.guarded(fn.function, args, kwargs, node, scope)
        if not all(map(is_plain, args)) or not all(map(is_plain,
                                                       kwargs.values())):
            for v in list(args) + list(kwargs.values()):
                if isinstance(v, Unknown):
                    return v
            return self.unknown("it can be told only by running it", node,
                                scope)
        if name == "format" and any(len(d) > 4
                                    for d in natives.digits(str(fn.of))):
            return self.unknown("it is too big to evaluate", node, scope)
        return self.guarded(fn.function, args, kwargs, node, scope)

    def builtin(self, name, args, kwargs):
        """On what is not plain; None: as on what is."""
        if kwargs or len(args) != 1:
            return dict(kwargs) if name == "dict" and not args else None
        v = args[0]
        if name in ("list", "tuple", "len", "sorted") and not is_plain(v):
            values = self.iterate(v)
            if values is None or name == "sorted":
                return None
            return {"list": list, "tuple": tuple, "len": len}[name](values)
        if name == "str" and isinstance(v, Member):
            return self.as_text(v)
        if name == "dict" and isinstance(v, dict):
            return dict(v)
        return None

    def mutate(self, fn, name, args, kwargs, node, scope):
        """What is not known makes what holds it unknown in part."""
        if has_unknown(args) or has_unknown(list(kwargs.values())):
            u = self.unknown("what is added here cannot be told", node,
                             scope)
            if isinstance(fn.of, dict):
                fn.of[u] = u
            elif isinstance(fn.of, set):
                fn.of.add(u)
            else:
                fn.of.append(u)
            return u
        if name in ("extend", "update") and args and \
                not isinstance(args[0], CONTAINERS):
            args = [self.iterate(args[0]) or []]
        return self.guarded(fn.function, args, kwargs, node, scope)

    def environment(self, key, default, needed, node, scope):
        if not isinstance(key, str):
            return self.unknown("the variable's name cannot be told", node,
                                scope)
        if key not in os.environ and (needed or self.dotenv):
            return self.unknown(f"the environment has no {key}", node, scope)
        v = os.environ.get(key, default)
        if not isinstance(v, str):
            return v
        out = FromEnvironment(v)
        out.variable = key
        return out

    # ---- the project's functions ----

    def call_function(self, fn, args, kwargs, node, scope):
        if fn.kind == "opaque" or isinstance(fn.node, ast.AsyncFunctionDef):
            return self.unknown(f"{fn.name}() can be told only by running "
                                "it", node, scope)
        inner = Scope(fn.module, fn.scope)
        why = self.take_arguments(inner, fn, args, kwargs)
        if why:
            return self.unknown(f"{fn.name}() {why}", node, scope)
        if self.depth >= DEPTH:
            return self.unknown(f"{fn.name}() calls itself too often", node,
                                scope)
        self.depth += 1
        try:
            if isinstance(fn.node, ast.Lambda):
                return self.eval(fn.node.body, inner)
            done = self.run_body(fn.node.body, inner)
            return done.value if done else None
        finally:
            self.depth -= 1

    def take_arguments(self, inner, fn, args, kwargs):
        a = fn.node.args
        names = [x.arg for x in a.posonlyargs + a.args]
        if "**" in kwargs:
            return "has arguments that cannot be told"
        if len(args) > len(names) and not a.vararg:
            return "has too many arguments"
        inner.vars.update(zip(names, args))
        if a.vararg:
            inner.vars[a.vararg.arg] = tuple(args[len(names):])
        only = [x.arg for x in a.kwonlyargs]
        rest = {}
        for k, v in kwargs.items():
            if k in names or k in only:
                inner.vars[k] = v
            else:
                rest[k] = v
        if a.kwarg:
            inner.vars[a.kwarg.arg] = rest
        elif rest:
            return f"has no argument '{next(iter(rest))}'"
        first = len(names) - len(fn.defaults)
        for i, v in enumerate(fn.defaults):
            inner.vars.setdefault(names[first + i], v)
        for k, v in fn.kw_defaults.items():
            inner.vars.setdefault(k, v)
        missing = [n for n in names + only if n not in inner.vars]
        return f"lacks '{missing[0]}'" if missing else None

    def keep_defaults(self, fn, a, scope):
        fn.defaults = [self.eval(d, scope) for d in a.defaults]
        for name, d in zip(a.kwonlyargs, a.kw_defaults):
            if d is not None:
                fn.kw_defaults[name.arg] = self.eval(d, scope)

    def call_bound(self, fn, args, kwargs, node, scope):
        return self.call_function(fn.function, [fn.this] + args, kwargs,
                                  node, scope)

    def call_partial(self, fn, args, kwargs, node, scope):
        return self.call(fn.function, fn.args + args,
                         {**fn.kwargs, **kwargs}, node, scope)

    # ---- classes ----

    def call_class(self, cls, args, kwargs, node, scope):
        if cls.members is not None:
            return self.member_of(cls, args, node, scope)
        where = self.where(node, scope)
        base = next((e for e in cls.externals() if is_field(e)), None)
        if base:
            return self.own_field(cls, base, args, kwargs, where, node,
                                  scope)
        if cls.is_a(is_index):
            return Index(cls, args, kwargs, where)
        this = Instance(cls)
        unread = [e for e in cls.mro() if not isinstance(e, Class) and
                  getattr(e, "path", "") not in PLAIN_BASES]
        if unread or "**" in kwargs:
            return self.unknown(
                f"{cls.name}() can be told only by running it", node, scope,
                next((e.path for e in cls.externals()), None))
        init = cls.lookup("__init__")
        if isinstance(init, Function):
            v = self.call(Bound(init, this), args, kwargs, node, scope)
            if isinstance(v, Unknown):
                return v
        elif args or kwargs:
            return self.unknown(f"{cls.name}() can be told only by running "
                                "it", node, scope)
        return this

    def own_field(self, cls, base, args, kwargs, where, node, scope):
        """A field's class of the project's; with its __init__, if any."""
        f = Field(cls, base.name, args, kwargs, where)
        f.module = base.path
        init = cls.lookup("__init__")
        if not isinstance(init, Function):
            return f
        f.args, f.kwargs, f.started = [], {}, False
        v = self.call(Bound(init, f), args, kwargs, node, scope)
        if isinstance(v, Unknown):
            return v
        if not f.started:
            raise ReadError(where, f"{cls.name}.__init__() does not call "
                            "that of the field it is based on, as far as "
                            "can be read")
        return f

    def base_init(self, this, args, kwargs):
        if isinstance(this, Field):
            this.args, this.kwargs, this.started = args, kwargs, True
            this.attrs.update(arguments(this))
        return None

    def member_of(self, enum, args, node, scope):
        value = unwrap(args[0]) if len(args) == 1 else None
        for m in enum.members.values():
            if m is value or is_plain(m.value) and is_plain(value) and \
                    m.value == value:
                return m
        return self.unknown(f"{enum.name} has no member of that value", node,
                            scope)

    # ---- what is not the project's ----

    def call_external(self, fn, args, kwargs, node, scope):
        where = self.where(node, scope)
        if is_field(fn):
            f = Field(fn, fn.name, args, kwargs, where)
            f.module = fn.path
            return f
        if is_index(fn):
            return Index(fn, args, kwargs, where)
        if fn.path == "functools.partial" and args:
            return Partial(args[0], args[1:], kwargs)
        if fn.path in ("os.getenv", "os.environ.get") and args:
            default = args[1] if len(args) > 1 else kwargs.get("default")
            return self.environment(args[0], default, False, node, scope)
        if fn.top == "tortoise" and fn.name in CONFIGS and not args:
            return dict(kwargs)
        if fn.path.startswith("dotenv.") and fn.name == "load_dotenv":
            self.dotenv = True
        if fn.path == "enum.auto":
            return External("enum.auto()")
        if fn.path.startswith("tortoise.fields.") and \
                fn.name in ("Now", "RandomHex", "SqlDefault"):
            sql = args[0] if args else kwargs.get("sql")
            return SqlDefault(fn.name, sql)
        if fn.path in natives.CALLABLES and all(map(is_plain, args)) and \
                all(map(is_plain, kwargs.values())):
            return self.guarded(natives.CALLABLES[fn.path], args, kwargs,
                                node, scope)
        if fn.path in ("builtins.map", "builtins.filter") and \
                len(args) == 2 and not kwargs:
            return self.each_of(fn.name, args[0], args[1], node, scope)
        if fn.path == "builtins.getattr" and len(args) > 1 and \
                isinstance(args[1], str):
            return self.get_attribute(args, node, scope)
        return self.unknown(f"{fn.path.removeprefix('builtins.')}() can be "
                            "told only by running it", node, scope, fn.path)

    def each_of(self, name, fn, over, node, scope):
        values = self.iterate(over)
        if values is None:
            return self.unknown("it can be told only by running it", node,
                                scope)
        made = [self.call(fn, (v,), {}, node, scope) for v in values]
        if name == "map":
            return made
        kept = [self.truth(v) for v in made]
        return [v for v, yes in zip(values, kept) if yes] \
            if None not in kept else self.unknown(
                "it can be told only by running it", node, scope)

    def get_attribute(self, args, node, scope):
        v = self.attribute(args[0], args[1], node, scope)
        return args[2] if isinstance(v, Unknown) and len(args) > 2 and \
            not isinstance(args[0], Unknown) and "has no" in v.reason else v

    CALLS = {Native: call_native, Function: call_function, Bound: call_bound,
             Partial: call_partial, Class: call_class,
             External: call_external}
