/*
 * SQL of nodes: what creates each, by its fields, and decides nothing.
 */
#include "config.h"

#include "engine/postgres/emit.h"

/* ---- tables ----------------------------------------------------------- */

void pg_add_identity(struct buf *b, const struct pg_column *c)
{
	pg_addf(b, "GENERATED %U AS IDENTITY", c->identity);
	if (!c->sequence.n)
		return;
	buf_addstr(b, " (");
	for (size_t i = 0; i < c->sequence.n; i++)
		pg_addf(b, i ? " %s" : "%s", c->sequence.v[i]);
	buf_addch(b, ')');
}

void pg_add_column(struct buf *b, const struct node *n)
{
	const struct pg_column *c = (const struct pg_column *)n;

	pg_addf(b, "%I %s", n->name, c->type);
	if (c->server_options.n)
		pg_addf(b, " OPTIONS (%l)", &c->server_options);
	if (c->compression)
		pg_addf(b, " COMPRESSION %s", c->compression);
	if (c->collate)
		pg_addf(b, " COLLATE %s", c->collate);
	if (c->dflt)
		pg_addf(b, " DEFAULT %s", c->dflt);
	if (c->generated)
		pg_addf(b, " GENERATED ALWAYS AS (%s) STORED", c->generated);
	if (c->identity) {
		buf_addch(b, ' ');
		pg_add_identity(b, c);
	}
	if (c->not_null)
		buf_addstr(b, " NOT NULL");
}

static void add_storage(struct buf *b, const struct pg_table *t)
{
	if (t->access_method)
		pg_addf(b, " USING %I", t->access_method);
	if (t->options.n)
		pg_addf(b, " WITH (%l)", &t->options);
	if (t->tablespace)
		pg_addf(b, " TABLESPACE %s", t->tablespace);
}

/* What a typed table's columns have beside their type. */
static void add_typed_columns(struct buf *b, const struct node *n)
{
	const char *before = " (";

	for (size_t i = 0; i < n->nkids; i++) {
		const struct pg_column *c = (struct pg_column *)n->kids[i];

		if (!kind_is_column(n->kids[i]->kind) ||
		    !(c->not_null || c->dflt || c->generated))
			continue;
		pg_addf(b, "%s%I WITH OPTIONS", before, c->node.name);
		if (c->dflt)
			pg_addf(b, " DEFAULT %s", c->dflt);
		if (c->generated)
			pg_addf(b, " GENERATED ALWAYS AS (%s) STORED",
				c->generated);
		if (c->not_null)
			buf_addstr(b, " NOT NULL");
		before = ", ";
	}
	if (*before == ',')
		buf_addch(b, ')');
}

/* Partitions are made whole and attached afterwards, as pg_dump does: their
 * columns may stand in another order than the parent's. */
static void create_table(struct buf *b, const struct node *n)
{
	const struct pg_table *t = (const struct pg_table *)n;
	bool first = true;

	pg_addf(b, "CREATE %sTABLE %s", t->unlogged ? "UNLOGGED " :
		n->kind == &pg_kind_foreign_table ? "FOREIGN " : "", n->name);
	if (t->of_type)
		pg_addf(b, " OF %s", t->of_type);
	if (t->of_type)
		add_typed_columns(b, n);
	else
		buf_addstr(b, " (");
	for (size_t i = 0; i < n->nkids && !t->of_type; i++) {
		const struct pg_column *c = (struct pg_column *)n->kids[i];

		if (!kind_is_column(n->kids[i]->kind) ||
		    (c->inherited && !t->partition_of))
			continue;
		buf_addstr(b, first ? "\n  " : ",\n  ");
		pg_add_column(b, n->kids[i]);
		first = false;
	}
	if (!t->of_type)
		buf_addstr(b, first ? ")" : "\n)");
	if (t->inherits.n)
		pg_addf(b, " INHERITS (%l)", &t->inherits);
	if (t->server)
		pg_addf(b, " SERVER %s", t->server);
	if (t->server_options.n)
		pg_addf(b, " OPTIONS (%l)", &t->server_options);
	if (t->partition_by)
		pg_addf(b, " PARTITION BY %s", t->partition_by);
	add_storage(b, t);
}

static void add_deferrable(struct buf *b, bool deferrable, bool deferred)
{
	if (deferrable)
		buf_addstr(b, " DEFERRABLE");
	if (deferred)
		buf_addstr(b, " INITIALLY DEFERRED");
}

static void add_constraint(struct buf *b, const struct node *n)
{
	pg_addf(b, "ALTER %s %s%s ADD CONSTRAINT %I ",
		n->parent->kind == &pg_kind_domain ? "DOMAIN" :
		n->parent->kind == &pg_kind_foreign_table ? "FOREIGN TABLE" :
		"TABLE", pg_only(n), n->parent->name, n->name);
}

static void create_key(struct buf *b, const struct node *n)
{
	const struct pg_key *k = (const struct pg_key *)n;

	add_constraint(b, n);
	buf_addstr(b, n->kind == &pg_kind_unique ? "UNIQUE" : "PRIMARY KEY");
	if (k->nulls_not_distinct)
		buf_addstr(b, " NULLS NOT DISTINCT");
	pg_addf(b, " (%N)", &k->key);
	if (k->include.n)
		pg_addf(b, " INCLUDE (%N)", &k->include);
	if (k->options.n)
		pg_addf(b, " WITH (%l)", &k->options);
	if (k->tablespace)
		pg_addf(b, " USING INDEX TABLESPACE %s", k->tablespace);
	add_deferrable(b, k->deferrable, k->initially_deferred);
}

static void create_exclusion(struct buf *b, const struct node *n)
{
	const struct pg_exclusion *x = (const struct pg_exclusion *)n;

	add_constraint(b, n);
	pg_addf(b, "EXCLUDE %s", x->definition);
	add_deferrable(b, x->deferrable, x->initially_deferred);
}

static void create_check(struct buf *b, const struct node *n)
{
	const struct pg_check *c = (const struct pg_check *)n;

	add_constraint(b, n);
	pg_addf(b, "CHECK (%s)%s%s", c->expr,
		c->no_inherit ? " NO INHERIT" : "",
		c->not_valid ? " NOT VALID" : "");
}

static void create_foreign_key(struct buf *b, const struct node *n)
{
	const struct pg_foreign_key *f = (const struct pg_foreign_key *)n;

	add_constraint(b, n);
	pg_addf(b, "FOREIGN KEY (%N) REFERENCES %s (%N)", &f->columns,
		f->table, &f->ref_columns);
	if (f->match)
		pg_addf(b, " MATCH %U", f->match);
	if (f->on_update)
		pg_addf(b, " ON UPDATE %U", f->on_update);
	if (f->on_delete)
		pg_addf(b, " ON DELETE %U", f->on_delete);
	if (f->set_columns.n)
		pg_addf(b, " (%N)", &f->set_columns);
	add_deferrable(b, f->deferrable, f->initially_deferred);
	if (f->not_valid)
		buf_addstr(b, " NOT VALID");
}

void pg_add_key_index(struct buf *b, const struct node *n, const char *name)
{
	const struct pg_key *k = (const struct pg_key *)n;

	pg_addf(b, "CREATE UNIQUE INDEX CONCURRENTLY %I ON %s (%N)", name,
		n->parent->name, &k->key);
	if (k->include.n)
		pg_addf(b, " INCLUDE (%N)", &k->include);
	if (k->nulls_not_distinct)
		buf_addstr(b, " NULLS NOT DISTINCT");
	if (k->options.n)
		pg_addf(b, " WITH (%l)", &k->options);
	if (k->tablespace)
		pg_addf(b, " TABLESPACE %s", k->tablespace);
}

void pg_add_key_upon(struct buf *b, const struct node *n, const char *name)
{
	const struct pg_key *k = (const struct pg_key *)n;

	add_constraint(b, n);
	pg_addf(b, "%s USING INDEX %I", n->kind == &pg_kind_unique ? "UNIQUE" :
		"PRIMARY KEY", name);
	add_deferrable(b, k->deferrable, k->initially_deferred);
}

void pg_add_index(struct buf *b, const struct node *n, const char *name,
		  bool concurrently)
{
	const struct pg_index *i = (const struct pg_index *)n;

	pg_addf(b, "CREATE %sINDEX %s%I ON %s%s USING %I (%l)",
		i->unique ? "UNIQUE " : "", concurrently ? "CONCURRENTLY " :
		"", name, pg_only(n), n->parent->name, i->method, &i->key);
	if (i->include.n)
		pg_addf(b, " INCLUDE (%N)", &i->include);
	if (i->nulls_not_distinct)
		buf_addstr(b, " NULLS NOT DISTINCT");
	if (i->options.n)
		pg_addf(b, " WITH (%l)", &i->options);
	if (i->tablespace)
		pg_addf(b, " TABLESPACE %s", i->tablespace);
	if (i->where)
		pg_addf(b, " WHERE %s", i->where);
}

static void create_index(struct buf *b, const struct node *n)
{
	pg_add_index(b, n, n->name, false);
}

static void create_trigger(struct buf *b, const struct node *n)
{
	const struct pg_trigger *t = (const struct pg_trigger *)n;

	pg_addf(b, "CREATE %sTRIGGER %I %s", t->constraint ? "CONSTRAINT " :
		"", n->name, t->definition);
}

static void create_rule(struct buf *b, const struct node *n)
{
	pg_addf(b, "CREATE RULE %I AS %s", n->name,
		((const struct pg_rule *)n)->definition);
}

static void create_policy(struct buf *b, const struct node *n)
{
	const struct pg_policy *p = (const struct pg_policy *)n;

	pg_addf(b, "CREATE POLICY %I ON %s", n->name, n->parent->name);
	if (p->restrictive)
		buf_addstr(b, " AS RESTRICTIVE");
	if (p->command)
		pg_addf(b, " FOR %U", p->command);
	if (p->roles.n)
		pg_addf(b, " TO %l", &p->roles);
	if (p->use)
		pg_addf(b, " USING (%s)", p->use);
	if (p->check)
		pg_addf(b, " WITH CHECK (%s)", p->check);
}

/* ---- what stands alone -------------------------------------------------- */

static void create_view(struct buf *b, const struct node *n)
{
	const struct pg_view *v = (const struct pg_view *)n;

	pg_addf(b, "CREATE VIEW %s", n->name);
	if (v->options.n)
		pg_addf(b, " WITH (%l)", &v->options);
	pg_addf(b, " AS\n%s", v->body);
}

static void create_matview(struct buf *b, const struct node *n)
{
	const struct pg_view *v = (const struct pg_view *)n;

	pg_addf(b, "CREATE MATERIALIZED VIEW %s", n->name);
	if (v->access_method)
		pg_addf(b, " USING %I", v->access_method);
	if (v->options.n)
		pg_addf(b, " WITH (%l)", &v->options);
	if (v->tablespace)
		pg_addf(b, " TABLESPACE %s", v->tablespace);
	pg_addf(b, " AS\n%s\nWITH %sDATA", v->body, v->no_data ? "NO " : "");
}

static void create_namespace(struct buf *b, const struct node *n)
{
	pg_addf(b, "CREATE SCHEMA %s", n->name);
}

static void create_extension(struct buf *b, const struct node *n)
{
	const struct pg_extension *x = (const struct pg_extension *)n;

	pg_addf(b, "CREATE EXTENSION %s SCHEMA %s VERSION %L", n->name,
		x->schema, x->version);
}

static void create_enum(struct buf *b, const struct node *n)
{
	const struct pg_enum *e = (const struct pg_enum *)n;

	pg_addf(b, "CREATE TYPE %s AS ENUM (", n->name);
	for (size_t i = 0; i < e->values.n; i++)
		pg_addf(b, i ? ", %L" : "%L", e->values.v[i]);
	buf_addch(b, ')');
}

static void create_composite(struct buf *b, const struct node *n)
{
	pg_addf(b, "CREATE TYPE %s AS (", n->name);
	for (size_t i = 0; i < n->nkids; i++) {
		const struct pg_column *c = (struct pg_column *)n->kids[i];

		pg_addf(b, i ? ", %I %s" : "%I %s", c->node.name, c->type);
		if (c->collate)
			pg_addf(b, " COLLATE %s", c->collate);
	}
	buf_addch(b, ')');
}

static void create_domain(struct buf *b, const struct node *n)
{
	const struct pg_domain *d = (const struct pg_domain *)n;

	pg_addf(b, "CREATE DOMAIN %s AS %s", n->name, d->type);
	if (d->collate)
		pg_addf(b, " COLLATE %s", d->collate);
	if (d->dflt)
		pg_addf(b, " DEFAULT %s", d->dflt);
	if (d->not_null)
		buf_addstr(b, " NOT NULL");
}

static void create_range(struct buf *b, const struct node *n)
{
	const struct pg_range *r = (const struct pg_range *)n;

	pg_addf(b, "CREATE TYPE %s AS RANGE (SUBTYPE = %s", n->name,
		r->subtype);
	if (r->subtype_opclass)
		pg_addf(b, ", SUBTYPE_OPCLASS = %s", r->subtype_opclass);
	if (r->collate)
		pg_addf(b, ", COLLATION = %s", r->collate);
	if (r->canonical)
		pg_addf(b, ", CANONICAL = %s", r->canonical);
	if (r->subtype_diff)
		pg_addf(b, ", SUBTYPE_DIFF = %s", r->subtype_diff);
	if (r->multirange)
		pg_addf(b, ", MULTIRANGE_TYPE_NAME = %s", r->multirange);
	buf_addch(b, ')');
}

void pg_add_sequence_options(struct buf *b, const struct pg_sequence *s)
{
	pg_addf(b, " AS %s", s->type);
	if (s->increment)
		pg_addf(b, " INCREMENT BY %s", s->increment);
	if (s->minimum)
		pg_addf(b, " MINVALUE %s", s->minimum);
	if (s->maximum)
		pg_addf(b, " MAXVALUE %s", s->maximum);
	if (s->start)
		pg_addf(b, " START WITH %s", s->start);
	if (s->cache)
		pg_addf(b, " CACHE %s", s->cache);
	if (s->cycle)
		buf_addstr(b, " CYCLE");
}

static void create_sequence(struct buf *b, const struct node *n)
{
	const struct pg_sequence *s = (const struct pg_sequence *)n;

	pg_addf(b, "CREATE %sSEQUENCE %s", s->unlogged ? "UNLOGGED " : "",
		n->name);
	pg_add_sequence_options(b, s);
}

/* The name without its argument types. */
void pg_add_routine_name(struct buf *b, const char *name)
{
	bool quoted = false;
	const char *p = name;

	for (; *p && (quoted || *p != '('); p++)
		quoted ^= *p == '"';
	buf_add(b, name, (size_t)(p - name));
}

static void add_dollars(struct buf *b, const char *body)
{
	const char *tag = !strstr(body, "$$") ? "$$" :
			  !strstr(body, "$body$") ? "$body$" : NULL;

	if (tag && body[strlen(body) - (*body ? 1 : 0)] != '$')
		pg_addf(b, "%s%s%s", tag, body, tag);
	else
		pg_quote_text(b, body);
}

static void add_routine_options(struct buf *b, const struct pg_routine *r)
{
	if (r->window)
		buf_addstr(b, " WINDOW");
	if (r->volatility)
		pg_addf(b, " %U", r->volatility);
	if (r->strict)
		buf_addstr(b, " STRICT");
	if (r->security_definer)
		buf_addstr(b, " SECURITY DEFINER");
	if (r->leakproof)
		buf_addstr(b, " LEAKPROOF");
	if (r->parallel)
		pg_addf(b, " PARALLEL %U", r->parallel);
	if (r->cost)
		pg_addf(b, " COST %s", r->cost);
	if (r->rows)
		pg_addf(b, " ROWS %s", r->rows);
	if (r->support)
		pg_addf(b, " SUPPORT %s", r->support);
	for (size_t i = 0; i < r->settings.n; i++)
		pg_addf(b, " SET %s", r->settings.v[i]);
}

static void create_routine(struct buf *b, const struct node *n)
{
	const struct pg_routine *r = (const struct pg_routine *)n;
	bool function = n->kind == &pg_kind_function;

	buf_addstr(b, function ? "CREATE OR REPLACE FUNCTION " :
		   "CREATE OR REPLACE PROCEDURE ");
	pg_add_routine_name(b, n->name);
	pg_addf(b, "(%s)", r->arguments ? r->arguments : "");
	if (r->returns)
		pg_addf(b, " RETURNS %s", r->returns);
	pg_addf(b, "\n LANGUAGE %s", r->language);
	for (size_t i = 0; i < r->transforms.n; i++)
		pg_addf(b, "%s FOR TYPE %s", i ? "," : " TRANSFORM",
			r->transforms.v[i]);
	add_routine_options(b, r);
	if (r->sql_body) {
		pg_addf(b, "\n%s", r->sql_body);
		return;
	}
	buf_addstr(b, "\nAS ");
	if (r->library)
		pg_addf(b, "%L, ", r->library);
	add_dollars(b, r->body ? r->body : "");
}

/* ---- the table ---------------------------------------------------------- */

#define OP(kind_, noun_, create_) \
	{ .kind = &pg_kind_##kind_, .noun = noun_, .create = create_ }

const struct pg_ops pg_ops[] = {
	OP(namespace, "SCHEMA", create_namespace),
	OP(extension, "EXTENSION", create_extension),
	OP(enum, "TYPE", create_enum),
	OP(domain, "DOMAIN", create_domain),
	OP(composite, "TYPE", create_composite),
	OP(range, "TYPE", create_range),
	OP(sequence, "SEQUENCE", create_sequence),
	OP(function, "FUNCTION", create_routine),
	OP(procedure, "PROCEDURE", create_routine),
	OP(table, "TABLE", create_table),
	OP(foreign_table, "FOREIGN TABLE", create_table),
	OP(view, "VIEW", create_view),
	OP(matview, "MATERIALIZED VIEW", create_matview),
	OP(primary_key, "CONSTRAINT", create_key),
	OP(unique, "CONSTRAINT", create_key),
	OP(exclusion, "CONSTRAINT", create_exclusion),
	OP(check, "CONSTRAINT", create_check),
	OP(foreign_key, "CONSTRAINT", create_foreign_key),
	OP(index, "INDEX", create_index),
	OP(rule, "RULE", create_rule),
	OP(trigger, "TRIGGER", create_trigger),
	OP(policy, "POLICY", create_policy),
	OP(column, "COLUMN", NULL),
};

const struct pg_ops *pg_ops_of(const struct kind *k)
{
	for (size_t i = 0; i < ARRAY_LEN(pg_ops); i++)
		if (pg_ops[i].kind == k)
			return &pg_ops[i];
	for (size_t i = 0; i < pg_rare_ops_n; i++)
		if (pg_rare_ops[i].kind == k)
			return &pg_rare_ops[i];
	return NULL;
}
