#!/bin/sh
# Objects that are damaged, doubled, borrowed or made by git: found, named, and
# never a crash; one sound copy is enough.
. "${srcdir:?}/tests/t/lib.sh"

restore () {
	rm -rf .schemastore
	cp -R "${1:-good}" .schemastore
}

git () {
	command git --git-dir=.schemastore "$@"
}

# The loose file of what a revision names.
object_file () {
	id=$(git rev-parse "$1")
	rest=${id#??}
	echo ".schemastore/objects/${id%"$rest"}/$rest"
}

sound () {
	schemastore fsck >out
	test_grep ", 0 findings$" out
	git fsck --strict >out 2>&1
	test_not grep -v "^dangling" out
	schemastore log --oneline >log
	test "$(wc -l <log)" -eq 3
	schemastore show --schema HEAD~1
}

GIT_COMMITTER_NAME=x
GIT_COMMITTER_EMAIL=x
GIT_AUTHOR_NAME=x
GIT_AUTHOR_EMAIL=x
export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL

echo 'CREATE TABLE users (id INTEGER PRIMARY KEY);' >schema.sql
schemastore init -q
for table in posts notes
do
	schemastore commit -q -m "before $table"
	echo "CREATE TABLE $table (id INTEGER PRIMARY KEY);" >>schema.sql
done
schemastore commit -q -m all
cp -R .schemastore good
git repack -adq
cp -R .schemastore packed

test_expect 'one sound copy is enough' '
	restore packed
	for what in HEAD HEAD~1 HEAD:schema/sqlite/table HEAD:source/schema.sql
	do
		file=$(object_file "$what")
		mkdir -p "${file%/*}"
		echo garbage >"$file"
	done
	schemastore log --oneline >log
	test "$(wc -l <log)" -eq 3
	schemastore show --schema
	schemastore gc -q
	sound
	restore
	cp packed/objects/pack/* .schemastore/objects/pack/
	chmod -R u+w .schemastore
	pack=$(echo .schemastore/objects/pack/*.pack)
	head -c 4000 /dev/zero |
		dd of="$pack" bs=1 seek=100 conv=notrunc 2>/dev/null
	schemastore show --schema
	test_must_fail code=6 schemastore fsck >out
	test_grep "^pack .*its sum" out
	schemastore gc -q
	sound
'

test_expect 'what is written again heals' '
	restore
	printf "CREATE TABLE odd (a);\n" >odd.sql
	schemastore commit -q --no-rename -m odd odd.sql
	file=$(object_file HEAD:schema/sqlite/table/odd)
	git update-ref refs/heads/main HEAD~1
	chmod u+w "$file"
	: >"$file"
	test_must_fail code=6 schemastore fsck
	schemastore commit -q --no-rename -m "odd again" odd.sql
	schemastore fsck
	schemastore show --schema
'

test_expect 'another copy heals' '
	restore
	find .schemastore/objects -type f -exec chmod u+w {} +
	rm "$(object_file HEAD:source/schema.sql)"
	for what in HEAD:schema/sqlite/table/users "HEAD~1^{tree}" HEAD
	do
		: >"$(object_file "$what")"
	done
	test_must_fail code=6 schemastore fsck
	test_must_fail code=2 schemastore fsck --from nowhere
	rm -rf copy
	mkdir copy
	cp -R packed copy/.schemastore
	schemastore fsck --from copy >out
	test_grep ", 0 findings, 4 healed$" out
	sound
	restore packed
	chmod u+w .schemastore/objects/pack/*
	pack=$(echo .schemastore/objects/pack/*.pack)
	head -c 3000 /dev/zero |
		dd of="$pack" bs=1 seek=100 conv=notrunc 2>/dev/null
	test_must_fail code=6 schemastore fsck --from good >out
	test_grep "healed$" out
	schemastore gc -q
	sound
'

# damage FILE SEEK BYTES: as printf writes them
damage () {
	chmod u+w "$1"
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

test_expect 'an index that is damaged' '
	for seek in 0 4 8 500 1028 1032 1100
	do
		restore packed
		idx=$(echo .schemastore/objects/pack/*.idx)
		damage "$idx" $seek "\377\177\001\200"
		test_must_fail code=6 schemastore fsck >out
		test_grep "^pack " out
	done
	restore packed
	idx=$(echo .schemastore/objects/pack/*.idx)
	damage "$idx" 500 "\377\177\001\200"
	test_must_fail code=6 schemastore log 2>err
	test_grep "^schemastore: pack .*its index is not sorted" err
	sed -n "s/^hint: make it again: .\(git index-pack .*\).$/\1/p" \
		err >command
	. ./command
	sound
	for length in 0 1000 1200
	do
		restore packed
		idx=$(echo .schemastore/objects/pack/*.idx)
		head -c $length "$idx" >cut
		chmod u+w "$idx"
		cat cut >"$idx"
		for command in log gc
		do
			test_must_fail code=6 schemastore $command
		done
	done
'

test_expect 'a pack that is damaged' '
	for length in 0 31 300
	do
		restore packed
		pack=$(echo .schemastore/objects/pack/*.pack)
		head -c $length "$pack" >cut
		chmod u+w "$pack"
		cat cut >"$pack"
		for command in log fsck gc "commit -m x"
		do
			test_must_fail code=6 schemastore $command
		done
	done
	restore packed
	rm -f .schemastore/objects/pack/*.pack
	test_must_fail code=6 schemastore log 2>err
	test_grep "^schemastore: object [0-9a-f]* is missing" err
	restore packed
	rm -f .schemastore/objects/pack/*.idx
	test_must_fail code=6 schemastore log 2>err
	sed -n "s/^hint: a pack has lost its index: .\(.*\).$/\1/p" err >command
	. ./command
	sound
'

test_expect 'packs as git may write them' '
	for setting in core.compression=0 pack.indexVersion=1 pack.depth=0 \
		repack.useDeltaBaseOffset=false pack.writeReverseIndex=true
	do
		restore
		git -c $setting repack -adfq
		schemastore fsck -q
		schemastore commit -q --allow-empty -m more
		schemastore gc -q
		git update-ref refs/heads/main HEAD~1
		sound
	done
'

test_expect 'what git has worked out goes when gc makes it wrong' '
	restore
	git repack -dq
	schemastore commit -q -m more --allow-empty
	git branch gone
	git update-ref refs/heads/main HEAD~1
	git repack -dq
	git multi-pack-index write --bitmap
	git commit-graph write --reachable
	git update-ref -d refs/heads/gone
	find .schemastore/objects -type f -exec touch -d "20 days ago" {} +
	schemastore gc -q
	sound
	ls .schemastore/objects/pack >out
	test "$(wc -l <out)" -eq 2
'

test_expect 'a pack that must stay stays' '
	restore packed
	pack=$(echo .schemastore/objects/pack/*.pack)
	: >"${pack%.pack}.keep"
	schemastore commit -q -m more --allow-empty
	schemastore gc -q
	test -f "$pack"
	test -f "${pack%.pack}.idx"
	schemastore gc -q
	schemastore fsck
'

test_expect 'gc twice is gc once' '
	restore
	schemastore gc -q
	cp .schemastore/objects/pack/*.pack once
	ls -i .schemastore/objects/pack >before
	schemastore gc -q
	ls -i .schemastore/objects/pack >after
	test_cmp before after
	sound
'

test_expect 'what writers that died have left goes' '
	restore
	mkdir -p .schemastore/objects/00
	: >.schemastore/objects/00/tmp_obj_ss_123456
	: >.schemastore/objects/pack/pack_git2_0123456789abcdef
	: >.schemastore/objects/pack/tmp_pack_abcdef
	git fsck --strict >out 2>&1
	test ! -s out
	schemastore gc -q
	test ! -e .schemastore/objects/00/tmp_obj_ss_123456
	test -e .schemastore/objects/pack/pack_git2_0123456789abcdef
	touch -d "2 days ago" .schemastore/objects/pack/pack_git2_* \
		.schemastore/objects/pack/tmp_*
	schemastore gc -q
	ls .schemastore/objects/pack >out
	test_not grep -v "^pack-[0-9a-f]*\.\(idx\|pack\)$" out
'

test_expect 'tags, notes and foreign branches are kept, and no damage' '
	restore
	git tag -a -m "a tag" v1 HEAD~1
	git tag -a -m "a tag of it" v2 v1
	git notes add -m "a note" HEAD
	blob=$(echo text | git hash-object -w --stdin)
	tree=$(printf "120000 blob $blob\tlink\n100755 blob $blob\tx y\n" |
		git mktree)
	git update-ref refs/heads/pages "$(git commit-tree -m p "$tree")"
	git tag blob "$blob"
	schemastore fsck >out
	test_grep ", 0 findings$" out
	find .schemastore/objects -type f -exec touch -d "20 days ago" {} +
	schemastore gc -q
	git fsck --strict >out 2>&1
	test ! -s out
	git for-each-ref --format="%(objectname)" |
		git cat-file --batch-check >out
	test_not grep missing out
	git show v2 >out
	git show pages >out
	git notes show >out
	test_grep "a note" out
'

test_expect 'a clone with files checked out keeps what only it knows' '
	restore
	rm -rf clone
	command git clone -q .schemastore clone
	command git -C clone fetch -q origin \
		"+refs/schemastore/*:refs/schemastore/*"
	echo staged >clone/staged
	command git -C clone add staged
	command git -C clone commit -q --allow-empty -m reset
	command git -C clone reset -q --soft HEAD~1
	find clone/.git/objects -type f -exec touch -d "20 days ago" {} +
	mkdir -p elsewhere
	: >elsewhere/schemastore.conf
	schemastore -C elsewhere config schemastore.store ../clone/.git
	schemastore -C elsewhere gc -q
	command git -C clone fsck >out 2>&1
	test ! -s out
	command git -C clone diff --cached --stat >out
	test_grep staged out
	schemastore -C elsewhere show origin/main
'

test_expect 'a version that no ref leads to is shown' '
	restore
	schemastore commit -q -m "to be lost" --allow-empty
	git update-ref refs/heads/main HEAD~1
	schemastore fsck >out
	test_grep "^lost: .* to be lost$" out
	echo garbage >.schemastore/refs/heads/main
	test_must_fail code=6 schemastore fsck >out
	test_grep "^unreadable refs/heads/main: " out
	test_grep "^lost: .* to be lost$" out
	id=$(sed -n "s/^lost: [^0-9]* \([0-9a-f]*\) .*/\1/p" out)
	git rev-parse "$id" >.schemastore/refs/heads/main
	schemastore log --oneline >out
	test_grep "(HEAD -> main) to be lost$" out
'

test_expect 'objects that are elsewhere' '
	restore
	rm -rf clone shallow
	mkdir clone shallow
	command git clone -q --mirror --shared .schemastore clone/.schemastore
	test_must_fail code=6 schemastore -C clone log 2>err
	test_grep "^hint: the store borrows objects .*repack -ad" err
	command git -C clone/.schemastore repack -adq
	rm clone/.schemastore/objects/info/alternates
	schemastore -C clone log
	schemastore -C clone fsck
	command git clone -q --bare --depth 1 "file://$PWD/.schemastore" \
		shallow/.schemastore
	test_must_fail code=6 schemastore -C shallow log 2>err
	test_grep "^hint: the store is a shallow clone: .*--unshallow" err
	(cd shallow && command git --git-dir=.schemastore fetch -q --unshallow)
	schemastore -C shallow log
'

test_expect 'an object that is no file' '
	restore
	file=$(object_file HEAD)
	mv "$file" moved
	ln -s "$PWD/moved" "$file"
	test_must_fail code=6 schemastore log 2>err
	test_grep "symbolic link" err
	rm "$file"
	mkdir "$file"
	test_must_fail code=6 schemastore log
	rmdir "$file"
	mkfifo "$file"
	test_must_fail code=6 schemastore log
'

# tree SPEC: HEAD, were this its tree
tree_is () {
	restore
	blob=$(echo text | git hash-object -w --stdin)
	id=$(printf "$1" | python3 -c "
import re, sys
for line in sys.stdin:
    mode, name = line.rstrip(chr(10)).split(None, 1)
    sys.stdout.buffer.write(f\"{mode} {name}\".encode() + bytes(1) +
                            bytes.fromhex(\"$blob\"))
" | git hash-object -t tree -w --stdin --literally)
	id=$(git cat-file commit HEAD | sed "s/^tree .*/tree $id/" |
		git hash-object -t commit -w --stdin)
	git update-ref refs/heads/main "$id"
	test_must_fail code=6 schemastore show 2>err
	test_grep "tree [0-9a-f]* is not one of schemastore" err
	test_must_fail code=6 schemastore fsck
}

test_expect 'trees that are none of ours' '
	command -v python3 >/dev/null || test_skip "there is no python3"
	for tree in "100755 a" "120000 a" "160000 a" "0100644 a" "040000 a" \
		"100644 .." "100644 ." "100644 .git" "100644 .GIT" \
		"100644 a/b" "100644 a b" "100644 a\n100644 a" \
		"100644 b\n100644 a" "100644 a\n100644 a.b\n40000 a" \
		"40000 a\n100644 a.b" "100644 $(printf %0201d 1)"
	do
		tree_is "$tree\n"
	done
'

test_expect 'a version that holds another schema than it says' '
	restore
	schemastore upgrade -q sqlite:app.db HEAD~1
	cp app.db before.db
	tree=$(git rev-parse "HEAD~2^{tree}")
	id=$(git cat-file commit HEAD | sed "s/^tree .*/tree $tree/" |
		git hash-object -t commit -w --stdin)
	git update-ref refs/heads/main "$id"
	for database in app.db new.db
	do
		test_must_fail code=6 schemastore upgrade \
			--allow-data-loss sqlite:$database 2>err
		test_grep "schema of version .all. is not the one" err
	done
	cmp before.db app.db
	test ! -e new.db
	test_must_fail code=6 schemastore fsck >out
	test_grep "^state " out
	test_grep "^tree " out
'

test_done
