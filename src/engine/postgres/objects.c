/*
 * Making and dropping whole nodes: CREATE, what CREATE cannot say, comments,
 * grants; DROP.
 */
#include "config.h"

#include "engine/postgres/lower.h"

bool pg_is_inline(const struct node *n)
{
	return kind_is_column(n->kind);
}

static bool is_index_kind(const struct kind *k)
{
	return k == &pg_kind_index || k == &pg_kind_primary_key ||
	       k == &pg_kind_unique;
}

/* Of an index on a partitioned table: made alone, it takes its partitions' by
 * their names, as pg_dump has it, and is valid when it has them all. */
static bool is_only(const struct node *n)
{
	return n->parent && n->parent->kind == &pg_kind_table &&
	       is_index_kind(n->kind) &&
	       ((const struct pg_table *)n->parent)->partition_by;
}

const char *pg_only(const struct node *part)
{
	return is_only(part) ? "ONLY " : "";
}

struct pair *pg_pair_of(struct lowering *l, const struct node *part)
{
	const struct node *object = part->parent;
	struct buf b = BUF_INIT;
	struct pair *p;

	node_ref(&b, object);
	p = map_find(&l->by_to, b.ptr);
	if (!p || p->to != object)
		p = map_find(&l->by_from, b.ptr);
	buf_release(&b);
	if (p)
		return p;
	return schema_find(l->to, object->kind, object->name) == object ?
	       pg_pair_to(l, object) : pg_pair_from(l, object);
}

const struct node *pg_partition_parent(const struct schema *s,
				       const struct node *n)
{
	const struct pg_table *t = (const struct pg_table *)n->parent;
	const char *of = n->kind == &pg_kind_index ?
			 ((const struct pg_index *)n)->partition_of :
			 is_index_kind(n->kind) ?
			 ((const struct pg_key *)n)->partition_of : NULL;
	const struct node *parent, *found = NULL;
	struct buf b = BUF_INIT;

	if (!of || n->parent->kind != &pg_kind_table || !t->partition_of)
		return NULL;
	parent = schema_find(s, &pg_kind_table, t->partition_of);
	for (size_t i = 0; parent && i < parent->nkids && !found; i++) {
		const struct node *k = parent->kids[i];

		if (!is_index_kind(k->kind))
			continue;
		buf_truncate(&b, 0);
		pg_add_schema(&b, parent->name);
		pg_addf(&b, "%I", k->name);
		if (!strcmp(b.ptr, of))
			found = k;
	}
	buf_release(&b);
	return found;
}

/* Relations, their indexes and row types share one space of names a schema. */
const char *pg_space_name(struct arena *a, const struct node *n)
{
	struct buf b = BUF_INIT;
	const char *name;

	if (!n->parent)
		return arena_printf(a, "%s %s", n->kind == &pg_kind_table ||
				    n->kind == &pg_kind_foreign_table ||
				    n->kind == &pg_kind_view ||
				    n->kind == &pg_kind_matview ||
				    n->kind == &pg_kind_sequence ||
				    n->kind == &pg_kind_composite ||
				    n->kind == &pg_kind_base_type ||
				    n->kind == &pg_kind_enum ||
				    n->kind == &pg_kind_domain ||
				    n->kind == &pg_kind_range ? "relation" :
				    n->kind == &pg_kind_function ||
				    n->kind == &pg_kind_procedure ||
				    n->kind == &pg_kind_aggregate ?
				    "routine" : n->kind->word, n->name);
	if (n->kind == &pg_kind_index || n->kind == &pg_kind_primary_key ||
	    n->kind == &pg_kind_unique || n->kind == &pg_kind_exclusion) {
		buf_addstr(&b, "relation ");
		pg_add_schema(&b, n->parent->name);
		pg_addf(&b, "%I", n->name);
	} else {
		pg_addf(&b, "%s %s of %s", kind_is_column(n->kind) ? "column" :
			n->kind == &pg_kind_check ||
			n->kind == &pg_kind_foreign_key ? "constraint" :
			n->kind->word, n->name, n->parent->name);
	}
	name = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return name;
}

/* ---- comments ------------------------------------------------ */

void pg_add_target(struct buf *b, const struct node *n)
{
	const struct pg_ops *ops = pg_ops_of(n->kind);

	if (ops->target) {
		ops->target(b, n);
		return;
	}
	buf_addf(b, "%s ", ops->noun);
	if (!n->parent) {
		buf_addstr(b, n->name);
	} else if (kind_is_column(n->kind)) {
		pg_addf(b, "%s.%I", n->parent->name, n->name);
	} else if (n->kind == &pg_kind_index) {
		pg_add_schema(b, n->parent->name);
		pg_addf(b, "%I", n->name);
	} else {
		pg_addf(b, "%I ON %s%s", n->name, n->parent->kind ==
			&pg_kind_domain ? "DOMAIN " : "", n->parent->name);
	}
}

/* Public, whose own form is not nothing. */
bool pg_is_public(const struct node *n)
{
	return n->kind == &pg_kind_namespace && !strcmp(n->name, "public");
}

void pg_set_comment(struct lowering *l, struct action *a,
		    const struct node *n)
{
	const struct pg_common *c = (const struct pg_common *)n;
	struct buf b = BUF_INIT;

	buf_addstr(&b, "COMMENT ON ");
	pg_add_target(&b, n);
	if (c->comment)
		pg_addf(&b, " IS %L", c->comment);
	else
		buf_addstr(&b, pg_is_public(n) ?
			   " IS 'standard public schema'" : " IS NULL");
	pg_act(l, a, n, arena_strndup(l->arena, b.ptr, b.len));
	buf_release(&b);
}

static void set_common(struct lowering *l, struct action *a,
		       const struct node *n)
{
	if (((const struct pg_common *)n)->comment)
		pg_set_comment(l, a, n);
	pg_set_grants(l, a, NULL, n);
}

/* ---- what CREATE cannot say --------------------------------------------- */

void pg_column_extras(struct lowering *l, struct action *a,
		      const struct node *n)
{
	const struct pg_column *c = (const struct pg_column *)n;
	const char *table = n->parent->name;

	if (n->parent->kind == &pg_kind_view && c->dflt)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER VIEW %s ALTER "
			"COLUMN %I SET DEFAULT %s", table, n->name, c->dflt));
	if (c->storage)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE %s ALTER "
			"COLUMN %I SET STORAGE %U", table, n->name,
			c->storage));
	if (n->parent->kind == &pg_kind_matview && c->compression)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE %s ALTER "
			"COLUMN %I SET COMPRESSION %s", table, n->name,
			c->compression));
	if (c->statistics)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE %s ALTER "
			"COLUMN %I SET STATISTICS %s", table, n->name,
			c->statistics));
	if (c->options.n)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE %s ALTER "
			"COLUMN %I SET (%l)", table, n->name, &c->options));
	pg_set_identity_grants(l, a, NULL, n);
	set_common(l, a, n);
}

/* An inherited column that has more than its parents' gave it. */
static void inherited_column(struct lowering *l, struct action *a,
			     const struct node *n)
{
	const struct pg_column *c = (const struct pg_column *)n;
	const struct pg_table *t = (const struct pg_table *)n->parent;
	const struct pg_column *p = NULL;

	for (size_t i = 0; i < t->inherits.n && !p; i++) {
		const struct node *table = schema_find(l->to, &pg_kind_table,
						       t->inherits.v[i]);

		p = table ? (const struct pg_column *)node_find(table, n->kind,
			n->name, l->to->spelling) : NULL;
	}
	if (!p)
		return;
	if (c->dflt && (!p->dflt || strcmp(c->dflt, p->dflt)))
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE ONLY %s ALTER "
			"COLUMN %I SET DEFAULT %s", t->node.name, n->name,
			c->dflt));
	if (c->not_null && !p->not_null)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE ONLY %s ALTER "
			"COLUMN %I SET NOT NULL", t->node.name, n->name));
}

static void table_extras(struct lowering *l, struct action *a,
			 const struct node *n)
{
	const struct pg_table *t = (const struct pg_table *)n;

	for (size_t i = 0; i < n->nkids; i++) {
		if (!kind_is_column(n->kids[i]->kind))
			continue;
		if (((struct pg_column *)n->kids[i])->inherited &&
		    t->inherits.n)
			inherited_column(l, a, n->kids[i]);
		pg_column_extras(l, a, n->kids[i]);
	}
	if (t->row_security)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE %s ENABLE ROW "
			"LEVEL SECURITY", n->name));
	if (t->force_row_security)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE %s FORCE ROW "
			"LEVEL SECURITY", n->name));
	if (t->replica_identity)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE %s REPLICA "
			"IDENTITY %U", n->name, t->replica_identity));
}

/* "1 200": of the first term. */
void pg_index_statistics(struct lowering *l, struct action *a,
			 const struct node *n)
{
	const struct pg_index *i = (const struct pg_index *)n;
	struct buf name = BUF_INIT;

	pg_add_schema(&name, n->parent->name);
	pg_addf(&name, "%I", n->name);
	for (size_t s = 0; s < i->statistics.n; s++) {
		const char *text = i->statistics.v[s];
		size_t len = strcspn(text, " ");

		pg_act(l, a, n, pg_printf(l->arena, "ALTER INDEX %s ALTER "
			"COLUMN %s SET STATISTICS %s", name.ptr,
			arena_strndup(l->arena, text, len), text + len + 1));
	}
	buf_release(&name);
}

void pg_mark_index(struct lowering *l, struct action *a,
		   const struct node *n, bool clustered, bool identity)
{
	if (clustered)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE %s CLUSTER ON "
			"%I", n->parent->name, n->name));
	if (identity)
		pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE %s REPLICA "
			"IDENTITY USING INDEX %I", n->parent->name, n->name));
}

void pg_index_comment(struct lowering *l, struct action *a,
		      const struct node *n, const char *comment)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, "COMMENT ON INDEX ");
	pg_add_schema(&b, n->parent->name);
	if (comment)
		pg_addf(&b, "%I IS %L", n->name, comment);
	else
		pg_addf(&b, "%I IS NULL", n->name);
	pg_act(l, a, n, arena_strndup(l->arena, b.ptr, b.len));
	buf_release(&b);
}

void pg_enable(struct lowering *l, struct action *a, const struct node *n,
	       const char *how)
{
	const char *noun = n->kind == &pg_kind_rule ? "RULE" : "TRIGGER";

	pg_act(l, a, n, pg_printf(l->arena, "ALTER TABLE %s %s %s %I",
		n->parent->name, !how ? "ENABLE" :
		!strcmp(how, "disabled") ? "DISABLE" :
		!strcmp(how, "always") ? "ENABLE ALWAYS" : "ENABLE REPLICA",
		noun, n->name));
}

/* What stands behind EXCLUDE ends in WHERE, and the tablespace would stand
 * before that. */
static void exclusion_extras(struct lowering *l, struct action *a,
			     const struct node *n)
{
	const struct pg_exclusion *x = (const struct pg_exclusion *)n;
	struct buf b = BUF_INIT;

	if (x->tablespace) {
		pg_add_schema(&b, n->parent->name);
		pg_act(l, a, n, pg_printf(l->arena, "ALTER INDEX %s%I SET "
			"TABLESPACE %s", b.ptr, n->name, x->tablespace));
	}
	pg_mark_index(l, a, n, x->clustered, false);
	buf_release(&b);
}

static void extras(struct lowering *l, struct action *a,
		   const struct node *n)
{
	const struct kind *k = n->kind;

	if (k == &pg_kind_table || k == &pg_kind_foreign_table)
		table_extras(l, a, n);
	for (size_t i = 0; i < n->nkids && (k == &pg_kind_view ||
					    k == &pg_kind_matview ||
					    k == &pg_kind_composite); i++)
		if (kind_is_column(n->kids[i]->kind))
			pg_column_extras(l, a, n->kids[i]);
	if (k == &pg_kind_index) {
		const struct pg_index *i = (const struct pg_index *)n;

		pg_index_statistics(l, a, n);
		pg_mark_index(l, a, n, i->clustered, i->replica_identity);
	} else if (k == &pg_kind_primary_key || k == &pg_kind_unique) {
		const struct pg_key *i = (const struct pg_key *)n;

		pg_mark_index(l, a, n, i->clustered, i->replica_identity);
		if (i->index_comment)
			pg_index_comment(l, a, n, i->index_comment);
	} else if (k == &pg_kind_exclusion) {
		exclusion_extras(l, a, n);
	} else if (k == &pg_kind_trigger &&
		   ((const struct pg_trigger *)n)->enabled) {
		pg_enable(l, a, n, ((const struct pg_trigger *)n)->enabled);
	} else if (k == &pg_kind_rule &&
		   ((const struct pg_rule *)n)->enabled) {
		pg_enable(l, a, n, ((const struct pg_rule *)n)->enabled);
	}
	pg_rare_extras(l, a, n);
}

void pg_create(struct lowering *l, struct action *a, const struct node *n)
{
	const struct pg_ops *ops = pg_ops_of(n->kind);
	struct buf b = BUF_INIT;

	if (pg_is_public(n)) {
		if (((const struct pg_namespace *)n)->absent)
			pg_act(l, a, n, "DROP SCHEMA public");
	} else if (ops->create && !pg_create_online(l, a, n)) {
		ops->create(&b, n);
		pg_act_running(l, a, n, n, b.ptr);
		pg_hazard_create(l, &a->v[a->n - 1], n);
		pg_hazard_lock(l, &a->v[a->n - 1], n);
	} else if (kind_is_column(n->kind) &&
		   n->parent->kind == &pg_kind_composite) {
		const struct pg_column *c = (const struct pg_column *)n;

		pg_addf(&b, "ALTER TYPE %s ADD ATTRIBUTE %I %s",
			n->parent->name, n->name, c->type);
		if (c->collate)
			pg_addf(&b, " COLLATE %s", c->collate);
		pg_act_running(l, a, n, n, b.ptr);
	} else if (kind_is_column(n->kind) &&
		   pg_is_carried(l, pg_pair_to(l, n))) {
		pg_carry(l, a, pg_pair_to(l, n));
	} else if (kind_is_column(n->kind) && kind_is_table(n->parent->kind)) {
		pg_addf(&b, "ALTER TABLE %s ADD COLUMN ", pg_is_taken(l, n) ?
			pg_stand_in(l, n->parent) : n->parent->name);
		pg_add_column(&b, n);
		pg_act_running(l, a, n, n, b.ptr);
		pg_hazard_create(l, &a->v[a->n - 1], n);
	}
	extras(l, a, n);
	if (kind_is_column(n->kind))
		pg_column_extras(l, a, n);
	else if (n->kind == &pg_kind_definition)
		set_common(l, a, n->parent);	/* a shell's are lost */
	else if (n->kind != &pg_kind_base_type || !n->nkids)
		set_common(l, a, n);
	buf_release(&b);
}

/* ---- what comes last ---------------------------------------------------- */

/* Is the table attached by this plan? */
bool pg_is_attached(struct lowering *l, const struct node *table)
{
	const struct pair *p = pg_pair_to(l, table);

	return !p->from || pg_differs(p->change, "partition-of") ||
	       pg_differs(p->change, "bound");
}

/* A local index is made when the table is attached, lest it be taken. */
static bool is_local(const struct node *n)
{
	return n->kind == &pg_kind_index &&
	       !((const struct pg_index *)n)->partition_of;
}

/* A parent's that is made takes them by name; where it is there before the
 * table is attached, it takes what fits of itself. */
void pg_attach_part(struct lowering *l, struct pair *p)
{
	const struct node *parent = pg_partition_parent(l->to, p->to);
	struct buf of = BUF_INIT, part = BUF_INIT;
	struct pair *o = parent ? pg_pair_to(l, parent) : NULL;
	bool made = o && (o->fate == FATE_CREATED || o->fate == FATE_REPLACED);

	if (!o || !is_index_kind(p->to->kind) ||
	    (!made && pg_is_attached(l, p->to->parent)))
		return;
	pg_add_schema(&of, parent->parent->name);
	pg_addf(&of, "%I", parent->name);
	pg_add_schema(&part, p->to->parent->name);
	pg_addf(&part, "%I", p->to->name);
	p->finish = pg_action(l, STAGE_FINISH, NULL, p->to);
	pg_act(l, p->finish, p->to, pg_printf(l->arena, "ALTER INDEX %s "
		"ATTACH PARTITION %s", of.ptr, part.ptr));
	if (!o->complete)
		o->complete = pg_action(l, STAGE_CREATE, NULL, parent);
	pg_after(l, o->complete, p->finish);
	buf_release(&of);
	buf_release(&part);
}

/* Whose the table is the sequence must be, as with `serial`: who that is only
 * the database knows, where the table was there before. */
static void give_sequence(struct lowering *l, struct pair *p)
{
	const char *owner = ((const struct pg_sequence *)p->to)->owned_by;
	const struct node *table;
	struct buf b = BUF_INIT;

	pg_add_table_of(&b, owner);
	table = schema_find(l->to, &pg_kind_table, b.ptr);
	if (!p->from && table && pg_pair_to(l, table)->from)
		pg_act(l, p->finish, p->to, pg_printf(l->arena, "DO $$BEGIN "
			"EXECUTE %L || (SELECT relowner::pg_catalog.regrole "
			"FROM pg_catalog.pg_class WHERE oid = "
			"%L::pg_catalog.regclass); END$$", pg_printf(l->arena,
			"ALTER SEQUENCE %s OWNER TO ", p->to->name),
			table->name));
	pg_act(l, p->finish, p->to, pg_printf(l->arena, "ALTER SEQUENCE %s "
		"OWNED BY %s", p->to->name, owner));
	buf_release(&b);
}

void pg_finish(struct lowering *l, struct pair *p, bool partition)
{
	const struct node *n = p->to;

	if (n->parent)
		pg_attach_part(l, p);

	if (partition) {
		const struct pg_table *t = (const struct pg_table *)n;
		const struct node *whole = schema_find(l->to, &pg_kind_table,
						       t->partition_of);

		/* It has an index, perhaps, that is built for the part. */
		l->out->concerns_others |= !whole;
		p->finish = pg_action(l, STAGE_FINISH, NULL, n);
		pg_act_running(l, p->finish, n, whole, pg_printf(l->arena,
			"ALTER TABLE %s ATTACH PARTITION %s %s",
			t->partition_of, n->name, t->bound));
	} else if (n->kind == &pg_kind_sequence &&
		   ((const struct pg_sequence *)n)->owned_by) {
		p->finish = pg_action(l, STAGE_FINISH, NULL, n);
		give_sequence(l, p);
	}
}

/* A partition is attached when it has its own keys; a sequence is owned by a
 * column that is there, under the name that it has then. */
void pg_order_finish(struct lowering *l, struct pair *p)
{
	const struct node *whole = p->to->parent ?
				   pg_partition_parent(l->to, p->to) : NULL;
	struct buf b = BUF_INIT;

	if (whole) {
		pg_after(l, p->finish, pg_pair_to(l, whole)->make);
		pg_after(l, p->finish, pg_pair_of(l, p->to)->finish);
	}

	if (kind_is_table(p->to->kind))
		pg_order_parents(l, p);
	for (size_t i = 0; i < p->to->nkids; i++) {
		struct pair *kid;

		buf_truncate(&b, 0);
		node_ref(&b, p->to->kids[i]);
		kid = map_find(&l->by_to, b.ptr);
		if (kid && is_local(p->to->kids[i]))
			pg_after(l, p->finish, kid->drop);
		if (!kid || !kid->make || kid->make->stage == STAGE_LAST)
			continue;
		/* A key that lacks a part is none yet. */
		pg_after(l, p->finish, kid->complete);
		if (is_local(p->to->kids[i]))
			pg_after(l, kid->make, p->finish);
		else
			pg_after(l, p->finish, kid->make);
	}
	for (size_t i = 0; p->to->kind == &pg_kind_sequence &&
	     i < l->npairs; i++) {
		struct pair *o = l->pairs[i];

		if (o->to && (o->to->kind == &pg_kind_table ||
			      kind_is_column(o->to->kind)))
			pg_after(l, p->finish, o->make);
	}
	buf_release(&b);
}
