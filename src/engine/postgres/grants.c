/*
 * Who may do what: GRANT and REVOKE, ALTER DEFAULT PRIVILEGES, and what a new
 * object has of its own because of those.
 *
 *	what an owner begins with
 *	  + ROLE TABLES			in its stead
 *	  + ROLE IN SCHEMA s TABLES	what there is more
 *	  = what a new object has; the plan gives and takes the difference
 *
 * A plan drops default privileges before anything else and makes and changes
 * them last, so that while it runs they are what they were.
 */
#include "config.h"

#include "engine/postgres/lower.h"

#include <stdlib.h>

/* "SELECT, UPDATE TO ann WITH GRANT OPTION": its pieces. */
struct grant {
	bool revoked;		/* of what there is by default */
	char *privileges;
	char *who;
	bool option;
};

static struct grant grant_parse(struct arena *a, const char *text)
{
	static const char option[] = " WITH GRANT OPTION";
	struct grant g = { 0 };
	const char *to;

	g.revoked = str_starts(text, "REVOKE ");
	if (g.revoked)
		text += strlen("REVOKE ");
	to = strstr(text, g.revoked ? " FROM " : " TO ");
	g.privileges = arena_strndup(a, text, (size_t)(to - text));
	g.who = arena_strdup(a, to + (g.revoked ? 6 : 4));
	g.option = str_ends(g.who, option);
	if (g.option)
		g.who[strlen(g.who) - strlen(option)] = '\0';
	return g;
}

/* ---- statements ---------------------------------------------------------- */

/* "SELECT (email), UPDATE (email)" where it is a column's. */
static void add_privileges(struct buf *b, const struct grant *g,
			   const struct node *n)
{
	const char *p = g->privileges;

	if (!kind_is_column(n->kind)) {
		buf_addstr(b, p);
		return;
	}
	while (*p) {
		size_t len = strcspn(p, ",");

		buf_add(b, p, len);
		pg_addf(b, " (%I)", n->name);
		p += len;
		if (*p)
			buf_addstr(b, ", ");
		p += strspn(p, ", ");
	}
}

/* A name without its quotes. */
static char *unquoted(struct arena *a, const char *name)
{
	struct buf b = BUF_INIT;
	char *out;

	for (const char *p = name + (*name == '"'); *p; p++) {
		if (*name == '"' && *p == '"' && *++p != '"')
			break;
		buf_addch(&b, *p);
	}
	out = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return out;
}

/* "ann IN SCHEMA s TABLES": its pieces; schema may be NULL. */
struct defaults {
	char *role, *schema;
	const char *objects;
};

static char *take_name(struct arena *a, const char **p)
{
	bool quoted = false;
	const char *start = *p;
	char *name;

	for (; **p && (quoted || **p != ' '); ++*p)
		quoted ^= **p == '"';
	name = arena_strndup(a, start, (size_t)(*p - start));
	*p += **p == ' ';
	return name;
}

static struct defaults defaults_parse(struct arena *a, const char *name)
{
	static const char in_schema[] = "IN SCHEMA ";
	struct defaults d = { .role = take_name(a, &name) };

	if (str_starts(name, in_schema)) {
		name += strlen(in_schema);
		d.schema = take_name(a, &name);
	}
	d.objects = name;
	return d;
}

static void add_object(struct buf *b, const struct node *n)
{
	const struct pg_ops *ops = pg_ops_of(n->kind);

	if (kind_is_column(n->kind))
		pg_addf(b, "TABLE %s", n->parent->name);
	else if (n->kind == &pg_kind_view || n->kind == &pg_kind_matview ||
		 n->kind == &pg_kind_foreign_table)
		pg_addf(b, "TABLE %s", n->name);
	else if (ops->granted)
		pg_addf(b, "%s %s", ops->granted, n->name);
	else
		pg_add_target(b, n);
}

/* "TABLE public.t: SELECT TO ann", of an extension's: how long is the object?
 */
static size_t member_len(const struct node *n, const char *text)
{
	size_t len = 0;

	for (const char *p = text; n->kind == &pg_kind_extension && *p; p++)
		if (str_starts(p, ": "))
			len = (size_t)(p - text);
	return len;
}

static void add_grant(struct lowering *l, struct action *a,
		      const struct node *n, const char *text, bool give)
{
	size_t member = member_len(n, text);
	struct grant g = grant_parse(l->arena, text + member +
				     (member ? strlen(": ") : 0));
	const char *owner = "CURRENT_USER";
	struct defaults d = { 0 };
	struct buf b = BUF_INIT;

	if (n->kind == &pg_kind_default_privileges) {
		d = defaults_parse(l->arena, n->name);
		buf_addstr(&b, "ALTER DEFAULT PRIVILEGES ");
		if (strcmp(d.role, "OWNER"))
			owner = d.role;
		pg_addf(&b, "FOR ROLE %s ", owner);
		if (d.schema)
			pg_addf(&b, "IN SCHEMA %s ", d.schema);
	}
	give ^= g.revoked;
	buf_addstr(&b, give ? "GRANT " : "REVOKE ");
	/* The owner has it all the same. */
	if (!give && g.option && !strcmp(g.who, "OWNER"))
		buf_addstr(&b, "GRANT OPTION FOR ");
	add_privileges(&b, &g, n);
	buf_addstr(&b, " ON ");
	if (d.objects)
		buf_addstr(&b, d.objects);
	else if (member)
		buf_add(&b, text, member);
	else
		add_object(&b, n);
	pg_addf(&b, give ? " TO %s" : " FROM %s",
		strcmp(g.who, "OWNER") ? g.who : owner);
	if (give && g.option)
		buf_addstr(&b, " WITH GRANT OPTION");
	pg_act(l, a, n, arena_strndup(l->arena, b.ptr, b.len));
	buf_release(&b);
}

/* ---- what a new object has ---------------------------------------------- */

static const struct {
	const struct kind *kind;
	const char *objects;	/* as default privileges call them */
	const char *of_public;	/* what everybody has without them */
} born[] = {
	{ &pg_kind_table, "TABLES", NULL },
	{ &pg_kind_foreign_table, "TABLES", NULL },
	{ &pg_kind_view, "TABLES", NULL },
	{ &pg_kind_matview, "TABLES", NULL },
	{ &pg_kind_sequence, "SEQUENCES", NULL },
	{ &pg_kind_function, "FUNCTIONS", "EXECUTE" },
	{ &pg_kind_procedure, "FUNCTIONS", "EXECUTE" },
	{ &pg_kind_aggregate, "FUNCTIONS", "EXECUTE" },
	{ &pg_kind_base_type, "TYPES", "USAGE" },
	{ &pg_kind_enum, "TYPES", "USAGE" },
	{ &pg_kind_domain, "TYPES", "USAGE" },
	{ &pg_kind_composite, "TYPES", "USAGE" },
	{ &pg_kind_range, "TYPES", "USAGE" },
	{ &pg_kind_namespace, "SCHEMAS", NULL },
};

/* One privilege of one role, where it is not as it is without defaults. */
struct had {
	const char *who, *privilege;
	bool revoked, option, told;
};

struct hads {
	struct had *v;
	size_t n, cap;
	const char *of_public;
};

static struct had *find_had(struct hads *h, const char *who,
			    const char *privilege)
{
	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->v[i].who, who) &&
		    !strcmp(h->v[i].privilege, privilege))
			return &h->v[i];
	return NULL;
}

static bool is_usual(const struct hads *h, const char *who,
		     const char *privilege)
{
	return !strcmp(who, "OWNER") ||
	       (!strcmp(who, "PUBLIC") && h->of_public &&
		!strcmp(privilege, h->of_public));
}

static void take_privilege(struct lowering *l, struct hads *h,
			   const struct grant *g, const char *privilege)
{
	struct had *had = find_had(h, g->who, privilege);

	if (had && had->revoked && !g->revoked) {
		*had = h->v[--h->n];
	} else if (had) {
		had->option |= g->option;
	} else if (g->revoked || g->option || !is_usual(h, g->who, privilege)) {
		had = ARENA_PUSH(l->arena, h->v, h->n, h->cap);
		*had = (struct had){ g->who, privilege, g->revoked, g->option,
				     false };
	}
}

/* Those of this name that hold while the plan runs. */
static void take_defaults(struct lowering *l, struct hads *h, const char *name)
{
	const struct kind *k = &pg_kind_default_privileges;
	const struct node *n = schema_find(l->from, k, name);
	const struct list *grants;

	if (!n || !schema_find(l->to, k, name))
		return;
	grants = &((const struct pg_common *)n)->grants;
	for (size_t i = 0; i < grants->n; i++) {
		struct grant g = grant_parse(l->arena, grants->v[i]);
		char *p = g.privileges, *comma;

		while ((comma = strchr(p, ','))) {
			*comma = '\0';
			take_privilege(l, h, &g, p);
			p = comma + 2;
		}
		take_privilege(l, h, &g, p);
	}
}

static int cmp_hads(const void *va, const void *vb)
{
	return strcmp(((const struct had *)va)->privilege,
		      ((const struct had *)vb)->privilege);
}

/* As the text form has grants: a line for all privileges of one sort. */
static void list_hads(struct lowering *l, struct list *out, struct hads *h)
{
	struct buf b = BUF_INIT;

	if (h->n)
		qsort(h->v, h->n, sizeof(*h->v), cmp_hads);
	for (size_t i = 0; i < h->n; i++) {
		const struct had *first = &h->v[i];

		if (first->told)
			continue;
		buf_truncate(&b, 0);
		if (first->revoked)
			buf_addstr(&b, "REVOKE ");
		for (size_t k = i; k < h->n; k++) {
			struct had *o = &h->v[k];

			if (strcmp(o->who, first->who) ||
			    o->revoked != first->revoked ||
			    o->option != first->option)
				continue;
			pg_addf(&b, k == i ? "%s" : ", %s", o->privilege);
			o->told = true;
		}
		pg_addf(&b, first->revoked ? " FROM %s" : " TO %s",
			first->who);
		if (first->option)
			buf_addstr(&b, " WITH GRANT OPTION");
		list_add(l->arena, out, arena_strndup(l->arena, b.ptr,
						      b.len));
	}
	buf_release(&b);
}

static void born_grants(struct lowering *l, struct list *out,
			const struct node *n)
{
	struct hads h = { 0 };
	struct buf schema = BUF_INIT;
	const char *objects = NULL;

	for (size_t i = 0; i < ARRAY_LEN(born); i++)
		if (born[i].kind == n->kind) {
			objects = born[i].objects;
			h.of_public = born[i].of_public;
		}
	/* That schema is there before there are any. */
	if (!objects || !strcmp(n->name, "public"))
		return;
	take_defaults(l, &h, arena_printf(l->arena, "OWNER %s", objects));
	pg_add_schema(&schema, n->name);
	if (schema.len) {
		buf_truncate(&schema, schema.len - 1);
		take_defaults(l, &h, arena_printf(l->arena,
			"OWNER IN SCHEMA %s %s", schema.ptr, objects));
	}
	list_hads(l, out, &h);
	buf_release(&schema);
}

/* ---- from one to the other ---------------------------------------------- */

void pg_set_grants(struct lowering *l, struct action *a,
		   const struct node *old, const struct node *n)
{
	struct list before = { NULL, 0 };
	const struct list *after = &((const struct pg_common *)n)->grants;

	if (old)
		before = ((const struct pg_common *)old)->grants;
	else
		born_grants(l, &before, n);
	for (size_t i = 0; i < before.n; i++)
		if (!pg_list_has(after, before.v[i]))
			add_grant(l, a, n, before.v[i], false);
	for (size_t i = 0; i < after->n; i++)
		if (!pg_list_has(&before, after->v[i]))
			add_grant(l, a, n, after->v[i], true);
}

/* What stands for a column's sequence. */
static struct node *sequence_of(struct lowering *l, const struct node *n)
{
	static const char named[] = "SEQUENCE NAME ";
	const struct pg_column *c = (const struct pg_column *)n;
	struct pg_sequence *s;
	struct buf b = BUF_INIT;
	const char *table;

	for (size_t i = 0; i < c->sequence.n; i++)
		if (str_starts(c->sequence.v[i], named))
			buf_addstr(&b, c->sequence.v[i] + strlen(named));
	if (!b.len) {
		pg_add_schema(&b, n->parent->name);
		table = unquoted(l->arena, n->parent->name + b.len);
		pg_addf(&b, "%I", arena_printf(l->arena, "%s_%s_seq", table,
					       n->name));
	}
	s = (struct pg_sequence *)node_new(l->arena, &pg_kind_sequence,
		arena_strndup(l->arena, b.ptr, b.len));
	s->grants = c->sequence_grants;
	buf_release(&b);
	return &s->node;
}

void pg_set_identity_grants(struct lowering *l, struct action *a,
			    const struct node *from, const struct node *to)
{
	const struct pg_column *f = (const struct pg_column *)from;

	if (((const struct pg_column *)to)->identity)
		pg_set_grants(l, a, f && f->identity ? sequence_of(l, from) :
			      NULL, sequence_of(l, to));
}

void pg_take_grants(struct lowering *l, struct action *a,
		    const struct node *n)
{
	const struct list *grants = &((const struct pg_common *)n)->grants;

	for (size_t i = 0; i < grants->n; i++)
		add_grant(l, a, n, grants->v[i], false);
}
