/*
 * A private PostgreSQL cluster: where schemas are loaded when the user names
 * no scratch database.  It needs the server's programs (initdb, postgres) and
 * no libpq.
 *
 *	unsigned major = 0;
 *
 *	if (pg_cluster_use(&conninfo, &major, err))
 *		return -1;
 *	buf_addstr(&conninfo, " dbname='ss_1_a'");	the last one counts
 *
 * It is made once (0.7 s), started where it does not run (0.1 s), shared by
 * all who use it at once, and stopped when nobody has for a minute.  There is
 * one for each major.
 *
 *	SCHEMASTORE_PGBIN		the folder of initdb and postgres; or
 *					several of them, with colons between
 *	SCHEMASTORE_SCRATCH_DIR		where its folder is made
 *	SCHEMASTORE_SCRATCH_IDLE	seconds until it stops
 */
#ifndef SS_POSTGRES_CLUSTER_H
#define SS_POSTGRES_CLUSTER_H

#include "ss/buf.h"
#include "ss/err.h"

/* The server's majors that are known here. */
#define PG_OLDEST 13
#define PG_NEWEST 18

/* There is scratch of the one, and the other is needed: ERR_REFUSED. */
int pg_wrong_major(unsigned have, unsigned want, struct err *err);

/*
 * Append the words of a conninfo for libpq, "host='...' port='5432'
 * user='schemastore' dbname='postgres'", of the running cluster.  It stays in
 * use until pg_cluster_done(), of which there is one for each use that did not
 * fail, or the end of this process; any thread may call either.  Whoever calls
 * it again is sure that it runs: a server that has crashed is started anew,
 * with what was in it.
 *
 * *major is the wanted one, 0 where any will do, and then the one that it is;
 * ERR_REFUSED where the server's programs are not there in that major.
 *
 * What is made in it belongs to whoever makes it: a database that a crashed
 * command left there stays.
 */
int pg_cluster_use(struct buf *conninfo, unsigned *major, struct err *err)
	MUST_CHECK;
/* Too many of them are none. */
void pg_cluster_done(unsigned major);

#endif
