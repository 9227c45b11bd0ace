/*
 * The model of test-property.c: looking things up, and keeping it sound.
 */
#include "config.h"

#include "property.h"

struct p_table *model_table(struct p_model *m, int id)
{
	for (int i = 0; i < m->ntables; i++)
		if (m->tables[i].id == id)
			return &m->tables[i];
	return NULL;
}

struct p_view *model_view(struct p_model *m, int id)
{
	for (int i = 0; i < m->nviews; i++)
		if (m->views[i].id == id)
			return &m->views[i];
	return NULL;
}

struct p_column *model_column(struct p_model *m, int id, struct p_table **of)
{
	for (int i = 0; i < m->ntables; i++)
		for (int k = 0; k < m->tables[i].ncolumns; k++)
			if (m->tables[i].columns[k].id == id) {
				*of = &m->tables[i];
				return &m->tables[i].columns[k];
			}
	return NULL;
}

const char *model_relation(struct p_model *m, int id)
{
	struct p_table *t = model_table(m, id);
	struct p_view *v = model_view(m, id);

	return t ? t->name : v ? v->name : NULL;
}

void model_remove(void *v, int *n, int i, size_t size)
{
	char *at = (char *)v + (size_t)i * size;

	memmove(at, at + size, (size_t)(*n - i - 1) * size);
	--*n;
}

bool name_is_free(struct p_model *m, const char *name)
{
	for (int i = 0; i < m->ntables; i++)
		if (!ascii_casecmp(m->tables[i].name, name))
			return false;
	for (int i = 0; i < m->nindexes; i++)
		if (!ascii_casecmp(m->indexes[i].name, name))
			return false;
	for (int i = 0; i < m->nviews; i++)
		if (!ascii_casecmp(m->views[i].name, name))
			return false;
	for (int i = 0; i < m->ntriggers; i++)
		if (!ascii_casecmp(m->triggers[i].name, name))
			return false;
	return true;
}

bool column_is_free(const struct p_table *t, const char *name)
{
	for (int i = 0; i < t->ncolumns; i++)
		if (!ascii_casecmp(t->columns[i].name, name))
			return false;
	return true;
}

/* ---- settling ----------------------------------------------------------- */

static const struct p_column *own_column(const struct p_table *t, int id)
{
	for (int i = 0; i < t->ncolumns; i++)
		if (t->columns[i].id == id)
			return &t->columns[i];
	return NULL;
}

static bool dangles(struct p_model *m, const struct p_sql *s)
{
	struct p_table *t;

	if (!s->text)
		return false;
	if ((strstr(s->text, "$T") && !model_relation(m, s->t)) ||
	    (strstr(s->text, "$U") && !model_relation(m, s->u)))
		return true;
	return (strstr(s->text, "$x") && !model_column(m, s->x, &t)) ||
	       (strstr(s->text, "$y") && !model_column(m, s->y, &t));
}

static void settle_key(struct p_key *k, const struct p_table *t)
{
	for (int i = 0; i < k->n; i++) {
		const struct p_column *c = own_column(t, k->col[i]);

		if (c)
			continue;
		k->n--;
		for (int j = i; j < k->n; j++) {
			k->col[j] = k->col[j + 1];
			k->desc[j] = k->desc[j + 1];
		}
		i--;
	}
}

static bool is_strict_type(const char *type)
{
	static const char *const types[] = {
		"INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY",
	};

	for (size_t i = 0; type && i < ARRAY_LEN(types); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

static void settle_columns(struct p_model *m, struct p_table *t)
{
	for (int i = 0; i < t->ncolumns; i++) {
		struct p_column *c = &t->columns[i];
		const struct p_column *x, *y;

		if (t->strict && !is_strict_type(c->type))
			c->type = "ANY";
		if (dangles(m, &c->check))
			c->check.text = NULL;
		if (!c->generated.text)
			continue;
		x = own_column(t, c->generated.x);
		y = own_column(t, c->generated.y);
		if (!x || !y || x->generated.text || y->generated.text) {
			c->generated.text = NULL;
			continue;
		}
		c->dflt = NULL;
	}
}

static void settle_pk(struct p_table *t)
{
	settle_key(&t->pk, t);
	for (int i = 0; i < t->pk.n; i++)
		if (own_column(t, t->pk.col[i])->generated.text)
			t->pk.n = 0;
	if (!t->pk.n || t->pk_type == P_PK_NONE) {
		t->pk_type = P_PK_NONE;
		t->pk.n = 0;
	}
	if (t->pk_type == P_PK_NONE)
		t->without_rowid = false;
	if (t->pk_type != P_PK_ROWID || t->without_rowid)
		t->autoincrement = false;
	if (t->pk_type == P_PK_ROWID || t->pk_type == P_PK_COLUMN)
		t->pk.n = 1;
	for (int i = 0; i < t->ncolumns; i++)
		if (t->pk_type == P_PK_ROWID &&
		    t->columns[i].id == t->pk.col[0]) {
			t->columns[i].type = "INTEGER";
			t->pk.desc[0] = false;
		}
}

static bool same_columns(const struct p_key *a, const struct p_key *b)
{
	for (int i = 0; i < a->n; i++)
		if (a->n != b->n || a->col[i] != b->col[i])
			return false;
	return a->n == b->n;
}

/* May a foreign key point there? */
static bool is_key(const struct p_table *t, const struct p_key *k)
{
	const struct p_column *c = k->n ? own_column(t, k->col[0]) : NULL;

	if (same_columns(&t->pk, k) || (k->n == 1 && c && c->unique))
		return k->n > 0;
	for (int i = 0; i < t->nconstraints; i++)
		if (t->constraints[i].type == P_UNIQUE &&
		    same_columns(&t->constraints[i].key, k))
			return true;
	return false;
}

static bool constraint_stands(struct p_model *m, struct p_table *t,
			      struct p_constraint *c)
{
	struct p_table *parent;
	int n = c->key.n, np = c->parent_key.n;

	if (c->type == P_CHECK)
		return c->check.text && !dangles(m, &c->check);
	settle_key(&c->key, t);
	if (c->key.n != n || !n)
		return false;
	if (c->type == P_UNIQUE)
		return true;
	parent = model_table(m, c->parent);
	if (!parent)
		return false;
	settle_key(&c->parent_key, parent);
	if (c->parent_key.n != np)
		return false;
	return np ? np == n && is_key(parent, &c->parent_key) :
	       parent->pk.n == n;
}

static void settle_index(struct p_model *m, int i)
{
	struct p_index *x = &m->indexes[i];
	struct p_table *t = model_table(m, x->table);

	if (t) {
		settle_key(&x->key, t);
		if (dangles(m, &x->expr))
			x->expr.text = NULL;
		if (dangles(m, &x->where))
			x->where.text = NULL;
	}
	if (!t || (!x->key.n && !x->expr.text))
		REMOVE(m->indexes, m->nindexes, i);
}

static void settle_trigger(struct p_model *m, int i)
{
	struct p_trigger *g = &m->triggers[i];
	struct p_table *t;

	if (dangles(m, &g->condition))
		g->condition.text = NULL;
	if (!model_column(m, g->of, &t))
		g->of = 0;
	if (!model_relation(m, g->on) || dangles(m, &g->body))
		REMOVE(m->triggers, m->ntriggers, i);
}

static void settle_table(struct p_model *m, int i)
{
	struct p_table *t = &m->tables[i];
	int stored = 0;

	settle_columns(m, t);
	settle_pk(t);
	for (int k = t->nconstraints; k-- > 0;)
		if (!constraint_stands(m, t, &t->constraints[k]))
			REMOVE(t->constraints, t->nconstraints, k);
	for (int k = 0; k < t->ncolumns; k++)
		stored += !t->columns[k].generated.text;
	if (!stored)
		REMOVE(m->tables, m->ntables, i);
}

static int size_of(const struct p_model *m)
{
	int n = m->ntables + m->nindexes + m->nviews + m->ntriggers;

	for (int i = 0; i < m->ntables; i++)
		n += m->tables[i].nconstraints + m->tables[i].ncolumns;
	return n;
}

void model_settle(struct p_model *m)
{
	int before;

	do {
		before = size_of(m);
		for (int i = m->ntables; i-- > 0;)
			settle_table(m, i);
		for (int i = m->nindexes; i-- > 0;)
			settle_index(m, i);
		for (int i = m->nviews; i-- > 0;)
			if (dangles(m, &m->views[i].body))
				REMOVE(m->views, m->nviews, i);
		for (int i = m->ntriggers; i-- > 0;)
			settle_trigger(m, i);
	} while (size_of(m) != before);
}
