/*
 * Edges: the file of steps, written.
 */
#include "config.h"

#include "store/layout.h"

const char *const edge_words[] = {
	[EDGE_BEFORE] = "before", [EDGE_AFTER] = "after",
	[EDGE_WITHIN] = "within",
};

struct writing {
	const struct version_edge *edge;
	const char **names;	/* of its runs, told apart */
	struct edge_file *files;
	size_t n, cap;
	struct arena *arena;
};

static bool same_step(const struct data_step *a, const struct data_step *b)
{
	return !strcmp(a->name, b->name) && a->has_down == b->has_down &&
	       !memcmp(a->id, b->id, SHA256_LEN) &&
	       !memcmp(a->as, b->as, SHA256_LEN);
}

/* Is it there already, and so its files are? */
static bool seen(const struct writing *w, size_t at)
{
	const struct edge_run *runs = w->edge->runs;

	for (size_t i = 0; i < at; i++)
		if (same_step(runs[i].step, runs[at].step))
			return true;
	return false;
}

static void name_run(struct writing *w, size_t at)
{
	const struct edge_run *runs = w->edge->runs;
	const struct data_step *step = runs[at].step;
	size_t alike = 1;

	for (size_t i = 0; i < at; i++) {
		if (strcmp(runs[i].step->name, step->name))
			continue;
		if (same_step(runs[i].step, step)) {
			w->names[at] = w->names[i];
			return;
		}
		alike += !seen(w, i);
	}
	w->names[at] = alike == 1 ? step->name :
		       arena_printf(w->arena, "%s~%zu", step->name, alike);
}

static void add_file(struct writing *w, const char *path, const char *text)
{
	*ARENA_PUSH(w->arena, w->files, w->n, w->cap) = (struct edge_file){
		path, { text, strlen(text) }
	};
}

static void add_run_files(struct writing *w, size_t at)
{
	const struct data_step *step = w->edge->runs[at].step;
	const char *base = arena_printf(w->arena, "data/%s.%s", w->names[at],
					w->edge->engine);

	if (seen(w, at))
		return;
	add_file(w, arena_printf(w->arena, "%s.up.sql", base), step->up.sql);
	if (step->has_down)
		add_file(w, arena_printf(w->arena, "%s.down.sql", base),
			 step->down.sql);
}

static void add_run(struct buf *b, const struct writing *w, size_t at)
{
	const struct edge_run *r = &w->edge->runs[at];

	buf_addstr(b, edge_words[r->where]);
	if (r->where == EDGE_WITHIN)
		buf_addf(b, " %zu", r->state);
	buf_addf(b, " %s id=", w->names[at]);
	buf_addhex(b, r->step->id, SHA256_LEN);
	if (data_step_replaces(r->step)) {
		buf_addstr(b, " as=");
		buf_addhex(b, r->step->as, SHA256_LEN);
	}
	buf_addstr(b, r->step->has_down ? "\n" : " irreversible\n");
}

static void add_sum(struct buf *b, const char *path, const struct bytes *text)
{
	unsigned char sum[SHA256_LEN];

	sha256_of(sum, text->ptr, text->len);
	buf_addstr(b, "file ");
	buf_addhex(b, sum, SHA256_LEN);
	buf_addf(b, " %s\n", path);
}

void edge_format(struct bytes *steps, struct edge_file **files, size_t *n,
		 const struct version_edge *e, struct arena *a)
{
	struct writing w = { .edge = e, .arena = a };
	struct buf b = BUF_INIT;

	memset(steps, 0, sizeof(*steps));
	w.names = arena_alloc(a, (e->nruns + 1) * sizeof(*w.names));
	buf_addf(&b, "sql %s\n", e->edited ? "edited" : "generated");
	for (size_t i = 0; i < e->nruns; i++) {
		name_run(&w, i);
		add_run(&b, &w, i);
		add_run_files(&w, i);
	}
	for (size_t i = 0; i < e->nstates; i++)
		buf_addf(&b, "state %zu %s\n", i + 1, e->states[i]->digest);
	add_sum(&b, arena_printf(a, "%s.up.sql", e->engine), &e->up);
	if (e->down.ptr)
		add_sum(&b, arena_printf(a, "%s.down.sql", e->engine),
			&e->down);
	for (size_t i = 0; i < w.n; i++)
		add_sum(&b, w.files[i].path, &w.files[i].text);
	if (e->edited || e->nruns)
		*steps = (struct bytes){ arena_strndup(a, b.ptr, b.len),
					 b.len };
	*files = w.files;
	*n = w.n;
	buf_release(&b);
}
