#!/bin/sh
# Data steps on PostgreSQL: in the plan's transaction, and in batches.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

# people: a project and a database with two rows.
people () {
	rm -rf p
	mkdir p
	cd p
	cat >schema.sql <<-\SQL
	CREATE TYPE mood AS ENUM ('good', 'bad');
	CREATE TABLE p (id int PRIMARY KEY, first text NOT NULL,
		last text NOT NULL, mood mood NOT NULL DEFAULT 'good');
	SQL
	pg_new app
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m people
	schemastore upgrade -q
	pg app -c "INSERT INTO p VALUES (1, 'ann', 'lee'), (2, 'bo', 'xi')"
	echo "UPDATE p SET name = first || ' ' || last" >up.sql
	echo "UPDATE p SET first = split_part(name, ' ', 1),
		last = split_part(name, ' ', 2)" >down.sql
}

one_name () {
	cat >schema.sql <<-\SQL
	CREATE TYPE mood AS ENUM ('good', 'bad');
	CREATE TABLE p (id int PRIMARY KEY, name text NOT NULL,
		mood mood NOT NULL DEFAULT 'good');
	SQL
	schemastore commit -q -m name --no-rename --data "$@"
}

rows () {
	pg app -c "$1" | paste -s -d, -
}

expands () {
	people
	one_name fill=up.sql:down.sql
	schemastore upgrade -q --allow-data-loss
	test "$(rows "SELECT name FROM p ORDER BY id")" = "ann lee,bo xi"
	schemastore downgrade -q --yes --allow-data-loss
	test "$(rows "SELECT first || last FROM p ORDER BY id")" = annlee,boxi
	schemastore drift -q
	schemastore upgrade -q --online --allow-data-loss
	test "$(rows "SELECT name FROM p ORDER BY id")" = "ann lee,bo xi"
	schemastore downgrade -q --yes --online --allow-data-loss
	test "$(rows "SELECT first || last FROM p ORDER BY id")" = annlee,boxi
}
test_expect 'expand, fill and contract are one edge, up and down' expands

prints () {
	people
	one_name fill=up.sql:down.sql
	schemastore plan HEAD~1 HEAD >up
	psql -XqAt -v ON_ERROR_STOP=1 -f up "$url" >out
	test "$(rows "SELECT name FROM p ORDER BY id")" = "ann lee,bo xi"
	schemastore plan HEAD HEAD~1 >down
	psql -XqAt -v ON_ERROR_STOP=1 -f down "$url" >out
	test "$(rows "SELECT first || last FROM p ORDER BY id")" = annlee,boxi
}
test_expect 'a printed script has the same effect' prints

uses_new_value () {
	people
	sed -i "s/'bad'/'bad', 'ugly'/" schema.sql
	echo "UPDATE p SET mood = 'ugly' WHERE id = 1" >ugly.sql
	schemastore commit -q -m ugly --data ugly=ugly.sql:
	schemastore upgrade -q
	test "$(rows "SELECT mood FROM p ORDER BY id")" = ugly,good
}
test_expect 'a new value of an enumeration can be used at once' uses_new_value

puts_off () {
	people
	echo "CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY
		DEFERRED, n int);" >>schema.sql
	schemastore commit -q -m child
	schemastore upgrade -q
	sed -i 's/, n int/, n int, m int NOT NULL/' schema.sql
	cat >fill.sql <<-\SQL
	INSERT INTO c (p, n) VALUES (7, 1);
	INSERT INTO p VALUES (7, 'c', 'd');
	UPDATE c SET m = n
	SQL
	schemastore commit -q -m m --data fill=fill.sql:
	schemastore upgrade -q
	test "$(rows "SELECT p, m FROM c")" = "7|1"
}
test_expect 'a deferred key is looked at behind the step' puts_off

finds_names () {
	people
	echo "CREATE SCHEMA s; CREATE TABLE s.t (a int);" >>schema.sql
	schemastore config postgres.search_path "s, public"
	echo "INSERT INTO t SELECT id FROM p" >t.sql
	schemastore commit -q -m s --data t=t.sql:
	schemastore upgrade -q
	test "$(rows "SELECT a FROM s.t ORDER BY a")" = 1,2
}
test_expect 'it finds names in the search_path of the store' finds_names

checks () {
	people
	printf '%s\n' "-- schemastore: require SELECT count(*) > 2 FROM p" \
		"UPDATE p SET last = 1" >few.sql
	schemastore commit -q -m few --data few=few.sql:
	test_must_fail schemastore upgrade 2>err
	test_grep "what it requires is not true: SELECT count" err
	pg app -c "INSERT INTO p VALUES (3, 1, 1)"
	schemastore upgrade -q
	test "$(rows "SELECT last FROM p")" = 1,1,1
}
test_expect 'what it requires must be true' checks

refuses () {
	people
	while read -r text
	do
		echo "$text" >bad.sql
		test_must_fail schemastore commit -m bad \
			--data bad=bad.sql 2>err
		test_grep "data step bad: " err
	done <<-\EOT
	COMMIT
	SELECT 1; rollback
	/* x */ SAVEPOINT x
	PREPARE TRANSACTION 'x'
	COPY p FROM stdin
	\i other.sql
	DO $$ BEGIN COMMIT; END $$
	SELECT nope FROM p
	EOT
}
test_expect 'it cannot leave its transaction' refuses

# hundred: a thousand rows to fill, seven at a time
thousand () {
	people
	pg app -c "INSERT INTO p SELECT n, 'f' || n, 'l' || n
		FROM generate_series(3, 1000) n"
	cat >up.sql <<-\SQL
	-- schemastore: batch
	-- schemastore: ensure SELECT count(*) = 0 FROM p WHERE name IS NULL
	UPDATE p SET name = first || ' ' || last WHERE id IN
		(SELECT id FROM p WHERE name IS NULL LIMIT 300)
	SQL
	one_name fill=up.sql:down.sql
}

batches () {
	thousand
	schemastore upgrade -q --allow-data-loss
	test "$(rows "SELECT count(DISTINCT name) FROM p")" = 1000
	schemastore downgrade -q --yes --allow-data-loss
	schemastore upgrade -q --online --allow-data-loss
	test "$(rows "SELECT count(DISTINCT name) FROM p")" = 1000
	schemastore drift -q
}
test_expect 'batches: in one transaction, and online in many' batches

printed_batches () {
	thousand
	for online in '' --online
	do
		schemastore plan $online HEAD~1 HEAD >up
		psql -XqAt -v ON_ERROR_STOP=1 -f up "$url" >out
		test "$(rows "SELECT count(DISTINCT name) FROM p")" = 1000
		schemastore plan HEAD HEAD~1 >down
		psql -XqAt -v ON_ERROR_STOP=1 -f down "$url" >out
	done
}
test_expect 'batches in a printed script' printed_batches

resumes () {
	thousand
	i=1
	while SS_FAULT=steps.commit:$i:crash \
		test_not schemastore upgrade -q --online --allow-data-loss \
		2>err
	do
		schemastore resume -q --allow-data-loss
		test "$(rows "SELECT count(DISTINCT name) FROM p")" = 1000
		schemastore drift -q
		schemastore downgrade -q --yes --allow-data-loss
		i=$((i + 1))
	done
	test $i -gt 5
	test "$(rows "SELECT count(DISTINCT name) FROM p")" = 1000
}
test_expect 'an interrupted run goes on with the batch it was at' resumes

undoes () {
	thousand
	SS_FAULT=steps.commit:3:crash test_not schemastore upgrade -q \
		--online --allow-data-loss 2>err
	test_must_fail code=3 schemastore resume --undo 2>err
	test_grep "has data steps, and a part of it is done" err
	schemastore resume -q --allow-data-loss
	schemastore downgrade -q --yes --allow-data-loss
	schemastore drift -q
}
test_expect 'half a data step is not taken back by the schema alone' undoes

refuses_many () {
	people
	printf '%s\n' '-- schemastore: batch' 'SELECT 1; SELECT 2' >two.sql
	test_must_fail code=3 schemastore commit -m two --data two=two.sql \
		2>err
	test_grep "a batch is one statement, and this has 2" err
}
test_expect 'a batch is one statement' refuses_many

merges () {
	people
	schemastore branch -q topic
	pg_new other
	other=$url
	schemastore upgrade -q "$other"
	schemastore upgrade -q
	echo "UPDATE p SET mood = 'bad' WHERE id = 1" >ours.sql
	echo "UPDATE p SET mood = 'good' WHERE id = 1" >ours.back
	schemastore commit -q -m ours --data ours=ours.sql:ours.back
	schemastore upgrade -q
	schemastore checkout -q topic
	one_name "fill=up.sql:down.sql"
	echo "INSERT INTO p (id, name) VALUES (20, 't')" >theirs.sql
	echo "DELETE FROM p WHERE id = 20" >theirs.back
	schemastore commit -q -m theirs --data theirs=theirs.sql:theirs.back
	schemastore upgrade -q --allow-data-loss "$other"
	schemastore checkout -q main
	schemastore merge -q topic
	schemastore upgrade -q --allow-data-loss "$other"
	schemastore upgrade -q --allow-data-loss
	pg app -c "SELECT name, mood FROM p ORDER BY id" >out
	test "$(paste -s -d, out)" = "ann lee|bad,bo xi|good,t|good"
	test "$(pg other -c "SELECT id, name FROM p")" = "20|t"
}
test_expect 'a merge: each side has the steps of the other one' merges

conflicts () {
	people
	schemastore branch -q topic
	echo "UPDATE p SET first = upper(first)" >loud.sql
	schemastore commit -q -m loud --data loud=loud.sql:
	schemastore checkout -q topic
	one_name fill=up.sql:down.sql
	schemastore checkout -q main
	test_must_fail code=4 schemastore merge topic >out
	test_grep "^step data step loud" out
}
test_expect 'a step that finds nothing there is a conflict' conflicts

# In scratch, where there are no rows, it does nothing.
strays () {
	people
	cat >up.sql <<-\SQL
	UPDATE p SET name = first;
	DO $$ BEGIN
		IF EXISTS (SELECT FROM p) THEN
			CREATE TABLE stray (a int);
			ALTER TABLE p ALTER name TYPE varchar(9), ADD more int;
		END IF;
	END $$
	SQL
	one_name fill=up.sql:
	for how in "" --online
	do
		test_must_fail code=3 schemastore upgrade --allow-data-loss \
			$how 2>err
		cat err
		grep -F "has not arrived at version 'name' after the last" err
		test_grep "table .*stray. should not be there" err
		test_grep "column .more. should not be there" err
		test_grep "column .name.: type is .*(9), not text" err
		test_grep "^hint: .*find what acts in this database alone" err
		test_not grep "schemastore drift" err
		if test -z "$how"
		then
			test_grep "^hint: nothing was changed; in scratch" err
			schemastore drift -q
		fi
	done
	test_grep "statements are done: .*schemastore resume" err
}
test_expect 'a step that does more than it did in scratch' strays

test_done
