/*
 * part-merge STORE OURS THEIRS: what `merge` does for SQLite but for the
 * scratch: merge base, three schemas, the merged one, and the plans from both
 * sides and back.
 */
#include "config.h"

#include <stdio.h>

#include "ss/engine.h"
#include "ss/merge.h"
#include "ss/plan.h"
#include "ss/store.h"

struct part {
	struct store *store;
	struct arena arena;
	struct commit c[MERGE_SIDES];
	struct schema s[MERGE_SIDES];
	struct merge merge;
};

static int find_versions(struct part *p, char **names, struct err *err)
{
	struct oid id[MERGE_SIDES];
	int n;

	for (size_t i = MERGE_OURS; i < MERGE_SIDES; i++)
		if (revision_parse(&id[i], p->store, names[i], err))
			return -1;
	n = merge_bases(&id[MERGE_BASE], 1, p->store, &id[MERGE_OURS],
			&id[MERGE_THEIRS], err);
	if (n <= 0)
		return n ? -1 : err_set(err, ERR_USAGE, "no merge base");
	for (size_t i = 0; i < MERGE_SIDES; i++)
		if (store_commit(&p->c[i], p->store, &id[i], &p->arena, err))
			return -1;
	return 0;
}

static int merge(struct part *p, struct err *err)
{
	const struct engine *e = &engine_sqlite;
	struct schema *ours = &p->s[MERGE_OURS];

	if (version_schema_read(ours, p->store, &p->c[MERGE_OURS], e->name,
				e->spelling, &p->arena, err))
		return -1;
	for (size_t i = 0; i < MERGE_SIDES; i++)
		if (i != MERGE_OURS &&
		    version_schema_read_like(&p->s[i], ours, p->store,
					     &p->c[i], e->name, err))
			return -1;
	p->merge = (struct merge){
		.of = { &p->s[0], &p->s[1], &p->s[2] }, .arena = &p->arena,
	};
	return schema_merge(&p->merge, err);
}

static int plan(struct part *p, struct err *err)
{
	struct plan plan;
	size_t statements = 0;

	for (size_t i = MERGE_OURS; i < MERGE_SIDES; i++) {
		if (plan_make(&plan, &engine_sqlite, &p->s[i],
			      &p->merge.merged, NULL, &p->arena, err))
			return -1;
		statements += plan.script.n;
		if (plan_make(&plan, &engine_sqlite, &p->merge.merged,
			      &p->s[i], NULL, &p->arena, err))
			return -1;
		statements += plan.script.n;
	}
	printf("%zu conflicts, %zu statements\n", p->merge.n, statements);
	return 0;
}

int main(int argc, char **argv)
{
	struct part p = { NULL };
	struct err err = ERR_INIT;
	int ret = 1;

	if (argc != 4)
		return 2;
	if (store_open(&p.store, argv[1], &err) ||
	    find_versions(&p, argv + 1, &err) || merge(&p, &err) ||
	    plan(&p, &err))
		fprintf(stderr, "part-merge: %s\n", err.text);
	else
		ret = 0;
	for (size_t i = 0; i < MERGE_SIDES; i++)
		schema_release(&p.s[i]);
	schema_release(&p.merge.merged);
	store_close(p.store);
	arena_release(&p.arena);
	return ret;
}
