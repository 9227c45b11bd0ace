#!/bin/sh
# Bundles: all that a store and its databases say in one file, verified where
# there is neither, and reported.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-second.sh"

test_signs
command -v ssh-keygen >/dev/null || test_skip "there is no ssh-keygen"
command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'
command -v python3 >/dev/null || test_skip "there is no python3"

export SCHEMASTORE_AUTHOR_NAME=Ann SCHEMASTORE_AUTHOR_EMAIL=ann@example.org

work=$PWD

attack () {
	python3 -S "$srcdir/tests/t/attacker.py" "$@"
}

store_git () {
	git --git-dir=.schemastore "$@"
}

restore () {
	unseen
	rm -rf .schemastore app.db
	cp -R good .schemastore
	cp good.db.keep app.db
}

# alone COMMAND...: somewhere else, with nothing of anybody's
alone () {
	mkdir -p "$work/else/tmp"
	(cd "$work/else"
		env -i PATH="$PATH" HOME=/nonexistent \
			TMPDIR="$work/else/tmp" "$@")
}

# verify [OPTION...]
verify () {
	status=0
	alone schemastore verify --bundle "$work/b" "$@" || status=$?
	test "$1" != --trust || second $status "$work/b" "$2"
	test "$1" = --trust || second $status "$work/b"
	return $status
}

# found STATUS RULE OBJECT [OPTION...]
found () {
	code=$1
	rule=$2
	object=$3
	shift 3
	test_must_fail code="$code" verify "$@" >out
	test_grep "^$rule $object: " out
}

schemastore key new >/dev/null
. "$srcdir/tests/t/lib-tables.sh"

# ---- writing ----------------------------------------------------------------

test_expect 'the same bytes, however the store keeps its objects' '
	schemastore audit export b --all >out
	test_grep " objects, 4 refs, 1 database$" out
	schemastore audit export -q again dev
	test_cmp b again
	schemastore gc -q
	schemastore audit export -q again dev
	test_cmp b again
	test -z "$(ls .schemastore/objects/pack/tmp* 2>/dev/null)"
	test_must_fail store_git rev-parse -q --verify refs/schemastore/audit
	chmod -R a-w .schemastore
	schemastore audit export -q again dev
	test_cmp b again
	chmod -R u+w .schemastore
'

test_expect 'git reads it, and it has the rows' '
	git init -q --bare other
	git -C other bundle verify -q ../b
	git clone -q --mirror b clone
	git -C clone fsck --strict
	git -C clone show refs/schemastore/audit:database/0/state >out
	test_grep "^database dev$" out
	test_grep "^rows 7$" out
	python3 -c "import sqlite3, sys
sys.stdout.buffer.write(sqlite3.connect(\"app.db\").execute(
    \"SELECT entry FROM schemastore_ledger WHERE seq = 6\").fetchone()[0])" \
		>entry
	git -C clone show refs/schemastore/audit:database/0/rows.0 >rows
	tail -c $(($(wc -c <entry) + 1)) rows | head -c $(wc -c <entry) >last
	test_cmp entry last
	git clone -q b work
	test -f work/source/schema.sql
'

test_expect 'what git has made is read as well' '
	(cd .schemastore
		git bundle create -q "$work/made" --all)
	alone schemastore verify --bundle "$work/made" \
		--trust "$project" >out
	test_grep ", 0 findings$" out
'

test_expect 'usage' '
	test_must_fail code=2 schemastore audit
	test_must_fail code=2 schemastore audit dance
	test_must_fail code=2 schemastore audit export
	test_must_fail code=2 schemastore audit export x nowhere
	test_must_fail code=2 schemastore audit export x --all dev
	test_must_fail code=2 schemastore audit report x y
	test_must_fail code=2 schemastore audit report --trust 12
	test_must_fail code=2 schemastore verify --bundle b dev
	test_must_fail code=2 schemastore verify --bundle b --all
	test_must_fail code=2 schemastore verify --bundle .
	test_must_fail code=5 schemastore verify --bundle nowhere
	test ! -e x
	mkfifo fifo
	test_must_fail code=2 schemastore verify --bundle fifo
'

# ---- reading ----------------------------------------------------------------

test_expect 'without a store, a home or a configuration' '
	verify --trust "$project" --signed >out
	test_grep "^dev: 7 rows$" out
	test_grep "^project $project$" out
	test_grep ", 0 findings$" out
	verify --json >out
	test_grep "\"rows\": 7" out
	test_grep "\"trusted\": false" out
	found 1 trust refs/schemastore/policy \
		--trust "$(echo "$project" | tr 0-9 1-90)"
	test -z "$(ls "$work/else/tmp")"
'

test_expect 'nothing stays of it, whatever happens' '
	cat >kill.py <<END
import os
import signal
import subprocess
import sys
import time

tmp, how = sys.argv[1], int(sys.argv[2])
child = subprocess.Popen(["schemastore", "verify", "--bundle", "b"],
                         stdout=subprocess.DEVNULL,
                         env=dict(os.environ, TMPDIR=tmp,
                                  SS_FAULT="pack.finish:1:stop"))
_, status = os.waitpid(child.pid, os.WUNTRACED)
# Without fault points it has run to its end.
if os.WIFSTOPPED(status):
    assert os.listdir(tmp)
    os.kill(child.pid, how)
    os.kill(child.pid, signal.SIGCONT)
    os.waitpid(child.pid, 0)
for _ in range(500):
    if not os.listdir(tmp):
        os._exit(0)
    time.sleep(0.01)
sys.exit(f"left: {os.listdir(tmp)}")
END
	mkdir tmp
	for how in 2 9 15
	do
		python3 kill.py tmp $how
	done
	head -c 3000 b >cut
	test_must_fail code=6 env TMPDIR=tmp schemastore verify --bundle cut
	test -z "$(ls tmp)"
'

test_expect 'a file that was cut, or lengthened' '
	cat >cut.py <<END
import os
import subprocess
import sys

whole = open("b", "rb").read()
head = whole.index(b"\n\n") + 2
cuts = [*range(0, head + 40, 7), head, *range(head + 40, len(whole), 997),
        *range(len(whole) - 21, len(whole))]
for n in cuts:
    with open("cut", "wb") as out:
        out.write(whole[:n])
    status = subprocess.run(["schemastore", "verify", "--bundle", "cut"],
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL).returncode
    assert status == 6, (n, status)
with open("cut", "wb") as out:
    out.write(whole + b"x")
END
	python3 cut.py
	test_must_fail code=6 schemastore verify --bundle cut 2>err
	test_grep "behind its end" err
'

test_expect 'bits of it' '
	cat >bits.py <<END
import subprocess
import sys

whole = open("b", "rb").read()
head = whole.index(b"\n\n") + 2
for at in [*range(0, head, 5), *range(head, len(whole), 211),
           *range(len(whole) - 20, len(whole), 3)]:
    flipped = bytearray(whole)
    flipped[at] ^= 1 << at % 8
    with open("bit", "wb") as out:
        out.write(flipped)
    status = subprocess.run(["schemastore", "verify", "--bundle", "bit",
                             "--trust", sys.argv[1]],
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL).returncode
    # Another name for a branch that nothing protects is another name.
    line = whole[whole.rfind(b"\n", 0, at) + 1:at + 1]
    assert status in (1, 6) or b" refs/heads/" in line, (at, status)
END
	python3 bits.py "$project"
'

# ---- what it says ------------------------------------------------------------

test_expect 'rows that are not what they were' '
	restore
	cp one.db app.db
	schemastore audit export -q b dev
	found 1 mirror dev
	restore
	sqlite3 app.db "CREATE TABLE x (a)"
	schemastore audit export -q b dev
	found 1 drift dev
	restore
	sqlite3 app.db "DROP TRIGGER schemastore_ledger_update;
		UPDATE schemastore_ledger SET id = zeroblob(32) WHERE seq = 3"
	schemastore audit export -q b dev
	found 1 row dev
	restore
	sqlite3 app.db "DROP TRIGGER schemastore_ledger_delete;
		DELETE FROM schemastore_ledger WHERE seq = 3"
	schemastore audit export -q b dev
	found 1 row dev
	restore
	sqlite3 app.db "DROP TABLE schemastore_ledger"
	schemastore audit export -q b dev
	found 1 mirror dev
'

test_expect 'a ledger made anew, without a key' '
	for edit in outcome from to-state sql db drop-finish
	do
		restore
		attack ledger $edit
		schemastore audit export -q b dev
		test_must_fail code=1 verify >out
		test_grep "^[a-z]* dev:" out
	done
	for edit in outcome replay
	do
		restore
		attack ledger $edit keep
		schemastore audit export -q b dev
		found 1 signature "[0-9a-f]*"
	done
	restore
	attack ledger nothing keep
	schemastore audit export -q b dev
	verify --signed
'

test_expect 'a mirror that is behind, or not there' '
	restore
	tip=refs/schemastore/ledger/dev
	store_git update-ref $tip $tip~2
	schemastore audit export -q b dev
	verify >out
	test_grep "^dev: 7 rows, the mirror is behind$" out
	store_git update-ref -d $tip
	schemastore audit export -q b dev
	verify
	restore
'

test_expect 'refs that a bundle may not have' '
	restore
	store_git update-ref refs/replace/$(store_git rev-parse main) main~1
	schemastore audit export -q b dev
	found 1 ref "refs/replace/[0-9a-f]*"
	restore
'

test_expect 'what the bundle says of databases must be whole' '
	schemastore audit export -q b dev
	git clone -q --mirror b odd
	cat >odd.sh <<END
	cd odd
	git show refs/schemastore/audit:database/0/state |
		sed "\$1" >state
	git read-tree --empty
	git read-tree refs/schemastore/audit
	blob=\$(git hash-object -w state)
	git update-index --add --cacheinfo 100644,\$blob,database/0/state
	git update-ref refs/schemastore/odd \$(git write-tree)
	git update-ref refs/schemastore/audit refs/schemastore/odd
	git update-ref -d refs/schemastore/odd
	cd ..
	python3 "\$srcdir/tests/t/bundler.py" odd b
END
	for edit in "s/^rows 7/rows 6/" "s/^rows 7/rows 8/" "/^target/d" \
		"s/^engine .*/engine oracle/" "s/dev/a..b/" "s/s1:/s2:/"
	do
		cp -R odd keep
		sh -e odd.sh "$edit"
		test_must_fail code=1 verify >out
		rm -rf odd
		mv keep odd
	done
'

# ---- reports ----------------------------------------------------------------

test_expect 'a report for a person to read' '
	restore
	schemastore audit export -q b dev
	schemastore audit report page.html
	test_grep "CREATE TABLE b" page.html
	test_grep "None." page.html
	alone schemastore audit report --text --bundle "$work/b" \
		--trust "$project" - >out
	test_grep "^  .* apply: nothing -> .* one (ok)$" out
	test_grep "      | CREATE TABLE c (" out
	test_grep "dev, as its own table says" out
	schemastore audit report --json >out
	test_grep "\"trusted\": false" out
	attack commit message
	test_must_fail code=1 schemastore audit report --text >out
	test_grep "^signature [0-9a-f]*: its signature" out
	test_grep "    WRONG: its signature" out
	restore
'

test_expect 'a name that is no UTF-8' '
	echo x >".schemastore/refs/heads/$(printf "\377")"
	test_must_fail code=6 schemastore audit report --text >out
	test_grep "377" out
	test_must_fail code=6 schemastore audit report page.html
	restore
'

test_expect 'what is hostile in it stays a text' '
	echo "CREATE TABLE h (x DEFAULT \"</pre><script>alert(1)</script>\");" \
		>>schema.sql
	SCHEMASTORE_AUTHOR_NAME="A \"&amp; B" schemastore commit -q \
		-m "{{#findings}}<img src=x>$(printf "\342\200\256")txt"
	schemastore audit report page.html
	test_not grep "<script\|<img\|A .&amp; B" page.html
	test_grep "&lt;script&gt;" page.html
	test_grep "u202etxt" page.html
	test_grep "{{#findings}}&lt;img" page.html
	schemastore audit report --text >out
	test_grep "      | .*<script>" out
'

test_second

test_done
