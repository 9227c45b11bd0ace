"""Where a project's models are: pyproject.toml, and the value that it names,
read as all else is, without running it."""

import glob
import os
import re
import tomllib

from .values import (
    Class, FromEnvironment, ReadError, Unknown, first_unknown)

PACKAGE = "tortoise_orm-*.dist-info"
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock")
SCHEMES = {"sqlite": "sqlite", "postgres": "postgres", "asyncpg": "postgres",
           "psycopg": "postgres", "postgresql": "postgres"}


def read_toml(path):
    try:
        with open(path, "rb") as f:
            return tomllib.load(f)
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as e:
        m = re.search(r"line (\d+)", str(e))
        raise ReadError((path, int(m.group(1)) if m else 1), str(e))


def section(path):
    """[tool.aerich], or [tool.tortoise]."""
    tool = (read_toml(path) or {}).get("tool", {})
    out = tool.get("aerich") or tool.get("tortoise") or {}
    for key in ("tortoise_orm", "location", "src_folder", "src"):
        if key in out and not isinstance(out[key], str):
            raise ReadError((path, 1), f"{key} is not a string")
    return out


def find_value(reader, dotted):
    """(value, where) of pkg.module.VARIABLE, or pkg.module.Class.ATTR."""
    parts = dotted.split(".")
    if len(parts) < 2 or not all(parts):
        raise ReadError(None, f"'{dotted}' is no configuration",
                        "write tortoise:pkg.module.VARIABLE")
    for n in (1, 2):
        if len(parts) <= n:
            break
        name = ".".join(parts[:-n])
        m = reader.load(name)
        if not m:
            continue
        v = m
        for part in parts[-n:]:
            where = v.where if isinstance(v, Class) else (m.file, 1)
            found = v.scope.vars if not isinstance(v, Class) else None
            has = part in found if found is not None else v.has(part)
            if not has:
                raise ReadError(where, f"there is no '{part}', which "
                                f"'{dotted}' names")
            v = found[part] if found is not None else v.lookup(part)
        return v, (m.file, 1)
    raise ReadError(None, f"no module '{'.'.join(parts[:-1])}' in "
                    + ", ".join(f"'{r}'" for r in reader.roots),
                    "tortoise.folder in schemastore.conf says where modules "
                    "are, and src_folder in pyproject.toml")


class Config:
    def __init__(self, reader, dotted):
        self.value, self.where = find_value(reader, dotted)
        self.dotted = dotted
        if isinstance(self.value, Unknown):
            raise ReadError(self.value.where, f"{dotted}: "
                            f"{self.value.reason}")
        if not isinstance(self.value, dict):
            raise ReadError(self.where, f"{dotted} is not a dict")
        self.apps = self.part("apps")
        if not self.apps:
            raise ReadError(self.where, f"{dotted} has no apps")

    def part(self, name):
        v = self.value.get(name)
        if isinstance(v, Unknown):
            raise ReadError(v.where, f"{name} of {self.dotted}: {v.reason}")
        if not isinstance(v, dict):
            raise ReadError(self.where, f"{self.dotted} has no {name}")
        return v

    def modules(self, app):
        v = self.apps[app]
        v = v.get("models") if isinstance(v, dict) else v
        u = first_unknown(v)
        if u:
            raise ReadError(u.where, f"the models of app '{app}': "
                            f"{u.reason}")
        if isinstance(v, str):
            v = [v]
        if not isinstance(v, (list, tuple)):
            raise ReadError(self.where, f"app '{app}' has no list of models")
        return list(v)

    def connection_of(self, app):
        v = self.apps[app]
        v = v.get("default_connection") if isinstance(v, dict) else None
        return v if isinstance(v, str) else "default"

    def connections(self):
        """name -> {"engine": or None, "url": or None, "why": of the latter},
        of those that apps are on."""
        given = self.value.get("connections")
        given = given if isinstance(given, dict) else {}
        used = {self.connection_of(app): None for app in self.apps}
        return {name: connection(given.get(name)) for name in used}


def connection(c):
    out = {"engine": None, "url": None, "why": "it is told only by running "
           "the application"}
    if isinstance(c, str):
        from_url(out, c)
    elif isinstance(c, dict):
        from_parts(out, c)
    return out


def from_url(out, url):
    scheme, mark, rest = url.partition("://")
    out["engine"] = SCHEMES.get(scheme) if mark else None
    if not out["engine"]:
        out["why"] = "its URL is of no engine that is known"
    elif isinstance(url, FromEnvironment) and url.variable in os.environ:
        if scheme in ("sqlite", "postgres", "postgresql"):
            out["url"] = "$" + url.variable
        else:
            out["why"] = f"${url.variable} begins with {scheme}://"
    elif out["engine"] == "sqlite":
        out["url"] = file_url(rest.partition("?")[0])
    elif re.match(r"[^/@]*:[^/@]*@", rest):
        out["why"] = "its URL has a password"
    else:
        out["url"] = f"postgres://{rest}"


def from_parts(out, c):
    name = c.get("engine")
    given = c.get("credentials")
    given = given if isinstance(given, dict) else {}
    file = given.get("file_path")
    if isinstance(name, str):
        out["engine"] = SCHEMES.get(name.rpartition(".")[2])
    if out["engine"] == "sqlite" and isinstance(file, str):
        out["url"] = file_url(file)
    elif out["engine"]:
        out["why"] = "it is given in parts"


def file_url(path):
    return None if path == ":memory:" else "sqlite:" + path


# ---- which Tortoise ---------------------------------------------------------


def numbers(text):
    m = re.match(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", text)
    return tuple(int(n or 0) for n in m.groups()) if m else None


def locked(folder):
    for lock in LOCKS:
        for p in (read_toml(os.path.join(folder, lock)) or
                  {}).get("package", ()):
            if isinstance(p, dict) and p.get("name") == "tortoise-orm":
                yield str(p.get("version", ""))
    pin = re.compile(r"(?im)^tortoise[-_]orm(?:\[[^\]]*\])?\s*==\s*([\d.]+)")
    names = glob.glob(os.path.join(folder, "requirements*.txt")) + \
        glob.glob(os.path.join(folder, "requirements", "*.txt"))
    for name in sorted(names):
        with open(name, encoding="utf-8", errors="replace") as f:
            yield from pin.findall(f.read())


def installed(folder):
    for base in (".venv", "venv", os.environ.get("VIRTUAL_ENV", "")):
        found = base and glob.glob(os.path.join(
            folder, base, "lib", "python*", "site-packages", PACKAGE))
        for path in found or ():
            yield version_of(path)
    import site                 # slow, and seldom needed
    folders = site.getsitepackages() + [site.getusersitepackages()]
    for path in folders:
        for found in glob.glob(os.path.join(path, PACKAGE)):
            yield version_of(found)


def version_of(path):
    return os.path.basename(path)[len("tortoise_orm-"):]


def tortoise_version(folder, given):
    """The version's numbers: what is given, locked or installed."""
    if given:
        v = numbers(given)
        if not v:
            raise ReadError(None, f"'{given}' is no version of Tortoise",
                            "write 0.25.3, or whichever it is")
        return v
    for source in (locked, installed):
        for text in source(folder):
            v = numbers(text)
            if v:
                return v
    raise ReadError(None, "which version of Tortoise the project has is "
                    "said by no lock file, no requirements file and no "
                    "virtual environment",
                    "say it: schemastore config tortoise.version 0.25.3, "
                    "or whichever it is")
