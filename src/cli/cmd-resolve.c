#include "config.h"

#include <stdio.h>

#include "cli/merged.h"
#include "ss/file.h"

struct resolve_args {
	bool side[MERGE_SIDES];
	bool drop;
	bool undo;
	const char *sql;
	const char *engine;
};

#define SIDE(word, at, help) \
	{ word, 0, OPT_FLAG, offsetof(struct resolve_args, side[at]), NULL, \
	  help }

static const struct opt resolve_opts[] = {
	SIDE("ours", MERGE_OURS, "this branch's holds"),
	SIDE("theirs", MERGE_THEIRS, "the other one's holds"),
	SIDE("base", MERGE_BASE, "as it was before both"),
	{ "sql", 0, OPT_TEXT, offsetof(struct resolve_args, sql), "FILE",
	  "as these statements of its object make it; '' is --drop" },
	{ "drop", 0, OPT_FLAG, offsetof(struct resolve_args, drop), NULL,
	  "it is not to be there" },
	{ "undo", 0, OPT_FLAG, offsetof(struct resolve_args, undo), NULL,
	  "it is open again" },
	OPT_ENGINE(struct resolve_args),
};

static size_t count_open(const struct merging *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nparts; i++)
		n += m->parts[i].nconflicts;
	return n;
}

static int show_left(struct ctx *c, const struct merging *m, const char *node,
		     const char *what)
{
	size_t n = count_open(m);

	if (c->global.json) {
		out_json(c, json_pack("{s:o, s:s, s:i}", "node",
				      json_text(node), "is", what, "open",
				      (int)n));
		return 0;
	}
	if (c->global.quiet)
		return 0;
	out_addf(c, COLOR_NONE, "%s %s\n", node, what);
	if (n)
		out_addf(c, COLOR_NONE, "%s left: 'schemastore conflicts'\n",
			 counted(&c->arena, n, "conflict"));
	else
		all_settled(c);
	return 0;
}

static int settle(struct ctx *c, const struct merge_choice *choice,
		  const struct merging_sql *sql, struct err *err)
{
	struct merging m = { .project = &c->project };

	if (merging_resolve(&m, choice, sql, &c->arena, err))
		return -1;
	return show_left(c, &m, choice->node, "is settled");
}

/* ---- asking -------------------------------------------------------------- */

/* 1 a side; 0 it is left open; -1 */
static int ask_side(enum merge_side *out, struct ctx *c, struct err *err)
{
	char answer[64];

	for (;;) {
		progress_close(c);
		out_flush(c);
		fprintf(stderr, "which holds? [o]urs, [t]heirs, [b]ase, or "
			"[l]eave it open: ");
		if (!fgets(answer, sizeof(answer), stdin))
			return err_set(err, ERR_CANCELLED, "no answer");
		if (*answer == 'l')
			return 0;
		for (size_t i = 0; i < MERGE_SIDES; i++)
			if (*answer == *merge_side_words[i]) {
				*out = i;
				return 1;
			}
	}
}

/* Every conflict of one node is settled by one answer. */
static int ask_one(struct ctx *c, const struct conflict *k, struct err *err)
{
	struct merge_choice choice = { .node = k->node };
	int ret;

	show_conflict(c, k);
	ret = ask_side(&choice.side, c, err);
	return ret > 0 ? settle(c, &choice, NULL, err) : ret;
}

static const struct conflict *next_open(const struct merging *m,
					const struct list *asked,
					const char *node)
{
	for (size_t i = 0; i < m->nparts; i++)
		for (size_t k = 0; k < m->parts[i].nconflicts; k++) {
			const struct conflict *v = &m->parts[i].conflicts[k];
			bool seen = node && !merge_same_words(v->node, node);

			for (size_t n = 0; n < asked->n; n++)
				seen |= !strcmp(asked->v[n], v->node);
			if (!seen)
				return v;
		}
	return NULL;
}

/* One after the other: what is settled may settle others, or show new ones.
 * node NULL: all of them. */
static int ask_all(struct ctx *c, const char *node, struct err *err)
{
	struct list asked = { .n = 0 };

	if (!can_ask(c)) {
		err_set(err, ERR_USAGE, "nothing says what %s is to be",
			node ? node : "a node");
		return err_hint(err, "NODE --ours, --theirs, --base, --sql "
				"FILE or --drop");
	}
	for (;;) {
		struct merging m = { .project = &c->project };
		const struct conflict *k;

		if (merging_look(&m, &c->arena, err))
			return -1;
		k = next_open(&m, &asked, node);
		if (!k && !asked.n)
			return err_set(err, ERR_USAGE, "there is nothing to "
				       "settle");
		if (!k)
			return 0;
		list_add(&c->arena, &asked, k->node);
		if (ask_one(c, k, err))
			return -1;
	}
}

/* ---- the command --------------------------------------------------------- */

static int settle_sql(struct ctx *c, const char *node, const char *path,
		      const char *engine, struct err *err)
{
	struct merge_choice choice = { .node = node, .side = MERGE_SIDES,
				       .engine = engine };
	struct merging_sql sql = { .path = path };
	struct buf b = BUF_INIT;
	int ret = -1;

	if (!*path)
		return settle(c, &choice, NULL, err);
	if (!file_read(&b, path, SOURCE_LIMIT, err)) {
		sql.text = b.ptr;
		sql.len = b.len;
		ret = settle(c, &choice, &sql, err);
	}
	buf_release(&b);
	return ret;
}

static int undo(struct ctx *c, const char *node, struct err *err)
{
	struct merging m = { .project = &c->project };

	if (merging_undo(&m, node, &c->arena, err))
		return -1;
	return show_left(c, &m, node, "is open again");
}

static int run_resolve(struct ctx *c, void *args, struct err *err)
{
	const struct resolve_args *a = args;
	const char *node = c->args.n ? c->args.v[0] : NULL;
	struct merge_choice choice = { .node = node, .side = MERGE_SIDES,
				       .engine = a->engine };
	size_t n = a->drop + a->undo + (a->sql != NULL);

	for (size_t i = 0; i < MERGE_SIDES; i++) {
		n += a->side[i];
		choice.side = a->side[i] ? i : choice.side;
	}
	if (n > 1)
		return err_set(err, ERR_USAGE, "one of --ours, --theirs, "
			       "--base, --sql, --drop and --undo");
	if (n && !node)
		return err_set(err, ERR_USAGE, "which node?");
	if (a->engine && !engine_find(a->engine))
		return err_set(err, ERR_USAGE, "there is no engine '%s'",
			       a->engine);
	if (!n)
		return ask_all(c, node, err);
	if (a->undo)
		return undo(c, node, err);
	if (a->sql)
		return settle_sql(c, node, a->sql, a->engine, err);
	return settle(c, &choice, NULL, err);
}

const struct cmd cmd_resolve = {
	.name = "resolve",
	.summary = "Settle a conflict of the open merge",
	.usage = "[NODE] | NODE --ours | NODE --theirs | NODE --base | "
		 "NODE --sql FILE | NODE --drop | NODE --undo",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = resolve_opts,
	.nopts = ARRAY_LEN(resolve_opts),
	.args_size = sizeof(struct resolve_args),
	.run = run_resolve,
};
