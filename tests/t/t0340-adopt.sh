#!/bin/sh
# inspect and baseline: a database that was made elsewhere is taken in.
. "${srcdir:?}/tests/t/lib.sh"

sqlite3 app.db <<'END'
CREATE TABLE users (id INTEGER PRIMARY KEY, "odd name" TEXT DEFAULT 'it''s');
CREATE UNIQUE INDEX users_odd ON users ("odd name" COLLATE NOCASE DESC)
  WHERE id > 0;
CREATE VIEW v AS SELECT "odd name" FROM users;
CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; SELECT 2; END;
CREATE VIRTUAL TABLE words USING fts5(body);
INSERT INTO users VALUES (1, 'x');
END

test_expect 'inspect needs no store, and its SQL makes the same schema' '
	schemastore inspect app.db >schema.sql
	test ! -d .schemastore
	sqlite3 copy.db <schema.sql
	schemastore diff --exit-code app.db copy.db
	schemastore inspect copy.db >again.sql
	test_cmp schema.sql again.sql
'

test_expect 'inspect of some objects' '
	schemastore inspect app.db -- v >out
	echo "CREATE VIEW v AS SELECT \"odd name\" FROM users;" >want
	test_cmp want out
	test_must_fail code=2 schemastore inspect app.db -- nothing 2>err
	test_grep "no table or view .nothing." err
'

test_expect 'a database with objects and no ledger is refused' '
	schemastore init -q --database prod=sqlite:app.db
	schemastore commit -q -m "as it is"
	cp app.db before.db
	test_must_fail code=3 schemastore upgrade 2>err
	test_grep "has objects, but no ledger" err
	test_grep "^hint: .*schemastore baseline prod " err
	cmp before.db app.db
'

test_expect 'baseline: the schema must be the one of the version' '
	sqlite3 other.db "CREATE TABLE x (a)"
	test_must_fail code=3 schemastore baseline sqlite:other.db 2>err
	test_grep "is not that of version" err
	test_grep "table x" err
	schemastore baseline >out
	test_grep "^prod is at [0-9a-f]* as it is$" out
	schemastore status --check
	schemastore drift
	sqlite3 app.db "SELECT \"odd name\" FROM users" >out
	test_grep "^x$" out
	schemastore history >out
	test_grep "  baseline [0-9a-f]* as it is  " out
'

test_expect 'and only once' '
	cp app.db before.db
	test_must_fail code=3 schemastore baseline 2>err
	test_grep "has a ledger already" err
	cmp before.db app.db
'

test_expect 'from there it goes on' '
	echo "CREATE TABLE more (a);" >>schema.sql
	schemastore commit -q -m more
	schemastore upgrade -q
	schemastore status --check
'

test_expect 'a backup that was restored is noticed, and can be said' '
	cp before.db app.db
	cp .schemastore/refs/schemastore/ledger/prod mirror
	test_must_fail code=3 schemastore upgrade
	test_must_fail code=3 schemastore upgrade 2>err
	test_cmp mirror .schemastore/refs/schemastore/ledger/prod
	test_grep "lacks entries that the store has seen" err
	test_grep "^hint: .*schemastore baseline --restored prod" err
	schemastore baseline --restored prod
	schemastore upgrade -q
	schemastore status --check
	schemastore history >out
	test_grep "  restore  " out
'

test_expect 'bookkeeping of other tools: proposed, and said' '
	mkdir "$TMPDIR/books"
	cd "$TMPDIR/books"
	sqlite3 old.db "CREATE TABLE t (a)"
	sqlite3 app.db "CREATE TABLE t (a);
		CREATE TABLE Alembic_Version (v);
		CREATE UNIQUE INDEX one ON Alembic_Version (v);
		CREATE TABLE goose_db_version (v);
		CREATE TRIGGER g AFTER INSERT ON goose_db_version
			BEGIN SELECT 1; END"
	schemastore init --database prod=sqlite:app.db \
		--database old=sqlite:old.db --database new=sqlite:new.db \
		>out 2>err
	cat >want <<-\END
	schemastore config --add sqlite.ignore Alembic_Version
	schemastore config --add sqlite.ignore goose_db_version
	END
	sed -n "s/^hint: .prod. has another tool.*leave it out: //p" err |
		sed "s/ && /\n/g" >commands
	test_cmp want commands
	test "$(grep -c . err)" -eq 1
	test ! -f new.db
	echo "CREATE TABLE t (a);" >schema.sql
	schemastore commit -q -m one schema.sql
	schemastore inspect old >out 2>err
	test ! -s err
	test_must_fail code=3 schemastore baseline prod 2>err
	test_grep "^hint: another tool.*$(head -n 1 want) && " err
	. ./commands
	schemastore commit -q --allow-empty -m two schema.sql
	echo "note: database .prod.: ignored: Alembic_Version," \
		"goose_db_version$" >want
	for command in "inspect prod" "baseline prod" "drift prod" \
		"diff HEAD prod"
	do
		schemastore $command >out 2>err
		test_grep "$(cat want)" err
		test "$(grep -c . err)" -eq 1
		test_not grep ignored out
	done
	schemastore drift -q prod 2>err
	test ! -s err
	schemastore drift old >out 2>err || test $? -eq 1
	test ! -s err
'

test_expect 'the ledger cannot be edited by mistake' '
	test_not sqlite3 app.db "DELETE FROM schemastore_ledger"
	test_not sqlite3 app.db "UPDATE schemastore_ledger SET seq = 9"
'

test_expect 'inspect and drift --json' '
	schemastore inspect --json >out
	test_grep "\"statements\"" out
	schemastore drift --json >out
	echo "[]" >want
	test_cmp want out
'

test_done
