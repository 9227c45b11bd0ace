/*
 * The text of a catalog row, taken apart.  SQLite has accepted it already, so
 * the grammar is its own; whatever does not fit is an error with the place,
 * never a guess.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

void tokens_init(struct tokens *t, const char *sql, struct arena *a)
{
	struct sqllex lex = sqllex_init(sql, strlen(sql));
	struct sqltok tok;

	memset(t, 0, sizeof(*t));
	t->arena = a;
	/* Room for a token every few bytes: growing is seldom needed. */
	t->cap = lex.len / 5 + 4;
	t->v = arena_alloc(a, t->cap * sizeof(*t->v));
	while (sqltok_next(&lex, &tok))
		*ARENA_PUSH(a, t->v, t->n, t->cap) = tok;
	*ARENA_PUSH(a, t->v, t->n, t->cap) = tok;
}

const struct sqltok *tok_peek(const struct tokens *t)
{
	return &t->v[t->pos];
}

bool tok_accept(struct tokens *t, const char *word)
{
	if (!sqltok_is(tok_peek(t), word))
		return false;
	t->pos++;
	return true;
}

bool tok_accept2(struct tokens *t, const char *word, const char *next)
{
	if (!sqltok_is(tok_peek(t), word) ||
	    !sqltok_is(&t->v[t->pos + 1], next))
		return false;
	t->pos += 2;
	return true;
}

int tok_error(struct tokens *t, const char *expected)
{
	const struct sqltok *tok = tok_peek(t);

	if (tok->type == SQLTOK_END)
		return err_set(t->err, ERR_REFUSED,
			       "%s: its text ends where %s should stand",
			       t->what, expected);
	return err_set(t->err, ERR_REFUSED, "%s: '%.*s' where %s should stand",
		       t->what, (int)(tok->len < 60 ? tok->len : 60), tok->ptr,
		       expected);
}

int tok_expect(struct tokens *t, const char *word)
{
	return tok_accept(t, word) ? 0 : tok_error(t, word);
}

int tok_name(const char **out, struct tokens *t)
{
	const struct sqltok *tok = tok_peek(t);

	if (!sqltok_is_name(tok))
		return tok_error(t, "a name");
	*out = sqltok_name(t->arena, tok);
	t->pos++;
	return 0;
}

const char *tok_take_constraint(struct tokens *t)
{
	const char *name = t->constraint;

	t->constraint = NULL;
	return name;
}

char *tok_slice(struct tokens *t, size_t first, size_t end)
{
	const struct sqltok *a = &t->v[first];
	const struct sqltok *b;

	if (first >= end)
		return arena_strdup(t->arena, "");
	b = &t->v[end - 1];
	return arena_strndup(t->arena, a->ptr,
			     (size_t)(b->ptr + b->len - a->ptr));
}

/* group = "(" { token | group } ")" */
int tok_group(const char **text, struct tokens *t)
{
	size_t depth = 1, first;

	if (tok_expect(t, "("))
		return -1;
	first = t->pos;
	while (depth) {
		const struct sqltok *tok = tok_peek(t);

		if (tok->type == SQLTOK_END)
			return tok_error(t, "')'");
		if (sqltok_is(tok, "("))
			depth++;
		else if (sqltok_is(tok, ")"))
			depth--;
		t->pos++;
	}
	*text = tok_slice(t, first, t->pos - 1);
	return 0;
}

/* conflict = [ ON CONFLICT word ] ; ABORT is the default */
int parse_conflict(const char **out, struct tokens *t)
{
	static const char *const words[] = {
		"rollback", "abort", "fail", "ignore", "replace",
	};

	if (!tok_accept2(t, "ON", "CONFLICT"))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!tok_accept(t, words[i]))
			continue;
		*out = !strcmp(words[i], "abort") ? NULL : words[i];
		return 0;
	}
	return tok_error(t, "a conflict resolution");
}

/* A name in a key is a column's, in whatever case; of an index, "x" where there
 * is no such column is a string.  NULL: it is none. */
static const char *column_spelling(const struct tokens *t,
				   const struct sqltok *tok)
{
	const char *name = sqltok_name(t->arena, tok);

	for (size_t i = 0; t->table && i < t->table->nkids; i++)
		if (t->table->kids[i]->kind == &kind_column &&
		    !ascii_casecmp(t->table->kids[i]->name, name))
			return t->table->kids[i]->name;
	return tok->ptr[0] == '"' ? NULL : name;
}

/*
 * The text of one term: its expression (a mere name is spelled our way), and
 * COLLATE and DESC behind it.
 */
static const char *term_text(struct tokens *t, size_t first, size_t end)
{
	struct buf b = BUF_INIT;
	const char *column = NULL;
	bool desc = false;
	char *text;

	if (end > first + 1 && sqltok_is(&t->v[end - 1], "DESC")) {
		desc = true;
		end--;
	} else if (end > first + 1 && sqltok_is(&t->v[end - 1], "ASC")) {
		end--;
	}
	if (sqltok_is_name(&t->v[first]) &&
	    (end == first + 1 ||
	     (end == first + 3 && sqltok_is(&t->v[first + 1], "COLLATE"))))
		column = column_spelling(t, &t->v[first]);
	if (column) {
		sqlite_quote_name(&b, column);
		if (end == first + 3) {
			buf_addstr(&b, " COLLATE ");
			sqlite_quote_name(&b, sqltok_name(t->arena,
							  &t->v[first + 2]));
		}
	} else {
		buf_addstr(&b, tok_slice(t, first, end));
	}
	if (desc)
		buf_addstr(&b, " DESC");
	text = arena_strdup(t->arena, b.ptr);
	buf_release(&b);
	return text;
}

/* terms = "(" term { "," term } [ AUTOINCREMENT ] ")" */
int parse_terms(struct list *out, bool *autoincrement, struct tokens *t)
{
	size_t depth = 0, first;

	if (tok_expect(t, "("))
		return -1;
	for (first = t->pos;; t->pos++) {
		const struct sqltok *tok = tok_peek(t);

		if (tok->type == SQLTOK_END)
			return tok_error(t, "')'");
		if (sqltok_is(tok, "("))
			depth++;
		if (!depth && (sqltok_is(tok, ",") || sqltok_is(tok, ")"))) {
			size_t end = t->pos;

			if (autoincrement && end > first &&
			    sqltok_is(&t->v[end - 1], "AUTOINCREMENT")) {
				*autoincrement = true;
				end--;
			}
			if (first == end)
				return tok_error(t, "a term");
			list_add(t->arena, out, term_text(t, first, end));
			first = t->pos + 1;
			if (sqltok_is(tok, ")"))
				break;
		} else if (sqltok_is(tok, ")")) {
			depth--;
		}
	}
	t->pos++;
	return 0;
}

/* column list of a foreign key = "(" name { "," name } ")" */
static int parse_names(struct list *out, struct tokens *t)
{
	const char *name;

	if (tok_expect(t, "("))
		return -1;
	do {
		if (tok_name(&name, t))
			return -1;
		list_add(t->arena, out, name);
	} while (tok_accept(t, ","));
	return tok_expect(t, ")");
}

static int parse_action(const char **out, struct tokens *t)
{
	if (tok_accept2(t, "SET", "NULL"))
		*out = "set null";
	else if (tok_accept2(t, "SET", "DEFAULT"))
		*out = "set default";
	else if (tok_accept(t, "CASCADE"))
		*out = "cascade";
	else if (tok_accept(t, "RESTRICT"))
		*out = "restrict";
	else if (tok_accept2(t, "NO", "ACTION"))
		*out = NULL;
	else
		return tok_error(t, "a foreign key action");
	return 0;
}

/* references = name [ names ] { ON DELETE action | ON UPDATE action |
 *              ON INSERT action | MATCH name } */
int parse_references(struct foreign_key *fk, struct tokens *t)
{
	const char *ignored;

	if (tok_name(&fk->table, t))
		return -1;
	if (sqltok_is(tok_peek(t), "(") && parse_names(&fk->ref_columns, t))
		return -1;
	for (;;) {
		int ret = 0;

		if (tok_accept2(t, "ON", "DELETE"))
			ret = parse_action(&fk->on_delete, t);
		else if (tok_accept2(t, "ON", "UPDATE"))
			ret = parse_action(&fk->on_update, t);
		else if (tok_accept2(t, "ON", "INSERT"))
			ret = parse_action(&ignored, t);
		else if (tok_accept(t, "MATCH"))
			ret = tok_name(&fk->match, t);
		else
			return 0;
		if (ret)
			return -1;
	}
}

/* deferrable = [ NOT ] DEFERRABLE [ INITIALLY DEFERRED | IMMEDIATE ] */
int parse_deferrable(struct foreign_key *fk, struct tokens *t)
{
	bool not = tok_accept2(t, "NOT", "DEFERRABLE");
	bool initially = false;

	if (!not && !tok_accept(t, "DEFERRABLE"))
		return 0;
	if (tok_accept2(t, "INITIALLY", "DEFERRED"))
		initially = true;
	else
		(void)tok_accept2(t, "INITIALLY", "IMMEDIATE");
	fk->deferrable = !not;
	fk->initially_deferred = !not && initially;
	return 0;
}

/* The table constraints; a CONSTRAINT name stands for the next of them. */
static int parse_constraint(struct tokens *t, struct node *table)
{
	const char *name = tok_take_constraint(t);
	struct arena *a = t->arena;
	struct node *n = NULL;
	int ret;

	if (tok_accept2(t, "PRIMARY", "KEY")) {
		struct primary_key *pk;

		n = node_new(a, &kind_primary_key, name);
		pk = (struct primary_key *)n;
		ret = parse_terms(&pk->key, &pk->autoincrement, t) ||
		      parse_conflict(&pk->conflict, t);
	} else if (tok_accept(t, "UNIQUE")) {
		struct unique *u;

		n = node_new(a, &kind_unique, name);
		u = (struct unique *)n;
		ret = parse_terms(&u->key, NULL, t) ||
		      parse_conflict(&u->conflict, t);
	} else if (tok_accept(t, "CHECK")) {
		struct check *c;

		n = node_new(a, &kind_check, name);
		c = (struct check *)n;
		ret = tok_group(&c->expr, t) || parse_conflict(&c->conflict, t);
	} else if (tok_accept2(t, "FOREIGN", "KEY")) {
		struct foreign_key *fk;

		n = node_new(a, &kind_foreign_key, name);
		t->fk = fk = (struct foreign_key *)n;
		ret = parse_names(&fk->columns, t) ||
		      tok_expect(t, "REFERENCES") ||
		      parse_references(fk, t) || parse_deferrable(fk, t);
	} else {
		return tok_error(t, "a table constraint");
	}
	node_add(a, table, n);
	return ret ? -1 : 0;
}

static bool at_constraint(const struct tokens *t)
{
	const struct sqltok *tok = tok_peek(t);

	return sqltok_is(tok, "CONSTRAINT") || sqltok_is(tok, "PRIMARY") ||
	       sqltok_is(tok, "UNIQUE") || sqltok_is(tok, "CHECK") ||
	       sqltok_is(tok, "FOREIGN");
}

/* constraints = { [","] ( CONSTRAINT name | constraint ) } ")" ; a comma drops
 * the name before it, the one behind the columns keeps it (for a check, which
 * is all that SQLite names). */
static int parse_constraints(struct tokens *t, struct node *table)
{
	if (!sqltok_is(tok_peek(t), "CHECK"))
		t->constraint = NULL;
	while (!tok_accept(t, ")")) {
		int ret;

		if (tok_accept(t, ","))
			t->constraint = NULL;
		if (tok_accept(t, "CONSTRAINT"))
			ret = tok_name(&t->constraint, t);
		else
			ret = parse_constraint(t, table);
		if (ret)
			return -1;
	}
	return 0;
}

/* body = "(" column { "," column } [ "," constraints ] ")" options */
static int parse_table(struct node *n, struct tokens *t)
{
	struct table *table = (struct table *)n;

	t->table = n;
	if (tok_expect(t, "("))
		return -1;
	do {
		if (at_constraint(t))
			break;
		if (parse_column(t, n))
			return -1;
	} while (tok_accept(t, ","));
	if (parse_constraints(t, n))
		return -1;
	while (tok_peek(t)->type != SQLTOK_END) {
		if (tok_accept(t, "STRICT"))
			table->strict = true;
		else if (tok_accept2(t, "WITHOUT", "ROWID"))
			table->without_rowid = true;
		else if (!tok_accept(t, ","))
			return tok_error(t, "a table option");
	}
	return 0;
}

/* [ "(" names ")" ] AS select */
static int parse_view(struct node *n, struct tokens *t)
{
	struct view *v = (struct view *)n;

	if (sqltok_is(tok_peek(t), "(") && parse_names(&v->columns, t))
		return -1;
	if (tok_expect(t, "AS"))
		return -1;
	v->body = tok_slice(t, t->pos, t->n - 1);
	return 0;
}

/* USING module [ "(" arguments ")" ] */
static int parse_virtual(struct node *n, struct tokens *t)
{
	struct virtual_table *v = (struct virtual_table *)n;

	if (tok_expect(t, "USING") || tok_name(&v->module, t))
		return -1;
	if (!sqltok_is(tok_peek(t), "("))
		return 0;
	if (tok_group(&v->arguments, t))
		return -1;
	v->arguments = module_arguments(t->arena, v->module, v->arguments);
	return 0;
}

/* ON table terms [ WHERE expression ] */
static int parse_index(struct node *n, struct tokens *t)
{
	struct index *i = (struct index *)n;
	const char *table;

	if (tok_expect(t, "ON") || tok_name(&table, t) ||
	    parse_terms(&i->key, NULL, t))
		return -1;
	if (tok_accept(t, "WHERE"))
		i->where = tok_slice(t, t->pos, t->n - 1);
	return 0;
}

static int parse_trigger(struct node *n, struct tokens *t)
{
	((struct trigger *)n)->body = tok_slice(t, t->pos, t->n - 1);
	return 0;
}

static int parse_create(struct node **out, const struct row *row,
			struct tokens *t)
{
	static const struct {
		const char *first, *second;
		const struct kind *kind;
		int (*parse)(struct node *n, struct tokens *t);
	} forms[] = {
		{ "TABLE", NULL, &kind_table, parse_table },
		{ "VIRTUAL", "TABLE", &kind_virtual, parse_virtual },
		{ "VIEW", NULL, &kind_view, parse_view },
		{ "UNIQUE", "INDEX", &kind_index, parse_index },
		{ "INDEX", NULL, &kind_index, parse_index },
		{ "TRIGGER", NULL, &kind_trigger, parse_trigger },
	};
	const char *spelled;

	if (tok_expect(t, "CREATE"))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		bool hit = forms[i].second ?
			   tok_accept2(t, forms[i].first, forms[i].second) :
			   tok_accept(t, forms[i].first);

		if (!hit)
			continue;
		if (tok_name(&spelled, t))
			return -1;
		*out = node_new(t->arena, forms[i].kind, row->name);
		if (!strcmp(forms[i].first, "UNIQUE"))
			((struct index *)*out)->unique = true;
		return forms[i].parse(*out, t);
	}
	return tok_error(t, "TABLE, VIEW, INDEX or TRIGGER");
}

int parse_row(struct node **out, const struct row *row, struct arena *a,
	      struct err *err)
{
	struct arena room = ARENA_INIT;	/* the tokens go, the node stays */
	struct tokens t;
	int ret;

	tokens_init(&t, row->sql, &room);
	t.arena = a;
	t.what = arena_printf(&room, "%s '%s'", row->type, row->name);
	t.table = row->object;
	t.err = err;
	ret = parse_create(out, row, &t);
	arena_release(&room);
	return ret;
}
