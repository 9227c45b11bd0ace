/*
 * Edges, read: the file of steps is read loosely and written again, and only
 * what gives the same bytes is one of ours.
 */
#include "config.h"

#include "ss/store.h"

#include <stdio.h>

#include "store/layout.h"

struct reading {
	struct edge *out;
	struct store *store;
	const struct commit *commit;
	size_t parent;
	const char *engine;
	size_t runs_cap, states_cap;
	struct arena *arena;
	struct err *err;
};

static int bad(struct reading *r, const char *what)
{
	return err_set(r->err, ERR_DAMAGED, "edge %zu of version '%s': %s",
		       r->parent, r->commit->subject, what);
}

/* 1, 0 there is none, -1 */
static int read_file(struct bytes *out, struct reading *r, const char *name)
{
	struct buf b = BUF_INIT;
	int ret = version_file(&b, r->store, r->commit,
			       arena_printf(r->arena, LAYOUT_EDGE, r->parent,
					    name), r->arena, r->err);

	out->ptr = ret > 0 ? arena_strndup(r->arena, b.ptr, b.len) : NULL;
	out->len = ret > 0 ? b.len : 0;
	buf_release(&b);
	if (ret > 0 && memchr(out->ptr, '\0', out->len))
		return bad(r, "a NUL in its SQL");
	return ret;
}

static int read_sql(struct bytes *out, struct reading *r, const char *what)
{
	return read_file(out, r, arena_printf(r->arena, "%s.%s", r->engine,
					      what));
}

/* [ " as=" 64 digits ]; what is no id is not written again. */
static bool take_as(unsigned char as[SHA256_LEN], const char *rest)
{
	const char *at = strstr(rest, " as=");
	char hex[SHA256_HEX];

	if (!at || strlen(at + 4) < SHA256_HEX - 1)
		return false;
	memcpy(hex, at + 4, SHA256_HEX - 1);
	hex[SHA256_HEX - 1] = '\0';
	return !hex_decode(as, hex, SHA256_LEN);
}

/* name = NAME [ "~" number ] */
static int read_step(struct data_step *out, struct reading *r,
		     const char *name, const char *rest)
{
	unsigned char as[SHA256_LEN];
	bool replaces = take_as(as, rest);
	const char *base = arena_printf(r->arena, "data/%s.%s", name,
					r->engine);
	char *plain = arena_strndup(r->arena, name, strcspn(name, "~"));
	struct err why = ERR_INIT;
	struct bytes up, down;
	int ret = read_file(&up, r, arena_printf(r->arena, "%s.up.sql",
						 base));

	if (ret > 0)
		ret = read_file(&down, r, arena_printf(r->arena, "%s.down.sql",
						       base)) < 0 ? -1 : 1;
	if (ret <= 0)
		return ret < 0 ? -1 : bad(r, "a data step without its text");
	if (replaces)
		ret = data_step_replace(out, plain, up.ptr, down.ptr, as,
					r->arena, &why);
	else
		ret = data_step_parse(out, plain, up.ptr, down.ptr, r->arena,
				      &why);
	return ret ? bad(r, why.text) : 0;
}

static char *cut(char **p, char at)
{
	char *word = *p, *end = strchr(word, at);

	if (!end)
		return NULL;
	*end = '\0';
	*p = end + 1;
	return word;
}

/* run = WHERE [ k ] NAME ... ; the rest is looked at when it is written */
static int take_run(struct reading *r, char *word, char *rest)
{
	struct data_step *step = arena_alloc(r->arena, sizeof(*step));
	struct edge_run run = { .step = step };
	char *name, *k = NULL;
	uint64_t n = 0;

	while (run.where < EDGE_WHERES &&
	       strcmp(edge_words[run.where], word))
		run.where++;
	if (run.where == EDGE_WITHIN)
		k = cut(&rest, ' ');
	name = cut(&rest, ' ');
	if (run.where == EDGE_WHERES || !name ||
	    (run.where == EDGE_WITHIN &&
	     (!k || parse_u64(&n, k, UINT32_MAX) || !n)))
		return bad(r, "a line of its steps is not one of ours");
	run.state = (size_t)n;
	if (read_step(step, r, name, rest))
		return -1;
	*ARENA_PUSH(r->arena, r->out->runs, r->out->n, r->runs_cap) = run;
	return 0;
}

static int take_state(struct reading *r, const char *rest)
{
	const char *digest = strchr(rest, ' ');
	char (*to)[SCHEMA_DIGEST_LEN];

	if (!digest || strlen(digest) != SCHEMA_DIGEST_LEN)
		return bad(r, "a line of its steps is not one of ours");
	to = ARENA_PUSH(r->arena, r->out->states, r->out->nstates,
			r->states_cap);
	memcpy(to, digest + 1, SCHEMA_DIGEST_LEN);
	return 0;
}

static int take_line(struct reading *r, char *line)
{
	char *word = cut(&line, ' ');

	if (!word)
		return bad(r, "a line of its steps is not one of ours");
	if (!strcmp(word, "sql"))
		r->out->edited = !strcmp(line, "edited");
	else if (!strcmp(word, "state"))
		return take_state(r, line);
	else if (strcmp(word, "file"))
		return take_run(r, word, line);
	return 0;
}

/* As it would be written: the states have nothing but their digest here. */
static bool is_same(struct reading *r, const struct bytes *steps)
{
	struct edge *e = r->out;
	struct schema *states = arena_alloc(r->arena, (e->nstates + 1) *
					    sizeof(*states));
	const struct schema **v = arena_alloc(r->arena, (e->nstates + 1) *
					      sizeof(*v));
	struct version_edge again = {
		.engine = r->engine, .up = e->up, .down = e->down,
		.edited = e->edited, .runs = e->runs, .nruns = e->n,
		.states = v, .nstates = e->nstates,
	};
	struct edge_file *files;
	struct bytes text;
	size_t n;

	for (size_t i = 0; i < e->nstates; i++) {
		memcpy(states[i].digest, e->states[i], SCHEMA_DIGEST_LEN);
		v[i] = &states[i];
	}
	edge_format(&text, &files, &n, &again, r->arena);
	return text.len == steps->len &&
	       !memcmp(text.ptr, steps->ptr, text.len);
}

static int take_steps(struct reading *r, const struct bytes *steps)
{
	char *p = arena_strndup(r->arena, steps->ptr, steps->len);
	char *line;

	while (*p) {
		line = cut(&p, '\n');
		if (!line || take_line(r, line))
			return line ? -1 : bad(r, "its steps end in a line "
					       "without end");
	}
	for (size_t i = 0; i < r->out->n; i++)
		if (r->out->runs[i].state > r->out->nstates)
			return bad(r, "a step in a state that is not there");
	return is_same(r, steps) ? 0 :
	       bad(r, "its steps are not what its files say");
}

int edge_read(struct edge *out, struct store *s, const struct commit *c,
	      unsigned parent, const char *engine, struct arena *a,
	      struct err *err)
{
	struct reading r = {
		.out = out, .store = s, .commit = c, .parent = parent,
		.engine = engine, .arena = a, .err = err,
	};
	struct bytes steps;
	int ret;

	memset(out, 0, sizeof(*out));
	ret = read_sql(&out->up, &r, "up.sql");
	if (ret <= 0)
		return ret < 0 ? -1 : bad(&r, "its SQL is not there");
	if (read_sql(&out->down, &r, "down.sql") < 0)
		return -1;
	ret = read_sql(&steps, &r, "steps");
	return ret > 0 ? take_steps(&r, &steps) : ret;
}

int edge_state_read(struct schema *out, struct store *s,
		    const struct commit *c, unsigned parent,
		    const struct edge *e, size_t k, const struct spelling *sp,
		    struct arena *a, struct err *err)
{
	const char *folder = arena_printf(a, LAYOUT_STATE, (size_t)parent,
					  sp->engine, k);
	char digest[SCHEMA_DIGEST_LEN];

	if (version_schema_at(out, s, c, folder, sp, a, err))
		return err_wrap(err, "state %zu of version '%s'", k,
				c->subject);
	schema_digest(digest, out);
	if (!strcmp(digest, e->states[k - 1]))
		return 0;
	err_set(err, ERR_DAMAGED, "state %zu of version '%s' is not what its "
		"edge says", k, c->subject);
	return err_hint(err, "'schemastore fsck' tells what else is damaged");
}
