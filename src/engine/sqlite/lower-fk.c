/*
 * A printed script has nobody who looks at foreign keys before COMMIT, so it
 * does that itself: the rows without a parent are counted before and after,
 * per table that the change concerns.  `apply` does the same in fk.c.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#define BEFORE OURS "fk_before"
#define AFTER OURS "fk_after"

static bool key_is(const struct list *key, const struct list *columns,
		   bool quoted)
{
	struct buf b = BUF_INIT;
	size_t found = 0;

	for (size_t i = 0; i < columns->n; i++)
		for (size_t k = 0; k < key->n; k++) {
			buf_truncate(&b, 0);
			if (quoted)
				sqlite_quote_name(&b, columns->v[i]);
			else
				buf_addstr(&b, columns->v[i]);
			if (!ascii_ncasecmp(key->v[k], b.ptr, b.len) &&
			    (!key->v[k][b.len] || key->v[k][b.len] == ' ')) {
				found++;
				break;
			}
		}
	buf_release(&b);
	return key->n == columns->n && found == columns->n;
}

/* SQLite checks a key only where its parent's columns are unique; where they
 * are not, PRAGMA foreign_key_check fails ("foreign key mismatch").  Where
 * there is no parent table every row counts as broken. */
static bool fits(const struct schema *s, const struct foreign_key *fk)
{
	const struct node *parent = schema_find(s, &kind_table, fk->table);

	if (!parent)
		return true;
	for (size_t i = 0; i < parent->nkids; i++) {
		const struct node *n = parent->kids[i];
		const struct index *index = (const struct index *)n;

		if (n->kind == &kind_primary_key &&
		    (fk->ref_columns.n ?
		     key_is(&((struct primary_key *)n)->key,
			    &fk->ref_columns, true) :
		     ((struct primary_key *)n)->key.n == fk->columns.n))
			return true;
		if (!fk->ref_columns.n)
			continue;
		if (n->kind == &kind_unique &&
		    key_is(&((struct unique *)n)->key, &fk->ref_columns, true))
			return true;
		if (n->kind == &kind_index && index->unique && !index->where &&
		    key_is(&index->key, &fk->ref_columns, true))
			return true;
	}
	return false;
}

static bool checkable(const struct schema *s, const struct node *table)
{
	bool any = false;

	for (size_t i = 0; i < table->nkids; i++) {
		if (table->kids[i]->kind != &kind_foreign_key)
			continue;
		any = true;
		if (!fits(s, (const struct foreign_key *)table->kids[i]))
			return false;
	}
	return any;
}

/* Is the table's content or its key concerned by the change? */
static bool is_concerned(const struct lowering *l, const struct diff *d,
			 const char *name)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct change *ch = &d->v[i];

		if (ch->op == CHANGE_ADD || ch->from->kind != &kind_table)
			continue;
		if (ascii_casecmp(ch->from->name, name) &&
		    (!ch->to || ascii_casecmp(ch->to->name, name)))
			continue;
		if (ch->op == CHANGE_DROP || ch->renamed ||
		    table_way(l, ch) != TABLE_KEEP)
			return true;
	}
	return false;
}

static bool parent_concerned(const struct lowering *l, const struct diff *d,
			     const struct node *table)
{
	for (size_t i = 0; i < table->nkids; i++)
		if (table->kids[i]->kind == &kind_foreign_key &&
		    is_concerned(l, d, ((struct foreign_key *)
					table->kids[i])->table))
			return true;
	return is_concerned(l, d, table->name);
}

/* SELECT 't', count(*) ... for every table of `s` whose keys the change may
 * break; empty where there is none. */
static void add_counts(struct buf *b, const struct lowering *l,
		       const struct diff *d, const struct schema *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct node *n = s->objects[i];

		if (n->kind != &kind_table || !parent_concerned(l, d, n) ||
		    !checkable(s, n))
			continue;
		sql_addf(b, "%sSELECT %L AS child, count(*) AS n "
			 "FROM pragma_foreign_key_check(%L)",
			 b->len ? "\nUNION ALL " : "", n->fold, n->name);
	}
}

static void add_script(struct lowering *l, const char *sql)
{
	struct statement *st = script_add(l->out, l->arena, "", sql);

	st->script_only = true;
}

void lower_fk_before(struct lowering *l, const struct diff *d)
{
	struct buf b = BUF_INIT;

	add_counts(&b, l, d, l->from);
	if (b.len)
		add_script(l, arena_printf(l->arena, "CREATE TEMP TABLE "
					   BEFORE " AS %s", b.ptr));
	buf_release(&b);
}

void lower_fk_after(struct lowering *l, const struct diff *d)
{
	struct buf before = BUF_INIT, after = BUF_INIT;

	add_counts(&before, l, d, l->before);
	add_counts(&after, l, d, l->to);
	if (after.len) {
		add_script(l, "CREATE TEMP TABLE " AFTER " (ok CONSTRAINT "
			   "\"rows would lose the parent of a foreign key\" "
			   "CHECK (ok))");
		add_script(l, arena_printf(l->arena, "INSERT INTO " AFTER
			   " SELECT a.n <= %s FROM (%s) AS a",
			   before.len ? "coalesce((SELECT b.n FROM " BEFORE
			   " AS b WHERE b.child = a.child), 0)" : "0",
			   after.ptr));
		add_script(l, "DROP TABLE temp." AFTER);
	}
	if (before.len)
		add_script(l, "DROP TABLE temp." BEFORE);
	buf_release(&before);
	buf_release(&after);
}
