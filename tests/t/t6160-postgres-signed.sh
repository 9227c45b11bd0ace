#!/bin/sh
# Signed ledgers: PostgreSQL; the key goes in the middle of a run in steps, too.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-agent.sh"
. "$srcdir/tests/t/lib-second.sh"

test_signs
command -v ssh-keygen >/dev/null || test_skip "there is no ssh-keygen"
command -v python3 >/dev/null || test_skip "there is no python3"
pg_start

export SCHEMASTORE_AUTHOR_NAME=Ann SCHEMASTORE_AUTHOR_EMAIL=ann@example.org
export SCHEMASTORE_KEY=agents.secret
signers=$PWD/signers
schemastore key show --signers >"$signers"

store_git () {
	git --git-dir=.schemastore -c gpg.ssh.allowedSignersFile="$signers" "$@"
}

# all_signed N: there are so many entries, and git verifies each
all_signed () {
	test "$(pg app -c "SELECT count(*) FROM schemastore.ledger")" = "$1"
	test "$(store_git rev-list --count refs/schemastore/ledger/dev \
		^refs/schemastore/policy)" = "$1"
	store_git verify-commit $(store_git rev-list \
		refs/schemastore/ledger/dev)
}

pg_new app
echo 'CREATE TABLE t (id integer PRIMARY KEY, a text);' >schema.sql
schemastore init -q --engine postgres --database dev="$url"
schemastore commit -q -m one
echo 'CREATE INDEX t_a ON t (a);' >>schema.sql
schemastore commit -q -m two

test_expect 'entries are signed, and git makes them of the rows' '
	schemastore upgrade -q dev HEAD~1
	all_signed 3
	git init -q --bare again.git
	for seq in 0 1 2
	do
		pg app -c "SELECT encode(entry, '\''base64'\'')
			FROM schemastore.ledger WHERE seq = $seq" |
			base64 -d >entry
		git --git-dir=again.git hash-object -t commit -w entry
	done >out
	git --git-dir=again.git -c gpg.ssh.allowedSignersFile="$signers" \
		verify-commit $(cat out)
	test "$(tail -n 1 out)" = \
		"$(store_git rev-parse refs/schemastore/ledger/dev)"
	schemastore history --show-signature >out
	test "$(grep -c "^    [a-z]*: good, " out)" = 3
'

test_expect 'an agent that goes in the middle' '
	export SCHEMASTORE_KEY=agents.pub
	for times in 0 1
	do
		test_must_fail signing $times schemastore upgrade -q dev 2>err
		test_grep signing err
		all_signed 3
		schemastore drift -q dev
	done
'

test_expect 'and of a run in steps, which is resumed' '
	export SCHEMASTORE_KEY=agents.pub
	test_must_fail signing 0 schemastore upgrade -q --online dev
	all_signed 3
	test_must_fail signing 1 schemastore upgrade -q --online dev 2>err
	test_grep "schemastore resume dev" err
	all_signed 4
	schemastore verify --signed dev >out
	test_grep "^dev: 4 rows, a run has not finished$" out
	schemastore audit export -q b dev
	schemastore verify --bundle b --signed >out
	test_grep "^dev: 4 rows, a run has not finished$" out
	signing 1 schemastore resume -q dev
	all_signed 5
	schemastore status --check
	schemastore verify --signed dev
'

test_expect 'and names the newest checkpoint' '
	export SCHEMASTORE_KEY=agents.pub
	signing 1 schemastore checkpoint -q
	signing 9 schemastore downgrade -q --yes dev
	signing 9 schemastore upgrade -q dev
	pg app -Atc "SELECT count(*) FROM schemastore.ledger WHERE position(
		chr(10) || \$\$Schemastore-Checkpoint: 1 \$\$ IN
		convert_from(entry, \$\$UTF8\$\$)) > 0" >out
	test "$(cat out)" = 2
	schemastore verify --signed dev
'

test_expect 'what was changed behind it, or without a key' '
	pg app -c "CREATE INDEX x ON t (a, id)"
	test_must_fail code=1 schemastore verify dev >out
	test_grep "^drift dev: " out
	schemastore audit export -q b dev
	test_must_fail code=1 schemastore verify --bundle b >out
	test_grep "^drift dev: " out
	pg app -c "DROP INDEX x"
	schemastore verify --signed dev
	pg app -c "ALTER TABLE schemastore.ledger DISABLE TRIGGER USER;
		DELETE FROM schemastore.ledger WHERE seq =
			(SELECT max(seq) FROM schemastore.ledger)"
	test_must_fail code=1 schemastore verify dev >out
	test_grep "^mirror dev: " out
'

test_second

test_done
