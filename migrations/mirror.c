/*
 * The mirror: the same commits as the rows, on refs/schemastore/ledger/<db>.
 *
 *	rows     genesis  begin  finish
 *	mirror   genesis  begin  finish  begin*      * a run that died
 */
#include "config.h"

#include "migrations/mirror.h"

#include <stdio.h>

#include "migrations/ledger-rows.h"

#define LEDGERS "refs/schemastore/ledger/"

const char *mirror_ref(struct arena *a, const struct database *db)
{
	return arena_printf(a, LEDGERS"%s", db->name);
}

static bool is_event(const struct commit *c, const char *event)
{
	const char *e = commit_line(c, "Event");

	return e && !strcmp(e, event);
}

static int truncated(struct ledger *l, struct err *err)
{
	err_set(err, ERR_REFUSED, "the ledger of database '%s' lacks entries "
		"that the store has seen", l->db.word);
	return err_hint(err, "if it was restored from a backup, or made anew, "
			"say so: 'schemastore baseline --restored %s'",
			l->db.word);
}

static int other_project(struct ledger *l, struct err *err)
{
	err_set(err, ERR_REFUSED, "the ledger of database '%s' belongs to "
		"another project", l->db.word);
	return err_hint(err, "use that project's store");
}

static int other_copy(struct ledger *l, struct err *err)
{
	err_set(err, ERR_REFUSED, "database '%s' was changed from another "
		"copy of the store", l->db.word);
	return err_hint(err, "fetch %s from there; where it was changed by a "
			"program that keeps no mirror, set "
			"schemastore.mirror to none",
			mirror_ref(l->arena, &l->db));
}

static int read_entry(struct ledger_entry *e, struct ledger *l,
		      struct project *p, const struct oid *id, struct err *err)
{
	struct buf raw = BUF_INIT;
	int ret = -1;

	memset(e, 0, sizeof(*e));
	if (!odb_read(&raw, store_odb(p->store), id, OBJECT_COMMIT, err)) {
		e->raw = arena_strndup(l->arena, raw.ptr, raw.len);
		e->raw_len = raw.len;
		ret = commit_parse(&e->c, e->raw, e->raw_len, l->arena, err);
		if (ret)
			err_wrap(err, "%s", mirror_ref(l->arena, &l->db));
	}
	buf_release(&raw);
	return ret;
}

/* Of a run that died, or that was found dead by one that died as well. */
static bool came_to_nothing(const struct commit *c)
{
	const char *outcome = commit_line(c, "Outcome");

	return is_event(c, "genesis") || is_event(c, "begin") ||
	       (is_event(c, "finish") && outcome &&
		!strcmp(outcome, "failed interrupted"));
}

static void turn_round(struct ledger_entry *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct ledger_entry e = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = e;
	}
}

/* The entries that the mirror has beyond the rows, oldest first. */
static int entries_ahead(struct ledger *l, struct project *p, struct err *err)
{
	struct oid at = l->mirror;
	struct ledger_entry e;

	while (!l->next_row || !oid_equal(&at, &l->tail.c.oid)) {
		if (read_entry(&e, l, p, &at, err))
			return -1;
		if (e.c.kind != COMMIT_LEDGER)
			break;
		at = e.c.parents[0].oid;
		if (!came_to_nothing(&e.c) &&
		    !(l->open && oid_equal(&at, &l->tail.c.oid)))
			return truncated(l, err);
		*ARENA_PUSH(l->arena, l->todo, l->ntodo, l->todo_cap) = e;
	}
	turn_round(l->todo, l->ntodo);
	return 0;
}

/* I3: an open begin, and before it those that were found open; all of it behind
 * the genesis where the rows have none, or behind the end of the run that it
 * turns back. */
static bool is_interrupted(const struct ledger *l)
{
	const char *first = !l->next_row ? "genesis" : l->open ? "finish" :
			    NULL;
	size_t i = first ? 1 : 0;

	if (first && (!l->ntodo || !is_event(&l->todo[0].c, first)))
		return false;
	for (size_t k = i; k < l->ntodo; k++)
		if (!is_event(&l->todo[k].c, (k - i) % 2 ? "finish" : "begin"))
			return false;
	return (l->ntodo - i) % 2 || (!l->next_row && l->ntodo == 1);
}

/* Is the mirror's tip one of the rows?  Then the rows are ahead. */
static int rows_ahead(bool *yes, struct ledger *l, struct err *err)
{
	struct ledger_entry *v;
	size_t n;

	*yes = false;
	if (!l->exists)
		return 0;
	if (ledger_all(&v, &n, l, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		*yes |= oid_equal(&v[i].c.oid, &l->mirror);
	return 0;
}

const char *ledger_id(const struct ledger *l, const struct commit *c)
{
	const char *line = commit_line(c, "Db");

	return line && strlen(line) > 32 && line[32] == ' ' ?
	       arena_strndup(l->arena, line, 32) : NULL;
}

/* I4: rows that no mirror is of, with the id of a database that has one. */
static int check_copy(struct ledger *l, struct project *p, struct err *err)
{
	const char *id = ledger_id(l, &l->tail.c), *other;
	struct ref *v;
	size_t n;

	if (ref_list(&v, &n, p->store, LEDGERS, l->arena, err))
		return -1;
	for (size_t i = 0; id && i < n; i++) {
		struct commit c;

		if (store_commit(&c, p->store, &v[i].oid, l->arena, err))
			return err_wrap(err, "%s", v[i].name);
		other = ledger_id(l, &c);
		if (!other || strcmp(id, other))
			continue;
		err_set(err, ERR_REFUSED, "the ledger of database '%s' is that "
			"of '%s': it is a copy, or the same under another name",
			l->db.word, v[i].name + strlen(LEDGERS));
		return err_hint(err, "if it is a copy: 'schemastore baseline "
				"--copied %s'; if it was moved or renamed: "
				"--restored", l->db.word);
	}
	return 0;
}

/* Rows that the mirror does not end with: whose are they? */
int mirror_check_project(struct ledger *l, struct project *p, struct err *err)
{
	struct commit project;

	if (store_project(&project, p->store, l->arena, err))
		return -1;
	return memcmp(l->tail.c.project, project.strong.b, SHA256_LEN) ?
	       other_project(l, err) : 0;
}

static int compare(struct ledger *l, struct project *p, struct err *err)
{
	bool ahead;

	l->ntodo = 0;
	l->behind = false;
	if (l->has_mirror && l->next_row &&
	    oid_equal(&l->mirror, &l->tail.c.oid))
		return 0;
	if (l->next_row && mirror_check_project(l, p, err))
		return -1;
	if (!l->has_mirror) {
		l->behind = l->next_row;
		return l->behind && !l->db.no_mirror ?
		       check_copy(l, p, err) : 0;
	}
	if (rows_ahead(&ahead, l, err))
		return -1;
	l->behind = ahead;
	if (ahead)
		return 0;
	if (entries_ahead(l, p, err))
		return -1;
	return is_interrupted(l) ? 0 : truncated(l, err);
}

static int read_mirror(struct ledger *l, struct project *p, struct err *err)
{
	int ret = ref_read(&l->mirror, p->store, mirror_ref(l->arena, &l->db),
			   err);

	l->has_mirror = ret > 0;
	return ret < 0 ? -1 : 0;
}

int ledger_compare(struct ledger *l, struct project *p, struct err *err)
{
	return read_mirror(l, p, err) || compare(l, p, err) ? -1 : 0;
}

/* The mirror first: what a run that ends meanwhile adds to both is then ahead
 * in the rows, not in the mirror. */
int ledger_open(struct ledger *l, struct project *p, struct conn *conn,
		const struct database *db, struct arena *a, struct err *err)
{
	struct ledger seen = { .db = *db, .arena = a };

	memset(l, 0, sizeof(*l));
	if (read_mirror(&seen, p, err) || ledger_read(l, conn, db, a, err))
		return -1;
	l->mirror = seen.mirror;
	l->has_mirror = seen.has_mirror;
	return compare(l, p, err);
}

/* What the rows only name must be here: the SQL, and who has approved it. */
static bool has_named(const struct commit *c, struct odb *odb)
{
	for (size_t i = 1; i < c->nparents; i++)
		if (!odb_has(odb, &c->parents[i].oid))
			return false;
	return !is_event(c, "begin") || odb_has(odb, &c->tree);
}

/* The rows' objects into the store. */
static int write_rows(struct ledger *l, struct project *p, struct err *err)
{
	struct odb *odb = store_odb(p->store);
	struct ledger_entry *v;
	struct oid id;
	size_t n;

	if (mirror_check_project(l, p, err) || ledger_all(&v, &n, l, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!has_named(&v[i].c, odb))
			return other_copy(l, err);
		if (odb_write(&id, odb, OBJECT_TREE, "", 0, err) ||
		    odb_write(&id, odb, OBJECT_COMMIT, v[i].raw, v[i].raw_len,
			      err))
			return -1;
	}
	return 0;
}

static int bring_up(struct ledger *l, struct project *p, struct err *err)
{
	if (write_rows(l, p, err) ||
	    odb_flush(store_odb(p->store), err) ||
	    ref_update(p->store, mirror_ref(l->arena, &l->db),
		       l->has_mirror ? &l->mirror : NULL, &l->tail.c.oid,
		       "resync", err))
		return -1;
	l->mirror = l->tail.c.oid;
	l->has_mirror = true;
	l->behind = false;
	return 0;
}

static int mirror_db_id(struct ledger *l, struct project *p, struct err *err)
{
	struct commit c = l->tail.c;

	if (l->has_mirror &&
	    store_commit(&c, p->store, &l->mirror, l->arena, err))
		return -1;
	if (!l->has_mirror && !l->next_row)
		return 0;
	l->db_id = ledger_id(l, &c);
	return l->db_id ? 0 :
	       err_set(err, ERR_DAMAGED, "the ledger of database '%s' does not "
		       "say whose it is", l->db.word);
}

/*
 * There is no mirror: the rows say by which name the ledger goes, wherever the
 * file has gone since.  The entry that ours will follow is lent to the store,
 * which would have it from the mirror; nothing of it is flushed.
 */
static int trust_rows(struct ledger *l, struct project *p, struct err *err)
{
	const char *line = commit_line(&l->tail.c, "Db");
	struct oid id;

	if (!l->has_mirror) {
		if (!line || strlen(line) < 34 || line[32] != ' ' ||
		    !ref_name_valid(arena_printf(l->arena, "refs/%s",
						 line + 33)))
			return err_set(err, ERR_REFUSED, "the ledger of "
				       "database '%s' does not say which one "
				       "it is", l->db.word);
		l->db.name = arena_strdup(l->arena, line + 33);
	}
	return odb_write(&id, store_odb(p->store), OBJECT_COMMIT, l->tail.raw,
			 l->tail.raw_len, err);
}

static int take_rows(struct ledger *l, struct project *p, struct err *err)
{
	if (l->db.no_mirror)
		return l->next_row ? trust_rows(l, p, err) : 0;
	return l->behind ? bring_up(l, p, err) : 0;
}

int ledger_sync(struct ledger *l, struct project *p, struct err *err)
{
	return ledger_compare(l, p, err) ||
	       take_rows(l, p, err) || mirror_db_id(l, p, err) ? -1 : 0;
}

/* 1 the mirror has an open begin, and the rows know how that ended; 0; -1 */
static int is_unsettled(struct ledger *l, struct project *p, struct err *err)
{
	struct ledger_entry last;

	if (!l->behind || !l->has_mirror || l->db.no_mirror)
		return 0;
	return read_entry(&last, l, p, &l->mirror, err) ? -1 :
	       is_event(&last.c, "begin");
}

/* Read again under the lock: whoever has committed meanwhile waits for it. */
int ledger_catch_up(struct ledger *l, struct project *p, struct err *err)
{
	struct database db = l->db;
	int ret = is_unsettled(l, p, err);

	if (ret <= 0)
		return ret;
	if (ledger_lock(p, &db, err))
		return -1;
	ret = ledger_open(l, p, l->conn, &db, l->arena, err) ? -1 :
	      is_unsettled(l, p, err);
	if (ret > 0)
		ret = bring_up(l, p, err);
	ledger_unlock(p, &db);
	return ret;
}

int ledger_lock(struct project *p, const struct database *db, struct err *err)
{
	if (db->no_mirror || !store_lock(p->store, err))
		return 0;
	if (err->code == ERR_IO)
		err_hint(err, "where the store is only there to be read, set "
			 "schemastore.mirror to none");
	return -1;
}

void ledger_unlock(struct project *p, const struct database *db)
{
	if (!db->no_mirror)
		store_unlock(p->store);
}

static int keep_mirror(struct ledger *l, struct project *p, struct err *err)
{
	char hex[OID_HEX];
	const char *ref;
	struct oid there;
	int ret;

	if (!l->has_mirror)
		return 0;
	oid_hex(hex, &l->mirror);
	ref = arena_printf(l->arena, "refs/schemastore/ledger-before/%s/%.12s",
			   l->db.name, hex);
	ret = ref_read(&there, p->store, ref, err);
	if (ret)
		return ret < 0 ? -1 : 0;
	return ref_update(p->store, ref, NULL, &l->mirror, "kept", err);
}

int mirror_take_over(struct ledger *l, struct project *p, struct err *err)
{
	if (l->db.no_mirror ? take_rows(l, p, err) :
	    keep_mirror(l, p, err) || write_rows(l, p, err))
		return -1;
	return mirror_db_id(l, p, err);
}

int mirror_set_aside(const struct database *db, struct project *p,
		     struct arena *a, struct err *err)
{
	struct ledger l = { .db = *db, .arena = a };
	int ret;

	if (db->no_mirror)
		return 0;
	if (store_lock(p->store, err))
		return -1;
	ret = read_mirror(&l, p, err);
	if (!ret && l.has_mirror)
		ret = keep_mirror(&l, p, err) ||
		      ref_update(p->store, mirror_ref(a, db), &l.mirror, NULL,
				 "made anew", err) ? -1 : 1;
	store_unlock(p->store);
	return ret;
}
