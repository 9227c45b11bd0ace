/*
 * Which versions' schemas are what their sources are read as: those that we
 * have read ourselves.  A merge, or another program, may have put together
 * something else.
 *
 * They are remembered in <store>/cache/sources, 32 bytes each, each at its
 * place.  It is a cache: whatever is wrong with it means "not known".
 */
#include "config.h"

#include "migrations/record.h"

#include <fcntl.h>
#include <unistd.h>

#define PLACES 64

struct known {
	struct buf path;
	unsigned char key[SHA256_LEN];
	off_t at;
};

static struct known known_of(struct project *p, const struct engine *e,
			     const struct oid *tree)
{
	struct known k = { .path = BUF_INIT };
	const struct read_opts opts = project_read_opts(p, e);
	const char *path = opts.search_path ? opts.search_path : "";
	struct buf version = BUF_INIT;
	struct sha256 h;

	/* A server's is in the tree. */
	e->version(&version, NULL);
	sha256_start(&h);
	sha256_add(&h, PACKAGE_VERSION, sizeof(PACKAGE_VERSION));
	sha256_add(&h, e->name, strlen(e->name) + 1);
	sha256_add(&h, version.ptr, version.len + 1);
	sha256_add(&h, tree->b, SHA1_LEN);
	sha256_add(&h, path, strlen(path) + 1);
	for (size_t i = 0; i < opts.ignore->n; i++)
		sha256_add(&h, opts.ignore->v[i],
			   strlen(opts.ignore->v[i]) + 1);
	sha256_end(&h, k.key);
	buf_release(&version);
	k.at = k.key[0] % PLACES * SHA256_LEN;
	buf_addf(&k.path, "%s/cache/sources", store_dir(p->store));
	return k;
}

bool source_is_known(struct project *p, const struct engine *e,
		     const struct oid *tree)
{
	struct known k = known_of(p, e, tree);
	unsigned char there[SHA256_LEN];
	int fd = open(k.path.ptr, O_RDONLY | O_CLOEXEC);
	bool known = fd >= 0 &&
		     pread(fd, there, sizeof(there), k.at) == SHA256_LEN &&
		     !memcmp(there, k.key, SHA256_LEN);

	if (fd >= 0)
		close(fd);
	buf_release(&k.path);
	return known;
}

void source_remember(struct project *p, const struct engine *e,
		     const struct oid *tree)
{
	struct known k = known_of(p, e, tree);
	int fd = open(k.path.ptr, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd >= 0) {
		if (pwrite(fd, k.key, sizeof(k.key), k.at) < 0)
			unlink(k.path.ptr);
		close(fd);
	}
	buf_release(&k.path);
}
