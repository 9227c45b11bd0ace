/*
 * goose and dbmate: both ways in one file, told apart by comments.
 *
 *	-- +goose Up        -- migrate:up
 *	CREATE TABLE ...    CREATE TABLE ...
 *	-- +goose Down      -- migrate:down
 *	DROP TABLE ...      DROP TABLE ...
 */
#include "config.h"

#include "source/history-layouts.h"
#include "source/history-parts.h"

#include <ctype.h>

#include "ss/sqltok.h"

struct marks {
	const char *word;	/* what all of them begin with */
	const char *up, *down;
	const char *refused;	/* what nothing here does; NULL */
};

static const struct marks goose = { "+goose", "up", "down", "envsub" };
static const struct marks dbmate = { "migrate:", "up", "down", NULL };

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t\r");
}

/* What the line marks, behind "-- +goose "; NULL: nothing. */
static const char *mark_of(const struct marks *m, const char *line)
{
	line = skip_blanks(line);
	if (!str_starts(line, "--"))
		return NULL;
	line = skip_blanks(line + 2);
	if (ascii_ncasecmp(line, m->word, strlen(m->word)))
		return NULL;
	return skip_blanks(line + strlen(m->word));
}

static bool says(const char *mark, const char *word)
{
	size_t n = strlen(word);

	return mark && !ascii_ncasecmp(mark, word, n) &&
	       !isalnum((unsigned char)mark[n]);
}

bool goose_marks(const char *line)
{
	return mark_of(&goose, line);
}

bool dbmate_marks(const char *line)
{
	return mark_of(&dbmate, line);
}

static bool has_statement(const char *sql, size_t n)
{
	struct sqllex lex = sqllex_init(sql, n);
	struct sqltok t;

	while (sqltok_next(&lex, &t))
		if (!sqltok_is(&t, ";"))
			return true;
	return false;
}

struct cutting {
	struct history_reading *r;
	const struct marks *marks;
	const char *path;
	struct buf texts[2];	/* up, down */
	bool seen[2];
	int now;		/* -1: neither */
};

static int cut_line(struct cutting *c, const char *line, size_t n,
		    size_t number)
{
	const char *mark = mark_of(c->marks, line);

	if (says(mark, c->marks->up) || says(mark, c->marks->down)) {
		c->now = says(mark, c->marks->down);
		if (c->seen[c->now])
			return err_set(c->r->err, ERR_USAGE, "%s:%zu: a second "
				       "'%.*s'", c->path, number, (int)n,
				       line);
		c->seen[c->now] = true;
		n = 0;
	} else if (c->marks->refused && says(mark, c->marks->refused)) {
		return err_set(c->r->err, ERR_REFUSED, "%s:%zu: '%.*s' is not "
			       "done here", c->path, number, (int)n, line);
	} else if (c->now < 0 && has_statement(line, n)) {
		return err_set(c->r->err, ERR_USAGE, "%s:%zu: a statement "
			       "before '-- %s%s%s'", c->path, number,
			       c->marks->word, *c->marks->word == '+' ? " " :
			       "", c->marks->up);
	}
	for (int i = 0; i < 2; i++) {
		if (i == c->now)
			buf_add(&c->texts[i], line, n);
		buf_addch(&c->texts[i], '\n');
	}
	return 0;
}

static int cut(struct cutting *c, const char *text)
{
	size_t number = 1;

	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = arena_strndup(c->r->arena, text, n);

		if (cut_line(c, line, n, number++))
			return -1;
		text += n + (text[n] == '\n');
	}
	if (c->seen[0])
		return 0;
	return err_set(c->r->err, ERR_USAGE, "%s: there is no '-- %s%s%s' in "
		       "it", c->path, c->marks->word,
		       *c->marks->word == '+' ? " " : "", c->marks->up);
}

static int divide(struct history_reading *r, struct history_step *s,
		  const struct marks *m)
{
	struct cutting c = {
		.r = r, .marks = m, .path = s->up.path,
		.texts = { BUF_INIT, BUF_INIT }, .now = -1,
	};
	int ret = cut(&c, s->up.sql);

	if (!ret) {
		s->up.sql = arena_strdup(r->arena, c.texts[0].ptr);
		s->down.path = s->up.path;
		s->down.sql = c.seen[1] ? arena_strdup(r->arena,
						       c.texts[1].ptr) : NULL;
	}
	buf_release(&c.texts[0]);
	buf_release(&c.texts[1]);
	return ret;
}

/* number = digits "_" ... ".sql" */
static int name_of(struct history_reading *r, const char *file,
		   struct history_name *out)
{
	size_t n = strspn(file, "0123456789");

	if (n && str_ends(file, ".go") && !str_ends(file, "_test.go"))
		return err_set(r->err, ERR_REFUSED, "%s/%s: a migration in Go "
			       "cannot be run here", r->dir, file);
	if (!n || !strchr("_-.", file[n]) || !str_ends(file, ".sql"))
		return 0;
	out->number = arena_strndup(r->arena, file, n);
	out->name = arena_strndup(r->arena, file, strlen(file) - 4);
	return 1;
}

/* goose has numbers, dbmate has words. */
static int name_goose(struct history_reading *r, const char *file,
		      struct history_name *out)
{
	int ret = name_of(r, file, out);

	while (ret > 0 && *out->number == '0' && out->number[1])
		out->number++;
	return ret;
}

static int read_divided(struct history_reading *r, history_name_fn name,
			const struct marks *m)
{
	if (history_read_files(r, name))
		return -1;
	for (size_t i = 0; i < r->out->n; i++)
		if (divide(r, &r->out->v[i], m))
			return -1;
	return history_sort(r);
}

/* Does any of the files have a mark? */
static bool has_mark(struct history_reading *r, const struct marks *m)
{
	for (size_t i = 0; i < r->names.n; i++) {
		struct err none = ERR_INIT;
		struct history_reading quiet = *r;
		const char *path = path_join(r->arena, r->dir, r->names.v[i]);
		const char *p;

		quiet.err = &none;
		if (!str_ends(path, ".sql") || dir_exists(path))
			continue;
		p = history_file(&quiet, path);
		for (; p && *p; p += strcspn(p, "\n"), p += *p == '\n')
			if (says(mark_of(m, p), m->up))
				return true;
	}
	return false;
}

static bool is_goose(struct history_reading *r)
{
	return has_mark(r, &goose);
}

static int read_goose(struct history_reading *r)
{
	return read_divided(r, name_goose, &goose);
}

static bool is_dbmate(struct history_reading *r)
{
	return has_mark(r, &dbmate);
}

static int read_dbmate(struct history_reading *r)
{
	return read_divided(r, name_of, &dbmate);
}

static const char *const goose_tables[] = { "goose_db_version", NULL };
static const char *const goose_applied[] = {
	"SELECT version_id FROM @goose_db_version AS g WHERE is_applied AND "
	"version_id > 0 AND id = (SELECT max(id) FROM @goose_db_version AS h "
	"WHERE h.version_id = g.version_id)", NULL,
};
static const char *const dbmate_tables[] = { "schema_migrations", NULL };
static const char *const dbmate_applied[] = {
	"SELECT version FROM @schema_migrations", NULL,
};

const struct history_format history_goose = {
	.name = "goose",
	.is = is_goose,
	.read = read_goose,
	.tables = goose_tables,
	.applied = goose_applied,
};

const struct history_format history_dbmate = {
	.name = "dbmate",
	.is = is_dbmate,
	.read = read_dbmate,
	.tables = dbmate_tables,
	.applied = dbmate_applied,
};
