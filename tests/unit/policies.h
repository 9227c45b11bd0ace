/*
 * A policy for tests.
 *
 * In the lines $x is key x, %x its fingerprint and ^x strong id x.
 */
#ifndef TESTS_POLICIES_H
#define TESTS_POLICIES_H

#include "ss/policy.h"

#define MAIN "refs/heads/main"
#define PROD "refs/schemastore/ledger/prod"
#define PROD_ID "3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f"

#define PERSONS \
	"person ann Ann Smith ann@example.org\n" \
	"person bob Bob bob@example.org\n" \
	"person carol Carol carol@example.org\n" \
	"person ci Robot ci@example.org\n" \
	"person wit Witness wit@example.org\n"
#define KEYS "key ann $A\nkey ann $a\nkey bob $b\nkey carol $c\nkey ci $d\n" \
	"key wit $w\n"
#define ROLES "author ann bob\napprover ann carol\ndeployer ci\nwitness wit\n"
#define ROOT "root 2 ann bob carol\n"
#define PROTECT "protect "MAIN" approve 2 ann bob carol\n"
#define DB "db prod "PROD_ID" deploy ci from "MAIN" approve 1 carol " \
	"mirror required\n"
#define BASE PERSONS KEYS ROOT ROLES PROTECT DB

extern struct arena arena;

struct pubkey key_of(char letter);
struct strong_id id_of(char letter);
char *expand(const char *text);
const struct policy *parsed(const char *text, bool edited);
/* With these lines behind its head; strong ids are digits. */
const struct policy *policy_of(unsigned seq, const char *lines);
int policies_release(void **state);

#endif
