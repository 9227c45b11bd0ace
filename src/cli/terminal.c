/*
 * One line on the terminal that is written over, for what takes over a second.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/cmd.h"

#define FIRST_MS 1000
#define NEXT_MS 100

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void step(struct progress *base, const char *what, size_t done,
		 size_t total)
{
	struct terminal *t = (struct terminal *)base;
	int64_t now = now_ms();

	if (now < t->next)
		return;
	t->next = now + NEXT_MS;
	t->shown = true;
	fprintf(stderr, "\r%s %zu of %zu\033[K", what, done, total);
}

void progress_open(struct ctx *c)
{
	struct terminal *t = &c->terminal;

	if (!isatty(STDERR_FILENO) || c->global.quiet)
		return;
	t->base.step = step;
	t->next = now_ms() + FIRST_MS;
	c->project.progress = &t->base;
}

void progress_close(struct ctx *c)
{
	if (c->terminal.shown)
		fputs("\r\033[K", stderr);
	c->terminal.shown = false;
}
