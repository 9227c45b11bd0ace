/*
 * The statements of changes in place.
 */
#include "config.h"

#include "engine/postgres/alter.h"

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
void pg_set_options(struct altering *al, const char *what,
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

/* "OPTIONS (ADD a 'x', SET b 'y', DROP c)" */
void pg_set_server_options(struct altering *al, const char *what,
			       const struct list *from, const struct list *to)
{
	struct buf b = BUF_INIT;

	pg_add_option_changes(&b, from, to);
	if (b.len)
		ACT(al, "%s OPTIONS (%s)", what, b.ptr);
	buf_release(&b);
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
	/* What is left as it is goes to a parent's that is another one. */
	for (size_t i = 0; t->partition_of && i < al->to->nkids; i++) {
		struct pair *kid = pg_pair_to(al->l, al->to->kids[i]);

		if (kid->fate == FATE_KEPT ||
		    (kid->fate == FATE_ALTERED &&
		     !pg_differs(kid->change, "partition-of")))
			pg_attach_part(al->l, kid);
	}
}

static void alter_table(struct altering *al)
{
	const struct pg_table *f = (const struct pg_table *)al->from;
	const struct pg_table *t = (const struct pg_table *)al->to;
	const char *noun = al->to->kind == &pg_kind_table ? "TABLE" :
			   "FOREIGN TABLE";

	pg_alter_inherits(al);
	if (pg_differs(al->ch, "partition-of") || pg_differs(al->ch, "bound"))
		alter_partition(al);
	if (pg_differs(al->ch, "of-type"))
		ACT(al, t->of_type ? "ALTER TABLE %s OF %s" :
		    "ALTER TABLE %s NOT OF", al->table, t->of_type);
	if (pg_differs(al->ch, "unlogged"))
		ACT(al, "ALTER TABLE %s SET %s", al->table,
		    t->unlogged ? "UNLOGGED" : "LOGGED");
	if (pg_differs(al->ch, "access-method"))
		ACT(al, "ALTER TABLE %s SET ACCESS METHOD %I", al->table,
		    t->access_method ? t->access_method : "heap");
	if (pg_differs(al->ch, "tablespace"))
		ACT(al, "ALTER TABLE %s SET TABLESPACE %s", al->table,
		    t->tablespace ? t->tablespace : "pg_default");
	if (pg_differs(al->ch, "option"))
		pg_set_options(al, pg_printf(al->l->arena, "%s %s", noun,
					  al->table), &f->options,
			    &t->options);
	if (pg_differs(al->ch, "server-option"))
		pg_set_server_options(al, pg_printf(al->l->arena,
			"ALTER FOREIGN TABLE %s", al->table),
			&f->server_options, &t->server_options);
	if (pg_differs(al->ch, "row-security"))
		ACT(al, "ALTER TABLE %s %s ROW LEVEL SECURITY", al->table,
		    t->row_security ? "ENABLE" : "DISABLE");
	if (pg_differs(al->ch, "force-row-security"))
		ACT(al, "ALTER TABLE %s %s ROW LEVEL SECURITY", al->table,
		    t->force_row_security ? "FORCE" : "NO FORCE");
	if (pg_differs(al->ch, "replica-identity") && t->replica_identity)
		ACT(al, "ALTER TABLE %s REPLICA IDENTITY %U", al->table,
		    t->replica_identity);
	else if (pg_differs(al->ch, "replica-identity"))
		unmark(al, false, true);
}

/* What is used by the same plan has to be committed before. */
static void add_value(struct altering *al, bool apart, const char *sql)
{
	struct action *a = al->a;

	if (apart) {
		a = pg_action(al->l, STAGE_FIRST, NULL, al->to);
		pg_after(al->l, al->a, a);
	}
	pg_act(al->l, a, al->to, sql)->step = apart ? STEP_APART : STEP_JOINED;
}

static void alter_enum(struct altering *al)
{
	bool apart = al->l->opts->online &&
		     pg_uses_new_value(al->l, al->from, al->to);
	const char *type = apart ? al->from->name : al->table;
	const struct list *f = &((const struct pg_enum *)al->from)->values;
	const struct list *t = &((const struct pg_enum *)al->to)->values;
	size_t i = 0;

	for (size_t k = 0; k < t->n; k++) {
		if (i < f->n && !strcmp(f->v[i], t->v[k])) {
			i++;
			continue;
		}
		add_value(al, apart, i < f->n ?
			  pg_printf(al->l->arena, "ALTER TYPE %s ADD VALUE %L "
				    "BEFORE %L", type, t->v[k], f->v[i]) :
			  pg_printf(al->l->arena, "ALTER TYPE %s ADD VALUE %L",
				    type, t->v[k]));
	}
}

static void alter_domain(struct altering *al)
{
	const struct pg_domain *t = (const struct pg_domain *)al->to;

	if (pg_differs(al->ch, "default"))
		ACT(al, t->dflt ? "ALTER DOMAIN %s SET DEFAULT %s" :
		    "ALTER DOMAIN %s DROP DEFAULT", al->table, t->dflt);
	if (pg_differs(al->ch, "not-null"))
		ACT(al, "ALTER DOMAIN %s %s NOT NULL", al->table,
		    t->not_null ? "SET" : "DROP");
}

static bool goes_down(const struct pg_sequence *s)
{
	return s->increment && *s->increment == '-';
}

/* What it may be where nothing is said. */
static const char *bound_of(const struct pg_sequence *s, bool low)
{
	if (low != goes_down(s))
		return low ? "1" : "-1";
	if (!strcmp(s->type, "smallint"))
		return low ? "-32768" : "32767";
	if (!strcmp(s->type, "integer"))
		return low ? "-2147483648" : "2147483647";
	return low ? "-9223372036854775808" : "9223372036854775807";
}

/* All in words: with AS, NO MAXVALUE means another one than without. */
static void add_bounds(struct buf *b, const struct pg_sequence *t)
{
	const char *low = t->minimum ? t->minimum : bound_of(t, true);
	const char *high = t->maximum ? t->maximum : bound_of(t, false);

	pg_addf(b, "ALTER SEQUENCE %s AS %s INCREMENT BY %s", t->node.name,
		t->type, t->increment ? t->increment : "1");
	pg_addf(b, " MINVALUE %s MAXVALUE %s", low, high);
	pg_addf(b, " START WITH %s CACHE %s%s",
		t->start ? t->start : goes_down(t) ? high : low,
		t->cache ? t->cache : "1", t->cycle ? " CYCLE" : " NO CYCLE");
}

/* The next value stays what it is, or goes to the nearest bound: what it is
 * only the database knows. */
static void alter_bounds(struct altering *al)
{
	const struct pg_sequence *f = (const struct pg_sequence *)al->from;
	const struct pg_sequence *t = (const struct pg_sequence *)al->to;
	struct buf b = BUF_INIT, high = BUF_INIT;

	add_bounds(&b, t);
	if (!pg_differs(al->ch, "minimum") && !pg_differs(al->ch, "maximum") &&
	    !pg_differs(al->ch, "type") && goes_down(f) == goes_down(t)) {
		ACT(al, "%s", b.ptr);
		goto out;
	}
	buf_addf(&high, "least(greatest(v, %s), %s)",
		 t->minimum ? t->minimum : bound_of(t, true),
		 t->maximum ? t->maximum : bound_of(t, false));
	ACT(al, "DO $$DECLARE v bigint; BEGIN SELECT last_value + CASE WHEN "
	    "is_called THEN %s ELSE 0 END INTO v FROM %s; EXECUTE %L || "
	    "' RESTART WITH ' || %s; END$$",
	    f->increment ? f->increment : "1", al->table, b.ptr, high.ptr);
out:
	buf_release(&b);
	buf_release(&high);
}

static void alter_sequence(struct altering *al)
{
	const struct pg_sequence *f = (const struct pg_sequence *)al->from;
	const struct pg_sequence *t = (const struct pg_sequence *)al->to;
	struct action *r;

	if (pg_differs_beside(al->ch, "comment grant owned-by unlogged"))
		alter_bounds(al);
	if (pg_differs(al->ch, "unlogged"))
		ACT(al, "ALTER SEQUENCE %s SET %s", al->table,
		    t->unlogged ? "UNLOGGED" : "LOGGED");
	if (pg_differs(al->ch, "owned-by") && t->owned_by)
		pg_finish(al->l, al->p, false);
	if (pg_differs(al->ch, "owned-by") && f->owned_by) {
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

	if (pg_differs(al->ch, "as"))
		ACT(al, "CREATE OR REPLACE VIEW %s%s%s%s AS\n%s", al->table,
		    t->options.n ? " WITH (" : "", t->options.n ?
		    pg_printf(al->l->arena, "%l", &t->options) : "",
		    t->options.n ? ")" : "", t->body);
	else if (pg_differs(al->ch, "option"))
		pg_set_options(al, pg_printf(al->l->arena, matview ?
			"MATERIALIZED VIEW %s" : "VIEW %s", al->table),
			&f->options, &t->options);
	if (pg_differs(al->ch, "tablespace"))
		ACT(al, "ALTER MATERIALIZED VIEW %s SET TABLESPACE %s",
		    al->table, t->tablespace ? t->tablespace : "pg_default");
	if (pg_differs(al->ch, "access-method"))
		ACT(al, "ALTER MATERIALIZED VIEW %s SET ACCESS METHOD %I",
		    al->table, t->access_method ? t->access_method : "heap");
}

static void alter_extension(struct altering *al)
{
	const struct pg_extension *t = (const struct pg_extension *)al->to;

	if (pg_differs(al->ch, "version"))
		ACT(al, "ALTER EXTENSION %s UPDATE TO %L", al->table,
		    t->version);
	if (pg_differs(al->ch, "schema"))
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

static void alter_index(struct altering *al)
{
	const struct pg_index *f = (const struct pg_index *)al->from;
	const struct pg_index *t = (const struct pg_index *)al->to;

	if (pg_differs(al->ch, "option"))
		pg_set_options(al, pg_printf(al->l->arena, "INDEX %s",
					  index_name(al)), &f->options,
			    &t->options);
	if (pg_differs(al->ch, "tablespace"))
		ACT(al, "ALTER INDEX %s SET TABLESPACE %s", index_name(al),
		    t->tablespace ? t->tablespace : "pg_default");
	unmark(al, f->clustered && !t->clustered,
	       f->replica_identity && !t->replica_identity);
	pg_mark_index(al->l, al->a, al->to, t->clustered && !f->clustered,
		      t->replica_identity && !f->replica_identity);
	if (pg_differs(al->ch, "partition-of") && t->partition_of)
		pg_attach_part(al->l, al->p);
	for (size_t i = 0; pg_differs(al->ch, "statistics") &&
	     i < f->statistics.n; i++)
		ACT(al, "ALTER INDEX %s ALTER COLUMN %s SET STATISTICS -1",
		    index_name(al), arena_strndup(al->l->arena,
			f->statistics.v[i],
			strcspn(f->statistics.v[i], " ")));
	if (pg_differs(al->ch, "statistics"))
		pg_index_statistics(al->l, al->a, al->to);
}

static void alter_key(struct altering *al)
{
	const struct pg_key *f = (const struct pg_key *)al->from;
	const struct pg_key *t = (const struct pg_key *)al->to;

	if (pg_differs(al->ch, "option"))
		pg_set_options(al, pg_printf(al->l->arena, "INDEX %s",
					  index_name(al)), &f->options,
			    &t->options);
	unmark(al, f->clustered && !t->clustered,
	       f->replica_identity && !t->replica_identity);
	pg_mark_index(al->l, al->a, al->to, t->clustered && !f->clustered,
		      t->replica_identity && !f->replica_identity);
	if (pg_differs(al->ch, "partition-of") && t->partition_of)
		pg_attach_part(al->l, al->p);
	if (pg_differs(al->ch, "index-comment"))
		pg_index_comment(al->l, al->a, al->to, t->index_comment);
}

static void validate(struct altering *al)
{
	struct statement *st;

	st = ACT(al, al->to->parent->kind == &pg_kind_domain ?
		 "ALTER DOMAIN %s VALIDATE CONSTRAINT %I" :
		 "ALTER TABLE %s VALIDATE CONSTRAINT %I", al->table,
		 al->to->name);
	pg_hazard_create(al->l, st, al->to);
}

/* A parent's becomes the table's own as well, where its parents stay: it is
 * merged.  Where they go it has become so. */
static void alter_check(struct altering *al)
{
	const struct pair *table = pg_pair_of(al->l, al->to);
	struct buf b = BUF_INIT;

	if (pg_differs(al->ch, "inherited") &&
	    !((const struct pg_check *)al->to)->inherited &&
	    !pg_differs(table->change, "inherits") &&
	    !pg_differs(table->change, "partition-of")) {
		pg_ops_of(&pg_kind_check)->create(&b, al->to);
		pg_act_running(al->l, al->a, al->to, al->to, b.ptr);
	}
	if (pg_differs(al->ch, "not-valid"))
		validate(al);
	buf_release(&b);
}

static void alter_exclusion(struct altering *al)
{
	const struct pg_exclusion *f = (const struct pg_exclusion *)al->from;
	const struct pg_exclusion *t = (const struct pg_exclusion *)al->to;

	if (pg_differs(al->ch, "tablespace"))
		ACT(al, "ALTER INDEX %s SET TABLESPACE %s", index_name(al),
		    t->tablespace ? t->tablespace : "pg_default");
	unmark(al, f->clustered && !t->clustered, false);
	pg_mark_index(al->l, al->a, al->to, t->clustered && !f->clustered,
		      false);
}

static void alter_foreign_key(struct altering *al)
{
	const struct pg_foreign_key *t = (const struct pg_foreign_key *)al->to;

	if (pg_differs(al->ch, "deferrable") ||
	    pg_differs(al->ch, "initially-deferred"))
		ACT(al, "ALTER TABLE %s ALTER CONSTRAINT %I %s %s", al->table,
		    al->to->name, t->deferrable ? "DEFERRABLE" :
		    "NOT DEFERRABLE", t->initially_deferred ?
		    "INITIALLY DEFERRED" : "INITIALLY IMMEDIATE");
	if (pg_differs(al->ch, "not-valid"))
		validate(al);
}

static void alter_trigger(struct altering *al)
{
	if (pg_differs(al->ch, "enabled"))
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
	if (pg_differs(al->ch, "role"))
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
	{ &pg_kind_column, pg_alter_column },
	{ &pg_kind_enum, alter_enum },
	{ &pg_kind_domain, alter_domain },
	{ &pg_kind_sequence, alter_sequence },
	{ &pg_kind_view, alter_view },
	{ &pg_kind_matview, alter_view },
	{ &pg_kind_extension, alter_extension },
	{ &pg_kind_index, alter_index },
	{ &pg_kind_primary_key, alter_key },
	{ &pg_kind_unique, alter_key },
	{ &pg_kind_check, alter_check },
	{ &pg_kind_exclusion, alter_exclusion },
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
	pg_rare_alter(&al);
	if (pg_differs(p->change, "comment"))
		pg_set_comment(l, a, p->to);
	if (pg_differs(p->change, "grant"))
		pg_set_grants(l, a, p->from, p->to);
	return l->err->code ? -1 : 0;
}
