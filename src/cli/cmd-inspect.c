#include "config.h"

#include "cli/cmd.h"

/* Only the named objects. */
static void narrow(struct schema *out, const struct schema *s,
		   const struct list *names, struct err *err)
{
	schema_init(out, s->spelling, s->arena);
	for (size_t i = 0; i < names->n; i++) {
		const struct node *n = schema_find_relation(s, names->v[i]);

		if (n)
			schema_add(out, (struct node *)n);
		else
			err_set(err, ERR_USAGE, "no table or view '%s'",
				names->v[i]);
	}
}

static void print_schema(struct ctx *c, const struct plan *p)
{
	if (p->sql_len && p->engine->source_head)
		buf_addstr(&c->out, p->engine->source_head);
	buf_add(&c->out, p->sql, p->sql_len);
}

static int run_inspect(struct ctx *c, void *args, struct err *err)
{
	struct state s = { 0 }, empty = { .type = STATE_EMPTY };
	struct schema some = { 0 };
	struct err missing = ERR_INIT;
	const struct schema *what;
	struct plan p;
	int ret = -1;

	(void)args;
	if (state_open_database(&s, &c->project, c->args.n ? c->args.v[0] :
				NULL, err))
		return -1;
	empty.engine = s.engine;
	if (state_read(&s, &c->project, err) ||
	    state_read(&empty, &c->project, err))
		goto out;
	what = &s.schema;
	if (c->paths.n) {
		narrow(&some, &s.schema, &c->paths, &missing);
		if (missing.code || schema_seal(&some, err)) {
			if (missing.code)
				*err = missing;
			goto out;
		}
		what = &some;
	}
	if (plan_make(&p, s.engine, &empty.schema, what, NULL, &c->arena,
		      err))
		goto out;
	if (c->global.json)
		out_json(c, json_plan(&p));
	else
		print_schema(c, &p);
	ret = 0;
out:
	schema_release(&some);
	state_close(&s);
	state_close(&empty);
	return ret;
}

const struct cmd cmd_inspect = {
	.name = "inspect",
	.summary = "Print a live database's schema as SQL",
	.usage = "[DATABASE] [-- OBJECT...]",
	.needs = NEED_PROJECT,
	.max_args = 1,
	.run = run_inspect,
};
