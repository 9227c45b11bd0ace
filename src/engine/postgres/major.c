/*
 * Which majors of the server there are for us, and which one is meant.  What a
 * server prints is of its major, and so are all schemas and their digests.
 */
#include "config.h"

#include "engine/postgres/cluster.h"
#include "engine/postgres/postgres.h"

#include <stdlib.h>

#include "ss/fault.h"

#define ENGINE "postgresql "

int pg_find_major(struct conn *c, struct err *err)
{
	int real = pq.server_version(c->pg) / 10000;

	c->major = fault_number("SS_MAJOR", pq.db(c->pg), real);
	c->dialect = c->major < real ? c->major : real;
	if (c->major >= PG_OLDEST)
		return 0;
	err_set(err, ERR_REFUSED, "the server is PostgreSQL %d, and the oldest "
		"that is known here is %d", c->major, PG_OLDEST);
	return err_hint(err, "upgrade the server to a major from %d to %d",
			PG_OLDEST, PG_NEWEST);
}

void pg_tell_major(const struct conn *c)
{
	static bool told;	/* a command opens many connections */
	struct buf b = BUF_INIT;

	if (c->major <= PG_NEWEST || told || !c->note)
		return;
	told = true;
	buf_addf(&b, "the server is PostgreSQL %d, and the newest that is "
		 "known here is %d: what is new in it is not seen", c->major,
		 PG_NEWEST);
	c->note(b.ptr);
	buf_release(&b);
}

void pg_add_version(struct buf *b, const struct conn *c)
{
	if (c)
		buf_addf(b, ENGINE "%d", c->major);
}

unsigned pg_major_of(const char *version)
{
	return version && str_starts(version, ENGINE) ?
	       (unsigned)strtoul(version + strlen(ENGINE), NULL, 10) : 0;
}
