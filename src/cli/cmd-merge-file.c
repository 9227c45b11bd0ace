#include "config.h"

#include "cli/cmd.h"

#include "ss/file.h"
#include "ss/merge-file.h"

struct merge_file_args {
	const char *engine;
	bool print;
};

static const struct opt merge_file_opts[] = {
	{ "engine", 0, OPT_TEXT, offsetof(struct merge_file_args, engine),
	  "NAME", "whose SQL it is (sqlite, postgres)" },
	{ "stdout", 'p', OPT_FLAG, offsetof(struct merge_file_args, print),
	  NULL, "print the result, and leave OURS as it is" },
};

static int find_engine(struct merge_file *m, struct ctx *c, const char *name,
		       struct err *err)
{
	struct engines v;

	if (project_engines(&v, &c->project, name, err))
		return -1;
	m->engine = v.v[0];
	if (v.n == 1)
		return 0;
	err_set(err, ERR_USAGE, "of which engine are the files?");
	return err_hint(err, "say --engine NAME");
}

static int put_text(struct ctx *c, const struct merge_file *m, bool print,
		    struct err *err)
{
	if (!print)
		return file_write(m->paths[MERGE_OURS], m->text.ptr,
				  m->text.len, err);
	buf_add(&c->out, m->text.ptr, m->text.len);
	return 0;
}

static int refuse_conflicts(struct ctx *c, const struct merge_file *m,
			    struct err *err)
{
	const struct conflict *k = &m->conflicts[0];
	const char *what = k->why ? k->why : k->field;

	return err_set(err, ERR_CONFLICT, "%s: %s: %s%s%s%s",
		       counted(&c->arena, m->n, "conflict"),
		       conflict_words[k->type], k->node, what ? ": " : "",
		       what ? what : "", m->n > 1 ? "; ..." : "");
}

static int run_merge_file(struct ctx *c, void *args, struct err *err)
{
	const struct merge_file_args *a = args;
	struct merge_file m = { .project = &c->project };
	struct err none = ERR_INIT;

	for (size_t i = 0; i < MERGE_SIDES; i++)
		m.paths[i] = c->args.v[i];
	if (find_engine(&m, c, a->engine, err))
		return -1;
	if (merge_file(&m, &c->arena, err)) {
		if (m.text.ptr)
			(void)!put_text(c, &m, a->print, &none);
		return -1;
	}
	if (put_text(c, &m, a->print, err))
		return -1;
	return m.n ? refuse_conflicts(c, &m, err) : 0;
}

const struct cmd cmd_merge_file = {
	.name = "merge-file",
	.summary = "Merge a schema's source, as a git merge driver",
	.usage = "[--engine NAME] [-p] BASE OURS THEIRS",
	.needs = NEED_PROJECT,
	.min_args = 3,
	.max_args = 3,
	.opts = merge_file_opts,
	.nopts = ARRAY_LEN(merge_file_opts),
	.args_size = sizeof(struct merge_file_args),
	.run = run_merge_file,
};
