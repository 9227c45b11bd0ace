/*
 * Keeping what a stretch of a plan destroys, before it does.
 */
#include "config.h"

#include "migrations/park.h"

#include "ss/kinds.h"
#include "ss/kinds-postgres.h"
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
	add_text(&b, e->version);
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

static struct parked *push_entry(struct keeping *k, const struct parked *as)
{
	struct parking *p = k->s->parking;
	struct parked *e = ARENA_PUSH(p->arena, p->v, p->n, p->cap);

	*e = *as;
	e->n = p->n > 1 ? p->v[p->n - 2].n + 1 : 1;
	p->kept++;
	return e;
}

static struct parked *add_entry(struct keeping *k, enum park_what what,
				const struct node *n)
{
	const struct node *object = n->parent ? n->parent : n;

	return push_entry(k, &(struct parked){
		.what = what, .node = title_of(k, n),
		.object = object->kind->word, .origin = object->key,
		.part = n->parent ? n->key : NULL,
		.version = k->s->parking->version,
	});
}

/* ---- copies ------------------------------------------------------------- */

/* A copy's columns are named by their place: k1, k2, c1 ... */
static void add_place(struct buf *b, char letter, size_t i)
{
	buf_addf(b, "%s%c%zu", b->ptr[b->len - 1] == '(' ? "" : ", ", letter,
		 i + 1);
}

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

/* SQLite has rows whose key is NULL. */
static void count_keyless(struct keeping *k, struct statement *st,
			  const struct taking *t)
{
	const char *sep = " WHERE ";
	struct buf b = BUF_INIT;

	buf_addf(&b, "SELECT count(*)%s", k->f->from);
	k->f->add_table(&b, t->table);
	for (size_t i = 0; i < t->nkeys; i++) {
		if (node_demands(t->keys[i]))
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
	if (!park_find_key(&t, k->s, table->to)) {
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

/* ---- what a copy has left over ------------------------------------------- */

static bool is_held(size_t *at, const struct parked *e, const char *key)
{
	for (*at = 0; *at < e->held.n; ++*at)
		if (!strcmp(e->held.v[*at], key))
			return true;
	return false;
}

/* The table's key, of columns that the copy has. */
static bool rest_key(struct keeping *k, struct taking *t,
		     const struct parked *of)
{
	size_t at;

	if (!park_find_key(t, k->s, t->table))
		return false;
	for (size_t i = 0; i < t->nkeys; i++)
		if (!is_held(&at, of, t->keys[i]->key))
			return false;
	return true;
}

/* Its type is the copy's. */
static struct statement *copy_rest(struct keeping *k, struct parked *e,
				   const struct parked *of, size_t column,
				   const struct taking *t)
{
	const struct engine *engine = k->s->parking->engine;
	struct buf b = BUF_INIT;
	struct statement *st;
	size_t at;

	buf_addstr(&b, "CREATE TABLE ");
	park_add_copy(&b, engine, e->n);
	buf_addstr(&b, " AS SELECT ");
	for (size_t i = 0; i < t->nkeys; i++) {
		list_add(k->s->arena, &e->keys, t->keys[i]->key);
		if (is_held(&at, of, t->keys[i]->key))
			buf_addf(&b, "c%zu AS k%zu, ", at + 1, i + 1);
	}
	list_add(k->s->arena, &e->held, e->part);
	buf_addf(&b, "c%zu AS c1 FROM ", column + 1);
	park_add_copy(&b, engine, of->n);
	st = say(k, e->node, &b);
	return st && !record(k, e, NULL) ? st : NULL;
}

/* It stays in a copy that counts as brought back: nobody will look there. */
static void lose_rest(struct keeping *k, const char *title,
		      const struct parked *of, size_t column)
{
	struct statement *st = &k->out->v[k->out->n - 1];
	struct buf b = BUF_INIT;

	buf_addstr(&b, "SELECT count(*) FROM ");
	park_add_copy(&b, k->s->parking->engine, of->n);
	buf_addf(&b, " WHERE c%zu IS NOT NULL", column + 1);
	statement_hazard(st, k->s->arena, HAZARD_DROPS_COLUMN, title,
			 of->n > k->s->parking->last ? NULL :
			 arena_strndup(k->s->arena, b.ptr, b.len));
	st->hazards[st->nhazards - 1].unparked =
		"its table has no key that the copy has";
	buf_release(&b);
}

int park_rest(struct script *script, const struct stretch *s,
	      const struct parked *of, const struct node *table)
{
	struct keeping k = {
		.s = s, .f = s->parking->engine->park, .out = script,
	};
	struct taking t = { .table = table };
	bool keyed = rest_key(&k, &t, of);

	for (size_t i = 0; i < of->held.n; i++) {
		struct parked e = {
			.what = PARK_COLUMN, .object = of->object,
			.origin = of->origin, .part = of->held.v[i],
			.version = of->version,
		};

		if (park_has_column(table, e.part))
			continue;
		e.node = arena_printf(s->arena, "column %s.%s", table->name,
				      e.part);
		if (!keyed)
			lose_rest(&k, e.node, of, i);
		else if (!copy_rest(&k, push_entry(&k, &e), of, i, &t))
			return -1;
	}
	return 0;
}

void losses_release(struct losses *l)
{
	map_release(&l->why);
}
