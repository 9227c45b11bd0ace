/*
 * What the commands around the policy share.
 */
#ifndef CLI_TRUST_H
#define CLI_TRUST_H

#include "cli/cmd.h"

#include "ss/policies.h"

/* Who acts, with which key; takes the lock, which store_unlock() gives back. */
int trust_open(struct landing *l, struct ctx *c, const char *ref,
	       struct err *err) MUST_CHECK;
/* The version that is meant and where it is to land: on `onto`, or, where
 * that is NULL, on the protected branch that it stands on. */
int trust_target(struct landing *l, struct ctx *c, const char *version,
		 const char *onto, struct err *err) MUST_CHECK;
/* A policy's text in the user's editor; the lock is not held meanwhile. */
int trust_edit(struct buf *text, struct ctx *c, const struct policy *p,
	       struct err *err) MUST_CHECK;
/* A line as it was written; that of a database without an id gets its own. */
int trust_add_line(struct buf *out, struct ctx *c, const char *line,
		   struct err *err) MUST_CHECK;
/* "ann approves 1a2b3c4d5e Add users for main", and who else does. */
void trust_say_approved(struct ctx *c, struct landing *l,
			const struct commit *approval);
void trust_say_landed(struct ctx *c, const struct landing *l,
		      const struct commit *v);
void trust_show(struct ctx *c, const struct policies *p);

#endif
