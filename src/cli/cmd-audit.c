/*
 * What an auditor gets: audit export, audit report.
 */
#include "config.h"

#include "cli/report.h"

#include "ss/file.h"

#define SKEW 86400

struct audit_args {
	bool all;
	bool text;
	const char *bundle;
	const char *trust;
};

static const struct opt audit_opts[] = {
	{ "bundle", 0, OPT_TEXT, offsetof(struct audit_args, bundle), "FILE",
	  "report: of a bundle; no store is needed" },
	{ "trust", 0, OPT_TEXT, offsetof(struct audit_args, trust), "ID",
	  "report: the project must be the one of this id" },
	{ "text", 0, OPT_FLAG, offsetof(struct audit_args, text), NULL,
	  "report: plain text, not HTML" },
	{ "all", 0, OPT_FLAG, offsetof(struct audit_args, all), NULL,
	  "export: with every database that is configured" },
};

static int run_export(struct ctx *c, const struct audit_args *a,
		      struct err *err)
{
	struct list names = { c->args.v + 2, c->args.n - 2 };
	struct bundle_size size;
	struct database *v;

	if (a->all && names.n)
		return err_set(err, ERR_USAGE, "'--all' takes no database");
	if (open_needs(c, NEED_STORE, err))
		return -1;
	if (a->all)
		names = conf_subs(&c->project.conf, "database", &c->arena);
	v = arena_alloc(&c->arena, (names.n + 1) * sizeof(*v));
	for (size_t i = 0; i < names.n; i++)
		if (project_database(&v[i], &c->project, names.v[i], err))
			return -1;
	if (audit_export(&size, c->args.v[1], &c->project, v, names.n,
			 &c->arena, err))
		return -1;
	if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "%s, %s, %s\n",
			 counted(&c->arena, size.objects, "object"),
			 counted(&c->arena, size.refs, "ref"),
			 counted(&c->arena, names.n, "database"));
	return 0;
}

/* ---- report ------------------------------------------------------------- */

static void on_finding(void *ctx, const struct finding *f)
{
	char fingerprint[PUBKEY_FINGERPRINT] = "";

	if (f->signer)
		pubkey_fingerprint(fingerprint, f->signer);
	json_array_append_new(ctx, json_pack(
		"{s:s, s:o, s:o, s:s}", "rule", f->rule, "object",
		report_string(f->object, strlen(f->object)), "text",
		report_string(f->text, strlen(f->text)), "signer",
		fingerprint));
}

static const struct spelling *spelling_of(const char *engine)
{
	const struct engine *e = engine_find(engine);

	return e ? e->spelling : NULL;
}

static void on_database(void *ctx, const struct database *db,
			const struct audit *a)
{
	(void)ctx;
	(void)db;
	(void)a;
}

static int verify_it(struct verify *v, struct bundled *b, struct project *p,
		     struct err *err)
{
	if (p == &b->project)
		return bundled_verify(b, v, on_database, NULL, err);
	return audit_store(v, p, p->arena, err);
}

static int write_report(struct ctx *c, const struct audit_args *a,
			json_t *data, struct err *err)
{
	const char *path = c->args.n > 1 ? c->args.v[1] : "-";
	struct buf page = BUF_INIT;
	int ret = 0;

	if (c->global.json)
		json_print(&page, json_incref(data));
	else if (a->text)
		report_walk(&page, report_text, data, escape_text);
	else
		report_walk(&page, report_html, data, escape_html);
	if (strcmp(path, "-"))
		ret = file_write(path, page.ptr, page.len, err);
	else
		buf_add(&c->out, page.ptr, page.len);
	buf_release(&page);
	return ret;
}

static int make_report(struct ctx *c, const struct audit_args *a,
		       struct bundled *b, struct err *err)
{
	struct project *p = a->bundle ? &b->project : &c->project;
	unsigned char trust[SHA256_LEN];
	json_t *findings = json_array(), *data = NULL;
	struct verify v = {
		.full = true,
		.spelling = spelling_of, .finding = on_finding,
		.latest = p->who.time + SKEW, .ctx = findings,
		.trust = a->trust ? trust : NULL,
	};
	int ret = -1;

	p->doubts = true;
	if (a->trust && hex_decode(trust, a->trust, SHA256_LEN))
		err_set(err, ERR_USAGE, "'%s' is no project's id", a->trust);
	else
		ret = verify_it(&v, b, p, err);
	if (!ret) {
		struct report_data r = { c, p, b->dumps, b->ndumps, &v,
					 findings };

		data = report_data(&r);
		ret = write_report(c, a, data, err);
		c->status = v.altered ? err_exit_status(ERR_FINDING) :
			    v.missing ? err_exit_status(ERR_DAMAGED) : 0;
	}
	json_decref(findings);
	json_decref(data);
	verify_release(&v);
	return ret;
}

static int run_report(struct ctx *c, const struct audit_args *a,
		      struct err *err)
{
	struct bundled b = { .folder = { .pipe = -1 } };
	int ret;

	if (a->bundle ? bundled_open(&b, c, a->bundle, err) :
	    open_needs(c, NEED_STORE, err))
		return -1;
	ret = make_report(c, a, &b, err);
	bundled_close(&b);
	return ret;
}

static int run_audit(struct ctx *c, void *args, struct err *err)
{
	static const struct {
		const char *word;
		size_t least, most;
		int (*run)(struct ctx *c, const struct audit_args *a,
			   struct err *err);
	} deeds[] = {
		{ "export", 2, 1000, run_export },
		{ "report", 1, 2, run_report },
	};

	for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
		if (strcmp(c->args.v[0], deeds[i].word))
			continue;
		if (c->args.n < deeds[i].least || c->args.n > deeds[i].most)
			return err_set(err, ERR_USAGE, "into which file?");
		return deeds[i].run(c, args, err);
	}
	return err_set(err, ERR_USAGE, "'audit %s' is nothing that can be "
		       "done", c->args.v[0]);
}

const struct cmd cmd_audit = {
	.name = "audit",
	.summary = "Write all there is into one file, or a report, for an "
		   "auditor",
	.usage = "export FILE [--all | DATABASE...] | "
		 "report [--bundle FILE] [--trust ID] [--text] [FILE]",
	.needs = NEED_NOTHING,
	.min_args = 1,
	.max_args = 1000,
	.opts = audit_opts,
	.nopts = ARRAY_LEN(audit_opts),
	.args_size = sizeof(struct audit_args),
	.run = run_audit,
};
