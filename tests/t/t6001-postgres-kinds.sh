#!/bin/sh
# PostgreSQL's rarer kinds: each is made, changed and dropped, and pg_dump
# prints the same as of a database that was loaded from the source.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

cat >one.sql <<'END'
CREATE SCHEMA s;
CREATE TYPE s.e AS ENUM ('a', 'b');
CREATE FUNCTION s.lt(s.e, s.e) RETURNS bool LANGUAGE sql IMMUTABLE
  AS 'select true';
CREATE FUNCTION s.gt(s.e, s.e) RETURNS bool LANGUAGE sql IMMUTABLE
  AS 'select true';
CREATE FUNCTION s.eq(s.e, s.e) RETURNS bool LANGUAGE sql IMMUTABLE
  AS 'select true';
CREATE FUNCTION s.cmp(s.e, s.e) RETURNS int LANGUAGE sql IMMUTABLE
  AS 'select 0';
CREATE FUNCTION s.lt8(s.e, int8) RETURNS bool LANGUAGE sql IMMUTABLE
  AS 'select true';
CREATE FUNCTION s.cmp8(s.e, int8) RETURNS int LANGUAGE sql IMMUTABLE
  AS 'select 0';
CREATE FUNCTION s.neg(s.e) RETURNS bool LANGUAGE sql IMMUTABLE
  AS 'select true';
CREATE FUNCTION s.plus(int, s.e) RETURNS int LANGUAGE sql IMMUTABLE
  AS 'select $1';
CREATE FUNCTION s.fin(int) RETURNS text LANGUAGE sql IMMUTABLE
  AS 'select $1::text';
CREATE FUNCTION s.number(s.e) RETURNS int LANGUAGE sql IMMUTABLE
  AS 'select 1';
CREATE FUNCTION s.diff(int, int) RETURNS float8 LANGUAGE sql IMMUTABLE
  AS 'select 1.0::float8';
CREATE OPERATOR s.< (FUNCTION = s.lt, LEFTARG = s.e, RIGHTARG = s.e,
  COMMUTATOR = OPERATOR(s.>), RESTRICT = scalarltsel);
CREATE OPERATOR s.> (FUNCTION = s.gt, LEFTARG = s.e, RIGHTARG = s.e,
  COMMUTATOR = OPERATOR(s.<));
CREATE OPERATOR s.= (FUNCTION = s.eq, LEFTARG = s.e, RIGHTARG = s.e,
  COMMUTATOR = OPERATOR(s.=), HASHES, MERGES);
CREATE OPERATOR s.< (FUNCTION = s.lt8, LEFTARG = s.e, RIGHTARG = int8);
CREATE OPERATOR s.!! (FUNCTION = s.neg, RIGHTARG = s.e);
COMMENT ON OPERATOR s.!! (NONE, s.e) IS 'an operator';
CREATE OPERATOR CLASS s.oc FOR TYPE s.e USING btree AS OPERATOR 1 s.<,
  OPERATOR 3 s.=, OPERATOR 5 s.>, OPERATOR 1 s.<(s.e, int8),
  FUNCTION 1 s.cmp(s.e, s.e), FUNCTION 1 (s.e, int8) s.cmp8(s.e, int8);
COMMENT ON OPERATOR CLASS s.oc USING btree IS 'a class';
CREATE OPERATOR FAMILY s.family USING hash;
CREATE AGGREGATE s.agg(x s.e) (SFUNC = s.plus, STYPE = int, INITCOND = '0',
  FINALFUNC = s.fin, PARALLEL = SAFE);
COMMENT ON AGGREGATE s.agg(s.e) IS 'an aggregate';
GRANT EXECUTE ON FUNCTION s.agg(s.e) TO pg_monitor;
REVOKE EXECUTE ON FUNCTION s.agg(s.e) FROM PUBLIC;
CREATE AGGREGATE s.count(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0');
COMMENT ON AGGREGATE s.count(*) IS 'of no arguments';
CREATE AGGREGATE s.pct(float8 ORDER BY anyelement) (
  SFUNC = ordered_set_transition, STYPE = internal,
  FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE CAST (s.e AS int) WITH FUNCTION s.number(s.e) AS ASSIGNMENT;
COMMENT ON CAST (s.e AS int) IS 'a cast';
CREATE CAST (s.e AS bytea) WITH INOUT AS IMPLICIT;
CREATE CONVERSION s.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE COLLATION s.coll (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
CREATE TABLE s.t (a int, b int, c text COLLATE s.coll, d s.e);
CREATE INDEX ti ON s.t (d s.oc);
CREATE STATISTICS s.st (ndistinct, mcv) ON a, b FROM s.t;
ALTER STATISTICS s.st SET STATISTICS 200;
CREATE STATISTICS s.terms ON (a + b) FROM s.t;
CREATE ACCESS METHOD am_index TYPE INDEX HANDLER bthandler;
CREATE ACCESS METHOD am_table TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE s.t2 (a int) USING am_table;
CREATE FOREIGN DATA WRAPPER fdw OPTIONS (a 'x', "B b" 'y''z');
GRANT USAGE ON FOREIGN DATA WRAPPER fdw TO pg_monitor;
CREATE SERVER srv TYPE 'ty' VERSION '1' FOREIGN DATA WRAPPER fdw
  OPTIONS (host 'h', port '1');
GRANT USAGE ON FOREIGN SERVER srv TO pg_monitor WITH GRANT OPTION;
CREATE USER MAPPING FOR CURRENT_USER SERVER srv OPTIONS (u 'me', w 'x');
CREATE USER MAPPING FOR PUBLIC SERVER srv;
CREATE FOREIGN TABLE s.ft (a int OPTIONS (column_name 'aa') NOT NULL DEFAULT 4,
  b text, CHECK (a > 0)) SERVER srv OPTIONS (tab 'x');
GRANT SELECT ON s.ft TO pg_monitor;
CREATE TABLE s.parted (a int) PARTITION BY LIST (a);
CREATE FOREIGN TABLE s.part PARTITION OF s.parted FOR VALUES IN (1)
  SERVER srv;
CREATE TEXT SEARCH PARSER s.p (START = prsd_start, GETTOKEN = prsd_nexttoken,
  END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH TEMPLATE s.tm (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY s.d (TEMPLATE = s.tm, accept = false,
  stopwords = english);
CREATE TEXT SEARCH CONFIGURATION s.c (PARSER = s.p);
ALTER TEXT SEARCH CONFIGURATION s.c ADD MAPPING FOR asciiword
  WITH s.d, english_stem;
ALTER TEXT SEARCH CONFIGURATION s.c ADD MAPPING FOR word WITH simple;
COMMENT ON TEXT SEARCH CONFIGURATION s.c IS 'a configuration';
CREATE FUNCTION s.on_event() RETURNS event_trigger LANGUAGE plpgsql
  AS 'begin end';
CREATE EVENT TRIGGER et ON ddl_command_start
  WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION s.on_event();
ALTER EVENT TRIGGER et ENABLE ALWAYS;
CREATE EVENT TRIGGER et2 ON sql_drop EXECUTE FUNCTION s.on_event();
CREATE PUBLICATION listed FOR TABLE s.t (a, b) WHERE (a > 1), TABLE s.t2
  WITH (publish = 'insert');
CREATE PUBLICATION everything FOR ALL TABLES
  WITH (publish_via_partition_root = true);
CREATE PUBLICATION whole FOR TABLES IN SCHEMA s;
CREATE PUBLICATION nothing;
CREATE LANGUAGE mine HANDLER plpgsql_call_handler
  INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
CREATE TRUSTED LANGUAGE trusted HANDLER plpgsql_call_handler;
REVOKE USAGE ON LANGUAGE trusted FROM PUBLIC;
CREATE FUNCTION s.of_mine() RETURNS int LANGUAGE mine
  AS 'begin return 1; end';
CREATE TRANSFORM FOR int LANGUAGE mine (
  FROM SQL WITH FUNCTION prsd_lextype(internal),
  TO SQL WITH FUNCTION int4recv(internal));
CREATE TYPE s.r AS RANGE (SUBTYPE = int4, SUBTYPE_DIFF = s.diff);
CREATE TYPE s.base;
CREATE FUNCTION s.base_in(cstring) RETURNS s.base LANGUAGE internal
  IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION s.base_out(s.base) RETURNS cstring LANGUAGE internal
  IMMUTABLE STRICT AS 'int4out';
CREATE TYPE s.base (INTERNALLENGTH = 4, INPUT = s.base_in,
  OUTPUT = s.base_out, DEFAULT = '42', PASSEDBYVALUE);
COMMENT ON TYPE s.base IS 'a type';
REVOKE USAGE ON TYPE s.base FROM PUBLIC;
CREATE TABLE s.of_base (a s.base);
CREATE TYPE s.shell;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA s
  GRANT SELECT, INSERT ON TABLES TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE pg_monitor
  GRANT USAGE ON SEQUENCES TO PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO pg_monitor;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO pg_monitor WITH GRANT OPTION;
END

# Behind the first: what is changed of it.
cat >change.sql <<'END'
ALTER OPERATOR s.< (s.e, s.e) SET (RESTRICT = NONE, JOIN = scalarltjoinsel);
ALTER OPERATOR FAMILY s.oc USING btree
  DROP OPERATOR 1 (s.e, int8), FUNCTION 1 (s.e, int8);
DROP OPERATOR s.!! (NONE, s.e);
CREATE OR REPLACE AGGREGATE s.agg(x s.e) (SFUNC = s.plus, STYPE = int,
  INITCOND = '7', FINALFUNC = s.fin);
REVOKE EXECUTE ON FUNCTION s.agg(s.e) FROM pg_monitor;
DROP CAST (s.e AS int);
CREATE CAST (s.e AS int) WITH FUNCTION s.number(s.e);
DROP CONVERSION s.conv;
CREATE DEFAULT CONVERSION s.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
ALTER STATISTICS s.st SET STATISTICS 300;
DROP STATISTICS s.terms;
CREATE STATISTICS s.terms ON (a - b) FROM s.t;
ALTER FOREIGN DATA WRAPPER fdw OPTIONS (DROP a, SET "B b" 'q', ADD c 'd');
ALTER SERVER srv VERSION NULL OPTIONS (SET host 'h2', DROP port, ADD db '1');
ALTER USER MAPPING FOR PUBLIC SERVER srv OPTIONS (ADD u 'x');
ALTER USER MAPPING FOR CURRENT_USER SERVER srv OPTIONS (DROP u, SET w 'y');
ALTER FOREIGN TABLE s.ft OPTIONS (SET tab 'y');
ALTER FOREIGN TABLE s.ft ALTER a OPTIONS (SET column_name 'bb', ADD z 'q'),
  ALTER a SET DEFAULT 5, ALTER a DROP NOT NULL, DROP CONSTRAINT ft_a_check;
ALTER TABLE s.parted DETACH PARTITION s.part;
ALTER TEXT SEARCH DICTIONARY s.d (accept = true, stopwords);
ALTER TEXT SEARCH CONFIGURATION s.c
  ALTER MAPPING FOR asciiword WITH english_stem, s.d;
ALTER TEXT SEARCH CONFIGURATION s.c DROP MAPPING FOR word;
ALTER TEXT SEARCH CONFIGURATION s.c ADD MAPPING FOR email WITH simple;
ALTER EVENT TRIGGER et DISABLE;
DROP EVENT TRIGGER et2;
CREATE EVENT TRIGGER et2 ON ddl_command_end EXECUTE FUNCTION s.on_event();
CREATE TABLE s.t3 (a int GENERATED ALWAYS AS IDENTITY, b serial);
REVOKE INSERT ON s.t3 FROM pg_monitor;
REVOKE ALL ON SEQUENCE s.t3_a_seq FROM pg_monitor;
GRANT SELECT ON SEQUENCE s.t3_a_seq TO PUBLIC;
ALTER PUBLICATION listed SET TABLE s.t (b) WHERE (b > 1), s.t3;
ALTER PUBLICATION listed SET (publish = '');
DROP TABLE s.t2;
CREATE VIEW s.v AS SELECT 1 AS x;
CREATE TYPE s.e2 AS ENUM ();
CREATE SCHEMA s2;
CREATE PROCEDURE s2.p() LANGUAGE sql AS 'select 1';
DROP TRANSFORM FOR int LANGUAGE mine;
DROP FUNCTION s.of_mine();
DROP LANGUAGE mine;
DROP TABLE s.of_base;
DROP TYPE s.base CASCADE;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA s REVOKE SELECT ON TABLES FROM pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT UPDATE ON TABLES TO pg_monitor;
ALTER DEFAULT PRIVILEGES FOR ROLE pg_monitor
  REVOKE USAGE ON SEQUENCES FROM PUBLIC;
END
cat one.sql change.sql >two.sql
: >none.sql

dump () {
	pg_dump --schema-only --no-owner "$1" | grep -v "^.\(un\)*restrict"
}

# goes OLD NEW: the plan, run by psql, ends as NEW does when it is loaded
goes () {
	pg_new old
	pg old -f "$1.sql"
	pg_new new
	pg new -f "$2.sql"
	schemastore plan --engine postgres "$1.sql" "$2.sql" >plan.sql 2>err
	pg old -f plan.sql
	dump old >out
	dump new >want
	test_cmp want out
}

test_expect 'what is there twice is alike' '
	schemastore plan --engine postgres one.sql one.sql >out
	test_grep "nothing to do" out
'

test_expect 'every kind is made' '
	goes none one
'

test_expect 'and dropped' '
	goes one none
'

test_expect 'and changed, in place where that can be' '
	goes one two
	test_grep "^ALTER SERVER srv OPTIONS" plan.sql
	test_grep "^ALTER OPERATOR FAMILY s.oc USING btree DROP" plan.sql
	test_grep "^ALTER TEXT SEARCH DICTIONARY s.d (stopwords, " plan.sql
	test_grep "^ALTER PUBLICATION listed SET TABLE ONLY s.t (b)" plan.sql
	test_not grep "DROP OPERATOR CLASS" plan.sql
'

test_expect 'and back' '
	goes two one
'

test_expect 'the store keeps them: up, down and up again' '
	pg_new app
	cp one.sql schema.sql
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
	schemastore upgrade -q --yes
	cp two.sql schema.sql
	schemastore commit -q -m two
	schemastore upgrade -q --yes --allow-data-loss
	schemastore downgrade -q --yes --allow-data-loss
	schemastore upgrade -q --yes --allow-data-loss
	schemastore drift
	schemastore fsck -q
'

test_expect 'an operator that goes leaves its commutator in place' '
	cat >more.sql <<-\END
	CREATE FUNCTION f(int, int) RETURNS bool LANGUAGE sql
	  AS $$select true$$;
	CREATE OPERATOR <<<< (FUNCTION = f, LEFTARG = int, RIGHTARG = int,
	  COMMUTATOR = >>>>);
	CREATE VIEW uses AS SELECT 1 <<<< 2 AS x;
	CREATE OPERATOR >>>> (FUNCTION = f, LEFTARG = int, RIGHTARG = int,
	  COMMUTATOR = <<<<);
	END
	{
		cat more.sql
		echo "DROP OPERATOR >>>> (int, int);"
	} >less.sql
	goes more less
	test_not grep "DROP VIEW" plan.sql
	goes less more
	test_not grep "DROP VIEW" plan.sql
'

test_expect 'what an extension has made is its own' '
	cat >range.sql <<-\END
	CREATE TYPE span AS RANGE (SUBTYPE = int);
	CREATE FUNCTION f(span_multirange) RETURNS span LANGUAGE sql
	  AS $$select span(1, 2)$$;
	END
	goes none range
	test_not grep "FUNCTION public.span" plan.sql
	goes range none
'

test_expect 'what is granted of an extension'"'"'s objects' '
	pg postgres -c "SELECT name FROM pg_available_extensions" >there
	grep -qx hstore there || exit 0
	echo "CREATE EXTENSION hstore;" >plain.sql
	{
		cat plain.sql
		echo "GRANT USAGE ON TYPE hstore TO pg_monitor;"
		echo "REVOKE ALL ON FUNCTION hs_contains(hstore, hstore)"
		echo "  FROM PUBLIC;"
	} >granted.sql
	goes none granted
	goes granted plain
	test_grep "^GRANT EXECUTE ON ROUTINE public.hs_contains" plan.sql
'

test_expect 'a source may be written in another encoding' '
	printf "SET client_encoding = latin1;\nCREATE TABLE t (a int);\n" \
		>latin.sql
	printf "COMMENT ON TABLE t IS \$\$\351t\351\$\$;\n" >>latin.sql
	goes none latin
	test_grep "IS .été" plan.sql
'

test_expect 'what no kind claims is seen, and refused by name' '
	cat >sub.sql <<-\END
	CREATE TABLE t (a int);
	CREATE SUBSCRIPTION sub CONNECTION $$host=nowhere$$ PUBLICATION p
	  WITH (connect = false);
	END
	test_must_fail code=3 schemastore plan --engine postgres none.sql \
		sub.sql 2>err
	test_grep "opaque subscription sub: .*neither make" err
	{
		cat sub.sql
		echo "ALTER TABLE t ADD b int;"
	} >sub2.sql
	schemastore plan --engine postgres sub.sql sub2.sql >out
	test_grep "ADD COLUMN b" out
	pg postgres -c "SELECT count(*) FROM pg_database WHERE datname \
		LIKE \$\$ss\\_%\$\$" >out
	echo 0 >want
	test_cmp want out
'

test_expect 'a source does not go to other servers' '
	echo "CREATE SUBSCRIPTION s CONNECTION \$\$host=x\$\$ PUBLICATION p;" \
		>bad.sql
	test_must_fail code=3 schemastore plan --engine postgres none.sql \
		bad.sql 2>err
	test_grep "bad.sql:1:1: a subscription that goes to another" err
'

test_done
