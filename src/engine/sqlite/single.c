/*
 * Is a text one statement?  What a store holds was written by whoever could
 * push to it; put into a statement of ours, it must not end that one and begin
 * another:
 *
 *	CREATE VIEW v AS SELECT 1; ATTACH '/home/ann/x' AS x
 *
 * A semicolon ends a statement where no bracket is open; in a trigger it ends
 * a step, and the one before END is the last.  What SQLite's grammar has no
 * place for is left to SQLite: nothing behind a syntax error is run.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

struct reading {
	size_t ntokens;
	size_t depth;		/* of brackets */
	bool create;		/* the first token is CREATE */
	bool trigger;
	bool begun;		/* a trigger's BEGIN has come, */
	bool step_ended;	/* or a step's semicolon just now, */
	bool ended;		/* or the END */
};

/* A token outside of brackets; false: it begins another statement. */
static bool take(struct reading *r, const struct sqltok *t)
{
	bool after_step = r->step_ended;

	r->step_ended = false;
	if (r->ended)
		return false;
	if (sqltok_is(t, ";")) {
		r->step_ended = true;
		return r->trigger && r->begun;
	}
	r->begun |= sqltok_is(t, "BEGIN");
	r->ended = after_step && sqltok_is(t, "END");
	return true;
}

bool sql_is_single(const char *sql)
{
	struct sqllex lex = sqllex_init(sql, strlen(sql));
	struct reading r = { 0 };
	const char *end = sql;
	struct sqltok t;

	for (; sqltok_next(&lex, &t); r.ntokens++) {
		end = t.ptr + t.len;
		if (t.type == SQLTOK_BAD)
			return false;
		if (!r.ntokens)
			r.create = sqltok_is(&t, "CREATE");
		else if (r.ntokens == 1)
			r.trigger = r.create && sqltok_is(&t, "TRIGGER");
		if (sqltok_is(&t, ")") && !r.depth--)
			return false;
		if (!r.depth && !take(&r, &t))
			return false;
		r.depth += sqltok_is(&t, "(");
	}
	/* A comment at the end would swallow the semicolon behind it. */
	return !*end && !r.depth;
}

int sqlite_refuse_many(const char *sql, const char *title, struct err *err)
{
	if (sql_is_single(sql))
		return 0;
	err_set(err, ERR_REFUSED, "%s: its text is not one statement", title);
	return err_hint(err, "nothing was run: do not trust the store that it "
			"comes from");
}
