#!/bin/sh
# fsck and gc: the store stays whole, and damage is found.
. "${srcdir:?}/tests/t/lib.sh"

# The loose file of what a revision names.
object_file () {
	id=$(git --git-dir=.schemastore rev-parse "$1")
	rest=${id#??}
	echo ".schemastore/objects/${id%"$rest"}/$rest"
}

# A fresh store and database as they were.
restore () {
	rm -rf .schemastore
	cp -R good .schemastore
	cp good.db app.db
}

echo 'CREATE TABLE users (id INTEGER PRIMARY KEY);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q
echo 'CREATE TABLE posts (id INTEGER PRIMARY KEY);' >>schema.sql
schemastore commit -q -m two
cp -R .schemastore good
cp app.db good.db

test_expect 'a whole store' '
	schemastore fsck >out
	test_grep "^[0-9]* objects checked, 0 findings$" out
'

test_expect 'gc packs, and nothing is lost' '
	schemastore log >before
	schemastore gc >out
	test_grep "^[0-9]* objects packed, 0 pruned, " out
	schemastore log >after
	test_cmp before after
	schemastore fsck >out
	test_grep ", 0 findings$" out
	git --git-dir=.schemastore fsck --strict
	ls .schemastore/objects/pack/*.pack >packs
	test "$(wc -l <packs)" -eq 1
	schemastore upgrade -q
	echo "CREATE TABLE more (a);" >>schema.sql
	schemastore commit -q -m three
	schemastore gc -q
	schemastore show HEAD~2 >out
	test_grep "^    one$" out
'

test_expect 'git gc is as good' '
	git --git-dir=.schemastore gc -q
	schemastore log --oneline >out
	test "$(wc -l <out)" -eq 3
	schemastore fsck >out
	test_grep ", 0 findings$" out
	schemastore status >out
	test_grep "^database dev: .* 1 version behind$" out
'

for what in schema/sqlite/table/posts edge/0/sqlite.up.sql source/schema.sql
do
	for how in garbage empty cut
	do
		test_expect "$what: $how" '
			restore
			file=$(object_file "HEAD:$what")
			chmod u+w "$file"
			head -c 10 "$file" >cut
			case $how in
			garbage)
				echo garbage >"$file"
				;;
			empty)
				: >"$file"
				;;
			cut)
				cat cut >"$file"
				;;
			esac
			test_must_fail code=6 schemastore fsck >out
			test_grep "is damaged" out
			test_must_fail code=6 schemastore gc
			schemastore log --oneline >out
			test_grep two out
		'
	done
done

test_expect 'an upgrade over a damaged schema changes nothing' '
	restore
	file=$(object_file HEAD:schema/sqlite/table/posts)
	chmod u+w "$file"
	echo garbage >"$file"
	test_must_fail code=6 schemastore upgrade 2>err
	test_grep "is damaged" err
	test_grep "^hint: .schemastore fsck --from DIR. takes it" err
	cmp good.db app.db
	test_must_fail code=6 schemastore show
	test_must_fail code=6 schemastore show --schema
'

test_expect 'a version that is missing' '
	restore
	rm -f "$(object_file HEAD)"
	for command in status log upgrade "commit -m x" fsck heads
	do
		test_must_fail code=6 schemastore $command
	done
	cmp good.db app.db
'

test_expect 'a branch that names nothing' '
	restore
	echo garbage >.schemastore/refs/heads/main
	for command in status log upgrade "commit -m x" fsck
	do
		test_must_fail code=6 schemastore $command
	done
	cmp good.db app.db
'

test_expect 'an object of another copy heals it' '
	restore
	file=$(object_file HEAD:schema/sqlite/table/posts)
	rm -f "$file"
	test_must_fail code=6 schemastore fsck
	cp "good/${file#.schemastore/}" "$file"
	schemastore fsck
	schemastore upgrade -q
'

test_expect 'an object under another name' '
	restore
	file=$(object_file HEAD:schema/sqlite/table/posts)
	other=$(object_file HEAD:schema/sqlite/table/users)
	chmod u+w "$file"
	cat "$other" >"$file"
	test_must_fail code=6 schemastore fsck
	test_must_fail code=6 schemastore upgrade
	cmp good.db app.db
'

test_expect 'a lock that was left behind is removed, and that is said' '
	restore
	touch -d "1 hour ago" .schemastore/refs/heads/main.lock
	schemastore branch -q side 2>err
	test_grep "^schemastore: removing .*main.lock.* died has left$" err
	test ! -f .schemastore/refs/heads/main.lock
'

test_done
