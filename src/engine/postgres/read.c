/*
 * The catalog of a database as a schema: the rows of each query become nodes,
 * their columns fields, pg_depend what each node needs.
 */
#include "config.h"

#include "engine/postgres/emit.h"

#include <stdio.h>
#include <stdlib.h>

struct reading {
	struct conn *conn;
	struct schema *schema;
	struct arena *arena;
	struct map by_oid;	/* struct address -> node */
	const struct read_opts *opts;
	struct err *err;
};

/* What pg_depend calls a thing. */
struct address {
	uint32_t class, oid, sub;
};

static void note_address(struct reading *rd, enum pg_class class,
			 const char *oid, const char *sub, struct node *n)
{
	struct address a = { class, (uint32_t)strtoul(oid, NULL, 10),
			     sub ? (uint32_t)strtoul(sub, NULL, 10) : 0 };

	map_set_bytes(&rd->by_oid, &a, sizeof(a), n);
}

static struct node *find_address(struct reading *rd, enum pg_class class,
				 const char *oid, const char *sub)
{
	struct address a = { class, (uint32_t)strtoul(oid, NULL, 10),
			     sub ? (uint32_t)strtoul(sub, NULL, 10) : 0 };

	return map_find_bytes(&rd->by_oid, &a, sizeof(a));
}

char *pg_query_text(struct arena *a, const char *sql, int major)
{
	struct buf b = BUF_INIT;
	char *out;

	while (*sql) {
		const char *bar, *end;
		char *colon;
		long least;

		if (*sql != '{' || sql[1] < '1' || sql[1] > '9') {
			buf_addch(&b, *sql++);
			continue;
		}
		least = strtol(sql + 1, &colon, 10);
		bar = strchr(colon, '|');
		end = strchr(bar, '}');
		if (major >= least)
			buf_add(&b, colon + 1, (size_t)(bar - colon) - 1);
		else
			buf_add(&b, bar + 1, (size_t)(end - bar) - 1);
		sql = end + 1;
	}
	out = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return out;
}

/* A text[] as the server prints it: {a,"b c",NULL}. */
static void take_array(struct arena *a, struct list *out, const char *p)
{
	struct buf b = BUF_INIT;

	p++;
	while (*p && *p != '}') {
		bool quoted = *p == '"';

		buf_truncate(&b, 0);
		p += quoted;
		while (*p && (quoted ? *p != '"' : *p != ',' && *p != '}')) {
			p += *p == '\\';
			buf_addch(&b, *p++);
		}
		p += quoted;
		p += *p == ',';
		list_add(a, out, arena_strndup(a, b.ptr, b.len));
	}
	buf_release(&b);
}

/* Behind the parenthesis that closes the one at p, or at the end. */
static const char *skip_parens(const char *p)
{
	unsigned depth = 0;

	for (; *p; p++) {
		if (*p == '\'' || *p == '"') {
			char quote = *p++;

			while (*p && *p != quote)
				p++;
			if (!*p)
				break;
		}
		depth += *p == '(' || *p == '[';
		depth -= (*p == ')' || *p == ']') && depth;
		if (!depth)
			return p + 1;
	}
	return p;
}

/* The terms out of "CREATE INDEX i ON t USING btree (a, lower(b) DESC) ...":
 * the server prints them nowhere else with all that belongs to them. */
static void take_terms(struct arena *a, struct list *out, const char *def)
{
	const char *p = def, *end, *from;

	while (*p && strncmp(p, " USING ", 7))
		p = *p == '"' ? p + 1 + strcspn(p + 1, "\"") + 1 : p + 1;
	p = strchr(p, '(');
	if (!p)
		return;
	end = skip_parens(p) - 1;
	for (from = ++p; p < end; p++) {
		if (*p == '(' || *p == '[' || *p == '\'' || *p == '"') {
			const char *behind = skip_parens(p);

			if (*p == '\'' || *p == '"') {
				const char *q = strchr(p + 1, *p);

				behind = q ? q + 1 : end;
			}
			p = behind - 1;
		} else if (*p == ',') {
			list_add(a, out, arena_strndup(a, from,
						       (size_t)(p - from)));
			from = p + 2;
		}
	}
	list_add(a, out, arena_strndup(a, from, (size_t)(end - from)));
}

static void set_field(struct reading *rd, struct node *n,
		      const struct field *f, const char *text)
{
	char *at = (char *)n + f->offset;

	if (f->type == FIELD_FLAG)
		*(bool *)at = *text == 't';
	else if (f->type != FIELD_NAMES && f->type != FIELD_SQLS)
		*(const char **)at = arena_strdup(rd->arena, text);
	else if (n->kind == &pg_kind_index && *text == 'C')
		take_terms(rd->arena, (struct list *)at, text);
	else
		take_array(rd->arena, (struct list *)at, text);
}

static const struct field *field_find(const struct kind *k, const char *word)
{
	for (size_t i = 0; i < k->nfields; i++)
		if (!strcmp(k->fields[i].name, word))
			return &k->fields[i];
	return NULL;
}

/* What pg_depend may call it, besides its oid. */
static const struct {
	const char *column;
	enum pg_class class;
} aliases[] = {
	{ "relation", CLASS_RELATION },
	{ "type", CLASS_TYPE },
	{ "array", CLASS_TYPE },
	{ "rule", CLASS_REWRITE },
	{ "default-oid", CLASS_DEFAULT },
};

/* The columns of a result, looked up once. */
struct columns {
	int class, oid, sub, parent, name;
	int alias[ARRAY_LEN(aliases)];
	const struct field **fields;	/* NULL: not a field */
	int n;
};

static void find_columns(struct columns *c, const struct kind *k,
			 const PGresult *r, struct arena *a)
{
	c->class = c->oid = c->sub = c->parent = c->name = -1;
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		c->alias[i] = -1;
	c->n = pq.nfields(r);
	c->fields = arena_alloc(a, (size_t)c->n * sizeof(*c->fields));
	for (int i = 0; i < c->n; i++) {
		const char *word = pq.fname(r, i);

		if (!strcmp(word, "class"))
			c->class = i;
		else if (!strcmp(word, "oid"))
			c->oid = i;
		else if (!strcmp(word, "sub"))
			c->sub = i;
		else if (!strcmp(word, "parent"))
			c->parent = i;
		else if (!strcmp(word, "name"))
			c->name = i;
		else
			c->fields[i] = field_find(k, word);
		for (size_t al = 0; al < ARRAY_LEN(aliases); al++)
			if (!c->fields[i] &&
			    !strcmp(word, aliases[al].column))
				c->alias[al] = i;
	}
}

static const char *value(const PGresult *r, int row, int column)
{
	return column < 0 || pq.getisnull(r, row, column) ? NULL :
	       pq.getvalue(r, row, column);
}

static void take_row(struct reading *rd, const struct pg_query *q,
		     const PGresult *r, int row, const struct columns *c)
{
	struct node *parent = NULL, *n;

	if (c->parent >= 0) {
		parent = find_address(rd, q->parent, value(r, row, c->parent),
				      NULL);
		if (!parent)
			return;
	}
	n = node_new(rd->arena, q->kind, value(r, row, c->name));
	for (int i = 0; i < c->n; i++)
		if (c->fields[i] && value(r, row, i))
			set_field(rd, n, c->fields[i], value(r, row, i));
	note_address(rd, c->class < 0 ? q->class :
		     (enum pg_class)strtoul(value(r, row, c->class), NULL, 10),
		     value(r, row, c->oid), value(r, row, c->sub), n);
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (value(r, row, c->alias[i]))
			note_address(rd, aliases[i].class,
				     value(r, row, c->alias[i]), NULL, n);
	if (parent)
		node_add(rd->arena, parent, n);
	else
		schema_add(rd->schema, n);
}

static int take_rows(struct reading *rd, const struct pg_query *q, PGresult *r)
{
	struct arena a = ARENA_INIT;
	struct columns c;

	if (!r)
		return err_wrap(rd->err, "reading each %s", q->kind->word);
	find_columns(&c, q->kind, r, &a);
	for (int row = 0; row < pq.ntuples(r); row++)
		take_row(rd, q, r, row, &c);
	pq.clear(r);
	arena_release(&a);
	return 0;
}

static int run_query(struct reading *rd, const struct pg_query *q)
{
	struct arena a = ARENA_INIT;
	int ret = take_rows(rd, q, pg_rows_again(rd->conn, pg_query_text(
			&a, q->sql, rd->conn->dialect), rd->err));

	arena_release(&a);
	return ret;
}

/* ---- public ------------------------------------------------------------ */

static const char public_comment[] = "standard public schema";

static void fix_public(struct pg_namespace *p)
{
	if (!p->comment)
		p->comment = "";
	else if (!strcmp(p->comment, public_comment))
		p->comment = NULL;
}

/* In a new database there is nothing. */
static void take_public(struct reading *rd)
{
	struct schema *s = rd->schema;
	size_t kept = 0;
	bool found = false;

	for (size_t i = 0; i < s->n; i++) {
		struct pg_namespace *p = (struct pg_namespace *)s->objects[i];

		if (p->node.kind == &pg_kind_namespace &&
		    !strcmp(p->node.name, "public")) {
			found = true;
			fix_public(p);
			if (!p->comment && !p->grants.n)
				continue;
		}
		s->objects[kept++] = s->objects[i];
	}
	s->n = kept;
	if (!found) {
		struct node *n = node_new(rd->arena, &pg_kind_namespace,
					  "public");

		((struct pg_namespace *)n)->absent = true;
		schema_add(s, n);
	}
}

/* ---- who needs whom ---------------------------------------------------- */

static const struct node *object_of(const struct node *n)
{
	return n->parent ? n->parent : n;
}

static int cmp_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_needs(struct node *n)
{
	size_t kept = 0;

	if (n->needs.n)
		qsort(n->needs.v, n->needs.n, sizeof(*n->needs.v),
		      cmp_strings);
	for (size_t i = 0; i < n->needs.n; i++)
		if (!kept || strcmp(n->needs.v[kept - 1], n->needs.v[i]))
			n->needs.v[kept++] = n->needs.v[i];
	n->needs.n = kept;
	for (size_t i = 0; i < n->nkids; i++)
		sort_needs(n->kids[i]);
}

/* A sequence that an identity or a serial has hangs on its column, but is made
 * before it; the field says so. */
static bool is_ownership(const struct node *n, const char *type)
{
	return n->kind == &pg_kind_sequence && *type == 'a';
}

static struct node *either(struct reading *rd, const PGresult *r, int row,
			   int first)
{
	enum pg_class class = (enum pg_class)strtoul(
		pq.getvalue(r, row, first), NULL, 10);
	const char *oid = pq.getvalue(r, row, first + 1);
	struct node *n = find_address(rd, class, oid,
				      pq.getvalue(r, row, first + 2));

	return n ? n : find_address(rd, class, oid, NULL);
}

/* A base type's own functions need its name alone, and its definition needs
 * them; all others need the definition. */
static bool is_function_of(const struct node *function,
			   const struct node *definition)
{
	const struct kind *k = definition->kind;
	struct buf b = BUF_INIT;
	bool is = false;

	pg_add_routine_name(&b, function->name);
	for (size_t i = 0; i < k->nfields && !is; i++)
		is = k->fields[i].type == FIELD_NAME &&
		     field_str(definition, &k->fields[i]) &&
		     !strcmp(field_str(definition, &k->fields[i]), b.ptr);
	buf_release(&b);
	return is;
}

static void take_need(struct reading *rd, const PGresult *r, int row,
		      struct buf *b)
{
	struct node *n = either(rd, r, row, 0), *on = either(rd, r, row, 3);

	if (!n || !on || object_of(n) == object_of(on) ||
	    is_ownership(n, pq.getvalue(r, row, 6)))
		return;
	if (on->kind == &pg_kind_definition &&
	    n->kind == &pg_kind_function && is_function_of(n, on))
		on = on->parent;
	if (n->kind == &pg_kind_definition && on->kind == &pg_kind_namespace)
		n = n->parent;
	buf_truncate(b, 0);
	node_ref(b, on);
	list_add(rd->arena, &n->needs, arena_strndup(rd->arena, b->ptr,
						     b->len));
}

/* An operator class's operators and functions, a publication's tables. */
static bool is_item(const PGresult *r, int row)
{
	static const struct {
		const char *class, *object;
	} items[] = {
		{ "2602", "2616" }, { "2602", "2753" }, { "2603", "2616" },
		{ "2603", "2753" }, { "6106", "6104" }, { "6237", "6104" },
	};

	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		if (!strcmp(pq.getvalue(r, row, 0), items[i].class) &&
		    !strcmp(pq.getvalue(r, row, 3), items[i].object))
			return true;
	return false;
}

/* What is inside of another object, or an extension's, stands for the other;
 * the constructors of a multirange are two steps away from the range. */
static void note_members(struct reading *rd, const PGresult *r)
{
	for (int i = 0; i < 2 * pq.ntuples(r); i++) {
		int row = i % pq.ntuples(r);
		char how = *pq.getvalue(r, row, 6);
		struct node *x;

		if (how != 'e' && how != 'i' && !is_item(r, row))
			continue;
		x = either(rd, r, row, 3);
		if (x && !either(rd, r, row, 0))
			note_address(rd, (enum pg_class)strtoul(
				pq.getvalue(r, row, 0), NULL, 10),
				pq.getvalue(r, row, 1), NULL, x);
	}
}

static void take_needs(struct reading *rd, const PGresult *r)
{
	struct buf b = BUF_INIT;

	note_members(rd, r);
	for (int row = 0; row < pq.ntuples(r); row++)
		if (*pq.getvalue(r, row, 6) != 'e')
			take_need(rd, r, row, &b);
	for (size_t i = 0; i < rd->schema->n; i++)
		sort_needs(rd->schema->objects[i]);
	buf_release(&b);
}

/* ---- what no kind claims ------------------------------------------------- */

static bool is_known(void *ctx, const char *class, const char *oid)
{
	return find_address(ctx, (enum pg_class)strtoul(class, NULL, 10), oid,
			    NULL);
}

static int read_opaque(struct reading *rd)
{
	struct pg_query q = { .kind = &pg_kind_opaque };
	char *sql;

	if (pg_opaque_query(&sql, rd->conn, is_known, rd, rd->err))
		return -1;
	pg_again_end(rd->conn);
	return sql ? take_rows(rd, &q, pg_rows(rd->conn, sql, rd->err)) : 0;
}

/* All but for what only the answers tell. */
static int begin_queries(struct reading *rd)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	int ret;

	for (size_t i = 0; i < pg_queries_n + pg_rare_queries_n; i++)
		buf_addf(&b, "%s;", pg_query_text(&a, i < pg_queries_n ?
			pg_queries[i].sql :
			pg_rare_queries[i - pg_queries_n].sql,
			rd->conn->dialect));
	buf_addstr(&b, pg_depend_query);
	ret = pg_again_begin(rd->conn, b.ptr,
			     pg_queries_n + pg_rare_queries_n + 1, rd->err);
	buf_release(&b);
	arena_release(&a);
	return ret;
}

/* What was kept is all that was there, without settings. */
static int read_before(struct schema *s, struct conn *c,
		       const struct read_opts *opts, struct err *err)
{
	int ret;

	if (opts && opts->ignore && opts->ignore->n)
		return 0;
	ret = pg_read_before(s, c, err);
	if (ret <= 0)
		return ret;
	if (pg_leave_out(s, opts, err))
		return -1;
	schema_compute_digest(s);
	return 1;
}

static const char *version_of(struct arena *a, const struct conn *c)
{
	struct buf b = BUF_INIT;
	char *s;

	pg_add_version(&b, c);
	s = arena_strdup(a, b.ptr);
	buf_release(&b);
	return s;
}

int pg_read(struct conn *c, struct schema *s, const struct read_opts *opts,
	    struct err *err)
{
	struct reading rd = {
		.conn = c, .schema = s, .arena = s->arena, .opts = opts,
		.err = err,
	};
	PGresult *needs = NULL;
	int ret;

	if (c->engine->look(c, err))
		return -1;
	ret = read_before(s, c, opts, err);
	if (ret)
		goto out;
	ret = -1;
	s->version = version_of(s->arena, c);
	if (begin_queries(&rd))
		goto out;
	for (size_t i = 0; i < pg_queries_n; i++)
		if (run_query(&rd, &pg_queries[i]))
			goto out;
	for (size_t i = 0; i < pg_rare_queries_n; i++)
		if (run_query(&rd, &pg_rare_queries[i]))
			goto out;
	needs = pg_rows_again(c, pg_depend_query, err);
	if (!needs || read_opaque(&rd))
		goto out;
	take_needs(&rd, needs);
	take_public(&rd);
	ret = pg_leave_out(s, opts, err) || schema_seal(s, err) ? -1 : 0;
out:
	pg_again_end(c);
	pq.clear(needs);
	c->engine->look_end(c);
	map_release(&rd.by_oid);
	return ret < 0 ? -1 : 0;
}
