/*
 * How far a long job is.  Who does it tells; who shows it decides when.
 *
 *	progress_step(p->progress, "statement", i + 1, n);
 */
#ifndef SS_PROGRESS_H
#define SS_PROGRESS_H

#include <stddef.h>

struct progress {
	void (*step)(struct progress *p, const char *what, size_t done,
		     size_t total);
};

/* p NULL: nobody looks. */
static inline void progress_step(struct progress *p, const char *what,
				 size_t done, size_t total)
{
	if (p)
		p->step(p, what, done, total);
}

#endif
