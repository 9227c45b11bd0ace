/*
 * The files of a matrix; matrix.h says how they are written.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matrix.h"

#include "ss/buf.h"
#include "ss/file.h"

/* The text with the first or the second of each {x|y}. */
static const char *side_of(struct arena *a, const char *text, bool second)
{
	struct buf b = BUF_INIT;
	const char *s;

	while (*text) {
		size_t n = strcspn(text, "{"), x, y;

		buf_add(&b, text, n);
		text += n;
		if (!*text)
			break;
		x = strcspn(text, "|}");
		y = x + strcspn(text + x, "}");
		if (text[x] != '|' || !text[y]) {
			buf_addch(&b, *text++);
			continue;
		}
		if (second)
			buf_add(&b, text + x + 1, y - x - 1);
		else
			buf_add(&b, text + 1, x - 1);
		text += y + 1;
	}
	s = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return s;
}

/* Off the front of a line; NULL: there is none. */
static const char *next_word(struct arena *a, const char **line)
{
	const char *start = *line + strspn(*line, " ");
	size_t n = strcspn(start, " ");

	*line = start + n;
	*line += strspn(*line, " ");
	return n ? arena_strndup(a, start, n) : NULL;
}

static bool take_rest(const char **to, const char *word, const char *option,
		      const char **line)
{
	if (strcmp(word, option))
		return false;
	*to = *line;
	*line += strlen(*line);
	return true;
}

static void take_option(struct arena *a, struct matrix_case *c,
			const char *word, const char **line)
{
	if (!strcmp(word, "also"))
		list_add(a, &c->also, next_word(a, line));
	else if (!strcmp(word, "rename"))
		list_add(a, &c->renames, next_word(a, line));
	else if (!strcmp(word, "loses"))
		c->loses = true;
	else if (!strcmp(word, "fresh"))
		c->fresh = true;
	else if (!strcmp(word, "bare"))
		c->bare = true;
	else if (!take_rest(&c->refused, word, "refused", line) &&
		 !take_rest(&c->down_refused, word, "down-refused", line) &&
		 !take_rest(&c->impossible, word, "impossible", line))
		fail_msg("%s:%zu: what is '%s'?", c->file, c->line, word);
}

static void take_head(struct arena *a, struct matrix_case *c,
		      const char *line)
{
	const char *word;

	c->kind = next_word(a, &line);
	c->field = next_word(a, &line);
	if (!c->field)
		fail_msg("%s:%zu: no field", c->file, c->line);
	while ((word = next_word(a, &line)))
		take_option(a, c, word, &line);
}

static void end_case(struct matrix *m, struct buf *text)
{
	struct matrix_case *c = m->n ? &m->cases[m->n - 1] : NULL;

	if (c && !c->impossible && !c->from) {
		c->from = side_of(&m->arena, text->ptr, false);
		c->to = side_of(&m->arena, text->ptr, true);
		if (!strcmp(c->from, c->to))
			fail_msg("%s:%zu: nothing differs", c->file, c->line);
	}
	buf_truncate(text, 0);
}

static void read_one(struct matrix *m, const char *path)
{
	struct buf b = BUF_INIT, text = BUF_INIT;
	struct err err = ERR_INIT;
	size_t line = 0;

	if (file_read(&b, path, 1 << 20, &err))
		fail_msg("%s", err.text);
	for (const char *p = b.ptr; *p; p += *p == '\n') {
		size_t n = strcspn(p, "\n");

		line++;
		if (str_starts(p, "== ")) {
			struct matrix_case c = { .file = path, .line = line };

			end_case(m, &text);
			take_head(&m->arena, &c, arena_strndup(&m->arena,
				  p + 3, n - 3));
			*ARENA_PUSH(&m->arena, m->cases, m->n, m->cap) = c;
		} else if (*p != '#') {
			buf_add(&text, p, n);
			buf_addch(&text, '\n');
		}
		p += n;
	}
	end_case(m, &text);
	buf_release(&b);
	buf_release(&text);
}

void matrix_read(struct matrix *m, const char *dir)
{
	struct list names = { NULL, 0 };
	struct err err = ERR_INIT;

	if (dir_list(&names, dir, &m->arena, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < names.n; i++)
		if (str_ends(names.v[i], ".txt"))
			read_one(m, path_join(&m->arena, dir, names.v[i]));
}

void matrix_release(struct matrix *m)
{
	arena_release(&m->arena);
}
