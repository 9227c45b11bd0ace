/*
 * Folders of migrations: which format it is, what is in it, in which order.
 */
#include "config.h"

#include "source/history-parts.h"

#include <stdlib.h>

#define LIMIT (64u << 20)

/* As they are looked for: what is told by a file of its own comes first, and
 * what is told by nothing comes last. */
static const struct history_format *const formats[] = {
	&history_aerich, &history_alembic, &history_django,
	&history_sqitch, &history_prisma, &history_golang_migrate,
	&history_atlas, &history_flyway, &history_diesel, &history_goose,
	&history_dbmate, &history_plain,
};

const struct history_format *history_format_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

char *history_format_names(struct arena *a)
{
	char *names = NULL;

	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		names = arena_printf(a, "%s%s%s", names ? names : "",
				     names ? ", " : "", formats[i]->name);
	return names;
}

char *history_file(struct history_reading *r, const char *path)
{
	struct buf b = BUF_INIT;
	char *text = NULL;

	if (file_read(&b, path, LIMIT, r->err))
		goto out;
	if (memchr(b.ptr, '\0', b.len))
		err_set(r->err, ERR_USAGE, "%s: a NUL byte in the text", path);
	else
		text = arena_strndup(r->arena, b.ptr, b.len);
out:
	buf_release(&b);
	return text;
}

/* ---- one file after the other -------------------------------------------- */

static struct history_step *step_of(struct history *h, const char *number)
{
	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->v[i].number, number))
			return &h->v[i];
	return NULL;
}

int history_add(struct history_reading *r, const struct history_name *name,
		const struct history_text *text)
{
	struct history *h = r->out;
	struct history_step *s = step_of(h, name->number);
	struct history_text *to;

	if (!s) {
		s = ARENA_PUSH(r->arena, h->v, h->n, h->cap);
		memset(s, 0, sizeof(*s));
		s->number = arena_strdup(r->arena, name->number);
		s->name = arena_strdup(r->arena, name->name);
	}
	to = name->down ? &s->down : &s->up;
	if (to->sql) {
		err_set(r->err, ERR_USAGE, "two migrations have the number "
			"'%s': %s and %s", name->number, to->path, text->path);
		return err_hint(r->err, "give one of them another number, or "
				"take it out of the folder");
	}
	*to = *text;
	if (!name->down)
		s->name = arena_strdup(r->arena, name->name);
	return 0;
}

static int no_name(struct history_reading *r, const char *path)
{
	err_set(r->err, ERR_USAGE, "%s: its name has no number, as a migration "
		"of format %s has", path, r->out->format->name);
	return err_hint(r->err, "give it one, take it out of the folder, or "
			"name the folder's format: --format");
}

int history_read_files(struct history_reading *r, history_name_fn name)
{
	for (size_t i = 0; i < r->names.n; i++) {
		const char *path = path_join(r->arena, r->dir, r->names.v[i]);
		struct history_text text = { .path = path };
		struct history_name n = { 0 };
		int ret = dir_exists(path) ? 0 : name(r, r->names.v[i], &n);

		if (ret < 0)
			return -1;
		if (!ret && !dir_exists(path) && str_ends(path, ".sql"))
			return no_name(r, path);
		if (!ret)
			continue;
		text.sql = history_file(r, path);
		if (!text.sql || history_add(r, &n, &text))
			return -1;
	}
	return 0;
}

/* ---- the order ----------------------------------------------------------- */

/* 2 before 10, 1.9 before 1.10, any number before a word. */
static int cmp_numbers(const char *a, const char *b)
{
	while (*a && *b) {
		size_t na = strspn(a, "0123456789");
		size_t nb = strspn(b, "0123456789");
		int cmp;

		if (!na || !nb) {
			if (*a != *b)
				return *a < *b ? -1 : 1;
			a++;
			b++;
			continue;
		}
		for (; na > 1 && *a == '0'; na--)
			a++;
		for (; nb > 1 && *b == '0'; nb--)
			b++;
		cmp = na != nb ? (na < nb ? -1 : 1) : strncmp(a, b, na);
		if (cmp)
			return cmp;
		a += na;
		b += nb;
	}
	return *a ? 1 : *b ? -1 : 0;
}

static int cmp_steps(const void *va, const void *vb)
{
	const struct history_step *a = va, *b = vb;

	return cmp_numbers(a->number, b->number);
}

/* 0 where it is none that one counts by: too long, or with other bytes. */
static uint64_t count_of(const struct history_step *s)
{
	uint64_t n = 0;
	size_t len = strspn(s->number, "0123456789");

	return s->number[len] || len > 6 || parse_u64(&n, s->number +
		strspn(s->number, "0") - (strspn(s->number, "0") == len),
		UINT64_MAX) ? 0 : n;
}

/* Where most of the numbers between the first and the last are there, one that
 * is not is missed. */
static int check_gaps(struct history_reading *r)
{
	const struct history *h = r->out;
	uint64_t first, last;

	if (r->opts->gaps || h->n < 2)
		return 0;
	for (size_t i = 1; i < h->n; i++)
		if (!count_of(&h->v[i]))
			return 0;
	first = count_of(&h->v[0]);
	last = count_of(&h->v[h->n - 1]);
	if (last - first + 1 >= 2 * h->n)
		return 0;
	for (size_t i = 1; i < h->n; i++) {
		uint64_t was = count_of(&h->v[i - 1]);

		if (count_of(&h->v[i]) == was + 1)
			continue;
		err_set(r->err, ERR_USAGE, "no migration has the number %llu: "
			"%s comes behind %s", (unsigned long long)was + 1,
			h->v[i].up.path, h->v[i - 1].up.path);
		return err_hint(r->err, "put the missing file into the folder; "
				"if there never was one: --gaps");
	}
	return 0;
}

int history_sort(struct history_reading *r)
{
	struct history *h = r->out;

	if (h->n)
		qsort(h->v, h->n, sizeof(*h->v), cmp_steps);
	for (size_t i = 1; i < h->n; i++)
		if (!cmp_numbers(h->v[i - 1].number, h->v[i].number))
			return err_set(r->err, ERR_USAGE, "two migrations have "
				       "the number '%s': %s and %s",
				       h->v[i].number, h->v[i - 1].up.path ?
				       h->v[i - 1].up.path :
				       h->v[i - 1].down.path,
				       h->v[i].up.path ? h->v[i].up.path :
				       h->v[i].down.path);
	return 0;
}

static int check_steps(struct history_reading *r)
{
	const struct history *h = r->out;

	for (size_t i = 0; i < h->n; i++)
		if (!h->v[i].up.sql)
			return err_set(r->err, ERR_USAGE, "%s: there is a way "
				       "back, and no way there",
				       h->v[i].down.path);
	if (!h->n)
		return err_set(r->err, ERR_USAGE, "no migration of format %s "
			       "in folder '%s'", h->format->name, r->dir);
	return check_gaps(r);
}

static int find_format(struct history_reading *r)
{
	const char *name = r->opts->format;

	if (name) {
		r->out->format = history_format_find(name);
		if (r->out->format)
			return 0;
		err_set(r->err, ERR_USAGE, "'%s' is no format of migrations",
			name);
		return err_hint(r->err, "one of: %s",
				history_format_names(r->arena));
	}
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i]->is(r)) {
			r->out->format = formats[i];
			return 0;
		}
	err_set(r->err, ERR_USAGE, "no migrations are seen in folder '%s'",
		r->dir);
	return err_hint(r->err, "its files, or folders, are to be named as one "
			"of these has them: %s",
			history_format_names(r->arena));
}

/* One file, as if the folder had no other. */
static void take_file(struct history_reading *r)
{
	const char *slash = strrchr(r->dir, '/');

	list_add(r->arena, &r->names, slash ? slash + 1 : r->dir);
	r->dir = !slash ? "." : arena_strndup(r->arena, r->dir, slash == r->dir
					      ? 1 : (size_t)(slash - r->dir));
}

int history_read(struct history *out, const char *dir,
		 const struct history_opts *o, struct arena *a,
		 struct err *err)
{
	struct history_reading r = {
		.out = out, .dir = dir, .opts = o, .arena = a, .err = err,
	};

	memset(out, 0, sizeof(*out));
	if (!dir_exists(dir) && !file_exists(dir))
		return err_set(err, ERR_USAGE, "no such folder '%s'", dir);
	if (!dir_exists(dir))
		take_file(&r);
	else if (dir_list(&r.names, dir, a, err))
		return -1;
	if (find_format(&r) ||
	    out->format->read(&r))
		return -1;
	return check_steps(&r);
}
