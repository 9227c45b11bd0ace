/*
 * The SQL of an edge in the user's editor.
 */
#include "config.h"

#include "cli/cmd.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ss/file.h"

#define MOST (16u << 20)
#define DOWN "-- schemastore: down\n"

static const char *editor(void)
{
	static const char *const names[] = {
		"GIT_EDITOR", "VISUAL", "EDITOR",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *s = getenv(names[i]);

		if (s && *s)
			return s;
	}
	return "vi";
}

/* As git has it: the shell takes it apart, and adds the file's name. */
static int run_editor(const char *file, struct err *err)
{
	struct buf command = BUF_INIT;
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		buf_addf(&command, "%s \"$@\"", editor());
		execl("/bin/sh", "sh", "-c", command.ptr, editor(), file,
		      (char *)NULL);
		_exit(127);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid &&
	    WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return err_set(err, ERR_REFUSED, "the editor '%s' failed", editor());
}

static void print(struct buf *b, const struct commit_edit *e)
{
	buf_addf(b, "-- The SQL of this version's edge, for %s: what is below "
		 "is run wherever\n-- a database comes to it, and what stands "
		 "behind 'down' wherever it\n-- leaves it; without that line "
		 "there is no way back.\n", e->engine->name);
	buf_addstr(b, e->up);
	if (e->down)
		buf_addf(b, DOWN "%s", e->down);
}

/* The first comment is ours. */
static char *without_head(struct arena *a, const char *text)
{
	for (size_t i = 0; i < 3 && str_starts(text, "-- "); i++) {
		if (str_starts(text, DOWN))
			break;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return arena_strdup(a, text);
}

/* A text ends in a newline. */
static char *with_newline(struct arena *a, const char *text, size_t n)
{
	return arena_printf(a, "%.*s%s", (int)n, text,
			    n && text[n - 1] != '\n' ? "\n" : "");
}

static int take(struct commit_edit *e, struct ctx *c, const char *text,
		struct err *err)
{
	char *all = without_head(&c->arena, text);
	char *down = str_starts(all, DOWN) ? all : strstr(all, "\n" DOWN);

	if (!all[strspn(all, " \t\r\n")])
		return err_set(err, ERR_REFUSED, "nothing is left of the "
			       "SQL: no version is made");
	if (down && down != all)
		down++;
	e->up = with_newline(&c->arena, all, down ? (size_t)(down - all) :
			     strlen(all));
	e->down = down ? with_newline(&c->arena, down + strlen(DOWN),
				      strlen(down + strlen(DOWN))) : NULL;
	return 0;
}

int edit_sql(void *ctx, struct commit_edit *e, struct err *err)
{
	struct ctx *c = ctx;
	const char *file = arena_printf(&c->arena, "%s/EDIT_%s.sql",
					store_dir(c->project.store),
					e->engine->name);
	struct buf b = BUF_INIT;
	int ret = -1;

	print(&b, e);
	if (file_write(file, b.ptr, b.len, err) || run_editor(file, err))
		goto out;
	buf_truncate(&b, 0);
	if (!file_read(&b, file, MOST, err))
		ret = memchr(b.ptr, '\0', b.len) ?
		      err_set(err, ERR_USAGE, "a NUL byte in the SQL") :
		      take(e, c, b.ptr, err);
out:
	buf_release(&b);
	return ret;
}
