/*
 * What recording one version and recording many share.
 */
#ifndef MIGRATIONS_RECORD_H
#define MIGRATIONS_RECORD_H

#include "ss/apply.h"
#include "ss/policies.h"
#include "ss/stages.h"

/* One engine's part of a version. */
struct recorded {
	const struct engine *engine;
	const struct source *source;	/* NULL: it stays as it was */
	struct read_opts read;
	bool born;		/* the parent has a schema of it */
	bool known;		/* which is what its source is read as */
	struct schema before, after;
	struct conn *scratch;	/* where the source is loaded; NULL: nowhere */
	bool scratch_lost;	/* it is not at `after` any more */
	const struct rename *renames;
	size_t nrenames;
	const struct rename *late;	/* with what they were */
	size_t nlate;
	struct commit_part *part;
	/* Its data steps, as they were given; and as the edge has them. */
	const struct data_step **steps;
	size_t nsteps, steps_cap;
	struct edge edge;
	size_t runs_cap;
	struct schema between;
	bool has_between;
	const struct schema **states;
	size_t nstates, states_cap;
	struct stages stages[2];	/* up, down */
	bool irreversible;		/* part->no_down says why */
	const struct commit_opts *opts;	/* with its `edit`; NULL: none */
};

struct recording {
	struct project *project;
	struct arena *arena;
	const char *ref;	/* the branch */
	bool born;		/* it has a version already */
	bool batch;
	struct oid tip;		/* the parent: a version, or the genesis */
	struct commit parent;
	struct recorded *v;	/* of each engine */
	size_t n;
};

/* The branch, its tip and the schemas there. */
int record_open(struct recording *r, struct project *p, struct err *err)
	MUST_CHECK;
/* Every `after` that has a source is read: origins, what differs, plans. */
int record_plan(struct recording *r, struct commit_result *res,
		const struct commit_opts *o, struct err *err) MUST_CHECK;
/* Objects, not flushed; the branch does not move. */
int record_write(struct recording *r, struct commit_result *res,
		 const struct commit_opts *o, struct err *err) MUST_CHECK;
/* What was proven; and, of the version that was written last, which schemas
 * are what their sources are read as. */
int record_proofs(struct recording *r, struct err *err) MUST_CHECK;
void record_known(const struct recording *r, const struct commit *version);
void record_close(struct recording *r);
/* v->before, after and read are given: plans there and back, proven.  A way
 * back that cannot be is no error: the version has none, and says so. */
int record_edge(struct recording *r, struct recorded *v, bool column_order,
		struct err *err) MUST_CHECK;
/* data.c: take the data steps that are for this engine; place them, once both
 * schemas are there, and v->before and after are what they will be. */
int record_data(struct recording *r, struct recorded *v,
		const struct commit_opts *o, struct err *err) MUST_CHECK;
int record_stages(struct recording *r, struct recorded *v, struct err *err)
	MUST_CHECK;
/* Prove both ways where the source is loaded: one is at the target already. */
bool record_prove_back(struct recorded *v);
/* What scratch has read back is what it was made from, with its origins. */
void record_take_read(struct schema *read, const struct schema *made);
/* A schema that was put together, as scratch reads it back; released by the
 * caller in any case. */
int record_load(struct schema *out, const struct schema *s,
		const struct engine *e, const struct read_opts *read,
		struct arena *a, struct err *err) MUST_CHECK;
/* An edge from a parent, as a draft has it. */
struct version_edge record_draft(const struct recorded *v,
				 const struct oid *parent);

/* The schemas of its states. */
void record_release(struct recorded *v);
/* As it was before record_plan(). */
void record_reset(struct recorded *v);

/* What an engine's schema was read from: once, where all have the same. */
struct record_texts {
	const char *engine;
	struct version_file *v;
	size_t n;
	struct bytes models;	/* ptr NULL: it was none, or nobody knows */
};
/* As a version has them. */
int record_version_texts(struct record_texts *out, struct store *s,
			 const struct commit *from, const char *engine,
			 struct arena *a, struct err *err) MUST_CHECK;
void record_add_texts(struct version_draft *d, const struct record_texts *v,
		      size_t n, struct arena *a);
/* All of a version's, read or kept. */
int record_texts(struct version_draft *d, struct recording *r,
		 struct err *err) MUST_CHECK;
/* What its source was read as is known, and that is the same, to the byte: it
 * needs no engine.  A rename that is declared is to be looked for. */
bool record_is_unchanged(struct recording *r, const struct recorded *v,
			 const struct commit_opts *o);
/* Where there are several engines the error says of which it is; -1. */
int record_wrap(const struct recording *r, const struct recorded *v,
		struct err *err);

/* renames.c: give every `after` its origins; what looks renamed is asked for,
 * or refused. */
int record_inherit(struct recording *r, const struct commit_opts *o,
		   struct err *err) MUST_CHECK;

/* late.c: of what is no more in the version before, what was it, and what is
 * it?  1, 0: it never was; -1. */
int record_late(struct rename *r, struct recording *rec,
		const struct recorded *e, const struct commit_opts *o,
		struct err *err) MUST_CHECK;

/* known.c.  The version with this tree holds what its source is read as, by
 * the engine as it is. */
bool source_is_known(struct project *p, const struct engine *e,
		     const struct oid *tree);
void source_remember(struct project *p, const struct engine *e,
		     const struct oid *tree);

#endif
