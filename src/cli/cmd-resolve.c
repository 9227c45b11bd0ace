#include "config.h"

#include <stdio.h>

#include "cli/merged.h"
#include "ss/file.h"

struct resolve_args {
	bool side[MERGE_SIDES];
	bool drop;
	bool skip;
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
	  "as these statements of its object make it; of a data step: "
	  "UP[:DOWN]" },
	{ "drop", 0, OPT_FLAG, offsetof(struct resolve_args, drop), NULL,
	  "it is not to be there" },
	{ "skip", 0, OPT_FLAG, offsetof(struct resolve_args, skip), NULL,
	  "the data step has nothing to do here" },
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

struct asked {
	const struct conflict *conflict;
	const struct engine *engine;
};

/* What somebody types: its first letter. */
static int ask_letter(char *out, struct ctx *c, const char *question,
		      struct err *err)
{
	char answer[64];

	progress_close(c);
	out_flush(c);
	fprintf(stderr, "%s: ", question);
	if (!fgets(answer, sizeof(answer), stdin))
		return err_set(err, ERR_CANCELLED, "no answer");
	*out = *answer;
	return 0;
}

/* 1 a side; 0 it is left open; -1 */
static int ask_side(enum merge_side *out, struct ctx *c, struct err *err)
{
	char answer;

	for (;;) {
		if (ask_letter(&answer, c, "which holds? [o]urs, [t]heirs, "
			       "[b]ase, or [l]eave it open", err))
			return -1;
		if (answer == 'l')
			return 0;
		for (size_t i = 0; i < MERGE_SIDES; i++)
			if (answer == *merge_side_words[i]) {
				*out = i;
				return 1;
			}
	}
}

/* What cannot be run there is told, and asked for again. */
static int edit_step(struct ctx *c, struct merge_choice *choice,
		     struct err *err)
{
	struct edit_text t = {
		.name = "step", .up = choice->up, .down = choice->down,
		.head = arena_printf(&c->arena, "-- What is to be run in the "
			"place of %s.\n-- What stands behind 'down' undoes "
			"it; without that line there is no way back.\n",
			choice->node),
	};
	struct err why = ERR_INIT;

	if (edit_text(&t, c, err))
		return -1;
	choice->up = t.up;
	choice->down = t.down;
	if (!settle(c, choice, NULL, &why))
		return 0;
	if (why.code == ERR_REFUSED || why.code == ERR_USAGE) {
		report(c, &why);
		return 1;
	}
	*err = why;
	return -1;
}

/* Of one engine: for another one it may be another text. */
static int ask_step(struct ctx *c, const struct asked *k, struct err *err)
{
	const struct data_step *step = k->conflict->step;
	struct merge_choice choice = {
		.node = k->conflict->node, .side = MERGE_SIDES,
		.engine = k->engine->name,
		.up = step->up.sql,
		.down = step->has_down ? step->down.sql : NULL,
	};
	char answer = '\0';
	int again = 1;

	while (again > 0) {
		if (ask_letter(&answer, c, "what is to be run in its place? "
			       "[e]dit it, [s]kip: there is nothing to do, or "
			       "[l]eave it open", err))
			return -1;
		if (answer == 'l')
			return 0;
		if (answer == 'e')
			again = edit_step(c, &choice, err);
		if (answer != 's')
			continue;
		choice.up = choice.down = "";
		again = settle(c, &choice, NULL, err);
	}
	return again;
}

/* Every conflict of one node is settled by one answer. */
static int ask_one(struct ctx *c, const struct asked *k, struct err *err)
{
	struct merge_choice choice = { .node = k->conflict->node };
	int ret;

	show_conflict(c, k->conflict);
	if (k->conflict->type == CONFLICT_STEP)
		return ask_step(c, k, err);
	ret = ask_side(&choice.side, c, err);
	return ret > 0 ? settle(c, &choice, NULL, err) : ret;
}

static char *key_of(struct ctx *c, const struct asked *k)
{
	return arena_printf(&c->arena, "%s%s%s", k->conflict->node,
			    k->conflict->step ? " " : "",
			    k->conflict->step ? k->engine->name : "");
}

static bool is_in(const struct list *list, const char *key)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->v[i], key))
			return true;
	return false;
}

static bool next_open(struct asked *out, struct ctx *c,
		      const struct merging *m, const struct list *asked,
		      const char *node)
{
	for (size_t i = 0; i < m->nparts; i++)
		for (size_t k = 0; k < m->parts[i].nconflicts; k++) {
			*out = (struct asked){
				&m->parts[i].conflicts[k], m->parts[i].engine
			};
			if ((!node || merge_same_words(out->conflict->node,
						       node)) &&
			    !is_in(asked, key_of(c, out)))
				return true;
		}
	return false;
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
				"FILE, --drop or --skip");
	}
	for (;;) {
		struct merging m = { .project = &c->project };
		struct asked k;

		if (merging_look(&m, &c->arena, err))
			return -1;
		if (!next_open(&k, c, &m, &asked, node))
			return asked.n ? 0 :
			       err_set(err, ERR_USAGE, "there is nothing to "
				       "settle");
		list_add(&c->arena, &asked, key_of(c, &k));
		if (ask_one(c, &k, err))
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

/* Of a data step no side holds: where it cannot be run something else is, or
 * nothing. */
static int settle_step(struct ctx *c, const char *node,
		       const struct resolve_args *a, struct err *err)
{
	struct merge_choice choice = {
		.node = node, .side = MERGE_SIDES, .engine = a->engine,
		.up = "", .down = "",
	};

	if (!a->skip && !a->sql) {
		err_set(err, ERR_USAGE, "'%s' is a data step: no side of it "
			"holds", node);
		return err_hint(err, "say what is to be run in its place with "
				"--sql UP[:DOWN], or --skip");
	}
	if (a->sql && *a->sql &&
	    read_data_texts(&choice.up, &choice.down, c, a->sql, err))
		return -1;
	return settle(c, &choice, NULL, err);
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
	size_t n = a->drop + a->skip + a->undo + (a->sql != NULL);

	for (size_t i = 0; i < MERGE_SIDES; i++) {
		n += a->side[i];
		choice.side = a->side[i] ? i : choice.side;
	}
	if (n > 1)
		return err_set(err, ERR_USAGE, "one of --ours, --theirs, "
			       "--base, --sql, --drop, --skip and --undo");
	if (n && !node)
		return err_set(err, ERR_USAGE, "which node?");
	if (a->engine && !engine_find(a->engine))
		return err_set(err, ERR_USAGE, "there is no engine '%s'",
			       a->engine);
	if (!n)
		return ask_all(c, node, err);
	if (a->undo)
		return undo(c, node, err);
	if (merge_is_step(node))
		return settle_step(c, node, a, err);
	if (a->skip)
		return err_set(err, ERR_USAGE, "'%s' is no data step: there "
			       "is nothing to skip", node);
	if (a->sql)
		return settle_sql(c, node, a->sql, a->engine, err);
	return settle(c, &choice, NULL, err);
}

const struct cmd cmd_resolve = {
	.name = "resolve",
	.summary = "Settle a conflict of the open merge",
	.usage = "[NODE] | NODE --ours | NODE --theirs | NODE --base | "
		 "NODE --sql FILE | NODE --drop | NODE --skip | NODE --undo",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = resolve_opts,
	.nopts = ARRAY_LEN(resolve_opts),
	.args_size = sizeof(struct resolve_args),
	.run = run_resolve,
};
