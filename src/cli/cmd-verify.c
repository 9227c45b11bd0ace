#include "config.h"

#include "cli/anchors.h"
#include "cli/bundled.h"

#include "ss/audit.h"
#include "ss/pins.h"

#define SKEW 86400	/* seconds that another clock may be ahead */
#define MAX_AGE 7	/* days */

struct verify_args {
	const char *trust;
	const char *bundle;
	bool all;
	bool all_signed;
	bool full;
	bool replay;
	const char *witnesses;
	const char *max_age;
	struct list forget;
};

static const struct opt verify_opts[] = {
	{ "trust", 0, OPT_TEXT, offsetof(struct verify_args, trust), "ID",
	  "the project must be the one of this id" },
	{ "bundle", 0, OPT_TEXT, offsetof(struct verify_args, bundle), "FILE",
	  "what 'schemastore audit export' wrote; no store is needed" },
	{ "signed", 0, OPT_FLAG, offsetof(struct verify_args, all_signed),
	  NULL, "what is not signed is a finding" },
	{ "full", 0, OPT_FLAG, offsetof(struct verify_args, full), NULL,
	  "verify again what was verified before" },
	{ "replay", 0, OPT_FLAG, offsetof(struct verify_args, replay), NULL,
	  "run the SQL of every version on scratch databases" },
	{ "all", 0, OPT_FLAG, offsetof(struct verify_args, all), NULL,
	  "with every database that is configured" },
	{ "witnesses", 0, OPT_TEXT, offsetof(struct verify_args, witnesses),
	  "N", "so many must have countersigned a checkpoint" },
	{ "max-age", 0, OPT_TEXT, offsetof(struct verify_args, max_age),
	  "DAYS", "that must not be older" },
	{ "forget", 0, OPT_LIST, offsetof(struct verify_args, forget), "REF",
	  "where this ref was seen no longer counts" },
};

struct report {
	struct ctx *c;
	struct verify v;
	json_t *findings, *databases;
	struct anchors anchors;
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

static void show_database(void *ctx, const struct database *db,
			  const struct audit *a)
{
	struct report *r = ctx;

	anchors_add(&r->anchors, r->c, &r->v, db, a->rows);
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

static json_t *json_words(const struct list *l)
{
	json_t *all = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(all, json_text(l->v[i]));
	return all;
}

static void show_json(struct report *r)
{
	const struct verify *v = &r->v;
	char hex[SHA256_HEX] = "";

	if (v->has_project)
		hex_encode(hex, v->project.strong.b, SHA256_LEN);
	out_json(r->c, json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:o, "
				 "s:O, s:O, s:o, s:o}",
				 "project", hex, "trusted", v->trust != NULL,
				 "objects", (json_int_t)v->objects, "commits",
				 (json_int_t)v->commits, "cached",
				 (json_int_t)v->cached, "replayed",
				 (json_int_t)v->replayed, "unsigned",
				 (json_int_t)v->unsigned_, "signers",
				 json_signers(v), "databases", r->databases,
				 "findings", r->findings, "anchors",
				 json_words(&r->anchors.found), "not_covered",
				 json_words(&r->anchors.missing)));
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
	anchors_show(&r->anchors, r->c, v);
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

static int take_number(uint64_t *out, bool *asked, const char *text,
		       const char *option, struct err *err)
{
	*asked = text;
	return text && parse_u64(out, text, 1000000) ?
	       err_set(err, ERR_USAGE, "'--%s %s' is no number", option,
		       text) : 0;
}

/* Where what was seen is kept; without a project fsck tells. */
static void find_pins(struct report *r)
{
	struct err none = ERR_INIT;
	struct commit project;
	const char *dir;

	if (store_project(&project, r->c->project.store, &r->c->arena, &none))
		return;
	dir = project_state_dir(&r->c->project, project.strong.b);
	if (dir)
		r->v.seen = arena_printf(&r->c->arena, "%s/seen", dir);
}

/* What is clean is what the next one is held against. */
static void keep_pins(struct report *r)
{
	struct err why = ERR_INIT;

	if (r->v.altered || r->v.missing || !r->v.seen || !r->v.has_project)
		return;
	if (pins_write(r->v.seen, r->v.project.strong.b, &r->v.pins, &why))
		r->c->project.warn(why.text);
}

static int take_options(struct report *r, const struct verify_args *a,
			struct err *err)
{
	r->v.forget = a->forget;
	return take_trust(r, a->trust, err) ||
	       take_number(&r->v.witnesses, &r->v.asked_witnesses,
			   a->witnesses, "witnesses", err) ||
	       take_number(&r->v.max_age, &r->v.asked_age, a->max_age,
			   "max-age", err) ? -1 : 0;
}

static void set_now(struct verify *v, const struct project *p)
{
	v->now = p->who.time;
	v->latest = v->now + SKEW;
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
	r->v.warn = c->project.warn;
	set_now(&r->v, &c->project);
	find_pins(r);
	return audit_store(&r->v, &c->project, &c->arena, err) ||
	       verify_databases(r, &names, err) ||
	       (a->replay && audit_replay(&r->v, &c->project, &c->arena,
					  err)) ? -1 : 0;
}

static int verify_bundle(struct report *r, const struct verify_args *a,
			 struct err *err)
{
	struct ctx *c = r->c;
	struct bundled b;
	int ret;

	if (a->all || c->args.n)
		return err_set(err, ERR_USAGE, "'--bundle' takes no database: "
			       "all that it has are verified");
	if (a->forget.n)
		return err_set(err, ERR_USAGE, "'--forget' goes with a store: "
			       "a bundle is not held against what was seen");
	if (bundled_open(&b, c, a->bundle, err))
		return -1;
	set_now(&r->v, &b.project);
	ret = bundled_verify(&b, &r->v, show_database, r, err) ||
	      (a->replay && audit_replay(&r->v, &b.project, &c->arena, err)) ?
	      -1 : 0;
	bundled_close(&b);
	return ret;
}

static int verify_either(struct report *r, const struct verify_args *a,
			 struct err *err)
{
	if (take_options(r, a, err))
		return -1;
	if (a->bundle)
		return verify_bundle(r, a, err);
	return open_needs(r->c, NEED_STORE, err) ? -1 : verify_all(r, a, err);
}

static int run_verify(struct ctx *c, void *args, struct err *err)
{
	const struct verify_args *a = args;
	struct report r = {
		.c = c, .findings = json_array(), .databases = json_array(),
		.v = {
			.all_signed = a->all_signed, .spelling = spelling_of,
			.full = a->full, .max_age = MAX_AGE,
			.finding = on_finding, .ctx = &r,
		},
	};
	int ret = verify_either(&r, a, err);

	anchors_end(&r.anchors, c, &r.v);
	if (!ret)
		keep_pins(&r);
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
	.usage = "[--trust ID] [--signed] [--full] [--replay] [--witnesses N] "
		 "[--max-age DAYS] [--forget REF]... "
		 "[--all | DATABASE... | --bundle FILE]",
	.needs = NEED_NOTHING,
	.max_args = 1000,
	.opts = verify_opts,
	.nopts = ARRAY_LEN(verify_opts),
	.args_size = sizeof(struct verify_args),
	.run = run_verify,
};
