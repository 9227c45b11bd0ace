/*
 * Models as a source: described by a program, made into SQL here.
 *
 *	modules ──reader──▶ JSON ──models_sql──▶ SQL
 *
 * The reader is a program of ours, which runs nothing of the project; or what
 * the project says describes its models, which is the project itself.
 */
#include "config.h"

#include "source/from-models.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "source/models.h"

#include "ss/file.h"

#define READER "tortoise-models"
#define REFUSED 2	/* its exit status, with lines that say why */
#define HINT "hint: "
#define SAID (64u << 10)	/* of what it says on stderr */

extern char **environ;

/* ---- a program ---------------------------------------------------------- */

struct program {
	const char *const *argv;	/* of /bin/sh */
	struct buf *out;
	struct buf said;
};

static int launch(pid_t *pid, const struct program *p, int out, int said)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t defaults;
	int failed;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, said, STDERR_FILENO);
	failed = posix_spawn(pid, "/bin/sh", &files, &attr,
			     (char *const *)(uintptr_t)p->argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return failed;
}

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
		more = take(p->out, &fds[0], SOURCE_LIMIT + 1);
		more |= take(&p->said, &fds[1], SAID);
	}
}

/* Its exit status, or -1. */
static int run(struct program *p, struct err *err)
{
	int out[2], said[2], status = 0, failed;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		return err_errno(err, "cannot make a pipe");
	if (pipe2(said, O_CLOEXEC)) {
		err_errno(err, "cannot make a pipe");
		close(out[0]);
		close(out[1]);
		return -1;
	}
	failed = launch(&pid, p, out[1], said[1]);
	close(out[1]);
	close(said[1]);
	if (failed) {
		close(out[0]);
		close(said[0]);
		errno = failed;
		return err_errno(err, "cannot run '/bin/sh'");
	}
	take_all(p, out[0], said[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, "cannot wait for a process");
	if (p->out->len > SOURCE_LIMIT)
		return err_set(err, ERR_USAGE, "it prints more than %u MiB",
			       SOURCE_LIMIT >> 20);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* The last line that it has said: Python's errors end in what they are. */
static char *last_line(struct buf *b)
{
	char *s;

	while (b->len && b->ptr[b->len - 1] == '\n')
		buf_truncate(b, b->len - 1);
	s = strrchr(b->ptr, '\n');
	return s ? s + 1 : b->ptr;
}

/* ---- the reader --------------------------------------------------------- */

/* From wherever one stands; NULL, and err: it is not there. */
static const char *reader_path(struct arena *a, struct err *err)
{
	const char *dir = getenv("SCHEMASTORE_READERS");
	const char *path = path_join(a, dir && *dir ? dir : READERS, READER);
	char *full = realpath(path, NULL);

	if (!full)
		err_errno(err, "cannot find the reader of models, '%s'",
			  path);
	path = arena_strdup(a, full);
	free(full);
	return path;
}

/* A line that says why, and one of a hint. */
static void refused(struct buf *said, struct err *err)
{
	char *hint = last_line(said);

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
static int run_reader(struct buf *out, const char *dir,
		      const struct list *args, struct arena *a,
		      struct err *err)
{
	const char **argv = arena_alloc(a, (args->n + 7) * sizeof(*argv));
	struct program p = { argv, out, BUF_INIT };
	int status;

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = "cd -- \"$1\" && shift && exec python3 -I -S -B \"$@\"";
	argv[3] = "sh";
	argv[4] = dir;
	argv[5] = reader_path(a, err);
	if (!argv[5])
		return -1;
	memcpy(argv + 6, args->v, args->n * sizeof(*argv));
	status = run(&p, err);
	if (status == REFUSED) {
		refused(&p.said, err);
	} else if (status > 0) {
		err_set(err, ERR_USAGE, "the reader of models failed with %d: "
			"%s", status, last_line(&p.said));
	}
	buf_release(&p.said);
	return status ? -1 : 0;
}

static void add_option(struct list *args, const char *name,
		       const struct list *values, struct arena *a)
{
	for (size_t i = 0; i < values->n; i++) {
		list_add(a, args, name);
		list_add(a, args, values->v[i]);
	}
}

static int read_modules(struct buf *out, const char *config,
			const struct source_how *how, struct arena *a,
			struct err *err)
{
	struct list args = { NULL, 0 };

	add_option(&args, "--src", &how->folders, a);
	add_option(&args, "--app", &how->apps, a);
	if (how->version)
		list_add(a, &args, arena_printf(a, "--tortoise=%s",
						how->version));
	if (how->connection)
		list_add(a, &args, arena_printf(a, "--connection=%s",
						how->connection));
	list_add(a, &args, "--more");
	list_add(a, &args, "--");
	list_add(a, &args, config);
	return run_reader(out, how->dir, &args, a, err);
}

int source_project(struct buf *out, const char *dir, struct err *err)
{
	const char *words[] = { "--project" };
	const struct list args = { words, ARRAY_LEN(words) };
	struct arena a = ARENA_INIT;
	int ret = run_reader(out, dir, &args, &a, err);

	arena_release(&a);
	return ret;
}

static int run_command(struct buf *out, const struct source_how *how,
		       struct err *err)
{
	const char *argv[] = { "sh", "-c", "cd -- \"$1\" && eval \"$2\"",
			       "sh", how->dir, how->describe, NULL };
	struct program p = { argv, out, BUF_INIT };
	int status = run(&p, err);

	if (status > 0)
		err_set(err, ERR_USAGE, "'%s' failed with %d%s%s",
			how->describe, status, p.said.len ? ": " : "",
			last_line(&p.said));
	buf_release(&p.said);
	return status ? -1 : 0;
}

/* ---- the source --------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int describe_modules(struct buf *out, const char *path,
			    const struct source_how *how, struct arena *a,
			    struct err *err)
{
	struct source_seen *seen = how->seen;

	if (seen && seen->json.ptr && same_text(seen->path, path) &&
	    same_text(seen->connection, how->connection)) {
		buf_add(out, seen->json.ptr, seen->json.len);
		return 0;
	}
	if (how->describe ? run_command(out, how, err) :
	    read_modules(out, strchr(path, ':') + 1, how, a, err))
		return -1;
	if (seen) {
		seen->path = arena_strdup(a, path);
		seen->connection = how->connection;
		seen->json.ptr = arena_strndup(a, out->ptr, out->len);
		seen->json.len = out->len;
	}
	return 0;
}

static int describe(struct buf *out, const char *path,
		    const struct source_how *how, struct arena *a,
		    struct err *err)
{
	return source_is_modules(path) ?
	       describe_modules(out, path, how, a, err) :
	       file_read(out, path, SOURCE_LIMIT, err);
}

static int make_sql(struct source_file *out, const struct buf *json,
		    const char *path, const struct source_how *how,
		    struct arena *a, struct err *err)
{
	const struct dialect *d = dialect_find(how->engine->name);
	struct buf sql = BUF_INIT;
	struct models m;
	int ret;

	if (!d)
		return err_set(err, ERR_USAGE, "no SQL can be made of models "
			       "for %s", how->engine->name);
	if (models_read(&m, json->ptr, json->len, path, d, how->version, a,
			err))
		return -1;
	ret = models_sql(&sql, &m, err);
	models_release(&m);
	out->path = arena_printf(a, "the SQL of %s", path);
	out->name = "models.sql";
	out->text = arena_strndup(a, sql.ptr, sql.len);
	out->len = sql.len;
	buf_release(&sql);
	return ret;
}

int from_models(struct source_file *out, const char *path,
		const struct source_how *how, struct arena *a,
		struct err *err)
{
	struct buf json = BUF_INIT;
	int ret = describe(&json, path, how, a, err);

	if (!ret)
		ret = make_sql(out, &json, path, how, a, err);
	buf_release(&json);
	return ret;
}
