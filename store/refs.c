/*
 * Refs as git keeps them: a file each, or a line of packed-refs.  A ref moves
 * by git's own protocol (NAME.lock, created exclusively, renamed into place),
 * so that git and we may work on one store.
 */
#include "config.h"

#include "store/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ss/fault.h"
#include "ss/file.h"
#include "ss/store.h"

#define REF_FILE_MAX 4096
#define TRIES 5
#define PATIENCE 20		/* 25 ms each */

bool ref_is_at(const char *name, const char *at)
{
	return at[strlen(at) - 1] == '/' ? str_starts(name, at) :
	       !strcmp(name, at);
}

static char *ref_path(struct arena *a, struct store *s, const char *name)
{
	return arena_printf(a, "%s/%s", store_dir(s), name);
}

static int bad_ref(struct store *s, const char *name, struct err *err)
{
	err_set(err, ERR_DAMAGED, "ref '%s' is damaged: it holds neither an id "
		"nor the name of a ref", name);
	return err_hint(err, "'schemastore fsck' lists the versions that "
			"nothing names; write an id into '%s/%s'",
			store_dir(s), name);
}

struct sought {
	const char *name;
	struct oid oid;
	bool found;
};

static int match_packed(void *ctx, const struct ref *r)
{
	struct sought *s = ctx;

	if (strcmp(s->name, r->name))
		return 0;
	s->oid = r->oid;
	s->found = true;
	return 1;
}

/* The file's content: 1 an oid, 2 a symbolic ref (in *target), 0, -1 */
static int read_loose(struct oid *out, char **target, struct store *s,
		      const char *name, struct arena *a, struct err *err)
{
	char *path = ref_path(a, s, name);
	struct buf b = BUF_INIT;
	int ret = file_read_if(&b, path, REF_FILE_MAX, err);

	if (!ret && is_symlink(path) && !dir_exists(path))
		ret = bad_ref(s, name, err);
	if (ret <= 0)
		goto out;
	while (b.len && (b.ptr[b.len - 1] == '\n' || b.ptr[b.len - 1] == ' '))
		buf_truncate(&b, b.len - 1);
	if (str_starts(b.ptr, "ref: ")) {
		*target = arena_strdup(a, b.ptr + 5);
		ret = ref_name_valid(*target) ? 2 : bad_ref(s, name, err);
	} else if (strlen(b.ptr) != b.len || oid_parse(out, b.ptr)) {
		ret = bad_ref(s, name, err);
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
			ret = bad_ref(s, name, err);
			break;
		}
		name = at;
		ret = read_loose(out, &at, s, name, &a, err);
	}
	if (!ret) {
		sought.name = name;
		sought.found = false;
		ret = packed_each(s, match_packed, &sought, err);
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

	if (ret == 1) {
		err_set(err, ERR_REFUSED, "the store's HEAD is at a version, "
			"not at a branch");
		return err_hint(err, "go to a branch with 'schemastore "
				"checkout BRANCH'");
	}
	if (ret < 2 || !str_starts(target, "refs/heads/")) {
		err_set(err, ERR_DAMAGED, "the store's HEAD names no branch");
		return err_hint(err, "go to one with 'schemastore checkout "
				"BRANCH', or write 'ref: refs/heads/main' "
				"into '%s/HEAD'", store_dir(s));
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

/* ---- moving one -------------------------------------------------------- */

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

int lock_open(struct store *s, const char *path, struct err *err)
{
	struct timespec pause = { 0, 25 * 1000 * 1000 };
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = open(path, flags, 0666);

	/* Git's writers hold one for a moment. */
	for (int i = 0; fd < 0 && errno == EEXIST && i < PATIENCE; i++) {
		nanosleep(&pause, NULL);
		fd = open(path, flags, 0666);
	}
	if (fd < 0 && errno == EEXIST) {
		err_set(err, ERR_BUSY, "'%s' is there: another program is "
			"writing this", path);
		return err_hint(err, "try again; if that program has died, the "
				"file is removed when it is 10 s old");
	}
	if (fd < 0)
		return err_errno(err, "cannot write '%s'", path);
	store_note(s, path);
	return fd;
}

/* In a folder that git may remove as soon as we have made it. */
static int lock_in_folder(struct store *s, const char *path, const char *lock,
			  struct err *err)
{
	int fd = -1;

	for (int i = 0; fd < 0 && i < TRIES; i++) {
		if (make_parent(path, err))
			continue;
		fd = lock_open(s, lock, err);
		if (fd < 0 && file_exists(lock))
			break;
	}
	return fd;
}

int lock_write(int fd, const char *path, const struct bytes *text,
	       struct err *err)
{
	int ret = 0;

	if (write(fd, text->ptr, text->len) != (ssize_t)text->len || fsync(fd))
		ret = err_errno(err, "cannot write '%s'", path);
	close(fd);
	if (ret)
		unlink(path);
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

static int in_the_way(const char *name, const char *other, struct err *err)
{
	err_set(err, ERR_REFUSED, "'%s' cannot be made: '%s' is there", name,
		other);
	return err_hint(err, "take another name: one cannot be the folder of "
			"the other");
}

/* A name cannot be a ref and the folder of another one. */
static int check_folders(struct store *s, const char *name, struct arena *a,
			 struct err *err)
{
	char *part = arena_strdup(a, name);
	struct ref *below;
	struct oid id;
	size_t n;

	for (char *p = part + strlen("refs/"); (p = strchr(p, '/')); p++) {
		int ret;

		*p = '\0';
		ret = ref_read(&id, s, part, err);
		if (ret)
			return ret < 0 ? -1 : in_the_way(name, part, err);
		*p = '/';
	}
	if (ref_list(&below, &n, s, arena_printf(a, "%s/", name), a, err))
		return -1;
	return n ? in_the_way(name, below[0].name, err) : 0;
}

/* Folders that refs which were deleted have left where a ref is to stand. */
static void remove_folders(struct arena *a, const char *path)
{
	struct list names = { NULL, 0 };
	struct err none = ERR_INIT;

	if (is_symlink(path) || !dir_exists(path) ||
	    dir_list(&names, path, a, &none))
		return;
	for (size_t i = 0; i < names.n; i++)
		remove_folders(a, path_join(a, path, names.v[i]));
	rmdir(path);
}

/* Behind a ref that was deleted, up to refs/heads. */
static void remove_parents(struct store *s, const char *name, struct arena *a)
{
	char *path = ref_path(a, s, name);
	char *keep = path + strlen(path) - strlen(name) + strlen("refs/");
	char *slash;

	while ((slash = strrchr(path, '/')) > strchr(keep, '/')) {
		*slash = '\0';
		if (rmdir(path))
			break;
	}
}

static int move_ref(struct store *s, const char *name, const char *path,
		    const struct oid *new, struct arena *a, struct err *err)
{
	char *lock = arena_printf(a, "%s.lock", path);

	if (!new && packed_drop(s, name, err))
		return -1;
	if (new)
		remove_folders(a, path);
	/* A packed ref's path may be an empty folder. */
	if (new ? rename(lock, path) :
	    (unlink(path) && errno != ENOENT && errno != EISDIR))
		return err_errno(err, "cannot move ref '%s'", name);
	return 0;
}

static int update_locked(struct store *s, const char *name,
			 const struct oid *old, const struct oid *new,
			 struct err *err)
{
	struct arena a = ARENA_INIT;
	char *path = ref_path(&a, s, name);
	char *lock = arena_printf(&a, "%s.lock", path);
	char text[OID_HEX + 1] = "";
	struct bytes bytes = { text, 0 };
	int fd, ret = -1;

	if (new) {
		oid_hex(text, new);
		text[OID_HEX - 1] = '\n';
		bytes.len = OID_HEX;
	}
	fd = lock_in_folder(s, path, lock, err);
	if (fd < 0 || lock_write(fd, lock, &bytes, err))
		goto out;
	if (check_old(s, name, old, err) || fault("ref.update", err) ||
	    move_ref(s, name, path, new, &a, err)) {
		unlink(lock);
		goto out;
	}
	if (!new)
		unlink(lock);
	*strrchr(path, '/') = '\0';
	ret = dir_sync(path, err);
	if (!new)
		remove_parents(s, name, &a);
out:
	arena_release(&a);
	return ret;
}

int ref_update(struct store *s, const char *name, const struct oid *old,
	       const struct oid *new, const char *why, struct err *err)
{
	struct arena a = ARENA_INIT;
	int ret;

	(void)why;
	if (!ref_name_valid(name))
		return err_set(err, ERR_USAGE, "'%s' cannot be a ref's name",
			       name);
	ret = new && !old ? check_folders(s, name, &a, err) : 0;
	if (!ret)
		ret = update_locked(s, name, old, new, err);
	store_note(s, NULL);
	arena_release(&a);
	return ret;
}

int ref_log_move(struct store *s, const char *from, const char *to,
		 struct err *err)
{
	struct arena a = ARENA_INIT;
	char *old = arena_printf(&a, "%s/logs/%s", store_dir(s), from);
	char *new = to ? arena_printf(&a, "%s/logs/%s", store_dir(s), to) :
		    NULL;
	int ret = 0;

	if (!file_exists(old))
		ret = 0;
	else if (new && make_parent(new, err))
		ret = -1;
	else if (new ? rename(old, new) : unlink(old))
		ret = err_errno(err, "cannot move '%s'", old);
	arena_release(&a);
	return ret;
}

/* ---- all of them ------------------------------------------------------- */

struct listing {
	struct ref_survey *out;
	size_t cap;
	size_t nloose;
	const char *prefix;
	struct store *store;
	struct arena *arena;
};

static void add_ref(struct listing *l, const char *name, const struct oid *id)
{
	struct ref *r;

	if (!str_starts(name, l->prefix))
		return;
	r = ARENA_PUSH(l->arena, l->out->v, l->out->n, l->cap);
	r->name = arena_strdup(l->arena, name);
	r->oid = *id;
}

/* 0 go on without it, -1 */
static int broken(struct listing *l, const char *name, const struct err *why,
		  struct err *err)
{
	if (l->out->bad) {
		l->out->bad(l->out->ctx, name, why);
		return 0;
	}
	*err = *why;
	return -1;
}

static int list_file(struct listing *l, const char *name, struct err *err)
{
	struct err why = ERR_INIT;
	struct oid id;
	int ret;

	if (str_ends(name, ".lock"))
		return 0;
	/* Git passes over it, too. */
	if (!ref_name_valid(name)) {
		err_set(&why, ERR_DAMAGED, "'%s' cannot be a ref's name: "
			"remove the file", name);
		return l->out->bad ? broken(l, name, &why, err) : 0;
	}
	ret = ref_read(&id, l->store, name, &why);
	if (ret > 0)
		add_ref(l, name, &id);
	return ret < 0 ? broken(l, name, &why, err) : 0;
}

static int list_folder(struct listing *l, const char *dir, struct err *err)
{
	struct list names = { NULL, 0 };
	char *path = ref_path(l->arena, l->store, dir);
	struct err why = ERR_INIT;

	if (is_symlink(path)) {
		err_set(&why, ERR_DAMAGED, "'%s' is a symbolic link", path);
		err_hint(&why, "put the folder in its place");
		return broken(l, dir, &why, err);
	}
	if (!dir_exists(path))
		return 0;
	if (dir_list(&names, path, l->arena, err))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		char *name = arena_printf(l->arena, "%s/%s", dir, names.v[i]);
		int ret = dir_exists(ref_path(l->arena, l->store, name)) ?
			  list_folder(l, name, err) : list_file(l, name, err);

		if (ret)
			return -1;
	}
	return 0;
}

static int cmp_refs(const void *a, const void *b)
{
	return strcmp(((const struct ref *)a)->name,
		      ((const struct ref *)b)->name);
}

static int add_packed(void *ctx, const struct ref *r)
{
	struct listing *l = ctx;
	struct ref_survey *out = l->out;

	/* A file is newer than a line. */
	if (!l->nloose || !bsearch(r, out->v, l->nloose, sizeof(*out->v),
				   cmp_refs))
		add_ref(l, r->name, &r->oid);
	return 0;
}

int ref_survey(struct ref_survey *out, struct store *s, const char *prefix,
	       struct arena *a, struct err *err)
{
	struct listing l = { .out = out, .prefix = prefix, .store = s,
			     .arena = a };
	char *dir = arena_strdup(a, prefix);
	struct err why = ERR_INIT;

	out->v = NULL;
	out->n = 0;
	dir[strrchr(dir, '/') - dir] = '\0';
	if (list_folder(&l, dir, err))
		return -1;
	l.nloose = out->n;
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), cmp_refs);
	if (packed_each(s, add_packed, &l, &why) &&
	    broken(&l, "packed-refs", &why, err))
		return -1;
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), cmp_refs);
	return 0;
}

int ref_list(struct ref **out, size_t *n, struct store *s, const char *prefix,
	     struct arena *a, struct err *err)
{
	struct ref_survey all = { .bad = NULL };
	int ret = ref_survey(&all, s, prefix, a, err);

	*out = all.v;
	*n = all.n;
	return ret;
}
