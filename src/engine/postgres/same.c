/*
 * Parts that differ in nothing but what was renamed: the server has put the
 * new names into them by itself.
 */
#include "config.h"

#include "engine/postgres/lower.h"

/* Old names and new ones, as SQL has them. */
struct names {
	struct arena *arena;
	struct list old, new;
};

static void add_pair_of_names(struct names *nm, const char *old,
			      const char *new)
{
	list_add(nm->arena, &nm->old, old);
	list_add(nm->arena, &nm->new, new);
}

static void add_columns(struct names *nm, const struct change *table)
{
	for (size_t i = 0; i < table->nkids; i++) {
		const struct change *k = &table->kids[i];

		if (k->renamed && kind_is_column(k->from->kind))
			add_pair_of_names(nm, pg_printf(nm->arena, "%I",
				k->from->name), pg_printf(nm->arena, "%I",
				k->to->name));
	}
}

static size_t token_len(const char *p)
{
	size_t n = 1;

	if (*p == '\'' || *p == '"') {
		while (p[n] && p[n] != *p)
			n++;
		return n + (p[n] != '\0');
	}
	if (!is_word_byte((unsigned char)*p))
		return 1;
	/* A qualified name is one token. */
	while (p[n] && (is_word_byte((unsigned char)p[n]) || p[n] == '.' ||
			p[n] == '"'))
		n++;
	return n;
}

static const char *renamed(const struct names *nm, const char *p, size_t n)
{
	for (size_t i = 0; i < nm->old.n; i++)
		if (strlen(nm->old.v[i]) == n && !memcmp(nm->old.v[i], p, n))
			return nm->new.v[i];
	return NULL;
}

static char *with_new_names(const struct names *nm, const char *text)
{
	struct buf b = BUF_INIT;
	char *out;

	while (*text) {
		size_t n = token_len(text);
		const char *new = renamed(nm, text, n);

		if (new)
			buf_addstr(&b, new);
		else
			buf_add(&b, text, n);
		text += n;
	}
	out = arena_strndup(nm->arena, b.ptr, b.len);
	buf_release(&b);
	return out;
}

static bool same_text(const struct names *nm, const struct field *f,
		      const char *x, const char *y)
{
	/* Names of columns stand bare in lists. */
	if (x && y && f->type == FIELD_NAMES) {
		x = pg_printf(nm->arena, "%I", x);
		y = pg_printf(nm->arena, "%I", y);
	}
	return x && y && !strcmp(with_new_names(nm, x), y);
}

static bool same_field(const struct names *nm, const struct field *f,
		       const struct node *x, const struct node *y)
{
	const struct list *v, *w;

	if (f->type == FIELD_FLAG || f->type == FIELD_WORD)
		return false;
	if (f->type != FIELD_NAMES && f->type != FIELD_SQLS)
		return same_text(nm, f, field_str(x, f), field_str(y, f));
	v = field_list(x, f);
	w = field_list(y, f);
	for (size_t i = 0; i < v->n && i < w->n; i++)
		if (!same_text(nm, f, v->v[i], w->v[i]))
			return false;
	return v->n == w->n;
}

static bool follows(const struct node *n)
{
	static const struct kind *const kinds_that[] = {
		&pg_kind_index, &pg_kind_primary_key, &pg_kind_unique,
		&pg_kind_check, &pg_kind_foreign_key, &pg_kind_exclusion,
		&pg_kind_trigger, &pg_kind_policy, &pg_kind_column,
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds_that); i++)
		if (kinds_that[i] == n->kind)
			return n->parent->kind == &pg_kind_table;
	return false;
}

static const struct change *find_change(const struct lowering *l,
					const char *table)
{
	for (size_t i = 0; i < l->diff.n; i++)
		if (l->diff.v[i].op == CHANGE_ALTER &&
		    !strcmp(l->diff.v[i].from->name, table))
			return &l->diff.v[i];
	return NULL;
}

bool pg_follows_renames(struct lowering *l, const struct change *ch)
{
	struct names nm = { .arena = l->arena };
	const struct change *table;

	if (ch->op != CHANGE_ALTER || ch->renamed || !ch->fields ||
	    !ch->from->parent || !follows(ch->from) ||
	    !diff_renames(&l->diff))
		return false;
	for (size_t i = 0; i < l->diff.n; i++)
		if (l->diff.v[i].renamed)
			add_pair_of_names(&nm, l->diff.v[i].from->name,
					  l->diff.v[i].to->name);
	table = find_change(l, ch->from->parent->name);
	if (table)
		add_columns(&nm, table);
	table = ch->from->kind != &pg_kind_foreign_key ? NULL :
		find_change(l, ((const struct pg_foreign_key *)ch->from)->
			    table);
	if (table)
		add_columns(&nm, table);
	for (size_t i = 0; i < ch->from->kind->nfields; i++)
		if (ch->fields & (uint64_t)1 << i &&
		    !same_field(&nm, &ch->from->kind->fields[i], ch->from,
				ch->to))
			return false;
	return true;
}
