/*
 * A source that is Tortoise ORM's models.
 */
#ifndef SOURCE_FROM_MODELS_H
#define SOURCE_FROM_MODELS_H

#include "ss/source.h"

/* The SQL of the models that are at path, and their description. */
int from_models(struct source_file *out, struct bytes *models,
		const char *path,
		const struct source_how *how, struct arena *a,
		struct err *err) MUST_CHECK;

#endif
