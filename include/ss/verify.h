/*
 * Verifying a store, and the ledgers that belong to it, for somebody who
 * trusts nobody that could write to them: what cannot be explained is a
 * finding.
 *
 *	struct verify v = { .spelling = ..., .finding = ..., .latest = now };
 *	if (store_verify(&v, store, a, err) || ...ledgers (audit.h)...)
 *		return -1;
 *	verify_end(&v);
 *	verify_release(&v);
 */
#ifndef SS_VERIFY_H
#define SS_VERIFY_H

#include "ss/checkpoints.h"
#include "ss/map.h"
#include "ss/store.h"

struct finding {
	const char *rule;
	const char *object;	/* an id, a ref, a file, a database's row */
	const char *text;
	const struct pubkey *signer;	/* of what it is about; NULL: of none,
					 * or it has not signed */
	bool missing;		/* lost or damaged, not altered */
};

struct signer {
	struct pubkey key;
	size_t n;		/* commits and rows */
};

struct policies;
struct verify {
	/* in */
	const unsigned char *trust;	/* the project's id; NULL: whatever is
					 * there */
	bool all_signed;		/* what is not is a finding */
	bool full;			/* signatures that were verified before
					 * are, again */
	warn_fn warn;			/* NULL: nobody hears */
	int64_t latest;			/* nothing was made later */
	const struct spelling *(*spelling)(const char *engine);
	void (*finding)(void *ctx, const struct finding *f);
	void *ctx;
	const char *seen;		/* the file of pins; NULL: none */
	struct list forget;		/* refs that may have gone anywhere */
	int64_t now;
	uint64_t max_age;		/* of the newest checkpoint, in days */
	bool asked_age;			/* it is asked for in any case */
	uint64_t witnesses;		/* who must have signed it */
	bool asked_witnesses;		/* else 1 where the policy has any */
	/* out */
	struct checkpoints checkpoints;
	size_t good;		/* the newest that has its witnesses; 0: none */
	bool fresh;		/* and is not too old */
	struct tips listed;	/* by the newest one of all */
	struct tips pinned;	/* what was seen before */
	struct tips pins;	/* what was seen now */
	struct commit project;	/* its genesis */
	bool has_project;
	size_t objects, commits, unsigned_;
	size_t cached;		/* signatures that were verified before */
	size_t replayed;	/* edges and plans that were run (audit.h) */
	struct signer *signers;
	size_t nsigners, signers_cap;
	size_t altered, missing;	/* findings */
	const struct policies *policies;	/* NULL: they cannot be read */
	/* The rest is the verifiers'. */
	struct map by_strong;	/* 32 bytes -> what refs reach: its struct oid,
				 * and more (store/verified.h) */
	struct cached *cache;	/* NULL: there is none */
	struct strong_id *rows;	/* that are none of those, signed and good */
	size_t nrows, rows_cap;
	struct map seals;	/* what is behind each */
	struct map well;	/* what was looked at, and need not be again */
	struct map next;	/* what has landed, by what it landed on */
	struct map words;	/* that many commits have, once: itself */
	struct arena *arena;
};

int store_verify(struct verify *v, struct store *s, struct arena *a,
		 struct err *err) MUST_CHECK;
/* When all is done, ledgers too: what was good is remembered, where nothing was
 * found to be altered. */
void verify_end(struct verify *v);
void verify_release(struct verify *v);

/* Might each of those that refs reach have been made as it was? */
int verify_policies(struct verify *v, struct store *s, struct err *err)
	MUST_CHECK;

/* Checkpoints, witnesses and pins. */
int verify_checkpoints(struct verify *v, struct store *s, struct err *err)
	MUST_CHECK;
int verify_witnesses(struct verify *v, struct store *s, struct err *err)
	MUST_CHECK;
int verify_pins(struct verify *v, struct store *s, struct err *err)
	MUST_CHECK;
/* "<seq> <strong id>" is a checkpoint of the store's. */
bool verify_has_checkpoint(const struct verify *v, const char *line);
/* Of a ref, "main" or "refs/heads/main". */
bool verify_forgets(const struct verify *v, const char *ref);

/* For the ledgers' part: c may be NULL. */
void verify_tell(struct verify *v, const char *object, const char *rule,
		 const struct commit *c, const char *text);
void verify_miss(struct verify *v, const char *object, const char *rule,
		 const struct commit *c, const char *text);
/* A row that is none of the store's commits: 1 it is not signed, or well; 0 its
 * signature is not one of its bytes, -1. */
int verify_row(struct verify *v, const char *object, const struct commit *c,
	       struct err *err) MUST_CHECK;
/* A ref's commits by their first parents, oldest first, as far as they are of
 * one kind; none where one of them cannot be read. */
void verify_line(struct commit_parent **out, size_t *n, struct verify *v,
		 struct store *s, const struct oid *tip, struct arena *a);
/* The commit of that strong id which a ref leads to: 1, 0, -1. */
int verify_find(struct commit *out, struct verify *v, struct store *s,
		const struct strong_id *id, struct arena *a, struct err *err)
	MUST_CHECK;

#endif
