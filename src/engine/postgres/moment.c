/*
 * A plan is made for what was read, so before it runs it is asked whether that
 * is still there: once when nobody is waiting, once behind the lock.  To read
 * it all each time takes longer than most plans do.
 *
 *	fingerprint ─▶ moment, schema     who has committed, who is running
 *	read        ─▶ the same moment?   ─▶ that schema, given away
 *	fingerprint ─▶ the same moment?   ─▶ that fingerprint
 *
 * The moment is the server's snapshot.  Whatever changes a catalog takes a
 * transaction id, so that where the snapshot is the same, letter by letter, the
 * catalogs are too.  As long as it is the same server: behind a pooler it may
 * be a standby that was promoted meanwhile, or one that has crashed, and gives
 * the ids that it has lost once more.  Not in a transaction that has an id of
 * its own: what we have changed ourselves is not in a snapshot.  And not where
 * a primary's log is replayed: those who are running are not listed there.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

#include <stdlib.h>

static int read_moment(char **out, struct conn *c, struct err *err)
{
	PGresult *r = pg_rows(c, "SELECT pg_catalog.concat(pg_catalog."
			      "pg_current_snapshot(), ' ', pg_catalog."
			      "pg_postmaster_start_time()) WHERE pg_catalog."
			      "pg_current_xact_id_if_assigned() IS NULL AND "
			      "NOT pg_catalog.pg_is_in_recovery()", err);

	*out = NULL;
	if (!r)
		return -1;
	if (pq.ntuples(r))
		*out = xstrdup(pq.getvalue(r, 0, 0));
	pq.clear(r);
	return 0;
}

static bool is_same(const struct conn *c, const char *now)
{
	return c->moment && now && !strcmp(c->moment, now);
}

static void forget_schema(struct conn *c)
{
	if (!c->found)
		return;
	schema_release(c->found);
	arena_release(&c->found_arena);
	free(c->found);
	c->found = NULL;
}

void pg_forget_moment(struct conn *c)
{
	forget_schema(c);
	free(c->moment);
	c->moment = NULL;
}

static void give_away(struct schema *s, struct conn *c)
{
	struct arena *a = s->arena;

	arena_take(a, &c->found_arena);
	*s = *c->found;
	s->arena = a;
	free(c->found);
	c->found = NULL;
}

int pg_read_before(struct schema *s, struct conn *c, struct err *err)
{
	char *now;
	bool same;

	if (!c->moment || !c->found)
		return 0;
	if (read_moment(&now, c, err))
		return -1;
	same = is_same(c, now);
	free(now);
	if (same)
		give_away(s, c);
	else
		forget_schema(c);
	return same;
}

/* In a transaction that sees what others commit there is no one moment. */
static int read_now(struct conn *c, const char *now, struct err *err)
{
	pg_forget_moment(c);
	c->found = xmalloc(sizeof(*c->found));
	schema_init(c->found, &pg_spelling, &c->found_arena);
	if (pg_read(c, c->found, NULL, err)) {
		forget_schema(c);
		return -1;
	}
	sha256_of(c->print, c->found->digest, strlen(c->found->digest));
	if (now && !c->in_transaction)
		c->moment = xstrdup(now);
	else
		forget_schema(c);
	return 0;
}

int pg_fingerprint(struct conn *c, unsigned char out[SHA256_LEN],
		   struct err *err)
{
	char *now = NULL;
	int ret = -1;

	if (c->engine->look(c, err))
		return -1;
	if (!read_moment(&now, c, err) &&
	    (is_same(c, now) || !read_now(c, now, err))) {
		memcpy(out, c->print, SHA256_LEN);
		ret = 0;
	}
	c->engine->look_end(c);
	free(now);
	return ret;
}
