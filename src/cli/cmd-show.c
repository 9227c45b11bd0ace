#include "config.h"

#include "cli/log.h"

struct show_args {
	const char *engine;
	bool schema;
};

static const struct opt show_opts[] = {
	OPT_ENGINE(struct show_args),
	{ "schema", 0, OPT_FLAG, offsetof(struct show_args, schema), NULL,
	  "the whole schema of the version, as SQL" },
};

/* The plan from nothing to this schema, one statement after the other. */
static int show_schema(struct ctx *c, const struct commit *v,
		       const struct engine *e, struct err *err)
{
	struct state from = { .type = STATE_EMPTY, .engine = e };
	struct state to = { .type = STATE_VERSION, .engine = e };
	struct plan p;
	int ret = -1;

	to.version = *v;
	if (!state_read(&from, &c->project, err) &&
	    !state_read(&to, &c->project, err) &&
	    !plan_make(&p, e, &from.schema, &to.schema, NULL, &c->arena,
		       err)) {
		buf_add(&c->out, p.sql, p.sql_len);
		ret = 0;
	}
	state_close(&from);
	state_close(&to);
	return ret;
}

/* 1 it is shown, 0 there is none of that name, -1 */
static int show_object(struct ctx *c, const struct commit *v,
		       const struct engine *e, const char *name,
		       struct err *err)
{
	struct state s = { .type = STATE_VERSION, .engine = e };
	const struct node *n;

	s.version = *v;
	if (state_read(&s, &c->project, err))
		return -1;
	n = schema_find_relation(&s.schema, name);
	if (n)
		node_encode(&c->out, n);
	state_close(&s);
	return n != NULL;
}

/* The named objects, whichever engines have them. */
static int show_objects(struct ctx *c, const struct commit *v,
			const struct engines *engines, struct err *err)
{
	struct parts parts = parts_of(c, engines);
	bool *found = arena_alloc(&c->arena, c->paths.n);
	int ret = 0;

	for (size_t k = 0; k < engines->n && ret >= 0; k++) {
		part_begin(&parts, engines->v[k], false);
		for (size_t i = 0; i < c->paths.n && ret >= 0; i++) {
			ret = show_object(c, v, engines->v[k], c->paths.v[i],
					  err);
			found[i] |= ret > 0;
		}
		part_end(&parts);
	}
	parts_close(&parts);
	for (size_t i = 0; i < c->paths.n && ret >= 0; i++)
		if (!found[i])
			ret = err_set(err, ERR_USAGE, "version '%s' has no "
				      "object '%s'", v->subject,
				      c->paths.v[i]);
	return ret < 0 ? -1 : 0;
}

static int show_schemas(struct ctx *c, const struct commit *v,
			const struct engines *engines, struct err *err)
{
	struct parts parts = parts_of(c, engines);
	int ret = 0;

	for (size_t i = 0; i < engines->n && !ret; i++) {
		part_begin(&parts, engines->v[i], true);
		ret = show_schema(c, v, engines->v[i], err);
		part_end(&parts);
	}
	parts_close(&parts);
	return ret;
}

/* Each, and whether it can be undone. */
static json_t *json_steps(const struct edge *edge)
{
	json_t *all = json_array();
	char id[SHA256_HEX], as[SHA256_HEX];

	for (size_t i = 0; i < edge->n; i++) {
		const struct data_step *s = edge->runs[i].step;

		hex_encode(id, s->id, SHA256_LEN);
		hex_encode(as, s->as, SHA256_LEN);
		json_array_append_new(all, json_pack("{s:o, s:s, s:s, s:b}",
			"name", json_text(s->name), "id", id, "as", as,
			"reversible", s->has_down));
	}
	return all;
}

struct shown {
	struct parts changes, sqls, steps;
};

/* What changed, and with which SQL. */
static int show_change(struct shown *s, const struct commit *v,
		       const struct engine *e, struct err *err)
{
	struct ctx *c = s->changes.c;
	struct version_change ch;
	const char *up;

	if (version_change_read(&ch, c, v, e, NULL, err))
		return -1;
	part_begin(&s->changes, e, false);
	s->sqls.engine = s->steps.engine = e;
	if (c->global.json) {
		up = ch.edge.up.ptr ? ch.edge.up.ptr : "";
		part_json(&s->changes, json_diff(&ch.diff));
		part_json(&s->sqls, json_text(up));
		part_json(&s->steps, json_steps(&ch.edge));
	} else {
		print_version_change(c, &ch);
	}
	part_end(&s->changes);
	return 0;
}

/* As `log` begins it; a ref that is damaged costs it its names alone. */
static void show_head(struct ctx *c, const struct commit *v)
{
	struct log l = { .c = c };
	struct err damaged = ERR_INIT;

	(void)!log_names(&l, &damaged);
	log_add_head(&l, v);
	buf_addch(&c->out, '\n');
	map_release(&l.names);
}

static int show_version(struct ctx *c, const struct commit *v,
			const struct engines *engines, struct err *err)
{
	struct shown s = {
		parts_of(c, engines), parts_of(c, engines),
		parts_of(c, engines),
	};
	int ret = 0;

	if (!c->global.json)
		show_head(c, v);
	for (size_t i = 0; i < engines->n && !ret; i++)
		ret = show_change(&s, v, engines->v[i], err);
	if (!ret && c->global.json) {
		json_t *o = json_version(c, v);

		json_object_set_new(o, "changes", parts_json(&s.changes));
		json_object_set_new(o, "up", parts_json(&s.sqls));
		json_object_set_new(o, "steps", parts_json(&s.steps));
		out_json(c, o);
	}
	parts_close(&s.changes);
	parts_close(&s.sqls);
	parts_close(&s.steps);
	return ret;
}

static int run_show(struct ctx *c, void *args, struct err *err)
{
	struct show_args *a = args;
	struct engines engines;
	struct commit v;

	if (project_engines(&engines, &c->project, a->engine, err) ||
	    named_version(&v, c, c->args.n ? c->args.v[0] : "HEAD", err))
		return -1;
	if (a->schema)
		return show_schemas(c, &v, &engines, err);
	return c->paths.n ? show_objects(c, &v, &engines, err) :
	       show_version(c, &v, &engines, err);
}

const struct cmd cmd_show = {
	.name = "show",
	.summary = "Show a version: who, what changed, with which SQL",
	.usage = "[--engine NAME] [--schema] [VERSION] [-- OBJECT...]",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = show_opts,
	.nopts = ARRAY_LEN(show_opts),
	.args_size = sizeof(struct show_args),
	.run = run_show,
};
