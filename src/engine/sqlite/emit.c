/*
 * One node, printed as the SQL that creates it.  Decides nothing.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#include <stdarg.h>

void sqlite_quote_name(struct buf *b, const char *name)
{
	bool plain = *name && !(*name >= '0' && *name <= '9');

	for (const char *p = name; *p && plain; p++)
		plain = is_word_byte((unsigned char)*p) && *p != '$' &&
			(unsigned char)*p < 0x80;
	if (plain && !sqlite3_keyword_check(name, (int)strlen(name))) {
		buf_addstr(b, name);
		return;
	}
	buf_add_doubled(b, name, '"');
}

static void quote_literal(struct buf *b, const char *s)
{
	if (!s) {
		buf_addstr(b, "NULL");
		return;
	}
	buf_add_doubled(b, s, '\'');
}

static void sql_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	for (const char *p = fmt; *p; p++) {
		if (*p != '%') {
			buf_addch(b, *p);
			continue;
		}
		p++;
		if (*p == 'I')
			sqlite_quote_name(b, va_arg(ap, const char *));
		else if (*p == 'L')
			quote_literal(b, va_arg(ap, const char *));
		else
			buf_addstr(b, va_arg(ap, const char *));
	}
}

void sql_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sql_vaddf(b, fmt, ap);
	va_end(ap);
}

char *sql_printf(struct arena *a, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;
	char *s;

	va_start(ap, fmt);
	sql_vaddf(&b, fmt, ap);
	va_end(ap);
	s = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return s;
}

static void add_list(struct buf *b, const struct list *l, bool names)
{
	buf_addch(b, '(');
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf_addstr(b, ", ");
		if (names)
			sqlite_quote_name(b, l->v[i]);
		else
			buf_addstr(b, l->v[i]);
	}
	buf_addch(b, ')');
}

static void add_constraint(struct buf *b, const char *name)
{
	if (name)
		sql_addf(b, "CONSTRAINT %I ", name);
}

static void add_upper(struct buf *b, const char *word)
{
	for (; *word; word++)
		buf_addch(b, *word >= 'a' && *word <= 'z' ? *word - 32 : *word);
}

static void add_conflict(struct buf *b, const char *conflict)
{
	if (!conflict)
		return;
	buf_addstr(b, " ON CONFLICT ");
	add_upper(b, conflict);
}

void emit_column(struct buf *b, const struct node *n)
{
	const struct column *c = (const struct column *)n;

	sql_addf(b, "%I", n->name);
	if (c->type)
		buf_addf(b, " %s", c->type);
	if (c->not_null) {
		buf_addch(b, ' ');
		add_constraint(b, c->not_null_name);
		buf_addstr(b, "NOT NULL");
		add_conflict(b, c->not_null_conflict);
	}
	if (c->collate) {
		buf_addch(b, ' ');
		add_constraint(b, c->collate_name);
		sql_addf(b, "COLLATE %I", c->collate);
	}
	if (c->dflt) {
		buf_addch(b, ' ');
		add_constraint(b, c->default_name);
		buf_addf(b, "DEFAULT %s", c->dflt);
	}
	if (c->generated) {
		buf_addch(b, ' ');
		add_constraint(b, c->generated_name);
		buf_addf(b, "GENERATED ALWAYS AS (%s) %s", c->generated,
			 c->stored ? "STORED" : "VIRTUAL");
	}
}

/* The primary key that can stand in this column's own line. */
static const struct primary_key *inline_key(const struct node *table,
					    const struct node *column)
{
	struct buf b = BUF_INIT;
	const struct primary_key *found = NULL;

	for (size_t i = 0; i < table->nkids; i++) {
		const struct primary_key *pk = (void *)table->kids[i];

		if (pk->node.kind != &kind_primary_key || pk->key.n != 1)
			continue;
		buf_truncate(&b, 0);
		sqlite_quote_name(&b, column->name);
		if (pk->inline_desc)
			buf_addstr(&b, " DESC");
		if (!ascii_casecmp(b.ptr, pk->key.v[0]))
			found = pk;
	}
	buf_release(&b);
	return found;
}

static void add_inline_key(struct buf *b, const struct primary_key *pk)
{
	buf_addch(b, ' ');
	add_constraint(b, pk->node.name);
	buf_addstr(b, "PRIMARY KEY");
	if (pk->inline_desc)
		buf_addstr(b, " DESC");
	add_conflict(b, pk->conflict);
	if (pk->autoincrement)
		buf_addstr(b, " AUTOINCREMENT");
}

static void emit_primary_key(struct buf *b, const struct node *n)
{
	const struct primary_key *pk = (const struct primary_key *)n;

	buf_addstr(b, "PRIMARY KEY ");
	add_list(b, &pk->key, false);
	if (pk->autoincrement) {
		buf_truncate(b, b->len - 1);
		buf_addstr(b, " AUTOINCREMENT)");
	}
	add_conflict(b, pk->conflict);
}

static void emit_unique(struct buf *b, const struct node *n)
{
	const struct unique *u = (const struct unique *)n;

	buf_addstr(b, "UNIQUE ");
	add_list(b, &u->key, false);
	add_conflict(b, u->conflict);
}

static void emit_check(struct buf *b, const struct node *n)
{
	const struct check *c = (const struct check *)n;

	buf_addf(b, "CHECK (%s)", c->expr);
	add_conflict(b, c->conflict);
}

static void add_action(struct buf *b, const char *when, const char *action)
{
	if (!action)
		return;
	buf_addf(b, " %s ", when);
	add_upper(b, action);
}

static void emit_references(struct buf *b, const struct node *n)
{
	const struct foreign_key *fk = (const struct foreign_key *)n;

	sql_addf(b, "REFERENCES %I", fk->table);
	if (fk->ref_columns.n) {
		buf_addch(b, ' ');
		add_list(b, &fk->ref_columns, true);
	}
	add_action(b, "ON DELETE", fk->on_delete);
	add_action(b, "ON UPDATE", fk->on_update);
	if (fk->match)
		sql_addf(b, " MATCH %I", fk->match);
	if (fk->deferrable)
		buf_addstr(b, fk->initially_deferred ?
			   " DEFERRABLE INITIALLY DEFERRED" : " DEFERRABLE");
}

static void emit_foreign_key(struct buf *b, const struct node *n)
{
	const struct foreign_key *fk = (const struct foreign_key *)n;

	buf_addstr(b, "FOREIGN KEY ");
	add_list(b, &fk->columns, true);
	buf_addch(b, ' ');
	emit_references(b, n);
}

static const struct {
	const struct kind *kind;
	void (*emit)(struct buf *b, const struct node *n);
} constraints[] = {
	{ &kind_primary_key, emit_primary_key },
	{ &kind_unique, emit_unique },
	{ &kind_check, emit_check },
	{ &kind_foreign_key, emit_foreign_key },
};

static void add_constraint_line(struct buf *b, const struct node *n)
{
	for (size_t i = 0; i < ARRAY_LEN(constraints); i++) {
		if (constraints[i].kind != n->kind)
			continue;
		buf_addstr(b, ",\n  ");
		add_constraint(b, n->name);
		constraints[i].emit(b, n);
	}
}

void emit_hosted(struct buf *b, const struct node *n)
{
	buf_addch(b, ' ');
	add_constraint(b, n->name);
	if (n->kind == &kind_foreign_key)
		emit_references(b, n);
	else
		emit_check(b, n);
}

static void emit_table(struct buf *b, const struct node *n, const char *name)
{
	const struct table *t = (const struct table *)n;
	const struct primary_key *in_line = NULL;
	bool first = true;

	sql_addf(b, "CREATE TABLE %I (", name);
	for (size_t i = 0; i < n->nkids; i++) {
		const struct primary_key *pk;

		if (n->kids[i]->kind != &kind_column)
			continue;
		buf_addstr(b, first ? "\n  " : ",\n  ");
		first = false;
		emit_column(b, n->kids[i]);
		pk = inline_key(n, n->kids[i]);
		if (!pk)
			continue;
		add_inline_key(b, pk);
		in_line = pk;
	}
	for (size_t i = 0; i < n->nkids; i++)
		if (n->kids[i] != (const struct node *)in_line)
			add_constraint_line(b, n->kids[i]);
	buf_addstr(b, "\n)");
	if (t->without_rowid)
		buf_addstr(b, " WITHOUT ROWID");
	if (t->strict)
		buf_addstr(b, t->without_rowid ? ", STRICT" : " STRICT");
}

static void emit_virtual(struct buf *b, const struct node *n, const char *name)
{
	const struct virtual_table *v = (const struct virtual_table *)n;

	sql_addf(b, "CREATE VIRTUAL TABLE %I USING %I", name, v->module);
	if (v->arguments)
		buf_addf(b, "(%s)", v->arguments);
}

static void emit_view(struct buf *b, const struct node *n, const char *name)
{
	const struct view *v = (const struct view *)n;

	sql_addf(b, "CREATE VIEW %I", name);
	if (v->columns.n) {
		buf_addch(b, ' ');
		add_list(b, &v->columns, true);
	}
	buf_addf(b, " AS %s", v->body);
}

static void emit_index(struct buf *b, const struct node *n, const char *name)
{
	const struct index *i = (const struct index *)n;

	sql_addf(b, "CREATE %sINDEX %I ON %I ", i->unique ? "UNIQUE " : "",
		 name, n->parent->name);
	add_list(b, &i->key, false);
	if (i->where)
		buf_addf(b, " WHERE %s", i->where);
}

static void emit_trigger(struct buf *b, const struct node *n, const char *name)
{
	const struct trigger *t = (const struct trigger *)n;

	sql_addf(b, "CREATE TRIGGER %I %s", name, t->body);
}

static const struct {
	const struct kind *kind;
	void (*create)(struct buf *b, const struct node *n, const char *name);
	const char *drop;
} emitters[] = {
	{ &kind_table, emit_table, "DROP TABLE %I" },
	{ &kind_virtual, emit_virtual, "DROP TABLE %I" },
	{ &kind_view, emit_view, "DROP VIEW %I" },
	{ &kind_index, emit_index, "DROP INDEX %I" },
	{ &kind_trigger, emit_trigger, "DROP TRIGGER %I" },
};

char *emit_create(struct arena *a, const struct node *n, const char *name)
{
	struct buf b = BUF_INIT;
	char *s;

	for (size_t i = 0; i < ARRAY_LEN(emitters); i++)
		if (emitters[i].kind == n->kind)
			emitters[i].create(&b, n, name ? name : n->name);
	s = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return s;
}

const char *emit_drop(struct arena *a, const struct node *n)
{
	for (size_t i = 0; i < ARRAY_LEN(emitters); i++)
		if (emitters[i].kind == n->kind)
			return sql_printf(a, emitters[i].drop, n->name);
	return NULL;
}
