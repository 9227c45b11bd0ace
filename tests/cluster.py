"""A PostgreSQL cluster of the caller's own, on a unix socket.

    with Cluster() as c:        # None where no server is installed
        c.url("app")            # of a database
        c.psql("app", "SELECT 1")
"""
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
import time

SETTINGS = ("listen_addresses=", "fsync=off", "autovacuum=off", "jit=off",
            "full_page_writes=off", "synchronous_commit=off",
            "max_locks_per_transaction=1024", "max_connections=60",
            "unix_socket_permissions=0777", "wal_level=logical")


def find_programs():
    for folder in sorted(glob.glob("/usr/lib/postgresql/*/bin"))[::-1]:
        if os.path.exists(folder + "/initdb"):
            return folder
    found = shutil.which("initdb")
    return os.path.dirname(found) if found else None


class Cluster:
    def __init__(self):
        self.bin = find_programs()
        self.folder = tempfile.mkdtemp(
            prefix="ss-pg.", dir=os.environ.get("SS_PGTMP") or "/tmp")
        self.user = {}
        self.server = None
        if os.getuid() == 0:
            who = pwd.getpwnam("postgres")
            os.chown(self.folder, who.pw_uid, who.pw_gid)
            self.user = {"user": who.pw_uid, "group": who.pw_gid,
                         "extra_groups": []}

    def __enter__(self):
        data = self.folder + "/data"
        subprocess.run([self.bin + "/initdb", "-D", data, "-U", "postgres",
                        "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                        "-N"], check=True, capture_output=True, cwd="/",
                       **self.user)
        options = [w for s in SETTINGS for w in ("-c", s)]
        with open(self.folder + "/log", "wb") as log:
            self.server = subprocess.Popen(
                [self.bin + "/postgres", "-D", data, "-k", self.folder,
                 *options], stdout=log, stderr=log, cwd="/", **self.user)
        os.chmod(self.folder, 0o711)
        for _ in range(200):
            if not self.psql("postgres", "SELECT 1", check=False).returncode:
                return self
            time.sleep(0.05)
        with open(self.folder + "/log", encoding="utf-8") as log:
            raise RuntimeError(log.read())

    def __exit__(self, *error):
        if self.server:
            self.server.send_signal(3)
            self.server.wait()
        shutil.rmtree(self.folder)

    def url(self, name):
        return f"postgres://postgres@/{name}?host={self.folder}"

    def psql(self, name, sql, check=True):
        done = subprocess.run(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.url(name)],
            input=sql, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(done.stderr)
        return done

    def new(self, name):
        self.psql("postgres", f"DROP DATABASE IF EXISTS {name};\n"
                  f"CREATE DATABASE {name} TEMPLATE template0;\n")
        return self.url(name)
