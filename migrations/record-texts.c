/*
 * What a version's schemas were read from: kept beside them, once where all
 * engines have the same.
 */
#include "config.h"

#include "migrations/record.h"

int record_version_texts(struct record_texts *out, struct store *s,
			 const struct commit *from, const char *engine,
			 struct arena *a, struct err *err)
{
	struct buf json = BUF_INIT;
	int ret;

	if (version_sources(&out->v, &out->n, s, from, engine, a, err))
		return -1;
	for (size_t i = 0; i < out->n; i++)
		out->v[i].as_read = true;
	ret = version_models(&json, s, from, engine, a, err);
	if (ret > 0)
		out->models = (struct bytes){
			arena_strndup(a, json.ptr, json.len), json.len,
		};
	buf_release(&json);
	return ret < 0 ? -1 : 0;
}

/* As the version before keeps them, where they are not read. */
static int texts_of(struct record_texts *out, struct recording *r,
		    const struct recorded *e, struct err *err)
{
	const struct source *src = e->source;

	if (!src)
		return record_version_texts(out, r->project->store, &r->parent,
					    e->engine->name, r->arena, err);
	out->models = src->models;
	out->n = src->n;
	out->v = arena_alloc(r->arena, (src->n + 1) * sizeof(*out->v));
	for (size_t i = 0; i < src->n; i++) {
		out->v[i].path = version_source_name(r->arena,
						     src->files[i].name);
		out->v[i].ptr = src->files[i].text;
		out->v[i].len = src->files[i].len;
		out->v[i].as_read = true;
	}
	return 0;
}

static bool same_file(const struct version_file *a,
		      const struct version_file *b)
{
	return !strcmp(a->path, b->path) && a->len == b->len &&
	       !memcmp(a->ptr, b->ptr, a->len);
}

static bool same_texts(const struct record_texts *a,
		       const struct record_texts *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (!same_file(&a->v[i], &b->v[i]))
			return false;
	return a->n == b->n;
}

static void add_models(struct version_draft *d, const struct record_texts *v,
		       size_t n, struct arena *a)
{
	struct version_models *out = arena_alloc(a, (n + 1) * sizeof(*out));

	for (size_t i = 0; i < n; i++)
		if (v[i].models.ptr)
			out[d->nmodels++] = (struct version_models){
				v[i].engine, v[i].models,
			};
	d->models = out;
}

void record_add_texts(struct version_draft *d, const struct record_texts *v,
		      size_t n, struct arena *a)
{
	struct version_file *out = NULL;
	bool shared = true;
	size_t count = 0, cap = 0;

	for (size_t k = 1; k < n; k++)
		shared &= same_texts(&v[0], &v[k]);
	for (size_t k = 0; k < n && (!k || !shared); k++)
		for (size_t i = 0; i < v[k].n; i++) {
			struct version_file *f = ARENA_PUSH(a, out, count,
							    cap);

			*f = v[k].v[i];
			f->engine = shared ? NULL : v[k].engine;
		}
	d->sources = out;
	d->nsources = count;
	add_models(d, v, n, a);
}

int record_texts(struct version_draft *d, struct recording *r, struct err *err)
{
	struct record_texts *v = arena_alloc(r->arena, r->n * sizeof(*v));
	size_t n = 0;

	for (size_t k = 0; k < r->n; k++) {
		if (!r->v[k].source && !r->v[k].born)
			continue;
		v[n].engine = r->v[k].engine->name;
		if (texts_of(&v[n++], r, &r->v[k], err))
			return -1;
	}
	record_add_texts(d, v, n, r->arena);
	return 0;
}

bool record_is_unchanged(struct recording *r, const struct recorded *v,
			 const struct commit_opts *o)
{
	struct recorded was = { .engine = v->engine };
	struct err none = ERR_INIT;
	struct record_texts now = { 0 }, before = { 0 };

	return v->known && !o->nrenames && !texts_of(&now, r, v, &none) &&
	       !texts_of(&before, r, &was, &none) && same_texts(&now, &before);
}
