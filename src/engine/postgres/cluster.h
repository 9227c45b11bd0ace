/*
 * A private PostgreSQL cluster: where schemas are loaded when the user names
 * no scratch database.  It needs the server's programs (initdb, postgres) and
 * no libpq.
 *
 *	if (pg_cluster_use(&conninfo, err))
 *		return -1;
 *	buf_addstr(&conninfo, " dbname='ss_1_a'");	the last one counts
 *
 * It is made once (0.7 s), started where it does not run (0.1 s), shared by
 * all who use it at once, and stopped when nobody has for a minute.
 *
 *	SCHEMASTORE_PGBIN		the folder of initdb and postgres
 *	SCHEMASTORE_SCRATCH_DIR		where its folder is made
 *	SCHEMASTORE_SCRATCH_IDLE	seconds until it stops
 */
#ifndef SS_POSTGRES_CLUSTER_H
#define SS_POSTGRES_CLUSTER_H

#include "ss/buf.h"
#include "ss/err.h"

/*
 * Append the words of a conninfo for libpq, "host='...' port='5432'
 * user='schemastore' dbname='postgres'", of the running cluster.  It stays in
 * use until pg_cluster_done(), of which there is one for each use that did not
 * fail, or the end of this process; any thread may call either.  Whoever calls
 * it again is sure that it runs: a server that has crashed is started anew,
 * with what was in it.
 *
 * What is made in it belongs to whoever makes it: a database that a crashed
 * command left there stays.
 */
int pg_cluster_use(struct buf *conninfo, struct err *err) MUST_CHECK;
/* Too many of them are none. */
void pg_cluster_done(void);

#endif
