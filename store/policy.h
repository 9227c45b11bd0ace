/*
 * What the files of policies share.
 */
#ifndef STORE_POLICY_H
#define STORE_POLICY_H

#include "ss/policy.h"

/* At most one line of it. */
bool policy_is_single(enum policy_kind kind);
/* Do its lines make sense together?  ERR_USAGE. */
int policy_check(struct policy *p, struct err *err) MUST_CHECK;
/* The persons of a line of which there is one. */
struct list policy_role(const struct policy *p, enum policy_kind kind);
bool policy_lists(const struct list *l, const char *person);
/* How many persons of a list have a key that still signs. */
size_t policy_able(const struct policy *p, const struct list *who);
/* Has the person of this key, which still signs, that right; else why not. */
enum policy_verdict policy_right(const struct policy *p, enum commit_kind kind,
				 const char *ref, const struct pubkey *key);

#endif
