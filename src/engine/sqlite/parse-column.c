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
	struct foreign_key *fk;		/* the last one: DEFERRABLE is its */
	const char *name;		/* CONSTRAINT name, until it is used */
};

static const char *take_name(struct column_parser *p)
{
	const char *name = p->name;

	p->name = NULL;
	return name;
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
	return sqltok_is(tok, "GENERATED") &&
	       sqltok_is(&t->v[t->pos + 1], "ALWAYS");
}

/* The type's tokens on one line: comments and line breaks fall away. */
static const char *type_text(struct tokens *t, size_t first, size_t end)
{
	const char *slice = tok_slice(t, first, end);
	struct buf b = BUF_INIT;
	char *text;

	if (!strpbrk(slice, "\n\r\t") && !strstr(slice, "--") &&
	    !strstr(slice, "/*"))
		return slice;
	for (size_t i = first; i < end; i++) {
		const struct sqltok *tok = &t->v[i];

		if (i > first && tok->type != SQLTOK_OP &&
		    t->v[i - 1].type != SQLTOK_OP)
			buf_addch(&b, ' ');
		buf_add(&b, tok->ptr, tok->len);
	}
	text = arena_strdup(t->arena, b.ptr);
	buf_release(&b);
	return text;
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
	p->column->type = type_text(t, first, t->pos);
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
	p->fk = (struct foreign_key *)n;
	list_add(t->arena, &p->fk->columns, p->column->node.name);
	return parse_references(p->fk, t);
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
	return tok_name(&p->name, p->t);
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

		return parse_deferrable(p->fk ? p->fk : &none, t) ? -1 : 1;
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
	p.column = (struct column *)node_new(t->arena, &kind_column, name);
	node_add(t->arena, table, &p.column->node);
	if (parse_type(&p))
		return -1;
	while ((ret = parse_column_constraint(&p)) > 0)
		;
	return ret;
}
