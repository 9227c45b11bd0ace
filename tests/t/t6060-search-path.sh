#!/bin/sh
# postgres.search_path: where sources, and statements that run users' code,
# find what they name without its schema.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start
nowhere="postgres://x@/x?host=/nonexistent"

# The index's function calls another one, which is in "App Data".
cat >schema.sql <<'END'
CREATE SCHEMA "App Data";
CREATE FUNCTION "App Data".fold(text) RETURNS text LANGUAGE plpgsql IMMUTABLE
  AS 'BEGIN RETURN lower($1); END';
CREATE FUNCTION public.key_of(text) RETURNS text LANGUAGE plpgsql IMMUTABLE
  AS 'BEGIN RETURN fold($1); END';
CREATE TABLE public.users (id integer PRIMARY KEY, mail text);
INSERT INTO users VALUES (1, 'A@B');
END
cp schema.sql one.sql
cat >>schema.sql <<'END'
CREATE INDEX users_key ON public.users (key_of(mail));
ALTER TABLE public.users ADD CHECK (key_of(mail) <> 'x');
ALTER TABLE public.users ADD k text GENERATED ALWAYS AS (key_of(mail)) STORED;
CREATE MATERIALIZED VIEW public.keys AS SELECT key_of(mail) AS k FROM users;
END
cp schema.sql two.sql

test_expect 'without it the function does not find the other one' '
	pg_new app
	schemastore init -q --engine postgres --database dev="$url"
	test_must_fail code=5 schemastore commit -m one 2>err
	test_grep "function fold(text) does not exist" err
'

test_expect 'with it: the source, the plan, the proof, the database' '
	schemastore config postgres.search_path "public, \"App Data\""
	cp one.sql schema.sql
	schemastore commit -q -m one 2>err
	schemastore upgrade -q --yes
	pg app -c "INSERT INTO users VALUES (1, \$\$A@B\$\$)"
	cp two.sql schema.sql
	schemastore commit -q -m two 2>err
	schemastore upgrade -q --yes
	schemastore drift
	pg app -c "SELECT u.k, m.k FROM users u, keys m" >out
	echo "a@b|a@b" >want
	test_cmp want out
	schemastore fsck -q
'

test_expect 'it is a setting of the version, which its digest covers' '
	git --git-dir=.schemastore show main:schema/postgres/engine >out
	tail -n 1 out >line
	echo "search_path public, \"App Data\"" >want
	test_cmp want line
	schemastore diff --exit-code HEAD dev
'

test_expect 'plans between stored versions know it, without a server' '
	schemastore config --unset postgres.search_path
	SCHEMASTORE_SCRATCH=$nowhere schemastore plan HEAD~1 HEAD >out
	test_grep "^SET LOCAL search_path TO public, \"App Data\";\$" out
	test_not grep "^SET LOCAL search_path TO public;\$" out
	SCHEMASTORE_SCRATCH=$nowhere schemastore plan - HEAD >out
	test_grep "^SET LOCAL search_path TO public, \"App Data\";\$" out
'

test_expect 'psql runs such a plan as it stands' '
	pg_new plain
	schemastore plan - HEAD~1 >one.out
	pg plain -f one.out
	pg plain -c "INSERT INTO users VALUES (1, \$\$A@B\$\$)"
	schemastore plan HEAD~1 HEAD >two.out
	pg plain -f two.out
	pg plain -c "SELECT k FROM keys" >out
	echo a@b >want
	test_cmp want out
'

test_expect 'what the configuration says now is no drift' '
	schemastore drift
	schemastore downgrade -q --yes --allow-data-loss
	schemastore upgrade -q --yes
	schemastore drift
	schemastore config postgres.search_path "\"App Data\", public"
	schemastore drift
'

test_expect 'a change of it alone is a version' '
	schemastore commit -q -m turned
	git --git-dir=.schemastore show main:schema/postgres/engine >out
	test_grep "^search_path \"App Data\", public\$" out
	schemastore upgrade -q --yes
	schemastore drift
	test_must_fail code=1 schemastore commit -m again >out
	test_grep "nothing to commit" out
	schemastore downgrade -q --yes --allow-data-loss
	schemastore drift
	schemastore upgrade -q --yes
'

test_expect 'all the way down and up again, and a baseline' '
	schemastore downgrade -q --yes --allow-data-loss dev 3
	schemastore upgrade -q --yes
	schemastore drift
	pg_new adopted
	schemastore config database.adopted.url "$url"
	schemastore plan - HEAD >all.sql
	pg adopted -f all.sql
	schemastore baseline -q adopted
	schemastore drift adopted
'

test_expect 'the type of a column changes where an index runs code' '
	sed "s/mail text)/mail varchar(90))/" two.sql >three.sql
	schemastore plan two.sql three.sql >out
	schemastore plan --prove two.sql three.sql >out
	test_not grep "not proven" out
	pg_new typed
	schemastore plan - two.sql >up.sql
	pg typed -f up.sql
	pg typed -c "SET search_path = public, \"App Data\"; INSERT INTO \
		users VALUES (1, \$\$A@B\$\$)"
	pg typed -f out
'

test_expect 'a table becomes a partition whose index runs code' '
	cp two.sql schema.sql
	echo "CREATE TABLE public.whole (id int, mail text)
		PARTITION BY RANGE (id);
		CREATE INDEX ON public.whole (key_of(mail));
		CREATE TABLE public.part (id int, mail text);" >>schema.sql
	schemastore commit -q -m apart 2>err
	echo "ALTER TABLE public.whole ATTACH PARTITION public.part
		FOR VALUES FROM (1) TO (9);" >>schema.sql
	schemastore commit -q -m together 2>err
	schemastore upgrade -q --yes dev HEAD~1
	pg app -c "INSERT INTO part VALUES (1, \$\$A@B\$\$)"
	SCHEMASTORE_SCRATCH=$nowhere schemastore plan HEAD~1 HEAD >out
	grep -A 1 "^SET LOCAL search_path TO \"App Data\"" out >line
	test_grep "^ALTER TABLE public.whole ATTACH PARTITION" line
	schemastore upgrade -q --yes dev
	schemastore drift dev
'

test_expect 'names are quoted, whatever is in them' '
	cat >odd.sql <<-\END
	CREATE SCHEMA "a""b";
	CREATE SCHEMA "x, y; DROP TABLE t; --";
	CREATE FUNCTION "a""b".f(int) RETURNS int LANGUAGE plpgsql IMMUTABLE
	  AS $$BEGIN RETURN $1; END$$;
	CREATE FUNCTION public.g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE
	  AS $$BEGIN RETURN f($1); END$$;
	CREATE TABLE t (a int);
	INSERT INTO t VALUES (1);
	CREATE INDEX ON t (g(a));
	END
	schemastore config postgres.search_path \
		"PUBLIC,\"a\"\"b\" , \"x, y; DROP TABLE t; --\""
	schemastore plan --engine postgres - odd.sql >out
	echo "SET LOCAL search_path TO public, \"a\"\"b\", \"x, y; DROP" \
		"TABLE t; --\";" >want
	grep "TO public" out >line
	test_cmp want line
	pg_new odd
	pg odd -f out
	pg odd -c "TABLE t"
'

test_expect 'what is no list of names is refused' '
	for bad in "public;" "public, " ", public" "\"a" "\"\"" "a b" \
		"'"'"'public'"'"'" "1a" "public; DROP TABLE t" \
		"\"\$user\", public" "a\".b" "pub-lic"
	do
		schemastore config postgres.search_path "$bad"
		test_must_fail code=2 schemastore plan --engine postgres - \
			one.sql 2>err
		test_grep "postgres.search_path is no list of schemas" err
		test_grep "^hint: names with commas between" err
	done
	schemastore config postgres.search_path public
	schemastore plan --engine postgres - two.sql >out 2>err || true
	test_grep "function fold(text) does not exist" err
'

test_expect 'a version whose setting is another one breaks nothing out' '
	schemastore config postgres.search_path "public, \"App Data\""
	export GIT_DIR=$PWD/.schemastore GIT_INDEX_FILE=$PWD/index
	export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@y
	export GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@y
	git read-tree main
	git show main:schema/postgres/engine |
		sed "s/^search_path .*/search_path public; DROP TABLE users/" \
		>engine
	id=$(git hash-object -w engine)
	git update-index --cacheinfo 100644 "$id" schema/postgres/engine
	tree=$(git write-tree)
	git cat-file commit main | sed "s/^tree .*/tree $tree/" >commit
	git update-ref refs/heads/bad \
		"$(git hash-object -w -t commit commit)"
	unset GIT_DIR GIT_INDEX_FILE
	test_must_fail schemastore plan - bad >out 2>err
	test_grep "is no list of schemas" err
	test_must_fail schemastore upgrade --yes dev bad 2>err
	schemastore drift dev
'

test_done
