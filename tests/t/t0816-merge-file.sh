#!/bin/sh
# merge-file: three sources, and git's merge driver.
. "${srcdir:?}/tests/t/lib.sh"

# merge BASE OURS THEIRS: what the three are, line by line; out is the result.
merge () {
	printf '%s\n' "$1" >base
	printf '%s\n' "$2" >ours
	printf '%s\n' "$3" >theirs
	schemastore merge-file --engine sqlite -p base ours theirs >out
}

loads () {
	rm -f x.db
	sqlite3 x.db <"$1"
}

t='CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);'
u='CREATE TABLE u (b);'

test_expect 'the texts merged, where that is the merged schema' '
	merge "-- t
	$t

	-- u
	$u" "-- t, and more
	$t

	-- u
	$u" "-- t
	$t

	-- u, and less
	CREATE TABLE u (b, c);"
	printf "%s\n" "-- t, and more" "	$t" "" \
		"	-- u, and less" \
		"	CREATE TABLE u (b, c);" >want
	test_cmp want out
	schemastore merge-file --engine sqlite base ours theirs
	test_cmp want ours
'

test_expect 'lines that collide, though the schemas do not' '
	merge "$t" "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, x INT);" \
		"CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, y INT);"
	test_not grep "<<<<<<<" out
	loads out
	sqlite3 x.db "SELECT id, a, x, y FROM t"
'

test_expect 'one side has it all: its text' '
	merge "$t" "-- ours
	CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, x);" "-- theirs
	CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, x, y);"
	test_cmp theirs out
	merge "$t" "-- ours
	CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, x);" "-- theirs
	CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, x);"
	test_cmp ours out
'

test_expect 'nothing to merge it with' '
	: >base
	echo "$t" >ours
	echo "$u" >theirs
	schemastore merge-file --engine sqlite base ours theirs
	loads ours
	sqlite3 x.db "SELECT a, b FROM t, u"
'

test_expect 'a conflict: the lines, with markers' '
	printf "%s\n" "$t" "" "$u" >base
	sed "s/TEXT/INT/" base >ours
	sed "s/TEXT/REAL/; s/(b)/(b, c)/" base >theirs
	cp ours before
	test_must_fail code=4 schemastore merge-file --engine sqlite -p base \
		ours theirs >out 2>err
	test_cmp before ours
	test_grep "1 conflict: altered/altered: column t.a: type$" err
	test_must_fail code=4 schemastore merge-file --engine sqlite base ours \
		theirs
	test_cmp out ours
	cat >want <<-END
	<<<<<<< ours
	CREATE TABLE t (id INTEGER PRIMARY KEY, a INT);
	=======
	CREATE TABLE t (id INTEGER PRIMARY KEY, a REAL);
	>>>>>>> theirs

	CREATE TABLE u (b, c);
	END
	test_cmp want ours
'

test_expect 'a conflict that no line shows: the statements, with markers' '
	printf "%s\n" "$t" "" "$u" >base
	sed "s/TEXT/INT/" base >ours
	printf "%s\n" "$t" "" "$u" "" "CREATE TABLE v (c);" "DROP TABLE t;" \
		>theirs
	test_must_fail code=4 schemastore merge-file --engine sqlite base ours \
		theirs 2>err
	test_grep "altered/dropped: table t$" err
	cat >want <<-END
	<<<<<<< ours
	CREATE TABLE t (
	  id INTEGER PRIMARY KEY,
	  a INT
	);
	=======
	>>>>>>> theirs
	CREATE TABLE u (
	  b
	);
	CREATE TABLE v (
	  c
	);
	END
	test_cmp want ours
	cp ours other
	printf "%s\n" "$t" "" "$u" >base
	sed "s/TEXT/INT/" base >theirs
	printf "%s\n" "$t" "" "$u" "" "CREATE TABLE v (c);" "DROP TABLE t;" \
		>ours
	test_must_fail code=4 schemastore merge-file --engine sqlite base ours \
		theirs
	sed "/^[<=>]\{7\}/d" other | sort >want
	sed "/^[<=>]\{7\}/d" ours | sort >out
	test_cmp want out
	test_grep "^>>>>>>> theirs$" ours
'

test_expect 'what does not fit together: both texts' '
	printf "%s\n" "$t" >base
	printf "%s\n" "$t" "" "CREATE INDEX i ON t (a);" >ours
	echo "CREATE TABLE t (id INTEGER PRIMARY KEY);" >theirs
	cp ours before
	test_must_fail code=4 schemastore merge-file --engine sqlite base ours \
		theirs 2>err
	test_grep "1 conflict: meaning: .*a" err
	sed "1d; /^=======/,\$d" ours >part
	test_cmp before part
	sed "1,/^=======/d; \$d" ours >part
	test_cmp theirs part
'

test_expect 'what SQLite loads and cannot use: both texts' '
	printf "%s\n" "$t" >base
	printf "%s\n" "$t" "" "CREATE VIEW v AS SELECT a FROM t;" >ours
	echo "CREATE TABLE t (id INTEGER PRIMARY KEY);" >theirs
	test_must_fail code=4 schemastore merge-file --engine sqlite base ours \
		theirs 2>err
	test_grep "1 conflict: meaning: .*no such column: a" err
'

test_expect 'what does not load is merged line by line' '
	printf "%s\n" "$t" "" "$u" >base
	sed "s/TEXT/INT/" base >ours
	sed "s/(b)/(b/" base >theirs
	test_must_fail code=5 schemastore merge-file --engine sqlite base ours \
		theirs 2>err
	test_grep "^schemastore: theirs: " err
	sed "s/TEXT/INT/; s/(b)/(b/" base >want
	test_cmp want ours
'

test_expect 'wrong words' '
	test_must_fail code=2 schemastore merge-file base ours
	test_must_fail code=2 schemastore merge-file base ours none \
		--engine sqlite 2>err
	test_grep "none" err
	test_must_fail code=2 schemastore merge-file base ours . \
		--engine sqlite 2>err
	test_grep "folder" err
	test_must_fail code=2 schemastore merge-file --engine sqlite,postgres \
		base ours theirs 2>err
	test_grep "^hint: say --engine" err
'

# ---- git --------------------------------------------------------------------

mkdir "$test_root/code"
cd "$test_root/code" || exit 1
git config --global user.name n
git config --global user.email e
git init -q -b main
git config merge.schemastore.driver \
	'schemastore merge-file --engine sqlite %O %A %B'
echo 'schema.sql merge=schemastore' >.gitattributes
echo "$t" >schema.sql
git add -A
git commit -q -m one
git branch feature
git branch other
echo 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, x);' >schema.sql
git commit -q -a -m ours
git checkout -q feature
echo 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, y);' >schema.sql
git commit -q -a -m theirs
git checkout -q other
echo 'CREATE TABLE t (id INTEGER PRIMARY KEY, a INT);' >schema.sql
git commit -q -a -m other
git checkout -q main

test_expect 'git merge: what git alone could not' '
	git merge -q --no-edit feature
	loads schema.sql
	sqlite3 x.db "SELECT id, a, x, y FROM t"
	rm x.db
	git status --porcelain schema.sql >../out
	test ! -s ../out
'

test_expect 'git merge: a conflict is one of git'"'"'s' '
	git checkout -q -b third
	sed -i "s/a TEXT/a REAL/" schema.sql
	git commit -q -a -m third
	test_not git merge -q --no-edit other
	git status --porcelain schema.sql >out
	test_grep "^UU schema.sql$" out
	test_grep "^<<<<<<< ours$" schema.sql
	test_grep "REAL" schema.sql
	test_grep "a INT" schema.sql
	sed "/^<<<<<<</d; /^=======/,/^>>>>>>>/d" schema.sql >solved
	mv solved schema.sql
	loads schema.sql
	rm x.db
	git commit -q -a -m solved
'

test_done
