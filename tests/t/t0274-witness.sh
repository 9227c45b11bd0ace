#!/bin/sh
# Checkpoints and notes of who has a key, and lies; and witnesses who do not
# sign what they are shown.
. "${srcdir:?}/tests/t/lib.sh"
. "${srcdir:?}/tests/t/lib-checkpoints.sh"
. "$srcdir/tests/t/lib-second.sh"

# ---- checkpoints of who has a key -------------------------------------------

test_expect 'what a checkpoint says' '
	for edit in $(lie names heads)
	do
		afresh
		as ann checkpoint -q
		lie heads $edit "$keys/ann"
		echo $edit
		case $edit in
		nothing|topic-rewound)
			schemastore verify --witnesses 0
			;;
		*)
			test_must_fail code=1 schemastore verify >out
			test_grep "^checkpoint " out
			;;
		esac
	done
'

test_expect 'its form, and who has made it' '
	afresh
	as ann checkpoint -q
	lie heads nothing "$keys/wit"
	found 1 right "[0-9a-f]*"
	lie heads nothing "$keys/ci"
	found 1 committer "[0-9a-f]*"
	lie heads nothing "$keys/eve"
	found 1 key "[0-9a-f]*"
	lie heads nothing -
	found 1 unsigned "[0-9a-f]*"
	for edit in seq ref
	do
		afresh
		lie commit $edit "$keys/ci"
		found 1 checkpoint refs/schemastore/checkpoints
	done
	afresh
	store_git update-ref refs/schemastore/checkpoints \
		refs/schemastore/checkpoints^
	found 1 witness "[0-9a-f]*" other
	test_grep "^checkpoint other:" out
	afresh
	store_git update-ref -d refs/schemastore/checkpoints
	found 1 witness "[0-9a-f]*"
	afresh
	lie commit fork "$keys/ci"
	found 1 witness "[0-9a-f]*" other
	test_grep "^checkpoint other:" out
	test_grep "rolled back, or forked" out
	afresh
	store_git update-ref refs/schemastore/checkpoints main
	found 1 kind refs/schemastore/checkpoints
'

test_expect 'what an entry says of a checkpoint' '
	for edit in $(lie names line)
	do
		afresh
		lie line $edit "$keys/ci"
		echo $edit
		case $edit in
		nothing)
			schemastore verify >out || true
			test_not grep "^commit \|^signature " out
			;;
		*)
			found 1 commit "[0-9a-f]*"
			;;
		esac
	done
'

# ---- witnesses --------------------------------------------------------------

test_expect 'what a note says' '
	for edit in $(lie names note)
	do
		afresh
		lie note $edit "$keys/wit"
		echo $edit
		case $edit in
		nothing|stranger)
			schemastore verify --all
			;;
		time|signature|key-id)
			# The second verifier leaves that to the first.
			test_must_fail code=1 env schemastore verify >out
			test_grep "^witness [0-9a-f]*: " out
			;;
		*)
			found 1 witness "[0-9a-f]*"
			;;
		esac
	done
	afresh
	lie note nothing "$keys/bob"
	found 1 right "[0-9a-f]*"
	test_grep "^witness .* on another one.s ref" out
'

test_expect 'one that is moved to another ref, or is gone' '
	afresh
	store_git update-ref refs/schemastore/witness/bob \
		refs/schemastore/witness/wit
	found 1 witness "[0-9a-f]*"
	afresh
	store_git update-ref -d refs/schemastore/witness/wit
	found 6 quorum refs/schemastore/checkpoints
	store_git update-ref refs/schemastore/witness/wit main
	found 1 kind refs/schemastore/witness/wit
'

test_expect 'quorum and age' '
	afresh
	found 6 quorum refs/schemastore/checkpoints --witnesses 2
	later 6 verify
	test_must_fail code=6 later 9 verify >out
	test_grep "^stale " out
	schemastore verify --max-age 0
	test_must_fail code=6 later 2 verify --max-age 1 >out
	later 30 verify --witnesses 0 >out
	test_grep "^the newest checkpoint is 30 days old" out
	test_must_fail code=2 schemastore verify --max-age soon
	test_must_fail code=2 schemastore verify --witnesses -1
	as ann trust propose -q --add "witness ann wit"
	as ann trust land -q
	as ann checkpoint -q
	refused_as ann witness sign
	test_grep "your own: somebody else is its witness" err
	later 7 verify
	as ci checkpoint -q
	as ann witness sign -q
	schemastore verify --witnesses 1
	found 6 quorum refs/schemastore/checkpoints --witnesses 3
	as wit witness sign -q
	schemastore verify --witnesses 2
'

test_expect 'a witness whose clock is ahead' '
	afresh
	SCHEMASTORE_DATE=$(($(date +%s) + 30 * 86400)) as ann checkpoint -q
	SCHEMASTORE_DATE=$(($(date +%s) + 30 * 86400)) as wit witness sign -q
	found 1 witness "[0-9a-f]*"
	test_grep "^time " out
	later 30 verify
'

# On the witness's own machine: its clone, and what it remembers.
elsewhere () {
	rm -rf ../w
	mkdir ../w
	git clone -q --mirror .schemastore ../w/.schemastore
	cp schemastore.conf schema.sql ../w
}

test_expect 'a witness signs no other history' '
	afresh
	as ann checkpoint -q
	as wit witness sign -q
	put_back early
	test_must_fail code=1 as wit witness sign 2>err
	test_grep "checkpoint 3 was signed, and the newest one here is 1" err
	put_back good
	lie commit fork "$keys/ci"
	as ann checkpoint -q
	test_must_fail code=1 as wit witness sign 2>err
	test_grep "is not the one that was signed: .* forked" err
	afresh
	as ann checkpoint -q
	as ann checkpoint -q
	as wit witness sign -q
	put_back good
	as ann checkpoint -q
	test_must_fail code=1 as wit witness sign 2>err
	test_grep "rolled back" err
'

test_expect 'nor what does not follow, or is not signed' '
	for edit in main-back main-rewound left-out upper
	do
		afresh
		as ann checkpoint -q
		lie heads $edit "$keys/ann"
		status=0
		as wit witness sign 2>err || status=$?
		echo $edit $status
		test $status = 1 || test $status = 6
	done
	afresh
	as ann checkpoint -q
	lie heads nothing "$keys/eve"
	test_must_fail code=1 as wit witness sign 2>err
	test_grep "not signed by anybody who may" err
	lie heads nothing -
	test_must_fail code=1 as wit witness sign 2>err
	afresh
	store_git update-ref refs/heads/main main~1
	test_must_fail code=1 as wit witness sign 2>err
	test_grep "does not follow the newest checkpoint: refs/heads/main" err
'

test_expect 'what it remembers is its own' '
	afresh
	as ann checkpoint -q
	as wit witness sign -q
	note=$(echo "$state"/*/witness/wit)
	test "$(stat -c %a "$note")" = 600
	store_git cat-file blob refs/schemastore/witness/wit:checkpoint >same
	test_cmp same "$note"
	as ann checkpoint -q
	chmod 640 "$note"
	refused_as wit witness sign
	test_grep "its owner alone" err
	chmod 600 "$note"
	sed s,^schemastore/.,schemastore/x, same >"$note"
	refused_as wit witness sign
	test_grep "of another project" err
	echo x >>"$note"
	test_must_fail code=6 as wit witness sign 2>err
	cp same "$note"
	as wit witness sign -q
	schemastore verify
'

test_expect 'with a key that the agent has, and of which kind' '
	afresh
	as ann checkpoint -q
	cp "$keys/wit.pub" only.pub
	cat >run <<-END
	set -e
	ssh-add -q "$keys/wit"
	SCHEMASTORE_KEY=only.pub SCHEMASTORE_AUTHOR_NAME=wit \
		SCHEMASTORE_AUTHOR_EMAIL=wit@example.org \
		exec schemastore witness sign
	END
	ssh-agent sh run
	schemastore verify --witnesses 1
	ssh-keygen -q -t rsa -b 2048 -N "" -f rsa
	mkdir ../rsa
	cp schema.sql rsa rsa.pub ../rsa
	cd ../rsa
	as ann init -q --engine sqlite
	as ann checkpoint -q
	SCHEMASTORE_KEY=rsa test_must_fail code=3 \
		schemastore witness sign --name r 2>err
	test_grep "a key of the kind ssh-ed25519" err
'

test_expect 'it travels' '
	afresh
	as ann checkpoint -q
	elsewhere
	cd ../w
	as wit witness sign -q
	git --git-dir=../p/.schemastore fetch -q ../w/.schemastore \
		"refs/schemastore/witness/*:refs/schemastore/witness/*"
	cd ../p
	schemastore verify --witnesses 1
'

test_expect 'where nobody says who is who' '
	mkdir ../solo
	cd ../solo
	cp ../p/schema.sql .
	as ann init -q --engine sqlite --source schema.sql
	as ann commit -q -m one
	as ann checkpoint -q
	test_must_fail code=2 as bob witness sign 2>err
	test_grep "name yourself" err
	refused_as ann witness sign --name me
	for name in a+b a/b "a b" .. ä
	do
		test_must_fail code=2 as bob witness sign --name "$name" 2>err
		test_grep "cannot be a witness" err
	done
	as bob witness sign -q --name ann
	schemastore verify --witnesses 1
	found 6 quorum refs/schemastore/checkpoints --witnesses 2
'

test_expect 'nobody is a witness of his own, by whichever key' '
	cd ../solo
	as ann trust init -q
	as ann trust propose -q --add "key ann $(public bob)" \
		--add "witness ann"
	as ann trust land -q
	found 6 quorum refs/schemastore/checkpoints
'

test_second

mkdir ../probe
if (cd ../probe && SS_FAULT="*:1:fail" schemastore init -q) 2>/dev/null
then
	test_done
fi

# at_nth KIND PERSON COMMAND...: the n-th thing breaks, n = 1, 2 ... until
# nothing does; the store is whole each time, and the same can be done again.
at_nth () {
	kind=$1
	shift
	n=0
	while n=$((n + 1))
	do
		rc=0
		afresh
		SS_FAULT="*:$n:$kind" as "$@" >out 2>err || rc=$?
		schemastore fsck >out
		test $rc != 0 || break
		as "$@" >out
		schemastore verify -q
	done
	test $n -gt 3
}

test_expect 'whatever breaks, what is there is whole' '
	afresh
	as ann checkpoint -q
	keep good
	at_nth fail ann checkpoint
	at_nth crash wit witness sign
'

test_done
