/*
 * Formats with a folder for each migration, or a plan that names them: Diesel,
 * Prisma, Sqitch.
 */
#include "config.h"

#include "source/history-parts.h"

/* name/file of the folder; NULL: there is none. */
static const char *file_in(struct history_reading *r, const char *name,
			   const char *file)
{
	const char *path = path_join(r->arena,
				     path_join(r->arena, r->dir, name), file);

	return file_exists(path) ? path : NULL;
}

static bool any_folder(struct history_reading *r, const char *file)
{
	for (size_t i = 0; i < r->names.n; i++)
		if (file_in(r, r->names.v[i], file))
			return true;
	return false;
}

static int take(struct history_reading *r, struct history_name *n,
		const char *path, bool down)
{
	struct history_text text = { .path = path };

	n->down = down;
	text.sql = history_file(r, path);
	return text.sql ? history_add(r, n, &text) : -1;
}

static bool is_folder(struct history_reading *r, const char *name)
{
	return dir_exists(path_join(r->arena, r->dir, name));
}

static int lacks(struct history_reading *r, const char *name,
		 const char *file)
{
	return err_set(r->err, ERR_USAGE, "%s: there is no %s in it",
		       path_join(r->arena, r->dir, name), file);
}

/* ---- Diesel: 2020-01-02-030405_name/up.sql, down.sql --------------------- */

/* Its number, without what makes it readable. */
static const char *diesel_number(struct arena *a, const char *name)
{
	size_t n = strspn(name, "0123456789-");
	char *number = arena_strndup(a, name, n), *to = number;

	for (const char *p = number; *p; p++)
		if (*p != '-')
			*to++ = *p;
	*to = '\0';
	return number;
}

static int read_diesel(struct history_reading *r)
{
	for (size_t i = 0; i < r->names.n; i++) {
		const char *name = r->names.v[i];
		struct history_name n = {
			.number = diesel_number(r->arena, name), .name = name,
		};
		const char *up = file_in(r, name, "up.sql");
		const char *down = file_in(r, name, "down.sql");

		if (!is_folder(r, name))
			continue;
		if (!up)
			return lacks(r, name, "up.sql");
		if (!*n.number)
			return err_set(r->err, ERR_USAGE, "%s: its folder's "
				       "name has no number", up);
		if (take(r, &n, up, false) || (down && take(r, &n, down, true)))
			return -1;
	}
	return history_sort(r);
}

static bool is_diesel(struct history_reading *r)
{
	return any_folder(r, "up.sql");
}

static const char *const diesel_tables[] = {
	"__diesel_schema_migrations", NULL,
};
static const char *const diesel_applied[] = {
	"SELECT version FROM @__diesel_schema_migrations", NULL,
};

const struct history_format history_diesel = {
	.name = "diesel",
	.is = is_diesel,
	.read = read_diesel,
	.tables = diesel_tables,
	.applied = diesel_applied,
};

/* ---- Prisma: 20200102030405_name/migration.sql --------------------------- */

static bool is_prisma(struct history_reading *r)
{
	return file_exists(path_join(r->arena, r->dir,
				     "migration_lock.toml")) ||
	       any_folder(r, "migration.sql");
}

static int read_prisma(struct history_reading *r)
{
	for (size_t i = 0; i < r->names.n; i++) {
		const char *name = r->names.v[i];
		const char *up = file_in(r, name, "migration.sql");
		struct history_name n = { .number = name, .name = name };

		if (!is_folder(r, name))
			continue;
		if (!up)
			return lacks(r, name, "migration.sql");
		if (take(r, &n, up, false))
			return -1;
	}
	/* They run in the order of their names, which is that of the list. */
	return 0;
}

static const char *const prisma_tables[] = { "_prisma_migrations", NULL };
static const char *const prisma_applied[] = {
	"SELECT migration_name FROM @_prisma_migrations WHERE finished_at IS "
	"NOT NULL AND rolled_back_at IS NULL", NULL,
};

const struct history_format history_prisma = {
	.name = "prisma",
	.is = is_prisma,
	.read = read_prisma,
	.tables = prisma_tables,
	.applied = prisma_applied,
};

/* ---- Sqitch: sqitch.plan, deploy/name.sql, revert/name.sql --------------- */

#define PLAN "sqitch.plan"

/* plan_line = blank | "%" pragma | "#" comment | "@" tag ... | change ... */
static void plan_line(struct history_reading *r, struct list *names,
		      struct list *tags, const char *line)
{
	size_t n;

	line += strspn(line, " \t+");
	n = strcspn(line, " \t\r");
	if (!n || strchr("%#", *line))
		return;
	if (*line == '@' && names->n) {
		/* Of all changes that no tag has yet. */
		while (tags->n < names->n)
			list_add(r->arena, tags,
				 arena_strndup(r->arena, line, n));
		return;
	}
	list_add(r->arena, names, arena_strndup(r->arena, line, n));
}

/* A change that is made again later has the tag behind it in its file's
 * name. */
static const char *deploy_file(struct history_reading *r,
			       const struct list *names,
			       const struct list *tags, size_t i)
{
	for (size_t k = i + 1; k < names->n; k++)
		if (!strcmp(names->v[k], names->v[i]))
			return arena_printf(r->arena, "%s%s.sql", names->v[i],
					    i < tags->n ? tags->v[i] : "");
	return arena_printf(r->arena, "%s.sql", names->v[i]);
}

static int take_change(struct history_reading *r, const struct list *names,
		       const struct list *tags, size_t i)
{
	const char *file = deploy_file(r, names, tags, i);
	const char *up = file_in(r, "deploy", file);
	const char *down = file_in(r, "revert", file);
	struct history_name n = {
		.name = arena_strndup(r->arena, file, strlen(file) - 4),
	};

	n.number = n.name;
	if (!up)
		return err_set(r->err, ERR_USAGE, "%s names '%s', and there is "
			       "no %s/deploy/%s", path_join(r->arena, r->dir,
							    PLAN),
			       names->v[i], r->dir, file);
	return take(r, &n, up, false) || (down && take(r, &n, down, true)) ?
	       -1 : 0;
}

static int read_sqitch(struct history_reading *r)
{
	const char *path = path_join(r->arena, r->dir, PLAN);
	const char *text = history_file(r, path);
	struct list names = { NULL, 0 }, tags = { NULL, 0 };

	if (!text)
		return -1;
	while (*text) {
		size_t n = strcspn(text, "\n");

		plan_line(r, &names, &tags, arena_strndup(r->arena, text, n));
		text += n + (text[n] == '\n');
	}
	for (size_t i = 0; i < names.n; i++) {
		if (*names.v[i] == '-')
			return err_set(r->err, ERR_REFUSED, "%s: '%s' takes a "
				       "change back, which is not done here",
				       path, names.v[i]);
		if (take_change(r, &names, &tags, i))
			return -1;
	}
	return 0;
}

static bool is_sqitch(struct history_reading *r)
{
	return file_exists(path_join(r->arena, r->dir, PLAN));
}

static const char *const sqitch_tables[] = {
	"sqitch", "sqitch.changes", "sqitch.dependencies", "sqitch.events",
	"sqitch.projects", "sqitch.releases", "sqitch.tags", NULL,
};
/* In SQLite it has a file of its own. */
static const char *const sqitch_applied[] = {
	"SELECT change FROM sqitch.changes", NULL,
};

const struct history_format history_sqitch = {
	.name = "sqitch",
	.is = is_sqitch,
	.read = read_sqitch,
	.tables = sqitch_tables,
	.applied = sqitch_applied,
};
