#!/bin/sh
# commit --edit: an edge's SQL by hand, proven, and crossed as it stands.
. "${srcdir:?}/tests/t/lib.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

rows () {
	sqlite3 "$1.db" "$2" | paste -s -d, -
}

# What the editor does: sed with $sed.
EDITOR="$PWD/editor"
export EDITOR sed
printf '%s\n' '#!/bin/sh' 'cp "$1" seen' 'sed -i "$sed" "$1"' >editor
chmod +x editor

project () {
	rm -rf p
	mkdir p
	cd p
	echo "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);" >schema.sql
	schemastore init -q --database dev=sqlite:dev.db
	schemastore commit -q -m one
	schemastore upgrade -q dev
	sqlite3 dev.db "INSERT INTO t VALUES (1, 5)"
	echo "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);" \
		>schema.sql
}

test_expect 'what is written runs, up and down' '
	project
	sed="s/^ALTER TABLE t ADD .*/&\nUPDATE t SET b = a * 2;/" \
		schemastore commit -q -m b --edit
	test_grep "^ALTER TABLE t ADD COLUMN b TEXT;$" seen
	git -C .schemastore show HEAD:edge/0/sqlite.steps >steps
	test_grep "^sql edited$" steps
	schemastore upgrade -q dev
	test "$(rows dev "SELECT b FROM t")" = 10
	git -C .schemastore log --format=%B refs/schemastore/ledger/dev >log
	test "$(grep -c "^Schemastore-Plan: edge$" log)" = 2
	schemastore downgrade -q --yes --allow-data-loss dev
	schemastore drift -q dev
	schemastore plan HEAD~1 HEAD >plan
	test_grep "^UPDATE t SET b = a \* 2;$" plan
	schemastore fsck -q
'

test_expect 'plain edges around it are one difference each' '
	cd p
	echo "CREATE TABLE u (a);" >>schema.sql
	schemastore commit -q -m u
	schemastore upgrade -q dev
	test "$(rows dev "SELECT b FROM t")" = 10
	schemastore upgrade -q sqlite:new.db
	schemastore drift -q sqlite:new.db
	schemastore downgrade -q --yes --allow-data-loss dev HEAD~2
	schemastore drift -q dev
'

test_expect 'what does not arrive is refused, and the text is left' '
	project
	sed="s/ADD COLUMN b/ADD COLUMN c/"
	test_must_fail code=3 schemastore commit -m b --edit 2>err
	test_grep "does not arrive: table .t.: column .b. is missing, " err
	test_grep "is missing, column .c. should not be there$" err
	test_grep "^hint: SQL that was written by hand has to lead to" err
	test_grep "ADD COLUMN c" .schemastore/EDIT_sqlite.sql
	sed="s/^ALTER/COMMIT; ALTER/"
	test_must_fail schemastore commit -m b --edit 2>err
	test_grep "may not begin or end a transaction" err
	sed="d"
	test_must_fail schemastore commit -m b --edit 2>err
	test_grep "nothing is left" err
	printf "%s\n" "#!/bin/sh" "exit 1" >no
	chmod +x no
	EDITOR=./no
	test_must_fail code=3 schemastore commit -m b --edit 2>err
	test_grep "the editor ../no. failed" err
	schemastore log >log
	test_not grep "^    b" log
'

test_expect 'an untouched proposal is a plain edge' '
	project
	sed="" schemastore commit -q -m b --edit
	git -C .schemastore ls-tree -r --name-only HEAD >files
	test_not grep steps files
'

test_expect 'without the way back there is none' '
	project
	sed="/schemastore: down/,\$d" schemastore commit -m b --edit >out
	test_grep "no way back" out
	schemastore upgrade -q dev
	test_must_fail code=3 schemastore downgrade --yes --allow-data-loss \
		dev 2>err
	test_grep "has no way back" err
'

test_expect 'what it loses is what it would lose by itself' '
	project
	echo "CREATE TABLE t (id INTEGER PRIMARY KEY);" >schema.sql
	sed="s/^ALTER TABLE t DROP/SELECT 1;\n&/" \
		schemastore commit -q -m drop --edit
	test_must_fail code=3 schemastore upgrade dev 2>err
	test_grep "t.a: the column.s values are lost (1 row)" err
	schemastore upgrade -q --allow-data-loss dev
'

test_expect 'a data step is in its SQL, and is run once' '
	project
	echo "UPDATE t SET a = a + 1" >inc.sql
	echo "UPDATE t SET a = a - 1" >dec.sql
	sed="s/^ALTER TABLE t ADD/SELECT 1;\n&/" schemastore commit -q -m b \
		--edit --data inc=inc.sql:dec.sql
	schemastore upgrade -q dev
	test "$(rows dev "SELECT a FROM t")" = 6
	git -C .schemastore log --format=%B refs/schemastore/ledger/dev >log
	test_grep "^Schemastore-Step: [0-9a-f]* up" log
	schemastore downgrade -q --yes --allow-data-loss dev
	test "$(rows dev "SELECT a FROM t")" = 5
'

test_done
