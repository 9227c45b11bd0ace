/*
 * Formats with a file for each way: golang-migrate, Flyway, Atlas, and files
 * that have a number and no tool.
 */
#include "config.h"

#include "source/history-layouts.h"
#include "source/history-parts.h"

#include <stdlib.h>

static bool any_file(struct history_reading *r, history_name_fn name)
{
	struct err none = ERR_INIT;
	struct history_reading quiet = *r;
	struct history_name n;

	quiet.err = &none;
	for (size_t i = 0; i < r->names.n; i++)
		if (name(&quiet, r->names.v[i], &n) > 0)
			return true;
	return false;
}

static int read_sorted(struct history_reading *r, history_name_fn name)
{
	return history_read_files(r, name) || history_sort(r) ? -1 : 0;
}

/* ---- golang-migrate: 1_name.up.sql, 1_name.down.sql ---------------------- */

static int name_migrate(struct history_reading *r, const char *file,
			struct history_name *out)
{
	size_t n = strspn(file, "0123456789"), len = strlen(file), zeros;
	size_t end = str_ends(file, ".up.sql") ? strlen(".up.sql") :
		     str_ends(file, ".down.sql") ? strlen(".down.sql") : 0;

	if (!n || !end || (file[n] != '_' && file[n] != '.'))
		return 0;
	zeros = strspn(file, "0");
	if (zeros == n)
		zeros--;
	out->number = arena_strndup(r->arena, file + zeros, n - zeros);
	out->name = arena_strndup(r->arena, file, len - end);
	out->down = str_ends(file, ".down.sql");
	return 1;
}

static bool is_migrate(struct history_reading *r)
{
	return any_file(r, name_migrate);
}

static int read_migrate(struct history_reading *r)
{
	return read_sorted(r, name_migrate);
}

static const char *const migrate_tables[] = { "schema_migrations", NULL };
static const char *const migrate_applied[] = {
	"SELECT version FROM @schema_migrations WHERE NOT dirty", NULL,
};

const struct history_format history_golang_migrate = {
	.name = "golang-migrate",
	.is = is_migrate,
	.read = read_migrate,
	.tables = migrate_tables,
	.applied = migrate_applied,
	.last_only = true,
};

/* ---- files with a number ------------------------------------------------- */

static int name_plain(struct history_reading *r, const char *file,
		      struct history_name *out)
{
	size_t n = strspn(file, "0123456789");

	if (!n || !str_ends(file, ".sql"))
		return 0;
	out->number = arena_strndup(r->arena, file, n);
	out->name = arena_strndup(r->arena, file, strlen(file) - 4);
	return 1;
}

static bool is_plain(struct history_reading *r)
{
	return any_file(r, name_plain);
}

static int read_plain(struct history_reading *r)
{
	return read_sorted(r, name_plain);
}

static const char *const none[] = { NULL };

const struct history_format history_plain = {
	.name = "plain",
	.is = is_plain,
	.read = read_plain,
	.tables = none,
	.applied = none,
};

/* ---- Atlas: the same, and their sums ------------------------------------- */

#define SUMS "atlas.sum"

static void add_base64(struct buf *b, const unsigned char *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)p[i] << 16;

		v |= i + 1 < n ? (unsigned)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? p[i + 2] : 0;
		buf_addch(b, digits[v >> 18]);
		buf_addch(b, digits[v >> 12 & 63]);
		buf_addch(b, i + 1 < n ? digits[v >> 6 & 63] : '=');
		buf_addch(b, i + 2 < n ? digits[v & 63] : '=');
	}
}

/* Each file's sum goes over all before it, too. */
static void add_sum(struct buf *b, struct sha256 *h, const char *name,
		    const char *text)
{
	unsigned char sum[SHA256_LEN];
	struct sha256 so_far;

	sha256_add(h, name, strlen(name));
	sha256_add(h, text, strlen(text));
	so_far = *h;
	sha256_end(&so_far, sum);
	buf_addf(b, "%s h1:", name);
	add_base64(b, sum, sizeof(sum));
	buf_addch(b, '\n');
}

/* The line of the sums that is another one now. */
static int bad_sum(struct history_reading *r, const char *path,
		   const char *want, const char *line)
{
	size_t n = strcspn(line, "\n"), number = 1;

	for (const char *p = want; p < line; p++)
		number += *p == '\n';
	if (!n)
		err_set(r->err, ERR_REFUSED, "%s:%zu: a file is not named "
			"there", path, number);
	else
		err_set(r->err, ERR_REFUSED, "%s:%zu: '%.*s' is not as its sum "
			"says", path, number, (int)strcspn(line, " \n"),
			line);
	return err_hint(r->err, "the files were changed since; if that was "
			"meant: 'atlas migrate hash'");
}

/* What is to stand there, else what stands there. */
static const char *text_of(const struct history_file *files, size_t n,
			   const char *path, struct history_reading *r)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(files[i].path, path))
			return files[i].text;
	return history_file(r, path);
}

static int cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in the folder, and those that come. */
static void add_names(struct history_reading *r,
		      const struct history_file *files, size_t n)
{
	struct list all = r->names;

	for (size_t i = 0; i < n; i++) {
		const char *slash = strrchr(files[i].path, '/');
		const char *name = slash ? slash + 1 : files[i].path;
		bool there = false;

		for (size_t k = 0; k < r->names.n && !there; k++)
			there = !strcmp(r->names.v[k], name);
		if (!there)
			list_add(r->arena, &all, name);
	}
	r->names = all;
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), cmp_names);
}

/* All but the first line, which is the sum of the others. */
static int add_sums(struct buf *sums, struct history_reading *r,
		    const struct history_file *files, size_t n)
{
	struct sha256 h;

	sha256_start(&h);
	for (size_t i = 0; i < r->names.n; i++) {
		const char *name = r->names.v[i];
		const char *text;

		if (!str_ends(name, ".sql"))
			continue;
		text = text_of(files, n, path_join(r->arena, r->dir, name), r);
		if (!text)
			return -1;
		add_sum(sums, &h, name, text);
	}
	return 0;
}

int atlas_sums(struct buf *out, const char *dir,
	       const struct history_file *files, size_t n, struct arena *a,
	       struct err *err)
{
	struct history_reading r = { .dir = dir, .arena = a, .err = err };
	struct buf sums = BUF_INIT;
	unsigned char sum[SHA256_LEN];
	struct sha256 h;
	int ret;

	if (dir_exists(dir) && dir_list(&r.names, dir, a, err))
		return -1;
	add_names(&r, files, n);
	ret = add_sums(&sums, &r, files, n);
	sha256_start(&h);
	for (const char *p = sums.ptr; *p; p += *p == '\n') {
		size_t name = strcspn(p, " "), line = strcspn(p, "\n");

		sha256_add(&h, p, name);
		sha256_add(&h, p + name + 4, line - name - 4);
		p += line;
	}
	sha256_end(&h, sum);
	buf_addstr(out, "h1:");
	add_base64(out, sum, sizeof(sum));
	buf_addf(out, "\n%s", sums.ptr);
	buf_release(&sums);
	return ret;
}

static int check_sums(struct history_reading *r)
{
	const char *path = path_join(r->arena, r->dir, SUMS);
	const char *want = history_file(r, path), *at, *is;
	struct buf sums = BUF_INIT;
	int ret;

	if (!want)
		return -1;
	ret = add_sums(&sums, r, NULL, 0);
	/* The first line is the sum of the others. */
	at = want + strcspn(want, "\n");
	at += *at == '\n';
	for (is = sums.ptr; !ret && (*at || *is);) {
		size_t n = strcspn(at, "\n"), m = strcspn(is, "\n");

		if (n != m || memcmp(at, is, n))
			ret = bad_sum(r, path, want, at);
		at += n + (at[n] == '\n');
		is += m + (is[m] == '\n');
	}
	buf_release(&sums);
	return ret;
}

static bool is_atlas(struct history_reading *r)
{
	return file_exists(path_join(r->arena, r->dir, SUMS));
}

static int read_atlas(struct history_reading *r)
{
	return check_sums(r) || read_plain(r) ? -1 : 0;
}

static const char *const atlas_tables[] = {
	"atlas_schema_revisions",
	"atlas_schema_revisions.atlas_schema_revisions", NULL,
};
static const char *const atlas_applied[] = {
	"SELECT version FROM @atlas_schema_revisions WHERE applied = total",
	"SELECT version FROM atlas_schema_revisions.atlas_schema_revisions "
	"WHERE applied = total", NULL,
};

const struct history_format history_atlas = {
	.name = "atlas",
	.is = is_atlas,
	.read = read_atlas,
	.tables = atlas_tables,
	.applied = atlas_applied,
};

/* ---- Flyway: V1_2__name.sql, U1_2__name.sql, R__name.sql ----------------- */

/* What is run at certain moments, or stands for all before it. */
static int refuse_flyway(struct history_reading *r, const char *file)
{
	static const char *const others[] = { "before", "after", "B" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (str_starts(file, others[i]) && str_ends(file, ".sql"))
			return err_set(r->err, ERR_REFUSED, "%s/%s: callbacks "
				       "and baselines of Flyway's are not read "
				       "here", r->dir, file);
	return 0;
}

static int name_flyway(struct history_reading *r, const char *file,
		       struct history_name *out)
{
	const char *title = strstr(file, "__");
	size_t n = strspn(file + 1, "0123456789._");
	char *number;

	if (!str_ends(file, ".sql") || !title || !strchr("VUR", *file) ||
	    (*file == 'R') != (title == file + 1) ||
	    (*file != 'R' && (!n || file + 1 + n < title)))
		return refuse_flyway(r, file);
	out->name = arena_strndup(r->arena, file, strlen(file) - 4);
	out->down = *file == 'U';
	out->number = out->name;
	if (*file == 'R')
		return 1;
	number = arena_strndup(r->arena, file + 1, (size_t)(title - file - 1));
	for (char *p = number; *p; p++)
		if (*p == '_')
			*p = '.';
	out->number = number;
	return 1;
}

static bool is_flyway(struct history_reading *r)
{
	return any_file(r, name_flyway);
}

/* A number sorts before the R of what is repeated. */
static int read_flyway(struct history_reading *r)
{
	return read_sorted(r, name_flyway);
}

static const char *const flyway_tables[] = { "flyway_schema_history", NULL };
static const char *const flyway_applied[] = {
	"SELECT coalesce(version, substr(script, 1, length(script) - 4)) FROM "
	"@flyway_schema_history WHERE success", NULL,
};

const struct history_format history_flyway = {
	.name = "flyway",
	.is = is_flyway,
	.read = read_flyway,
	.tables = flyway_tables,
	.applied = flyway_applied,
};
