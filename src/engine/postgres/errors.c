/*
 * What the server says, or libpq, as an error of ours: its code by the
 * SQLSTATE, whom it waited for, what can be done.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

/* The first line of what libpq or the server says, without its newline. */
static void first_line(struct buf *b, const char *text)
{
	size_t n = strcspn(text, "\n");

	if (str_starts(text, "ERROR:  "))
		text += 8, n -= 8;
	buf_add(b, text, n);
}

struct state_meaning {
	const char *state;	/* SQLSTATE, or its beginning */
	enum err_code code;
	const char *hint;
};

static const struct state_meaning meanings[] = {
	{ "55P03", ERR_BUSY, "try again when the lock is free" },
	{ "40P01", ERR_BUSY, "two sessions waited for each other: try again" },
	{ "57014", ERR_ENGINE, "a timeout ran out, or somebody cancelled it" },
	{ "40001", ERR_BUSY, "another session was quicker: try again" },
	{ "25006", ERR_REFUSED, "a standby is read-only: connect to the "
	  "primary; or default_transaction_read_only is on for this server, "
	  "database or role: set it off" },
	{ "42501", ERR_REFUSED, "connect as a role that has the privilege, or "
	  "have it granted" },
	{ "53100", ERR_IO, "the server's disk is full: make room, and try "
	  "again" },
	{ "53200", ERR_ENGINE, "the server is out of memory or of room for "
	  "locks: raise max_locks_per_transaction" },
	{ "22021", ERR_ENGINE, "there are bytes that are no UTF-8: what a "
	  "database in SQL_ASCII has in another encoding cannot be read" },
	{ "22P05", ERR_REFUSED, "the database's encoding has no such "
	  "character: take it out, or use a database in UTF8" },
};

/* What a role lacks where the server says "permission denied for ...". */
static const struct {
	const char *object;
	const char *privilege;
} privileges[] = {
	{ "database ", "CREATE" },
	{ "schema ", "CREATE and USAGE" },
	{ "table ", "SELECT, or to be its owner," },
	{ "view ", "SELECT, or to be its owner," },
	{ "sequence ", "USAGE" },
	{ "function ", "EXECUTE" },
	{ "type ", "USAGE" },
	{ "language ", "USAGE" },
	{ "foreign server ", "USAGE" },
	{ "foreign-data wrapper ", "USAGE" },
	{ "tablespace ", "CREATE" },
};

static void hint_privilege(struct conn *c, const char *said, struct err *err)
{
	static const char denied[] = "permission denied for ";
	static const char owner[] = "must be owner of ";
	const char *role = pq.user(c->pg);

	if (str_starts(said, owner))
		err_hint(err, "role '%s' must own %s: connect as its owner, or "
			 "make the role a member of the owner", role,
			 said + strlen(owner));
	for (size_t i = 0; str_starts(said, denied) &&
	     i < ARRAY_LEN(privileges); i++)
		if (str_starts(said + strlen(denied), privileges[i].object))
			err_hint(err, "role '%s' needs %s on %s: have it "
				 "granted, or connect as another role", role,
				 privileges[i].privilege,
				 said + strlen(denied));
}

int pg_runner_err(struct err *err)
{
	err_set(err, ERR_BUSY, "another schemastore is changing this "
		"database");
	return err_hint(err, "try again when it has finished, or wait longer "
			"with --wait SECONDS");
}

int pg_err(struct conn *c, const PGresult *r, const char *what,
	   struct err *err)
{
	const char *state = r ? pq.result_field(r, PG_DIAG_SQLSTATE) : NULL;
	const char *main = r ? pq.result_field(r, PG_DIAG_MESSAGE_PRIMARY) :
			   NULL;
	const char *detail = r ? pq.result_field(r, PG_DIAG_MESSAGE_DETAIL) :
			     NULL;
	const char *server_hint = r ? pq.result_field(r,
						      PG_DIAG_MESSAGE_HINT) :
				  NULL;
	enum err_code code = ERR_ENGINE;
	const char *hint = NULL;
	struct buf b = BUF_INIT;

	for (size_t i = 0; state && i < ARRAY_LEN(meanings); i++)
		if (str_starts(state, meanings[i].state)) {
			code = meanings[i].code;
			hint = meanings[i].hint;
		}
	if (pq.status(c->pg) == CONNECTION_BAD)
		what = "connection lost";
	first_line(&b, main ? main : pq.error(c->pg));
	if (detail) {
		buf_addstr(&b, " (");
		first_line(&b, detail);
		buf_addch(&b, ')');
	}
	err_set(err, code, "%s: %s", what, b.ptr);
	if (code == ERR_BUSY && c->blocker) {
		err_set(err, code, "%s: %s; it waited for %s", what, b.ptr,
			c->blocker);
		hint = "wait until that one is done, or end it";
	}
	if (!hint && server_hint)
		err_hint(err, "%s", server_hint);
	if (pq.status(c->pg) == CONNECTION_BAD)
		hint = "the connection is gone; nothing was committed: try "
		       "again";
	if (hint)
		err_hint(err, "%s", hint);
	if (state && !strcmp(state, "42501") && main)
		hint_privilege(c, main, err);
	if (state && !strcmp(state, "57014") && c->stop && *c->stop)
		err_set(err, ERR_CANCELLED, "interrupted: nothing was changed");
	if (code == ERR_BUSY && pg_other_runner(c))
		pg_runner_err(err);
	buf_release(&b);
	return -1;
}

int pg_no_connection(struct conn *c, struct err *err)
{
	const char *text = pq.error(c->pg);
	struct buf b = BUF_INIT;

	/* libpq would say which part of a password that is. */
	if (strstr(text, "percent-encoded"))
		text = "the URL has a '%' that is no %XX";
	first_line(&b, text);
	err_set(err, ERR_ENGINE, "cannot connect: %s", b.ptr);
	buf_release(&b);
	if (strstr(text, "database \"") && strstr(text, "does not exist"))
		return err_hint(err, "make it first: 'createdb NAME'; "
				"schemastore changes databases and makes none "
				"on a server");
	return err_hint(err, "is the server running, and are host, port, user "
			"and password right?");
}
