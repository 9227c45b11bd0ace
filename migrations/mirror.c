/*
 * The mirror: the same commits as the rows, on refs/schemastore/ledger/<db>.
 *
 *	rows     genesis  begin  finish
 *	mirror   genesis  begin  finish  begin*      * a run that died
 */
#include "config.h"

#include "migrations/mirror.h"

#include <stdio.h>

#include "migrations/ledger-sql.h"

const char *mirror_ref(struct arena *a, const struct database *db)
{
	return arena_printf(a, "refs/schemastore/ledger/%s", db->name);
}

static bool is_event(const struct commit *c, const char *event)
{
	const char *e = commit_line(c, "Event");

	return e && !strcmp(e, event);
}

static int truncated(struct ledger *l, struct err *err)
{
	err_set(err, ERR_REFUSED, "the ledger of database '%s' lacks entries "
		"that the store has seen", l->db.name);
	return err_hint(err, "if it was restored from a backup, or made anew, "
			"say so: 'schemastore baseline --restored %s'",
			l->db.name);
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
	}
	buf_release(&raw);
	return ret;
}

/* The entries that the mirror has beyond the rows, oldest first: at most a
 * genesis and a begin. */
static int entries_ahead(struct ledger *l, struct project *p, struct err *err)
{
	struct ledger_entry ahead[2], e;
	struct oid at = l->mirror;
	size_t n = 0;

	while (!l->next_row || !oid_equal(&at, &l->tail.c.oid)) {
		if (read_entry(&e, l, p, &at, err))
			return -1;
		if (e.c.kind != COMMIT_LEDGER)
			break;
		if (n == ARRAY_LEN(ahead))
			return truncated(l, err);
		at = e.c.parents[0].oid;
		ahead[n++] = e;
	}
	for (size_t i = 0; i < n; i++)
		l->todo[i] = ahead[n - 1 - i];
	l->ntodo = n;
	return 0;
}

/* I3: an open begin, alone or behind the genesis. */
static bool is_interrupted(const struct ledger *l)
{
	if (l->ntodo == 1)
		return is_event(&l->todo[0].c, "begin") ||
		       (!l->next_row && is_event(&l->todo[0].c, "genesis"));
	return l->ntodo == 2 && !l->next_row &&
	       is_event(&l->todo[0].c, "genesis") &&
	       is_event(&l->todo[1].c, "begin");
}

/* Is the mirror's tip one of the rows?  Then the rows are ahead. */
static int rows_ahead(bool *yes, struct ledger *l, struct err *err)
{
	struct ledger_entry *v;
	size_t n;

	*yes = false;
	if (!l->exists)
		return 0;
	if (ledger_all(&v, &n, l->conn, l->arena, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		*yes |= l->has_mirror && oid_equal(&v[i].c.oid, &l->mirror);
	return 0;
}

static int other_project(struct ledger *l, struct err *err)
{
	err_set(err, ERR_REFUSED, "the ledger of database '%s' belongs to "
		"another project", l->db.name);
	return err_hint(err, "use that project's store");
}

static int other_copy(struct ledger *l, struct err *err)
{
	err_set(err, ERR_REFUSED, "database '%s' was changed from another "
		"copy of the store", l->db.name);
	return err_hint(err, "fetch %s from there; where it was changed by a "
			"program that keeps no mirror, set "
			"schemastore.mirror to none",
			mirror_ref(l->arena, &l->db));
}

/* Bring the mirror up from the rows: their trees must be here, for they have
 * the SQL that the rows only name. */
static int bring_up(struct ledger *l, struct project *p, struct err *err)
{
	struct odb *odb = store_odb(p->store);
	struct commit project;
	struct ledger_entry *v;
	struct oid id;
	size_t n;
	int ret = -1;

	if (store_project(&project, p->store, l->arena, err) ||
	    ledger_all(&v, &n, l->conn, l->arena, err) ||
	    store_lock(p->store, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (memcmp(v[i].c.project, project.strong.b, SHA256_LEN)) {
			other_project(l, err);
			goto out;
		}
		if (!odb_has(odb, &v[i].c.tree) &&
		    is_event(&v[i].c, "begin")) {
			other_copy(l, err);
			goto out;
		}
		if (odb_write(&id, odb, OBJECT_TREE, "", 0, err) ||
		    odb_write(&id, odb, OBJECT_COMMIT, v[i].raw, v[i].raw_len,
			      err))
			goto out;
	}
	if (odb_flush(odb, err) ||
	    ref_update(p->store, mirror_ref(l->arena, &l->db),
		       l->has_mirror ? &l->mirror : NULL, &l->tail.c.oid,
		       "resync", err))
		goto out;
	l->mirror = l->tail.c.oid;
	l->has_mirror = true;
	ret = 0;
out:
	store_unlock(p->store);
	return ret;
}

/* Db = 32 hex digits " " name.  The id of a database is the mirror's where
 * there is one: never the database's word alone. */
static int find_db_id(struct ledger *l, struct project *p, struct err *err)
{
	struct commit c;
	const char *line;

	if (l->has_mirror) {
		if (store_commit(&c, p->store, &l->mirror, l->arena, err))
			return -1;
		line = commit_line(&c, "Db");
		if (!line || strlen(line) < 32)
			return err_set(err, ERR_DAMAGED, "the mirror of "
				       "database '%s' is damaged", l->db.name);
		l->db_id = arena_strndup(l->arena, line, 32);
	}
	return 0;
}

/*
 * There is no mirror: the rows say which database this is, and by which name
 * its ledger goes, wherever the file has gone since.  The entry that ours will
 * follow is lent to the store, which would have it from the mirror; nothing of
 * it is flushed.
 */
static int trust_rows(struct ledger *l, struct project *p, struct err *err)
{
	const char *line = commit_line(&l->tail.c, "Db");
	struct commit project;
	struct oid id;

	if (store_project(&project, p->store, l->arena, err))
		return -1;
	if (memcmp(l->tail.c.project, project.strong.b, SHA256_LEN))
		return other_project(l, err);
	if (!l->has_mirror) {
		if (!line || strlen(line) < 34 || line[32] != ' ' ||
		    !ref_name_valid(arena_printf(l->arena, "refs/%s",
						 line + 33)))
			return err_set(err, ERR_REFUSED, "the ledger of "
				       "database '%s' does not say which one "
				       "it is", l->db.name);
		l->db_id = arena_strndup(l->arena, line, 32);
		l->db.name = arena_strdup(l->arena, line + 33);
	}
	return odb_write(&id, store_odb(p->store), OBJECT_COMMIT, l->tail.raw,
			 l->tail.raw_len, err);
}

/* The mirror stands elsewhere than the rows end. */
static int settle_difference(struct ledger *l, struct project *p,
			     struct err *err)
{
	bool ahead;

	if (rows_ahead(&ahead, l, err))
		return -1;
	if (ahead)
		return l->db.no_mirror ? 0 : bring_up(l, p, err);
	if (entries_ahead(l, p, err))
		return -1;
	return is_interrupted(l) ? 0 : truncated(l, err);
}

int ledger_sync(struct ledger *l, struct project *p, struct err *err)
{
	int ret = ref_read(&l->mirror, p->store, mirror_ref(l->arena, &l->db),
			   err);

	if (ret < 0)
		return -1;
	l->has_mirror = ret;
	l->ntodo = 0;
	if (!l->has_mirror) {
		if (l->next_row && !l->db.no_mirror && bring_up(l, p, err))
			return -1;
	} else if (!l->next_row || !oid_equal(&l->mirror, &l->tail.c.oid)) {
		if (settle_difference(l, p, err))
			return -1;
	}
	if (l->db.no_mirror && l->next_row && trust_rows(l, p, err))
		return -1;
	return find_db_id(l, p, err);
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

int mirror_set_aside(struct ledger *l, struct project *p, struct err *err)
{
	const char *ref = mirror_ref(l->arena, &l->db);
	char hex[OID_HEX];
	struct oid now;
	int ret = ref_read(&now, p->store, ref, err);

	if (ret <= 0 || l->db.no_mirror)
		return ret < 0 ? -1 : 0;
	oid_hex(hex, &now);
	hex[12] = '\0';
	if (store_lock(p->store, err))
		return -1;
	ret = ref_update(p->store, arena_printf(l->arena,
			 "refs/schemastore/ledger-before/%s/%s", l->db.name,
			 hex), NULL, &now, "set aside", err);
	if (!ret)
		ret = ref_update(p->store, ref, &now,
				 l->next_row ? &l->tail.c.oid : NULL,
				 "restored", err);
	store_unlock(p->store);
	return ret;
}
