/*
 * Bringing back what was parked, where a plan makes again what it was of.
 */
#include "config.h"

#include "migrations/park.h"

#include <stdlib.h>

#include "ss/kinds.h"

/* ---- what comes back ---------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The newest of them; those before it are out of date. */
static struct parked *find(const struct parking *p, enum park_what what,
			   const struct node *object, const char *part)
{
	for (size_t i = p->n; i-- > 0;) {
		struct parked *e = &p->v[i];

		if (e->what == what && !e->restored && !e->freed &&
		    !strcmp(e->object, object->kind->word) &&
		    !strcmp(e->origin, object->key) &&
		    same_text(e->part, part))
			return e;
	}
	return NULL;
}

static void note_object(struct returns *out, const struct stretch *s,
			const struct node *object)
{
	for (size_t i = 0; i < out->nobjects; i++)
		if (out->objects[i] == object)
			return;
	*ARENA_PUSH(s->arena, out->objects, out->nobjects,
		    out->objects_cap) = object;
}

static void look_for(struct returns *out, const struct stretch *s,
		     enum park_what what, const struct node *n)
{
	const struct node *object = n->parent ? n->parent : n;
	struct parked *e = find(s->parking, what, object,
				n->parent ? n->key : NULL);

	if (!e)
		return;
	*ARENA_PUSH(s->arena, out->v, out->n, out->cap) =
		(struct returning){ e, n };
	if (what != PARK_COUNTER)
		note_object(out, s, object);
}

static void look_for_column(struct returns *out, const struct stretch *s,
			    const struct node *n)
{
	if (!kind_is_column(n->kind))
		return;
	look_for(out, s, PARK_COLUMN, n);
	look_for(out, s, PARK_COUNTER, n);
}

/* Columns that went last first: by them those that went before find their
 * rows. */
static int by_age(const void *va, const void *vb)
{
	const struct returning *a = va, *b = vb;

	return a->entry->n < b->entry->n ? 1 : a->entry->n > b->entry->n ? -1 :
	       0;
}

/* Tables before columns: these find the rows there. */
void unpark_find(struct returns *out, const struct stretch *s)
{
	const struct diff *d = s->diff;
	size_t tables;

	*out = (struct returns){ .n = 0 };
	for (size_t i = 0; i < d->n; i++) {
		if (d->v[i].op != CHANGE_ADD)
			continue;
		if (kind_is_table(d->v[i].to->kind))
			look_for(out, s, PARK_TABLE, d->v[i].to);
		look_for(out, s, PARK_COUNTER, d->v[i].to);
	}
	tables = out->n;
	for (size_t i = 0; i < d->n; i++) {
		const struct change *ch = &d->v[i];

		if (!ch->to || !kind_is_table(ch->to->kind))
			continue;
		for (size_t k = 0; ch->op == CHANGE_ADD && k < ch->to->nkids;
		     k++)
			look_for_column(out, s, ch->to->kids[k]);
		for (size_t k = 0; k < ch->nkids; k++)
			if (ch->kids[k].op == CHANGE_ADD)
				look_for_column(out, s, ch->kids[k].to);
	}
	if (out->n > tables)
		qsort(out->v + tables, out->n - tables, sizeof(*out->v),
		      by_age);
}

/* ---- statements --------------------------------------------------------- */

struct bringing {
	const struct stretch *s;
	const struct park_forms *f;
	const struct schema *lax;
	struct script *out;
};

static int say(struct bringing *b, const struct parked *e, struct buf *sql)
{
	int ret = b->f->single(sql->ptr, e->node, b->s->err);

	if (!ret)
		park_say(b->out, b->s, e->node, sql->ptr);
	buf_release(sql);
	return ret;
}

static const struct node *in_lax(const struct bringing *b,
				 const struct node *n)
{
	const struct node *object = schema_find(b->lax, n->parent ?
						n->parent->kind : n->kind,
						n->parent ? n->parent->name :
						n->name);

	return n->parent ? node_find(object, n->kind, n->name,
				     b->lax->spelling) : object;
}

static const struct node *by_key(const struct node *table, const char *key)
{
	for (size_t i = 0; i < table->nkids; i++)
		if (kind_is_column(table->kids[i]->kind) &&
		    !strcmp(table->kids[i]->key, key))
			return table->kids[i];
	return NULL;
}

static const struct engine *engine_of(const struct bringing *b)
{
	return b->s->parking->engine;
}

static void add_back(struct buf *sql, const struct bringing *b,
		     const struct node *column, const char *prefix,
		     char letter, size_t i)
{
	struct buf place = BUF_INIT;

	buf_addf(&place, "%s%c%zu", prefix, letter, i + 1);
	b->f->add_back(sql, column, place.ptr);
	buf_release(&place);
}

/* Columns that are not there any more stay in the copy. */
static int bring_table(struct bringing *b, const struct parked *e,
		       const struct node *table)
{
	const char *rowid = b->f->rowid(table);
	struct buf into = BUF_INIT, from = BUF_INIT;
	const char *sep = "";

	buf_addstr(&into, "INSERT INTO ");
	b->f->add_table(&into, table);
	buf_addstr(&into, " (");
	if (rowid && e->rowids) {
		buf_addstr(&into, rowid);
		buf_addch(&from, 'r');
		sep = ", ";
	}
	for (size_t i = 0; i < e->held.n; i++) {
		const struct node *c = by_key(table, e->held.v[i]);

		if (!c || !b->f->has_values(c))
			continue;
		buf_addstr(&into, sep);
		b->f->add_name(&into, c->name);
		buf_addstr(&from, sep);
		add_back(&from, b, c, "", 'c', i);
		sep = ", ";
	}
	/* Rows that have nothing in common with theirs are none. */
	if (!*sep) {
		buf_release(&into);
		buf_release(&from);
		return 0;
	}
	buf_addf(&into, ") %sSELECT %s FROM ", b->f->overriding, from.ptr);
	park_add_copy(&into, engine_of(b), e->n);
	buf_release(&from);
	return say(b, e, &into);
}

static int no_key(struct bringing *b, const struct parked *e,
		  const char *key)
{
	err_set(b->s->err, ERR_REFUSED, "%s: what is parked of it cannot be "
		"put back: column '%s', by which its rows are told apart, is "
		"gone", e->node, key);
	return err_hint(b->s->err, "'schemastore parked --drop %lld' gives it "
			"up", (long long)e->n);
}

static int bring_column(struct bringing *b, const struct parked *e,
			const struct node *column)
{
	const struct node *table = column->parent;
	struct buf sql = BUF_INIT;

	if (!b->f->has_values(column))
		return 0;
	buf_addstr(&sql, b->f->update);
	b->f->add_table(&sql, table);
	buf_addstr(&sql, " AS t SET ");
	b->f->add_name(&sql, column->name);
	buf_addstr(&sql, " = ");
	add_back(&sql, b, column, "p.", 'c', 0);
	buf_addstr(&sql, " FROM ");
	park_add_copy(&sql, engine_of(b), e->n);
	buf_addstr(&sql, " AS p");
	for (size_t i = 0; i < e->keys.n; i++) {
		const struct node *key = by_key(table, e->keys.v[i]);

		if (!key) {
			buf_release(&sql);
			return no_key(b, e, e->keys.v[i]);
		}
		buf_addstr(&sql, i ? " AND " : " WHERE ");
		b->f->add_match(&sql, key, arena_printf(b->s->arena, "p.k%zu",
							i + 1));
	}
	return say(b, e, &sql);
}

static int bring_counter(struct bringing *b, const struct parked *e,
			 const struct node *n)
{
	const char *from, *sql;

	if (!b->f->counts(n))
		return 0;
	from = arena_printf(b->s->arena, "SELECT last FROM %s WHERE n = %lld",
			    b->f->registry, (long long)e->n);
	for (size_t i = 0; (sql = b->f->set_counter(b->s->arena, n, from, i));
	     i++) {
		struct buf copy = BUF_INIT;

		buf_addstr(&copy, sql);
		if (say(b, e, &copy))
			return -1;
	}
	return 0;
}

/* The same, parked once more before it: out of date. */
static bool is_older(const struct parked *e, const struct parked *than)
{
	return e->n <= than->n && e->what == than->what && !e->restored &&
	       !e->freed && !strcmp(e->object, than->object) &&
	       !strcmp(e->origin, than->origin) &&
	       same_text(e->part, than->part);
}

static int mark(struct bringing *b, const struct parked *e)
{
	struct parking *p = b->s->parking;
	struct buf sql = BUF_INIT;
	const char *sep = "";

	buf_addf(&sql, "UPDATE %s SET restored = %s WHERE n IN (",
		 b->f->registry, b->f->now);
	for (size_t i = 0; i < p->n; i++) {
		if (!is_older(&p->v[i], e))
			continue;
		buf_addf(&sql, "%s%lld", sep, (long long)p->v[i].n);
		sep = ", ";
		if (&p->v[i] != e)
			p->v[i].restored = "";
	}
	buf_addch(&sql, ')');
	p->brought++;
	return say(b, e, &sql);
}

static int (*const ways[PARK_N])(struct bringing *b, const struct parked *e,
				 const struct node *n) = {
	[PARK_TABLE] = bring_table, [PARK_COLUMN] = bring_column,
	[PARK_COUNTER] = bring_counter,
};

static void note_rows(struct bringing *b, size_t first, const struct parked *e)
{
	struct buf count = BUF_INIT;

	if (e->what != PARK_COUNTER && first < b->out->n) {
		buf_addstr(&count, "SELECT count(*) FROM ");
		park_add_copy(&count, engine_of(b), e->n);
		statement_hazard(&b->out->v[first], b->s->arena,
				 HAZARD_RESTORES, e->node,
				 e->n > b->s->parking->last ? NULL :
				 arena_strdup(b->s->arena, count.ptr));
	}
	buf_release(&count);
}

static int bring(struct bringing *b, const struct returning *r)
{
	size_t first = b->out->n;

	if (ways[r->entry->what](b, r->entry, in_lax(b, r->node)))
		return -1;
	note_rows(b, first, r->entry);
	if (mark(b, r->entry))
		return -1;
	r->entry->restored = "";
	return 0;
}

/* "column a of table t" is of "table t". */
static bool is_of(const char *ref, const char *object)
{
	size_t n = strlen(ref), end = strlen(object);

	return n >= end && !strcmp(ref + n - end, object) &&
	       (n == end || (n > end + 4 &&
			     !strncmp(ref + n - end - 4, " of ", 4)));
}

static bool is_changed(const struct bringing *b, const struct node *n)
{
	for (size_t i = 0; i < b->s->diff->n; i++)
		if (b->s->diff->v[i].to == n)
			return true;
	return false;
}

enum staleness { STALE_UNKNOWN, STALE_NO, STALE_YES };

/*
 * Was it made of rows a moment ago, before these were there?  So it was where
 * it has changed, or what it is made from and is no table.  Then it is made
 * again, what it needs first.
 */
static enum staleness refresh(struct bringing *b, enum staleness *known,
			      size_t at)
{
	const struct schema *s = b->s->to;
	const struct node *n = s->objects[at];
	bool stale = !kind_is_table(n->kind) && is_changed(b, n);
	struct buf sql = BUF_INIT;

	if (known[at])
		return known[at];
	known[at] = STALE_NO;
	for (size_t i = 0; n->needs.n && i < s->n; i++) {
		buf_truncate(&sql, 0);
		node_ref(&sql, s->objects[i]);
		for (size_t k = 0; k < n->needs.n; k++)
			if (is_of(n->needs.v[k], sql.ptr) &&
			    refresh(b, known, i) == STALE_YES)
				stale = true;
	}
	known[at] = stale ? STALE_YES : STALE_NO;
	if (stale && b->f->is_made_of_rows(n)) {
		buf_truncate(&sql, 0);
		b->f->add_refresh(&sql, n);
		park_say(b->out, b->s, n->name, sql.ptr);
	}
	buf_release(&sql);
	return known[at];
}

static void refresh_all(struct bringing *b)
{
	const struct schema *s = b->s->to;
	enum staleness *known = arena_alloc(b->s->arena, (s->n + 1) *
					    sizeof(*known));

	for (size_t i = 0; i < s->n; i++)
		if (b->f->is_made_of_rows(s->objects[i]))
			refresh(b, known, i);
}

int unpark(struct script *script, const struct returns *r,
	   const struct stretch *s, const struct schema *lax)
{
	struct bringing b = { s, s->parking->engine->park, lax, script };

	for (size_t i = 0; i < r->n; i++)
		if (bring(&b, &r->v[i]))
			return -1;
	/* Now: these become entries themselves. */
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].entry->what == PARK_TABLE &&
		    park_rest(script, s, r->v[i].entry, r->v[i].node))
			return -1;
	refresh_all(&b);
	return 0;
}
