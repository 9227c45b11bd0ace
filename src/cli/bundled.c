#include "config.h"

#include "cli/bundled.h"

#include "ss/policies.h"

int bundled_open(struct bundled *b, struct ctx *c, const char *path,
		 struct err *err)
{
	b->dumps = NULL;
	b->ndumps = 0;
	b->project = (struct project){
		.arena = &c->arena, .dir = ".", .cancelled = c->cancelled,
		.doubts = true,
	};
	if (kept_folder_make(&b->folder, &c->arena, err) ||
	    project_now(&b->project, err) ||
	    bundle_open(&b->project.store, path, b->folder.dir, c->cancelled,
			err)) {
		bundled_close(b);
		return -1;
	}
	return 0;
}

/* That it is damaged is a finding. */
static int read_dumps(struct bundled *b, struct verify *v,
		      struct err *err)
{
	if (!dumps_read(&b->dumps, &b->ndumps, b->project.store,
			b->project.arena, err))
		return 0;
	b->ndumps = 0;
	if (err->code != ERR_DAMAGED)
		return -1;
	verify_tell(v, AUDIT_REF, "audit", NULL, err->text);
	*err = (struct err)ERR_INIT;
	return 0;
}

static bool has_dump(const struct bundled *b, const char *name)
{
	for (size_t i = 0; i < b->ndumps; i++)
		if (!strcmp(b->dumps[i].db.name, name))
			return true;
	return false;
}

/* A policy that cannot be read was told. */
static void check_policy(const struct bundled *b, struct verify *v)
{
	struct err told = ERR_INIT;
	const struct policy_line *l;
	struct policies p;
	size_t n;

	if (policies_read(&p, b->project.store, b->project.arena, &told))
		return;
	l = policy_lines(policies_last(&p), POLICY_DB, &n);
	for (size_t i = 0; i < n; i++)
		if (!has_dump(b, l[i].name))
			verify_miss(v, l[i].name, "database", NULL, "the "
				    "policy has it, and the bundle has not "
				    "what it says");
}

int bundled_verify(struct bundled *b, struct verify *v,
		   void (*seen)(void *ctx, const struct database *db,
				const struct audit *a), void *ctx,
		   struct err *err)
{
	struct arena *a = b->project.arena;

	/* Nothing that was found here before speaks for it. */
	v->full = true;
	if (audit_store(v, &b->project, a, err) || read_dumps(b, v, err))
		return -1;
	check_policy(b, v);
	for (size_t i = 0; i < b->ndumps; i++) {
		struct audit found;

		if (audit_dump(&found, v, &b->project, &b->dumps[i], a, err))
			return -1;
		seen(ctx, &b->dumps[i].db, &found);
	}
	return 0;
}

void bundled_close(struct bundled *b)
{
	store_close(b->project.store);
	kept_folder_end(&b->folder);
}
