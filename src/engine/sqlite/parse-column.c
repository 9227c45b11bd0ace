/*
 * column = name [ type ] { constraint }
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

/* What is being read: constraints that name no node of their own are fields of
 * the column, the others become parts of the table. */
struct column_parser {
	struct tokens *t;
	struct node *table;
	struct column *column;
};

static const char *take_name(struct column_parser *p)
{
	return tok_take_constraint(p->t);
}

static bool at_type_end(const struct tokens *t)
{
	static const char *const stops[] = {
		"CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK",
		"DEFAULT", "COLLATE", "REFERENCES", "AS", "ON", "DEFERRABLE",
	};
	const struct sqltok *tok = tok_peek(t);

	if (!sqltok_is_name(tok))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(stops); i++)
		if (sqltok_is(tok, stops[i]))
			return true;
	return false;
}

static size_t trim(const char *s, size_t n)
{
	while (n && (s[n - 1] == ' ' || (s[n - 1] >= '\t' && s[n - 1] <= '\r')))
		n--;
	return n;
}

static bool ends(const char *s, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n >= len && !ascii_ncasecmp(s + n - len, word, len);
}

/* GENERATED ALWAYS before AS reads as the end of the type; SQLite cuts it off
 * the text, whatever follows (sqlite3AddColumn). */
static size_t cut_always(const char *s, size_t n)
{
	if (n < strlen("generated always") || !ends(s, n, "always"))
		return n;
	n = trim(s, n - strlen("always"));
	if (ends(s, n, "generated"))
		n = trim(s, n - strlen("generated"));
	return n;
}

/* The tokens on one line: comments and line breaks fall away. */
static const char *one_line(struct arena *a, const char *type)
{
	struct sqllex lex = sqllex_init(type, strlen(type));
	enum sqltok_type before = SQLTOK_OP;
	struct buf b = BUF_INIT;
	struct sqltok tok;
	char *text;

	if (!strpbrk(type, "\n\r\t") && !strstr(type, "--") &&
	    !strstr(type, "/*"))
		return type;
	while (sqltok_next(&lex, &tok)) {
		if (before != SQLTOK_OP && tok.type != SQLTOK_OP)
			buf_addch(&b, ' ');
		buf_add(&b, tok.ptr, tok.len);
		before = tok.type;
	}
	text = arena_strdup(a, b.ptr);
	buf_release(&b);
	return text;
}

/* Do the two make the same column?  The text is the type to SQLite, comments
 * included: TEXT, with INT in a comment, is an integer. */
static bool same_type(const struct column *c, const char *a, const char *b)
{
	struct column one = *c, two = *c;

	one.type = a;
	two.type = b;
	return affinity(&one) == affinity(&two) &&
	       !ascii_casecmp(a, "integer") == !ascii_casecmp(b, "integer");
}

/*
 * The type as SQLite has it.  Where it would be another one without its
 * comments, or would be cut once more, it stands in quotes, which SQLite takes
 * off.
 */
static const char *type_text(struct column_parser *p, const char *raw)
{
	struct arena *a = p->t->arena;
	size_t n = cut_always(raw, strlen(raw));
	const char *type = arena_strndup(a, raw, n);
	const char *line = one_line(a, type);
	struct sqllex lex = sqllex_init(raw, n);
	struct sqltok first;

	if (!n)
		return NULL;
	if (same_type(p->column, line, type) &&
	    cut_always(line, strlen(line)) == strlen(line))
		return line;
	/* Of a type that begins with a quote, SQLite takes what it quotes. */
	if (sqltok_next(&lex, &first) && first.type != SQLTOK_WORD)
		type = sqltok_name(a, &first);
	return sql_printf(a, "%I", type);
}

/* type = { name } [ "(" [sign] number [ "," [sign] number ] ")" ] */
static int parse_type(struct column_parser *p)
{
	struct tokens *t = p->t;
	size_t first = t->pos;
	const char *ignored;

	while (!at_type_end(t))
		t->pos++;
	if (t->pos == first)
		return 0;
	if (sqltok_is(tok_peek(t), "(") && tok_group(&ignored, t))
		return -1;
	p->column->type = type_text(p, tok_slice(t, first, t->pos));
	return 0;
}

static const char *quoted(struct arena *a, const char *name, bool desc)
{
	struct buf b = BUF_INIT;
	char *s;

	sqlite_quote_name(&b, name);
	if (desc)
		buf_addstr(&b, " DESC");
	s = arena_strdup(a, b.ptr);
	buf_release(&b);
	return s;
}

/* PRIMARY KEY [ ASC | DESC ] conflict [ AUTOINCREMENT ] */
static int column_primary_key(struct column_parser *p)
{
	struct tokens *t = p->t;
	struct node *n = node_new(t->arena, &kind_primary_key, take_name(p));
	struct primary_key *pk = (struct primary_key *)n;

	node_add(t->arena, p->table, n);
	pk->inline_desc = tok_accept(t, "DESC");
	if (!pk->inline_desc)
		(void)tok_accept(t, "ASC");
	list_add(t->arena, &pk->key,
		 quoted(t->arena, p->column->node.name, pk->inline_desc));
	if (parse_conflict(&pk->conflict, t))
		return -1;
	pk->autoincrement = tok_accept(t, "AUTOINCREMENT");
	return 0;
}

static int column_unique(struct column_parser *p)
{
	struct tokens *t = p->t;
	struct node *n = node_new(t->arena, &kind_unique, take_name(p));
	struct unique *u = (struct unique *)n;

	node_add(t->arena, p->table, n);
	list_add(t->arena, &u->key,
		 quoted(t->arena, p->column->node.name, false));
	return parse_conflict(&u->conflict, t);
}

static int column_check(struct column_parser *p)
{
	struct tokens *t = p->t;
	struct node *n = node_new(t->arena, &kind_check, take_name(p));

	node_add(t->arena, p->table, n);
	return tok_group(&((struct check *)n)->expr, t);
}

static int column_references(struct column_parser *p)
{
	struct tokens *t = p->t;
	struct node *n = node_new(t->arena, &kind_foreign_key, take_name(p));

	node_add(t->arena, p->table, n);
	t->fk = (struct foreign_key *)n;
	list_add(t->arena, &t->fk->columns, p->column->node.name);
	return parse_references(t->fk, t);
}

static int column_not_null(struct column_parser *p)
{
	p->column->not_null = true;
	p->column->not_null_name = take_name(p);
	return parse_conflict(&p->column->not_null_conflict, p->t);
}

static int column_null(struct column_parser *p)
{
	const char *ignored;

	take_name(p);
	return parse_conflict(&ignored, p->t);
}

/* A name as a default is a string, whatever its quotes, unless it is bare and
 * one of the words that SQLite knows there. */
static bool is_string(const struct sqltok *tok)
{
	static const char *const words[] = {
		"NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE",
		"CURRENT_TIMESTAMP",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (sqltok_is(tok, words[i]))
			return false;
	return tok->type == SQLTOK_WORD || tok->type == SQLTOK_QUOTED;
}

/* DEFAULT "(" expression ")" | [sign] literal | name */
static int column_default(struct column_parser *p)
{
	struct tokens *t = p->t;
	size_t first = t->pos;
	const char *ignored;

	p->column->default_name = take_name(p);
	if (sqltok_is(tok_peek(t), "(")) {
		if (tok_group(&ignored, t))
			return -1;
	} else {
		if (!tok_accept(t, "-"))
			(void)tok_accept(t, "+");
		if (tok_peek(t)->type == SQLTOK_END)
			return tok_error(t, "a default");
		t->pos++;
	}
	if (t->pos == first + 1 && is_string(&t->v[first]))
		p->column->dflt = sql_printf(t->arena, "%L",
					     sqltok_name(t->arena,
							 &t->v[first]));
	else
		p->column->dflt = tok_slice(t, first, t->pos);
	return 0;
}

static int column_collate(struct column_parser *p)
{
	p->column->collate_name = take_name(p);
	return tok_name(&p->column->collate, p->t);
}

/* AS "(" expression ")" [ STORED | VIRTUAL ] */
static int column_generated(struct column_parser *p)
{
	p->column->generated_name = take_name(p);
	if (tok_group(&p->column->generated, p->t))
		return -1;
	p->column->stored = tok_accept(p->t, "STORED");
	if (!p->column->stored)
		(void)tok_accept(p->t, "VIRTUAL");
	return 0;
}

static int column_constraint_name(struct column_parser *p)
{
	return tok_name(&p->t->constraint, p->t);
}

static const struct {
	const char *first, *second;
	int (*parse)(struct column_parser *p);
} column_constraints[] = {
	{ "CONSTRAINT", NULL, column_constraint_name },
	{ "PRIMARY", "KEY", column_primary_key },
	{ "UNIQUE", NULL, column_unique },
	{ "CHECK", NULL, column_check },
	{ "REFERENCES", NULL, column_references },
	{ "NOT", "NULL", column_not_null },
	{ "NULL", NULL, column_null },
	{ "DEFAULT", NULL, column_default },
	{ "COLLATE", NULL, column_collate },
	{ "AS", NULL, column_generated },
};

/* One constraint: 1 taken, 0 there is none, -1 */
static int parse_column_constraint(struct column_parser *p)
{
	struct tokens *t = p->t;

	if (sqltok_is(tok_peek(t), "GENERATED") &&
	    sqltok_is(&t->v[t->pos + 1], "ALWAYS"))
		t->pos += 2;
	if (sqltok_is(tok_peek(t), "DEFERRABLE") ||
	    (sqltok_is(tok_peek(t), "NOT") &&
	     sqltok_is(&t->v[t->pos + 1], "DEFERRABLE"))) {
		struct foreign_key none;

		return parse_deferrable(t->fk ? t->fk : &none, t) ? -1 : 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(column_constraints); i++) {
		const char *first = column_constraints[i].first;
		const char *second = column_constraints[i].second;

		if (second ? tok_accept2(t, first, second) :
			     tok_accept(t, first))
			return column_constraints[i].parse(p) ? -1 : 1;
	}
	return 0;
}

int parse_column(struct tokens *t, struct node *table)
{
	struct column_parser p = { .t = t, .table = table };
	const char *name;
	int ret;

	if (tok_name(&name, t))
		return -1;
	t->constraint = NULL;
	p.column = (struct column *)node_new(t->arena, &kind_column, name);
	node_add(t->arena, table, &p.column->node);
	if (parse_type(&p))
		return -1;
	while ((ret = parse_column_constraint(&p)) > 0)
		;
	return ret;
}
