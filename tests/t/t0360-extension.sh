#!/bin/sh
# What is not SQLite's own: stubs on scratch, extensions for all databases.
. "${srcdir:?}/tests/t/lib.sh"

cat >schema.sql <<'END'
CREATE TABLE t (
  id INTEGER PRIMARY KEY,
  name TEXT COLLATE backwards CHECK (twice(id) > 0)
);
CREATE INDEX t_name ON t (name, twice(id));
CREATE VIEW v AS SELECT twice(id) AS two FROM t;
CREATE TRIGGER g AFTER UPDATE ON t BEGIN SELECT twice(new.id); END;
END

test_expect 'a function that is not known: commit, prove, rename' '
	schemastore init -q --database dev=sqlite:app.db
	schemastore commit -m one >out 2>err
	test_grep "^note: schema.sql:1:1: no function .twice. here: a stub" err
	test_grep "^note: schema.sql:1:1: no collation .backwards. here" err
	test "$(grep -c twice err)" -eq 1
	test_not grep note out
	schemastore plan --prove - HEAD >out
	test_not grep "not proven" out
	sed -e "s/TABLE t /TABLE people /" -e "s/ ON t/ ON people/" \
		-e "s/FROM t/FROM people/" -e "s/name /title /" \
		-e "s/(name/(title/" -e "s/t_name/t_title/" schema.sql \
		>people.sql
	schemastore commit -q -m two --rename t=people \
		--rename t.name=title people.sql 2>err
	test ! -s err
	schemastore plan --prove HEAD~1 HEAD >out
	test_grep "^ALTER TABLE t RENAME TO people;" out
	schemastore plan --prove HEAD HEAD~1 >out
	test_grep "^ALTER TABLE people RENAME TO t;" out
'

test_expect 'a real database has no stubs' '
	test_must_fail code=5 schemastore upgrade 2>err
	test_grep "no such collation sequence: backwards" err
	test_grep "^hint: .*config --add sqlite.extension PATH" err
	test ! -f app.db
	test_must_fail code=5 schemastore upgrade --dry-run 2>err
	test_grep "no such collation sequence: backwards" err
'

test_expect 'an extension that is not there, or is none' '
	schemastore config sqlite.extension lib/none.so
	test_must_fail code=2 schemastore upgrade 2>err
	test_grep "sqlite.extension: no such file .lib/none.so." err
	test_must_fail code=2 schemastore plan - schema.sql 2>err
	test_grep "sqlite.extension" err
	schemastore log >out
	schemastore config sqlite.extension schema.sql
	test_must_fail code=5 schemastore upgrade 2>err
	test_grep "sqlite.extension: .*schema.sql. cannot be loaded" err
	test ! -f app.db
	schemastore config --unset sqlite.extension
'

cat >words.c <<'END'
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1
static int backwards(void *x, int n, const void *a, int m, const void *b)
{
	int i;

	(void)x;
	for (i = 0; i < n && i < m; i++)
		if (((const char *)a)[i] != ((const char *)b)[i])
			return ((const char *)b)[i] - ((const char *)a)[i];
	return m - n;
}
static void twice(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	sqlite3_result_int(c, 2 * sqlite3_value_int(v[0]));
}
int sqlite3_words_init(sqlite3 *db, char **e, const sqlite3_api_routines *api)
{
	(void)e;
	SQLITE_EXTENSION_INIT2(api);
	sqlite3_create_function(db, "twice", 1,
		SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, 0,
		twice, 0, 0);
	return sqlite3_create_collation(db, "backwards", SQLITE_UTF8, 0,
		backwards);
}
END
if ! { mkdir lib && ${CC:-cc} -shared -fPIC -o lib/words.so words.c; } 2>log
then
	test_skip 'an extension cannot be compiled'
fi

test_expect 'extension = PATH: for scratch, without stubs' '
	schemastore config --add sqlite.extension lib/words.so
	schemastore plan --prove - schema.sql >out 2>err
	test ! -s err
	schemastore plan --prove HEAD HEAD~1 >out 2>err
	test ! -s err
'

test_expect 'for a real database, up and down, with rows and a rebuild' '
	schemastore upgrade -q --dry-run
	schemastore upgrade -q dev HEAD~1
	cat >rows.sql <<-\END
	.load ./lib/words
	INSERT INTO t VALUES (1, "a"), (2, "c"), (3, "b");
	END
	sqlite3 app.db <rows.sql
	sed "s/TEXT COLLATE/TEXT NOT NULL COLLATE/" people.sql >strict.sql
	schemastore commit -q -m three strict.sql
	schemastore upgrade -q --dry-run
	schemastore upgrade -q
	schemastore drift
	cat >look.sql <<-\END
	.load ./lib/words
	PRAGMA integrity_check;
	SELECT title FROM people ORDER BY title;
	SELECT sum(two) FROM v;
	END
	sqlite3 app.db <look.sql >out
	printf "ok\nc\nb\na\n12\n" >want
	test_cmp want out
	schemastore downgrade -q --yes dev HEAD~2
	sed "s/title/name/g; s/people/t/" look.sql | sqlite3 app.db >out
	test_cmp want out
	schemastore drift
'

test_expect 'the path is relative to the folder of schemastore.conf' '
	mkdir sub
	cd sub
	schemastore upgrade -q
	schemastore inspect dev >out
	test_grep "COLLATE backwards" out
	schemastore drift
	schemastore config sqlite.extension words.so
	cp ../lib/words.so ..
	cd ..
	schemastore plan --prove - strict.sql >out 2>err
	test ! -s err
'

test_expect 'SQL itself loads nothing' '
	echo "CREATE TABLE t (a);
	INSERT INTO t SELECT load_extension('\''lib/words.so'\'');" >load.sql
	test_must_fail code=5 schemastore plan - load.sql 2>err
	test_grep "not authorized" err
'

test_done
