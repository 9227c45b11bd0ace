/*
 * Reading dumps, strictly: they are a stranger's, and nobody has signed them;
 * their rows are signed one by one.
 */
#include "config.h"

#include "migrations/dump.h"

#include <stdio.h>
#include <stdlib.h>

#include "ss/apply.h"

#include "migrations/ledger-rows.h"

#define DUMPS_MOST 10000
#define ROWS_MOST 10000000

static int damaged(struct err *err, const char *what)
{
	return err_set(err, ERR_DAMAGED, "what the bundle says of its "
		       "databases is damaged: %s", what);
}

/* ---- the state ---------------------------------------------------------- */

/* "word value" LF: the value, and *at is behind it; NULL: another line. */
static const char *value_of(char **at, const char *word)
{
	size_t n = strlen(word);
	char *line = *at, *nl = strchr(line, '\n');

	if (!nl || strncmp(line, word, n) || line[n] != ' ')
		return NULL;
	*nl = '\0';
	*at = nl + 1;
	return line + n + 1;
}

static bool is_digest(const char *s)
{
	unsigned char sum[SHA256_LEN];

	return str_starts(s, "s1:") && !hex_decode(sum, s + 3, SHA256_LEN);
}

static int parse_state(struct dump *d, char *at, struct arena *a,
		       struct err *err)
{
	const char *name = value_of(&at, "database");
	const char *engine = name ? value_of(&at, "engine") : NULL;
	const char *objects, *rows;
	uint64_t n = 0, nobjects;

	d->target = engine ? value_of(&at, "target") : NULL;
	d->schema = d->target ? value_of(&at, "schema") : NULL;
	objects = d->schema ? value_of(&at, "objects") : NULL;
	rows = objects ? value_of(&at, "rows") : NULL;
	if (!rows || *at || !is_digest(d->schema) ||
	    parse_u64(&nobjects, objects, INT64_MAX) ||
	    !ref_name_valid(arena_printf(a, "refs/%s", name)))
		return damaged(err, "a state");
	d->db.name = d->db.word = name;
	d->db.engine = engine_find(engine);
	if (!d->db.engine)
		return damaged(err, "an engine that there is not");
	d->has_ledger = strcmp(rows, "-");
	if (d->has_ledger && parse_u64(&n, rows, ROWS_MOST))
		return damaged(err, "a number of rows");
	d->nrows = (size_t)n;
	d->empty = !nobjects;
	return 0;
}

/* A file of its folder; one that is not there is damage, too. */
static int read_file(struct buf *b, const struct dump *d, const char *name,
		     struct store *s, struct arena *a, struct err *err)
{
	struct tree_entry e;
	int ret = tree_find(&e, store_odb(s), &d->folder.oid, name, a, err);

	if (ret < 0)
		return -1;
	if (!ret || e.dir)
		return damaged(err, arena_printf(a, "'%s' is missing", name));
	return odb_read(b, store_odb(s), &e.oid, OBJECT_BLOB, err);
}

static int read_state(struct dump *d, struct store *s, struct arena *a,
		      struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = read_file(&b, d, "state", s, a, err);

	if (!ret && strlen(b.ptr) != b.len)
		ret = damaged(err, "a state");
	if (!ret)
		ret = parse_state(d, arena_strdup(a, b.ptr), a, err);
	buf_release(&b);
	return ret;
}

int dumps_read(struct dump **out, size_t *n, struct store *s, struct arena *a,
	       struct err *err)
{
	struct tree_entry e;
	struct oid root;
	size_t cap = 0;
	int ret = ref_read(&root, s, AUDIT_REF, err);

	*out = NULL;
	*n = 0;
	while (ret > 0) {
		struct dump *d;

		ret = tree_find(&e, store_odb(s), &root,
				arena_printf(a, "database/%zu", *n), a, err);
		if (ret <= 0)
			break;
		if (!e.dir || *n == DUMPS_MOST)
			return damaged(err, "its databases");
		d = ARENA_PUSH(a, *out, *n, cap);
		memset(d, 0, sizeof(*d));
		d->folder = e;
		if (read_state(d, s, a, err))
			return -1;
		if (*n > 1 && strcmp(d[-1].db.name, d->db.name) >= 0)
			return damaged(err, "their order");
	}
	return ret;
}

/* ---- rows --------------------------------------------------------------- */

/* row = seq " " 64 hex " " length LF entry LF */
static int parse_row(struct ledger_rows *r, const char **at, const char *end,
		     struct err *err)
{
	const char *nl = memchr(*at, '\n', (size_t)(end - *at));
	char *line, *id, *len;
	unsigned char sum[SHA256_LEN];
	uint64_t seq, n;

	if (!nl)
		return damaged(err, "a row");
	line = arena_strndup(r->arena, *at, (size_t)(nl - *at));
	id = strchr(line, ' ');
	len = id ? strchr(id + 1, ' ') : NULL;
	if (!len)
		return damaged(err, "a row");
	*id = *len = '\0';
	if (parse_u64(&seq, line, INT64_MAX) ||
	    hex_decode(sum, id + 1, SHA256_LEN) ||
	    parse_u64(&n, len + 1, (uint64_t)(end - nl)) ||
	    (uint64_t)(end - nl) < n + 2 || nl[n + 1] != '\n')
		return damaged(err, "a row");
	*at = nl + n + 2;
	ledger_take_row(r, (struct value[]){
		{ .type = VALUE_INT, .i = (int64_t)seq },
		{ .type = VALUE_BLOB, .ptr = sum, .len = SHA256_LEN },
		{ .type = VALUE_BLOB, .ptr = nl + 1, .len = n },
	}, 3);
	return r->failed ? -1 : 0;
}

static int read_rows(struct ledger_rows *r, const struct dump *d,
		     struct store *s, struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = 0;

	r->err = err;
	for (size_t k = 0; !ret && r->n < d->nrows; k++) {
		size_t before = r->n;
		const char *at;

		buf_truncate(&b, 0);
		ret = read_file(&b, d, arena_printf(r->arena, "rows.%zu", k),
				s, r->arena, err);
		for (at = b.ptr; !ret && at < b.ptr + b.len;)
			ret = parse_row(r, &at, b.ptr + b.len, err);
		if (!ret && r->n == before)
			ret = damaged(err, "a file without rows");
	}
	buf_release(&b);
	return ret ? -1 : r->n == d->nrows ? 0 :
	       damaged(err, "it has more rows than it says");
}

int dump_ledger(struct ledger *out, const struct dump *d, struct store *s,
		struct arena *a, struct err *err)
{
	struct ledger_rows r = { .arena = a, .db = &d->db };

	if (read_rows(&r, d, s, err) || ledger_of_rows(out, &r, err))
		return -1;
	out->exists = d->has_ledger;
	return 0;
}

/* ---- where it stands ---------------------------------------------------- */

static size_t major_len(const char *target)
{
	return strcspn(target, ".");
}

/* Another major has another digest for the same schema. */
static bool same_major(const struct dump *d, const struct ledger *l)
{
	for (size_t i = l->nrows; i--;) {
		const char *then = commit_line(&l->rows[i].c, "Target");

		if (then)
			return !d->db.engine->by_version ||
			       (major_len(then) == major_len(d->target) &&
				!strncmp(then, d->target, major_len(then)));
	}
	return true;
}

int dump_standing(struct standing *out, struct project *p,
		  const struct dump *d, struct arena *a, struct err *err)
{
	struct ledger *l = &out->ledger;
	struct err why = ERR_INIT;

	memset(out, 0, sizeof(*out));
	if (dump_ledger(l, d, p->store, a, err))
		return -1;
	if (ledger_compare(l, p, &why) || ledger_check_open(l, &why))
		out->trouble = arena_memdup(a, &why, sizeof(why));
	why.code = ERR_NONE;
	out->known = l->placed && !version_by_strong(&out->version, p->store,
						     &l->version, a, &why);
	if (why.code && why.code != ERR_USAGE) {
		*err = why;
		return -1;
	}
	snprintf(out->digest, sizeof(out->digest), "%s", d->schema);
	out->drifted = !l->placed ? !d->empty :
		       same_major(d, l) && strcmp(d->schema, l->observed);
	return 0;
}
