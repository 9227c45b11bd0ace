/*
 * schemastore.conf: git-config syntax, beside the store, meant to be
 * committed with the code.
 *
 *	[schemastore]
 *		engines = sqlite
 *		source = schema.sql
 *	[database "dev"]
 *		url = sqlite:app.db
 *	[sqlite]
 *		ignore = django_migrations
 *
 * Who reads a value by conf_expand() lets it be $NAME or ${NAME}: the
 * environment's, so that secrets stay out of the file.  schemastore.conf(5)
 * has every key.
 */
#ifndef SS_CONF_H
#define SS_CONF_H

#include "ss/arena.h"
#include "ss/err.h"

struct conf_entry {
	const char *key;	/* section.name or section.sub.name; section
				 * and name in lower case, sub as spelled */
	const char *value;
	unsigned line;
	unsigned last;		/* a value may go on in the next line */
};
struct conf {
	const char *path;
	struct conf_entry *v;
	size_t n;
	size_t cap;
	struct arena *arena;
};

/* A missing file is an empty conf.  Errors say file and line. */
int conf_read(struct conf *c, const char *path, struct arena *a,
	      struct err *err) MUST_CHECK;
const char *conf_get(const struct conf *c, const char *key); /* last; NULL */
/* The last value with $NAME replaced: ERR_USAGE where it is not set. */
int conf_expand(const char **out, const struct conf *c, const char *key,
		struct err *err) MUST_CHECK;
struct list conf_all(const struct conf *c, const char *key, struct arena *a);
/* The sub-sections of a section: database names. */
struct list conf_subs(const struct conf *c, const char *section,
		      struct arena *a);
/* Change the file in place, comments and layout kept; value NULL removes.
 * `add` appends a further value of the same key. */
int conf_set(struct conf *c, const char *key, const char *value, bool add,
	     struct err *err) MUST_CHECK;

#endif
