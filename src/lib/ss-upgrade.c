/*
 * What changes a database.
 */
#include "config.h"

#include "lib/lib.h"

struct upgrading {
	struct ss_upgrade_options o;
	struct call *call;
	struct apply ap;
};

/* Nothing is undone on the way unless that is asked for. */
static int check_direction(const struct upgrading *u, struct err *err)
{
	const struct apply *ap = &u->ap;

	if (u->o.allow_down || !(ap->path.down || ap->path.sideways))
		return 0;
	err_set(err, ERR_REFUSED, "database '%s' is %s version '%s'",
		ap->db.shown, ap->path.down ? "ahead of" :
		"on another branch than", ap->to.subject);
	return err_hint(err, "set allow_down, or 'schemastore downgrade'");
}

static struct ss_revision *revision_in(struct ss_plan *p,
				       const struct commit *c)
{
	struct ss_revision *r = arena_alloc(&p->arena, sizeof(*r));

	fill_revision(r, c);
	return r;
}

static int ask_host(struct upgrading *u, struct err *err)
{
	const struct apply *ap = &u->ap;
	struct ss_plan p = { .arena = ARENA_INIT };
	int no;

	plan_fill(&p, &ap->plan, ap->hazards, ap->nhazards);
	if (!ap->to_nothing)
		p.to = revision_in(&p, &ap->to);
	if (!ap->from_nothing)
		p.from = revision_in(&p, &ap->from);
	no = u->o.confirm(u->o.ctx, &p);
	arena_release(&p.arena);
	return no ? err_set(err, ERR_CANCELLED, "nothing was changed") : 0;
}

/* What will be refused is not asked about. */
static int confirm(void *ctx, const struct apply *ap, struct err *err)
{
	struct upgrading *u = ctx;

	if (check_direction(u, err) || refuse_hazards(ap, err))
		return -1;
	return u->o.confirm ? ask_host(u, err) : 0;
}

static void fill_result(struct ss_upgrade_result *out, const struct apply *ap)
{
	memset(out, 0, sizeof(*out));
	out->changed = !ap->nothing_to_do && !ap->dry_run;
	if (!ap->to_nothing)
		fill_revision(&out->to, &ap->to);
	if (!ap->from_nothing)
		fill_revision(&out->from, &ap->from);
}

static int upgrade(struct upgrading *u, const char *database,
		   const char *version,
		   const struct ss_upgrade_options *options)
{
	struct project *p = &u->call->project;
	struct err *err = &u->call->err;
	struct apply *ap = &u->ap;

	if (options_take(&u->o, sizeof(u->o), options, err) ||
	    version_or_head(&ap->to, u->call, version) ||
	    project_database(&ap->db, p, database, err))
		return -1;
	ap->project = p;
	ap->allow_data_loss = u->o.allow_data_loss;
	ap->dry_run = u->o.dry_run;
	ap->park = u->o.park;
	ap->wait_ms = u->o.wait_ms;
	ap->cancelled = u->o.cancelled;
	ap->confirm = confirm;
	ap->ctx = u;
	return apply_run(ap, &u->call->arena, err);
}

int ss_upgrade(struct ss_project *p, const char *database,
	       const char *version, const struct ss_upgrade_options *options,
	       struct ss_upgrade_result *result, struct ss_error *error)
{
	struct upgrading u = { .o = SS_UPGRADE_OPTIONS_INIT };
	struct call c;
	int ret = call_open(&c, p);

	u.call = &c;
	if (!ret)
		ret = upgrade(&u, database, version, options);
	if (!ret && result)
		fill_result(result, &u.ap);
	return call_close(&c, ret, error);
}

static int adopt(struct commit *v, struct call *c, const char *database,
		 const char *version)
{
	const struct baseline b = { .kind = BASELINE_NEW, .version = v };
	struct project *p = &c->project;
	struct database db;

	if (project_database(&db, p, database, &c->err))
		return -1;
	if (version ? version_or_head(v, c, version) :
	    version_of_database(v, p, &db, &c->arena, &c->err))
		return -1;
	return apply_baseline(p, &db, &b, &c->arena, &c->err);
}

int ss_adopt(struct ss_project *p, const char *database,
	     const char *version, struct ss_revision *out,
	     struct ss_error *error)
{
	struct commit v;
	struct call c;
	int ret = call_open(&c, p);

	if (!ret)
		ret = adopt(&v, &c, database, version);
	if (!ret && out)
		fill_revision(out, &v);
	return call_close(&c, ret, error);
}
