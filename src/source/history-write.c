/*
 * Writing migrations: what they are called, and when they are on the disk.
 *
 *	versions ──▶ names, texts ──▶ is all of it right? ──▶ files
 */
#include "config.h"

#include "ss/history-write.h"

#include <stdlib.h>
#include <time.h>

#include "source/history-layouts.h"

#include "ss/file.h"
#include "ss/sqltok.h"

#define TITLE_MOST 80
#define LIMIT (64u << 20)

static const struct history_layout *const layouts[] = {
	&layout_atlas, &layout_dbmate, &layout_diesel, &layout_flyway,
	&layout_golang_migrate, &layout_goose, &layout_plain, &layout_prisma,
	&layout_sqitch,
};

const struct history_layout *history_layout_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
		if (!strcmp(layouts[i]->name, name))
			return layouts[i];
	return NULL;
}

char *history_layout_names(struct arena *a)
{
	char *names = NULL;

	for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
		names = arena_printf(a, "%s%s%s", names ? names : "",
				     names ? ", " : "", layouts[i]->name);
	return names;
}

/* ---- what they are called ------------------------------------------------ */

static const char *slug(struct arena *a, const char *title)
{
	char *name = arena_printf(a, "%.*s", TITLE_MOST, title), *to = name;
	size_t n;

	for (const char *p = name; *p; p++) {
		bool plain = is_word_byte((unsigned char)*p) && *p != '$' &&
			     (unsigned char)*p < 0x80;

		if (!plain && (to == name || to[-1] == '_'))
			continue;
		*to++ = plain ? *p : '_';
	}
	*to = '\0';
	for (n = strlen(name); n && name[n - 1] == '_'; n--)
		name[n - 1] = '\0';
	return *name ? name : "version";
}

/* 20250102030405 of a second */
static uint64_t stamp(int64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[32];
	struct tm tm;
	uint64_t n = 0;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm);
	return parse_u64(&n, text, UINT64_MAX) ? 0 : n;
}

/* One second behind a stamp. */
static uint64_t stamp_behind(uint64_t n)
{
	unsigned v[6];
	struct tm tm = { 0 };

	for (size_t i = ARRAY_LEN(v); i-- > 1; n /= 100)
		v[i] = (unsigned)(n % 100);
	tm.tm_year = (int)n - 1900;
	tm.tm_mon = (int)v[1] - 1;
	tm.tm_mday = (int)v[2];
	tm.tm_hour = (int)v[3];
	tm.tm_min = (int)v[4];
	tm.tm_sec = (int)v[5] + 1;
	return stamp((int64_t)timegm(&tm));
}

/* A number that is that long is a time. */
#define IS_STAMP(n) ((n) >= 10000000000000u && (n) <= 99999999999999u)

static uint64_t next_number(const struct history_writing *w,
			    const struct history_out *m)
{
	uint64_t n = stamp(m->time);

	if (!IS_STAMP(w->last) && (!w->layout->times || w->last > n))
		return w->last + 1;
	return n > w->last ? n : stamp_behind(w->last);
}

/* Its digits; what stands behind a dot does not count for the next one. */
static void take_number(struct history_writing *w, const char *number)
{
	char *digits = arena_alloc(w->arena, strlen(number) + 1), *to = digits;
	uint64_t n;

	for (; *number && *number != '.' && *number != '_'; number++)
		if (*number >= '0' && *number <= '9')
			*to++ = *number;
	*to = '\0';
	if (!parse_u64(&n, digits + strspn(digits, "0"), INT64_MAX))
		w->last = n;
}

static bool is_taken(const struct history_writing *w, const char *stem)
{
	for (size_t i = 0; i < w->stems.n; i++)
		if (!strcmp(w->stems.v[i], stem))
			return true;
	return false;
}

static void name_it(struct history_writing *w, struct history_out *m)
{
	const char *title = slug(w->arena, m->title), *first;

	if (!m->stem) {
		w->last = next_number(w, m);
		m->number = arena_printf(w->arena, "%0*llu", w->layout->digits,
					 (unsigned long long)w->last);
		m->stem = history_stem(w, m->number, title);
	} else {
		take_number(w, m->number);
	}
	first = m->stem;
	for (unsigned k = 2; is_taken(w, m->stem); k++)
		m->stem = arena_printf(w->arena, "%s_%u", first, k);
	list_add(w->arena, &w->stems, m->stem);
}

/* ---- the SQL ------------------------------------------------------------- */

bool history_begins_itself(const struct engine *e, const char *sql)
{
	return sql && e->begins_itself && e->begins_itself(sql);
}

static bool makes_routine(const char *sql)
{
	struct sqllex lex = sqllex_init(sql, strlen(sql));
	struct sqltok t;

	while (sqltok_next(&lex, &t))
		if (sqltok_is(&t, "FUNCTION") || sqltok_is(&t, "PROCEDURE"))
			return true;
	return false;
}

const char *history_bare(const struct engine *e, const char *sql,
			 struct arena *a)
{
	return arena_printf(a, "%s%s", e->source_head && makes_routine(sql) ?
			    e->source_head : "", sql);
}

const char *history_bracketed(const struct engine *e, const char *sql,
			      struct arena *a)
{
	bool own = history_begins_itself(e, sql);

	return arena_printf(a, "%s%s%s%s%s", own ? e->script_head : "",
			    e->script_begin, history_bare(e, sql, a),
			    e->script_foot, own ? e->script_after : "");
}

/* ---- on the disk --------------------------------------------------------- */

void history_write_file(struct history_writing *w, const char *path,
			const char *text, enum file_use use)
{
	struct history_file *f = ARENA_PUSH(w->arena, w->files, w->n, w->cap);

	f->path = path_join(w->arena, w->dir, path);
	f->text = text;
	f->use = use;
}

int history_write(struct history_writing *w, struct history_out *m)
{
	if (strlen(m->up) > LIMIT)
		return err_set(w->err, ERR_REFUSED, "'%s': its SQL is too long "
			       "for a file", m->title);
	name_it(w, m);
	return w->layout->write(w, m);
}

/* 1 it is there, and the same; 0 not there; -1 */
static int check_there(const struct history_writing *w,
		       const struct history_file *f)
{
	struct buf b = BUF_INIT;
	int ret = dir_exists(f->path) ?
		  err_set(w->err, ERR_REFUSED, "'%s' is a folder", f->path) :
		  file_read_if(&b, f->path, LIMIT, w->err);
	bool same = ret > 0 && !strcmp(b.ptr, f->text);

	buf_release(&b);
	if (ret <= 0 || same || f->use != FILE_NEW)
		return ret < 0 ? -1 : same || (ret && f->use == FILE_ONCE);
	err_set(w->err, ERR_REFUSED, "'%s' is there already, and says "
		"something else", f->path);
	return err_hint(w->err, "write into an empty folder, or only what "
			"comes behind what is there: A..B");
}

static int write_one(const struct history_writing *w,
		     const struct history_file *f)
{
	char *dir = arena_strdup(w->arena, f->path);
	char *slash = strrchr(dir, '/');

	if (slash)
		*slash = '\0';
	return (slash && dir_make(dir, w->err)) ||
	       file_write(f->path, f->text, strlen(f->text), w->err) ? -1 : 0;
}

int history_write_end(struct history_writing *w)
{
	bool *there;

	if (w->layout->end && w->layout->end(w))
		return -1;
	there = arena_alloc(w->arena, w->n + 1);
	for (size_t i = 0; i < w->n; i++) {
		int ret = check_there(w, &w->files[i]);

		if (ret < 0)
			return -1;
		there[i] = ret;
	}
	for (size_t i = 0; i < w->n; i++)
		if (!there[i] && write_one(w, &w->files[i]))
			return -1;
	return 0;
}
