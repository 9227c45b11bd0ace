#include "config.h"

#include "cli/cmd.h"

#include "ss/probe.h"

#define BASES 16

struct bisect_args {
	const char *engine;
	const char *sql;
	const char *run;
};

static const struct opt bisect_opts[] = {
	OPT_ENGINE(struct bisect_args),
	{ "sql", 0, OPT_TEXT, offsetof(struct bisect_args, sql), "QUERY",
	  "good where this returns true" },
	{ "run", 0, OPT_TEXT, offsetof(struct bisect_args, run), "COMMAND",
	  "good where this ends with 0, to be skipped with 125" },
};

static const struct {
	const char *word;
	enum color color;
} verdicts[] = {
	[BISECT_GOOD] = { "good", COLOR_GREEN },
	[BISECT_BAD] = { "bad", COLOR_RED },
	[BISECT_SKIP] = { "skip", COLOR_YELLOW },
};
_Static_assert(ARRAY_LEN(verdicts) == BISECT_N, "a word per verdict");

struct search {
	struct ctx *c;
	struct probe probe;
	struct bisect b;
	json_t *steps;
};

/* Load it, ask, tell; each step is seen when it is done. */
static int test(enum bisect_verdict *out, struct search *s,
		const struct oid *id, struct err *err)
{
	struct ctx *c = s->c;
	struct answer got;
	struct commit v;
	char hex[OID_HEX];

	if (*c->cancelled)
		return err_set(err, ERR_CANCELLED, "interrupted");
	if (store_commit(&v, c->project.store, id, &c->arena, err) ||
	    probe_version(&got, &s->probe, &v, err))
		return -1;
	*out = got.verdict;
	oid_hex(hex, id);
	json_array_append_new(s->steps, json_pack("{s:s, s:s, s:o}", "id", hex,
			      "verdict", verdicts[*out].word, "why",
			      json_text(got.why)));
	if (c->global.json || c->global.quiet)
		return 0;
	out_addf(c, verdicts[*out].color, "%-4s", verdicts[*out].word);
	out_addf(c, COLOR_NONE, " %s%s%s\n", version_title(c, &v),
		 got.why ? ": " : "", got.why ? got.why : "");
	out_flush(c);
	return 0;
}

static int expect(struct search *s, const struct oid *id,
		  enum bisect_verdict want, const char *name, struct err *err)
{
	enum bisect_verdict got;

	if (test(&got, s, id, err))
		return -1;
	if (got == want)
		return 0;
	return err_set(err, ERR_USAGE, "'%s' should be %s and is not (%s)",
		       name, verdicts[want].word, verdicts[got].word);
}

/* What went wrong behind a merge base that is good went so on this side. */
static int check_bases(struct search *s, const struct oid *good,
		       const struct oid *bad, struct err *err)
{
	struct oid bases[BASES];
	enum bisect_verdict got;
	int n = merge_bases(bases, BASES, s->c->project.store, good, bad, err);

	if (!n)
		err_set(err, ERR_REFUSED, "the two versions have no common "
			"ancestor");
	if (n <= 0)
		return -1;
	for (int i = 0; i < n; i++) {
		if (oid_equal(&bases[i], good))
			continue;
		if (oid_equal(&bases[i], bad))
			return err_set(err, ERR_USAGE, "the bad version is an "
				       "ancestor of the good one");
		if (test(&got, s, &bases[i], err))
			return -1;
		if (got == BISECT_BAD)
			return err_set(err, ERR_REFUSED, "the merge base %s is "
				       "bad: it was put right on the way to "
				       "the good version",
				       short_id(s->c, &bases[i]));
	}
	return 0;
}

static int halve(struct search *s, struct err *err)
{
	enum bisect_verdict got;
	size_t i;

	while (bisect_next(&i, &s->b)) {
		if (test(&got, s, &s->b.v[i].oid, err))
			return -1;
		bisect_answer(&s->b, i, got);
	}
	return 0;
}

/* Some were skipped: one of these it is. */
static int show_candidates(json_t *all, struct search *s, struct err *err)
{
	struct ctx *c = s->c;
	struct commit v;

	c->status = 1;
	if (!c->global.json)
		out_addf(c, COLOR_NONE, "the first bad version is one of\n");
	for (size_t i = 0; i < s->b.n; i++) {
		if (s->b.v[i].place == BISECT_OUT)
			continue;
		if (store_commit(&v, c->project.store, &s->b.v[i].oid,
				 &c->arena, err))
			return -1;
		json_array_append_new(all, json_version(c, &v));
		if (!c->global.json)
			out_addf(c, COLOR_NONE, "  %s\n",
				 version_title(c, &v));
	}
	return 0;
}

static int show_found(json_t *out, struct search *s, struct err *err)
{
	struct ctx *c = s->c;
	struct commit v;
	struct version_change ch;

	if (store_commit(&v, c->project.store, &s->b.v[s->b.bad].oid,
			 &c->arena, err) ||
	    version_change_read(&ch, c, &v, s->probe.engine, NULL, err))
		return -1;
	json_object_set_new(out, "first_bad", json_version(c, &v));
	json_object_set_new(out, "changes", json_diff(&ch.diff));
	if (c->global.json)
		return 0;
	out_addf(c, COLOR_NONE, "first bad version: ");
	out_addf(c, COLOR_BOLD, "%s\n", version_title(c, &v));
	out_addf(c, COLOR_NONE, " %s\n", diff_summary(&c->arena, &ch.diff));
	print_diff(c, &ch.diff);
	return 0;
}

static int show(struct search *s, struct err *err)
{
	json_t *out = json_object(), *candidates = json_array();
	int ret;

	json_object_set(out, "steps", s->steps);
	json_object_set_new(out, "first_bad", json_null());
	json_object_set_new(out, "candidates", candidates);
	ret = s->b.left > 1 ? show_candidates(candidates, s, err) :
	      show_found(out, s, err);
	if (!ret && s->c->global.json)
		out_json(s->c, json_incref(out));
	json_decref(out);
	return ret;
}

static int take_args(struct search *s, const struct bisect_args *a,
		     struct err *err)
{
	struct engines engines;

	if (!a->sql == !a->run) {
		err_set(err, ERR_USAGE, "how is a version tested?");
		return err_hint(err, "give --sql QUERY or --run COMMAND");
	}
	if (project_engines(&engines, &s->c->project, a->engine, err))
		return -1;
	if (engines.n > 1) {
		err_set(err, ERR_USAGE, "in which engine?");
		return err_hint(err, "add --engine %s", engines.v[0]->name);
	}
	s->probe.project = &s->c->project;
	s->probe.engine = engines.v[0];
	s->probe.arena = &s->c->arena;
	s->probe.sql = a->sql;
	s->probe.script = a->run;
	return 0;
}

static int run_bisect(struct ctx *c, void *args, struct err *err)
{
	struct search s = { .c = c, .steps = json_array() };
	const char *good_name = c->args.v[0], *bad_name = c->args.v[1];
	struct commit good, bad;
	int ret = -1;

	if (!take_args(&s, args, err) &&
	    !named_version(&good, c, good_name, err) &&
	    !named_version(&bad, c, bad_name, err) &&
	    !bisect_begin(&s.b, c->project.store, &good.oid, &bad.oid,
			  &c->arena, err) &&
	    !expect(&s, &good.oid, BISECT_GOOD, good_name, err) &&
	    !expect(&s, &bad.oid, BISECT_BAD, bad_name, err) &&
	    !check_bases(&s, &good.oid, &bad.oid, err) &&
	    !halve(&s, err))
		ret = show(&s, err);
	json_decref(s.steps);
	return ret;
}

const struct cmd cmd_bisect = {
	.name = "bisect",
	.summary = "Find the version that made a query or a program fail",
	.usage = "[--engine NAME] (--sql QUERY | --run COMMAND) GOOD BAD",
	.needs = NEED_STORE,
	.min_args = 2,
	.max_args = 2,
	.opts = bisect_opts,
	.nopts = ARRAY_LEN(bisect_opts),
	.args_size = sizeof(struct bisect_args),
	.run = run_bisect,
};
