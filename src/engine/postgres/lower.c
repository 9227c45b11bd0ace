/*
 * Two schemas become actions, and these statements.
 *
 *	diff ─▶ pairs with fates ─▶ who depends on what must go, goes too
 *	     ─▶ actions ─▶ what runs before what ─▶ order
 *
 * The catalog's own dependencies (struct node's needs) say what runs before
 * what, on both sides: a thing is made when all that it needs is there, and
 * dropped when nothing needs it any more.
 */
#include "config.h"

#include "engine/postgres/lower.h"

#include <stdlib.h>

/* ---- pairs ------------------------------------------------------------- */

char *pg_ref(struct lowering *l, const struct node *n)
{
	struct buf b = BUF_INIT;
	char *ref;

	node_ref(&b, n);
	ref = arena_strndup(l->arena, b.ptr, b.len);
	buf_release(&b);
	return ref;
}

struct pair *pg_add_pair(struct lowering *l, const struct node *from,
			     const struct node *to,
			     const struct change *change)
{
	struct pair *p = arena_alloc(l->arena, sizeof(*p));

	p->from = from;
	p->to = to;
	p->change = change;
	*ARENA_PUSH(l->arena, l->pairs, l->npairs, l->pairs_cap) = p;
	if (from)
		map_set(&l->by_from, pg_ref(l, from), p);
	if (to)
		map_set(&l->by_to, pg_ref(l, to), p);
	return p;
}

/* The pair of what is alike on both sides is made when it is asked for. */
struct pair *pg_pair_from(struct lowering *l, const struct node *n)
{
	struct pair *p = map_find(&l->by_from, pg_ref(l, n)), *home;
	const struct node *to = NULL;

	if (p)
		return p;
	if (!n->parent) {
		to = schema_find(l->to, n->kind, n->name);
	} else {
		home = pg_pair_from(l, n->parent);
		if (home->to)
			to = node_find(home->to, n->kind, n->name,
				       l->to->spelling);
	}
	p = pg_add_pair(l, n, to, NULL);
	if (!to)
		p->fate = FATE_DROPPED;
	return p;
}

struct pair *pg_pair_to(struct lowering *l, const struct node *n)
{
	struct pair *p = map_find(&l->by_to, pg_ref(l, n)), *home;
	const struct node *from = NULL;

	if (p)
		return p;
	if (!n->parent) {
		from = schema_find(l->from, n->kind, n->name);
	} else {
		home = pg_pair_to(l, n->parent);
		if (home->from)
			from = node_find(home->from, n->kind, n->name,
					 l->from->spelling);
	}
	p = pg_add_pair(l, from, n, NULL);
	if (!from)
		p->fate = FATE_CREATED;
	return p;
}

static int refuse_opaque(struct lowering *l, const struct node *n)
{
	struct buf b = BUF_INIT;

	node_title(&b, n);
	err_set(l->err, ERR_REFUSED, "%s: this schemastore can neither make, "
		"change nor drop it", b.ptr);
	err_hint(l->err, "do that with SQL of your own; both versions have to "
		 "have the same one");
	buf_release(&b);
	return -1;
}

static int take_change(struct lowering *l, const struct change *ch)
{
	struct pair *p = pg_add_pair(l, ch->from, ch->to, ch);

	if ((ch->from ? ch->from : ch->to)->kind == &pg_kind_opaque)
		return refuse_opaque(l, ch->from ? ch->from : ch->to);
	if (ch->op == CHANGE_ADD) {
		p->fate = FATE_CREATED;
		return 0;
	}
	if (ch->op == CHANGE_DROP) {
		p->fate = FATE_DROPPED;
		return 0;
	}
	if (pg_follows_renames(l, ch)) {
		p->fate = FATE_KEPT;
		p->change = NULL;
		return 0;
	}
	p->fate = pg_way(l, ch);
	if (l->err->code)
		return -1;
	for (size_t i = 0; p->fate != FATE_REPLACED && i < ch->nkids; i++)
		if (take_change(l, &ch->kids[i]))
			return -1;
	if (ch->from->kind == &pg_kind_table)
		pg_replace_twins(l, ch);
	return 0;
}

/* ---- dependants ---------------------------------------------------------- */

static void note_users(struct lowering *l, const struct node *n)
{
	for (size_t i = 0; i < n->needs.n; i++) {
		struct users *u = map_find(&l->users, n->needs.v[i]);

		if (!u) {
			u = arena_alloc(l->arena, sizeof(*u));
			map_set(&l->users, n->needs.v[i], u);
		}
		*ARENA_PUSH(l->arena, u->v, u->n, u->cap) = n;
	}
	for (size_t i = 0; i < n->nkids; i++)
		note_users(l, n->kids[i]);
}

bool pg_is_gone(const struct pair *p)
{
	return p->fate == FATE_DROPPED || p->fate == FATE_REPLACED;
}

bool pg_is_type(const struct node *n)
{
	return n->kind == &pg_kind_enum || n->kind == &pg_kind_domain ||
	       n->kind == &pg_kind_collation ||
	       n->kind == &pg_kind_composite || n->kind == &pg_kind_range ||
	       n->kind == &pg_kind_table;
}

static int refuse_dependent(struct lowering *l, const struct node *user,
			    const struct node *used)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	node_title(&a, user);
	node_title(&b, used);
	err_set(l->err, ERR_REFUSED, "%s depends on %s, which has to be made "
		"anew", a.ptr, b.ptr);
	err_hint(l->err, "change the two in separate versions");
	buf_release(&a);
	buf_release(&b);
	return -1;
}

static int spread(struct lowering *l, const struct pair *p);

/* What a column that is kept does when something that it uses goes. */
static int spread_to_column(struct lowering *l, struct pair *p,
			    const struct node *used)
{
	const struct pg_column *c = (const struct pg_column *)p->from;

	if (used->kind == &pg_kind_base_type)
		return refuse_dependent(l, p->from, used);
	if (pg_is_type(used)) {
		if (p->fate == FATE_RETYPED)
			return 0;
		p->fate = FATE_RETYPED;
		return spread(l, p);
	}
	if (c->generated) {
		p->fate = FATE_REPLACED;
		return spread(l, p);
	}
	p->released = true;
	return 0;
}

/* A publication that is told of other tables does so before these go. */
static bool lets_go(struct lowering *l, const struct pair *user,
		    const struct node *used)
{
	return user->from->kind == &pg_kind_publication &&
	       user->fate == FATE_ALTERED &&
	       pg_pair_from(l, used)->fate == FATE_DROPPED;
}

static int spread_to(struct lowering *l, const struct node *user,
		     const struct node *used)
{
	const struct node *object = user->parent ? user->parent : user;
	struct pair *home = pg_pair_from(l, object), *p;

	if (pg_is_gone(home))
		return 0;
	if (kind_is_column(user->kind) && (object->kind == &pg_kind_view ||
					   object->kind == &pg_kind_matview))
		user = object;
	p = pg_pair_from(l, user);
	if (pg_is_gone(p) || lets_go(l, p, used))
		return 0;
	if (user->kind == &pg_kind_opaque)
		return refuse_dependent(l, user, used);
	if (kind_is_column(user->kind))
		return spread_to_column(l, p, used);
	if (kind_is_table(user->kind))
		return home->change ? 0 : refuse_dependent(l, user, used);
	p->fate = FATE_REPLACED;
	return spread(l, p);
}

static int spread_ref(struct lowering *l, const struct node *n,
		      const struct node *used)
{
	const struct users *u = map_find(&l->users, pg_ref(l, n));

	for (size_t i = 0; u && i < u->n; i++)
		if (spread_to(l, u->v[i], used))
			return -1;
	return 0;
}

/* It goes and comes again, and so does what cannot stay then. */
static int replace(struct lowering *l, const struct node *n)
{
	struct pair *p = pg_pair_from(l, n);

	if (pg_is_gone(p))
		return 0;
	p->fate = FATE_REPLACED;
	return spread(l, p);
}

/* The partitions' own of an index go along. */
static int spread_to_parts(struct lowering *l, const struct node *index)
{
	for (size_t i = 0; i < l->from->n; i++) {
		const struct node *n = l->from->objects[i];
		const char *of = n->kind == &pg_kind_table ?
			((const struct pg_table *)n)->partition_of : NULL;

		if (!of || strcmp(of, index->parent->name))
			continue;
		for (size_t k = 0; k < n->nkids; k++) {
			if (pg_partition_parent(l->from, n->kids[k]) != index)
				continue;
			if (replace(l, n->kids[k]))
				return -1;
		}
	}
	return 0;
}

/* Is the column's name in it, as a word? */
static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p++)
		if ((p == text || !is_word_byte((unsigned char)p[-1])) &&
		    !is_word_byte((unsigned char)p[n]))
			return true;
	return false;
}

/* It may say yes too often: then something is made anew for nothing. */
static bool part_uses(const struct node *part, const struct node *column)
{
	for (size_t i = 0; i < part->kind->nfields; i++) {
		const struct field *f = &part->kind->fields[i];
		const struct list *list = f->type == FIELD_NAMES ||
			f->type == FIELD_SQLS ? field_list(part, f) : NULL;

		if (f->type == FIELD_SQL && field_str(part, f) &&
		    has_word(field_str(part, f), column->name))
			return true;
		for (size_t k = 0; list && k < list->n; k++)
			if (has_word(list->v[k], column->name))
				return true;
	}
	return false;
}

/* What stops ALTER COLUMN TYPE; the rest goes along with it. */
static bool stops_type(const struct node *part)
{
	return part->kind == &pg_kind_policy ||
	       part->kind == &pg_kind_trigger || part->kind == &pg_kind_rule ||
	       (kind_is_column(part->kind) &&
		((const struct pg_column *)part)->generated);
}

/* The parts of its table that are about a column. */
static int spread_to_siblings(struct lowering *l, const struct pair *column)
{
	const struct node *table = column->from->parent;

	for (size_t i = 0; i < table->nkids; i++) {
		const struct node *k = table->kids[i];

		if (k == column->from || !part_uses(k, column->from) ||
		    (column->fate == FATE_RETYPED ? !stops_type(k) :
		     kind_is_column(k->kind)))
			continue;
		if (replace(l, k))
			return -1;
	}
	return 0;
}

bool pg_mentions(const struct node *part, const char *column)
{
	for (size_t i = 0; i < part->kind->nfields; i++) {
		const struct field *f = &part->kind->fields[i];
		const struct list *v;

		if (f->type == FIELD_SQL && field_str(part, f) &&
		    pg_has_name(field_str(part, f), column))
			return true;
		if (f->type != FIELD_NAMES && f->type != FIELD_SQLS)
			continue;
		v = field_list(part, f);
		for (size_t k = 0; k < v->n; k++)
			if (!strcmp(v->v[k], column) ||
			    (f->type == FIELD_SQLS &&
			     pg_has_name(v->v[k], column)))
				return true;
	}
	return false;
}

/* What a foreign key can point at; NULL. */
static const struct list *key_columns(const struct node *n)
{
	const struct pg_index *index = (const struct pg_index *)n;

	if (n->kind == &pg_kind_index)
		return index->unique && !index->where ? &index->key : NULL;
	return n->kind == &pg_kind_primary_key || n->kind == &pg_kind_unique ?
	       &((const struct pg_key *)n)->key : NULL;
}

bool pg_points_at(const struct node *part, const struct node *key)
{
	const struct pg_foreign_key *fk = (const struct pg_foreign_key *)part;
	const struct list *columns = key_columns(key);

	if (part->kind != &pg_kind_foreign_key || part->parent != key->parent ||
	    !columns || columns->n != fk->ref_columns.n ||
	    strcmp(fk->table, part->parent->name))
		return false;
	for (size_t i = 0; i < columns->n; i++)
		if (!pg_list_has(&fk->ref_columns, columns->v[i]))
			return false;
	return true;
}

static int spread_to_pointing(struct lowering *l, const struct node *key)
{
	for (size_t i = 0; key->parent && i < key->parent->nkids; i++)
		if (pg_points_at(key->parent->kids[i], key) &&
		    replace(l, key->parent->kids[i]))
			return -1;
	return 0;
}

/* A column that goes takes what its table has of it along. */
static int spread_in_table(struct lowering *l, const struct node *column)
{
	const struct node *table = column->parent;

	for (size_t i = 0; i < table->nkids; i++) {
		const struct node *k = table->kids[i];
		struct pair *p;

		if (kind_is_column(k->kind) ||
		    !pg_mentions(k, column->name))
			continue;
		p = pg_pair_from(l, k);
		if (pg_is_gone(p) || !p->to)
			continue;
		p->fate = FATE_REPLACED;
		if (spread(l, p))
			return -1;
	}
	return 0;
}

/* All that cannot stay when this goes. */
static int spread(struct lowering *l, const struct pair *p)
{
	const struct node *n = p->from;

	if (kind_is_column(n->kind) && p->fate != FATE_DROPPED &&
	    kind_is_table(n->parent->kind) && spread_to_siblings(l, p))
		return -1;

	if (spread_ref(l, n, n) ||
	    (pg_is_gone(p) && spread_to_pointing(l, n)))
		return -1;
	if (pg_is_gone(p) && *pg_only(n) && spread_to_parts(l, n))
		return -1;
	if (p->fate == FATE_REPLACED && kind_is_column(n->kind) &&
	    n->parent->kind == &pg_kind_table && spread_in_table(l, n))
		return -1;
	for (size_t i = 0; pg_is_gone(p) && i < n->nkids; i++)
		if (spread_ref(l, n->kids[i], n))
			return -1;
	return 0;
}

static int spread_all(struct lowering *l)
{
	size_t n = l->npairs;
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= pg_is_gone(l->pairs[i]) ||
		       l->pairs[i]->fate == FATE_RETYPED;
	if (!any)
		return 0;
	l->out->concerns_others = true;
	for (size_t i = 0; i < l->from->n; i++)
		note_users(l, l->from->objects[i]);
	for (size_t i = 0; i < n; i++) {
		const struct pair *p = l->pairs[i];

		if ((pg_is_gone(p) || p->fate == FATE_RETYPED) && spread(l, p))
			return -1;
	}
	return 0;
}

static int lower_once(bool *circle, bool loose_ties, struct script *out,
		      const struct schema *from, const struct schema *to,
		      const struct lower_opts *opts, struct arena *a,
		      struct err *err)
{
	struct lowering l = {
		.out = out, .from = from, .to = to, .opts = opts, .arena = a,
		.err = err, .loose_ties = loose_ties,
	};
	int ret = -1;

	if (pg_search_path_of(&l.search_path, to, a, err))
		goto out;
	schema_diff(&l.diff, from, to, opts->column_order ?
		    DIFF_COLUMN_ORDER : 0, a);
	pg_pair_sequences(&l);
	for (size_t i = 0; i < l.diff.n; i++)
		if (take_change(&l, &l.diff.v[i]))
			goto out;
	if (spread_all(&l) || pg_make_actions(&l))
		goto out;
	pg_order(&l);
	ret = pg_write(&l);
	*circle = ret;
out:
	map_release(&l.by_from);
	map_release(&l.by_to);
	map_release(&l.users);
	map_release(&l.names);
	map_release(&l.taken);
	map_release(&l.beside);
	return ret;
}

int pg_lower(struct script *out, const struct schema *from,
	     const struct schema *to, const struct lower_opts *opts,
	     struct arena *a, struct err *err)
{
	struct err first = ERR_INIT;
	bool circle = false;

	if (!lower_once(&circle, false, out, from, to, opts, a, &first))
		return 0;
	if (circle) {
		memset(out, 0, sizeof(*out));
		return lower_once(&circle, true, out, from, to, opts, a, err);
	}
	*err = first;
	return -1;
}
