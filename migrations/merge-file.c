/*
 * Merging a schema's source.
 *
 *	base ─┐                ┌─ the texts merged ──┐ loaded: is it
 *	ours ─┼─▶ three ─▶ merged ─ ours, theirs ────┼▶ the merged schema?
 *	theirs┘   schemas      └─ the schema printed ┘ the first one that is
 */
#include "config.h"

#include "migrations/filing.h"

#include "migrations/broken.h"

#include "ss/kinds.h"

struct bytes filing_keep(struct filing *f, const struct buf *b)
{
	return (struct bytes){ arena_strndup(f->arena, b->ptr, b->len),
			       b->len };
}

int filing_merge_texts(struct bytes *out, struct filing *f,
		       enum text_favor favor, struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = text_merge(&b, &f->text[MERGE_BASE], &f->text[MERGE_OURS],
			     &f->text[MERGE_THEIRS], favor, err);

	if (ret >= 0)
		*out = filing_keep(f, &b);
	buf_release(&b);
	return ret;
}

/* ---- loading ------------------------------------------------------------ */

static int load(struct schema *out, struct filing *f, const char *path,
		const struct bytes *text, struct err *err)
{
	struct source_file file = {
		.path = path, .name = path, .text = text->ptr,
		.len = text->len,
	};
	struct source src = { .path = path, .files = &file, .n = 1 };
	struct read_opts opts = project_read_opts(f->m->project, f->m->engine);

	return source_schema(out, &src, f->m->engine, &opts, f->arena, err);
}

int filing_load(struct schema *out, struct filing *f,
		    const struct bytes *text, struct err *why)
{
	if (!load(out, f, "the merged source", text, why))
		return 1;
	schema_release(out);
	schema_init(out, f->m->engine->spelling, f->arena);
	return why->code == ERR_ENGINE || why->code == ERR_REFUSED ||
	       why->code == ERR_USAGE ? 0 : -1;
}

static int read_side(struct filing *f, enum merge_side side, struct err *err)
{
	const char *path = f->m->paths[side];
	struct source src;

	if (source_read(&src, path, NULL, f->arena, err))
		return -1;
	if (src.n != 1 || strcmp(src.files[0].path, path))
		return err_set(err, ERR_USAGE, "'%s' is a folder", path);
	f->text[side] = (struct bytes){ src.files[0].text, src.files[0].len };
	return 0;
}

static int load_sides(struct filing *f, struct err *err)
{
	for (size_t i = 0; i < MERGE_SIDES; i++)
		if (load(&f->schema[i], f, f->m->paths[i], &f->text[i], err))
			return err_wrap(err, "%s", merge_side_words[i]);
	return 0;
}

/* ---- are two the same --------------------------------------------------- */

bool filing_same(struct filing *f, const struct node *a,
			const struct node *b)
{
	if (!a || !b)
		return a == b;
	return a->cosmetics == b->cosmetics &&
	       (!memcmp(a->digest, b->digest, SHA256_LEN) ||
		node_same_but_places(a, b, f->m->engine->spelling,
				     f->arena));
}

const struct node *filing_twin(const struct schema *s, const struct node *n)
{
	return schema_find(s, n->kind, n->name);
}

static bool same_schema(struct filing *f, const struct schema *a,
			const struct schema *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!filing_same(f, a->objects[i],
				 filing_twin(b, a->objects[i])))
			return false;
	return a->n == b->n;
}

/* ---- no conflict -------------------------------------------------------- */

void filing_head(struct buf *b, const struct plan *p)
{
	if (p->sql_len && p->engine->source_head)
		buf_addstr(b, p->engine->source_head);
}

/* Is this text the merged schema?  1, 0, -1 */
static int is_merged(struct filing *f, const struct bytes *text,
		     struct err *why)
{
	struct schema got;
	int ret = filing_load(&got, f, text, why);

	if (ret > 0)
		ret = same_schema(f, &f->merge.merged, &got);
	schema_release(&got);
	return ret;
}

static int take_texts(struct filing *f, struct err *err)
{
	struct err why = ERR_INIT;
	struct bytes text;
	int ret = filing_merge_texts(&text, f, TEXT_MARKS, err);

	if (ret <= 0)
		return ret;
	ret = is_merged(f, &text, &why);
	if (ret < 0)
		*err = why;
	if (ret > 0)
		f->m->text = text;
	return ret;
}

static int take_printed(struct filing *f, struct err *err)
{
	struct err why = ERR_INIT;
	struct buf b = BUF_INIT;
	struct bytes text;
	struct plan p;
	int ret;

	if (plan_whole(&p, &f->merge.merged, NULL, f->arena, err))
		return -1;
	filing_head(&b, &p);
	buf_add(&b, p.sql, p.sql_len);
	text = filing_keep(f, &b);
	buf_release(&b);
	ret = is_merged(f, &text, &why);
	if (ret < 0) {
		*err = why;
	} else if (ret) {
		f->m->text = text;
	} else {
		struct conflict *c = arena_alloc(f->arena, sizeof(*c));

		c->type = CONFLICT_MEANING;
		c->node = "the merged schema";
		c->why = why.code ? arena_strdup(f->arena, why.text) :
			 "what is loaded reads back as another one";
		f->m->conflicts = c;
		f->m->n = 1;
	}
	return ret;
}

/* 1 settled, 0 the two do not fit together, -1 */
static int settle(struct filing *f, struct err *err)
{
	int ret = take_texts(f, err);

	if (ret)
		return ret;
	for (size_t i = MERGE_OURS; i < MERGE_SIDES; i++)
		if (same_schema(f, &f->merge.merged, &f->schema[i])) {
			f->m->text = f->text[i];
			return 1;
		}
	return take_printed(f, err);
}

/* What each side can use, and the two together cannot; 1, 0 there is some. */
static int check_broken(struct filing *f, struct err *err)
{
	const struct read_opts none = { 0 };
	struct breaking b = {
		.engine = f->m->engine, .read = &none,
		.merged = &f->merge.merged,
		.side = { &f->schema[MERGE_OURS], &f->schema[MERGE_THEIRS] },
		.arena = f->arena,
	};
	struct dangling broken;
	struct conflict *v;
	struct buf title = BUF_INIT;

	if (find_broken(&broken, &b, NULL, err))
		return -1;
	v = arena_alloc(f->arena, (broken.n + 1) * sizeof(*v));
	for (size_t i = 0; i < broken.n; i++) {
		buf_truncate(&title, 0);
		node_title(&title, broken.v[i].node);
		v[i].type = CONFLICT_MEANING;
		v[i].node = arena_strdup(f->arena, title.ptr);
		v[i].why = broken.v[i].why;
	}
	buf_release(&title);
	f->m->conflicts = v;
	f->m->n = broken.n;
	return !broken.n;
}

/* ---- all of it ---------------------------------------------------------- */

static int merge_schemas(struct filing *f, struct err *err)
{
	struct merge *m = &f->merge;
	int ret = 0;

	*m = (struct merge){ .arena = f->arena };
	for (size_t i = 0; i < MERGE_SIDES; i++)
		m->of[i] = &f->schema[i];
	if (schema_merge(m, err))
		return -1;
	f->m->conflicts = m->conflicts;
	f->m->n = m->n;
	if (!m->n)
		ret = settle(f, err);
	if (ret > 0)
		ret = check_broken(f, err);
	return ret ? (ret < 0 ? -1 : 0) : filing_mark(f, m->n > 0, err);
}

int merge_file(struct merge_file *m, struct arena *a, struct err *err)
{
	struct filing f = { .m = m, .arena = a };
	struct err none = ERR_INIT;
	int ret = -1;

	m->text = (struct bytes){ NULL, 0 };
	for (size_t i = 0; i < MERGE_SIDES; i++) {
		schema_init(&f.schema[i], m->engine->spelling, a);
		if (read_side(&f, i, err))
			goto out;
	}
	if (!load_sides(&f, err))
		ret = merge_schemas(&f, err);
	else
		(void)!filing_merge_texts(&m->text, &f, TEXT_MARKS, &none);
out:
	for (size_t i = 0; i < MERGE_SIDES; i++)
		schema_release(&f.schema[i]);
	schema_release(&f.merge.merged);
	map_release(&f.open);
	return ret;
}
