/*
 * Writing a bundle, and reading what is in front of its pack.
 */
#include "config.h"

#include "ss/bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/reach.h"

#include "ss/file.h"

#define FIRST_LINE "# v2 git bundle"
#define REFS_MOST 100000
#define ID (2 * SHA1_LEN)

/* ---- its head ----------------------------------------------------------- */

static int damaged(struct err *err, const char *what)
{
	return err_set(err, ERR_DAMAGED, "no bundle of a store: %s", what);
}

/* The next line, without its end; NULL where there is none. */
static char *next_line(char **at, char *end)
{
	char *line = *at;
	char *nl = memchr(line, '\n', (size_t)(end - line));

	if (!nl || memchr(line, '\0', (size_t)(nl - line)))
		return NULL;
	*nl = '\0';
	*at = nl + 1;
	return line;
}

/* line = id " " name */
static int parse_line(struct bundle_head *h, size_t *cap, char *line,
		      struct arena *a, struct err *err)
{
	struct ref r = { .name = NULL };

	if (*line == '-')
		return damaged(err, "it needs objects that are not in it");
	if (strlen(line) < ID + 2 || line[ID] != ' ')
		return damaged(err, "a line of its head is no ref");
	line[ID] = '\0';
	r.name = line + ID + 1;
	if (oid_parse(&r.oid, line) || h->has_head)
		return damaged(err, "a line of its head is no ref");
	if (!strcmp(r.name, "HEAD")) {
		h->has_head = true;
		h->head = r.oid;
		return 0;
	}
	if (!ref_name_valid(r.name))
		return damaged(err, "a ref has a name that none can have");
	if (h->n && strcmp(h->v[h->n - 1].name, r.name) >= 0)
		return damaged(err, "its refs are not in order");
	if (h->n == REFS_MOST)
		return damaged(err, "it has too many refs");
	*ARENA_PUSH(a, h->v, h->n, *cap) = r;
	return 0;
}

static int cmp_names(const void *name, const void *ref)
{
	return strcmp(name, ((const struct ref *)ref)->name);
}

static bool has_ref(const struct bundle_head *h, const char *name)
{
	return h->n && bsearch(name, h->v, h->n, sizeof(*h->v), cmp_names);
}

/* A name cannot be a ref and the folder of another one. */
static int check_folders(const struct bundle_head *h, struct arena *a,
			 struct err *err)
{
	for (size_t i = 0; i < h->n; i++) {
		char *name = arena_strdup(a, h->v[i].name);

		for (char *p = name + 5; (p = strchr(p, '/')) != NULL; p++) {
			*p = '\0';
			if (has_ref(h, name))
				return damaged(err, "a ref is the folder of "
					       "another one");
			*p = '/';
		}
	}
	return 0;
}

/* HEAD is where a branch is. */
static int check_head(const struct bundle_head *h, struct err *err)
{
	for (size_t i = 0; i < h->n && h->has_head; i++)
		if (str_starts(h->v[i].name, "refs/heads/") &&
		    oid_equal(&h->v[i].oid, &h->head))
			return 0;
	return h->has_head ? damaged(err, "HEAD is at no branch") : 0;
}

int bundle_parse(struct bundle_head *out, const struct bytes *text,
		 struct arena *a, struct err *err)
{
	char *at = arena_strndup(a, text->ptr, text->len);
	char *end = at + text->len;
	const char *first = next_line(&at, end);
	size_t cap = 0;
	char *line;

	memset(out, 0, sizeof(*out));
	if (!first || strcmp(first, FIRST_LINE))
		return damaged(err, "it does not begin with '"FIRST_LINE"'");
	while ((line = next_line(&at, end)) != NULL && *line)
		if (parse_line(out, &cap, line, a, err))
			return -1;
	if (!line || at != end)
		return damaged(err, "its head has no end");
	return check_folders(out, a, err) || check_head(out, err) ? -1 : 0;
}

static void add_line(struct buf *b, const struct oid *id, const char *name)
{
	char hex[OID_HEX];

	oid_hex(hex, id);
	buf_addf(b, "%s %s\n", hex, name);
}

void bundle_add_head(struct buf *b, const struct bundle_head *h)
{
	buf_addstr(b, FIRST_LINE "\n");
	for (size_t i = 0; i < h->n; i++)
		add_line(b, &h->v[i].oid, h->v[i].name);
	if (h->has_head)
		add_line(b, &h->head, "HEAD");
	buf_addch(b, '\n');
}

/* ---- writing one -------------------------------------------------------- */

struct collecting {
	struct store *store;
	struct arena *arena;
	struct bundle_head head;
	struct gc_object *v;
	size_t n, cap;
	struct pack_writer *pack;
};

/* What an earlier bundle had brought is none of this one's. */
static int on_reached(void *ctx, const struct reached *r)
{
	struct collecting *c = ctx;
	struct gc_object *o;

	if (!strcmp(r->ref, AUDIT_REF))
		return 0;
	o = ARENA_PUSH(c->arena, c->v, c->n, c->cap);
	o->oid = r->oid;
	o->path = r->path;
	o->commit = r->type == OBJECT_COMMIT;
	return 0;
}

static int on_broken(void *ctx, const char *what, const struct err *why)
{
	(void)ctx;
	(void)what;
	(void)why;
	return -1;
}

static int cmp_refs(const void *a, const void *b)
{
	return strcmp(((const struct ref *)a)->name,
		      ((const struct ref *)b)->name);
}

static int collect_refs(struct collecting *c, const struct oid *audit,
			struct err *err)
{
	struct bundle_head *h = &c->head;
	const char *name;
	struct ref *all;
	size_t n, cap = 0;
	struct err unborn = ERR_INIT;

	if (ref_list(&all, &n, c->store, "refs/", c->arena, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].name, AUDIT_REF))
			*ARENA_PUSH(c->arena, h->v, h->n, cap) = all[i];
	if (audit)
		*ARENA_PUSH(c->arena, h->v, h->n, cap) =
			(struct ref){ AUDIT_REF, *audit };
	if (h->n)
		qsort(h->v, h->n, sizeof(*h->v), cmp_refs);
	if (!head_ref(&name, c->store, c->arena, &unborn)) {
		int ret = ref_read(&h->head, c->store, name, err);

		h->has_head = ret > 0;
		return ret < 0 ? -1 : 0;
	}
	return 0;
}

static int collect_objects(struct collecting *c, const struct oid *audit,
			   struct err *err)
{
	struct reach r = {
		.store = c->store, .arena = c->arena, .fn = on_reached,
		.broken = on_broken, .ctx = c,
	};
	int ret = -1;

	if (!reach_all(&r, err)) {
		map_release(&r.seen);
		r.seen = (struct map)MAP_INIT;
		ret = audit ? reach_one(&r, "", audit, err) : 0;
	}
	map_release(&r.seen);
	return ret;
}

static int to_file(void *ctx, const void *data, size_t n, struct err *err)
{
	const char *p = data;

	while (n) {
		ssize_t done = write(*(int *)ctx, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_errno(err, "cannot write the bundle");
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int fill(void *ctx, int fd, struct err *err)
{
	struct collecting *c = ctx;
	struct buf head = BUF_INIT;
	int ret;

	bundle_add_head(&head, &c->head);
	ret = to_file(&fd, head.ptr, head.len, err) ||
	      pack_send(c->pack, to_file, &fd, err) ? -1 : 0;
	buf_release(&head);
	return ret;
}

/* Where the file will be, for it may be large. */
static const char *folder_of(const char *path, struct arena *a)
{
	const char *slash = strrchr(path, '/');

	return !slash ? "." : slash == path ? "/" :
	       arena_strndup(a, path, (size_t)(slash - path));
}

int bundle_write(struct bundle_size *out, const char *path, struct store *s,
		 const struct oid *audit, struct arena *a, struct err *err)
{
	struct collecting c = { .store = s, .arena = a };
	int ret;

	ret = collect_refs(&c, audit, err) || collect_objects(&c, audit, err) ||
	      pack_open_in(&c.pack, folder_of(path, a), err) ||
	      packs_fill(c.pack, store_odb(s), c.v, c.n, err) ||
	      file_write_with(path, fill, &c, err) ? -1 : 0;
	pack_close(c.pack);
	*out = (struct bundle_size){ c.head.n, c.n };
	return ret;
}
