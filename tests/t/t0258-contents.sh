#!/bin/sh
# verify: another text in the place of a version's, every bit of it, and of rows
# and of what a user's own files remember.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-second.sh"

test_signs
command -v python3 >/dev/null || test_skip "there is no python3"

export SCHEMASTORE_AUTHOR_NAME=Ann SCHEMASTORE_AUTHOR_EMAIL=ann@example.org

contents () {
	python3 -SB "$srcdir/tests/t/contents.py" "$@"
}

restore () {
	unseen
	rm -rf .schemastore app.db
	cp -R good .schemastore
	cp good.db app.db
}

# Nothing is signed, so that all that speaks against it is what it is.
echo "CREATE TABLE t (a);" >schema.sql
printf "[schemastore]\n\tsign = no\n" >schemastore.conf
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q
schemastore checkout -q -b side
echo "CREATE TABLE t (a, s);" >schema.sql
schemastore commit -q -m side
schemastore checkout -q main
echo "CREATE TABLE t (a, b);" >schema.sql
echo "UPDATE t SET a = 1" >fill.sql
schemastore commit -q -m two --data fill=fill.sql:
cp -R .schemastore good
cp app.db good.db

test_expect 'texts' '
	contents texts
	while read -r name want rule object second
	do
		unseen
		cd texts/$name
		program=
		# It does not know the digest of a schema.
		test "$second" != first || program=command
		status=0
		$program schemastore verify >out || status=$?
		echo "$name: $want $rule $object: $status"
		cat out
		test $status = $want
		test -z "$rule" || test_grep "^$rule $object: " out
		cd ../..
	done <texts.list
'

# all_found: each line of bits.in has one that is found
all_found () {
	sed -n "s/^ *\"object\": \"\(.*\)\",/\1/p" out | sort -u >found
	awk "NR == FNR { found[\$1]; next }
		{ n = 0; for (i = 1; i <= NF; i++) n += \$i in found }
		!n" found bits.in >missed
	test "$(wc -l <bits.in)" -gt "$1"
	test ! -s missed
}

test_expect 'bits of a tree and of a blob' '
	restore
	contents bits
	test_must_fail code=1 command schemastore verify --json >out
	all_found 900
'

# The same bytes under a name that is not theirs: in a pack, with an index that
# says so.  Without the strong digests nothing else would tell.
test_expect 'a pack whose index gives a blob another one'\''s name' '
	restore
	contents pack "$(cat schema.sql)"
	test_must_fail code=6 schemastore verify >out
	test_grep "^unreadable [0-9a-f]*: .* its content has another" out
	test_not grep "^steps " out
	mkdir -p ../probe
	cd ../probe
	if SS_FAULT="*:1:fail" command schemastore init -q 2>/dev/null
	then
		exit 0
	fi
	cd ../work
	SS_COLLIDE=1
	export SS_COLLIDE
	status=0
	command schemastore verify >out || status=$?
	test $status = 1
	test_grep "^tree [0-9a-f]*: Schemastore-Tree" out
	test_grep "^edge [0-9a-f]*: " out
'

test_expect 'bits of rows' '
	cat >rows.py <<END
import os
import shutil
import sqlite3
import subprocess


def verify():
    return subprocess.run(["schemastore", "verify", "dev"], text=True,
                          stdout=subprocess.PIPE, check=False)


def put(seq, column, value):
    shutil.copy("good.db", "app.db")
    db = sqlite3.connect("app.db")
    for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = "
                            "'\''trigger'\''").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute(f"UPDATE schemastore_ledger SET {column} = ? WHERE seq = ?",
               (value, seq))
    db.commit()
    db.close()


long = os.environ.get("SS_LONG")
db = sqlite3.connect("good.db")
rows = db.execute("SELECT seq, id, entry FROM schemastore_ledger").fetchall()
assert len(rows) == 3
for seq, name, entry in rows:
    edits = [("seq", seq + 1 << bit) for bit in range(2, 40, 9)]
    for column, data, step in ("id", name, 59), ("entry", entry, 1811):
        for bit in range(seq, 8 * len(data), 1 if long else step):
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            edits.append((column, bytes(flipped)))
        edits += [(column, data[:-1]), (column, data[1:]), (column, b""),
                  (column, data + b"\0"), (column, data.decode("latin-1")),
                  (column, 7)]
    # One row stands for the others, which are told from it by a few.
    for column, value in edits if long or seq == 1 else edits[::9]:
        put(seq, column, value)
        run = verify()
        assert run.returncode == 1 and "\nrow dev" in "\n" + run.stdout, \
            (seq, column, value, run)
shutil.copy("good.db", "app.db")
run = verify()
assert run.returncode == 0, run
END
	restore
	python3 rows.py
'

test_second

test_done
