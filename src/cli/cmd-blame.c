/*
 * Blame: each line of an object's text form, and the version that last made
 * it so.  Going back by first parents, an object is followed by its origin; a
 * line that the older form has too is the older version's.
 */
#include "config.h"

#include <stdlib.h>

#include "cli/cmd.h"

struct blame_args {
	const char *engine;
};

static const struct opt blame_opts[] = {
	OPT_ENGINE(struct blame_args),
};

struct line {
	const char *text;
	const struct commit *by;
};

struct lines {
	struct line *v;
	size_t n;
	size_t cap;
};

static void split(struct lines *out, struct arena *a, const struct node *n)
{
	struct buf b = BUF_INIT;

	node_encode(&b, n);
	for (char *p = b.ptr, *nl; *p; p = nl + 1) {
		struct line *l = ARENA_PUSH(a, out->v, out->n, out->cap);

		nl = strchr(p, '\n');
		l->text = arena_strndup(a, p, (size_t)(nl - p));
		l->by = NULL;
	}
	buf_release(&b);
}

/* The object of a version that has this origin. */
static const struct node *find_twin(const struct schema *s,
				    const struct node *n)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->objects[i]->kind == n->kind &&
		    !strcmp(s->objects[i]->key, n->key))
			return s->objects[i];
	return NULL;
}

/* Lines of ours that the older form has too, in order: the longest common
 * subsequence.  table is (n+1)*(m+1). */
static void match(struct lines *ours, const struct lines *older, bool *kept)
{
	size_t n = ours->n, m = older->n;
	unsigned *t = calloc((n + 1) * (m + 1), sizeof(*t));
	size_t i = 0, k = 0;

	if (!t)
		abort();
#define AT(a, b) t[(a) * (m + 1) + (b)]
	for (size_t a = n; a-- > 0;)
		for (size_t b = m; b-- > 0;) {
			bool same = !strcmp(ours->v[a].text, older->v[b].text);
			unsigned down = AT(a + 1, b), right = AT(a, b + 1);

			AT(a, b) = same ? AT(a + 1, b + 1) + 1 :
				   down > right ? down : right;
		}
	while (i < n && k < m) {
		if (!strcmp(ours->v[i].text, older->v[k].text)) {
			kept[i++] = true;
			k++;
		} else if (AT(i + 1, k) >= AT(i, k + 1)) {
			i++;
		} else {
			k++;
		}
	}
#undef AT
	free(t);
}

static int blame(struct ctx *c, struct lines *l, const struct node *n,
		 const struct state *at, struct err *err)
{
	const struct engine *e = at->engine;
	const struct commit *tip = &at->version;
	struct commit *v = arena_memdup(&c->arena, tip, sizeof(*tip));
	size_t open = l->n;

	while (open && v->kind == COMMIT_SCHEMA) {
		struct commit *parent = arena_alloc(&c->arena, sizeof(*v));
		bool *kept = arena_alloc(&c->arena, l->n);
		struct lines older = { NULL, 0, 0 };
		const struct node *before;
		struct schema s;

		if (store_commit(parent, c->project.store, &v->parents[0].oid,
				 &c->arena, err) ||
		    version_schema_read(&s, c->project.store, parent, e->name,
					e->spelling, &c->arena, err))
			return -1;
		before = find_twin(&s, n);
		if (before)
			split(&older, &c->arena, before);
		match(l, &older, kept);
		for (size_t i = 0; i < l->n; i++)
			if (!l->v[i].by && !kept[i]) {
				l->v[i].by = v;
				open--;
			}
		schema_release(&s);
		v = parent;
	}
	return 0;
}

static void show(struct parts *parts, const struct lines *l)
{
	struct ctx *c = parts->c;
	json_t *all = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct commit *v = l->v[i].by;

		if (c->global.json) {
			json_t *o = json_version(c, v);

			json_object_set_new(o, "line",
					    json_text(l->v[i].text));
			json_array_append_new(all, o);
			continue;
		}
		out_addf(c, COLOR_YELLOW, "%s", short_id(c, &v->oid));
		out_addf(c, COLOR_NONE, " (%-16.16s %.10s) %s\n",
			 v->author.name,
			 format_time(&c->arena, v->author.time),
			 l->v[i].text);
	}
	part_json(parts, all);
}

/* 1 it is shown, 0 there is no such object, -1 */
static int blame_part(struct parts *parts, const struct commit *v,
		      const struct engine *e, struct err *err)
{
	struct ctx *c = parts->c;
	struct state s = { .type = STATE_VERSION, .engine = e };
	struct lines l = { NULL, 0, 0 };
	const struct node *n;
	int ret = -1;

	s.version = *v;
	if (state_read(&s, &c->project, err))
		return -1;
	n = schema_find_relation(&s.schema, c->args.v[0]);
	part_begin(parts, e, false);
	if (n) {
		split(&l, &c->arena, n);
		ret = blame(c, &l, n, &s, err);
	}
	if (!ret)
		show(parts, &l);
	part_end(parts);
	state_close(&s);
	return !n ? 0 : ret ? -1 : 1;
}

static int run_blame(struct ctx *c, void *args, struct err *err)
{
	struct blame_args *a = args;
	struct engines engines;
	struct parts parts;
	struct commit v;
	bool found = false;
	int ret = 0;

	if (project_engines(&engines, &c->project, a->engine, err) ||
	    named_version(&v, c, c->args.n > 1 ? c->args.v[1] : "HEAD", err))
		return -1;
	parts = parts_of(c, &engines);
	for (size_t i = 0; i < engines.n && ret >= 0; i++) {
		ret = blame_part(&parts, &v, engines.v[i], err);
		found |= ret > 0;
	}
	if (ret >= 0 && !found)
		ret = err_set(err, ERR_USAGE, "no table or view '%s' in that "
			      "version", c->args.v[0]);
	if (ret >= 0 && c->global.json)
		out_json(c, parts_json(&parts));
	parts_close(&parts);
	return ret < 0 ? -1 : 0;
}

const struct cmd cmd_blame = {
	.name = "blame",
	.summary = "Show which version last changed each line of an object",
	.usage = "[--engine NAME] OBJECT [VERSION]",
	.needs = NEED_STORE,
	.min_args = 1,
	.max_args = 2,
	.opts = blame_opts,
	.nopts = ARRAY_LEN(blame_opts),
	.args_size = sizeof(struct blame_args),
	.run = run_blame,
};
