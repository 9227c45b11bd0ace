/*
 * A migration file as Aerich writes it.
 */
#ifndef SS_AERICH_WRITE_H
#define SS_AERICH_WRITE_H

#include "ss/buf.h"
#include "ss/err.h"

struct aerich_text {
	const char *up;
	const char *down;	/* NULL: there is no way back */
	bool alone;		/* RUN_IN_TRANSACTION = False */
	const char *state;	/* aerich_state(); NULL: none */
};
void aerich_write(struct buf *out, const struct aerich_text *t);

/* Of a description of models that of an app's, without what is ours in it:
 * JSON, as Aerich has it.  Nothing where the app has none. */
int aerich_state(struct buf *out, const char *models, const char *app,
		 struct err *err) MUST_CHECK;
/* The table in which it keeps what is done; NULL: an engine that it does not
 * know. */
const char *aerich_table(const char *engine);

#endif
