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
