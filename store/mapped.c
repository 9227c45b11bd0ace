/*
 * Mapped files.
 */
#include "config.h"

#include "store/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ss/hash.h"

#define STEP (4u << 20)

int mapped_open(struct mapped *out, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat *st = &out->is;
	void *p = MAP_FAILED;

	if (fd < 0 && errno != ENOENT)
		return err_errno(err, "cannot open '%s'", path);
	if (fd < 0)
		return 0;
	if (!fstat(fd, st) && S_ISREG(st->st_mode) && st->st_size > 0)
		p = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_PRIVATE, fd,
			 0);
	close(fd);
	if (p == MAP_FAILED)
		return err_set(err, ERR_DAMAGED, "'%s' cannot be read", path);
	out->p = p;
	out->len = (size_t)st->st_size;
	return 1;
}

void mapped_close(struct mapped *m)
{
	if (m->p)
		munmap((void *)m->p, m->len);
	m->p = NULL;
}

bool mapped_stale(const struct mapped *m, const char *path)
{
	struct stat now;

	return stat(path, &now) || now.st_ino != m->is.st_ino ||
	       now.st_size != m->is.st_size ||
	       now.st_mtim.tv_sec != m->is.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != m->is.st_mtim.tv_nsec;
}

void mapped_drop(const struct mapped *m, size_t at, size_t n)
{
	if (at >= m->len)
		return;
	if (n > m->len - at)
		n = m->len - at;
	(void)!madvise((void *)(m->p + at), n, MADV_DONTNEED);
}

bool mapped_is_summed(const struct mapped *m)
{
	unsigned char sum[SHA1_LEN];
	size_t end = m->len - SHA1_LEN;
	struct sha1 h;

	if (m->len < SHA1_LEN)
		return false;
	sha1_start(&h);
	for (size_t at = 0; at < end; at += STEP) {
		sha1_add(&h, m->p + at, end - at < STEP ? end - at : STEP);
		mapped_drop(m, at, STEP);
	}
	sha1_end(&h, sum);
	return !memcmp(sum, m->p + end, SHA1_LEN);
}
