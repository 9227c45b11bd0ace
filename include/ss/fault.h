/*
 * Fault points: places where a test makes the program fail or die.
 *
 *	if (fault("ledger.write", err))
 *		return -1;
 *
 * With --enable-faults, SS_FAULT=NAME:N:fail makes the N-th pass over the
 * point NAME fail, SS_FAULT=NAME:N:crash ends the process there by _exit(99)
 * without any clean-up, and :kill by SIGKILL; :stop stops it until SIGCONT.
 * NAME `*` counts every point.  SS_FAULT_LOG=FILE appends each point's name as
 * it is passed.  Without --enable-faults it is nothing.
 *
 *	major = fault_number("SS_MAJOR", name, major);
 *
 * SS_MAJOR=14 makes us believe that it is 14, and SS_MAJOR=app:14 where the
 * name begins with "app".
 */
#ifndef SS_FAULT_H
#define SS_FAULT_H

#include "ss/err.h"

#ifdef SS_FAULTS
int fault(const char *point, struct err *err) MUST_CHECK;
int fault_number(const char *variable, const char *name, int real);
#else
static inline int fault(const char *point, struct err *err)
{
	(void)point;
	(void)err;
	return 0;
}

static inline int fault_number(const char *variable, const char *name,
			       int real)
{
	(void)variable;
	(void)name;
	return real;
}
#endif

#endif
