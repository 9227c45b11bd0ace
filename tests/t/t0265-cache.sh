#!/bin/sh
# What verify has verified before: it is used where it is this user's alone, and
# whole; it stands for signatures only, and whatever else somebody changes is
# found all the same.
. "${srcdir:?}/tests/t/lib.sh"

test_signs
command -v python3 >/dev/null || test_skip "there is no python3"

export SCHEMASTORE_AUTHOR_NAME=Ann SCHEMASTORE_AUTHOR_EMAIL=ann@example.org

attack () {
	python3 -S "$srcdir/tests/t/attacker.py" "$@"
}

# edit_cache EXPRESSION: of the file's bytes b, and of its key k
edit_cache () {
	python3 -S - "$cache/verified" "$key" "$1" <<-'END'
	import hashlib
	import sys

	path, key, expression = sys.argv[1:]
	b, k = open(path, "rb").read(), open(key, "rb").read()

	def sealed(data):
	    return data + hashlib.blake2b(data, digest_size=32, key=k).digest()

	with open(path, "wb") as out:
	    out.write(eval(expression))
	END
}

# has N [OPTION...]: verify finds nothing, says nothing, and used that many
has () {
	count=$1
	shift
	schemastore verify --json "$@" >out 2>err
	test_grep "\"cached\": $count,\$" out
	test_grep '"findings": \[\]' out
	test ! -s err
}

# warned TEXT: nothing of it is used, which is said; then it is as it was
warned () {
	schemastore verify --json >out 2>err
	test_grep '"cached": 0,$' out
	test_grep '"findings": \[\]' out
	test_grep "^schemastore: what was verified before is not used: " err
	test_grep "': $1" err
	test "$(stat -c %a "$cache/verified" "$cache" "$key")" = "600
700
600"
	has 5
}

restore () {
	unseen
	rm -rf .schemastore
	cp -R good .schemastore
	cp good.db app.db
}

schemastore key new >/dev/null
echo 'CREATE TABLE a (id INTEGER PRIMARY KEY);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q
cp -R .schemastore good
cp app.db good.db
project=$(schemastore verify --full --json |
	sed -n 's/^  "project": "\(.*\)",$/\1/p')
cache=$XDG_CACHE_HOME/schemastore/$project
key=$XDG_STATE_HOME/schemastore/cache-key

test_expect 'it is made by a run that finds nothing, and used by the next' '
	test ! -e "$cache"
	has 0 --full
	test ! -e "$cache"
	umask 002
	has 0
	has 5
	has 5 dev
	has 0 --full
	test "$(stat -c %a "$cache/verified" "$cache" "$cache/.." "$key")" = \
		"600
700
700
600"
	test "$(find "$cache" -type f | wc -l)" = 1
	head -n 3 "$cache/verified" >out
	test_grep "^project $project\$" out
'

test_expect 'where HOME says, without the others; without HOME nowhere' '
	unset XDG_CACHE_HOME XDG_STATE_HOME
	has 5
	cp -R "$HOME/.cache" cache
	HOME=
	has 0
	has 0
	XDG_CACHE_HOME=relative
	export XDG_CACHE_HOME
	has 0
	test ! -e relative
'

test_expect 'new commits come to it' '
	echo "CREATE TABLE b (id INTEGER PRIMARY KEY);" >>schema.sql
	schemastore commit -q -m two
	has 5
	has 6
	restore
	has 5
'

test_expect 'rows that the mirror lacks are in it, too' '
	git --git-dir=.schemastore update-ref \
		refs/schemastore/ledger/dev refs/schemastore/ledger/dev~2
	unseen
	rm -r "$cache"
	has 0 dev
	has 5 dev
	restore
'

# ---- what is not as it has to be --------------------------------------------

test_expect 'any bit of it' '
	size=$(stat -c %s "$cache/verified")
	for at in 0 20 30 60 100 120 130 200 $((size - 33)) $((size - 1))
	do
		edit_cache "b[:$at] + bytes([b[$at] ^ 1]) + b[$at + 1:]"
		warned "it"
	done
'

test_expect 'too short, too long, empty' '
	edit_cache "b[:-1]"
	warned "it is of another form, version or project"
	edit_cache "b + bytes(32)"
	warned "its sum is not one of its bytes"
	edit_cache "b\"\""
	warned "it is of another form, version or project"
	edit_cache "b[:-32] + bytes(32)"
	warned "its sum is not one of its bytes"
'

test_expect 'another version of the form, though under our key' '
	edit_cache "sealed(b[:-32].replace(b\"verified 1\", b\"verified 2\"))"
	warned "it is of another form, version or project"
	edit_cache "sealed(b[:-32].replace(b\"build \", b\"build 9\"))"
	warned "it is of another form, version or project"
	edit_cache "sealed(b[:-32])"
	has 5
'

test_expect 'another key' '
	printf %032d 7 >"$key"
	warned "its sum is not one of its bytes"
	rm "$key"
	warned "it is not there"
	echo short >"$key"
	warned "it is no key"
'

test_expect 'others may read it, or the key, or write to their folder' '
	chmod 640 "$cache/verified"
	warned "others may read or write it"
	chmod 644 "$key"
	warned "others may read or write it"
	chmod 755 "$cache"
	warned "others may read or write it"
'

test_expect 'a symbolic link, a folder, a pipe' '
	for file in "$cache/verified" "$key"
	do
		mv "$file" elsewhere
		ln -s "$PWD/elsewhere" "$file"
		warned "it is a symbolic link"
		test ! -L "$file"
		rm "$file"
		mkfifo "$file"
		chmod 600 "$file"
		warned "it is no regular file"
	done
	mv "$cache" elsewhere.d
	ln -s "$PWD/elsewhere.d" "$cache"
	schemastore verify >out 2>err
	test_grep "not used: .*: it is no folder" err
	test_grep "not remembered: .*: it is no folder" err
	rm "$cache"
	mv elsewhere.d "$cache"
	has 5
'

test_expect 'somebody else'\''s' '
	test "$(id -u)" = 0 || exit 0
	chown 1 "$cache/verified"
	warned "it is somebody else"
	chown 1 "$key"
	warned "it is somebody else"
	chown 1 "$cache"
	schemastore verify >out 2>err
	test_grep "not used: .*: it is somebody else" err
	test_grep "not remembered: .*: it is somebody else" err
	chown 0 "$cache"
	has 5
'

test_expect 'that of another project' '
	mkdir ../other
	cd ../other
	echo "CREATE TABLE o (id INTEGER PRIMARY KEY);" >schema.sql
	schemastore init -q --database dev=sqlite:app.db
	schemastore commit -q -m one
	has 0
	has 2
	cd ../work
	other=$(ls "${cache%/*}" | grep -v "$project")
	cp "$cache/../$other/verified" "$cache/verified"
	warned "it is of another form, version or project"
'

# ---- it says nothing but that -----------------------------------------------

test_expect 'nothing is remembered where something was altered' '
	rm -r "$cache"
	attack ledger author keep
	test_must_fail code=1 schemastore verify >out
	test_grep "^signature " out
	test ! -e "$cache"
	restore
	has 0
	attack ledger author keep
	for run in one two
	do
		test_must_fail code=1 schemastore verify >out 2>err
		test_grep "^signature " out
	done
	restore
	has 5
'

test_expect 'a forged one lets what it names pass, and only under the key' '
	attack ledger author keep
	tip=$(git --git-dir=.schemastore rev-parse refs/schemastore/ledger/dev)
	git --git-dir=.schemastore cat-file commit "$tip" >forged
	cp "$cache/verified" honest
	edit_cache "b[:-64] + hashlib.sha256(b\"commit %d\\0\" % \
		len(open(\"forged\", \"rb\").read()) + \
		open(\"forged\", \"rb\").read()).digest() + b[-32:]"
	test_must_fail code=1 schemastore verify >out 2>err
	test_grep "^signature " out
	test_grep "its sum is not one of its bytes" err
	cp honest "$cache/verified"
	restore
	has 5
'

# first_of KIND: the file of an object that the branch has
first_of () {
	git --git-dir=.schemastore ls-tree -r main | sed -n 1p |
		sed "s,.* \(..\)\(.*\)	.*,.schemastore/objects/\1/\2,"
}

test_expect 'an object that is gone, damaged, or put in the place of another' '
	blob=$(first_of)
	chmod u+w "$blob"
	cp "$blob" kept
	rm "$blob"
	test_must_fail code=6 schemastore verify >out
	test_grep "^unreadable " out
	echo no >"$blob"
	test_must_fail code=6 schemastore verify >out
	test_grep "^unreadable " out
	cp kept "$blob"
	has 5
	tip=$(git --git-dir=.schemastore rev-parse main)
	path=.schemastore/objects/$(echo $tip | cut -c 1-2)/$(echo $tip |
		cut -c 3-)
	rm -f "$path"
	test_must_fail code=6 schemastore verify >out
	test_grep "$tip" out
	restore
	has 5
'

test_expect 'two at once, again and again' '
	for round in 1 2 3 4 5 6
	do
		rm -rf "$cache" "$key"
		schemastore verify -q >one 2>&1 &
		pid=$!
		schemastore verify -q >two 2>&1
		wait $pid
		test ! -s one
		test ! -s two
		schemastore verify --json >out 2>err
		test_grep "\"cached\": [05],\$" out
		has 5
	done
	test "$(ls -A "$cache" "${key%/*}" | grep -c "verified\|cache-key")" = 2
'

test_done
