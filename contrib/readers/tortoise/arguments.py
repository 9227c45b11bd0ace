"""The names of what Tortoise's fields are given by position."""

from .values import ReadError

COMMON = ("source_field", "generated", "primary_key", "null", "default",
          "unique", "db_index", "description")
RELATION = ("model_name", "related_name", "on_delete", "db_constraint",
            "null")
POSITIONAL = {
    "ArrayField": ("element_type",),
    "BigIntField": ("primary_key",),
    "CharEnumField": ("enum_type", "description", "max_length"),
    "CharField": ("max_length",),
    "DatetimeField": ("auto_now", "auto_now_add"),
    "DecimalField": ("max_digits", "decimal_places"),
    "ForeignKeyField": RELATION,
    "IntEnumField": ("enum_type", "description"),
    "IntField": ("primary_key",),
    "JSONField": ("encoder", "decoder"),
    "ManyToManyField": ("model_name", "through", "forward_key",
                        "backward_key", "related_name", "on_delete",
                        "db_constraint", "unique"),
    "OneToOneField": RELATION,
    "SmallIntField": ("primary_key",),
    "TextField": ("primary_key", "unique", "db_index"),
    "TimeField": ("auto_now", "auto_now_add"),
}
# The names that came later, by those that they replace.
OLD = {"pk": "primary_key", "index": "db_index", "to": "model_name",
       "create_unique_index": "unique"}


def arguments(field):
    """A field's arguments, by name."""
    names = POSITIONAL.get(field.base.removesuffix("Instance"), COMMON)
    if len(field.args) > len(names):
        raise ReadError(field.where, f"{field.class_name}() has too many "
                        "arguments")
    out = dict(zip(names, field.args))
    for name, v in field.kwargs.items():
        out[OLD.get(name, name)] = v
    return out
