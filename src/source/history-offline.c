/*
 * Migrations that are programs, by the SQL that their tool prints of them:
 * Alembic's upgrade --sql, Django's sqlmigrate.  Many are in one file, each
 * behind a line that says which it is.
 *
 *	-- Running upgrade 1975ea -> ae1027	-- Migration: polls.0002_votes
 *	ALTER TABLE ...				ALTER TABLE ...
 *	-- Running downgrade ae1027 -> 1975ea	-- Reverse: polls.0002_votes
 *	ALTER TABLE ...				ALTER TABLE ...
 */
#include "config.h"

#include "source/history-parts.h"

struct offline {
	const char *up, *down;	/* what such a line begins with */
	const char *from;	/* between what is left and what is entered;
				 * NULL: the number alone stands there */
	const char *table;	/* the tool's, in whose rows it counts */
	const char *lost[3];	/* lines that say what is no SQL */
};

static const struct offline alembic = {
	.up = "-- Running upgrade ", .down = "-- Running downgrade ",
	.from = " -> ", .table = "alembic_version",
};

static const struct offline django = {
	.up = "-- Migration: ", .down = "-- Reverse: ",
	.table = "django_migrations",
	.lost = { "-- THIS OPERATION CANNOT BE WRITTEN AS SQL",
		  "-- MIGRATION NOW PERFORMS OPERATION THAT CANNOT BE WRITTEN "
		  "AS SQL" },
};

struct splitting {
	struct history_reading *r;
	const struct offline *how;
	const char *path;
	bool down;		/* ways back are taken, else ways there */
	size_t line;
	struct buf text;	/* of the one that is read */
	struct history_name now;	/* number NULL: none yet */
	bool inside;		/* a statement on the tool's table */
	bool lost;
};

/* ---- lines --------------------------------------------------------------- */

static const char *part(struct splitting *s, const char *from, const char *end)
{
	while (from < end && *from == ' ')
		from++;
	while (end > from && strchr(" \t\r", end[-1]))
		end--;
	return arena_strndup(s->r->arena, from, (size_t)(end - from));
}

/* mark = up [ a { "," a } ] "->" number | down number "->" [ ... ] */
static bool is_mark(struct history_name *out, struct splitting *s,
		    const char *line)
{
	const struct offline *how = s->how;
	bool down = str_starts(line, how->down);
	const char *p = line + strlen(down ? how->down : how->up);
	const char *end, *arrow;

	if (!down && !str_starts(line, how->up))
		return false;
	end = p + strcspn(p, "\n");
	if (how->from) {
		/* From nothing there is nothing before it. */
		arrow = strstr(p - 1, how->from);
		if (!arrow || arrow > end)
			return false;
		if (down)
			end = arrow;
		else
			p = arrow + strlen(how->from);
	}
	out->number = out->name = part(s, p, end);
	out->down = down;
	return *out->number;
}

static size_t trimmed(const char *line, size_t n)
{
	while (n && strchr(" \t\r", line[n - 1]))
		n--;
	return n;
}

static bool ends_statement(const char *line, size_t n)
{
	n = trimmed(line, n);
	return n && line[n - 1] == ';';
}

static bool is_line(const char *line, size_t n, const char *what)
{
	n = trimmed(line, n);
	return n == strlen(what) && !strncmp(line, what, n);
}

/* Does a statement begin here that is of the tool's own table? */
static bool begins_own(const struct splitting *s, const char *line, size_t n)
{
	static const char *const verbs[] = {
		"CREATE TABLE ", "DROP TABLE ", "INSERT INTO ", "UPDATE ",
		"DELETE FROM ",
	};
	const char *name = strstr(line, s->how->table);
	const char *p;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!str_starts(line, verbs[i]) || !name || name >= line + n)
			continue;
		/* schema "." name */
		for (p = line + strlen(verbs[i]); p < name; p++)
			if (strchr(" (", *p))
				return false;
		return true;
	}
	return false;
}

/* ---- one after the other ------------------------------------------------- */

static bool is_blank(const char *text)
{
	for (; *text; text += *text == '\n') {
		size_t n = strcspn(text, "\n");
		const char *p = text + strspn(text, " \t\r;");

		if (p < text + n && !str_starts(p, "--"))
			return false;
		text += n;
	}
	return true;
}

static struct history_step *step_of(struct history *h, const char *number)
{
	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->v[i].number, number))
			return &h->v[i];
	return NULL;
}

static int finish(struct splitting *s)
{
	struct history_text text = { .path = s->path };
	struct history_step *step;

	if (!s->now.number || s->now.down != s->down)
		return 0;
	text.sql = arena_strdup(s->r->arena, s->text.ptr);
	/* What cannot be taken back is printed as nothing. */
	if (!(s->now.down && is_blank(text.sql)) &&
	    history_add(s->r, &s->now, &text))
		return -1;
	step = step_of(s->r->out, s->now.number);
	if (s->lost && step && !s->now.down)
		step->lost = true;
	return 0;
}

/* Lines keep their numbers. */
static void start(struct splitting *s, const struct history_name *name)
{
	buf_truncate(&s->text, 0);
	for (size_t i = 1; i < s->line; i++)
		buf_addch(&s->text, '\n');
	s->now = *name;
	s->lost = s->inside = false;
}

static int early(struct splitting *s, const char *line, size_t n)
{
	err_set(s->r->err, ERR_USAGE, "%s:%zu: a statement before any '%s...': "
		"'%.*s'", s->path, s->line, s->how->up, (int)n, line);
	return err_hint(s->r->err, "see schemastore-import(1) for how such a "
			"file is made");
}

static int take_line(struct splitting *s, const char *line, size_t n)
{
	struct history_name name = { NULL, NULL, false };
	bool left_out;

	if (is_mark(&name, s, line)) {
		if (finish(s))
			return -1;
		start(s, &name);
		buf_addch(&s->text, '\n');
		return 0;
	}
	s->inside |= begins_own(s, line, n);
	left_out = s->inside || is_line(line, n, "BEGIN;") ||
		   is_line(line, n, "COMMIT;");
	if (s->inside && ends_statement(line, n))
		s->inside = false;
	for (size_t i = 0; s->how->lost[i]; i++)
		s->lost |= str_starts(line, s->how->lost[i]);
	if (!s->now.number && !left_out &&
	    !is_blank(arena_strndup(s->r->arena, line, n)))
		return early(s, line, n);
	if (!left_out)
		buf_add(&s->text, line, n);
	buf_addch(&s->text, '\n');
	return 0;
}

static int split(struct history_reading *r, const char *path,
		 const struct offline *how, bool down)
{
	struct splitting s = {
		.r = r, .how = how, .path = path, .down = down,
		.text = BUF_INIT,
	};
	const char *p = history_file(r, path);
	int ret = p ? 0 : -1;

	while (!ret && *p) {
		size_t n = strcspn(p, "\n");

		s.line++;
		ret = take_line(&s, p, n);
		p += n + (p[n] == '\n');
	}
	if (!ret)
		ret = finish(&s);
	buf_release(&s.text);
	return ret;
}

/* The files in the order of their names; in each, as it stands there.  Ways
 * back come in another order. */
static int read_offline(struct history_reading *r, const struct offline *how)
{
	for (int down = 0; down < 2; down++)
		for (size_t i = 0; i < r->names.n; i++)
			if (str_ends(r->names.v[i], ".sql") &&
			    split(r, path_join(r->arena, r->dir,
					       r->names.v[i]), how, down))
				return -1;
	return 0;
}

static bool has_mark(struct history_reading *r, const struct offline *how)
{
	struct err none = ERR_INIT;
	struct history_reading quiet = *r;
	const char *p;

	quiet.err = &none;
	for (size_t i = 0; i < r->names.n; i++) {
		const char *path = path_join(r->arena, r->dir, r->names.v[i]);

		if (!str_ends(path, ".sql") || dir_exists(path))
			continue;
		p = history_file(&quiet, path);
		for (; p && *p; p += strcspn(p, "\n"), p += *p == '\n')
			if (str_starts(p, how->up))
				return true;
	}
	return false;
}

static bool is_alembic(struct history_reading *r)
{
	return has_mark(r, &alembic);
}

static int read_alembic(struct history_reading *r)
{
	return read_offline(r, &alembic);
}

static bool is_django(struct history_reading *r)
{
	return has_mark(r, &django);
}

static int read_django(struct history_reading *r)
{
	return read_offline(r, &django);
}

static const char *const alembic_tables[] = { "alembic_version", NULL };
static const char *const alembic_applied[] = {
	"SELECT version_num FROM @alembic_version", NULL,
};
static const char *const django_tables[] = { "django_migrations", NULL };
static const char *const django_applied[] = {
	"SELECT app || '.' || name FROM @django_migrations ORDER BY id", NULL,
};

const struct history_format history_alembic = {
	.name = "alembic",
	.is = is_alembic,
	.read = read_alembic,
	.tables = alembic_tables,
	.applied = alembic_applied,
	.last_only = true,
};

const struct history_format history_django = {
	.name = "django",
	.is = is_django,
	.read = read_django,
	.tables = django_tables,
	.applied = django_applied,
};
