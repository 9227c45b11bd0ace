#!/bin/sh
# verify --replay: what is recorded is run, and leads where it says; what does
# something else is found, though all that is signed fits.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-replay.sh"

# differs TEXT: nothing but --replay finds that
differs () {
	tip=$(git --git-dir=.schemastore rev-parse --short=12 main)
	schemastore verify --signed
	schemastore fsck
	test_must_fail code=1 schemastore verify --replay >out
	test_grep "^replay $tip: edge 0 of sqlite, $1" out
	test_grep "signed by SHA256:" out
	test_grep ", 1 finding$" out
}

schemastore key new >/dev/null
cat >schema.sql <<-END
CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT);
END
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
echo 'CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a);' >>schema.sql
schemastore commit -q -m two
echo 'CREATE INDEX b_a ON b (a);' >>schema.sql
schemastore commit -q -m three
cp -R .schemastore good

test_expect 'honest ones' '
	replays 6
	schemastore verify --json >out
	test_grep "\"replayed\": 0,\$" out
	schemastore verify --replay >out
	test_grep "^replayed: 6 texts of SQL$" out
'

test_expect 'an edge that makes, leaves out, or drops something else' '
	insider sqlite.up.sql "CREATE INDEX b_a ON b (id);
"
	differs "up: the plan does not arrive: .*b_a"
	restore
	insider sqlite.up.sql ""
	differs "up: the plan does not arrive: "
	restore
	insider sqlite.up.sql "CREATE INDEX b_a ON b (a);
DROP TABLE a;
"
	differs "up: the plan does not arrive: table .a. is missing"
	restore
	insider sqlite.up.sql "CREATE INDEX b_a ON b (a);
CREATE TABLE more (id INTEGER);
"
	differs "up: the plan does not arrive: .*more"
	restore
	insider sqlite.down.sql "DROP INDEX b_a;
ALTER TABLE a DROP COLUMN name;
"
	differs "down: the plan does not arrive: .*name"
	restore
'

test_expect 'one that fails, leaves its transaction, or looks elsewhere' '
	insider sqlite.up.sql "CREATE INDEX b_a ON c (a);
"
	differs "up: .*no such table"
	restore
	insider sqlite.up.sql "CREATE INDEX b_a ON b (a); COMMIT;
"
	differs "up: .*it may not begin or end a transaction"
	restore
	insider sqlite.up.sql "CREATE INDEX b_a ON b (a);
ATTACH '\''stolen.db'\'' AS s;
"
	differs "up: .*it may not attach databases"
	test ! -e stolen.db
	restore
'

test_expect 'another text that does the same' '
	insider sqlite.up.sql "/* the same */ CREATE INDEX b_a ON b (a);
"
	replays 6
	restore
'

test_expect 'nothing is run of what was altered' '
	insider sqlite.up.sql "CREATE INDEX b_a ON b (id);
"
	python3 -S "$srcdir/tests/t/attacker.py" commit state
	test_must_fail code=1 schemastore verify --replay >out
	test_grep "^state " out
	test_grep "^replay .*: nothing is run of what was altered$" out
	restore
'

test_expect 'what was edited, data steps and merges' '
	cat >fill.sql <<-END
	UPDATE a SET name = '\'x\'' WHERE name IS NULL;
	END
	sed "s/name TEXT/name TEXT NOT NULL DEFAULT '\'y\''/" schema.sql >new
	cp new schema.sql
	schemastore commit -q -m four --data fill=fill.sql:
	schemastore branch side HEAD~1
	schemastore checkout -q side
	echo "CREATE TABLE s (id INTEGER PRIMARY KEY);" >>schema.sql
	schemastore commit -q -m side
	schemastore checkout -q main
	schemastore merge -q side
	replays "[0-9]*"
	schemastore squash -q -m less HEAD~2..
	replays "[0-9]*"
	sed -i "s/^CREATE TABLE s .*/CREATE TABLE s (id INTEGER PRIMARY KEY, \
		x TEXT);/" schema.sql
	cat >editor <<-END
	#!/bin/sh
	sed -i "s/^ALTER TABLE s ADD .*/&\nUPDATE s SET x = 1;/" "\$1"
	END
	chmod +x editor
	EDITOR="$PWD/editor" schemastore commit -q -m edited --edit
	git -C .schemastore show HEAD:edge/0/sqlite.steps >steps
	test_grep "^sql edited$" steps
	replays "[0-9]*"
	rm -rf good
	cp -R .schemastore good
'

test_expect 'plans of ledgers that are no edge' '
	schemastore upgrade -q dev
	schemastore downgrade -q --yes --allow-data-loss dev HEAD~2
	schemastore upgrade -q dev
	schemastore history dev
	replays "[0-9]*" dev
	cp -R .schemastore direct
	schemastore downgrade -q --yes --allow-data-loss --park dev HEAD~2
	schemastore upgrade -q dev
	test_must_fail code=6 schemastore verify --replay dev >out
	test_grep "it moves rows to or from what is parked" out
	rm -rf .schemastore
	cp -R direct .schemastore
	unseen
	insider plan "CREATE TABLE other (id INTEGER);
"
	schemastore verify --signed
	test_must_fail code=1 schemastore verify --replay >out
	test_grep "^replay [0-9a-f]*: plan of dev: .*the plan does not arrive" \
		out
	test_grep ", 1 finding$" out
'

test_done
