/*
 * Foreign keys are off while a plan runs, so it looks after them itself: the
 * rows without a parent are counted before and after, in each table that the
 * change concerns.
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
	const struct node *parent = schema_find_relation(s, fk->table);

	if (!parent)
		return true;
	if (parent->kind != &kind_table)
		return false;
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

/* May the values of a column, or what is unique, become others? */
static bool changes_keys(const struct change *k)
{
	const struct kind *kind = (k->to ? k->to : k->from)->kind;
	const struct column *from = (const struct column *)k->from;
	const struct column *to = (const struct column *)k->to;

	if (kind == &kind_index)
		return (k->from && ((const struct index *)k->from)->unique) ||
		       (k->to && ((const struct index *)k->to)->unique);
	if (kind == &kind_primary_key || kind == &kind_unique)
		return true;
	if (kind != &kind_column || k->op == CHANGE_ADD)
		return false;
	return k->op == CHANGE_DROP || k->renamed ||
	       affinity(from) != affinity(to) || fills_null(from, to) ||
	       from->generated || to->generated || from->collate ||
	       to->collate;
}

/* Can this change leave rows of the table, or of those that name it, without
 * a parent? */
static bool is_concerned(const struct change *ch)
{
	if (ch->op == CHANGE_ADD || ch->from->kind != &kind_table)
		return false;
	if (ch->op == CHANGE_DROP || ch->renamed ||
	    ((const struct table *)ch->from)->strict !=
	    ((const struct table *)ch->to)->strict)
		return true;
	for (size_t i = 0; i < ch->nkids; i++)
		if (changes_keys(&ch->kids[i]))
			return true;
	return false;
}

static bool adds_key(const struct change *ch)
{
	for (size_t i = 0; i < ch->nkids; i++)
		if (ch->kids[i].to &&
		    ch->kids[i].to->kind == &kind_foreign_key)
			return true;
	return false;
}

/* What is to be looked at, on one side. */
struct fk_scope {
	struct lowering *l;
	const struct schema *schema;
	bool after;
	struct map changes;	/* folded name on this side -> its change */
	struct map parents;	/* those whose change concerns others */
};

static void scope_open(struct fk_scope *s, struct lowering *l,
		       const struct diff *d, bool after)
{
	memset(s, 0, sizeof(*s));
	s->l = l;
	s->schema = after ? l->to : l->before;
	s->after = after;
	for (size_t i = 0; i < d->n; i++) {
		const struct change *ch = &d->v[i];
		const struct node *here = after ? ch->to : ch->from;

		if (here && here->kind == &kind_table)
			map_set(&s->changes, here->fold, (void *)ch);
		if (!is_concerned(ch))
			continue;
		l->out->concerns_others = true;
		map_set(&s->parents, ch->from->fold, (void *)ch);
		if (ch->to)
			map_set(&s->parents, ch->to->fold, (void *)ch);
	}
}

static void scope_close(struct fk_scope *s)
{
	map_release(&s->changes);
	map_release(&s->parents);
}

static bool wants_check(struct fk_scope *s, const struct node *table)
{
	const struct change *own = map_find(&s->changes, table->fold);

	if (table->kind != &kind_table)
		return false;
	if (own && own->op == CHANGE_ADD)
		return false;	/* it has no rows */
	if (own && own->op == CHANGE_ALTER &&
	    (is_concerned(own) || adds_key(own)))
		return true;
	for (size_t i = 0; i < table->nkids; i++) {
		const struct foreign_key *fk = (const void *)table->kids[i];

		if (fk->node.kind == &kind_foreign_key &&
		    map_find(&s->parents, fold_name_in(s->l->arena,
						       &sqlite_spelling,
						       fk->table)))
			return true;
	}
	return false;
}

/* The next table from *i on whose keys are to be counted. */
static const struct node *next_table(struct fk_scope *s, size_t *i)
{
	while (*i < s->schema->n) {
		const struct node *n = s->schema->objects[(*i)++];

		if (wants_check(s, n) && checkable(s->schema, n))
			return n;
	}
	return NULL;
}

/* Rows, each once a parent; those of WITHOUT ROWID tables have no number. */
#define COUNT "SELECT count(DISTINCT coalesce(rowid, random()) || " \
	"lower(parent)) FROM pragma_foreign_key_check(%L)"

void lower_fk_before(struct lowering *l, const struct diff *d)
{
	const struct node *n;
	struct fk_scope s;
	size_t i = 0;

	scope_open(&s, l, d, false);
	while ((n = next_table(&s, &i))) {
		if (!l->fk_before)
			lower_check(l, NULL, "CREATE TEMP TABLE " BEFORE
				    " (origin, broken)");
		l->fk_before = true;
		lower_check(l, n, sql_printf(l->arena, "INSERT INTO temp."
			    BEFORE " SELECT %L, (" COUNT ")", n->key,
			    n->name));
	}
	scope_close(&s);
}

/* What was broken before may stay so, but nothing may break.  A table is known
 * by its origin, so that a renamed one is the same. */
void lower_fk_after(struct lowering *l, const struct diff *d)
{
	const struct node *n;
	struct fk_scope s;
	bool any = false;
	size_t i = 0;

	scope_open(&s, l, d, true);
	while ((n = next_table(&s, &i))) {
		const char *before = "0";

		if (!any)
			lower_check(l, NULL, "CREATE TEMP TABLE " AFTER " (ok "
				    "CONSTRAINT \"" FK_BROKEN "\" CHECK (ok))");
		any = true;
		if (l->fk_before)
			before = sql_printf(l->arena, "coalesce((SELECT broken "
					    "FROM temp." BEFORE " WHERE "
					    "origin = %L), 0)", n->key);
		lower_check(l, n, sql_printf(l->arena, "INSERT INTO temp."
			    AFTER " SELECT (" COUNT ") <= %s", n->name,
			    before));
	}
	if (any)
		lower_check(l, NULL, "DROP TABLE temp." AFTER);
	if (l->fk_before)
		lower_check(l, NULL, "DROP TABLE temp." BEFORE);
	scope_close(&s);
}
