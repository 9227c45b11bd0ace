/*
 * A store: a bare git repository, by default `.schemastore/` in the project's
 * folder, that holds versions of schemas.
 *
 *	struct store *s = NULL;
 *	if (store_open(&s, ".schemastore", err))
 *		return -1;
 *	...
 *	store_close(s);
 */
#ifndef SS_STORE_H
#define SS_STORE_H

#include "ss/commit.h"
#include "ss/data.h"
#include "ss/object.h"
#include "ss/refs.h"
#include "ss/schema.h"

struct store;

/*
 * Make a store: repository (HEAD at refs/heads/main), the genesis policy
 * commit on refs/schemastore/policy, by `who`, signed with a key unless that is
 * NULL.  What is there already is left alone: ERR_REFUSED.  Interrupted half
 * way it can be run again.
 */
int store_init(const char *dir, const struct ident *who, struct key *key,
	       struct err *err) MUST_CHECK;
/* ERR_USAGE with a hint where dir is no store, ERR_DAMAGED where it is one
 * no more. */
int store_open(struct store **out, const char *dir, struct err *err)
	MUST_CHECK;
void store_close(struct store *s);
const char *store_dir(const struct store *s);
struct odb *store_odb(struct store *s);

/* flock on schemastore.lock: every writer takes it.  Waits up to 10 s, then
 * ERR_BUSY.  A *.lock file of git's older than 10 s that nobody holds is
 * removed, and whoever store_on_warning() names hears of it. */
int store_lock(struct store *s, struct err *err) MUST_CHECK;
int store_lock_for(struct store *s, unsigned seconds, struct err *err)
	MUST_CHECK;
void store_unlock(struct store *s);
/* One sentence; fn NULL (as it is at first): nobody hears. */
typedef void (*warn_fn)(const char *text);
void store_on_warning(struct store *s, warn_fn fn);
/* While the lock is held: the path of a lock file of git's that we have just
 * made; NULL when all of them are gone.  Should we die, the next writer
 * removes them. */
void store_note(struct store *s, const char *path);

/* The genesis: project id and its commit. */
int store_project(struct commit *out, struct store *s, struct arena *a,
		  struct err *err) MUST_CHECK;

/* Read and check a commit of ours.  What it points at lives as long as the
 * store, or the arena, whichever ends first. */
int store_commit(struct commit *out, struct store *s, const struct oid *id,
		 struct arena *a, struct err *err) MUST_CHECK;

/* The same, read now, and its bytes. */
int store_commit_raw(struct commit *out, struct buf *raw, struct store *s,
		     const struct oid *id, struct arena *a, struct err *err)
	MUST_CHECK;

/* What a ref leads to, through annotated tags: 1 a commit of ours, and *id is
 * its name; 0 something else of git's; -1 it cannot be read. */
int store_peel(struct oid *id, struct store *s, struct err *err) MUST_CHECK;

/*
 * What a revision names: a branch, a tag, a remote's branch, a full ref, an
 * abbreviated id, HEAD, each followed by any of ~N ^N.  ERR_USAGE where there
 * is none, or several (they are listed in the hint).
 */
int revision_parse(struct oid *out, struct store *s, const char *text,
		   struct err *err) MUST_CHECK;
/* The shortest unambiguous hex of at least 7 digits. */
void oid_short(char out[OID_HEX], struct store *s, const struct oid *id);

/* ---- versions ------------------------------------------------------- */

/* One file of a source. */
struct version_file {
	const char *path;	/* "schema.sql"; as a tree spells it, where
				 * it was read from one */
	const void *ptr;
	size_t len;
	/* sources that are written: */
	const char *engine;	/* whose alone; NULL: of all engines */
	bool as_read;		/* the path is out of a tree */
};

/* What models are, as JSON: of an engine whose source they were. */
struct version_models {
	const char *engine;
	struct bytes json;
};

enum edge_where {
	EDGE_BEFORE,		/* in the parent's schema */
	EDGE_AFTER,		/* in the version's */
	EDGE_WITHIN,		/* in a state */
	EDGE_WHERES
};

struct edge_run {
	const struct data_step *step;
	enum edge_where where;
	size_t state;		/* within: which one, from 1 on */
};

struct version_edge {
	const struct oid *parent;	/* a version, or the genesis */
	const char *engine;
	struct bytes up, down;	/* down.ptr NULL: none */
	/* See below. */
	bool edited;
	const struct edge_run *runs;
	size_t nruns;
	const struct schema *const *states;
	size_t nstates;
};

struct version_schema {
	const char *engine;
	const struct schema *schema;
};

struct version_draft {
	const struct oid *parents;	/* first: the branch's tip or genesis */
	size_t nparents;
	const struct version_schema *schemas;
	size_t nschemas;
	const struct version_edge *edges;
	size_t nedges;
	const struct version_file *sources;	/* below source/ */
	size_t nsources;
	const struct version_models *models;
	size_t nmodels;
	struct ident author, committer;
	struct key *key;	/* signs it; NULL: nobody does */
	const char *subject;
	const char *body;
	const char *ref;	/* the branch it is made for */
	const struct commit *replaces;	/* the newest of those for which it
					 * stands; NULL: itself alone */
	const struct oid *old_tree;	/* of the first parent: what it holds
					 * is not written again; may be NULL */
};
/* Write tree and commit (odb_write; the caller flushes, then moves the ref).
 * Time never goes backwards: a committer time before the parents' is set to
 * theirs. */
int version_write(struct commit *out, struct store *s,
		  const struct version_draft *d, struct arena *a,
		  struct err *err) MUST_CHECK;

/* The whole schema of a version; the genesis has the empty one. Sealed. */
int version_schema_read(struct schema *out, struct store *s,
			const struct commit *c, const char *engine,
			const struct spelling *sp, struct arena *a,
			struct err *err) MUST_CHECK;
/* The one in a folder of a version's tree: schema/<engine> is its own. */
int version_schema_at(struct schema *out, struct store *s,
		      const struct commit *c, const char *folder,
		      const struct spelling *sp, struct arena *a,
		      struct err *err) MUST_CHECK;
/* The same; objects that `like` has byte for byte are shared with it, and not
 * read.  All is from its arena. */
int version_schema_read_like(struct schema *out, const struct schema *like,
			     struct store *s, const struct commit *c,
			     const char *engine, struct err *err) MUST_CHECK;
/*
 * Only the objects that differ between two versions, on both sides, and how
 * each was read; both sealed.  Cost follows the change.
 */
int version_schemas_diff(struct schema *from, struct schema *to,
			 struct store *s, const struct commit *a,
			 const struct commit *b, const char *engine,
			 const struct spelling *sp, struct arena *arena,
			 struct err *err) MUST_CHECK;
/* How it was read: version and settings alone, without any object, not
 * sealed. */
int version_reading(struct schema *out, struct store *s,
		    const struct commit *c, const char *engine,
		    const struct spelling *sp, struct arena *a,
		    struct err *err) MUST_CHECK;
/* One file of a version's tree; 1, 0 absent, -1. */
int version_file(struct buf *out, struct store *s, const struct commit *c,
		 const char *path, struct arena *a, struct err *err) MUST_CHECK;
/* An engine's source, by the names it has there; maybe nothing. */
int version_sources(struct version_file **out, size_t *n, struct store *s,
		    const struct commit *c, const char *engine,
		    struct arena *a, struct err *err) MUST_CHECK;
/* The description of the models that an engine's source was, JSON: 1; 0: it
 * was none, or that is not known; -1 */
int version_models(struct buf *out, struct store *s, const struct commit *c,
		   const char *engine, struct arena *a, struct err *err)
	MUST_CHECK;
/* Storage path (with fan-out) of an object of a schema of n objects of its
 * kind is version_write()'s own business; readers walk the tree. */

/* Fill a new commit's parents, project, seq, the policy in force, and its time
 * where the parents' is later.  The committer must be set. */
int commit_lineage(struct commit *c, struct store *s, const struct oid *parents,
		   size_t n, struct arena *a, struct err *err) MUST_CHECK;

/* What a source file of this name is called in a version's tree. */
char *version_source_name(struct arena *a, const char *name);
const char *version_state(const struct commit *c, const char *engine);
		/* s1:..., NULL where the engine is not in it */

/* ---- edges ------------------------------------------------------------ */

/*
 * An edge of a version: the step to it from one of its parents, where that is
 * more than the difference of two schemas.
 *
 *	edge/<n>/<engine>.up.sql, .down.sql     its SQL, as it was reviewed
 *	edge/<n>/<engine>.steps                 what is in it, in this order:
 *
 *		sql generated|edited
 *		before|after|within <k> NAME id=<sha256> [as=<sha256>]
 *			[irreversible]		(one line)
 *		state <k> s1:<digest>
 *		file <sha256> <path below edge/<n>>
 *
 *	edge/<n>/data/NAME.<engine>.up.sql, .down.sql
 *	edge/<n>/<engine>.state/<k>/...         as schema/<engine>: a schema on
 *	                                        the way, in which steps run
 *
 * as: it takes the place of the step with that id, and counts as that one.
 * Without a file of steps it is generated, and has no data steps.  Two steps of
 * one name are told apart: NAME~2.
 */
struct edge {
	bool edited;		/* up and down are to be run as they stand */
	struct bytes up, down;	/* down.ptr NULL: there is none */
	struct edge_run *runs;	/* in the order in which they run */
	size_t n;
	char (*states)[SCHEMA_DIGEST_LEN];
	size_t nstates;
};

/* The edge of a version from its n-th parent; one without a file of steps has
 * its SQL alone.  ERR_DAMAGED where what is there is not what was written. */
int edge_read(struct edge *out, struct store *s, const struct commit *c,
	      unsigned parent, const char *engine, struct arena *a,
	      struct err *err) MUST_CHECK;
/* The schema of its k-th state (from 1 on), sealed. */
int edge_state_read(struct schema *out, struct store *s,
		    const struct commit *c, unsigned parent,
		    const struct edge *e, size_t k, const struct spelling *sp,
		    struct arena *a, struct err *err) MUST_CHECK;

/* ---- walks ------------------------------------------------------------ */

/* What a walk needs to know of a commit. */
struct link {
	struct oid oid;
	struct strong_id strong;
	struct oid parents[COMMIT_PARENTS];
	size_t nparents;
	uint64_t seq;
	int64_t time;		/* the committer's */
	enum commit_kind kind;
	bool plain;		/* no edge of any engine has steps */
	bool squash;		/* it stands for others, which are here, or has
				 * landed, and has one parent: */
	struct oid replaced;	/* the newest of them */
};
/* Out of the index of versions, or else of the commit, and then remembered:
 * that the store still has it is not said. */
int store_link(struct link *out, struct store *s, const struct oid *id,
	       struct err *err) MUST_CHECK;
/* The index was found to be wrong: it is made anew. */
void store_links_forget(struct store *s);

/*
 * Ancestors of the tips, newest first (time, then seq), each once; commits
 * of kind schema only (the genesis and approvals are skipped).
 *
 *	while ((ret = walk_next(w, &c, err)) > 0)
 *		show(&c);
 */
struct walk;
struct walk *walk_new(struct store *s, struct arena *a);
int walk_push(struct walk *w, const struct oid *tip, struct err *err)
	MUST_CHECK;
/* What branches, tags and remotes' branches lead to; what of that is no
 * version is passed over. */
int walk_push_refs(struct walk *w, const struct ref *v, size_t n,
		   struct err *err) MUST_CHECK;
/* Ancestors of this one are not shown, nor is it.  Before any walk_push(). */
int walk_hide(struct walk *w, const struct oid *tip, struct err *err)
	MUST_CHECK;
/*
 * Before any walk_push(): only versions that change something, as git shows
 * the history of a path.  same() is 1 where the version has what its parent
 * has, 0 where not, -1; of a merge that has what one of its parents has only
 * that one is followed.
 */
typedef int (*walk_same_fn)(void *ctx, const struct oid *version,
			    const struct oid *parent, struct err *err);
void walk_only(struct walk *w, walk_same_fn same, void *ctx);
/* Before any other: what a squash stands for is an ancestor of it, too. */
void walk_replaced(struct walk *w);
/* Before any walk_push(): of merges only the first parent is followed. */
void walk_first_parent(struct walk *w);
/*
 * After the last walk_push(): in the order of git's --topo-order instead, a
 * line of history after the other, none before all its children.  The parents
 * of what walk_next_link() returns are then those that are shown, too: past
 * others to the next one that is.  All of it is read at once.
 */
int walk_topo(struct walk *w, struct err *err) MUST_CHECK;
int walk_next(struct walk *w, struct commit *out, struct err *err) MUST_CHECK;
/* The same, for those that need no more of it. */
int walk_next_link(struct walk *w, struct link *out, struct err *err)
	MUST_CHECK;
void walk_free(struct walk *w);

/*
 * A squash is one version in the place of a run of them, which are kept: a
 * database may be at any of them, a branch may begin there.
 *
 *	A ── S ── ...			the branch
 *	 ╲── v1 ── v2 ── B		refs/schemastore/squash/<S> = B
 *
 * S has A for its parent and an edge from there; from B there is nothing to do.
 */
#define SQUASH_REFS "refs/schemastore/squash/"
/* The ref by which a store has what this one stands for. */
char *squash_ref(const struct commit *c, struct arena *a);
/* 1 and the newest of them; 0 the store has them not, -1. */
int squash_replaced(struct oid *out, struct store *s, const struct commit *c,
		    struct err *err) MUST_CHECK;

/*
 * What has landed on a ref that is protected is a squash of what was approved:
 *
 *	tip ─────────────── L		parents: tip, a1, a2
 *	 ╲── v ── a1, a2 ──╱		L has the tree of v
 *
 * 1 and v; 0 it is no landing, -1.
 */
int landing_of(struct oid *out, struct store *s, const struct commit *c,
	       struct err *err) MUST_CHECK;

/* Best common ancestors (1 .. max), also behind what a squash stands for:
 * returns how many, 0 = unrelated, -1. */
int merge_bases(struct oid *out, size_t max, struct store *s,
		const struct oid *a, const struct oid *b, struct err *err)
	MUST_CHECK;

/* Is a commit, of any kind, this one or behind it (also behind what a squash
 * stands for)?  1, 0, -1 */
int is_ancestor(struct store *s, const struct oid *old, const struct oid *id,
		struct err *err) MUST_CHECK;

/* ---- care ------------------------------------------------------------- */

/* What fsck tells, as it is found. */
struct fsck {
	const char *from;	/* a store to take from what is damaged here;
				 * NULL: none */
	const struct spelling *(*spelling)(const char *engine);
	/* object: an id, or a ref's or a file's name */
	void (*finding)(void *ctx, const char *object, const char *rule,
			const char *text);
	/* a version that no ref leads to (nor one behind it): no finding */
	void (*lost)(void *ctx, const struct commit *c);
	/* For verify, which trusts nobody: each commit before it is checked, by
	 * which ref it was reached; and what is not schemastore's is a finding,
	 * too.  NULL: there is none of this. */
	void (*commit)(void *ctx, const struct commit *c,
		       const struct buf *raw, const char *ref);
	/* Then: all but the ledgers have been read. */
	int (*ledgers)(void *ctx, struct err *err);
	int64_t latest;		/* then: no commit may be of a later time */
	void *ctx;
	/* out */
	size_t findings;
	size_t checked;		/* objects */
	size_t healed;
};
/* Every reachable object read, hashed and decoded; digests and trailers
 * compared with the content; every other object read; refs and packs
 * checked. */
int store_fsck(struct fsck *f, struct store *s, struct err *err) MUST_CHECK;
struct gc_report {
	size_t packed;		/* objects in the new pack */
	size_t pruned;		/* loose, unreachable and older than 14 days */
	uint64_t before, after;	/* bytes on the disk */
};
/* Takes the lock. */
int store_gc(struct gc_report *out, struct store *s, struct err *err)
	MUST_CHECK;

#endif
