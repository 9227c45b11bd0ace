/*
 * What a report tells, read from a store that was verified just before.
 */
#include "config.h"

#include "cli/report.h"

#include "ss/policies.h"

struct gathering {
	struct report_data *r;
	struct arena *arena;
	struct store *store;
	struct policies policies;
	const struct policy *policy;	/* the newest; NULL: none can be read */
	json_t *wrong;		/* object -> [text] */
	json_t *titles;		/* strong id -> a version's subject */
};

/* ---- texts -------------------------------------------------------------- */

json_t *report_string(const char *s, size_t n)
{
	struct buf b = BUF_INIT;
	json_t *v;

	buf_add_printable(&b, s, n);
	v = json_string(b.ptr);
	buf_release(&b);
	return v ? v : json_string("?");
}

static void put(json_t *o, const char *key, const char *text)
{
	if (text)
		json_object_set_new(o, key, report_string(text, strlen(text)));
}

static void put_time(struct gathering *g, json_t *o, int64_t t)
{
	put(o, "when", format_time(g->arena, t));
}

/* "ann (Ann Smith <ann@example.org>)", or the key. */
static const char *person(struct gathering *g, const struct pubkey *key)
{
	const struct policy_line *l = g->policy ?
				      policy_person_of(g->policy, key) : NULL;
	char fingerprint[PUBKEY_FINGERPRINT];

	if (l)
		return arena_printf(g->arena, "%s (%s <%s>)", l->name,
				    l->full_name, l->email);
	pubkey_fingerprint(fingerprint, key);
	return arena_strdup(g->arena, fingerprint);
}

static const char *who(struct gathering *g, const struct commit *c)
{
	return c->is_signed ? person(g, &c->sig.key) :
	       arena_printf(g->arena, "%s <%s>, not signed", c->author.name,
			    c->author.email);
}

/* ---- what all commits have ---------------------------------------------- */

static void put_approvals(struct gathering *g, json_t *o,
			  const struct commit *c)
{
	json_t *all = json_array();

	for (size_t i = 1; i < c->nparents; i++) {
		struct err told = ERR_INIT;
		struct commit p;
		json_t *v;

		if (store_commit(&p, g->store, &c->parents[i].oid, g->arena,
				 &told) || p.kind != COMMIT_APPROVAL)
			continue;
		v = json_object();
		put_time(g, v, p.committer.time);
		put(v, "who", who(g, &p));
		put(v, "text", p.body);
		json_array_append_new(all, v);
	}
	json_object_set_new(o, "approvals", all);
}

static void put_wrong(struct gathering *g, json_t *o, const char *object)
{
	json_t *v = json_object_get(g->wrong, object);

	if (v && !json_object_get(o, "wrong"))
		json_object_set(o, "wrong", v);
}

static json_t *common(struct gathering *g, const struct commit *c)
{
	json_t *o = json_object();
	char hex[SHA256_HEX];

	put_time(g, o, c->committer.time);
	put(o, "subject", c->subject);
	put(o, "body", c->body);
	put(o, "author", arena_printf(g->arena, "%s <%s>", c->author.name,
				      c->author.email));
	if (c->is_signed)
		put(o, "signer", person(g, &c->sig.key));
	hex_encode(hex, c->strong.b, SHA256_LEN);
	put(o, "strong", hex);
	oid_hex(hex, &c->oid);
	put(o, "id", hex);
	put_wrong(g, o, hex);
	put_approvals(g, o, c);
	json_object_set_new(o, "sql", json_array());
	return o;
}

/* A file of its tree; what cannot be read, verify has told. */
static void add_sql(struct gathering *g, json_t *o, const struct commit *c,
		    const char *path)
{
	struct err told = ERR_INIT;
	struct buf b = BUF_INIT;
	json_t *v;

	if (version_file(&b, g->store, c, path, g->arena, &told) > 0) {
		while (b.len && b.ptr[b.len - 1] == '\n')
			buf_truncate(&b, b.len - 1);
		v = json_object();
		put(v, "name", path);
		json_object_set_new(v, "text", report_string(b.ptr, b.len));
		json_array_append_new(json_object_get(o, "sql"), v);
	}
	buf_release(&b);
}

/* ---- versions and policies ----------------------------------------------- */

static void add_version(struct gathering *g, json_t *all,
			const struct commit *c)
{
	json_t *o = common(g, c);

	put(o, "branch", c->ref);
	for (size_t i = 0; i < c->nedges; i++)
		add_sql(g, o, c, arena_printf(g->arena, "edge/%u/%s.up.sql",
					      c->edges[i].parent,
					      c->edges[i].engine));
	json_object_set(g->titles, json_string_value(
		json_object_get(o, "strong")), json_object_get(o, "subject"));
	json_array_append_new(all, o);
}

/* As far as it can be read. */
static json_t *versions(struct gathering *g)
{
	struct walk *w = walk_new(g->store, g->arena);
	json_t *all = json_array();
	struct err told = ERR_INIT;
	struct ref_survey refs = { .bad = NULL };
	struct commit c;

	walk_replaced(w);
	if (!ref_survey(&refs, g->store, "refs/", g->arena, &told) &&
	    !walk_push_refs(w, refs.v, refs.n, &told))
		while (walk_next(w, &c, &told) > 0)
			add_version(g, all, &c);
	walk_free(w);
	return all;
}

static json_t *policies(struct gathering *g)
{
	json_t *all = json_array();
	struct err told = ERR_INIT;

	if (policies_read(&g->policies, g->store, g->arena, &told))
		return all;
	g->policy = policies_last(&g->policies);
	for (size_t i = g->policies.chain.n; i--;) {
		const struct commit *c = &g->policies.commits[i];
		json_t *o = common(g, c);

		json_object_set_new(o, "seq", json_integer((json_int_t)i));
		add_sql(g, o, c, "policy");
		json_array_append_new(all, o);
	}
	return all;
}

/* ---- ledgers ------------------------------------------------------------ */

/* "<strong id> <state>" as the version's subject. */
static const char *place(struct gathering *g, const char *value)
{
	char *id = value ? arena_strndup(g->arena, value, strcspn(value, " ")) :
		   NULL;
	json_t *title = id ? json_object_get(g->titles, id) : NULL;

	return !id ? NULL : !strcmp(id, "-") ? "nothing" : !title ? id :
	       arena_printf(g->arena, "%.12s %s", id,
			    json_string_value(title));
}

static void add_entry(struct gathering *g, json_t *all,
		      const struct commit *c, const char *name)
{
	const char *event = commit_line(c, "Event");
	const char *outcome = commit_line(c, "Outcome");
	size_t n = json_array_size(all);
	json_t *o;

	if (event && !strcmp(event, "finish") && n) {
		o = json_array_get(all, n - 1);
		put(o, "outcome", outcome ? outcome : "?");
		put_wrong(g, o, name);
		return;
	}
	o = common(g, c);
	put(o, "event", event && !strcmp(event, "begin") ?
	    commit_line(c, "Op") : event);
	if (event && !strcmp(event, "begin"))
		put(o, "outcome", "not finished");
	put(o, "from", place(g, commit_line(c, "From")));
	put(o, "to", place(g, commit_line(c, "To")));
	put(o, "session", commit_line(c, "Session"));
	put_wrong(g, o, name);
	add_sql(g, o, c, "up.sql");
	json_array_append_new(all, o);
}

static void add_database(json_t *all, const char *name, const char *source,
			 json_t *entries)
{
	json_t *o = json_object();

	put(o, "name", name);
	put(o, "source", source);
	json_object_set_new(o, "entries", entries);
	json_array_append_new(all, o);
}

/* Oldest first, as far as it can be read. */
static json_t *mirror(struct gathering *g, const struct ref *ref)
{
	json_t *entries = json_array();
	struct err told = ERR_INIT;
	struct commit *v = NULL, c;
	struct oid at = ref->oid;
	size_t n = 0, cap = 0;

	while (!store_commit(&c, g->store, &at, g->arena, &told) &&
	       c.kind == COMMIT_LEDGER && c.nparents) {
		at = c.parents[0].oid;
		*ARENA_PUSH(g->arena, v, n, cap) = c;
	}
	for (size_t i = 0; i < n; i++)
		add_entry(g, entries, &v[n - 1 - i],
			  arena_printf(g->arena, "%s:%zu", ref->name, i));
	return entries;
}

static void add_dump(struct gathering *g, json_t *all, const struct dump *d)
{
	json_t *entries = json_array();
	struct err told = ERR_INIT;
	struct ledger l;

	if (!dump_ledger(&l, d, g->store, g->arena, &told))
		for (size_t i = 0; i < l.nrows; i++)
			add_entry(g, entries, &l.rows[i].c,
				  arena_printf(g->arena, "%s:%zu", d->db.word,
					       i));
	add_database(all, d->db.name, "its own table", entries);
}

static json_t *databases(struct gathering *g)
{
	json_t *all = json_array();
	struct err told = ERR_INIT;
	struct ref *v;
	size_t n = 0;

	for (size_t i = 0; i < g->r->ndumps; i++)
		add_dump(g, all, &g->r->dumps[i]);
	if (ref_list(&v, &n, g->store, LEDGER_REFS, g->arena, &told))
		n = 0;
	for (size_t i = 0; i < n; i++)
		add_database(all, v[i].name + strlen(LEDGER_REFS),
			     "its mirror in the store", mirror(g, &v[i]));
	return all;
}

/* ---- all ---------------------------------------------------------------- */

/* By what they are about, to stand beside it. */
static json_t *by_object(const json_t *findings)
{
	json_t *all = json_object(), *f;
	size_t i;

	json_array_foreach(findings, i, f) {
		const char *object = json_string_value(
			json_object_get(f, "object"));
		json_t *v = json_object_get(all, object);

		if (!v) {
			v = json_array();
			json_object_set_new(all, object, v);
		}
		json_array_append(v, json_object_get(f, "text"));
	}
	return all;
}

static json_t *signers(struct gathering *g)
{
	const struct verify *v = g->r->v;
	json_t *all = json_array();

	for (size_t i = 0; i < v->nsigners; i++) {
		char fingerprint[PUBKEY_FINGERPRINT];
		json_t *o = json_object();

		pubkey_fingerprint(fingerprint, &v->signers[i].key);
		put(o, "fingerprint", fingerprint);
		put(o, "who", person(g, &v->signers[i].key));
		json_object_set_new(o, "n", json_integer(
			(json_int_t)v->signers[i].n));
		json_array_append_new(all, o);
	}
	return all;
}

json_t *report_data(struct report_data *r)
{
	struct gathering g = {
		.r = r, .arena = &r->c->arena, .store = r->p->store,
		.wrong = by_object(r->findings), .titles = json_object(),
	};
	const struct verify *v = r->v;
	json_t *o = json_object();
	char hex[SHA256_HEX] = "?";

	if (v->has_project)
		hex_encode(hex, v->project.strong.b, SHA256_LEN);
	put(o, "project", hex);
	json_object_set_new(o, "trusted", json_boolean(v->trust));
	json_object_set_new(o, "objects", json_integer(
		(json_int_t)v->objects));
	json_object_set_new(o, "commits", json_integer(
		(json_int_t)v->commits));
	if (v->unsigned_)
		json_object_set_new(o, "unsigned", json_integer(
			(json_int_t)v->unsigned_));
	json_object_set(o, "findings", r->findings);
	json_object_set_new(o, "found", json_boolean(
		json_array_size(r->findings)));
	/* Persons are the policies', titles the versions'. */
	json_object_set_new(o, "policies", policies(&g));
	json_object_set_new(o, "versions", versions(&g));
	json_object_set_new(o, "databases", databases(&g));
	json_object_set_new(o, "signers", signers(&g));
	json_decref(g.wrong);
	json_decref(g.titles);
	return o;
}
