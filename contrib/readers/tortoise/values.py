"""What an expression of a module is found to be.

Plain Python values (numbers, strings, dates, lists ...) stand for themselves;
everything else is one of the classes here.  What cannot be told without
running the program is an Unknown, which says why and where; it is an error
only where it reaches something that the schema depends on.
"""

import datetime
import decimal
import pathlib
import sys
import uuid


class ReadError(Exception):
    """What ends the reading: a file, a line, a sentence; what may help."""

    def __init__(self, where, text, hint=None):
        super().__init__(text)
        self.where = where
        self.text = text
        self.hint = hint

    def __str__(self):
        if not self.where:
            return self.text
        return f"{self.where[0]}:{self.where[1]}: {self.text}"


class Raised(Exception):
    """The program would raise this here; `try` may catch it."""

    def __init__(self, name, text):
        super().__init__(text)
        self.name = name


class Unknown:
    def __init__(self, reason, where, source=None):
        self.reason = reason
        self.where = where
        self.source = source    # the dotted name of what would say

    def __bool__(self):
        raise TypeError("an unknown value has no truth")


class External:
    """Something of a module that is not the project's."""

    def __init__(self, path):
        self.path = path

    @property
    def name(self):
        return self.path.rpartition(".")[2]

    @property
    def top(self):
        return self.path.partition(".")[0]

    def __eq__(self, other):
        return isinstance(other, External) and self.path == other.path

    def __hash__(self):
        return hash(self.path)


class FromEnvironment(str):
    """A variable's value, or its default."""

    variable = None


class Scope:
    def __init__(self, module, parent=None, is_class=False):
        self.vars = {}
        self.module = module
        self.parent = parent
        self.is_class = is_class
        self.globals = set()

    def find(self, name):
        """The value, or None where nothing has the name."""
        scope, inner = self, True
        while scope:
            if name in scope.vars and (inner or not scope.is_class):
                return scope
            scope, inner = scope.parent, False
        return None


class Module:
    def __init__(self, name, file, is_package):
        self.name = name
        self.file = file
        self.is_package = is_package
        self.scope = Scope(self)
        self.text = ""
        self.done = False


class Class:
    def __init__(self, name, module, bases, node):
        self.name = name
        self.qualname = name
        self.module = module
        self.bases = bases
        self.node = node
        self.scope = None
        self.where = (module.file, node.lineno)
        self.members = None     # of an enum
        self.fields = None      # of a model, once they are known
        self.app = None

    @property
    def vars(self):
        return self.scope.vars

    def mro(self):
        """The classes after each other as Python looks things up; what is
        not the project's stands among them as External."""
        if not hasattr(self, "_mro"):
            rest = [b.mro() if isinstance(b, Class) else [b]
                    for b in self.bases]
            self._mro = [self] + merge_mro(rest + [list(self.bases)])
        return self._mro

    def lookup(self, name):
        for c in self.mro():
            if isinstance(c, Class) and name in c.vars:
                return c.vars[name]
        return None

    def has(self, name):
        return any(isinstance(c, Class) and name in c.vars
                   for c in self.mro())

    def externals(self):
        return [c for c in self.mro() if isinstance(c, External)]

    def is_a(self, test):
        return any(isinstance(c, External) and test(c) for c in self.mro())


def merge_mro(lists):
    """C3; where it has no answer, left to right."""
    out = []
    lists = [list(v) for v in lists if v]
    while lists:
        for v in lists:
            if not any(v[0] in other[1:] for other in lists):
                break
        else:
            v = lists[0]
        head = v[0]
        out.append(head)
        lists = [[x for x in v if x is not head and x != head]
                 for v in lists]
        lists = [v for v in lists if v]
    return out


class Function:
    def __init__(self, name, node, scope):
        self.name = name
        self.node = node
        self.scope = scope
        self.module = scope.module
        self.kind = None        # property, staticmethod, classmethod, opaque
        self.defaults = []
        self.kw_defaults = {}


class Bound:
    def __init__(self, function, this):
        self.function = function
        self.this = this


class Native:
    """A method of a plain value, or a function that is safe to call."""

    def __init__(self, function, of=None):
        self.function = function
        self.of = of


class Partial:
    def __init__(self, function, args, kwargs):
        self.function = function
        self.args = args
        self.kwargs = kwargs


class Super:
    def __init__(self, this, after):
        self.this = this
        self.after = after


class Instance:
    def __init__(self, cls):
        self.cls = cls
        self.attrs = {}


class Member:
    """Of an enum."""

    def __init__(self, cls, name, value, mixin):
        self.cls = cls
        self.name = name
        self.value = value
        self.mixin = mixin      # int, str, ... or None

    def __eq__(self, other):
        if isinstance(other, Member):
            return self is other
        return bool(self.mixin) and self.value == other

    def __hash__(self):
        return hash(self.value) if self.mixin else hash(self.name)


class Field:
    """A call of a field's class, as it is written."""

    def __init__(self, cls, base, args, kwargs, where):
        self.cls = cls          # Class or External
        self.base = base        # the name of Tortoise's own class
        self.args = args
        self.kwargs = kwargs
        self.where = where
        self.attrs = {}         # of self, set by its own __init__

    @property
    def class_name(self):
        return self.cls.name


class Index:
    def __init__(self, cls, args, kwargs, where):
        self.cls = cls
        self.args = args
        self.kwargs = kwargs
        self.where = where


class SqlDefault:
    """tortoise.fields.db_defaults: Now(), RandomHex(), SqlDefault("...")"""

    def __init__(self, name, sql):
        self.name = name
        self.sql = sql

    def __str__(self):
        return f"SqlDefault({self.sql!r})" if self.name == "SqlDefault" \
            else f"{self.name}()"


SCALARS = (int, float, complex, str, bytes, bool, type(None), type(Ellipsis),
           decimal.Decimal, datetime.date, datetime.time, datetime.datetime,
           datetime.timedelta, datetime.timezone, uuid.UUID, range, slice,
           pathlib.PurePath)
CONTAINERS = (list, tuple, dict, set, frozenset)


def is_plain(v, depth=0):
    """Made of Python's own values alone."""
    if isinstance(v, SCALARS):
        return True
    if not isinstance(v, CONTAINERS) or depth > 20:
        return False
    if isinstance(v, dict):
        return all(is_plain(k, depth + 1) and is_plain(x, depth + 1)
                   for k, x in v.items())
    return all(is_plain(x, depth + 1) for x in v)


def unwrap(v):
    """A member of an enum that is a number or a string too, as that."""
    return v.value if isinstance(v, Member) and v.mixin else v


def first_unknown(v, depth=0):
    if isinstance(v, Unknown):
        return v
    if isinstance(v, CONTAINERS) and depth < 20:
        parts = list(v.keys()) + list(v.values()) if isinstance(v, dict) \
            else v
        for x in parts:
            found = first_unknown(x, depth + 1)
            if found:
                return found
    return None


def has_unknown(v):
    return first_unknown(v) is not None


def is_stdlib(path):
    return path.partition(".")[0] in sys.stdlib_module_names
