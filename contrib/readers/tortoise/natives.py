"""The functions and constants of Python's own that are evaluated."""

import datetime
import decimal
import math
import os
import pathlib
import string
import sys
import textwrap
import uuid

BUILTINS = {f.__name__: f for f in (
    abs, all, any, ascii, bin, bool, bytes, chr, dict, divmod, enumerate,
    float, frozenset, hex, int, len, list, max, min, oct, ord, pow, range,
    repr, reversed, round, set, sorted, str, sum, tuple, zip)}

# A module's constants, by name; and what may be called.
CONSTANTS = {
    "math.pi": math.pi, "math.e": math.e, "math.inf": math.inf,
    "sys.maxsize": sys.maxsize, "sys.version_info": tuple(sys.version_info),
    "sys.platform": sys.platform,
    "os.sep": os.sep,
    "datetime.date.min": datetime.date.min,
    "datetime.date.max": datetime.date.max,
    "datetime.datetime.min": datetime.datetime.min,
    "datetime.datetime.max": datetime.datetime.max,
    "datetime.timezone.utc": datetime.timezone.utc,
    "datetime.UTC": datetime.timezone.utc,
    "typing.TYPE_CHECKING": False,
}
CONSTANTS.update({f"string.{name}": getattr(string, name) for name in (
    "ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits",
    "hexdigits", "octdigits", "punctuation")})

CALLABLES = {
    "datetime.date": datetime.date,
    "datetime.date.fromisoformat": datetime.date.fromisoformat,
    "datetime.datetime": datetime.datetime,
    "datetime.datetime.fromisoformat": datetime.datetime.fromisoformat,
    "datetime.time": datetime.time,
    "datetime.time.fromisoformat": datetime.time.fromisoformat,
    "datetime.timedelta": datetime.timedelta,
    "datetime.timezone": datetime.timezone,
    "decimal.Decimal": decimal.Decimal,
    "math.ceil": math.ceil, "math.floor": math.floor, "math.sqrt": math.sqrt,
    "math.log2": math.log2, "math.log10": math.log10,
    "os.path.abspath": os.path.abspath, "os.path.dirname": os.path.dirname,
    "os.path.join": os.path.join, "os.path.basename": os.path.basename,
    "os.path.realpath": os.path.realpath,
    "os.getcwd": os.getcwd,
    "pathlib.Path": pathlib.Path, "pathlib.PurePath": pathlib.PurePath,
    "pathlib.Path.cwd": pathlib.Path.cwd,
    "textwrap.dedent": textwrap.dedent, "textwrap.indent": textwrap.indent,
    "uuid.UUID": uuid.UUID,
    "copy.copy": lambda v: type(v)(v), "types.MappingProxyType": dict,
}

# What of a path is read; not what looks into files.
PATH_NAMES = {"parent", "parents", "name", "stem", "suffix", "joinpath",
              "resolve", "absolute", "as_posix", "as_uri", "with_name",
              "with_suffix", "with_stem", "parts", "anchor", "is_absolute",
              "relative_to"}

LIMIT = 1_000_000


def attribute_ok(v, name):
    if name.startswith("_"):
        return False
    if isinstance(v, pathlib.PurePath):
        return name in PATH_NAMES
    if isinstance(v, type):
        return False
    # What asks the clock is not the same twice.
    return name not in ("now", "utcnow", "today", "fromtimestamp")


def too_big(fn, args):
    """Would calling it take for ever?"""
    for v in args:
        if isinstance(v, range) and len(v) > LIMIT:
            return True
    if fn is range:
        return any(isinstance(v, int) and abs(v) > LIMIT for v in args)
    if fn is pow:
        return True
    name = getattr(fn, "__name__", "")
    if name in ("ljust", "rjust", "center", "zfill", "expandtabs"):
        return any(isinstance(v, int) and v > LIMIT for v in args)
    if name == "bytes":
        return any(isinstance(v, int) and v > LIMIT for v in args)
    return False


def operate_ok(op, a, b):
    """Would the operator's result be of a size that can be held?"""
    big = isinstance(b, (int, float)) and abs(b) > 4096
    if op == "Pow":
        return not big and not (isinstance(a, int) and
                                abs(a).bit_length() > 256)
    if op == "LShift":
        return not big
    if op == "Mult":
        for x, n in ((a, b), (b, a)):
            if isinstance(x, (str, bytes, list, tuple)) and \
                    isinstance(n, int) and len(x) * n > LIMIT:
                return False
    if op == "Mod" and isinstance(a, (str, bytes)):
        # '%999999999d' % 1
        return len(a) < 10000 and not any(len(d) > 5 for d in digits(a))
    return True


def digits(text):
    word = ""
    for c in text if isinstance(text, str) else text.decode("latin-1"):
        if c.isdigit():
            word += c
        elif word:
            yield word
            word = ""
    if word:
        yield word
