/*
 * Memory that dies together: everything that is taken from an arena is freed
 * by arena_release(), nothing alone.  Out of memory ends the program.
 *
 *	struct arena a = ARENA_INIT;
 *	char *name = arena_strdup(&a, "users");
 *	arena_release(&a);
 *
 * Built with -DARENA_DEBUG every allocation is a malloc of its own, so that
 * ASan sees the edges.
 */
#ifndef SS_ARENA_H
#define SS_ARENA_H

#include <stddef.h>

#include "ss/base.h"

struct arena_block;
struct arena {
	struct arena_block *head;
};
#define ARENA_INIT { NULL }

void *arena_alloc(struct arena *a, size_t size);	/* zeroed */
char *arena_strdup(struct arena *a, const char *s);	/* NULL stays NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n);
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Make room for one more element in an array that grows by doubling.
 * Use through ARENA_PUSH; *cap is the array's capacity, 0 at the start.
 */
void *arena_grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size);
#define ARENA_PUSH(a, v, n, cap) \
	((v) = arena_grow((a), (v), (n), &(cap), sizeof(*(v))), &(v)[(n)++])

/* Append to a list whose array came from this arena; copies the array only
 * where its length is a power of two. */
void list_add(struct arena *a, struct list *l, const char *s);

/* All that was taken from `from` is a's now, where it lies; `from` is empty. */
void arena_take(struct arena *a, struct arena *from);
void arena_release(struct arena *a);
/* The same, and room is kept for what is taken from it next. */
void arena_empty(struct arena *a);

/* malloc and realloc that end the program when memory is out. */
void *xmalloc(size_t n);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);

/*
 * Who hears of it then, before the program ends: a host that we are a library
 * of.  For the process, as the heap is; NULL is a line on stderr.  It is not
 * to come back, and where it does the program ends all the same.
 */
typedef void (*oom_fn)(void);
void xmalloc_on_failure(oom_fn fn);

#endif
