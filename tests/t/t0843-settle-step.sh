#!/bin/sh
# Data steps that cannot be run with what the other side has: what is run in
# their place counts as they do, on every way.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-notes.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

# here NAME: the same for a log whose column is b.
here () {
	echo "INSERT INTO log (b) VALUES ('$1')" >"$1.here"
	echo "DELETE FROM log WHERE b = '$1'" >"$1.gone"
}

# main calls the column b; topic notes two, and three.
project () {
	notes sqlite base ours theirs
	note one
	column_b
	to topic
	note two
	note three
	schemastore upgrade -q theirs topic
	to main
	here two
	here three
}

log_is () {
	got=$(sqlite3 "$1.db" "SELECT * FROM log ORDER BY 1" | paste -s -d, -)
	test "$got" = "$2"
	schemastore drift -q "$1"
	schemastore history "$1" >/dev/null
}

settle () {
	schemastore resolve -q "data step two" --sql two.here:two.gone
	schemastore resolve -q "data step three" --sql three.here:three.gone
}

test_expect 'each is listed, with its text; a dry run writes nothing' '
	project
	test_must_fail code=4 schemastore merge --dry-run topic >out
	test_grep "^step data step two$" out
	test_grep "^step data step three$" out
	test_grep "^  version .*(.two.), on the way from this branch: " out
	test_grep "no column named a$" out
	test_grep "^    INSERT INTO log (a) VALUES (.three.)$" out
	test_grep "^    DELETE FROM log WHERE a = .three.$" out
	test_not grep "data step one" out
	test_must_fail code=2 schemastore conflicts
	test_must_fail code=4 schemastore merge topic
	test_must_fail code=4 schemastore conflicts --json >out
	test_grep "\"type\": \"step\"" out
	test_grep "\"theirs\": \"INSERT INTO log (a) VALUES (.two.)" out
	git -C .schemastore show topic~1:edge/0/data/two.sqlite.up.sql >out
	test_cmp two.sql out
'

test_expect 'what is run in its place must run there' '
	cd p
	test_must_fail code=3 schemastore resolve "data step two" \
		--sql two.sql 2>err
	test_grep "in the place of data step two .*no column named a" err
	test_must_fail code=3 schemastore resolve "data step two" \
		--sql two.here:two.back 2>err
	test_grep "the way back of data step two: .*no such column" err
	for how in --ours --theirs --base --drop
	do
		test_must_fail code=2 schemastore resolve "data step two" \
			$how 2>err
		test_grep "^hint: .*--sql UP" err
	done
	echo "-- nothing" >none.sql
	test_must_fail code=2 schemastore resolve "data step two" \
		--sql none.sql 2>err
	test_grep "^hint: .*--skip" err
	echo "-- schemastore: later" >bad.sql
	test_must_fail code=2 schemastore resolve "data step two" --sql bad.sql
	test_must_fail code=2 schemastore resolve "data step four" --skip
	test_must_fail code=2 schemastore resolve log --skip
	test_must_fail code=4 schemastore conflicts >out
	test_not grep "^settled" out
'

test_expect 'settled, open again, and settled' '
	cd p
	schemastore resolve "data step two" --sql - <two.here >out
	test_grep "^1 conflict left" out
	test_must_fail code=4 schemastore conflicts >out
	test_grep "^settled data step two: sql$" out
	schemastore resolve -q "data step two" --undo
	schemastore resolve -q "data step three" --skip
	test_must_fail code=4 schemastore conflicts >out
	test_grep "^settled data step three: skip$" out
	test_grep "^step data step two$" out
	test_must_fail code=4 schemastore merge --continue
	settle
	schemastore merge -q --continue
	git -C .schemastore show HEAD:edge/0/sqlite.steps >steps
	test "$(grep -c "^before [a-z]* id=[0-9a-f]* as=[0-9a-f]*$" steps)" = 2
	git -C .schemastore show HEAD:edge/1/sqlite.steps >steps
	test_not grep " as=" steps
	git -C .schemastore show HEAD:edge/0/data/two.sqlite.up.sql >out
	test_cmp two.here out
	schemastore show >out
	test_grep "^+ data step two, settled in a merge$" out
	schemastore fsck >out
	test_grep " 0 findings" out
'

test_expect 'a database on either side: each is run once' '
	cd p
	for db in base ours theirs
	do
		schemastore upgrade -q $db
		log_is $db one,three,two
		once $db one two three
	done
	git -C .schemastore log --format=%B refs/schemastore/ledger/ours >log
	test "$(grep -c "^Schemastore-Step: [0-9a-f]* up as " log)" = 2
	git -C .schemastore log --format=%B refs/schemastore/ledger/theirs >log
	test_not grep "^Schemastore-Step: .* as " log
'

test_expect 'down across the merge, and up the other side' '
	cd p
	schemastore checkout -q --db ours topic --yes
	log_is ours three,two
	once ours two three
	schemastore downgrade -q --yes ours HEAD~3
	log_is ours ""
	once ours
	schemastore upgrade -q ours
	log_is ours one,three,two
	schemastore checkout -q --db theirs HEAD~1 --yes
	log_is theirs one
	once theirs one
	schemastore checkout -q --db theirs topic --yes
	log_is theirs three,two
	once theirs two three
	schemastore upgrade -q theirs
	once theirs one two three
'

# What the second merge has in their place is not what the first one has.
test_expect 'merged into each other: counted once all the same' '
	cd p
	ours=$(git -C .schemastore rev-parse HEAD~1)
	to topic
	test_must_fail code=4 schemastore merge -q "$ours" >out
	test_grep "on the way from the other one" out
	test_grep "^  ours$" out
	schemastore resolve -q "data step two" --skip
	schemastore resolve -q "data step three" --sql three.here
	schemastore merge >out -q --continue
	schemastore fsck -q
	for db in ours theirs
	do
		schemastore checkout -q --db $db topic --yes
		log_is $db one,three,two
		once $db one two three
		schemastore checkout -q --db $db main --yes
		log_is $db one,three,two
		once $db one two three
	done
	schemastore checkout -q --db base HEAD~2 --yes
	schemastore checkout -q --db base "$ours" --yes
	log_is base one
	schemastore upgrade -q base topic
	log_is base one,three
	once base one two three
	test_must_fail code=3 schemastore checkout --db base "$ours" --yes \
		2>err
	test_grep "data step three has no way back" err
	git -C .schemastore show HEAD:source/schema.sql >schema.sql
	here four
	cp four.here four.sql
	cp four.gone four.back
	schemastore commit -q -m four --data four=four.sql:four.back
	to main
	schemastore merge -q topic
	for db in base ours theirs
	do
		schemastore upgrade -q $db
		once $db one two three four
	done
	log_is ours four,one,three,two
	log_is base four,one,three
	schemastore fsck -q
'

test_expect 'a third branch takes what stands in its place, and a pick does' '
	cd p
	git -C .schemastore rev-list --grep="^one$" main >ids
	schemastore branch -q third "$(tail -n 1 ids)"
	to third
	schemastore merge -q --no-ff main
	schemastore upgrade -q sqlite:third.db third
	schemastore checkout -q --db ours third --yes
	once ours one two three four
	log_is ours four,one,three,two
	schemastore fsck -q
'

test_expect 'one that was picked is not run by the merge' '
	project
	test_must_fail code=4 schemastore merge -q topic
	settle
	schemastore merge -q --continue
	schemastore branch -q side HEAD~1
	to side
	schemastore cherry-pick -m 1 main
	schemastore upgrade -q ours side
	log_is ours one,three,two
	schemastore merge -q main
	schemastore upgrade -q ours side
	once ours one two three
	schemastore merge -q topic
	schemastore upgrade -q theirs side
	once theirs one two three
	schemastore fsck -q
'

test_expect 'what is undone on both sides is undone once' '
	project
	test_must_fail code=4 schemastore merge -q topic
	settle
	schemastore merge -q --continue
	schemastore upgrade -q ours
	schemastore revert -q -m 1 HEAD
	schemastore upgrade -q ours
	log_is ours one
	to topic
	schemastore revert -q HEAD
	to main
	schemastore merge -q topic
	schemastore upgrade -q ours
	log_is ours one
	schemastore upgrade -q theirs topic
	log_is theirs two
	schemastore upgrade -q theirs
	log_is theirs one
	schemastore fsck -q
'

# clash: on main w is of another type; topic has changed it too, run a step
# with a new column, and changed it back.
clash () {
	rm -rf p
	mkdir p
	cd p
	echo "CREATE TABLE t (a TEXT, w INT);" >schema.sql
	schemastore init -q --database ours=sqlite:ours.db
	schemastore commit -q -m t
	schemastore branch -q topic
	echo "CREATE TABLE t (a TEXT, w TEXT);" >schema.sql
	schemastore commit -q -m text
	schemastore upgrade -q ours
	sqlite3 ours.db "INSERT INTO t VALUES ('x', 1)"
	to topic
	echo "CREATE TABLE t (a TEXT, w BLOB, n TEXT);" >schema.sql
	echo "UPDATE t SET n = a || w" >fill.sql
	schemastore commit -q -m fill --data fill=fill.sql:
	echo "CREATE TABLE t (a TEXT, w INT, n TEXT NOT NULL);" >schema.sql
	schemastore commit -q -m back
	to main
	test_must_fail code=4 schemastore merge topic >out
	test_grep "column t.w is in conflict" out
}

test_expect 'the schema it ran in cannot be had: between, or as it says' '
	clash
	schemastore resolve -q "data step fill" --sql fill.sql
	schemastore merge -q --continue
	git -C .schemastore show HEAD:edge/0/sqlite.steps >steps
	test_grep "^within 1 fill id=[0-9a-f]* irreversible$" steps
	schemastore upgrade -q ours
	test "$(sqlite3 ours.db "SELECT n FROM t")" = x1
	schemastore fsck -q
'

test_expect 'where it says is where it runs' '
	clash
	printf "%s\n" "-- schemastore: before" "UPDATE t SET a = 2" >own.sql
	schemastore resolve -q "data step fill" --sql own.sql:
	schemastore resolve -q "data step fill" --undo
	printf "%s\n" "-- schemastore: after" "UPDATE t SET n = 3" >own.sql
	schemastore resolve -q "data step fill" --sql own.sql:
	schemastore merge -q --continue
	git -C .schemastore show HEAD:edge/0/sqlite.steps >steps
	test_grep "^after fill id=[0-9a-f]* as=[0-9a-f]*$" steps
'

test_expect 'or somebody says of the node which holds' '
	clash
	schemastore resolve t.w --ours >out
	test_grep "^all conflicts are settled" out
	schemastore merge -q --continue
	git -C .schemastore show HEAD:edge/0/sqlite.steps >steps
	test_grep "^within 1 fill id=[0-9a-f]*$" steps
	schemastore upgrade -q ours
	test "$(sqlite3 ours.db "SELECT n FROM t")" = x1
'

test_expect 'several of one name are told apart' '
	project
	to topic
	echo "INSERT INTO log (a) VALUES (4)" >two.sql
	schemastore commit -q -m again --data two=two.sql:
	schemastore commit -q -m again --data two=two.sql:
	to main
	test_must_fail code=4 schemastore merge topic >out
	test_grep "^step data step two~2$" out
	test_grep "^step data step two~3$" out
	settle
	echo "INSERT INTO log (b) VALUES (4)" >two.here
	schemastore resolve -q "data step two~2" --sql two.here
	schemastore resolve -q "data step two~3" --skip
	schemastore merge -q --continue
	schemastore upgrade -q ours
	log_is ours 4,one,three,two
	schemastore fsck -q
	schemastore upgrade -q theirs topic
	schemastore upgrade -q theirs
	log_is theirs 4,4,one,three,two
'

test_expect 'SQL that was edited is settled as a step is' '
	project
	to topic
	echo "INSERT INTO log (a) VALUES (6)" >six.sql
	echo "CREATE TABLE u (x);" >>schema.sql
	EDITOR="sed -i \"s/^CREATE TABLE u/INSERT INTO log VALUES (5);\n&/\"" \
		schemastore commit -q -m u --edit \
		--data six=six.sql:
	id=$(git -C .schemastore rev-parse HEAD | cut -c 1-10)
	to main
	test_must_fail code=4 schemastore merge topic >out
	test_grep "^step edited SQL of $id$" out
	test_grep "VALUES (5)" out
	settle
	echo "INSERT INTO log (b) VALUES (5), (6)" >own.sql
	schemastore resolve -q "edited SQL of $id" --sql own.sql:
	schemastore merge -q --continue
	schemastore fsck -q
	for db in ours theirs
	do
		schemastore upgrade -q --allow-data-loss $db
		log_is $db 5,6,one,three,two
	done
	schemastore plan --explain HEAD~1 HEAD >out
	test_grep "^-- has nothing to do for data step six, of" out
'

test_expect 'what its file of steps says is looked at' '
	project
	test_must_fail code=4 schemastore merge -q topic
	settle
	schemastore merge -q --continue
	cp -R .schemastore good
	git -C good show HEAD:edge/0/sqlite.steps >steps
	own=$(sed -n "s/^before two id=\([0-9a-f]*\) .*/\1/p" steps)
	for change in "s/ as=[0-9a-f]*/ as=$own/" \
		"s/ as=./ as=X/" "s/ as=./ as=/" "s/ as=/  as=/" \
		"s/\(id=.*\) \(as=.*\)/\2 \1/" "s/ as=[0-9a-f]*/&&/"
	do
		rm -rf .schemastore
		cp -R good .schemastore
		blob=$(sed "/^before two/$change" steps |
			git -C good hash-object -w --stdin)
		export GIT_DIR=.schemastore GIT_INDEX_FILE=index.tmp
		sed "/^before two/$change" steps | git hash-object -w --stdin
		git read-tree HEAD
		git update-index --cacheinfo \
			"100644,$blob,edge/0/sqlite.steps"
		tree=$(git write-tree)
		git cat-file commit HEAD | sed "s/^tree .*/tree $tree/" >c
		git update-ref refs/heads/main \
			"$(git hash-object -t commit -w c)"
		unset GIT_DIR GIT_INDEX_FILE
		test_must_fail schemastore fsck >out
		test_grep "its steps are not what its files say" out
	done
'

test_expect 'asked for on a terminal' '
	command -v python3 >/dev/null || test_skip "there is no python3"
	probe="import os; os.openpty()"
	python3 -c "$probe" 2>/dev/null || test_skip "there is no terminal"
	project
	test_must_fail code=4 schemastore merge -q topic
	cat >editor <<-\EOT
	cp "$1" seen
	test ! -e again || sed -i "s/(a)/(b)/; s/a =/b =/" "$1"
	touch again
	EOT
	spawn="import pty; pty.spawn([\"schemastore\", \"resolve\"])"
	printf "?\ne\ne\ns\n" |
		EDITOR="sh $PWD/editor" timeout 20 python3 -c "$spawn" >out
	test_grep "cannot be: .*no column named a" out
	test_grep "data step two is settled" out
	test_grep "data step three is settled" out
	test_grep "all conflicts are settled" out
	test_grep "^-- What is to be run in the place of data step two" seen
	test_grep "^-- schemastore: down$" seen
	schemastore merge -q --continue
	schemastore upgrade -q ours
	log_is ours one,two
'

test_done
