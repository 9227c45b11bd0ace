#!/bin/sh
# What was done to a database by somebody who has a key, and may not, or not
# so: verify finds it, in the mirror and in the rows.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-trust.sh"
. "$srcdir/tests/t/lib-second.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'
command -v python3 >/dev/null || test_skip "there is no python3"

export keys

attack () {
	python3 -S "$srcdir/tests/t/deployer.py" "$@"
}

restore () {
	unseen
	rm -rf .schemastore prod.db
	cp -R good .schemastore
	cp good.db prod.db
}

as ann init -q --engine sqlite --source schema.sql \
	--database prod=sqlite:prod.db
version ann a one
version ann "a,b" two
as ann trust init -q
as ann trust propose -q \
	--add "person bob Bob bob@example.org" \
	--add "key bob $(public bob)" \
	--add "person carol Carol carol@example.org" \
	--add "key carol $(public carol)" \
	--add "person ci Robot ci@example.org" --add "key ci $(public ci)" \
	--add "person dan Dan dan@example.org" --add "key dan $(public dan)" \
	--add "witness dan" \
	--add "db other 4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f deploy bob from \
refs/heads/main" \
	--add "author ann bob" --add "approver ann bob carol ci" \
	--add "protect refs/heads/main approve 1" \
	--add "db prod 3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f deploy ann ci from \
refs/heads/main approve 1 edges-only"
as ann trust land -q
as carol approve -q --db prod HEAD~1
as ci upgrade -q prod HEAD~1
as carol approve -q --db prod
as ci upgrade -q prod
as ann checkout -q -b dev
version ann "a,b,c" three
as ann checkout -q main
cp -R .schemastore good
cp prod.db good.db

# is_found RULE: verify says so, of prod's ledger or of what it names
is_found () {
	case $1 in
	none)
		test $status = 0
		test_grep ", 0 findings$" out
		;;
	*)
		test $status = 1
		test_grep "^$1 " out
		;;
	esac
}

test_expect 'who did it, under which policy, to what, with whose approval' '
	for edit in $(attack names)
	do
		restore
		rule=$(attack $edit)
		status=0
		schemastore verify --witnesses 0 prod >out || status=$?
		echo "$edit $rule $status"
		is_found $rule
		store_git update-ref -d refs/schemastore/ledger/prod
		unseen
		status=0
		schemastore verify --witnesses 0 prod >out || status=$?
		echo "$edit, rows alone: $rule $status"
		case $rule in
		none)
			test $status = 6
			;;
		approvals|project)
			test $status != 0
			test_grep "^approvals prod:3: " out
			;;
		*)
			is_found $rule
			;;
		esac
	done
'

test_expect 'what has landed, with whose approval' '
	restore
	as carol approve -q dev
	as ann land -q dev
	rm -rf good
	cp -R .schemastore good
	for edit in $(attack landings)
	do
		restore
		rule=$(attack land $edit)
		status=0
		schemastore verify --witnesses 0 >out || status=$?
		echo "$edit $rule $status"
		is_found $rule
		test $rule != fork || test 2 = $(grep -c "^$rule " out)
	done
'

test_second

test_done
