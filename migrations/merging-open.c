/*
 * Going on with a merge that is open: what is left, settling it, the version.
 *
 *	merge ─▶ open ─▶ resolve ... ─▶ merge --continue ─▶ a version
 *	           └─────────────────▶ merge --abort
 */
#include "config.h"

#include "migrations/merging-parts.h"

static int none_open(struct err *err)
{
	err_set(err, ERR_USAGE, "no merge is open");
	return err_hint(err, "begin one with 'schemastore merge BRANCH'");
}

static int read_open(struct open_merge *o, struct merging *m, struct arena *a,
		     struct err *err)
{
	struct store *s = m->project->store;
	int ret = open_merge_read(o, s, a, err);

	if (ret < 0)
		return -1;
	if (!ret)
		return none_open(err);
	if (open_merge_check(o, s, a, err) ||
	    store_commit(&m->theirs, s, &o->theirs, a, err))
		return -1;
	m->name = o->name;
	if (!m->message) {
		m->message = o->message;
		m->body = o->body;
	}
	m->choices = o->choices;
	m->nchoices = o->nchoices;
	m->no_forward = m->open = m->kept = true;
	return 0;
}

/* The outcome alone: what was read for it goes. */
static int pass(struct merging *m, struct arena *a, struct err *err)
{
	struct joining j = { .m = m, .r = { .arena = a } };
	int ret;

	for (size_t i = 0; i < m->nchoices; i++)
		m->choices[i].used = false;
	ret = merging_begin(&j, err);
	if (ret)
		odb_discard(store_odb(m->project->store));
	merging_end(&j);
	return ret;
}

int merging_look(struct merging *m, struct arena *a, struct err *err)
{
	struct open_merge o;

	m->look = true;
	return read_open(&o, m, a, err) || pass(m, a, err) ? -1 : 0;
}

int merging_continue(struct merging *m, struct arena *a, struct err *err)
{
	struct store *s = m->project->store;
	struct open_merge o;
	int ret = -1;

	if (store_lock(s, err))
		return -1;
	if (read_open(&o, m, a, err) || pass(m, a, err))
		goto out;
	m->kept = m->outcome == MERGING_CONFLICTS;
	if (!m->kept && !m->dry_run && open_merge_forget(s, err) < 0)
		err_wrap(err, "the version was made, but");
	else
		ret = 0;
out:
	store_unlock(s);
	return ret;
}

int merging_abort(struct project *p, struct err *err)
{
	int ret;

	if (store_lock(p->store, err))
		return -1;
	ret = open_merge_forget(p->store, err);
	store_unlock(p->store);
	return ret < 0 ? -1 : ret ? 0 : none_open(err);
}

/* ---- one node ------------------------------------------------------------ */

/* How many there were. */
static size_t forget_choices(struct open_merge *o, const char *node)
{
	size_t n = 0, had = o->nchoices;

	for (size_t i = 0; i < had; i++)
		if (!merge_same_words(o->choices[i].node, node))
			o->choices[n++] = o->choices[i];
	o->nchoices = n;
	return had - n;
}

static bool any_meaning(const struct merging *m)
{
	for (size_t i = 0; i < m->nparts; i++)
		for (size_t k = 0; k < m->parts[i].nconflicts; k++)
			if (m->parts[i].conflicts[k].type == CONFLICT_MEANING)
				return true;
	return false;
}

/* What is in conflict without it, and what the SQL has. */
static int look_before(struct merge_choice *c, struct merging *m,
		       const struct merging_sql *sql, struct arena *a,
		       struct err *err)
{
	struct joining j = { .m = m, .r = { .arena = a } };
	int ret = -1;

	if (!merging_begin(&j, err) &&
	    (!sql || !merging_read_sql(c, &j, sql, err)))
		ret = 0;
	merging_end(&j);
	return ret;
}

static int no_conflict(const char *node, struct err *err)
{
	err_set(err, ERR_USAGE, "'%s' is in no conflict: there is nothing to "
		"settle", node);
	return err_hint(err, "'schemastore conflicts' lists what is");
}

static int resolve(struct open_merge *o, struct merging *m,
		   const struct merge_choice *choice,
		   const struct merging_sql *sql, struct arena *a,
		   struct err *err)
{
	struct merge_choice *c;
	bool meaning;

	forget_choices(o, choice->node);
	m->nchoices = o->nchoices;
	c = ARENA_PUSH(a, o->choices, o->nchoices, o->cap);
	*c = *choice;
	m->choices = o->choices;
	c->whole = c->side == MERGE_SIDES;
	if (look_before(c, m, sql, a, err))
		return -1;
	meaning = any_meaning(m);
	m->nchoices = o->nchoices;
	if (pass(m, a, err))
		return -1;
	/* Two that do not fit together: neither need be in conflict. */
	if (!c->used && !c->whole && meaning) {
		c->whole = true;
		if (pass(m, a, err))
			return -1;
	}
	return c->used ? 0 : no_conflict(choice->node, err);
}

/* ---- one data step ------------------------------------------------------- */

/* What was said of it for that engine; of each, where none is named. */
static void forget_step(struct open_merge *o, const struct merge_choice *step)
{
	size_t n = 0, had = o->nchoices;

	for (size_t i = 0; i < had; i++) {
		const struct merge_choice *c = &o->choices[i];

		if (strcmp(c->node, step->node) ||
		    (step->engine && c->engine &&
		     strcmp(c->engine, step->engine)))
			o->choices[n++] = *c;
	}
	o->nchoices = n;
}

static int check_text(const struct merge_choice *c, struct arena *a,
		      struct err *err)
{
	struct data_step step;
	struct err why = ERR_INIT;

	if (!*c->up || !data_step_parse(&step, "new", c->up, c->down, a, &why))
		return 0;
	err_set(err, why.code, "%s: %s", c->node,
		why.text + strlen("data step new: "));
	return err_hint(err, "%s", *why.hint ? why.hint :
			"if there is nothing to do for it: --skip");
}

/* It was run in the state that it is for: does it run there? */
static int check_runs(const struct merging *m, const struct merge_choice *c,
		      struct err *err)
{
	for (size_t i = 0; i < m->nparts; i++)
		for (size_t k = 0; k < m->parts[i].nconflicts; k++) {
			const struct conflict *v = &m->parts[i].conflicts[k];

			if (v->type != CONFLICT_STEP ||
			    strcmp(v->node, c->node) ||
			    (c->engine && strcmp(c->engine,
						 m->parts[i].engine->name)))
				continue;
			return err_set(err, ERR_REFUSED, "what is to be run "
				       "in the place of %s cannot be: %s",
				       c->node, v->why);
		}
	return 0;
}

static bool has_conflict(const struct merging_part *p, const char *node)
{
	for (size_t i = 0; i < p->nconflicts; i++)
		if (!strcmp(p->conflicts[i].node, node))
			return true;
	return false;
}

/* Of the engines for which it cannot be run; where it can for all, and somebody
 * wants another one nevertheless, of all. */
static void choose(struct open_merge *o, const struct merging *m,
		   const struct merge_choice *choice, struct arena *a)
{
	size_t n = o->nchoices;

	for (size_t i = 0; i < m->nparts && !choice->engine; i++)
		if (has_conflict(&m->parts[i], choice->node)) {
			*ARENA_PUSH(a, o->choices, o->nchoices, o->cap) =
				*choice;
			o->choices[o->nchoices - 1].engine =
				m->parts[i].engine->name;
		}
	if (o->nchoices == n)
		*ARENA_PUSH(a, o->choices, o->nchoices, o->cap) = *choice;
}

static int resolve_step(struct open_merge *o, struct merging *m,
			const struct merge_choice *choice, struct arena *a,
			struct err *err)
{
	size_t n;

	if (check_text(choice, a, err))
		return -1;
	forget_step(o, choice);
	n = m->nchoices = o->nchoices;
	if (m->project->engines.n > 1 && !choice->engine && pass(m, a, err))
		return -1;
	choose(o, m, choice, a);
	m->choices = o->choices;
	m->nchoices = o->nchoices;
	if (pass(m, a, err))
		return -1;
	for (size_t i = n; i < o->nchoices; i++)
		if (!o->choices[i].used)
			return no_conflict(choice->node, err);
	return check_runs(m, choice, err);
}

int merging_resolve(struct merging *m, const struct merge_choice *choice,
		    const struct merging_sql *sql, struct arena *a,
		    struct err *err)
{
	struct store *s = m->project->store;
	struct open_merge o;
	int ret = -1;

	m->look = true;
	if (store_lock(s, err))
		return -1;
	if (!read_open(&o, m, a, err) &&
	    !(choice->up ? resolve_step(&o, m, choice, a, err) :
	      resolve(&o, m, choice, sql, a, err)))
		ret = open_merge_write(&o, s, err);
	store_unlock(s);
	return ret;
}

int merging_undo(struct merging *m, const char *node, struct arena *a,
		 struct err *err)
{
	struct store *s = m->project->store;
	struct open_merge o;
	int ret = -1;

	m->look = true;
	if (store_lock(s, err))
		return -1;
	if (read_open(&o, m, a, err))
		goto out;
	if (!forget_choices(&o, node)) {
		err_set(err, ERR_USAGE, "'%s' was not settled", node);
		goto out;
	}
	m->nchoices = o.nchoices;
	if (!open_merge_write(&o, s, err) && !pass(m, a, err))
		ret = 0;
out:
	store_unlock(s);
	return ret;
}
