/*
 * schemastore: git for database schemas.  Finds the command, opens what it
 * needs, runs it, prints, closes.
 */
#include "config.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cmd.h"

#define COMMAND(name) extern const struct cmd cmd_##name;
#include "cli/commands.def"
#undef COMMAND

const struct cmd *const commands[] = {
#define COMMAND(name) &cmd_##name,
#include "cli/commands.def"
#undef COMMAND
};
const size_t commands_n = ARRAY_LEN(commands);

/* ^C: a signal handler has nowhere else to put it. */
static volatile int interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	if (interrupted)
		_exit(130);
	interrupted = 1;
}

static void catch_interrupts(void)
{
	struct sigaction action = { .sa_handler = on_interrupt };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

const struct cmd *command_find(const char *name)
{
	for (size_t i = 0; i < commands_n; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static void overview(struct buf *b)
{
	buf_addstr(b, "usage: schemastore [-C DIR] COMMAND [options] "
		   "[arguments]\n\nGit for database schemas.\n\n");
	for (size_t i = 0; i < commands_n; i++)
		buf_addf(b, "  %-11s  %s\n", commands[i]->name,
			 commands[i]->summary);
	buf_addstr(b, "\n'schemastore COMMAND --help' tells more about one.\n"
		   "Exit status: 0 done, 1 a difference or a finding, 2 wrong "
		   "usage, 3 refused for\nsafety, 4 conflict, 5 the engine or "
		   "the system said no, 6 store damaged, 130 ^C.\n");
}

static int unknown_command(const char *name, struct err *err)
{
	const char *names[64];
	const char *near;

	for (size_t i = 0; i < commands_n; i++)
		names[i] = commands[i]->name;
	near = nearest(name, names, commands_n);
	err_set(err, ERR_USAGE, "'%s' is no command of schemastore", name);
	if (near)
		return err_hint(err, "did you mean '%s'?", near);
	return err_hint(err, "'schemastore help' lists the commands");
}

static void warn(const char *text)
{
	struct buf shown = BUF_INIT;

	buf_add_printable(&shown, text, strlen(text));
	fprintf(stderr, "schemastore: %s\n", shown.ptr);
	buf_release(&shown);
}

static void note(const char *text)
{
	fprintf(stderr, "note: %s\n", text);
}

int open_needs(struct ctx *c, enum need needs, struct err *err)
{
	if (needs == NEED_NOTHING)
		return 0;
	if (project_open(&c->project, ".", &c->arena, err))
		return -1;
	progress_open(c);
	c->project.cancelled = c->cancelled;
	c->project.warn = warn;
	c->project.ask = !c->global.no_input;
	if (!c->global.quiet)
		c->project.note = note;
	return needs & NEED_STORE ? project_store(&c->project, err) :
	       0;
}

static int run_command(struct ctx *c, int argc, char **argv, struct err *err)
{
	void *args = arena_alloc(&c->arena, c->cmd->args_size + 1);

	if (options_parse(c, args, argc, argv, err))
		return -1;
	if (c->global.help) {
		options_help(&c->out, c->cmd);
		return 0;
	}
	if (c->global.dir && chdir(c->global.dir))
		return err_errno(err, "cannot go to '%s'", c->global.dir);
	if (open_needs(c, c->cmd->needs, err))
		return -1;
	return c->cmd->run(c, args, err);
}

/* -C DIR before the command; returns how many words that took. */
static int leading_options(struct ctx *c, int argc, char **argv)
{
	int i = 1;

	while (i + 1 < argc && !strcmp(argv[i], "-C")) {
		c->global.dir = argv[i + 1];
		i += 2;
	}
	return i;
}

static int dispatch(struct ctx *c, int argc, char **argv, struct err *err)
{
	int at = leading_options(c, argc, argv);
	const char *name = at < argc ? argv[at] : "help";

	if (!strcmp(name, "--version") || !strcmp(name, "version")) {
		buf_addf(&c->out, "schemastore %s\n", PACKAGE_VERSION);
		return 0;
	}
	if (!strcmp(name, "help") && at + 1 < argc) {
		c->cmd = command_find(argv[at + 1]);
		if (!c->cmd)
			return unknown_command(argv[at + 1], err);
		options_help(&c->out, c->cmd);
		return 0;
	}
	if (!strcmp(name, "help") || !strcmp(name, "--help") ||
	    !strcmp(name, "-h")) {
		overview(&c->out);
		if (at < argc)
			return 0;
		fputs(c->out.ptr, stderr);
		buf_truncate(&c->out, 0);
		return err_set(err, ERR_USAGE, "no command");
	}
	c->cmd = command_find(name);
	if (!c->cmd)
		return unknown_command(name, err);
	return run_command(c, argc - at, argv + at, err);
}

int report(struct ctx *c, const struct err *err)
{
	progress_close(c);
	fprintf(stderr, "schemastore: %s\n", err->text);
	if (*err->hint)
		fprintf(stderr, "hint: %s\n", err->hint);
	return err_exit_status(err->code);
}

int main(int argc, char **argv)
{
	struct ctx c = { .out = BUF_INIT, .cancelled = &interrupted };
	struct err err = ERR_INIT;
	int status;

	/* Memory that one version frees the next one takes. */
	mallopt(M_TRIM_THRESHOLD, 32 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
	mallopt(M_MMAP_THRESHOLD, 8 << 20);
	engines_alone();
	catch_interrupts();
	c.global.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	status = dispatch(&c, argc, argv, &err);
	progress_close(&c);
	out_flush(&c);
	status = status ? report(&c, &err) : c.status;
	project_close(&c.project);
	arena_release(&c.arena);
	buf_release(&c.out);
	return status;
}
