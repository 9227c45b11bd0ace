/*
 * Does one commit lead back to another one?  Of whatever kind they are; what a
 * squash stands for is behind it, too.
 */
#include "config.h"

#include "ss/store.h"

struct search {
	struct store *store;
	const struct link *old;
	struct arena arena;
	struct map seen;
	struct oid *todo;
	size_t n, cap;
};

static void push(struct search *s, const struct oid *id)
{
	if (map_find_bytes(&s->seen, id->b, SHA1_LEN))
		return;
	map_set_bytes(&s->seen, id->b, SHA1_LEN, s);
	*ARENA_PUSH(&s->arena, s->todo, s->n, s->cap) = *id;
}

/* All parents: the link of what has landed passes over its approvals. */
static int push_parents(struct search *s, const struct link *l,
			struct err *err)
{
	struct arena a = ARENA_INIT;
	struct commit c;
	int ret = store_commit(&c, s->store, &l->oid, &a, err);

	for (size_t i = 0; !ret && i < c.nparents; i++)
		push(s, &c.parents[i].oid);
	arena_release(&a);
	return ret;
}

/* 1 found, 0 nothing is left, -1.  A child is never older than its parent. */
static int search(struct search *s, struct err *err)
{
	struct link l;

	while (s->n) {
		struct oid id = s->todo[--s->n];

		if (oid_equal(&id, &s->old->oid))
			return 1;
		if (store_link(&l, s->store, &id, err))
			return -1;
		if (l.time < s->old->time)
			continue;
		for (size_t i = 0; i < l.nparents; i++)
			push(s, &l.parents[i]);
		if (l.squash)
			push(s, &l.replaced);
		if (l.squash && s->old->kind == COMMIT_APPROVAL &&
		    push_parents(s, &l, err))
			return -1;
	}
	return 0;
}

int is_ancestor(struct store *s, const struct oid *old, const struct oid *id,
		struct err *err)
{
	struct link l;
	struct search it = { .store = s, .old = &l };
	int ret;

	if (store_link(&l, s, old, err))
		return -1;
	push(&it, id);
	ret = search(&it, err);
	map_release(&it.seen);
	arena_release(&it.arena);
	return ret;
}
