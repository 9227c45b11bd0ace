/*
 * The way from one version to another: which edges it crosses, and whether
 * each of them is a plain one.
 */
#include "config.h"

#include "ss/path.h"

static int refuse_edge(const struct commit *c, struct err *err)
{
	char hex[OID_HEX];

	oid_hex(hex, &c->oid);
	err_set(err, ERR_REFUSED, "version %.10s ('%s') has data steps or "
		"edited SQL, which this schemastore cannot cross", hex,
		c->subject);
	return err_hint(err, "use the schemastore that made it");
}

/* Not plain by its link: maybe for another engine. */
static int check_edges(struct store *s, const struct oid *id,
		       const char *engine, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct commit c;
	int ret = store_commit(&c, s, id, &a, err);

	for (size_t i = 0; !ret && i < c.nedges; i++)
		if (!strcmp(c.edges[i].engine, engine) && c.edges[i].has_steps)
			ret = refuse_edge(&c, err);
	arena_release(&a);
	return ret;
}

/* The versions that `tip` has and `other` has not; other NULL: all. */
static int count_edges(size_t *n, struct store *s, const struct oid *tip,
		       const struct oid *other, const char *engine,
		       struct err *err)
{
	struct arena a = ARENA_INIT;
	struct walk *w = walk_new(s, &a);
	struct link l;
	int ret = -1;

	if ((other && walk_hide(w, other, err)) || walk_push(w, tip, err))
		goto out;
	while ((ret = walk_next_link(w, &l, err)) > 0) {
		++*n;
		if (!l.plain && check_edges(s, &l.oid, engine, err)) {
			ret = -1;
			break;
		}
	}
out:
	walk_free(w);
	arena_release(&a);
	return ret;
}

/* Straight back by first parents: the common case, without a merge base.
 * 1 found, and all edges are plain; 0 not on that line; -1 */
static int straight(size_t *n, struct store *s, const struct oid *tip,
		    const struct commit *base, struct err *err)
{
	uint64_t seq = UINT64_MAX;	/* goes down, whatever the index says */
	struct link l;

	*n = 0;
	if (store_link(&l, s, tip, err))
		return -1;
	while (l.kind == COMMIT_SCHEMA && l.seq > base->seq && l.seq < seq) {
		seq = l.seq;
		if (!l.plain || l.nparents != 1)
			break;
		++*n;
		if (store_link(&l, s, &l.parents[0], err))
			return -1;
	}
	return oid_equal(&l.oid, &base->oid);
}

int path_find(struct path *out, struct store *s, const struct commit *from,
	      const struct commit *to, const char *engine, bool unrelated,
	      struct err *err)
{
	struct oid base;
	bool down = !to || (from && from->seq > to->seq);
	int ret;

	memset(out, 0, sizeof(*out));
	out->from = from;
	out->to = to;
	out->down = down;
	if (!from && !to)
		return 0;
	if (!from || !to)
		return count_edges(&out->edges, s, from ? &from->oid : &to->oid,
				   NULL, engine, err);
	ret = straight(&out->edges, s, down ? &from->oid : &to->oid,
		       down ? to : from, err);
	if (ret)
		return ret < 0 ? -1 : 0;
	out->edges = 0;
	ret = merge_bases(&base, 1, s, &from->oid, &to->oid, err);
	if (ret < 0)
		return -1;
	if (!ret && !unrelated) {
		err_set(err, ERR_REFUSED, "the two versions have no common "
			"ancestor");
		return err_hint(err, "see what differs with 'schemastore "
				"diff'; add --allow-unrelated if that is what "
				"is to be changed");
	}
	out->unrelated = !ret;
	out->down = ret && oid_equal(&base, &to->oid);
	out->sideways = !ret || !(out->down || oid_equal(&base, &from->oid));
	if (count_edges(&out->edges, s, &from->oid, &to->oid, engine, err) ||
	    count_edges(&out->edges, s, &to->oid, &from->oid, engine, err))
		return -1;
	return 0;
}

static bool is_it(const struct commit *c, const struct strong_id *id)
{
	return c->kind == COMMIT_SCHEMA &&
	       !memcmp(c->strong.b, id->b, SHA256_LEN);
}

static int no_such_version(const struct strong_id *id, struct err *err)
{
	char hex[SHA256_HEX];

	hex_encode(hex, id->b, SHA256_LEN);
	err_set(err, ERR_USAGE, "the store has no version with the strong id "
		"%.16s...", hex);
	return err_hint(err, "fetch the branch it is on");
}

/* The link of the version with this strong id: 1, 0 there is none, -1. */
static int find_link(struct link *out, struct store *s,
		     const struct strong_id *id, const struct oid *head,
		     struct err *err)
{
	struct arena a = ARENA_INIT;
	struct walk *w = walk_new(s, &a);
	struct ref *refs;
	size_t n = 0;
	int ret = -1;

	if ((head && walk_push(w, head, err)) ||
	    ref_list(&refs, &n, s, "refs/", &a, err) ||
	    walk_push_refs(w, refs, n, err))
		goto out;
	do {
		ret = walk_next_link(w, out, err);
	} while (ret > 0 && memcmp(out->strong.b, id->b, SHA256_LEN));
out:
	walk_free(w);
	arena_release(&a);
	return ret;
}

int version_by_strong(struct commit *out, struct store *s,
		      const struct strong_id *id, struct arena *a,
		      struct err *err)
{
	struct oid head;
	struct link l;
	int has_head = ref_read(&head, s, "HEAD", err);
	int ret;

	if (has_head < 0 ||
	    (has_head && store_commit(out, s, &head, a, err)))
		return -1;
	if (has_head && is_it(out, id))
		return 0;
	for (int i = 0; i < 2; i++) {
		ret = find_link(&l, s, id, has_head ? &head : NULL, err);
		if (!ret)
			break;
		if (ret < 0 || store_commit(out, s, &l.oid, a, err))
			return -1;
		if (is_it(out, id))
			return 0;
		store_links_forget(s);
	}
	return no_such_version(id, err);
}
