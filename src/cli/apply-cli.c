/*
 * What upgrade, downgrade and checkout --db share, and versions by name.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/apply-cli.h"

int head_version(struct commit *out, struct ctx *c, struct err *err)
{
	return named_version(out, c, "HEAD", err);
}

int named_version(struct commit *out, struct ctx *c, const char *text,
		  struct err *err)
{
	return version_named(out, &c->project, text, err);
}

int parse_renames(struct rename **out, struct ctx *c, const struct list *texts,
		  struct err *err)
{
	*out = arena_alloc(&c->arena, (texts->n + 1) * sizeof(**out));
	for (size_t i = 0; i < texts->n; i++)
		if (rename_parse(&(*out)[i], texts->v[i], &c->arena, err))
			return -1;
	return 0;
}

static const char *place(struct ctx *c, bool nothing, const struct commit *v)
{
	return nothing ? "nothing" : version_title(c, v);
}

static bool any_loss(const struct apply *ap)
{
	for (size_t i = 0; i < ap->nhazards; i++)
		if (hazard_infos[ap->hazards[i].hazard->id].severity ==
		    HAZARD_LOSES && ap->hazards[i].rows)
			return true;
	return false;
}

/* Who is asked, and is told which way it goes. */
struct asking {
	struct ctx *c;
	bool move;		/* to any version: see run_move() */
	struct route route;	/* of a move */
};

static int announce(struct asking *q, const struct apply *ap, struct err *err)
{
	struct ctx *c = q->c;

	if (q->move &&
	    route_find(&q->route, ap->project->store, ap->path.from,
		       ap->path.to, &c->arena, err))
		return -1;
	if (c->global.quiet || c->global.json)
		return 0;
	out_addf(c, COLOR_BOLD, "%s: ", ap->db.name);
	out_addf(c, COLOR_NONE, "%s -> %s\n",
		 place(c, ap->from_nothing, &ap->from),
		 place(c, ap->to_nothing, &ap->to));
	if (ap->path.unrelated)
		out_addf(c, COLOR_YELLOW, "  the two have no common "
			 "ancestor: no data step is run\n");
	if (q->move && print_route(c, &q->route, "  ", err))
		return -1;
	print_hazards(c, ap);
	return 0;
}

static int confirm(void *ctx, const struct apply *ap, struct err *err)
{
	struct asking *q = ctx;
	struct ctx *c = q->c;
	const struct path *way = &ap->path;
	bool back = way->down || way->unrelated || (q->move && way->sideways);
	int answer;

	if (announce(q, ap, err))
		return -1;
	/* Where rows would be lost and no flag allows it, the refusal says
	 * more than a question could. */
	if ((any_loss(ap) && !ap->allow_data_loss) || !back || ap->dry_run)
		return 0;
	answer = ask(c, way->unrelated ? "go there?" : "go back?", "--yes",
		     err);
	if (!answer)
		return err_set(err, ERR_CANCELLED, "nothing was changed");
	return answer < 0 ? -1 : 0;
}

static json_t *json_apply(struct ctx *c, const struct apply *ap)
{
	json_t *v = json_object();

	json_object_set_new(v, "database", json_text(ap->db.name));
	json_object_set_new(v, "from", ap->from_nothing ? json_null() :
			    json_version(c, &ap->from));
	json_object_set_new(v, "to", ap->to_nothing ? json_null() :
			    json_version(c, &ap->to));
	json_object_set_new(v, "changed", json_boolean(!ap->nothing_to_do &&
						       !ap->dry_run));
	json_object_set_new(v, "dry_run", json_boolean(ap->dry_run));
	if (!ap->nothing_to_do)
		json_object_set_new(v, "plan", json_plan(&ap->plan));
	return v;
}

/* *out stays what it is where nothing is said. */
static int take_number(int *out, const char *text, int unit, const char *what,
		       struct err *err)
{
	uint64_t n;

	if (!text)
		return 0;
	if (parse_u64(&n, text, 86400))
		return err_set(err, ERR_USAGE, "'%s' is no number of %s", text,
			       what);
	*out = (int)n * unit;
	return 0;
}

static int check_online(const struct apply_args *a, struct err *err)
{
	if (a->online && a->dry_run) {
		err_set(err, ERR_USAGE, "what is committed step by step cannot "
			"be run and thrown away");
		return err_hint(err, "'--dry-run' without '--online' runs the "
				"same change in one transaction");
	}
	if (a->online && a->park) {
		err_set(err, ERR_USAGE, "what is parked is so in one "
			"transaction: not '--online'");
		return err_hint(err, "choose one of the two");
	}
	if (a->online && a->keep_aerich) {
		err_set(err, ERR_USAGE, "Aerich's table is kept in one "
			"transaction: not '--online'");
		return err_hint(err, "choose one of the two");
	}
	if (!a->online && (a->lock_timeout || a->statement_timeout ||
			   a->retries))
		return err_set(err, ERR_USAGE, "'--lock-timeout', "
			       "'--statement-timeout' and '--retries' are for "
			       "'--online'");
	return 0;
}

static int take_patience(struct apply *ap, const struct apply_args *a,
			 struct err *err)
{
	struct online online = ONLINE_INIT;
	int retries = online.tries - 1;

	ap->wait_ms = 5000;
	ap->online = online;
	ap->allow_data_loss = a->allow_data_loss;
	ap->allow_unrelated = a->allow_unrelated;
	if (take_number(&ap->wait_ms, a->wait, 1000, "seconds", err) ||
	    take_number(&ap->online.lock_ms, a->lock_timeout, 1000, "seconds",
			err) ||
	    take_number(&ap->online.statement_ms, a->statement_timeout, 1000,
			"seconds", err) ||
	    take_number(&retries, a->retries, 1, "retries", err))
		return -1;
	ap->online.tries = retries + 1;
	return 0;
}

int take_apply_args(struct apply *ap, const struct apply_args *a,
		    struct err *err)
{
	if (check_online(a, err) || take_patience(ap, a, err))
		return -1;
	ap->dry_run = a->dry_run;
	ap->park = a->park;
	ap->keep_aerich = a->keep_aerich;
	ap->online.wanted = a->online;
	return 0;
}

static void show_done(struct ctx *c, const struct apply *ap, double seconds)
{
	out_addf(c, COLOR_GREEN, "%s", ap->dry_run ?
		 "dry run: it works, on a copy that is thrown away" : "done");
	out_addf(c, COLOR_NONE, ": %s over %s, %.2f s\n",
		 counted(&c->arena, script_count(&ap->plan.script),
			 "statement"),
		 counted(&c->arena, ap->path.edges, "version"), seconds);
}

static double seconds_since(const struct timespec *start)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	return (double)(end.tv_sec - start->tv_sec) +
	       (double)(end.tv_nsec - start->tv_nsec) / 1e9;
}

static void prepare(struct asking *q, struct apply *ap)
{
	ap->project = &q->c->project;
	ap->cancelled = q->c->cancelled;
	ap->confirm = confirm;
	ap->ctx = q;
}

static int json_done(json_t **out, struct asking *q, const struct apply *ap,
		     struct err *err)
{
	json_t *v = json_apply(q->c, ap), *way;

	*out = v;
	if (!q->move)
		return 0;
	if (json_route(&way, q->c, &q->route, err)) {
		json_decref(v);
		return -1;
	}
	json_object_set_new(v, "route", way);
	return 0;
}

/* json NULL: it is printed. */
static int run(struct asking *q, struct apply *ap, json_t **json,
	       struct err *err)
{
	struct ctx *c = q->c;
	struct timespec start;
	json_t *v;

	prepare(q, ap);
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (apply_run(ap, &c->arena, err))
		return -1;
	if (c->global.json) {
		if (json_done(&v, q, ap, err))
			return -1;
		if (json)
			*json = v;
		else
			out_json(c, v);
	} else if (!c->global.quiet && ap->nothing_to_do) {
		out_addf(c, COLOR_NONE, "%s is at %s already\n", ap->db.name,
			 place(c, ap->to_nothing, &ap->to));
	} else if (!c->global.quiet) {
		show_done(c, ap, seconds_since(&start));
	}
	return 0;
}

int run_apply(struct ctx *c, struct apply *ap, struct err *err)
{
	struct asking q = { .c = c };

	return run(&q, ap, NULL, err);
}

int run_apply_part(json_t **json, struct ctx *c, struct apply *ap,
		   struct err *err)
{
	struct asking q = { .c = c };

	*json = NULL;
	return run(&q, ap, json, err);
}

int run_move(struct ctx *c, struct apply *ap, struct err *err)
{
	struct asking q = { .c = c, .move = true };

	return run(&q, ap, NULL, err);
}

int run_resume(struct ctx *c, struct apply *ap, bool undo, struct err *err)
{
	struct asking q = { .c = c };

	prepare(&q, ap);
	if (apply_resume(ap, undo, &c->arena, err))
		return -1;
	if (c->global.json)
		out_json(c, json_apply(c, ap));
	else if (!c->global.quiet && ap->nothing_to_do)
		out_addf(c, COLOR_NONE, "%s: no run is open\n", ap->db.name);
	else if (!c->global.quiet)
		out_addf(c, COLOR_GREEN, "%s is at %s\n", ap->db.name,
			 place(c, ap->to_nothing, &ap->to));
	return 0;
}
