/*
 * Which versions were imported, and at which of them a database is by what its
 * own tool has written there.
 */
#include "config.h"

#include "ss/imported.h"

#include "ss/history.h"

#define MARK "Imported-From: "

/* The last line of the body that is one. */
static const char *mark_of(const struct commit *c)
{
	const char *found = NULL;

	for (const char *p = c->body; p && *p;) {
		if (str_starts(p, MARK))
			found = p + strlen(MARK);
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	return found;
}

bool imported_alone(const struct commit *c)
{
	const char *at = c->body ? strstr(c->body, IMPORTED_ALONE "\n") : NULL;

	return at && (at == c->body || at[-1] == '\n');
}

/* mark = format " " engine " " number */
static bool read_mark(struct imported *out, const struct commit *c,
		      const struct engine *e, struct arena *a)
{
	const char *p = mark_of(c);
	size_t format, engine;

	if (!p)
		return false;
	format = strcspn(p, " \n");
	out->format = arena_strndup(a, p, format);
	p += format + (p[format] == ' ');
	engine = strcspn(p, " \n");
	if (engine != strlen(e->name) || strncmp(p, e->name, engine))
		return false;
	p += engine + (p[engine] == ' ');
	out->number = arena_strndup(a, p, strcspn(p, "\n"));
	out->version = c->oid;
	return true;
}

static void turn_round(struct imported *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct imported one = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = one;
	}
}

int imported_list(struct imported **out, size_t *n, struct store *s,
		  const struct oid *tip, const struct engine *e,
		  struct arena *a, struct err *err)
{
	struct imported one, *v = NULL;
	size_t cap = 0;
	struct commit c = { .nparents = 1 };
	struct oid at = *tip;

	*n = 0;
	for (;;) {
		if (store_commit(&c, s, &at, a, err))
			return -1;
		if (c.kind != COMMIT_SCHEMA)
			break;
		if (read_mark(&one, &c, e, a))
			*ARENA_PUSH(a, v, *n, cap) = one;
		at = c.parents[0].oid;
	}
	turn_round(v, *n);
	*out = v;
	return 0;
}

/* ---- what a database has ------------------------------------------------- */

struct asking {
	struct map numbers;
	struct arena *arena;
	const char *last;
	size_t n;
};

static int take_number(void *ctx, const struct value *v, size_t n)
{
	struct asking *q = ctx;

	if (!n || v->type == VALUE_NULL)
		return 0;
	q->last = v->type == VALUE_INT ?
		  arena_printf(q->arena, "%lld", (long long)v->i) :
		  arena_strndup(q->arena, v->ptr, v->len);
	map_set(&q->numbers, q->last, q);
	q->n++;
	return 0;
}

/* With the schema that tables are made in where something names none. */
static const char *query_of(struct asking *q, const char *text,
			    const struct engine *e)
{
	const char *at;

	while ((at = strchr(text, '@')))
		text = arena_printf(q->arena, "%.*s%s%s", (int)(at - text),
				    text, e->spelling->qualified ? "public." :
				    "", at + 1);
	return text;
}

/* 1: the tool has its table there, and that is what it says; 0 */
static int ask(struct asking *q, const struct history_format *f,
	       const struct database *db, struct err *err)
{
	struct conn *c = NULL;
	int found = 0;

	if (database_open(&c, db, CONN_READ, err))
		return -1;
	for (size_t i = 0; f->applied[i] && !found; i++) {
		struct err none = ERR_INIT;

		found = !db->engine->query(c, query_of(q, f->applied[i],
						       db->engine), NULL, 0,
					   take_number, q, &none);
	}
	db->engine->close(c);
	return found;
}

static int refuse(struct err *err, const struct database *db,
		  const struct history_format *f, const char *what,
		  const char *number)
{
	err_set(err, ERR_REFUSED, "database '%s': %s says that %s%s%s%s",
		db->name, f->tables[0], what, number ? " '" : "", number ?
		number : "", number ? "'" : "");
	return err_hint(err, "name the version that it is at: schemastore "
			"baseline %s VERSION", db->word);
}

/* The last one that it has; all before that must be there, too. */
static int find_last(const struct imported **out, const struct asking *q,
		     const struct history_format *f, const struct imported *v,
		     size_t n, const struct database *db, struct err *err)
{
	size_t last = n, seen = 0;

	if (!q->n)
		return refuse(err, db, f, "no migration is done", NULL);
	for (size_t i = 0; i < n; i++)
		if (map_find(&q->numbers, v[i].number)) {
			last = i;
			seen++;
		}
	if (last == n || seen < q->numbers.n)
		return refuse(err, db, f, last == n ? "it is at a migration "
			      "that was not imported," : "more is done than "
			      "was imported, such as", q->last);
	for (size_t i = 0; i < last && !f->last_only; i++)
		if (!map_find(&q->numbers, v[i].number))
			return refuse(err, db, f, "there is one left out:",
				      v[i].number);
	*out = &v[last];
	return 0;
}

int imported_version(struct commit *out, const char **table,
		     struct project *p, const struct database *db,
		     struct arena *a, struct err *err)
{
	struct asking q = { .numbers = MAP_INIT, .arena = a };
	const struct imported *at = NULL;
	const struct history_format *f;
	struct imported *v;
	struct oid tip;
	size_t n;
	int ret;

	if (revision_parse(&tip, p->store, "HEAD", err) ||
	    imported_list(&v, &n, p->store, &tip, db->engine, a, err))
		return -1;
	f = n ? history_format_find(v[n - 1].format) : NULL;
	ret = f ? ask(&q, f, db, err) : 0;
	if (ret > 0) {
		*table = f->tables[0];
		ret = find_last(&at, &q, f, v, n, db, err) ||
		      store_commit(out, p->store, &at->version, a, err) ? -1 :
		      1;
	}
	map_release(&q.numbers);
	return ret;
}
