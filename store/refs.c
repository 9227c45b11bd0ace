/*
 * Refs as git keeps them: a file each, or a line of packed-refs.  A ref moves
 * by git's own protocol (NAME.lock, created exclusively, renamed into place),
 * so that git and we may work on one store.
 */
#include "config.h"

#include "ss/refs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ss/fault.h"
#include "ss/file.h"
#include "ss/store.h"

#define REF_FILE_MAX 4096
#define PACKED_MAX (64u << 20)

bool ref_name_valid(const char *name)
{
	size_t n = strlen(name);

	if (!str_starts(name, "refs/") || strstr(name, "..") ||
	    strstr(name, "//") || strstr(name, "@{") || strstr(name, "/.") ||
	    strstr(name, ".lock/") || str_ends(name, ".lock") ||
	    name[n - 1] == '/' || name[n - 1] == '.' || n > 250)
		return false;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f ||
		    strchr("~^:?*[\\", *p))
			return false;
	return utf8_valid(name, n);
}

static char *ref_path(struct arena *a, struct store *s, const char *name)
{
	return arena_printf(a, "%s/%s", store_dir(s), name);
}

static int bad_ref(const char *name, struct err *err)
{
	err_set(err, ERR_DAMAGED, "ref '%s' is damaged", name);
	return err_hint(err, "'schemastore fsck' names the versions there "
			"are; write one's id into it");
}

struct packed {
	const char *name;
	struct oid oid;
};

/* line = 40 hex digits " " name | "^" peeled | "#" comment; n: without its
 * end.  1 a ref, 0 none, -1 neither. */
static int parse_packed(struct packed *p, char *line, size_t n)
{
	if (*line == '#' || *line == '^')
		return 0;
	if (n < OID_HEX || line[OID_HEX - 1] != ' ' || strlen(line) != n)
		return -1;
	line[OID_HEX - 1] = '\0';
	p->name = line + OID_HEX;
	return oid_parse(&p->oid, line) || !ref_name_valid(p->name) ? -1 : 1;
}

static int each_packed(struct store *s, struct arena *a,
		       void (*fn)(void *ctx, const struct packed *p),
		       void *ctx, struct err *err)
{
	char *path = ref_path(a, s, "packed-refs");
	struct buf b = BUF_INIT;
	int ret = 0;

	if (!file_exists(path))
		return 0;
	if (file_read(&b, path, PACKED_MAX, err)) {
		buf_release(&b);
		return -1;
	}
	for (char *line = b.ptr, *nl; line < b.ptr + b.len; line = nl + 1) {
		struct packed p;

		nl = memchr(line, '\n', b.len - (size_t)(line - b.ptr));
		if (nl)
			*nl = '\0';
		ret = nl ? parse_packed(&p, line, (size_t)(nl - line)) : -1;
		if (ret < 0) {
			bad_ref("packed-refs", err);
			break;
		}
		if (ret)
			fn(ctx, &p);
	}
	buf_release(&b);
	return ret < 0 ? -1 : 0;
}

struct sought {
	const char *name;
	struct oid oid;
	bool found;
};

static void match_packed(void *ctx, const struct packed *p)
{
	struct sought *s = ctx;

	/* The first of two lines counts, as it does in a list. */
	if (s->found || strcmp(s->name, p->name))
		return;
	s->oid = p->oid;
	s->found = true;
}

/* The file's content: 1 an oid, 2 a symbolic ref (in *target), 0, -1 */
static int read_loose(struct oid *out, char **target, struct store *s,
		      const char *name, struct arena *a, struct err *err)
{
	char *path = ref_path(a, s, name);
	struct buf b = BUF_INIT;
	int ret = -1;

	if (!file_exists(path))
		return 0;
	if (file_read(&b, path, REF_FILE_MAX, err))
		goto out;
	while (b.len && (b.ptr[b.len - 1] == '\n' || b.ptr[b.len - 1] == ' '))
		buf_truncate(&b, b.len - 1);
	if (str_starts(b.ptr, "ref: ")) {
		*target = arena_strdup(a, b.ptr + 5);
		ret = 2;
	} else if (oid_parse(out, b.ptr)) {
		bad_ref(name, err);
	} else {
		ret = 1;
	}
out:
	buf_release(&b);
	return ret;
}

int ref_read(struct oid *out, struct store *s, const char *name,
	     struct err *err)
{
	struct arena a = ARENA_INIT;
	char *at = arena_strdup(&a, name);
	struct sought sought;
	int ret = 2;

	for (int depth = 0; ret == 2; depth++) {
		if (depth > 5) {
			ret = bad_ref(name, err);
			break;
		}
		name = at;
		ret = read_loose(out, &at, s, name, &a, err);
		if (ret == 2 && !ref_name_valid(at))
			ret = bad_ref(name, err);
	}
	if (!ret) {
		sought.name = name;
		sought.found = false;
		ret = each_packed(s, &a, match_packed, &sought, err);
		if (!ret && sought.found) {
			*out = sought.oid;
			ret = 1;
		}
	}
	arena_release(&a);
	return ret;
}

int head_ref(const char **out, struct store *s, struct arena *a,
	     struct err *err)
{
	char *target = NULL;
	struct oid id;
	int ret = read_loose(&id, &target, s, "HEAD", a, err);

	if (ret < 0)
		return -1;
	if (ret != 2 || !str_starts(target, "refs/heads/") ||
	    !ref_name_valid(target)) {
		err_set(err, ERR_DAMAGED, "the store's HEAD names no branch");
		return err_hint(err, "write 'ref: refs/heads/main' into "
				"'%s/HEAD'", store_dir(s));
	}
	*out = target;
	return 0;
}

int head_set(struct store *s, const char *ref, struct err *err)
{
	struct arena a = ARENA_INIT;
	char *text = arena_printf(&a, "ref: %s\n", ref);
	int ret = file_write(ref_path(&a, s, "HEAD"), text, strlen(text), err);

	arena_release(&a);
	return ret;
}

/* "dir/name" without its last part, made where it is not there. */
static int make_parent(const char *path, struct err *err)
{
	char *dir = xstrdup(path);
	int ret;

	*strrchr(dir, '/') = '\0';
	ret = dir_make(dir, err);
	free(dir);
	return ret;
}

static int write_lock(const char *lock, const char *text, struct err *err)
{
	int fd = open(lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	size_t n = strlen(text);

	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_BUSY, "'%s' is there: another program "
			       "is writing this ref", lock);
	if (fd < 0)
		return err_errno(err, "cannot write '%s'", lock);
	if (write(fd, text, n) != (ssize_t)n || fsync(fd)) {
		err_errno(err, "cannot write '%s'", lock);
		close(fd);
		unlink(lock);
		return -1;
	}
	close(fd);
	return 0;
}

struct rewriting {
	struct buf out;
	const char *without;
};

static void keep_packed(void *ctx, const struct packed *p)
{
	struct rewriting *r = ctx;
	char hex[OID_HEX];

	oid_hex(hex, &p->oid);
	if (strcmp(p->name, r->without))
		buf_addf(&r->out, "%s %s\n", hex, p->name);
}

static int drop_packed(struct store *s, const char *name, struct arena *a,
		       struct err *err)
{
	struct rewriting r = { BUF_INIT, name };
	char *path = ref_path(a, s, "packed-refs");
	int ret = 0;

	if (!file_exists(path))
		return 0;
	if (each_packed(s, a, keep_packed, &r, err))
		ret = -1;
	else
		ret = file_write(path, r.out.ptr, r.out.len, err);
	buf_release(&r.out);
	return ret;
}

static int check_old(struct store *s, const char *name, const struct oid *old,
		     struct err *err)
{
	struct oid now;
	int ret = ref_read(&now, s, name, err);

	if (ret < 0)
		return -1;
	if (old ? ret && oid_equal(&now, old) : !ret)
		return 0;
	err_set(err, ERR_REFUSED, "'%s' was moved by somebody else", name);
	return err_hint(err, "look at it with 'schemastore log', and try "
			"again");
}

int ref_update(struct store *s, const char *name, const struct oid *old,
	       const struct oid *new, const char *why, struct err *err)
{
	struct arena a = ARENA_INIT;
	char *path = ref_path(&a, s, name);
	char *lock = arena_printf(&a, "%s.lock", path);
	char text[OID_HEX + 1] = "";
	size_t end = OID_HEX - 1;
	int ret = -1;

	(void)why;
	if (!ref_name_valid(name)) {
		err_set(err, ERR_USAGE, "'%s' cannot be a ref's name", name);
		goto out;
	}
	if (new) {
		oid_hex(text, new);
		memcpy(text + end, "\n", 2);
	}
	if (make_parent(path, err))
		goto out;
	store_note(s, lock);
	if (write_lock(lock, text, err))
		goto out;
	if (check_old(s, name, old, err) || fault("ref.update", err) ||
	    (!new && drop_packed(s, name, &a, err))) {
		unlink(lock);
		goto out;
	}
	if (new ? rename(lock, path) : (unlink(path) && errno != ENOENT)) {
		err_errno(err, "cannot move ref '%s'", name);
		unlink(lock);
		goto out;
	}
	if (!new)
		unlink(lock);
	*strrchr(path, '/') = '\0';
	ret = dir_sync(path, err);
out:
	store_note(s, "");
	arena_release(&a);
	return ret;
}

struct listing {
	struct ref **out;
	size_t *n;
	size_t cap;
	const char *prefix;
	struct arena *arena;
};

static void add_ref(struct listing *l, const char *name, const struct oid *id)
{
	struct ref *r;

	if (!str_starts(name, l->prefix))
		return;
	for (size_t i = 0; i < *l->n; i++)
		if (!strcmp((*l->out)[i].name, name))
			return;
	r = ARENA_PUSH(l->arena, *l->out, *l->n, l->cap);
	r->name = arena_strdup(l->arena, name);
	r->oid = *id;
}

static void add_packed(void *ctx, const struct packed *p)
{
	add_ref(ctx, p->name, &p->oid);
}

static int list_folder(struct listing *l, struct store *s, const char *dir,
		       struct err *err)
{
	struct list names = { NULL, 0 };

	if (!dir_exists(ref_path(l->arena, s, dir)))
		return 0;
	if (dir_list(&names, ref_path(l->arena, s, dir), l->arena, err))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		char *name = arena_printf(l->arena, "%s/%s", dir, names.v[i]);
		struct oid id;
		int ret;

		if (dir_exists(ref_path(l->arena, s, name))) {
			if (list_folder(l, s, name, err))
				return -1;
			continue;
		}
		if (str_ends(name, ".lock"))
			continue;
		ret = ref_read(&id, s, name, err);
		if (ret < 0)
			return -1;
		if (ret)
			add_ref(l, name, &id);
	}
	return 0;
}

static int cmp_refs(const void *a, const void *b)
{
	return strcmp(((const struct ref *)a)->name,
		      ((const struct ref *)b)->name);
}

int ref_list(struct ref **out, size_t *n, struct store *s, const char *prefix,
	     struct arena *a, struct err *err)
{
	struct listing l = { out, n, 0, prefix, a };

	*out = NULL;
	*n = 0;
	if (list_folder(&l, s, "refs", err) ||
	    each_packed(s, a, add_packed, &l, err))
		return -1;
	if (*n)
		qsort(*out, *n, sizeof(**out), cmp_refs);
	return 0;
}
