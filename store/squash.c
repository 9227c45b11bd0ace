/*
 * What a squash stands for.
 */
#include "config.h"

#include "ss/refs.h"
#include "ss/store.h"

char *squash_ref(const struct commit *c, struct arena *a)
{
	char hex[SHA256_HEX];

	hex_encode(hex, c->strong.b, SHA256_LEN);
	return arena_printf(a, SQUASH_REFS "%s", hex);
}

int landing_of(struct oid *out, struct store *s, const struct commit *c,
	       struct err *err)
{
	struct arena a = ARENA_INIT;
	struct commit approval;
	int ret = 0;

	/* A witness's has the one before it. */
	if (c->nparents > 1 && c->kind != COMMIT_APPROVAL)
		ret = store_commit(&approval, s, &c->parents[1].oid, &a, err) ?
		      -1 : approval.kind == COMMIT_APPROVAL;
	if (ret > 0)
		*out = approval.parents[0].oid;
	arena_release(&a);
	return ret;
}

int squash_replaced(struct oid *out, struct store *s, const struct commit *c,
		    struct err *err)
{
	struct arena a = ARENA_INIT;
	struct commit old;
	int ret = c->replaces ? ref_read(out, s, squash_ref(c, &a), err) : 0;

	if (ret > 0 && store_commit(&old, s, out, &a, err))
		ret = -1;
	if (ret > 0 && memcmp(old.strong.b, c->replaced.b, SHA256_LEN))
		ret = err_set(err, ERR_DAMAGED, "ref '%s' is not the version "
			      "that '%s' stands for", squash_ref(c, &a),
			      c->subject);
	arena_release(&a);
	return ret;
}
