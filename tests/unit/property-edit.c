/*
 * Random edits of a model, for test-property.c.
 */
#include "config.h"

#include "property.h"

#define PICK(r, v) ((v)[rnd_below((r), ARRAY_LEN(v))])

static struct p_table *some_table(struct p_model *m, struct rnd *r)
{
	return &m->tables[rnd_below(r, (uint32_t)m->ntables)];
}

static struct p_column *some_column(struct p_table *t, struct rnd *r)
{
	return &t->columns[rnd_below(r, (uint32_t)t->ncolumns)];
}

/* ---- tables ------------------------------------------------------------- */

static void drop_table(struct p_model *m, struct rnd *r)
{
	REMOVE(m->tables, m->ntables, (int)rnd_below(r, (uint32_t)m->ntables));
}

static void rename_table(struct p_model *m, struct rnd *r)
{
	some_table(m, r)->name = random_name(m, r);
}

static void swap_tables(struct p_model *m, struct rnd *r)
{
	struct p_table *a = some_table(m, r), *b = some_table(m, r);
	const char *name = a->name;

	a->name = b->name;
	b->name = name;
}

/* Another table under the name of one that goes. */
static void replace_table(struct p_model *m, struct rnd *r)
{
	int i = (int)rnd_below(r, (uint32_t)m->ntables);
	const char *name = m->tables[i].name;

	REMOVE(m->tables, m->ntables, i);
	if (m->ntables && rnd_chance(r, 50)) {
		some_table(m, r)->name = name;
		return;
	}
	random_table(m, r);
	m->tables[m->ntables - 1].name = name;
}

static void toggle_strict(struct p_model *m, struct rnd *r)
{
	struct p_table *t = some_table(m, r);

	t->strict = !t->strict;
}

static void toggle_rowid(struct p_model *m, struct rnd *r)
{
	struct p_table *t = some_table(m, r);

	t->without_rowid = !t->without_rowid;
}

static void change_pk(struct p_model *m, struct rnd *r)
{
	random_pk(some_table(m, r), r);
}

/* ---- columns ------------------------------------------------------------ */

static void add_column(struct p_model *m, struct rnd *r)
{
	struct p_table *t = some_table(m, r);
	struct p_column c;
	int at;

	if (t->ncolumns == P_COLUMNS)
		return;
	random_column(&t->columns[t->ncolumns], m, t, r);
	if (rnd_chance(r, 60))
		return;
	at = (int)rnd_below(r, (uint32_t)t->ncolumns);
	c = t->columns[t->ncolumns - 1];
	memmove(&t->columns[at + 1], &t->columns[at],
		(size_t)(t->ncolumns - 1 - at) * sizeof(c));
	t->columns[at] = c;
}

static void drop_column(struct p_model *m, struct rnd *r)
{
	struct p_table *t = some_table(m, r);
	int i = (int)rnd_below(r, (uint32_t)t->ncolumns);

	REMOVE(t->columns, t->ncolumns, i);
}

static void rename_column(struct p_model *m, struct rnd *r)
{
	struct p_table *t = some_table(m, r);

	some_column(t, r)->name = random_column_name(t, r);
}

static void swap_columns(struct p_model *m, struct rnd *r)
{
	struct p_table *t = some_table(m, r);
	struct p_column *a = some_column(t, r), *b = some_column(t, r);
	const char *name = a->name;

	a->name = b->name;
	b->name = name;
}

static void reorder_columns(struct p_model *m, struct rnd *r)
{
	struct p_table *t = some_table(m, r);
	struct p_column *a = some_column(t, r), *b = some_column(t, r);
	struct p_column c = *a;

	*a = *b;
	*b = c;
}

/* One of its details, or all of them. */
static void change_column(struct p_model *m, struct rnd *r)
{
	struct p_table *t = some_table(m, r);
	struct p_column *c = some_column(t, r), other = *c;

	random_details(&other, t, r);
	switch (rnd_below(r, 9)) {
	case 0:
		c->type = other.type;
		break;
	case 1:
		c->not_null = !c->not_null;
		break;
	case 2:
		c->unique = !c->unique;
		break;
	case 3:
		c->collate = c->collate ? NULL : "NOCASE";
		break;
	case 4:
		c->dflt = other.dflt;
		break;
	case 5:
		c->check = other.check;
		break;
	case 6:
		c->generated = other.generated;
		break;
	case 7:
		c->stored = !c->stored;
		break;
	default:
		*c = other;
	}
}

static void add_constraint(struct p_model *m, struct rnd *r)
{
	random_constraint(m, some_table(m, r), r);
}

static void change_constraint(struct p_model *m, struct rnd *r)
{
	struct p_table *t = some_table(m, r);
	int i;

	if (!t->nconstraints)
		return;
	i = (int)rnd_below(r, (uint32_t)t->nconstraints);
	if (rnd_chance(r, 30))
		t->constraints[i].name = t->constraints[i].name ? NULL :
					 "renamed rule";
	else
		REMOVE(t->constraints, t->nconstraints, i);
}

/* ---- what hangs on tables ----------------------------------------------- */

static void change_index(struct p_model *m, struct rnd *r)
{
	struct p_index *x;
	int i;

	if (!m->nindexes)
		return;
	i = (int)rnd_below(r, (uint32_t)m->nindexes);
	x = &m->indexes[i];
	switch (rnd_below(r, 5)) {
	case 0:
		REMOVE(m->indexes, m->nindexes, i);
		break;
	case 1:
		x->name = random_name(m, r);
		break;
	case 2:
		x->unique = !x->unique;
		break;
	case 3:
		x->key.desc[0] = !x->key.desc[0];
		break;
	default:
		/* Its name goes over to another index. */
		x->table = some_table(m, r)->id;
		x->expr.text = x->where.text = NULL;
		x->key.n = 1;
		x->key.col[0] = model_table(m, x->table)->columns[0].id;
	}
}

static void change_view(struct p_model *m, struct rnd *r)
{
	int i;

	if (!m->nviews)
		return;
	i = (int)rnd_below(r, (uint32_t)m->nviews);
	if (rnd_chance(r, 30)) {
		m->views[i].name = random_name(m, r);
	} else if (rnd_chance(r, 50)) {
		m->views[i].body.text = "SELECT 'another' AS one";
		m->views[i].columns = NULL;
	} else {
		REMOVE(m->views, m->nviews, i);
	}
}

static void change_trigger(struct p_model *m, struct rnd *r)
{
	struct p_trigger *g;
	int i;

	if (!m->ntriggers)
		return;
	i = (int)rnd_below(r, (uint32_t)m->ntriggers);
	g = &m->triggers[i];
	if (rnd_chance(r, 30))
		g->name = random_name(m, r);
	else if (rnd_chance(r, 50))
		g->body.text = "SELECT 'another';";
	else
		REMOVE(m->triggers, m->ntriggers, i);
}

/* A view where a table was, or the other way round. */
static void change_kind(struct p_model *m, struct rnd *r)
{
	int i = (int)rnd_below(r, (uint32_t)m->ntables);
	const char *name = m->tables[i].name;

	REMOVE(m->tables, m->ntables, i);
	model_settle(m);
	i = m->nviews;
	random_view(m, r);
	if (m->nviews > i && name_is_free(m, name))
		m->views[i].name = name;
}

void random_edit(struct p_model *m, struct rnd *r)
{
	static void (*const edits[])(struct p_model *m, struct rnd *r) = {
		random_table, drop_table, rename_table, rename_table,
		swap_tables, replace_table, toggle_strict, toggle_rowid,
		change_pk, add_column, add_column, add_column, drop_column,
		drop_column, rename_column, rename_column, swap_columns,
		reorder_columns, change_column, change_column, change_column,
		change_column, change_column, add_constraint, add_constraint,
		change_constraint, random_index, change_index, change_index,
		random_view, change_view, random_trigger, change_trigger,
		change_kind,
	};

	if (m->ntables)
		PICK(r, edits)(m, r);
	else
		random_table(m, r);
	model_settle(m);
}
