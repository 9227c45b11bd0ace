/*
 * The one kind of commit: AUDIT.md 4a's canonical bytes, read and written.
 *
 *	tree <40 hex>
 *	parent <40 hex>            0 .. COMMIT_PARENTS
 *	author <Name> <email> <t> +0000
 *	committer <Name> <email> <t> +0000
 *	gpgsig <signature>         where Format is 1
 *	<subject>
 *
 *	<body>
 *
 *	Schemastore-Format: 0
 *	Schemastore-Kind: schema
 *	...
 *
 * There is one byte form for one commit; commit_parse() refuses every other.
 */
#ifndef SS_COMMIT_H
#define SS_COMMIT_H

#include "ss/arena.h"
#include "ss/buf.h"
#include "ss/err.h"
#include "ss/oid.h"
#include "ss/sshsig.h"

struct strong_id {
	unsigned char b[SHA256_LEN];	/* sha256("commit n\0" raw) */
};

struct ident {
	const char *name;
	const char *email;
	int64_t time;		/* seconds since 1970, UTC */
};

enum commit_kind {
	COMMIT_SCHEMA,
	COMMIT_POLICY,
	COMMIT_LEDGER,
	COMMIT_APPROVAL,
	COMMIT_CHECKPOINT,
	COMMIT_N
};

/* Where checkpoints are, and what witnesses sign of them. */
#define CHECKPOINTS_REF "refs/schemastore/checkpoints"
#define WITNESS_REFS "refs/schemastore/witness/"

#define COMMIT_PARENTS 16		/* at most */

struct commit_parent {
	struct oid oid;
	struct strong_id strong;
};

struct commit_state {
	const char *engine;
	const char *digest;	/* s1:<64 hex> */
};

struct commit_edge {
	unsigned parent;	/* which parent, counting versions only */
	const char *engine;
	unsigned char up[SHA256_LEN];
	unsigned char down[SHA256_LEN];
	unsigned char steps[SHA256_LEN];
	bool has_down;
	bool has_steps;		/* no steps file: generated, no data steps */
};

/* The kind lines of a ledger entry that stand as they are, in the order in
 * which they are written; see schemastore-ledger(5).  key without
 * "Schemastore-". */
struct commit_line {
	const char *key;
	const char *value;
};

struct commit {
	struct oid oid;			/* filled by parse and by finish */
	struct strong_id strong;
	struct oid tree;
	struct commit_parent *parents;	/* none: the genesis, and only it */
	size_t nparents;
	struct ident author;
	struct ident committer;
	const char *subject;		/* one line */
	const char *body;		/* NULL: none; no trailing newline */

	bool is_signed;			/* Format 1: `sig` is there */
	struct sshsig sig;
	enum commit_kind kind;
	bool genesis;			/* Project is "genesis": the root */
	unsigned char project[SHA256_LEN];
	const char *ref;
	uint64_t seq;
	uint64_t policy_seq;		/* not in kind policy */
	unsigned char policy[SHA256_LEN];
	unsigned char tree256[SHA256_LEN];
	struct commit_state *states;	/* kind schema */
	size_t nstates;
	struct commit_edge *edges;	/* kind schema */
	size_t nedges;
	bool replaces;			/* kind schema: a squash */
	struct strong_id replaced;	/* the newest of the versions that it
					 * stands for: from its parent on */
	struct strong_id approves;	/* kind approval: its parent */
	struct strong_id onto;		/* kind approval: what that is to land
					 * on */
	struct commit_line *lines;	/* kind ledger: Db, Event, ... */
	size_t nlines;
};

/*
 * Read raw commit bytes; everything in out lives in the arena.  ERR_DAMAGED
 * with the first rule that is broken.
 */
int commit_parse(struct commit *out, const char *raw, size_t len,
		 struct arena *a, struct err *err) MUST_CHECK;
/* The same, where the bytes are known to have this name. */
int commit_parse_named(struct commit *out, const struct oid *id,
		       const struct bytes *raw, struct arena *a,
		       struct err *err) MUST_CHECK;
/*
 * Write the canonical bytes and fill c->oid and c->strong.  Names and
 * messages that the form cannot hold (control bytes, lines that begin with
 * "Schemastore-" or "gpgsig", over 64 KiB) are ERR_USAGE.
 */
int commit_format(struct buf *raw, struct commit *c, struct err *err)
	MUST_CHECK;
/* Sign it: all but its names and the signature is set, which will be the
 * arena's.  key NULL: it is not signed. */
struct key;
int commit_sign(struct commit *c, struct key *key, struct arena *a,
		struct err *err) MUST_CHECK;
/* What of its bytes is signed: all but the signature. */
void commit_add_signed(struct buf *b, const struct buf *raw);
/* 1 its signature is one of its bytes by the key that it names, 0 it is not, or
 * there is none; -1 that cannot be told. */
int commit_verify(const struct commit *c, struct err *err) MUST_CHECK;
/* Its edge from that parent; NULL: it has none for the engine. */
const struct commit_edge *commit_edge_find(const struct commit *c,
					   unsigned parent,
					   const char *engine);
/* The value of a ledger line, NULL where it is absent. */
const char *commit_line(const struct commit *c, const char *key);

#endif
