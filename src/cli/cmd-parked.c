#define _GNU_SOURCE
#include "config.h"

#include <time.h>

#include "cli/cmd.h"

#include "ss/parking.h"

struct parked_args {
	struct list drop;
};

static const struct opt parked_opts[] = {
	{ "drop", 0, OPT_LIST, offsetof(struct parked_args, drop), "N",
	  "drop this copy for good; also 'restored', 'all'" },
};

struct showing {
	struct ctx *c;
	struct conn *conn;
	struct parking parking;
};

/* ---- listing ------------------------------------------------------------ */

static const char *version_of(struct ctx *c, const struct parked *e)
{
	struct err unknown = ERR_INIT;
	struct strong_id id;
	struct commit v;

	if (hex_decode(id.b, e->version, SHA256_LEN) ||
	    version_by_strong(&v, c->project.store, &id, &c->arena, &unknown))
		return arena_printf(&c->arena, "%.12s (not in this store)",
				    e->version);
	return version_title(c, &v);
}

static const struct {
	int64_t seconds;
	const char *word;
} units[] = {
	{ 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" },
};

/* "3 days" */
static const char *age(struct arena *a, const char *utc)
{
	struct tm tm = { 0 };
	int64_t past;
	size_t i = 0;

	if (!strptime(utc, "%Y-%m-%d %H:%M:%S", &tm))
		return utc;
	past = time(NULL) - timegm(&tm);
	if (past < 0)
		past = 0;
	while (i + 1 < ARRAY_LEN(units) && past < units[i].seconds)
		i++;
	return counted(a, (size_t)(past / units[i].seconds), units[i].word);
}

static const char *size_text(struct arena *a, int64_t bytes)
{
	static const char *const words[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double v = (double)bytes;
	size_t i = 0;

	if (bytes < 0)
		return "?";
	for (; v >= 1024 && i + 1 < ARRAY_LEN(words); i++)
		v /= 1024;
	return arena_printf(a, i ? "%.1f %s" : "%.0f %s", v, words[i]);
}

static void show(struct showing *s, const struct parked *e, int64_t bytes)
{
	struct ctx *c = s->c;
	const char *what = e->what == PARK_COUNTER ?
		arena_printf(&c->arena, "counter of %s", e->node) : e->node;

	out_addf(c, COLOR_BOLD, "%lld", (long long)e->n);
	out_addf(c, COLOR_NONE, "  %s", what);
	if (e->what != PARK_COUNTER)
		out_addf(c, COLOR_NONE, "  %s, %s",
			 counted(&c->arena, (size_t)e->rows, "row"),
			 size_text(&c->arena, bytes));
	out_addf(c, COLOR_NONE, "  %s old", age(&c->arena, e->parked));
	out_addf(c, COLOR_DIM, "  from %s", version_of(c, e));
	if (e->restored)
		out_addf(c, COLOR_GREEN, "  brought back");
	out_addf(c, COLOR_NONE, "\n");
}

static json_t *json_parked(struct showing *s, const struct parked *e,
			   int64_t bytes)
{
	json_t *v = json_object();

	json_object_set_new(v, "n", json_integer(e->n));
	json_object_set_new(v, "what", json_text(park_words[e->what]));
	json_object_set_new(v, "node", json_text(e->node));
	json_object_set_new(v, "rows", json_integer(e->rows));
	json_object_set_new(v, "bytes", bytes < 0 ? json_null() :
			    json_integer(bytes));
	json_object_set_new(v, "version", json_text(e->version));
	json_object_set_new(v, "subject", json_text(version_of(s->c, e)));
	json_object_set_new(v, "parked", json_text(e->parked));
	json_object_set_new(v, "restored", json_text(e->restored));
	return v;
}

static int list(struct showing *s, const struct database *db, struct err *err)
{
	json_t *all = json_array();
	size_t n = 0;
	int ret = 0;

	for (size_t i = 0; !ret && i < s->parking.n; i++) {
		const struct parked *e = &s->parking.v[i];
		int64_t bytes;

		if (e->freed)
			continue;
		n++;
		ret = parked_size(&bytes, e, s->conn, err);
		if (!ret && s->c->global.json)
			json_array_append_new(all, json_parked(s, e, bytes));
		else if (!ret)
			show(s, e, bytes);
	}
	if (!ret && s->c->global.json)
		out_json(s->c, json_incref(all));
	else if (!ret && !n && !s->c->global.quiet)
		out_addf(s->c, COLOR_NONE, "%s has nothing parked\n",
			 db->name);
	json_decref(all);
	return ret;
}

/* ---- dropping ----------------------------------------------------------- */

static bool is_meant(const struct parked *e, const char *word)
{
	uint64_t n;

	if (!strcmp(word, "all"))
		return true;
	if (!strcmp(word, "restored"))
		return e->restored;
	return !parse_u64(&n, word, INT64_MAX) && (int64_t)n == e->n;
}

static int no_such(const char *word, struct err *err)
{
	err_set(err, ERR_USAGE, "nothing is parked as '%s'", word);
	return err_hint(err, "'schemastore parked' lists what is, by number; "
			"also 'restored' and 'all'");
}

static int find_meant(const struct parked ***out, size_t *n,
		      struct showing *s, const struct list *words,
		      struct err *err)
{
	const struct parking *p = &s->parking;
	bool *meant = arena_alloc(&s->c->arena, p->n + 1);

	for (size_t w = 0; w < words->n; w++) {
		bool any = !strcmp(words->v[w], "all") ||
			   !strcmp(words->v[w], "restored");

		for (size_t i = 0; i < p->n; i++)
			if (!p->v[i].freed && is_meant(&p->v[i], words->v[w]))
				any = meant[i] = true;
		if (!any)
			return no_such(words->v[w], err);
	}
	*out = arena_alloc(&s->c->arena, (p->n + 1) * sizeof(**out));
	*n = 0;
	for (size_t i = 0; i < p->n; i++)
		if (meant[i])
			(*out)[(*n)++] = &p->v[i];
	return 0;
}

static int drop(struct showing *s, const struct list *words, struct err *err)
{
	const struct parked **v = NULL;
	bool dear = false;
	size_t n = 0;
	int answer;

	if (find_meant(&v, &n, s, words, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		dear |= !v[i]->restored;
		if (!s->c->global.quiet && !s->c->global.json)
			out_addf(s->c, COLOR_NONE, "%lld  %s%s\n",
				 (long long)v[i]->n, v[i]->node,
				 v[i]->restored ? "" :
				 ": there is no other copy");
	}
	answer = dear ? ask(s->c, "drop them for good?", "--yes", err) : 1;
	if (!answer)
		return err_set(err, ERR_CANCELLED, "nothing was dropped");
	if (answer < 0 || parking_free(v, n, s->conn, err))
		return -1;
	if (!s->c->global.quiet && !s->c->global.json)
		out_addf(s->c, COLOR_GREEN, "dropped\n");
	return 0;
}

static int run_parked(struct ctx *c, void *args, struct err *err)
{
	struct parked_args *a = args;
	struct showing s = { .c = c };
	struct database db;
	int ret = -1;

	if (project_database(&db, &c->project, c->args.n ? c->args.v[0] :
			     NULL, err) ||
	    database_open(&s.conn, &db, a->drop.n ? CONN_WRITE : CONN_READ,
			  err))
		return -1;
	if (!parking_read(&s.parking, s.conn, &c->arena, err))
		ret = a->drop.n ? drop(&s, &a->drop, err) :
		      list(&s, &db, err);
	db.engine->close(s.conn);
	return ret;
}

const struct cmd cmd_parked = {
	.name = "parked",
	.summary = "List what --park has kept in a database, or drop it",
	.usage = "[--drop N|restored|all]... [DATABASE]",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = parked_opts,
	.nopts = ARRAY_LEN(parked_opts),
	.args_size = sizeof(struct parked_args),
	.run = run_parked,
};
