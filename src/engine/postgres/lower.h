/*
 * From two schemas to statements in their order: actions, each of one node, and
 * what must run before what.
 */
#ifndef ENGINE_POSTGRES_LOWER_H
#define ENGINE_POSTGRES_LOWER_H

#include "engine/postgres/emit.h"

/* What happens to a node. */
enum fate {
	FATE_KEPT,
	FATE_CREATED,
	FATE_DROPPED,
	FATE_ALTERED,		/* in place; who depends on it may stay */
	FATE_RETYPED,		/* in place; who depends on it may not */
	FATE_REPLACED		/* dropped and created */
};

/* Where nothing else says what comes first, this does. */
enum stage {
	STAGE_FIRST,		/* what would take part in all the rest */
	STAGE_RENAME,
	STAGE_RELEASE,		/* a default lets go of its function */
	STAGE_DROP,
	STAGE_CREATE,
	STAGE_ALTER,
	STAGE_FINISH,		/* what needs all of the rest of its object */
	STAGE_DROP_LATE,	/* the old form of a type that was swapped */
	STAGE_LAST		/* what nothing else waits for */
};

/* Every kind's members begin alike. */
struct pg_common {
	PG_COMMON
};

struct action {
	enum stage stage;
	const struct node *from, *to;
	struct statement *v;
	size_t n, cap;
	size_t id;
	size_t order;		/* within the stage */
	struct action **after;	/* what comes first */
	size_t nafter, after_cap;
	struct action **before;	/* and what comes then */
	size_t nbefore, before_cap;
	size_t waits;		/* how many of `after` are not yet written */
	bool done;
};

/* A node on both sides. */
struct pair {
	const struct node *from, *to;	/* either may be NULL */
	const struct change *change;	/* NULL: alike, or only its parts */
	enum fate fate;
	bool released;		/* columns: the default goes and comes back */
	bool swapped;		/* types: the old one goes last */
	struct action *rename, *release, *drop, *make, *finish;
	struct action *away;	/* renamed: to a name for a while */
	struct action *complete;	/* indexes: each part is attached */
	struct action *build;	/* what `make` is made ready by */
	struct action *shell;	/* ranges: what their own function takes */
	size_t place;
};

/* Who needs a node, before. */
struct users {
	const struct node **v;
	size_t n, cap;
};

struct lowering {
	struct script *out;
	const struct schema *from, *to;
	const struct lower_opts *opts;
	struct arena *arena;
	struct err *err;
	const char *search_path;	/* where users' code finds what it
					 * names, as SQL has it */
	bool loose_ties;	/* ties are cut before their objects go */
	struct diff diff;
	struct pair **pairs;
	size_t npairs, pairs_cap;
	struct map by_from, by_to;	/* node_ref() -> pair */
	struct map users;		/* node_ref() -> struct users */
	struct map names;		/* a name that becomes free -> pair */
	struct map taken;		/* names, where new ones are made */
	struct map beside;		/* those that were made, by whose */
	struct action **actions;
	size_t nactions, actions_cap;
};

char *pg_ref(struct lowering *l, const struct node *n);	/* node_ref() */
struct pair *pg_add_pair(struct lowering *l, const struct node *from,
			 const struct node *to, const struct change *change);
bool pg_is_gone(const struct pair *p);		/* dropped, maybe made anew */
bool pg_is_type(const struct node *n);
/* Is a column of the part's table in it? */
bool pg_mentions(const struct node *part, const char *column);
/* A foreign key that points at its own table, by these columns: the catalog's
 * dependency is inside of one object, and not in its needs. */
bool pg_points_at(const struct node *part, const struct node *key);
/* Every pair's actions, what each comes behind, and all of it in order. */
int pg_make_actions(struct lowering *l) MUST_CHECK;
void pg_order(struct lowering *l);
int pg_write(struct lowering *l) MUST_CHECK;

struct pair *pg_pair_from(struct lowering *l, const struct node *n);
struct pair *pg_pair_to(struct lowering *l, const struct node *n);
/* The pair of a part's object. */
struct pair *pg_pair_of(struct lowering *l, const struct node *part);
struct action *pg_action(struct lowering *l, enum stage stage,
			 const struct node *from, const struct node *to);
struct statement *pg_act(struct lowering *l, struct action *a,
			 const struct node *n, const char *sql);
/* The same, where the server runs users' code of `what`: of the node that is
 * made, or of a table that has rows, with all its parts (NULL: of nothing). */
struct statement *pg_act_running(struct lowering *l, struct action *a,
				 const struct node *n, const struct node *what,
				 const char *sql);
/* The SQL of a node that is made, or looked at, with that around it where it
 * is needed; local: "LOCAL ", or "" outside of transactions. */
const char *pg_with_path(struct lowering *l, const struct node *n,
			 const char *sql, const char *local);
/* `a` runs behind `first`; either may be NULL. */
void pg_after(struct lowering *l, struct action *a, struct action *first);

/* ---- objects.c ---------------------------------------------------------- */

/* Is it written in its object's CREATE? */
bool pg_is_inline(const struct node *part);
/* The parent's key or index of which this one is a partition's; NULL. */
const struct node *pg_partition_parent(const struct schema *s,
				       const struct node *part);
/* The name that no two may have at once, and whose; NULL: its own kind's. */
const char *pg_space_name(struct arena *a, const struct node *n);
/* CREATE, with comment, grants and what CREATE cannot say. */
void pg_create(struct lowering *l, struct action *a, const struct node *n);
void pg_drop(struct lowering *l, struct action *a, const struct node *n);
bool pg_has_own(const struct node *type);
/* Is the table attached by this plan? */
bool pg_is_attached(struct lowering *l, const struct node *table);
/* A partition's index is attached to the parent's. */
void pg_attach_part(struct lowering *l, struct pair *p);
/* What comes when all parts are there; partition: attach it. */
void pg_finish(struct lowering *l, struct pair *p, bool partition);
void pg_order_finish(struct lowering *l, struct pair *p);
void pg_set_comment(struct lowering *l, struct action *a,
		    const struct node *n);
/* The schema `public`, which a new database has. */
bool pg_is_public(const struct node *n);
/* What stands behind COMMENT ON, and DROP. */
void pg_add_target(struct buf *b, const struct node *n);

/* Of a column: what ADD COLUMN cannot say, comment and grants. */
void pg_column_extras(struct lowering *l, struct action *a,
		      const struct node *n);
void pg_mark_index(struct lowering *l, struct action *a, const struct node *n,
		   bool clustered, bool identity);
/* Of a key's index; NULL: none. */
void pg_index_comment(struct lowering *l, struct action *a,
		      const struct node *n, const char *comment);
/* ENABLE, DISABLE ... of a trigger or a rule. */
void pg_enable(struct lowering *l, struct action *a, const struct node *n,
	       const char *how);

void pg_index_statistics(struct lowering *l, struct action *a,
			 const struct node *n);

/* ---- online.c ----------------------------------------------------------- */

/* False where there is no such form of it, or none is wanted. */
bool pg_create_online(struct lowering *l, struct action *a,
		      const struct node *n);
bool pg_drop_online(struct lowering *l, struct action *a,
		    const struct node *n);
/* When it is dropped, where nothing is said: at `stage`. */
enum stage pg_drop_stage(struct lowering *l, const struct pair *p,
			 enum stage stage);
/* Does a column become NOT NULL by a check?  Then p->build is an action, which
 * pg_check_nulls() adds that to, and pg_null_check() its name. */
bool pg_nulls_online(struct lowering *l, const struct pair *p);
void pg_check_nulls(struct lowering *l, struct pair *p);
const char *pg_null_check(struct lowering *l, const struct node *column);

/* ---- grants.c ----------------------------------------------------------- */

/* From those of `old`; NULL: of an object that was just made. */
void pg_set_grants(struct lowering *l, struct action *a,
		   const struct node *old, const struct node *n);
/* Of the sequence that an identity has; `from` may be NULL, or have none. */
void pg_set_identity_grants(struct lowering *l, struct action *a,
			    const struct node *from, const struct node *to);
/* All of them away. */
void pg_take_grants(struct lowering *l, struct action *a,
		    const struct node *n);

/* ---- children.c --------------------------------------------------------- */

/* A column that is made, or dropped, by its parent's; then the pair's action
 * is the parent's. */
bool pg_comes_with_parent(struct lowering *l, struct pair *p);
bool pg_renamed_with_parent(struct lowering *l, const struct pair *p);
bool pg_goes_with_parent(struct lowering *l, struct pair *p);
bool pg_child_keeps(struct lowering *l, const struct node *column);
void pg_order_nulls(struct lowering *l, struct pair *p);
/* One that its parent's makes, which may be on where that is off. */
void pg_inherit_trigger(struct lowering *l, struct pair *p);
/* A check that its parent's makes, which may be valid where that is not. */
void pg_inherit_check(struct lowering *l, struct pair *p);
void pg_order_check(struct lowering *l, struct pair *p);
/* A table that is attached: its own indexes that would be taken for the
 * parent's make room. */
void pg_replace_twins(struct lowering *l, const struct change *ch);

/* ---- inherit.c ---------------------------------------------------------- */

/* Is a table the child of this parent's all the way through? */
bool pg_keeps_parent(struct lowering *l, const struct node *table,
		     const char *parent);
/* Is a child's check no longer valid, and its parent's as it was? */
bool pg_loosens(struct lowering *l, const struct node *from,
		const struct node *to);
/* A column or check that comes to a table with a parent that it takes. */
bool pg_is_taken(struct lowering *l, const struct node *n);
/* One that stays with a table when its parent goes. */
bool pg_is_left(struct lowering *l, const struct node *n);
/* A column of a table's own that becomes its parents' alone, with its values:
 * one that is there under another name, and one that takes them over. */
bool pg_is_carried(struct lowering *l, const struct pair *p);
void pg_put_aside(struct lowering *l, struct action *a, const struct pair *p);
void pg_carry(struct lowering *l, struct action *a, const struct pair *p);
/* The table that gives it what will be its parents' alone. */
char *pg_stand_in(struct lowering *l, const struct node *table);
void pg_take_check(struct lowering *l, struct action *a,
		   const struct node *n);
void pg_order_parents(struct lowering *l, struct pair *table);

/* ---- sequences.c -------------------------------------------------------- */

/* Makes one change of a sequence that goes and one that comes, where one
 * column owns both. */
void pg_pair_sequences(struct lowering *l);
/* Which fields of two nodes of a kind differ, whose owner aside. */
uint64_t pg_differing(const struct node *a, const struct node *b);

/* ---- hazards.c ---------------------------------------------------------- */

void pg_hazard_create(struct lowering *l, struct statement *st,
		      const struct node *n);
/* A column whose values cannot come over: there must be none. */
bool pg_is_unconvertible(struct lowering *l, const struct node *column);
/* Whom a statement holds up that has no online form, or has it not. */
void pg_hazard_lock(struct lowering *l, struct statement *st,
		    const struct node *n);
void pg_hazard_drop(struct lowering *l, struct statement *st,
		    const struct node *n);
void pg_hazard_type(struct lowering *l, struct statement *st,
		    const struct node *from, const struct node *to);

/* ---- types.c ------------------------------------------------------------ */

/* Is there a way from one type's values to the other's? */
bool pg_converts(const char *from, const char *to);
/* " USING ...", where it is needed; same: the type was made anew. */
void pg_add_using(struct buf *b, const char *column, const char *from,
		  const char *to, bool same);
const char *pg_type_storage(const char *type);
void pg_identity_name(struct lowering *l, struct action *a,
		      const struct node *n, const struct list *options);
void pg_identity_options(struct lowering *l, struct action *a,
			 const struct node *n, const struct list *options);
void pg_identity_start(struct lowering *l, struct action *a,
		       const struct node *n);
void pg_rename(struct lowering *l, struct pair *p);
/* Once whoever has the new name has let go of it. */
void pg_order_rename(struct lowering *l, struct pair *p);
/* Is it the function that a range is made with, and that takes that range? */
bool pg_is_canonical(const struct node *range, const struct node *function);
/* The name of such a range, as a type that is not yet made; NULL: none. */
struct action *pg_make_shell(struct lowering *l, struct pair *p);

/* ---- way.c --------------------------------------------------------------- */

/* What a change of a node takes; where it is refused err says why. */
enum fate pg_way(struct lowering *l, const struct change *ch);
/* The statements of a change in place. */
int pg_alter(struct lowering *l, struct action *a, struct pair *p)
	MUST_CHECK;
/* A type that cannot be changed in place: renamed away, made anew, the columns
 * put over, the old one dropped. */
int pg_swap_type(struct lowering *l, struct pair *p) MUST_CHECK;

/* Is a value that is new used by what else changes? */
bool pg_uses_new_value(struct lowering *l, const struct node *from,
		       const struct node *to);

/* Does this field differ?  No where ch is NULL. */
bool pg_differs(const struct change *ch, const char *word);
/* Is it another one only by names that were changed elsewhere? */
bool pg_follows_renames(struct lowering *l, const struct change *ch);

/* Does anything differ beside these fields?  Words with blanks between. */
bool pg_differs_beside(const struct change *ch, const char *words);

/* ---- alter-rare.c ------------------------------------------------------- */

/* The words that a kind takes in its stride; NULL: it is none of ours. */
const char *pg_rare_words(const struct change *ch, const struct schema *from,
			  const struct schema *to);
/* What their CREATE cannot say. */
void pg_rare_extras(struct lowering *l, struct action *a,
		    const struct node *n);
/* "ADD a 'x', SET b 'y', DROP c" */
void pg_add_option_changes(struct buf *b, const struct list *from,
			   const struct list *to);

#endif
