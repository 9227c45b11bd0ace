#!/bin/sh
# Checkpoints, witnesses and pins: a store that is put back to an earlier state,
# or forked, is found where anything remembers; and where nothing does, verify
# says so.
. "${srcdir:?}/tests/t/lib.sh"
. "${srcdir:?}/tests/t/lib-checkpoints.sh"
. "$srcdir/tests/t/lib-second.sh"

# ---- honest -----------------------------------------------------------------

test_expect 'all is well, and is held against what there is' '
	afresh
	schemastore verify --signed --all >out
	test_grep "^held against: database dev; database other; checkp" out
	test_not grep "not covered" out
	schemastore verify --json >out
	test_grep "\"not_covered\": \[\]" out
	test_grep "\"pins\"" out
	schemastore verify --witnesses 1 --max-age 1
	schemastore fsck
	store_git fsck --strict
	schemastore gc -q
	schemastore verify --signed --all
'

test_expect 'what it is made of is what git reads' '
	afresh
	store_git show refs/schemastore/policy:allowed_signers >signers
	store_git -c gpg.ssh.allowedSignersFile=$PWD/signers log \
		--format="%G? %GS" -2 refs/schemastore/checkpoints >out
	printf "%s\n" "G ci@example.org" "G ann@example.org" >want
	test_cmp want out
	store_git show refs/schemastore/checkpoints:heads >heads
	sort -k 4 -c heads
	cut -d " " -f 4 heads >out
	cat >want <<-END
	refs/heads/main
	refs/heads/topic
	refs/schemastore/ledger/dev
	refs/schemastore/ledger/other
	refs/schemastore/policy
	END
	test_cmp want out
	store_git show refs/schemastore/witness/wit:checkpoint >note
	sed -n 1,2p note >out
	test_grep "^schemastore/[0-9a-f]*$" out
	test_grep "^3$" out
	lie root >want
	sed -n 3p note >out
	test_cmp want out
	store_git log -1 --format=%B refs/schemastore/ledger/other^ >out
	test_grep "^Schemastore-Checkpoint: 2 [0-9a-f]*$" out
	store_git log -1 --format=%B refs/schemastore/ledger/dev^ >out
	test_grep "^Schemastore-Checkpoint: 1 [0-9a-f]*$" out
'

test_expect 'what follows, and what does not' '
	afresh
	as ann tag -q v1
	as ann checkpoint -q
	as ann tag -q -d v1
	store_git update-ref refs/heads/topic main~1
	found 1 checkpoint refs/heads/topic
	test_grep "^checkpoint refs/tags/v1: " out
	as ann checkpoint -q --rewound topic --rewound v1
	as wit witness sign -q
	schemastore verify
	store_git update-ref refs/heads/main main~1
	found 1 checkpoint refs/heads/main
	afresh
	schemastore verify -q
	put_back early app.db
	as ci baseline --restored dev
	as ci upgrade -q dev main
	schemastore verify
	store_git update-ref refs/schemastore/checkpoints \
		refs/schemastore/checkpoints^
	found 1 witness "[0-9a-f]*"
'

test_expect 'who makes them: authors and deployers' '
	afresh
	refused_as eve checkpoint
	test_grep "does not know the key" err
	refused_as wit checkpoint
	test_grep "may not do that" err
	refused_as ann witness sign
	test_grep "may not do that" err
	test_must_fail code=3 schemastore checkpoint 2>err
	test_grep "a checkpoint is signed, and there is no key" err
	test_must_fail code=3 schemastore witness sign 2>err
	test_must_fail code=2 schemastore witness dance 2>err
	refused_as wit witness sign --name other
	as ann checkpoint --json >out
	test_grep "\"checkpoint\": 3" out
	as wit witness sign --json >out
	test_grep "\"key\": \"wit+[0-9a-f]*+[A-Za-z0-9+/=]*\"" out
	test_grep "\"new\": true" out
	as wit witness sign >out
	test_grep "^wit has signed checkpoint 3$" out
	schemastore verify --signed --all
'

test_expect 'a branch that was put back is said to be' '
	afresh
	store_git update-ref refs/heads/topic main~1
	found 1 checkpoint refs/heads/topic
	refused_as ann checkpoint
	test_grep "had other versions of topic$" err
	test_must_fail code=3 as ann checkpoint --rewound topci 2>err
	as ann checkpoint -q --rewound topic
	test_must_fail code=2 as ann checkpoint --rewound topic 2>err
	test_grep "topic. was not put back" err
	store_git show refs/schemastore/checkpoints:heads >out
	test_grep " refs/heads/topic rewound$" out
	schemastore verify --all
	store_git update-ref -d refs/heads/topic
	found 1 checkpoint refs/heads/topic
	refused_as ann checkpoint
	as ann checkpoint -q --rewound topic
	schemastore verify --all
	store_git update-ref refs/heads/topic main
	as ann checkpoint -q
	store_git reflog expire --expire=now --all
	store_git prune --expire=now
	as wit witness sign -q
	schemastore verify --all
'

test_expect 'but not one that is protected' '
	afresh
	store_git update-ref refs/heads/main main~1
	found 1 checkpoint refs/heads/main
	refused_as ann checkpoint --rewound main
	test_grep "main: it was put back, and must not be" err
	store_git update-ref -d refs/heads/main
	found 1 checkpoint refs/heads/main
	refused_as ann checkpoint --rewound main
'

test_expect 'tags stay' '
	afresh
	as ann tag -q v1
	as ann checkpoint -q
	schemastore verify
	store_git update-ref refs/tags/v1 topic~1
	found 1 checkpoint refs/tags/v1
	refused_as ann checkpoint
	as ann checkpoint -q --rewound v1
	schemastore verify
'

test_expect 'a database that is restored goes on' '
	afresh
	schemastore verify -q --all
	put_back early app.db
	as ci baseline --restored dev
	schemastore verify --all >out
	test_grep ", 0 findings" out
	as ci upgrade -q dev main
	as ann checkpoint -q
	schemastore verify --all
	rm app.db
	as ci baseline --restored dev
	found 1 checkpoint refs/schemastore/ledger/dev
	as ci upgrade -q dev main
	as ann checkpoint -q
	as wit witness sign -q
	schemastore verify --all
'

test_expect 'a squash follows what it stands for' '
	afresh
	version ann a,b,c three
	version ann a,b,c,d four
	as ann checkpoint -q
	as ann squash -q -m "three and four" HEAD~2..
	as ann checkpoint -q
	schemastore verify
'

test_expect 'who is dropped has made what the policy seals' '
	afresh
	print=$(ssh-keygen -lf "$keys/ci.pub" | cut -d " " -f 2)
	as ann trust propose -q --add "drop $print retired"
	as ann trust land -q
	schemastore verify --all
	print=$(ssh-keygen -lf "$keys/wit.pub" | cut -d " " -f 2)
	as ann trust propose -q --add "drop $print retired" \
		--remove "witness wit"
	as ann trust land -q
	schemastore verify --all
	refused_as ci checkpoint
	print=$(ssh-keygen -lf "$keys/bob.pub" | cut -d " " -f 2)
	as ann trust propose -q --add "drop $print retired"
	as ann trust land -q
	schemastore verify --all
'

# ---- put back ---------------------------------------------------------------

test_expect 'nothing remembers' '
	afresh
	mkdir ../solo
	cd ../solo
	cp ../p/schema.sql .
	as ann init -q --database dev=sqlite:app.db
	version ann a one
	schemastore verify >out
	test_grep "^not covered: all refs, " out
	as ann upgrade -q
	rm -rf "$state"
	schemastore verify --json dev >out
	test_grep "\"database dev with its mirror\"" out
	cp -R .schemastore old
	cp app.db old.db
	version ann a,b two
	as ann upgrade -q
	rm -rf "$state" .schemastore
	cp -R old .schemastore
	cp old.db app.db
	schemastore verify dev >out
	test_grep "^held against: database dev$" out
	test_grep "^not covered: database dev with its mirror, " out
'

test_expect 'pins alone' '
	cd ../solo
	as ann upgrade -q
	version ann a,b two
	as ann upgrade -q
	rm -rf "$state"
	schemastore verify -q dev
	rm -rf .schemastore
	cp -R old .schemastore
	cp old.db app.db
	found 1 pin refs/schemastore/ledger/dev dev
	schemastore verify --forget nowhere 2>err || test $? = 2
	test_grep "nothing was seen of .nowhere." err
	schemastore verify --forget dev dev >out
	test_grep "^held against: database dev; pins$" out
	test_not grep "not covered" out
	schemastore verify dev
'

test_expect 'another database alone' '
	afresh
	put_back early .schemastore app.db
	schemastore verify dev
	rm -rf "$state"
	found 1 checkpoint "other:[0-9]*" other
'

test_expect 'a checkpoint alone' '
	afresh
	put_back early app.db
	old=$(git --git-dir=../early/.schemastore rev-parse \
		refs/schemastore/ledger/dev)
	store_git update-ref refs/schemastore/ledger/dev $old
	found 1 checkpoint refs/schemastore/ledger/dev dev
	store_git update-ref -d refs/schemastore/ledger/dev
	found 1 checkpoint refs/schemastore/ledger/dev dev
'

test_expect 'a ledger put aside by somebody who has no key' '
	afresh
	schemastore verify -q --all
	put_back early app.db
	old=$(git --git-dir=../early/.schemastore rev-parse \
		refs/schemastore/ledger/dev)
	store_git update-ref refs/schemastore/ledger-before/dev/0123456789ab \
		refs/schemastore/ledger/dev
	store_git update-ref refs/schemastore/ledger/dev $old
	found 1 checkpoint refs/schemastore/ledger/dev dev
	test_grep "^pin refs/schemastore/ledger/dev: " out
'

test_expect 'all of it, until the checkpoint is too old' '
	afresh
	put_back early
	schemastore verify --all
	status=0
	later 8 verify --all >out || status=$?
	test $status = 6
	test_grep "^stale refs/schemastore/checkpoints: .* 1 is 8 days" out
'

test_expect 'pins of all kinds' '
	afresh
	schemastore verify -q
	put_back early
	test_must_fail code=1 schemastore verify >out
	for ref in heads/main schemastore/checkpoints schemastore/ledger/dev \
		schemastore/ledger/other
	do
		test_grep "^pin refs/$ref: it was put back" out
	done
	put_back good
	schemastore verify
	put_back early
	test_must_fail code=1 schemastore verify --forget main \
		--forget refs/schemastore/checkpoints --forget dev >out
	test_not grep "^pin refs/heads/main" out
	test_grep "^pin refs/schemastore/ledger/other" out
	schemastore verify -q --forget main --forget checkpoints --forget dev \
		--forget other
	put_back good
	schemastore verify
'

test_expect 'another store of the same project does not unpin' '
	afresh
	schemastore verify -q
	store_git update-ref refs/schemastore/policy refs/schemastore/policy^
	test_must_fail code=1 schemastore verify >out
	test_grep "^pin refs/schemastore/policy" out
'

test_expect 'what the index of versions says is not believed' '
	afresh
	schemastore verify -q
	schemastore log -q >out
	lie index main~1 main
	store_git update-ref refs/heads/main main~1
	found 1 pin refs/heads/main
'

test_expect 'pins that are not what was written' '
	afresh
	schemastore verify -q
	seen=$(echo "$state"/*/seen)
	test "$(stat -c %a "$seen")" = 600
	cp "$seen" ../seen.keep
	chmod 644 "$seen"
	found 1 pin ".*"
	test_grep "its owner alone" out
	chmod 600 "$seen"
	sed "s/^project ./project x/" ../seen.keep >"$seen"
	found 6 pin ".*"
	sed "s/^\(project .\{63\}\)./\1x/" ../seen.keep >"$seen"
	found 6 pin ".*"
	id=$(sed -n "s/^project //p" ../seen.keep)
	sed "s/$id/$(echo $id | tr 0-9 1-90)/" ../seen.keep >"$seen"
	found 1 pin ".*"
	test_grep "of another project" out
	for edit in "/heads\/main/s/^./x/" "/heads\/main/s/^[0-9a-f]*/$id/" \
		"/heads\/main/s/ [0-9a-f]\{8\}/ 00000000/" \
		"/heads\/main/s/ \([0-9]*\) refs/ 1\1 refs/" \
		"/heads\/main/s/main/man/"
	do
		sed "$edit" ../seen.keep >"$seen"
		status=0
		schemastore verify >out || status=$?
		echo "$edit $status"
		test $status != 0
		test_grep "^pin " out
	done
	printf x | cat ../seen.keep - >"$seen"
	found 6 pin ".*"
	head -n 3 ../seen.keep | tail -c +2 >"$seen"
	found 6 pin ".*"
	rm "$seen"
	ln -s /dev/null "$seen"
	found 1 pin ".*"
	rm "$seen"
	schemastore verify
'

test_second

test_done
