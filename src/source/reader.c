/*
 * Running a program that prints what is to be read: one of our readers, or
 * what the project names.
 */
#include "config.h"

#include "source/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ss/child.h"
#include "ss/file.h"

#define REFUSED 2	/* its exit status, with lines that say why */
#define HINT "hint: "
#define SAID (64u << 10)	/* of what it says on stderr */

/* ---- a program ---------------------------------------------------------- */

/* Returns whether there is more to come. */
static bool take(struct buf *b, struct pollfd *fd, size_t limit)
{
	ssize_t n;

	if (fd->fd < 0 || !fd->revents)
		return fd->fd >= 0;
	do
		n = read(fd->fd, buf_room(b, 65536), 65536);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		b->len += (size_t)n;
		b->ptr[b->len] = '\0';
	}
	if (b->len > limit)
		buf_truncate(b, limit);
	if (n > 0)
		return true;
	close(fd->fd);
	fd->fd = -1;
	return false;
}

static void take_all(struct program *p, int out, int said)
{
	struct pollfd fds[] = { { .fd = out, .events = POLLIN },
				{ .fd = said, .events = POLLIN } };

	for (bool more = true; more;) {
		if (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno != EINTR)
			break;
		more = take(p->out, &fds[0], READER_MOST + 1);
		more |= take(&p->said, &fds[1], SAID);
	}
}

int program_run(struct program *p, struct err *err)
{
	struct child c = { .argv = p->argv, .in = -1 };
	int out[2], said[2], status = 0, failed;

	if (pipe2(out, O_CLOEXEC))
		return err_errno(err, "cannot make a pipe");
	if (pipe2(said, O_CLOEXEC)) {
		err_errno(err, "cannot make a pipe");
		close(out[0]);
		close(out[1]);
		return -1;
	}
	c.out = out[1];
	c.err = said[1];
	failed = child_start(&c, err);
	close(out[1]);
	close(said[1]);
	if (failed) {
		close(out[0]);
		close(said[0]);
		return -1;
	}
	take_all(p, out[0], said[0]);
	if (child_wait(&status, &c, err))
		return -1;
	if (p->out->len > READER_MOST)
		return err_set(err, ERR_USAGE, "it prints more than %u MiB",
			       READER_MOST >> 20);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

char *program_last_line(struct buf *b)
{
	char *s;

	while (b->len && b->ptr[b->len - 1] == '\n')
		buf_truncate(b, b->len - 1);
	s = strrchr(b->ptr, '\n');
	return s ? s + 1 : b->ptr;
}

/* ---- the reader --------------------------------------------------------- */

/* From wherever one stands; NULL, and err: it is not there. */
static const char *path_of(const char *reader, struct arena *a,
			   struct err *err)
{
	const char *dir = getenv("SCHEMASTORE_READERS");
	const char *path = path_join(a, dir && *dir ? dir : READERS, reader);
	char *full = realpath(path, NULL);

	if (!full)
		err_errno(err, "cannot find the reader '%s'", path);
	path = arena_strdup(a, full);
	free(full);
	return path;
}

/* A line that says why, and one of a hint. */
static void refused(struct buf *said, struct err *err)
{
	char *hint = program_last_line(said);

	if (str_starts(hint, HINT) && hint > said->ptr)
		hint[-1] = '\0';
	else
		hint = NULL;
	err_set(err, ERR_USAGE, "%s", said->ptr);
	if (hint)
		err_hint(err, "%s", hint + strlen(HINT));
}

/* -I: nothing that Python's environment says, and -S: nothing of the site's,
 * is imported.  The folder is the shell's to go to: what spawns cannot do it
 * everywhere. */
int reader_run(struct buf *out, const char *reader, const char *dir,
	       const struct list *args, struct arena *a, struct err *err)
{
	const char **argv = arena_alloc(a, (args->n + 7) * sizeof(*argv));
	struct program p = { argv, out, BUF_INIT };
	int status;

	argv[0] = "/bin/sh";
	argv[1] = "-c";
	argv[2] = "cd -- \"$1\" && shift && exec python3 -I -S -B \"$@\"";
	argv[3] = "sh";
	argv[4] = dir;
	argv[5] = path_of(reader, a, err);
	if (!argv[5])
		return -1;
	memcpy(argv + 6, args->v, args->n * sizeof(*argv));
	status = program_run(&p, err);
	if (status == REFUSED) {
		refused(&p.said, err);
	} else if (status > 0) {
		err_set(err, ERR_USAGE, "%s failed with %d: %s", reader,
			status, program_last_line(&p.said));
	}
	buf_release(&p.said);
	return status ? -1 : 0;
}
