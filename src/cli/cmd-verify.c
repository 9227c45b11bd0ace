#include "config.h"

#include "cli/cmd.h"

#include "ss/audit.h"

#define SKEW 86400	/* seconds that another clock may be ahead */

struct verify_args {
	const char *trust;
	bool all;
	bool all_signed;
	bool full;
	bool replay;
};

static const struct opt verify_opts[] = {
	{ "trust", 0, OPT_TEXT, offsetof(struct verify_args, trust), "ID",
	  "the project must be the one of this id" },
	{ "signed", 0, OPT_FLAG, offsetof(struct verify_args, all_signed),
	  NULL, "what is not signed is a finding" },
	{ "full", 0, OPT_FLAG, offsetof(struct verify_args, full), NULL,
	  "verify again what was verified before" },
	{ "replay", 0, OPT_FLAG, offsetof(struct verify_args, replay), NULL,
	  "run the SQL of every version on scratch databases" },
	{ "all", 0, OPT_FLAG, offsetof(struct verify_args, all), NULL,
	  "with every database that is configured" },
};

struct report {
	struct ctx *c;
	struct verify v;
	json_t *findings, *databases;
};

static void on_finding(void *ctx, const struct finding *f)
{
	char fingerprint[PUBKEY_FINGERPRINT] = "";
	struct report *r = ctx;
	struct oid id;
	json_t *o;

	if (f->signer)
		pubkey_fingerprint(fingerprint, f->signer);
	if (!r->c->global.json) {
		out_addf(r->c, COLOR_RED, "%s %.*s: %s%s%s\n", f->rule,
			 oid_parse(&id, f->object) ? 500 : 12, f->object,
			 f->text, f->signer ? ", signed by " : "",
			 fingerprint);
		return;
	}
	o = json_pack("{s:s, s:o, s:o, s:b}", "rule", f->rule, "object",
		      json_text(f->object), "text", json_text(f->text),
		      "missing", f->missing);
	if (f->signer)
		json_object_set_new(o, "signer", json_string(fingerprint));
	json_array_append_new(r->findings, o);
}

static const struct spelling *spelling_of(const char *engine)
{
	const struct engine *e = engine_find(engine);

	return e ? e->spelling : NULL;
}

static void show_database(struct report *r, const struct database *db,
			  const struct audit *a)
{
	if (r->c->global.json)
		json_array_append_new(r->databases, json_pack(
			"{s:o, s:I, s:I, s:b}", "database",
			json_text(db->word), "rows", (json_int_t)a->rows,
			"behind", (json_int_t)a->behind, "open", a->open));
	else if (!r->c->global.quiet)
		out_addf(r->c, COLOR_NONE, "%s: %s%s%s\n", db->word,
			 a->exists ? counted(&r->c->arena, a->rows, "row") :
			 "no ledger", a->open ? ", a run has not finished" :
			 "", a->behind ? ", the mirror is behind" : "");
}

static int verify_databases(struct report *r, const struct list *names,
			    struct err *err)
{
	struct ctx *c = r->c;

	for (size_t i = 0; i < names->n; i++) {
		struct database db;
		struct audit a;

		if (project_database(&db, &c->project, names->v[i], err) ||
		    audit_database(&a, &r->v, &c->project, &db, &c->arena,
				   err))
			return err_wrap(err, "%s", names->v[i]);
		show_database(r, &db, &a);
	}
	return 0;
}

static json_t *json_signers(const struct verify *v)
{
	json_t *all = json_array();

	for (size_t i = 0; i < v->nsigners; i++) {
		char fingerprint[PUBKEY_FINGERPRINT];
		struct buf line = BUF_INIT;

		pubkey_fingerprint(fingerprint, &v->signers[i].key);
		pubkey_add_line(&line, &v->signers[i].key);
		json_array_append_new(all, json_pack(
			"{s:s, s:s, s:I}", "fingerprint", fingerprint,
			"public", line.ptr, "commits",
			(json_int_t)v->signers[i].n));
		buf_release(&line);
	}
	return all;
}

static void show_json(struct report *r)
{
	const struct verify *v = &r->v;
	char hex[SHA256_HEX] = "";

	if (v->has_project)
		hex_encode(hex, v->project.strong.b, SHA256_LEN);
	out_json(r->c, json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:o, "
				 "s:O, s:O}",
				 "project", hex, "trusted", v->trust != NULL,
				 "objects", (json_int_t)v->objects, "commits",
				 (json_int_t)v->commits, "cached",
				 (json_int_t)v->cached, "replayed",
				 (json_int_t)v->replayed, "unsigned",
				 (json_int_t)v->unsigned_, "signers",
				 json_signers(v), "databases", r->databases,
				 "findings", r->findings));
}

static void show_summary(struct report *r)
{
	const struct verify *v = &r->v;
	struct arena *a = &r->c->arena;
	char hex[SHA256_HEX];

	for (size_t i = 0; i < v->nsigners; i++) {
		char fingerprint[PUBKEY_FINGERPRINT];

		pubkey_fingerprint(fingerprint, &v->signers[i].key);
		out_addf(r->c, COLOR_NONE, "signed by %s %s: %s\n",
			 pubkey_word(&v->signers[i].key), fingerprint,
			 counted(a, v->signers[i].n, "commit"));
	}
	if (v->unsigned_)
		out_addf(r->c, COLOR_YELLOW, "unsigned: %s\n",
			 counted(a, v->unsigned_, "commit"));
	if (v->replayed)
		out_addf(r->c, COLOR_NONE, "replayed: %s of SQL\n",
			 counted(a, v->replayed, "text"));
	if (v->has_project) {
		hex_encode(hex, v->project.strong.b, SHA256_LEN);
		out_addf(r->c, COLOR_NONE, "project %s%s\n", hex, v->trust ?
			 "" : ": is it the one you mean? --trust says so");
	}
	out_addf(r->c, COLOR_NONE, "%s, %s, %s\n",
		 counted(a, v->objects, "object"),
		 counted(a, v->commits, "commit"),
		 counted(a, v->altered + v->missing, "finding"));
}

static int take_trust(struct report *r, const char *text, struct err *err)
{
	unsigned char *id = arena_alloc(&r->c->arena, SHA256_LEN);

	if (!text)
		return 0;
	r->v.trust = id;
	if (!hex_decode(id, text, SHA256_LEN))
		return 0;
	err_set(err, ERR_USAGE, "'%s' is no project's id", text);
	return err_hint(err, "it has 64 hexadecimal digits; 'schemastore "
			"verify' shows the one of this store");
}

static int verify_all(struct report *r, const struct verify_args *a,
		      struct err *err)
{
	struct ctx *c = r->c;
	const struct list names = !a->all ? c->args :
		conf_subs(&c->project.conf, "database", &c->arena);

	if (a->all && c->args.n)
		return err_set(err, ERR_USAGE, "'--all' takes no database");
	for (size_t i = 0; i < names.n; i++) {
		struct database db;

		if (project_database(&db, &c->project, names.v[i], err))
			return -1;
	}
	c->project.doubts = true;
	return take_trust(r, a->trust, err) ||
	       store_verify(&r->v, c->project.store, &c->arena, err) ||
	       audit_mirrors(&r->v, &c->project, &c->arena, err) ||
	       verify_databases(r, &names, err) ||
	       (a->replay && audit_replay(&r->v, &c->project, &c->arena,
					  err)) ? -1 : 0;
}

static int run_verify(struct ctx *c, void *args, struct err *err)
{
	const struct verify_args *a = args;
	struct report r = {
		.c = c, .findings = json_array(), .databases = json_array(),
		.v = {
			.all_signed = a->all_signed, .spelling = spelling_of,
			.full = a->full, .warn = c->project.warn,
			.latest = c->project.who.time + SKEW,
			.finding = on_finding, .ctx = &r,
		},
	};
	int ret = verify_all(&r, a, err);

	if (!ret && c->global.json)
		show_json(&r);
	else if (!ret && !c->global.quiet)
		show_summary(&r);
	c->status = r.v.altered ? err_exit_status(ERR_FINDING) :
		    r.v.missing ? err_exit_status(ERR_DAMAGED) : 0;
	if (!ret)
		verify_end(&r.v);
	json_decref(r.findings);
	json_decref(r.databases);
	verify_release(&r.v);
	return ret;
}

const struct cmd cmd_verify = {
	.name = "verify",
	.summary = "Verify the history, its signatures and the ledgers",
	.usage = "[--trust ID] [--signed] [--full] [--replay] "
		 "[--all | DATABASE...]",
	.needs = NEED_STORE,
	.max_args = 1000,
	.opts = verify_opts,
	.nopts = ARRAY_LEN(verify_opts),
	.args_size = sizeof(struct verify_args),
	.run = run_verify,
};
