/*
 * What a virtual table's module makes of its arguments.
 *
 * A module is handed each argument's text as it stands, from its first token
 * to its last; blanks and comments beside the commas are not part of it.  What
 * columns and shadow tables come of them is not guessed at: the table is made
 * alone in a scratch database, and that is looked at.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

static const struct {
	const char *name;
	enum holding holds;
} modules[] = {
	{ "fts3", HOLDS_FTS34 },
	{ "fts4", HOLDS_FTS34 },
	{ "fts5", HOLDS_FTS5 },
	{ "rtree", HOLDS_RTREE },
	{ "rtree_i32", HOLDS_RTREE },
	{ "geopoly", HOLDS_GEOPOLY },
	{ "fts3tokenize", HOLDS_NOTHING },
	{ "fts4aux", HOLDS_NOTHING },
	{ "fts5vocab", HOLDS_NOTHING },
};

enum holding module_holds(const struct virtual_table *v)
{
	for (size_t i = 0; i < ARRAY_LEN(modules); i++)
		if (!ascii_casecmp(modules[i].name, v->module))
			return modules[i].holds;
	return HOLDS_UNKNOWN;
}

/* ---- arguments --------------------------------------------------------- */

/* argument = { any token but "," | "(" ... ")" }; *end: behind it */
static size_t argument_end(const struct tokens *t, size_t i)
{
	size_t depth = 0;

	for (; i + 1 < t->n; i++) {
		if (!depth && sqltok_is(&t->v[i], ","))
			break;
		if (sqltok_is(&t->v[i], "("))
			depth++;
		else if (sqltok_is(&t->v[i], ")") && depth)
			depth--;
	}
	return i;
}

char *module_arguments(struct arena *a, const char *module, const char *text)
{
	bool fts5 = !ascii_casecmp(module, "fts5");
	struct buf b = BUF_INIT;
	struct tokens t;
	char *s;

	tokens_init(&t, text, a);
	for (size_t i = 0, end; i + 1 < t.n; i = end + 1) {
		end = argument_end(&t, i);
		if (end == i)
			continue;
		if (b.len)
			buf_addstr(&b, ", ");
		/* FTS5 skips blanks around `=`, to FTS4 they are text. */
		if (fts5 && i + 2 < end && sqltok_is(&t.v[i + 1], "=")) {
			buf_add(&b, t.v[i].ptr, t.v[i].len);
			buf_addch(&b, '=');
			buf_addstr(&b, tok_slice(&t, i + 2, end));
		} else {
			buf_addstr(&b, tok_slice(&t, i, end));
		}
	}
	s = b.len ? arena_strndup(a, b.ptr, b.len) : NULL;
	buf_release(&b);
	return s;
}

/* FTS5 takes any beginning of an option's name for the option. */
static bool is_option(const struct virtual_table *v, const struct sqltok *key,
		      const char *option)
{
	if (key->type != SQLTOK_WORD || key->len > strlen(option) ||
	    ascii_ncasecmp(option, key->ptr, key->len))
		return false;
	return module_holds(v) == HOLDS_FTS5 || key->len == strlen(option);
}

const char *module_option(const struct virtual_table *v, const char *option,
			  struct arena *a)
{
	struct tokens t;

	tokens_init(&t, v->arguments ? v->arguments : "", a);
	for (size_t i = 0, end; i + 1 < t.n; i = end + 1) {
		end = argument_end(&t, i);
		if (end < i + 2 || !sqltok_is(&t.v[i + 1], "=") ||
		    !is_option(v, &t.v[i], option))
			continue;
		if (end == i + 3 && t.v[i + 2].type != SQLTOK_BAD)
			return sqltok_name(a, &t.v[i + 2]);
		return tok_slice(&t, i + 2, end);
	}
	return NULL;
}

const char *module_content(const struct virtual_table *v, struct arena *a)
{
	/* To FTS3 it is a column with an odd name. */
	if (ascii_casecmp(v->module, "fts4") &&
	    ascii_casecmp(v->module, "fts5"))
		return NULL;
	return module_option(v, "content", a);
}

/* ---- alone in scratch -------------------------------------------------- */

struct probe {
	struct conn *scratch;
	struct module_facts *out;
	const char *name;
	struct arena *arena;
};

static int add_column(void *ctx, const struct value *v, size_t n)
{
	struct probe *p = ctx;
	struct list *to = v[1].i ? &p->out->hidden : &p->out->columns;

	(void)n;
	list_add(p->arena, to, arena_strndup(p->arena, v[0].ptr, v[0].len));
	return 0;
}

static int add_shadow(void *ctx, const struct value *v, size_t n)
{
	struct probe *p = ctx;

	(void)n;
	list_add(p->arena, &p->out->shadows,
		 arena_strndup(p->arena, v[0].ptr, v[0].len));
	return 0;
}

/* FTS4 without columns looks at its content table for them. */
static bool make_content(struct probe *p, const struct virtual_table *v)
{
	const char *content = module_content(v, p->arena);
	struct err failed = ERR_INIT;

	return content && *content &&
	       !sqlite_run(p->scratch, sql_printf(p->arena,
			   "CREATE TABLE %I (x)", content), &failed);
}

static int look(struct probe *p, const struct virtual_table *v,
		struct err *err)
{
	const char *sql = emit_create(p->arena, &v->node, NULL);
	struct err failed = ERR_INIT;

	if (sqlite_refuse_many(sql, p->name, err))
		return -1;
	if (sqlite_run(p->scratch, sql, &failed)) {
		p->out->stands_in = make_content(p, v);
		if (sqlite_run(p->scratch, sql, err))
			return -1;
	}
	if (sqlite_query(p->scratch, sql_printf(p->arena, "SELECT name, hidden "
			 "FROM pragma_table_xinfo(%L)", p->name), NULL, 0,
			 add_column, p, err))
		return -1;
	return sqlite_query(p->scratch, sql_printf(p->arena, "SELECT name FROM "
			    "sqlite_schema WHERE type = 'table' AND "
			    "lower(name) NOT IN (lower(%L), lower(%L))",
			    p->name, p->out->stands_in ?
			    module_content(v, p->arena) : p->name),
			    NULL, 0, add_shadow, p, err);
}

int module_probe(struct module_facts *out, const struct virtual_table *v,
		 const struct list *extensions, struct arena *a,
		 struct err *err)
{
	struct probe p = { .out = out, .name = v->node.name, .arena = a };
	int ret = -1;

	memset(out, 0, sizeof(*out));
	out->late_stat = module_holds(v) == HOLDS_FTS34;
	if (sqlite_scratch(&p.scratch, NULL, err))
		return -1;
	if (!sqlite_extend(p.scratch, extensions, err))
		ret = look(&p, v, err);
	sqlite_close_conn(p.scratch);
	return ret;
}
