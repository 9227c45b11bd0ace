/*
 * `init` in the folder of a Tortoise project.
 */
#ifndef CLI_INIT_TORTOISE_H
#define CLI_INIT_TORTOISE_H

#include "cli/cmd.h"

/*
 * What pyproject.toml says, into the configuration: the source, where modules
 * are, and, unless they are there, engines and databases.  out: lines that
 * the user should read.  Nothing where it has no [tool.aerich] or
 * [tool.tortoise].
 */
int init_tortoise(struct buf *out, struct ctx *c, bool engines, bool databases,
		  struct err *err) MUST_CHECK;

#endif
