/*
 * Forms that hold up nobody who uses a table meanwhile, in steps:
 *
 *	index    CREATE INDEX CONCURRENTLY; one that takes another's place is
 *	         built under a name of its own, and the two change names
 *	key      a unique index, built so, and then the constraint upon it
 *	check, foreign key    NOT VALID, then VALIDATE
 *	NOT NULL              a check of it, NOT VALID, then VALIDATE; then
 *	                      SET NOT NULL, which believes the check
 *
 * What stands in their way (a circle of what must come first) is taken out in
 * the second round of lowering: see loose_ties.
 */
#include "config.h"

#include "engine/postgres/lower.h"

/* The object of a part that is there before and behind; NULL: it is not, or
 * nothing is wanted online. */
static const struct node *kept_home(struct lowering *l,
				    const struct node *part)
{
	const struct pair *home = part->parent ? pg_pair_of(l, part) : NULL;

	return l->opts->online && home && home->from && !pg_is_gone(home) ?
	       home->to : NULL;
}

/* Has it people who use it? */
static bool is_busy(struct lowering *l, const struct node *part)
{
	const struct node *home = kept_home(l, part);

	return home && (home->kind == &pg_kind_table ||
			home->kind == &pg_kind_matview);
}

static bool is_partitioned(const struct node *part)
{
	return part->parent->kind == &pg_kind_table &&
	       ((const struct pg_table *)part->parent)->partition_by;
}

/* As SQL, in the schema of its table. */
static char *index_sql(struct lowering *l, const struct node *part,
		       const char *name)
{
	struct buf b = BUF_INIT;
	char *sql;

	pg_add_schema(&b, part->parent->name);
	pg_addf(&b, "%I", name);
	sql = arena_strndup(l->arena, b.ptr, b.len);
	buf_release(&b);
	return sql;
}

static char *with_suffix(struct lowering *l, const char *name,
			 const char *suffix)
{
	size_t n = strlen(name), most = 63 - strlen(suffix);

	if (n > most)
		n = most;
	while (n < strlen(name) && n &&
	       ((unsigned char)name[n] & 0xc0) == 0x80)
		n--;
	return arena_printf(l->arena, "%.*s%s", (int)n, name, suffix);
}

/* Objects by their schema's name and their own, what they have by its own. */
static void note_taken(struct lowering *l, const struct node *n)
{
	map_set(&l->taken, n->name, (void *)n);
	for (size_t i = 0; i < n->nkids; i++)
		note_taken(l, n->kids[i]);
}

static void note_all_taken(struct lowering *l)
{
	const struct schema *const sides[] = { l->from, l->to };

	for (size_t s = 0; s < ARRAY_LEN(sides); s++)
		for (size_t i = 0; i < sides[s]->n; i++)
			note_taken(l, sides[s]->objects[i]);
}

/* A name beside a part's own, of the same length at most, that nothing else
 * has; the same one whenever it is asked for. */
static char *name_beside(struct lowering *l, const struct node *n,
			 const char *suffix)
{
	char *whose = arena_printf(l->arena, "%s of %s", suffix, pg_ref(l, n));
	char *name = map_find(&l->beside, whose);

	if (name)
		return name;
	if (!l->taken.n)
		note_all_taken(l);
	name = with_suffix(l, n->name, suffix);
	for (int i = 2; map_find(&l->taken, name) ||
	     map_find(&l->taken, index_sql(l, n, name)); i++)
		name = with_suffix(l, n->name, arena_printf(l->arena, "%s%d",
							    suffix, i));
	map_set(&l->taken, name, name);
	map_set(&l->beside, whose, name);
	return name;
}

static char *next_name(struct lowering *l, const struct node *n)
{
	return name_beside(l, n, "_ss_next");
}

static char *last_name(struct lowering *l, const struct node *n)
{
	return name_beside(l, n, "_ss_last");
}

/* Does a new index take the place of one, which nothing else hangs on? */
static bool swaps(struct lowering *l, const struct pair *p)
{
	return p->fate == FATE_REPLACED && p->change && p->from && p->to &&
	       p->to->kind == &pg_kind_index && is_busy(l, p->to) &&
	       !is_partitioned(p->to) && !l->loose_ties &&
	       !((const struct pg_index *)p->from)->partition_of &&
	       !((const struct pg_index *)p->to)->partition_of &&
	       !map_find(&l->users, pg_ref(l, p->from));
}

/* ---- indexes and keys ---------------------------------------------------- */

/* The action that comes first; it needs what p->make needs (order.c). */
static struct statement *build(struct lowering *l, struct pair *p,
			       const char *name)
{
	const struct node *n = p->to;
	struct statement *st;
	struct buf b = BUF_INIT;

	p->build = pg_action(l, STAGE_CREATE, NULL, n);
	if (n->kind == &pg_kind_index)
		pg_add_index(&b, n, name, true);
	else
		pg_add_key_index(&b, n, name);
	st = pg_act(l, p->build, n, pg_with_path(l, n, b.ptr, ""));
	st->step = STEP_BUILDS;
	st->index = index_sql(l, n, name);
	pg_hazard_create(l, st, n);
	pg_after(l, p->make, p->build);
	buf_release(&b);
	return st;
}

static void create_index(struct lowering *l, struct action *a, struct pair *p)
{
	const struct node *n = p->to;

	if (!swaps(l, p)) {
		build(l, p, n->name);
		return;
	}
	build(l, p, next_name(l, n));
	pg_act(l, a, n, pg_printf(l->arena, "ALTER INDEX %s RENAME TO %I",
				  index_sql(l, n, p->from->name),
				  last_name(l, p->from)));
	pg_act(l, a, n, pg_printf(l->arena, "ALTER INDEX %s RENAME TO %I",
				  index_sql(l, n, next_name(l, n)), n->name));
	pg_after(l, p->drop, a);
}

static void create_key(struct lowering *l, struct action *a, struct pair *p)
{
	const struct node *n = p->to;
	char *name = p->drop ? next_name(l, n) : (char *)n->name;
	struct buf b = BUF_INIT;

	build(l, p, name);
	pg_add_key_upon(&b, n, name);
	pg_act(l, a, n, arena_strndup(l->arena, b.ptr, b.len));
	buf_release(&b);
	/* Until then the old one does its work, and what hangs on it. */
	if (p->drop && p->change && !l->loose_ties)
		pg_after(l, p->drop, p->build);
}

/* ---- constraints --------------------------------------------------------- */

static void validate(struct lowering *l, const struct node *n,
		     struct action *first, const char *name,
		     struct action **out)
{
	const char *noun = n->parent->kind == &pg_kind_domain ? "DOMAIN" :
			   "TABLE";
	char *sql = pg_printf(l->arena, "ALTER %s %s VALIDATE CONSTRAINT %I",
			      noun, n->parent->name, name);

	*out = pg_action(l, STAGE_LAST, NULL, n);
	pg_act(l, *out, n, pg_with_path(l, n, sql, "LOCAL "))->step =
		STEP_APART;
	pg_after(l, *out, first);
}

static void create_constraint(struct lowering *l, struct action *a,
			      const struct node *n)
{
	struct buf b = BUF_INIT;
	struct action *then;

	pg_ops_of(n->kind)->create(&b, n);
	buf_addstr(&b, " NOT VALID");
	pg_act(l, a, n, pg_with_path(l, n, b.ptr, "LOCAL "));
	validate(l, n, a, n->name, &then);
	pg_hazard_create(l, &then->v[0], n);
	buf_release(&b);
}

static bool is_domain_kept(struct lowering *l, const struct node *n)
{
	const struct node *home = kept_home(l, n);

	return home && home->kind == &pg_kind_domain;
}

bool pg_create_online(struct lowering *l, struct action *a,
		      const struct node *n)
{
	struct pair *p = pg_pair_to(l, n);

	if (n->kind == &pg_kind_check &&
	    (is_busy(l, n) || is_domain_kept(l, n)) &&
	    !((const struct pg_check *)n)->not_valid) {
		create_constraint(l, a, n);
		return true;
	}
	if (!is_busy(l, n) || is_partitioned(n))
		return false;
	if (n->kind == &pg_kind_index)
		create_index(l, a, p);
	else if (n->kind == &pg_kind_primary_key || n->kind == &pg_kind_unique)
		create_key(l, a, p);
	else if (n->kind == &pg_kind_foreign_key &&
		 !((const struct pg_foreign_key *)n)->not_valid)
		create_constraint(l, a, n);
	else
		return false;
	return true;
}

enum stage pg_drop_stage(struct lowering *l, const struct pair *p,
			 enum stage stage)
{
	return swaps(l, p) ? STAGE_DROP_LATE : stage;
}

bool pg_drop_online(struct lowering *l, struct action *a,
		    const struct node *n)
{
	struct pair *p = pg_pair_from(l, n);
	const struct node *home;
	struct node here;
	struct statement *st;
	char *index;

	if (n->kind != &pg_kind_index || !is_busy(l, n) || is_partitioned(n) ||
	    ((const struct pg_index *)n)->partition_of)
		return false;
	home = pg_pair_of(l, n)->to;
	here = *n;
	here.parent = (struct node *)home;
	index = index_sql(l, &here, swaps(l, p) ? last_name(l, n) : n->name);
	st = pg_act(l, a, n, pg_printf(l->arena, "DROP INDEX CONCURRENTLY %s",
				       index));
	st->step = STEP_DROPS;
	st->index = index;
	return true;
}

/* ---- NOT NULL ------------------------------------------------------------ */

bool pg_nulls_online(struct lowering *l, const struct pair *p)
{
	return p->fate == FATE_ALTERED && !p->released && is_busy(l, p->to) &&
	       p->to->parent->kind == &pg_kind_table &&
	       pg_differs(p->change, "not-null") &&
	       ((const struct pg_column *)p->to)->not_null;
}

const char *pg_null_check(struct lowering *l, const struct node *column)
{
	return name_beside(l, column, "_ss_not_null");
}

void pg_check_nulls(struct lowering *l, struct pair *p)
{
	const char *name = pg_null_check(l, p->to);
	struct action *then;

	pg_act(l, p->build, p->to, pg_printf(l->arena, "ALTER TABLE %s ADD "
		"CONSTRAINT %I CHECK (%I IS NOT NULL) NOT VALID",
		p->to->parent->name, name, p->to->name));
	validate(l, p->to, p->build, name, &then);
	then->stage = STAGE_ALTER;
	pg_after(l, p->make, then);
}
