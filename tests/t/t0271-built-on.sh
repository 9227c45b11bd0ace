#!/bin/sh
# What stands in a store, or in a database, and was put there by somebody who
# may not: nothing is built on it.  It is refused before anything happens, and
# verify says which rule is broken.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-trust.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'
command -v python3 >/dev/null || test_skip "there is no python3"

id=3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f

export keys

remember () {
	cp prod.db before.db
	store_git for-each-ref >before.refs
}

nothing_happened () {
	store_git for-each-ref >after.refs
	test_cmp before.refs after.refs
	cmp before.db prod.db
}

# refuses TEXT PERSON COMMAND...
refuses () {
	text=$1
	shift
	remember
	refused_as "$@"
	test_grep "$text" err
	nothing_happened
}

# Ann begins, and writes; Bob writes, too; Carol approves; ci changes database
# prod.  Dan may no more.  evil and more were written, and have not landed.
as ann init -q --engine sqlite --source schema.sql \
	--database prod=sqlite:prod.db
version ann a one
as ann trust init -q
as ann trust propose -q --add "person bob Bob bob@example.org" \
	--add "key bob $(public bob)" \
	--add "person carol Carol carol@example.org" \
	--add "key carol $(public carol)" \
	--add "person ci Robot ci@example.org" --add "key ci $(public ci)" \
	--add "person dan Dan dan@example.org" --add "key dan $(public dan)" \
	--add "author ann bob dan" --add "approver ann bob carol dan" \
	--add "deployer ci dan" --add "protect refs/heads/main approve 1" \
	--add "db prod $id deploy ci dan from refs/heads/main"
as ann trust land -q
as ci upgrade -q prod main
as ann trust propose -q \
	--add "drop $(ssh-keygen -lf dan.pub | cut -d " " -f 2) retired"
as ann trust land -q
as ann checkpoint -q
as ann checkout -q -b dev
version ann "a,b" two
as carol approve -q
as ann land -q
as ci upgrade -q prod main
as ann checkout -q -b next main
version ann "a,b,c" three
as carol approve -q
as ann land -q
as ann checkout -q -b evil main
version ann "a,b,c,d" four
as ann checkout -q -b more
version ann "a,b,c,d,e" five
as ann checkout -q main
mkdir good
cp -R .schemastore schemastore.conf prod.db good
python3 -S -B "$srcdir/tests/t/builder.py" good bad >names

# each KIND COMMAND...: of those that have such a name nobody goes on, by any of
# these, a line each.
each () {
	printf "%s\n" "$2" >commands
	grep "^$1" names >some
	test -s some
	while read -r way rule text
	do
		cd bad/$way
		unseen
		status=0
		schemastore verify --all >out || status=$?
		echo "$way: $rule, verify: $status"
		case $rule in
		none)
			test $status = 0
			as ci upgrade -q prod main
			schemastore verify --signed --all
			;;
		*)
			test $status = 1
			test_grep "^$rule " out
			while read -r command
			do
				refuses "$text" $command
			done <../../commands
			;;
		esac
		cd ../..
	done <some
}

test_expect 'versions that have not landed, though they stand there' '
	each version "ci upgrade prod main"
	cd bad/version-unsigned
	refuses "not signed" ci checkout --yes --db prod main
	refuses "not signed" ci upgrade prod
'

test_expect 'nor is anything approved, or landed, on them' '
	for way in moved unsigned nobody alone by-author by-nobody
	do
		cd bad/version-$way
		text=$(sed -n "s/^version-$way [^ ]* //p" ../../names)
		refuses "$text" carol approve --onto main more
		refuses "$text" ann land --onto main more
		cd ../..
	done
'

test_expect 'entries of a ledger' '
	each entry "ci upgrade prod main
ci downgrade --yes --allow-data-loss prod
ci ledger note -m x prod"
'

test_expect 'a store that was put back under a database' '
	each store "ci upgrade prod main
ci ledger note -m x prod"
'

test_done
