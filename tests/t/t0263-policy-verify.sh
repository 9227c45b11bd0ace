#!/bin/sh
# Policies that were not agreed to, and what is signed with a key that was
# dropped, or under a rule that is no more: whoever signs it has a key, and
# verify finds it.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-trust.sh"
. "$srcdir/tests/t/lib-second.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'
command -v python3 >/dev/null || test_skip "there is no python3"

# Nothing is older than anything.
export SCHEMASTORE_DATE=$(date +%s)
export keys
id=3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f
for person in ann2 wit
do
	ssh-keygen -q -t ed25519 -N "" -C $person -f $person
done

looks () {
	command schemastore -C $1 verify --witnesses 0 >out
}

# each WAYS: of those that policer.py has of good.  The second verifier sees
# those that say who has agreed.
each () {
	python3 -S -B "$srcdir/tests/t/policer.py" $1 good $1 >names
	while read -r way rule text
	do
		status=0
		unseen
		looks $1/$way || status=$?
		echo "$way: $rule, $status"
		cat out
		test $status = $(test $rule = none && echo 0 || echo 1)
		test $rule = none || test_grep "^$rule .*$text" out
		case $rule:$text in
		policy-chain:*few*|policy-chain:*approve*|[a-z]*:)
			echo "$status $PWD/$1/$way/.schemastore" \
				>>"$second_cases/list"
			;;
		esac
	done <names
	test -s names
}

keep () {
	rm -rf good
	mkdir good
	cp -R .schemastore good
}

finger () {
	ssh-keygen -lf "$keys/$1.pub" | cut -d " " -f 2
}

# strong REVISION
strong () {
	store_git cat-file commit "$1" >raw
	printf "commit %d\0" $(wc -c <raw) | cat - raw | sha256sum |
		cut -c 1-64
}

# One is from before all; two has landed; d1 and d2 are Dan's, whose key was
# dropped when he had written them.
as ann init -q --engine sqlite --source schema.sql \
	--database prod=sqlite:prod.db
version ann a one
as ann trust init -q
as ann trust propose -q --add "person bob Bob bob@example.org" \
	--add "key bob $(public bob)" \
	--add "person carol Carol carol@example.org" \
	--add "key carol $(public carol)" --add "key ann $(public ann2)" \
	--add "person ci Robot ci@example.org" --add "key ci $(public ci)" \
	--add "person dan Dan dan@example.org" --add "key dan $(public dan)" \
	--add "person wit Wit wit@example.org" --add "key wit $(public wit)" \
	--add "author ann bob dan" --add "approver ann bob carol wit" \
	--add "deployer ci" --add "witness wit" --add "root 2 ann bob carol" \
	--add "protect refs/heads/main approve 2" \
	--add "db prod $id deploy ci from refs/heads/main"
as bob trust approve -q
as ann trust land -q
as ann checkout -q -b topic
version ann "a,b" two
as bob approve -q
as carol approve -q
as ann land -q
as dan checkout -q -b dan main
version dan "a,b,d" d1
version dan "a,b,d,e" d2
mkdir before
cp -R .schemastore before
as ann trust propose -q --add "drop $(finger dan) retired"
as bob trust approve -q
as ann trust land -q
as ann checkout -q -b next main
version ann "a,b,c" three
as bob approve -q
as carol approve -q
as ann land -q
as ann checkout -q -b more main
version ann "a,b,c,f" four
as bob checkout -q -b parts main
version bob "a,b,c,g" five
version ann "a,b,c,g,h" six
as ann checkout -q -b squashed
as ann squash -q -m "five and six" main..
as ann checkout -q main
as ci upgrade -q prod main
as ci checkpoint -q
as wit witness sign -q
keep

test_expect 'policies' '
	each POLICIES
'

test_expect 'a key that was dropped signs no more, whatever it says' '
	each KEPT
'

# drops WORD LINE...: dan's key is, by another policy in the place of the third
drops () {
	word=$1
	shift
	unseen
	as ann trust propose -q --add "drop $(finger dan) $word" "$@"
	as bob trust approve -q
	as ann trust land -q
}

# unsealed VERSION...: these are, and no others
unsealed () {
	status=0
	schemastore verify --witnesses 0 >out || status=$?
	cat out
	test $# -gt 0 || test $status = 0
	test "$(grep -c "^unsealed " out)" = $#
	for version
	do
		id=$(store_git rev-parse --short=12 $version)
		test_grep "^unsealed $id: " out
	done
}

afresh () {
	rm -rf .schemastore
	cp -R before/.schemastore .
}

test_expect 'who may sign what' '
	python3 -S -B "$srcdir/tests/t/policer.py" MATRIX good matrix >names
	while read -r who
	do
		who=${who%% *}
		unseen
		status=0
		looks matrix/$who || status=$?
		cat out
		grep "^\(right\|key\|key-dropped\|unsigned\) " out |
			sed "s/:.*//" | sort >is
		test_cmp matrix/$who/want is
	done <names
	test "$(cat matrix/*/want | wc -l)" -gt 30
'

test_expect 'compromised: what a seal has stands, or what is vouched for' '
	afresh
	drops retired
	unsealed
	afresh
	drops compromised
	unsealed
	afresh
	seal="seal refs/heads/dan $(strong dan~1)"
	drops compromised --add "$seal"
	unsealed dan
	afresh
	drops compromised --add "$seal" --add "vouch $(strong dan)"
	unsealed
	afresh
	drops compromised --add "$seal" --add "vouch $(strong main)"
	unsealed dan
	as ann trust propose -q --add "vouch $(strong dan)"
	refused_as ann trust land
	as bob trust approve -q
	as ann trust land -q
	unsealed
	afresh
	drops compromised --add "seal refs/heads/dan $(strong main~1)"
	unsealed dan dan~1
	afresh
	drops retired
	drops compromised --remove "drop $(finger dan) retired" --add "$seal"
	unsealed dan
	afresh
	drops retired --add "$seal"
	unsealed dan
'

test_expect 'a rule that was another one' '
	rm -rf .schemastore
	cp -R good/.schemastore .
	as ann trust propose -q --remove "protect refs/heads/main approve 2" \
		--add "protect refs/heads/main approve 3"
	as bob trust approve -q
	as ann trust land -q
	keep
	each RULES
'

test_second

test_done
