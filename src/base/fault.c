/*
 * Fault points.  Only built with --enable-faults.
 */
#include "config.h"

#include "ss/fault.h"

#ifdef SS_FAULTS

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CRASH_STATUS 99

/* How often the point was passed.  It counts for the process, which is what a
 * test asks for. */
static unsigned long passes(void)
{
	static unsigned long n;

	return ++n;
}

static void log_point(const char *point)
{
	const char *path = getenv("SS_FAULT_LOG");
	FILE *f = path ? fopen(path, "a") : NULL;

	if (!f)
		return;
	fprintf(f, "%s\n", point);
	fclose(f);
}

/* SS_FAULT = name ":" n ":" fail|crash|kill|stop */
int fault(const char *point, struct err *err)
{
	const char *spec = getenv("SS_FAULT");
	const char *colon = spec ? strchr(spec, ':') : NULL;
	const char *how;
	char *end;
	unsigned long n;
	size_t len;

	log_point(point);
	if (!colon)
		return 0;
	len = (size_t)(colon - spec);
	if (!(len == 1 && *spec == '*') &&
	    (len != strlen(point) || memcmp(spec, point, len)))
		return 0;
	n = strtoul(colon + 1, &end, 10);
	if (passes() != n || *end != ':')
		return 0;
	how = end + 1;
	if (!strcmp(how, "crash"))
		_exit(CRASH_STATUS);
	if (!strcmp(how, "kill"))
		raise(SIGKILL);
	if (!strcmp(how, "stop")) {
		raise(SIGSTOP);
		return 0;
	}
	return err_set(err, ERR_IO, "fault point '%s' (test)", point);
}

/* [ beginning ":" ] number */
int fault_number(const char *variable, const char *name, int real)
{
	const char *spec = getenv(variable);
	const char *colon = spec ? strchr(spec, ':') : NULL;

	if (!spec || (colon && strncmp(name, spec, (size_t)(colon - spec))))
		return real;
	return (int)strtol(colon ? colon + 1 : spec, NULL, 10);
}

#endif
