/*
 * Running ssh-keygen.  What it reads and writes is in nameless files, so that
 * neither side ever waits for the other; what it has to say, and to ask, is
 * between it and the terminal.
 */
#include "config.h"

#include "store/keygen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ss/child.h"

#define PROGRAM "ssh-keygen"
#define OUTPUT_MOST (16 * 1024)

extern char **environ;

struct run {
	const char *const *argv;	/* ends in NULL */
	int in, out;
	bool ask;
	bool silent;		/* its errors are none of the user's */
};

/* -1 the system said no */
static int nameless(const struct bytes *p, struct err *err)
{
	int fd = memfd_create("schemastore", MFD_CLOEXEC);
	size_t at = 0;

	while (fd >= 0 && at < p->len) {
		ssize_t n = write(fd, p->ptr + at, p->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			close(fd);
			fd = -1;
			break;
		}
		at += (size_t)n;
	}
	if (fd < 0)
		return err_errno(err, "no memory for " PROGRAM);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Nobody is asked: without a terminal it can only give up. */
static char **environment(const struct run *r, struct arena *a)
{
	struct list l = { NULL, 0 };

	if (!r->ask)
		list_add(a, &l, "SSH_ASKPASS_REQUIRE=never");
	for (char **e = environ; e && *e; e++)
		if (r->ask || (!str_starts(*e, "SSH_ASKPASS") &&
			       !str_starts(*e, "DISPLAY=")))
			list_add(a, &l, *e);
	list_add(a, &l, NULL);
	return (char **)(void *)l.v;
}

/* 0 it did what it should, 1 it did not, -1 it cannot be run */
static int run(const struct run *r, struct arena *a, struct err *err)
{
	struct child c = {
		.argv = r->argv, .env = environment(r, a), .in = r->in,
		.out = r->out, .err = r->silent ? r->out : -1,
		.alone = !r->ask,
	};
	int status;

	if (child_start(&c, err) || child_wait(&status, &c, err))
		return -1;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : 1;
}

static int read_output(struct sshsig *out, int fd, struct arena *a)
{
	char *text = xmalloc(OUTPUT_MOST);
	ssize_t n = pread(fd, text, OUTPUT_MOST, 0);
	int ret = n < 0 ? -1 : sshsig_parse_foreign(out, text,
						       (size_t)n, a);

	free(text);
	return ret;
}

int keygen_sign(struct sshsig *out, const char *path, const struct bytes *p,
		bool ask, struct arena *a, struct err *err)
{
	const char *const argv[] = {
		PROGRAM, "-q", "-Y", "sign", "-n", "git", "-f", path, NULL
	};
	const struct bytes nothing = { "", 0 };
	struct run r = { .argv = argv, .out = -1, .ask = ask };
	int ret = -1;

	r.in = nameless(p, err);
	if (r.in < 0)
		return -1;
	r.out = nameless(&nothing, err);
	if (r.out < 0)
		goto out;
	ret = run(&r, a, err);
	if (ret > 0)
		ret = err_set(err, ERR_REFUSED, PROGRAM " does not sign with "
			      "'%s'", path);
	else if (!ret && read_output(out, r.out, a))
		ret = err_set(err, ERR_REFUSED, PROGRAM " made no signature "
			      "of a known form with '%s'", path);
	if (ret)
		goto out;
	ret = sshsig_verify(out, p->ptr, p->len, err);
	if (ret >= 0)
		ret = ret ? 0 : err_set(err, ERR_REFUSED, PROGRAM " made a "
					"signature that is none");
out:
	close(r.in);
	if (r.out >= 0)
		close(r.out);
	return ret;
}

int keygen_verify(const struct sshsig *s, const void *p, size_t n,
		  struct err *err)
{
	struct arena a = ARENA_INIT;
	struct buf armor = BUF_INIT;
	const struct bytes message = { p, n };
	struct bytes text;
	const char *argv[] = {
		PROGRAM, "-q", "-Y", "check-novalidate", "-n", "git", "-s",
		NULL, NULL
	};
	struct run r = { .argv = argv, .in = -1, .out = -1, .silent = true };
	int sig, ret = -1;

	sshsig_add(&armor, s, "");
	text.ptr = armor.ptr;
	text.len = armor.len;
	sig = nameless(&text, err);
	if (sig < 0)
		goto out;
	/* It closes what it has not opened itself. */
	argv[7] = arena_printf(&a, "/proc/%ld/fd/%d", (long)getpid(), sig);
	r.in = nameless(&message, err);
	if (r.in < 0)
		goto out;
	r.out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (r.out < 0) {
		err_errno(err, "cannot open '/dev/null'");
		goto out;
	}
	ret = run(&r, &a, err);
	ret = ret < 0 ? -1 : !ret;
out:
	if (sig >= 0)
		close(sig);
	if (r.in >= 0)
		close(r.in);
	if (r.out >= 0)
		close(r.out);
	arena_release(&a);
	buf_release(&armor);
	return ret;
}
