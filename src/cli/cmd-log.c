#include "config.h"

#include "cli/cmd.h"

#include "ss/kinds.h"

struct log_args {
	const char *engine;
	bool graph;
	bool oneline;
	bool all;
	bool show_signature;
	const char *number;
};

static const struct opt log_opts[] = {
	OPT_ENGINE(struct log_args),
	{ "graph", 0, OPT_FLAG, offsetof(struct log_args, graph), NULL,
	  "draw how versions hang together" },
	{ "oneline", 0, OPT_FLAG, offsetof(struct log_args, oneline), NULL,
	  "a line each" },
	{ "all", 0, OPT_FLAG, offsetof(struct log_args, all), NULL,
	  "of every branch and tag" },
	{ "show-signature", 0, OPT_FLAG,
	  offsetof(struct log_args, show_signature), NULL,
	  "whose key has signed each, and whether it is so" },
	{ "number", 'n', OPT_TEXT, offsetof(struct log_args, number), "N",
	  "at most N versions" },
};

/* The graph's columns: which version each one waits for. */
struct graph {
	struct oid lanes[64];
	size_t n;
};

/* What stands around a version. */
struct shown {
	const char *lanes;
	const struct ref *refs;
	size_t nrefs;
	json_t *json;		/* the list of all */
};

static size_t lane_of(struct graph *g, const struct oid *id)
{
	size_t i = 0;

	while (i < g->n && !oid_equal(&g->lanes[i], id))
		i++;
	if (i == g->n && g->n < ARRAY_LEN(g->lanes))
		g->lanes[g->n++] = *id;
	return i < ARRAY_LEN(g->lanes) ? i : ARRAY_LEN(g->lanes) - 1;
}

static const char *draw(struct graph *g, struct ctx *c,
			const struct commit *v)
{
	size_t at = lane_of(g, &v->oid), kept = 0;
	struct buf b = BUF_INIT;
	char *s;

	for (size_t i = 0; i < g->n; i++)
		buf_addstr(&b, i == at ? "* " : "| ");
	/* The lane goes on to the first parent; further ones open lanes. */
	if (v->nparents)
		g->lanes[at] = v->parents[0].oid;
	for (size_t i = 1; i < v->nparents; i++)
		lane_of(g, &v->parents[i].oid);
	for (size_t i = 0; i < g->n; i++) {
		bool twice = false;

		for (size_t k = 0; k < kept; k++)
			twice |= oid_equal(&g->lanes[k], &g->lanes[i]);
		if (!twice)
			g->lanes[kept++] = g->lanes[i];
	}
	g->n = kept;
	s = arena_strdup(&c->arena, b.ptr);
	buf_release(&b);
	return s;
}

static const char *decoration(struct ctx *c, const struct ref *refs, size_t n,
			      const struct oid *id)
{
	struct buf b = BUF_INIT;
	char *s;

	for (size_t i = 0; i < n; i++) {
		const char *name = refs[i].name;

		if (!oid_equal(&refs[i].oid, id))
			continue;
		if (str_starts(name, "refs/heads/"))
			name += strlen("refs/heads/");
		else if (str_starts(name, "refs/remotes/"))
			name += strlen("refs/remotes/");
		else if (str_starts(name, "refs/tags/"))
			name = arena_printf(&c->arena, "tag: %s", name +
					    strlen("refs/tags/"));
		else
			continue;
		buf_addf(&b, "%s%s", b.len ? ", " : " (", name);
	}
	if (b.len)
		buf_addch(&b, ')');
	s = arena_strdup(&c->arena, b.ptr);
	buf_release(&b);
	return s;
}

/* 1 one of the named objects differs from the parent's, 0, -1 */
static int touches_in(struct ctx *c, const struct commit *v,
		      const struct commit *parent, const struct engine *e,
		      struct err *err)
{
	struct schema from, to;
	bool hit = false;

	if (version_schemas_diff(&from, &to, c->project.store, parent, v,
				 e->name, e->spelling, &c->arena, err))
		return -1;
	for (size_t i = 0; i < c->paths.n; i++)
		hit |= schema_find_relation(&from, c->paths.v[i]) ||
		       schema_find_relation(&to, c->paths.v[i]);
	schema_release(&from);
	schema_release(&to);
	return hit;
}

static int touches(struct ctx *c, const struct commit *v,
		   const struct engines *engines, struct err *err)
{
	struct commit parent;
	int hit = 0;

	if (!c->paths.n)
		return 1;
	if (store_commit(&parent, c->project.store, &v->parents[0].oid,
			 &c->arena, err))
		return -1;
	for (size_t i = 0; i < engines->n && !hit; i++)
		hit = touches_in(c, v, &parent, engines->v[i], err);
	return hit;
}

/* 1 "good", 0 "bad"; without a signature it is 1 "none" */
static int signature(const char **word, struct ctx *c, const struct commit *v,
		     struct err *err)
{
	int ret = v->is_signed ? commit_verify(v, err) : 1;

	*word = !v->is_signed ? "none" : ret ? "good" : "bad";
	if (!ret)
		c->status = 1;
	return ret;
}

/* "Signature: good, ssh-ed25519 SHA256:..." */
static int show_signature(struct ctx *c, const struct commit *v,
			  const char *prefix, struct err *err)
{
	char fingerprint[PUBKEY_FINGERPRINT];
	const char *word;
	int ret = signature(&word, c, v, err);

	if (ret < 0)
		return -1;
	out_addf(c, COLOR_NONE, "%s", prefix);
	out_addf(c, !ret ? COLOR_RED : v->is_signed ? COLOR_GREEN :
		 COLOR_NONE, "%s", word);
	if (v->is_signed) {
		pubkey_fingerprint(fingerprint, &v->sig.key);
		out_addf(c, COLOR_NONE, ", %s %s", pubkey_word(&v->sig.key),
			 fingerprint);
	}
	return 0;
}

static int json_signature(json_t *o, struct ctx *c, const struct commit *v,
			  struct err *err)
{
	char fingerprint[PUBKEY_FINGERPRINT];
	struct buf line = BUF_INIT;
	json_t *s = json_object();
	const char *word;

	if (signature(&word, c, v, err) < 0) {
		json_decref(s);
		return -1;
	}
	json_object_set_new(o, "signature", s);
	json_object_set_new(s, "is", json_string(word));
	if (!v->is_signed)
		return 0;
	pubkey_fingerprint(fingerprint, &v->sig.key);
	pubkey_add_line(&line, &v->sig.key);
	json_object_set_new(s, "fingerprint", json_string(fingerprint));
	json_object_set_new(s, "public", json_string(line.ptr));
	buf_release(&line);
	return 0;
}

static int show(struct ctx *c, const struct log_args *a,
		const struct commit *v, const char *lanes, const char *where,
		struct err *err)
{
	char hex[OID_HEX];

	if (a->oneline || a->graph) {
		out_addf(c, COLOR_NONE, "%s", lanes);
		out_addf(c, COLOR_YELLOW, "%s%s", short_id(c, &v->oid),
			 where);
		out_addf(c, COLOR_NONE, " %s", v->subject);
		if (a->show_signature && show_signature(c, v, " [", err))
			return -1;
		out_addf(c, COLOR_NONE, a->show_signature ? "]\n" : "\n");
		return 0;
	}
	oid_hex(hex, &v->oid);
	out_addf(c, COLOR_YELLOW, "version %s%s\n", hex, where);
	if (a->show_signature) {
		if (show_signature(c, v, "Signature: ", err))
			return -1;
		buf_addch(&c->out, '\n');
	}
	out_addf(c, COLOR_NONE, "Author: %s <%s>\nDate:   %s\n\n    %s\n",
		 v->author.name, v->author.email,
		 format_time(&c->arena, v->author.time), v->subject);
	if (v->body)
		out_addf(c, COLOR_NONE, "\n    %s\n", v->body);
	buf_addch(&c->out, '\n');
	return 0;
}

/* One of the log: as text, or into a list. */
static int show_one(struct ctx *c, const struct log_args *a,
		    const struct commit *v, const struct shown *at,
		    struct err *err)
{
	json_t *o;

	if (!c->global.json)
		return show(c, a, v, at->lanes,
			    decoration(c, at->refs, at->nrefs, &v->oid), err);
	o = json_version(c, v);
	json_array_append_new(at->json, o);
	return a->show_signature ? json_signature(o, c, v, err) : 0;
}

/* Where an annotated tag leads; one that cannot be read is fsck's. */
static void peel_tags(struct ctx *c, struct ref *refs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err none = ERR_INIT;
		struct oid id = refs[i].oid;

		if (str_starts(refs[i].name, "refs/tags/") &&
		    store_peel(&id, c->project.store, &none) > 0)
			refs[i].oid = id;
	}
}

static int push_tips(struct ctx *c, struct walk *w, const struct log_args *a,
		     const struct ref *refs, size_t n, struct err *err)
{
	struct commit tip;

	if (a->all)
		return walk_push_refs(w, refs, n, err);
	return named_version(&tip, c, c->args.n ? c->args.v[0] : "HEAD",
			     err) || walk_push(w, &tip.oid, err) ? -1 : 0;
}

static int walk_log(struct ctx *c, const struct log_args *a, struct walk *w,
		    const struct ref *refs, size_t nrefs, struct err *err)
{
	struct engines engines;
	json_t *all = json_array();
	struct shown at = { "", refs, nrefs, all };
	struct graph g = { .n = 0 };
	uint64_t most = UINT64_MAX, n = 0;
	struct commit v;
	int ret = -1;

	if (project_engines(&engines, &c->project, a->engine, err))
		goto out;
	if (a->number && parse_u64(&most, a->number, UINT32_MAX)) {
		err_set(err, ERR_USAGE, "'%s' is no number", a->number);
		goto out;
	}
	ret = 0;
	while (n < most && (ret = walk_next(w, &v, err)) > 0) {
		at.lanes = a->graph ? draw(&g, c, &v) : "";
		ret = touches(c, &v, &engines, err);
		if (ret < 0)
			break;
		if (!ret)
			continue;
		n++;
		ret = show_one(c, a, &v, &at, err);
		if (ret)
			break;
	}
	if (ret >= 0 && c->global.json)
		out_json(c, json_incref(all));
out:
	json_decref(all);
	return ret < 0 ? -1 : 0;
}

static int run_log(struct ctx *c, void *args, struct err *err)
{
	struct walk *w = walk_new(c->project.store, &c->arena);
	struct ref *refs;
	size_t n;
	int ret = -1;

	if (ref_list(&refs, &n, c->project.store, "refs/", &c->arena, err))
		goto out;
	peel_tags(c, refs, n);
	if (!push_tips(c, w, args, refs, n, err))
		ret = walk_log(c, args, w, refs, n, err);
out:
	walk_free(w);
	return ret;
}

const struct cmd cmd_log = {
	.name = "log",
	.summary = "Show versions, newest first",
	.usage = "[--graph] [--oneline] [--all] [--show-signature] [-n N] "
		 "[--engine NAME] [VERSION] [-- OBJECT...]",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = log_opts,
	.nopts = ARRAY_LEN(log_opts),
	.args_size = sizeof(struct log_args),
	.run = run_log,
};
