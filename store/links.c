/*
 * The index of versions: what a walk needs to know of each, so that it need
 * not inflate and parse every commit.
 *
 *	<store>/cache/versions = head { record }	128 bytes each
 *
 *	record = name            20 bytes
 *	         strong id       32
 *	         parents         20 and 20, zeros where there is none
 *	         seq              8, little end first, as all numbers
 *	         time             8
 *	         kind, plain, how many parents, squash	1 byte each
 *	         check           16, of the sha256 over all that
 *
 * A squash has what it stands for behind its one parent.  Versions with more
 * parents are not in it.  It is a cache: what is wrong with
 * a record, or with the file, means "not remembered", and the file is written
 * anew.  Otherwise new records are appended when the store is closed, in one
 * write, so that others may do so at the same time; one may stand there twice,
 * and a head among them is a record that nobody asks for.
 */
#include "config.h"

#include "store/links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ss/file.h"

#define HEAD "schemastore versions 2\n"
#define FILE_MAX (64u << 20)
#define CHECK_LEN 16
#define PARENTS 2

enum {
	AT_STRONG = SHA1_LEN,
	AT_PARENTS = AT_STRONG + SHA256_LEN,
	AT_SEQ = AT_PARENTS + PARENTS * SHA1_LEN,
	AT_TIME = AT_SEQ + 8,
	AT_KIND = AT_TIME + 8,
	AT_PLAIN, AT_NPARENTS, AT_SQUASH,
	AT_CHECK,
	RECORD = AT_CHECK + CHECK_LEN
};
_Static_assert(RECORD == 128, "no gaps");

struct links {
	char *path;
	bool loaded;
	bool damaged;		/* the file is to be written anew */
	bool apart;		/* and is nothing to us */
	struct buf v;		/* as in the file: the head, then records */
	size_t written;		/* how much of it the file has */
	/* Open addressing by the name's first bytes: which of v, 0 = free. */
	uint32_t *slots;
	size_t nslots;
};

struct links *links_new(const char *store_dir)
{
	struct links *l = xmalloc(sizeof(*l));
	struct buf path = BUF_INIT, none = BUF_INIT;

	memset(l, 0, sizeof(*l));
	buf_addf(&path, "%s/cache/versions", store_dir);
	l->path = path.ptr;
	l->v = none;
	return l;
}

/* ---- records ----------------------------------------------------------- */

static unsigned char *record(const struct links *l, size_t i)
{
	return (unsigned char *)l->v.ptr + i * RECORD;
}

static void put_number(unsigned char *p, uint64_t v)
{
	for (size_t i = 0; i < 8; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static uint64_t get_number(const unsigned char *p)
{
	uint64_t v = 0;

	for (size_t i = 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static void encode(unsigned char r[RECORD], const struct link *link)
{
	unsigned char sum[SHA256_LEN];

	memset(r, 0, RECORD);
	memcpy(r, link->oid.b, SHA1_LEN);
	memcpy(r + AT_STRONG, link->strong.b, SHA256_LEN);
	for (size_t i = 0; i < link->nparents; i++)
		memcpy(r + AT_PARENTS + i * SHA1_LEN, link->parents[i].b,
		       SHA1_LEN);
	put_number(r + AT_SEQ, link->seq);
	put_number(r + AT_TIME, (uint64_t)link->time);
	r[AT_KIND] = (unsigned char)link->kind;
	r[AT_PLAIN] = link->plain;
	r[AT_NPARENTS] = (unsigned char)link->nparents;
	r[AT_SQUASH] = link->squash;
	if (link->squash)
		memcpy(r + AT_PARENTS + SHA1_LEN, link->replaced.b, SHA1_LEN);
	sha256_of(sum, r, AT_CHECK);
	memcpy(r + AT_CHECK, sum, CHECK_LEN);
}

static bool decode(struct link *out, const unsigned char *r)
{
	unsigned char sum[SHA256_LEN];

	sha256_of(sum, r, AT_CHECK);
	if (memcmp(r + AT_CHECK, sum, CHECK_LEN) || r[AT_KIND] >= COMMIT_N ||
	    r[AT_PLAIN] > 1 || r[AT_SQUASH] > 1 ||
	    r[AT_NPARENTS] > PARENTS - r[AT_SQUASH])
		return false;
	memcpy(out->oid.b, r, SHA1_LEN);
	memcpy(out->strong.b, r + AT_STRONG, SHA256_LEN);
	out->nparents = r[AT_NPARENTS];
	for (size_t i = 0; i < out->nparents; i++)
		memcpy(out->parents[i].b, r + AT_PARENTS + i * SHA1_LEN,
		       SHA1_LEN);
	out->seq = get_number(r + AT_SEQ);
	out->time = (int64_t)get_number(r + AT_TIME);
	out->kind = r[AT_KIND];
	out->plain = r[AT_PLAIN];
	out->squash = r[AT_SQUASH];
	memcpy(out->replaced.b, r + AT_PARENTS + SHA1_LEN, SHA1_LEN);
	return true;
}

/* ---- the table --------------------------------------------------------- */

/* The slot that has this name, or where it would be put. */
static uint32_t *slot(const struct links *l, const unsigned char *name)
{
	uint32_t first;
	size_t i;

	memcpy(&first, name, sizeof(first));
	i = first & (l->nslots - 1);
	while (l->slots[i] && memcmp(record(l, l->slots[i]), name, SHA1_LEN))
		i = (i + 1) & (l->nslots - 1);
	return &l->slots[i];
}

/* Room for n records, at most half of it taken. */
static void make_slots(struct links *l, size_t n)
{
	size_t have = l->v.len / RECORD;

	if (n * 2 <= l->nslots)
		return;
	if (!l->nslots)
		l->nslots = 64;
	while (n * 2 > l->nslots)
		l->nslots *= 2;
	free(l->slots);
	l->slots = xmalloc(l->nslots * sizeof(*l->slots));
	memset(l->slots, 0, l->nslots * sizeof(*l->slots));
	for (size_t i = 1; i < have; i++)
		*slot(l, record(l, i)) = (uint32_t)i;
}

static void begin(struct links *l)
{
	char head[RECORD] = HEAD;

	buf_truncate(&l->v, 0);
	buf_add(&l->v, head, sizeof(head));
	l->written = 0;
	l->nslots = 0;
	make_slots(l, 1);
}

static void load(struct links *l)
{
	struct err none = ERR_INIT;
	int ret;

	l->loaded = true;
	ret = file_read_if(&l->v, l->path, FILE_MAX, &none);
	if (ret > 0 && l->v.len >= RECORD && !(l->v.len % RECORD) &&
	    !memcmp(l->v.ptr, HEAD, strlen(HEAD))) {
		l->written = l->v.len;
		make_slots(l, l->v.len / RECORD);
		return;
	}
	l->damaged = ret != 0;
	begin(l);
}

bool links_find(struct link *out, struct links *l, const struct oid *id)
{
	uint32_t at;

	if (!l->loaded)
		load(l);
	at = *slot(l, id->b);
	if (!at)
		return false;
	if (decode(out, record(l, at)))
		return true;
	l->damaged = true;
	return false;
}

void links_add(struct links *l, const struct link *link)
{
	unsigned char r[RECORD];
	size_t n = l->v.len / RECORD;

	if (link->nparents > PARENTS || l->v.len >= FILE_MAX)
		return;
	encode(r, link);
	make_slots(l, n + 1);
	*slot(l, r) = (uint32_t)n;
	buf_add(&l->v, r, RECORD);
}

void links_forget(struct links *l)
{
	begin(l);
	l->loaded = l->damaged = true;
}

void links_doubt(struct links *l)
{
	if (l->apart)
		return;
	begin(l);
	l->loaded = l->apart = true;
}

/* ---- the file ---------------------------------------------------------- */

/* What is whole, each once. */
static void take_whole(struct buf *out, struct links *l)
{
	struct link link;

	buf_add(out, l->v.ptr, RECORD);
	for (size_t i = 1; i < l->v.len / RECORD; i++)
		if (*slot(l, record(l, i)) == i && decode(&link, record(l, i)))
			buf_add(out, record(l, i), RECORD);
}

static void write_out(struct links *l)
{
	struct buf all = BUF_INIT;
	struct stat st;
	const char *p = l->v.ptr + l->written;
	size_t n = l->v.len - l->written;
	int fd;

	if (l->damaged && unlink(l->path) && errno != ENOENT)
		return;
	fd = open(l->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
		  O_NOFOLLOW, 0666);
	if (fd < 0)
		return;
	/* It is new, or gc has removed it since. */
	if (!fstat(fd, &st) && !st.st_size) {
		take_whole(&all, l);
		p = all.ptr;
		n = all.len;
	}
	/* What is written in part is found out by its length. */
	if (write(fd, p, n) != (ssize_t)n)
		n = 0;
	close(fd);
	buf_release(&all);
}

/* A head alone is nothing new. */
static bool is_new(const struct links *l)
{
	return l->v.len > (l->written ? l->written : RECORD);
}

void links_close(struct links *l)
{
	if (!l)
		return;
	if (l->loaded && !l->apart && (l->damaged || is_new(l)))
		write_out(l);
	buf_release(&l->v);
	free(l->slots);
	free(l->path);
	free(l);
}

/* ---- what a walk asks -------------------------------------------------- */

static bool is_plain(const struct commit *c)
{
	for (size_t i = 0; i < c->nedges; i++)
		if (c->edges[i].has_steps)
			return false;
	return true;
}

int store_link(struct link *out, struct store *s, const struct oid *id,
	       struct err *err)
{
	struct links *l = store_links(s);
	struct arena a = ARENA_INIT;
	struct commit c;
	int ret = -1;

	if (links_find(out, l, id))
		return 0;
	if (store_commit(&c, s, id, &a, err))
		goto out;
	out->oid = c.oid;
	out->strong = c.strong;
	out->nparents = c.nparents;
	for (size_t i = 0; i < c.nparents; i++)
		out->parents[i] = c.parents[i].oid;
	out->seq = c.seq;
	out->time = c.committer.time;
	out->kind = c.kind;
	out->plain = is_plain(&c);
	ret = landing_of(&out->replaced, s, &c, err);
	if (ret > 0)
		out->nparents = 1;
	else if (!ret)
		ret = squash_replaced(&out->replaced, s, &c, err);
	if (ret < 0)
		goto out;
	out->squash = ret;
	/* What is not here now may be fetched. */
	if (!c.replaces || out->squash)
		links_add(l, out);
	ret = 0;
out:
	arena_release(&a);
	return ret;
}

void store_links_forget(struct store *s)
{
	links_forget(store_links(s));
}
