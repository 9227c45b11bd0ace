/*
 * SQL of the kinds that few schemas have; as in emit.c.
 */
#include "config.h"

#include "engine/postgres/emit.h"

/* ---- routines, operators ------------------------------------------------ */

static void target_aggregate(struct buf *b, const struct node *n)
{
	buf_addstr(b, "AGGREGATE ");
	if (!str_ends(n->name, "()")) {
		buf_addstr(b, n->name);
		return;
	}
	buf_add(b, n->name, strlen(n->name) - 1);
	buf_addstr(b, "*)");
}

static void create_aggregate(struct buf *b, const struct node *n)
{
	const struct pg_aggregate *g = (const struct pg_aggregate *)n;

	buf_addstr(b, "CREATE OR REPLACE AGGREGATE ");
	pg_add_routine_name(b, n->name);
	pg_addf(b, "(%s) (%s)", g->arguments && *g->arguments ?
		g->arguments : "*", g->definition);
}

static void create_operator(struct buf *b, const struct node *n)
{
	const struct pg_operator *o = (const struct pg_operator *)n;

	buf_addstr(b, "CREATE OPERATOR ");
	pg_add_routine_name(b, n->name);
	pg_addf(b, " (FUNCTION = %s", o->function);
	if (o->left)
		pg_addf(b, ", LEFTARG = %s", o->left);
	if (o->right)
		pg_addf(b, ", RIGHTARG = %s", o->right);
	if (o->commutator)
		pg_addf(b, ", COMMUTATOR = OPERATOR(%s)", o->commutator);
	if (o->negator)
		pg_addf(b, ", NEGATOR = OPERATOR(%s)", o->negator);
	if (o->restrict_function)
		pg_addf(b, ", RESTRICT = %s", o->restrict_function);
	if (o->join_function)
		pg_addf(b, ", JOIN = %s", o->join_function);
	if (o->merges)
		buf_addstr(b, ", MERGES");
	if (o->hashes)
		buf_addstr(b, ", HASHES");
	buf_addch(b, ')');
}

static void create_operator_family(struct buf *b, const struct node *n)
{
	pg_addf(b, "CREATE OPERATOR FAMILY %s", n->name);
}

/* "public.x USING btree": what stands before USING. */
static size_t method_at(const char *name)
{
	const char *p = name, *last = NULL;

	while ((p = strstr(p, " USING ")))
		last = p++;
	return last ? (size_t)(last - name) : strlen(name);
}

/* The family is there already, and has the class's name where none is named:
 * else the server would make another one. */
static void create_operator_class(struct buf *b, const struct node *n)
{
	const struct pg_operator_class *c =
		(const struct pg_operator_class *)n;
	size_t len = method_at(n->name);

	buf_addstr(b, "CREATE OPERATOR CLASS ");
	buf_add(b, n->name, len);
	pg_addf(b, "%s FOR TYPE %s%s FAMILY ", c->is_default ? " DEFAULT" : "",
		c->type, n->name + len);
	if (c->family)
		buf_addstr(b, c->family);
	else
		buf_add(b, n->name, len);
	buf_addstr(b, " AS");
	if (c->storage || !c->items.n)
		pg_addf(b, " STORAGE %s%s", c->storage ? c->storage : c->type,
			c->items.n ? "," : "");
	if (c->items.n)
		pg_addf(b, " %l", &c->items);
}

static void target_cast(struct buf *b, const struct node *n)
{
	pg_addf(b, "CAST (%s)", n->name);
}

static void create_cast(struct buf *b, const struct node *n)
{
	const struct pg_cast *c = (const struct pg_cast *)n;

	pg_addf(b, "CREATE CAST (%s) ", n->name);
	if (c->function)
		pg_addf(b, "WITH FUNCTION %s", c->function);
	else
		buf_addstr(b, c->in_out ? "WITH INOUT" : "WITHOUT FUNCTION");
	if (c->context)
		pg_addf(b, " AS %U", c->context);
}

static void target_transform(struct buf *b, const struct node *n)
{
	pg_addf(b, "TRANSFORM FOR %s", n->name);
}

static void create_transform(struct buf *b, const struct node *n)
{
	const struct pg_transform *t = (const struct pg_transform *)n;

	pg_addf(b, "CREATE TRANSFORM FOR %s (", n->name);
	if (t->from_sql)
		pg_addf(b, "FROM SQL WITH FUNCTION %s%s", t->from_sql,
			t->to_sql ? ", " : "");
	if (t->to_sql)
		pg_addf(b, "TO SQL WITH FUNCTION %s", t->to_sql);
	buf_addch(b, ')');
}

/* ---- base types ------------------------------------------------------- */

static void create_base_type(struct buf *b, const struct node *n)
{
	pg_addf(b, "CREATE TYPE %s", n->name);
}

static void create_definition(struct buf *b, const struct node *n)
{
	const struct pg_definition *d = (const struct pg_definition *)n;
	const struct {
		const char *word, *value;
	} names[] = {
		{ "RECEIVE", d->receive }, { "SEND", d->send },
		{ "TYPMOD_IN", d->typmod_in }, { "TYPMOD_OUT", d->typmod_out },
		{ "ANALYZE", d->analyze }, { "SUBSCRIPT", d->subscript },
		{ "ELEMENT", d->element }, { "ALIGNMENT", d->alignment },
		{ "STORAGE", d->storage },
	};

	pg_addf(b, "CREATE TYPE %s (INTERNALLENGTH = %s, INPUT = %s, "
		"OUTPUT = %s", n->parent->name, d->length, d->input,
		d->output);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].value)
			pg_addf(b, ", %s = %s", names[i].word, names[i].value);
	if (d->dflt)
		pg_addf(b, ", DEFAULT = %L", d->dflt);
	if (d->category)
		pg_addf(b, ", CATEGORY = %L", d->category);
	if (d->delimiter)
		pg_addf(b, ", DELIMITER = %L", d->delimiter);
	buf_addstr(b, d->preferred ? ", PREFERRED = true" : "");
	buf_addstr(b, d->collatable ? ", COLLATABLE = true" : "");
	buf_addstr(b, d->by_value ? ", PASSEDBYVALUE)" : ")");
}

/* ---- languages, collations ---------------------------------------------- */

static void create_language(struct buf *b, const struct node *n)
{
	const struct pg_language *l = (const struct pg_language *)n;

	pg_addf(b, "CREATE %sLANGUAGE %s HANDLER %s", l->trusted ?
		"TRUSTED " : "", n->name, l->handler);
	if (l->inline_handler)
		pg_addf(b, " INLINE %s", l->inline_handler);
	if (l->validator)
		pg_addf(b, " VALIDATOR %s", l->validator);
}

static void create_collation(struct buf *b, const struct node *n)
{
	const struct pg_collation *c = (const struct pg_collation *)n;

	pg_addf(b, "CREATE COLLATION %s (PROVIDER = %s", n->name, c->provider);
	if (c->locale)
		pg_addf(b, ", LOCALE = %L", c->locale);
	if (c->lc_collate)
		pg_addf(b, ", LC_COLLATE = %L", c->lc_collate);
	if (c->lc_ctype)
		pg_addf(b, ", LC_CTYPE = %L", c->lc_ctype);
	if (c->rules)
		pg_addf(b, ", RULES = %L", c->rules);
	if (c->nondeterministic)
		buf_addstr(b, ", DETERMINISTIC = false");
	buf_addch(b, ')');
}

static void create_conversion(struct buf *b, const struct node *n)
{
	const struct pg_conversion *c = (const struct pg_conversion *)n;

	pg_addf(b, "CREATE %sCONVERSION %s FOR %L TO %L FROM %s",
		c->is_default ? "DEFAULT " : "", n->name, c->from, c->to,
		c->function);
}

static void create_access_method(struct buf *b, const struct node *n)
{
	const struct pg_access_method *m = (const struct pg_access_method *)n;

	pg_addf(b, "CREATE ACCESS METHOD %s TYPE %U HANDLER %s", n->name,
		m->type, m->handler);
}

/* ---- what is elsewhere --------------------------------------------------- */

static void add_options(struct buf *b, const struct list *options)
{
	if (options->n)
		pg_addf(b, " OPTIONS (%l)", options);
}

static void create_wrapper(struct buf *b, const struct node *n)
{
	const struct pg_wrapper *w = (const struct pg_wrapper *)n;

	pg_addf(b, "CREATE FOREIGN DATA WRAPPER %s", n->name);
	if (w->handler)
		pg_addf(b, " HANDLER %s", w->handler);
	if (w->validator)
		pg_addf(b, " VALIDATOR %s", w->validator);
	add_options(b, &w->options);
}

static void create_server(struct buf *b, const struct node *n)
{
	const struct pg_server *s = (const struct pg_server *)n;

	pg_addf(b, "CREATE SERVER %s", n->name);
	if (s->type)
		pg_addf(b, " TYPE %L", s->type);
	if (s->version)
		pg_addf(b, " VERSION %L", s->version);
	pg_addf(b, " FOREIGN DATA WRAPPER %s", s->wrapper);
	add_options(b, &s->options);
}

static void target_user_mapping(struct buf *b, const struct node *n)
{
	pg_addf(b, "USER MAPPING FOR %s", n->name);
}

static void create_user_mapping(struct buf *b, const struct node *n)
{
	pg_addf(b, "CREATE USER MAPPING FOR %s", n->name);
	add_options(b, &((const struct pg_user_mapping *)n)->options);
}

void pg_add_published(struct buf *b, const struct pg_publication *p)
{
	for (size_t i = 0; i < p->tables.n; i++)
		pg_addf(b, "%sTABLE ONLY %s", i ? ", " : "", p->tables.v[i]);
	for (size_t i = 0; i < p->schemas.n; i++)
		pg_addf(b, "%sTABLES IN SCHEMA %s", i || p->tables.n ? ", " :
			"", p->schemas.v[i]);
}

void pg_add_publishing(struct buf *b, const struct pg_publication *p)
{
	const char *before = " WITH (";

	if (p->publish)
		pg_addf(b, "%spublish = %L", before, p->publish);
	if (p->publish)
		before = ", ";
	if (p->via_root)
		pg_addf(b, "%spublish_via_partition_root = true", before);
	if (p->via_root)
		before = ", ";
	if (p->generated)
		pg_addf(b, "%spublish_generated_columns = %s", before,
			p->generated);
	buf_addch(b, ')');
}

static void create_publication(struct buf *b, const struct node *n)
{
	const struct pg_publication *p = (const struct pg_publication *)n;

	pg_addf(b, "CREATE PUBLICATION %s", n->name);
	if (p->all_tables)
		buf_addstr(b, " FOR ALL TABLES");
	else if (p->tables.n || p->schemas.n)
		buf_addstr(b, " FOR ");
	pg_add_published(b, p);
	if (p->publish || p->via_root || p->generated)
		pg_add_publishing(b, p);
}

static void create_event_trigger(struct buf *b, const struct node *n)
{
	const struct pg_event_trigger *t = (const struct pg_event_trigger *)n;

	pg_addf(b, "CREATE EVENT TRIGGER %s ON %s", n->name, t->event);
	for (size_t i = 0; i < t->tags.n; i++)
		pg_addf(b, i ? ", %L" : " WHEN TAG IN (%L", t->tags.v[i]);
	pg_addf(b, "%s EXECUTE FUNCTION %s()", t->tags.n ? ")" : "",
		t->function);
}

/* ---- text search, statistics --------------------------------------------- */

static void create_ts_parser(struct buf *b, const struct node *n)
{
	const struct pg_ts_parser *p = (const struct pg_ts_parser *)n;

	pg_addf(b, "CREATE TEXT SEARCH PARSER %s (START = %s, GETTOKEN = %s, "
		"END = %s", n->name, p->start, p->gettoken, p->end);
	if (p->headline)
		pg_addf(b, ", HEADLINE = %s", p->headline);
	pg_addf(b, ", LEXTYPES = %s)", p->lextypes);
}

static void create_ts_template(struct buf *b, const struct node *n)
{
	const struct pg_ts_template *t = (const struct pg_ts_template *)n;

	pg_addf(b, "CREATE TEXT SEARCH TEMPLATE %s (", n->name);
	if (t->init)
		pg_addf(b, "INIT = %s, ", t->init);
	pg_addf(b, "LEXIZE = %s)", t->lexize);
}

static void create_ts_dictionary(struct buf *b, const struct node *n)
{
	const struct pg_ts_dictionary *d = (const struct pg_ts_dictionary *)n;

	pg_addf(b, "CREATE TEXT SEARCH DICTIONARY %s (TEMPLATE = %s", n->name,
		d->template);
	if (d->options)
		pg_addf(b, ", %s", d->options);
	buf_addch(b, ')');
}

static void create_ts_configuration(struct buf *b, const struct node *n)
{
	pg_addf(b, "CREATE TEXT SEARCH CONFIGURATION %s (PARSER = %s)",
		n->name, ((const struct pg_ts_configuration *)n)->parser);
}

static void create_statistics(struct buf *b, const struct node *n)
{
	pg_addf(b, "CREATE STATISTICS %s %s", n->name,
		((const struct pg_statistics *)n)->definition);
}

/* ---- the table ---------------------------------------------------------- */

#define OPS(var, text, ...) \
	{ .kind = &pg_kind_##var, .noun = text, __VA_ARGS__ }

const struct pg_ops pg_rare_ops[] = {
	OPS(language, "LANGUAGE", .create = create_language),
	OPS(collation, "COLLATION", .create = create_collation),
	OPS(base_type, "TYPE", .create = create_base_type),
	OPS(definition, "TYPE", .create = create_definition),
	OPS(aggregate, "AGGREGATE", .create = create_aggregate,
	    .target = target_aggregate, .granted = "FUNCTION"),
	OPS(operator, "OPERATOR", .create = create_operator),
	OPS(operator_family, "OPERATOR FAMILY",
	    .create = create_operator_family),
	OPS(operator_class, "OPERATOR CLASS", .create = create_operator_class),
	OPS(cast, "CAST", .create = create_cast, .target = target_cast),
	OPS(conversion, "CONVERSION", .create = create_conversion),
	OPS(access_method, "ACCESS METHOD", .create = create_access_method),
	OPS(wrapper, "FOREIGN DATA WRAPPER", .create = create_wrapper),
	OPS(server, "SERVER", .create = create_server,
	    .granted = "FOREIGN SERVER"),
	OPS(user_mapping, "USER MAPPING", .create = create_user_mapping,
	    .target = target_user_mapping),
	OPS(ts_parser, "TEXT SEARCH PARSER", .create = create_ts_parser),
	OPS(ts_template, "TEXT SEARCH TEMPLATE", .create = create_ts_template),
	OPS(ts_dictionary, "TEXT SEARCH DICTIONARY",
	    .create = create_ts_dictionary),
	OPS(ts_configuration, "TEXT SEARCH CONFIGURATION",
	    .create = create_ts_configuration),
	OPS(statistics, "STATISTICS", .create = create_statistics),
	OPS(event_trigger, "EVENT TRIGGER", .create = create_event_trigger),
	OPS(publication, "PUBLICATION", .create = create_publication),
	OPS(transform, "TRANSFORM", .create = create_transform,
	    .target = target_transform),
	OPS(default_privileges, "DEFAULT PRIVILEGES", .create = NULL),
};
const size_t pg_rare_ops_n = ARRAY_LEN(pg_rare_ops);
