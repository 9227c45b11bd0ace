#include "config.h"

#include "cli/cmd.h"

#include "ss/open-merge.h"

struct status_args {
	const char *engine;
	bool check;
};

static const struct opt status_opts[] = {
	OPT_ENGINE(struct status_args),
	{ "check", 0, OPT_FLAG, offsetof(struct status_args, check), NULL,
	  "exit with 1 unless everything is at the tip" },
};

static bool has_file(struct ctx *c, const struct version_file *v, size_t n,
		     const struct source_file *f)
{
	const char *name = version_source_name(&c->arena, f->name);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].path, name))
			return v[i].len == f->len &&
			       !memcmp(v[i].ptr, f->text, f->len);
	return false;
}

/* Does the version keep exactly these source texts? */
static int same_source(bool *same, struct ctx *c, const struct commit *tip,
		       const struct source *src, const struct engine *e,
		       struct err *err)
{
	struct version_file *v;
	size_t n;

	if (version_sources(&v, &n, c->project.store, tip, e->name, &c->arena,
			    err))
		return -1;
	*same = src->n == n && version_state(tip, e->name);
	for (size_t i = 0; i < src->n && *same; i++)
		*same = has_file(c, v, n, &src->files[i]);
	return 0;
}

/* NULL: the source is as committed; else what differs. */
static int source_state(const char **out, struct ctx *c,
			const struct commit *tip, const struct engine *e,
			struct err *err)
{
	struct project *p = &c->project;
	const char *path = project_source(p, e);
	struct state from = { .type = STATE_VERSION, .engine = e };
	struct state to = { .type = STATE_SOURCE, .engine = e };
	bool same, partial;
	struct diff d;
	int ret = -1;

	*out = NULL;
	if (!path)
		return 0;
	if (!source_exists(path)) {
		*out = arena_printf(&c->arena, "'%s' is missing", path);
		return 0;
	}
	if (project_source_read(&to.source, p, e, err) ||
	    same_source(&same, c, tip, &to.source, e, err))
		return -1;
	if (same)
		return 0;
	from.version = *tip;
	if (!state_pair(&from, &to, p, NULL, 0, &partial, err)) {
		schema_diff(&d, &from.schema, &to.schema, 0, &c->arena);
		*out = d.n ? diff_summary(&c->arena, &d) :
		       version_state(tip, e->name) ? NULL :
		       "not in the version yet";
		ret = 0;
	}
	state_close(&from);
	state_close(&to);
	return ret;
}

/* "source: as committed", or "source postgres: 1 added" where there are
 * several. */
static int show_sources(json_t **out, struct ctx *c, const struct commit *tip,
			const struct engines *engines, bool *same,
			struct err *err)
{
	struct parts parts = parts_of(c, engines);
	bool many = engines->n > 1;
	int ret = 0;

	for (size_t i = 0; i < engines->n && !ret; i++) {
		const struct engine *e = engines->v[i];
		const char *text;

		ret = source_state(&text, c, tip, e, err);
		if (ret) {
			ret = many ? err_wrap(err, "%s", e->name) : -1;
			break;
		}
		*same &= !text;
		parts.engine = e;
		part_json(&parts, json_text(text));
		if (!c->global.json && project_source(&c->project, e))
			out_addf(c, text ? COLOR_YELLOW : COLOR_NONE,
				 "source%s%s: %s\n", many ? " " : "",
				 many ? e->name : "", text ? text :
				 "as committed");
	}
	if (!ret)
		*out = parts_json(&parts);
	parts_close(&parts);
	return ret;
}

static const char *place_text(struct ctx *c, const struct place *at)
{
	static const char *const words[] = {
		[PLACE_MISSING] = "no database yet",
		[PLACE_NOWHERE] = "no ledger: at no version that is known",
		[PLACE_UNKNOWN] = "at a version that this store does not have",
		[PLACE_HERE] = "at the tip",
		[PLACE_BEHIND] = "behind",
		[PLACE_AHEAD] = "ahead",
		[PLACE_ASIDE] = "aside",
	};
	const struct standing *st = &at->standing;

	if (st->trouble && !st->known)
		return st->trouble->text;
	if (at->where == PLACE_NOWHERE && st->ledger.exists)
		return "at no version";
	if (at->where <= PLACE_HERE)
		return words[at->where];
	return arena_printf(&c->arena, "at %s, %zu version%s %s",
			    version_title(c, &st->version), at->way.edges,
			    at->way.edges == 1 ? "" : "s", words[at->where]);
}

static int show_databases(struct ctx *c, const struct commit *tip,
			  const struct engines *engines, json_t *all,
			  bool *at_tip, struct err *err)
{
	struct project *p = &c->project;
	struct list names = conf_subs(&p->conf, "database", &c->arena);

	if (c->args.n)
		names = c->args;
	for (size_t i = 0; i < names.n; i++) {
		struct database db;
		struct place at;
		const char *text;
		bool at_it;
		json_t *v;

		if (project_database(&db, p, names.v[i], err))
			return -1;
		if (engines && !engines_have(engines, db.engine))
			continue;
		if (place_read(&at, p, &db, tip, false, &c->arena, err))
			return -1;
		text = place_text(c, &at);
		at_it = at.where == PLACE_HERE && !at.standing.trouble;
		if (at.standing.trouble && at.standing.known)
			text = arena_printf(&c->arena, "%s; but %s", text,
					    at.standing.trouble->text);
		*at_tip &= at_it;
		v = json_object();
		json_object_set_new(v, "name", json_text(db.name));
		json_object_set_new(v, "url", json_text(db.shown));
		json_object_set_new(v, "state", json_text(text));
		json_object_set_new(v, "at_tip", json_boolean(at_it));
		json_array_append_new(all, v);
		if (!c->global.json)
			out_addf(c, COLOR_NONE, "database %s: %s\n", db.name,
				 text);
	}
	return 0;
}

static int unborn(struct ctx *c, const char *branch)
{
	if (c->global.json)
		out_json(c, json_pack("{s:o, s:n}", "branch",
				      json_text(branch), "tip"));
	else
		out_addf(c, COLOR_NONE, "on branch %s, no version yet\n"
			 "make the first: schemastore commit -m \"First "
			 "version\"\n", branch);
	return 0;
}

/* The merge that is open; NULL: none is. */
static int show_merge(json_t **out, struct ctx *c, struct err *err)
{
	struct store *s = c->project.store;
	struct err stale = ERR_INIT;
	struct open_merge o;
	struct commit theirs;
	int ret = open_merge_read(&o, s, &c->arena, err);

	*out = json_null();
	if (ret <= 0)
		return ret;
	if (store_commit(&theirs, s, &o.theirs, &c->arena, err))
		return -1;
	(void)!open_merge_check(&o, s, &c->arena, &stale);
	if (c->global.json) {
		*out = json_pack("{s:o, s:o, s:i, s:o}", "name",
				 json_text(o.name), "version",
				 json_version(c, &theirs), "settled",
				 (int)o.nchoices, "stale", stale.code ?
				 json_text(stale.text) : json_null());
		return 0;
	}
	out_addf(c, COLOR_YELLOW, "a merge of '%s' is open, %s settled\n",
		 o.name, counted(&c->arena, o.nchoices, "node"));
	if (stale.code)
		out_addf(c, COLOR_RED, "  %s\n  %s\n", stale.text,
			 stale.hint);
	else
		out_addf(c, COLOR_NONE, "  'schemastore conflicts' lists what "
			 "is left, 'schemastore resolve' settles it;\n  then "
			 "'schemastore merge --continue', or 'merge --abort' "
			 "to give it up\n");
	return 0;
}

static int show_all(struct ctx *c, const struct status_args *a,
		    const char *branch, const struct commit *tip,
		    struct err *err)
{
	json_t *source = NULL, *merge = NULL, *all = json_array();
	bool same = true, at_tip = true;
	struct engines engines;
	int ret = -1;

	if (project_engines(&engines, &c->project, a->engine, err))
		goto out;
	if (!c->global.json)
		out_addf(c, COLOR_NONE, "on branch %s\nat %s\n", branch,
			 version_title(c, tip));
	if (show_merge(&merge, c, err) ||
	    show_sources(&source, c, tip, &engines, &same, err) ||
	    show_databases(c, tip, a->engine ? &engines : NULL, all, &at_tip,
			   err))
		goto out;
	if (a->check && !(same && at_tip))
		c->status = 1;
	if (c->global.json)
		out_json(c, json_pack("{s:o, s:o, s:O, s:O, s:O}", "branch",
				      json_text(branch), "tip",
				      json_version(c, tip), "merge", merge,
				      "source", source, "databases", all));
	ret = 0;
out:
	json_decref(source);
	json_decref(merge);
	json_decref(all);
	return ret;
}

static int run_status(struct ctx *c, void *args, struct err *err)
{
	struct store *s = c->project.store;
	const char *ref, *branch;
	struct commit tip;
	int ret;

	if (head_ref(&ref, s, &c->arena, err))
		return -1;
	branch = ref + strlen("refs/heads/");
	ret = ref_read(&tip.oid, s, ref, err);
	if (ret <= 0)
		return ret ? -1 : unborn(c, branch);
	if (store_commit(&tip, s, &tip.oid, &c->arena, err))
		return -1;
	return show_all(c, args, branch, &tip, err);
}

const struct cmd cmd_status = {
	.name = "status",
	.summary = "Show where the source and the databases stand",
	.usage = "[--engine NAME] [--check] [DATABASE]...",
	.needs = NEED_STORE,
	.max_args = 99,
	.opts = status_opts,
	.nopts = ARRAY_LEN(status_opts),
	.args_size = sizeof(struct status_args),
	.run = run_status,
};
