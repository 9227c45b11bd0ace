#!/bin/sh
# bisect on PostgreSQL.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start
schemastore init -q --engine postgres --source schema.sql
schemastore config postgres.search_path "app, public"
echo "CREATE SCHEMA app;" >schema.sql
for i in 1 2 3 4 5
do
	echo "CREATE TABLE app.t$i (a int CHECK (a > $i));" >>schema.sql
	schemastore commit -q -m "v$i"
	schemastore tag -q "v$i"
done

test_expect 'a boolean; names are found as in a source' '
	schemastore bisect v1 v5 >out \
		--sql "SELECT to_regclass(\$\$t4\$\$) IS NULL"
	test_grep "^first bad version: [0-9a-f]* v4$" out
	test_must_fail code=2 schemastore bisect v1 v5 2>err \
		--sql "SELECT count(*) = 0 FROM t1"
	test_grep "should be bad and is not" err
'

test_expect 'a program finds the database, and the names in it' '
	cat >check <<-\END
	psql -X -q -c "TABLE t1" "$SCHEMASTORE_BISECT_URL" || exit 128
	psql -X -q -c "TABLE t3" "$SCHEMASTORE_BISECT_URL" || exit 0
	exit 1
	END
	schemastore bisect v1 v5 --run "sh ./check" >out
	test_grep "^first bad version: [0-9a-f]* v3$" out
	pg postgres -c "SELECT count(*) FROM pg_database
		WHERE datname ~ \$\$^ss_\$\$" >out
	echo 0 >want
	test_cmp want out
'

test_done
