"""A field as Tortoise makes it from a call of its class."""

from .arguments import arguments
from .values import (
    Bound, Class, External, Function, Instance, Member, Native, Partial,
    ReadError, SqlDefault, Unknown, first_unknown, is_plain, unwrap)

NOT_SET = object()
RELATIONS = {"ForeignKeyField": "fk", "OneToOneField": "o2o",
             "ManyToManyField": "m2m"}
INT = {"oracle": "INT"}
# By class: the Python type, the SQL type, and that of other engines.
TYPES = {
    "BigIntField": ("int", "BIGINT", INT),
    "BinaryField": ("bytes", "BLOB", {
        "mssql": "VARBINARY(MAX)", "mysql": "LONGBLOB",
        "postgres": "BYTEA"}),
    "BooleanField": ("bool", "BOOL", {
        "mssql": "BIT", "oracle": "NUMBER(1)", "sqlite": "INT"}),
    "CharEnumField": ("str", "VARCHAR({max_length})", {
        "oracle": "NVARCHAR2({max_length})"}),
    "CharField": ("str", "VARCHAR({max_length})", {
        "oracle": "NVARCHAR2({max_length})"}),
    "DateField": ("datetime.date", "DATE", {}),
    "DatetimeField": ("datetime.datetime", "TIMESTAMP", {
        "mssql": "DATETIME2", "mysql": "DATETIME(6)",
        "oracle": "TIMESTAMP WITH TIME ZONE", "postgres": "TIMESTAMPTZ"}),
    "DecimalField": ("decimal.Decimal",
                     "DECIMAL({max_digits},{decimal_places})",
                     {"sqlite": "VARCHAR(40)"}),
    "FloatField": ("float", "DOUBLE PRECISION", {
        "mysql": "DOUBLE", "sqlite": "REAL"}),
    "IntEnumField": ("int", "SMALLINT", {}),
    "IntField": ("int", "INT", {}),
    "JSONField": ("dict | list", "JSON", {
        "mssql": "NVARCHAR(MAX)", "oracle": "NCLOB", "postgres": "JSONB"}),
    "SmallIntField": ("int", "SMALLINT", {}),
    "TextField": ("str", "TEXT", {
        "mssql": "NVARCHAR(MAX)", "mysql": "LONGTEXT", "oracle": "NCLOB"}),
    "TimeDeltaField": ("datetime.timedelta", "BIGINT", {
        "oracle": "NUMBER(19)"}),
    "TimeField": ("datetime.time", "TIME", {
        "mysql": "TIME(6)", "oracle": "NVARCHAR2(8)", "postgres": "TIMETZ"}),
    "UUIDField": ("uuid.UUID", "CHAR(36)", {"postgres": "UUID"}),
    "ArrayField": ("list", "", {}),
    "TSVectorField": ("None", "TSVECTOR", {}),
    "Field": ("None", "", {}),
}
NEEDED = {"CharField": ("max_length",), "CharEnumField": ("enum_type",),
          "DecimalField": ("max_digits", "decimal_places"),
          "IntEnumField": ("enum_type",)}
BITS = {"BigIntField": 63, "IntField": 31, "SmallIntField": 15,
        "IntEnumField": 15}
DIALECTS = ("mssql", "mysql", "oracle", "postgres", "sqlite")
ON_DELETE = {"CASCADE": "CASCADE", "RESTRICT": "RESTRICT",
             "SET_NULL": "SET NULL", "SET NULL": "SET NULL",
             "SET_DEFAULT": "SET DEFAULT", "SET DEFAULT": "SET DEFAULT",
             "NO_ACTION": "NO ACTION", "NO ACTION": "NO ACTION"}
PYTHON = {"Decimal": "decimal.Decimal", "datetime": "datetime.datetime",
          "date": "datetime.date", "time": "datetime.time",
          "timedelta": "datetime.timedelta", "UUID": "uuid.UUID"}


def refuse(where, what, v):
    """`what` depends on v, which is not known."""
    u = first_unknown(v)
    if isinstance(v, External):
        raise ReadError(where, f"{what}: {v.path} is not the project's, and "
                        "is not read")
    if u is None:
        raise ReadError(where, f"{what} is not a value that can be read")
    at = ""
    if u.where != where:
        at = f" ({u.where[0]}:{u.where[1]})"
    raise ReadError(where, f"{what}: {u.reason}{at}")


class Column:
    """A field of one model.  kind: data, fk, o2o, m2m, backward_fk,
    backward_o2o."""

    def __init__(self, kind, name, field_type):
        self.kind = kind
        self.name = name
        self.field_type = field_type
        self.python_type = None
        self.pk = self.generated = self.null = False
        self.unique = self.index = False
        self.default = None
        self.db_default = NOT_SET
        self.description = self.docstring = None
        self.constraints = {}
        self.types = {}
        self.source_field = None
        self.extra = {}         # keys that only some have
        self.unsaid = {}        # those that Tortoise has not
        self.where = None


class Maker:
    """Makes a Column of a Field, as a version of Tortoise does."""

    def __init__(self, reader, version):
        self.reader = reader
        self.version = version

    def make(self, field, name, owner):
        a = Arguments(field, f"{owner}.{name}")
        kind = RELATIONS.get(field.base.removesuffix("Instance"), "data")
        c = Column(kind, name, field.class_name)
        c.where = field.where
        self.common(c, a)
        if kind == "data":
            self.data(c, a, field)
        else:
            self.relation(c, a, field)
        return c

    def common(self, c, a):
        c.pk = a.flag("primary_key")
        c.null = a.flag("null")
        c.unique = a.flag("unique") or c.pk
        c.index = a.flag("db_index") or c.pk
        c.generated = a.flag("generated")
        c.description = a.text("description")
        c.source_field = a.text("source_field")
        c.default = a.get("default")
        if self.version >= (1,):
            c.db_default = a.get("db_default", NOT_SET)
        for what in ("default", "db_default"):
            v = getattr(c, what)
            if v is not NOT_SET and not can_describe(v):
                refuse(c.where, f"the {what} of {a.of}", v)

    # ---- columns ----

    def data(self, c, a, field):
        base = field.base.removesuffix("Instance")
        if field.module.startswith("tortoise.contrib.mysql") or \
                base not in TYPES:
            raise ReadError(c.where, f"{a.of}: the field {field.module} is "
                            "not known")
        for name in NEEDED.get(base, ()):
            if a.get(name) is None:
                raise ReadError(c.where, f"{a.of}: {c.field_type} needs "
                                f"{name}")
        python, sql, others = TYPES[base]
        words = dict(a.values)
        if base in ("CharEnumField", "IntEnumField"):
            words["max_length"] = self.enum(c, a, base)
            c.field_type = c.field_type.removesuffix("Instance") + "Instance"
        if base in BITS and c.pk and base != "IntEnumField":
            c.generated = a.flag("generated", True)
        if base in BITS:
            low = 1 if c.generated and self.version < (0, 21) else \
                -(1 << BITS[base])
            c.constraints = {"ge": low, "le": (1 << BITS[base]) - 1}
        if base in ("CharField", "CharEnumField"):
            c.constraints = {"max_length": a.number(
                "max_length", words.get("max_length"))}
            words["max_length"] = c.constraints["max_length"]
        for name in ("max_digits", "decimal_places"):
            if base == "DecimalField":
                words[name] = a.number(name, words[name])
        if base == "UUIDField" and c.pk and "default" not in a.values:
            c.default = External("uuid.uuid4")
        if base == "ArrayField":
            sql = (a.text("element_type") or "int").upper() + "[]"
        c.python_type = python
        if base == "JSONField" and self.version < (1,):
            c.python_type = "Union[dict, list]"
        c.types = {"": sql.format_map(words)}
        c.types.update({d: others[d].format_map(words) for d in DIALECTS
                        if d in others and (d != "oracle" or
                                            "max_length" not in others[d] or
                                            self.version >= (0, 23))})
        self.times(c, a, base)
        v = self.stored_default(c)
        if isinstance(v, (list, dict)) and v and is_plain(v):
            c.unsaid["value"] = v
        if isinstance(field.cls, Class):
            self.own_types(c, field)
            self.own_value(c, a, field)
        if not c.types[""]:
            raise ReadError(c.where, f"{a.of}: {field.class_name} has no "
                            "SQL_TYPE that can be read")

    def times(self, c, a, base):
        if base == "TSVectorField":
            c.extra = {} if self.version < (1,) else {
                "source_fields": [], "config": None, "weights": None,
                "stored": False}
            if "source_fields" in a.values:
                raise ReadError(c.where, f"{a.of}: a generated TSVectorField "
                                "is not known")
        if base not in ("DatetimeField", "TimeField"):
            return
        now, added = a.flag("auto_now"), a.flag("auto_now_add")
        if now and self.version < (1,):
            added = True
        if base == "DatetimeField":
            c.constraints = {"readOnly": True} if now or added else {}
        keys = {"auto_now_add": added, "auto_now": now}
        if base == "DatetimeField":
            c.extra = keys
        elif now or added:
            c.unsaid.update(keys)

    def enum(self, c, a, base):
        """The description that Tortoise makes up; the longest value."""
        enum = a.values["enum_type"]
        if not isinstance(enum, Class) or enum.members is None:
            refuse(c.where, f"the enum of {a.of}", enum)
        members = self.reader.distinct(enum)
        for m in members:
            if not is_plain(m.value):
                refuse(c.where, f"{enum.name}.{m.name}, of the enum of "
                       f"{a.of}", m.value)
        if c.description is None:
            c.description = "\n".join(
                f"{m.name}: {m.value}" for m in members)[:2048]
        v = self.stored_default(c)
        if isinstance(v, Member) and not v.mixin:
            c.unsaid["value"] = v.value
        if base == "IntEnumField":
            return None
        return a.get("max_length") or max(
            (len(str(m.value)) for m in members), default=0)

    def stored_default(self, c):
        """Of which the database's is made; None: there is none."""
        v = c.default if self.version < (1,) else c.db_default
        return None if v is NOT_SET else v

    def own_value(self, c, a, field):
        """What a class of the project's makes of the default."""
        fn = field.cls.lookup("to_db_value")
        v = unwrap(self.stored_default(c))
        if v is None or isinstance(v, SqlDefault) or is_callable(v) or \
                not isinstance(fn, Function):
            return
        made = unwrap(self.reader.call(Bound(fn, field), (v, None), {},
                                       field.cls.node, field.cls.scope))
        if not isinstance(made, (bool, int, float, str)):
            refuse(c.where, f"what {field.class_name}.to_db_value() makes of "
                   f"the default of {a.of}", made)
        if made != v:
            c.unsaid["value"] = made

    def own_types(self, c, field):
        """What a class of the project's says itself."""
        def read(of, what):
            v = self.reader.attribute(of, "SQL_TYPE", field.cls.node,
                                      field.cls.scope)
            if not isinstance(v, str):
                refuse(c.where, f"the SQL_TYPE of {what}", v)
            return v
        if field.cls.has("SQL_TYPE"):
            c.types[""] = read(field, field.class_name)
        for d in DIALECTS:
            of = field.cls.lookup("_db_" + d)
            if isinstance(of, Class) and of.has("SQL_TYPE"):
                this = Instance(of)
                this.attrs["field"] = field
                c.types[d] = read(this, f"{field.class_name}._db_{d}")
        own = field.cls.lookup("field_type")
        for b in [own] if own else field.cls.mro():
            name = b.of if isinstance(b, Native) else getattr(b, "name", "")
            if isinstance(b, Native) or isinstance(b, External) and \
                    name in PYTHON:
                c.python_type = PYTHON.get(name, name)
                break
        c.types = {k: v for k, v in c.types.items()
                   if not k or v != c.types[""]}

    # ---- relations ----

    def relation(self, c, a, field):
        c.field_type = {"fk": "ForeignKeyFieldInstance",
                        "o2o": "OneToOneFieldInstance",
                        "m2m": "ManyToManyFieldInstance"}[c.kind]
        c.target = a.get("model_name")
        if not isinstance(c.target, (str, Class)):
            refuse(c.where, f"the model that {a.of} refers to", c.target)
        c.related_name = a.get("related_name")
        if c.related_name is not False:
            c.related_name = a.text("related_name")
        c.on_delete = self.on_delete(c, a)
        c.db_constraint = a.flag("db_constraint", True)
        if c.kind == "o2o":
            c.unique = True
        if c.kind != "m2m":
            c.to_field = a.text("to_field")
            return
        c.through = a.text("through")
        c.forward_key = a.text("forward_key")
        c.backward_key = a.text("backward_key")
        c.made_unique = a.flag("unique", True)
        c.unique = c.index = c.made_unique and self.version >= (0, 23)

    def on_delete(self, c, a):
        v = unwrap(a.get("on_delete", "CASCADE"))
        name = v.name if isinstance(v, (External, Member)) else v
        if not isinstance(name, str) or name not in ON_DELETE:
            refuse(c.where, f"on_delete of {a.of}", v)
        return ON_DELETE[name]


class Arguments:
    def __init__(self, field, of):
        self.values = arguments(field)
        self.where = field.where
        self.of = of
        if "**" in self.values:
            refuse(self.where, f"the arguments of {of}", self.values["**"])

    def get(self, name, default=None):
        return self.values.get(name, default)

    def flag(self, name, default=False):
        v = unwrap(self.values.get(name, default))
        if not is_plain(v):
            refuse(self.where, f"{name} of {self.of}", v)
        return bool(v)

    def text(self, name):
        v = unwrap(self.values.get(name))
        if v is not None and not isinstance(v, str):
            refuse(self.where, f"{name} of {self.of}", v)
        return v or (None if name != "description" else v)

    def number(self, name, v):
        v = unwrap(v)
        if isinstance(v, bool) or not isinstance(v, int):
            refuse(self.where, f"{name} of {self.of}", v)
        return v


# ---- defaults ---------------------------------------------------------------


def is_callable(v):
    if isinstance(v, External):
        return not v.name.isupper()
    return isinstance(v, (Bound, Function, Native, Class, Partial))


def can_describe(v):
    if isinstance(v, SqlDefault):
        return v.sql is None or isinstance(v.sql, str)
    if isinstance(v, Member):
        return is_plain(v.value)
    return not isinstance(v, Unknown) and (is_plain(v) or is_callable(v))


def describe_default(v):
    """As Tortoise describes it."""
    if v is NOT_SET:
        return "__NOT_SET__"
    if isinstance(v, Member):
        return v.value if v.mixin else f"{v.cls.name}.{v.name}"
    if isinstance(v, Partial):
        return "<function functools.partial>"
    if isinstance(v, External):
        return f"<function {v.path}>"
    if isinstance(v, Native):
        return f"<function builtins.{v.of}>"
    if isinstance(v, Bound):
        v = v.function
    if isinstance(v, (Function, Class)):
        return f"<function {v.module.name}.{v.name}>"
    if v is None or isinstance(v, (bool, int, float, str)):
        return v
    if isinstance(v, SqlDefault):
        return str(v)
    return str(v)
