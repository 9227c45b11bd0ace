/*
 * Models of test-property.c as SQL.
 */
#include "config.h"

#include "property.h"

struct writer {
	struct buf *b;
	struct p_model *m;
	struct rnd rnd;
	bool noisy;
};

static bool is_plain(const char *name)
{
	static const char *const keywords[] = {
		"order", "group", "select", "index", "view", "from", "end",
		"desc", "check", "unique", "new", "old", "key", "match",
	};

	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (!ascii_casecmp(name, keywords[i]))
			return false;
	for (const char *p = name; *p; p++)
		if (!is_word_byte((unsigned char)*p) || *p == '$')
			return false;
	return *name < '0' || *name > '9';
}

static void quoted(struct buf *b, const char *name, char open, char close)
{
	buf_addch(b, open);
	for (; *name; name++) {
		if (*name == close)
			buf_addch(b, close);
		buf_addch(b, *name);
	}
	buf_addch(b, close);
}

void sql_name(struct buf *b, const char *name)
{
	quoted(b, name, '"', '"');
}

static void name(struct writer *w, const char *s)
{
	uint32_t how = w->noisy ? rnd_below(&w->rnd, 6) : 5;

	if (how == 0)
		quoted(w->b, s, '`', '`');
	else if (how == 1 && !strchr(s, ']'))
		quoted(w->b, s, '[', ']');
	else if (how < 5 || !is_plain(s))
		quoted(w->b, s, '"', '"');
	else
		buf_addstr(w->b, s);
}

/*
 * A name where it is used.  The case of its letters may be another, but not in
 * "x", which may be a string and is compared with its case.
 */
static void use(struct writer *w, const char *s)
{
	char other[64];
	size_t n = strlen(s);
	bool upper = false;

	for (const char *p = s; *p; p++)
		upper |= *p >= 'A' && *p <= 'Z';
	if (upper) {
		quoted(w->b, s, '"', '"');
		return;
	}
	if (!w->noisy || !is_plain(s) || n >= sizeof(other) ||
	    !rnd_chance(&w->rnd, 15)) {
		name(w, s);
		return;
	}
	for (size_t i = 0; i <= n; i++)
		other[i] = s[i] >= 'a' && s[i] <= 'z' &&
			   rnd_chance(&w->rnd, 50) ? (char)(s[i] - 32) : s[i];
	buf_addstr(w->b, other);
}

static void space(struct writer *w)
{
	static const char *const spaces[] = {
		" ", "  ", "\n\t", " /* x; */ ", " -- it's\n", "\n",
	};

	buf_addstr(w->b, w->noisy ? spaces[rnd_below(&w->rnd, 6)] : " ");
}

static void column_name(struct writer *w, int id)
{
	struct p_table *t;
	const struct p_column *c = model_column(w->m, id, &t);

	use(w, c ? c->name : "?");
}

static void fill(struct writer *w, const struct p_sql *s)
{
	bool quote = strchr(s->text, '\'') || strchr(s->text, '"');

	for (const char *p = s->text; *p; p++) {
		if (*p == ' ' && w->noisy && !quote &&
		    rnd_chance(&w->rnd, 5)) {
			buf_addstr(w->b, "  ");
		} else if (*p != '$') {
			buf_addch(w->b, *p);
		} else {
			p++;
			if (*p == 'x' || *p == 'y')
				column_name(w, *p == 'x' ? s->x : s->y);
			else
				use(w, model_relation(w->m, *p == 'T' ? s->t :
						      s->u));
		}
	}
}

static void key(struct writer *w, const struct p_key *k)
{
	buf_addch(w->b, '(');
	for (int i = 0; i < k->n; i++) {
		buf_addstr(w->b, i ? ", " : "");
		column_name(w, k->col[i]);
		if (k->desc[i])
			buf_addstr(w->b, " DESC");
	}
	buf_addch(w->b, ')');
}

static void conflict(struct writer *w, const char *how)
{
	if (how)
		buf_addf(w->b, " ON CONFLICT %s", how);
}

static void pk_column(struct writer *w, const struct p_table *t,
		      const struct p_column *c)
{
	if ((t->pk_type != P_PK_ROWID && t->pk_type != P_PK_COLUMN) ||
	    t->pk.col[0] != c->id)
		return;
	buf_addstr(w->b, " PRIMARY KEY");
	if (t->pk.desc[0])
		buf_addstr(w->b, " DESC");
	if (t->autoincrement)
		buf_addstr(w->b, " AUTOINCREMENT");
}

static void column(struct writer *w, const struct p_table *t,
		   const struct p_column *c)
{
	name(w, c->name);
	if (c->type) {
		space(w);
		buf_addstr(w->b, c->type);
	}
	pk_column(w, t, c);
	if (c->not_null) {
		buf_addstr(w->b, " NOT NULL");
		conflict(w, c->not_null_conflict);
	}
	if (c->unique)
		buf_addstr(w->b, " UNIQUE");
	if (c->dflt)
		buf_addf(w->b, " DEFAULT %s", c->dflt);
	if (c->collate)
		buf_addf(w->b, " COLLATE %s", c->collate);
	if (c->check.text) {
		buf_addstr(w->b, " CHECK (");
		fill(w, &c->check);
		buf_addch(w->b, ')');
	}
	if (c->generated.text) {
		buf_addstr(w->b, " AS (");
		fill(w, &c->generated);
		buf_addstr(w->b, c->stored ? ") STORED" : ")");
	}
}

static void constraint(struct writer *w, const struct p_constraint *c)
{
	if (c->name) {
		buf_addstr(w->b, "CONSTRAINT ");
		name(w, c->name);
		space(w);
	}
	if (c->type == P_UNIQUE) {
		buf_addstr(w->b, "UNIQUE ");
		key(w, &c->key);
		conflict(w, c->conflict);
	} else if (c->type == P_CHECK) {
		buf_addstr(w->b, "CHECK (");
		fill(w, &c->check);
		buf_addch(w->b, ')');
	} else {
		struct p_key plain = c->key, parent = c->parent_key;

		memset(plain.desc, 0, sizeof(plain.desc));
		memset(parent.desc, 0, sizeof(parent.desc));
		buf_addstr(w->b, "FOREIGN KEY ");
		key(w, &plain);
		buf_addstr(w->b, " REFERENCES ");
		use(w, model_relation(w->m, c->parent));
		if (parent.n)
			key(w, &parent);
		if (c->action)
			buf_addf(w->b, " %s", c->action);
	}
}

static void table(struct writer *w, const struct p_table *t)
{
	buf_addstr(w->b, "CREATE TABLE ");
	name(w, t->name);
	space(w);
	for (int i = 0; i < t->ncolumns; i++) {
		buf_addstr(w->b, i ? ",\n  " : "(\n  ");
		column(w, t, &t->columns[i]);
	}
	if (t->pk_type == P_PK_TABLE) {
		buf_addstr(w->b, ",\n  PRIMARY KEY ");
		key(w, &t->pk);
	}
	for (int i = 0; i < t->nconstraints; i++) {
		buf_addstr(w->b, ",\n  ");
		constraint(w, &t->constraints[i]);
	}
	buf_addstr(w->b, "\n)");
	if (t->strict)
		buf_addstr(w->b, " STRICT");
	if (t->without_rowid)
		buf_addf(w->b, "%s WITHOUT ROWID", t->strict ? "," : "");
	buf_addstr(w->b, ";\n");
}

static void index_sql(struct writer *w, const struct p_index *x)
{
	buf_addf(w->b, "CREATE %sINDEX ", x->unique ? "UNIQUE " : "");
	name(w, x->name);
	buf_addstr(w->b, " ON ");
	use(w, model_relation(w->m, x->table));
	buf_addstr(w->b, " (");
	for (int i = 0; i < x->key.n; i++) {
		buf_addstr(w->b, i ? ", " : "");
		column_name(w, x->key.col[i]);
		if (!i && x->collate)
			buf_addf(w->b, " COLLATE %s", x->collate);
		if (x->key.desc[i])
			buf_addstr(w->b, " DESC");
	}
	if (x->expr.text) {
		buf_addstr(w->b, x->key.n ? ", " : "");
		fill(w, &x->expr);
	}
	buf_addch(w->b, ')');
	if (x->where.text) {
		buf_addstr(w->b, " WHERE ");
		fill(w, &x->where);
	}
	buf_addstr(w->b, ";\n");
}

static void view(struct writer *w, const struct p_view *v)
{
	buf_addstr(w->b, "CREATE VIEW ");
	name(w, v->name);
	space(w);
	if (v->columns)
		buf_addf(w->b, "%s ", v->columns);
	buf_addstr(w->b, "AS ");
	fill(w, &v->body);
	buf_addstr(w->b, ";\n");
}

static void trigger(struct writer *w, const struct p_trigger *g)
{
	buf_addstr(w->b, "CREATE TRIGGER ");
	name(w, g->name);
	space(w);
	buf_addf(w->b, "%s %s", g->when, g->event);
	if (g->of) {
		buf_addstr(w->b, " OF ");
		column_name(w, g->of);
	}
	buf_addstr(w->b, " ON ");
	use(w, model_relation(w->m, g->on));
	if (g->condition.text) {
		buf_addstr(w->b, " WHEN ");
		fill(w, &g->condition);
	}
	buf_addstr(w->b, " BEGIN ");
	fill(w, &g->body);
	buf_addstr(w->b, " END;\n");
}

/* Each object's noise is its own, so that it stays when others go. */
static void renoise(struct writer *w, uint64_t noise, int id)
{
	w->rnd.state = noise * 1000003u + (uint64_t)id;
}

void model_sql(struct buf *b, struct p_model *m, uint64_t noise)
{
	struct writer w = { b, m, { noise }, noise > 0 };

	for (int i = 0; i < m->ntables; i++) {
		renoise(&w, noise, m->tables[i].id);
		table(&w, &m->tables[i]);
	}
	for (int i = 0; i < m->nindexes; i++) {
		renoise(&w, noise, m->indexes[i].id);
		index_sql(&w, &m->indexes[i]);
	}
	for (int i = 0; i < m->nviews; i++) {
		renoise(&w, noise, m->views[i].id);
		view(&w, &m->views[i]);
	}
	for (int i = 0; i < m->ntriggers; i++) {
		renoise(&w, noise, m->triggers[i].id);
		trigger(&w, &m->triggers[i]);
	}
}

/* ---- rows --------------------------------------------------------------- */

static void row(struct buf *b, const struct p_table *t, struct rnd *r)
{
	static const char *const values[] = {
		"1", "2", "3", "4", "5", "1", "2", "NULL", "NULL", "-7",
		"3.5", "'a'", "'abc'", "'A'", "'12'", "'1e3'", "x'00ff'",
		"''", "'it''s'", "9007199254740993", "' 5'", "1e300", "2.0",
		"'caf\xc3\xa9'",
	};
	bool first = true;

	buf_addstr(b, "INSERT OR IGNORE INTO ");
	sql_name(b, t->name);
	for (int i = 0; i < t->ncolumns; i++) {
		if (t->columns[i].generated.text)
			continue;
		buf_addstr(b, first ? " (" : ", ");
		sql_name(b, t->columns[i].name);
		first = false;
	}
	first = true;
	for (int i = 0; i < t->ncolumns; i++) {
		if (t->columns[i].generated.text)
			continue;
		buf_addf(b, "%s%s", first ? ") VALUES (" : ", ",
			 values[rnd_below(r, ARRAY_LEN(values))]);
		first = false;
	}
	buf_addstr(b, ")");
	buf_addch(b, '\0');
}

/* Each ends in a NUL. */
void model_rows(struct buf *b, struct p_model *m, uint64_t seed)
{
	struct rnd r = { seed };

	for (int i = 0; i < m->ntables; i++) {
		r.state = seed + (uint64_t)m->tables[i].id;
		for (int k = 0; k < 8; k++)
			row(b, &m->tables[i], &r);
	}
}

/* ---- renames ------------------------------------------------------------ */

size_t model_renames(struct rename **out, struct p_model *from,
		     struct p_model *to, struct arena *a)
{
	size_t n = 0, cap = 0;

	*out = NULL;
	for (int i = 0; i < from->ntables; i++) {
		const struct p_table *f = &from->tables[i];
		const struct p_table *t = model_table(to, f->id);

		if (!t)
			continue;
		if (strcmp(f->name, t->name))
			*ARENA_PUSH(a, *out, n, cap) = (struct rename){
				.object = f->name, .to = t->name };
		for (int k = 0; k < f->ncolumns; k++) {
			struct p_table *of;
			const struct p_column *c = model_column(to,
						f->columns[k].id, &of);

			if (c && strcmp(f->columns[k].name, c->name))
				*ARENA_PUSH(a, *out, n, cap) = (struct rename){
					.object = f->name,
					.column = f->columns[k].name,
					.to = c->name };
		}
	}
	return n;
}
