#!/bin/sh
# Databases that the policy has a rule for: who changes them, to what, with
# whose approval; before it happens, and for verify.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-trust.sh"
. "$srcdir/tests/t/lib-second.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

id=3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f

# A project with the versions `one` and `two` on main, which is protected;
# `three` on dev; and the rule of database prod.
# rule RULE [LINE...]
project () {
	rule=$1
	shift
	rm -rf p
	mkdir p
	cd p || exit 1
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
		--add "person ci Robot ci@example.org" \
		--add "key ci $(public ci)" \
		--add "author ann bob" --add "approver ann bob carol" \
		--add "deployer ann" \
		--add "protect refs/heads/main approve 1" \
		--add "db prod $id deploy ann ci from refs/heads/main $rule" \
		"$@"
	as ann trust land -q
	as ann checkout -q -b dev
	version ann "a,b,c" three
	as ann checkout -q main
}

# nothing_happened: neither the database nor the store are other than before
remember () {
	rm -f before.db
	cp prod.db before.db 2>/dev/null || :
	store_git for-each-ref >before.refs
}

nothing_happened () {
	store_git for-each-ref >after.refs
	test_cmp before.refs after.refs
	if test -f before.db
	then
		cmp before.db prod.db
	else
		test ! -f prod.db
	fi
}

# refuses PERSON TEXT COMMAND...
refuses () {
	person=$1
	text=$2
	shift 2
	remember
	refused_as "$person" "$@"
	cat err
	test_grep "$text" err
	test_grep "^hint: " err
	nothing_happened
}

test_expect 'who may, and that the id is the one that the policy has' '
	project ""
	refuses eve "does not know the key" upgrade prod
	test_grep "^hint: ann, ci may" err
	refuses bob ".bob. may not change database .prod." upgrade prod
	as ci upgrade -q prod HEAD~1
	as ann upgrade -q prod
	sqlite3 prod.db "SELECT CAST(entry AS TEXT) FROM schemastore_ledger" >e
	test "$(grep -c "^Schemastore-Db: $id prod$" e)" = 5
	refuses bob "may not" downgrade --yes prod
	refuses bob "may not" checkout --yes --db prod HEAD~1
	schemastore verify --signed --all
	as bob upgrade --dry-run prod HEAD
'

test_expect 'the branch that its versions come from' '
	project ""
	refuses ci "versions of branch .main. alone, and .three. is none" \
		upgrade prod dev
	test_grep "must land there" err
	as carol approve -q --onto main dev
	refuses ci "versions of branch" upgrade prod dev
	as ann land -q --onto main dev
	refuses ci "versions of branch" upgrade prod dev
	as ci upgrade -q prod main
	as ci downgrade -q --yes prod
	as ci downgrade -q --yes --allow-data-loss prod 2
	schemastore verify --signed --all
'

approvals () {
	store_git for-each-ref refs/schemastore/approval
}

test_expect 'approvals: by whom, of what, and until they are used' '
	project "approve 1 bob carol"
	refuses ci "0 of 1 approve that database .prod. is at .one." \
		upgrade prod HEAD~1
	test_grep "^hint: bob, carol may.*approve --db prod" err
	refused_as ann approve --db prod HEAD~1
	test_grep "may not do that" err
	refused_as eve approve --db prod HEAD~1
	as carol approve --db prod HEAD~1 -m "At night" >out
	test_grep "^Approved [0-9a-f]* one for prod$" out
	refuses ci "0 of 1" upgrade prod
	as ci upgrade -q prod HEAD~1
	test -z "$(approvals)"
	begin=refs/schemastore/ledger/prod~1
	test "$(store_git rev-parse $begin^2^)" = \
		"$(store_git rev-parse main~1)"
	store_git log -1 --format=%B $begin^2 >out
	test_grep "^At night$" out
	test_grep "^Schemastore-Ref: refs/schemastore/ledger/prod$" out
	schemastore verify --signed --all
	schemastore fsck
	store_git fsck --strict
	as carol approve -q --db prod
	as ci upgrade -q prod
	refuses ci "0 of 1" downgrade --yes prod
	as carol approve -q --db prod HEAD~1
	as ci downgrade -q --yes prod
	refuses ci "0 of 1" upgrade prod
	as bob approve -q --db prod --nothing
	as ci downgrade -q --yes --allow-data-loss prod
	schemastore verify --signed --all
	schemastore gc -q
	schemastore verify --signed --all
	test_must_fail as carol approve --nothing 2>err
	test_must_fail as carol approve --db prod --onto main 2>err
	test_must_fail as carol approve --db prod --nothing HEAD 2>err
	test_must_fail as carol approve --db sqlite:x.db 2>err
	test_grep "no approvals" err
'

test_expect 'persons are counted, and neither authors nor who does it' '
	project "approve 2 ann bob carol ci"
	as carol approve -q --db prod
	as carol approve -q --db prod
	as ci approve -q --db prod
	refuses ci "1 of 2" upgrade prod
	as bob approve -q --db prod
	as ci upgrade -q prod
	as ann checkout -q dev
	version bob "a,b,c,d" four
	as ann squash -q -m "three and four" main..
	as carol approve -q --onto main
	as ann land -q --onto main
	as ann checkout -q main
	refused_as bob approve --db prod
	test_grep "wrote some of" err
	as carol approve -q --db prod
	as ci approve -q --db prod
	refuses ci "1 of 2" upgrade prod
	as ann upgrade -q prod main
	schemastore verify --signed --all
'

test_expect 'an approval is for where the database is now' '
	project "approve 1 carol"
	as carol approve -q --db prod
	approvals >kept
	as carol approve -q --db prod HEAD~1
	as ci upgrade -q prod HEAD~1
	read oid kind ref <kept
	store_git update-ref $ref $oid
	refuses ci "0 of 1" upgrade prod
	as carol approve -q --db prod
	as ci upgrade -q prod
	test -z "$(approvals)"
'

test_expect 'who approves no more' '
	project "approve 1"
	as carol approve -q --db prod
	as ann trust propose -q --add "approver ann bob"
	as ann trust land -q
	refuses ci "0 of 1" upgrade prod
	as bob approve -q --db prod
	as ci upgrade -q prod
	schemastore verify --signed --all
	print=$(ssh-keygen -lf $keys/bob.pub | cut -d " " -f 2)
	as ann trust propose -q --add "drop $print retired" \
		--add "author ann" --add "approver ann carol"
	as ann trust land -q
	schemastore verify --signed --all
'

test_expect 'along edges alone' '
	project edges-only
	refuses ci "along the edges of versions alone" upgrade prod
	as ci upgrade -q prod HEAD~1
	as ci upgrade -q prod
	as ci downgrade -q --yes prod
	schemastore verify --signed --all
'

test_expect 'not without its mirror' '
	project "mirror required"
	as ci upgrade -q prod HEAD~1
	as ann config schemastore.mirror none
	refuses ci "asks for a mirror" upgrade prod
	as ann config --unset schemastore.mirror
	schemastore verify --signed --all
	store_git update-ref -d refs/schemastore/ledger/prod
	unseen
	test_must_fail code=6 schemastore verify prod >out
	test_grep "^no-mirror prod:1: " out
	as ci upgrade -q prod
	schemastore verify --signed prod
'

test_expect 'what is said in a ledger' '
	project "approve 1"
	test_must_fail as ann ledger note -m "Hello" prod 2>err
	test_grep "does not exist" err
	as bob approve -q --db prod HEAD~1
	as ci upgrade -q prod HEAD~1
	refused_as bob ledger note -m "Hello" prod
	test_grep "may not change" err
	test_must_fail as ann ledger note prod 2>err
	test_grep "what is there to say" err
	as bob approve -q --db prod
	as ann ledger note -q -m "Disk was full" prod
	as ci upgrade -q prod
	schemastore history prod >out
	test_grep "note     ann$" out
	test_grep "^    Disk was full$" out
	schemastore history --json prod >out
	test_grep "\"text\": \"Disk was full\"" out
	schemastore status prod
	schemastore verify --signed --all
'

test_expect 'restored from a backup' '
	project "approve 1"
	as bob approve -q --db prod HEAD~1
	as ci upgrade -q prod HEAD~1
	cp prod.db backup.db
	as bob approve -q --db prod
	as ci upgrade -q prod
	cp backup.db prod.db
	test_must_fail code=1 schemastore verify prod >out
	test_grep "^mirror prod: " out
	test_must_fail code=3 as ci upgrade -q prod
	refuses bob "may not" ledger restore -m "The disk broke" prod
	refuses ci "0 of 1" ledger restore -m "The disk broke" prod
	test_must_fail as ci ledger restore prod 2>err
	test_grep "why was it restored" err
	as bob approve -q --db prod HEAD~1
	as ci ledger restore -m "The disk broke" prod >out
	test_grep "goes on from where it stands" out
	sqlite3 prod.db "SELECT CAST(entry AS TEXT) FROM schemastore_ledger
		WHERE seq = 3" >e
	test_grep "^Schemastore-Restored: 2 [0-9a-f]*$" e
	schemastore history prod >out
	test_grep "restore  .* one  ci$" out
	test_grep "^    The disk broke$" out
	schemastore verify --signed --all
	cp backup.db prod.db
	refuses ci "0 of 1" ledger restore -m again prod
	as carol approve -q --db prod HEAD~1
	as ci ledger restore -q -m again prod
	as carol approve -q --db prod
	as ci upgrade -q prod
	schemastore verify --signed --all
'

test_expect 'a copy is a database of its own' '
	project ""
	as ci upgrade -q prod
	cp prod.db copy.db
	refuses ci "of database .sqlite:copy.db. is that of .prod." \
		upgrade sqlite:copy.db HEAD
	refuses bob "may not" ledger clone --name copy sqlite:copy.db
	test_must_fail as ann ledger clone --name prod sqlite:copy.db 2>err
	test_grep "already" err
	as ann ledger clone -q --name copy -m "For tests" sqlite:copy.db
	test "$(schemastore config database.copy.url)" = sqlite:copy.db
	as ann downgrade -q --yes copy
	refuses ci "may not change database .copy." upgrade copy
	as ci downgrade -q --yes prod
	schemastore history copy >out
	test_grep "clone    .* two  ann$" out
	schemastore verify --signed --all
	store_git for-each-ref --format="%(refname)" refs/schemastore/ledger \
		>out
	test "$(wc -l <out)" = 2
'

test_expect 'a ledger with another id than the policy has' '
	project ""
	as ann config database.other.url sqlite:other.db
	as ann upgrade -q other
	cp other.db prod.db
	store_git update-ref -d refs/schemastore/ledger/other
	refuses ci "is not its own in the policy: $id" upgrade prod HEAD~1
	refuses ci "is not its own" baseline --restored prod
	rm prod.db
	as ci upgrade -q prod
	cp prod.db other.db
	store_git update-ref -d refs/schemastore/ledger/prod
	unseen
	refuses ann "is not its own" downgrade --yes other
'

test_expect 'two at the same time' '
	project "approve 1"
	as bob approve -q --db prod
	as ci upgrade -q prod 2>ci.err &
	as ann upgrade -q prod 2>ann.err &
	wait
	schemastore verify --signed --all >out
	test_grep "^prod: 3 rows$" out
'

test_expect 'a line without an id gets that of the ledger' '
	project ""
	as ann config database.dev.url sqlite:dev.db
	as ann upgrade -q dev
	as ann config database.new.url sqlite:new.db
	as ann trust propose --add "db dev deploy ann from refs/heads/dev" \
		--add "db new deploy ann from refs/heads/main edges-only" >out
	sqlite3 dev.db "SELECT CAST(entry AS TEXT) FROM schemastore_ledger" >e
	dev=$(sed -n "s/^Schemastore-Db: \(.*\) dev$/\1/p" e | sort -u)
	test_grep "^Database dev has the id $dev$" out
	new=$(sed -n "s/^Database new has the id //p" out)
	as ann trust land -q
	schemastore trust show --text >out
	test_grep "^db dev $dev deploy ann from refs/heads/dev$" out
	as ann upgrade -q new main~1
	sqlite3 new.db "SELECT CAST(entry AS TEXT) FROM schemastore_ledger" >e
	test_grep "^Schemastore-Db: $new new$" e
	as ann upgrade -q dev dev
	schemastore trust show >out
	test_grep "^database new is changed by ann, to versions of main, along \
edges alone$" out
	test_must_fail as ann trust propose \
		--add "db far deploy ann from refs/heads/dev" 2>err
	test_grep "far. is not configured" err
	schemastore verify --signed dev new
'

test_expect 'a policy in the editor' '
	project "approve 1"
	as ann config database.dev.url sqlite:dev.db
	cat >edit.sh <<-END
	cp "\$1" seen
	sed -i "s/^# db dev deploy PERSON/db dev deploy ci/" "\$1"
	END
	git config --global core.editor "sh edit.sh"
	as ann trust propose -m "Dev, too" >out
	test_grep "^Database dev has the id" out
	test_grep "^# Who may do what" seen
	test_grep "^root 1 ann$" seen
	as ann trust land -q
	schemastore trust show >out
	test_grep "^database dev is changed by ci, to versions of main, with" \
		out
	test_grep "^  1 of ann, bob, carol must approve$" out
	GIT_EDITOR=true test_must_fail as ann trust propose 2>err
	test_grep "what is to change" err
	git config --global core.editor false
	test_must_fail code=3 as ann trust propose 2>err
	test_grep "the editor .false. failed" err
	schemastore verify --signed
'

test_expect 'an open project asks for nothing' '
	mkdir open
	cd open
	as ann init -q --engine sqlite --source schema.sql
	version ann a one
	schemastore upgrade -q sqlite:x.db HEAD
	schemastore verify sqlite:x.db
'

test_second

mkdir probe
if (cd probe && SS_FAULT="*:1:fail" schemastore init -q) 2>/dev/null
then
	test_done
fi

# at_nth KIND PERSON COMMAND...: the n-th thing breaks, n = 1, 2 ... until
# nothing does; what there is then is right, and the same run goes through,
# with the same approval, where it has not.
at_nth () {
	kind=$1
	shift
	n=0
	while n=$((n + 1))
	do
		rc=0
		rm -rf .schemastore prod.db
		cp -R ../before .schemastore
		cp ../before.db prod.db
		unseen
		SS_FAULT="*:$n:$kind" as "$@" >out 2>err || rc=$?
		schemastore verify --signed prod >out
		as "$@"
		schemastore verify --signed prod >out
		test $rc != 0 || break
	done
	test $n -gt 3
	test -z "$(approvals)"
}

test_expect 'whatever breaks, approvals are used once' '
	project "approve 1 edges-only"
	as bob approve -q --db prod HEAD~1
	as ci upgrade -q prod HEAD~1
	as bob approve -q --db prod
	cp -R .schemastore ../before
	cp prod.db ../before.db
	at_nth fail ci upgrade -q prod
	at_nth crash ci upgrade -q prod
'

test_done
