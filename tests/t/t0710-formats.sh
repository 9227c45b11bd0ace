#!/bin/sh
# The pages of sections 3 and 5 say what the code does; what they show with
# git, sha256sum and sqlite3 is so.
. "${srcdir:?}/tests/t/lib.sh"

doc=$srcdir/doc

# The words behind `.It Cm` of a page, a line each.
items () {
	sed -n -e 's/\\&//g' -e 's/ Ns Ar [a-z]* Ns Cm /NAME/' \
		-e '/^\.It Cm /{s/ , Cm /\n.It Cm /g;p;}' "$1" |
		sed -n 's/^\.It Cm \([^ ]*\).*/\1/p'
}

test_expect 'schemastore(3) has every function, code and member' '
	sed -n "s/^.*[ *]\(ss_[a-z_]*\)(.*/\1/p" \
		"$srcdir/include/schemastore.h" | sort -u >declared
	sed -n "s/^\.F[no] \(ss_[a-z_]*\).*/\1/p" "$doc/schemastore.3" |
		sort -u >paged
	grep "^ss_" declared >functions
	for name in $(cat functions)
	do
		test_grep "^\.F[no] $name" "$doc/schemastore.3"
		test_grep "^\.Nm $name" "$doc/schemastore.3"
	done
	for name in $(cat paged)
	do
		test_grep "[ *]$name(" "$srcdir/include/schemastore.h"
	done
	grep -o "^	SS_[A-Z]* = " "$srcdir/include/schemastore.h" |
		grep -v SS_OK >codes
	grep -o "^	SS_[A-Z]*," "$srcdir/include/schemastore.h" >>codes
	for name in $(grep -o "SS_[A-Z]*" codes)
	do
		case $name in
		SS_NOTE|SS_LOSES|SS_BLOCKS)
			continue
			;;
		esac
		test_grep "^\.\(It \)\?Dv.*$name" "$doc/schemastore.3"
	done
'

# schemastore.NAME, database.%s.NAME and, for an engine, key_of(.., NAME)
test_expect 'schemastore.conf(5) has every key that the code reads' '
	cat "$srcdir"/migrations/*.c "$srcdir"/src/*/*.c |
		grep -o "\"[a-z%]*\.[a-z%]*\(\.[a-z]*\)\?\"" |
		tr -d "\"" | sed -e "s/^database\.%s/database.NAME/" \
			| sort -u >all
	grep -x -e "schemastore\.[a-z]*" -e "database\.NAME\.[a-z]*" \
		-e "tortoise\.[a-z]*" all |
		grep -v "\.conf$\|\.lock$" >read
	test "$(grep -c . read)" -ge 6
	cat >engines <<-\END
	postgres.before
	postgres.connection
	postgres.ignore
	postgres.scratch
	postgres.search_path
	postgres.source
	sqlite.before
	sqlite.connection
	sqlite.extension
	sqlite.ignore
	sqlite.source
	END
	sed -n "s/.*key_of(p, e, \"\([a-z_]*\)\").*/\1/p" \
		"$srcdir/migrations/project.c" | sort -u >words
	sed "s/.*\.//" engines | sort -u >want
	diff -u want words
	sort engines read >all
	items "$doc/schemastore.conf.5" | sort >paged
	diff -u all paged
	items "$doc/schemastore-config.1" | sort >paged
	diff -u all paged
'

test_expect 'schemastore.conf(5) has every variable of the lower layers' '
	cat "$srcdir"/migrations/*.c "$srcdir"/store/*.c |
		sed -n "s/.*getenv(\"\([A-Z_]*\)\").*/\1/p" | sort -u >variables
	test -s variables
	for name in $(cat variables)
	do
		test_grep "^\.[EI].*[ v]$name\|\\\$$name/" \
			"$doc/schemastore.conf.5"
	done
'

test_expect 'schemastore-store(5) has every kind and field, and no other' '
	grep "^	FIELD(" "$srcdir/src/schema/kinds.c" |
		sed "s/^[^\"]*\"\([-a-z]*\)\".*/\1/" | sort -u >fields
	test "$(grep -c . fields)" -ge 30
	sed -n "/^\.It Cm table/,/^\.El/{p;/^\.El/q}" \
		"$doc/schemastore-store.5" >section
	grep -v "^\.It\|^\.El" section | sed "s/^\.Cm //; s/Ns \*//g" |
		tr -d ",." | tr -s " " "\n" | grep . | sort -u >paged
	diff -u fields paged
	sed -n "s/^KIND[A-Z_]*(kind_[a-z_]*, \"\([-a-z]*\)\".*/\1/p" \
		"$srcdir/src/schema/kinds.c" >kinds
	sed -n "s/^\.It Cm \([-a-z]*\)$/\1/p" section >paged
	test_cmp kinds paged
'

test_expect 'and those of PostgreSQL' '
	tr -d "\n" <"$srcdir/src/schema/kinds-postgres.c" |
		grep -o "FIELD([A-Z]*, [a-z_, ]*[[:space:]]*\"[-a-z]*\"" |
		sed "s/.*\"\(.*\)\"/\1/" | sort -u >fields
	test "$(grep -c . fields)" -ge 100
	sed -n "/^\.Ss PostgreSQL/,/^\.Ss Paths/p" "$doc/schemastore-store.5" |
		sed -n "/^\.Bl/,/^\.El/p" >section
	grep "^\.Cm" section | sed "s/^\.Cm //; s/Ns \*//g" | tr -d ",." |
		tr -s " " "\n" | grep . >paged
	printf "comment\ngrant\n" | cat - paged | sort -u >all
	test_cmp fields all
	tr -d "\n" <"$srcdir/src/schema/kinds-postgres.c" |
		grep -o "KIND([a-z_]*, \"[-a-z]*\"" |
		sed "s/.*\"\(.*\)\"/\1/" | sort >kinds
	sed -n "s/^\.It Cm \([-a-z]*\)$/\1/p" section | sort >paged
	test_cmp kinds paged
'

test_expect 'schemastore-ledger(5) has every line of an entry, in order' '
	sed -n "/commit_ledger_keys\[\]/,/};/p" "$srcdir/store/commit.c" |
		grep -o "\"[A-Z][a-z]*\"" | tr -d "\"" |
		sort >keys
	sed -n -e "s/^\.It Cm \\\\&/.It Cm /" \
		-e "s/^\.It Cm \([A-Z].*\)$/\1/p" "$doc/schemastore-ledger.5" |
		tr -d " " | tr "," "\n" | sort >paged
	test_cmp keys paged
'

# ---- what the pages show ----------------------------------------------------

cat >schema.sql <<'END'
CREATE TABLE t (a);
CREATE TABLE "Odd Name" (b);
END
schemastore init -q --database app=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q
GIT_DIR=.schemastore
export GIT_DIR

strong_id () {
	printf 'commit %d\0' "$(wc -c <"$1")" >bytes
	cat "$1" >>bytes
	sha256sum <bytes | cut -c1-64
}

trailer () {
	sed -n "s/^Schemastore-$1: //p" "$2"
}

test_expect 'the strong id, the edge and the project' '
	git cat-file commit main >version
	git cat-file commit refs/schemastore/policy >genesis
	strong_id genesis >want
	trailer Project version >out
	test_cmp want out
	trailer Parent version >out
	test_cmp want out
	git show main:edge/0/sqlite.up.sql | sha256sum | cut -c1-64 >want
	trailer Edge version | cut -d" " -f3 >out
	test_cmp want out
	git show main:edge/0/sqlite.down.sql | sha256sum | cut -c1-64 >want
	trailer Edge version | cut -d" " -f4 >out
	test_cmp want out
	printf "schemastore-policy 1\nseq 0\nprev -\nmin-format 0\n" >want
	git show refs/schemastore/policy:policy >out
	test_cmp want out
'

test_expect 'the path of a name, and the schema digest' '
	git show "main:schema/sqlite/table/odd%20name" >out
	printf "table Odd Name\n  column b\n" >want
	test_cmp want out
	printf "table odd name\n  column b\n" | sha256sum | cut -c1-64 >odd
	git show main:schema/sqlite/table/t | sha256sum | cut -c1-64 >t
	printf "table/odd%%20name\0%s\ntable/t\0%s\n" \
		"$(cat odd)" "$(cat t)" | sha256sum | cut -c1-64 >digest
	echo "sqlite s1:$(cat digest)" >want
	trailer State version >out
	test_cmp want out
	git show main:schema/sqlite/engine >out
	sqlite3 :memory: "SELECT sqlite_version()" >version_of
	printf "engine sqlite\nversion %s\ntext-form 1\n" \
		"$(cat version_of)" >want
	test_cmp want out
'

test_expect 'settings are in the digest' '
	schemastore config sqlite.ignore Other
	schemastore commit -q -m ignore --allow-empty
	printf "table/odd%%20name\0%s\ntable/t\0%s\nset\0ignore other\n" \
		"$(cat odd)" "$(cat t)" | sha256sum | cut -c1-64 >digest
	echo "sqlite s1:$(cat digest)" >want
	git cat-file commit main >version2
	trailer State version2 >out
	test_cmp want out
	schemastore config --unset sqlite.ignore
'

test_expect 'long names and full folders' '
	mkdir many
	long=$(printf "%0200d" 0)
	echo "CREATE TABLE x$long (a);" >many/schema.sql
	for i in $(seq 64)
	do
		echo "CREATE TABLE t$i (a);"
	done >>many/schema.sql
	cp -R many "$TMPDIR"
	cd "$TMPDIR/many"
	schemastore init -q
	schemastore commit -q -m many
	git ls-tree -r --name-only main schema/sqlite/table >paths
	test "$(grep -c . paths)" -eq 65
	digit=$(printf t64 | sha256sum | cut -c1)
	test_grep "^schema/sqlite/table/$digit/t64$" paths
	hash=$(printf "x$long" | sha256sum | cut -c1-32)
	name=$(printf "x$long" | cut -c1-120)%~$hash
	digit=$(printf "%s" "$name" | sha256sum | cut -c1)
	test_grep "^schema/sqlite/table/$digit/$name$" paths
'

test_expect 'a proof' '
	up=$(git show main~1:edge/0/sqlite.up.sql | sha256sum | cut -c1-64)
	empty=s1:$(sha256sum </dev/null | cut -c1-64)
	state=$(trailer State version | cut -d" " -f2)
	printf "%s\0%s\0" "$empty" "$state" >record
	python3 -c "import sys; sys.stdout.buffer.write(bytes.fromhex(
		sys.argv[1]))" "$up" >>record
	printf "sqlite\0%s" "$(sqlite3 :memory: "SELECT sqlite_version()")" \
		>>record
	sha256sum <record | cut -c1-64 >want
	python3 -c "
import sys
proofs = open(\".schemastore/cache/proofs\", \"rb\").read()
assert len(proofs) % 32 == 0
assert bytes.fromhex(open(\"want\").read().strip()) in [
    proofs[i:i + 32] for i in range(0, len(proofs), 32)]"
'

test_expect 'the ledger, read with sqlite3, sha256sum and git' '
	sqlite3 app.db "SELECT seq, event, op, outcome FROM schemastore_log" \
		>out
	printf "0|genesis||\n1|begin|apply|\n2|finish|apply|ok\n" >want
	test_cmp want out
	sqlite3 app.db "SELECT writefile('\''entry'\'', entry)
		FROM schemastore_ledger WHERE seq = 2" >out
	sqlite3 app.db "SELECT lower(hex(id)) FROM schemastore_ledger
		WHERE seq = 2" >want
	strong_id entry >out
	test_cmp want out
	git hash-object -t commit -w entry >out
	git rev-parse refs/schemastore/ledger/app >want
	test_cmp want out
	git show refs/schemastore/ledger/app~1:up.sql >out
	git show main~1:edge/0/sqlite.up.sql >want
	test_cmp want out
	git log -p refs/schemastore/ledger/app >out
	test_grep "^+CREATE TABLE t ($" out
'

test_expect 'the table and its triggers are as printed' '
	sqlite3 app.db "SELECT sql || '\'';'\'' FROM sqlite_schema
		WHERE name = '\''schemastore_ledger'\''" >out
	sed -n "/^CREATE TABLE schemastore_ledger/,/^);/p" \
		"$doc/schemastore-ledger.5" >want
	test_cmp want out
	for name in $(sqlite3 app.db "SELECT name FROM sqlite_schema
		WHERE name LIKE '\''schemastore%'\''")
	do
		test_grep "$name" "$doc/schemastore-ledger.5"
	done
	sqlite3 app.db "SELECT group_concat(name, '\'' , '\'')
		FROM pragma_table_info('\''schemastore_log'\'')" >columns
	test_grep "^\.Va $(cat columns) \.$" "$doc/schemastore-ledger.5"
'

test_done
