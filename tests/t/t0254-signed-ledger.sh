#!/bin/sh
# Signed ledgers: git verifies every entry, also of a mirror that is made of the
# rows; and a key that is gone leaves nothing half done.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-agent.sh"
. "$srcdir/tests/t/lib-second.sh"

test_signs
command -v ssh-keygen >/dev/null || test_skip "there is no ssh-keygen"

export SCHEMASTORE_AUTHOR_NAME=Ann SCHEMASTORE_AUTHOR_EMAIL=ann@example.org
signers=$PWD/signers

schema () {
	echo "CREATE TABLE t ($1);" >schema.sql
}

store_git () {
	git --git-dir=.schemastore -c gpg.ssh.allowedSignersFile="$signers" "$@"
}

# formats DATABASE: those of its entries, on one line
formats () {
	sqlite3 "$1" "SELECT CAST(entry AS TEXT) FROM schemastore_ledger
		ORDER BY seq" | sed -n "s/^Schemastore-Format: //p" | tr -d "\n"
}

# unchanged COMMAND: it fails, and the database and its mirror are as before
unchanged () {
	sqlite3 app.db .dump >before
	store_git for-each-ref >before.refs
	test_must_fail "$@" 2>err
	sqlite3 app.db .dump >after
	test_cmp before after
	store_git for-each-ref >after.refs
	test_cmp before.refs after.refs
}

schemastore key new >/dev/null
schemastore key show --signers >"$signers"
own=$XDG_CONFIG_HOME/schemastore/key
schema a
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schema a,b
schemastore commit -q -m two
schema a,b,c
schemastore commit -q -m three
schemastore upgrade -q dev HEAD~2

test_expect 'every event is signed' '
	schemastore upgrade -q dev HEAD~1
	schemastore downgrade -q --yes dev HEAD~2
	cp app.db old.db
	schemastore upgrade -q dev HEAD~1
	mv old.db app.db
	schemastore baseline --restored dev
	cp app.db copy.db
	schemastore config database.copy.url sqlite:copy.db
	schemastore baseline --copied copy
	sqlite3 new.db <schema.sql
	schemastore config database.new.url sqlite:new.db
	schemastore baseline new HEAD
	test "$(formats app.db)" = 11111111
	test "$(formats copy.db)" = 111111111
	test "$(formats new.db)" = 11
	for db in dev copy new
	do
		store_git verify-commit $(store_git rev-list \
			refs/schemastore/ledger/$db)
	done
	store_git fsck --strict
	schemastore fsck
	schemastore verify --signed --all
'

test_expect 'history shows the signatures' '
	fingerprint=$(ssh-keygen -l -f "$own" | cut -d " " -f 2)
	schemastore history --show-signature dev >out
	test "$(grep -c "^    [a-z]*: good, ssh-ed25519 $fingerprint$" out)" = 8
	test_grep "^    restore: good" out
	schemastore history --json --show-signature dev >out
	test "$(grep -c "\"is\": \"good\"" out)" = 8
	schemastore history dev >out
	test_not grep good out
'

test_expect 'a mirror that git alone makes of the rows' '
	store_git rev-list refs/schemastore/ledger/dev >want
	git init -q --bare again.git
	for seq in 0 1 2 3 4 5 6 7
	do
		sqlite3 app.db "SELECT writefile('\''entry'\'', entry)
			FROM schemastore_ledger WHERE seq = $seq" >/dev/null
		git --git-dir=again.git hash-object -t commit -w entry
	done >out
	sed "1!G;h;\$!d" out | cat - want >both
	test "$(sort both | uniq -d | wc -l)" = 8
	git --git-dir=again.git -c gpg.ssh.allowedSignersFile="$signers" \
		verify-commit $(cat out)
	test "$(tail -n 1 out)" = "$(head -n 1 want)"
'

test_expect 'an entry that was changed is bad' '
	cp app.db bad.db
	cat >edit.py <<END
import hashlib
import sqlite3

db = sqlite3.connect("bad.db")
seq, entry = db.execute("SELECT seq, entry FROM schemastore_ledger "
                        "ORDER BY seq DESC LIMIT 1").fetchone()
entry = entry.replace(b"Ann <", b"Eve <")
name = hashlib.sha256(b"commit %d\0" % len(entry) + entry).digest()
db.execute("DROP TRIGGER schemastore_ledger_update")
db.execute("UPDATE schemastore_ledger SET id = ?, entry = ? WHERE seq = ?",
           (name, entry, seq))
db.commit()
END
	python3 edit.py
	test_must_fail code=1 schemastore history --show-signature \
		sqlite:bad.db >out
	test_grep "^    restore: bad" out
	test "$(grep -c ": good" out)" = 7
'

test_expect 'without a key, and where it is not wanted, nothing is signed' '
	cp app.db keep.db
	cp -R .schemastore keep
	schemastore config schemastore.sign no
	schemastore upgrade -q dev HEAD~1
	schemastore config schemastore.sign yes
	mv "$own" hidden
	unchanged schemastore upgrade -q dev
	test_grep "schemastore.sign is yes" err
	schema a,b,c
	sqlite3 other.db <schema.sql
	unchanged schemastore baseline sqlite:other.db HEAD
	schemastore config --unset schemastore.sign
	schemastore upgrade -q dev
	mv hidden "$own"
	schemastore downgrade -q --yes dev
	test "$(formats app.db)" = 11111111000011
	schemastore history --show-signature dev >out
	test "$(grep -c ": none$" out)" = 4
	schemastore fsck
	schemastore verify --all
	test_must_fail code=1 schemastore verify --signed --all
	rm -rf .schemastore
	mv keep .schemastore
	mv keep.db app.db
'

# ---- the key goes ------------------------------------------------------------

test_expect 'an agent that goes in the middle leaves nothing half done' '
	command -v python3 >/dev/null || test_skip "there is no python3"
	export SCHEMASTORE_KEY=agents.pub
	for times in 0 1
	do
		unchanged signing $times schemastore upgrade -q dev
		test_grep "signing" err
		schemastore status dev >out
		test_grep "one" out
	done
	unchanged signing 0 schemastore baseline sqlite:other.db HEAD
	signing 2 schemastore upgrade -q dev
	test "$(formats app.db)" = 1111111111
	for times in 0 1 2
	do
		test_must_fail signing $times schemastore upgrade -q \
			sqlite:fresh.db
		test ! -e fresh.db
	done
	signing 3 schemastore upgrade -q sqlite:fresh.db
	test "$(formats fresh.db)" = 111
	schemastore fsck
'

test_second

test_done
