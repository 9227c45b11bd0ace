/*
 * Changes in place: which are, and their statements.
 */
#include "config.h"

#include "engine/postgres/lower.h"

#include <stdlib.h>

/* ---- which fields differ ------------------------------------------------- */

static uint64_t field_bit(const struct kind *k, const char *word)
{
	for (size_t i = 0; i < k->nfields; i++)
		if (!strcmp(k->fields[i].name, word))
			return (uint64_t)1 << i;
	return 0;
}

static bool differs(const struct change *ch, const char *word)
{
	return ch && ch->op == CHANGE_ALTER && ch->fields & field_bit(ch->from->kind, word);
}

/* Does anything differ beside these?  A list of words with blanks. */
bool pg_differs_beside(const struct change *ch, const char *words)
{
	uint64_t known = 0;

	while (*words) {
		size_t n = strcspn(words, " ");
		char word[32];

		memcpy(word, words, n);
		word[n] = '\0';
		known |= field_bit(ch->from->kind, word);
		words += n + (words[n] == ' ');
	}
	return ch->fields & ~known;
}

static enum fate refuse(struct lowering *l, const struct change *ch,
			const char *what)
{
	struct buf b = BUF_INIT;

	node_title(&b, ch->from);
	err_set(l->err, ERR_REFUSED, "%s: %s", b.ptr, what);
	err_hint(l->err, "in one version make a new one under another name, "
		 "in the next drop this one");
	buf_release(&b);
	return FATE_KEPT;
}

/* What each kind takes in its stride; anything else is a new one. */
static const struct {
	const struct kind *kind;
	const char *words;
} in_place[] = {
	{ &pg_kind_namespace, "comment grant" },
	{ &pg_kind_extension, "comment schema version" },
	{ &pg_kind_domain, "comment grant default not-null" },
	{ &pg_kind_composite, "comment grant" },
	{ &pg_kind_range, "comment grant" },
	{ &pg_kind_sequence, "comment grant type start increment minimum "
	  "maximum cache cycle unlogged owned-by" },
	{ &pg_kind_primary_key, "comment option clustered replica-identity "
	  "inherited partition-of index-comment" },
	{ &pg_kind_unique, "comment option clustered replica-identity "
	  "inherited partition-of index-comment" },
	{ &pg_kind_exclusion, "comment clustered inherited" },
	{ &pg_kind_check, "comment inherited" },
	{ &pg_kind_foreign_key, "comment deferrable initially-deferred "
	  "inherited" },
	{ &pg_kind_index, "comment option tablespace clustered "
	  "replica-identity partition-of statistics only" },
	{ &pg_kind_trigger, "comment enabled inherited" },
	{ &pg_kind_rule, "comment enabled" },
	{ &pg_kind_policy, "comment role using check" },
	{ &pg_kind_view, "comment grant option" },
	{ &pg_kind_matview, "comment grant option tablespace access-method" },
};

static enum fate plain_way(struct lowering *l, const struct change *ch)
{
	const char *words = pg_rare_words(ch, l->from, l->to);

	for (size_t i = 0; i < ARRAY_LEN(in_place); i++)
		if (in_place[i].kind == ch->from->kind)
			words = in_place[i].words;
	return pg_differs_beside(ch, words) ? FATE_REPLACED : FATE_ALTERED;
}

static enum fate table_way(struct lowering *l, const struct change *ch)
{
	const struct pg_table *f = (const struct pg_table *)ch->from;
	const struct pg_table *t = (const struct pg_table *)ch->to;

	if (differs(ch, "partition-by"))
		return refuse(l, ch, f->partition_by && t->partition_by ?
			      "a partitioned table keeps its key" :
			      f->partition_by ?
			      "a partitioned table stays one" :
			      "a table cannot become a partitioned one");
	if (differs(ch, "server"))
		return refuse(l, ch, "a foreign table keeps its server");
	if (ch->moved && (t->ordered || l->opts->column_order))
		return refuse(l, ch, "columns cannot change places");
	return FATE_ALTERED;
}

static enum fate column_way(struct lowering *l, const struct change *ch)
{
	const struct pg_column *f = (const struct pg_column *)ch->from;
	const struct pg_column *t = (const struct pg_column *)ch->to;

	if (differs(ch, "inherited") && pg_check_inherited(l, ch))
		return FATE_KEPT;
	if (differs(ch, "generated") && t->generated)
		return FATE_REPLACED;
	if (differs(ch, "type") && !f->generated &&
	    ch->from->parent->kind == &pg_kind_table &&
	    !pg_converts(f->type, t->type))
		return refuse(l, ch, pg_printf(l->arena, "PostgreSQL has no "
			"cast from %s to %s", f->type, t->type));
	if (differs(ch, "type") || differs(ch, "collate"))
		return f->generated ? FATE_REPLACED : FATE_RETYPED;
	return FATE_ALTERED;
}

/* The columns of the old view, in front of the new one's? */
static bool is_extended(const struct node *from, const struct node *to)
{
	for (size_t i = 0; i < from->nkids; i++) {
		const struct pg_column *f = (struct pg_column *)from->kids[i];
		const struct pg_column *t;

		if (!kind_is_column(from->kids[i]->kind))
			return true;
		if (i >= to->nkids || !kind_is_column(to->kids[i]->kind))
			return false;
		t = (const struct pg_column *)to->kids[i];
		if (strcmp(f->node.name, t->node.name) ||
		    strcmp(f->type, t->type) ||
		    strcmp(f->collate ? f->collate : "",
			   t->collate ? t->collate : ""))
			return false;
	}
	return true;
}

static enum fate view_way(const struct change *ch)
{
	if (pg_differs_beside(ch, "comment grant option as") ||
	    !is_extended(ch->from, ch->to))
		return FATE_REPLACED;
	return FATE_ALTERED;
}

/* CREATE OR REPLACE keeps names of arguments, defaults and the result. */
static enum fate routine_way(const struct change *ch)
{
	if (differs(ch, "arguments") || differs(ch, "returns") ||
	    differs(ch, "window"))
		return FATE_REPLACED;
	return FATE_ALTERED;
}

/* Are the old values there, in their order? */
static bool is_longer(const struct list *from, const struct list *to)
{
	size_t i = 0;

	for (size_t k = 0; k < to->n && i < from->n; k++)
		i += !strcmp(from->v[i], to->v[k]);
	return i == from->n;
}

static bool mentions(const struct node *n, const char *literal)
{
	for (size_t i = 0; i < n->kind->nfields; i++) {
		const struct field *f = &n->kind->fields[i];

		if (f->type == FIELD_SQL && field_str(n, f) &&
		    strstr(field_str(n, f), literal))
			return true;
		for (size_t k = 0; f->type == FIELD_SQLS &&
		     k < field_list(n, f)->n; k++)
			if (strstr(field_list(n, f)->v[k], literal))
				return true;
	}
	for (size_t i = 0; i < n->nkids; i++)
		if (mentions(n->kids[i], literal))
			return true;
	return false;
}

/* A value that is new cannot be used before COMMIT; is it, by this plan? */
static bool uses_new_value(struct lowering *l, const struct pg_enum *from,
			   const struct pg_enum *to)
{
	for (size_t k = 0; k < to->values.n; k++) {
		char *literal;

		for (size_t i = 0; i < from->values.n; i++)
			if (!strcmp(from->values.v[i], to->values.v[k]))
				goto next;
		literal = pg_printf(l->arena, "%L::%s", to->values.v[k],
				    to->node.name);
		for (size_t i = 0; i < l->diff.n; i++)
			if (l->diff.v[i].to &&
			    mentions(l->diff.v[i].to, literal))
				return true;
next:
		;
	}
	return false;
}

static enum fate enum_way(struct lowering *l, const struct change *ch)
{
	const struct pg_enum *f = (const struct pg_enum *)ch->from;
	const struct pg_enum *t = (const struct pg_enum *)ch->to;

	return is_longer(&f->values, &t->values) &&
	       !uses_new_value(l, f, t) ? FATE_ALTERED : FATE_REPLACED;
}

/* What ALTER POLICY cannot take away. */
static bool policy_loses(const struct change *ch)
{
	const struct pg_policy *f = (const struct pg_policy *)ch->from;
	const struct pg_policy *t = (const struct pg_policy *)ch->to;

	return (f->use && !t->use) || (f->check && !t->check);
}

/* "1.10" behind "1.9"? */
static int cmp_versions(const char *a, const char *b)
{
	while (*a && *b) {
		char *enda, *endb;
		long x = strtol(a, &enda, 10), y = strtol(b, &endb, 10);

		if (enda == a || endb == b)
			return strcmp(a, b);
		if (x != y)
			return x < y ? -1 : 1;
		a = enda + (*enda == '.');
		b = endb + (*endb == '.');
	}
	return *a ? 1 : *b ? -1 : 0;
}

static bool is_older(const struct change *ch)
{
	const struct pg_extension *f = (const struct pg_extension *)ch->from;
	const struct pg_extension *t = (const struct pg_extension *)ch->to;

	return cmp_versions(t->version, f->version) < 0;
}

/* A shell becomes a type; what is one is what it is. */
static enum fate base_type_way(const struct change *ch)
{
	for (size_t i = 0; i < ch->nkids; i++)
		if (ch->kids[i].op != CHANGE_ADD)
			return FATE_REPLACED;
	return FATE_ALTERED;
}

static enum fate way(struct lowering *l, const struct change *ch)
{
	const struct kind *k = ch->from->kind;

	if (k == &pg_kind_base_type)
		return base_type_way(ch);

	if ((k == &pg_kind_policy && policy_loses(ch)) ||
	    (k == &pg_kind_extension && is_older(ch)))
		return FATE_REPLACED;

	if (k == &pg_kind_table || k == &pg_kind_foreign_table)
		return table_way(l, ch);
	if (kind_is_column(k))
		return column_way(l, ch);
	if (k == &pg_kind_view)
		return view_way(ch);
	if (k == &pg_kind_function || k == &pg_kind_procedure)
		return routine_way(ch);
	if (k == &pg_kind_enum)
		return enum_way(l, ch);
	if (k == &pg_kind_matview && !is_extended(ch->from, ch->to))
		return FATE_REPLACED;
	return plain_way(l, ch);
}

enum fate pg_way(struct lowering *l, const struct change *ch)
{
	if (!pg_ops_of(ch->from->kind))
		return refuse(l, ch, "this schemastore cannot change it");
	return way(l, ch);
}

/* ---- statements ----------------------------------------------------------- */

struct altering {
	struct lowering *l;
	struct action *a;
	struct pair *p;
	const struct change *ch;
	const struct node *from, *to;
	const char *table;	/* ALTER TABLE: of the node or of its object */
};

#define ACT(al, ...) \
	pg_act((al)->l, (al)->a, (al)->to, \
	       pg_printf((al)->l->arena, __VA_ARGS__))

/* Before another index takes its place. */
static void unmark(struct altering *al, bool clustered, bool identity)
{
	struct action *r;

	if (!clustered && !identity)
		return;
	r = pg_action(al->l, STAGE_RELEASE, NULL, NULL);
	if (clustered)
		pg_act(al->l, r, al->to, pg_printf(al->l->arena, "ALTER TABLE "
			"%s SET WITHOUT CLUSTER", al->table));
	if (identity)
		pg_act(al->l, r, al->to, pg_printf(al->l->arena, "ALTER TABLE "
			"%s REPLICA IDENTITY DEFAULT", al->table));
	pg_after(al->l, al->a, r);
}

/* Storage parameters that are gone, and those that are there. */
static void set_options(struct altering *al, const char *what,
			const struct list *from, const struct list *to)
{
	struct buf gone = BUF_INIT;

	for (size_t i = 0; i < from->n; i++) {
		size_t n = strcspn(from->v[i], "=");
		bool kept = false;

		for (size_t k = 0; k < to->n && !kept; k++)
			kept = !strncmp(from->v[i], to->v[k], n + 1);
		if (kept)
			continue;
		if (gone.len)
			buf_addstr(&gone, ", ");
		buf_add(&gone, from->v[i], n);
	}
	if (gone.len)
		ACT(al, "ALTER %s RESET (%s)", what, gone.ptr);
	if (to->n)
		ACT(al, "ALTER %s SET (%l)", what, to);
	buf_release(&gone);
}

/* It lets go before anything changes, and takes on when all has. */
/* "OPTIONS (ADD a 'x', SET b 'y', DROP c)" */
static void set_server_options(struct altering *al, const char *what,
			       const struct list *from, const struct list *to)
{
	struct buf b = BUF_INIT;

	pg_add_option_changes(&b, from, to);
	if (b.len)
		ACT(al, "%s OPTIONS (%s)", what, b.ptr);
	buf_release(&b);
}

static void alter_inherits(struct altering *al)
{
	const struct pg_table *f = (const struct pg_table *)al->from;
	const struct pg_table *t = (const struct pg_table *)al->to;
	struct action *r = pg_action(al->l, STAGE_RELEASE, NULL, NULL);

	al->p->finish = pg_action(al->l, STAGE_FINISH, NULL, al->to);
	pg_after(al->l, al->a, r);

	for (size_t i = 0; i < f->inherits.n; i++) {
		bool kept = false;

		for (size_t k = 0; k < t->inherits.n; k++)
			kept |= !strcmp(f->inherits.v[i], t->inherits.v[k]);
		if (!kept)
			pg_act(al->l, r, al->to, pg_printf(al->l->arena,
				"ALTER TABLE %s NO INHERIT %s", al->table,
				f->inherits.v[i]));
	}
	for (size_t i = 0; i < t->inherits.n; i++) {
		bool had = false;

		for (size_t k = 0; k < f->inherits.n; k++)
			had |= !strcmp(t->inherits.v[i], f->inherits.v[k]);
		if (!had)
			pg_act(al->l, al->p->finish, al->to, pg_printf(
				al->l->arena, "ALTER TABLE %s INHERIT %s",
				al->table, t->inherits.v[i]));
	}
}

static void alter_partition(struct altering *al)
{
	const struct pg_table *f = (const struct pg_table *)al->from;
	const struct pg_table *t = (const struct pg_table *)al->to;

	if (f->partition_of) {
		struct pair *parent = map_find(&al->l->by_from,
			pg_printf(al->l->arena, "table %s", f->partition_of));
		struct action *d = pg_action(al->l, STAGE_RELEASE, NULL, NULL);

		pg_act(al->l, d, al->to, pg_printf(al->l->arena, "ALTER TABLE "
			"%s DETACH PARTITION %s", f->partition_of, al->table));
		if (parent)
			pg_after(al->l, parent->drop, d);
		pg_after(al->l, al->a, d);
		al->p->released = true;
	}
	if (t->partition_of)
		pg_finish(al->l, al->p, true);
}

static void alter_table(struct altering *al)
{
	const struct pg_table *f = (const struct pg_table *)al->from;
	const struct pg_table *t = (const struct pg_table *)al->to;
	const char *noun = al->to->kind == &pg_kind_table ? "TABLE" :
			   "FOREIGN TABLE";

	if (differs(al->ch, "inherits"))
		alter_inherits(al);
	if (differs(al->ch, "partition-of") || differs(al->ch, "bound"))
		alter_partition(al);
	if (differs(al->ch, "of-type"))
		ACT(al, t->of_type ? "ALTER TABLE %s OF %s" :
		    "ALTER TABLE %s NOT OF", al->table, t->of_type);
	if (differs(al->ch, "unlogged"))
		ACT(al, "ALTER TABLE %s SET %s", al->table,
		    t->unlogged ? "UNLOGGED" : "LOGGED");
	if (differs(al->ch, "access-method"))
		ACT(al, "ALTER TABLE %s SET ACCESS METHOD %s", al->table,
		    t->access_method ? t->access_method : "heap");
	if (differs(al->ch, "tablespace"))
		ACT(al, "ALTER TABLE %s SET TABLESPACE %s", al->table,
		    t->tablespace ? t->tablespace : "pg_default");
	if (differs(al->ch, "option"))
		set_options(al, pg_printf(al->l->arena, "%s %s", noun,
					  al->table), &f->options,
			    &t->options);
	if (differs(al->ch, "server-option"))
		set_server_options(al, pg_printf(al->l->arena,
			"ALTER FOREIGN TABLE %s", al->table),
			&f->server_options, &t->server_options);
	if (differs(al->ch, "row-security"))
		ACT(al, "ALTER TABLE %s %s ROW LEVEL SECURITY", al->table,
		    t->row_security ? "ENABLE" : "DISABLE");
	if (differs(al->ch, "force-row-security"))
		ACT(al, "ALTER TABLE %s %s ROW LEVEL SECURITY", al->table,
		    t->force_row_security ? "FORCE" : "NO FORCE");
	if (differs(al->ch, "replica-identity") && t->replica_identity)
		ACT(al, "ALTER TABLE %s REPLICA IDENTITY %U", al->table,
		    t->replica_identity);
	else if (differs(al->ch, "replica-identity"))
		unmark(al, false, true);
}

static void alter_type(struct altering *al)
{
	const struct pg_column *f = (const struct pg_column *)al->from;
	const struct pg_column *t = (const struct pg_column *)al->to;
	struct statement *st;
	struct buf b = BUF_INIT;

	if (al->to->parent->kind == &pg_kind_composite) {
		ACT(al, "ALTER TYPE %s ALTER ATTRIBUTE %I TYPE %s%s%s CASCADE",
		    al->table, al->to->name, t->type,
		    t->collate ? " COLLATE " : "",
		    t->collate ? t->collate : "");
		return;
	}
	if (f->dflt)
		ACT(al, "ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT",
		    al->table, al->to->name);
	pg_addf(&b, "ALTER %s %s ALTER COLUMN %I TYPE %s", al->to->parent->kind
		== &pg_kind_foreign_table ? "FOREIGN TABLE" : "TABLE",
		al->table, al->to->name, t->type);
	if (t->collate)
		pg_addf(&b, " COLLATE %s", t->collate);
	if (al->to->parent->kind == &pg_kind_table)
		pg_add_using(&b, al->to->name, f->type, t->type,
			     !differs(al->ch, "type"));
	st = ACT(al, "%s", b.ptr);
	pg_hazard_type(al->l, st, al->from, al->to);
	if (t->dflt)
		ACT(al, "ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s",
		    al->table, al->to->name, t->dflt);
	buf_release(&b);
}

static void alter_identity(struct altering *al)
{
	const struct pg_column *f = (const struct pg_column *)al->from;
	const struct pg_column *t = (const struct pg_column *)al->to;
	struct buf b = BUF_INIT;

	if (f->identity && t->identity && differs(al->ch, "identity"))
		ACT(al, "ALTER TABLE %s ALTER COLUMN %I SET GENERATED %U",
		    al->table, al->to->name, t->identity);
	if (f->identity && t->identity && differs(al->ch, "sequence"))
		pg_identity_options(al->l, al->a, al->to, &t->sequence);
	if (f->identity && !t->identity)
		ACT(al, "ALTER TABLE %s ALTER COLUMN %I DROP IDENTITY",
		    al->table, al->to->name);
	if (!f->identity && t->identity) {
		pg_add_identity(&b, t);
		ACT(al, "ALTER TABLE %s ALTER COLUMN %I ADD %s", al->table,
		    al->to->name, b.ptr);
		pg_identity_start(al->l, al->a, al->to);
	}
	buf_release(&b);
}

static void alter_default(struct altering *al, bool retyped)
{
	const struct pg_column *f = (const struct pg_column *)al->from;
	const struct pg_column *t = (const struct pg_column *)al->to;
	const char *noun = al->to->parent->kind == &pg_kind_view ? "VIEW" :
			   "TABLE";

	if (f->generated && !t->generated)
		ACT(al, "ALTER TABLE %s ALTER COLUMN %I DROP EXPRESSION",
		    al->table, al->to->name);
	if (!differs(al->ch, "default") || retyped)
		return;
	if (t->dflt)
		ACT(al, "ALTER %s %s ALTER COLUMN %I SET DEFAULT %s", noun,
		    al->table, al->to->name, t->dflt);
	else
		ACT(al, "ALTER %s %s ALTER COLUMN %I DROP DEFAULT", noun,
		    al->table, al->to->name);
}

/* Those of a default that lets go of what is made anew. */
static void release_default(struct altering *al)
{
	const struct pg_column *t = (const struct pg_column *)al->to;
	struct pair *p = al->p;

	if (!((const struct pg_column *)al->from)->dflt)
		return;
	p->release = pg_action(al->l, STAGE_RELEASE, al->from, NULL);
	pg_act(al->l, p->release, al->from, pg_printf(al->l->arena, "ALTER "
		"TABLE %s ALTER COLUMN %I DROP DEFAULT", al->table,
		al->to->name));
	pg_after(al->l, al->a, p->release);
	if (t->dflt && !differs(al->ch, "default"))
		ACT(al, "ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s",
		    al->table, al->to->name, t->dflt);
}

/* What the parent's column gives to its children of itself. */
static bool comes_down(struct altering *al, const char *word)
{
	const struct pg_column *c = (const struct pg_column *)al->to;
	const struct pg_table *t = (const struct pg_table *)al->to->parent;
	const struct node *parent, *column;
	const char *of;
	struct pair *p;

	if (!c->inherited || t->node.kind != &pg_kind_table)
		return false;
	of = t->partition_of ? t->partition_of : t->inherits.n ?
	     t->inherits.v[0] : "";
	parent = schema_find(al->l->to, &pg_kind_table, of);
	column = parent ? node_find(parent, al->to->kind, al->to->name,
				    al->l->to->spelling) : NULL;
	p = column ? pg_pair_to(al->l, column) : NULL;
	return p && (p->fate == FATE_CREATED || differs(p->change, word));
}

static void alter_null(struct altering *al)
{
	const struct pg_column *t = (const struct pg_column *)al->to;
	struct statement *st;

	if (!differs(al->ch, "not-null") || comes_down(al, "not-null"))
		return;
	st = ACT(al, "ALTER TABLE %s ALTER COLUMN %I %s NOT NULL", al->table,
		 al->to->name, t->not_null ? "SET" : "DROP");
	if (t->not_null && al->to->parent->kind == &pg_kind_table)
		statement_hazard(st, al->l->arena, HAZARD_NEW_NOT_NULL,
			st->node, pg_printf(al->l->arena, "SELECT count(*) "
				"FROM %s WHERE %I IS NULL",
				al->from->parent->name, al->from->name));
}

static void alter_column_storage(struct altering *al)
{
	const struct pg_column *f = (const struct pg_column *)al->from;
	const struct pg_column *t = (const struct pg_column *)al->to;
	const char *what = pg_printf(al->l->arena, "TABLE %s ALTER COLUMN %I",
				     al->table, al->to->name);

	if (differs(al->ch, "storage"))
		ACT(al, "ALTER %s SET STORAGE %U", what,
		    t->storage ? t->storage : pg_type_storage(t->type));
	if (differs(al->ch, "compression"))
		ACT(al, "ALTER %s SET COMPRESSION %s", what,
		    t->compression ? t->compression : "default");
	if (differs(al->ch, "statistics"))
		ACT(al, "ALTER %s SET STATISTICS %s", what,
		    t->statistics ? t->statistics : "-1");
	if (differs(al->ch, "option"))
		set_options(al, what, &f->options, &t->options);
	if (differs(al->ch, "server-option"))
		set_server_options(al, pg_printf(al->l->arena, "ALTER FOREIGN "
			"TABLE %s ALTER COLUMN %I", al->table, al->to->name),
			&f->server_options, &t->server_options);
}

static void alter_column(struct altering *al)
{
	const struct pg_column *f = (const struct pg_column *)al->from;
	const struct pg_column *t = (const struct pg_column *)al->to;
	bool retyped = al->p->fate == FATE_RETYPED;

	if (al->p->released)
		release_default(al);
	if (f->identity && !t->identity)
		alter_identity(al);
	if (retyped && !comes_down(al, "type") && !comes_down(al, "collate"))
		alter_type(al);
	if (!comes_down(al, "default"))
		alter_default(al, retyped && f->dflt && t->dflt);
	alter_null(al);
	if (!(f->identity && !t->identity))
		alter_identity(al);
	pg_set_identity_grants(al->l, al->a, al->from, al->to);
	alter_column_storage(al);
}

static void alter_enum(struct altering *al)
{
	const struct list *f = &((const struct pg_enum *)al->from)->values;
	const struct list *t = &((const struct pg_enum *)al->to)->values;
	size_t i = 0;

	for (size_t k = 0; k < t->n; k++) {
		if (i < f->n && !strcmp(f->v[i], t->v[k])) {
			i++;
			continue;
		}
		if (i < f->n)
			ACT(al, "ALTER TYPE %s ADD VALUE %L BEFORE %L",
			    al->table, t->v[k], f->v[i]);
		else
			ACT(al, "ALTER TYPE %s ADD VALUE %L", al->table,
			    t->v[k]);
	}
}

static void alter_domain(struct altering *al)
{
	const struct pg_domain *t = (const struct pg_domain *)al->to;

	if (differs(al->ch, "default"))
		ACT(al, t->dflt ? "ALTER DOMAIN %s SET DEFAULT %s" :
		    "ALTER DOMAIN %s DROP DEFAULT", al->table, t->dflt);
	if (differs(al->ch, "not-null"))
		ACT(al, "ALTER DOMAIN %s %s NOT NULL", al->table,
		    t->not_null ? "SET" : "DROP");
}

/* Where a sequence begins if nothing is said. */
static const char *start_of(const struct pg_sequence *s)
{
	bool down = s->increment && *s->increment == '-';

	if (s->start)
		return s->start;
	if (down)
		return s->maximum ? s->maximum : "-1";
	return s->minimum ? s->minimum : "1";
}

static void add_bounds(struct buf *b, const struct pg_sequence *t)
{
	pg_addf(b, "ALTER SEQUENCE %s AS %s INCREMENT BY %s", t->node.name,
		t->type, t->increment ? t->increment : "1");
	pg_addf(b, t->minimum ? " MINVALUE %s" : " NO MINVALUE", t->minimum);
	pg_addf(b, t->maximum ? " MAXVALUE %s" : " NO MAXVALUE", t->maximum);
	pg_addf(b, " START WITH %s CACHE %s%s", start_of(t),
		t->cache ? t->cache : "1", t->cycle ? " CYCLE" : " NO CYCLE");
}

/* The next value stays what it is, or goes to the nearest bound: what it is
 * only the database knows. */
static void alter_bounds(struct altering *al)
{
	const struct pg_sequence *t = (const struct pg_sequence *)al->to;
	struct buf b = BUF_INIT, low = BUF_INIT, high = BUF_INIT;

	add_bounds(&b, t);
	if (!differs(al->ch, "minimum") && !differs(al->ch, "maximum") &&
	    !differs(al->ch, "type")) {
		ACT(al, "%s", b.ptr);
		goto out;
	}
	if (t->minimum)
		buf_addf(&low, "greatest(v, %s)", t->minimum);
	else
		buf_addstr(&low, t->increment && *t->increment == '-' ? "v" :
			   "greatest(v, 1)");
	if (t->maximum)
		buf_addf(&high, "least(%s, %s)", low.ptr, t->maximum);
	else
		buf_addstr(&high, low.ptr);
	ACT(al, "DO $$DECLARE v bigint; BEGIN SELECT last_value + CASE WHEN "
	    "is_called THEN %s ELSE 0 END INTO v FROM %s; EXECUTE %L || "
	    "' RESTART WITH ' || %s; END$$",
	    ((const struct pg_sequence *)al->from)->increment ?
	    ((const struct pg_sequence *)al->from)->increment : "1",
	    al->table, b.ptr, high.ptr);
out:
	buf_release(&b);
	buf_release(&low);
	buf_release(&high);
}

static void alter_sequence(struct altering *al)
{
	const struct pg_sequence *f = (const struct pg_sequence *)al->from;
	const struct pg_sequence *t = (const struct pg_sequence *)al->to;
	struct action *r;

	if (pg_differs_beside(al->ch, "comment grant owned-by unlogged"))
		alter_bounds(al);
	if (differs(al->ch, "unlogged"))
		ACT(al, "ALTER SEQUENCE %s SET %s", al->table,
		    t->unlogged ? "UNLOGGED" : "LOGGED");
	if (differs(al->ch, "owned-by") && t->owned_by)
		pg_finish(al->l, al->p, false);
	if (differs(al->ch, "owned-by") && f->owned_by) {
		r = pg_action(al->l, STAGE_RELEASE, NULL, NULL);
		pg_act(al->l, r, al->to, pg_printf(al->l->arena, "ALTER "
			"SEQUENCE %s OWNED BY NONE", al->table));
	}
}

static void alter_view(struct altering *al)
{
	const struct pg_view *f = (const struct pg_view *)al->from;
	const struct pg_view *t = (const struct pg_view *)al->to;
	bool matview = al->to->kind == &pg_kind_matview;

	if (differs(al->ch, "as"))
		ACT(al, "CREATE OR REPLACE VIEW %s%s%s%s AS\n%s", al->table,
		    t->options.n ? " WITH (" : "", t->options.n ?
		    pg_printf(al->l->arena, "%l", &t->options) : "",
		    t->options.n ? ")" : "", t->body);
	else if (differs(al->ch, "option"))
		set_options(al, pg_printf(al->l->arena, matview ?
			"MATERIALIZED VIEW %s" : "VIEW %s", al->table),
			&f->options, &t->options);
	if (differs(al->ch, "tablespace"))
		ACT(al, "ALTER MATERIALIZED VIEW %s SET TABLESPACE %s",
		    al->table, t->tablespace ? t->tablespace : "pg_default");
	if (differs(al->ch, "access-method"))
		ACT(al, "ALTER MATERIALIZED VIEW %s SET ACCESS METHOD %s",
		    al->table, t->access_method ? t->access_method : "heap");
}

static void alter_extension(struct altering *al)
{
	const struct pg_extension *t = (const struct pg_extension *)al->to;

	if (differs(al->ch, "version"))
		ACT(al, "ALTER EXTENSION %s UPDATE TO %L", al->table,
		    t->version);
	if (differs(al->ch, "schema"))
		ACT(al, "ALTER EXTENSION %s SET SCHEMA %s", al->table,
		    t->schema);
}

static char *index_name(struct altering *al)
{
	struct buf b = BUF_INIT;
	char *name;

	pg_add_schema(&b, al->to->parent->name);
	pg_addf(&b, "%I", al->to->name);
	name = arena_strndup(al->l->arena, b.ptr, b.len);
	buf_release(&b);
	return name;
}

static void attach_index(struct altering *al)
{
	const struct node *parent = pg_partition_parent(al->l->to, al->to);
	struct pair *home = pg_pair_to(al->l, al->to->parent);
	struct buf b = BUF_INIT;

	if (!parent || home->finish ||
	    (pg_pair_to(al->l, parent)->fate != FATE_KEPT &&
	     pg_pair_to(al->l, parent)->fate != FATE_ALTERED))
		return;
	pg_add_schema(&b, parent->parent->name);
	pg_addf(&b, "%I", parent->name);
	ACT(al, "ALTER INDEX %s ATTACH PARTITION %s", b.ptr, index_name(al));
	buf_release(&b);
}

static void alter_index(struct altering *al)
{
	const struct pg_index *f = (const struct pg_index *)al->from;
	const struct pg_index *t = (const struct pg_index *)al->to;

	if (differs(al->ch, "option"))
		set_options(al, pg_printf(al->l->arena, "INDEX %s",
					  index_name(al)), &f->options,
			    &t->options);
	if (differs(al->ch, "tablespace"))
		ACT(al, "ALTER INDEX %s SET TABLESPACE %s", index_name(al),
		    t->tablespace ? t->tablespace : "pg_default");
	unmark(al, f->clustered && !t->clustered,
	       f->replica_identity && !t->replica_identity);
	pg_mark_index(al->l, al->a, al->to, t->clustered && !f->clustered,
		      t->replica_identity && !f->replica_identity);
	if (differs(al->ch, "partition-of") && t->partition_of)
		attach_index(al);
	for (size_t i = 0; differs(al->ch, "statistics") &&
	     i < f->statistics.n; i++)
		ACT(al, "ALTER INDEX %s ALTER COLUMN %s SET STATISTICS -1",
		    index_name(al), arena_strndup(al->l->arena,
			f->statistics.v[i],
			strcspn(f->statistics.v[i], " ")));
	if (differs(al->ch, "statistics"))
		pg_index_statistics(al->l, al->a, al->to);
}

static void alter_key(struct altering *al)
{
	const struct pg_key *f = (const struct pg_key *)al->from;
	const struct pg_key *t = (const struct pg_key *)al->to;

	if (differs(al->ch, "option"))
		set_options(al, pg_printf(al->l->arena, "INDEX %s",
					  index_name(al)), &f->options,
			    &t->options);
	unmark(al, f->clustered && !t->clustered,
	       f->replica_identity && !t->replica_identity);
	pg_mark_index(al->l, al->a, al->to, t->clustered && !f->clustered,
		      t->replica_identity && !f->replica_identity);
	if (differs(al->ch, "partition-of") && t->partition_of)
		attach_index(al);
	if (differs(al->ch, "index-comment"))
		pg_index_comment(al->l, al->a, al->to, t->index_comment);
}

static void alter_foreign_key(struct altering *al)
{
	const struct pg_foreign_key *t = (const struct pg_foreign_key *)al->to;

	if (differs(al->ch, "deferrable") ||
	    differs(al->ch, "initially-deferred"))
		ACT(al, "ALTER TABLE %s ALTER CONSTRAINT %I %s %s", al->table,
		    al->to->name, t->deferrable ? "DEFERRABLE" :
		    "NOT DEFERRABLE", t->initially_deferred ?
		    "INITIALLY DEFERRED" : "INITIALLY IMMEDIATE");
}

static void alter_trigger(struct altering *al)
{
	if (differs(al->ch, "enabled"))
		pg_enable(al->l, al->a, al->to,
			  al->to->kind == &pg_kind_trigger ?
			  ((const struct pg_trigger *)al->to)->enabled :
			  ((const struct pg_rule *)al->to)->enabled);
}

static void alter_policy(struct altering *al)
{
	const struct pg_policy *t = (const struct pg_policy *)al->to;
	struct buf b = BUF_INIT;

	if (!pg_differs_beside(al->ch, "comment"))
		return;
	pg_addf(&b, "ALTER POLICY %I ON %s", al->to->name, al->table);
	if (differs(al->ch, "role"))
		pg_addf(&b, t->roles.n ? " TO %l" : " TO PUBLIC", &t->roles);
	if (t->use)
		pg_addf(&b, " USING (%s)", t->use);
	if (t->check)
		pg_addf(&b, " WITH CHECK (%s)", t->check);
	ACT(al, "%s", b.ptr);
	buf_release(&b);
}

static void alter_routine(struct altering *al)
{
	const struct pg_ops *ops = pg_ops_of(al->to->kind);
	struct buf b = BUF_INIT;

	if (pg_differs_beside(al->ch, "comment grant")) {
		ops->create(&b, al->to);
		ACT(al, "%s", b.ptr);
	}
	buf_release(&b);
}

static const struct {
	const struct kind *kind;
	void (*alter)(struct altering *al);
} alters[] = {
	{ &pg_kind_table, alter_table },
	{ &pg_kind_foreign_table, alter_table },
	{ &pg_kind_column, alter_column },
	{ &pg_kind_enum, alter_enum },
	{ &pg_kind_domain, alter_domain },
	{ &pg_kind_sequence, alter_sequence },
	{ &pg_kind_view, alter_view },
	{ &pg_kind_matview, alter_view },
	{ &pg_kind_extension, alter_extension },
	{ &pg_kind_index, alter_index },
	{ &pg_kind_primary_key, alter_key },
	{ &pg_kind_unique, alter_key },
	{ &pg_kind_foreign_key, alter_foreign_key },
	{ &pg_kind_trigger, alter_trigger },
	{ &pg_kind_rule, alter_trigger },
	{ &pg_kind_policy, alter_policy },
	{ &pg_kind_function, alter_routine },
	{ &pg_kind_procedure, alter_routine },
};

int pg_alter(struct lowering *l, struct action *a, struct pair *p)
{
	struct altering al = {
		.l = l, .a = a, .p = p, .ch = p->change, .from = p->from,
		.to = p->to,
		.table = p->to->parent ? p->to->parent->name : p->to->name,
	};

	if (p->change && p->change->renamed)
		pg_rename(l, p);
	for (size_t i = 0; i < ARRAY_LEN(alters); i++)
		if (alters[i].kind == p->to->kind)
			alters[i].alter(&al);
	pg_rare_alter(l, a, p);
	if (differs(p->change, "comment"))
		pg_set_comment(l, a, p->to);
	if (differs(p->change, "grant"))
		pg_set_grants(l, a, p->from, p->to);
	return l->err->code ? -1 : 0;
}
