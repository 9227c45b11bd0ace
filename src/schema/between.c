/*
 * The schema between two others: `to`, without what it demands of rows that
 * have not been filled in, and with what of `from` is to be dropped.
 *
 *	from ── expand ──▶ between ── contract ──▶ to
 */
#include "config.h"

#include "ss/diff.h"

#include "ss/kinds.h"
#include "ss/kinds-postgres.h"
#include "ss/sqltok.h"

struct between {
	struct schema *out;
	struct arena *arena;
};

/* Does a column that nobody gives a value get one? */
static bool fills(const struct node *n)
{
	for (size_t i = 0; i < n->kind->nfields; i++) {
		const struct field *f = &n->kind->fields[i];

		if (f->flags & FIELD_FILLS && field_str(n, f))
			return true;
	}
	return false;
}

/* A column that demands nothing. */
static struct node *relaxed(struct between *b, const struct node *n)
{
	struct node *copy = node_copy(b->arena, n);

	for (size_t i = 0; !fills(n) && i < n->kind->nfields; i++) {
		const struct field *f = &n->kind->fields[i];

		if (f->flags & FIELD_DEMANDS)
			*(bool *)((char *)copy + f->offset) = false;
	}
	return copy;
}

static const struct change *change_of(const struct change *ch,
				      const struct node *kid)
{
	for (size_t i = 0; i < ch->nkids; i++)
		if (ch->kids[i].to == kid)
			return &ch->kids[i];
	return NULL;
}

static bool is_key(const struct node *n)
{
	return n->kind == &kind_primary_key ||
	       n->kind == &pg_kind_primary_key;
}

/* A column as it is to be, or any other part that stays as it is; what is
 * demanded of rows anew is left out. */
static void add_part(struct between *b, struct node *parent,
		     const struct change *ch, const struct node *kid)
{
	bool column = kind_is_column(kid->kind);

	if (!ch)
		node_add(b->arena, parent, node_copy(b->arena, kid));
	else if (column && (!ch->from || !node_demands(ch->from)))
		node_add(b->arena, parent, relaxed(b, kid));
	else if (column)
		node_add(b->arena, parent, node_copy(b->arena, kid));
	else if (ch->op == CHANGE_ALTER && !ch->fields && !ch->nkids &&
		 !is_key(kid))
		node_add(b->arena, parent, node_copy(b->arena, kid));
}

static bool mentions(const struct node *key, const struct node *column)
{
	for (size_t i = 0; i < key->kind->nfields; i++) {
		const struct field *f = &key->kind->fields[i];
		const struct list *l = field_list(key, f);

		if (strcmp(f->name, "key"))
			continue;
		for (size_t k = 0; k < l->n; k++)
			if (sql_mentions(l->v[k], column->fold))
				return true;
	}
	return false;
}

/* A table keeps a primary key: the new one, unless it has new columns. */
static void add_key(struct between *b, struct node *parent,
		    const struct change *table)
{
	const struct node *was = NULL, *is = NULL;

	for (size_t i = 0; i < table->nkids; i++) {
		const struct change *ch = &table->kids[i];

		if (ch->from && is_key(ch->from))
			was = ch->from;
		if (ch->to && is_key(ch->to))
			is = ch->to;
	}
	for (size_t i = 0; is && was && i < table->nkids; i++) {
		const struct change *ch = &table->kids[i];

		if (ch->op == CHANGE_ADD && kind_is_column(ch->to->kind) &&
		    mentions(is, ch->to)) {
			is = was;
			break;
		}
	}
	if (is && was)
		node_add(b->arena, parent, node_copy(b->arena, is));
}

static void add_altered(struct between *b, const struct change *ch)
{
	const struct node *to = ch->to;
	struct node *n;

	if (!kind_is_table(to->kind)) {
		schema_add(b->out, (struct node *)to);
		return;
	}
	n = node_copy(b->arena, to);
	n->kids = NULL;
	n->nkids = n->kids_cap = 0;
	for (size_t i = 0; i < to->nkids; i++)
		add_part(b, n, change_of(ch, to->kids[i]), to->kids[i]);
	for (size_t i = 0; i < ch->nkids; i++)
		if (ch->kids[i].op == CHANGE_DROP &&
		    kind_is_column(ch->kids[i].from->kind))
			node_add(b->arena, n, relaxed(b, ch->kids[i].from));
	add_key(b, n, ch);
	schema_add(b->out, n);
}

static const struct change *object_change(const struct diff *d,
					  const struct node *to)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].to == to)
			return &d->v[i];
	return NULL;
}

static int between(struct schema *out, const struct schema *from,
		   const struct schema *to, struct arena *a, struct err *err)
{
	struct between b = { out, a };
	struct diff d;

	schema_diff(&d, from, to, 0, a);
	schema_init(out, to->spelling, a);
	out->version = to->version;
	out->settings = to->settings;
	out->retired = to->retired;
	for (size_t i = 0; i < to->n; i++) {
		const struct change *ch = object_change(&d, to->objects[i]);

		if (ch && ch->op == CHANGE_ALTER)
			add_altered(&b, ch);
		else
			schema_add(out, to->objects[i]);
	}
	for (size_t i = 0; i < d.n; i++)
		if (d.v[i].op == CHANGE_DROP)
			schema_add(out, (struct node *)d.v[i].from);
	if (!schema_seal(out, err))
		return 0;
	err->code = ERR_REFUSED;
	err_wrap(err, "the schema between the two versions");
	return err_hint(err, "let the data step be 'before' or 'after', or "
			"make two versions of it");
}

int schema_between(struct schema *out, const struct schema *from,
		   const struct schema *to, struct arena *a, struct err *err)
{
	const struct schema *const both[] = { from, to };
	struct agreed g;
	int ret;

	schema_agree(&g, both, ARRAY_LEN(both), a);
	ret = between(out, g.v[0], g.v[1], a, err);
	schema_agree_release(&g);
	return ret;
}
