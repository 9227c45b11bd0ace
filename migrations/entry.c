/*
 * One entry of a ledger: its lines, its commit, its row.
 */
#include "config.h"

#include "migrations/mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ss/checkpoints.h"
#include "ss/fault.h"
#include "ss/file.h"

#include "migrations/ledger-sql.h"

#define SUBJECT_MOST 1000

/* A word that an entry's line can hold. */
static bool is_word(const char *s)
{
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return *s && utf8_valid(s, strlen(s));
}

/* A version's subject may fill its line, and the entry's says more. */
static const char *short_subject(struct arena *a, const char *s)
{
	size_t n = SUBJECT_MOST;

	if (strlen(s) <= n)
		return s;
	while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	while (n && s[n - 1] == ' ')
		n--;
	return arena_printf(a, "%.*s...", (int)n, s);
}

/* "login@host schemastore version sha256": who ran what.  Of a host that has
 * named itself it is that: what its users are called is not ours to tell. */
const char *entry_session(struct arena *a, const struct project *p)
{
	const char *login = getenv("LOGNAME");
	char host[256] = "", hex[SHA256_HEX] = "-";
	struct err none = ERR_INIT;
	unsigned char sum[SHA256_LEN];

	if (p->hosted)
		return arena_printf(a, "%s schemastore %s -", p->who.email,
				    PACKAGE_VERSION);
	gethostname(host, sizeof(host) - 1);
	if (!file_sha256(sum, "/proc/self/exe", &none))
		hex_encode(hex, sum, sizeof(sum));
	return arena_printf(a, "%s@%s schemastore %s %s",
			    login && is_word(login) ? login : "unknown",
			    is_word(host) ? host : "localhost",
			    PACKAGE_VERSION, hex);
}

int entry_checkpoint(const char **out, struct arena *a, struct project *p,
		     struct err *err)
{
	char hex[SHA256_HEX];
	struct commit c;
	int ret = checkpoint_newest(&c, p->store, a, err);

	*out = NULL;
	if (ret <= 0)
		return ret;
	hex_encode(hex, c.strong.b, SHA256_LEN);
	*out = arena_printf(a, "%llu %s", (unsigned long long)c.seq, hex);
	return 0;
}

/* 2026-08-21T10:00:00.123456Z */
const char *entry_time(struct arena *a, const struct project *p)
{
	struct timespec now;
	char text[64];
	struct tm tm;
	time_t t;

	clock_gettime(CLOCK_REALTIME, &now);
	t = (time_t)p->who.time;
	if (getenv("SCHEMASTORE_DATE"))
		now.tv_nsec = 0;
	else
		t = now.tv_sec;
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(a, "%s.%06ldZ", text, now.tv_nsec / 1000);
}

int entry_write(struct ledger_entry *e, struct ledger *l, struct project *p,
		const struct oid *parent, const struct entry_draft *d,
		struct err *err)
{
	struct tree_builder *tree = tree_builder_new(l->arena);
	struct oid *parents = arena_alloc(l->arena, (d->napprovals + 1) *
					  sizeof(*parents));
	struct odb *odb = store_odb(p->store);
	struct commit *c = &e->c;
	struct buf raw = BUF_INIT;
	struct key *key;
	struct oid id;
	int ret = -1;

	memset(e, 0, sizeof(*e));
	c->kind = COMMIT_LEDGER;
	c->ref = mirror_ref(l->arena, &l->db);
	c->author = c->committer = p->who;
	c->subject = short_subject(l->arena, d->subject);
	c->body = d->body;
	c->lines = arena_memdup(l->arena, d->lines,
				d->nlines * sizeof(*d->lines));
	c->nlines = d->nlines;
	if (d->sql)
		tree_add_blob(tree, "up.sql", d->sql, d->sql_len);
	parents[0] = *parent;
	for (size_t i = 0; i < d->napprovals; i++)
		parents[i + 1] = d->approvals[i];
	if (commit_lineage(c, p->store, parents, d->napprovals + 1, l->arena,
			   err) ||
	    tree_write(&c->tree, c->tree256, tree, odb, NULL, err) ||
	    project_key(&key, p, err) ||
	    commit_sign(c, key, l->arena, err) ||
	    commit_format(&raw, c, err) ||
	    odb_write(&id, odb, OBJECT_COMMIT, raw.ptr, raw.len, err))
		goto out;
	e->raw = arena_strndup(l->arena, raw.ptr, raw.len);
	e->raw_len = raw.len;
	ret = 0;
out:
	buf_release(&raw);
	return ret;
}

int entry_insert(struct ledger *l, struct ledger_entry *e, struct err *err)
{
	const struct ledger_sql *sql = ledger_sql_of(conn_engine(l->conn)
						     ->name);
	struct value v[] = {
		{ .type = VALUE_INT, .i = (int64_t)l->next_row },
		{ .type = VALUE_BLOB, .ptr = e->c.strong.b,
		  .len = SHA256_LEN },
		{ .type = VALUE_BLOB, .ptr = e->raw, .len = e->raw_len },
	};

	if (fault("ledger.row", err) ||
	    conn_engine(l->conn)->query(l->conn, sql->insert, v, 3, NULL, NULL,
					err))
		return err_wrap(err, "writing the ledger");
	e->row = l->next_row++;
	return 0;
}
