/*
 * A project with four versions on main and a fifth on the branch `next`, made
 * by the program, for what tests the library by its header alone.
 *
 *	v1  users (id, mail, note)
 *	v2  mail is called email; posts
 *	v3  email NOT NULL: a rebuild
 *	v4  an index and a view		main, and "HEAD" of every call
 *	v5  without note		next
 *
 *	project/	all of it
 *	older/		a copy of it that ends at v3
 *	bare/		a copy without a configuration
 */
#ifndef UNIT_LIB_FIXTURE_H
#define UNIT_LIB_FIXTURE_H

#include <stdbool.h>

#include "schemastore.h"

/* cmocka's group functions: a folder of its own, which is the current one. */
int fixture_make(void **state);
int fixture_remove(void **state);

/* Each formats its argument.  A shell's command must succeed. */
void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What it prints, without the last newline; until the next call. */
const char *output(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Fails the test with the library's words. */
struct ss_project *open_project(const char *dir, bool no_mirror);
void must(int code, const struct ss_error *error);
/* It must have failed with `want`, and its text has `part` in it. */
void refused(int code, const struct ss_error *error, enum ss_code want,
	     const char *part);

/* A new file at that version, with two users; "sqlite:NAME". */
const char *new_file(struct ss_project *p, const char *name,
		     const char *version);
enum ss_where where_is(struct ss_project *p, const char *url,
		       const char *version);

#endif
