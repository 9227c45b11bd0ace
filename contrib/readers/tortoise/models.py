"""The models of an application, and what Tortoise.init() makes of them."""

import ast
import inspect
import re

from .calls import is_field, is_model
from .fields import Column, Maker, refuse
from .values import (
    Class, External, Field, Index, Module, ReadError, Unknown, is_stdlib,
    unwrap)

COMMENT = re.compile(r"((?:(?!\n|^)[^\w\n]*#:.*?\n)+?)[^\w\n]*(\w+)\s*[:=]")
AERICH = """
class Aerich(Model):
    version = fields.CharField(max_length=255)
    app = fields.CharField(max_length=100)
    content = fields.JSONField()

    class Meta:
        ordering = ["-id"]
"""


class Meta:
    """A model's Meta, with the values that nothing is said of."""

    def __init__(self, cls):
        self.cls = cls
        self.of = cls.vars.get("Meta")
        self.where = cls.where
        if isinstance(self.of, Class):
            self.where = self.of.where
        elif self.of is not None:
            refuse(cls.where, f"{cls.name}.Meta", self.of)

    def get(self, name, default=None):
        if not self.of or not self.of.has(name):
            unread = [b for b in self.of.mro() if isinstance(b, Unknown)] \
                if self.of else []
            if unread:
                refuse(self.where, f"{self.cls.name}.Meta", unread[0])
            return default
        return unwrap(self.of.lookup(name))

    def flag(self, name):
        v = self.get(name)
        if v is not None and not isinstance(v, bool):
            refuse(self.where, f"{self.cls.name}.Meta.{name}", v)
        return v

    def text(self, name):
        v = self.get(name)
        if v is not None and not isinstance(v, str):
            refuse(self.where, f"{self.cls.name}.Meta.{name}", v)
        return v or None

    def groups(self, name):
        """Lists of names, or Index objects."""
        v = self.get(name) or ()
        if not isinstance(v, (list, tuple, set)):
            refuse(self.where, f"{self.cls.name}.Meta.{name}", v)
        v = list(v)
        if v and all(isinstance(x, str) for x in v):
            v = [v]
        for x in v:
            if isinstance(x, Index) or isinstance(x, (list, tuple)) and \
                    all(isinstance(n, str) for n in x):
                continue
            refuse(self.where, f"{self.cls.name}.Meta.{name}", x)
        return [x if isinstance(x, Index) else list(x) for x in v]


def is_abstract(cls):
    return Meta(cls).flag("abstract") or False


def class_fields(cls):
    """name -> Field, in Tortoise's order, of a model's class."""
    if cls.fields is not None:
        return cls.fields
    check_bases(cls)
    inherited = {}
    for base in cls.bases:
        inherit(base, inherited)
    attrs = {**inherited, **cls.vars}
    for name, v in attrs.items():
        if isinstance(v, Unknown):
            check_unknown(cls, name, v)
    fields = {n: v for n, v in attrs.items() if isinstance(v, Field)}
    fields = add_key(cls, fields, attrs)
    cls.fields = fields
    for name, text in comments(cls).items():
        if name in fields:
            fields[name].docstring = text
    return fields


def check_bases(cls):
    for b in cls.mro():
        if isinstance(b, Unknown):
            refuse(cls.where, f"a base class of {cls.name}", b)
        if isinstance(b, External) and not is_model(b) and \
                not is_stdlib(b.path) and not is_plain_base(b):
            raise ReadError(cls.where, f"{cls.name} is based on {b.path}, "
                            "which is not in the project: what fields it "
                            "has cannot be read")


def check_other(cls):
    """A class beside the models that is one too, for all we can tell."""
    fields = any(isinstance(v, Field) for v in cls.vars.values())
    for b in cls.mro():
        if isinstance(b, Unknown):
            refuse(cls.where, f"a base class of {cls.name}", b)
        if isinstance(b, External) and not is_stdlib(b.path) and \
                not is_plain_base(b) and (fields or "Model" in b.name):
            check_bases(cls)


def is_plain_base(b):
    return b.top in ("builtins", "typing_extensions", "pydantic",
                     "pydantic_settings") or \
        b.top == "tortoise" and not is_field(b)


def inherit(base, out):
    if not isinstance(base, Class):
        return
    for parent in base.mro()[1:]:
        inherit(parent, out)
    if base.is_a(is_model):
        out.update(class_fields(base))
        return
    for name, v in base.vars.items():
        if isinstance(v, Unknown):
            check_unknown(base, name, v)
        if isinstance(v, Field):
            out.setdefault(name, v)


def check_unknown(cls, name, v):
    """An attribute of a model that may be a field."""
    if v.source and (is_stdlib(v.source) or
                     is_plain_base(External(v.source))):
        return
    refuse(v.where, f"{cls.name}.{name} may be a field", v)


def is_key(field):
    v = field.kwargs.get("primary_key", field.kwargs.get("pk"))
    if v is None and field.args and field.base in (
            "IntField", "BigIntField", "SmallIntField", "TextField"):
        v = field.args[0]
    if isinstance(v, Unknown):
        refuse(field.where, "primary_key", v)
    return bool(v)


def add_key(cls, fields, attrs):
    keys = [n for n, f in fields.items() if is_key(f)]
    if len(keys) > 1:
        raise ReadError(cls.where, f"{cls.name} has two primary keys: "
                        f"{keys[0]} and {keys[1]}")
    if keys or is_abstract(cls):
        return fields
    if "id" in fields:
        raise ReadError(cls.where, f"{cls.name}.id is no primary key, and "
                        f"{cls.name} has none")
    key = Field(External("tortoise.fields.IntField"), "IntField", [],
                {"primary_key": True}, cls.where)
    key.module = key.cls.path
    return {"id": key, **fields}


def comments(cls):
    """The texts of `#:` above the names in the class."""
    node = cls.node
    first = min([node.lineno] + [d.lineno for d in node.decorator_list])
    lines = cls.module.text.split("\n")[first - 1:node.end_lineno]
    out = {}
    for text, name in COMMENT.findall("\n".join(lines) + "\n"):
        text = re.sub(r"(^\s*#:\s*|\s*$)", "", text, flags=re.MULTILINE)
        out[name] = text.replace("{model}", cls.name)
    return out


class Model:
    def __init__(self, cls, app, maker):
        self.cls = cls
        self.app = app
        self.name = cls.name
        self.label = f"{app}.{cls.name}"
        self.meta = Meta(cls)
        self.table = self.meta.text("table") or cls.name.lower()
        self.key = None
        self.columns = {}
        for name, field in class_fields(cls).items():
            c = maker.make(field, name, cls.name)
            c.docstring = getattr(field, "docstring", None)
            if c.description is None and c.docstring:
                c.description = c.docstring.split("\n")[0]
            c.field = field
            self.columns[name] = c
            if c.pk:
                self.key = c
        self.own_key = self.key     # not the column that a reference gets
        self.doc = inspect.cleandoc(ast.get_docstring(cls.node, False) or
                                    "") or None

    def add(self, c, field_where):
        if c.name in self.columns:
            raise ReadError(field_where, f"{self.name} has two fields of the "
                            f"name '{c.name}'")
        self.columns[c.name] = c

    def of_kind(self, kind):
        return [c for c in self.columns.values() if c.kind == kind]


class Project:
    """The models of all apps, by 'app.Name'."""

    def __init__(self, reader, version):
        self.reader = reader
        self.maker = Maker(reader, version)
        self.models = {}
        self.by_class = {}

    def add_app(self, app, modules, where):
        for name in modules:
            module = name if isinstance(name, Module) else \
                self.aerich() if name == "aerich.models" else \
                self.reader.load(name)
            if not module:
                raise ReadError(where, f"no module '{name}', of app "
                                f"'{app}'")
            self.discover(app, module)

    def aerich(self):
        m = Module("aerich.models", "aerich/models.py", False)
        m.text = AERICH
        m.scope.vars.update(fields=External("tortoise.fields"),
                            Model=External("tortoise.models.Model"))
        self.reader.run_body(ast.parse(AERICH).body, m.scope)
        return m

    def discover(self, app, module):
        names = module.scope.vars
        listed = names.get("__models__")
        if isinstance(listed, Unknown):
            refuse(listed.where, f"__models__ of {module.name}", listed)
        found = list(listed) if listed else [names[n] for n in sorted(names)]
        for v in found:
            if isinstance(v, Unknown) and (
                    listed or getattr(v, "may_be_class", False) or
                    v.source == "builtins.type"):
                refuse(v.where, f"what may be a model of {module.name}", v)
            if not isinstance(v, Class):
                continue
            if not v.is_a(is_model):
                check_other(v)
            elif not is_abstract(v):
                self.add_model(app, v)

    def add_model(self, app, cls):
        own = cls.app or Meta(cls).text("app")
        if own and own != app:
            return
        cls.app = app
        self.models[f"{app}.{cls.name}"] = m = Model(cls, app, self.maker)
        self.by_class[cls] = m

    # ---- relations ----

    def target(self, c, model):
        if isinstance(c.target, Class):
            m = self.by_class.get(c.target)
        else:
            m = self.models.get(c.target)
        if not m:
            name = c.target if isinstance(c.target, str) else c.target.name
            raise ReadError(c.where, f"{model.name}.{c.name} refers to "
                            f"'{name}', which is none of the models")
        c.python_type = m.label
        return m

    def relate(self):
        for m in self.models.values():
            for c in sorted(m.of_kind("fk"), key=lambda c: c.name):
                self.add_column(m, c)
            for c in m.of_kind("o2o"):
                self.add_column(m, c)
            for c in m.of_kind("m2m"):
                if not getattr(c, "made", False):
                    self.add_through(m, c)

    def add_column(self, m, c):
        """The column of a reference, which is a copy of what it refers to."""
        to = self.target(c, m)
        key = to.columns.get(c.to_field) if c.to_field else to.own_key
        if not key:
            raise ReadError(c.where, f"{to.name} has no field "
                            f"'{c.to_field}', to which {m.name}.{c.name} "
                            "refers")
        if not key.unique:
            raise ReadError(c.where, f"{to.name}.{key.name}, to which "
                            f"{m.name}.{c.name} refers, is not unique")
        name = c.name + "_id"
        col = Column("data", name, key.field_type)
        if key.kind != "data":      # a key that is a reference itself
            self.target(key, to)
            col.refers = key
        col.python_type = key.python_type
        col.constraints, col.types = key.constraints, key.types
        col.extra = key.extra
        col.null, col.index, col.default = c.null, c.index, c.default
        col.generated, col.description = c.generated, c.description
        col.unique = c.unique
        # Tortoise gives the column's name to the first model alone, where
        # several have the field from one abstract base.
        col.source_field = None if getattr(c.field, "taken", False) else \
            c.source_field
        c.field.taken = True
        c.raw = name
        c.to = key
        if c.kind == "o2o" and c.pk:
            col.pk = True
            m.key = col
        m.add(col, c.where)
        self.add_backward(m, c, to)

    def add_backward(self, m, c, to):
        if c.related_name is False:
            return
        kind = "backward_" + c.kind
        b = Column(kind, c.related_name or m.table + "s", {
            "fk": "BackwardFKRelation",
            "o2o": "BackwardOneToOneRelation"}[c.kind])
        b.python_type = m.label
        b.null = c.null or c.kind == "o2o"
        b.description = c.description
        b.db_constraint = True
        to.add(b, c.where)

    def add_through(self, m, c):
        to = self.target(c, m)
        c.backward_key = c.backward_key or m.table + "_id"
        if not c.forward_key:
            c.forward_key = to.name.lower() + "_id"
        if c.backward_key == c.forward_key:
            c.backward_key = m.table + "_rel_id"
        c.through = c.through or f"{m.table}_{to.table}"
        c.related_name = c.related_name or m.table + "s"
        c.made = False
        b = Column("m2m", c.related_name, c.field_type)
        b.unique = b.index = self.maker.version >= (0, 23)
        b.python_type = m.label
        b.forward_key, b.backward_key = c.backward_key, c.forward_key
        b.through, b.related_name = c.through, c.name
        b.on_delete, b.db_constraint = "CASCADE", True
        b.description = c.description
        b.made = b.made_unique = True
        to.add(b, c.where)
