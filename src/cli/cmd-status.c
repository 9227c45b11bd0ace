#include "config.h"

#include "cli/cmd.h"

#include "ss/file.h"

struct status_args {
	bool check;
};

static const struct opt status_opts[] = {
	{ "check", 0, OPT_FLAG, offsetof(struct status_args, check), NULL,
	  "exit with 1 unless everything is at the tip" },
};

/* Does the version keep exactly these source texts? */
static int same_source(bool *same, struct ctx *c, const struct commit *tip,
		       const struct source *src, struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = 0;

	*same = true;
	for (size_t i = 0; i < src->n && *same && ret >= 0; i++) {
		const struct source_file *f = &src->files[i];

		buf_truncate(&b, 0);
		ret = version_file(&b, c->project.store, tip,
				   version_source_path(&c->arena, f->name),
				   &c->arena, err);
		*same = ret > 0 && b.len == f->len &&
			!memcmp(b.ptr, f->text, f->len);
	}
	buf_release(&b);
	return ret < 0 ? -1 : 0;
}

/* NULL: the source is as committed; else what differs. */
static int source_state(const char **out, struct ctx *c,
			const struct commit *tip, struct err *err)
{
	struct project *p = &c->project;
	const char *path = conf_get(&p->conf, "schemastore.source");
	struct state from = { .type = STATE_VERSION, .engine = p->engine };
	struct state to = { .type = STATE_SOURCE, .engine = p->engine };
	bool same, partial;
	struct diff d;
	int ret = -1;

	*out = NULL;
	if (!path)
		return 0;
	path = path_join(&c->arena, p->dir, path);
	if (!file_exists(path) && !dir_exists(path)) {
		*out = arena_printf(&c->arena, "'%s' is missing", path);
		return 0;
	}
	if (source_read(&to.source, path, &c->arena, err) ||
	    same_source(&same, c, tip, &to.source, err))
		return -1;
	if (same)
		return 0;
	from.version = *tip;
	if (!state_pair(&from, &to, p, NULL, 0, &partial, err)) {
		schema_diff(&d, &from.schema, &to.schema, 0, &c->arena);
		*out = d.n ? diff_summary(&c->arena, &d) : NULL;
		ret = 0;
	}
	state_close(&from);
	state_close(&to);
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

static int show_databases(struct ctx *c, const struct commit *tip, json_t *all,
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

		if (project_database(&db, p, names.v[i], err) ||
		    place_read(&at, p, &db, tip, false, &c->arena, err))
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

static int run_status(struct ctx *c, void *args, struct err *err)
{
	struct status_args *a = args;
	struct store *s = c->project.store;
	const char *ref, *branch, *source;
	struct commit tip;
	bool at_tip = true;
	json_t *all;
	int ret;

	if (head_ref(&ref, s, &c->arena, err))
		return -1;
	branch = ref + strlen("refs/heads/");
	ret = ref_read(&tip.oid, s, ref, err);
	if (ret <= 0)
		return ret ? -1 : unborn(c, branch);
	if (store_commit(&tip, s, &tip.oid, &c->arena, err) ||
	    source_state(&source, c, &tip, err))
		return -1;
	all = json_array();
	if (!c->global.json) {
		out_addf(c, COLOR_NONE, "on branch %s\nat %s\n", branch,
			 version_title(c, &tip));
		if (conf_get(&c->project.conf, "schemastore.source"))
			out_addf(c, source ? COLOR_YELLOW : COLOR_NONE,
				 "source: %s\n", source ? source :
				 "as committed");
	}
	if (show_databases(c, &tip, all, &at_tip, err)) {
		json_decref(all);
		return -1;
	}
	if (a->check && (source || !at_tip))
		c->status = 1;
	if (!c->global.json) {
		json_decref(all);
		return 0;
	}
	out_json(c, json_pack("{s:o, s:o, s:o, s:o}", "branch",
			      json_text(branch), "tip", json_version(c, &tip),
			      "source", json_text(source), "databases",
			      all));
	return 0;
}

const struct cmd cmd_status = {
	.name = "status",
	.summary = "Show where the source and the databases stand",
	.usage = "[--check] [DATABASE]...",
	.needs = NEED_STORE,
	.max_args = 99,
	.opts = status_opts,
	.nopts = ARRAY_LEN(status_opts),
	.args_size = sizeof(struct status_args),
	.run = run_status,
};
