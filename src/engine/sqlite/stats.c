/*
 * What ANALYZE has found out, around a transaction: DROP TABLE and DROP INDEX
 * take it along, so it is set aside first, and what is still true comes back.
 * Of an index it is true where the index has the same terms; of a table where
 * it is there.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#define KEPT "temp." OURS

static const struct {
	const char *table;
	const char *columns;
} stats[] = {
	{ "sqlite_stat1", "tbl, idx, stat" },
	{ "sqlite_stat4", "tbl, idx, neq, nlt, ndlt, sample" },
};

/* The index's terms, and its text where somebody wrote it; NULL: no index. */
#define TERMS "(SELECT group_concat(coalesce(name, cid) || desc || coll || " \
	"key, char(10)) || coalesce((SELECT char(10) || sql FROM " \
	"main.sqlite_schema WHERE type = 'index' AND name = idx), '') " \
	"FROM pragma_index_xinfo(idx))"

static int found(void *ctx, const struct value *v, size_t n)
{
	*(bool *)ctx = n && v[0].i;
	return 1;
}

static int has_table(bool *yes, struct conn *c, const char *name,
		     struct err *err)
{
	struct value arg = { .type = VALUE_TEXT, .ptr = name,
			     .len = strlen(name) };

	*yes = false;
	return sqlite_query(c, "SELECT count(*) FROM main.sqlite_schema "
			    "WHERE name = ?1", &arg, 1, found, yes, err);
}

/* In the transaction, so that a rollback takes it away. */
int stats_keep(struct conn *c, struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = 0;

	c->stats = 0;
	for (size_t i = 0; i < ARRAY_LEN(stats) && !ret; i++) {
		bool there;

		ret = has_table(&there, c, stats[i].table, err);
		if (ret || !there)
			continue;
		buf_truncate(&b, 0);
		sql_addf(&b, "CREATE TABLE " KEPT "%s AS SELECT %s, " TERMS
			 " AS terms FROM main.%s", stats[i].table,
			 stats[i].columns, stats[i].table);
		ret = sqlite_run(c, b.ptr, err);
		c->stats |= 1u << i;
	}
	buf_release(&b);
	return ret;
}

int stats_restore(struct conn *c, struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = 0;

	for (size_t i = 0; i < ARRAY_LEN(stats) && !ret; i++) {
		if (!(c->stats & 1u << i))
			continue;
		buf_truncate(&b, 0);
		sql_addf(&b, "INSERT INTO main.%s (%s) SELECT %s FROM " KEPT
			 "%s AS kept WHERE terms IS " TERMS " AND tbl IN "
			 "(SELECT name FROM main.sqlite_schema WHERE type = "
			 "'table') AND NOT EXISTS (SELECT 1 FROM main.%s AS "
			 "now WHERE now.tbl = kept.tbl AND now.idx IS "
			 "kept.idx); DROP TABLE " KEPT "%s",
			 stats[i].table, stats[i].columns, stats[i].columns,
			 stats[i].table, stats[i].table, stats[i].table);
		ret = sqlite_run(c, b.ptr, err);
	}
	c->stats = 0;
	buf_release(&b);
	return ret;
}
