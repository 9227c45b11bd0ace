/*
 * The catalog as a schema.
 *
 * Rows of sqlite_schema are grouped by the relation they belong to: a table
 * with its indexes and triggers is one object.  A group that was read before
 * into the same cache is known by the sha256 of its rows and not parsed again.
 *
 *	rows ──group──▶ {table, indexes, triggers} ──sha256──▶ known? │ parse
 *
 * A virtual table's shadow tables are part of it.  SQLite tells by the name
 * alone what is one; here a table is one when making the virtual table makes
 * it, so that a user's own f_content stays a table of the schema.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#include <stdlib.h>

struct group {
	struct row **v;		/* the relation's own row first, when found */
	size_t n;
	size_t cap;
	const char *fold;
	bool ordered;
};

struct reading {
	struct conn *conn;
	struct schema *schema;
	const struct read_opts *opts;
	struct arena arena;
	struct row **rows;
	size_t nrows, rows_cap;
	struct map shadow;	/* tables that a virtual table keeps */
	struct map groups;	/* folded relation -> struct group */
	struct group **order;
	size_t ngroups, order_cap;
};

static const char *fold(struct arena *a, const char *name)
{
	char *s = arena_strdup(a, name);

	for (char *p = s; *p; p++)
		*p = ascii_lower(*p);
	return s;
}

static bool is_ours(const char *name)
{
	return !ascii_ncasecmp(name, OURS, strlen(OURS));
}

static bool is_ignored(struct reading *r, const struct row *row)
{
	const struct list *ignore = r->opts ? r->opts->ignore : NULL;

	for (size_t i = 0; ignore && i < ignore->n; i++) {
		if (ascii_casecmp(ignore->v[i], row->table))
			continue;
		/* Its indexes and triggers are not named beside it. */
		if (r->opts->ignored && !strcmp(row->name, row->table))
			list_add(r->schema->arena, r->opts->ignored,
				 arena_strdup(r->schema->arena, row->name));
		return true;
	}
	return false;
}

static void hash_row(struct sha256 *h, const struct row *row)
{
	const char *parts[] = { row->type, row->name, row->table, row->sql };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		sha256_add(h, parts[i], strlen(parts[i]) + 1);
}

static char *text_of(struct arena *a, const struct value *v)
{
	return arena_strndup(a, v->ptr ? v->ptr : "", v->len);
}

static int add_row(void *ctx, const struct value *v, size_t n)
{
	struct reading *r = ctx;
	struct row *row;

	(void)n;
	row = arena_alloc(&r->arena, sizeof(*row));
	row->type = text_of(&r->arena, &v[0]);
	row->name = text_of(&r->arena, &v[1]);
	row->table = text_of(&r->arena, &v[2]);
	row->sql = text_of(&r->arena, &v[3]);
	if (is_ours(row->name) || is_ours(row->table))
		return 0;
	*ARENA_PUSH(&r->arena, r->rows, r->nrows, r->rows_cap) = row;
	return 0;
}

struct guess {
	struct conn *conn;
	struct module_facts *facts;
};

static int add_shadow(void *ctx, const struct value *v, size_t n)
{
	struct guess *g = ctx;
	struct arena *a = &g->conn->arena;

	(void)n;
	list_add(a, &g->facts->shadows, text_of(a, &v[0]));
	return 0;
}

/* The module, or what its arguments name, is not there: SQLite's word. */
static int guess_shadows(struct guess *g, const struct row *row,
			 struct err *err)
{
	const char *sql = sql_printf(&g->conn->arena, "SELECT name FROM "
		"pragma_table_list WHERE schema = 'main' AND type = 'shadow' "
		"AND lower(substr(name, 1, length(%L) + 1)) = lower(%L) || '_'",
		row->name, row->name);

	return sqlite_query(g->conn, sql, NULL, 0, add_shadow, g, err);
}

static int find_facts(struct module_facts **out, struct conn *c,
		      const struct row *row, struct err *err)
{
	struct arena *a = &c->arena;
	struct guess g = { c, arena_alloc(a, sizeof(**out)) };
	struct err failed = ERR_INIT;
	struct node *n;

	*out = g.facts;
	if (parse_row(&n, row, a, err))
		return -1;
	if (module_probe(*out, (struct virtual_table *)n, &c->extensions, a,
			 &failed))
		return guess_shadows(&g, row, err);
	map_set(&c->facts, row->sql, *out);
	return 0;
}

/* FTS3 makes this one when it is first told to merge. */
static bool is_late_shadow(const struct row *row, const struct row *virtual)
{
	size_t n = strlen(virtual->name);

	return !ascii_ncasecmp(row->name, virtual->name, n) &&
	       !ascii_casecmp(row->name + n, "_stat") &&
	       str_ends(row->sql, "(id INTEGER PRIMARY KEY, value BLOB)");
}

static int note_shadows(struct reading *r, const struct row *row,
			struct err *err)
{
	struct module_facts *f = map_find(&r->conn->facts, row->sql);

	if (!f && find_facts(&f, r->conn, row, err))
		return -1;
	for (size_t i = 0; i < f->shadows.n; i++)
		map_set(&r->shadow, fold(&r->arena, f->shadows.v[i]), r);
	for (size_t i = 0; f->late_stat && i < r->nrows; i++)
		if (is_late_shadow(r->rows[i], row))
			map_set(&r->shadow, fold(&r->arena, r->rows[i]->name),
				r);
	return 0;
}

static bool is_virtual(const struct row *row)
{
	return !strcmp(row->type, "table") &&
	       !ascii_ncasecmp(row->sql, "create virtual", 14);
}

static int read_rows(struct reading *r, struct err *err)
{
	/* What has no SQL is made by SQLite itself: automatic indexes,
	 * sqlite_sequence, statistics. */
	if (sqlite_query(r->conn, "SELECT type, name, tbl_name, sql "
			 "FROM main.sqlite_schema WHERE sql IS NOT NULL "
			 "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
			 NULL, 0, add_row, r, err))
		return -1;
	for (size_t i = 0; i < r->nrows; i++)
		if (is_virtual(r->rows[i]) &&
		    note_shadows(r, r->rows[i], err))
			return -1;
	return 0;
}

static void group_rows(struct reading *r)
{
	for (size_t i = 0; i < r->nrows; i++) {
		struct row *row = r->rows[i];
		const char *key = fold(&r->arena, row->table);
		struct group *g = map_find(&r->groups, key);

		if (map_find(&r->shadow, key) || is_ignored(r, row))
			continue;
		if (!g) {
			g = arena_alloc(&r->arena, sizeof(*g));
			g->fold = key;
			map_set(&r->groups, key, g);
			*ARENA_PUSH(&r->arena, r->order, r->ngroups,
				    r->order_cap) = g;
		}
		*ARENA_PUSH(&r->arena, g->v, g->n, g->cap) = row;
	}
}

/* CREATE VIEW name [columns] AS body | CREATE TRIGGER name body */
static size_t body_start(const struct tokens *t)
{
	size_t i = 3;

	if (t->n > 2 && sqltok_is(&t->v[1], "VIEW"))
		while (i + 1 < t->n && !sqltok_is(&t->v[i - 1], "AS"))
			i++;
	return i;
}

/*
 * The names whose columns' order a view or trigger depends on: all that it
 * mentions where it says `*`, and the target of an INSERT without columns.
 */
void sqlite_order_names(struct list *out, const char *sql, struct arena *a)
{
	struct tokens t;
	bool star = false;
	size_t body;

	tokens_init(&t, sql, a);
	body = body_start(&t);
	for (size_t i = body; i + 1 < t.n; i++) {
		const struct sqltok *before = &t.v[i - 1];

		if (sqltok_is(&t.v[i], "*"))
			star |= sqltok_is(before, "SELECT") ||
				sqltok_is(before, "DISTINCT") ||
				sqltok_is(before, "ALL") ||
				sqltok_is(before, ",") ||
				sqltok_is(before, ".");
		if (!sqltok_is(before, "INTO") || !sqltok_is_name(&t.v[i]))
			continue;
		if (!sqltok_is(&t.v[i + 1], "("))
			list_add(a, out, fold(a, sqltok_name(a, &t.v[i])));
	}
	for (size_t i = body; star && i + 1 < t.n; i++)
		if (sqltok_is_name(&t.v[i]))
			list_add(a, out, fold(a, sqltok_name(a, &t.v[i])));
}

static void mark_ordered(struct reading *r)
{
	for (size_t i = 0; i < r->nrows; i++) {
		struct row *row = r->rows[i];
		struct list *names;

		if (strcmp(row->type, "view") && strcmp(row->type, "trigger"))
			continue;
		names = map_find(&r->conn->stars, row->sql);
		if (!names) {
			names = arena_alloc(&r->conn->arena, sizeof(*names));
			sqlite_order_names(names, row->sql, &r->conn->arena);
			map_set(&r->conn->stars, row->sql, names);
		}
		for (size_t k = 0; k < names->n; k++) {
			struct group *g = map_find(&r->groups, names->v[k]);

			if (g)
				g->ordered = true;
		}
	}
}

static int parse_group(struct node **out, struct reading *r, struct group *g,
		       struct arena *a, struct err *err)
{
	struct node *object = NULL;

	for (size_t i = 0; i < g->n; i++) {
		struct row *row = g->v[i];

		if (strcmp(row->type, "table") && strcmp(row->type, "view"))
			continue;
		if (parse_row(&object, row, a, err))
			return -1;
	}
	if (!object)
		return err_set(err, ERR_ENGINE, "%s '%s' belongs to '%s', "
			       "which is not there", g->v[0]->type,
			       g->v[0]->name, g->v[0]->table);
	for (size_t i = 0; i < g->n; i++) {
		struct row *row = g->v[i];
		struct node *part;

		if (!strcmp(row->type, "table") || !strcmp(row->type, "view"))
			continue;
		row->object = object;
		if (parse_row(&part, row, a, err))
			return -1;
		node_add(a, object, part);
	}
	if (object->kind == &kind_table)
		((struct table *)object)->ordered = g->ordered;
	(void)r;
	*out = object;
	return 0;
}

static void group_sum(const struct group *g, unsigned char sum[SHA256_LEN])
{
	struct sha256 h;

	sha256_start(&h);
	for (size_t i = 0; i < g->n; i++)
		hash_row(&h, g->v[i]);
	sha256_add(&h, g->ordered ? "1" : "0", 1);
	sha256_end(&h, sum);
}

static int read_group(struct reading *r, struct group *g, struct err *err)
{
	struct read_cache *cache = r->opts ? r->opts->cache : NULL;
	unsigned char sum[SHA256_LEN];
	struct node *n = NULL;

	if (cache) {
		group_sum(g, sum);
		n = map_find_bytes(&cache->parsed, sum, SHA256_LEN);
	}
	if (!n) {
		struct arena *a = cache ? &cache->arena : r->schema->arena;

		if (parse_group(&n, r, g, a, err))
			return -1;
		if (cache)
			map_set_bytes(&cache->parsed, sum, SHA256_LEN, n);
	}
	schema_add(r->schema, n);
	return 0;
}

static int cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What restricts reading is part of what was read. */
static void add_settings(struct reading *r)
{
	const struct list *ignore = r->opts ? r->opts->ignore : NULL;
	struct schema *s = r->schema;

	for (size_t i = 0; ignore && i < ignore->n; i++)
		list_add(s->arena, &s->settings,
			 arena_printf(s->arena, "ignore %s",
				      fold(&r->arena, ignore->v[i])));
	if (s->settings.n)
		qsort(s->settings.v, s->settings.n, sizeof(*s->settings.v),
		      cmp_names);
}

int sqlite_read(struct conn *c, struct schema *s, const struct read_opts *opts,
		struct err *err)
{
	struct reading r = {
		.conn = c, .schema = s, .opts = opts, .arena = ARENA_INIT,
	};
	int ret = -1;

	if (read_rows(&r, err))
		goto out;
	group_rows(&r);
	mark_ordered(&r);
	for (size_t i = 0; i < r.ngroups; i++)
		if (read_group(&r, r.order[i], err))
			goto out;
	add_settings(&r);
	s->version = sqlite3_libversion();
	if (opts && opts->cache)
		s->nodes = &opts->cache->arena;
	ret = schema_seal(s, err);
out:
	map_release(&r.shadow);
	map_release(&r.groups);
	arena_release(&r.arena);
	return ret;
}

static int hash_value(void *ctx, const struct value *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sha256_add(ctx, v[i].ptr ? v[i].ptr : "", v[i].len);
		sha256_add(ctx, "", 1);
	}
	return 0;
}

int sqlite_fingerprint(struct conn *c, unsigned char out[SHA256_LEN],
		       struct err *err)
{
	struct sha256 h;

	sha256_start(&h);
	if (sqlite_query(c, "SELECT type, name, tbl_name, sql "
			 "FROM main.sqlite_schema", NULL, 0, hash_value, &h,
			 err))
		return -1;
	sha256_end(&h, out);
	return 0;
}
