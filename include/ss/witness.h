/*
 * Witnesses: whoever, on a machine of his own, signs that a checkpoint extends
 * the one that he has signed before.  He keeps the note that he signed last in
 * a file of his own, and never signs another history.
 */
#ifndef SS_WITNESS_H
#define SS_WITNESS_H

#include "ss/checkpoints.h"
#include "ss/note.h"

#define WITNESS_NOTE "checkpoint"	/* the file in its commit's tree */

struct witness {
	struct landing l;	/* store, who and key are set */
	const char *name;	/* NULL: the person's word, and filled in */
	const char *dir;	/* of notes that were signed */
	/* out */
	uint64_t seq;		/* of the checkpoint */
	bool again;		/* it was signed already */
	struct commit commit;
	const char *key;	/* as others are told of it, in C2SP's form */
};
/* ERR_FINDING where the checkpoints do not extend what was signed. */
int witness_sign(struct witness *w, struct arena *a, struct err *err)
	MUST_CHECK;

/* "schemastore/<project id>" */
const char *witness_origin(const unsigned char *project, struct arena *a);
/* The note of a witness's commit. */
int witness_note(struct note *out, struct store *s, const struct commit *c,
		 struct arena *a, struct err *err) MUST_CHECK;
/* Is it of the first n leaves, and of this project?  NULL, or what is wrong. */
const char *witness_check_note(const struct note *n,
			       const struct checkpoints *all, size_t leaves,
			       struct arena *a);

#endif
