/*
 * Renames, types that are swapped, and how values come over.
 */
#include "config.h"

#include "engine/postgres/lower.h"

#include <stdlib.h>

#include "engine/postgres/casts.h"

/* The type's name without (10,2). */
static char *bare(const char *type)
{
	char *s = xstrdup(type), *open = strchr(s, '(');
	char *close = open ? strchr(open, ')') : NULL;

	if (close)
		memmove(open, close + 1, strlen(close + 1) + 1);
	return s;
}

static bool is_text(const char *type)
{
	static const char *const texts[] = {
		"text", "character varying", "character", "name",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!strcmp(type, texts[i]))
			return true;
	return false;
}

static bool has_cast(const char *from, const char *to)
{
	if (is_text(from) || is_text(to) || !strcmp(from, to))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(pg_casts); i++)
		if (!strcmp(pg_casts[i].from, from) &&
		    !strcmp(pg_casts[i].to, to))
			return true;
	return false;
}

/* A type of somebody's own goes by its text. */
static bool is_foreign(const char *type)
{
	return strchr(type, '.') || strchr(type, '"');
}

bool pg_converts(const char *from, const char *to)
{
	char *f = bare(from), *t = bare(to);
	bool ok = is_foreign(f) || is_foreign(t) || has_cast(f, t);

	free(f);
	free(t);
	return ok;
}

void pg_add_using(struct buf *b, const char *column, const char *from,
		  const char *to, bool same)
{
	char *f = bare(from), *t = bare(to);

	if (same || is_foreign(f) || is_foreign(t))
		pg_addf(b, is_text(f) ? " USING %I::%s" :
			" USING %I::text::%s", column, to);
	/* Without it what is too long is refused, and not cut. */
	else if (strcmp(f, t) && !(is_text(f) && is_text(t)))
		pg_addf(b, " USING %I::%s", column, to);
	free(f);
	free(t);
}

/* What a column's storage is where nothing is said. */
const char *pg_type_storage(const char *type)
{
	static const char *const plain[] = {
		"smallint", "integer", "bigint", "boolean", "real", "oid",
		"double precision", "date", "uuid", "name", "point",
	};
	char *t = bare(type);
	const char *storage = "extended";

	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (!strcmp(t, plain[i]))
			storage = "plain";
	if (str_starts(t, "time"))
		storage = "plain";
	if (!strcmp(t, "numeric") || !strcmp(t, "inet") || !strcmp(t, "cidr"))
		storage = "main";
	free(t);
	return storage;
}

/* ---- identities --------------------------------------------------------- */

/* What an identity's sequence has where nothing is said. */
static const struct {
	const char *word;	/* as the text form has it */
	const char *reset;
} sequence_words[] = {
	{ "INCREMENT BY ", "SET INCREMENT BY 1" },
	{ "MINVALUE ", "SET NO MINVALUE" },
	{ "MAXVALUE ", "SET NO MAXVALUE" },
	{ "START WITH ", "SET START WITH 1" },
	{ "CACHE ", "SET CACHE 1" },
	{ "CYCLE", "SET NO CYCLE" },
};

/* "5" of "MINVALUE 5"; NULL: not said. */
static const char *said(const struct list *options, const char *word)
{
	for (size_t i = 0; i < options->n; i++)
		if (str_starts(options->v[i], word))
			return options->v[i] + strlen(word);
	return NULL;
}

static const char *last_part(const char *name);

/* Under which name it stands only the database knows: a table's rename leaves
 * it as it is. */
void pg_identity_name(struct lowering *l, struct action *a,
		      const struct node *n, const struct list *options)
{
	const char *name = said(options, "SEQUENCE NAME ");
	const char *is = name ? pg_printf(l->arena, "%L", last_part(name)) :
		pg_printf(l->arena, "(SELECT pg_catalog.quote_ident(relname "
			  "|| '_' || %L || '_seq') FROM pg_catalog.pg_class "
			  "WHERE oid = %L::pg_catalog.regclass)", n->name,
			  n->parent->name);

	pg_act(l, a, n, pg_printf(l->arena, "DO $$DECLARE s "
		"pg_catalog.regclass := pg_catalog.pg_get_serial_sequence(%L, "
		"%L); n text := %s; BEGIN IF (SELECT pg_catalog.quote_ident("
		"relname) FROM pg_catalog.pg_class WHERE oid = s) <> n THEN "
		"EXECUTE 'ALTER SEQUENCE ' || s || ' RENAME TO ' || n; END IF; "
		"END$$", n->parent->name, n->name, is));
}

/* The next value stays, or goes to the nearest bound. */
void pg_identity_options(struct lowering *l, struct action *a,
			 const struct node *n, const struct list *options)
{
	const char *low = said(options, "MINVALUE ");
	const char *high = said(options, "MAXVALUE ");
	struct buf b = BUF_INIT;

	pg_addf(&b, "ALTER TABLE %s ALTER COLUMN %I", n->parent->name,
		n->name);
	for (size_t w = 0; w < ARRAY_LEN(sequence_words); w++) {
		const char *set = said(options, sequence_words[w].word);

		if (set)
			buf_addf(&b, " SET %s%s", sequence_words[w].word, set);
		else if (low && sequence_words[w].reset[4] == 'S')
			buf_addf(&b, " SET START WITH %s", low);
		else
			buf_addf(&b, " %s", sequence_words[w].reset);
	}
	pg_act(l, a, n, pg_printf(l->arena, "DO $$DECLARE v bigint; BEGIN "
		"EXECUTE format('SELECT last_value + is_called::integer FROM "
		"%%s', pg_catalog.pg_get_serial_sequence(%L, %L)) INTO v; "
		"EXECUTE %L || ' RESTART WITH ' || least(greatest(v, %s), "
		"%s); END$$", n->parent->name, n->name, b.ptr,
		low ? low : "1", high ? high : "v"));
	buf_release(&b);
}

/* A new identity on a table with rows begins behind them. */
void pg_identity_start(struct lowering *l, struct action *a,
		       const struct node *n)
{
	char *table = pg_printf(l->arena, "%L", n->parent->name);
	char *column = pg_printf(l->arena, "%L", n->name);

	pg_act(l, a, n, pg_printf(l->arena, "SELECT pg_catalog.setval("
		"pg_catalog.pg_get_serial_sequence(%s, %s), max(%I)) "
		"FROM %s HAVING max(%I) > 0", table, column, n->name,
		n->parent->name, n->name));
}

/* ---- renames ------------------------------------------------------------ */

/* The part behind the schema. */
static const char *last_part(const char *name)
{
	struct buf b = BUF_INIT;
	size_t n;

	pg_add_schema(&b, name);
	n = b.len;
	buf_release(&b);
	return name + n;
}

static char *schema_part(struct arena *a, const char *name)
{
	size_t n = (size_t)(last_part(name) - name);

	return arena_strndup(a, name, n ? n - 1 : 0);
}

/* Who has the new name, before? */
static struct pair *occupant(struct lowering *l, const struct pair *p)
{
	const struct node *parent = p->from->parent, *n;

	n = parent ? node_find(parent, p->to->kind, p->to->name,
			       l->from->spelling) :
	    schema_find(l->from, p->to->kind, p->to->name);
	return n && n != p->from ? pg_pair_from(l, n) : NULL;
}

void pg_order_rename(struct lowering *l, struct pair *p)
{
	const struct pair *o = occupant(l, p);

	if (!o)
		return;
	pg_after(l, p->rename, o->away ? o->away : o->rename);
	if (o->drop)
		pg_after(l, p->rename, o->drop);
}

static void rename_part(struct lowering *l, struct action *a,
			const struct node *n, const char *from, const char *to)
{
	const struct node *home = n->parent;
	bool type = home->kind == &pg_kind_composite;

	pg_act(l, a, n, pg_printf(l->arena, "ALTER %s %s RENAME %s %I TO %I",
				  type ? "TYPE" : "TABLE", home->name,
				  type ? "ATTRIBUTE" : "COLUMN", from, to));
}

/* Where two swap their names, or one takes the name of another that is renamed
 * as well: what it is called until it has its own. */
static const char *go_away(struct lowering *l, struct pair *p)
{
	const struct pair *o = occupant(l, p);
	const char *name, *was;

	if (!o || !o->change || !o->change->renamed)
		return p->from->name;
	p->away = pg_action(l, STAGE_RENAME, NULL, NULL);
	pg_after(l, p->rename, p->away);
	name = pg_printf(l->arena, "schemastore_name_%s",
			 arena_printf(l->arena, "%zu", l->nactions));
	if (p->to->parent) {
		rename_part(l, p->away, p->to, p->from->name, name);
		pg_after(l, p->away, pg_pair_to(l, p->to->parent)->rename);
		return name;
	}
	was = schema_part(l->arena, p->from->name);
	pg_act(l, p->away, p->to, pg_printf(l->arena, "ALTER %s %s RENAME TO "
		"%s", pg_ops_of(p->to->kind)->noun, p->from->name, name));
	return *was ? pg_printf(l->arena, "%s.%s", was, name) : name;
}

static void rename_object(struct lowering *l, struct pair *p)
{
	const char *noun = pg_ops_of(p->to->kind)->noun;
	const char *from = go_away(l, p), *to = p->to->name;
	const char *was = schema_part(l->arena, from);
	const char *is = schema_part(l->arena, to);
	struct pair *schema;

	if (strcmp(was, is)) {
		pg_act(l, p->rename, p->to, pg_printf(l->arena, "ALTER %s %s "
			"SET SCHEMA %s", noun, from, is));
		schema = map_find(&l->by_to, pg_printf(l->arena, "schema %s",
						       is));
		if (schema)
			pg_after(l, p->rename, schema->make);
		from = pg_printf(l->arena, "%s.%s", is, last_part(from));
	}
	if (strcmp(last_part(from), last_part(to)))
		pg_act(l, p->rename, p->to, pg_printf(l->arena, "ALTER %s %s "
			"RENAME TO %s", noun, from, last_part(to)));
}

/* An identity's sequence has the name of its table and column, where it has
 * no other. */
static void rename_identity(struct lowering *l, const struct node *column)
{
	const struct pg_column *t = (const struct pg_column *)column;
	const struct pair *p;
	struct action *a;

	if (!kind_is_column(column->kind) || !t->identity)
		return;
	p = pg_pair_to(l, column);
	if (!p->from || pg_is_gone(p) ||
	    !((const struct pg_column *)p->from)->identity)
		return;
	a = pg_action(l, STAGE_ALTER, NULL, column);
	pg_identity_name(l, a, column, &t->sequence);
	pg_after(l, a, p->rename);
	pg_after(l, a, pg_pair_of(l, column)->rename);
}

void pg_rename(struct lowering *l, struct pair *p)
{
	struct statement *st;

	if (p->to->parent && pg_renamed_with_parent(l, p))
		return;
	p->rename = pg_action(l, STAGE_RENAME, NULL, NULL);
	if (p->to->parent) {
		struct pair *object = pg_pair_to(l, p->to->parent);

		rename_part(l, p->rename, p->to, go_away(l, p), p->to->name);
		pg_after(l, p->rename, object->rename);
		if (!object->rename)
			rename_identity(l, p->to);
	} else {
		rename_object(l, p);
		for (size_t i = 0; i < p->to->nkids; i++)
			rename_identity(l, p->to->kids[i]);
	}
	if (p->rename->n) {
		st = &p->rename->v[p->rename->n - 1];
		statement_hazard(st, l->arena, HAZARD_RENAMES, st->node, NULL);
	}
	pg_after(l, p->make, p->rename);
}

/* ---- swapping types ----------------------------------------------------- */

/* A range's multirange and the functions that make them have names of their
 * own, which ALTER TYPE RENAME leaves. */
static void rename_range(struct lowering *l, struct action *a, struct pair *p)
{
	const struct pg_range *r = (const struct pg_range *)p->from;
	const char *many = r->multirange ? r->multirange : p->from->name;

	pg_act(l, a, p->to, pg_printf(l->arena, "DO $$DECLARE f "
		"pg_catalog.regprocedure; BEGIN FOR f IN SELECT objid FROM "
		"pg_catalog.pg_depend WHERE classid = "
		"'pg_catalog.pg_proc'::pg_catalog.regclass AND refclassid = "
		"'pg_catalog.pg_type'::pg_catalog.regclass AND refobjid IN "
		"(%L::pg_catalog.regtype, %L::pg_catalog.regtype) AND "
		"deptype = 'i' LOOP EXECUTE 'ALTER FUNCTION ' || f || "
		"' RENAME TO ' || (SELECT pg_catalog.quote_ident("
		"'schemastore_old_' || proname) FROM pg_catalog.pg_proc WHERE "
		"oid = f); END LOOP; END$$", p->from->name, many));
	if (r->multirange)
		pg_act(l, a, p->to, pg_printf(l->arena, "ALTER TYPE %s "
			"RENAME TO %I", r->multirange, pg_printf(l->arena,
			"schemastore_old_%s", last_part(r->multirange))));
}

bool pg_is_canonical(const struct node *range, const struct node *function)
{
	const char *name = range->kind == &pg_kind_range ?
		((const struct pg_range *)range)->canonical : NULL;
	size_t n = name ? strlen(name) : 0;

	return name && function->kind == &pg_kind_function &&
	       !strncmp(function->name, name, n) && function->name[n] == '(';
}

struct action *pg_make_shell(struct lowering *l, struct pair *p)
{
	if (p->to->kind != &pg_kind_range ||
	    !((const struct pg_range *)p->to)->canonical)
		return NULL;
	p->shell = pg_action(l, STAGE_CREATE, NULL, p->to);
	pg_act(l, p->shell, p->to, pg_printf(l->arena, "CREATE TYPE %s",
					     p->to->name));
	return p->shell;
}

/* The old one makes room. */
static void rename_old(struct lowering *l, struct action *a, struct pair *p,
		       const char *old)
{
	if (p->from->kind == &pg_kind_range)
		rename_range(l, a, p);
	pg_act(l, a, p->to, pg_printf(l->arena, "ALTER %s %s RENAME TO %s",
		pg_ops_of(p->from->kind)->noun, p->from->name, old));
}

int pg_swap_type(struct lowering *l, struct pair *p)
{
	const char *old = pg_printf(l->arena, "%I", arena_printf(l->arena,
		"schemastore_old_%s", last_part(p->from->name)));
	struct buf b = BUF_INIT;
	struct action *first;

	if (p->from->kind == &pg_kind_table)
		return err_set(l->err, ERR_REFUSED, "table '%s' cannot be "
			       "made anew", p->from->name);
	p->swapped = true;
	first = pg_action(l, STAGE_CREATE, NULL, p->to);
	rename_old(l, first, p, old);
	p->make = pg_make_shell(l, p) ? pg_action(l, STAGE_CREATE, NULL, p->to)
				      : first;
	pg_after(l, p->shell, first);
	pg_after(l, p->make, p->shell);
	pg_create(l, p->make, p->to);
	for (size_t i = 0; i < p->to->nkids; i++) {
		struct pair *kid = pg_pair_to(l, p->to->kids[i]);

		kid->fate = FATE_CREATED;
		if (pg_is_inline(p->to->kids[i])) {
			kid->make = p->make;
			continue;
		}
		kid->make = pg_action(l, STAGE_CREATE, NULL, p->to->kids[i]);
		pg_create(l, kid->make, p->to->kids[i]);
	}
	p->drop = pg_action(l, STAGE_DROP_LATE, p->from, NULL);
	pg_after(l, p->drop, p->make);
	pg_add_schema(&b, p->from->name);
	pg_act(l, p->drop, p->from, pg_printf(l->arena, "DROP %s %s%s%s",
		pg_ops_of(p->from->kind)->noun, b.ptr, old,
		pg_has_own(p->from) ? " CASCADE" : ""));
	for (size_t i = 0; i < p->from->nkids; i++)
		pg_pair_from(l, p->from->kids[i])->drop = p->drop;
	buf_release(&b);
	return 0;
}
