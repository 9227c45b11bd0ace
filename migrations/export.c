/*
 * Versions as another tool's migrations.
 *
 *	tip ─▶ first parents ─▶ edges ─▶ names, files
 *
 * Names and numbers are counted from the first version on, whatever the range
 * is, so that what is written later goes on.
 */
#include "config.h"

#include "ss/export.h"

#include <stdlib.h>

#include "ss/imported.h"

static void turn_round(struct commit *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct commit one = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = one;
	}
}

/* Is it one of those, or nothing? */
static int check_from(const struct commit *v, size_t n,
		      const struct export_opts *o, struct err *err)
{
	if (!o->from || o->from->kind != COMMIT_SCHEMA)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (oid_equal(&v[i].oid, &o->from->oid))
			return 0;
	err_set(err, ERR_USAGE, "'%s' is no ancestor of '%s' by first parents",
		o->from->subject, o->to->subject);
	return err_hint(err, "what a merge has brought is one migration of the "
			"branch that took it: begin before that");
}

int export_range(struct commit **out, size_t *n, struct project *p,
		 const struct export_opts *o, struct arena *a,
		 struct err *err)
{
	struct commit c = *o->to, *v = NULL;
	size_t cap = 0;

	*n = 0;
	while (c.kind == COMMIT_SCHEMA) {
		if (version_state(&c, o->engine->name))
			*ARENA_PUSH(a, v, *n, cap) = c;
		if (store_commit(&c, p->store, &c.parents[0].oid, a, err))
			return -1;
	}
	turn_round(v, *n);
	*out = v;
	if (!*n)
		return err_set(err, ERR_USAGE, "'%s' has no schema for %s",
			       o->to->subject, o->engine->name);
	return check_from(v, *n, o, err);
}

int export_edge(struct edge *out, struct project *p, const struct commit *v,
		const struct engine *e, struct arena *a, struct err *err)
{
	if (commit_edge_find(v, 0, e->name))
		return edge_read(out, p->store, v, 0, e->name, a, err);
	return err_set(err, ERR_REFUSED, "version '%s' has no SQL that leads "
		       "to it from its first parent", v->subject);
}

struct exporting {
	struct project *project;
	const struct export_opts *opts;
	struct export_result *out;
	struct history_writing writing;
	struct imported *imported;
	size_t nimported;
};

/* What it was called by the tool, where it came from there. */
static void take_imported(struct exporting *x, struct history_out *m,
			  const struct commit *v)
{
	for (size_t i = 0; i < x->nimported; i++) {
		const struct imported *was = &x->imported[i];

		if (!oid_equal(&was->version, &v->oid) ||
		    strcmp(was->format, x->opts->format))
			continue;
		m->stem = v->subject;
		m->number = was->number;
	}
}

static int export_one(struct exporting *x, const struct commit *v, bool wanted,
		      struct err *err)
{
	struct arena *a = x->writing.arena;
	struct history_out m = {
		.title = v->subject, .time = v->committer.time,
		.author = v->author.name, .email = v->author.email,
	};
	const struct history_writing was = x->writing;
	struct edge edge;

	if (export_edge(&edge, x->project, v, x->opts->engine, a, err))
		return -1;
	take_imported(x, &m, v);
	m.up = edge.up.len ? arena_strndup(a, edge.up.ptr, edge.up.len) : "";
	if (edge.down.ptr)
		m.down = arena_strndup(a, edge.down.ptr, edge.down.len);
	if (!*m.up && !m.stem) {
		x->out->skipped += wanted;
		return 0;
	}
	if (history_write(&x->writing, &m))
		return -1;
	if (!wanted) {
		x->writing.n = was.n;
		x->writing.lines.n = was.lines.n;
		x->writing.brackets = was.brackets;
		return 0;
	}
	x->out->written++;
	list_add(a, &x->out->files, m.stem);
	if (!m.down && x->writing.layout->downs)
		list_add(a, &x->out->no_way_back, m.stem);
	return 0;
}

static const char *project_word(struct project *p, struct arena *a)
{
	char *full = realpath(p->dir, NULL);
	const char *slash = full ? strrchr(full, '/') : NULL;
	char *name = arena_strdup(a, slash && slash[1] ? slash + 1 : "schema");

	for (char *c = name; *c; c++)
		if (!is_word_byte((unsigned char)*c) ||
		    (unsigned char)*c >= 0x80)
			*c = '_';
	free(full);
	return name;
}

static int find_layout(struct exporting *x, struct err *err)
{
	const struct export_opts *o = x->opts;

	x->out->layout = history_layout_find(o->format);
	if (x->out->layout)
		return 0;
	err_set(err, ERR_USAGE, "'%s' is no format that migrations are written "
		"in", o->format);
	return err_hint(err, "one of: %s",
			history_layout_names(x->writing.arena));
}

static int export_all(struct exporting *x, const struct commit *v, size_t n,
		      struct err *err)
{
	const struct commit *from = x->opts->from;
	bool wanted = !from || from->kind != COMMIT_SCHEMA;

	for (size_t i = 0; i < n; i++) {
		if (export_one(x, &v[i], wanted, err))
			return -1;
		wanted |= from && oid_equal(&v[i].oid, &from->oid);
	}
	x->out->brackets = x->writing.brackets;
	return history_write_end(&x->writing);
}

int export_sql(struct export_result *out, struct project *p,
	       const struct export_opts *o, struct arena *a, struct err *err)
{
	struct exporting x = {
		.project = p, .opts = o, .out = out,
		.writing = {
			.engine = o->engine, .dir = o->dir, .arena = a,
			.err = err,
		},
	};
	struct commit *v;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (find_layout(&x, err))
		return -1;
	x.writing.layout = out->layout;
	x.writing.project = project_word(p, a);
	return export_range(&v, &n, p, o, a, err) ||
	       imported_list(&x.imported, &x.nimported, p->store, &o->to->oid,
			     o->engine, a, err) ||
	       export_all(&x, v, n, err) ? -1 : 0;
}
