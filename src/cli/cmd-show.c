#include "config.h"

#include "cli/cmd.h"

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

/* What changed, and with which SQL. */
static int show_change(struct parts *changes, struct parts *sqls,
		       const struct commit *v, const struct engine *e,
		       struct err *err)
{
	struct ctx *c = changes->c;
	const char *path = arena_printf(&c->arena, "edge/0/%s.up.sql",
					e->name);
	struct buf sql = BUF_INIT;
	struct diff d;
	int ret = -1;

	if (diff_with_parent(&d, c, v, e, err) ||
	    version_file(&sql, c->project.store, v, path, &c->arena, err) < 0)
		goto out;
	part_begin(changes, e, false);
	sqls->engine = e;
	if (c->global.json) {
		part_json(changes, json_diff(&d));
		part_json(sqls, json_text(sql.ptr));
	} else {
		print_diff(c, &d);
		if (sql.len)
			out_addf(c, COLOR_NONE, "\n%s", sql.ptr);
	}
	part_end(changes);
	ret = 0;
out:
	buf_release(&sql);
	return ret;
}

static void show_head(struct ctx *c, const struct commit *v)
{
	char hex[OID_HEX];

	oid_hex(hex, &v->oid);
	out_addf(c, COLOR_YELLOW, "version %s\n", hex);
	out_addf(c, COLOR_NONE, "Author: %s <%s>\nDate:   %s\n\n    %s\n\n",
		 v->author.name, v->author.email,
		 format_time(&c->arena, v->author.time), v->subject);
}

static int show_version(struct ctx *c, const struct commit *v,
			const struct engines *engines, struct err *err)
{
	struct parts changes = parts_of(c, engines);
	struct parts sqls = parts_of(c, engines);
	int ret = 0;

	if (!c->global.json)
		show_head(c, v);
	for (size_t i = 0; i < engines->n && !ret; i++)
		ret = show_change(&changes, &sqls, v, engines->v[i], err);
	if (!ret && c->global.json) {
		json_t *o = json_version(c, v);

		json_object_set_new(o, "changes", parts_json(&changes));
		json_object_set_new(o, "up", parts_json(&sqls));
		out_json(c, o);
	}
	parts_close(&changes);
	parts_close(&sqls);
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
