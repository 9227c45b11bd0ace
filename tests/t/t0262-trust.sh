#!/bin/sh
# The policy: who may do what, and what lands on a branch that is protected.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-trust.sh"
. "$srcdir/tests/t/lib-second.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

# Bob and Carol join, and main is protected.
join () {
	as ann trust propose -q -m "Bob and Carol" \
		--add "person bob Bob bob@example.org" \
		--add "key bob $(public bob)" \
		--add "person carol Carol carol@example.org" \
		--add "key carol $(public carol)" \
		--add "author ann bob" --add "approver ann bob carol" \
		--add "protect refs/heads/main approve ${rule:-1}" "$@"
}

# A project with the version `one`, and Ann's policy.
project () {
	rm -rf p
	mkdir p
	cd p || exit 1
	as ann init -q --engine sqlite --source schema.sql
	version ann a one
	as ann trust init -q
}

test_expect 'without a policy everybody may do everything' '
	mkdir open
	cd open
	schema a
	as ann init -q --engine sqlite --source schema.sql
	as eve commit -q -m one
	schemastore trust show >out
	test_grep "^policy 0 " out
	test_grep "everybody may do everything" out
	schemastore trust show --json >out
	test_grep "\"open\": true" out
	test_must_fail schemastore trust land 2>err
	test_grep "no policy is proposed" err
	test_must_fail as ann land 2>err
	test_grep "no branch that is protected" err
	test_must_fail as ann trust dance 2>err
	test_must_fail as ann trust propose 2>err
	test_grep "trust show --text" err
'

test_expect 'init: who begins may do everything, and what is there is sealed' '
	project
	schemastore trust show >out
	test_grep "^policy 1 " out
	test_grep "^1 of ann must agree to change this policy" out
	test_grep "^ann may write versions" out
	schemastore trust show --text >out
	test_grep "^author ann$" out
	store_git cat-file commit main >raw
	printf "commit %d\0" $(wc -c <raw) | cat - raw | sha256sum >sum
	test_grep "^seal refs/heads/main $(cut -c 1-64 sum)$" out
	refused_as ann trust init
	test_grep "says already" err
	version ann "a,b" two
	store_git log -1 --format=%B main >out
	test_grep "^Schemastore-Policy: 1 " out
	schemastore fsck
	schemastore verify
'

test_expect 'who begins must have the key of the genesis, and one at all' '
	mkdir begun
	cd begun
	as ann init -q --engine sqlite --source schema.sql
	refused_as eve trust init
	test_grep "begun with another key" err
	schemastore config schemastore.sign no
	refused_as ann trust init
	test_grep "there is no key" err
'

test_expect 'what is made of a policy is what git and ssh-keygen read' '
	project
	join
	as ann trust land -q
	store_git show refs/schemastore/policy:allowed_signers >signers
	test "$(wc -l <signers)" = 3
	store_git -c gpg.ssh.allowedSignersFile=$PWD/signers \
		log --format="%G? %GS" refs/schemastore/policy >out
	test "$(sort -u out)" = "G ann@example.org"
'

test_expect 'both roots agree, and persons count, not keys' '
	project
	join --add "root 2 ann bob" --add "key ann $(public eve)"
	refused_as ann trust land
	test_grep "1 of 1 of the root of the policy in force" err
	test_grep "1 of 2 of the new one" err
	refused_as carol trust approve
	refused_as eve trust approve
	as bob trust approve -q -m "Gladly"
	as ann trust land -q
	as ann trust propose -q --add "root 1 ann"
	refused_as ann trust land
	SCHEMASTORE_KEY=$keys/eve SCHEMASTORE_AUTHOR_NAME=ann \
		SCHEMASTORE_AUTHOR_EMAIL=ann@example.org \
		schemastore trust approve -q
	refused_as ann trust land
	test_grep "1 of 2 of the root of the policy in force" err
	as bob trust approve -q
	as ann trust land -q
	schemastore trust show >out
	test_grep "^policy 3 " out
	store_git for-each-ref refs/schemastore/approval \
		refs/schemastore/proposal >out
	test ! -s out
	schemastore fsck
	schemastore verify
'

test_expect 'what anybody proposes is looked at, by whoever lands it' '
	project
	join
	as ann trust land -q
	schemastore trust show --text >text
	sed -i "s/^author .*/author eve/" text
	echo "person eve Eve eve@example.org" >>text
	echo "key eve $(public eve)" >>text
	for who in eve carol
	do
		as $who trust propose -q -F text
		refused_as ann trust land
		test_grep "0 of 1 of the root" err
	done
	schemastore config schemastore.sign no
	as ann trust propose -q -F text
	schemastore config --unset schemastore.sign
	refused_as ann trust land
	as ann trust approve -q
	as ann trust land -q
	schemastore verify
'

test_expect 'an approval is for the policy that it was given to' '
	project
	join --add "root 2 ann bob"
	as bob trust approve -q
	as ann trust propose -q --add "deployer ann"
	as ann trust land -q
	join --add "root 2 ann bob"
	refused_as ann trust land
	test_grep "1 of 2 of the new one" err
'

test_expect 'a branch that has moved is sealed where it is' '
	project
	join
	version ann "a,b" two
	refused_as ann trust land
	test_grep "main. gets another rule, and has moved" err
	join
	as ann trust land -q
	as ann trust propose -q --add "author ann"
	as ann checkout -q -b dev
	version ann "a,b,c" three
	as ann trust land -q
'

test_expect 'what never changes: keys, persons, what was dropped' '
	project
	join
	as ann trust land -q
	refused_as ann trust propose --remove "key bob $(public bob)"
	test_grep "a key stays" err
	refused_as ann trust propose --remove "key bob $(public bob)" \
		--add "key carol $(public bob)"
	test_grep "belongs to one person" err
	test_must_fail as ann trust propose \
		--add "key carol $(public bob)" 2>err
	test_grep "somebody.s already" err
	test_must_fail as ann trust propose --remove "author bob" 2>err
	test_grep "has no line" err
	print=$(ssh-keygen -lf $keys/bob.pub | cut -d " " -f 2)
	as ann trust propose -q --add "drop $print compromised"
	as ann trust land -q
	refused_as ann trust propose --remove "drop $print compromised"
	schemastore trust show >out
	test_grep "$print (compromised)" out
	store_git show refs/schemastore/policy:allowed_signers >signers
	test_not grep bob signers
	as ann trust propose -q --add "author ann"
	refused_as bob trust approve
	test_grep "may not do that with the key $print" err
'

test_expect 'a text that was edited' '
	project
	schemastore trust show --text | sed "s/^author/  author  /" >text
	echo "person bob Bob bob@example.org # he joins" >>text
	as ann trust propose -q --file text
	as ann trust land -q
	schemastore trust show >out
	test_grep "^bob  Bob <bob@example.org>" out
	echo "autor bob" >>text
	test_must_fail as ann trust propose -F text 2>err
	test_grep "begins no line of a policy" err
'

# protected: a branch `dev` with the version `two` on top of main.
protected () {
	project
	join "$@"
	as ann trust land -q
	as ann checkout -q -b dev
	version ann "a,b" two
}

test_expect 'a protected branch takes no version, name or merge' '
	protected
	as ann checkout -q main
	schema a,c
	refused_as ann commit -m three
	test_grep "branch .main. is protected" err
	test_grep "hint:.*schemastore approve.*schemastore land" err
	refused_as ann merge dev
	refused_as ann branch -f main dev
	as ann tag -q v1
	as ann tag -q -d v1
	as ann checkout -q dev
	refused_as ann branch -d main
	refused_as ann branch -m main old
	mkdir batch
	cp schema.sql batch/1.sql
	as ann checkout -q main
	refused_as ann commit --batch batch
'

test_expect 'nor does one that has none yet' '
	rm -rf p
	mkdir p
	cd p
	schema a
	as ann init -q --engine sqlite --source schema.sql
	as ann trust init -q
	join --add "protect refs/heads/rel approve 1"
	as ann trust land -q
	refused_as ann commit -m one
	test_grep "branch .main. is protected" err
	as ann branch -m dev
	version ann a one
	refused_as ann branch rel
	refused_as ann branch -m rel
	refused_as ann branch -m main
	refused_as ann land --onto main
	test_grep "0 of 1 approve" err
	as bob approve -q --onto main
	as ann land -q --onto main
	schemastore verify --signed
	schemastore fsck
	as ann checkout -q -b next main
	version ann "a,b" two
	as bob approve -q
	as ann land -q
	schemastore log --oneline main >out
	test "$(wc -l <out)" = 2
	schemastore verify --signed
	store_git update-ref refs/heads/main next
	test_must_fail code=1 schemastore verify
	store_git update-ref refs/heads/main dev
	test_must_fail code=1 schemastore verify
'

test_expect 'a version lands with its approvals' '
	protected
	refused_as ann land
	test_grep "0 of 1 approve" err
	refused_as ann approve
	test_grep "wrote some of" err
	refused_as eve approve
	test_grep "does not know the key" err
	as carol approve -q -m "I have read it"
	refused_as carol land
	as ann land --json >out
	test_grep "\"subject\": \"two\"" out
	test "$(store_git rev-parse main^{tree})" = \
		"$(store_git rev-parse dev^{tree})"
	test "$(store_git rev-parse main^2^)" = "$(store_git rev-parse dev)"
	test "$(store_git rev-parse main^)" = "$(store_git rev-parse dev^)"
	store_git log -1 --format=%B main^2 >out
	test_grep "^I have read it$" out
	test_grep "^Schemastore-Kind: approval$" out
	test_grep "^Schemastore-Onto: " out
	schemastore log --oneline main >out
	test "$(wc -l <out)" = 2
	schemastore show main >out
	test_grep "^Landed: $(store_git rev-parse --short=10 dev)" out
	test_not grep "^Merge:" out
	as ann checkout -q -b undo main
	as ann revert -q HEAD
	as ann checkout -q dev
	schemastore fsck
	schemastore verify
	store_git fsck --strict
	schemastore gc -q
	schemastore fsck
	schemastore verify
'

test_expect 'two of three, and not for what one of them wrote' '
	rule="2 ann bob carol" protected
	as carol approve -q
	as carol approve -q
	refused_as ann land
	test_grep "1 of 2 approve .two.: carol" err
	as bob approve -q
	as ann land -q
	test "$(store_git rev-list --parents -1 main | wc -w)" = 4
	schemastore verify
'

test_expect 'a branch is protected that was made for another' '
	project
	join
	as ann trust land -q
	as ann branch rel
	as ann trust propose -q --add "protect refs/heads/rel approve 1"
	as ann trust land -q
	command schemastore verify
	as ann trust propose -q --add "deployer ann"
	as ann trust land -q
	command schemastore verify
	as ann checkout -q -b dev rel
	version ann "a,b" two
	as bob approve -q --onto rel
	as ann land -q --onto rel
	schemastore verify
	store_git update-ref refs/heads/rel dev
	test_must_fail code=1 schemastore verify >out
	test_grep "^ref-line refs/heads/rel: " out
'

test_expect 'what was moved to a protected branch is found' '
	protected
	schemastore verify
	store_git update-ref refs/heads/main dev
	test_must_fail code=1 schemastore verify >out
	test_grep "ref-line" out
'

test_expect 'an approval is of these bytes on that version' '
	protected
	as carol approve -q
	as ann checkout -q -b other main
	version ann "a,z" other
	as carol approve -q
	as ann land -q
	test_must_fail as ann land --onto main dev 2>err
	test_grep "not one version on top of .main." err
	as ann checkout -q dev
	as ann merge -q main -m "Follow"
	as ann squash -q -m "two, again" main..
	refused_as ann land
	test_grep "0 of 1" err
	as carol approve -q
	as ann land -q
	schemastore log --oneline main >out
	test "$(wc -l <out)" = 3
	schemastore fsck
	schemastore verify
'

test_expect 'of a squash whoever wrote some of it does not approve' '
	protected
	version bob "a,b,c" three
	as ann squash -q -m "two and three" main..
	refused_as bob approve
	test_grep "wrote some of" err
	as carol approve -q
	as ann land -q
'

test_expect 'databases go on from what was approved' '
	protected
	as ann config database.old.url sqlite:old.db
	as ann config database.new.url sqlite:new.db
	as ann upgrade -q old main
	as ann upgrade -q new dev
	as carol approve -q
	as ann land -q
	as ann upgrade -q old main
	as ann upgrade -q new main
	schemastore status >out
	for db in old new
	do
		test "$(sqlite3 $db.db "SELECT group_concat(name) \
			FROM pragma_table_info(\"t\")")" = a,b
		schemastore drift $db
	done
	as ann downgrade -q --yes old main~1
	schemastore fsck
	schemastore verify
'

test_expect 'the branch goes on from what has landed' '
	protected
	as carol approve -q
	as ann land -q
	as ann checkout -q dev
	as ann merge -q main
	test "$(store_git rev-parse main)" = "$(store_git rev-parse dev)"
	version ann "a,b,c" three
	as bob approve -q
	as ann land -q
	schemastore log --oneline main >out
	test "$(wc -l <out)" = 3
'

test_expect 'who is dropped has made what the policy seals' '
	protected --add "deployer bob"
	as ann config database.app.url sqlite:app.db
	as bob upgrade -q app main
	as carol approve -q
	as ann land -q
	as bob upgrade -q app main
	for who in carol bob
	do
		print=$(ssh-keygen -lf $keys/$who.pub | cut -d " " -f 2)
		as ann trust propose -q --add "drop $print retired"
		as ann trust land -q
		schemastore verify app
	done
'

test_expect 'approvals travel' '
	protected
	cd ..
	rm -rf q
	mkdir q
	cp p/schemastore.conf p/schema.sql q
	git clone -q --mirror p/.schemastore q/.schemastore
	cd q
	as carol approve -q dev
	git --git-dir=../p/.schemastore fetch -q ../q/.schemastore \
		"refs/schemastore/*:refs/schemastore/*"
	cd ../p
	as ann land -q
	schemastore fsck
	schemastore verify
'

test_expect 'a chain that was tampered with is refused' '
	protected
	store_git show refs/schemastore/policy:policy >policy
	sed -i "s/^author ann bob/author ann bob carol/" policy
	blob=$(store_git hash-object -w policy)
	signers=$(store_git rev-parse refs/schemastore/policy:allowed_signers)
	printf "100644 blob %s\t%s\n" $signers allowed_signers \
		$blob policy >entries
	tree=$(store_git mktree <entries)
	store_git cat-file commit refs/schemastore/policy |
		sed "s/^tree .*/tree $tree/" >raw
	new=$(store_git hash-object -t commit -w raw)
	store_git update-ref refs/schemastore/policy $new
	test_must_fail schemastore trust show 2>err
	test_grep "too few persons" err
	as ann checkout -q main
	schema a,x
	test_must_fail as ann commit -m evil
'

test_second

mkdir probe
if (cd probe && SS_FAULT="*:1:fail" schemastore init -q) 2>/dev/null
then
	test_done
fi

# at_nth KIND PERSON COMMAND...: the n-th thing breaks, n = 1, 2 ... until
# nothing does; the store is whole each time.
at_nth () {
	kind=$1
	shift
	n=0
	while n=$((n + 1))
	do
		rc=0
		rm -rf .schemastore
		cp -R ../before .schemastore
		SS_FAULT="*:$n:$kind" as "$@" >out 2>err || rc=$?
		schemastore fsck >out
		schemastore trust show >out
		store_git rev-parse main >out
		test $rc != 0 || break
	done
	test $n -gt 3
}

test_expect 'whatever breaks, what is there is whole' '
	protected
	as carol approve -q
	cp -R .schemastore ../before
	at_nth fail ann land -q
	at_nth crash ann land -q
	at_nth fail bob approve -q
	at_nth fail ann trust propose -q --add "author ann"
	rm -rf ../before
	cp -R .schemastore ../before
	at_nth fail ann trust land -q
'

test_done
