/*
 * Verifying a store, and the ledgers that belong to it, for somebody who
 * trusts nobody that could write to them: what cannot be explained is a
 * finding.
 *
 *	struct verify v = { .spelling = ..., .finding = ..., .latest = now };
 *	if (store_verify(&v, store, a, err) || ...ledgers (audit.h)...)
 *		return -1;
 *	verify_release(&v);
 */
#ifndef SS_VERIFY_H
#define SS_VERIFY_H

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
	int64_t latest;			/* nothing was made later */
	const struct spelling *(*spelling)(const char *engine);
	void (*finding)(void *ctx, const struct finding *f);
	void *ctx;
	/* out */
	struct commit project;	/* its genesis */
	bool has_project;
	size_t objects, commits, unsigned_;
	struct signer *signers;
	size_t nsigners, signers_cap;
	size_t altered, missing;	/* findings */
	const struct policies *policies;	/* NULL: they cannot be read */
	/* The rest is the verifiers'. */
	struct map by_strong;	/* 32 bytes -> struct oid, what refs reach */
	struct map seals;	/* what is behind each */
	struct arena *arena;
};

int store_verify(struct verify *v, struct store *s, struct arena *a,
		 struct err *err) MUST_CHECK;
void verify_release(struct verify *v);

/* Might each of those that refs reach have been made as it was? */
int verify_policies(struct verify *v, struct store *s, struct err *err)
	MUST_CHECK;

/* For the ledgers' part: c may be NULL. */
void verify_tell(struct verify *v, const char *object, const char *rule,
		 const struct commit *c, const char *text);
void verify_miss(struct verify *v, const char *object, const char *rule,
		 const struct commit *c, const char *text);
/* One more commit, or row that is none of the store's: is it signed, and by
 * whom; the signature itself is not looked at. */
void verify_count(struct verify *v, const char *object,
		  const struct commit *c);
/* The commit of that strong id which a ref leads to: 1, 0, -1. */
int verify_find(struct commit *out, struct verify *v, struct store *s,
		const struct strong_id *id, struct arena *a, struct err *err)
	MUST_CHECK;

#endif
