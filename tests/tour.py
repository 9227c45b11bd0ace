#!/usr/bin/env python3
"""A page's tour is real: run it, compare, or write it anew.

    PATH=build:$PATH python3 -B tests/tour.py check README.md
    PATH=build:$PATH python3 -B tests/tour.py write README.md

A folder behind the page is what it finds there.
A ```sql block is what schema.sql holds from there on; a ```python or ```toml
block that begins with "# PATH" is that file.  In a ```console block
each line that begins with "$ " is run in one throw-away folder, and what
follows is what it says; ids, times and durations may differ.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"```(sql|console|python|toml)\n(.*?)```\n", re.S)
VARYING = [
    (re.compile(r"_\d{14}_"), "_<time>_"),
    (re.compile(r"\bsqlite \d+\.\d+\.\d+"), "<sqlite>"),
    (re.compile(r"\bSHA256:[A-Za-z0-9+/]{43}"), "<key>"),
    (re.compile(r"\bAAAAC3[A-Za-z0-9+/]+"), "<key>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<project>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<database>"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "<id>"),
    (re.compile(r"\b[0-9a-f]{7,12}\b"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "<time>"),
    (re.compile(r"\b\d+\.\d\d s\b"), "<duration>"),
    (re.compile(r"\b\d+ seconds? old\b"), "<duration> old"),
]


def run(command, folder):
    env = dict(os.environ, SCHEMASTORE_AUTHOR_NAME="Ann",
               SCHEMASTORE_AUTHOR_EMAIL="ann@example.org", LC_ALL="C",
               TZ="UTC")
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode not in (0, 1, 3, 4):
        sys.exit(f"exit {done.returncode}: {command}\n{done.stdout}")
    return done.stdout


def put(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def anew(text, found):
    """The page with what its commands say now."""
    with tempfile.TemporaryDirectory() as folder:
        if found:
            shutil.copytree(found[0], folder, dirs_exist_ok=True)

        def block(m):
            if m.group(1) == "sql":
                put(folder, "schema.sql", m.group(2))
                return m.group()
            if m.group(1) != "console":
                head, _, text = m.group(2).partition("\n")
                put(folder, head.removeprefix("# "), text)
                return m.group()
            lines = [n for n in m.group(2).split("\n") if n.startswith("$ ")]
            said = [n + "\n" + run(n[2:], folder) for n in lines]
            return "```console\n" + "".join(said) + "```\n"
        return BLOCK.sub(block, text)


def steady(text):
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text.splitlines(keepends=True)


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in ("check", "write"):
        sys.exit("usage: tour.py check|write PAGE [FOLDER]")
    with open(sys.argv[2], encoding="utf-8") as f:
        old = f.read()
    new = anew(old, sys.argv[3:])
    if sys.argv[1] == "write":
        with open(sys.argv[2], "w", encoding="utf-8") as f:
            f.write(new)
        return
    diff = list(difflib.unified_diff(steady(old), steady(new), sys.argv[2],
                                     "what the commands say"))
    sys.stdout.writelines(diff)
    sys.exit(1 if diff else 0)


main()
