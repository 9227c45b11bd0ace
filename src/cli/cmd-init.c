#include "config.h"

#include <stdio.h>

#include "cli/init-tortoise.h"

#include "ss/file.h"

struct init_args {
	const char *engines;
	struct list sources;
	struct list databases;
	const char *describe;
	struct buf found;	/* what another tool's files have said */
};

static const struct opt init_opts[] = {
	{ "engine", 0, OPT_TEXT, offsetof(struct init_args, engines), "NAMES",
	  "sqlite, postgres, or both of them" },
	{ "source", 0, OPT_LIST, offsetof(struct init_args, sources), "PATH",
	  "what says what the schema shall be; ENGINE=PATH: of that engine" },
	{ "describe", 0, OPT_TEXT, offsetof(struct init_args, describe),
	  "COMMAND", "what describes the models, instead of their being read" },
	{ "database", 0, OPT_LIST, offsetof(struct init_args, databases),
	  "NAME=URL", "a database by a name; may be repeated" },
};

static int add_ignore(struct ctx *c, struct err *err)
{
	const char *path = path_join(&c->arena, c->project.dir, ".gitignore");
	struct buf b = BUF_INIT;
	int ret = -1;

	if (file_exists(path) && file_read(&b, path, 1 << 20, err))
		goto out;
	if (strstr(b.ptr, ".schemastore/")) {
		ret = 0;
		goto out;
	}
	if (b.len && b.ptr[b.len - 1] != '\n')
		buf_addch(&b, '\n');
	buf_addstr(&b, ".schemastore/\n");
	ret = file_write(path, b.ptr, b.len, err);
out:
	buf_release(&b);
	return ret;
}

static int add_databases(struct ctx *c, const struct init_args *a,
			 struct err *err)
{
	for (size_t i = 0; i < a->databases.n; i++) {
		const char *text = a->databases.v[i];
		const char *eq = strchr(text, '=');
		char *key;

		if (!eq || eq == text || !engine_of_url(eq + 1)) {
			err_set(err, ERR_USAGE, "'%s' is not NAME=URL", text);
			return err_hint(err, "write dev=sqlite:app.db");
		}
		key = arena_printf(&c->arena, "database.%.*s.url",
				   (int)(eq - text), text);
		/* Its ledger's mirror will be a ref. */
		if (!ref_name_valid(arena_printf(&c->arena, "refs/%.*s",
						 (int)(eq - text), text)))
			return err_set(err, ERR_USAGE, "'%.*s' cannot be a "
				       "database's name", (int)(eq - text),
				       text);
		if (conf_set(&c->project.conf, key, eq + 1, false, err))
			return -1;
	}
	return 0;
}

/* ENGINE=PATH, or PATH. */
static int add_source(struct ctx *c, const char *text, struct err *err)
{
	const char *eq = strchr(text, '=');
	const struct engine *e = !eq ? NULL :
		engine_find(arena_strndup(&c->arena, text,
					  (size_t)(eq - text)));
	const char *section = e ? e->name : "schemastore";

	return conf_set(&c->project.conf,
			arena_printf(&c->arena, "%s.source", section),
			e ? eq + 1 : text, false, err);
}

/* The first engine without a source; NULL: each has one. */
static const struct engine *lacks_source(struct project *p)
{
	for (size_t i = 0; i < p->engines.n; i++)
		if (!project_source(p, p->engines.v[i]))
			return p->engines.v[i];
	return NULL;
}

/* schema.sqlite.sql where there are several engines, else schema.sql. */
static int find_sources(struct ctx *c, struct err *err)
{
	struct project *p = &c->project;

	for (size_t i = 0; i < p->engines.n && p->engines.n > 1; i++) {
		const struct engine *e = p->engines.v[i];
		const char *file = arena_printf(&c->arena, "schema.%s.sql",
						e->name);

		if (!project_source(p, e) &&
		    file_exists(path_join(&c->arena, p->dir, file)) &&
		    add_source(c, arena_printf(&c->arena, "%s=%s", e->name,
					       file), err))
			return -1;
	}
	if (!lacks_source(p) ||
	    !file_exists(path_join(&c->arena, p->dir, "schema.sql")))
		return 0;
	return add_source(c, "schema.sql", err);
}

/* Where nothing says what the source is, and no file has a source's name. */
static int look_around(struct ctx *c, struct init_args *a, struct err *err)
{
	struct project *p = &c->project;

	if (a->sources.n)
		return 0;
	if (find_sources(c, err))
		return -1;
	if (!lacks_source(p))
		return 0;
	return init_tortoise(&a->found, c, !a->engines &&
			     !conf_get(&p->conf, "schemastore.engines"),
			     !a->databases.n, err);
}

static int set_conf(struct ctx *c, struct init_args *a, struct err *err)
{
	struct project *p = &c->project;

	if (a->engines &&
	    engines_parse(&p->engines, a->engines, &c->arena, err))
		return -1;
	if (look_around(c, a, err))
		return -1;
	if ((a->engines || !conf_get(&p->conf, "schemastore.engines")) &&
	    conf_set(&p->conf, "schemastore.engines", a->engines ? a->engines :
		     "sqlite", false, err))
		return -1;
	for (size_t i = 0; i < a->sources.n; i++)
		if (add_source(c, a->sources.v[i], err))
			return -1;
	if (a->describe && conf_set(&p->conf, "tortoise.describe", a->describe,
				    false, err))
		return -1;
	return add_databases(c, a, err);
}

/* A database that cannot be read now says so when it is used. */
static void propose(struct ctx *c, const struct init_args *a)
{
	struct list v = a->found.len ? conf_subs(&c->project.conf, "database",
						 &c->arena) : a->databases;

	for (size_t i = 0; i < v.n; i++) {
		const char *name = arena_strndup(&c->arena, v.v[i],
						 strcspn(v.v[i], "="));
		struct err none = ERR_INIT;
		struct state s = { 0 };
		struct list found;

		if (!state_open_database(&s, &c->project, name, &none) &&
		    !state_read(&s, &c->project, &none)) {
			found = foreign_tables(&s.schema, NULL, &c->arena);
			if (found.n)
				fprintf(stderr, "hint: '%s' has another "
					"tool's bookkeeping; to leave it out: "
					"%s\n", name,
					foreign_advice(&found, s.engine,
						       &c->arena));
		}
		state_close(&s);
	}
}

static void show_next(struct ctx *c, bool made)
{
	const struct engine *lacks = lacks_source(&c->project);
	bool many = c->project.engines.n > 1;

	if (lacks && many)
		out_addf(c, COLOR_NONE, "Next: write schema.%s.sql, and run "
			 "'schemastore config %s.source schema.%s.sql'\n",
			 lacks->name, lacks->name, lacks->name);
	else if (lacks)
		out_addf(c, COLOR_NONE, "Next: write schema.sql, and run "
			 "'schemastore config schemastore.source "
			 "schema.sql'\n");
	else if (made)
		out_addf(c, COLOR_NONE, "Next: schemastore commit -m "
			 "\"First version\"\n");
}

/* Whoever has no key signs from the first day all the same, where one can be
 * kept; who cannot, or will not, need not. */
static void make_key(struct ctx *c, struct key **key)
{
	struct project *p = &c->project;
	struct err why = ERR_INIT;
	char fingerprint[PUBKEY_FINGERPRINT];
	const char *path;

	if (*key || project_never_signs(p) || dir_exists(p->store_path))
		return;
	if (project_make_key(&path, p, &why)) {
		if (!c->global.quiet)
			fprintf(stderr, "note: nothing is signed: there is no "
				"key, and none could be made: %s\n", why.text);
		return;
	}
	*key = p->key;
	pubkey_fingerprint(fingerprint, &p->key->pub);
	if (!c->global.quiet)
		fprintf(stderr, "note: made the key %s in %s; it signs "
			"versions, and what is done to databases\n",
			fingerprint, path);
}

static int make_store(struct ctx *c, struct init_args *a, struct err *err)
{
	struct project *p = &c->project;
	struct err there = ERR_INIT;
	struct commit genesis;
	char hex[SHA256_HEX];
	struct key *key;
	bool again;

	if (set_conf(c, a, err) || project_key(&key, p, err))
		return -1;
	make_key(c, &key);
	again = store_init(p->store_path, &p->who, key, &there);
	if (again && there.code != ERR_REFUSED) {
		*err = there;
		return -1;
	}
	if (add_ignore(c, err) || project_store(p, err) ||
	    store_project(&genesis, p->store, &c->arena, err))
		return -1;
	hex_encode(hex, genesis.strong.b, SHA256_LEN);
	if (c->global.quiet)
		return 0;
	propose(c, a);
	out_addf(c, COLOR_NONE, "%s%s store in %s\nproject %s\n",
		 a->found.ptr, again ? "There is already a" : "Made a",
		 p->store_path, hex);
	show_next(c, !again);
	return 0;
}

static int run_init(struct ctx *c, void *args, struct err *err)
{
	struct init_args *a = args;
	int ret;

	a->found = (struct buf)BUF_INIT;
	ret = make_store(c, a, err);
	buf_release(&a->found);
	return ret;
}

const struct cmd cmd_init = {
	.name = "init",
	.summary = "Make a store for this project",
	.usage = "[--engine NAMES] [--source [ENGINE=]PATH]... "
		 "[--database NAME=URL]... [--describe COMMAND]",
	.needs = NEED_PROJECT,
	.opts = init_opts,
	.nopts = ARRAY_LEN(init_opts),
	.args_size = sizeof(struct init_args),
	.run = run_init,
};
