#!/bin/sh
# The fuzz targets' seeds, each run once: inputs that reach far, and those that
# broke something once.
. "${srcdir:?}/tests/t/lib.sh"

fuzz=$srcdir/tests/fuzz

for target in $(cd "$fuzz" && grep -l '^int LLVMFuzzerTestOneInput' *.c)
do
	target=${target%.c}
	test_expect "$target" '
		"$builddir/tests/fuzz/$target" "$fuzz/seeds/$target"/*
	'
done

test_expect 'every folder of seeds has a target' '
	for seeds in "$fuzz"/seeds/*
	do
		test -f "$fuzz/${seeds##*/}.c"
	done
'

# ---- what was found, as a user meets it -------------------------------------

echo 'CREATE TABLE t (a);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one

test_expect 'a version without a parent is none' '
	export GIT_DIR=.schemastore
	git cat-file commit HEAD >raw
	grep -v "^parent \|^Schemastore-Parent" raw >orphan
	id=$(git hash-object -t commit -w orphan)
	git update-ref refs/heads/orphan "$id"
	for command in show log "blame t"
	do
		test_must_fail code=6 schemastore $command orphan 2>err
		test_grep "a root that is no genesis" err
	done
	git update-ref -d refs/heads/orphan
'

test_expect 'a URL is set for the database that is named' '
	schemastore config database.DEV.url sqlite:other.db
	test "$(schemastore config database.dev.url)" = sqlite:app.db
	test "$(schemastore config database.DEV.url)" = sqlite:other.db
'

test_expect 'a chain of generated columns is counted, or is not' '
	echo "CREATE TABLE g (g0 TEXT, x);" >old.sql
	echo "CREATE TABLE g (g0 TEXT, x INT" >new.sql
	i=0
	while test $i -lt 18
	do
		echo ", g$((i + 1)) TEXT AS (g$i || 1)" >>new.sql
		i=$((i + 1))
	done
	echo ", UNIQUE (g18));" >>new.sql
	schemastore plan --engine sqlite old.sql new.sql >out
	test_grep "hazard new-unique" out
'

test_done
