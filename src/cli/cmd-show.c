#include "config.h"

#include "cli/cmd.h"

struct show_args {
	bool schema;
};

static const struct opt show_opts[] = {
	{ "schema", 0, OPT_FLAG, offsetof(struct show_args, schema), NULL,
	  "the whole schema of the version, as SQL" },
};

/* The plan from nothing to this schema, one statement after the other. */
static int show_schema(struct ctx *c, const struct commit *v, struct err *err)
{
	struct state from = { .type = STATE_EMPTY };
	struct state to = { .type = STATE_VERSION, .version = *v };
	struct plan p;
	int ret = -1;

	from.engine = to.engine = c->project.engine;
	if (!state_read(&from, &c->project, err) &&
	    !state_read(&to, &c->project, err) &&
	    !plan_make(&p, to.engine, &from.schema, &to.schema, NULL,
		       &c->arena, err)) {
		buf_add(&c->out, p.sql, p.sql_len);
		ret = 0;
	}
	state_close(&from);
	state_close(&to);
	return ret;
}

static int diff_with_parent(struct diff *d, struct ctx *c,
			    const struct commit *v, struct err *err)
{
	const struct engine *e = c->project.engine;
	struct schema from, to;
	struct commit parent;

	if (store_commit(&parent, c->project.store, &v->parents[0].oid,
			 &c->arena, err) ||
	    version_schemas_diff(&from, &to, c->project.store, &parent, v,
				 e->name, e->spelling, &c->arena, err))
		return -1;
	schema_diff(d, &from, &to, 0, &c->arena);
	schema_release(&from);
	schema_release(&to);
	return 0;
}

static int show_object(struct ctx *c, const struct commit *v,
		       const char *name, struct err *err)
{
	struct state s = { .type = STATE_VERSION, .version = *v };
	const struct node *n;

	s.engine = c->project.engine;
	if (state_read(&s, &c->project, err))
		return -1;
	n = schema_find_relation(&s.schema, name);
	if (n)
		node_encode(&c->out, n);
	else
		err_set(err, ERR_USAGE, "version '%s' has no object '%s'",
			v->subject, name);
	state_close(&s);
	return n ? 0 : -1;
}

static int show_version(struct ctx *c, const struct commit *v,
			struct err *err)
{
	struct diff d;
	struct buf sql = BUF_INIT;
	char hex[OID_HEX];
	int has;

	if (diff_with_parent(&d, c, v, err))
		return -1;
	has = version_file(&sql, c->project.store, v,
			   arena_printf(&c->arena, "edge/0/%s.up.sql",
					c->project.engine->name), &c->arena,
			   err);
	if (has < 0) {
		buf_release(&sql);
		return -1;
	}
	if (c->global.json) {
		json_t *o = json_version(c, v);

		json_object_set_new(o, "changes", json_diff(&d));
		json_object_set_new(o, "up", json_text(sql.ptr));
		out_json(c, o);
		buf_release(&sql);
		return 0;
	}
	oid_hex(hex, &v->oid);
	out_addf(c, COLOR_YELLOW, "version %s\n", hex);
	out_addf(c, COLOR_NONE, "Author: %s <%s>\nDate:   %s\n\n    %s\n\n",
		 v->author.name, v->author.email,
		 format_time(&c->arena, v->author.time), v->subject);
	print_diff(c, &d);
	if (sql.len)
		out_addf(c, COLOR_NONE, "\n%s", sql.ptr);
	buf_release(&sql);
	return 0;
}

static int run_show(struct ctx *c, void *args, struct err *err)
{
	struct show_args *a = args;
	struct commit v;

	if (named_version(&v, c, c->args.n ? c->args.v[0] : "HEAD", err))
		return -1;
	if (a->schema)
		return show_schema(c, &v, err);
	for (size_t i = 0; i < c->paths.n; i++)
		if (show_object(c, &v, c->paths.v[i], err))
			return -1;
	return c->paths.n ? 0 : show_version(c, &v, err);
}

const struct cmd cmd_show = {
	.name = "show",
	.summary = "Show a version: who, what changed, with which SQL",
	.usage = "[--schema] [VERSION] [-- OBJECT...]",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = show_opts,
	.nopts = ARRAY_LEN(show_opts),
	.args_size = sizeof(struct show_args),
	.run = run_show,
};
