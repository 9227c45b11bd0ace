/*
 * Renames.  SQLite rewrites what mentions a renamed table or column: foreign
 * keys, views, triggers, checks, indexes.  What it makes of them is not
 * guessed at: the renames are run on a scratch database, and the schema is
 * read back from it.
 *
 * A new name that is still in use is made free first: what has it goes to a
 * temporary name, and on to its own from there.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

struct renaming {
	struct lowering *l;
	struct conn *scratch;
	unsigned temps;
};

/* Something on its way to its new name. */
struct place {
	const char *now;
	const char *to;		/* NULL: it will be dropped */
	const struct node *node;
};

static int load_node(struct renaming *r, const struct node *n)
{
	const char *sql = emit_create(r->l->arena, n, NULL);

	if (sqlite_refuse_many(sql, "text out of the store", r->l->err) ||
	    sqlite_run(r->scratch, sql, r->l->err))
		return err_wrap(r->l->err, "%s '%s' in scratch",
				n->kind->word, n->name);
	return 0;
}

static int load_objects(struct renaming *r, const struct schema *s,
			bool virtual)
{
	for (size_t i = 0; i < s->n; i++)
		if ((s->objects[i]->kind == &kind_virtual) == virtual &&
		    load_node(r, s->objects[i]))
			return -1;
	return 0;
}

/* Create the whole schema: relations first (a virtual table may look at a
 * view), then what hangs on them. */
static int load_schema(struct renaming *r, const struct schema *s)
{
	if (load_objects(r, s, false) || load_objects(r, s, true))
		return -1;
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->objects[i]->nkids; k++) {
			const struct node *n = s->objects[i]->kids[k];

			if ((n->kind == &kind_index ||
			     n->kind == &kind_trigger) && load_node(r, n))
				return -1;
		}
	return 0;
}

struct culprit {
	const char *text;	/* SQLite's message from the name on */
	struct arena *arena;
	char *name;
};

static int match_name(void *ctx, const struct value *v, size_t n)
{
	struct culprit *c = ctx;

	(void)n;
	if (strncmp(c->text, v[0].ptr, v[0].len) ||
	    !strchr(": ", c->text[v[0].len]))
		return 0;
	if (!c->name || strlen(c->name) < v[0].len)
		c->name = arena_strndup(c->arena, v[0].ptr, v[0].len);
	return 0;
}

/* What SQLite says before the name of what is in the way. */
static const struct {
	const char *mark, *kind, *drop;
} culprits[] = {
	{ "error in view ", "view", "DROP VIEW %I" },
	{ "error in trigger ", "trigger", "DROP TRIGGER %I" },
	{ "there is already another table or index with this name: ", "index",
	  "DROP INDEX %I" },
};

/*
 * A view or trigger that does not resolve, or an index that has the new name,
 * is dropped; it comes back, as the new schema has it, when everything stands.
 * Returns 1 where there was one.
 */
static int drop_culprit(struct renaming *r, const char *message)
{
	struct arena *a = r->l->arena;

	for (size_t i = 0; i < ARRAY_LEN(culprits); i++) {
		const char *at = strstr(message, culprits[i].mark);
		struct culprit c = { .arena = a };
		const char *sql;

		if (!at)
			continue;
		c.text = at + strlen(culprits[i].mark);
		if (sqlite_query(r->scratch, sql_printf(a, "SELECT name FROM "
				 "sqlite_schema WHERE type = %L",
				 culprits[i].kind), NULL, 0, match_name, &c,
				 r->l->err))
			return -1;
		if (!c.name)
			continue;
		sql = sql_printf(a, culprits[i].drop, c.name);
		script_add(r->l->out, a, arena_printf(a, "%s %s",
						      culprits[i].kind,
						      c.name), sql);
		return sqlite_run(r->scratch, sql, r->l->err) ? -1 : 1;
	}
	return 0;
}

/* SQLite 3.40 itself trips over some, for example a column of a WITHOUT ROWID
 * table that is a key twice. */
static int cannot_rename(struct renaming *r, const struct node *n,
			 const struct err *failed)
{
	struct buf title = BUF_INIT;

	node_title(&title, n);
	err_set(r->l->err, ERR_REFUSED, "%s cannot be renamed: %s", title.ptr,
		failed->text);
	buf_release(&title);
	return err_hint(r->l->err, "SQLite does not rename it as the table "
			"stands: change what the message names in a version "
			"before");
}

static int run_rename(struct renaming *r, const struct node *n,
		      const char *sql)
{
	struct err failed = ERR_INIT;
	struct statement *st;
	int ret;

	while (sqlite_run(r->scratch, sql, &failed)) {
		/* Not our error's text: a name in it may have line breaks. */
		ret = drop_culprit(r, arena_strdup(r->l->arena,
				   sqlite3_errmsg(r->scratch->db)));
		if (ret > 0)
			continue;
		return ret ? -1 : cannot_rename(r, n, &failed);
	}
	st = lower_add(r->l, n, sql);
	statement_hazard(st, r->l->arena, HAZARD_RENAMES, st->node, NULL);
	return 0;
}

/* Rename one place; column NULL: a table. */
static int move(struct renaming *r, struct place *p, const char *table,
		const char *to)
{
	struct arena *a = r->l->arena;
	const char *sql;

	if (table)
		sql = sql_printf(a, "ALTER TABLE %I RENAME COLUMN %I TO %I",
				 table, p->now, to);
	else
		sql = sql_printf(a, "ALTER TABLE %I RENAME TO %I", p->now, to);
	if (run_rename(r, p->node, sql))
		return -1;
	p->now = to;
	return 0;
}

static struct place *occupant(struct place *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!ascii_casecmp(v[i].now, name))
			return &v[i];
	return NULL;
}

static bool arrived(const struct place *p)
{
	return p->to && !ascii_casecmp(p->now, p->to);
}

/* Bring every place to its name; who is in the way steps aside. */
static int move_all(struct renaming *r, struct place *v, size_t n,
		    const char *table)
{
	for (size_t i = 0; i < n; i++) {
		struct place *other;

		if (!v[i].to || arrived(&v[i]))
			continue;
		other = occupant(v, n, v[i].to);
		if (other && move(r, other, table,
				  arena_printf(r->l->arena, OURS "old_%u",
					       ++r->temps)))
			return -1;
		if (move(r, &v[i], table, v[i].to))
			return -1;
	}
	return 0;
}

/* A column that goes, and whose name another one has in the new schema, must
 * not be taken for it. */
static bool name_comes_back(const struct change *ch, const struct node *n)
{
	return node_find(ch->to, n->kind, n->name, &sqlite_spelling);
}

static const char *name_after(const struct change *ch, const struct node *n)
{
	for (size_t i = 0; i < ch->to->nkids; i++)
		if (ch->to->kids[i]->kind == n->kind &&
		    !strcmp(ch->to->kids[i]->key, n->key))
			return ch->to->kids[i]->name;
	return NULL;
}

static bool any_comes_back(const struct change *ch)
{
	for (size_t i = 0; i < ch->nkids; i++)
		if (ch->kids[i].op == CHANGE_DROP &&
		    ch->kids[i].from->kind == &kind_column &&
		    name_comes_back(ch, ch->kids[i].from))
			return true;
	return false;
}

static int rename_columns(struct renaming *r, const struct change *ch,
			  const char *table)
{
	struct place *v = arena_alloc(r->l->arena,
				      (ch->from->nkids + 1) * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < ch->from->nkids; i++) {
		const struct node *k = ch->from->kids[i];

		if (k->kind != &kind_column)
			continue;
		v[n].now = k->name;
		v[n].to = name_after(ch, k);
		v[n++].node = k;
	}
	for (size_t i = 0; i < n; i++)
		if (!v[i].to && name_comes_back(ch, v[i].node) &&
		    move(r, &v[i], table,
			 arena_printf(r->l->arena, OURS "old_%u", ++r->temps)))
			return -1;
	return move_all(r, v, n, table);
}

static int rename_tables(struct renaming *r, const struct diff *d)
{
	struct place *v = arena_alloc(r->l->arena, (d->n + 1) * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct change *ch = &d->v[i];

		if (ch->op != CHANGE_ALTER ||
		    !(ch->from->kind->flags & KIND_ROWS))
			continue;
		v[n].now = ch->from->name;
		v[n].to = ch->to->name;
		v[n++].node = ch->from;
	}
	if (move_all(r, v, n, NULL))
		return -1;
	for (size_t i = 0; i < d->n; i++) {
		const struct change *ch = &d->v[i];
		struct diff one = { .v = ch->kids, .n = ch->nkids };

		if (ch->op == CHANGE_ALTER && ch->from->kind == &kind_table &&
		    (diff_renames(&one) || any_comes_back(ch)) &&
		    rename_columns(r, ch, ch->to->name))
			return -1;
	}
	return 0;
}

/* What is dropped goes first: its name may be somebody's new one. */
static int drop_first(struct renaming *r, const struct diff *d)
{
	for (size_t i = d->n; i-- > 0;) {
		if (d->v[i].op != CHANGE_DROP)
			continue;
		lower_drop_object(r->l, d->v[i].from);
		if (sqlite_run(r->scratch,
			       emit_drop(r->l->arena, d->v[i].from),
			       r->l->err))
			return -1;
	}
	return 0;
}

int lower_renames(struct lowering *l, const struct diff *d,
		  struct schema *after)
{
	struct renaming r = { .l = l };
	int ret = -1;

	if (sqlite_scratch(&r.scratch, NULL, l->err))
		return -1;
	schema_init(after, &sqlite_spelling, l->arena);
	if (sqlite_extend(r.scratch, l->opts ? l->opts->extensions : NULL,
			  l->err) ||
	    load_schema(&r, l->from) || drop_first(&r, d) ||
	    rename_tables(&r, d) ||
	    sqlite_read(r.scratch, after, NULL, l->err))
		goto out;
	ret = 0;
out:
	sqlite_close_conn(r.scratch);
	return ret;
}
