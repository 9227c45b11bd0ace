/*
 * Virtual tables: another module or other arguments is another table.  What
 * the common ones hold is carried over; of the others the change is refused.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

static bool has_word(const char *arguments, const char *word)
{
	struct arena a = ARENA_INIT;
	struct tokens t;
	bool found = false;

	tokens_init(&t, arguments ? arguments : "", &a);
	for (size_t i = 0; i + 1 < t.n && !found; i++)
		found = sqltok_is(&t.v[i], word) &&
			sqltok_is(&t.v[i + 1], "=");
	arena_release(&a);
	return found;
}

/* The columns by which rows can be carried: those that both argument lists
 * begin a part with. */
static struct list column_names(struct lowering *l, const char *arguments)
{
	struct list names = { NULL, 0 };
	struct tokens t;
	bool start = true;

	tokens_init(&t, arguments ? arguments : "", l->arena);
	for (size_t i = 0; i + 1 < t.n; i++) {
		if (start && sqltok_is_name(&t.v[i]) &&
		    !sqltok_is(&t.v[i + 1], "="))
			list_add(l->arena, &names,
				 sqltok_name(l->arena, &t.v[i]));
		start = sqltok_is(&t.v[i], ",");
	}
	return names;
}

static bool in_list(const struct list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!ascii_casecmp(l->v[i], name))
			return true;
	return false;
}

static int refuse(struct lowering *l, const struct node *n, const char *why)
{
	err_set(l->err, ERR_REFUSED, "virtual table '%s' cannot be changed: "
		"%s", n->name, why);
	return err_hint(l->err, "drop it in one version and create it in the "
			"next, or give it another name");
}

static bool is_fts(const struct virtual_table *v)
{
	return str_starts(v->module, "fts3") || str_starts(v->module, "fts4") ||
	       str_starts(v->module, "fts5");
}

/* An index over another table's rows: it is built again from there. */
static void make_again(struct lowering *l, const struct change *ch)
{
	lower_add(l, ch->from, emit_drop(l->arena, ch->from));
	lower_add(l, ch->to, emit_create(l->arena, ch->to, NULL));
	lower_add(l, ch->to, sql_printf(l->arena,
		  "INSERT INTO %I (%I) VALUES ('rebuild')", ch->to->name,
		  ch->to->name));
}

static void carry(struct lowering *l, const struct change *ch, bool rowid)
{
	const struct virtual_table *from = (const void *)ch->from;
	const struct virtual_table *to = (const void *)ch->to;
	struct list old = column_names(l, from->arguments);
	struct list new = column_names(l, to->arguments);
	struct buf b = BUF_INIT;
	struct statement *st;

	if (rowid)
		buf_addstr(&b, "rowid");
	for (size_t i = 0; i < new.n; i++)
		if (in_list(&old, new.v[i]))
			sql_addf(&b, b.len ? ", %I" : "%I", new.v[i]);
	st = lower_add(l, ch->to, emit_create(l->arena, ch->to, REBUILT));
	for (size_t i = 0; i < old.n; i++)
		if (!in_list(&new, old.v[i]))
			statement_hazard(st, l->arena, HAZARD_DROPS_COLUMN,
					 arena_printf(l->arena,
						      "column %s.%s",
						      ch->from->name,
						      old.v[i]), NULL);
	lower_add(l, ch->to, sql_printf(l->arena,
		  "INSERT INTO %I (%s) SELECT %s FROM %I", REBUILT, b.ptr,
		  b.ptr, ch->from->name));
	lower_add(l, ch->from, emit_drop(l->arena, ch->from));
	lower_add(l, ch->to, "PRAGMA legacy_alter_table = ON");
	lower_add(l, ch->to, sql_printf(l->arena,
		  "ALTER TABLE %I RENAME TO %I", REBUILT, ch->to->name));
	lower_add(l, ch->to, "PRAGMA legacy_alter_table = OFF");
	buf_release(&b);
}

int lower_virtual(struct lowering *l, const struct change *ch)
{
	const struct virtual_table *from = (const void *)ch->from;
	const struct virtual_table *to = (const void *)ch->to;
	bool was_external = has_word(from->arguments, "content");
	bool external = has_word(to->arguments, "content");

	if (!ch->fields)
		return 0;
	if (is_fts(from) && is_fts(to)) {
		if (was_external != external)
			return refuse(l, ch->to, "its content moves between "
				      "itself and another table");
		if (external && strstr(to->arguments, "''"))
			return refuse(l, ch->to, "it has no content to build "
				      "it again from");
		if (external)
			make_again(l, ch);
		else
			carry(l, ch, true);
		return 0;
	}
	if (str_starts(from->module, "rtree") &&
	    !ascii_casecmp(from->module, to->module)) {
		carry(l, ch, false);
		return 0;
	}
	return refuse(l, ch->to, "what its module holds is not known here");
}
