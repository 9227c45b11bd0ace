/*
 * What is asked of PostgreSQL's catalog, a query a kind; see struct pg_query.
 * search_path is empty, so that every name is printed with its schema, and what
 * is not qualified here is pg_catalog's.  Sorting is ours, but for columns.
 *
 * {14:A|B} is A where the server's major version is at least 14, else B.
 */
#include "config.h"

#include "engine/postgres/queries.h"

#include "engine/postgres/postgres.h"

/* What everybody has there in a new database; made anew it has nothing. */
#define OF_PUBLIC(privilege) \
	"makeaclitem(0, n.nspowner, '" privilege "', false)"
static const char q_namespace[] =
	"SELECT n.oid, quote_ident(n.nspname) AS name, "
	COMMENT("2615", "n.oid", "0") ", "
	GRANTS_BESIDE("CASE WHEN n.nspname = 'public' THEN coalesce(n.nspacl, "
		"acldefault('n', n.nspowner)) ELSE n.nspacl END",
		"CASE WHEN n.nspname = 'public' THEN array_cat(acldefault('n', "
		"n.nspowner), {15:ARRAY[" OF_PUBLIC("USAGE") "]|ARRAY["
		OF_PUBLIC("USAGE") ", " OF_PUBLIC("CREATE") "]}) ELSE "
		"acldefault('n', n.nspowner) END", "n.nspowner") " "
	"FROM pg_namespace n WHERE " USER_SCHEMA("n") " AND "
	NO_MEMBER("2615", "n.oid");

/* What has been granted of an extension's objects since they were made:
 * "ROUTINE public.f(integer): EXECUTE TO ann". */
#define MEMBERS(class, table, object, acl, type, owner) \
	"SELECT " object " AS object, o." acl " AS acl, " \
	"coalesce(i.initprivs, acldefault(" type ", o." owner ")) AS base, " \
	"o." owner " AS owner " \
	"FROM pg_depend e JOIN " table " o ON o.oid = e.objid LEFT JOIN " \
	"pg_init_privs i ON i.classoid = e.classid AND i.objoid = o.oid AND " \
	"i.objsubid = 0 WHERE e.classid = " class " AND e.refclassid = 3079 " \
	"AND e.refobjid = x.oid AND e.deptype = 'e' AND o." acl " IS NOT NULL"
#define MEMBER_GRANTS \
	"(SELECT array_agg(m.object || ': ' || g.g ORDER BY m.object, g.g) " \
	"FROM (" MEMBERS("1255", "pg_proc", \
		"'ROUTINE ' || o.oid::regprocedure", "proacl", "'f'", \
		"proowner") " UNION ALL " \
	MEMBERS("1259", "pg_class", "CASE o.relkind WHEN 'S' THEN " \
		"'SEQUENCE ' ELSE 'TABLE ' END || o.oid::regclass", \
		"relacl", "CASE o.relkind WHEN 'S' THEN 's' ELSE 'r' " \
		"END::\"char\"", "relowner") " UNION ALL " \
	MEMBERS("1247", "pg_type", "'TYPE ' || o.oid::regtype", "typacl", \
		"'T'", "typowner") " UNION ALL " \
	MEMBERS("2328", "pg_foreign_data_wrapper", "'FOREIGN DATA WRAPPER ' " \
		"|| quote_ident(o.fdwname)", "fdwacl", "'F'", "fdwowner") \
	" UNION ALL " \
	MEMBERS("2612", "pg_language", "'LANGUAGE ' || " \
		"quote_ident(o.lanname)", "lanacl", "'l'", "lanowner") \
	" UNION ALL " \
	MEMBERS("2615", "pg_namespace", "'SCHEMA ' || o.oid::regnamespace", \
		"nspacl", "'n'", "nspowner") ") m, " \
	"unnest(" GRANTS_LIST("m.acl", "m.base", "m.owner") ") g(g))"

static const char q_extension[] =
	"SELECT x.oid, quote_ident(x.extname) AS name, "
	"quote_ident(n.nspname) AS schema, x.extversion AS version, "
	COMMENT("3079", "x.oid", "0") ", " MEMBER_GRANTS " AS \"grant\" "
	"FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace "
	"WHERE x.extname <> 'plpgsql'";

#define TYPE_HEAD \
	"SELECT t.oid, t.typarray AS \"array\", " \
	"format('%I.%I', n.nspname, t.typname) AS name, " \
	COMMENT("1247", "t.oid", "0") ", " \
	GRANTS("t.typacl", "T", "t.typowner")
#define TYPE_FROM \
	" FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace "
#define TYPE_WHERE \
	USER_SCHEMA("n") " AND " NO_MEMBER("1247", "t.oid")

static const char q_enum[] = TYPE_HEAD
	", (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) "
	"FROM pg_enum e WHERE e.enumtypid = t.oid) AS value"
	TYPE_FROM "WHERE t.typtype = 'e' AND " TYPE_WHERE;

static const char q_domain[] = TYPE_HEAD
	", format_type(t.typbasetype, t.typtypmod) AS type, "
	"CASE WHEN t.typcollation <> b.typcollation THEN "
	COLLATION("t.typcollation") " END AS collate, "
	"coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault) AS "
	"\"default\", t.typnotnull AS \"not-null\""
	TYPE_FROM "JOIN pg_type b ON b.oid = t.typbasetype "
	"WHERE t.typtype = 'd' AND " TYPE_WHERE;

static const char q_domain_check[] =
	"SELECT k.oid, k.contypid AS parent, k.conname AS name, "
	COMMENT("2606", "k.oid", "0") ", "
	"pg_get_expr(k.conbin, 0) AS expression, "
	"NOT k.convalidated AS \"not-valid\" "
	"FROM pg_constraint k WHERE k.contype = 'c' AND k.contypid <> 0";

static const char q_composite[] = TYPE_HEAD
	", t.typrelid AS relation"
	TYPE_FROM "JOIN pg_class c ON c.oid = t.typrelid "
	"WHERE c.relkind = 'c' AND " TYPE_WHERE;

static const char q_range[] = TYPE_HEAD
	", format_type(r.rngsubtype, NULL) AS subtype, "
	"CASE WHEN NOT o.opcdefault THEN format('%I.%I', opn.nspname, "
	"o.opcname) END AS \"operator-class\", "
	"CASE WHEN r.rngcollation <> st.typcollation THEN "
	COLLATION("r.rngcollation") " END AS collate, "
	"nullif(r.rngcanonical::text, '-') AS canonical, "
	"nullif(r.rngsubdiff::text, '-') AS difference, "
	"{14:(SELECT format('%I.%I', mn.nspname, m.typname) FROM pg_type m "
	"JOIN pg_namespace mn ON mn.oid = m.typnamespace WHERE m.oid = "
	"r.rngmultitypid)|NULL} AS multirange"
	TYPE_FROM "JOIN pg_range r ON r.rngtypid = t.oid "
	"JOIN pg_opclass o ON o.oid = r.rngsubopc "
	"JOIN pg_namespace opn ON opn.oid = o.opcnamespace "
	"JOIN pg_type st ON st.oid = r.rngsubtype "
	"WHERE t.typtype = 'r' AND " TYPE_WHERE;

#define CLASS_HEAD \
	"SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, " \
	COMMENT("1259", "c.oid", "0")
#define CLASS_FROM \
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
#define CLASS_WHERE \
	"c.relpersistence <> 't' AND " USER_SCHEMA("n") " AND " \
	NO_MEMBER("1259", "c.oid")

/* What an identity column has is the column's own. */
static const char q_sequence[] = CLASS_HEAD ", "
	GRANTS("c.relacl", "s", "c.relowner") ", "
	"format_type(s.seqtypid, NULL) AS type, "
	"CASE WHEN s.seqstart <> CASE WHEN s.seqincrement > 0 THEN s.seqmin "
	"ELSE s.seqmax END THEN s.seqstart END AS start, "
	"CASE WHEN s.seqincrement <> 1 THEN s.seqincrement END AS increment, "
	"CASE WHEN s.seqmin <> CASE WHEN s.seqincrement > 0 THEN 1 ELSE "
	"low.v END THEN s.seqmin END AS minimum, "
	"CASE WHEN s.seqmax <> CASE WHEN s.seqincrement > 0 THEN high.v ELSE "
	"-1 END THEN s.seqmax END AS maximum, "
	"CASE WHEN s.seqcache <> 1 THEN s.seqcache END AS cache, "
	"s.seqcycle AS cycle, c.relpersistence = 'u' AS unlogged, "
	"(SELECT format('%I.%I.%I', on_.nspname, oc.relname, oa.attname) "
	"FROM pg_depend od JOIN pg_class oc ON oc.oid = od.refobjid JOIN "
	"pg_namespace on_ ON on_.oid = oc.relnamespace JOIN pg_attribute oa "
	"ON oa.attrelid = oc.oid AND oa.attnum = od.refobjsubid WHERE "
	"od.classid = 1259 AND od.objid = c.oid AND od.refclassid = 1259 AND "
	"od.deptype = 'a') AS \"owned-by\""
	CLASS_FROM "JOIN pg_sequence s ON s.seqrelid = c.oid, LATERAL "
	"(SELECT CASE s.seqtypid WHEN 21 THEN -32768 WHEN 23 THEN -2147483648 "
	"ELSE -9223372036854775808 END AS v) low, LATERAL "
	"(SELECT CASE s.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 "
	"ELSE 9223372036854775807 END AS v) high "
	"WHERE c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend i WHERE "
	"i.classid = 1259 AND i.objid = c.oid AND i.deptype = 'i') AND "
	CLASS_WHERE;

#define ROUTINE(kinds) \
	"SELECT p.oid, format('%I.%I(%s)', n.nspname, p.proname, " \
	"oidvectortypes(p.proargtypes)) AS name, " \
	COMMENT("1255", "p.oid", "0") ", " \
	GRANTS("p.proacl", "f", "p.proowner") ", " \
	"pg_get_function_arguments(p.oid) AS arguments, " \
	"pg_get_function_result(p.oid) AS returns, " \
	"quote_ident(l.lanname) AS language, " \
	"(SELECT array_agg(format_type(tr.t, NULL) ORDER BY tr.i) FROM " \
	"unnest(p.protrftypes) WITH ORDINALITY tr(t, i)) AS transform, " \
	"p.prokind = 'w' AS \"window\", " \
	"CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' " \
	"END AS volatility, p.proisstrict AS strict, " \
	"p.prosecdef AS \"security-definer\", p.proleakproof AS leakproof, " \
	"CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' " \
	"END AS parallel, CASE WHEN p.procost <> CASE WHEN l.lanname IN " \
	"('c', 'internal') THEN 1 ELSE 100 END THEN p.procost END AS cost, " \
	"CASE WHEN p.proretset AND p.prorows <> 1000 THEN p.prorows END AS " \
	"rows, nullif(p.prosupport::text, '-') AS support, " \
	"(SELECT array_agg(quote_ident(split_part(s.s, '=', 1)) || ' TO ' || " \
	"CASE WHEN split_part(s.s, '=', 1) IN ('search_path', " \
	"'temp_tablespaces', 'session_preload_libraries', " \
	"'shared_preload_libraries', 'local_preload_libraries', " \
	"'unix_socket_directories') THEN replace(substr(s.s, " \
	"strpos(s.s, '=') + 1), '\"\"', '''''') " \
	"ELSE quote_literal(substr(s.s, strpos(s.s, '=') + 1)) END " \
	"ORDER BY s.i) FROM unnest(p.proconfig) WITH ORDINALITY s(s, i)) " \
	"AS \"set\", p.probin AS library, " \
	"CASE WHEN {14:p.prosqlbody IS NULL|true} THEN p.prosrc END AS body, " \
	"{14:pg_get_function_sqlbody(p.oid)|NULL} AS \"sql-body\" " \
	"FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace " \
	"JOIN pg_language l ON l.oid = p.prolang WHERE p.prokind IN (" kinds \
	") AND " USER_SCHEMA("n") " AND " NO_MEMBER("1255", "p.oid") \
	" AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 1255 AND " \
	"i.objid = p.oid AND i.deptype = 'i')"

/* A range type's constructors are the type's. */
static const char q_function[] = ROUTINE("'f', 'w'");
static const char q_procedure[] = ROUTINE("'p'");

/* Of columns that every table has: "SELECT (tableoid) TO ann". */
#define SYSTEM_GRANTS \
	"(SELECT array_agg(regexp_replace(g.g, '(SELECT|INSERT|UPDATE|" \
	"REFERENCES)', concat('\\1 (', sa.attname, ')'), 'g') ORDER BY " \
	"sa.attname, g.g) FROM pg_attribute sa, unnest(" \
	GRANTS_LIST("sa.attacl", "acldefault('c', c.relowner)", "c.relowner") \
	") g(g) WHERE sa.attrelid = c.oid AND sa.attnum < 0 AND " \
	"sa.attacl IS NOT NULL)"

#define TABLE(columns, from, where) \
	CLASS_HEAD ", c.reltype AS type, tt.typarray AS \"array\", " \
	GRANTS_LIST("c.relacl", "acldefault('r', c.relowner)", \
		    "c.relowner") " || " SYSTEM_GRANTS " AS \"grant\", " \
	"EXISTS (SELECT FROM pg_depend rd WHERE rd.refclassid = 1247 AND " \
	"rd.refobjid IN (c.reltype, tt.typarray) AND rd.deptype = 'n') AS " \
	"ordered, c.relpersistence = 'u' AS unlogged, " \
	"CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS " \
	"\"partition-by\", " \
	"CASE WHEN c.relispartition THEN (SELECT i.inhparent::regclass::text " \
	"FROM pg_inherits i WHERE i.inhrelid = c.oid) END AS " \
	"\"partition-of\", pg_get_expr(c.relpartbound, c.oid) AS bound, " \
	"CASE WHEN NOT c.relispartition THEN (SELECT array_agg(" \
	"i.inhparent::regclass::text ORDER BY i.inhseqno) FROM pg_inherits i " \
	"WHERE i.inhrelid = c.oid) END AS inherits, " \
	"CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END " \
	"AS \"of-type\", nullif(" METHOD("c.relam") ", 'heap') AS " \
	"\"access-method\", " TABLESPACE("c.reltablespace") ", " \
	OPTIONS("c.reloptions || (SELECT array_agg('toast.' || x) FROM " \
		"pg_class tc, unnest(tc.reloptions) x WHERE tc.oid = " \
		"c.reltoastrelid)") " AS option, " \
	"c.relrowsecurity AS \"row-security\", " \
	"c.relforcerowsecurity AS \"force-row-security\", " \
	"CASE WHEN c.relkind = 'f' THEN NULL WHEN c.relreplident = 'f' THEN " \
	"'full' WHEN c.relreplident = 'n' THEN 'nothing' END AS " \
	"\"replica-identity\"" columns \
	CLASS_FROM "JOIN pg_type tt ON tt.oid = c.reltype " from \
	"WHERE " where " AND " CLASS_WHERE

static const char q_table[] =
	TABLE("", "", "c.relkind IN ('r', 'p')");
static const char q_foreign_table[] =
	TABLE(", quote_ident(fs.srvname) AS server, "
	      SERVER_OPTIONS("ft.ftoptions") " AS \"server-option\"",
	      "JOIN pg_foreign_table ft ON ft.ftrelid = c.oid "
	      "JOIN pg_foreign_server fs ON fs.oid = ft.ftserver ",
	      "c.relkind = 'f'");

/* Those of an identity's sequence that are not what it has by default. */
#define IDENTITY_OPTIONS \
	"(SELECT array_remove(ARRAY[CASE WHEN sc.relname <> c.relname || '_' " \
	"|| a.attname || '_seq' OR sc.relnamespace <> c.relnamespace THEN " \
	"'SEQUENCE NAME ' || sc.oid::regclass::text END, " \
	"CASE WHEN s.seqincrement <> 1 THEN 'INCREMENT BY ' || " \
	"s.seqincrement END, CASE WHEN s.seqmin <> 1 THEN 'MINVALUE ' || " \
	"s.seqmin END, CASE WHEN s.seqmax <> CASE s.seqtypid WHEN 21 THEN " \
	"32767 WHEN 23 THEN 2147483647 ELSE 9223372036854775807 END THEN " \
	"'MAXVALUE ' || s.seqmax END, CASE WHEN s.seqstart <> s.seqmin THEN " \
	"'START WITH ' || s.seqstart END, CASE WHEN s.seqcache <> 1 THEN " \
	"'CACHE ' || s.seqcache END, CASE WHEN s.seqcycle THEN 'CYCLE' END], " \
	"NULL) FROM pg_depend sd JOIN pg_class sc ON sc.oid = sd.objid JOIN " \
	"pg_sequence s ON s.seqrelid = sc.oid WHERE sd.refclassid = 1259 AND " \
	"sd.refobjid = c.oid AND sd.refobjsubid = a.attnum AND sd.classid = " \
	"1259 AND sd.deptype = 'i' LIMIT 1)"

/* Of that sequence; its owner is the table's. */
#define IDENTITY_GRANTS \
	"(SELECT " GRANTS_LIST("sc.relacl", \
		"acldefault('s', sc.relowner)", "sc.relowner") \
	" FROM pg_depend sd JOIN pg_class sc ON sc.oid = sd.objid AND " \
	"sc.relkind = 'S' WHERE sd.refclassid = 1259 AND sd.refobjid = c.oid " \
	"AND sd.refobjsubid = a.attnum AND sd.classid = 1259 AND sd.deptype " \
	"= 'i' LIMIT 1)"

static const char q_column[] =
	"SELECT a.attrelid AS oid, a.attrelid AS parent, a.attnum AS sub, "
	"ad.oid AS \"default-oid\", a.attname AS name, "
	COMMENT("1259", "c.oid", "a.attnum") ", "
	GRANTS("a.attacl", "c", "c.relowner") ", "
	"format_type(a.atttypid, a.atttypmod) AS type, "
	"CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0 "
	"THEN " COLLATION("a.attcollation") " END AS collate, "
	"a.attnotnull AS \"not-null\", "
	"CASE WHEN a.attgenerated = '' THEN pg_get_expr(ad.adbin, "
	"ad.adrelid) END AS \"default\", "
	"CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN "
	"'by default' END AS identity, "
	"CASE WHEN a.attidentity <> '' THEN " IDENTITY_OPTIONS
	" END AS sequence, CASE WHEN a.attidentity <> '' THEN "
	IDENTITY_GRANTS " END AS \"sequence-grant\", "
	"CASE WHEN a.attgenerated <> '' THEN pg_get_expr(ad.adbin, "
	"ad.adrelid) END AS generated, "
	"CASE WHEN c.relkind IN ('r', 'p', 'm') AND a.attstorage <> "
	"t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' "
	"THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END END AS "
	"storage, {14:CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' "
	"THEN 'lz4' END|NULL} AS compression, "
	"nullif(a.attstattarget, -1) AS statistics, "
	OPTIONS("a.attoptions") " AS option, "
	SERVER_OPTIONS("a.attfdwoptions") " AS \"server-option\", "
	"NOT a.attislocal AS inherited "
	"FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
	"JOIN pg_namespace n ON n.oid = c.relnamespace "
	"JOIN pg_type t ON t.oid = a.atttypid "
	"LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = "
	"a.attnum WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN "
	"('r', 'p', 'f', 'v', 'm', 'c') AND " USER_SCHEMA("n")
	" ORDER BY a.attrelid, a.attnum";

#define KEY(type) \
	"SELECT k.oid, k.conrelid AS parent, k.conindid AS relation, " \
	"k.conname AS name, " COMMENT("2606", "k.oid", "0") ", " \
	ATTNAMES("k.conrelid", "i.indkey", "0", "i.indnkeyatts") " AS key, " \
	ATTNAMES("k.conrelid", "i.indkey", "i.indnkeyatts", "i.indnatts") \
	" AS include, {15:i.indnullsnotdistinct|false} AS " \
	"\"nulls-not-distinct\", k.condeferrable AS deferrable, " \
	"k.condeferred AS \"initially-deferred\", " \
	OPTIONS("c.reloptions") " AS option, " \
	TABLESPACE("c.reltablespace") ", i.indisclustered AS clustered, " \
	"i.indisreplident AS \"replica-identity\", " \
	"c.relkind = 'I' AND NOT i.indisvalid AS only, " \
	"(SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE " \
	"h.inhrelid = k.conindid) AS \"partition-of\", " \
	"(SELECT d.description FROM pg_description d WHERE d.classoid = 1259 " \
	"AND d.objoid = k.conindid AND d.objsubid = 0) AS " \
	"\"index-comment\", " \
	"k.coninhcount > 0 AND NOT k.conislocal AS inherited " \
	"FROM pg_constraint k JOIN pg_index i ON i.indexrelid = k.conindid " \
	"JOIN pg_class c ON c.oid = k.conindid WHERE k.contype = '" type "'"

static const char q_primary_key[] = KEY("p");
static const char q_unique[] = KEY("u");

static const char q_exclusion[] =
	"SELECT k.oid, k.conrelid AS parent, k.conindid AS relation, "
	"k.conname AS name, " COMMENT("2606", "k.oid", "0") ", "
	"substring(pg_get_constraintdef(k.oid) FROM "
	"'^EXCLUDE (.*?)(?: DEFERRABLE)?(?: INITIALLY DEFERRED)?$') AS "
	"definition, k.condeferrable AS deferrable, "
	"k.condeferred AS \"initially-deferred\", "
	TABLESPACE("c.reltablespace") ", i.indisclustered AS clustered, "
	"k.coninhcount > 0 AND NOT k.conislocal AS inherited "
	"FROM pg_constraint k JOIN pg_index i ON i.indexrelid = k.conindid "
	"JOIN pg_class c ON c.oid = k.conindid WHERE k.contype = 'x'";

static const char q_check[] =
	"SELECT k.oid, k.conrelid AS parent, k.conname AS name, "
	COMMENT("2606", "k.oid", "0") ", "
	"pg_get_expr(k.conbin, k.conrelid) AS expression, "
	"k.connoinherit AS \"no-inherit\", "
	"NOT k.convalidated AS \"not-valid\", "
	"NOT k.conislocal AS inherited "
	"FROM pg_constraint k WHERE k.contype = 'c' AND k.conrelid <> 0";

#define ACTION(c) \
	"CASE " c " WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade' " \
	"WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default' END"
/* The second constraint of one that points at a partitioned table is the
 * server's business. */
static const char q_foreign_key[] =
	"SELECT k.oid, k.conrelid AS parent, k.conname AS name, "
	COMMENT("2606", "k.oid", "0") ", "
	ATTNAMES("k.conrelid", "k.conkey", "0", "99") " AS \"column-name\", "
	"k.confrelid::regclass::text AS \"references\", "
	ATTNAMES("k.confrelid", "k.confkey", "0", "99") " AS key, "
	"CASE k.confmatchtype WHEN 'f' THEN 'full' END AS match, "
	ACTION("k.confdeltype") " AS \"on-delete\", "
	ACTION("k.confupdtype") " AS \"on-update\", "
	"{15:" ATTNAMES("k.conrelid", "k.confdelsetcols", "0", "99")
	"|NULL::text[]} AS sets, k.condeferrable AS deferrable, "
	"k.condeferred AS \"initially-deferred\", "
	"NOT k.convalidated AS \"not-valid\", "
	"k.conparentid <> 0 AS inherited "
	"FROM pg_constraint k LEFT JOIN pg_constraint pk ON pk.oid = "
	"k.conparentid WHERE k.contype = 'f' AND pk.conrelid IS DISTINCT FROM "
	"k.conrelid";

/* "key" is the whole definition, from which the terms are taken. */
static const char q_index[] =
	"SELECT c.oid, i.indrelid AS parent, c.relname AS name, "
	COMMENT("1259", "c.oid", "0") ", i.indisunique AS \"unique\", "
	METHOD("c.relam") " AS method, pg_get_indexdef(c.oid) AS key, "
	ATTNAMES("i.indrelid", "i.indkey", "i.indnkeyatts", "i.indnatts")
	" AS include, {15:i.indnullsnotdistinct|false} AS "
	"\"nulls-not-distinct\", " OPTIONS("c.reloptions") " AS option, "
	TABLESPACE("c.reltablespace") ", "
	"pg_get_expr(i.indpred, i.indrelid) AS \"where\", "
	"i.indisclustered AS clustered, "
	"i.indisreplident AS \"replica-identity\", "
	"c.relkind = 'I' AND NOT i.indisvalid AS only, "
	"(SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE "
	"h.inhrelid = c.oid) AS \"partition-of\", "
	"(SELECT array_agg(ia.attnum || ' ' || ia.attstattarget ORDER BY "
	"ia.attnum) FROM pg_attribute ia WHERE ia.attrelid = c.oid AND "
	"ia.attstattarget >= 0) AS statistics "
	"FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
	"JOIN pg_namespace n ON n.oid = c.relnamespace "
	"WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = "
	"c.oid AND k.contype IN ('p', 'u', 'x')) AND " USER_SCHEMA("n");

#define VIEW(kind, columns) \
	CLASS_HEAD ", c.reltype AS type, " \
	GRANTS("c.relacl", "r", "c.relowner") ", " \
	"(SELECT r.oid FROM pg_rewrite r WHERE r.ev_class = c.oid AND " \
	"r.rulename = '_RETURN') AS rule, " \
	"rtrim(pg_get_viewdef(c.oid), ';') AS \"as\", " \
	OPTIONS("c.reloptions") " AS option" columns \
	CLASS_FROM "WHERE c.relkind = '" kind "' AND " CLASS_WHERE

static const char q_view[] = VIEW("v", "");
static const char q_matview[] =
	VIEW("m", ", nullif(" METHOD("c.relam") ", 'heap') AS "
	     "\"access-method\", " TABLESPACE("c.reltablespace") ", "
	     "NOT c.relispopulated AS \"no-data\"");

#define ENABLED(c) \
	"CASE " c " WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' " \
	"WHEN 'A' THEN 'always' END AS enabled"

static const char q_rule[] =
	"SELECT r.oid, r.ev_class AS parent, r.rulename AS name, "
	COMMENT("2618", "r.oid", "0") ", "
	"rtrim(ltrim(substr(pg_get_ruledef(r.oid), length(format("
	"'CREATE RULE %I AS', r.rulename)) + 1), E' \\n'), ';') AS definition, "
	ENABLED("r.ev_enabled") " "
	"FROM pg_rewrite r WHERE r.rulename <> '_RETURN' AND r.oid >= 16384";

static const char q_trigger[] =
	"SELECT t.oid, t.tgrelid AS parent, t.tgname AS name, "
	COMMENT("2620", "t.oid", "0") ", "
	"t.tgconstraint <> 0 AS \"constraint\", "
	"substr(pg_get_triggerdef(t.oid), length(format(CASE WHEN "
	"t.tgconstraint <> 0 THEN 'CREATE CONSTRAINT TRIGGER %I ' ELSE "
	"'CREATE TRIGGER %I ' END, t.tgname)) + 1) AS definition, "
	ENABLED("t.tgenabled") ", t.tgparentid <> 0 AS inherited "
	"FROM pg_trigger t WHERE NOT t.tgisinternal";

static const char q_policy[] =
	"SELECT p.oid, p.polrelid AS parent, p.polname AS name, "
	COMMENT("3256", "p.oid", "0") ", "
	"NOT p.polpermissive AS restrictive, "
	"CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' "
	"THEN 'update' WHEN 'd' THEN 'delete' END AS command, "
	"CASE WHEN p.polroles <> '{0}' THEN (SELECT array_agg(CASE WHEN r = 0 "
	"THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END ORDER BY 1) "
	"FROM unnest(p.polroles) r) END AS role, "
	"pg_get_expr(p.polqual, p.polrelid) AS using, "
	"pg_get_expr(p.polwithcheck, p.polrelid) AS \"check\" "
	"FROM pg_policy p";

const struct pg_query pg_queries[] = {
	{ &pg_kind_namespace, CLASS_NAMESPACE, 0, q_namespace },
	{ &pg_kind_extension, CLASS_EXTENSION, 0, q_extension },
	{ &pg_kind_enum, CLASS_TYPE, 0, q_enum },
	{ &pg_kind_domain, CLASS_TYPE, 0, q_domain },
	{ &pg_kind_composite, CLASS_TYPE, 0, q_composite },
	{ &pg_kind_range, CLASS_TYPE, 0, q_range },
	{ &pg_kind_sequence, CLASS_RELATION, 0, q_sequence },
	{ &pg_kind_function, CLASS_ROUTINE, 0, q_function },
	{ &pg_kind_procedure, CLASS_ROUTINE, 0, q_procedure },
	{ &pg_kind_table, CLASS_RELATION, 0, q_table },
	{ &pg_kind_foreign_table, CLASS_RELATION, 0, q_foreign_table },
	{ &pg_kind_view, CLASS_RELATION, 0, q_view },
	{ &pg_kind_matview, CLASS_RELATION, 0, q_matview },
	/* parts, behind what they are of */
	{ &pg_kind_check, CLASS_CONSTRAINT, CLASS_TYPE, q_domain_check },
	{ &pg_kind_column, CLASS_RELATION, CLASS_RELATION, q_column },
	{ &pg_kind_primary_key, CLASS_CONSTRAINT, CLASS_RELATION,
	  q_primary_key },
	{ &pg_kind_unique, CLASS_CONSTRAINT, CLASS_RELATION, q_unique },
	{ &pg_kind_exclusion, CLASS_CONSTRAINT, CLASS_RELATION,
	  q_exclusion },
	{ &pg_kind_check, CLASS_CONSTRAINT, CLASS_RELATION, q_check },
	{ &pg_kind_foreign_key, CLASS_CONSTRAINT, CLASS_RELATION,
	  q_foreign_key },
	{ &pg_kind_index, CLASS_RELATION, CLASS_RELATION, q_index },
	{ &pg_kind_rule, CLASS_REWRITE, CLASS_RELATION, q_rule },
	{ &pg_kind_trigger, CLASS_TRIGGER, CLASS_RELATION, q_trigger },
	{ &pg_kind_policy, CLASS_POLICY, CLASS_RELATION, q_policy },
};
const size_t pg_queries_n = ARRAY_LEN(pg_queries);

/* What is pinned has no rows; partitions' indexes are the parents' (P, S). */
const char pg_depend_query[] =
	"SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid, "
	"deptype FROM pg_depend WHERE objid >= 16384 AND refobjid >= 16384 "
	"AND deptype IN ('n', 'a', 'i', 'e', 'x') "
	"UNION ALL SELECT 1259, i.inhrelid, 0, 1259, i.inhparent, 0, 'n' "
	"FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE "
	"c.relkind IN ('r', 'p', 'f')";
