/*
 * Foreign keys around a transaction: what was broken before may stay so, but
 * nothing may break in it.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#include <stdlib.h>

/* How many rows of each child table have no parent.  A table whose keys do
 * not fit its parent (SQLite: "foreign key mismatch") cannot be checked and
 * counts as nothing. */
struct fk_violations {
	struct arena arena;
	struct map counts;	/* folded table -> int64_t */
	int64_t total;
};

struct counting {
	struct fk_violations *v;
	struct list tables;
};

static int count_one(void *ctx, const struct value *v, size_t n)
{
	struct fk_violations *f = ctx;
	char *name = arena_strndup(&f->arena, v[0].ptr, v[0].len);
	int64_t *count;

	(void)n;
	for (char *p = name; *p; p++)
		*p = ascii_lower(*p);
	count = map_find(&f->counts, name);
	if (!count) {
		count = arena_alloc(&f->arena, sizeof(*count));
		map_set(&f->counts, name, count);
	}
	++*count;
	f->total++;
	return 0;
}

static int add_table(void *ctx, const struct value *v, size_t n)
{
	struct counting *c = ctx;

	(void)n;
	list_add(&c->v->arena, &c->tables,
		 arena_strndup(&c->v->arena, v[0].ptr, v[0].len));
	return 0;
}

static int count_each(struct fk_violations *f, struct conn *c, struct err *err)
{
	struct counting counting = { .v = f };

	if (sqlite_query(c, "SELECT name FROM main.sqlite_schema "
			 "WHERE type = 'table' AND sql LIKE '%REFERENCES%'",
			 NULL, 0, add_table, &counting, err))
		return -1;
	for (size_t i = 0; i < counting.tables.n; i++) {
		struct err mismatch = ERR_INIT;

		if (sqlite_query(c, sql_printf(&f->arena,
				 "PRAGMA main.foreign_key_check(%L)",
				 counting.tables.v[i]), NULL, 0, count_one, f,
				 &mismatch) &&
		    !strstr(mismatch.text, "foreign key mismatch")) {
			*err = mismatch;
			return -1;
		}
	}
	return 0;
}

static void violations_free(struct fk_violations *f)
{
	if (!f)
		return;
	map_release(&f->counts);
	arena_release(&f->arena);
	free(f);
}

static int count_violations(struct fk_violations **out, struct conn *c,
			    struct err *err)
{
	struct fk_violations *f = xmalloc(sizeof(*f));
	struct err failed = ERR_INIT;

	memset(f, 0, sizeof(*f));
	if (sqlite_query(c, "PRAGMA main.foreign_key_check", NULL, 0,
			 count_one, f, &failed)) {
		map_release(&f->counts);
		f->total = 0;
		if (count_each(f, c, err)) {
			violations_free(f);
			return -1;
		}
	}
	*out = f;
	return 0;
}

int fk_remember(struct conn *c, struct err *err)
{
	return count_violations(&c->fk, c, err);
}

void fk_forget(struct conn *c)
{
	violations_free(c->fk);
	c->fk = NULL;
}

/* Of the tables that are there before and after, none may have more; the new
 * and the renamed ones together no more than the total allows. */
static int compare(const struct fk_violations *before,
		   const struct fk_violations *after, struct err *err)
{
	const char *table;
	void *value;
	size_t i = 0;

	if (!after->total)
		return 0;
	while (map_next(&after->counts, &i, &table, &value)) {
		const int64_t *now = value;
		const int64_t *was = map_find(&before->counts, table);

		if (*now <= (was ? *was : before->total))
			continue;
		err_set(err, ERR_REFUSED, "%lld rows of table '%s' would have "
			"no parent for a foreign key",
			(long long)(*now - (was ? *was : 0)), table);
		return err_hint(err, "see them with 'PRAGMA foreign_key_check'"
				" after adding the parents or removing the "
				"rows");
	}
	if (after->total > before->total)
		return err_set(err, ERR_REFUSED, "%lld rows would have no "
			       "parent for a foreign key, %lld had none",
			       (long long)after->total,
			       (long long)before->total);
	return 0;
}

int fk_check(struct conn *c, struct err *err)
{
	struct fk_violations *now = NULL;
	int ret;

	if (count_violations(&now, c, err))
		return -1;
	ret = compare(c->fk, now, err);
	violations_free(now);
	return ret;
}
