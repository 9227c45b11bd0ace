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

/* A colour is a NUL and its number until it is printed: what else looks like
 * one came from somebody's name or SQL. */
void out_color(struct ctx *c, enum color color)
{
	if (!c->global.color)
		return;
	buf_addch(&c->out, '\0');
	buf_addch(&c->out, (char)(color + 1));
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

/* To a terminal nothing goes that it would act on, but our own colours. */
static void render(struct buf *b, const struct ctx *c)
{
	bool terminal = isatty(STDOUT_FILENO);
	const char *p = c->out.ptr, *end = p + c->out.len;

	while (p < end) {
		const char *nul = memchr(p, '\0', (size_t)(end - p));
		size_t n = (size_t)((nul ? nul : end) - p);
		unsigned color;

		if (terminal)
			buf_add_printable(b, p, n);
		else
			buf_add(b, p, n);
		if (!nul)
			return;
		color = nul + 1 < end ? (unsigned char)nul[1] - 1u : ~0u;
		if (c->global.color && color < ARRAY_LEN(colors))
			buf_addstr(b, colors[color]);
		else if (!terminal)
			buf_add(b, nul, 1);
		else
			buf_add_printable(b, nul, 1);
		p = nul + 1 + (c->global.color && color < ARRAY_LEN(colors));
	}
}

void out_flush(struct ctx *c)
{
	struct buf text = BUF_INIT;
	const char *program = c->out.len ? pager(c) : NULL;
	FILE *f = NULL;

	if (program) {
		setenv("LESS", "FRX", 0);
		f = popen(program, "w");
	}
	render(&text, c);
	fwrite(text.ptr, 1, text.len, f ? f : stdout);
	buf_release(&text);
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
	struct buf shown = BUF_INIT;
	char answer[16] = "";

	if (c->global.yes)
		return 1;
	if (!can_ask(c)) {
		err_set(err, ERR_REFUSED, "%s (nobody to ask)", question);
		return err_hint(err, "add %s", flag);
	}
	progress_close(c);
	out_flush(c);
	buf_add_printable(&shown, question, strlen(question));
	fprintf(stderr, "%s [y/N] ", shown.ptr);
	buf_release(&shown);
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
