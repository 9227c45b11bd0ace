/*
 * Proving a plan: it is run on scratch, on the objects that change and those
 * that need them or are needed by them, and must arrive at the target.
 *
 * Proofs are remembered in <store>/cache/proofs, 32 bytes each.  It is a cache:
 * whatever is wrong with it means "not remembered".
 */
#include "config.h"

#include "ss/apply.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "ss/file.h"
#include "ss/kinds.h"
#include "ss/sqltok.h"

struct proving {
	struct plan *plan;
	struct arena arena;
	struct diff diff;
	struct map changed;	/* folded names of what changes */
	struct map words;	/* every name that a changed object mentions */
	struct map parts;	/* folded names of what is loaded */
	struct schema from, to;
};

static const char *fold(struct proving *p, const char *name)
{
	return fold_name_in(&p->arena, p->plan->engine->spelling, name);
}

typedef void (*word_fn)(struct proving *p, const char *word, bool *hit);

static void each_sql_word(struct proving *p, const char *sql, word_fn fn,
			  bool *hit)
{
	struct sqllex lex = sqllex_init(sql, strlen(sql));
	struct sqltok t;

	while (sqltok_next(&lex, &t))
		if (sqltok_is_name(&t))
			fn(p, fold(p, sqltok_name(&p->arena, &t)), hit);
}

/* Text that names are to be found in. */
static bool has_words(const struct field *f)
{
	return f->type == FIELD_SQL || f->type == FIELD_TEXT;
}

/* The names of other objects that a node depends on: the fields that the
 * kind's table marks. */
static void each_word(struct proving *p, const struct node *n, word_fn fn,
		      bool *hit)
{
	for (size_t i = 0; i < n->kind->nfields; i++) {
		const struct field *f = &n->kind->fields[i];

		if (!(f->flags & FIELD_REF) || !field_str(n, f))
			continue;
		if (has_words(f))
			each_sql_word(p, field_str(n, f), fn, hit);
		else
			fn(p, fold(p, field_str(n, f)), hit);
	}
	for (size_t i = 0; i < n->nkids; i++)
		each_word(p, n->kids[i], fn, hit);
}

static void add_word(struct proving *p, const char *word, bool *hit)
{
	(void)hit;
	map_set(&p->words, word, p);
}

static void look_up(struct proving *p, const char *word, bool *hit)
{
	*hit |= map_find(&p->changed, word) != NULL;
}

static void note_changes(struct proving *p)
{
	for (size_t i = 0; i < p->diff.n; i++) {
		const struct change *ch = &p->diff.v[i];

		if (ch->from) {
			map_set(&p->changed, ch->from->fold, p);
			each_word(p, ch->from, add_word, NULL);
		}
		if (ch->to) {
			map_set(&p->changed, ch->to->fold, p);
			each_word(p, ch->to, add_word, NULL);
		}
	}
}

static bool is_part(struct proving *p, const struct node *n)
{
	bool hit = map_find(&p->changed, n->fold) ||
		   map_find(&p->words, n->fold);

	if (!hit)
		each_word(p, n, look_up, &hit);
	return hit;
}

/* What a body mentions must be there for it to resolve; foreign keys may
 * point at nothing. */
static void add_body_words(struct proving *p, const struct node *n)
{
	for (size_t i = 0; i < n->kind->nfields; i++) {
		const struct field *f = &n->kind->fields[i];

		if (f->flags & FIELD_REF && has_words(f) && field_str(n, f))
			each_sql_word(p, field_str(n, f), add_word, NULL);
	}
	for (size_t i = 0; i < n->nkids; i++)
		add_body_words(p, n->kids[i]);
}

/* Until nothing more is needed by what is there.  A rename looks at the whole
 * schema, so the whole is what it is proven on; a data step may, too. */
static void find_parts(struct proving *p, const struct schema *whole)
{
	bool *in = arena_alloc(&p->arena, whole->n + 1);
	/* Where the engine's catalog says what needs what, it is asked of the
	 * whole: what is in the text of a body is no name to it. */
	bool more = !diff_renames(&p->diff) &&
		    !script_has_data(&p->plan->script) &&
		    !p->plan->engine->spelling->qualified;

	for (size_t i = 0; !more && i < whole->n; i++)
		map_set(&p->parts, whole->objects[i]->fold, p);
	while (more) {
		more = false;
		for (size_t i = 0; i < whole->n; i++) {
			const struct node *n = whole->objects[i];

			if (in[i] || !is_part(p, n))
				continue;
			in[i] = true;
			if (map_find(&p->parts, n->fold))
				continue;
			map_set(&p->parts, n->fold, p);
			add_body_words(p, n);
			more = true;
		}
	}
}

static int take_part(struct proving *p, struct schema *out,
		     const struct schema *whole, struct err *err)
{
	schema_init(out, whole->spelling, &p->arena);
	out->version = whole->version;
	out->settings = whole->settings;
	for (size_t i = 0; i < whole->n; i++)
		if (map_find(&p->parts, whole->objects[i]->fold))
			schema_add(out, whole->objects[i]);
	return schema_seal(out, err);
}

static int load_part(struct proving *p, struct conn *c, struct err *err)
{
	const struct engine *e = p->plan->engine;
	struct plan create;

	return plan_whole(&create, &p->from, p->plan->extensions, &p->arena,
			  err) ||
	       e->exec(c, create.sql, err) ?
	       err_wrap(err, "loading the schema before") : 0;
}

/* A neighbour may be `ordered` because of something that was not loaded. */
static bool has_arrived(struct proving *p, const struct node *got,
			const struct node *want)
{
	if (!memcmp(got->digest, want->digest, SHA256_LEN))
		return true;
	return !map_find(&p->changed, want->fold) &&
	       node_same_but_places(got, want, p->plan->engine->spelling,
				    &p->arena);
}

/* The one that a sentence is about. */
static int not_arrived(struct proving *p, const struct schema *got,
		       const struct schema *target, const struct node *n,
		       struct err *err)
{
	struct buf what = BUF_INIT;
	struct diff d, of = { .n = 0 };

	schema_diff(&d, target, got, DIFF_BY_NAME | DIFF_COLUMN_ORDER,
		    &p->arena);
	for (size_t i = 0; i < d.n && !of.n; i++) {
		of.v = &d.v[i];
		of.n = of.v->from == n || of.v->to == n;
	}
	diff_brief(&what, &of);
	if (!of.n)
		buf_addf(&what, "%s '%s' is another one", n->kind->word,
			 n->name);
	err_set(err, ERR_REFUSED, "the plan does not arrive: %s", what.ptr);
	buf_release(&what);
	return script_has_data(&p->plan->script) ?
	       err_hint(err, "SQL that was written by hand has to lead to the "
			"schema that the source has: change one of them") :
	       err_hint(err, "please report this, with the two schemas");
}

static int compare(struct proving *p, const struct schema *got,
		   const struct schema *target, struct err *err)
{
	for (size_t i = 0; i < target->n; i++) {
		const struct node *want = target->objects[i];
		const struct node *n = schema_find(got, want->kind,
						   want->name);

		if (!n || !has_arrived(p, n, want))
			return not_arrived(p, got, target, want, err);
	}
	for (size_t i = 0; i < got->n; i++)
		if (!schema_find(target, got->objects[i]->kind,
				 got->objects[i]->name))
			return not_arrived(p, got, target, got->objects[i],
					   err);
	return 0;
}

/* There are no rows in scratch. */
static struct script rehearsal(const struct script *s, struct arena *a)
{
	struct script out = *s;

	out.v = arena_memdup(a, s->v, s->n * sizeof(*s->v));
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].rehearsal)
			out.v[i].sql = s->v[i].rehearsal;
	return out;
}

static int exec_each(struct conn *c, const struct script *s, struct err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].check && script_run(s, i, c, err))
			return s->v[i].data ? err_wrap(err, "%s",
						       s->v[i].node) : -1;
	return 0;
}

/* A server says of none of several statements which it was. */
static int name_step(struct conn *c, const struct script *s, struct err *err)
{
	const struct engine *e = conn_engine(c);
	struct err named = ERR_INIT;

	if (e->begin(c, &named))
		return -1;
	if (exec_each(c, s, &named) && named.code == err->code)
		*err = named;
	e->rollback(c);
	return -1;
}

/* A server is sent all of it: what roles it lacks are made, and it is sent
 * again. */
static int exec(struct conn *c, const struct script *s, struct err *err)
{
	const struct engine *e = conn_engine(c);
	struct buf b = BUF_INIT;
	int ret;

	if (!e->hold && script_has_data(s))
		return exec_each(c, s, err);
	script_sql(&b, s);
	ret = e->exec(c, b.ptr, err);
	buf_release(&b);
	return ret && script_has_data(s) ? name_step(c, s, err) : ret;
}

/* Scratch has nobody to hold up, but what runs outside of transactions cannot
 * run in one. */
static int run_script(struct proving *p, struct conn *c,
		      const struct plan *plan, struct err *err)
{
	struct script s = rehearsal(&plan->script, &p->arena);
	int ret = 0;

	if (!script_in_steps(&s))
		return exec(c, &s, err);
	for (size_t i = 0, end; !ret && i < s.n; i = end) {
		struct script step = { .v = s.v + i };

		end = script_step_end(&s, i);
		step.n = end - i;
		ret = step_is_alone(s.v[i].step) ?
		      plan->engine->exec_alone(c, s.v[i].sql, err) :
		      exec(c, &step, err);
	}
	return ret;
}

/* Run a plan where its start is loaded, and look where it has led. */
static int run_plan(struct proving *p, struct conn *c, struct plan *plan,
		    const struct schema *target, struct err *err)
{
	struct schema got;
	int ret = -1;

	schema_init(&got, plan->engine->spelling, &p->arena);
	if (run_script(p, c, plan, err))
		err_wrap(err, "proving the plan");
	else if (!plan->engine->read(c, &got, NULL, err) &&
		 !compare(p, &got, target, err))
		ret = 0;
	schema_release(&got);
	plan->proven = !ret;
	return ret;
}

static int run_proofs(struct proving *p, struct plan *down,
		      struct err *down_err, struct err *err)
{
	struct scratch_opts want = { .version = p->plan->version };
	const struct engine *e = p->plan->engine;
	struct conn *c = NULL;
	int ret = -1;

	if (e->scratch(&c, &want, err))
		return -1;
	if (!e->extend(c, p->plan->extensions, err) && !load_part(p, c, err) &&
	    !run_plan(p, c, p->plan, &p->to, err)) {
		ret = 0;
		if (down)
			(void)!run_plan(p, c, down, &p->from, down_err);
	}
	e->close(c);
	return ret;
}

static int find_both_parts(struct proving *p, struct err *err)
{
	const struct plan *up = p->plan;

	schema_diff(&p->diff, up->from, up->to, DIFF_COLUMN_ORDER, &p->arena);
	note_changes(p);
	find_parts(p, up->from);
	find_parts(p, up->to);
	return take_part(p, &p->from, up->from, err) ||
	       take_part(p, &p->to, up->to, err) ? -1 : 0;
}

static void proving_release(struct proving *p)
{
	schema_release(&p->from);
	schema_release(&p->to);
	map_release(&p->changed);
	map_release(&p->words);
	map_release(&p->parts);
	arena_release(&p->arena);
}

int plan_prove_both(struct plan *up, struct plan *down, struct err *down_err,
		    struct err *err)
{
	struct proving p = { .plan = up };
	int ret = -1;

	if (!find_both_parts(&p, err))
		ret = run_proofs(&p, down, down_err, err);
	proving_release(&p);
	return ret;
}

bool plan_prove_back(struct plan *up, struct plan *down, struct conn *c)
{
	struct proving p = { .plan = up };
	struct err none = ERR_INIT;
	bool proven;

	proven = !find_both_parts(&p, &none) &&
		 !run_plan(&p, c, down, &p.from, &none) &&
		 !run_plan(&p, c, up, &p.to, &none);
	up->proven = down->proven = proven;
	proving_release(&p);
	return proven;
}

int plan_prove(struct plan *plan, struct err *err)
{
	return plan_prove_both(plan, NULL, NULL, err);
}

/* ---- the memory -------------------------------------------------------- */

static void proof_key(unsigned char key[SHA256_LEN], const struct plan *plan)
{
	struct sha256 h;

	sha256_start(&h);
	sha256_add(&h, plan->from_digest, strlen(plan->from_digest) + 1);
	sha256_add(&h, plan->to_digest, strlen(plan->to_digest) + 1);
	sha256_add(&h, plan->sql_sha256, SHA256_LEN);
	sha256_add(&h, plan->engine->name, strlen(plan->engine->name) + 1);
	if (plan->version)
		sha256_add(&h, plan->version, strlen(plan->version));
	sha256_end(&h, key);
}

static void proofs_path(struct buf *b, struct store *s)
{
	buf_addf(b, "%s/cache/proofs", store_dir(s));
}

#define PROOFS_MAX (64u << 20)

int proof_find(struct plan *plan, struct store *s, struct err *err)
{
	unsigned char key[SHA256_LEN];
	struct buf path = BUF_INIT, b = BUF_INIT;
	struct err none = ERR_INIT;

	(void)err;
	proof_key(key, plan);
	proofs_path(&path, s);
	if (file_exists(path.ptr) &&
	    !file_read(&b, path.ptr, PROOFS_MAX, &none))
		for (size_t i = 0; i + SHA256_LEN <= b.len; i += SHA256_LEN)
			plan->proven |= !memcmp(b.ptr + i, key, SHA256_LEN);
	buf_release(&path);
	buf_release(&b);
	return 0;
}

int proof_remember(const struct plan *plan, struct store *s, struct err *err)
{
	unsigned char key[SHA256_LEN];
	struct buf path = BUF_INIT;
	off_t end;
	int fd;

	(void)err;
	proof_key(key, plan);
	proofs_path(&path, s);
	fd = open(path.ptr, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	buf_release(&path);
	if (fd < 0)
		return 0;
	/* A record that was torn is written over. */
	end = lseek(fd, 0, SEEK_END);
	end -= end % SHA256_LEN;
	if (pwrite(fd, key, sizeof(key), end) != (ssize_t)sizeof(key) &&
	    ftruncate(fd, end))
		end = 0;
	close(fd);
	return 0;
}
