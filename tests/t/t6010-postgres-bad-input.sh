#!/bin/sh
# Bad input and bad luck on PostgreSQL: each has a message that says what to
# do, a documented exit code, and leaves store and database as they were.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-refused.sh"

pg_start

test_expect 'no server, no database' '
	fresh gone
	refused 5 "cannot connect: .*No such file" gone schemastore upgrade \
		"postgres://u@/db?host=/nonexistent"
	hint "is the server running"
	for command in "upgrade" "inspect" "drift" "history" "baseline" \
		"downgrade --yes" "plan HEAD" "diff HEAD"
	do
		refused 5 "cannot connect: .*database .nosuch. does not exist" \
			gone schemastore $command \
			"postgres://postgres@/nosuch?host=$PGHOST"
		hint "createdb"
	done
	SCHEMASTORE_SCRATCH="postgres://postgres@/nosuch?host=$PGHOST"
	echo "CREATE TABLE t (a int);" >other.sql
	refused 5 "scratch: cannot connect" gone schemastore plan HEAD other.sql
'

test_expect 'a password is asked for, wrong, right, and never shown' '
	fresh pass
	pg pass -c "CREATE ROLE keeper SUPERUSER LOGIN \
		PASSWORD \$\$Xy7zz%\$\$"
	printf "local all keeper scram-sha-256\nlocal all all trust\n" >hba
	cat hba >"$PGHOST/data/pg_hba.conf"
	pg postgres -c "SELECT pg_reload_conf()"
	refused 5 "cannot connect: .*no password supplied" pass \
		schemastore upgrade "postgres://keeper@/pass?host=$PGHOST"
	refused 5 "cannot connect: .*password authentication failed" pass \
		schemastore upgrade \
		"postgres://keeper:Xy7zzWRONG@/pass?host=$PGHOST"
	hint "user and password right"
	test_not grep Xy7zz err out
	refused 5 "cannot connect: the URL has a .%. that is no %XX" pass \
		schemastore upgrade \
		"postgres://keeper:Xy7zz%@/pass?host=$PGHOST"
	test_not grep Xy7zz err out
	refused 2 "URL has a ./. before its .@." pass \
		schemastore upgrade \
		"postgres://keeper:Xy7zz/a@/pass?host=$PGHOST"
	hint "write / as %2F"
	test_not grep Xy7zz err out
	for at in "keeper:Xy7zz%25@/pass?host=$PGHOST" \
		"keeper@/pass?password=Xy7zz%25&host=$PGHOST"
	do
		right="postgres://$at"
		for command in "status" "history" "inspect" "drift" \
			"upgrade --dry-run" "diff HEAD~1" "plan HEAD~1" \
			"baseline" "status --json" "upgrade --json --dry-run" \
			"baseline --restored"
		do
			schemastore $command "$right" >>all 2>&1 || :
		done
	done
	pg pass -c "CREATE TABLE extra (a int)"
	for command in drift upgrade "status" "downgrade --yes" "baseline"
	do
		schemastore $command "$right" >>all 2>&1 || :
	done
	test_not grep Xy7zz all
	pg pass -c "DROP TABLE extra"
	schemastore config database.dev.url "$right"
	schemastore upgrade >>all 2>&1
	schemastore status --json >>all 2>&1
	schemastore history >>all 2>&1
	schemastore downgrade --yes --allow-data-loss >>all 2>&1
	test_grep "done: " all
	test_grep ":\*\*\*@\|password=\*\*\*" all
	test_not grep Xy7zz all
	pg pass -c "SELECT convert_from(entry, \$\$UTF8\$\$) FROM \
		schemastore.ledger" >entries
	test_grep "Schemastore-Event" entries
	test_not grep Xy7zz entries
	rm -rf bare
	git clone -q --mirror .schemastore bare
	git -C bare rev-list --all --objects >objects
	git -C bare for-each-ref >>objects
	cut -d" " -f1 objects | git -C bare cat-file --batch >content || :
	cat objects >>content
	test_not grep -a Xy7zz content
	echo "local all all trust" >"$PGHOST/data/pg_hba.conf"
	pg postgres -c "SELECT pg_reload_conf()"
'

test_expect 'the server ends the session in the middle of an upgrade' '
	fresh ended
	hold ended "LOCK TABLE posts IN SHARE MODE"
	remember ended
	rc=0
	schemastore upgrade --wait 20 >out 2>err &
	run=$!
	wait_for ended "wait_event_type = \$\$Lock\$\$"
	pg postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
		WHERE datname = \$\$ended\$\$ AND \
		wait_event_type = \$\$Lock\$\$"
	wait $run || rc=$?
	test $rc -eq 5
	test_grep "^schemastore: .*statement [0-9]* of .*: terminating" err
	hint "nothing was committed: try again"
	same_as_before ended
	release
	arrives
'

test_expect 'SIGINT while a statement waits: exit 130, nothing was changed' '
	fresh inter
	hold inter "LOCK TABLE posts IN SHARE MODE"
	remember inter
	rc=0
	python3 -c "import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execvp(sys.argv[1], sys.argv[1:])" schemastore upgrade --wait 20 >out 2>err &
	run=$!
	wait_for inter "wait_event_type = \$\$Lock\$\$"
	kill -INT $run
	wait $run || rc=$?
	test $rc -eq 130
	test_grep "^schemastore: interrupted: nothing was changed$" err
	same_as_before inter
	release
	arrives
'

test_expect 'a lock that somebody holds: pid, program and statement' '
	fresh held
	hold held "LOCK TABLE posts IN SHARE MODE"
	pid=$(cat held.pid)
	refused 3 "it waited for pid $pid (psql), idle in .*LOCK TA" held \
		schemastore upgrade --wait 1
	hint "wait until that one is done, or end it"
	release
	arrives
'

test_expect 'a deadlock' '
	fresh dead
	pg postgres -c "ALTER DATABASE dead SET deadlock_timeout = \
		\$\$2s\$\$"
	hold dead "SET deadlock_timeout = \$\$60s\$\$; \
		LOCK TABLE posts IN SHARE MODE"
	remember dead
	rc=0
	schemastore upgrade --wait 20 >out 2>err &
	run=$!
	wait_for dead "wait_event_type = \$\$Lock\$\$"
	echo "TABLE users;" >&9
	wait $run || rc=$?
	test $rc -eq 3
	test_grep "^schemastore: .*deadlock detected" err
	hint "try again\|wait until"
	same_as_before dead
	release
	arrives
'

test_expect 'two runners at once: both come to an end' '
	fresh pair
	hold pair "LOCK TABLE posts IN SHARE MODE"
	schemastore upgrade --wait 20 >out1 2>err1 &
	first=$!
	wait_for pair "wait_event_type = \$\$Lock\$\$"
	fails 3 schemastore upgrade --wait 0
	test_grep "^schemastore: .*another schemastore is changing this" err
	hint "try again when"
	schemastore upgrade --wait 20 >out2 2>err2 &
	second=$!
	release
	wait $first
	rc=0
	wait $second || rc=$?
	test $rc -eq 0 || test $rc -eq 3
	test $rc -eq 0 || test_grep "meanwhile" err2
	wait
	arrives
'

test_expect 'a timeout that the role has is for its own work, not for ours' '
	pg postgres -c "CREATE ROLE hasty LOGIN"
	fresh hasty hasty
	pg postgres -c "ALTER ROLE hasty SET statement_timeout = 90;
		ALTER ROLE hasty SET idle_in_transaction_session_timeout = 90;
		ALTER ROLE postgres SET statement_timeout = \$\$90ms\$\$"
	schemastore upgrade -q
	schemastore drift -q
	schemastore downgrade -q --yes --allow-data-loss
	echo "SELECT pg_sleep(0.2); CREATE TABLE slow (a int);" >slow.sql
	schemastore plan HEAD slow.sql >out
	PGOPTIONS="-c statement_timeout=0" pg postgres -c "
		ALTER ROLE postgres RESET ALL; ALTER ROLE hasty RESET ALL"
'

test_expect 'a database that is read-only' '
	fresh fixed
	pg postgres -c "ALTER DATABASE fixed SET \
		default_transaction_read_only = on"
	refused 3 "read-only transaction" fixed schemastore upgrade
	hint "default_transaction_read_only"
	schemastore drift -q
	schemastore inspect >out
	schemastore history >out
	pg postgres -c "ALTER DATABASE fixed RESET ALL"
	arrives
'

test_expect 'a role that owns the database and is no superuser' '
	pg postgres -c "CREATE ROLE own LOGIN CREATEDB"
	SCHEMASTORE_SCRATCH="postgres://own@/postgres?host=$PGHOST"
	fresh owned own
	schemastore upgrade -q --dry-run
	arrives
	schemastore downgrade -q --yes --allow-data-loss
	schemastore drift -q
	schemastore upgrade -q
	schemastore history >out
	test_grep rollback out
	schemastore inspect >out.sql
	schemastore diff --exit-code dev out.sql
	pg_new adopted
	pg postgres -c "ALTER DATABASE adopted OWNER TO own"
	psql -Xq -U own -d adopted -f ../two.sql
	own="postgres://own@/adopted?host=$PGHOST"
	refused 3 "has objects, but no ledger" adopted schemastore upgrade \
		"$own"
	hint "schemastore baseline"
	schemastore baseline -q "$own"
	schemastore drift -q "$own"
'

test_expect 'a role that lacks a privilege' '
	pg postgres -c "CREATE ROLE lean LOGIN"
	fresh lean
	lean="postgres://lean@/lean?host=$PGHOST"
	refused 3 "permission denied for schema schemastore" lean \
		schemastore upgrade "$lean"
	hint "role .lean. needs .*USAGE on schema schemastore"
	pg lean -c "GRANT USAGE ON SCHEMA schemastore TO lean"
	refused 3 "permission denied for table ledger" lean \
		schemastore upgrade "$lean"
	hint "role .lean. needs SELECT.* on table ledger"
	pg lean -c "GRANT SELECT, INSERT ON schemastore.ledger TO lean"
	schemastore config database.dev.url "$lean"
	refused 3 "must be owner of table" lean schemastore upgrade
	hint "role .lean. must own table "
	pg_new bare
	refused 3 "making the ledger: .*permission denied for database bare\|$(:
		)permission denied for schema public" bare schemastore upgrade \
		"postgres://lean@/bare?host=$PGHOST"
	hint "role .lean. needs CREATE.* on \(database bare\|schema public\)"
	SCHEMASTORE_SCRATCH=$lean
	cp ../one.sql schema.sql
	echo "CREATE TABLE more (a int);" >>schema.sql
	refused 3 "scratch: .*permission denied to create database" lean \
		schemastore plan HEAD schema.sql
	hint "CREATEDB"
'

test_expect 'a source that needs an extension which is not there' '
	fresh ext
	printf "CREATE TABLE a (b int);\n  CREATE EXTENSION nosuch;\n" >e.sql
	refused 5 "e.sql:2:3: .*nosuch" ext schemastore plan HEAD e.sql
	hint "install"
'

test_expect 'sources that are not whole, or are no SQL' '
	fresh src
	while IFS="|" read -r code want text
	do
		printf "$text" >s.sql
		refused $code "$want" src schemastore plan HEAD s.sql
		test $code -eq 5 && continue
		hint "write it in SQL, or take it out"
	done <<-\END
	3|s.sql:2:1: a command of psql|CREATE TABLE a (b int);\n\\\\dt\n
	3|s.sql:1:1: a command of psql|\\\\connect other\nSELECT 1;\n
	5|s.sql:2:8: .*unterminated quoted string|\nSELECT \047abc;\n
	5|s.sql:2:8: .*unterminated quoted ident|\nSELECT "abc;\n
	5|s.sql:1:8: .*unterminated dollar-quoted|SELECT $a$ abc;\n$b$;\n
	5|s.sql:1:10: .*unterminated .. comment|SELECT 1 /* abc;\n
	5|s.sql: a transaction is begun and not|BEGIN;\nSELECT 1;\n
	5|s.sql:1:1[0-9]: .*syntax error|CREATE TABLE (\n
	END
	printf "CREATE TABLE a (b int);\0" >s.sql
	refused 5 "s.sql: a NUL byte" src schemastore plan HEAD s.sql
	printf "CREATE TABLE a (b int DEFAULT \047\377\047);\n" >s.sql
	refused 5 "s.sql:1:[0-9]*: .*UTF" src schemastore plan HEAD s.sql
'

test_expect 'rows in a source, as pg_dump writes them' '
	fresh rows
	printf "CREATE TABLE a (b int, c text);\n" >s.sql
	printf "COPY a (b, c) FROM stdin;\n1\tit;s \047\n" >>s.sql
	printf "2\t\\\\N\n\\\\.\n" >>s.sql
	printf "INSERT INTO a VALUES (1, \047;\047);\n" >>s.sql
	printf "BEGIN;\nCREATE TABLE z (b int);\nCOMMIT;\n" >>s.sql
	schemastore plan --engine postgres - s.sql >out 2>err </dev/null
	test_grep "s.sql:2: rows are no part of a schema" err
	test_grep "CREATE TABLE public.z" out
'

test_expect 'names and bodies of every kind' '
	fresh names
	cat >schema.sql <<-\END
	CREATE SCHEMA "a""b;
	c";
	CREATE TABLE "a""b;
	c"."it'"''"'s; $$ -- /*" ("x
	y" int, "$1" text DEFAULT $q$it'"'"'s ; $$ $q$, "%s%n\" text);
	COMMENT ON TABLE "a""b;
	c"."it'"''"'s; $$ -- /*" IS E'"'"'$$ $a$ \\ \n; '"''"' */ -- $0'"'"';
	CREATE FUNCTION f1() RETURNS text LANGUAGE plpgsql AS $$
	BEGIN RETURN '"'"';$x$'"'"'; END $$;
	CREATE FUNCTION f2() RETURNS text LANGUAGE plpgsql AS $body$
	DECLARE a text := $$;$$; BEGIN EXECUTE $_1$ SELECT 1; $_1$; RETURN a;
	END $body$;
	CREATE FUNCTION f3() RETURNS text LANGUAGE sql
	AS '"'"'SELECT $$a'"''"';$$::text'"'"';
	CREATE FUNCTION f4() RETURNS text LANGUAGE sql
	AS E'"'"'SELECT \x27\\\\;\x27::text'"'"';
	CREATE FUNCTION f5(a int) RETURNS int LANGUAGE sql
	BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END; END;
	CREATE FUNCTION f6() RETURNS text LANGUAGE sql
	AS $é$ SELECT '"'"'$$ $body$ $q$;'"'"'::text $é$;
	COMMENT ON FUNCTION f6() IS $$ '"'"';\ $q$ $$;
	END
	schemastore commit -q -m odd
	schemastore upgrade -q --allow-data-loss
	schemastore drift -q
	pg names -c "SELECT f1(), f2(), f3(), f4(), f5(2)" >out
	echo ";\$x\$|;|a\x27;|\\\\;|2" >want
	printf "%b\n" ";\$x\$|;|a\047;|\\\\\\\\;|2" >want
	test_cmp want out
	schemastore plan HEAD~1 HEAD >p.sql
	pg_new named
	psql -Xq -d named -f ../two.sql
	psql -Xq -v ON_ERROR_STOP=1 -d named -f p.sql
	pg_url named
	schemastore diff --exit-code "$url" HEAD
	schemastore downgrade -q --yes --allow-data-loss
	schemastore drift -q
'

for encoding in LATIN1 SQL_ASCII
do
	test_expect "a database in $encoding" "
		name=enc_$(echo $encoding | tr A-Z a-z)
		encoding=$encoding
		fresh \$name
		pg postgres -c \"DROP DATABASE \$name\"
		rm -rf .schemastore schemastore.conf
		cp ../one.sql schema.sql
		pg_url \$name
		schemastore init -q --engine postgres --database dev=\"\$url\"
		schemastore commit -q -m one
		pg postgres -c \"CREATE DATABASE \$name ENCODING \$encoding \
			LOCALE 'C' TEMPLATE template0\"
		schemastore upgrade -q
		echo \"CREATE TABLE grün (ä text DEFAULT 'é');\" >>schema.sql
		schemastore commit -q -m umlaut
		arrives
		schemastore inspect >inspected.sql
		test_grep grün inspected.sql
		echo \"COMMENT ON TABLE users IS '€ 日本';\" >>schema.sql
		schemastore commit -q -m wide
		if test \$encoding = LATIN1
		then
			refused 3 \"no equivalent in encoding .LATIN1\" \$name \
				schemastore upgrade
			hint \"encoding\"
		else
			arrives
		fi
		schemastore downgrade -q --yes --allow-data-loss dev HEAD~2
		schemastore drift -q
	"
done

test_done
