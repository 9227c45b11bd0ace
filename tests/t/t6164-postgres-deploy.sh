#!/bin/sh
# Databases that the policy has a rule for: PostgreSQL, in one transaction and
# in steps.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-trust.sh"
. "$srcdir/tests/t/lib-agent.sh"
. "$srcdir/tests/t/lib-second.sh"

command -v python3 >/dev/null || test_skip "there is no python3"
pg_start
cp -p ci agents.secret
cp -p ci.pub agents.pub

# ci_signs TIMES COMMAND: his agent does so, and goes
ci_signs () {
	SCHEMASTORE_KEY=agents.pub SCHEMASTORE_AUTHOR_NAME=ci \
		SCHEMASTORE_AUTHOR_EMAIL=ci@example.org signing "$@"
}

found () {
	test_must_fail code="$1" schemastore verify prod >out
	test_grep "^$2 prod" out
}

pg_new app
echo 'CREATE TABLE t (id integer PRIMARY KEY, a text);' >schema.sql
as ann init -q --engine postgres --database prod="$url" --source schema.sql
as ann commit -q -m one
echo 'CREATE INDEX t_a ON t (a);' >>schema.sql
as ann commit -q -m two
echo 'CREATE TABLE v (id integer PRIMARY KEY);' >>schema.sql
as ann commit -q -m three
as ann trust init -q
as ann trust propose -q \
	--add "person bob Bob bob@example.org" \
	--add "key bob $(public bob)" \
	--add "person ci Robot ci@example.org" --add "key ci $(public ci)" \
	--add "approver bob" --add "protect refs/heads/main approve 1" \
	--add "db prod 3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f deploy ci from \
refs/heads/main approve 1"
as ann trust land -q

test_expect 'who may, with whose approval' '
	refused_as ann upgrade -q prod HEAD~2
	test_grep "hint: ci may" err
	refused_as ci upgrade -q prod HEAD~2
	test_grep "hint: bob may" err
	test -z "$(pg app -c "SELECT relname FROM pg_class
		WHERE relname = '\''t'\'' OR relname = '\''ledger'\''")"
	as bob approve -q --db prod HEAD~2
	as ci upgrade -q prod HEAD~2
	schemastore verify --signed prod
	pg app -c "SELECT convert_from(entry, '\''UTF8'\'')
		FROM schemastore.ledger" >e
	test "$(grep -c "^Schemastore-Db: 3f3f.* prod$" e)" = 3
'

test_expect 'in steps, which are gone on with, or turned back' '
	refused_as ci upgrade -q --online prod HEAD~1
	as bob approve -q --db prod HEAD~1
	test_must_fail ci_signs 1 schemastore upgrade -q --online prod HEAD~1
	schemastore verify --signed prod >out
	test_grep "a run has not finished" out
	refused_as ann resume -q prod
	test_grep "hint: ci may" err
	refused_as ann resume -q --undo --yes prod
	as ci resume -q --undo --yes --allow-data-loss prod
	schemastore verify --signed prod
	refused_as ci upgrade -q --online prod HEAD~1
	test_grep "0 of 1" err
	as bob approve -q --db prod HEAD~1
	test_must_fail ci_signs 1 schemastore upgrade -q --online prod HEAD~1
	as ci resume -q prod
	schemastore verify --signed prod
	as bob approve -q --db prod HEAD
	as ci upgrade -q --online prod HEAD
	schemastore verify --signed prod
'

test_expect 'restored, copied, and what is said' '
	as ci ledger note -q -m "Hello" prod
	pg postgres -c "CREATE DATABASE copy TEMPLATE app"
	pg_url copy
	as ann config database.copy.url "$url"
	refused_as ann upgrade -q copy HEAD
	refused_as ci ledger clone -q copy
	test_grep "hint: ann may" err
	as ann ledger clone -q -m "A copy" copy
	as ann downgrade -q --yes --allow-data-loss copy
	schemastore verify --signed copy prod
	schemastore history copy >out
	test_grep "clone    .* three  ann" out
'

test_expect 'what was changed behind it' '
	for pair in \
	    "ALTER TABLE t ADD CHECK (id > 0):ALTER TABLE t DROP CONSTRAINT \
		t_id_check" \
	    "CREATE FUNCTION f() RETURNS int RETURN 1:DROP FUNCTION f" \
	    "GRANT SELECT ON t TO PUBLIC:REVOKE SELECT ON t FROM PUBLIC" \
	    "ALTER TABLE t ADD x int:ALTER TABLE t DROP x"
	do
		pg app -c "${pair%:*}"
		found 1 drift
		pg app -c "${pair#*:}"
	done
	schemastore verify --signed prod
	pg app -c "ALTER TABLE schemastore.ledger DISABLE TRIGGER USER;
		UPDATE schemastore.ledger SET seq = seq + 1 WHERE seq = (
			SELECT max(seq) FROM schemastore.ledger)"
	found 1 row
	pg app -c "UPDATE schemastore.ledger SET seq = seq - 1 WHERE seq = (
			SELECT max(seq) FROM schemastore.ledger)"
	schemastore verify --signed prod
	pg app -c "DELETE FROM schemastore.ledger WHERE seq = 0"
	found 1 row
	pg app -c "TRUNCATE schemastore.ledger"
	found 1 mirror
	pg app -c "DROP SCHEMA schemastore CASCADE"
	found 1 mirror
'

test_second

test_done
