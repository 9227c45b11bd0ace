#!/bin/sh
# verify: what somebody has changed who can write to all of it, and has no key,
# is found and named; and what he has not, is not.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-second.sh"

test_signs
command -v ssh-keygen >/dev/null || test_skip "there is no ssh-keygen"
command -v python3 >/dev/null || test_skip "there is no python3"

export SCHEMASTORE_AUTHOR_NAME=Ann SCHEMASTORE_AUTHOR_EMAIL=ann@example.org

attack () {
	python3 -S "$srcdir/tests/t/attacker.py" "$@"
}

store_git () {
	git --git-dir=.schemastore "$@"
}

restore () {
	rm -rf .schemastore app.db "$XDG_STATE_HOME"
	cp -R good .schemastore
	cp good.db.keep app.db
}

# found STATUS RULE OBJECT [OPTION...]: verify says so
found () {
	status=$1
	rule=$2
	object=$3
	shift 3
	test_must_fail code="$status" schemastore verify "$@" >out
	test_grep "^$rule $object: " out
}

schemastore key new >/dev/null
own=$XDG_CONFIG_HOME/schemastore/key
. "$srcdir/tests/t/lib-tables.sh"

# ---- honest -----------------------------------------------------------------

test_expect 'all is well' '
	fingerprint=$(ssh-keygen -l -f "$own" | cut -d " " -f 2)
	schemastore verify --trust "$project" --signed dev >out
	cat >want <<-END
	dev: 7 rows
	signed by ssh-ed25519 $fingerprint: 11 commits
	project $project
	held against: database dev; pins
	30 objects, 11 commits, 0 findings
	END
	sed "s/^[0-9]* objects/30 objects/" out >is
	test_cmp want is
	schemastore verify --all
	schemastore verify --json dev >out
	test_grep "\"findings\": \[\]" out
	test_grep "\"rows\": 7" out
	test_grep "\"commits\": 11" out
	test -z "$(schemastore verify -q --all)"
'

test_expect 'usage' '
	test_must_fail code=2 schemastore verify nowhere
	test_must_fail code=2 schemastore verify --all dev
	test_must_fail code=2 schemastore verify --trust 12
'

test_expect 'another project than the one that is trusted' '
	found 1 trust refs/schemastore/policy \
		--trust "$(echo "$project" | tr 0-9 1-90)"
'

test_expect 'rows and mirrors of all kinds of honest runs' '
	restore
	schemastore downgrade -q --yes --allow-data-loss
	schemastore upgrade -q dev HEAD
	cp one.db app.db
	schemastore baseline --restored dev
	schemastore upgrade -q dev
	cp app.db copy.db
	schemastore config database.copy.url sqlite:copy.db
	schemastore baseline --copied copy
	schemastore downgrade -q --yes --allow-data-loss copy
	sqlite3 new.db <schema.sql
	schemastore config database.new.url sqlite:new.db
	schemastore baseline new HEAD
	schemastore squash -q -m both HEAD~2..
	schemastore upgrade -q new
	schemastore verify --all --signed >out
	test_grep ", 0 findings$" out
	schemastore gc
	schemastore verify --all --signed
	schemastore config --unset database.copy.url
	schemastore config --unset database.new.url
'

test_expect 'what is unsigned is told, and a finding where it is asked for' '
	restore
	schemastore config schemastore.sign no
	schemastore downgrade -q --yes dev
	schemastore config --unset schemastore.sign
	schemastore verify dev >out
	test_grep "^unsigned: 2 commits$" out
	found 1 unsigned "[0-9a-f]*" --signed
'

# ---- ledgers ----------------------------------------------------------------

# expected EDIT: the rule by which it is found without its signatures
expected () {
	case $1 in
	nothing|author|direct)
		echo none
		;;
	outcome|begin|finished)
		echo finish
		;;
	observed|from|project)
		echo "$1"
		;;
	to)
		echo version
		;;
	to-state)
		echo state
		;;
	sql|op)
		echo edge
		;;
	db|db-name|ref)
		echo db
		;;
	engine)
		echo engine
		;;
	future)
		echo time
		;;
	*)
		echo event
		;;
	esac
}

test_expect 'a ledger made anew, without a key' '
	for edit in $(attack names)
	do
		restore
		attack ledger $edit
		rule=$(expected $edit)
		status=0
		at="^$rule [0-9a-f]"
		schemastore verify dev >out || status=$?
		echo "$edit $rule $status"
		case $rule in
		none)
			test $status = 0
			test_grep ", 0 findings" out
			;;
		*)
			test $status = 1
			test_grep "^$rule refs/schemastore/ledger/dev:\|$at" out
			test_grep "^[a-z]* dev" out
			;;
		esac
		test_must_fail code=1 schemastore verify --signed dev >out
		test_grep "^unsigned " out
	done
'

test_expect 'and with the signatures that were there' '
	for edit in author outcome direct drop-finish replay
	do
		restore
		attack ledger $edit keep
		found 1 signature "[0-9a-f]*" dev
		test_grep "signed by SHA256:" out
	done
	restore
	attack ledger nothing keep
	schemastore verify --signed dev
'

test_expect 'rows that are gone, or the mirror' '
	restore
	cp one.db app.db
	found 1 mirror dev dev
	restore
	tip=refs/schemastore/ledger/dev
	store_git update-ref $tip $tip~2
	schemastore verify dev >out
	test_grep "^dev: 7 rows, the mirror is behind$" out
	rm -rf "$XDG_STATE_HOME"
	store_git update-ref -d $tip
	schemastore verify dev
	restore
	store_git update-ref $tip $tip~1
	cp one.db app.db
	found 1 mirror dev dev
	restore
	sqlite3 app.db "DROP TABLE schemastore_ledger"
	found 1 mirror dev dev
'

test_expect 'a row that is not what it was' '
	restore
	sqlite3 app.db "DROP TRIGGER schemastore_ledger_update;
		UPDATE schemastore_ledger SET id = zeroblob(32) WHERE seq = 3"
	found 1 row dev dev
	restore
	sqlite3 app.db "DROP TRIGGER schemastore_ledger_delete;
		DELETE FROM schemastore_ledger WHERE seq = 3"
	found 1 row dev dev
	restore
	sqlite3 app.db "DROP TRIGGER schemastore_ledger_update;
		UPDATE schemastore_ledger SET seq = seq + 1 WHERE seq = 6"
	found 1 row dev dev
'

test_expect 'rows or a mirror that were written by hand' '
	for pair in swapped:row negative:row gap:row first:row all:mirror \
		twice:row mirror-unsigned:mirror mirror-forked:mirror
	do
		restore
		echo $pair
		attack forged ${pair%:*}
		found 1 ${pair#*:} dev dev
	done
	restore
	attack forged mirror-forked
	found 1 signature "[0-9a-f]*"
'

test_expect 'the ledger of another database, or of another project' '
	restore
	schemastore config database.other.url sqlite:other.db
	schemastore upgrade -q other
	cp other.db app.db
	found 1 mirror dev dev
	schemastore config --unset database.other.url
	mkdir ../project
	cp schema.sql ../project
	cd ../project
	schemastore init -q --database dev=sqlite:dev.db
	schemastore commit -q -m one
	schemastore upgrade -q
	cd ../work
	cp ../project/dev.db app.db
	found 1 mirror dev dev
	test_grep "^project dev" out
	restore
	cp app.db copy.db
	found 1 mirror sqlite:copy.db sqlite:copy.db
	restore
	attack ledger engine
	found 1 engine dev dev
'

test_expect 'bits of an entry' '
	restore
	attack bits refs/schemastore/ledger/dev
	schemastore verify --json >out || test $? = 1
	sed -n "s/^ *\"object\": \"\(.*\)\",/\1/p" out | sort -u >found
	sort bits.in >want
	test "$(wc -l <want)" -gt 500
	comm -23 want found >missed
	test ! -s missed
'

test_expect 'a schema that was changed behind it' '
	for sql in "CREATE TABLE x (a)" "ALTER TABLE a ADD COLUMN x" \
		"CREATE INDEX x ON b (id)" "DROP TABLE c" \
		"CREATE TRIGGER x AFTER INSERT ON a BEGIN SELECT 1; END"
	do
		restore
		sqlite3 app.db "$sql"
		found 1 drift dev dev
		schemastore verify
	done
	restore
	sqlite3 app.db "INSERT INTO a VALUES (1)"
	schemastore verify dev
'

test_expect 'a database that is not there, or is no database' '
	restore
	rm app.db
	found 6 unreadable dev dev
	cp schema.sql app.db
	found 6 unreadable dev --all
'

# ---- the store --------------------------------------------------------------

test_expect 'commits' '
	for pair in message:signature stolen:signature tree:tree kind:commit \
		trailer:commit policy:policy-line seq:seq parent:parent \
		state:state edge:edge older:time plain:foreign
	do
		restore
		attack commit ${pair%:*}
		echo $pair
		found 1 ${pair#*:} "[0-9a-f]*"
	done
	restore
	attack commit nothing
	schemastore verify --signed
'

test_expect 'bits of a commit' '
	restore
	attack bits
	command schemastore verify --json >out || test $? = 1
	sed -n "s/^ *\"object\": \"\(.*\)\",/\1/p" out | sort -u >found
	sort bits.in >want
	test "$(wc -l <want)" -gt 500
	comm -23 want found >missed
	test ! -s missed
	rm .schemastore/refs/heads/bits/*[1-9]
	test_must_fail code=1 schemastore verify >out
'

test_expect 'a commit that was cut, at every length' '
	restore
	attack cuts
	command schemastore verify --json >out || test $? = 1
	sed -n "s/^ *\"object\": \"\(.*\)\",/\1/p" out | sort -u >found
	sort cuts.in >want
	comm -23 want found >missed
	test ! -s missed
	rm .schemastore/refs/heads/cuts/*[1-9]
	test_must_fail code=1 schemastore verify >out
'

test_expect 'odd refs, and what git would heed beside them' '
	restore
	attack refs cycle
	# Git, which lists refs for the second verifier, passes over it.
	test_must_fail code=6 env schemastore verify >out
	for pair in blob:1 tree:1 missing:6 garbage:6 orphan:1 \
		stranger:1 policy-behind:1 tip-of-ledger:1 another-name:1 \
		grafts:0 shallow:0 config:0 hooks:0 attributes:0
	do
		restore
		attack refs ${pair%:*}
		echo $pair
		status=0
		schemastore verify >out || status=$?
		cat out
		test $status = ${pair#*:}
		test ! -e ran
	done
'

test_expect 'trees' '
	for edit in dots dot git slash empty long control program link module \
		mode twice unsorted cut blob more
	do
		restore
		attack tree $edit
		echo $edit
		status=0
		schemastore verify >out || status=$?
		test $status = 1
		test_grep "^signature " out
		case $edit in
		module|blob|cut)
			;;
		*)
			test_grep "^tree " out
			;;
		esac
	done
	restore
	attack tree nothing
	schemastore verify --signed
'

test_expect 'objects that are lost or damaged' '
	restore
	blob=$(store_git rev-parse main:schema/sqlite/engine)
	file=.schemastore/objects/$(echo $blob | sed "s,^..,&/,")
	rm -f "$file"
	found 6 unreadable "[0-9a-f]*"
	echo garbage >"$file"
	found 6 unreadable "[0-9a-f]*"
	restore
	store_git update-ref -d refs/schemastore/policy
	found 6 policy refs/schemastore/policy
'

test_expect 'refs' '
	restore
	store_git update-ref refs/replace/$(store_git rev-parse main) main~1
	found 1 ref "refs/replace/[0-9a-f]*"
	restore
	store_git update-ref refs/notes/commits main
	found 1 ref refs/notes/commits
	restore
	store_git update-ref refs/schemastore/ledger/dev main
	found 1 kind refs/schemastore/ledger/dev
	restore
	store_git update-ref refs/heads/x refs/schemastore/ledger/dev
	found 1 kind refs/heads/x
	restore
	schemastore branch -q x
	schemastore tag v1
	store_git -c user.name=A -c user.email=a@b tag -a -m text v2
	schemastore verify --signed
'

test_second

test_done
