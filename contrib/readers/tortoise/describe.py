"""The description of models, as Tortoise.describe_models() prints it.

What Tortoise does not say there, though its tables have it, is in keys of our
own where that is asked for, and it is not what one would take it for: `schema`
of a model, `to_field` of a reference, `index` of what is unique as well,
`value` of a default that the text does not tell, `auto_now_add` of a
TimeField, `tortoise`, the version, where that is an old one.
"""

from .calls import is_index
from .fields import describe_default, refuse
from .values import Class, Index, ReadError, is_plain, unwrap

TYPES = {"BloomIndex": "BLOOM", "BrinIndex": "BRIN", "GinIndex": "GIN",
         "GistIndex": "GIST", "HashIndex": "HASH", "SpGistIndex": "SPGIST",
         "FullTextIndex": "FULLTEXT", "SpatialIndex": "SPATIAL"}


def describe(project, version, more):
    return {label: describe_model(m, version, more)
            for label, m in project.models.items()}


def describe_model(m, version, more):
    meta = m.meta
    description = meta.text("table_description")
    if description is None and m.doc:
        description = m.doc.split("\n")[0]
    out = {
        "name": m.label, "app": m.app, "table": m.table, "abstract": False,
        "description": description, "docstring": m.doc,
        "unique_together": groups(m, "unique_together"),
        "indexes": groups(m, "indexes"),
        "pk_field": describe_field(m.key, version, more),
        "data_fields": [describe_field(c, version, more)
                        for c in m.of_kind("data") if not c.pk],
    }
    for kind in ("fk", "backward_fk", "o2o", "backward_o2o", "m2m"):
        out[kind + "_fields"] = [describe_field(c, version, more)
                                 for c in m.of_kind(kind)]
    out["managed"] = meta.flag("managed")
    schema = meta.text("schema")
    if more and schema and version >= (1,):     # older ones do not heed it
        out["schema"] = schema
    if more and version < (0, 23):  # which do as much in silence
        out["tortoise"] = ".".join(map(str, version))
    return out


def groups(m, name):
    return [index(m, x) if isinstance(x, Index) else x
            for x in m.meta.groups(name)]


def index(m, i):
    what = f"an index of {m.name}"
    if i.args or "**" in i.kwargs:
        raise ReadError(i.where, f"{what} is of an expression: that can be "
                        "told only by running it")
    fields, name = i.kwargs.get("fields"), unwrap(i.kwargs.get("name"))
    if not isinstance(fields, (list, tuple)) or \
            not all(isinstance(f, str) for f in fields):
        refuse(i.where, f"the fields of {what}", fields)
    if name is not None and not isinstance(name, str):
        refuse(i.where, f"the name of {what}", name)
    return {"fields": list(fields), "expressions": [], "name": name,
            "type": index_type(i, what), "extra": extra(i, what)}


def index_type(i, what):
    if not isinstance(i.cls, Class):
        return TYPES.get(i.cls.name, "")
    if i.cls.has("INDEX_TYPE"):
        v = i.cls.lookup("INDEX_TYPE")
        if not isinstance(v, str):
            refuse(i.where, f"the type of {what}", v)
        return v
    base = next(e for e in i.cls.externals() if is_index(e))
    return TYPES.get(base.name, "")


def extra(i, what):
    v = i.kwargs.get("condition")
    if not v:
        return ""
    if not isinstance(v, dict) or not is_plain(
            {k: unwrap(x) for k, x in v.items()}):
        refuse(i.where, f"the condition of {what}", v)
    return " WHERE " + " AND ".join(
        f"{k} = {literal(unwrap(x))}" for k, x in v.items())


def literal(v):
    if v is None:
        return "null"
    if isinstance(v, bool):
        return str(v).lower()
    if isinstance(v, (int, float)):
        return str(v)
    return "'" + str(v).replace("'", "''") + "'"


def describe_field(c, version, more):
    refers = getattr(c, "refers", None)
    out = {"name": c.name, "field_type": c.field_type}
    if c.kind == "data" and not refers:
        out["db_column"] = c.source_field or c.name
    out.update({
        "python_type": c.python_type, "generated": c.generated,
        "nullable": c.null, "unique": c.unique,
        "indexed": c.index or c.unique,
        "default": describe_default(c.default)})
    if version >= (1,):
        out["db_default"] = describe_default(c.db_default)
    out.update({"description": c.description, "docstring": c.docstring,
                "constraints": c.constraints})
    if c.kind == "data" and not refers:
        out["db_field_types"] = c.types
        out.update(c.extra)
        if more:
            out.update(c.unsaid)
        if more and c.unique and c.index and not c.pk:
            out["index"] = True
        return out
    out["db_constraint"] = True if refers else c.db_constraint
    if refers:
        out["raw_field"] = c.name
        out["on_delete"] = refers.on_delete
        if c.source_field:
            out["db_column"] = c.source_field
    elif c.kind in ("fk", "o2o"):
        out["raw_field"] = c.raw
        out["on_delete"] = c.on_delete
        if more and c.to_field:
            out["to_field"] = c.to_field
    elif c.kind == "m2m":
        out.update({
            "model_name": c.python_type, "related_name": c.related_name,
            "forward_key": c.forward_key, "backward_key": c.backward_key,
            "through": c.through, "on_delete": c.on_delete,
            "_generated": c.made})
        # What is not so although the table would have it by default.
        if more and not c.made_unique and version < (0, 23):
            out["index"] = False
    return out
