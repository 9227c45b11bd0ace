#!/bin/sh
# upgrade --online and downgrade --online where names are long or taken, and
# where keys, parents and partitions hang together.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

# there_and_back: from one.sql, with the rows of rows.sql, to two.sql in steps,
# and back.
there_and_back () {
	rm -rf .schemastore schemastore.conf
	pg_new app
	cp one.sql schema.sql
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
	schemastore upgrade -q
	pg app -f rows.sql
	cp two.sql schema.sql
	schemastore commit -q -m two
	schemastore upgrade -q --online
	schemastore drift -q
	test -z "$(leftovers)"
	schemastore downgrade -q --yes --online
	schemastore drift -q
	test -z "$(leftovers)"
}
leftovers () {
	pg app -c "SELECT indexrelid::regclass FROM pg_index
		WHERE NOT indisvalid UNION ALL
		SELECT oid::regclass FROM pg_class
		WHERE relname LIKE '%\\_ss\\_last' UNION ALL
		SELECT conrelid::regclass FROM pg_constraint
		WHERE conname LIKE '%\\_ss\\_not\\_null'"
}

long=$(printf '%062d' 0 | tr 0 x)
wide=$(printf '%030d' 0 | sed 's/0/é/g')

names () {
	cat >one.sql <<SQL
	CREATE SCHEMA "Ünï ""q""";
	CREATE TABLE "Ünï ""q"""."T ""t" ("${long}a" int, "${long}b" int,
		"${wide}é" text, i int);
	CREATE INDEX "${long}1" ON "Ünï ""q"""."T ""t" ("${long}a");
	CREATE INDEX "${long}2" ON "Ünï ""q"""."T ""t" ("${long}b");
	CREATE INDEX "${wide}xx" ON "Ünï ""q"""."T ""t" ("${wide}é");
SQL
	sed 's/ int,/ int NOT NULL,/g; s/text,/text NOT NULL,/
		s/");/" DESC);/' one.sql >two.sql
	test "$(grep -c 'NOT NULL' two.sql)" = 2
	cat >rows.sql <<SQL
	INSERT INTO "Ünï ""q"""."T ""t" VALUES (1, 2, 'a', 3);
SQL
	there_and_back
}
test_expect 'names of 63 bytes that differ in the last' names

taken () {
	cat >one.sql <<'SQL'
	CREATE TABLE t (a int, b int);
	CREATE TABLE u (a int, CONSTRAINT a_ss_not_null_u CHECK (a > 0));
	CREATE INDEX i ON t (a);
	CREATE INDEX i_ss_next ON u (a);
	CREATE VIEW i_ss_last AS SELECT a FROM u;
SQL
	sed 's/(a int, b/(a int NOT NULL, b/; s/ON t (a)/ON t (a, b)/' \
		one.sql >two.sql
	echo 'INSERT INTO t VALUES (1, 2); INSERT INTO u VALUES (1);' >rows.sql
	rm -rf .schemastore schemastore.conf
	pg_new app
	cp one.sql schema.sql
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
	schemastore upgrade -q
	pg app -f rows.sql
	cp two.sql schema.sql
	schemastore commit -q -m two
	schemastore upgrade -q --online
	schemastore drift -q
	test "$(pg app -c "SELECT indrelid::regclass FROM pg_index
		WHERE indexrelid = 'i_ss_next'::regclass")" = u
	test "$(pg app -c 'SELECT a FROM i_ss_last')" = 1
}
test_expect 'names that others have already' taken

keys () {
	cat >one.sql <<'SQL'
	CREATE TABLE c (id int, self int PRIMARY KEY, up int REFERENCES c);
	CREATE TABLE d (a int, b int, c int, d int, CONSTRAINT k UNIQUE (a, b),
		FOREIGN KEY (d, c) REFERENCES d (b, a));
SQL
	cat >two.sql <<'SQL'
	CREATE TABLE c (id int, self int, up int REFERENCES c (self),
		CONSTRAINT c_pkey UNIQUE (self) DEFERRABLE,
		CONSTRAINT c_self UNIQUE (self));
	CREATE TABLE d (a int, b int, c int, d int, CONSTRAINT k
		PRIMARY KEY (b, a), FOREIGN KEY (d, c) REFERENCES d (b, a));
SQL
	cat >rows.sql <<'SQL'
	INSERT INTO c VALUES (1, 1, 1), (2, 2, 1);
	INSERT INTO d VALUES (1, 2, 1, 2), (3, 4, 1, 2);
SQL
	there_and_back
}
test_expect 'a key that its own table points at becomes another' keys

parts () {
	cat >one.sql <<'SQL'
	CREATE TABLE p (id int NOT NULL, k int) PARTITION BY RANGE (id);
	CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
	CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)
		PARTITION BY LIST (k);
	CREATE TABLE p2a PARTITION OF p2 FOR VALUES IN (1);
	CREATE INDEX p_k ON p (k);
SQL
	sed 's/k int)/k int NOT NULL, PRIMARY KEY (id, k))/; s/ON p (k)/&/
		s/p (k);/p (k DESC);/' one.sql >two.sql
	echo 'INSERT INTO p VALUES (1, 2), (11, 1);' >rows.sql
	there_and_back
}
test_expect "a partition's key waits for what it is to have of the whole" parts

kids () {
	cat >one.sql <<'SQL'
	CREATE TABLE p (a int, b int);
	CREATE TABLE k (c int) INHERITS (p);
	CREATE TABLE l () INHERITS (k);
SQL
	cat >two.sql <<'SQL'
	CREATE TABLE p (a int NOT NULL, b int CHECK (b > 0));
	CREATE TABLE k (c int NOT NULL) INHERITS (p);
	CREATE TABLE l (CHECK (a > 0)) INHERITS (k);
SQL
	cat >rows.sql <<'SQL'
	INSERT INTO p VALUES (1, 1);
	INSERT INTO l VALUES (2, 2, 2);
SQL
	there_and_back
	pg_new other
	schemastore upgrade -q --online "$url" HEAD
	schemastore diff --exit-code "$url" HEAD
}
test_expect "a check that a table has of its parents alone" kids

# dies FAULT COMMAND...
dies () {
	fault=$1
	shift
	code=0
	SS_FAULT=$fault:kill schemastore "$@" || code=$?
	test $code -eq 137
	until test "$(pg postgres -c "SELECT count(*) FROM pg_stat_activity
		WHERE datname = 'app'")" -eq 0
	do
		sleep 0.02
	done
}

again () {
	rm -rf .schemastore schemastore.conf
	pg_new app
	echo 'CREATE TABLE t (a int);' >schema.sql
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
	for mode in '' --online --online
	do
		dies apply.statement:1 upgrade -q $mode
	done
	schemastore upgrade -q --online
	echo 'CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a);' \
		>schema.sql
	schemastore commit -q -m two
	dies ledger.row:1 upgrade -q
	dies steps.begin:1 upgrade -q --online
	dies apply.statement:1 upgrade -q
	dies steps.alone:1 upgrade -q --online
	for point in ledger.intend:1 ledger.row:1 steps.begin:1 steps.begin:1
	do
		dies $point resume -q --undo --yes
	done
	schemastore resume -q --undo --yes
	schemastore drift -q
	schemastore history >out
	test "$(grep -c 'failed interrupted' out)" = 9
	schemastore upgrade -q --online
	schemastore drift -q
	schemastore fsck -q
}
test_expect 'it dies again and again' again

# half: version two is begun, and the first step of it done.
half () {
	rm -rf .schemastore schemastore.conf
	pg_new app
	echo 'CREATE TABLE t (a int);' >schema.sql
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
	schemastore upgrade -q
	echo 'CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a);' \
		>schema.sql
	schemastore commit -q -m two
	dies steps.alone:1 upgrade -q --online
}
# back: what cannot go on goes back, and then to two.
goes_back () {
	schemastore resume -q --undo --yes
	schemastore drift -q
	schemastore upgrade -q --online
	schemastore drift -q
}

no_journal () {
	half
	pg app -c 'DROP TABLE schemastore.journal'
	test_must_fail code=3 schemastore resume 2>err
	test_grep 'is not that of the run' err
	goes_back
}
test_expect 'it goes back where its journal is gone' no_journal

blank_journal () {
	half
	pg app -c 'UPDATE schemastore.journal SET started = NULL, done = NULL'
	test_must_fail code=5 schemastore resume 2>err
	test_grep 'already exists' err
	schemastore history >out
	test_grep ' open ' out
	goes_back
}
test_expect 'a journal does not say that nothing has happened' blank_journal

interrupted () {
	half
	schemastore resume -q --undo --yes
	SS_FAULT=steps.begin:1:stop schemastore upgrade -q --online 2>err &
	run=$!
	until grep -q '^State:.T' /proc/$run/status
	do
		sleep 0.02
	done
	kill -INT $run
	kill -CONT $run
	code=0
	wait $run || code=$?
	test $code -eq 130
	test_not grep resume err
	schemastore history >out
	test_grep 'failed cancelled' out
}
test_expect 'interrupted before anything has happened' interrupted

test_done
