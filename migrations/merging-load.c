/*
 * Does a merged schema load, and is it then what it was merged to?
 *
 *	merged ─▶ printed ─▶ scratch ─▶ read ─▶ the same?
 */
#include "config.h"

#include "migrations/merging-parts.h"

#include "migrations/broken.h"
#include "ss/kinds.h"

static void add_meaning(struct joined *v, const char *node, const char *why)
{
	struct merge *m = &v->merge;
	struct conflict *c = ARENA_PUSH(m->arena, m->conflicts, m->n, m->cap);

	*c = (struct conflict){
		.type = CONFLICT_MEANING,
		.node = arena_strdup(m->arena, node),
		.why = arena_strdup(m->arena, why),
	};
	merge_describe(m, c);
}

/* The first object of `want` that is not in `got` as it is. */
static const struct node *strayed(const struct schema *want,
				  const struct schema *got, bool names,
				  struct arena *a)
{
	for (size_t i = 0; i < want->n; i++) {
		const struct node *n = want->objects[i];
		const struct node *o = schema_find(got, n->kind, n->name);

		if (!o || (!names &&
			   memcmp(n->digest, o->digest, SHA256_LEN) &&
			   !node_same_but_places(n, o, want->spelling, a)))
			return n;
	}
	return NULL;
}

static void check_read(struct joined *v, const struct schema *got,
		       struct arena *a)
{
	const struct node *n = strayed(&v->merge.merged, got, false, a);
	struct buf b = BUF_INIT;

	if (!n)
		n = strayed(got, &v->merge.merged, true, a);
	if (!n)
		return;
	node_title(&b, n);
	add_meaning(v, b.ptr, "what is loaded reads back as another one");
	buf_release(&b);
}

/* The statement that the engine refuses, by itself; NULL: none. */
static const struct statement *find_refused(struct joined *v,
					    const struct plan *p,
					    struct err *why, struct err *err)
{
	const struct engine *e = v->part->engine;
	const struct statement *found = NULL;
	struct conn *c = NULL;

	if (source_scratch(&c, e, &v->side[0].read, err))
		return NULL;
	for (size_t i = 0; i < p->script.n && !found; i++) {
		const struct statement *st = &p->script.v[i];

		if (!st->check && e->exec(c, st->sql, why))
			found = st;
	}
	e->close(c);
	return found;
}

/* What the engine, or the plan, has against it is a conflict. */
static int refused(struct joined *v, const struct plan *p, struct err *why,
		   struct err *err)
{
	const struct statement *st = NULL;
	struct err failed = ERR_INIT;

	if (why->code != ERR_REFUSED && why->code != ERR_ENGINE) {
		*err = *why;
		return -1;
	}
	if (p)
		st = find_refused(v, p, why, &failed);
	if (failed.code) {
		*err = failed;
		return -1;
	}
	add_meaning(v, st && st->node ? st->node : "the merged schema",
		    why->text);
	return 0;
}

/* Each side can use it, the two together cannot. */
static int check_broken(struct conn *c, struct joining *j, struct joined *v,
			struct err *err)
{
	struct breaking b = {
		.engine = v->part->engine, .read = &v->side[0].read,
		.merged = &v->merge.merged,
		.side = { &v->side[0].before, &v->side[1].before },
		.arena = j->r.arena,
	};
	struct dangling broken;
	struct buf title = BUF_INIT;

	if (find_broken(&broken, &b, c, err))
		return -1;
	for (size_t i = 0; i < broken.n; i++) {
		buf_truncate(&title, 0);
		node_title(&title, broken.v[i].node);
		add_meaning(v, title.ptr, broken.v[i].why);
	}
	buf_release(&title);
	return 0;
}

static int load_into(struct conn *c, struct joining *j, struct joined *v,
		     struct err *err)
{
	const struct engine *e = v->part->engine;
	struct read_opts *read = &v->side[0].read;
	struct err why = ERR_INIT;
	struct plan p;

	if (plan_whole(&p, &v->merge.merged, read->extensions, j->r.arena,
		       &why))
		return refused(v, NULL, &why, err);
	if (p.sql_len && e->exec(c, p.sql, &why))
		return refused(v, &p, &why, err);
	if (e->read(c, &v->after, read, err))
		return -1;
	check_read(v, &v->after, j->r.arena);
	if (!v->merge.n && check_broken(c, j, v, err))
		return -1;
	if (!v->merge.n)
		record_take_read(&v->after, &v->merge.merged);
	return 0;
}

int merging_load(struct joining *j, struct joined *v, struct err *err)
{
	const struct engine *e = v->part->engine;
	struct conn *c = NULL;
	int ret;

	schema_init(&v->after, e->spelling, j->r.arena);
	v->made = true;
	if (source_scratch(&c, e, &v->side[0].read, err))
		return -1;
	ret = load_into(c, j, v, err);
	e->close(c);
	return ret;
}
