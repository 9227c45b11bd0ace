/*
 * A node as somebody writes it: SQL, loaded among what it may need, and read.
 *
 *	merged so far, without the object and all that needs it ─▶ scratch
 *	the file ─▶ scratch ─▶ read: the object, and nothing else that is new
 *
 * Where what is merged so far does not load, each side by itself is tried.
 */
#include "config.h"

#include "migrations/merging-parts.h"

#include "ss/kinds.h"

struct reading_sql {
	struct joining *j;
	struct joined *v;
	const struct merging_sql *sql;
	const char *word;		/* what the user calls it */
	const struct node *like;	/* the node, on some side */
	const struct node *object;	/* which that is, or is a part of */
	struct schema rest, got;
};

/* ---- which one ----------------------------------------------------------- */

static const struct schema *side_of(const struct joined *v, size_t i)
{
	const struct schema *const sides[] = {
		&v->side[0].before, &v->side[1].before, &v->base,
	};

	return sides[i];
}

static bool is_called(const struct node *n, const char *word)
{
	struct buf b = BUF_INIT;
	bool same;

	node_title(&b, n);
	same = !strcmp(b.ptr, word) || (n->name && rename_is_node(word, n));
	buf_release(&b);
	return same;
}

static const struct node *find_in(struct node *const *v, size_t n,
				  const char *word)
{
	for (size_t i = 0; i < n; i++) {
		const struct node *found = v[i];

		if (!is_called(found, word))
			found = find_in(v[i]->kids, v[i]->nkids, word);
		if (found)
			return found;
	}
	return NULL;
}

static const struct node *find_node(const struct joined *v, const char *word)
{
	const struct node *found = NULL;

	for (size_t i = 0; i < MERGE_SIDES && !found; i++)
		found = find_in(side_of(v, i)->objects, side_of(v, i)->n,
				word);
	return found;
}

static const struct node *same_object(const struct schema *s,
				      const struct node *object)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->objects[i]->kind == object->kind &&
		    !strcmp(s->objects[i]->key, object->key))
			return s->objects[i];
	return NULL;
}

/* ---- what it stands among ------------------------------------------------ */

static void add_refs(struct map *refs, const struct node *n)
{
	struct buf b = BUF_INIT;

	node_ref(&b, n);
	map_set(refs, b.ptr, refs);
	buf_release(&b);
	for (size_t i = 0; i < n->nkids; i++)
		add_refs(refs, n->kids[i]);
}

static bool needs_any(const struct map *refs, const struct node *n)
{
	for (size_t i = 0; i < n->needs.n; i++)
		if (map_find(refs, n->needs.v[i]))
			return true;
	for (size_t i = 0; i < n->nkids; i++)
		if (needs_any(refs, n->kids[i]))
			return true;
	return false;
}

/* The rest of a schema, without all that needs what is left out. */
static int leave_out(struct reading_sql *r, const struct schema *s,
		     struct err *err)
{
	struct arena *a = r->j->r.arena;
	bool *out = arena_alloc(a, s->n + 1), more = true;
	const struct node *object = same_object(s, r->object);
	struct map refs = MAP_INIT;

	if (object)
		add_refs(&refs, object);
	while (more) {
		more = false;
		for (size_t i = 0; i < s->n; i++) {
			if (out[i] || (s->objects[i] != object &&
				       !needs_any(&refs, s->objects[i])))
				continue;
			out[i] = more = true;
			add_refs(&refs, s->objects[i]);
		}
	}
	map_release(&refs);
	schema_init(&r->rest, s->spelling, a);
	r->rest.version = s->version;
	r->rest.settings = s->settings;
	for (size_t i = 0; i < s->n; i++)
		if (!out[i])
			schema_add(&r->rest, s->objects[i]);
	return schema_seal(&r->rest, err);
}

static int load(struct reading_sql *r, struct err *err)
{
	const struct engine *e = r->v->part->engine;
	struct read_opts *read = &r->v->side[0].read;
	struct conn *c = NULL;
	struct plan p;
	int ret = -1;

	schema_init(&r->got, e->spelling, r->j->r.arena);
	if (source_scratch(&c, e, read, err))
		return -1;
	if (!plan_whole(&p, &r->rest, read->extensions, r->j->r.arena, err) &&
	    (!p.sql_len || !e->exec(c, p.sql, err)) &&
	    !e->load(c, r->sql->text, r->sql->len, r->sql->path, err))
		ret = e->read(c, &r->got, read, err);
	e->close(c);
	return ret;
}

static void forget(struct reading_sql *r)
{
	schema_release(&r->rest);
	schema_release(&r->got);
}

/* ---- what was read ------------------------------------------------------- */

static int refuse(struct reading_sql *r, const char *what,
		  const struct node *n, struct err *err)
{
	struct buf b = BUF_INIT;

	node_title(&b, n);
	err_set(err, ERR_REFUSED, "%s: it %s %s, and is to be about '%s' "
		"alone", r->sql->path, what, b.ptr, r->word);
	buf_release(&b);
	return -1;
}

static bool is_like(struct reading_sql *r, const struct schema *in,
		    const struct node *n)
{
	const struct node *o = schema_find(in, n->kind, n->name);

	return o && (!memcmp(o->digest, n->digest, SHA256_LEN) ||
		     node_same_but_places(o, n, in->spelling, r->j->r.arena));
}

/* Whatever else it says would be lost. */
static int check_others(struct reading_sql *r, const struct schema *among,
			const struct node *own, struct err *err)
{
	for (size_t i = 0; i < r->rest.n; i++)
		if (!is_like(r, &r->got, r->rest.objects[i]))
			return refuse(r, "changes", r->rest.objects[i], err);
	for (size_t i = 0; i < r->got.n; i++) {
		const struct node *n = r->got.objects[i];

		if (n != own && !schema_find(&r->rest, n->kind, n->name) &&
		    !is_like(r, among, n))
			return refuse(r, "makes", n, err);
	}
	return 0;
}

/* What was read, by the name that it has on any side. */
static const struct node *find_own(struct reading_sql *r)
{
	const struct node *found = NULL;

	for (size_t i = 0; i < MERGE_SIDES && !found; i++) {
		const struct node *o = same_object(side_of(r->v, i),
						   r->object);

		if (o)
			found = schema_find(&r->got, o->kind, o->name);
	}
	return found;
}

static bool has_part(struct reading_sql *r, const struct node *own)
{
	const struct node *like = r->like;

	if (!like->parent)
		return true;
	for (size_t i = 0; i < own->nkids; i++)
		if (own->kids[i]->kind == like->kind &&
		    !own->kids[i]->name == !like->name &&
		    (!like->name || is_called(own->kids[i], r->word) ||
		     !strcmp(own->kids[i]->fold, like->fold)))
			return true;
	return false;
}

static int lacks(struct reading_sql *r, struct err *err)
{
	err_set(err, ERR_REFUSED, "%s does not make '%s'", r->sql->path,
		r->word);
	return err_hint(err, "give the whole statement of its object; or say "
			"--drop, if it is not to be there");
}

/* Its parts are who they were. */
static int encode_own(struct merge_choice *c, struct reading_sql *r,
		      const struct node *own, struct err *err)
{
	struct arena *a = r->j->r.arena;
	const struct schema *others[MERGE_SIDES];
	struct schema one;
	struct buf b = BUF_INIT;
	int ret;

	for (size_t i = 0; i < MERGE_SIDES; i++)
		others[i] = side_of(r->v, i);
	schema_init(&one, r->got.spelling, a);
	schema_add(&one, node_copy(a, own));
	ret = schema_seal(&one, err);
	if (!ret) {
		schema_recall(&one, others, MERGE_SIDES);
		node_encode(&b, one.objects[0]);
		c->own = arena_strndup(a, b.ptr, b.len);
		c->engine = r->v->part->engine->name;
	}
	buf_release(&b);
	schema_release(&one);
	return ret;
}

static int take_own(struct merge_choice *c, struct reading_sql *r,
		    const struct schema *among, struct err *err)
{
	const struct node *own = find_own(r);

	if (!own || !has_part(r, own))
		return lacks(r, err);
	return check_others(r, among, own, err) ||
	       encode_own(c, r, own, err) ? -1 : 0;
}

static int read_own(struct merge_choice *c, struct reading_sql *r,
		    struct err *err)
{
	const struct schema *const among[] = {
		r->v->merge.sealed ? &r->v->merge.merged : NULL,
		&r->v->side[0].before, &r->v->side[1].before,
	};
	struct err first = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(among); i++) {
		struct err why = ERR_INIT;
		int ret = -1;

		if (!among[i])
			continue;
		if (!leave_out(r, among[i], &why) && !load(r, &why))
			ret = take_own(c, r, among[i], &why);
		forget(r);
		if (!ret)
			return 0;
		if (!first.code)
			first = why;
		if (why.code != ERR_ENGINE)
			break;
	}
	*err = first;
	return -1;
}

int merging_read_sql(struct merge_choice *c, struct joining *j,
		     const struct merging_sql *sql, struct err *err)
{
	struct reading_sql r = { .j = j, .sql = sql, .word = c->node };

	for (size_t i = 0; i < j->n; i++) {
		struct joined *v = &j->v[i];
		const struct node *n = find_node(v, c->node);

		if (!n || (c->engine &&
			   strcmp(c->engine, v->part->engine->name)))
			continue;
		if (r.v) {
			err_set(err, ERR_USAGE, "'%s' is there for more than "
				"one engine", c->node);
			return err_hint(err, "say which: --engine %s",
					v->part->engine->name);
		}
		r.v = v;
		r.like = r.object = n;
	}
	if (!r.v)
		return err_set(err, ERR_USAGE, "no side has a '%s'", c->node);
	while (r.object->parent)
		r.object = r.object->parent;
	return read_own(c, &r, err);
}
