#!/bin/sh
# Break the n-th thing, n = 1, 2, 3 ... until nothing breaks: every failure and
# every death leaves the old state, the new one, or one that running the
# command again finishes.
. "${srcdir:?}/tests/t/lib.sh"

mkdir probe
if (cd probe && SS_FAULT='*:1:fail' schemastore init -q) 2>/dev/null
then
	test_skip 'built without --enable-faults'
fi

one='CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);
CREATE INDEX i ON t (a);
CREATE TABLE c (x INTEGER REFERENCES t(id) ON DELETE CASCADE);'
two='CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL,
  b INT);
CREATE INDEX i ON t (a, b);
CREATE TABLE c (x INTEGER REFERENCES t(id) ON DELETE CASCADE, y TEXT);
CREATE VIEW v AS SELECT * FROM t;'
export one two

# stage NAME: a new folder, brought to where the command is to be run.
stage () {
	cd "$test_root/work"
	rm -rf run
	mkdir run
	cd run
	printf '%s\n' "$one" >schema.sql
	test "$1" = init && return
	schemastore init -q --database dev=sqlite:app.db
	test "$1" = no-mirror && schemastore config schemastore.mirror none
	test "$1" = commit-first && return
	schemastore commit -q -m one
	test "$1" = upgrade-first && return
	schemastore upgrade -q
	sqlite3 app.db "INSERT INTO t (a) VALUES ('x'), ('y');
		INSERT INTO c VALUES (1);"
	cp app.db older.db
	printf '%s\n' "$two" >schema.sql
	test "$1" = commit && return
	echo "UPDATE c SET x = x + 1" >up.sql
	echo "UPDATE c SET x = x - 1" >down.sql
	test "$1" = data-commit && return
	if test "$1" = data-upgrade
	then
		schemastore commit -q -m two --data d=up.sql:down.sql
		return
	fi
	if test "$1" = merge
	then
		schemastore branch -q topic
		schemastore commit -q -m two
		schemastore checkout -q topic
		printf '%s\n' "$one" "CREATE TABLE n (a);" >schema.sql
		schemastore commit -q -m n --data d=up.sql:down.sql
		schemastore checkout -q main
		return
	fi
	schemastore commit -q -m two
	test "$1" = upgrade && return
	test "$1" = no-mirror && return
	test "$1" = gc && return
	schemastore upgrade -q
	case $1 in
	restored) cp older.db app.db ;;
	copied) cp app.db copy.db ;;
	healed)
		cp -R .schemastore other
		rm -f .schemastore/objects/[01]*/*
		;;
	esac
}

# What must hold after any failure, and after running the command again.
check_rows () {
	sqlite3 app.db 'PRAGMA integrity_check' >out
	echo ok >want
	test_cmp want out
	sqlite3 app.db 'SELECT count(*) FROM t; SELECT count(*) FROM c' >out
	printf '2\n1\n' >want
	test_cmp want out
}

# Once, with its version, or not at all.
check_step () {
	step=$(sqlite3 app.db "SELECT x FROM c")
	columns=$(sqlite3 app.db "SELECT count(*) FROM pragma_table_info('c')")
	test "$step" = "$columns"
}

check_after () {
	schemastore status >/dev/null
	schemastore fsck -q
	git -C .schemastore fsck --strict >/dev/null 2>&1
}

# loop STAGE HOW COMMAND...: at least three points must have been passed.
loop () {
	stage=$1
	how=$2
	shift 2
	n=1
	while true
	do
		stage "$stage"
		code=0
		env SS_FAULT="*:$n:$how" \
			schemastore "$@" >/dev/null 2>err || code=$?
		test $code -eq 0 && break
		case $how in
		fail) test $code -eq 5 ;;
		crash) test $code -eq 99 ;;
		kill) test $code -eq 137 ;;
		esac
		case $stage in
		upgrade|downgrade|commit|gc|no-mirror) check_rows ;;
		data-upgrade) check_step ;;
		esac
		case $stage in
		init|healed) ;;
		*) check_after ;;
		esac
		schemastore "$@" >/dev/null 2>err
		check_after
		case $stage in
		upgrade*|downgrade|no-mirror) schemastore drift >/dev/null ;;
		data-upgrade) test "$(sqlite3 app.db "SELECT x FROM c")" = 2 ;;
		merge) schemastore upgrade -q ;;
		restored) schemastore upgrade -q ;;
		copied) schemastore upgrade -q sqlite:copy.db HEAD ;;
		esac
		n=$((n + 1))
	done
	test $n -gt 1
}

for how in fail crash kill
do
	test_expect "init: $how" "loop init $how init -q"
	test_expect "the first commit: $how" \
		"loop commit-first $how commit -q -m one --allow-empty"
	test_expect "a commit: $how" \
		"loop commit $how commit -q -m two --allow-empty"
	test_expect "the first upgrade: $how" \
		"loop upgrade-first $how upgrade -q"
	test_expect "an upgrade: $how" "loop upgrade $how upgrade -q"
	test_expect "a commit with a data step: $how" \
		"loop data-commit $how commit -q -m two \
			--data d=up.sql:down.sql"
	test_expect "an upgrade with a data step: $how" \
		"loop data-upgrade $how upgrade -q"
	test_expect "a merge with a data step: $how" \
		"loop merge $how merge -q topic"
	test_expect "an upgrade without a mirror: $how" \
		"loop no-mirror $how upgrade -q"
	test_expect "a downgrade: $how" "loop downgrade $how \
		downgrade -q --yes --allow-data-loss dev HEAD~1"
	test_expect "gc: $how" "loop gc $how gc -q"
done

# There is always a name, and HEAD has it.
renames () {
	n=1
	code=1
	while test $code -ne 0
	do
		stage upgrade
		git -C .schemastore rev-parse HEAD >want
		code=0
		env SS_FAULT="*:$n:crash" \
			schemastore branch -m main trunk 2>err || code=$?
		git -C .schemastore rev-parse HEAD >out
		test_cmp want out
		check_after
		schemastore branch -M "$(schemastore branch --show-current)" \
			name
		git -C .schemastore rev-parse HEAD >out
		test_cmp want out
		n=$((n + 1))
	done
	test $n -gt 3
}
test_expect 'a branch renamed: crash' renames
test_expect 'a restored database: crash' \
	'loop restored crash baseline -q --restored'
test_expect 'a copied database: crash' \
	'loop copied crash baseline -q --copied sqlite:copy.db'
test_expect 'healing: crash' 'loop healed crash fsck -q --from other'

# A bundle is the old one or the new one.
exports () {
	stage upgrade
	schemastore audit export -q old
	schemastore audit export -q new dev
	n=1
	code=1
	while test $code -ne 0
	do
		cp old b
		code=0
		env SS_FAULT="*:$n:$1" \
			schemastore audit export -q b dev 2>err || code=$?
		if test $code -ne 0
		then
			test_cmp old b
		fi
		n=$((n + 1))
	done
	test_cmp new b
	test $n -gt 10
	check_after
}
test_expect 'a bundle: fail' 'exports fail'
test_expect 'a bundle: crash' 'exports crash'

test_done
