/*
 * A folder of a test's own: the group's setup enters it, its teardown removes
 * it.
 */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/ss-unit.XXXXXX";

static inline int folder_enter(void **state)
{
	(void)state;
	return !mkdtemp(folder) || chdir(folder) ? -1 : 0;
}

static inline int folder_remove(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return chdir("/") || system(command);
}

#endif
