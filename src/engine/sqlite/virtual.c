/*
 * Virtual tables: another module or other arguments is another table.  What
 * the common modules hold is carried over, of the others a change is refused.
 *
 *	CREATE VIRTUAL TABLE schemastore_new	by the new arguments
 *	INSERT INTO schemastore_new		what was configured
 *	INSERT INTO schemastore_new		the rows, of its own content
 *	DROP TABLE f
 *	RENAME schemastore_new TO f
 *	INSERT INTO f (f) VALUES ('rebuild')	of another table's rows
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

struct carrying {
	struct lowering *l;
	const struct change *ch;
	const struct virtual_table *from, *to;
	enum holding was, is;
	struct module_facts old, new;
	struct buf into, values;
	size_t create;		/* the statement that bears the hazards */
};

static int refuse(struct lowering *l, const struct node *n, const char *why)
{
	err_set(l->err, ERR_REFUSED, "virtual table '%s' cannot be changed: "
		"%s", n->name, why);
	return err_hint(l->err, "drop it in one version and create it in the "
			"next, or give it another name");
}

static int probe(struct module_facts *out, struct lowering *l,
		 const struct virtual_table *v, struct err *err)
{
	return module_probe(out, v, l->opts->extensions, l->arena, err);
}

static bool is_fts(enum holding h)
{
	return h == HOLDS_FTS34 || h == HOLDS_FTS5;
}

/* ---- what is carried --------------------------------------------------- */

static void pair(struct carrying *c, const char *into, const char *value)
{
	sql_addf(&c->into, c->into.len ? ", %I" : "%I", into);
	sql_addf(&c->values, c->values.len ? ", %I" : "%I", value);
}

static const char *same_name(const struct list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!ascii_casecmp(l->v[i], name))
			return l->v[i];
	return NULL;
}

static void lose(struct carrying *c, const char *column)
{
	struct arena *a = c->l->arena;

	statement_hazard(&c->l->out->v[c->create], a, HAZARD_DROPS_COLUMN,
			 arena_printf(a, "column %s.%s", c->ch->from->name,
				      column), NULL);
}

/* The column that `languageid` names; it is not among the table's own. */
static const char *language(const struct virtual_table *v, struct arena *a)
{
	return ascii_casecmp(v->module, "fts4") ? NULL :
	       module_option(v, "languageid", a);
}

static void carry_key(struct carrying *c)
{
	static const char *const names[] = {
		[HOLDS_FTS34] = "docid", [HOLDS_FTS5] = "rowid",
		[HOLDS_GEOPOLY] = "rowid",
	};

	if (c->is == HOLDS_RTREE)
		pair(c, c->new.columns.v[0], c->old.columns.v[0]);
	else
		pair(c, names[c->is], names[c->was]);
}

static void carry_columns(struct carrying *c)
{
	size_t first = c->is == HOLDS_RTREE;
	const char *was = language(c->from, c->l->arena);
	const char *is = language(c->to, c->l->arena);

	carry_key(c);
	for (size_t i = first; i < c->new.columns.n; i++) {
		const char *twin = same_name(&c->old.columns,
					     c->new.columns.v[i]);

		if (twin)
			pair(c, c->new.columns.v[i], twin);
	}
	for (size_t i = first; i < c->old.columns.n; i++)
		if (!same_name(&c->new.columns, c->old.columns.v[i]))
			lose(c, c->old.columns.v[i]);
	if (was && is)
		pair(c, is, was);
	else if (was)
		lose(c, was);
}

/* By the module's own commands: they check, and keep it where they will. */
static void carry_settings(struct carrying *c)
{
	struct arena *a = c->l->arena;
	const char *from = c->ch->from->name;

	if (c->was == HOLDS_FTS5 && c->is == HOLDS_FTS5)
		lower_add(c->l, c->ch->to, sql_printf(a, "INSERT INTO %I (%I, "
			  "rank) SELECT k, v FROM %I WHERE k <> 'version'",
			  REBUILT, REBUILT, arena_printf(a, "%s_config",
							 from)));
	/* FTS3 has the table once it was told to merge, FTS4 always. */
	if (!ascii_casecmp(c->from->module, "fts4") && c->is == HOLDS_FTS34)
		lower_add(c->l, c->ch->to, sql_printf(a, "INSERT INTO %I (%I) "
			  "SELECT 'automerge=' || value FROM %I WHERE id = 2",
			  REBUILT, REBUILT, arena_printf(a, "%s_stat", from)));
}

static void carry_rows(struct carrying *c)
{
	carry_columns(c);
	lower_add(c->l, c->ch->to, sql_printf(c->l->arena, "INSERT INTO %I "
		  "(%s) SELECT %s FROM %I", REBUILT, c->into.ptr,
		  c->values.ptr, c->ch->from->name));
}

/* The function by which FTS4 reads or writes its text, where it is not there:
 * the program that has it must carry the rows. */
static const char *missing_function(struct lowering *l,
				    const struct virtual_table *v,
				    const char *option)
{
	const char *name = module_option(v, option, l->arena);
	struct err failed = ERR_INIT;
	struct conn *c;
	bool missing;

	/* A copy of nothing: in scratch it would have a stub. */
	if (!name || module_holds(v) != HOLDS_FTS34 ||
	    engine_sqlite.copy(&c, NULL, &failed))
		return NULL;
	missing = sqlite_extend(c, l->opts->extensions, &failed) ||
		  sqlite_run(c, sql_printf(l->arena, "SELECT %I(NULL)", name),
			     &failed);
	sqlite_close_conn(c);
	return missing ? name : NULL;
}

static int check_functions(const struct carrying *c)
{
	const char *name = missing_function(c->l, c->from, "uncompress");

	if (!name)
		name = missing_function(c->l, c->to, "compress");
	if (!name)
		return 0;
	return refuse(c->l, c->ch->to, arena_printf(c->l->arena, "its text is "
		      "compressed by the function '%s', which is not here",
		      name));
}

static int carry(struct carrying *c, bool external)
{
	struct lowering *l = c->l;
	const struct change *ch = c->ch;
	struct err failed = ERR_INIT;
	struct statement *st;

	if (!external &&
	    (probe(&c->old, l, c->from, &failed) ||
	     probe(&c->new, l, c->to, &failed)))
		return refuse(l, ch->to, failed.text);
	if (!external && check_functions(c))
		return -1;
	c->create = l->out->n;
	st = lower_add(l, ch->to, emit_create(l->arena, ch->to, REBUILT));
	statement_hazard(st, l->arena, HAZARD_REBUILDS_TABLE, st->node, NULL);
	if (ascii_casecmp(c->from->module, c->to->module) &&
	    c->is == HOLDS_RTREE)
		statement_hazard(st, l->arena, HAZARD_CONVERTS_TYPE, st->node,
				 NULL);
	carry_settings(c);
	if (!external)
		carry_rows(c);
	lower_add(l, ch->from, emit_drop(l->arena, ch->from));
	lower_add(l, ch->to, "PRAGMA legacy_alter_table = ON");
	lower_add(l, ch->to, sql_printf(l->arena,
		  "ALTER TABLE %I RENAME TO %I", REBUILT, ch->to->name));
	lower_add(l, ch->to, "PRAGMA legacy_alter_table = OFF");
	return 0;
}

/* ---- what may be changed ----------------------------------------------- */

static int check_fts(const struct carrying *c, const char *was,
		     const char *is)
{
	if ((was && !*was) || (is && !*is))
		return refuse(c->l, c->ch->to, "it has no content to build it "
			      "again from");
	if (!was != !is)
		return refuse(c->l, c->ch->to, "its content moves between "
			      "itself and another table");
	if (c->was == HOLDS_FTS5 &&
	    module_option(c->from, "locale", c->l->arena))
		return refuse(c->l, c->ch->to, "its rows' locales cannot be "
			      "read");
	return 0;
}

static int change(struct lowering *l, const struct change *ch)
{
	struct carrying c = {
		.l = l, .ch = ch, .into = BUF_INIT, .values = BUF_INIT,
		.from = (const void *)ch->from, .to = (const void *)ch->to,
	};
	const char *was = module_content(c.from, l->arena);
	const char *is = module_content(c.to, l->arena);
	int ret;

	c.was = module_holds(c.from);
	c.is = module_holds(c.to);
	if (c.was == HOLDS_NOTHING) {
		lower_add(l, ch->from, emit_drop(l->arena, ch->from));
		lower_add(l, ch->to, emit_create(l->arena, ch->to, NULL));
		return 0;
	}
	if (c.was == HOLDS_UNKNOWN || c.is == HOLDS_UNKNOWN)
		return refuse(l, ch->to, "what its module holds is not known "
			      "here");
	if (c.was != c.is && !(is_fts(c.was) && is_fts(c.is)))
		return refuse(l, ch->to, "its new module does not hold what "
			      "its old one does");
	if (is_fts(c.is) && check_fts(&c, was, is))
		return -1;
	ret = carry(&c, is);
	buf_release(&c.into);
	buf_release(&c.values);
	return ret;
}

/* A column of the index that its content table does not have; NULL: none. */
static const char *missing_column(struct lowering *l,
				  const struct virtual_table *v,
				  const struct node *rows)
{
	struct module_facts facts;
	struct err failed = ERR_INIT;

	if (rows->kind != &kind_table || probe(&facts, l, v, &failed))
		return NULL;
	/* FTS4 that has no columns takes the table's own. */
	for (size_t i = 0; i < facts.columns.n; i++)
		if (!node_find(rows, &kind_column, facts.columns.v[i],
			       &sqlite_spelling) && !facts.stands_in)
			return facts.columns.v[i];
	return NULL;
}

static void note_empty(struct lowering *l, const struct node *n,
		       const char *content, const char *column)
{
	struct arena *a = l->arena;

	list_add(a, &l->out->notes, arena_printf(a, "virtual table %s is "
		 "empty: its content table '%s' %s%s", n->name, content,
		 column ? "has no column " : "is not in the schema",
		 column ? column : ""));
}

/*
 * What stands in another table or view is to be found from now on, and can be
 * taken back out by the triggers that keep the index.  Where all rows come
 * later, so do the index's.
 */
static void build(struct lowering *l, const struct node *n)
{
	struct arena *a = l->arena;
	const char *content = module_content((const void *)n, a);
	const struct node *rows;
	const char *missing;
	struct statement *st;

	if (!content || !*content || !l->from->n)
		return;
	rows = schema_find_relation(l->to, content);
	if (!rows) {
		l->out->concerns_others = true;
		note_empty(l, n, content, NULL);
		return;
	}
	if (rows->kind == &kind_table && !schema_find_relation(l->from,
							       content))
		return;
	missing = missing_column(l, (const void *)n, rows);
	if (missing) {
		note_empty(l, n, content, missing);
		return;
	}
	st = lower_add(l, n, sql_printf(a, "INSERT INTO %I (%I) VALUES "
					"('rebuild')", n->name, n->name));
	statement_hazard(st, a, HAZARD_BUILDS_INDEX, st->node, NULL);
}

int lower_virtual(struct lowering *l, const struct change *ch)
{
	if (ch->op == CHANGE_ADD)
		lower_add(l, ch->to, emit_create(l->arena, ch->to, NULL));
	else if (ch->op == CHANGE_DROP || !ch->fields)
		return 0;
	else if (change(l, ch))
		return -1;
	build(l, ch->to);
	return 0;
}

/* ---- tables that are not its own --------------------------------------- */

static bool stays(const struct node *table, const struct diff *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].op == CHANGE_DROP && d->v[i].from == table)
			return false;
	return true;
}

/* FTS3 and FTS4 drop and rename these by name, whoever made them: where the
 * table is one of the schema, it is the user's. */
int lower_virtual_guard(struct lowering *l, const struct diff *d)
{
	static const char *const names[] = { "%s_docsize", "%s_stat" };

	for (size_t i = 0; i < d->n; i++) {
		const struct change *ch = &d->v[i];

		if (!ch->from || ch->from->kind != &kind_virtual ||
		    module_holds((const void *)ch->from) != HOLDS_FTS34)
			continue;
		l->out->concerns_others = true;
		for (size_t k = 0; k < ARRAY_LEN(names); k++) {
			const struct node *table = schema_find(l->from,
				&kind_table, arena_printf(l->arena, names[k],
							  ch->from->name));

			if (!table || !stays(table, d))
				continue;
			err_set(l->err, ERR_REFUSED, "virtual table '%s' "
				"cannot be changed: SQLite would do the same "
				"to table '%s'", ch->from->name, table->name);
			return err_hint(l->err, "rename that table in a "
					"version before");
		}
	}
	return 0;
}
