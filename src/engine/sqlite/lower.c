/*
 * What SQLite can do: two schemas become statements, in phases that each walk
 * the same list of changes.
 *
 *	renames ─▶ drop views, triggers ─▶ indexes ─▶ tables
 *	        ─▶ create and change tables ─▶ indexes ─▶ views
 *	        ─▶ virtual tables ─▶ triggers
 *
 * A virtual table may index a table's or a view's rows.  Views and triggers
 * are not checked when they are created, so their order among themselves does
 * not matter.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

struct statement *lower_add(struct lowering *l, const struct node *n,
			    const char *sql)
{
	struct buf b = BUF_INIT;
	struct statement *st;

	if (n)
		node_title(&b, n);
	st = script_add(l->out, l->arena, arena_strdup(l->arena, b.ptr), sql);
	buf_release(&b);
	return st;
}

void lower_check(struct lowering *l, const struct node *n, const char *sql)
{
	lower_add(l, n, sql)->check = true;
}

void lower_drop_object(struct lowering *l, const struct node *n)
{
	struct statement *st = lower_add(l, n, emit_drop(l->arena, n));

	hazard_drop(l, st, n);
}

static bool is_virtual(const struct change *ch)
{
	return (ch->to ? ch->to : ch->from)->kind == &kind_virtual;
}

static bool is_view(const struct change *ch)
{
	return (ch->to ? ch->to : ch->from)->kind == &kind_view;
}

/* Is the object gone for a moment, and its indexes and triggers with it? */
static bool is_remade(const struct lowering *l, const struct change *ch)
{
	if (ch->op != CHANGE_ALTER)
		return false;
	if (ch->from->kind == &kind_table)
		return table_way(l, ch) == TABLE_REBUILD;
	return ch->fields;
}

static void drop_parts(struct lowering *l, const struct change *ch,
		       const struct kind *kind)
{
	if (ch->op != CHANGE_ALTER || is_remade(l, ch))
		return;
	for (size_t i = 0; i < ch->nkids; i++) {
		const struct change *k = &ch->kids[i];

		if (k->from && k->from->kind == kind)
			lower_add(l, k->from, emit_drop(l->arena, k->from));
	}
}

static int drop_bodies(struct lowering *l, const struct change *ch)
{
	if (is_view(ch) && (ch->op == CHANGE_DROP || is_remade(l, ch)))
		lower_add(l, ch->from, emit_drop(l->arena, ch->from));
	drop_parts(l, ch, &kind_trigger);
	return 0;
}

/* A table that is made anew takes its indexes along, but one whose name a new
 * relation has must go before that is created. */
static int drop_indexes(struct lowering *l, const struct change *ch)
{
	drop_parts(l, ch, &kind_index);
	for (size_t i = 0; is_remade(l, ch) && i < ch->from->nkids; i++) {
		const struct node *n = ch->from->kids[i];

		if (n->kind == &kind_index &&
		    schema_find_relation(l->to, n->name))
			lower_add(l, n, emit_drop(l->arena, n));
	}
	return 0;
}

static int drop_tables(struct lowering *l, const struct change *ch)
{
	if (ch->op == CHANGE_DROP && !is_view(ch))
		lower_drop_object(l, ch->from);
	return 0;
}

static int create_tables(struct lowering *l, const struct change *ch)
{
	if (ch->op == CHANGE_ADD && !is_view(ch) && !is_virtual(ch))
		lower_add(l, ch->to, emit_create(l->arena, ch->to, NULL));
	return 0;
}

static int change_tables(struct lowering *l, const struct change *ch)
{
	if (ch->op != CHANGE_ALTER || is_view(ch) || is_virtual(ch))
		return 0;
	if (table_way(l, ch) == TABLE_ALTER)
		lower_alter(l, ch);
	else if (table_way(l, ch) == TABLE_REBUILD)
		lower_rebuild(l, ch);
	return 0;
}

static void create_part(struct lowering *l, const struct node *n, bool is_new)
{
	const struct index *i = (const struct index *)n;
	struct statement *st = lower_add(l, n, emit_create(l->arena, n, NULL));

	if (n->kind != &kind_index || !is_new)
		return;
	statement_hazard(st, l->arena, HAZARD_BUILDS_INDEX, st->node, NULL);
	if (i->unique)
		hazard_unique(l, st, n);
}

/* All parts of this kind where the object is new or made anew, else those
 * that changed. */
static void create_parts(struct lowering *l, const struct change *ch,
			 const struct kind *kind)
{
	bool all = ch->op == CHANGE_ADD || is_remade(l, ch);

	if (ch->op == CHANGE_DROP)
		return;
	for (size_t i = 0; all && i < ch->to->nkids; i++)
		if (ch->to->kids[i]->kind == kind)
			create_part(l, ch->to->kids[i], false);
	for (size_t i = 0; !all && i < ch->nkids; i++)
		if (ch->kids[i].to && ch->kids[i].to->kind == kind)
			create_part(l, ch->kids[i].to, true);
}

static int create_indexes(struct lowering *l, const struct change *ch)
{
	create_parts(l, ch, &kind_index);
	return 0;
}

static int create_views(struct lowering *l, const struct change *ch)
{
	if (is_view(ch) && (ch->op == CHANGE_ADD || is_remade(l, ch)))
		lower_add(l, ch->to, emit_create(l->arena, ch->to, NULL));
	return 0;
}

static int make_virtuals(struct lowering *l, const struct change *ch)
{
	return is_virtual(ch) ? lower_virtual(l, ch) : 0;
}

static int create_triggers(struct lowering *l, const struct change *ch)
{
	create_parts(l, ch, &kind_trigger);
	return 0;
}

/*
 * Where a view or a trigger begins to depend on the columns' order, and the
 * table is not written anew, the database's table may have another one than
 * this plan knows: a version does not say (upgrade looks, a script must).
 */
static void check_order(struct lowering *l, const struct change *ch)
{
	const struct table *from = (const struct table *)ch->from;
	const struct table *to = (const struct table *)ch->to;
	struct buf names = BUF_INIT;

	if (ch->op != CHANGE_ALTER || ch->from->kind != &kind_table ||
	    from->ordered || !to->ordered ||
	    table_way(l, ch) == TABLE_REBUILD)
		return;
	for (size_t i = 0; i < ch->from->nkids; i++)
		if (ch->from->kids[i]->kind == &kind_column)
			sql_addf(&names, names.len ? "|%s" : "%s",
				 ch->from->kids[i]->fold);
	if (!l->order_checks)
		lower_check(l, NULL, "CREATE TEMP TABLE " OURS "order (ok "
			    "CONSTRAINT \"columns stand in another order here: "
			    "use schemastore upgrade\" CHECK (ok))");
	l->order_checks = true;
	lower_check(l, ch->from, sql_printf(l->arena, "INSERT INTO temp." OURS
		    "order SELECT group_concat(lower(name), '|') = %L FROM "
		    "pragma_table_xinfo(%L)", names.ptr, ch->from->name));
	buf_release(&names);
}

static int (*const phases[])(struct lowering *l, const struct change *ch) = {
	drop_bodies, drop_indexes, drop_tables, create_tables, change_tables,
	create_indexes, create_views, make_virtuals, create_triggers,
};

static int check_single(const struct lowering *l)
{
	for (size_t i = 0; i < l->out->n; i++)
		if (sqlite_refuse_many(l->out->v[i].sql, l->out->v[i].node,
				       l->err))
			return -1;
	return 0;
}

int sqlite_lower(struct script *out, const struct schema *from,
		 const struct schema *to, const struct lower_opts *opts,
		 struct arena *a, struct err *err)
{
	struct lowering l = {
		.out = out, .before = from, .from = from, .to = to,
		.opts = opts, .arena = a, .err = err,
	};
	unsigned flags = opts->column_order ? DIFF_COLUMN_ORDER : 0;
	struct schema after = { 0 };
	struct diff whole, d;
	int ret = -1;

	schema_diff(&whole, from, to, flags, a);
	if (lower_virtual_guard(&l, &whole))
		goto out;
	lower_fk_before(&l, &whole);
	d = whole;
	if (diff_renames(&d)) {
		if (lower_renames(&l, &d, &after))
			goto out;
		l.from = &after;
		l.by_name = true;
		schema_diff(&d, &after, to, flags | DIFF_BY_NAME, a);
	}
	for (size_t i = 0; i < d.n; i++)
		check_order(&l, &d.v[i]);
	if (l.order_checks)
		lower_check(&l, NULL, "DROP TABLE temp." OURS "order");
	for (size_t p = 0; p < ARRAY_LEN(phases); p++)
		for (size_t i = 0; i < d.n; i++)
			if (phases[p](&l, &d.v[i]))
				goto out;
	lower_fk_after(&l, &whole);
	ret = check_single(&l);
out:
	schema_release(&after);
	return ret;
}
