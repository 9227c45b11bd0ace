#!/bin/sh
# Refs: as git keeps them, as git gathers them, and what is wrong with them.
. "${srcdir:?}/tests/t/lib.sh"

restore () {
	rm -rf .schemastore
	cp -R good .schemastore
	cp good.db app.db
}

git () {
	command git --git-dir=.schemastore "$@"
}

GIT_COMMITTER_NAME=x
GIT_COMMITTER_EMAIL=x
GIT_AUTHOR_NAME=x
GIT_AUTHOR_EMAIL=x
export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL

echo 'CREATE TABLE users (id INTEGER PRIMARY KEY);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q
echo 'CREATE TABLE posts (id INTEGER PRIMARY KEY);' >>schema.sql
schemastore commit -q -m two
cp -R .schemastore good
cp app.db good.db

test_expect 'git pack-refs, with what annotated tags lead to' '
	restore
	git tag -a -m "a tag" annotated
	git tag light HEAD~1
	git pack-refs --all
	grep "^^" .schemastore/packed-refs
	schemastore log --oneline >out
	test "$(wc -l <out)" -eq 2
	schemastore status >out
	test_grep "^on branch main$" out
	schemastore tag >out
	printf "annotated\nlight\n" >want
	test_cmp want out
'

test_expect 'a packed ref is deleted, the others stay as they are' '
	git show-ref -d >before
	schemastore tag -d light
	grep -v "refs/tags/light$" before >want
	git show-ref -d >after
	test_cmp want after
	test_grep "^# pack-refs with: peeled" .schemastore/packed-refs
	grep "^^" .schemastore/packed-refs
'

test_expect 'a packed ref that moves' '
	schemastore upgrade -q
	echo "CREATE TABLE more (a);" >more.sql
	schemastore commit -q --no-rename -m three more.sql
	schemastore log --oneline >out
	test_grep "(HEAD -> main) three$" out
	git pack-refs --all
	schemastore status
	schemastore downgrade -q --yes --allow-data-loss
'

# packed TEXT: this is all of packed-refs
packed () {
	restore
	git pack-refs --all
	printf "$1" >.schemastore/packed-refs
	for command in status log "upgrade dev" "commit -m x" "branch y"
	do
		test_must_fail code=6 schemastore $command 2>err
		test_grep ".packed-refs. is damaged in line $2" err
	done
	test_must_fail code=6 schemastore fsck >out 2>&1
	test_grep "packed-refs" out
}

test_expect 'packed-refs that are damaged' '
	restore
	id=$(git rev-parse HEAD)
	packed "\000\000\000\000\000\000\000\000" 1
	packed "# pack-refs with: peeled\n$id refs/heads/main" 2
	packed "$id refs/heads/a\n${id%????} refs/heads/main\n" 2
	packed "^$id\n" 1
	packed "$id refs/heads/a\n^$id\n^$id\n$id refs/heads/main\n" 3
	packed "$id refs/heads/../../x\n" 1
	packed "$id\n" 1
'

test_expect 'tags, notes and branches that git made' '
	restore
	id=$(git rev-parse HEAD~1)
	git tag -a -m "a tag" v1 HEAD~1
	git tag -a -m "a tag of a tag" v2 v1
	git notes add -m "a note" HEAD
	tree=$(git rev-parse HEAD^{tree})
	foreign=$(git commit-tree -m "a page" "$tree")
	git update-ref refs/heads/pages "$foreign"
	git update-ref refs/remotes/origin/main HEAD~1
	git tag tree "$tree"
	for name in v1 v2 tags/v2 origin/main "$(git rev-parse v2)" v2^0
	do
		schemastore show "$name" >out
		test_grep "^version $id\( (.*)\)*$" out
	done
	for name in pages tree refs/notes/commits "$foreign" "$tree"
	do
		test_must_fail code=2 schemastore show "$name" 2>err
		test_grep "is not a version: it is " err
	done
	schemastore log --oneline --all >out
	test_grep " (HEAD -> main) two$" out
	test_grep " (tag: v2, tag: v1, origin/main) one$" out
	test "$(wc -l <out)" -eq 2
	schemastore tag --json >out
	test_grep "$id" out
	schemastore upgrade -q
	schemastore downgrade -q --yes --allow-data-loss dev v2
	schemastore status
'

test_expect 'a name that is both a tag and a branch' '
	restore
	schemastore branch both
	schemastore tag both
	schemastore show both
	schemastore tag -d both
	schemastore tag both HEAD~1
	test_must_fail code=2 schemastore show both 2>err
	test_grep "is ambiguous" err
	test_grep "^hint: it may be .refs/tags/both. or .refs/heads/both" err
	schemastore show heads/both
	schemastore show tags/both
'

test_expect 'ids' '
	restore
	id=$(git rev-parse HEAD)
	schemastore show "$(echo "$id" | tr a-f A-F)"
	schemastore show "$(echo "$id" | cut -c1-7)"
	git update-ref "refs/heads/$id" HEAD~1
	schemastore show "$id" >out
	test_grep "^version $id\( (.*)\)*$" out
	for name in 0000000 "$(echo "$id" | tr 0-9a-f 1-9a-f0)" "~1" ^ "" \
		"HEAD~99" "HEAD~2" "HEAD^2" "HEAD~x" "HEAD^{tree}" "HEAD@{1}"
	do
		test_must_fail code=2 schemastore show "$name"
	done
	file=.schemastore/objects/$(echo "$id" | cut -c1-2)
	file=$file/$(echo "$id" | cut -c3-)
	chmod u+w "$file"
	echo junk >"$file"
	test_must_fail code=6 schemastore show "$id"
	test_must_fail code=6 schemastore show "$(echo "$id" | cut -c1-7)"
'

test_expect 'a ref cannot be the folder of another one' '
	restore
	schemastore branch a
	test_must_fail code=3 schemastore branch a/b 2>err
	test_grep "cannot be made: .refs/heads/a. is there" err
	schemastore branch -d a
	schemastore branch a/b/c
	test_must_fail code=3 schemastore branch a 2>err
	test_grep "cannot be made: .refs/heads/a/b/c. is there" err
	git pack-refs --all
	test_must_fail code=3 schemastore branch a
	test_must_fail code=3 schemastore branch a/b
	test_must_fail code=3 schemastore branch a/b/c/d
	schemastore branch a/d
	schemastore branch -d a/b/c
	schemastore branch -d a/d
	test ! -e .schemastore/refs/heads/a
	mkdir -p .schemastore/refs/heads/a/x/y
	schemastore branch a
	git for-each-ref
	git fsck --strict
'

test_expect 'names that mean something else' '
	restore
	id=$(git rev-parse HEAD)
	for name in HEAD @ @dev "$id" -x a..b a.lock "a@{1}" "a b" .a a. a/.b \
		a//b a~ "a^" "" "a*" a/ /a "a\\b" "a:b" "a?" "a["
	do
		test_must_fail code=2 schemastore branch "$name"
		test_must_fail code=2 schemastore checkout -b "$name"
	done
	for name in é x%20 a@b 12345678 refs/heads/x "$(printf %0239d 1)"
	do
		schemastore branch "$name"
		schemastore checkout "$name"
		schemastore status
		schemastore show "refs/heads/$name"
		schemastore checkout main
		schemastore branch -d "$name"
	done
'

# head CODE TEXT: what HEAD holds
head_is () {
	restore
	printf "$2" >.schemastore/HEAD
	for command in status "commit -m x"
	do
		test_must_fail code=$1 schemastore $command 2>err
		test_grep "^hint: .*schemastore checkout BRANCH" err
	done
	schemastore branch >out
	test_grep "^  main$" out
	schemastore checkout main
	schemastore status
}

test_expect 'a HEAD that names no branch' '
	restore
	id=$(git rev-parse HEAD)
	head_is 3 "$id\n"
	head_is 6 ""
	head_is 6 "garbage\n"
	head_is 6 "\000\000\000\000"
	head_is 6 "ref: refs/heads/../../x\n"
	head_is 6 "ref: refs/tags/x\n"
	head_is 6 "ref: /etc/passwd\n"
	echo "$id" >.schemastore/HEAD
	schemastore upgrade --dry-run dev HEAD
'

test_expect 'refs that are no files, or odd ones' '
	restore
	ln -s nothing .schemastore/refs/heads/dangling
	test_must_fail code=6 schemastore show dangling
	test_must_fail code=6 schemastore branch dangling
	restore
	ln -s .. .schemastore/refs/heads/loop
	ln -s .. .schemastore/refs/heads/loop2
	test_must_fail code=6 schemastore log 2>err
	test_grep "is a symbolic link" err
	schemastore show HEAD~1 >out
	test_grep "^version [0-9a-f]*$" out
	restore
	mkfifo .schemastore/refs/heads/fifo
	test_must_fail code=6 schemastore show fifo
	restore
	echo "ref: refs/heads/b" >.schemastore/refs/heads/a
	echo "ref: refs/heads/a" >.schemastore/refs/heads/b
	test_must_fail code=6 schemastore show a
	restore
	echo junk >".schemastore/refs/heads/main~"
	schemastore log --oneline >out
	schemastore upgrade --dry-run
'

test_expect 'a lock that died is found from another folder' '
	restore
	mkdir -p sub
	echo "refs/heads/main.lock" >.schemastore/schemastore.lock
	: >.schemastore/refs/heads/main.lock
	schemastore -C sub commit -q --allow-empty -m "from below"
	test ! -e .schemastore/refs/heads/main.lock
	: >.schemastore/packed-refs.lock
	schemastore branch z
	test_must_fail code=3 schemastore branch -d z 2>err
	test_grep "another program is writing" err
	touch -d "20 seconds ago" .schemastore/packed-refs.lock
	schemastore branch -d z
'

test_done
