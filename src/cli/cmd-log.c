#include "config.h"

#include "cli/log.h"

#include "ss/kinds.h"

struct log_args {
	const char *engine;
	bool graph;
	bool oneline;
	bool all;
	bool reverse;
	bool first_parent;
	bool patch, stat;
	bool show_signature;
	const char *number;
	struct log_filter_args filter;
};

#define LOG_OPT(text, letter, type, member, value, help) \
	{ text, letter, type, offsetof(struct log_args, member), value, help }

static const struct opt log_opts[] = {
	OPT_ENGINE(struct log_args),
	LOG_OPT("graph", 0, OPT_FLAG, graph, NULL,
		"draw how versions hang together, in git's --topo-order"),
	LOG_OPT("reverse", 0, OPT_FLAG, reverse, NULL, "the oldest first"),
	LOG_OPT("oneline", 0, OPT_FLAG, oneline, NULL, "a line each"),
	LOG_OPT("patch", 'p', OPT_FLAG, patch, NULL,
		"with what changed, and with which SQL"),
	LOG_OPT("stat", 0, OPT_FLAG, stat, NULL,
		"with the objects that changed"),
	LOG_OPT("all", 0, OPT_FLAG, all, NULL, "of every branch and tag"),
	LOG_OPT("first-parent", 0, OPT_FLAG, first_parent, NULL,
		"follow only the first parent of merges"),
	LOG_OPT("show-signature", 0, OPT_FLAG, show_signature, NULL,
		"whose key has signed each, and whether it is so"),
	LOG_OPT("number", 'n', OPT_TEXT, number, "N", "at most N versions"),
	LOG_OPT("since", 0, OPT_TEXT, filter.since, "DATE",
		"made then or later"),
	LOG_OPT("until", 0, OPT_TEXT, filter.until, "DATE",
		"made then or before"),
	LOG_OPT("author", 0, OPT_TEXT, filter.author, "PATTERN",
		"by whom the pattern matches"),
	LOG_OPT("grep", 0, OPT_TEXT, filter.grep, "PATTERN",
		"whose message it matches"),
	LOG_OPT("merges", 0, OPT_FLAG, filter.merges, NULL, "merges alone"),
	LOG_OPT("no-merges", 0, OPT_FLAG, filter.no_merges, NULL, "no merges"),
};

/* ---- which versions ----------------------------------------------------- */

/* The versions of what was asked for, and the engines that it is of. */
struct asked {
	struct ctx *c;
	const struct log_args *args;
	struct engines engines;
	struct walk *walk;
	struct log_filter filter;
};

/* "": HEAD */
static int find(struct commit *out, struct asked *q, const char *word,
		struct err *err)
{
	int ret = named_version(out, q->c, *word ? word : "HEAD", err);

	/* Git would take it for a path. */
	if (ret && !q->c->paths.n && err->code == ERR_USAGE &&
	    str_starts(err->text, "no version"))
		err_hint(err, "'schemastore log --all' lists versions; tables "
			 "stand behind --: 'schemastore log -- %s'", word);
	return ret;
}

static int push(struct asked *q, const char *word, struct err *err)
{
	struct commit v;

	return find(&v, q, word, err) || walk_push(q->walk, &v.oid, err) ?
	       -1 : 0;
}

static int hide(struct asked *q, const char *word, struct err *err)
{
	struct commit v;

	return find(&v, q, word, err) || walk_hide(q->walk, &v.oid, err) ?
	       -1 : 0;
}

/* A...B: what only one of them has. */
static int hide_common(struct asked *q, const char *one, const char *other,
		       struct err *err)
{
	struct oid bases[16];
	struct commit a, b;
	int n;

	if (find(&a, q, one, err) || find(&b, q, other, err))
		return -1;
	n = merge_bases(bases, ARRAY_LEN(bases), q->c->project.store, &a.oid,
			&b.oid, err);
	for (int i = 0; i < n; i++)
		if (walk_hide(q->walk, &bases[i], err))
			return -1;
	return n < 0 ? -1 : 0;
}

/* word = "^" version | version | [version] (".." | "...") [version] */
struct word {
	const char *one, *other;	/* other NULL: no range */
	bool not;
	bool both;
};

/* The ".." of a path is none of a range. */
static const char *dots(const char *word)
{
	const char *p = word;

	while ((p = strstr(p, "..")) && (p[2] == '/' ||
					 (p > word && p[-1] == '/')))
		p += 2;
	return p;
}

static struct word parse_word(struct ctx *c, const char *text)
{
	struct word w = { text + (*text == '^'), NULL, *text == '^', false };
	const char *range = w.not ? NULL : dots(text);

	if (!range)
		return w;
	w.one = arena_strndup(&c->arena, text, (size_t)(range - text));
	w.both = range[2] == '.';
	w.other = range + (w.both ? 3 : 2);
	return w;
}

static int hide_word(struct asked *q, const struct word *w, struct err *err)
{
	if (w->both)
		return hide_common(q, w->one, w->other, err);
	return w->not || w->other ? hide(q, w->one, err) : 0;
}

static int push_word(struct asked *q, const struct word *w, struct err *err)
{
	if (w->other)
		return (w->both && push(q, w->one, err)) ||
		       push(q, w->other, err) ? -1 : 0;
	return w->not ? 0 : push(q, w->one, err);
}

static int push_all(struct asked *q, struct err *err)
{
	struct store *s = q->c->project.store;
	struct ref *refs;
	struct oid head;
	size_t n;
	int ret;

	if (ref_list(&refs, &n, s, "refs/", &q->c->arena, err) ||
	    walk_push_refs(q->walk, refs, n, err))
		return -1;
	ret = ref_read(&head, s, "HEAD", err);
	return ret > 0 ? walk_push(q->walk, &head, err) : ret;
}

static int push_words(struct asked *q, struct err *err)
{
	const struct list *words = &q->c->args;
	struct word *v = arena_alloc(&q->c->arena, (words->n + 1) *
				     sizeof(*v));

	for (size_t i = 0; i < words->n; i++) {
		v[i] = parse_word(q->c, words->v[i]);
		if (hide_word(q, &v[i], err))
			return -1;
	}
	if (q->args->all && push_all(q, err))
		return -1;
	for (size_t i = 0; i < words->n; i++)
		if (push_word(q, &v[i], err))
			return -1;
	return words->n || q->args->all ? 0 : push(q, "HEAD", err);
}

/* ---- of named objects --------------------------------------------------- */

/* 1 all of the named objects are the parent's, 0, -1 */
static int same_in(struct asked *q, const struct commit *v,
		   const struct commit *parent, const struct engine *e,
		   struct err *err)
{
	struct ctx *c = q->c;
	struct arena a = ARENA_INIT;
	struct schema from, to;
	bool same = true;

	if (version_schemas_diff(&from, &to, c->project.store, parent, v,
				 e->name, e->spelling, &a, err)) {
		arena_release(&a);
		return -1;
	}
	for (size_t i = 0; i < c->paths.n; i++)
		same &= !schema_find_relation(&from, c->paths.v[i]) &&
			!schema_find_relation(&to, c->paths.v[i]);
	schema_release(&from);
	schema_release(&to);
	arena_release(&a);
	return same;
}

static int same_objects(void *ctx, const struct oid *version,
			const struct oid *parent, struct err *err)
{
	struct asked *q = ctx;
	struct store *s = q->c->project.store;
	struct arena a = ARENA_INIT;
	struct commit v, p;
	int same = 1;

	if (store_commit(&v, s, version, &a, err) ||
	    store_commit(&p, s, parent, &a, err))
		same = -1;
	for (size_t i = 0; i < q->engines.n && same > 0; i++)
		same = same_in(q, &v, &p, q->engines.v[i], err);
	arena_release(&a);
	return same;
}

/* ---- one after the other ------------------------------------------------ */

/* 1 it is shown, 0 the filter does not take it, -1 */
static int takes(struct asked *q, const struct oid *id, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct commit v;
	int ret = -1;

	if (!q->filter.any)
		return 1;
	if (!store_commit(&v, q->c->project.store, id, &a, err))
		ret = log_filter_takes(&q->filter, &v, &a);
	arena_release(&a);
	return ret;
}

/* The next one that is shown; drawn are only parents that are shown, too. */
static int next(struct asked *q, struct link *out, struct err *err)
{
	size_t n = 0;
	int ret;

	do {
		ret = walk_next_link(q->walk, out, err);
		if (ret <= 0)
			return ret;
		ret = takes(q, &out->oid, err);
	} while (!ret);
	for (size_t i = 0; ret > 0 && q->args->graph && i < out->nparents;
	     i++) {
		int shown = takes(q, &out->parents[i], err);

		if (shown < 0)
			ret = -1;
		else if (shown)
			out->parents[n++] = out->parents[i];
	}
	if (q->args->graph)
		out->nparents = n;
	return ret;
}

static int show_one(struct asked *q, struct log *l, const struct link *drawn,
		    json_t *all, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct commit v;
	int ret = store_commit(&v, q->c->project.store, &drawn->oid, &a, err);
	json_t *o;

	if (!ret && q->c->global.json) {
		o = json_version(q->c, &v);
		json_array_append_new(all, o);
		ret = l->signature ? json_signature(o, q->c, &v, err) : 0;
	} else if (!ret) {
		ret = log_show(l, &v, drawn, err);
	}
	arena_release(&a);
	return ret;
}

static int show_reversed(struct asked *q, struct log *l,
			 const struct link *v, size_t n, json_t *all,
			 struct err *err)
{
	while (n-- > 0)
		if (show_one(q, l, &v[n], all, err))
			return -1;
	return 0;
}

static int walk_log(struct asked *q, struct log *l, uint64_t most,
		    struct err *err)
{
	json_t *all = json_array();
	struct link *kept = NULL, drawn;
	size_t nkept = 0, cap = 0;
	int ret = 1;

	for (uint64_t n = 0; n < most && ret > 0; n++) {
		ret = next(q, &drawn, err);
		if (ret > 0 && q->args->reverse)
			*ARENA_PUSH(&q->c->arena, kept, nkept, cap) = drawn;
		else if (ret > 0 && show_one(q, l, &drawn, all, err))
			ret = -1;
	}
	if (ret >= 0)
		ret = show_reversed(q, l, kept, nkept, all, err);
	if (!ret && q->c->global.json)
		out_json(q->c, json_incref(all));
	json_decref(all);
	return ret;
}

static int check_args(const struct log_args *a, uint64_t *most,
		      struct err *err)
{
	*most = UINT64_MAX;
	if (a->number && parse_u64(most, a->number, UINT32_MAX))
		return err_set(err, ERR_USAGE, "'%s' is no number", a->number);
	if (a->filter.merges && a->filter.no_merges)
		return err_set(err, ERR_USAGE, "options '--merges' and "
			       "'--no-merges' cannot be used together");
	if (a->graph && a->reverse)
		return err_set(err, ERR_USAGE, "options '--reverse' and "
			       "'--graph' cannot be used together");
	return 0;
}

static int run_walk(struct asked *q, uint64_t most, struct err *err)
{
	const struct log_args *a = q->args;
	struct ctx *c = q->c;
	struct log l = {
		.c = c, .oneline = a->oneline, .patch = a->patch,
		.stat = a->stat, .signature = a->show_signature,
		.engines = &q->engines,
		.graph = a->graph ? graph_new(&c->arena) : NULL,
		.rewritten = a->graph && c->paths.n && !a->first_parent,
	};
	int ret = -1;

	q->walk = walk_new(c->project.store, &c->arena);
	if (c->paths.n)
		walk_only(q->walk, same_objects, q);
	if (a->first_parent)
		walk_first_parent(q->walk);
	if (!log_names(&l, err) && !push_words(q, err) &&
	    !(a->graph && walk_topo(q->walk, err)))
		ret = walk_log(q, &l, most, err);
	map_release(&l.names);
	walk_free(q->walk);
	return ret;
}

static int run_log(struct ctx *c, void *args, struct err *err)
{
	const struct log_args *a = args;
	struct asked q = { .c = c, .args = a };
	uint64_t most;
	int ret = -1;

	if (check_args(a, &most, err) ||
	    project_engines(&q.engines, &c->project, a->engine, err))
		return -1;
	if (!log_filter_init(&q.filter, &a->filter, c->project.who.time, err))
		ret = run_walk(&q, most, err);
	log_filter_release(&q.filter);
	return ret;
}

const struct cmd cmd_log = {
	.name = "log",
	.summary = "Show versions, newest first",
	.usage = "[--graph|--reverse] [--oneline] [-p|--stat] [--all] "
		 "[--show-signature] [-n N] [VERSION...] [-- OBJECT...]",
	.needs = NEED_STORE,
	.max_args = 99,
	.opts = log_opts,
	.nopts = ARRAY_LEN(log_opts),
	.args_size = sizeof(struct log_args),
	.run = run_log,
};
