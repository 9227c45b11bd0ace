/*
 * What the configuration leaves out of a schema: objects by their names
 * (`postgres.ignore`), and the sequences that they own.
 */
#include "config.h"

#include "engine/postgres/emit.h"

#include <stdlib.h>

/* "t" is public.t. */
static bool is_called(const char *object, const char *name)
{
	return !strcmp(object, name) || (str_starts(object, "public.") &&
		!strcmp(object + strlen("public."), name));
}

static bool is_listed(const struct list *ignore, const char *object)
{
	for (size_t i = 0; i < ignore->n; i++)
		if (is_called(object, ignore->v[i]))
			return true;
	return false;
}

static bool is_owned(const struct list *ignore, const struct node *n)
{
	const char *owner = n->kind == &pg_kind_sequence ?
			    ((const struct pg_sequence *)n)->owned_by : NULL;
	struct buf b = BUF_INIT;
	bool is;

	if (!owner)
		return false;
	pg_add_table_of(&b, owner);
	is = is_listed(ignore, b.ptr);
	buf_release(&b);
	return is;
}

/* A need ends in " of KIND NAME", or is "KIND NAME". */
static bool needs_listed(const struct list *ignore, const struct node *n)
{
	for (size_t i = 0; i < n->needs.n; i++) {
		const char *of = strstr(n->needs.v[i], " of ");
		const char *name = strchr(of ? of + 4 : n->needs.v[i], ' ');

		if (name && is_listed(ignore, name + 1))
			return true;
	}
	for (size_t i = 0; i < n->nkids; i++)
		if (needs_listed(ignore, n->kids[i]))
			return true;
	return false;
}

static int cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What restricts reading is part of what was read. */
static void add_settings(struct schema *s, const struct list *ignore)
{
	for (size_t i = 0; ignore && i < ignore->n; i++)
		list_add(s->arena, &s->settings,
			 arena_printf(s->arena, "ignore %s", ignore->v[i]));
	if (s->settings.n)
		qsort(s->settings.v, s->settings.n, sizeof(*s->settings.v),
		      cmp_names);
}

int pg_leave_out(struct schema *s, const struct read_opts *opts,
		 struct err *err)
{
	const struct list *ignore = opts ? opts->ignore : NULL;
	struct buf title = BUF_INIT;
	size_t kept = 0;

	if (pg_add_search_path(s, opts ? opts->search_path : NULL, err))
		return -1;
	add_settings(s, ignore);
	if (!ignore || !ignore->n)
		return 0;
	for (size_t i = 0; i < s->n; i++) {
		struct node *n = s->objects[i];

		if (is_listed(ignore, n->name)) {
			if (opts->ignored)
				list_add(s->arena, opts->ignored, n->name);
			continue;
		}
		if (!is_owned(ignore, n))
			s->objects[kept++] = n;
	}
	s->n = kept;
	for (size_t i = 0; i < s->n; i++)
		if (needs_listed(ignore, s->objects[i])) {
			node_title(&title, s->objects[i]);
			err_set(err, ERR_REFUSED, "%s depends on what "
				"'postgres.ignore' leaves out", title.ptr);
			err_hint(err, "leave it out, too, or neither");
			buf_release(&title);
			return -1;
		}
	return 0;
}
