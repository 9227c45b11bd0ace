/*
 * An arena is a chain of blocks; the newest one is filled.
 *
 *	head ──▶ [used......free] ──▶ [full] ──▶ [full]
 */
#include "config.h"

#include "ss/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ss/buf.h"

#ifdef ARENA_DEBUG
enum { BLOCK_SIZE = 0 };	/* every allocation a block of its own */
#else
enum { BLOCK_SIZE = 32 * 1024 };
#endif

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	max_align_t data[];
};

/* malloc() has no argument that could carry it, so it is the process's. */
static _Atomic(oom_fn) *on_failure(void)
{
	static _Atomic(oom_fn) fn;

	return &fn;
}

void xmalloc_on_failure(oom_fn fn)
{
	*on_failure() = fn;
}

static void out_of_memory(void)
{
	oom_fn fn = *on_failure();

	if (fn)
		fn();
	else
		fputs("schemastore: out of memory\n", stderr);
	abort();
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

static struct arena_block *block_new(size_t size)
{
	struct arena_block *b = xmalloc(sizeof(*b) + size);

	b->used = 0;
	b->size = size;
	return b;
}

/* As it lies there. */
static void *take(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;
	char *p;

	size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	if (!b || b->size - b->used < size) {
		b = block_new(size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE);
		/* A large one goes behind the block that is being filled. */
		if (a->head && b->size == size) {
			b->next = a->head->next;
			a->head->next = b;
		} else {
			b->next = a->head;
			a->head = b;
		}
	}
	p = (char *)b->data + b->used;
	b->used += size;
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(take(a, size), 0, size);
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *copy = take(a, n);

	if (n)
		memcpy(copy, p, n);
	return copy;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = take(a, n + 1);

	if (n)
		memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;
	char *s;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	s = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return s;
}

void *arena_grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
	void *grown;

	if (n < *cap)
		return v;
	/* Of what is large there is often just one. */
	*cap = *cap ? *cap * 2 : size > 32 ? 1 : 4;
	grown = arena_alloc(a, *cap * size);
	if (n)
		memcpy(grown, v, n * size);
	return grown;
}

void list_add(struct arena *a, struct list *l, const char *s)
{
	if (!(l->n & (l->n - 1))) {
		size_t cap = l->n ? l->n * 2 : 1;
		const char **v = arena_alloc(a, cap * sizeof(*v));

		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
	}
	l->v[l->n++] = s;
}

void arena_take(struct arena *a, struct arena *from)
{
	struct arena_block **end = &from->head;

	while (*end)
		end = &(*end)->next;
	/* Behind the block that is being filled. */
	if (a->head) {
		*end = a->head->next;
		a->head->next = from->head;
	} else {
		a->head = from->head;
	}
	from->head = NULL;
}

void arena_empty(struct arena *a)
{
	struct arena rest = ARENA_INIT;
	struct arena_block *b = a->head;

	if (!b || b->size != BLOCK_SIZE) {
		arena_release(a);
		return;
	}
	rest.head = b->next;
	arena_release(&rest);
	b->next = NULL;
	b->used = 0;
}

void arena_release(struct arena *a)
{
	struct arena_block *b = a->head;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	a->head = NULL;
}
