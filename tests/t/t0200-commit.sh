#!/bin/sh
# commit: a version from a source.
. "${srcdir:?}/tests/t/lib.sh"

versions () {
	schemastore log --oneline --all | wc -l
}

echo 'CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT);' >schema.sql
schemastore init -q --database dev=sqlite:app.db

test_expect 'says what git says' '
	schemastore commit -m "Add users" >out
	test_grep "^\[main [0-9a-f]\{10\}\] Add users$" out
	test_grep "^ 1 added$" out
'

test_expect 'the same schema again: nothing, exit 1' '
	printf "\n-- a comment\nCREATE TABLE users(id integer primary key,\n" \
		>same.sql
	printf "  mail text);\n" >>same.sql
	test_must_fail code=1 schemastore commit -m again >out
	test_grep "^nothing to commit" out
	test "$(versions)" -eq 1
	schemastore commit --allow-empty -m again
	test "$(versions)" -eq 2
'

test_expect 'no message is wrong usage' '
	test_must_fail code=2 schemastore commit 2>err
	test_grep "^schemastore: no message" err
	test_grep "^hint: " err
	test "$(versions)" -eq 2
'

test_expect 'subject and body' '
	echo "CREATE TABLE t1 (a);" >>schema.sql
	schemastore commit -q -m "Subject

The body,
two lines"
	git --git-dir=.schemastore log -1 --format=%s >out
	test_grep "^Subject$" out
	git --git-dir=.schemastore log -1 --format=%b >out
	test_grep "^The body,$" out
	test_grep "^two lines$" out
	schemastore log -n 1 >out
	test_grep "^    The body,$" out
'

test_expect 'messages that the form cannot hold are refused' '
	echo "CREATE TABLE t2 (a);" >>schema.sql
	test_must_fail code=2 schemastore commit -m "a
Schemastore-Kind: b" 2>err
	test_must_fail code=2 schemastore commit -m "$(printf "a\001b")" 2>err
	test_must_fail code=2 schemastore commit -m "" 2>err
	schemastore fsck
	schemastore commit -q -m fine
'

test_expect 'what looks renamed is refused with both flags' '
	sed "s/mail/email/" schema.sql >new.sql
	n=$(versions)
	test_must_fail code=3 schemastore commit -m email new.sql 2>err
	test_grep "^hint: .*--rename users.mail=email" err
	test_grep "^hint: .*--no-rename=users.mail" err
	test_must_fail code=3 schemastore commit -m email --no-input new.sql
	test "$(versions)" -eq "$n"
'

test_expect 'a rename is kept, and so are the values' '
	schemastore upgrade -q
	sqlite3 app.db "INSERT INTO users VALUES (1, \"ann\")"
	schemastore commit -q -m email --rename users.mail=email new.sql
	schemastore show >out
	test_grep "~ column email (was mail)" out
	schemastore upgrade -q
	sqlite3 app.db "SELECT email FROM users" >out
	test_grep "^ann$" out
'

test_expect 'a rename is known over many versions' '
	schemastore plan HEAD~4 HEAD >out
	test_grep "RENAME COLUMN mail TO email" out
'

test_expect '--no-rename drops and adds' '
	sed "s/email/post/" new.sql >post.sql
	schemastore commit -q -m post --no-rename=users.email post.sql
	schemastore show >out
	test_grep "+ column post" out
	test_grep "\- column email" out
	sed "s/post/mail2/" post.sql >mail2.sql
	schemastore commit -q -m mail2 --no-rename mail2.sql
'

test_expect 'a table is renamed' '
	sed "s/users/people/" mail2.sql >people.sql
	schemastore commit -q -m people --rename users=people people.sql
	schemastore show >out
	test_grep "~ table people (was users)" out
'

test_expect 'a rename that matches nothing is wrong usage' '
	test_must_fail code=2 schemastore commit -m x --rename a.b=c \
		--allow-empty people.sql 2>err
	test_grep "a.b=c" err
	test_must_fail code=2 schemastore commit -m x --rename abc people.sql
	test_must_fail code=2 schemastore commit -m x --rename a=b=c \
		people.sql
'

test_expect 'names with dots are typed, and printed, in quotes' '
	cat >dots.sql <<-\END
	CREATE TABLE "a.b" ("c.d" INT, "it'"'"'s = ""x""" TEXT, keep BLOB);
	CREATE TABLE "" ("" INT, keep BLOB);
	END
	sed "s/c\.d/e.f/; s/it.s/its/; s/(\"\" /(\"=\" /" <dots.sql >dots2.sql
	schemastore commit -q --no-rename -m dots dots.sql
	test_must_fail code=3 schemastore commit -m x dots2.sql 2>err
	sed -n "s/^hint: say which: //p" err | sed "s/; /\n/g" >flags
	sed "s/ or .*//" <flags >renames
	sed "s/.* or //" <flags >drops
	grep -x -e "--rename .\"a.b\".\"c.d\"=\"e.f\"." renames
	test "$(wc -l <renames)" -eq 3
	eval schemastore commit -q -m renamed $(cat renames) dots2.sql
	schemastore show >out
	test_grep "column e.f (was c.d)" out
	test_grep "column its = \"x\" (was it.s = \"x\")" out
	test_grep "column = (was )" out
	schemastore plan dots2.sql dots.sql >out
	test_grep "renamed: --rename .\"a.b\".\"e.f\"=\"c.d\"." out
	schemastore plan --rename "\"a.b\".\"e.f\"=\"a.b\".\"c.d\"" dots2.sql \
		dots.sql >out
	test_grep "RENAME COLUMN \"e.f\" TO \"c.d\"" out
	schemastore commit -q --no-rename -m back dots.sql
	eval schemastore commit -q -m dropped $(cat drops) dots2.sql
	schemastore show >out
	test_grep "+ column e.f" out
	for bad in "\"a=b" "\"a\"b=c" "\"a\".=b" "a=" "\"\".=x" ".a=b" "a.=b"
	do
		test_must_fail code=2 schemastore commit -m x --rename "$bad" \
			dots.sql 2>err
		test_grep "is not a rename" err
	done
	schemastore commit -q --no-rename -m people people.sql
'

test_expect 'case alone is no new name, and is not recorded in silence' '
	sed "s/TABLE people/TABLE People/" people.sql >case.sql
	test_must_fail code=2 schemastore commit -m x --rename people=People \
		case.sql 2>err
	test_grep "people. and .People. are one name to sqlite" err
	test_must_fail code=2 schemastore commit -m x \
		--rename people.mail2=Mail2 case.sql 2>err
	test_must_fail code=1 schemastore commit -m x case.sql >out
	test_grep "only the spelling differs" out
	test_must_fail code=1 schemastore commit -m x people.sql >out
	test_grep "the schema is that of the last version" out
	digest=$(schemastore log --json | grep -m 1 sqlite.: )
	schemastore commit -q -m case --allow-empty case.sql
	test "$digest" = "$(schemastore log --json | grep -m 1 sqlite.: )"
	schemastore show --schema >out
	test_grep "TABLE People" out
	schemastore upgrade -q --allow-data-loss
	schemastore drift
'

test_expect 'a folder is a source, in the order of its names' '
	mkdir folder
	echo "CREATE TABLE a (x);" >folder/10-a.sql
	echo "CREATE INDEX a_x ON a (x);" >folder/20-b.sql
	echo "not sql" >folder/README
	schemastore commit -q --no-rename -m folder folder
	schemastore show --schema >out
	test_grep "^CREATE INDEX a_x ON a (x);$" out
	git --git-dir=.schemastore ls-tree -r --name-only HEAD source/ >out
	printf "source/10-a.sql\nsource/20-b.sql\n" >want
	test_cmp want out
'

test_expect 'standard input is a source' '
	echo "CREATE TABLE b (x);" | schemastore commit -q --no-rename -m in -
	schemastore show --schema >out
	test_grep "^CREATE TABLE b (" out
'

test_expect '--batch: a version for each file, in order' '
	mkdir batch
	for n in 1 2 3
	do
		echo "CREATE TABLE n$n (x);" >>all.sql
		cp all.sql "batch/$n-step.sql"
	done
	echo "nothing" >batch/notes.txt
	schemastore commit --no-rename --batch batch >out
	test_grep "^3 versions$" out
	schemastore log --oneline -n 3 | sed "s/.* //" >out
	printf "3-step\n2-step\n1-step\n" >want
	test_cmp want out
'

test_expect '--batch: an origin outlives the version it was born in' '
	mkdir -p "$TMPDIR/born/steps"
	cd "$TMPDIR/born"
	echo "CREATE TABLE z (x);" >schema.sql
	schemastore init -q
	for n in 1 2 3 4 5 6 7 8 9
	do
		cp schema.sql steps/$n.sql
	done
	echo "CREATE TABLE a (x);" >>steps/2.sql
	columns=x
	for n in 4 5 6 7 8 9
	do
		columns="$columns, c$n"
		echo "CREATE TABLE a ($columns);" >>steps/$n.sql
		for k in 1 2 3 4 5 6 7 8 9
		do
			echo "CREATE TABLE more${n}_$k (a, b);" >>steps/$n.sql
		done
	done
	schemastore commit -q --no-rename --batch steps
	for back in 0 1 2 3 4 5
	do
		git --git-dir=.schemastore show \
			"main~$back:schema/sqlite/table/a" >out
		test_grep "^  origin a~1$" out
	done
'

test_expect '--batch: all of it or nothing' '
	cp -R batch broken
	echo "CREATE TABLE n4 (x);" >>all.sql
	cp all.sql broken/4-step.sql
	echo "CREATE TABLE (" >broken/5-step.sql
	schemastore log --all >before
	test_must_fail code=5 schemastore commit --no-rename --batch broken \
		2>err
	test_grep "5-step.sql:1:" err
	schemastore log --all >after
	test_cmp before after
	test_must_fail schemastore commit --batch nowhere 2>err
	test_grep nowhere err
'

test_expect '--batch: statements that are not simple, and then some' '
	mkdir "$TMPDIR/whole" "$TMPDIR/whole/batch"
	for n in 1 2 3
	do
		echo "CREATE TABLE IF NOT EXISTS t (a, c$n INT);
		CREATE TABLE IF NOT EXISTS u$n (x);" \
			>"$TMPDIR/whole/batch/$n.sql"
	done
	schemastore -C "$TMPDIR/whole" init -q
	schemastore -C "$TMPDIR/whole" commit -q --no-rename --batch \
		"$TMPDIR/whole/batch"
	git --git-dir="$TMPDIR/whole/.schemastore" show \
		HEAD:edge/0/sqlite.up.sql >out
	test_grep "^CREATE TABLE u3 (" out
	test_grep "^DROP TABLE u2;" out
	test_not grep "DROP TABLE u3" out
	for n in 1 2 3
	do
		git --git-dir="$TMPDIR/whole/.schemastore" show \
			HEAD~$((3 - n)):schema/sqlite/table/t >out
		printf "table t\n  column a\n  column c$n\n    type INT\n" \
			>want
		test_cmp want out
	done
'

test_expect '--batch: a trigger ON main.t comes back with its table' '
	mkdir "$TMPDIR/hang" "$TMPDIR/hang/batch"
	for column in b c d
	do
		echo "CREATE TABLE t (a, $column);
		CREATE TRIGGER g AFTER INSERT ON main.t BEGIN SELECT 1; END;" \
			>"$TMPDIR/hang/batch/$column.sql"
	done
	schemastore -C "$TMPDIR/hang" init -q
	schemastore -C "$TMPDIR/hang" commit -q --no-rename --batch \
		"$TMPDIR/hang/batch"
	for version in HEAD HEAD~1 HEAD~2
	do
		git --git-dir="$TMPDIR/hang/.schemastore" show \
			"$version:schema/sqlite/table/t" >out
		test_grep "^  trigger g$" out
	done
'

test_expect 'only what is new is loaded, and comes to the same' '
	mkdir "$TMPDIR/since" "$TMPDIR/anew"
	cd "$TMPDIR/since"
	git="git --git-dir=.schemastore"
	anew="git --git-dir=$TMPDIR/anew/.schemastore"
	schemastore -C ../anew init -q --source ../since/schema.sql
	cat >schema.sql <<-\EOF
	CREATE TABLE a (x, y);
	CREATE INDEX i ON a (x);
	CREATE TABLE b (x REFERENCES a);
	CREATE TRIGGER g AFTER INSERT ON b BEGIN DELETE FROM a; END;
	EOF
	schemastore init -q
	schemastore commit -q -m 1
	test "$(wc -c <.schemastore/cache/sources)" -ge 32
	for more in "CREATE VIEW v AS SELECT * FROM a;" "CREATE TABLE c (z);" \
		"CREATE TRIGGER h AFTER INSERT ON c BEGIN SELECT 1; END;" \
		"CREATE TABLE IF NOT EXISTS d (z);" "CREATE INDEX j ON a (y);"
	do
		echo "$more" >>schema.sql
		schemastore commit -q -m more
		schemastore -C ../anew commit -q -m more
		rm ../anew/.schemastore/cache/sources
		$git rev-parse HEAD:schema >out
		$anew rev-parse HEAD:schema >want
		test_cmp want out
	done
	$git show HEAD:schema/sqlite/table/a >out
	test_grep "^  ordered$" out
	schemastore fsck
'

test_expect 'an error is where it stands, and of the whole' '
	cd "$TMPDIR/since"
	cp schema.sql good.sql
	printf "CREATE TABLE e (x);\nCREATE INDEX k ON e (nope);\n" >>schema.sql
	test_must_fail code=5 schemastore commit -m bad 2>err
	test_grep "^schemastore: schema.sql:11:" err
	cp good.sql schema.sql
	echo "CREATE TABLE j (x);" >>schema.sql
	test_must_fail code=5 schemastore commit -m bad 2>err
	test_grep "already an index named j" err
	mv good.sql schema.sql
'

test_expect 'what is no cache of ours is none' '
	cd "$TMPDIR/since"
	for bytes in 0 7 2048
	do
		head -c $bytes /dev/urandom >.schemastore/cache/sources
		echo "CREATE TABLE t$bytes (x);" >>schema.sql
		schemastore commit -q -m "$bytes"
	done
	rm -r .schemastore/cache
	echo "CREATE TABLE last (x);" >>schema.sql
	schemastore commit -q -m last
	schemastore status >out
	test_grep "^source: as committed$" out
	schemastore fsck
'

test_expect 'a source with an error leaves the store alone' '
	printf "CREATE TABLE a (x);\nCREATE TABLE b (\n  x,,\n);\n" >bad.sql
	test_must_fail code=5 schemastore commit -m bad bad.sql >out 2>err
	test ! -s out
	test_grep "^schemastore: bad.sql:3:5: " err
	schemastore log --all >after
	test_cmp before after
'

test_expect 'every version is whole, and git says so too' '
	schemastore fsck
	git --git-dir=.schemastore fsck --strict 2>err
	test_not grep -v "^notice:" err
'

test_expect 'source files of any name' '
	mkdir -p "$TMPDIR/odd/files"
	cd "$TMPDIR/odd"
	long=$(printf %0240d 1)
	for name in "a b" "$(printf "a\nb")" é .git .. "git~1" "%41" A "a:b" \
		"$long" "${long}x"
	do
		echo "CREATE TABLE \"$name\" (a);" >"files/$name.sql"
	done
	schemastore init -q --source files
	schemastore commit -q -m all
	schemastore status >out
	test_grep "^source: as committed$" out
	schemastore show
	schemastore fsck >out
	test_grep ", 0 findings$" out
	git --git-dir=.schemastore fsck --strict
	git --git-dir=.schemastore ls-tree --name-only HEAD:source >out
	ls files >files.now
	test "$(wc -l <out)" -eq $(($(wc -l <files.now) - 1))
	test_not grep "[^A-Za-z0-9._~%-]" out
'

test_expect 'a commit has the bytes of the format' '
	mkdir -p "$TMPDIR/bytes"
	cd "$TMPDIR/bytes"
	echo "CREATE TABLE t (a);" >schema.sql
	schemastore init -q
	schemastore commit -q -m "$(printf "One\n\nMore of it.")"
	for ref in main schemastore/policy
	do
		git --git-dir=.schemastore cat-file commit $ref |
			sed "s/[0-9a-f]\{64\}/H/g; s/[0-9a-f]\{40\}/h/g
			s/ [^ ]* <.*> [0-9]\{10\} +0000/ W T/
			s/[0-9a-f]\{32\}/n/"
	done >out
	cat >want <<-\END
	tree h
	parent h
	author W T
	committer W T

	One

	More of it.

	Schemastore-Format: 0
	Schemastore-Kind: schema
	Schemastore-Project: H
	Schemastore-Ref: refs/heads/main
	Schemastore-Seq: 1
	Schemastore-Policy: 0 H
	Schemastore-Tree: H
	Schemastore-Parent: H
	Schemastore-State: sqlite s1:H
	Schemastore-Edge: 0 sqlite H H -
	tree h
	author W T
	committer W T

	Begin the project

	It is like no other: n

	Schemastore-Format: 0
	Schemastore-Kind: policy
	Schemastore-Project: genesis
	Schemastore-Ref: refs/schemastore/policy
	Schemastore-Seq: 0
	Schemastore-Tree: H
	END
	test_cmp want out
	git --git-dir=.schemastore show refs/schemastore/policy:policy >out
	printf "schemastore-policy 1\nseq 0\nprev -\nmin-format 0\n" >want
	test_cmp want out
'

test_done
