/*
 * What is done to a ledger itself: ledger init, restore, clone, note.
 */
#include "config.h"

#include "cli/cmd.h"

struct ledger_args {
	bool sql;
	struct list roles;
	const char *message;
	const char *name;
};

static const struct opt ledger_opts[] = {
	{ "sql", 0, OPT_FLAG, offsetof(struct ledger_args, sql), NULL,
	  "init: print what makes it; nothing is connected to" },
	{ "role", 0, OPT_LIST, offsetof(struct ledger_args, roles), "NAME",
	  "init: grant it to a role that upgrades, and owns nothing" },
	{ "message", 'm', OPT_TEXT, offsetof(struct ledger_args, message),
	  "TEXT", "restore, clone: why; note: what there is to say" },
	{ "name", 0, OPT_TEXT, offsetof(struct ledger_args, name), "NAME",
	  "clone: what the copy is called from now on" },
};

/* The engine whose databases have owners, where the project has one. */
static const struct engine *with_owners(const struct project *p)
{
	const struct engine *e = p->engines.v[0];

	for (size_t i = 0; i < p->engines.n; i++)
		if (!p->engines.v[i]->file(""))
			e = p->engines.v[i];
	return e;
}

static int run_init(struct ctx *c, const struct ledger_args *a,
		    struct err *err)
{
	const struct engine *e = with_owners(&c->project);
	struct database db;

	if (!a->sql) {
		err_set(err, ERR_USAGE, "a ledger is made by the first "
			"upgrade, or else by the database's owner");
		return err_hint(err, "add --sql: what is printed is for the "
				"owner to run");
	}
	if (c->args.n > 1) {
		if (project_database(&db, &c->project, c->args.v[1], err))
			return -1;
		e = db.engine;
	}
	return ledger_script(&c->out, e, &a->roles, err);
}

static int write_entry(struct ctx *c, const struct ledger_args *a,
		       struct database *db, enum baseline_kind kind,
		       struct err *err)
{
	struct baseline b = { .kind = kind, .why = a->message };

	return project_store(&c->project, err) ||
	       apply_baseline(&c->project, db, &b, &c->arena, err) ? -1 : 0;
}

static int need_database(struct database *db, struct ctx *c, struct err *err)
{
	return project_database(db, &c->project, c->args.n > 1 ?
				c->args.v[1] : NULL, err);
}

static int need_message(const struct ledger_args *a, const char *what,
			struct err *err)
{
	if (a->message && *a->message)
		return 0;
	err_set(err, ERR_USAGE, "%s", what);
	return err_hint(err, "say it: -m TEXT");
}

static void say(struct ctx *c, const struct database *db, const char *what)
{
	if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "%s: %s\n", db->name, what);
}

static int run_restore(struct ctx *c, const struct ledger_args *a,
		       struct err *err)
{
	struct database db;

	if (need_message(a, "why was it restored?", err) ||
	    need_database(&db, c, err) ||
	    write_entry(c, a, &db, BASELINE_RESTORED, err))
		return -1;
	say(c, &db, "its ledger goes on from where it stands");
	return 0;
}

/* The name is what the configuration has, or gets. */
static int run_clone(struct ctx *c, const struct ledger_args *a,
		     struct err *err)
{
	struct project *p = &c->project;
	const char *key = NULL;
	struct database db;

	if (need_database(&db, c, err))
		return -1;
	if (a->name) {
		key = arena_printf(&c->arena, "database.%s.url", a->name);
		if (conf_get(&p->conf, key))
			return err_set(err, ERR_USAGE, "there is a database "
				       "'%s' already", a->name);
		db.name = a->name;
	}
	if (!ref_name_valid(arena_printf(&c->arena, "refs/%s", db.name)))
		return err_set(err, ERR_USAGE, "'%s' cannot be a database's "
			       "name", db.name);
	if (write_entry(c, a, &db, BASELINE_COPIED, err) ||
	    (key && conf_set(&p->conf, key, db.url, false, err)))
		return -1;
	say(c, &db, "it is a database of its own from here on");
	return 0;
}

static int run_note(struct ctx *c, const struct ledger_args *a,
		    struct err *err)
{
	struct database db;

	if (need_message(a, "what is there to say?", err) ||
	    need_database(&db, c, err))
		return -1;
	return write_entry(c, a, &db, BASELINE_REMARK, err);
}

static const struct {
	const char *word;
	int (*run)(struct ctx *c, const struct ledger_args *a,
		   struct err *err);
} verbs[] = {
	{ "init", run_init },
	{ "restore", run_restore },
	{ "clone", run_clone },
	{ "note", run_note },
};

static int run_ledger(struct ctx *c, void *args, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (!strcmp(verbs[i].word, c->args.v[0]))
			return verbs[i].run(c, args, err);
	err_set(err, ERR_USAGE, "'ledger %s' is nothing that can be done",
		c->args.v[0]);
	return err_hint(err, "there are 'ledger init', 'ledger restore', "
			"'ledger clone' and 'ledger note'");
}

const struct cmd cmd_ledger = {
	.name = "ledger",
	.summary = "Make a database's ledger, or say something in it",
	.usage = "init --sql [--role NAME]... [DATABASE] | "
		 "restore -m TEXT [DATABASE] | "
		 "clone [--name NAME] [-m TEXT] [DATABASE] | "
		 "note -m TEXT [DATABASE]",
	.needs = NEED_PROJECT,
	.min_args = 1,
	.max_args = 2,
	.opts = ledger_opts,
	.nopts = ARRAY_LEN(ledger_opts),
	.args_size = sizeof(struct ledger_args),
	.run = run_ledger,
};
