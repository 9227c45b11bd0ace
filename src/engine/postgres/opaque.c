/*
 * What no kind claims: every object of a user's in the catalogs that no query
 * has named, by what pg_identify_object() calls it and a hash of its row and of
 * what it depends on.  So nothing that is there goes unseen, and a change of it
 * is refused by name.
 */
#include "config.h"

#include "engine/postgres/queries.h"

#include "engine/postgres/postgres.h"

/* A catalog's class, its name, the schema of a row x (NULL: none has one) and
 * which rows count. */
#define CATALOGS(C) \
	C("1247", "pg_type", "x.typnamespace", "true") \
	C("1255", "pg_proc", "x.pronamespace", "true") \
	C("1259", "pg_class", "x.relnamespace", "true") \
	C("2606", "pg_constraint", "x.connamespace", \
	  "x.contype NOT IN ('t', 'n')") \
	C("2604", "pg_attrdef", RELATION_SCHEMA("x.adrelid"), "true") \
	C("2618", "pg_rewrite", RELATION_SCHEMA("x.ev_class"), "true") \
	C("2620", "pg_trigger", RELATION_SCHEMA("x.tgrelid"), \
	  "NOT x.tgisinternal") \
	C("3256", "pg_policy", RELATION_SCHEMA("x.polrelid"), "true") \
	C("2617", "pg_operator", "x.oprnamespace", "x.oprcode <> 0") \
	C("2616", "pg_opclass", "x.opcnamespace", "true") \
	C("2753", "pg_opfamily", "x.opfnamespace", "true") \
	C("2605", "pg_cast", "NULL::oid", "true") \
	C("2607", "pg_conversion", "x.connamespace", "true") \
	C("3456", "pg_collation", "x.collnamespace", "true") \
	C("2612", "pg_language", "NULL::oid", "true") \
	C("2601", "pg_am", "NULL::oid", "true") \
	C("3601", "pg_ts_parser", "x.prsnamespace", "true") \
	C("3764", "pg_ts_template", "x.tmplnamespace", "true") \
	C("3600", "pg_ts_dict", "x.dictnamespace", "true") \
	C("3602", "pg_ts_config", "x.cfgnamespace", "true") \
	C("2328", "pg_foreign_data_wrapper", "NULL::oid", "true") \
	C("1417", "pg_foreign_server", "NULL::oid", "true") \
	C("3381", "pg_statistic_ext", "x.stxnamespace", "true") \
	C("3466", "pg_event_trigger", "NULL::oid", "true") \
	C("6104", "pg_publication", "NULL::oid", "true") \
	C("3576", "pg_transform", "NULL::oid", "true") \
	C("826", "pg_default_acl", "NULL::oid", "true") \
	C("2615", "pg_namespace", "x.oid", "true") \
	C("3079", "pg_extension", "NULL::oid", "x.extname <> 'plpgsql'") \
	C("6100", SUBSCRIPTIONS, "NULL::oid", "true")

#define RELATION_SCHEMA(oid) \
	"(SELECT rc.relnamespace FROM pg_class rc WHERE rc.oid = " oid ")"
/* What everybody may read of them; whether one works is its server's. */
#define SUBSCRIPTIONS \
	"(SELECT s.oid, s.subname, s.subsynccommit, s.subpublications " \
	"FROM pg_subscription s " \
	"JOIN pg_database d ON d.oid = s.subdbid " \
	"WHERE d.datname = current_database())"

#define ADDRESSES(class, table, namespace, where) \
	" UNION ALL SELECT " class ", x.oid, " namespace " FROM " table \
	" x WHERE x.oid >= 16384 AND " where
#define ROWS(class, table, namespace, where) \
	" UNION ALL SELECT " class ", x.oid, to_jsonb(x) FROM " table " x"

/* What is inside of another, or an extension's, is the other's. */
static const char q_addresses[] =
	"SELECT o.class, o.oid FROM (SELECT 0 AS class, 0::oid AS oid, "
	"0::oid AS namespace WHERE false" CATALOGS(ADDRESSES) ") o "
	"LEFT JOIN pg_namespace n ON n.oid = o.namespace "
	"WHERE (o.namespace IS NULL OR " USER_SCHEMA("n") ") AND NOT EXISTS ("
	"SELECT FROM pg_depend d WHERE d.classid = o.class AND d.objid = "
	"o.oid AND d.deptype IN ('i', 'e', 'P', 'S'))";

/* A row's columns but for those of types that hold oids (oid, xid, oidvector,
 * pg_node_tree, oid[], aclitem[]). */
static const char q_head[] =
	"SELECT o.class, o.oid, concat(i.type, ' ', i.identity) AS name, "
	"i.type, obj_description(o.oid, (SELECT c.relname FROM pg_class c "
	"WHERE c.oid = o.class)) AS comment, "
	"encode(sha256(convert_to(concat((SELECT jsonb_object_agg(k.key, "
	"k.value) FROM jsonb_each(o.row) k WHERE NOT EXISTS (SELECT FROM "
	"pg_attribute a WHERE a.attrelid = o.class AND a.attname = k.key AND "
	"a.atttypid IN (26, 28, 30, 194, 1028, 1034))), "
	"(SELECT string_agg(pg_describe_object(d.refclassid, d.refobjid, "
	"d.refobjsubid), ', ' ORDER BY pg_describe_object(d.refclassid, "
	"d.refobjid, d.refobjsubid)) FROM pg_depend d WHERE d.classid = "
	"o.class AND d.objid = o.oid AND d.refobjid >= 16384)), 'UTF8')), "
	"'hex') AS row FROM (SELECT 0 AS class, 0::oid AS oid, NULL::jsonb "
	"AS row WHERE false" CATALOGS(ROWS) ") o, "
	"pg_identify_object(o.class, o.oid, 0) i WHERE (o.class, o.oid) IN (";

int pg_opaque_query(char **sql, struct conn *c, pg_known_fn known, void *ctx,
		    struct err *err)
{
	PGresult *r = pg_rows_again(c, q_addresses, err);
	struct buf b = BUF_INIT;

	*sql = NULL;
	if (!r)
		return -1;
	for (int row = 0; row < pq.ntuples(r); row++) {
		const char *class = pq.getvalue(r, row, 0);
		const char *oid = pq.getvalue(r, row, 1);

		if (known(ctx, class, oid))
			continue;
		if (!b.len)
			buf_addstr(&b, q_head);
		else
			buf_addstr(&b, ", ");
		buf_addf(&b, "(%s, %s)", class, oid);
	}
	if (b.len) {
		buf_addch(&b, ')');
		*sql = arena_strndup(&c->arena, b.ptr, b.len);
	}
	pq.clear(r);
	buf_release(&b);
	return 0;
}

void pg_forget_subscriptions(struct conn *c)
{
	static const char forget[] =
		"ROLLBACK; DO $$DECLARE gone text; BEGIN FOR gone IN SELECT "
		"x.subname FROM " SUBSCRIPTIONS " x LOOP "
		"EXECUTE format('ALTER SUBSCRIPTION %I DISABLE', gone); "
		"EXECUTE format('ALTER SUBSCRIPTION %I SET (slot_name = NONE)',"
		" gone); EXECUTE format('DROP SUBSCRIPTION %I', gone); "
		"END LOOP; END$$";

	pq.clear(pq.exec(c->pg, forget));
}
