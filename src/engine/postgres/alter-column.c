/*
 * The statements of columns that change in place.
 */
#include "config.h"

#include "engine/postgres/alter.h"

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
			     !pg_differs(al->ch, "type"));
	st = pg_act_running(al->l, al->a, al->to, al->to->parent, b.ptr);
	pg_hazard_type(al->l, st, al->from, al->to);
	if (t->dflt)
		ACT(al, "ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s",
		    al->table, al->to->name, t->dflt);
	buf_release(&b);
}

/* The name is the first of them, where it is said. */
static bool same_name(const struct list *a, const struct list *b)
{
	static const char word[] = "SEQUENCE NAME ";
	const char *x = a->n && str_starts(a->v[0], word) ? a->v[0] : "";
	const char *y = b->n && str_starts(b->v[0], word) ? b->v[0] : "";

	return !strcmp(x, y);
}

static void alter_identity(struct altering *al)
{
	const struct pg_column *f = (const struct pg_column *)al->from;
	const struct pg_column *t = (const struct pg_column *)al->to;
	struct buf b = BUF_INIT;

	if (f->identity && t->identity && pg_differs(al->ch, "identity"))
		ACT(al, "ALTER TABLE %s ALTER COLUMN %I SET GENERATED %U",
		    al->table, al->to->name, t->identity);
	if (f->identity && t->identity && pg_differs(al->ch, "sequence")) {
		if (!same_name(&f->sequence, &t->sequence))
			pg_identity_name(al->l, al->a, al->to, &t->sequence);
		pg_identity_options(al->l, al->a, al->to, &t->sequence);
	}
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
	if (!pg_differs(al->ch, "default") || retyped)
		return;
	pg_act(al->l, al->p->build ? al->p->build : al->a, al->to, t->dflt ?
	       pg_printf(al->l->arena, "ALTER %s %s ALTER COLUMN %I SET "
			 "DEFAULT %s", noun, al->table, al->to->name,
			 t->dflt) :
	       pg_printf(al->l->arena, "ALTER %s %s ALTER COLUMN %I DROP "
			 "DEFAULT", noun, al->table, al->to->name));
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
	if (t->dflt && !pg_differs(al->ch, "default"))
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
	parent = pg_keeps_parent(al->l, al->to->parent, of) ?
		 schema_find(al->l->to, &pg_kind_table, of) : NULL;
	column = parent ? node_find(parent, al->to->kind, al->to->name,
				    al->l->to->spelling) : NULL;
	p = column ? pg_pair_to(al->l, column) : NULL;
	return p && (p->fate == FATE_CREATED || pg_differs(p->change, word));
}

static void alter_null(struct altering *al)
{
	const struct pg_column *t = (const struct pg_column *)al->to;
	struct statement *st;

	if (!pg_differs(al->ch, "not-null") || comes_down(al, "not-null"))
		return;
	if (al->p->build)
		pg_check_nulls(al->l, al->p);
	st = ACT(al, "ALTER TABLE %s ALTER COLUMN %I %s NOT NULL", al->table,
		 al->to->name, t->not_null ? "SET" : "DROP");
	if (t->not_null && al->to->parent->kind == &pg_kind_table)
		statement_hazard(st, al->l->arena, HAZARD_NEW_NOT_NULL,
			st->node, pg_printf(al->l->arena, "SELECT count(*) "
				"FROM %s WHERE %I IS NULL",
				al->from->parent->name, al->from->name));
	if (al->p->build)
		ACT(al, "ALTER TABLE %s DROP CONSTRAINT %I", al->table,
		    pg_null_check(al->l, al->to));
	else if (t->not_null)
		pg_hazard_lock(al->l, st, al->to);
}

static void alter_column_storage(struct altering *al)
{
	const struct pg_column *f = (const struct pg_column *)al->from;
	const struct pg_column *t = (const struct pg_column *)al->to;
	const char *what = pg_printf(al->l->arena, "TABLE %s ALTER COLUMN %I",
				     al->table, al->to->name);

	if (pg_differs(al->ch, "storage"))
		ACT(al, "ALTER %s SET STORAGE %U", what,
		    t->storage ? t->storage : pg_type_storage(t->type));
	if (pg_differs(al->ch, "compression"))
		ACT(al, "ALTER %s SET COMPRESSION %s", what,
		    t->compression ? t->compression : "default");
	if (pg_differs(al->ch, "statistics"))
		ACT(al, "ALTER %s SET STATISTICS %s", what,
		    t->statistics ? t->statistics : "-1");
	if (pg_differs(al->ch, "option"))
		pg_set_options(al, what, &f->options, &t->options);
	if (pg_differs(al->ch, "server-option"))
		pg_set_server_options(al, pg_printf(al->l->arena,
			"ALTER FOREIGN TABLE %s ALTER COLUMN %I", al->table,
			al->to->name), &f->server_options,
			&t->server_options);
}

void pg_alter_column(struct altering *al)
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
	/* Who writes rows has the default when he may write no NULL. */
	if (pg_nulls_online(al->l, al->p) && !comes_down(al, "not-null"))
		al->p->build = pg_action(al->l, STAGE_ALTER, NULL, al->to);
	if (!comes_down(al, "default"))
		alter_default(al, retyped && f->dflt && t->dflt);
	alter_null(al);
	if (!(f->identity && !t->identity))
		alter_identity(al);
	pg_set_identity_grants(al->l, al->a, al->from, al->to);
	alter_column_storage(al);
}
