/*
 * What SQLite takes, and cannot use: views and triggers that name what is not
 * there, foreign keys that point at columns which are no key.
 *
 *	ALTER TABLE probe RENAME TO ... ─▶ "error in view v: no such table: t"
 *	INSERT, UPDATE, DELETE, compiled ─▶ "no such column: a", of a trigger
 *	PRAGMA foreign_key_check ─▶ "foreign key mismatch ..."
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#define PROBE OURS "probe"
#define PROBED OURS "probed"

struct looking {
	struct conn *conn;
	struct dangling *out;
	const struct schema *schema;
	struct arena *arena;
	struct err *err;
};

static void note(struct looking *l, const struct node *n, const char *why)
{
	*ARENA_PUSH(l->arena, l->out->v, l->out->n, l->out->cap) =
		(struct dangling_node){ n, arena_strdup(l->arena, why) };
}

static bool is_noted(const struct looking *l, const struct node *n)
{
	for (size_t i = 0; i < l->out->n; i++)
		if (l->out->v[i].node == n)
			return true;
	return false;
}

/* "no such table: main.v": v is out of use, and dropped. */
static bool is_consequence(const struct looking *l, const char *why)
{
	const char *prefix = "no such table: main.";

	if (!str_starts(why, prefix))
		return false;
	for (size_t i = 0; i < l->out->n; i++)
		if (!strcmp(l->out->v[i].node->name ? l->out->v[i].node->name :
			    "", why + strlen(prefix)))
			return true;
	return false;
}

static bool is_meant(const struct node *n, const struct kind *kind,
		     const char *text)
{
	size_t len = n->kind == kind ? strlen(n->name) : 0;

	return len && !strncmp(text, n->name, len) &&
	       (text[len] == ':' || text[len] == ' ');
}

/* The longest name that the text begins with. */
static const struct node *named(const struct looking *l,
				const struct kind *kind, const char *text)
{
	const struct schema *s = l->schema;
	const struct node *found = NULL, *n;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k <= s->objects[i]->nkids; k++) {
			n = k ? s->objects[i]->kids[k - 1] : s->objects[i];
			if (is_meant(n, kind, text) &&
			    (!found || strlen(n->name) > strlen(found->name)))
				found = n;
		}
	return found;
}

static const struct {
	const char *mark;
	const struct kind *kind;
} marks[] = {
	{ "error in view ", &kind_view },
	{ "error in trigger ", &kind_trigger },
};

/* 1 it is noted, and dropped; 0 the message is about something else */
static int take_message(struct looking *l, const char *message)
{
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const char *at = strstr(message, marks[i].mark);
		const struct node *n = at ? named(l, marks[i].kind, at +
						  strlen(marks[i].mark)) :
				       NULL;
		const char *why;

		if (!n)
			continue;
		why = strstr(at + strlen(marks[i].mark) + strlen(n->name),
			     ": ");
		why = why ? why + 2 : message;
		if (!is_consequence(l, why))
			note(l, n, why);
		return sqlite_run(l->conn, emit_drop(l->arena, n), l->err) ?
		       -1 : 1;
	}
	return 0;
}

static int look_at_bodies(struct looking *l)
{
	const char *rename = "ALTER TABLE " PROBE " RENAME TO " PROBED;
	struct err failed = ERR_INIT;
	int ret;

	if (sqlite_run(l->conn, "CREATE TABLE " PROBE " (x)", l->err))
		return -1;
	while (sqlite_run(l->conn, rename, &failed)) {
		ret = take_message(l, arena_strdup(l->arena,
				   sqlite3_errmsg(l->conn->db)));
		if (ret > 0)
			continue;
		if (!ret)
			*l->err = failed;
		return -1;
	}
	return 0;
}

/* ---- triggers ------------------------------------------------------------ */

static int add_assignment(void *ctx, const struct value *v, size_t n)
{
	struct buf *b = ctx;

	(void)n;
	if (v[0].type == VALUE_TEXT)
		sql_addf(b, b->len ? ", %I = %I" : "%I = %I", v[0].ptr,
			 v[0].ptr);
	return 0;
}

/* What sets off the triggers of each event. */
static int find_events(const char *out[3], struct looking *l,
		       const struct node *object)
{
	const char *name = object->name;
	struct buf b = BUF_INIT;
	int ret = sqlite_query(l->conn, sql_printf(l->arena, "SELECT name FROM "
			       "pragma_table_xinfo(%L) WHERE hidden = 0",
			       name), NULL, 0, add_assignment, &b, l->err);

	out[0] = sql_printf(l->arena, "INSERT INTO %I DEFAULT VALUES", name);
	out[1] = sql_printf(l->arena, "UPDATE %I SET %s", name,
			    b.len ? b.ptr : "");
	out[2] = sql_printf(l->arena, "DELETE FROM %I", name);
	buf_release(&b);
	return ret;
}

/* Compiled, and not run: what SQLite has against it; NULL: nothing. */
static const char *compile(struct looking *l, const char *const events[3])
{
	for (size_t i = 0; i < 3; i++) {
		struct err failed = ERR_INIT;
		sqlite3_stmt *st = NULL;
		bool bad = sqlite_prepare(&st, l->conn, events[i], &failed);
		const char *why = bad ?
			arena_strdup(l->arena, sqlite3_errmsg(l->conn->db)) :
			NULL;

		sqlite3_finalize(st);
		if (bad)
			return why;
	}
	return NULL;
}

typedef int (*trigger_fn)(struct looking *l, const struct node *object,
			  const struct node *trigger);

static int each_trigger(struct looking *l, trigger_fn fn)
{
	const struct schema *s = l->schema;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->objects[i]->nkids; k++) {
			const struct node *n = s->objects[i]->kids[k];

			if (n->kind == &kind_trigger && !is_noted(l, n) &&
			    !is_noted(l, s->objects[i]) &&
			    fn(l, s->objects[i], n))
				return -1;
		}
	return 0;
}

static int drop(struct looking *l, const struct node *object,
		const struct node *trigger)
{
	(void)object;
	return sqlite_run(l->conn, sql_printf(l->arena, "DROP TRIGGER IF "
			  "EXISTS %I", trigger->name), l->err);
}

/* It alone: what one does may set off others. */
static int try_alone(struct looking *l, const struct node *object,
		     const struct node *trigger)
{
	const char *events[3], *why;

	if (find_events(events, l, object) ||
	    sqlite_run(l->conn, emit_create(l->arena, trigger, NULL), l->err))
		return -1;
	why = compile(l, events);
	if (why && !is_consequence(l, why))
		note(l, trigger, why);
	return drop(l, object, trigger);
}

static int look_at_triggers(struct looking *l)
{
	const struct schema *s = l->schema;
	const char *events[3], *why = NULL;

	for (size_t i = 0; i < s->n && !why; i++) {
		const struct node *n = s->objects[i];
		bool any = false;

		for (size_t k = 0; k < n->nkids; k++)
			any |= n->kids[k]->kind == &kind_trigger;
		if (!any || is_noted(l, n))
			continue;
		if (find_events(events, l, n))
			return -1;
		why = compile(l, events);
	}
	if (!why)
		return 0;
	return each_trigger(l, drop) || each_trigger(l, try_alone) ? -1 : 0;
}

/* ---- foreign keys -------------------------------------------------------- */

static bool same_name(const struct looking *l, const char *a, const char *b)
{
	return !strcmp(fold_name_in(l->arena, &sqlite_spelling, a),
		       fold_name_in(l->arena, &sqlite_spelling, b));
}

/* "foreign key mismatch - "c" referencing "p"" */
static void note_key(struct looking *l, const struct node *table,
		     const char *message)
{
	const char *parent = strrchr(message, ' ');
	struct buf b = BUF_INIT;

	for (size_t i = 0; parent && i < table->nkids; i++) {
		const struct node *n = table->kids[i];
		const struct foreign_key *fk = (const struct foreign_key *)n;

		if (n->kind != &kind_foreign_key)
			continue;
		buf_truncate(&b, 0);
		buf_addf(&b, "referencing \"%s\"", fk->table);
		if (str_ends(message, b.ptr) ||
		    same_name(l, parent + 1, fk->table)) {
			note(l, n, message);
			break;
		}
	}
	buf_release(&b);
}

static void look_at_keys(struct looking *l)
{
	struct err failed = ERR_INIT;

	for (size_t i = 0; i < l->schema->n; i++) {
		const struct node *n = l->schema->objects[i];

		if (n->kind == &kind_table &&
		    sqlite_run(l->conn, sql_printf(l->arena, "PRAGMA "
			       "foreign_key_check(%I)", n->name), &failed))
			note_key(l, n, arena_strdup(l->arena,
				 sqlite3_errmsg(l->conn->db)));
	}
}

int sqlite_dangling(struct conn *c, struct dangling *out,
		    const struct schema *s, struct arena *a, struct err *err)
{
	struct looking l = { c, out, s, a, err };

	if (look_at_bodies(&l) || look_at_triggers(&l))
		return -1;
	look_at_keys(&l);
	return 0;
}
