/*
 * Many versions, and one move of the branch.
 */
#include "config.h"

#include "migrations/many.h"

int many_open(struct many *m, struct project *p, struct err *err)
{
	struct recording *r = &m->now;

	memset(m, 0, sizeof(*m));
	m->project = p;
	r->arena = &m->arenas[0];
	r->batch = true;
	if (store_lock(p->store, err))
		return -1;
	m->locked = true;
	if (record_open(r, p, err) || odb_batch(store_odb(p->store), err))
		return -1;
	m->caches = arena_alloc(&m->own, r->n * sizeof(*m->caches));
	for (size_t i = 0; i < r->n; i++)
		r->v[i].read.cache = &m->caches[i];
	m->ref = arena_strdup(&m->own, r->ref);
	r->ref = m->ref;
	m->old = r->tip;
	m->was_born = r->born;
	return 0;
}

int many_write(struct many *m, struct commit_result *res,
	       const struct commit_opts *o, struct err *err)
{
	struct recording *r = &m->now;

	if (record_write(r, res, o, err) || record_proofs(r, err))
		return -1;
	m->made++;
	r->tip = res->version.oid;
	r->parent = res->version;
	r->born = true;
	for (size_t i = 0; i < r->n; i++)
		r->v[i].born |= r->v[i].source != NULL;
	return 0;
}

/* Its memory stays for one more round. */
int many_next(struct many *m, bool written, struct err *err)
{
	struct recording *r = &m->now;
	struct arena *other = r->arena == &m->arenas[0] ? &m->arenas[1] :
			      &m->arenas[0];
	struct oid parent = r->tip;

	for (size_t i = 0; i < r->n; i++) {
		struct recorded *v = &r->v[i];

		record_reset(v);
		schema_release(written ? &v->before : &v->after);
		if (written)
			v->before = v->after;
		memset(&v->after, 0, sizeof(v->after));
	}
	if (written) {
		arena_release(other);
		r->arena = other;
	}
	return store_commit(&r->parent, m->project->store, &parent, r->arena,
			    err);
}

int many_settle(struct many *m, struct err *err)
{
	struct store *s = m->project->store;

	if (!m->made) {
		odb_discard(store_odb(s));
		return 0;
	}
	return odb_flush(store_odb(s), err) ||
	       ref_update(s, m->ref, m->was_born ? &m->old : NULL, &m->now.tip,
			  "batch", err) ? -1 : 0;
}

void many_close(struct many *m, int failed)
{
	if (failed)
		odb_discard(store_odb(m->project->store));
	record_close(&m->now);
	for (size_t i = 0; m->caches && i < m->now.n; i++)
		read_cache_release(&m->caches[i]);
	if (m->locked)
		store_unlock(m->project->store);
	arena_release(&m->arenas[0]);
	arena_release(&m->arenas[1]);
	arena_release(&m->own);
}
