/*
 * The statements of a migration, by the words they begin with.
 */
#include "config.h"

#include "migrations/handwork.h"

#include "ss/sqltok.h"

enum deed {
	DEED_DATA,	/* also what nobody knows: DO, CALL, SELECT */
	DEED_SCHEMA,
	DEED_LEFT_OUT,	/* of the session: a plan has its own */
	DEED_SETTING,	/* the same, of what comes behind it */
};

static const struct {
	const char *word;
	enum deed deed;
} deeds[] = {
	{ "ALTER", DEED_SCHEMA },
	{ "COMMENT", DEED_SCHEMA },
	{ "CREATE", DEED_SCHEMA },
	{ "DROP", DEED_SCHEMA },
	{ "GRANT", DEED_SCHEMA },
	{ "REVOKE", DEED_SCHEMA },
	{ "ABORT", DEED_LEFT_OUT },
	{ "ANALYZE", DEED_LEFT_OUT },
	{ "BEGIN", DEED_LEFT_OUT },
	{ "COMMIT", DEED_LEFT_OUT },
	{ "END", DEED_LEFT_OUT },
	{ "LOCK", DEED_LEFT_OUT },
	{ "PRAGMA", DEED_LEFT_OUT },
	{ "REINDEX", DEED_LEFT_OUT },
	{ "START", DEED_LEFT_OUT },
	{ "VACUUM", DEED_LEFT_OUT },
	{ "RESET", DEED_SETTING },
	{ "SET", DEED_SETTING },
};

struct working {
	struct handwork *out;
	struct buf all, lead, trail;
	bool set;		/* names may be found elsewhere */
	const char *const *own;	/* tables of the tool's */
	struct arena *arena;
};

static struct sqllex lex_of(const struct bytes *st)
{
	return sqllex_init(st->ptr, st->len);
}

static enum deed deed_of(const struct bytes *st)
{
	struct sqllex lex = lex_of(st);
	struct sqltok t;

	if (!sqltok_next(&lex, &t))
		return DEED_LEFT_OUT;
	for (size_t i = 0; i < ARRAY_LEN(deeds); i++)
		if (sqltok_is(&t, deeds[i].word))
			return deeds[i].deed;
	return DEED_DATA;
}

/* name :: type, as it would be converted without it. */
static bool is_cast(struct sqllex *lex)
{
	static const char *const types[] = { "(", ")", "[", "]", "." };
	struct sqllex at = *lex;
	struct sqltok t;
	bool colons = false;

	if (!sqltok_next(&at, &t) || !sqltok_is_name(&t))
		return false;
	while (sqltok_next(&at, &t) && !sqltok_is(&t, ";")) {
		bool fits = sqltok_is_name(&t) || t.type == SQLTOK_NUMBER;

		if (sqltok_is(&t, "::") || sqltok_is(&t, ":")) {
			colons = true;
			continue;
		}
		for (size_t i = 0; i < ARRAY_LEN(types); i++)
			fits |= sqltok_is(&t, types[i]);
		if (!colons || !fits)
			return colons && sqltok_is(&t, ",");
	}
	return colons;
}

/* ALTER ... USING converts values as it says, CREATE TABLE ... AS makes rows,
 * and a temporary table is for some. */
static bool is_mixed(const struct bytes *st)
{
	static const char *const temporary[] = { "TEMP", "TEMPORARY" };
	struct sqllex lex = lex_of(st);
	bool alter = false, create = false, table = false;
	unsigned depth = 0;
	struct sqltok t;

	for (size_t n = 0; sqltok_next(&lex, &t); n++) {
		alter |= !n && sqltok_is(&t, "ALTER");
		create |= !n && sqltok_is(&t, "CREATE");
		table |= n && n < 4 && sqltok_is(&t, "TABLE");
		if (n == 1 && create && (sqltok_is(&t, temporary[0]) ||
					 sqltok_is(&t, temporary[1])))
			return true;
		depth += sqltok_is(&t, "(");
		if (table && !depth &&
		    ((alter && sqltok_is(&t, "USING") && !is_cast(&lex)) ||
		     (create && sqltok_is(&t, "AS"))))
			return true;
		depth -= depth && sqltok_is(&t, ")");
		if (!alter && !create)
			break;
	}
	return false;
}

/* ---- renames ------------------------------------------------------------- */

/* name = [ schema "." ] name */
static char *take_name(struct sqllex *lex, struct sqltok *t, struct arena *a)
{
	char *name;

	if (!sqltok_is_name(t))
		return NULL;
	name = sqltok_name(a, t);
	if (!sqltok_next(lex, t))
		memset(t, 0, sizeof(*t));
	if (!sqltok_is(t, ".") || !sqltok_next(lex, t))
		return name;
	name = arena_printf(a, "%s.%s", name, sqltok_name(a, t));
	if (!sqltok_next(lex, t))
		memset(t, 0, sizeof(*t));
	return name;
}

static bool skip(struct sqllex *lex, struct sqltok *t, const char *word)
{
	return sqltok_is(t, word) && sqltok_next(lex, t);
}

/* What it was called before the migration. */
static struct rename *earlier(struct handwork *h, const char *object,
			      const char *column)
{
	for (size_t i = 0; i < h->nrenames; i++) {
		struct rename *r = &h->renames[i];

		if (!column == !r->column && !strcmp(r->to, column ? column :
						     object) &&
		    (!column || !strcmp(r->object, object)))
			return r;
	}
	return NULL;
}

static void add_rename(struct working *w, const char *object,
		       const char *column, const char *to)
{
	struct handwork *h = w->out;
	struct rename *was = earlier(h, object, NULL);

	if (column && was)
		object = was->object;
	if (column)
		was = earlier(h, object, column);
	if (was)
		was->to = to;
	else
		*ARENA_PUSH(w->arena, h->renames, h->nrenames,
			    h->renames_cap) =
			(struct rename){ .object = object, .column = column,
					 .to = to };
}

/* ALTER TABLE [ IF EXISTS ] [ ONLY ] name RENAME ( TO name |
 * [ COLUMN ] name TO name ) */
static void find_rename(struct working *w, const struct bytes *st)
{
	struct sqllex lex = lex_of(st);
	const char *object, *column = NULL;
	struct sqltok t;

	if (!sqltok_next(&lex, &t) || !skip(&lex, &t, "ALTER") ||
	    !skip(&lex, &t, "TABLE"))
		return;
	if (skip(&lex, &t, "IF") && !skip(&lex, &t, "EXISTS"))
		return;
	skip(&lex, &t, "ONLY");
	object = take_name(&lex, &t, w->arena);
	if (!object || !skip(&lex, &t, "RENAME"))
		return;
	if (!sqltok_is(&t, "TO")) {
		skip(&lex, &t, "COLUMN");
		if (sqltok_is(&t, "CONSTRAINT"))
			return;
		column = take_name(&lex, &t, w->arena);
		if (!column)
			return;
	}
	if (skip(&lex, &t, "TO") && sqltok_is_name(&t))
		add_rename(w, object, column, sqltok_name(w->arena, &t));
}

/* CREATE TABLE [ IF NOT EXISTS ] name, DROP TABLE [ IF EXISTS ] name: is it
 * one of the tool's own? */
static bool is_of_own(const struct working *w, const struct bytes *st)
{
	struct sqllex lex = lex_of(st);
	const char *name, *dot;
	struct sqltok t;

	if (!sqltok_next(&lex, &t) ||
	    !(skip(&lex, &t, "CREATE") || skip(&lex, &t, "DROP")) ||
	    !skip(&lex, &t, "TABLE"))
		return false;
	skip(&lex, &t, "IF");
	skip(&lex, &t, "NOT");
	skip(&lex, &t, "EXISTS");
	name = take_name(&lex, &t, w->arena);
	dot = name ? strrchr(name, '.') : NULL;
	for (size_t i = 0; name && w->own[i]; i++)
		if (!strcmp(w->own[i], name) ||
		    (dot && !strcmp(w->own[i], dot + 1)))
			return true;
	return false;
}

/* ---- all of it ----------------------------------------------------------- */

/* With the comments before it. */
static void take_data(struct working *w, const struct bytes *st)
{
	struct handwork *h = w->out;
	struct buf *to = h->schema ? &w->trail : &w->lead;

	h->data++;
	h->mixed |= w->set;
	buf_add(to, st->ptr, st->len);
}

static void take_schema(struct working *w, const struct bytes *st)
{
	struct handwork *h = w->out;

	h->schema++;
	/* What was behind the last one is between two. */
	h->mixed |= w->trail.len || is_mixed(st);
	find_rename(w, st);
}

/* A version is one transaction, in which no index is built
 * CONCURRENTLY. */
static void take_all(struct working *w, const struct bytes *st,
		     const struct bytes *with_comments)
{
	const char *from = with_comments->ptr;
	const char *end = from + with_comments->len;
	struct sqllex lex = lex_of(st);
	bool index = false;
	struct sqltok t;

	for (size_t n = 0; n < 4 && sqltok_next(&lex, &t); n++) {
		if (index && sqltok_is(&t, "CONCURRENTLY")) {
			buf_add(&w->all, from, (size_t)(t.ptr - from));
			from = t.ptr + t.len;
			break;
		}
		index = sqltok_is(&t, "INDEX");
	}
	buf_add(&w->all, from, (size_t)(end - from));
}

static void take(struct working *w, const struct bytes *st,
		 const struct bytes *with_comments)
{
	if (is_of_own(w, st))
		return;
	switch (deed_of(st)) {
	case DEED_SCHEMA:
		take_schema(w, st);
		break;
	case DEED_DATA:
		take_data(w, with_comments);
		break;
	case DEED_SETTING:
		w->set = true;
		break;
	case DEED_LEFT_OUT:
		return;
	}
	take_all(w, st, with_comments);
}

static const char *finished(struct buf *b, struct arena *a)
{
	const char *p = b->ptr + strspn(b->ptr, " \t\r\n");
	const char *text = *p ? arena_printf(a, "%s;\n", sql_trimmed(p, a)) :
			   NULL;

	buf_release(b);
	return text;
}

void handwork_read(struct handwork *out, const char *sql,
		   const struct engine *e, const char *const *own,
		   struct arena *a)
{
	struct working w = {
		.out = out, .own = own, .all = BUF_INIT, .lead = BUF_INIT,
		.trail = BUF_INIT, .arena = a,
	};
	size_t len = sql ? strlen(sql) : 0, pos = 0;

	memset(out, 0, sizeof(*out));
	while (pos < len) {
		size_t start = pos, end = e->statement(sql, len, &pos);
		struct bytes st = { sql + pos, end - pos };
		struct bytes all = { sql + start, end - start };

		if (pos < len)
			take(&w, &st, &all);
		pos = end;
	}
	/* Where there is nothing else all of it is behind that. */
	out->all = finished(&w.all, a);
	out->lead = finished(out->schema ? &w.lead : &w.trail, a);
	out->trail = finished(out->schema ? &w.trail : &w.lead, a);
}
