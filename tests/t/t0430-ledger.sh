#!/bin/sh
# Ledgers and their mirrors: what was lost, altered, copied or moved is said,
# and the hint that comes with it works.
. "${srcdir:?}/tests/t/lib.sh"

refs () {
	git --git-dir=.schemastore for-each-ref
}

# Store and databases as they were.
restore () {
	rm -rf .schemastore ./*.db
	cp -R good .schemastore
	cp good.db.keep app.db
}

# refused PATTERN COMMAND: twice, for a refusal must not be the cure
refused () {
	pattern=$1
	shift
	refs >before.refs
	for again in 1 2
	do
		test_must_fail code=3 "$@" 2>err
		test_grep "^schemastore: .*$pattern" err
		refs >after.refs
		test_cmp before.refs after.refs
	done
}

echo 'CREATE TABLE users (id INTEGER PRIMARY KEY);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q
cp app.db old.db.keep
echo 'CREATE TABLE posts (id INTEGER PRIMARY KEY);' >>schema.sql
schemastore commit -q -m two
schemastore upgrade -q
cp -R .schemastore good
cp app.db good.db.keep

test_expect 'an older database: refused until it is said' '
	restore
	cp old.db.keep app.db
	refused "lacks entries that the store has seen" schemastore upgrade
	test_grep "^hint: .*schemastore baseline --restored dev" err
	schemastore baseline --restored dev
	schemastore upgrade -q
	schemastore status --check
	schemastore fsck
'

test_expect 'and again from the same backup' '
	cp app.db newer.db
	cp old.db.keep app.db
	refused "lacks entries that the store has seen" schemastore upgrade
	schemastore baseline --restored dev
	schemastore upgrade -q
	cp newer.db app.db
	refused "lacks entries" schemastore downgrade --yes --allow-data-loss
	schemastore baseline --restored dev
	schemastore baseline --restored dev
	schemastore history >out
	test "$(grep -c "  restore  " out)" -eq 2
	refs >out
	test "$(grep -c ledger-before out)" -eq 3
	schemastore fsck
'

test_expect 'a file that was removed, a database made anew' '
	restore
	rm app.db
	refused "lacks entries that the store has seen" schemastore upgrade
	test ! -e app.db
	test_must_fail code=3 schemastore upgrade --dry-run
	schemastore baseline --restored dev
	test_must_fail code=2 schemastore baseline --restored dev
	schemastore upgrade -q
	schemastore status --check
	restore
	rm app.db
	sqlite3 app.db "CREATE TABLE users (id INTEGER PRIMARY KEY)"
	refused "lacks entries that the store has seen" schemastore upgrade
	refused "lacks entries that the store has seen" schemastore baseline
	schemastore baseline --restored dev
	schemastore baseline dev HEAD~1
	schemastore upgrade -q
	schemastore status --check
'

test_expect 'a database by its path: hints name it so' '
	restore
	schemastore upgrade -q sqlite:path.db HEAD~1
	cp path.db older.db
	schemastore upgrade -q sqlite:path.db
	cp older.db path.db
	refused "lacks entries" schemastore upgrade sqlite:path.db
	sed -n "s/^hint: .*: .\(schemastore .*\).$/\1/p" err >command
	. ./command
	schemastore upgrade -q sqlite:path.db
	sqlite3 path.db "CREATE TABLE oops (a)"
	test_must_fail code=3 schemastore downgrade --yes sqlite:path.db 2>err
	sed -n "s/^hint: .\(schemastore .*\). shows.*$/\1/p" err >command
	sh ./command >out || test $? -eq 1
	test_grep "^+ table oops" out
'

test_expect 'a copy, and a database that was moved' '
	restore
	cp app.db copy.db
	for command in upgrade "downgrade --yes --allow-data-loss" baseline \
		"upgrade --dry-run"
	do
		refused "is that of .dev.: it is a copy" \
			schemastore $command sqlite:copy.db HEAD~1
	done
	schemastore status sqlite:copy.db >out
	test_grep "; but the ledger .* is that of .dev.: it is a copy" out
	sed -n "s/^hint: if it is a copy: .\(schemastore .*\).; if .*$/\1/p" \
		err >command
	. ./command
	schemastore downgrade -q --yes --allow-data-loss sqlite:copy.db HEAD~1
	schemastore downgrade -q --yes --allow-data-loss dev HEAD~1
	schemastore upgrade -q sqlite:copy.db
	schemastore upgrade -q
	schemastore history sqlite:copy.db >out
	test_grep "  clone  " out
	for db in app copy
	do
		sqlite3 $db.db "SELECT entry FROM schemastore_ledger
			ORDER BY seq DESC LIMIT 1" >entry
		sed -n "s/^Schemastore-Db: \([^ ]*\) .*/\1/p" entry
	done | sort -u >out
	test "$(wc -l <out)" -eq 2
	test_must_fail code=3 schemastore baseline --copied sqlite:copy.db
	test_must_fail code=3 schemastore baseline --copied dev
	mv copy.db moved.db
	refused "or the same under another name" \
		schemastore upgrade sqlite:moved.db
	schemastore baseline --restored sqlite:moved.db
	schemastore upgrade -q sqlite:moved.db
	schemastore fsck
'

# tampered SQL: the ledger, after this
tampered () {
	restore
	sqlite3 app.db "DROP TRIGGER schemastore_ledger_update;
		DROP TRIGGER schemastore_ledger_delete;
		DROP TRIGGER schemastore_ledger_insert; $1"
}

other_table="DROP VIEW schemastore_log; DROP TABLE schemastore_ledger;
	CREATE TABLE schemastore_ledger"

test_expect 'rows that are not what was written' '
	back="downgrade --yes --allow-data-loss"
	tampered "UPDATE schemastore_ledger
		SET entry = CAST(entry || char(10) AS BLOB) WHERE seq = 4"
	for command in status upgrade history "baseline --restored"
	do
		refused "row 4 of the ledger of database .dev. is not what" \
			schemastore $command
		test_grep "^hint: restore the database from a backup" err
	done
	tampered "UPDATE schemastore_ledger SET id = zeroblob(32) WHERE seq = 1"
	refused "row 1 of the ledger" schemastore history
	tampered "DELETE FROM schemastore_ledger WHERE seq = 2"
	refused "row 2 of the ledger .* does not follow" schemastore history
	tampered "DELETE FROM schemastore_ledger WHERE seq >= 3"
	refused "lacks entries that the store has seen" schemastore upgrade
	refused "lacks entries that the store has seen" schemastore $back
	schemastore status >out
	test_grep "lacks entries that the store has seen" out
	tampered "DELETE FROM schemastore_ledger"
	refused "lacks entries that the store has seen" schemastore upgrade
	refused "lacks entries that the store has seen" schemastore $back
	tampered "DELETE FROM schemastore_ledger WHERE seq = 0"
	refused "row 0 of the ledger" schemastore history
	for shape in "(x)" "(seq, id, entry); INSERT INTO schemastore_ledger
			VALUES (NULL, NULL, NULL)" \
		"(seq, id, entry); INSERT INTO schemastore_ledger
			VALUES (char(120), 1.5, 7)" \
		"(seq, id, entry); INSERT INTO schemastore_ledger
			VALUES (-1, zeroblob(32), zeroblob(99999))"
	do
		tampered "$other_table $shape"
		for command in upgrade history
		do
			test_must_fail code=3 schemastore $command
		done
	done
	tampered "DROP VIEW schemastore_log;
		ALTER TABLE schemastore_ledger RENAME TO x;
		CREATE VIEW schemastore_ledger AS SELECT * FROM x"
	refused "is not schemastore.s table" schemastore upgrade
'

test_expect 'an entry that has lost its parent' '
	command -v python3 >/dev/null || test_skip "there is no python3"
	restore
	sqlite3 app.db "SELECT entry FROM schemastore_ledger WHERE seq = 4" |
		sed "/^parent /d; /^Schemastore-Parent/d
			s/^Schemastore-Seq:.*/Schemastore-Seq: 0/" |
		sed "\$d" >entry
	python3 -c "
import hashlib, sqlite3
e = open(\"entry\", \"rb\").read()
c = sqlite3.connect(\"app.db\")
c.execute(\"DROP TRIGGER schemastore_ledger_update\")
c.execute(\"UPDATE schemastore_ledger SET entry = ?, id = ? WHERE seq = 4\",
          (e, hashlib.sha256(b\"commit %d\" % len(e) + bytes(1) + e).digest()))
c.commit()"
	refused "row 4 of the ledger" schemastore upgrade
	refused "row 4 of the ledger" schemastore history
	restore
	git --git-dir=.schemastore update-ref refs/schemastore/ledger/dev \
		"$(git --git-dir=.schemastore hash-object -t commit -w entry)"
	test_must_fail code=6 schemastore downgrade --yes dev HEAD~1 2>err
	test_grep "refs/schemastore/ledger/dev" err
	test_must_fail code=6 schemastore fsck
'

test_expect 'a mirror that is gone, or something else' '
	restore
	git --git-dir=.schemastore update-ref -d refs/schemastore/ledger/dev
	schemastore downgrade -q --yes --allow-data-loss
	schemastore fsck
	for what in refs/heads/main refs/schemastore/policy
	do
		restore
		git --git-dir=.schemastore update-ref \
			refs/schemastore/ledger/dev $what
		refused "lacks entries" schemastore downgrade --yes dev HEAD~1
	done
'

test_expect 'an entry has the bytes of the format' '
	restore
	git --git-dir=.schemastore cat-file commit refs/schemastore/ledger/dev \
		>out
	sed "s/[0-9a-f]\{64\}/H/g; s/[0-9a-f]\{40\}/h/g; s/[0-9a-f]\{32\}/i/g
		s/[0-9]\{10\} +0000/T/; s/2[0-9-]*T[0-9:.]*Z/D/
		s/^\(author\|committer\) .*> T/\1 W T/" out >shape
	cat >want <<-\END
	tree h
	parent h
	author W T
	committer W T

	dev: two: done

	Schemastore-Format: 0
	Schemastore-Kind: ledger
	Schemastore-Project: H
	Schemastore-Ref: refs/schemastore/ledger/dev
	Schemastore-Seq: 5
	Schemastore-Policy: 0 H
	Schemastore-Tree: H
	Schemastore-Parent: H
	Schemastore-Db: i dev
	Schemastore-Event: finish
	Schemastore-Op: apply
	Schemastore-To: H s1:H
	Schemastore-Begin: 3
	Schemastore-Finished: D
	Schemastore-Outcome: ok
	Schemastore-Observed: s1:H
	END
	test_cmp want shape
	git --git-dir=.schemastore cat-file commit \
		refs/schemastore/ledger/dev~1 >begin
	sed -n "s/^Schemastore-\([A-Z][a-z]*\):.*/\1/p" begin >keys
	printf "%s\n" Format Kind Project Ref Seq Policy Tree Parent Db Event \
		Op From To Plan Sql Target Session Started >want
	test_cmp want keys
	git --git-dir=.schemastore show refs/schemastore/ledger/dev~1:up.sql \
		>up.sql
	test_grep "^Schemastore-Sql: $(sha256sum <up.sql | cut -c1-64) $(wc -c \
		<up.sql)$" begin
'

test_expect 'long subjects and odd logins are no hindrance' '
	restore
	schemastore commit -q --allow-empty -m "$(printf "%04096d" 7)"
	schemastore upgrade -q
	schemastore commit -q --allow-empty -m "$(printf "%0999dé" 7)"
	LOGNAME="$(printf "a\tb")" schemastore upgrade -q
	schemastore commit -q --allow-empty -m last
	LOGNAME="$(printf "\377")" schemastore upgrade -q
	schemastore fsck
'

test_done
