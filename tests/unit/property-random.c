/*
 * Random models for test-property.c.
 */
#include "config.h"

#include "property.h"

/* splitmix64: the same numbers on every machine. */
uint32_t rnd_below(struct rnd *r, uint32_t n)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) >> 32) % n;
}

bool rnd_chance(struct rnd *r, unsigned percent)
{
	return rnd_below(r, 100) < percent;
}

#define PICK(r, v) ((v)[rnd_below((r), ARRAY_LEN(v))])

static const char *const names[] = {
	"users", "posts", "Tags", "order", "group", "a b", "it's", "say \"x\"",
	"caf\xc3\xa9", "select", "T1", "x.y", "n-1", "user_log", "[odd",
	"back`tick", "1st", "index", "new", "old", "temp_1", "a\nb", "view",
	"semi;colon", "%s", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8",
	"dash--dash", "/*c*/", "\xe2\x82\xac", "key", "check", "p9", "p10",
};

static const char *const column_names[] = {
	"id", "name", "Mail", "parent", "value", "order", "from", "a b",
	"it's", "q\"q", "\xc3\xbc", "c1", "c2", "c3", "c4", "c5", "c6",
	"kind", "desc", "n.m", "2nd", "bra]ket", "end", "type", "key",
	"created", "x,y", "(z)", "unique", "p1", "users", "match",
};

const char *random_name(struct p_model *m, struct rnd *r)
{
	for (int i = 0; i < 100; i++) {
		const char *name = PICK(r, names);

		if (name_is_free(m, name))
			return name;
	}
	return "the last name";
}

const char *random_column_name(const struct p_table *t, struct rnd *r)
{
	for (int i = 0; i < 100; i++) {
		const char *name = PICK(r, column_names);

		if (column_is_free(t, name))
			return name;
	}
	return "the last column";
}

/* ---- columns ------------------------------------------------------------ */

static int any_column(const struct p_table *t, struct rnd *r)
{
	return t->columns[rnd_below(r, (uint32_t)t->ncolumns)].id;
}

static struct p_sql with_columns(const char *text, const struct p_table *t,
				 struct rnd *r)
{
	struct p_sql s = { .text = text };

	s.x = any_column(t, r);
	s.y = any_column(t, r);
	return s;
}

static struct p_sql random_check(const struct p_table *t, struct rnd *r)
{
	static const char *const checks[] = {
		"$x > -100", "length($x) < 50", "$x IS NOT NULL OR $y = 1",
		"$x <> 'it''s' AND $y NOT IN (77, 'no')", "typeof($x) <> 'x'",
		"$x LIKE '%' ESCAPE '\\'", "CASE WHEN $x THEN 1 ELSE 2 END",
		"($x) + ($y) <> 9999", "$x BETWEEN $y AND 10 OR 1",
		"json_valid('[]')", "coalesce($x, '') NOT GLOB '*zz*'",
	};

	return with_columns(PICK(r, checks), t, r);
}

static struct p_sql random_generated(const struct p_table *t, struct rnd *r)
{
	static const char *const forms[] = {
		"$x || '-' || $y", "$x + 1", "lower($x)", "coalesce($x, $y)",
		"CAST($x AS TEXT)", "($x IS NULL)",
		"CASE $x WHEN 1 THEN 'a' ELSE $y END", "substr($x, 1, 2)", "1",
	};

	return with_columns(PICK(r, forms), t, r);
}

/* Everything but its name and id. */
void random_details(struct p_column *c, struct p_table *t, struct rnd *r)
{
	static const char *const types[] = {
		"INTEGER", "TEXT", "REAL", "BLOB", NULL, "NUMERIC", "INT",
		"VARCHAR(20)", "DECIMAL(10, 2)", "unsigned big int",
		"DATETIME", "Text", "BOOLEAN", "\"odd type\"", "ANY",
		"double precision",
	};
	static const char *const strict_types[] = {
		"INTEGER", "TEXT", "REAL", "BLOB", "ANY", "INT",
	};
	static const char *const defaults[] = {
		"0", "'abc'", "NULL", "(1 + 2)", "CURRENT_TIMESTAMP", "-1.5",
		"x'00ff'", "TRUE", "'it''s'", "(lower('A'))", "''", "+7",
		"\"dq\"", "1e3", "(NULL)", "word",
	};
	static const char *const collations[] = { "NOCASE", "RTRIM", "BINARY" };
	static const char *const conflicts[] = {
		"ABORT", "IGNORE", "REPLACE", "FAIL", "ROLLBACK",
	};

	c->type = t->strict ? PICK(r, strict_types) : PICK(r, types);
	c->not_null = rnd_chance(r, 25);
	c->not_null_conflict = rnd_chance(r, 10) ? PICK(r, conflicts) : NULL;
	c->unique = rnd_chance(r, 8);
	c->collate = rnd_chance(r, 12) ? PICK(r, collations) : NULL;
	c->dflt = rnd_chance(r, 35) ? PICK(r, defaults) : NULL;
	c->check.text = c->generated.text = NULL;
	if (rnd_chance(r, 10))
		c->check = random_check(t, r);
	if (rnd_chance(r, 10))
		c->generated = random_generated(t, r);
	c->stored = rnd_chance(r, 50);
}

void random_column(struct p_column *c, struct p_model *m, struct p_table *t,
		   struct rnd *r)
{
	memset(c, 0, sizeof(*c));
	c->id = m->next_id++;
	c->name = random_column_name(t, r);
	t->ncolumns++;
	random_details(c, t, r);
}

static struct p_key random_key(const struct p_table *t, struct rnd *r, int n)
{
	struct p_key k = { .n = 0 };

	for (int i = 0; i < n && k.n < P_KEY; i++) {
		int id = any_column(t, r);
		bool twice = false;

		for (int j = 0; j < k.n; j++)
			twice |= k.col[j] == id;
		if (twice)
			continue;
		k.desc[k.n] = rnd_chance(r, 20);
		k.col[k.n++] = id;
	}
	return k;
}

/* ---- tables ------------------------------------------------------------- */

void random_pk(struct p_table *t, struct rnd *r)
{
	static const enum p_pk_type types[] = {
		P_PK_NONE, P_PK_NONE, P_PK_ROWID, P_PK_ROWID, P_PK_ROWID,
		P_PK_COLUMN, P_PK_TABLE, P_PK_TABLE,
	};

	t->pk_type = PICK(r, types);
	t->pk = random_key(t, r, t->pk_type == P_PK_TABLE ?
			   (int)rnd_below(r, 3) + 1 : 1);
	t->autoincrement = rnd_chance(r, 40);
}

static void random_fk(struct p_constraint *c, struct p_model *m,
		      struct rnd *r)
{
	static const char *const actions[] = {
		NULL, NULL, "ON DELETE CASCADE", "ON DELETE SET NULL",
		"ON UPDATE CASCADE", "ON DELETE RESTRICT ON UPDATE SET NULL",
		"DEFERRABLE INITIALLY DEFERRED", "ON DELETE CASCADE NOT "
		"DEFERRABLE", "ON DELETE NO ACTION",
	};
	struct p_table *parent = &m->tables[rnd_below(r, (uint32_t)m->ntables)];

	c->parent = parent->id;
	c->action = PICK(r, actions);
	c->parent_key.n = 0;
	if (rnd_chance(r, 50))
		c->parent_key = parent->pk;
	for (int i = 0; i < parent->ncolumns; i++)
		if (parent->columns[i].unique && rnd_chance(r, 70)) {
			c->parent_key.n = 1;
			c->parent_key.col[0] = parent->columns[i].id;
		}
}

void random_constraint(struct p_model *m, struct p_table *t, struct rnd *r)
{
	static const char *const labels[] = {
		NULL, NULL, NULL, "must", "a rule", "unique",
	};
	static const char *const conflicts[] = { "IGNORE", "REPLACE", "FAIL" };
	struct p_constraint *c = &t->constraints[t->nconstraints];

	if (t->nconstraints == P_CONSTRAINTS)
		return;
	memset(c, 0, sizeof(*c));
	c->id = m->next_id++;
	c->type = (enum p_constraint_type)rnd_below(r, 3);
	c->name = PICK(r, labels);
	for (int i = 0; i < t->nconstraints && c->name; i++)
		if (t->constraints[i].name &&
		    !strcmp(t->constraints[i].name, c->name))
			c->name = NULL;
	c->key = random_key(t, r, c->type == P_UNIQUE ? 2 : 1);
	if (c->type == P_UNIQUE && rnd_chance(r, 15))
		c->conflict = PICK(r, conflicts);
	if (c->type == P_CHECK)
		c->check = random_check(t, r);
	if (c->type == P_FK)
		random_fk(c, m, r);
	t->nconstraints++;
}

void random_table(struct p_model *m, struct rnd *r)
{
	struct p_table *t = &m->tables[m->ntables];
	int n = (int)rnd_below(r, 5) + 1;

	if (m->ntables == P_TABLES)
		return;
	memset(t, 0, sizeof(*t));
	t->id = m->next_id++;
	t->name = random_name(m, r);
	t->strict = rnd_chance(r, 20);
	t->without_rowid = rnd_chance(r, 20);
	for (int i = 0; i < n; i++)
		random_column(&t->columns[i], m, t, r);
	random_pk(t, r);
	m->ntables++;
	n = (int)rnd_below(r, 3);
	for (int i = 0; i < n; i++)
		random_constraint(m, t, r);
}

/* ---- what hangs on tables ----------------------------------------------- */

static struct p_table *any_table(struct p_model *m, struct rnd *r)
{
	return &m->tables[rnd_below(r, (uint32_t)m->ntables)];
}

void random_index(struct p_model *m, struct rnd *r)
{
	static const char *const exprs[] = {
		"lower($x)", "$x + 0", "coalesce($x, $y)", "$x || 'k'",
		"CASE WHEN $x THEN $y END",
	};
	static const char *const wheres[] = {
		"$x IS NOT NULL", "$x > 1", "$x <> 'a' AND $y = 'b'",
		"typeof($x) = 'text'",
	};
	struct p_index *x = &m->indexes[m->nindexes];
	const struct p_table *t;

	if (m->nindexes == P_OBJECTS || !m->ntables)
		return;
	memset(x, 0, sizeof(*x));
	t = any_table(m, r);
	x->id = m->next_id++;
	x->name = random_name(m, r);
	x->table = t->id;
	x->unique = rnd_chance(r, 20);
	x->key = random_key(t, r, (int)rnd_below(r, 3));
	x->collate = rnd_chance(r, 15) ? "NOCASE" : NULL;
	if (!x->key.n || rnd_chance(r, 15))
		x->expr = with_columns(PICK(r, exprs), t, r);
	if (rnd_chance(r, 25))
		x->where = with_columns(PICK(r, wheres), t, r);
	m->nindexes++;
}

void random_view(struct p_model *m, struct rnd *r)
{
	static const char *const bodies[] = {
		"SELECT * FROM $T", "SELECT * FROM $T", "SELECT * FROM $T "
		"WHERE $x IS NOT NULL", "SELECT $x FROM $T", "SELECT $x, "
		"count(*) AS n FROM $T GROUP BY $x", "WITH w AS (SELECT $x AS "
		"k FROM $T) SELECT k, k || '' AS kk FROM w", "SELECT t1.$x, "
		"t2.$y FROM $T AS t1 JOIN $U AS t2 ON t1.$x = t2.$y",
		"SELECT $x FROM $T UNION ALL SELECT $y FROM $U",
		"SELECT $T.* FROM $T, $U", "SELECT $T.$x AS \"out 1\" FROM $T",
		"SELECT ($x) AS z FROM (SELECT $x FROM $T) WHERE z > 1",
		"VALUES (1, 'a')", "SELECT (SELECT max($y) FROM $U) AS top, $x "
		"FROM $T ORDER BY 2 DESC LIMIT 3", "SELECT * FROM nowhere",
	};
	struct p_view *v = &m->views[m->nviews];
	const struct p_table *t, *u;

	if (m->nviews == P_OBJECTS || !m->ntables)
		return;
	memset(v, 0, sizeof(*v));
	v->id = m->next_id++;
	v->name = random_name(m, r);
	if (m->nviews && rnd_chance(r, 25)) {
		v->body.text = rnd_chance(r, 50) ? "SELECT * FROM $T" :
			       "SELECT count(*) AS n FROM $T";
		v->body.t = m->views[rnd_below(r, (uint32_t)m->nviews)].id;
	} else {
		t = any_table(m, r);
		u = any_table(m, r);
		v->body.text = PICK(r, bodies);
		v->body.t = t->id;
		v->body.u = u->id;
		v->body.x = any_column(t, r);
		v->body.y = any_column(u, r);
		if (!strcmp(v->body.text, "SELECT $x FROM $T") &&
		    rnd_chance(r, 50))
			v->columns = "(vc)";
	}
	m->nviews++;
}

static void on_view(struct p_trigger *g, struct p_model *m, struct rnd *r)
{
	static const char *const bodies[] = {
		"UPDATE $U SET $y = 1 WHERE $y IS NULL;",
		"DELETE FROM $U WHERE $y = 5; SELECT 1;", "SELECT 'x;y';",
	};

	g->on = m->views[rnd_below(r, (uint32_t)m->nviews)].id;
	g->when = "INSTEAD OF";
	g->body.text = PICK(r, bodies);
}

static void on_table(struct p_trigger *g, const struct p_table *t,
		     struct rnd *r)
{
	static const char *const updates[] = {
		"INSERT INTO $U ($y) VALUES (NEW.$x);", "SELECT OLD.$x;",
		("UPDATE $U SET $y = $y WHERE $y = NEW.$x; "
		 "DELETE FROM $U WHERE $y = 'gone';"),
		"SELECT RAISE(IGNORE) WHERE NEW.$x = 'never';",
		"SELECT CASE WHEN NEW.$x = 'x' THEN 1 END;",
		"INSERT INTO $U ($y) SELECT $x FROM $T WHERE $x = 99;",
	};
	static const char *const inserts[] = {
		"INSERT INTO $U ($y) VALUES (NEW.$x);", "SELECT 1;",
		"UPDATE $U SET $y = NEW.$x WHERE $y = 'none' /* END; */;",
	};
	static const char *const deletes[] = {
		"DELETE FROM $U WHERE $y = OLD.$x;", "SELECT OLD.$x;",
	};

	g->on = t->id;
	g->when = rnd_chance(r, 50) ? "AFTER" : "BEFORE";
	g->body.x = any_column(t, r);
	g->body.t = t->id;
	g->body.text = !strcmp(g->event, "UPDATE") ? PICK(r, updates) :
		       !strcmp(g->event, "INSERT") ? PICK(r, inserts) :
		       PICK(r, deletes);
	if (!strcmp(g->event, "UPDATE") && rnd_chance(r, 40))
		g->of = any_column(t, r);
	if (strcmp(g->event, "DELETE") && rnd_chance(r, 25)) {
		g->condition.text = "NEW.$x IS NOT NULL AND NEW.$x <> 'w'";
		g->condition.x = any_column(t, r);
	}
}

void random_trigger(struct p_model *m, struct rnd *r)
{
	static const char *const events[] = { "INSERT", "UPDATE", "DELETE" };
	struct p_trigger *g = &m->triggers[m->ntriggers];
	const struct p_table *u;

	if (m->ntriggers == P_OBJECTS || !m->ntables)
		return;
	memset(g, 0, sizeof(*g));
	g->id = m->next_id++;
	g->name = random_name(m, r);
	g->event = PICK(r, events);
	u = any_table(m, r);
	g->body.u = u->id;
	g->body.y = any_column(u, r);
	if (m->nviews && rnd_chance(r, 30))
		on_view(g, m, r);
	else
		on_table(g, any_table(m, r), r);
	m->ntriggers++;
}

void random_model(struct p_model *m, struct rnd *r)
{
	static void (*const parts[])(struct p_model *, struct rnd *) = {
		random_table, random_index, random_view, random_trigger,
	};
	int n;

	memset(m, 0, sizeof(*m));
	m->next_id = 1;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		n = (int)rnd_below(r, 4) + !i;
		for (int k = 0; k < n; k++)
			parts[i](m, r);
		model_settle(m);
	}
}
