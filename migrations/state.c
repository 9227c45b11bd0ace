/*
 * What a word on the command line names, and its schema.
 */
#include "config.h"

#include "ss/state.h"

#include <stdlib.h>

#include "ss/apply.h"
#include "ss/file.h"
#include "ss/majors.h"

static int find_database(struct state *s, struct project *p, const char *text,
			 struct err *err)
{
	s->type = STATE_DATABASE;
	if (project_database(&s->database, p, text, err))
		return -1;
	s->engine = s->database.engine;
	return 0;
}

int state_open_database(struct state *s, struct project *p, const char *text,
			struct err *err)
{
	memset(s, 0, sizeof(*s));
	s->label = text;
	return find_database(s, p, text, err) ||
	       database_open(&s->conn, &s->database, CONN_READ, err) ? -1 : 0;
}

/* @NAME: the version that this database is at. */
static int open_version_of(struct state *s, struct project *p,
			   const char *name, struct err *err)
{
	struct database db;
	struct ledger l;
	struct conn *c;
	int ret = -1;

	if (project_database(&db, p, name, err) || project_store(p, err) ||
	    database_open(&c, &db, CONN_READ, err))
		return -1;
	if (ledger_read(&l, c, &db, p->arena, err))
		goto out;
	s->engine = db.engine;
	s->type = l.placed ? STATE_VERSION : STATE_EMPTY;
	ret = l.placed ? version_by_strong(&s->version, p->store, &l.version,
					   p->arena, err) : 0;
out:
	db.engine->close(c);
	return ret;
}

int version_named(struct commit *out, struct project *p, const char *text,
		  struct err *err)
{
	struct state s = { 0 };
	struct oid id;

	if (*text != '@' || !text[1])
		return revision_parse(&id, p->store, text, err) ||
		       store_commit(out, p->store, &id, p->arena, err) ? -1 :
		       0;
	if (open_version_of(&s, p, text + 1, err))
		return -1;
	if (s.type != STATE_VERSION)
		return err_set(err, ERR_USAGE, "database '%s' is at no "
			       "version", text + 1);
	*out = s.version;
	return 0;
}

/* 1 it is one, 0 no such revision, -1 */
static int open_revision(struct state *s, struct project *p, const char *text,
			 struct err *err)
{
	struct err failed = ERR_INIT;
	struct oid id;

	if (!dir_exists(p->store_path))
		return 0;
	if (project_store(p, err))
		return -1;
	if (revision_parse(&id, p->store, text, &failed)) {
		if (failed.code == ERR_USAGE &&
		    !strstr(failed.text, "ambiguous"))
			return 0;
		*err = failed;
		return -1;
	}
	s->type = STATE_VERSION;
	return store_commit(&s->version, p->store, &id, p->arena, err) ? -1 :
	       1;
}

static bool is_configured(struct project *p, const char *text)
{
	return conf_get(&p->conf, arena_printf(p->arena, "database.%s.url",
					       text));
}

static int no_such(const char *text, struct err *err)
{
	err_set(err, ERR_USAGE, "'%s' is no version, file, folder or database",
		text);
	return err_hint(err, "'schemastore log' lists versions; a database "
			"is sqlite:PATH or a configured name");
}

static bool is_database(struct project *p, const char *path)
{
	for (size_t i = 0; i < p->engines.n; i++)
		if (p->engines.v[i]->recognizes(path))
			return true;
	return false;
}

int state_find(struct state *out, struct project *p, const char *text,
	       struct err *err)
{
	int ret;

	memset(out, 0, sizeof(*out));
	out->label = text;
	if (!strcmp(text, "-"))
		return 0;
	if (engine_of_url(text))
		return find_database(out, p, text, err);
	if (*text == '@' && text[1])
		return open_version_of(out, p, text + 1, err);
	ret = open_revision(out, p, text, err);
	if (ret < 0)
		return -1;
	if (ret && (file_exists(text) || dir_exists(text))) {
		err_set(err, ERR_USAGE, "'%s' is a version and a file", text);
		return err_hint(err, "write ./%s for the file", text);
	}
	if (ret)
		return 0;
	if (is_configured(p, text))
		return find_database(out, p, text, err);
	if (!source_exists(text))
		return no_such(text, err);
	if (file_exists(text) && is_database(p, text))
		return find_database(out, p, text, err);
	out->type = STATE_SOURCE;
	out->path = text;
	return 0;
}

int state_open(struct state *out, const struct state *found,
	       struct project *p, const struct engine *engine,
	       struct err *err)
{
	const struct source_how how = project_how(p, engine);

	*out = *found;
	out->engine = engine;
	switch (out->type) {
	case STATE_DATABASE:
		return database_open(&out->conn, &out->database, CONN_READ,
				     err);
	case STATE_SOURCE:
		return out->path ? source_read(&out->source, out->path, &how,
					       p->arena, err) :
		       project_source_read(&out->source, p, engine, err);
	default:
		return 0;
	}
}

int state_read(struct state *s, struct project *p, struct err *err)
{
	struct read_opts opts = project_read_opts(p, s->engine);
	struct arena *a = p->arena;
	int ret;

	if (s->has_schema)
		return 0;
	opts.like = s->like;
	opts.only_like = s->only_like;
	schema_init(&s->schema, s->engine->spelling, a);
	switch (s->type) {
	case STATE_VERSION:
		ret = version_schema_read(&s->schema, p->store, &s->version,
					  s->engine->name, s->engine->spelling,
					  a, err);
		break;
	case STATE_SOURCE:
		ret = source_schema(&s->schema, &s->source, s->engine,
				    &opts, a, err);
		break;
	case STATE_DATABASE:
		ret = database_read(&s->schema, p, s->conn, &s->database,
				    &opts, err);
		break;
	default:
		ret = schema_seal(&s->schema, err);
	}
	s->has_schema = !ret;
	return ret;
}

/* What two majors print each in its own way is no difference: a version is
 * taken to the other side's. */
static int one_major(struct state *from, struct state *to, struct project *p,
		     struct err *err)
{
	const char *a = from->schema.version, *b = to->schema.version;

	if (!from->engine->by_version || !a || !b || !strcmp(a, b))
		return 0;
	if (from->type == STATE_VERSION && to->type != STATE_VERSION)
		return schema_translate(&from->schema, p, from->engine, b,
					err);
	if (to->type == STATE_VERSION && from->type != STATE_VERSION)
		return schema_translate(&to->schema, p, to->engine, a, err);
	if (p->note)
		p->note(arena_printf(p->arena, "'%s' is of %s and '%s' of %s: "
				     "what these print each in its own way is "
				     "taken for a change", from->label, a,
				     to->label, b));
	return 0;
}

static void be_like(struct state *s, const struct state *other)
{
	s->like = other->schema.version;
	s->only_like = other->type == STATE_DATABASE;
}

int state_read_both(struct state *from, struct state *to, struct project *p,
		    struct err *err)
{
	struct state *first = from->type == STATE_SOURCE ? to : from;
	struct state *second = first == to ? from : to;

	if (state_read(first, p, err))
		return -1;
	be_like(second, first);
	return state_read(second, p, err) || one_major(from, to, p, err) ? -1 :
	       0;
}

/* Only what differs, where both are stored, nothing is renamed, and nobody has
 * asked for the whole (a proof needs it). */
static int read_partial(struct state *from, struct state *to,
			struct project *p, bool *partial, struct err *err)
{
	struct diff d;

	*partial = false;
	if (from->type != STATE_VERSION || to->type != STATE_VERSION ||
	    from->has_schema || to->has_schema)
		return 0;
	if (version_schemas_diff(&from->schema, &to->schema, p->store,
				 &from->version, &to->version,
				 from->engine->name, from->engine->spelling,
				 p->arena, err))
		return -1;
	schema_diff(&d, &from->schema, &to->schema, 0, p->arena);
	*partial = !diff_renames(&d);
	if (!*partial) {
		schema_release(&from->schema);
		schema_release(&to->schema);
	}
	return 0;
}

/* From the version that it is at. */
static int inherit_own(struct state *s, struct project *p, struct err *err)
{
	struct schema own;
	int ret;

	if (!s->placed)
		return 0;
	ret = version_schema_read(&own, p->store, &s->version,
				  s->engine->name, s->engine->spelling,
				  p->arena, err) ||
	      schema_inherit(&s->schema, &own, NULL, 0, err) ? -1 : 0;
	schema_release(&own);
	return ret;
}

static bool knows(const struct state *s)
{
	return s->type == STATE_VERSION || s->placed;
}

/* A version knows where its nodes come from, and a database that is at one has
 * it from there; what was read from elsewhere takes that over, by name and by
 * the declared renames. */
static int inherit(struct state *from, struct state *to, struct project *p,
		   const struct rename *renames, size_t n, struct err *err)
{
	if (inherit_own(from, p, err) || inherit_own(to, p, err))
		return -1;
	if (knows(from) && knows(to))
		return 0;
	if (knows(to))
		return schema_inherit(&from->schema, &to->schema, NULL, 0,
				      err);
	return schema_inherit(&to->schema, &from->schema, renames, n, err);
}

int state_pair(struct state *from, struct state *to, struct project *p,
	       const struct rename *renames, size_t nrenames, bool *partial,
	       struct err *err)
{
	if (read_partial(from, to, p, partial, err))
		return -1;
	if (*partial) {
		from->has_schema = to->has_schema = true;
		return one_major(from, to, p, err);
	}
	if (state_read_both(from, to, p, err))
		return -1;
	return inherit(from, to, p, renames, nrenames, err);
}

static int read_again(struct state *s, struct project *p, struct err *err)
{
	if (s->has_schema)
		schema_release(&s->schema);
	s->has_schema = false;
	return state_read(s, p, err);
}

int state_whole(struct state *from, struct state *to, struct project *p,
		struct err *err)
{
	return read_again(from, p, err) || read_again(to, p, err) ? -1 : 0;
}

void state_close(struct state *s)
{
	way_release(&s->way);
	if (s->has_schema)
		schema_release(&s->schema);
	if (s->conn)
		s->engine->close(s->conn);
}
