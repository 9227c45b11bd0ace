/*
 * Which changes are made in place, and which take a new node.
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

bool pg_differs(const struct change *ch, const char *word)
{
	return ch && ch->op == CHANGE_ALTER &&
	       ch->fields & field_bit(ch->from->kind, word);
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
	{ &pg_kind_extension, "comment grant schema version" },
	{ &pg_kind_domain, "comment grant default not-null" },
	{ &pg_kind_composite, "comment grant" },
	{ &pg_kind_range, "comment grant" },
	{ &pg_kind_sequence, "comment grant type start increment minimum "
	  "maximum cache cycle unlogged owned-by" },
	{ &pg_kind_primary_key, "comment option clustered replica-identity "
	  "inherited partition-of index-comment only" },
	{ &pg_kind_unique, "comment option clustered replica-identity "
	  "inherited partition-of index-comment only" },
	{ &pg_kind_exclusion, "comment clustered inherited tablespace" },
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

	if (pg_differs(ch, "partition-by"))
		return refuse(l, ch, f->partition_by && t->partition_by ?
			      "a partitioned table keeps its key" :
			      f->partition_by ?
			      "a partitioned table stays one" :
			      "a table cannot become a partitioned one");
	if (pg_differs(ch, "server"))
		return refuse(l, ch, "a foreign table keeps its server");
	if (ch->moved && (t->ordered || l->opts->column_order))
		return refuse(l, ch, "columns cannot change places");
	return FATE_ALTERED;
}

/* What was not looked at is looked at. */
static bool validates(const struct change *ch)
{
	const struct node *n = ch->to;

	return pg_differs(ch, "not-valid") &&
	       !(n->kind == &pg_kind_check ?
		 ((const struct pg_check *)n)->not_valid :
		 ((const struct pg_foreign_key *)n)->not_valid);
}

static enum fate foreign_key_way(const struct change *ch)
{
	return pg_differs_beside(ch, validates(ch) ?
				 "comment deferrable initially-deferred "
				 "inherited not-valid" :
				 "comment deferrable initially-deferred "
				 "inherited") ? FATE_REPLACED : FATE_ALTERED;
}

/* A parent's that becomes the table's own as well is merged. */
static enum fate check_way(struct lowering *l, const struct change *ch)
{
	const struct pg_check *t = (const struct pg_check *)ch->to;
	const struct pg_table *table = (const struct pg_table *)ch->to->parent;

	if (kind_is_table(table->node.kind) && !table->partition_of &&
	    pg_differs(ch, "inherited") && t->inherited)
		return FATE_REPLACED;
	if (kind_is_table(table->node.kind) && table->partition_of &&
	    pg_loosens(l, ch->from, ch->to))
		return refuse(l, ch, "it stays valid while its parent's "
			      "is as it is");
	return pg_differs_beside(ch, validates(ch) ?
				 "comment inherited not-valid" :
				 "comment inherited") ? FATE_REPLACED :
							FATE_ALTERED;
}

/* What a table has of its own is not its parents' alone by a word: see
 * inherit.c. */
static bool becomes_parents(const struct change *ch)
{
	const struct pg_table *t = (const struct pg_table *)ch->to->parent;

	return kind_is_table(t->node.kind) && !t->partition_of &&
	       !((const struct pg_column *)ch->from)->inherited &&
	       ((const struct pg_column *)ch->to)->inherited;
}

static enum fate column_way(const struct change *ch)
{
	const struct pg_column *f = (const struct pg_column *)ch->from;
	const struct pg_column *t = (const struct pg_column *)ch->to;

	if (becomes_parents(ch))
		return FATE_REPLACED;
	if (pg_differs(ch, "generated") && t->generated)
		return FATE_REPLACED;
	/* No value can come over, so there must be none: see pg_drop(). */
	if (pg_differs(ch, "type") && !f->generated &&
	    ch->from->parent->kind == &pg_kind_table &&
	    !pg_converts(f->type, t->type))
		return FATE_REPLACED;
	if (pg_differs(ch, "type") || pg_differs(ch, "collate"))
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
	if (pg_differs(ch, "arguments") || pg_differs(ch, "returns") ||
	    pg_differs(ch, "window"))
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
bool pg_uses_new_value(struct lowering *l, const struct node *f,
		       const struct node *t)
{
	const struct pg_enum *from = (const struct pg_enum *)f;
	const struct pg_enum *to = (const struct pg_enum *)t;

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
	       (l->opts->online ||
		(!l->opts->data &&
		 !pg_uses_new_value(l, ch->from, ch->to))) ?
	       FATE_ALTERED : FATE_REPLACED;
}

/* What ALTER POLICY cannot take away. */
static bool policy_loses(const struct change *ch)
{
	const struct pg_policy *f = (const struct pg_policy *)ch->from;
	const struct pg_policy *t = (const struct pg_policy *)ch->to;

	return (f->use && !t->use) || (f->check && !t->check);
}

/* An index that has all its parts' cannot lose one. */
static bool is_without(const struct node *n)
{
	return n->kind == &pg_kind_index ? ((const struct pg_index *)n)->only :
	       ((const struct pg_key *)n)->only;
}

/* An attribute's type cannot change where a column is of the whole. */
static bool retypes(const struct change *ch)
{
	for (size_t i = 0; i < ch->nkids; i++)
		if (pg_differs(&ch->kids[i], "type") ||
		    pg_differs(&ch->kids[i], "collate"))
			return true;
	return false;
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

	if (k == &pg_kind_composite && retypes(ch))
		return FATE_REPLACED;
	if (pg_differs(ch, "only") && is_without(ch->to))
		return FATE_REPLACED;
	/* Its own goes before its parent's comes, and the other way round. */
	if (k == &pg_kind_trigger && pg_differs(ch, "inherited"))
		return FATE_REPLACED;
	if ((k == &pg_kind_policy && policy_loses(ch)) ||
	    (k == &pg_kind_extension && is_older(ch)))
		return FATE_REPLACED;

	if (k == &pg_kind_table || k == &pg_kind_foreign_table)
		return table_way(l, ch);
	if (kind_is_column(k))
		return column_way(ch);
	if (k == &pg_kind_check)
		return check_way(l, ch);
	if (k == &pg_kind_foreign_key)
		return foreign_key_way(ch);
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
