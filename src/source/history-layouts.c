/*
 * The layouts: which files a migration has, and what stands around its SQL.
 *
 * Where the SQL must set something before its transaction begins (SQLite,
 * where a table is made anew) it begins and ends that itself, and the tool is
 * told, in its own way, to begin none.
 */
#include "config.h"

#include "source/history-layouts.h"

#include <time.h>

#include "ss/file.h"

/* What they call an engine. */
static const struct words {
	const char *engine, *prisma, *sqitch;
} words[] = {
	{ "postgres", "postgresql", "pg" },
	{ "sqlite", "sqlite", "sqlite" },
};

static const struct words *words_of(const struct history_writing *w)
{
	size_t i = 0;

	while (strcmp(words[i].engine, w->engine->name))
		i++;
	return &words[i];
}

static const char *head_stem(const struct history_writing *w,
			     const char *number)
{
	if (!w->layout->dashes || strlen(number) != 14)
		return number;
	return arena_printf(w->arena, "%.4s-%.2s-%.2s-%s", number, number + 4,
			    number + 6, number + 8);
}

const char *history_stem(const struct history_writing *w, const char *number,
			 const char *title)
{
	return arena_printf(w->arena, "%s%s%s%s", w->layout->before,
			    head_stem(w, number), w->layout->between, title);
}

static bool is_own(const struct history_writing *w, const char *sql)
{
	return history_begins_itself(w->engine, sql);
}

/* own: the tool begins none. */
static const char *body(struct history_writing *w, const char *sql, bool own)
{
	w->brackets |= own;
	return own ? history_bracketed(w->engine, sql, w->arena) :
	       history_bare(w->engine, sql, w->arena);
}

static bool any_own(const struct history_writing *w,
		    const struct history_out *m)
{
	return is_own(w, m->up) || is_own(w, m->down);
}

static int refuse(struct history_writing *w, const struct history_out *m,
		  const char *line, const char *what)
{
	return err_set(w->err, ERR_REFUSED, "'%s' cannot be written for %s: a "
		       "line of its SQL is %s: '%.*s'", m->title,
		       w->layout->name, what, (int)strcspn(line, "\n"), line);
}

static int check_lines(struct history_writing *w, const struct history_out *m,
		       const char *sql, bool (*marks)(const char *line))
{
	for (const char *p = sql; p && *p; p += *p == '\n') {
		if (marks(p))
			return refuse(w, m, p, "what it takes for a mark");
		p += strcspn(p, "\n");
	}
	return 0;
}

static void add(struct history_writing *w, const char *path, const char *text)
{
	history_write_file(w, path, text, FILE_NEW);
}

/* ---- a file for each way ------------------------------------------------- */

static int write_migrate(struct history_writing *w,
			 const struct history_out *m)
{
	add(w, arena_printf(w->arena, "%s.up.sql", m->stem),
	    body(w, m->up, is_own(w, m->up)));
	if (m->down)
		add(w, arena_printf(w->arena, "%s.down.sql", m->stem),
		    body(w, m->down, is_own(w, m->down)));
	return 0;
}

const struct history_layout layout_golang_migrate = {
	.name = "golang-migrate", .digits = 6, .before = "",
	.between = "_", .downs = true,
	.note = "some files begin a transaction themselves: run migrate with "
		"x-no-tx-wrap=true in the database's URL",
	.write = write_migrate,
};

static int write_plain(struct history_writing *w, const struct history_out *m)
{
	add(w, arena_printf(w->arena, "%s.sql", m->stem),
	    body(w, m->up, is_own(w, m->up)));
	return 0;
}

const struct history_layout layout_plain = {
	.name = "plain", .digits = 4, .before = "",
	.between = "_",
	.note = "some files begin a transaction themselves",
	.write = write_plain,
};

/* A setting of a script is in a file beside it. */
static void add_flyway(struct history_writing *w, const char *stem,
		       const char *sql)
{
	bool own = is_own(w, sql), odd = strstr(sql, "${");
	const char *path = arena_printf(w->arena, "%s.sql", stem);

	add(w, path, body(w, sql, own));
	if (own || odd)
		add(w, arena_printf(w->arena, "%s.conf", path),
		    arena_printf(w->arena, "%s%s",
				 own ? "executeInTransaction=false\n" : "",
				 odd ? "placeholderReplacement=false\n" : ""));
}

static int write_flyway(struct history_writing *w,
			const struct history_out *m)
{
	add_flyway(w, m->stem, m->up);
	if (m->down && *m->stem == 'V')
		add_flyway(w, arena_printf(w->arena, "U%s", m->stem + 1),
			   m->down);
	return 0;
}

const struct history_layout layout_flyway = {
	.name = "flyway", .digits = 1, .before = "V",
	.between = "__", .downs = true,
	.write = write_flyway,
};

static int write_atlas(struct history_writing *w, const struct history_out *m)
{
	bool own = is_own(w, m->up);

	add(w, arena_printf(w->arena, "%s.sql", m->stem),
	    arena_printf(w->arena, "%s%s", own ? "-- atlas:txmode none\n\n" :
			 "", body(w, m->up, own)));
	return 0;
}

static int end_atlas(struct history_writing *w)
{
	struct buf sums = BUF_INIT;
	int ret = atlas_sums(&sums, w->dir, w->files, w->n, w->arena, w->err);

	if (!ret)
		history_write_file(w, "atlas.sum",
				   arena_strdup(w->arena, sums.ptr),
				   FILE_GROWS);
	buf_release(&sums);
	return ret;
}

const struct history_layout layout_atlas = {
	.name = "atlas", .times = true, .digits = 14, .before = "",
	.between = "_",
	.write = write_atlas, .end = end_atlas,
};

/* ---- both ways in one file ----------------------------------------------- */

static const char *goose_part(struct history_writing *w, const char *way,
			      const char *sql, bool own)
{
	return sql ? arena_printf(w->arena, "-- +goose %s\n"
				  "-- +goose StatementBegin\n%s"
				  "-- +goose StatementEnd\n", way,
				  body(w, sql, own)) : "";
}

static int write_goose(struct history_writing *w, const struct history_out *m)
{
	bool own = any_own(w, m);

	if (check_lines(w, m, m->up, goose_marks) ||
	    check_lines(w, m, m->down, goose_marks))
		return -1;
	add(w, arena_printf(w->arena, "%s.sql", m->stem),
	    arena_printf(w->arena, "%s%s%s%s",
			 own ? "-- +goose NO TRANSACTION\n" : "",
			 goose_part(w, "Up", m->up, own), m->down ? "\n" : "",
			 goose_part(w, "Down", m->down, own)));
	return 0;
}

const struct history_layout layout_goose = {
	.name = "goose", .digits = 5, .before = "",
	.between = "_", .downs = true,
	.write = write_goose,
};

static const char *dbmate_part(struct history_writing *w, const char *way,
			       const char *sql)
{
	bool own = is_own(w, sql);

	return sql ? arena_printf(w->arena, "-- migrate:%s%s\n%s", way,
				  own ? " transaction:false" : "",
				  body(w, sql, own)) : "";
}

static int write_dbmate(struct history_writing *w,
			const struct history_out *m)
{
	if (check_lines(w, m, m->up, dbmate_marks) ||
	    check_lines(w, m, m->down, dbmate_marks))
		return -1;
	add(w, arena_printf(w->arena, "%s.sql", m->stem),
	    arena_printf(w->arena, "%s%s%s", dbmate_part(w, "up", m->up),
			 m->down ? "\n" : "",
			 dbmate_part(w, "down", m->down)));
	return 0;
}

const struct history_layout layout_dbmate = {
	.name = "dbmate", .times = true, .digits = 14, .before = "",
	.between = "_",
	.downs = true, .write = write_dbmate,
};

/* ---- folders ------------------------------------------------------------- */

static int write_prisma(struct history_writing *w,
			const struct history_out *m)
{
	add(w, arena_printf(w->arena, "%s/migration.sql", m->stem),
	    body(w, m->up, is_own(w, m->up)));
	return 0;
}

static int end_prisma(struct history_writing *w)
{
	add(w, "migration_lock.toml",
	    arena_printf(w->arena, "provider = \"%s\"\n",
			 words_of(w)->prisma));
	return 0;
}

const struct history_layout layout_prisma = {
	.name = "prisma", .times = true, .digits = 14, .before = "",
	.between = "_",
	.write = write_prisma, .end = end_prisma,
};

static int write_diesel(struct history_writing *w,
			const struct history_out *m)
{
	bool own = any_own(w, m);

	add(w, arena_printf(w->arena, "%s/up.sql", m->stem),
	    body(w, m->up, own));
	if (m->down)
		add(w, arena_printf(w->arena, "%s/down.sql", m->stem),
		    body(w, m->down, own));
	if (own)
		add(w, arena_printf(w->arena, "%s/metadata.toml", m->stem),
		    "run_in_transaction = false\n");
	return 0;
}

const struct history_layout layout_diesel = {
	.name = "diesel", .times = true, .digits = 14, .before = "",
	.between = "_",
	.dashes = true, .downs = true, .write = write_diesel,
};

/* ---- Sqitch -------------------------------------------------------------- */

#define PLAN "sqitch.plan"

/* name time Planner <mail> # note */
static const char *plan_line(const struct history_writing *w,
			     const struct history_out *m)
{
	time_t t = (time_t)m->time;
	char when[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_printf(w->arena, "%s %s %s <%s> # %s\n", m->stem, when,
			    m->author, m->email, m->title);
}

static int write_sqitch(struct history_writing *w,
			const struct history_out *m)
{
	if (strpbrk(m->stem, "@:#\\[]/ "))
		return err_set(w->err, ERR_REFUSED, "'%s' is no name that "
			       "sqitch gives to one change alone", m->stem);
	add(w, arena_printf(w->arena, "deploy/%s.sql", m->stem),
	    history_bracketed(w->engine, m->up, w->arena));
	if (m->down)
		add(w, arena_printf(w->arena, "revert/%s.sql", m->stem),
		    history_bracketed(w->engine, m->down, w->arena));
	list_add(w->arena, &w->lines, plan_line(w, m));
	return 0;
}

/* Does the plan name the change that the line begins with? */
static bool is_planned(const char *plan, const char *line)
{
	size_t n = strcspn(line, " ") + 1;

	for (const char *p = plan; *p; p += *p == '\n') {
		if (!strncmp(p, line, n))
			return true;
		p += strcspn(p, "\n");
	}
	return false;
}

static int end_sqitch(struct history_writing *w)
{
	struct buf b = BUF_INIT;
	int ret = file_read_if(&b, path_join(w->arena, w->dir, PLAN),
			       1u << 24, w->err);

	if (!ret)
		buf_addf(&b, "%%syntax-version=1.0.0\n%%project=%s\n\n",
			 w->project);
	for (size_t i = 0; i < w->lines.n && ret >= 0; i++)
		if (!is_planned(b.ptr, w->lines.v[i]))
			buf_addstr(&b, w->lines.v[i]);
	if (ret >= 0) {
		history_write_file(w, PLAN, arena_strdup(w->arena, b.ptr),
				   FILE_GROWS);
		history_write_file(w, "sqitch.conf",
				   arena_printf(w->arena, "[core]\n\tengine ="
						" %s\n", words_of(w)->sqitch),
				   FILE_ONCE);
	}
	buf_release(&b);
	return ret < 0 ? -1 : 0;
}

const struct history_layout layout_sqitch = {
	.name = "sqitch", .digits = 4, .before = "",
	.between = "_", .downs = true,
	.write = write_sqitch, .end = end_sqitch,
};
