/*
 * What a person sees: colours, the pager, questions.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/cmd.h"

static const char *const colors[] = {
	[COLOR_NONE] = "\033[m",
	[COLOR_RED] = "\033[31m",
	[COLOR_GREEN] = "\033[32m",
	[COLOR_YELLOW] = "\033[33m",
	[COLOR_BOLD] = "\033[1m",
	[COLOR_DIM] = "\033[2m",
};

void out_color(struct ctx *c, enum color color)
{
	if (c->global.color)
		buf_addstr(&c->out, colors[color]);
}

void out_addf(struct ctx *c, enum color color, const char *fmt, ...)
{
	va_list ap;

	if (color != COLOR_NONE)
		out_color(c, color);
	va_start(ap, fmt);
	buf_vaddf(&c->out, fmt, ap);
	va_end(ap);
	if (color != COLOR_NONE)
		out_color(c, COLOR_NONE);
}

static size_t terminal_rows(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_row)
		return 24;
	return w.ws_row;
}

static size_t count_lines(const struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->ptr[i] == '\n';
	return n;
}

/* Is it longer than the screen, and somebody there to read it? */
static const char *pager(const struct ctx *c)
{
	const char *own = getenv("SCHEMASTORE_PAGER");
	const char *any = own ? own : getenv("PAGER");

	if (!isatty(STDOUT_FILENO) || c->global.json ||
	    count_lines(&c->out) + 1 < terminal_rows())
		return NULL;
	if (!any)
		any = "less";
	return *any && strcmp(any, "cat") ? any : NULL;
}

void out_flush(struct ctx *c)
{
	const char *program = c->out.len ? pager(c) : NULL;
	FILE *f = NULL;

	if (program) {
		setenv("LESS", "FRX", 0);
		f = popen(program, "w");
	}
	fwrite(c->out.ptr, 1, c->out.len, f ? f : stdout);
	if (f)
		pclose(f);
	else
		fflush(stdout);
	buf_truncate(&c->out, 0);
}

void out_json(struct ctx *c, json_t *value)
{
	json_print(&c->out, value);
}

bool can_ask(const struct ctx *c)
{
	return !c->global.no_input && !c->global.json &&
	       isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

int ask(struct ctx *c, const char *question, const char *flag,
	struct err *err)
{
	char answer[16] = "";

	if (c->global.yes)
		return 1;
	if (!can_ask(c)) {
		err_set(err, ERR_REFUSED, "%s (nobody to ask)", question);
		return err_hint(err, "add %s", flag);
	}
	progress_close(c);
	out_flush(c);
	fprintf(stderr, "%s [y/N] ", question);
	if (!fgets(answer, sizeof(answer), stdin))
		return err_set(err, ERR_CANCELLED, "no answer");
	return *answer == 'y' || *answer == 'Y';
}

const char *counted(struct arena *a, size_t n, const char *what)
{
	return arena_printf(a, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

const char *format_time(struct arena *a, int64_t t)
{
	time_t seconds = (time_t)t;
	char text[64];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S +0000", &tm);
	return arena_strdup(a, text);
}
