/*
 * The schemas in which sources, and statements that run users' code, find what
 * they name without a schema: `postgres.search_path`.
 *
 * It comes from the configuration, or from a version's settings, which anybody
 * may have written: it is taken apart into names, and only those are put into
 * SQL, quoted.
 *
 *	path = name { "," name }
 *	name = letter { letter | digit | "$" } | '"' ... '"'
 */
#include "config.h"

#include "engine/postgres/lower.h"

#define DEFAULT "public"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

/* A setting is one line of text. */
static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* Behind the name; NULL: there is none. */
static const char *take_quoted(struct buf *name, const char *p)
{
	for (p++; *p && !is_control(*p); p++) {
		if (*p == '"' && *++p != '"')
			return name->len ? p : NULL;
		buf_addch(name, *p);
	}
	return NULL;
}

static const char *take_bare(struct buf *name, const char *p)
{
	if (!is_letter(*p))
		return NULL;
	while (is_letter(*p) || (*p >= '0' && *p <= '9') || *p == '$')
		buf_addch(name, ascii_lower(*p++));
	return p;
}

static const char *take_name(struct buf *out, const char *p)
{
	struct buf name = BUF_INIT;

	while (is_blank(*p))
		p++;
	p = *p == '"' ? take_quoted(&name, p) : take_bare(&name, p);
	/* Another one for each who runs it. */
	if (p && !strcmp(name.ptr, "$user"))
		p = NULL;
	if (p)
		pg_quote_name(out, name.ptr);
	buf_release(&name);
	while (p && is_blank(*p))
		p++;
	return p;
}

int pg_search_path(const char **out, const char *text, struct arena *a,
		   struct err *err)
{
	struct buf b = BUF_INIT;
	const char *p = text ? text : DEFAULT;

	do {
		if (b.len)
			buf_addstr(&b, ", ");
		p = take_name(&b, p);
	} while (p && *p++ == ',');
	*out = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	if (p && !p[-1])
		return 0;
	err_set(err, ERR_USAGE, "postgres.search_path is no list of schemas: "
		"%s", text);
	return err_hint(err, "names with commas between, as SQL has them: "
			"public, \"My Schema\"; and no \"$user\", who is "
			"another one each time");
}

int pg_search_path_of(const char **out, const struct schema *s,
		      struct arena *a, struct err *err)
{
	const char *text = NULL;

	for (size_t i = 0; i < s->settings.n; i++)
		if (str_starts(s->settings.v[i], SETTING_SEARCH_PATH))
			text = s->settings.v[i] + strlen(SETTING_SEARCH_PATH);
	return pg_search_path(out, text, a, err);
}

int pg_add_search_path(struct schema *s, const char *text, struct err *err)
{
	const char *path;

	if (pg_search_path(&path, text, s->arena, err))
		return -1;
	if (strcmp(path, DEFAULT))
		list_add(s->arena, &s->settings,
			 arena_printf(s->arena, SETTING_SEARCH_PATH "%s",
				      path));
	return 0;
}

/* ---- what runs users' code ----------------------------------------------- */

/* Kinds of what is code, or may have some. */
static const char *const code[] = {
	"function ", "aggregate ", "operator ", "operator-class ", "cast ",
	"domain ", "base-type ",
};

static bool is_code(const struct node *n, const char *need)
{
	for (size_t i = 0; i < ARRAY_LEN(code); i++)
		if (str_starts(need, code[i]))
			return true;
	return n->kind == &pg_kind_matview && str_starts(need, "view ");
}

static bool needs_code(const struct node *n)
{
	for (size_t i = 0; i < n->needs.n; i++)
		if (is_code(n, n->needs.v[i]))
			return true;
	return false;
}

/* Of a table: the key of its partitions. */
static bool is_evaluated(const struct node *n)
{
	return kind_is_column(n->kind) || kind_is_table(n->kind) ||
	       n->kind == &pg_kind_index || n->kind == &pg_kind_check ||
	       n->kind == &pg_kind_exclusion || n->kind == &pg_kind_matview ||
	       n->kind == &pg_kind_unique || n->kind == &pg_kind_primary_key;
}

static bool is_generated(const struct node *n)
{
	return kind_is_column(n->kind) &&
	       ((const struct pg_column *)n)->generated;
}

/* A table that has no rows yet evaluates only what it looks into. */
static bool runs_code(const struct node *n, bool rows)
{
	if (is_evaluated(n) && needs_code(n))
		return true;
	for (size_t i = 0; i < n->nkids; i++)
		if ((rows || is_generated(n->kids[i])) &&
		    runs_code(n->kids[i], rows))
			return true;
	return false;
}

/* Who plans a query on a table has the functions of its indexes unfolded. */
static bool has_code(const struct node *table)
{
	for (size_t i = 0; table && i < table->nkids; i++)
		if (table->kids[i]->kind == &pg_kind_index &&
		    runs_code(table->kids[i], false))
			return true;
	return false;
}

static bool is_near_code(struct lowering *l, const struct node *n)
{
	const struct pg_foreign_key *f = (const struct pg_foreign_key *)n;

	if (n->kind == &pg_kind_foreign_key &&
	    has_code(schema_find(l->to, &pg_kind_table, f->table)))
		return true;
	return (n->kind == &pg_kind_foreign_key ||
		n->kind == &pg_kind_index || n->kind == &pg_kind_unique ||
		n->kind == &pg_kind_primary_key) && has_code(n->parent);
}

static const char *with_path(struct lowering *l, const char *sql,
			     const char *local)
{
	return arena_printf(l->arena, "SET %ssearch_path TO %s;\n%s;\n"
			    "SET %ssearch_path TO ''", local, l->search_path,
			    sql, local);
}

const char *pg_with_path(struct lowering *l, const struct node *n,
			 const char *sql, const char *local)
{
	return runs_code(n, false) || is_near_code(l, n) ?
	       with_path(l, sql, local) : arena_strdup(l->arena, sql);
}

struct statement *pg_act_running(struct lowering *l, struct action *a,
				 const struct node *n, const struct node *what,
				 const char *sql)
{
	if (what == n)
		sql = pg_with_path(l, n, sql, "LOCAL ");
	else if (what && runs_code(what, true))
		sql = with_path(l, sql, "LOCAL ");
	else
		sql = arena_strdup(l->arena, sql);
	return pg_act(l, a, n, sql);
}
