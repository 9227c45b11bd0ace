/*
 * The description of a Tortoise application's models, as
 * Tortoise.describe_models() prints it, and the SQL that makes its tables.
 *
 *	JSON ──models_read──▶ struct models ──models_sql──▶ CREATE TABLE ...
 *
 * The SQL is what Tortoise itself would make, with its names; where Tortoise's
 * would not run it is what was meant.  A description does not say all of it:
 * what the reader of models adds is in keys of our own, see models.c.
 */
#ifndef SOURCE_MODELS_H
#define SOURCE_MODELS_H

#include <jansson.h>

#include "ss/arena.h"
#include "ss/buf.h"
#include "ss/err.h"

/* How an engine has it. */
struct dialect {
	const char *engine;
	const char *yes, *no;
	const char *random;		/* RandomHex() */
	const char *serial[3];		/* of SMALLINT, INT, BIGINT */
	bool comments_inside;		/* as SQL comments; else COMMENT ON */
	bool schemas;
	bool using;			/* an index's type is behind its table;
					 * else before INDEX */
	bool late_keys;			/* a table must be there before it is
					 * referred to: by ALTER TABLE */
	bool strict_json;		/* what is no JSON is no default */
	bool text_decimals;		/* before 0.23: '1.25' for 1.250 */
};
const struct dialect *dialect_find(const char *engine);	/* NULL = absent */

struct model_column {
	const char *name;		/* in the database */
	const char *field;		/* in the model */
	const char *type;		/* the engine's */
	const char *plain_type;		/* whichever engine it is */
	const char *python_type;
	const char *comment;
	const json_t *json;
	bool key;
	bool generated;
	bool null;
	bool unique;
	bool index;
	/* What it refers to; to_column NULL: without a constraint. */
	const struct model *to;
	const char *to_column;
	const char *on_delete;
	bool late;			/* the constraint comes by itself */
	bool lost;			/* Tortoise makes no column of it */
};

struct model {
	const char *label;		/* "app.Name" */
	const char *table;
	const char *schema;		/* NULL: none */
	const char *comment;
	const json_t *json;
	struct model_column *columns;	/* the key is the first */
	size_t n;
	bool made;			/* models_sql's */
};

struct models {
	const struct dialect *dialect;
	const char *path;		/* as errors name the description */
	struct model *v;
	size_t n;
	/* Before 1.0 a default of Python's is one of the database's; 0.21.2
	 * to 0.22 do not say of their many-to-many tables that these are
	 * unique. */
	bool old_defaults;
	bool silent_unique;
	bool text_decimals;
	json_t *json;
	struct arena *arena;
};

/* version: Tortoise's, where it is known, else NULL. */
int models_read(struct models *out, const char *json, size_t len,
		const char *path, const struct dialect *d,
		const char *version, struct arena *a, struct err *err)
	MUST_CHECK;
void models_release(struct models *m);
int models_sql(struct buf *out, struct models *m, struct err *err)
	MUST_CHECK;

/* Members that must be there, or are refused by their names. */
const char *models_text(const json_t *of, const char *key); /* NULL = absent */
bool models_flag(const json_t *of, const char *key);
const char *models_comment(const json_t *of);	/* NULL = none */
const struct model *models_find(const struct models *m, const char *label);
struct model_column *models_column(const struct model *m, const char *field);
int models_error(const struct models *m, const struct model *of,
		const char *field, struct err *err, const char *fmt, ...)
	PRINTF_LIKE(5, 6);

/* " DEFAULT x", or nothing. */
int models_default(struct buf *b, const struct models *m,
		  const struct model *of, const struct model_column *c,
		  struct err *err) MUST_CHECK;
/* A string as Tortoise quotes it. */
void models_quote(struct buf *b, const char *s);

#endif
