#include "config.h"

#include "migrations/broken.h"

#include "ss/plan.h"
#include "ss/source.h"

static int look(struct dangling *out, const struct breaking *b,
		const struct schema *s, struct err *err)
{
	struct conn *c = NULL;
	struct plan p;
	int ret = -1;

	if (plan_whole(&p, s, b->read->extensions, b->arena, err) ||
	    source_scratch(&c, b->engine, b->read, err))
		return -1;
	if (!p.sql_len || !b->engine->exec(c, p.sql, err))
		ret = b->engine->dangling(c, out, s, b->arena, err);
	b->engine->close(c);
	return ret;
}

static bool is_among(const struct dangling *v, const struct node *n)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	bool found = false;

	node_ref(&a, n);
	for (size_t i = 0; !found && i < v->n; i++) {
		buf_truncate(&b, 0);
		node_ref(&b, v->v[i].node);
		found = !strcmp(a.ptr, b.ptr);
	}
	buf_release(&a);
	buf_release(&b);
	return found;
}

int find_broken(struct dangling *out, const struct breaking *b,
		struct conn *c, struct err *err)
{
	struct dangling before = { .n = 0 }, now = { .n = 0 };

	*out = now;
	if (!b->engine->dangling)
		return 0;
	if (c ? b->engine->dangling(c, &now, b->merged, b->arena, err) :
	    look(&now, b, b->merged, err))
		return -1;
	if (!now.n)
		return 0;
	for (size_t i = 0; i < 2; i++)
		if (look(&before, b, b->side[i], err))
			return -1;
	for (size_t i = 0; i < now.n; i++)
		if (!is_among(&before, now.v[i].node))
			*ARENA_PUSH(b->arena, out->v, out->n, out->cap) =
				now.v[i];
	return 0;
}
