/*
 * Options, from a command's table.
 *
 *	-m TEXT  -qm TEXT  --message TEXT  --message=TEXT  --flag  --  paths
 *	-5, where there is -n N
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/cmd.h"

#define GLOBAL(text, letter, type, member, value, help) \
	{ text, letter, type, offsetof(struct global, member), value, help }

static const struct opt global_opts[] = {
	GLOBAL("help", 'h', OPT_FLAG, help, NULL, "show this"),
	GLOBAL("json", 0, OPT_FLAG, json, NULL, "facts as one JSON document"),
	GLOBAL("quiet", 'q', OPT_FLAG, quiet, NULL, "say only what went wrong"),
	GLOBAL("yes", 'y', OPT_FLAG, yes, NULL, "answer every question yes"),
	GLOBAL("no-input", 0, OPT_FLAG, no_input, NULL,
	       "never ask, never guess"),
	GLOBAL("color", 0, OPT_FLAG, color, NULL, "colours, also in a pipe"),
	GLOBAL("directory", 'C', OPT_TEXT, dir, "DIR", "work in that folder"),
};

struct parsing {
	struct ctx *c;
	char *args;
	int argc;
	char **argv;
	int i;
	struct err *err;
};

/* How many letters must change, come or go? */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[64], n = (unsigned)strlen(b);

	if (n >= ARRAY_LEN(row))
		return 99;
	for (unsigned k = 0; k <= n; k++)
		row[k] = k;
	for (unsigned i = 1; *a; a++, i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned k = 1; k <= n; k++) {
			unsigned above = row[k];
			unsigned best = diagonal + (*a != b[k - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[k - 1] + 1 < best)
				best = row[k - 1] + 1;
			row[k] = best;
			diagonal = above;
		}
	}
	return row[n];
}

const char *nearest(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	unsigned least = 3;

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(word, words[i]);

		if (d < least) {
			least = d;
			best = words[i];
		}
	}
	return best;
}

static int unknown_option(struct parsing *p, const char *word)
{
	const struct cmd *cmd = p->c->cmd;
	const char *names[64];
	size_t n = 0;
	const char *near;

	for (size_t i = 0; i < cmd->nopts && n < ARRAY_LEN(names); i++)
		names[n++] = cmd->opts[i].name;
	for (size_t i = 0; i < ARRAY_LEN(global_opts); i++)
		names[n++] = global_opts[i].name;
	near = nearest(word + strspn(word, "-"), names, n);
	err_set(p->err, ERR_USAGE, "'%s' has no option '%s'", cmd->name, word);
	if (near)
		return err_hint(p->err, "did you mean '--%s'?", near);
	return err_hint(p->err, "'schemastore %s --help' lists them",
			cmd->name);
}

/* An option of a table, by its long name or, where that is NULL, its letter. */
static const struct opt *find_in(const struct opt *v, size_t n,
				 const char *name, size_t len, char letter)
{
	for (size_t i = 0; i < n; i++)
		if (name ? strlen(v[i].name) == len &&
			   !strncmp(v[i].name, name, len) :
			   v[i].letter == letter)
			return &v[i];
	return NULL;
}

/* The same in the command's table, then in that of all commands; *base is the
 * struct that it is set in. */
static const struct opt *find_option(struct parsing *p, char **base,
				     const char *name, size_t len, char letter)
{
	const struct cmd *cmd = p->c->cmd;
	const struct opt *o = find_in(cmd->opts, cmd->nopts, name, len,
				      letter);

	*base = o ? p->args : (char *)&p->c->global;
	return o ? o : find_in(global_opts, ARRAY_LEN(global_opts), name, len,
			       letter);
}

/* value NULL: none stands in the same word. */
static int set_option(struct parsing *p, const struct opt *o, char *base,
		      const char *value)
{
	char *at = base + o->offset;

	if (o->type == OPT_FLAG) {
		if (value)
			return err_set(p->err, ERR_USAGE, "'--%s' takes no "
				       "value", o->name);
		*(bool *)at = true;
		return 0;
	}
	if (!value && o->type != OPT_MAYBE) {
		if (p->i + 1 >= p->argc)
			return err_set(p->err, ERR_USAGE, "'--%s' needs %s",
				       o->name, o->value);
		value = p->argv[++p->i];
	}
	if (o->type == OPT_TEXT)
		*(const char **)at = value;
	else
		list_add(&p->c->arena, (struct list *)at, value);
	return 0;
}

/* -qm TEXT is -q -m TEXT */
static int parse_letters(struct parsing *p, const char *word)
{
	for (const char *letter = word + 1; *letter; letter++) {
		char *base;
		const struct opt *o = find_option(p, &base, NULL, 0, *letter);

		if (!o)
			return unknown_option(p, word);
		if (o->type != OPT_FLAG)
			return set_option(p, o, base, letter[1] ? letter + 1 :
					  NULL);
		if (set_option(p, o, base, NULL))
			return -1;
	}
	return 0;
}

static int parse_word(struct parsing *p)
{
	const char *word = p->argv[p->i], *eq;
	const struct opt *o;
	char *base;

	if (word[0] != '-' || !word[1]) {
		list_add(&p->c->arena, &p->c->args, word);
		return 0;
	}
	if (word[1] >= '0' && word[1] <= '9') {
		o = find_option(p, &base, NULL, 0, 'n');
		if (o && o->type == OPT_TEXT)
			return set_option(p, o, base, word + 1);
	}
	if (word[1] != '-')
		return parse_letters(p, word);
	eq = strchr(word, '=');
	o = find_option(p, &base, word + 2, strcspn(word + 2, "="), '\0');
	if (!o)
		return unknown_option(p, word);
	return set_option(p, o, base, eq ? eq + 1 : NULL);
}

static int check_count(struct parsing *p)
{
	const struct cmd *cmd = p->c->cmd;
	size_t n = p->c->args.n;

	if (p->c->global.help || (n >= cmd->min_args && n <= cmd->max_args))
		return 0;
	err_set(p->err, ERR_USAGE, "'%s' takes %s arguments", cmd->name,
		n < cmd->min_args ? "more" : "fewer");
	return err_hint(p->err, "usage: schemastore %s %s", cmd->name,
			cmd->usage);
}

int options_parse(struct ctx *c, void *args, int argc, char **argv,
		  struct err *err)
{
	struct parsing p = { c, args, argc, argv, 1, err };

	for (; p.i < argc; p.i++) {
		if (!strcmp(argv[p.i], "--")) {
			for (p.i++; p.i < argc; p.i++)
				list_add(&c->arena, &c->paths, argv[p.i]);
			break;
		}
		if (parse_word(&p))
			return -1;
	}
	return check_count(&p);
}

static void help_option(struct buf *b, const struct opt *o)
{
	struct buf left = BUF_INIT;

	if (o->letter)
		buf_addf(&left, "-%c, ", o->letter);
	buf_addf(&left, "--%s", o->name);
	if (o->value)
		buf_addf(&left, o->type == OPT_MAYBE ? "[=%s]" : " %s",
			 o->value);
	buf_addf(b, "  %-28s  %s\n", left.ptr, o->help);
	buf_release(&left);
}

void options_help(struct buf *b, const struct cmd *cmd)
{
	buf_addf(b, "usage: schemastore %s %s\n\n%s.\n\n", cmd->name,
		 cmd->usage, cmd->summary);
	for (size_t i = 0; i < cmd->nopts; i++)
		help_option(b, &cmd->opts[i]);
	if (cmd->nopts)
		buf_addch(b, '\n');
	for (size_t i = 0; i < ARRAY_LEN(global_opts); i++)
		help_option(b, &global_opts[i]);
	buf_addf(b, "\nThe manual page is schemastore-%s(1).\n", cmd->name);
}
