/*
 * The texts of data steps, and what their first comments say.
 */
#include "config.h"

#include "ss/data.h"

#include "ss/hash.h"
#include "ss/sqltok.h"

#define MARK "-- schemastore:"

const char *const data_when_words[DATA_WHENS] = {
	[DATA_BETWEEN] = "between",
	[DATA_BEFORE] = "before",
	[DATA_AFTER] = "after",
};

bool data_name_valid(const char *name)
{
	size_t n = strlen(name);

	for (const char *p = name; *p; p++)
		if (!(is_word_byte((unsigned char)*p) && *p != '$' &&
		      (unsigned char)*p < 0x80) && *p != '-')
			return false;
	return n && n <= DATA_NAME_MOST && *name != '-';
}

struct reading {
	struct data_step *step;
	struct data_text *text;
	struct arena *arena;
	struct err *err;
};

static int bad(struct reading *r, const char *what, const char *line)
{
	err_set(r->err, ERR_USAGE, "data step %s: %s: '" MARK " %s'",
		r->step->name, what, line);
	return err_hint(r->err, "one of: before, between, after, batch, "
			"require QUERY, ensure QUERY");
}

/* 1: it says where the step stands; 0: something else; -1 */
static int take_when(struct reading *r, const char *word)
{
	for (size_t i = 0; i < DATA_WHENS; i++) {
		if (strcmp(data_when_words[i], word))
			continue;
		if (r->text != &r->step->up)
			return bad(r, "the way back stands where its step "
				   "does", word);
		r->step->when = (enum data_when)i;
		return 1;
	}
	return 0;
}

/* mark = WORD [ QUERY ] */
static int take_mark(struct reading *r, char *line)
{
	struct data_text *t = r->text;
	size_t n = strcspn(line, " \t");
	char *rest = line + n + strspn(line + n, " \t");
	bool is_require = n == 7 && str_starts(line, "require");
	bool is_ensure = n == 6 && str_starts(line, "ensure");
	int ret = take_when(r, line);

	if (ret)
		return ret < 0 ? -1 : 0;
	if (!strcmp(line, "batch")) {
		t->batch = true;
		return 0;
	}
	if ((!is_require && !is_ensure) || !*rest)
		return bad(r, *line ? "nothing that is known" : "nothing is "
			   "said", line);
	list_add(r->arena, is_require ? &t->require : &t->ensure, rest);
	return 0;
}

static size_t line_end(const char *p)
{
	return strcspn(p, "\n");
}

/* A line of blanks, or of a comment. */
static bool is_head(const char *p)
{
	p += strspn(p, " \t\r");
	return *p == '\n' || str_starts(p, "--");
}

static char *trimmed(struct arena *a, const char *p, size_t n)
{
	while (n && strchr(" \t\r", p[n - 1]))
		n--;
	while (n && strchr(" \t", *p)) {
		p++;
		n--;
	}
	return arena_strndup(a, p, n);
}

static bool is_empty(const char *sql)
{
	struct sqllex lex = sqllex_init(sql, strlen(sql));
	struct sqltok t;

	while (sqltok_next(&lex, &t))
		if (!sqltok_is(&t, ";"))
			return false;
	return true;
}

static int read_text(struct reading *r, const char *sql)
{
	struct data_text *t = r->text;

	t->sql = arena_strdup(r->arena, sql);
	t->empty = is_empty(sql);
	for (const char *p = sql; is_head(p); p += line_end(p) + 1) {
		const char *at = p + strspn(p, " \t");

		if (str_starts(at, MARK)) {
			at += strlen(MARK);
			if (take_mark(r, trimmed(r->arena, at, line_end(at))))
				return -1;
		}
		if (!p[line_end(p)])
			break;
	}
	if (t->empty && (t->batch || t->require.n || t->ensure.n))
		return err_set(r->err, ERR_USAGE, "data step %s: there is no "
			       "statement in it", r->step->name);
	return 0;
}

void data_step_id(struct data_step *step)
{
	struct sha256 h;

	sha256_start(&h);
	sha256_add(&h, step->up.sql, strlen(step->up.sql) + 1);
	if (step->has_down)
		sha256_add(&h, step->down.sql, strlen(step->down.sql));
	sha256_end(&h, step->id);
	memcpy(step->as, step->id, SHA256_LEN);
}

/* as NULL: it takes nobody's place. */
static int parse(struct reading *r, const char *name,
		 const char *const text[2], const unsigned char *as)
{
	struct data_step *out = r->step;
	const char *up = text[0], *down = text[1];

	memset(out, 0, sizeof(*out));
	out->name = arena_strdup(r->arena, name);
	if (!data_name_valid(name)) {
		err_set(r->err, ERR_USAGE, "'%s' cannot be a data step's name",
			name);
		return err_hint(r->err, "letters, digits, - and _, at most %d",
				DATA_NAME_MOST);
	}
	r->text = &out->up;
	if (read_text(r, up))
		return -1;
	if (out->up.empty && !as)
		return err_set(r->err, ERR_USAGE, "data step %s: there is no "
			       "statement in it", name);
	out->has_down = down;
	r->text = &out->down;
	if (down && read_text(r, down))
		return -1;
	data_step_id(out);
	if (as)
		memcpy(out->as, as, SHA256_LEN);
	return 0;
}

int data_step_parse(struct data_step *out, const char *name, const char *up,
		    const char *down, struct arena *a, struct err *err)
{
	struct reading r = { .step = out, .arena = a, .err = err };

	return parse(&r, name, (const char *const[]){ up, down }, NULL);
}

int data_step_replace(struct data_step *out, const char *name, const char *up,
		      const char *down, const unsigned char as[SHA256_LEN],
		      struct arena *a, struct err *err)
{
	struct reading r = { .step = out, .arena = a, .err = err };

	return parse(&r, name, (const char *const[]){ up, down }, as);
}

bool data_step_replaces(const struct data_step *step)
{
	return memcmp(step->id, step->as, SHA256_LEN) != 0;
}

/* Is it a mark that says where a step stands? */
static bool is_place(const char *line, struct arena *a)
{
	const char *word = line + strspn(line, " \t");

	if (!str_starts(word, MARK))
		return false;
	word += strlen(MARK);
	word = trimmed(a, word, line_end(word));
	for (size_t i = 0; i < DATA_WHENS; i++)
		if (!strcmp(data_when_words[i], word))
			return true;
	return false;
}

static char *without_place(const char *sql, struct arena *a)
{
	struct buf b = BUF_INIT;
	const char *p = sql;
	char *text;

	while (is_head(p) && p[line_end(p)]) {
		size_t n = line_end(p) + 1;

		if (!is_place(p, a))
			buf_add(&b, p, n);
		p += n;
	}
	buf_addstr(&b, p);
	text = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return text;
}

int data_step_undo(struct data_step *out, const struct data_step *step,
		   struct arena *a, struct err *err)
{
	return data_step_parse(out, step->name, step->down.sql,
			       without_place(step->up.sql, a), a, err);
}

const struct data_text *data_run_text(const struct data_run *r)
{
	return r->down ? &r->step->down : &r->step->up;
}

char *data_step_title(const struct data_step *step, struct arena *a)
{
	return step->nth < 2 ? arena_printf(a, "data step %s", step->name) :
	       arena_printf(a, "data step %s~%zu", step->name, step->nth);
}

char *data_run_title(const struct data_run *r, struct arena *a)
{
	return arena_printf(a, "%s%s", r->down ? "the way back of " : "",
			    data_step_title(r->step, a));
}

/* A comment there must not take in what is put behind it. */
static bool may_end_in_comment(const char *sql, size_t n)
{
	size_t line = n;

	while (line && sql[line - 1] != '\n')
		line--;
	for (; line + 1 < n; line++)
		if (sql[line] == '-' && sql[line + 1] == '-')
			return true;
	return false;
}

char *sql_trimmed(const char *sql, struct arena *a)
{
	size_t n = strlen(sql);

	while (n && strchr(" \t\r\n;", sql[n - 1]))
		n--;
	return arena_printf(a, "%.*s%s", (int)n, sql,
			    may_end_in_comment(sql, n) ? "\n" : "");
}

char *data_statement(const struct data_text *t, struct arena *a)
{
	const char *p = t->sql;

	while (*p && is_head(p) && p[line_end(p)])
		p += line_end(p) + 1;
	return sql_trimmed(p, a);
}
