/*
 * Dropping nodes.
 */
#include "config.h"

#include "engine/postgres/lower.h"

/* As it is in a new database. */
static void drop_public(struct lowering *l, struct action *a,
			const struct node *n)
{
	const struct pg_namespace *p = (const struct pg_namespace *)n;

	if (p->absent) {
		pg_act(l, a, n, "CREATE SCHEMA public");
		pg_act(l, a, n, "GRANT USAGE ON SCHEMA public TO PUBLIC");
	}
	if (p->absent || p->comment)
		pg_act(l, a, n, "COMMENT ON SCHEMA public IS 'standard public "
		       "schema'");
	pg_take_grants(l, a, n);
}

static void check_empty(struct lowering *l, struct action *a,
			const struct node *column, const struct node *table)
{
	char *what = pg_printf(l->arena, "%L", arena_printf(l->arena,
		"column %s.%s holds values that its new type does not take",
		table->name, column->name));

	pg_act(l, a, column, pg_printf(l->arena, "DO $$BEGIN IF EXISTS (SELECT "
		"FROM %s WHERE %I IS NOT NULL) THEN RAISE USING MESSAGE = %s; "
		"END IF; END$$", table->name, column->name, what))->check =
		true;
}

/* A type with functions of its own, that it cannot be without. */
bool pg_has_own(const struct node *n)
{
	return (n->kind == &pg_kind_base_type && n->nkids) ||
	       (n->kind == &pg_kind_range &&
		((const struct pg_range *)n)->canonical);
}

void pg_drop(struct lowering *l, struct action *a, const struct node *n)
{
	const struct pg_ops *ops = pg_ops_of(n->kind);
	const struct node *home = n->parent;
	struct statement *st;
	struct buf b = BUF_INIT;

	if (n->kind == &pg_kind_default_privileges) {
		pg_take_grants(l, a, n);
		return;
	}
	if (home && pg_is_carried(l, pg_pair_from(l, n))) {
		pg_put_aside(l, a, pg_pair_from(l, n));
		return;
	}
	if (home && pg_pair_from(l, home)->to)
		home = pg_pair_from(l, home)->to;
	if (pg_is_public(n)) {
		drop_public(l, a, n);
		return;
	}
	if (pg_drop_online(l, a, n))
		return;
	if (!home) {
		buf_addstr(&b, "DROP ");
		pg_add_target(&b, n);
		if (pg_has_own(n))
			buf_addstr(&b, " CASCADE");
	} else if (n->kind == &pg_kind_index) {
		buf_addstr(&b, "DROP INDEX ");
		pg_add_schema(&b, home->name);
		/* A partition may have a constraint's, which is made anew. */
		pg_addf(&b, "%I%s", n->name, *pg_only(n) ? " CASCADE" : "");
	} else if (n->kind == &pg_kind_trigger || n->kind == &pg_kind_rule ||
		   n->kind == &pg_kind_policy) {
		pg_addf(&b, "DROP %s %I ON %s", ops->noun, n->name,
			home->name);
	} else if (home->kind == &pg_kind_composite) {
		pg_addf(&b, "ALTER TYPE %s DROP ATTRIBUTE %I", home->name,
			n->name);
	} else {
		pg_addf(&b, "ALTER %s %s%s DROP %s %I", home->kind ==
			&pg_kind_domain ? "DOMAIN" : "TABLE",
			kind_is_column(n->kind) && pg_child_keeps(l, n) ?
			"ONLY " : "", home->name, ops->noun, n->name);
	}
	if (n->kind == &pg_kind_table &&
	    ((const struct pg_table *)n)->partition_of)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE %s DETACH "
			"PARTITION %s", ((const struct pg_table *)n)->
			partition_of, n->name));
	if (pg_is_unconvertible(l, n))
		check_empty(l, a, n, home);
	st = pg_act(l, a, n, arena_strndup(l->arena, b.ptr, b.len));
	pg_hazard_drop(l, st, n);
	buf_release(&b);
}
