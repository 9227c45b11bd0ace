/*
 * Keeping what a stretch of a plan destroys, before it does.
 */
#include "config.h"

#include "migrations/park.h"

#include "ss/kinds.h"
#include "ss/kinds-postgres.h"
#include "ss/sqltok.h"

#include "migrations/ledger-sql.h"

struct keeping {
	const struct stretch *s;
	const struct park_forms *f;
	struct losses *losses;
	struct script *out;
};

static const char *title_of(const struct keeping *k, const struct node *n)
{
	struct buf b = BUF_INIT;
	char *s;

	node_title(&b, n);
	s = arena_strndup(k->s->arena, b.ptr, b.len);
	buf_release(&b);
	return s;
}

void park_add_copy(struct buf *b, const struct engine *e, int64_t n)
{
	buf_addf(b, "%s%lld", e->park->copy, (long long)n);
}

struct statement *park_say(struct script *script, const struct stretch *s,
			   const char *node, const char *sql)
{
	struct statement *st = script_add(script, s->arena, node,
					  arena_strdup(s->arena, sql));

	st->rehearsal = "";
	return st;
}

static struct statement *say(struct keeping *k, const char *node,
			     struct buf *b)
{
	struct statement *st = NULL;

	if (!k->f->single(b->ptr, node, k->s->err))
		st = park_say(k->out, k->s, node, b->ptr);
	buf_release(b);
	return st;
}

/* ---- the registry ------------------------------------------------------- */

static void add_text(struct buf *b, const char *s)
{
	buf_addstr(b, ", ");
	if (s)
		buf_add_doubled(b, s, '\'');
	else
		buf_addstr(b, "NULL");
}

static void add_names(struct buf *b, const struct list *names)
{
	struct buf line = BUF_INIT;

	for (size_t i = 0; i < names->n; i++) {
		if (i)
			buf_addch(&line, ' ');
		buf_add_cquoted(&line, names->v[i], strlen(names->v[i]));
	}
	add_text(b, line.len ? line.ptr : NULL);
	buf_release(&line);
}

static int make_registry(struct keeping *k)
{
	struct parking *p = k->s->parking;

	if (p->there || p->made)
		return 0;
	p->made = true;
	park_say(k->out, k->s, "",
		 ledger_sql_of(p->engine->name)->parked.create);
	return 0;
}

/* counter: an expression; NULL: it does not count. */
static int record(struct keeping *k, const struct parked *e,
		  const char *counter)
{
	const struct parking *p = k->s->parking;
	struct buf b = BUF_INIT;

	buf_addf(&b, "INSERT INTO %s (n, what, node, object, origin, part, "
		 "held, keys, version, rowids, parked, nrows, last) VALUES "
		 "(%lld",
		 k->f->registry, (long long)e->n);
	add_text(&b, park_words[e->what]);
	add_text(&b, e->node);
	add_text(&b, e->object);
	add_text(&b, e->origin);
	add_text(&b, e->part);
	add_names(&b, &e->held);
	add_names(&b, &e->keys);
	add_text(&b, p->version);
	buf_addf(&b, ", %d, %s, ", e->rowids, k->f->now);
	if (counter) {
		buf_addf(&b, "0, %s)", counter);
	} else {
		buf_addstr(&b, "(SELECT count(*) FROM ");
		park_add_copy(&b, p->engine, e->n);
		buf_addstr(&b, "), NULL)");
	}
	return say(k, e->node, &b) ? 0 : -1;
}

static struct parked *add_entry(struct keeping *k, enum park_what what,
				const struct node *n)
{
	struct parking *p = k->s->parking;
	const struct node *object = n->parent ? n->parent : n;
	struct parked *e = ARENA_PUSH(p->arena, p->v, p->n, p->cap);

	*e = (struct parked){
		.n = p->n > 1 ? p->v[p->n - 2].n + 1 : 1, .what = what,
		.node = title_of(k, n), .object = object->kind->word,
		.origin = object->key, .part = n->parent ? n->key : NULL,
		.version = p->version,
	};
	p->kept++;
	return e;
}

/* ---- copies ------------------------------------------------------------- */

/* A copy's columns are named by their place: k1, k2, c1 ... */
static void add_place(struct buf *b, char letter, size_t i)
{
	buf_addf(b, "%s%c%zu", b->ptr[b->len - 1] == '(' ? "" : ", ", letter,
		 i + 1);
}

/* What one copy takes of a table. */
struct taking {
	const struct node *table;
	const struct node **keys, **columns;
	size_t nkeys, ncolumns;
	const char *rowid;
};

static int create_copy(struct keeping *k, const struct parked *e,
		       const struct taking *t)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, "CREATE TABLE ");
	park_add_copy(&b, k->s->parking->engine, e->n);
	buf_addstr(&b, " (");
	if (t->rowid)
		buf_addch(&b, 'r');
	for (size_t i = 0; i < t->nkeys; i++) {
		add_place(&b, 'k', i);
		k->f->add_type(&b, t->keys[i]);
	}
	for (size_t i = 0; i < t->ncolumns; i++) {
		add_place(&b, 'c', i);
		k->f->add_type(&b, t->columns[i]);
	}
	buf_addch(&b, ')');
	return say(k, e->node, &b) ? 0 : -1;
}

static void add_values(struct buf *b, const struct keeping *k,
		       const struct node *const *columns, size_t n,
		       const char **sep)
{
	for (size_t i = 0; i < n; i++) {
		buf_addstr(b, *sep);
		k->f->add_value(b, columns[i]);
		*sep = ", ";
	}
}

static struct statement *fill_copy(struct keeping *k, const struct parked *e,
				   const struct taking *t)
{
	const char *sep = "";
	struct buf b = BUF_INIT;

	buf_addstr(&b, "INSERT INTO ");
	park_add_copy(&b, k->s->parking->engine, e->n);
	buf_addstr(&b, " SELECT ");
	if (t->rowid) {
		buf_addstr(&b, t->rowid);
		sep = ", ";
	}
	add_values(&b, k, t->keys, t->nkeys, &sep);
	add_values(&b, k, t->columns, t->ncolumns, &sep);
	buf_addstr(&b, k->f->from);
	k->f->add_table(&b, t->table);
	return say(k, e->node, &b);
}

static bool lock(struct keeping *k, const struct parked *e,
		 const struct node *table)
{
	struct buf b = BUF_INIT;

	if (!k->f->add_lock)
		return true;
	k->f->add_lock(&b, table);
	return say(k, e->node, &b);
}

/* NULL: it is no copy. */
static struct statement *copy(struct keeping *k, struct parked *e,
			      const struct taking *t)
{
	struct statement *st;

	for (size_t i = 0; i < t->nkeys; i++)
		list_add(k->s->arena, &e->keys, t->keys[i]->key);
	for (size_t i = 0; i < t->ncolumns; i++)
		list_add(k->s->arena, &e->held, t->columns[i]->key);
	if (make_registry(k) || !lock(k, e, t->table) ||
	    create_copy(k, e, t))
		return NULL;
	st = fill_copy(k, e, t);
	return st && !record(k, e, NULL) ? st : NULL;
}

static int keep_counter(struct keeping *k, const struct node *n)
{
	struct buf b = BUF_INIT;
	struct parked *e;
	int ret;

	if (!k->f->counts(n))
		return 0;
	e = add_entry(k, PARK_COUNTER, n);
	k->f->add_counter(&b, n);
	ret = make_registry(k) || record(k, e, b.ptr) ? -1 : 0;
	buf_release(&b);
	return ret;
}

/* ---- what is destroyed -------------------------------------------------- */

static void kept(struct keeping *k, const struct node *n)
{
	map_set(&k->losses->why, title_of(k, n), "");
}

static const struct node *find_by_name(const struct schema *s,
				       const char *table)
{
	return schema_find(s, &pg_kind_table, table);
}

/* A column that its parents have dropped with their own. */
static void lost_above(struct keeping *k, const struct node *table,
		       const char *column, const char *why)
{
	const struct pg_table *t = (const struct pg_table *)table;
	const struct node *parent = NULL, *twin;

	if (table->kind != &pg_kind_table)
		return;
	for (size_t i = 0; i <= t->inherits.n; i++) {
		const char *name = i < t->inherits.n ? t->inherits.v[i] :
				   t->partition_of;

		parent = name ? find_by_name(k->s->from, name) : NULL;
		twin = parent ? node_find(parent, &pg_kind_column, column,
					  k->s->from->spelling) : NULL;
		if (!twin)
			continue;
		map_set(&k->losses->why, title_of(k, twin), (void *)why);
		lost_above(k, parent, column, why);
	}
}

static bool is_lost(const struct keeping *k, const struct node *n)
{
	const char *why = map_find(&k->losses->why, title_of(k, n));

	return why && *why;
}

static int keep_table(struct keeping *k, const struct node *table)
{
	struct taking t = { .table = table };
	struct parked *e;

	if (!k->f->has_rows(table)) {
		kept(k, table);
		return 0;
	}
	t.columns = arena_alloc(k->s->arena, (table->nkids + 1) *
				sizeof(*t.columns));
	for (size_t i = 0; i < table->nkids; i++)
		if (kind_is_column(table->kids[i]->kind) &&
		    k->f->has_values(table->kids[i]))
			t.columns[t.ncolumns++] = table->kids[i];
	if (!t.ncolumns) {
		map_set(&k->losses->why, title_of(k, table),
			"it has no columns");
		return 0;
	}
	t.rowid = k->f->rowid(table);
	e = add_entry(k, PARK_TABLE, table);
	e->rowids = t.rowid;
	if (!copy(k, e, &t) || keep_counter(k, table))
		return -1;
	for (size_t i = 0; i < table->nkids; i++)
		if (kind_is_column(table->kids[i]->kind) &&
		    keep_counter(k, table->kids[i]))
			return -1;
	kept(k, table);
	return 0;
}

/* The column that a key's term begins with. */
static const struct node *column_of(const struct keeping *k,
				    const struct node *table, const char *term)
{
	struct sqllex lex = sqllex_init(term, strlen(term));
	struct sqltok t;

	if (!sqltok_next(&lex, &t) || !sqltok_is_name(&t))
		return NULL;
	for (size_t i = 0; i < table->nkids; i++)
		if (kind_is_column(table->kids[i]->kind) &&
		    !strcmp(table->kids[i]->fold,
			    fold_name_in(k->s->arena, k->s->from->spelling,
					 sqltok_name(k->s->arena, &t))))
			return table->kids[i];
	return NULL;
}

static bool goes_on(const struct node *table, const struct node *column)
{
	for (size_t i = 0; i < table->nkids; i++)
		if (table->kids[i]->kind == column->kind &&
		    !strcmp(table->kids[i]->key, column->key))
			return true;
	return false;
}

static bool demands(const struct node *n)
{
	for (size_t i = 0; i < n->kind->nfields; i++)
		if (n->kind->fields[i].flags & FIELD_DEMANDS &&
		    field_flag(n, &n->kind->fields[i]))
			return true;
	return false;
}

static const struct list *terms_of(const struct node *key)
{
	for (size_t i = 0; i < key->kind->nfields; i++)
		if (!strcmp(key->kind->fields[i].name, "key"))
			return field_list(key, &key->kind->fields[i]);
	return NULL;
}

/* Do these columns tell rows apart, there and then? */
static bool take_key(struct keeping *k, struct taking *t,
		     const struct node *key, const struct node *to, bool all)
{
	const struct list *terms = terms_of(key);

	t->keys = arena_alloc(k->s->arena, (terms->n + 1) * sizeof(*t->keys));
	t->nkeys = 0;
	for (size_t i = 0; i < terms->n; i++) {
		const struct node *c = column_of(k, t->table, terms->v[i]);

		if (!c || !k->f->has_values(c) || !goes_on(to, c) ||
		    (all && !demands(c)))
			return false;
		t->keys[t->nkeys++] = c;
	}
	return t->nkeys;
}

static bool is_kind(const struct node *n, const struct kind *a,
		    const struct kind *b)
{
	return n->kind == a || n->kind == b;
}

/* The primary key, or a unique one whose columns always have values. */
static bool find_key(struct keeping *k, struct taking *t,
		     const struct node *to)
{
	const struct node *table = t->table;

	for (size_t i = 0; i < table->nkids; i++)
		if (is_kind(table->kids[i], &kind_primary_key,
			    &pg_kind_primary_key) &&
		    take_key(k, t, table->kids[i], to, false))
			return true;
	for (size_t i = 0; i < table->nkids; i++)
		if (is_kind(table->kids[i], &kind_unique, &pg_kind_unique) &&
		    take_key(k, t, table->kids[i], to, true))
			return true;
	return false;
}

/* SQLite has rows whose key is NULL. */
static void count_keyless(struct keeping *k, struct statement *st,
			  const struct taking *t)
{
	const char *sep = " WHERE ";
	struct buf b = BUF_INIT;

	buf_addf(&b, "SELECT count(*)%s", k->f->from);
	k->f->add_table(&b, t->table);
	for (size_t i = 0; i < t->nkeys; i++) {
		if (demands(t->keys[i]))
			continue;
		buf_addstr(&b, sep);
		k->f->add_name(&b, t->keys[i]->name);
		buf_addstr(&b, " IS NULL");
		sep = " OR ";
	}
	if (*sep == ' ' && sep[1] == 'O')
		statement_hazard(st, k->s->arena, HAZARD_NO_KEY, st->node,
				 arena_strndup(k->s->arena, b.ptr, b.len));
	buf_release(&b);
}

static int keep_column(struct keeping *k, const struct change *table,
		       const struct node *column)
{
	const struct node *columns[] = { column };
	struct taking t = {
		.table = table->from, .columns = columns, .ncolumns = 1,
	};
	struct statement *st;

	if (!k->f->has_values(column) || !k->f->has_rows(table->from)) {
		if (!is_lost(k, column))
			kept(k, column);
		return 0;
	}
	if (!find_key(k, &t, table->to)) {
		const char *why = "its table has no key that stays";

		map_set(&k->losses->why, title_of(k, column), (void *)why);
		lost_above(k, table->from, column->name, why);
		return 0;
	}
	st = copy(k, add_entry(k, PARK_COLUMN, column), &t);
	if (!st)
		return -1;
	count_keyless(k, st, &t);
	if (!is_lost(k, column))
		kept(k, column);
	return keep_counter(k, column);
}

static int keep_change(struct keeping *k, const struct change *ch)
{
	if (ch->op == CHANGE_DROP)
		return kind_is_table(ch->from->kind) ?
		       keep_table(k, ch->from) : keep_counter(k, ch->from);
	if (ch->op != CHANGE_ALTER || !kind_is_table(ch->from->kind))
		return 0;
	for (size_t i = 0; i < ch->nkids; i++)
		if (ch->kids[i].op == CHANGE_DROP &&
		    kind_is_column(ch->kids[i].from->kind) &&
		    keep_column(k, ch, ch->kids[i].from))
			return -1;
	return 0;
}

int park_losses(struct losses *out, struct script *script,
		const struct stretch *s)
{
	struct keeping k = {
		.s = s, .f = s->parking->engine->park, .losses = out,
		.out = script,
	};

	*out = (struct losses){ .why = MAP_INIT };
	for (size_t i = 0; s->parking->wanted && i < s->diff->n; i++)
		if (keep_change(&k, &s->diff->v[i]))
			return -1;
	return 0;
}

void park_hazards(const struct losses *l, struct script *script)
{
	for (size_t i = 0; i < script->n; i++)
		for (size_t k = 0; k < script->v[i].nhazards; k++) {
			struct hazard *h = &script->v[i].hazards[k];
			const char *why = map_find(&l->why, h->node);

			if (!why || (h->id != HAZARD_DROPS_TABLE &&
				     h->id != HAZARD_DROPS_COLUMN))
				continue;
			if (*why) {
				h->unparked = why;
				continue;
			}
			h->id = HAZARD_PARKS;
			h->hold_sql = NULL;
		}
}

void losses_release(struct losses *l)
{
	map_release(&l->why);
}
