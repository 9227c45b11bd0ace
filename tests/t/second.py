"""Let the second verifier look at what the first one has: a line each of
status, path and maybe the project's id."""

import contextlib
import io
import os
import sys


sys.path.insert(0, os.path.join(os.environ["srcdir"], "contrib/verifier"))
verify = __import__("verify")


def main(cases):
    bad = n = 0
    with open(cases, encoding="utf-8") as f:
        for line in f:
            status, path, *trust = line.split()
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                second = verify.main(path, *trust)
            n += 1
            if second != int(status):
                bad += 1
                print(f"{path}: schemastore verify: {status}, the second "
                      f"verifier: {second}\n{said.getvalue()}")
    print(f"{n} cases, {bad} of which they see otherwise")
    sys.exit(1 if bad or not n else 0)


main(sys.argv[1])
