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

static bool is_plain(const struct commit *c, const char *engine)
{
	for (size_t i = 0; i < c->nedges; i++)
		if (!strcmp(c->edges[i].engine, engine) &&
		    c->edges[i].has_steps)
			return false;
	return true;
}

/* The versions that `tip` has and `base` has not; base NULL: all. */
static int count_edges(size_t *n, struct store *s, const struct oid *tip,
		       const struct oid *base, const char *engine,
		       struct err *err)
{
	struct arena a = ARENA_INIT;
	struct walk *w = walk_new(s, &a);
	struct commit c;
	int ret = -1;

	if ((base && walk_hide(w, base, err)) || walk_push(w, tip, err))
		goto out;
	while ((ret = walk_next(w, &c, err)) > 0) {
		++*n;
		if (!is_plain(&c, engine)) {
			ret = refuse_edge(&c, err);
			break;
		}
	}
out:
	walk_free(w);
	arena_release(&a);
	return ret;
}

/* Straight back by first parents: the common case, without a merge base.
 * 1 found, 0 not on that line, -1 */
static int straight(size_t *n, struct store *s, const struct commit *tip,
		    const struct commit *base, const char *engine,
		    struct err *err)
{
	struct arena a = ARENA_INIT;
	struct commit c = *tip;
	int ret = -1;

	*n = 0;
	while (c.kind == COMMIT_SCHEMA && c.seq > base->seq) {
		if (!is_plain(&c, engine)) {
			refuse_edge(&c, err);
			goto out;
		}
		if (c.nparents != 1)
			break;
		++*n;
		if (store_commit(&c, s, &c.parents[0].oid, &a, err))
			goto out;
	}
	ret = oid_equal(&c.oid, &base->oid);
out:
	arena_release(&a);
	return ret;
}

int path_find(struct path *out, struct store *s, const struct commit *from,
	      const struct commit *to, const char *engine, struct arena *a,
	      struct err *err)
{
	struct oid base;
	bool down = !to || (from && from->seq > to->seq);
	int ret;

	(void)a;
	memset(out, 0, sizeof(*out));
	out->from = from;
	out->to = to;
	out->down = down;
	if (!from && !to)
		return 0;
	if (!from || !to)
		return count_edges(&out->edges, s, from ? &from->oid : &to->oid,
				   NULL, engine, err);
	ret = straight(&out->edges, s, down ? from : to, down ? to : from,
		       engine, err);
	if (ret)
		return ret < 0 ? -1 : 0;
	out->edges = 0;
	ret = merge_bases(&base, 1, s, &from->oid, &to->oid, err);
	if (ret < 0)
		return -1;
	if (!ret) {
		err_set(err, ERR_REFUSED, "the two versions have no common "
			"ancestor");
		return err_hint(err, "see what differs with 'schemastore "
				"diff'");
	}
	out->down = oid_equal(&base, &to->oid);
	out->sideways = !out->down && !oid_equal(&base, &from->oid);
	if (count_edges(&out->edges, s, &from->oid, &base, engine, err) ||
	    count_edges(&out->edges, s, &to->oid, &base, engine, err))
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

int version_by_strong(struct commit *out, struct store *s,
		      const struct strong_id *id, struct arena *a,
		      struct err *err)
{
	struct walk *w = walk_new(s, a);
	struct oid tip;
	struct ref *refs;
	size_t n = 0;
	int ret = ref_read(&tip, s, "HEAD", err);

	if (ret > 0 && store_commit(out, s, &tip, a, err))
		ret = -1;
	if (ret < 0 || (ret && is_it(out, id))) {
		ret = ret < 0 ? -1 : 0;
		goto out;
	}
	if ((ret && walk_push(w, &tip, err)) ||
	    ref_list(&refs, &n, s, "refs/", a, err) ||
	    walk_push_refs(w, refs, n, err)) {
		ret = -1;
		goto out;
	}
	while ((ret = walk_next(w, out, err)) > 0)
		if (is_it(out, id))
			break;
	ret = ret > 0 ? 0 : ret < 0 ? -1 : no_such_version(id, err);
out:
	walk_free(w);
	return ret;
}
