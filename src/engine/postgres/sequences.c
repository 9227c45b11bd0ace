/*
 * A serial's sequence is named after its table and column: where these are
 * renamed a source has another one, and the old one's value would be lost.
 * The two are one, as they are owned by one column.
 */
#include "config.h"

#include "engine/postgres/lower.h"

static const char *owner(const struct change *ch, enum change_op op)
{
	const struct node *n = op == CHANGE_DROP ? ch->from : ch->to;

	if (ch->op != op || n->kind != &pg_kind_sequence)
		return NULL;
	return ((const struct pg_sequence *)n)->owned_by;
}

static const struct change *table_change(const struct diff *d,
					 const char *column)
{
	const struct change *found = NULL;
	struct buf b = BUF_INIT;

	pg_add_table_of(&b, column);
	for (size_t i = 0; i < d->n && !found; i++)
		if (d->v[i].op == CHANGE_ALTER &&
		    d->v[i].from->kind == &pg_kind_table &&
		    !strcmp(d->v[i].from->name, b.ptr))
			found = &d->v[i];
	buf_release(&b);
	return found;
}

/* What a column of the schema before is called in the one behind. */
static char *new_owner(struct lowering *l, const char *column)
{
	const struct change *table = table_change(&l->diff, column);
	const struct node *old;
	const char *name;

	if (!table)
		return arena_strdup(l->arena, column);
	old = pg_find_column(table->from, column +
			     strlen(table->from->name) + 1);
	name = old ? old->name : "";
	for (size_t i = 0; i < table->nkids; i++)
		if (table->kids[i].from == old && table->kids[i].to)
			name = table->kids[i].to->name;
	return pg_printf(l->arena, "%s.%I", table->to->name, name);
}

uint64_t pg_differing(const struct node *a, const struct node *b)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < a->kind->nfields; i++) {
		const struct field *f = &a->kind->fields[i];
		bool same;

		if (f->type == FIELD_FLAG) {
			same = field_flag(a, f) == field_flag(b, f);
		} else if (f->type == FIELD_NAMES || f->type == FIELD_SQLS) {
			const struct list *v = field_list(a, f);
			const struct list *w = field_list(b, f);

			same = v->n == w->n;
			for (size_t k = 0; same && k < v->n; k++)
				same = !strcmp(v->v[k], w->v[k]);
		} else {
			const char *x = field_str(a, f), *y = field_str(b, f);

			same = x && y ? !strcmp(x, y) : x == y;
		}
		if (!same && strcmp(f->name, "owned-by"))
			bits |= (uint64_t)1 << i;
	}
	return bits;
}

static void remove_change(struct diff *d, size_t i)
{
	memmove(&d->v[i], &d->v[i + 1], (d->n - i - 1) * sizeof(*d->v));
	d->n--;
}

void pg_pair_sequences(struct lowering *l)
{
	struct diff *d = &l->diff;

	for (size_t i = 0; i < d->n; i++) {
		const char *was = owner(&d->v[i], CHANGE_DROP);
		const char *is = was ? new_owner(l, was) : NULL;

		for (size_t k = 0; is && k < d->n; k++) {
			const char *now = owner(&d->v[k], CHANGE_ADD);

			if (!now || strcmp(now, is))
				continue;
			d->v[i].op = CHANGE_ALTER;
			d->v[i].to = d->v[k].to;
			d->v[i].renamed = true;
			d->v[i].fields = pg_differing(d->v[i].from, d->v[i].to);
			remove_change(d, k);
			i -= k < i;
			break;
		}
	}
}
