#!/usr/bin/env python3
"""The tree's own rules, kept by a machine (STYLE.md, the lines with a dagger).

    srcdir=. python3 -B tests/tree.py CHECK

CHECK is one of the functions check_NAME below.  Every breach is one line
`file:line: what`, and the exit status is 1 where there is any.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

SRC = os.environ.get("srcdir", ".")
COLUMNS, TAB = 80, 8
FUNCTION_LINES, FILE_LINES = 60, 600

# A folder's layer.  A file includes what is lower, or of its own layer's
# folder; engine and store are side by side and do not see each other.
LAYERS = {
    "src/base": 0,
    "src/schema": 1,
    "src/engine": 2,
    "store": 2,
    "src/source": 3,
    "migrations": 4,
    "src/cli": 5,
    "src/lib": 5,
}

# Headers in include/ss that have no .c file of their name in a layer's folder,
# or more than one.
HEADER_LAYER = {
    "apply": "migrations",
    "kinds": "src/schema",
    "script": "src/schema",
    "park-forms": "src/engine",
    "plan": "migrations",
    "progress": "src/base",
    "project": "migrations",
    "state": "migrations",
    "text-merge": "store",
}

# Headers that are two pages of one module: a circle between the two is none.
SAME_MODULE = {
    "include/ss/kinds.h": "include/ss/schema.h",
    "include/ss/kinds-postgres.h": "include/ss/schema.h",
    "include/ss/buf.h": "include/ss/arena.h",
    "include/ss/refs.h": "include/ss/store.h",
    "include/ss/history-write.h": "include/ss/history.h",
}

BANNED = "strcpy strcat sprintf vsprintf strtok atoi gets alloca".split()

# Who may include what of the system.
ONLY_IN = {
    "git2": re.compile(r"store/git[^/]*\.c$"),
    "sqlite3.h": re.compile(r"(src/engine|store)/"),
    "libpq-fe.h": re.compile(r"(src/engine|store)/"),
    "sodium.h": re.compile(r"store/ed25519\.c$"),
}

FOLDERS = ["include", "src", "store", "migrations", "tests", "contrib"]
NOT_OURS = ("tests/data/", "tests/corpus/", "tests/bench/data/")

breaches = []


def breach(path, line, what):
    breaches.append(f"{path}:{line}: {what}")


def files(*ends):
    found = []
    for folder in FOLDERS:
        for base, dirs, names in os.walk(os.path.join(SRC, folder)):
            dirs[:] = [d for d in dirs if d != "__pycache__"]
            for name in names:
                path = os.path.relpath(os.path.join(base, name), SRC)
                if name.endswith(ends) and not path.startswith(NOT_OURS):
                    found.append(path)
    return sorted(found)


def text_of(path):
    with open(os.path.join(SRC, path), encoding="utf-8") as f:
        return f.read()


def exists(path):
    return os.path.exists(os.path.join(SRC, path))


LITERAL = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def code_of(text):
    """The text without what stands in comments and literals."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group())
    return LITERAL.sub(blank, text)


def includes(path):
    """(line, name, is it "quoted") of every #include."""
    found = []
    for n, line in enumerate(text_of(path).split("\n"), 1):
        m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if m:
            found.append((n, m.group(2), m.group(1) == '"'))
    return found


# ---- form -------------------------------------------------------------------


def check_columns():
    for path in files(".c", ".h", ".def", ".sh", ".py"):
        for n, line in enumerate(text_of(path).split("\n"), 1):
            if len(line.expandtabs(TAB)) > COLUMNS:
                breach(path, n, f"more than {COLUMNS} columns")


def check_blanks():
    for path in files(".c", ".h", ".def", ".sh", ".py"):
        text = text_of(path)
        for n, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                breach(path, n, "trailing blanks")
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            breach(path, text.count("\n"), "does not end in one newline")


def check_comments():
    for path in files(".c", ".h"):
        text = text_of(path)
        for m in LITERAL.finditer(text):
            if m.group().startswith("//"):
                breach(path, text.count("\n", 0, m.start()) + 1,
                       "a // comment")


def check_sizes():
    for path in files(".c", ".h", ".def", ".sh", ".py"):
        lines = text_of(path).split("\n")
        if len(lines) - 1 > FILE_LINES:
            breach(path, len(lines) - 1, f"more than {FILE_LINES} lines")
    for path in files(".c", ".h"):
        begin = None
        for n, line in enumerate(text_of(path).split("\n"), 1):
            if line.startswith("{"):
                begin = n
            elif line.startswith("}") and begin:
                if n - begin + 1 > FUNCTION_LINES:
                    breach(path, begin, f"a function of {n - begin + 1} "
                           f"lines (at most {FUNCTION_LINES})")
                begin = None


def check_banned():
    call = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path in files(".c", ".h"):
        for n, line in enumerate(code_of(text_of(path)).split("\n"), 1):
            m = call.search(line)
            if m:
                breach(path, n, f"{m.group(1)}() is banned")


def check_shell():
    """A body runs under set -e, which does not see these two."""
    for path in files(".sh"):
        if not path.startswith("tests/t/t"):
            continue
        for n, line in enumerate(text_of(path).split("\n"), 1):
            if re.match(r"\s+! ", line):
                breach(path, n, "a ! hides a failure: test_not")
            if re.search(r"(&&|\|\|)\s*\\?$", line):
                breach(path, n, "&& or || at the end of a line")
        last = text_of(path).rstrip().split("\n")[-1]
        if last != "test_done":
            breach(path, 1, "does not end in test_done")


# ---- layers -----------------------------------------------------------------


def folder_layer(path):
    for folder in LAYERS:
        if path.startswith(folder + "/"):
            return folder
    return None


def header_folder(name):
    """The folder that a header of include/ss belongs to."""
    stem = os.path.basename(name)[:-2]
    homes = [d for d in LAYERS if exists(f"{d}/{stem}.c")]
    if len(homes) == 1:
        return homes[0]
    return HEADER_LAYER.get(stem)


def header_path(name):
    """Where a quoted include is in the tree; None: config.h and the like."""
    for base in ("include/", "src/", ""):
        if exists(base + name):
            return base + name
    return None


def home_of(path):
    if path.startswith("include/ss/"):
        return header_folder(path)
    return folder_layer(path)


def check_layers():
    for path in files(".c", ".h"):
        if path.startswith(("tests/", "contrib/")):
            continue
        home = home_of(path)
        if path == "include/schemastore.h":
            continue
        if not home:
            breach(path, 1, "no layer: no .c of that name in one (or in two); "
                   "say which in tests/tree.py")
            continue
        for n, name, quoted in includes(path):
            target = header_path(name) if quoted else None
            if not target or target == "include/schemastore.h":
                continue
            below = home_of(target)
            if below and below != home and LAYERS[below] >= LAYERS[home]:
                breach(path, n, f"{home} includes {name}, "
                       f"which belongs to {below}")


def check_systems():
    for path in files(".c", ".h"):
        if path.startswith("tests/"):
            continue
        for n, name, quoted in includes(path):
            for banned, where in ONLY_IN.items():
                if (name == banned or name.startswith(banned + "/") or
                        name == banned + ".h") and not where.match(path):
                    breach(path, n, f"{name} does not belong here")


def check_first():
    """config.h first in every .c, never in a header."""
    for path in files(".c", ".h"):
        names = [name for _, name, _ in includes(path)]
        if path.endswith(".h") and "config.h" in names:
            breach(path, 1, "a header that includes config.h")
        if path.endswith(".c") and names[:1] != ["config.h"]:
            breach(path, 1, "config.h is not the first include")


def first_of_layer(path):
    """The first header of its own layer that a file includes."""
    for _, name, quoted in includes(path):
        target = header_path(name) if quoted else None
        if target and home_of(target) == home_of(path):
            return target
    return None


def named_after(path):
    """ledger-write.c is a page of ss/ledger.h, as ledger.c is."""
    stem = os.path.splitext(os.path.basename(path))[0]
    while stem:
        own = f"include/ss/{stem}.h"
        if exists(own) and home_of(own) == home_of(path):
            return own
        stem = stem.rpartition("-")[0]
    return None


def module_of(path):
    """A public header, with its .c files and its private headers: those that
    have its name, or include it before any other of their own layer."""
    while not path.startswith("include/"):
        above = named_after(path) or first_of_layer(path)
        if not above:
            break
        path = above
    return SAME_MODULE.get(path, path)


def module_graph():
    graph = {}
    for path in files(".c", ".h"):
        if path.startswith(("tests/", "contrib/", "src/cli/")):
            continue
        module = module_of(path)
        for _, name, quoted in includes(path):
            target = header_path(name) if quoted else None
            if target and module_of(target) != module:
                graph.setdefault(module, {})[module_of(target)] = path
    return graph


def circles(graph):
    """Strongly connected components of more than one node (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in sorted(graph.get(v, ())):
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            at = stack.index(v)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for v in sorted(graph):
        if v not in index:
            visit(v)
    return found


def check_circles():
    graph = module_graph()
    for circle in circles(graph):
        inside = [f"{graph[a][b]} (of {a}) includes {b}" for a in circle
                  for b in sorted(graph.get(a, ())) if b in circle]
        breach(circle[0], 1, "a circle: " + "; ".join(inside))


def check_headers():
    """Every header compiles alone."""
    cc = os.environ.get("CC", "cc").split()
    flags = os.environ.get("SS_CPPFLAGS", "").split()
    root = ["-I" + os.path.join(SRC, d) for d in ("include", "src", ".")]

    def compile_one(path):
        return path, subprocess.run(
            cc + flags + root + ["-std=gnu11", "-fsyntax-only", "-Wall",
                                 "-Wextra", "-Werror", "-x", "c", "-"],
            input=f'#include "{os.path.join(os.path.abspath(SRC), path)}"\n',
            cwd=os.environ.get("builddir", "."),
            capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(2) as pool:
        for path, done in pool.map(compile_one, files(".h")):
            if done.returncode:
                breach(path, 1, "does not compile alone:\n" + done.stderr)


# ---- lists ------------------------------------------------------------------


def check_makefile():
    named = set(re.split(r"\s+", text_of("Makefile.am")))
    present = [p for p in files(".c", ".h")
               if not p.startswith("contrib/")]
    if os.path.isdir(os.path.join(SRC, "doc")):
        present += [f"doc/{n}" for n in sorted(os.listdir(f"{SRC}/doc"))
                    if re.search(r"\.[135]$", n)]
    for path in present:
        listed = path
        if path.startswith(("tests/unit/test-", "tests/fuzz/",
                            "tests/bench/")):
            listed = path[:-2]
        if path not in named and listed not in named:
            breach(path, 1, "is not listed in Makefile.am")
    for name in sorted(named):
        if re.fullmatch(r"[\w/-]+/[\w/.-]+\.[ch]", name) and not exists(name):
            breach("Makefile.am", 1, f"lists {name}, which is not there")


def commands():
    if not exists("src/cli/commands.def"):
        return []
    text = code_of(text_of("src/cli/commands.def"))
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    return [n.replace("_", "-")
            for n in re.findall(r"\bCOMMAND\(\s*(\w+)", text)]


def check_pages():
    for name in commands():
        if not exists(f"doc/schemastore-{name}.1"):
            breach("src/cli/commands.def", 1,
                   f"no doc/schemastore-{name}.1")


def check_used():
    scripts = "\n".join(text_of(p) for p in files(".sh")
                        if p.startswith("tests/t/t"))
    for name in commands():
        if not re.search(rf"\bschemastore(?: +-\S+(?: +\S+)?)* +{name}\b",
                         scripts):
            breach("src/cli/commands.def", 1, f"no test runs '{name}'")


def check_help():
    program = os.path.join(os.environ["builddir"], "schemastore")
    for name in commands():
        done = subprocess.run([program, name, "--help"], check=False,
                              capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        if done.returncode or name not in done.stdout or done.stderr:
            breach("src/cli/commands.def", 1, f"'{name} --help' does not "
                   f"answer (exit {done.returncode}): {done.stderr.strip()}")


def main():
    check = globals().get("check_" + "".join(sys.argv[1:]))
    if not check:
        sys.exit("usage: tree.py " + " | ".join(
            sorted(n[6:] for n in globals() if n.startswith("check_"))))
    check()
    print("\n".join(breaches))
    sys.exit(1 if breaches else 0)


main()
