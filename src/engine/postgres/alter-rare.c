/*
 * Changes in place of the kinds that few schemas have, and what their CREATE
 * cannot say.
 */
#include "config.h"

#include "engine/postgres/alter.h"

/* ---- which -------------------------------------------------------------- */

/* The name of the operator of those types: a commutator's are the other way
 * round. */
static const struct node *find_operator(const struct schema *s,
					const char *name, const char *left,
					const char *right)
{
	struct buf b = BUF_INIT;
	const struct node *n;

	pg_addf(&b, "%s(%s, %s)", name, left ? left : "NONE",
		right ? right : "NONE");
	n = schema_find(s, &pg_kind_operator, b.ptr);
	buf_release(&b);
	return n;
}

/* Dropping one of a pair takes the other's link, making one sets it; any other
 * change of it is beyond ALTER OPERATOR. */
static bool links_follow(const struct change *ch, const struct schema *from,
			 const struct schema *to)
{
	const struct pg_operator *f = (const struct pg_operator *)ch->from;
	const struct pg_operator *t = (const struct pg_operator *)ch->to;

	if (f->commutator && (!t->commutator ||
			      strcmp(f->commutator, t->commutator)) &&
	    find_operator(to, f->commutator, f->right, f->left))
		return false;
	if (t->commutator && (!f->commutator ||
			      strcmp(f->commutator, t->commutator)) &&
	    find_operator(from, t->commutator, t->right, t->left))
		return false;
	if (f->negator && (!t->negator || strcmp(f->negator, t->negator)) &&
	    find_operator(to, f->negator, f->left, f->right))
		return false;
	return !(t->negator && (!f->negator ||
				strcmp(f->negator, t->negator)) &&
		 find_operator(from, t->negator, t->left, t->right));
}

static bool is_hypothetical(const struct node *n)
{
	return str_ends(((const struct pg_aggregate *)n)->definition,
			"HYPOTHETICAL");
}

static bool has_list(const struct node *n)
{
	const struct pg_publication *p = (const struct pg_publication *)n;

	return p->tables.n || p->schemas.n;
}

static const struct {
	const struct kind *kind;
	const char *words;
} in_place[] = {
	{ &pg_kind_aggregate, "comment grant definition" },
	{ &pg_kind_operator, "comment commutator negator restrict join" },
	{ &pg_kind_operator_family, "comment item" },
	{ &pg_kind_wrapper, "comment grant handler validator option" },
	{ &pg_kind_server, "comment grant version option" },
	{ &pg_kind_user_mapping, "comment option" },
	{ &pg_kind_ts_dictionary, "comment options" },
	{ &pg_kind_ts_configuration, "comment mapping" },
	{ &pg_kind_statistics, "comment target" },
	{ &pg_kind_event_trigger, "comment enabled" },
	{ &pg_kind_publication, "comment table schema publish via-root "
	  "generated" },
};

const char *pg_rare_words(const struct change *ch, const struct schema *from,
			  const struct schema *to)
{
	const struct kind *k = ch->from->kind;

	if ((k == &pg_kind_operator && !links_follow(ch, from, to)) ||
	    (k == &pg_kind_publication &&
	     has_list(ch->from) != has_list(ch->to)) ||
	    (k == &pg_kind_aggregate &&
	     is_hypothetical(ch->from) != is_hypothetical(ch->to)))
		return "comment grant";
	for (size_t i = 0; i < ARRAY_LEN(in_place); i++)
		if (in_place[i].kind == k)
			return in_place[i].words;
	return "comment grant";
}

/* ---- how ---------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The one that begins with the same n bytes. */
static const char *find_like(const struct list *l, const char *s, size_t n)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strncmp(l->v[i], s, n))
			return l->v[i];
	return NULL;
}

static bool same_lists(const struct list *a, const struct list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]))
			return false;
	return true;
}

void pg_add_option_changes(struct buf *b, const struct list *from,
			   const struct list *to)
{
	for (size_t i = 0; i < from->n; i++) {
		size_t n = strcspn(from->v[i], " ");

		if (find_like(to, from->v[i], n + 1))
			continue;
		buf_addstr(b, b->len ? ", DROP " : "DROP ");
		buf_add(b, from->v[i], n);
	}
	for (size_t i = 0; i < to->n; i++) {
		size_t n = strcspn(to->v[i], " ");
		const char *old = find_like(from, to->v[i], n + 1);

		if (!old || strcmp(old, to->v[i]))
			pg_addf(b, "%s%s %s", b->len ? ", " : "",
				old ? "SET" : "ADD", to->v[i]);
	}
}

static void alter_options(struct altering *al, const char *what,
			  const struct list *from, const struct list *to)
{
	struct buf b = BUF_INIT;

	pg_add_option_changes(&b, from, to);
	if (b.len)
		ACT(al, "ALTER %s %s OPTIONS (%s)", what, al->table, b.ptr);
	buf_release(&b);
}

static void alter_aggregate(struct altering *al)
{
	const struct pg_aggregate *f = (const struct pg_aggregate *)al->from;
	const struct pg_aggregate *t = (const struct pg_aggregate *)al->to;
	struct buf b = BUF_INIT;

	if (!same(f->definition, t->definition)) {
		pg_ops_of(&pg_kind_aggregate)->create(&b, al->to);
		ACT(al, "%s", b.ptr);
	}
	buf_release(&b);
}

static void alter_operator(struct altering *al)
{
	const struct pg_operator *f = (const struct pg_operator *)al->from;
	const struct pg_operator *t = (const struct pg_operator *)al->to;
	const char *restricts = t->restrict_function;
	const char *joins = t->join_function;

	if (!same(f->restrict_function, restricts))
		ACT(al, "ALTER OPERATOR %s SET (RESTRICT = %s)", al->table,
		    restricts ? restricts : "NONE");
	if (!same(f->join_function, joins))
		ACT(al, "ALTER OPERATOR %s SET (JOIN = %s)", al->table,
		    joins ? joins : "NONE");
}

/* "OPERATOR 1 (integer, bigint)" of "OPERATOR 1 public.<(integer,bigint)",
 * "FUNCTION 1 (integer, bigint)" of "FUNCTION 1 (integer, bigint) f(...)". */
static void add_item_name(struct buf *b, const char *item)
{
	const char *number = strchr(item, ' ') + 1;
	const char *open = strchr(number, '('), *p;
	bool quoted = false;

	buf_add(b, item, (size_t)(number - item) + strcspn(number, " "));
	buf_addch(b, ' ');
	for (p = open; *p && (quoted || *p != ')'); p++)
		quoted ^= *p == '"';
	buf_add(b, open, (size_t)(p - open) + 1);
}

static void alter_operator_family(struct altering *al)
{
	const struct list *f =
		&((const struct pg_operator_family *)al->from)->items;
	const struct list *t =
		&((const struct pg_operator_family *)al->to)->items;
	struct buf gone = BUF_INIT, new = BUF_INIT;

	for (size_t i = 0; i < f->n; i++)
		if (!find_like(t, f->v[i], strlen(f->v[i]) + 1)) {
			buf_addstr(&gone, gone.len ? ", " : "");
			add_item_name(&gone, f->v[i]);
		}
	for (size_t i = 0; i < t->n; i++)
		if (!find_like(f, t->v[i], strlen(t->v[i]) + 1))
			pg_addf(&new, new.len ? ", %s" : "%s", t->v[i]);
	if (gone.len)
		ACT(al, "ALTER OPERATOR FAMILY %s DROP %s", al->table,
		    gone.ptr);
	if (new.len)
		ACT(al, "ALTER OPERATOR FAMILY %s ADD %s", al->table, new.ptr);
	buf_release(&gone);
	buf_release(&new);
}

static void alter_wrapper(struct altering *al)
{
	const struct pg_wrapper *f = (const struct pg_wrapper *)al->from;
	const struct pg_wrapper *t = (const struct pg_wrapper *)al->to;
	static const char what[] = "ALTER FOREIGN DATA WRAPPER %s %s%s";

	if (!same(f->handler, t->handler))
		ACT(al, what, al->table, t->handler ? "HANDLER " : "NO HANDLER",
		    t->handler ? t->handler : "");
	if (!same(f->validator, t->validator))
		ACT(al, what, al->table, t->validator ? "VALIDATOR " :
		    "NO VALIDATOR", t->validator ? t->validator : "");
	alter_options(al, "FOREIGN DATA WRAPPER", &f->options, &t->options);
}

static void alter_server(struct altering *al)
{
	const struct pg_server *f = (const struct pg_server *)al->from;
	const struct pg_server *t = (const struct pg_server *)al->to;

	if (!same(f->version, t->version))
		ACT(al, t->version ? "ALTER SERVER %s VERSION %L" :
		    "ALTER SERVER %s VERSION NULL", al->table, t->version);
	alter_options(al, "SERVER", &f->options, &t->options);
}

static void alter_user_mapping(struct altering *al)
{
	alter_options(al, "USER MAPPING FOR",
		      &((const struct pg_user_mapping *)al->from)->options,
		      &((const struct pg_user_mapping *)al->to)->options);
}

/* "stopwords = 'a, b', accept = 'x'": the next of it, with its length. */
static const char *next_option(const char **p, size_t *n)
{
	const char *start = *p;
	char quote = '\0';

	for (; **p && (quote || **p != ','); ++*p)
		if (quote ? **p == quote : **p == '\'' || **p == '"')
			quote = quote ? '\0' : **p;
	*n = (size_t)(*p - start);
	*p += strspn(*p, ", ");
	return start;
}

static bool has_option(const char *options, const char *option)
{
	size_t name = strcspn(option, "=") + 1, n;

	while (options && *options) {
		const char *o = next_option(&options, &n);

		if (n >= name && !strncmp(o, option, name))
			return true;
	}
	return false;
}

/* What is not named stays; a name alone takes it away. */
static void alter_ts_dictionary(struct altering *al)
{
	const char *f = ((const struct pg_ts_dictionary *)al->from)->options;
	const char *t = ((const struct pg_ts_dictionary *)al->to)->options;
	struct buf b = BUF_INIT;
	const char *p = f;

	if (same(f, t))
		return;
	while (p && *p) {
		size_t n;
		const char *o = next_option(&p, &n);

		if (has_option(t, o))
			continue;
		buf_addstr(&b, b.len ? ", " : "");
		buf_add(&b, o, strcspn(o, " ="));
	}
	if (t)
		pg_addf(&b, b.len ? ", %s" : "%s", t);
	ACT(al, "ALTER TEXT SEARCH DICTIONARY %s (%s)", al->table, b.ptr);
	buf_release(&b);
}

static void alter_ts_configuration(struct altering *al)
{
	const struct list *f =
		&((const struct pg_ts_configuration *)al->from)->mappings;
	const struct list *t =
		&((const struct pg_ts_configuration *)al->to)->mappings;

	for (size_t i = 0; i < f->n; i++) {
		size_t n = strcspn(f->v[i], " ");

		if (!find_like(t, f->v[i], n + 1))
			ACT(al, "ALTER TEXT SEARCH CONFIGURATION %s DROP "
			    "MAPPING FOR %s", al->table,
			    arena_strndup(al->l->arena, f->v[i], n));
	}
	for (size_t i = 0; i < t->n; i++) {
		size_t n = strcspn(t->v[i], " ");
		const char *old = find_like(f, t->v[i], n + 1);

		if (!old || strcmp(old, t->v[i]))
			ACT(al, "ALTER TEXT SEARCH CONFIGURATION %s %s "
			    "MAPPING FOR %s", al->table, old ? "ALTER" : "ADD",
			    t->v[i]);
	}
}

static void alter_statistics(struct altering *al)
{
	const struct pg_statistics *f = (const struct pg_statistics *)al->from;
	const struct pg_statistics *t = (const struct pg_statistics *)al->to;

	if (!same(f->target, t->target))
		ACT(al, "ALTER STATISTICS %s SET STATISTICS %s", al->table,
		    t->target ? t->target : "-1");
}

static void enable_event_trigger(struct altering *al)
{
	const char *how = ((const struct pg_event_trigger *)al->to)->enabled;

	ACT(al, "ALTER EVENT TRIGGER %s %s", al->table, !how ? "ENABLE" :
	    !strcmp(how, "disabled") ? "DISABLE" :
	    !strcmp(how, "always") ? "ENABLE ALWAYS" : "ENABLE REPLICA");
}

static void alter_event_trigger(struct altering *al)
{
	if (!same(((const struct pg_event_trigger *)al->from)->enabled,
		  ((const struct pg_event_trigger *)al->to)->enabled))
		enable_event_trigger(al);
}

static void alter_publication(struct altering *al)
{
	const struct pg_publication *f =
		(const struct pg_publication *)al->from;
	const struct pg_publication *t = (const struct pg_publication *)al->to;
	struct buf b = BUF_INIT;

	if (!same_lists(&f->tables, &t->tables) ||
	    !same_lists(&f->schemas, &t->schemas)) {
		pg_add_published(&b, t);
		ACT(al, "ALTER PUBLICATION %s SET %s", al->table, b.ptr);
	}
	if (!same(f->publish, t->publish))
		ACT(al, "ALTER PUBLICATION %s SET (publish = %L)", al->table,
		    t->publish ? t->publish :
		    "insert, update, delete, truncate");
	if (f->via_root != t->via_root)
		ACT(al, "ALTER PUBLICATION %s SET (publish_via_partition_root "
		    "= %s)", al->table, t->via_root ? "true" : "false");
	if (!same(f->generated, t->generated))
		ACT(al, "ALTER PUBLICATION %s SET (publish_generated_columns "
		    "= %s)", al->table, t->generated ? t->generated : "none");
	buf_release(&b);
}

static const struct {
	const struct kind *kind;
	void (*alter)(struct altering *al);
} alters[] = {
	{ &pg_kind_aggregate, alter_aggregate },
	{ &pg_kind_operator, alter_operator },
	{ &pg_kind_operator_family, alter_operator_family },
	{ &pg_kind_wrapper, alter_wrapper },
	{ &pg_kind_server, alter_server },
	{ &pg_kind_user_mapping, alter_user_mapping },
	{ &pg_kind_ts_dictionary, alter_ts_dictionary },
	{ &pg_kind_ts_configuration, alter_ts_configuration },
	{ &pg_kind_statistics, alter_statistics },
	{ &pg_kind_event_trigger, alter_event_trigger },
	{ &pg_kind_publication, alter_publication },
};

void pg_rare_alter(struct altering *al)
{
	for (size_t i = 0; i < ARRAY_LEN(alters); i++)
		if (alters[i].kind == al->to->kind)
			alters[i].alter(al);
}

/* What a bare CREATE makes, to what it is to be. */
void pg_rare_extras(struct lowering *l, struct action *a,
		    const struct node *n)
{
	const struct kind *k = n->kind;
	struct altering al = {
		.l = l, .a = a, .from = node_new(l->arena, k, n->name),
		.to = n, .table = n->name,
	};

	if (k == &pg_kind_operator_family)
		alter_operator_family(&al);
	else if (k == &pg_kind_ts_configuration)
		alter_ts_configuration(&al);
	else if (k == &pg_kind_statistics)
		alter_statistics(&al);
	else if (k == &pg_kind_event_trigger)
		alter_event_trigger(&al);
}
