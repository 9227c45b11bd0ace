"""Aerich's migrations: where they are, in which order, and what each does."""

import configparser
import json
import os
import re

from .config import Config, section
from .modules import Reader
from .programs import read_program
from .values import ReadError

NAME = re.compile(r"(\d+)_(.*)\.(py|sql|json)", re.S)
MARK = re.compile(r"-- (upgrade|downgrade) --|"
                  r"##### (upgrade|downgrade) #####")
CONFIGS = ("pyproject.toml", "aerich.ini")


# ---- where they are ---------------------------------------------------------


def ini(path):
    """What Aerich before 0.6 had."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, "utf-8")
    except (configparser.Error, UnicodeDecodeError) as e:
        raise ReadError((path, getattr(e, "lineno", 1)),
                        str(e).partition("\n")[0])
    return dict(parser["aerich"]) if "aerich" in parser else {}


def settings(folder):
    """What the project says, and where; or nothing."""
    for name, how in zip(CONFIGS, (section, ini)):
        path = os.path.join(folder, name)
        found = how(path) if os.path.exists(path) else {}
        if found:
            return found, path
    return {}, None


def files_of(folder):
    """(number, rest of the name, file) of each, as Aerich sees it."""
    out = []
    for name in sorted(os.listdir(folder)):
        m = NAME.fullmatch(name)
        if m and os.path.isfile(os.path.join(folder, name)):
            out.append((int(m.group(1)), m.group(2), name))
    return sorted(out, key=lambda v: v[0])


def folders_below(folder):
    return [d for d in sorted(os.listdir(folder))
            if os.path.isdir(os.path.join(folder, d)) and
            files_of(os.path.join(folder, d))]


def of_location(folder, location):
    """app -> folder, of a location that may have {app} in it."""
    before, mark, after = location.partition("{app}")
    if not mark:
        base = os.path.normpath(os.path.join(folder, location))
        return {d: os.path.join(base, d) for d in folders_below(base)} \
            if os.path.isdir(base) else {}
    base, start = os.path.split(os.path.join(folder, before))
    base = os.path.normpath(base or ".")
    rest = after.partition("/")
    out = {}
    for d in sorted(os.listdir(base)) if os.path.isdir(base) else ():
        if d.startswith(start) and d.endswith(rest[0]):
            app = d[len(start):len(d) - len(rest[0])]
            path = os.path.join(base, d, rest[2])
            if app and os.path.isdir(path) and files_of(path):
                out[app] = os.path.normpath(path)
    return out


def on_connection(apps, found, folder, connection):
    """Those whose tables are on that connection."""
    if len(apps) < 2 or not connection or not found.get("tortoise_orm"):
        return apps
    src = found.get("src_folder") or found.get("src") or "."
    roots = [os.path.normpath(os.path.join(folder, d))
             for d in dict.fromkeys((src, "."))]
    conf = Config(Reader(roots), found["tortoise_orm"])
    return {app: d for app, d in apps.items() if app not in conf.apps or
            conf.connection_of(app) == connection}


def find_apps(folder, connection):
    found, path = settings(folder)
    if path:
        if not found.get("location"):
            raise ReadError((path, 1), "Aerich's section has no location",
                            "name the folder of the migrations")
        apps = of_location(folder, found["location"])
        if not apps:
            raise ReadError((path, 1), "no migrations are in the location, "
                            f"'{found['location']}'",
                            "name the folder of the migrations")
        return on_connection(apps, found, folder, connection)
    if files_of(folder):
        name = os.path.basename(os.path.realpath(folder))
        return {name: os.path.normpath(folder)}
    apps = of_location(folder, ".")
    if not apps:
        raise ReadError(None, f"no migrations of Aerich's are in '{folder}'",
                        "name a project's folder, where pyproject.toml has "
                        "[tool.aerich], or one with files such as "
                        "0_20250102030405_init.py")
    return apps


# ---- their order ------------------------------------------------------------


def check_numbers(files, folder, gaps):
    was = None
    for n, _, name in files:
        path = os.path.join(folder, name)
        if was and n == was[0]:
            raise ReadError(None, f"two migrations have the number {n}: "
                            f"{was[1]} and {path}",
                            "give one of them another number, or take it "
                            "out of the folder")
        due = was[0] + 1 if was else 0
        if n != due and not gaps:
            raise ReadError(None, f"no migration has the number {due}: "
                            + (f"{path} comes behind {was[1]}" if was else
                               f"{path} is the first"),
                            "put the missing file into the folder; if there "
                            "never was one: --gaps")
        was = n, path


def merged(apps, gaps):
    """(app, path) of all of them: each app's by number, apps by time."""
    queues = {}
    for app, folder in apps.items():
        files = files_of(folder)
        check_numbers(files, folder, gaps)
        queues[app] = [(rest, app, os.path.join(folder, name))
                       for _, rest, name in files]
    while any(queues.values()):
        rest, app, path = min(q[0] for q in queues.values() if q)
        queues[app].pop(0)
        yield app, path


# ---- what each does ---------------------------------------------------------


def text_of(path):
    try:
        with open(path, encoding="utf-8-sig", newline="") as f:
            return f.read().replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as e:
        raise ReadError((path, 1), f"it cannot be read: {e}")


def read_sql(path):
    """Text behind marks that may stand anywhere, each in its own lines."""
    text = text_of(path)
    found = list(MARK.finditer(text))
    parts = {}
    for i, m in enumerate(found):
        way = m.group(1) or m.group(2)
        line = text.count("\n", 0, m.start())
        if way in parts:
            raise ReadError((path, line + 1), f"a second '{m.group()}'")
        end = found[i + 1].start() if i + 1 < len(found) else len(text)
        parts[way] = "\n" * line + text[m.end():end]
    if "upgrade" not in parts:
        raise ReadError((path, 1), "there is no '-- upgrade --' in it",
                        "take the file out of the folder, or write the mark "
                        "before the SQL")
    return {"up": parts["upgrade"], "down": parts.get("downgrade")}


def read_json(path):
    try:
        found = json.loads(text_of(path))
    except ValueError as e:
        raise ReadError((path, getattr(e, "lineno", 1)), f"no JSON: {e}")
    found = found if isinstance(found, dict) else {}
    ways = {}
    for way in ("upgrade", "downgrade"):
        v = found.get(way, [])
        if not isinstance(v, list) or not all(isinstance(s, str) for s in v):
            raise ReadError((path, 1), f"'{way}' is no list of statements")
        ways[way] = ";\n".join(s.rstrip().removesuffix(";") for s in v)
    if "upgrade" not in found:
        raise ReadError((path, 1), "it has no 'upgrade'")
    return {"up": ways["upgrade"], "down": ways["downgrade"]}


READERS = {"py": read_program, "sql": read_sql, "json": read_json}


def read_one(app, path, state):
    stem, _, kind = os.path.basename(path).rpartition(".")
    found = READERS[kind](path)
    down = found["down"]
    if "\0" in found["up"] or "\0" in (down or ""):
        raise ReadError((path, 1), "a NUL byte in the SQL")
    # Aerich goes back by no SQL at all.
    if down is not None and not down.strip():
        down = None
    return {
        "number": f"{app}/{stem}", "name": stem,
        "up": {"path": path, "sql": found["up"]},
        "down": {"path": path, "sql": down} if down is not None else None,
        "alone": found.get("alone", False),
        "state": found["state"]() if state and found.get("state") else None,
    }


def read(folder, gaps, connection, state):
    if not os.path.isdir(folder):
        raise ReadError(None, f"no such folder '{folder}'",
                        "name a project's folder, or one of migrations")
    return [read_one(app, path, state)
            for app, path in merged(find_apps(folder, connection), gaps)]
