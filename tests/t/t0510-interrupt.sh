#!/bin/sh
# ^C and kill -9 in the middle: the database is as it was, and the next run
# goes through.
. "${srcdir:?}/tests/t/lib.sh"

command -v python3 >/dev/null || test_skip 'there is no python3'

echo 'CREATE TABLE big (id INTEGER PRIMARY KEY, a TEXT);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q
sqlite3 app.db 'WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1
	FROM c WHERE i < 300000) INSERT INTO big (a) SELECT "row " || i FROM c'
cat >schema.sql <<'END'
CREATE TABLE big (id INTEGER PRIMARY KEY, a TEXT, CHECK (length(a) > 0));
CREATE INDEX big_a ON big (a);
END
schemastore commit -q -m two

# Runs an upgrade, and sends it a signal as soon as it has begun to write.
cat >strike.py <<'END'
import os, signal, subprocess, sys
run = subprocess.Popen(["schemastore", "upgrade"], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True)
while run.poll() is None and not os.path.exists("app.db-journal"):
    pass
run.send_signal(getattr(signal, sys.argv[1]))
out, err = run.communicate()
print(err, end="")
sys.exit(run.returncode if run.returncode >= 0 else 128 - run.returncode)
END

as_it_was () {
	sqlite3 app.db "SELECT count(*) FROM big; PRAGMA integrity_check" >out
	printf "300000\nok\n" >want
	test_cmp want out
	schemastore status >out
	test_grep "^database dev: at [0-9a-f]* one, 1 version behind$" out
	schemastore drift -q
	schemastore fsck -q
}

test_expect 'SIGINT: exit 130, nothing was changed' '
	rc=0
	python3 strike.py SIGINT >out || rc=$?
	test $rc -eq 130
	test_grep "^schemastore: interrupted: nothing was changed$" out
	as_it_was
'

test_expect 'SIGTERM likewise' '
	rc=0
	python3 strike.py SIGTERM >out || rc=$?
	test $rc -eq 130
	as_it_was
'

test_expect 'SIGKILL: the next run goes through' '
	rc=0
	python3 strike.py SIGKILL >out || rc=$?
	test $rc -eq 137
	as_it_was
	schemastore upgrade -q
	schemastore status --check
	schemastore drift -q
	schemastore history >out
	test_grep "one -> [0-9a-f]* two  ok " out
'

test_done
