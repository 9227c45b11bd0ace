#!/bin/sh
# verify: commits that do not belong together, refs that git would not make, and
# whatever git would heed beside them.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-trust.sh"
. "$srcdir/tests/t/lib-second.sh"

command -v python3 >/dev/null || test_skip "there is no python3"
export keys

# each KIND: what verify says of each store that somebody has put together; and
# no program has run
each () {
	python3 -SB "$srcdir/tests/t/grapher.py" $1
	while read -r name want rule object
	do
		unseen
		cd $1/$name
		status=0
		is_seconded $name
		$program schemastore verify >out 2>err || status=$?
		echo "$name: $want $rule $object: $status"
		cat out err
		test $status = $want
		test ! -e ran
		if test -n "$rule"
		then
			test_grep "^$rule $object" out
		else
			test_grep ", 0 findings$" out
		fi
		cd ../..
	done <$1.list
}

# The second verifier does not ask where HEAD is.
is_seconded () {
	program=
	test $1 != head-of-nothing || program=command
}

restore () {
	unseen
	rm -rf .schemastore
	cp -R "${1:-good}" .schemastore
}

schema a
as ann init -q --database dev=sqlite:app.db
as ann commit -q -m one
as ann branch -q side
version ann a,b two
version ann a,b,c three
as ann upgrade -q
as ann checkout -q side
version ann a,d side
as ann checkout -q main
as ann merge -q side
cp -R .schemastore good

test_expect 'what does not belong together' '
	each graphs
	restore
	command schemastore verify --replay --signed
	cd graphs/turned-and-fitted
	test_must_fail code=1 command schemastore verify --replay >out
	test_grep "^replay [0-9a-f]*: edge 0 of sqlite, up" out
	test_must_fail code=1 schemastore verify --signed >out
	test_grep "^unsigned $(store_git rev-parse main | cut -c 1-12): " out
'

test_expect 'refs, and what git would heed beside them' '
	each refs
'

test_expect 'objects that another store would lend by the environment' '
	cd refs/lent
	rm .schemastore/objects/info/alternates
	export GIT_ALTERNATE_OBJECT_DIRECTORIES="$PWD/lender/objects"
	test_must_fail code=6 schemastore verify >out
	test_grep "^unreadable [0-9a-f]*: object .* is missing" out
'

test_expect 'a repository that keeps its refs or objects in another way' '
	for extension in refstorage=reftable objectformat=sha256
	do
		restore
		store_git config core.repositoryformatversion 1
		store_git config extensions.${extension%=*} ${extension#*=}
		test_must_fail code=3 schemastore verify 2>err
		test_grep "extension .$extension., which is not known" err
	done
	restore
	rm .schemastore/HEAD
	test_must_fail code=2 schemastore verify 2>err
	test_grep "is not a store" err
'

test_expect 'what another project has signed with the same key' '
	restore
	mkdir ../other
	cp schema.sql ../other
	cd ../other
	as ann init -q --engine sqlite --source schema.sql
	as ann commit -q -m one
	cd ../work
	store_git fetch -q ../other/.schemastore main:refs/heads/x
	test_must_fail code=1 schemastore verify >out
	test_grep "^project $(store_git rev-parse x | cut -c 1-12): " out
'

# ---- with a policy: main is protected, eve is nobody ------------------------

mkdir ../p
cd ../p || exit 1
schema a
as ann init -q --engine sqlite --source schema.sql
version ann a one
as ann trust init -q
as ann trust propose -q --add "person bob Bob bob@example.org" \
	--add "key bob $(public bob)" \
	--add "person carol Carol carol@example.org" \
	--add "key carol $(public carol)" \
	--add "approver bob carol" --add "author ann bob" \
	--add "protect refs/heads/main approve 1"
as ann trust land -q
as ann checkout -q -b other
version ann a,c other
as bob approve -q
as ann checkout -q -b dev main
version ann a,b two
as bob approve -q
cp -R .schemastore good

test_expect 'a merge that brings what somebody had no right to make' '
	each merges
'

test_expect 'two versions that have landed on one' '
	restore
	as ann land -q dev
	mine=$(store_git rev-parse main)
	schemastore verify
	unseen
	store_git update-ref refs/heads/main main^
	as ann land -q other
	theirs=$(store_git rev-parse main)
	schemastore verify
	store_git update-ref refs/remotes/origin/main $mine
	test_must_fail code=1 schemastore verify >out
	for id in $mine $theirs
	do
		test_grep "^fork $(echo $id | cut -c 1-12): .*, signed by" out
	done
	store_git update-ref -d refs/remotes/origin/main
	schemastore verify
'

test_second

test_done
