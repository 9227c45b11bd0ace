/*
 * Does what was read of a source read back as it is?
 *
 * An engine that prints what it has made of a text may print something that,
 * executed, is printed otherwise: no plan would ever arrive at such an object.
 * So it is made once from what was read, and read again; where it is not the
 * same it is named, before a plan is.
 *
 *	objects that are new ─▶ with what they need, and who needs them
 *	                     ─▶ emitted into a scratch, read ─▶ the same?
 *
 * What came back is remembered in <store>/cache/objects, 32 bytes each.  It is
 * a cache: whatever is wrong with it means "not remembered".
 */
#include "config.h"

#include "ss/plan.h"

#include <fcntl.h>
#include <unistd.h>

#include "ss/file.h"
#include "ss/kinds.h"

#define OBJECTS_MAX (16u << 20)

struct reread {
	const struct reread_opts *opts;
	const struct schema *whole;
	struct arena arena;
	const struct node **v;		/* what is looked at */
	size_t n, cap;
	struct map by_ref;		/* node_ref() -> an object of whole */
	struct map parts;		/* node_ref() of what is made */
	struct plan plan;
	struct schema part, got;
};

static const char *ref_of(struct reread *r, const struct node *n)
{
	struct buf b = BUF_INIT;
	const char *ref;

	node_ref(&b, n);
	ref = arena_strndup(&r->arena, b.ptr, b.len);
	buf_release(&b);
	return ref;
}

/* ---- the memory -------------------------------------------------------- */

static void object_key(unsigned char key[SHA256_LEN], struct reread *r,
		       const struct node *n)
{
	const struct engine *e = r->opts->engine;
	const char *ref = ref_of(r, n);
	const char *version = r->whole->version ? r->whole->version : "";
	struct sha256 h;

	sha256_start(&h);
	sha256_add(&h, PACKAGE_VERSION, sizeof(PACKAGE_VERSION));
	sha256_add(&h, e->name, strlen(e->name) + 1);
	sha256_add(&h, version, strlen(version) + 1);
	sha256_add(&h, ref, strlen(ref) + 1);
	sha256_add(&h, n->digest, SHA256_LEN);
	sha256_end(&h, key);
}

static char *memory_path(struct reread *r)
{
	return arena_printf(&r->arena, "%s/cache/objects",
			    store_dir(r->opts->store));
}

/* What of them is remembered is not looked at. */
static void forget_remembered(struct reread *r)
{
	struct map there = MAP_INIT;
	struct buf b = BUF_INIT;
	struct err none = ERR_INIT;
	unsigned char key[SHA256_LEN];
	size_t n = 0;

	if (!r->n || !r->opts->store || !file_exists(memory_path(r)) ||
	    file_read(&b, memory_path(r), OBJECTS_MAX, &none))
		goto out;
	for (size_t i = 0; i + SHA256_LEN <= b.len; i += SHA256_LEN)
		map_set_bytes(&there, b.ptr + i, SHA256_LEN, r);
	for (size_t i = 0; i < r->n; i++) {
		object_key(key, r, r->v[i]);
		if (!map_find_bytes(&there, key, SHA256_LEN))
			r->v[n++] = r->v[i];
	}
	r->n = n;
out:
	buf_release(&b);
	map_release(&there);
}

static void remember(struct reread *r)
{
	struct buf b = BUF_INIT;
	unsigned char key[SHA256_LEN];
	off_t end;
	int fd;

	if (!r->n || !r->opts->store)
		return;
	fd = open(memory_path(r), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	for (size_t i = 0; i < r->n; i++) {
		object_key(key, r, r->v[i]);
		buf_add(&b, (const char *)key, SHA256_LEN);
	}
	end = lseek(fd, 0, SEEK_END);
	/* A record that was torn is written over; what is full begins anew. */
	end = end + (off_t)b.len > (off_t)OBJECTS_MAX ? 0 :
	      end - end % SHA256_LEN;
	if (ftruncate(fd, end) ||
	    pwrite(fd, b.ptr, b.len, end) != (ssize_t)b.len)
		unlink(memory_path(r));
	close(fd);
	buf_release(&b);
}

/* ---- what is looked at, and with what ------------------------------------ */

static bool is_like(const struct schema *known, const struct node *n)
{
	const struct node *k = known ? schema_find(known, n->kind, n->name) :
				       NULL;

	return k && !memcmp(k->digest, n->digest, SHA256_LEN);
}

static void find_objects(struct reread *r)
{
	for (size_t i = 0; i < r->whole->n; i++) {
		const struct node *n = r->whole->objects[i];

		map_set(&r->by_ref, ref_of(r, n), (void *)n);
		if (!is_like(r->opts->known, n))
			*ARENA_PUSH(&r->arena, r->v, r->n, r->cap) = n;
	}
}

static void add_part(struct reread *r, const struct node *n);

static void add_needs(struct reread *r, const struct node *n)
{
	for (size_t i = 0; i < n->needs.n; i++) {
		const struct node *o = map_find(&r->by_ref, n->needs.v[i]);

		if (o)
			add_part(r, o);
	}
	for (size_t i = 0; i < n->nkids; i++)
		add_needs(r, n->kids[i]);
}

static void add_part(struct reread *r, const struct node *n)
{
	const char *ref = ref_of(r, n);

	if (map_find(&r->parts, ref))
		return;
	map_set(&r->parts, ref, r);
	add_needs(r, n);
}

static bool needs_one(const struct map *of, const struct node *n)
{
	for (size_t i = 0; i < n->needs.n; i++)
		if (map_find(of, n->needs.v[i]))
			return true;
	for (size_t i = 0; i < n->nkids; i++)
		if (needs_one(of, n->kids[i]))
			return true;
	return false;
}

/* Who needs an object may be seen in what is read of it. */
static void find_parts(struct reread *r)
{
	struct map objects = MAP_INIT;

	for (size_t i = 0; i < r->n; i++) {
		map_set(&objects, ref_of(r, r->v[i]), r);
		add_part(r, r->v[i]);
	}
	for (size_t i = 0; i < r->whole->n; i++)
		if (needs_one(&objects, r->whole->objects[i]))
			add_part(r, r->whole->objects[i]);
	map_release(&objects);
}

static int take_parts(struct reread *r, bool all, struct err *err)
{
	schema_release(&r->part);
	schema_init(&r->part, r->whole->spelling, &r->arena);
	r->part.version = r->whole->version;
	r->part.settings = r->whole->settings;
	for (size_t i = 0; i < r->whole->n; i++) {
		struct node *n = r->whole->objects[i];

		if (all || map_find(&r->parts, ref_of(r, n)))
			schema_add(&r->part, n);
	}
	return schema_seal(&r->part, err);
}

/* ---- there and back ------------------------------------------------------ */

static int make(struct reread *r, struct err *err)
{
	struct plan_opts opts = { .extensions = r->opts->extensions };
	struct schema empty;
	int ret;

	schema_init(&empty, r->whole->spelling, &r->arena);
	ret = schema_seal(&empty, err) ||
	      plan_make(&r->plan, r->opts->engine, &empty, &r->part, &opts,
			&r->arena, err) ? -1 : 0;
	schema_release(&empty);
	return ret;
}

static int come_back(struct reread *r, struct err *err)
{
	struct scratch_opts want = { .version = r->whole->version };
	const struct engine *e = r->opts->engine;
	struct conn *c;
	int ret = -1;

	schema_release(&r->got);
	schema_init(&r->got, r->whole->spelling, &r->arena);
	if (e->scratch(&c, &want, err))
		return -1;
	if (!e->extend(c, r->opts->extensions, err) &&
	    !e->exec(c, r->plan.sql, err) && !e->read(c, &r->got, NULL, err))
		ret = 0;
	e->close(c);
	return ret;
}

/* NULL: all of them have come back. */
static const struct node *first_other(struct reread *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct node *n = r->v[i];

		if (!is_like(&r->got, n))
			return n;
	}
	return NULL;
}

static const struct change *change_of(const struct diff *d,
				      const struct node *n)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].to == n)
			return &d->v[i];
	return NULL;
}

/* The words of a field that differs, as it came back; NULL: it has none. */
static const char *words_of(const struct change *ch, const char **name)
{
	for (size_t i = 0; ch->from && ch->to && i < ch->from->kind->nfields;
	     i++) {
		const struct field *f = &ch->from->kind->fields[i];
		const struct list *l;

		if (!(ch->fields & (uint64_t)1 << i) || f->type == FIELD_FLAG)
			continue;
		*name = f->name;
		if (f->type != FIELD_NAMES && f->type != FIELD_SQLS)
			return field_str(ch->from, f);
		l = field_list(ch->from, f);
		return l->n ? l->v[0] : NULL;
	}
	return NULL;
}

static int name_it(struct reread *r, const struct node *n, struct err *err)
{
	struct buf title = BUF_INIT;
	const char *field = NULL, *words = NULL;
	const struct change *ch;
	struct diff d;

	schema_diff(&d, &r->got, &r->part, DIFF_BY_NAME, &r->arena);
	ch = change_of(&d, n);
	if (ch && !ch->fields && ch->nkids)
		ch = &ch->kids[0];
	if (ch)
		words = words_of(ch, &field);
	node_title(&title, ch && ch->to ? ch->to : n);
	err_set(err, ERR_REFUSED, "%s: what the server prints of it reads back "
		"as something else", title.ptr);
	if (words)
		err_hint(err, "written as it comes back it stays: %s %s",
			 field, words);
	else
		err_hint(err, "write it in another way");
	buf_release(&title);
	return -1;
}

/* What cannot be made is not for us to say: the plan that makes it does. */
static int look(struct reread *r, bool all, const struct node **other,
		struct err *err)
{
	struct err failed = ERR_INIT;

	*other = NULL;
	if (take_parts(r, all, err))
		return -1;
	if (!make(r, &failed) && !come_back(r, &failed)) {
		*other = first_other(r);
		return 0;
	}
	if (failed.code == ERR_ENGINE || failed.code == ERR_REFUSED)
		return 1;
	*err = failed;
	return -1;
}

static int look_at_all(struct reread *r, struct err *err)
{
	const struct node *other;
	int ret = look(r, false, &other, err);

	/* What is not there may be missed. */
	if (ret > 0 || (!ret && other && r->part.n < r->whole->n))
		ret = look(r, true, &other, err);
	if (ret < 0)
		return -1;
	if (other)
		return name_it(r, other, err);
	if (!ret)
		remember(r);
	return 0;
}

static void reread_release(struct reread *r)
{
	schema_release(&r->part);
	schema_release(&r->got);
	map_release(&r->by_ref);
	map_release(&r->parts);
	arena_release(&r->arena);
}

int schema_reread(const struct schema *s, const struct reread_opts *opts,
		  struct err *err)
{
	struct reread r = { .opts = opts, .whole = s };
	int ret = 0;

	if (!opts->engine->reprints)
		return 0;
	find_objects(&r);
	forget_remembered(&r);
	if (r.n) {
		find_parts(&r);
		ret = look_at_all(&r, err);
	}
	reread_release(&r);
	return ret;
}

void schema_reread_done(const struct schema *s, const struct reread_opts *opts)
{
	struct reread r = { .opts = opts, .whole = s };

	if (!opts->engine->reprints)
		return;
	find_objects(&r);
	forget_remembered(&r);
	remember(&r);
	reread_release(&r);
}
