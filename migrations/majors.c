/*
 * Translated versions, and what is remembered of them.
 *
 *	refs/schemastore/majors ─▶ tree
 *		postgresql-16		s1:<as stored> s1:<as there>, sorted
 *
 * It spares a scratch where nothing is changed; what is changed is compared
 * with what was really translated.
 */
#include "config.h"

#include "ss/majors.h"

#include <stdlib.h>

#include "ss/plan.h"

#define MAJORS_REF "refs/schemastore/majors"
#define LINE_LEN ((size_t)2 * SCHEMA_DIGEST_LEN)

static char *version_there(const struct in_database *in)
{
	struct buf b = BUF_INIT;
	char *s;

	in->db->engine->version(&b, in->conn);
	s = arena_strdup(in->arena, b.ptr);
	buf_release(&b);
	return s;
}

/* ---- what is remembered -------------------------------------------------- */

/* postgresql-16 */
static char *file_of(struct arena *a, const char *version)
{
	char *name = arena_strdup(a, version);

	for (char *p = name; *p; p++)
		if (*p == ' ')
			*p = '-';
	return name;
}

/* The ref's tree: 1, 0, -1 */
static int read_majors(struct tree *out, struct oid *id,
		       const struct in_database *in, struct err *err)
{
	struct store *s = in->project->store;
	int ret = ref_read(id, s, MAJORS_REF, err);

	out->n = 0;
	if (ret > 0 && tree_read(out, store_odb(s), id, in->arena, err))
		return -1;
	return ret;
}

static int read_file(struct buf *b, const struct in_database *in,
		     const struct tree_entry *e, struct err *err)
{
	return odb_read(b, store_odb(in->project->store), &e->oid, OBJECT_BLOB,
			err);
}

/* line = state " " state LF */
static const char *find_line(const struct buf *b, const char *state)
{
	for (size_t at = 0; at + LINE_LEN <= b->len; at += LINE_LEN)
		if (!memcmp(b->ptr + at, state, SCHEMA_DIGEST_LEN - 1))
			return b->ptr + at;
	return NULL;
}

/* The digest there of what is stored with this one: 1, 0, -1 */
static int is_remembered(char out[SCHEMA_DIGEST_LEN],
			 const struct in_database *in, const char *state,
			 struct err *err)
{
	const char *name = file_of(in->arena, version_there(in));
	struct buf b = BUF_INIT;
	const char *line = NULL;
	struct tree t;
	struct oid id;
	int ret = read_majors(&t, &id, in, err);

	for (size_t i = 0; ret >= 0 && i < t.n; i++)
		if (!t.v[i].dir && !strcmp(t.v[i].name, name))
			ret = read_file(&b, in, &t.v[i], err);
	if (ret >= 0)
		line = find_line(&b, state);
	if (line) {
		memcpy(out, line + SCHEMA_DIGEST_LEN, SCHEMA_DIGEST_LEN - 1);
		out[SCHEMA_DIGEST_LEN - 1] = '\0';
	}
	buf_release(&b);
	return ret < 0 ? -1 : line != NULL;
}

/* In its place among the lines. */
static void add_line(struct buf *out, const struct buf *b, const char *line)
{
	size_t at = 0;

	while (at + LINE_LEN <= b->len && memcmp(b->ptr + at, line,
						 LINE_LEN) < 0)
		at += LINE_LEN;
	buf_add(out, b->ptr, at);
	buf_addstr(out, line);
	buf_add(out, b->ptr + at, b->len - at);
}

static int write_majors(const struct in_database *in, const char *name,
			const char *line, struct err *err)
{
	struct tree_builder *tree = tree_builder_new(in->arena);
	struct odb *odb = store_odb(in->project->store);
	struct buf b = BUF_INIT, file = BUF_INIT;
	unsigned char n256[SHA256_LEN];
	struct oid was, now;
	struct tree t;
	int had = read_majors(&t, &was, in, err), ret = had < 0 ? -1 : 0;

	for (size_t i = 0; !ret && i < t.n; i++) {
		struct buf *to = strcmp(t.v[i].name, name) ? &b : &file;

		buf_truncate(&b, 0);
		ret = read_file(to, in, &t.v[i], err);
		if (to == &b)
			tree_add_blob(tree, t.v[i].name,
				      arena_memdup(in->arena, b.ptr, b.len),
				      b.len);
	}
	buf_truncate(&b, 0);
	add_line(&b, &file, line);
	tree_add_blob(tree, name, b.ptr, b.len);
	if (!ret && (tree_write(&now, n256, tree, odb, NULL, err) ||
		     odb_flush(odb, err) ||
		     ref_update(in->project->store, MAJORS_REF,
				had ? &was : NULL, &now, "translated", err)))
		ret = -1;
	buf_release(&b);
	buf_release(&file);
	return ret;
}

/* Where the store is only read, or somebody writes to it, it is for another
 * time. */
static void remember(const struct in_database *in, const char *state,
		     const struct schema *there)
{
	struct store *s = in->project->store;
	const char *line = arena_printf(in->arena, "%s %s\n", state,
					there->digest);
	char known[SCHEMA_DIGEST_LEN];
	struct err none = ERR_INIT;

	if (in->db->no_mirror || store_lock_for(s, 0, &none))
		return;
	if (!is_remembered(known, in, state, &none) &&
	    write_majors(in, file_of(in->arena, there->version), line, &none))
		odb_discard(store_odb(s));
	store_unlock(s);
}

/* ---- translating --------------------------------------------------------- */

static int load_there(struct schema *there, const struct plan *create,
		      struct project *p, const char *version, struct err *err)
{
	struct scratch_opts want = { .version = version };
	const struct engine *e = create->engine;
	struct conn *c;
	int ret = -1;

	if (e->scratch(&c, &want, err))
		return -1;
	if (!e->extend(c, project_extensions(p, e), err) &&
	    !e->exec(c, create->sql, err) && !e->read(c, there, NULL, err))
		ret = 0;
	else
		err_wrap(err, "translating a version from %s to %s",
			 create->to->version, version);
	e->close(c);
	return ret;
}

int schema_translate(struct schema *s, struct project *p,
		     const struct engine *e, const char *version,
		     struct err *err)
{
	struct plan_opts opts = { .extensions = project_extensions(p, e) };
	struct schema empty, there;
	struct plan create;
	int ret = -1;

	schema_init(&empty, e->spelling, s->arena);
	schema_init(&there, e->spelling, s->arena);
	if (schema_seal(&empty, err) ||
	    plan_make(&create, e, &empty, s, &opts, s->arena, err) ||
	    load_there(&there, &create, p, version, err))
		goto out;
	there.settings = s->settings;
	schema_compute_digest(&there);
	if (schema_inherit(&there, s, NULL, 0, err))
		goto out;
	schema_release(s);
	*s = there;
	schema_init(&there, e->spelling, s->arena);
	ret = 0;
out:
	schema_release(&empty);
	schema_release(&there);
	return ret;
}

static bool fits(const struct schema *s, const struct in_database *in)
{
	return !in->db->engine->by_version || !s->version ||
	       !strcmp(s->version, version_there(in));
}

static int not_as_named(const struct commit *c, struct err *err)
{
	err_set(err, ERR_DAMAGED, "the schema of version '%s' is not the one "
		"that its commit names", c->subject);
	return err_hint(err, "run 'schemastore fsck'");
}

int version_schema_in(struct schema *out, const struct in_database *in,
		      const struct commit *c, struct err *err)
{
	const struct engine *e = in->db->engine;
	char state[SCHEMA_DIGEST_LEN];

	if (version_schema_read(out, in->project->store, c, e->name,
				e->spelling, in->arena, err))
		return -1;
	schema_digest(state, out);
	if (strcmp(state, version_state(c, e->name)))
		return not_as_named(c, err);
	if (fits(out, in))
		return 0;
	if (schema_translate(out, in->project, e, version_there(in), err))
		return -1;
	if (!in->project->doubts)
		remember(in, state, out);
	return 0;
}

int version_state_in(char out[SCHEMA_DIGEST_LEN], const struct in_database *in,
		     const struct commit *c, struct err *err)
{
	const struct engine *e = in->db->engine;
	const char *state = version_state(c, e->name);
	struct schema s;
	int ret;

	if (version_reading(&s, in->project->store, c, e->name, e->spelling,
			    in->arena, err))
		return -1;
	if (state && fits(&s, in)) {
		memcpy(out, state, SCHEMA_DIGEST_LEN);
		return 0;
	}
	ret = state && !in->project->doubts ?
	      is_remembered(out, in, state, err) : 0;
	if (ret)
		return ret < 0 ? -1 : 0;
	ret = version_schema_in(&s, in, c, err);
	if (!ret)
		schema_digest(out, &s);
	schema_release(&s);
	return ret;
}

/* ---- reading ------------------------------------------------------------- */

int version_read_opts(struct read_opts *out, struct project *p,
		      const struct commit *c, const struct engine *e,
		      struct arena *a, struct err *err)
{
	struct schema s;

	*out = project_read_opts(p, e);
	if (version_reading(&s, p->store, c, e->name, e->spelling, a, err))
		return -1;
	out->search_path = NULL;
	for (size_t i = 0; i < s.settings.n; i++)
		if (str_starts(s.settings.v[i], SETTING_SEARCH_PATH))
			out->search_path = s.settings.v[i] +
					   strlen(SETTING_SEARCH_PATH);
	return 0;
}
