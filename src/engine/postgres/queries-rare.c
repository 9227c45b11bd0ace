/*
 * What is asked of the catalog for the kinds that few schemas have; as in
 * queries.c.  What is made of several rows is put together by the server, as
 * pg_dump would print it.
 */
#include "config.h"

#include "engine/postgres/queries.h"

#include "engine/postgres/postgres.h"

/* With a schema of their own, whose names are schema.name. */
#define IN_SCHEMA(name, class) \
	"SELECT x.oid, format('%I.%I', n.nspname, x." name ") AS name, " \
	COMMENT(class, "x.oid", "0")
#define OF_SCHEMA(table, namespace, class) \
	" FROM " table " x JOIN pg_namespace n ON n.oid = x." namespace \
	" WHERE " USER_SCHEMA("n") " AND " NO_MEMBER(class, "x.oid")
/* Without. */
#define ALONE(name, class) \
	"SELECT x.oid, quote_ident(x." name ") AS name, " \
	COMMENT(class, "x.oid", "0")
#define OF_ALL(table, class) \
	" FROM " table " x WHERE " NO_MEMBER(class, "x.oid")

/* A function's name where there is one. */
#define FUNCTION(oid) "nullif(" oid "::regproc::text, '-')"
/* An operator's without its types. */
#define OPERATOR(oid) \
	"(SELECT format('%I.%s', rn.nspname, r.oprname) FROM pg_operator r " \
	"JOIN pg_namespace rn ON rn.oid = r.oprnamespace WHERE r.oid = " oid \
	")"
#define TYPE(oid) "format_type(" oid ", NULL)"

static const char q_language[] = ALONE("lanname", "2612") ", "
	GRANTS("x.lanacl", "l", "x.lanowner") ", "
	"x.lanpltrusted AS trusted, "
	FUNCTION("x.lanplcallfoid") " AS handler, "
	FUNCTION("x.laninline") " AS inline, "
	FUNCTION("x.lanvalidator") " AS validator"
	OF_ALL("pg_language", "2612") " AND x.lanispl";

/* What the majors call a locale that is not libc's is several. */
static const char q_collation[] = IN_SCHEMA("collname", "3456") ", "
	"CASE x.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' "
	"ELSE 'libc' END AS provider, CASE WHEN x.collprovider <> 'c' THEN "
	"coalesce(to_jsonb(x) ->> 'colllocale', to_jsonb(x) ->> "
	"'colliculocale', x.collcollate::text) WHEN x.collcollate = "
	"x.collctype THEN x.collcollate::text END AS locale, "
	"CASE WHEN x.collprovider = 'c' AND x.collcollate <> x.collctype THEN "
	"x.collcollate::text END AS \"lc-collate\", "
	"CASE WHEN x.collprovider = 'c' AND x.collcollate <> x.collctype THEN "
	"x.collctype::text END AS \"lc-ctype\", "
	"to_jsonb(x) ->> 'collicurules' AS rules, "
	"NOT x.collisdeterministic AS nondeterministic"
	OF_SCHEMA("pg_collation", "collnamespace", "3456");

/* Not an array, which is its element's. */
#define BASE_TYPE \
	" AND x.typtype IN ('b', 'p') AND NOT EXISTS (SELECT FROM pg_type el " \
	"WHERE el.typarray = x.oid)"

static const char q_base_type[] = IN_SCHEMA("typname", "1247") ", "
	"nullif(x.typarray, 0) AS \"array\", "
	GRANTS("x.typacl", "T", "x.typowner")
	OF_SCHEMA("pg_type", "typnamespace", "1247") BASE_TYPE;

static const char q_definition[] =
	"SELECT x.oid, x.oid AS parent, nullif(x.typarray, 0) AS \"array\", "
	"'base' AS name, " FUNCTION("x.typinput") " AS input, "
	FUNCTION("x.typoutput") " AS output, "
	FUNCTION("x.typreceive") " AS receive, "
	FUNCTION("x.typsend") " AS send, "
	FUNCTION("x.typmodin") " AS \"typmod-in\", "
	FUNCTION("x.typmodout") " AS \"typmod-out\", "
	FUNCTION("x.typanalyze") " AS \"analyze\", "
	"{14:" FUNCTION("x.typsubscript") "|NULL} AS subscript, "
	"CASE WHEN x.typlen < 0 THEN 'variable' ELSE x.typlen::text END AS "
	"length, x.typbyval AS \"by-value\", CASE x.typalign WHEN 'c' THEN "
	"'char' WHEN 's' THEN 'int2' WHEN 'i' THEN 'int4' ELSE 'double' END "
	"AS alignment, CASE x.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN "
	"'external' WHEN 'x' THEN 'extended' ELSE 'main' END AS storage, "
	"nullif(x.typcategory, 'U') AS category, x.typispreferred AS "
	"preferred, x.typdefault AS \"default\", CASE WHEN x.typelem <> 0 "
	"THEN " TYPE("x.typelem") " END AS element, "
	"nullif(x.typdelim, ',') AS delimiter, "
	"x.typcollation <> 0 AS collatable"
	OF_SCHEMA("pg_type", "typnamespace", "1247") BASE_TYPE
	" AND x.typisdefined";

#define PART(word, value) "CASE WHEN " value " THEN '" word "' END"
#define VALUE(word, where, value) \
	"CASE WHEN " where " THEN '" word " = ' || " value " END"
#define AGG_FUNCTION(word, column) \
	VALUE(word, "g." column " <> 0", "g." column "::text")
#define AGG_MODIFY(word, column) \
	VALUE(word, "g." column " <> CASE g.aggkind WHEN 'n' THEN 'r' ELSE " \
	      "'w' END::\"char\"", "CASE g." column " WHEN 'r' THEN " \
	      "'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END")

static const char q_aggregate[] =
	"SELECT x.oid, format('%I.%I(%s)', n.nspname, x.proname, "
	"oidvectortypes(x.proargtypes)) AS name, "
	COMMENT("1255", "x.oid", "0") ", "
	GRANTS("x.proacl", "f", "x.proowner") ", "
	"pg_get_function_arguments(x.oid) AS arguments, "
	"pg_get_function_result(x.oid) AS returns, concat_ws(', ', "
	"'SFUNC = ' || g.aggtransfn, "
	"'STYPE = ' || " TYPE("g.aggtranstype") ", "
	VALUE("SSPACE", "g.aggtransspace <> 0", "g.aggtransspace") ", "
	"'INITCOND = ' || quote_literal(g.agginitval), "
	AGG_FUNCTION("FINALFUNC", "aggfinalfn") ", "
	PART("FINALFUNC_EXTRA", "g.aggfinalextra") ", "
	AGG_MODIFY("FINALFUNC_MODIFY", "aggfinalmodify") ", "
	AGG_FUNCTION("COMBINEFUNC", "aggcombinefn") ", "
	AGG_FUNCTION("SERIALFUNC", "aggserialfn") ", "
	AGG_FUNCTION("DESERIALFUNC", "aggdeserialfn") ", "
	AGG_FUNCTION("MSFUNC", "aggmtransfn") ", "
	AGG_FUNCTION("MINVFUNC", "aggminvtransfn") ", "
	VALUE("MSTYPE", "g.aggmtranstype <> 0", TYPE("g.aggmtranstype")) ", "
	VALUE("MSSPACE", "g.aggmtransspace <> 0", "g.aggmtransspace") ", "
	"'MINITCOND = ' || quote_literal(g.aggminitval), "
	AGG_FUNCTION("MFINALFUNC", "aggmfinalfn") ", "
	PART("MFINALFUNC_EXTRA", "g.aggmfinalextra") ", "
	AGG_MODIFY("MFINALFUNC_MODIFY", "aggmfinalmodify") ", "
	VALUE("SORTOP", "g.aggsortop <> 0", "'OPERATOR(' || "
	      OPERATOR("g.aggsortop") " || ')'") ", "
	"CASE x.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN "
	"'PARALLEL = RESTRICTED' END, "
	PART("HYPOTHETICAL", "g.aggkind = 'h'") ") AS definition"
	" FROM pg_aggregate g JOIN pg_proc x ON x.oid = g.aggfnoid "
	"JOIN pg_namespace n ON n.oid = x.pronamespace WHERE "
	USER_SCHEMA("n") " AND " NO_MEMBER("1255", "x.oid");

/* A shell, which another's commutator has left, is none. */
static const char q_operator[] =
	"SELECT x.oid, format('%I.%s(%s, %s)', n.nspname, x.oprname, "
	"CASE WHEN x.oprleft = 0 THEN 'NONE' ELSE " TYPE("x.oprleft") " END, "
	TYPE("x.oprright") ") AS name, " COMMENT("2617", "x.oid", "0") ", "
	"x.oprcode::text AS function, "
	"CASE WHEN x.oprleft <> 0 THEN " TYPE("x.oprleft") " END AS left, "
	TYPE("x.oprright") " AS right, "
	OPERATOR("x.oprcom") " AS commutator, "
	OPERATOR("x.oprnegate") " AS negator, "
	"nullif(x.oprrest::text, '-') AS restrict, "
	"nullif(x.oprjoin::text, '-') AS join, x.oprcanhash AS hashes, "
	"x.oprcanmerge AS merges"
	OF_SCHEMA("pg_operator", "oprnamespace", "2617")
	" AND x.oprcode <> 0 AND x.oprright <> 0";

/* The operators and functions that hang on `object` of `class`. */
#define ITEMS(class, object) \
	"(SELECT array_agg(i.t ORDER BY i.w, i.n, i.t) FROM (" \
	"SELECT 1 AS w, o.amopstrategy AS n, format('OPERATOR %s %s%s', " \
	"o.amopstrategy, o.amopopr::regoperator, CASE WHEN o.amopsortfamily " \
	"<> 0 THEN (SELECT format(' FOR ORDER BY %I.%I', fn.nspname, " \
	"f.opfname) FROM pg_opfamily f JOIN pg_namespace fn ON fn.oid = " \
	"f.opfnamespace WHERE f.oid = o.amopsortfamily) END) AS t " \
	"FROM pg_depend d JOIN pg_amop o ON o.oid = d.objid " \
	"WHERE d.classid = 2602 AND d.refclassid = " class \
	" AND d.refobjid = " object " UNION ALL " \
	"SELECT 2, p.amprocnum, format('FUNCTION %s (%s, %s) %s', " \
	"p.amprocnum, " TYPE("p.amproclefttype") ", " \
	TYPE("p.amprocrighttype") ", p.amproc::regprocedure) " \
	"FROM pg_depend d JOIN pg_amproc p ON p.oid = d.objid " \
	"WHERE d.classid = 2603 AND d.refclassid = " class \
	" AND d.refobjid = " object ") i) AS item"

#define OP_METHOD(name, class, method) \
	"SELECT x.oid, format('%I.%I USING %I', n.nspname, x." name \
	", " METHOD(method) ") AS name, " COMMENT(class, "x.oid", "0")

static const char q_operator_family[] =
	OP_METHOD("opfname", "2753", "x.opfmethod") ", "
	ITEMS("2753", "x.oid")
	OF_SCHEMA("pg_opfamily", "opfnamespace", "2753");

static const char q_operator_class[] =
	OP_METHOD("opcname", "2616", "x.opcmethod") ", "
	"x.opcdefault AS default, " TYPE("x.opcintype") " AS type, "
	"(SELECT format('%I.%I', fn.nspname, f.opfname) FROM pg_opfamily f "
	"JOIN pg_namespace fn ON fn.oid = f.opfnamespace WHERE f.oid = "
	"x.opcfamily AND (f.opfname <> x.opcname OR f.opfnamespace <> "
	"x.opcnamespace)) AS family, "
	"CASE WHEN x.opckeytype <> 0 THEN " TYPE("x.opckeytype") " END AS "
	"storage, " ITEMS("2616", "x.oid")
	OF_SCHEMA("pg_opclass", "opcnamespace", "2616");

/* Those of a range type and its multirange belong to the type. */
static const char q_cast[] =
	"SELECT x.oid, format('%s AS %s', " TYPE("x.castsource") ", "
	TYPE("x.casttarget") ") AS name, " COMMENT("2605", "x.oid", "0") ", "
	"nullif(x.castfunc::regprocedure::text, '-') AS function, "
	"x.castmethod = 'i' AS \"in-out\", CASE x.castcontext WHEN 'a' THEN "
	"'assignment' WHEN 'i' THEN 'implicit' END AS context"
	OF_ALL("pg_cast", "2605") " AND x.oid >= 16384 AND NOT EXISTS ("
	"SELECT FROM pg_depend i WHERE i.classid = 2605 AND i.objid = x.oid "
	"AND i.deptype = 'i')";

static const char q_conversion[] = IN_SCHEMA("conname", "2607") ", "
	"x.condefault AS default, "
	"pg_encoding_to_char(x.conforencoding) AS from, "
	"pg_encoding_to_char(x.contoencoding) AS to, "
	"x.conproc::text AS function"
	OF_SCHEMA("pg_conversion", "connamespace", "2607");

static const char q_access_method[] = ALONE("amname", "2601") ", "
	"CASE x.amtype WHEN 't' THEN 'table' ELSE 'index' END AS type, "
	"x.amhandler::text AS handler"
	OF_ALL("pg_am", "2601") " AND x.oid >= 16384";

static const char q_wrapper[] = ALONE("fdwname", "2328") ", "
	GRANTS("x.fdwacl", "F", "x.fdwowner") ", "
	FUNCTION("x.fdwhandler") " AS handler, "
	FUNCTION("x.fdwvalidator") " AS validator, "
	SERVER_OPTIONS("x.fdwoptions") " AS option"
	OF_ALL("pg_foreign_data_wrapper", "2328");

static const char q_server[] = ALONE("srvname", "1417") ", "
	GRANTS("x.srvacl", "S", "x.srvowner") ", "
	"(SELECT quote_ident(w.fdwname) FROM pg_foreign_data_wrapper w WHERE "
	"w.oid = x.srvfdw) AS wrapper, x.srvtype AS type, "
	"x.srvversion AS version, "
	SERVER_OPTIONS("x.srvoptions") " AS option"
	OF_ALL("pg_foreign_server", "1417");

/* The table itself is not for everybody to read. */
static const char q_user_mapping[] =
	"SELECT x.umid AS oid, format('%s SERVER %I', CASE WHEN x.umuser = 0 "
	"THEN 'PUBLIC' ELSE quote_ident(x.usename) END, x.srvname) AS name, "
	SERVER_OPTIONS("x.umoptions") " AS option FROM pg_user_mappings x "
	"WHERE " NO_MEMBER("1418", "x.umid");

static const char q_ts_parser[] = IN_SCHEMA("prsname", "3601") ", "
	"x.prsstart::text AS start, x.prstoken::text AS gettoken, "
	"x.prsend::text AS end, nullif(x.prsheadline::text, '-') AS headline, "
	"x.prslextype::text AS lextypes"
	OF_SCHEMA("pg_ts_parser", "prsnamespace", "3601");

static const char q_ts_template[] =
	IN_SCHEMA("tmplname", "3764") ", "
	"nullif(x.tmplinit::text, '-') AS init, x.tmpllexize::text AS lexize"
	OF_SCHEMA("pg_ts_template", "tmplnamespace", "3764");

static const char q_ts_dictionary[] =
	IN_SCHEMA("dictname", "3600") ", "
	"(SELECT format('%I.%I', tn.nspname, t.tmplname) FROM pg_ts_template t "
	"JOIN pg_namespace tn ON tn.oid = t.tmplnamespace WHERE t.oid = "
	"x.dicttemplate) AS template, x.dictinitoption AS options"
	OF_SCHEMA("pg_ts_dict", "dictnamespace", "3600");

static const char q_ts_configuration[] =
	IN_SCHEMA("cfgname", "3602") ", "
	"(SELECT format('%I.%I', pn.nspname, p.prsname) FROM pg_ts_parser p "
	"JOIN pg_namespace pn ON pn.oid = p.prsnamespace WHERE p.oid = "
	"x.cfgparser) AS parser, (SELECT array_agg(m.t ORDER BY m.t) FROM ("
	"SELECT quote_ident(k.alias) || ' WITH ' || string_agg("
	"c.mapdict::regdictionary::text, ', ' ORDER BY c.mapseqno) AS t FROM "
	"pg_ts_config_map c JOIN ts_token_type(x.cfgparser) k ON k.tokid = "
	"c.maptokentype WHERE c.mapcfg = x.oid GROUP BY k.alias) m) AS mapping"
	OF_SCHEMA("pg_ts_config", "cfgnamespace", "3602");

/* What is printed of the whole lacks parentheses that keep it as it is. */
static const char q_statistics[] = IN_SCHEMA("stxname", "3381") ", "
	"concat_ws(' ', substring(substr(pg_get_statisticsobjdef(x.oid), "
	"length(format('CREATE STATISTICS %I.%I ', n.nspname, x.stxname)) + 1) "
	"FROM '^\\([a-z, ]+\\)'), 'ON', concat_ws(', ', (SELECT string_agg("
	"quote_ident(a.attname), ', ' ORDER BY k.o) FROM unnest(x.stxkeys) "
	"WITH ORDINALITY k (n, o) JOIN pg_attribute a ON a.attrelid = "
	"x.stxrelid AND a.attnum = k.n), {14:(SELECT string_agg(format("
	"'(%s)', e), ', ' ORDER BY o) FROM unnest("
	"pg_get_statisticsobjdef_expressions(x.oid)) WITH ORDINALITY e (e, "
	"o))|NULL}), 'FROM', x.stxrelid::regclass) AS definition, "
	"nullif(x.stxstattarget, -1) AS target"
	OF_SCHEMA("pg_statistic_ext", "stxnamespace", "3381");

static const char q_event_trigger[] = ALONE("evtname", "3466") ", "
	"x.evtevent AS event, x.evttags AS tag, "
	"x.evtfoid::regproc::text AS function, CASE x.evtenabled WHEN 'D' THEN "
	"'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END AS "
	"enabled" OF_ALL("pg_event_trigger", "3466");

/* Columns in parentheses, and rows WHERE, that are published of a table. */
#define PUBLISHED_COLUMNS \
	"(SELECT concat(' (', string_agg(quote_ident(a.attname), ', ' ORDER " \
	"BY a.attnum), ')') FROM pg_attribute a WHERE a.attrelid = r.prrelid " \
	"AND a.attnum = ANY (r.prattrs) HAVING count(*) > 0)"
#define PUBLISHED_ROWS \
	"(SELECT concat(' WHERE (', pg_get_expr(r.prqual, r.prrelid), ')') " \
	"WHERE r.prqual IS NOT NULL)"
#define PUBLISHES(c, word) "CASE WHEN x.pub" c " THEN '" word "' END"

static const char q_publication[] = ALONE("pubname", "6104") ", "
	"x.puballtables AS \"all-tables\", "
	"(SELECT array_agg(t.t ORDER BY t.t) FROM (SELECT concat("
	"r.prrelid::regclass::text, {15:" PUBLISHED_COLUMNS "|NULL}, {15:"
	PUBLISHED_ROWS "|NULL}) AS t FROM pg_publication_rel r WHERE "
	"r.prpubid = x.oid) t) AS \"table\", "
	"{15:(SELECT array_agg(quote_ident(n.nspname) ORDER BY n.nspname) "
	"FROM pg_publication_namespace pn JOIN pg_namespace n ON n.oid = "
	"pn.pnnspid WHERE pn.pnpubid = x.oid)|NULL::text[]} AS schema, "
	"nullif(concat_ws(', ', " PUBLISHES("insert", "insert") ", "
	PUBLISHES("update", "update") ", " PUBLISHES("delete", "delete") ", "
	PUBLISHES("truncate", "truncate") "), "
	"'insert, update, delete, truncate') AS publish, "
	"x.pubviaroot AS \"via-root\", CASE to_jsonb(x) ->> 'pubgencols' "
	"WHEN 's' THEN 'stored' END AS generated"
	OF_ALL("pg_publication", "6104");

static const char q_transform[] =
	"SELECT x.oid, format('%s LANGUAGE %I', " TYPE("x.trftype") ", "
	"(SELECT l.lanname FROM pg_language l WHERE l.oid = x.trflang)) AS "
	"name, " COMMENT("3576", "x.oid", "0") ", "
	"nullif(x.trffromsql::regprocedure::text, '-') AS \"from-sql\", "
	"nullif(x.trftosql::regprocedure::text, '-') AS \"to-sql\""
	OF_ALL("pg_transform", "3576");

/* A schema's add to what is there by default, the others are it. */
static const char q_default_privileges[] =
	"SELECT x.oid, concat_ws(' ', CASE WHEN x.defaclrole = "
	"current_user::regrole THEN 'OWNER' ELSE quote_ident("
	"pg_get_userbyid(x.defaclrole)) END, 'IN SCHEMA ' || quote_ident("
	"n.nspname), CASE x.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' "
	"THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' "
	"WHEN 'n' THEN 'SCHEMAS' WHEN 'L' THEN 'LARGE OBJECTS' END) AS name, "
	GRANTS_BESIDE("x.defaclacl", "CASE WHEN x.defaclnamespace = 0 THEN "
		"acldefault(CASE x.defaclobjtype WHEN 'S' THEN 's' ELSE "
		"x.defaclobjtype END, x.defaclrole) END",
		"x.defaclrole")
	" FROM pg_default_acl x LEFT JOIN pg_namespace n ON n.oid = "
	"x.defaclnamespace WHERE " NO_MEMBER("826", "x.oid");

/* One that is of a provider's, of an object of any kind. */
static const char q_label[] =
	"SELECT 0 AS oid, format('security label of %s on %s %s', x.provider, "
	"x.objtype, x.objname) AS name, 'security label' AS type, "
	"encode(sha256(convert_to(x.label, 'UTF8')), 'hex') AS row "
	"FROM pg_seclabels x WHERE EXISTS (SELECT FROM pg_seclabel) AND "
	"x.objtype NOT IN ('database', 'role', 'tablespace', 'large object')";

const struct pg_query pg_rare_queries[] = {
	{ &pg_kind_language, CLASS_LANGUAGE, 0, q_language },
	{ &pg_kind_collation, CLASS_COLLATION, 0, q_collation },
	{ &pg_kind_base_type, CLASS_TYPE, 0, q_base_type },
	{ &pg_kind_definition, CLASS_TYPE, CLASS_TYPE, q_definition },
	{ &pg_kind_aggregate, CLASS_ROUTINE, 0, q_aggregate },
	{ &pg_kind_operator, CLASS_OPERATOR, 0, q_operator },
	{ &pg_kind_operator_family, CLASS_OPFAMILY, 0, q_operator_family },
	{ &pg_kind_operator_class, CLASS_OPCLASS, 0, q_operator_class },
	{ &pg_kind_cast, CLASS_CAST, 0, q_cast },
	{ &pg_kind_conversion, CLASS_CONVERSION, 0, q_conversion },
	{ &pg_kind_access_method, CLASS_METHOD, 0, q_access_method },
	{ &pg_kind_wrapper, CLASS_WRAPPER, 0, q_wrapper },
	{ &pg_kind_server, CLASS_SERVER, 0, q_server },
	{ &pg_kind_user_mapping, CLASS_USER_MAPPING, 0, q_user_mapping },
	{ &pg_kind_ts_parser, CLASS_TS_PARSER, 0, q_ts_parser },
	{ &pg_kind_ts_template, CLASS_TS_TEMPLATE, 0, q_ts_template },
	{ &pg_kind_ts_dictionary, CLASS_TS_DICTIONARY, 0, q_ts_dictionary },
	{ &pg_kind_ts_configuration, CLASS_TS_CONFIGURATION, 0,
	  q_ts_configuration },
	{ &pg_kind_statistics, CLASS_STATISTICS, 0, q_statistics },
	{ &pg_kind_event_trigger, CLASS_EVENT_TRIGGER, 0, q_event_trigger },
	{ &pg_kind_publication, CLASS_PUBLICATION, 0, q_publication },
	{ &pg_kind_transform, CLASS_TRANSFORM, 0, q_transform },
	{ &pg_kind_default_privileges, CLASS_DEFAULT_ACL, 0,
	  q_default_privileges },
	{ &pg_kind_opaque, 0, 0, q_label },
};
const size_t pg_rare_queries_n = ARRAY_LEN(pg_rare_queries);
