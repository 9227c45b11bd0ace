/*
 * What is edited in the user's editor: the SQL of an edge or of a data step, a
 * policy.
 */
#include "config.h"

#include "cli/cmd.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ss/file.h"

#define MOST (16u << 20)

static const char *from_environment(const char *name)
{
	const char *s = getenv(name);

	return s && *s ? s : NULL;
}

/* In the order in which git looks. */
const char *edit_with(struct ctx *c)
{
	const char *s = from_environment("GIT_EDITOR");

	if (!s)
		s = project_git(&c->project, "core.editor");
	if (!s)
		s = from_environment("VISUAL");
	return s ? s : from_environment("EDITOR");
}

/* As git has it: the shell takes it apart, and adds the file's name. */
static int run_editor(struct ctx *c, const char *file, struct err *err)
{
	const char *named = edit_with(c), *editor = named ? named : "vi";
	struct buf command = BUF_INIT;
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		buf_addf(&command, "%s \"$@\"", editor);
		execl("/bin/sh", "sh", "-c", command.ptr, editor, file,
		      (char *)NULL);
		_exit(127);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid &&
	    WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return err_set(err, ERR_REFUSED, "the editor '%s' failed", editor);
}

/* A text ends in a newline. */
static char *with_newline(struct arena *a, const char *text, size_t n)
{
	return arena_printf(a, "%.*s%s", (int)n, text,
			    n && text[n - 1] != '\n' ? "\n" : "");
}

static int take(struct edit_text *e, struct ctx *c, const char *text,
		struct err *err)
{
	size_t head = str_starts(text, e->head) ? strlen(e->head) : 0;
	char *all = arena_strdup(&c->arena, text + head);
	char *down = str_starts(all, DATA_DOWN_LINE) ? all :
		     strstr(all, "\n" DATA_DOWN_LINE);

	if (!all[strspn(all, " \t\r\n")])
		return err_set(err, ERR_REFUSED, "nothing is left of the SQL");
	if (down && down != all)
		down++;
	e->up = with_newline(&c->arena, all, down ? (size_t)(down - all) :
			     strlen(all));
	if (down)
		down += strlen(DATA_DOWN_LINE);
	e->down = down ? with_newline(&c->arena, down, strlen(down)) : NULL;
	return 0;
}

int edit_buf(struct buf *b, struct ctx *c, const char *name, struct err *err)
{
	const char *file = arena_printf(&c->arena, "%s/EDIT_%s",
					store_dir(c->project.store), name);

	if (file_write(file, b->ptr, b->len, err) || run_editor(c, file, err))
		return -1;
	buf_truncate(b, 0);
	return file_read(b, file, MOST, err);
}

int edit_text(struct edit_text *e, struct ctx *c, struct err *err)
{
	const char *name = arena_printf(&c->arena, "%s.sql", e->name);
	struct buf b = BUF_INIT;
	int ret = -1;

	buf_addf(&b, "%s%s", e->head, with_newline(&c->arena, e->up,
						   strlen(e->up)));
	if (e->down)
		buf_addf(&b, DATA_DOWN_LINE "%s", e->down);
	if (!edit_buf(&b, c, name, err))
		ret = memchr(b.ptr, '\0', b.len) ?
		      err_set(err, ERR_USAGE, "a NUL byte in the SQL") :
		      take(e, c, b.ptr, err);
	buf_release(&b);
	return ret;
}

int edit_sql(void *ctx, struct commit_edit *e, struct err *err)
{
	struct ctx *c = ctx;
	struct edit_text t = {
		.name = e->engine->name, .up = e->up, .down = e->down,
		.head = arena_printf(&c->arena, "-- The SQL of this version's "
			"edge, for %s: what is below is run wherever\n-- a "
			"database comes to it, and what stands behind 'down' "
			"wherever it\n-- leaves it; without that line there "
			"is no way back.\n", e->engine->name),
	};

	if (edit_text(&t, c, err))
		return -1;
	e->up = t.up;
	e->down = t.down;
	return 0;
}
