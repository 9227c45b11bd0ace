/*
 * What queries of several kinds have in common: pieces of their text.
 */
#ifndef ENGINE_POSTGRES_QUERIES_H
#define ENGINE_POSTGRES_QUERIES_H

/* System and temporary schemas, and schemastore's own. */
#define USER_SCHEMA(n) \
	n ".nspname !~ '^pg_' AND " n ".nspname <> 'information_schema' " \
	"AND " n ".nspname <> 'schemastore'"

/* What an extension has made is the extension's. */
#define NO_MEMBER(class, oid) \
	"NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = " class \
	" AND e.objid = " oid " AND e.deptype = 'e')"

#define COMMENT(class, oid, sub) \
	"(SELECT d.description FROM pg_description d WHERE d.classoid = " \
	class " AND d.objoid = " oid " AND d.objsubid = " sub \
	") AS comment"

/* The difference between an ACL and the one that an owner begins with. */
#define EXPLODED(acl) \
	"(SELECT grantee, privilege_type, bool_or(is_grantable) AS opt " \
	"FROM aclexplode(" acl ") GROUP BY 1, 2)"
#define GRANTS_LIST(acl, base, owner) \
	"CASE WHEN " acl " IS NOT NULL THEN " \
	"(SELECT array_agg(g ORDER BY g) FROM (SELECT " \
	"CASE WHEN x.there THEN '' ELSE 'REVOKE ' END || " \
	"string_agg(x.p, ', ' ORDER BY x.p) || " \
	"CASE WHEN x.there THEN ' TO ' ELSE ' FROM ' END || x.who || " \
	"CASE WHEN x.opt THEN ' WITH GRANT OPTION' ELSE '' END AS g FROM (" \
	"SELECT coalesce(a.privilege_type, b.privilege_type) AS p, " \
	"a.grantee IS NOT NULL AS there, coalesce(a.opt, false) AS opt, " \
	"CASE coalesce(a.grantee, b.grantee) WHEN 0 THEN 'PUBLIC' WHEN " \
	owner " THEN 'OWNER' ELSE quote_ident(pg_get_userbyid(" \
	"coalesce(a.grantee, b.grantee))) END AS who " \
	"FROM " EXPLODED(acl) " a FULL JOIN " EXPLODED(base) \
	" b USING (grantee, privilege_type) WHERE a.grantee IS NULL OR " \
	"b.grantee IS NULL OR a.opt <> b.opt) x GROUP BY x.there, x.who, " \
	"x.opt) y) END"
#define GRANTS_BESIDE(acl, base, owner) \
	GRANTS_LIST(acl, base, owner) " AS \"grant\""
#define GRANTS(acl, type, owner) \
	GRANTS_BESIDE(acl, "acldefault('" type "', " owner ")", owner)

/* toast.x is two names. */
#define OPTIONS(of) \
	"(SELECT array_agg(CASE WHEN o.option_name ~ '^toast[.][a-z_]+$' " \
	"THEN o.option_name ELSE quote_ident(o.option_name) END || '=' || " \
	"quote_literal(o.option_value) ORDER BY o.option_name) " \
	"FROM pg_options_to_table(" of ") o)"
/* As CREATE SERVER and its like want them. */
#define SERVER_OPTIONS(of) \
	"(SELECT array_agg(quote_ident(o.option_name) || ' ' || " \
	"quote_literal(o.option_value) ORDER BY o.option_name) " \
	"FROM pg_options_to_table(" of ") o)"

#define COLLATION(oid) \
	"(SELECT format('%I.%I', cn.nspname, co.collname) " \
	"FROM pg_collation co JOIN pg_namespace cn ON cn.oid = " \
	"co.collnamespace WHERE co.oid = " oid ")"
#define TABLESPACE(oid) \
	"(SELECT quote_ident(ts.spcname) FROM pg_tablespace ts WHERE " \
	"ts.oid = " oid ") AS tablespace"
#define METHOD(oid) \
	"(SELECT am.amname FROM pg_am am WHERE am.oid = " oid ")"
#define ATTNAMES(rel, keys, from, to) \
	"(SELECT array_agg(ka.attname ORDER BY ku.i) FROM unnest((" keys \
	")::int2[]) WITH ORDINALITY ku(n, i) JOIN pg_attribute ka ON " \
	"ka.attrelid = " rel " AND ka.attnum = ku.n WHERE ku.i > " from \
	" AND ku.i <= " to ")"

#endif
