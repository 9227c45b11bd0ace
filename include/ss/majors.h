/*
 * A version in a database.  Where the engine's digests hold for one version()
 * of it alone (PostgreSQL's majors, whose servers print expressions each in
 * its own way), a version that was read with another one is translated:
 *
 *	version ─▶ SQL ─▶ scratch like the database's ─▶ schema, digest
 *
 * The pairs of digests are remembered on refs/schemastore/majors.
 */
#ifndef SS_MAJORS_H
#define SS_MAJORS_H

#include "ss/project.h"

/* Make it the schema that a server of this version() has; it keeps its
 * origins.  ERR_REFUSED where there is no scratch like that. */
int schema_translate(struct schema *s, struct project *p,
		     const struct engine *e, const char *version,
		     struct err *err) MUST_CHECK;

/* A database, and who asks what a version is in it. */
struct in_database {
	struct project *project;
	const struct database *db;
	struct conn *conn;
	struct arena *arena;
};
/* A version's schema there; sealed.  The version has one for the engine;
 * ERR_DAMAGED where it is not what the commit names. */
int version_schema_in(struct schema *out, const struct in_database *in,
		      const struct commit *c, struct err *err) MUST_CHECK;
/* Its digest there, which costs no engine where it is remembered. */
int version_state_in(char out[SCHEMA_DIGEST_LEN], const struct in_database *in,
		     const struct commit *c, struct err *err) MUST_CHECK;

/* How a database is read to be compared with a version: what the database
 * itself does not know is as it was then. */
int version_read_opts(struct read_opts *out, struct project *p,
		      const struct commit *c, const struct engine *e,
		      struct arena *a, struct err *err) MUST_CHECK;

#endif
