/*
 * A folder of our own, below $TMPDIR, that is gone when this process is,
 * however it ends.
 */
#ifndef CLI_KEEPER_H
#define CLI_KEEPER_H

#include <sys/types.h>

#include "ss/arena.h"
#include "ss/err.h"

struct kept_folder {
	const char *dir;
	pid_t keeper;
	int pipe;		/* whose end the keeper waits for; -1: none */
};
/* Also where it fails it is ended. */
int kept_folder_make(struct kept_folder *f, struct arena *a, struct err *err)
	MUST_CHECK;
void kept_folder_end(struct kept_folder *f);

#endif
