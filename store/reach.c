/*
 * Reaching everything, whoever made it: what git would keep is kept.  Only
 * links are read here; what is right and wrong with an object of ours is
 * fsck's.  Without recursion over history: only trees nest, and those not
 * deep.
 *
 *	commit = "tree " id LF { "parent " id LF } ...
 *	tree = { mode " " name NUL 20 bytes }
 */
#include "config.h"

#include "store/reach.h"

#include <stdlib.h>

#define DEPTH_MAX 256
#define GITLINK 0160000		/* a commit of another repository */
#define FOLDER 040000

static int broken(struct reach *r, const struct oid *id, const struct err *why,
		  struct err *err)
{
	char hex[OID_HEX];

	oid_hex(hex, id);
	if (!r->broken(r->ctx, hex, why))
		return 0;
	*err = *why;
	return -1;
}

static bool first_time(struct reach *r, const struct oid *id)
{
	return map_add_bytes(&r->seen, id->b, SHA1_LEN, r);
}

static int reached(struct reach *r, const struct oid *id,
		   enum object_type type, const char *path,
		   const struct buf *raw)
{
	struct reached it = { *id, type, path, raw, r->ref, r->foreign };

	return r->fn(r->ctx, &it);
}

/* One entry of a tree; returns the bytes it took, 0 where it is none. */
static size_t tree_link(struct tree_entry *e, unsigned long *mode,
			const char *p, size_t n)
{
	const char *nul = memchr(p, '\0', n);
	char *end;

	if (!nul || n - (size_t)(nul - p) - 1 < SHA1_LEN)
		return 0;
	*mode = strtoul(p, &end, 8);
	if (end == p || *end != ' ')
		return 0;
	e->name = end + 1;
	e->dir = *mode == FOLDER;
	memcpy(e->oid.b, nul + 1, SHA1_LEN);
	return (size_t)(nul - p) + 1 + SHA1_LEN;
}

static int reach_tree(struct reach *r, const struct oid *id, const char *path,
		      unsigned depth, struct err *err);

static int reach_entry(struct reach *r, const struct tree_entry *e,
		       const char *path, unsigned depth, struct err *err)
{
	char *full;

	/* Most of what a version holds was in the one before. */
	if (map_find_bytes(&r->seen, e->oid.b, SHA1_LEN))
		return 0;
	full = arena_printf(r->arena, "%s%s%s", path, *path ? "/" : "",
			    e->name);
	if (e->dir)
		return reach_tree(r, &e->oid, full, depth + 1, err);
	return first_time(r, &e->oid) ?
	       reached(r, &e->oid, OBJECT_BLOB, full, NULL) : 0;
}

static int reach_tree(struct reach *r, const struct oid *id, const char *path,
		      unsigned depth, struct err *err)
{
	struct err why = ERR_INIT;
	struct buf b = BUF_INIT;
	size_t used;
	int ret = 0;

	if (!first_time(r, id))
		return 0;
	if (depth > DEPTH_MAX)
		err_set(&why, ERR_DAMAGED, "trees are nested too deep");
	if (depth > DEPTH_MAX ||
	    odb_read(&b, store_odb(r->store), id, OBJECT_TREE, &why)) {
		ret = broken(r, id, &why, err);
		goto out;
	}
	for (size_t at = 0; at < b.len && !ret; at += used) {
		struct tree_entry e;
		unsigned long mode;

		used = tree_link(&e, &mode, b.ptr + at, b.len - at);
		if (!used) {
			err_set(&why, ERR_DAMAGED, "its entries are broken");
			ret = broken(r, id, &why, err);
			goto out;
		}
		if (mode != GITLINK)
			ret = reach_entry(r, &e, path, depth, err);
	}
	if (!ret)
		ret = reached(r, id, OBJECT_TREE, path, &b);
out:
	buf_release(&b);
	return ret;
}

/* A commit, and how far we are with it. */
struct visit {
	struct oid id;
	bool expanded;		/* tree and parents are known */
	struct oid tree;
	struct oid *parents;
	size_t nparents;
};

struct stack {
	struct visit *v;
	size_t n;
	size_t cap;
};

static void push(struct reach *r, struct stack *s, const struct oid *id)
{
	struct visit *v;

	if (map_find_bytes(&r->seen, id->b, SHA1_LEN))
		return;
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	v = &s->v[s->n++];
	memset(v, 0, sizeof(*v));
	v->id = *id;
}

/* "tree ", one or two of "parent ", and the beginning of the next line. */
#define HEAD_PEEK (5 + 41 + 2 * 48 + 7)

/* As much of a commit as has its links. */
static int read_links(struct buf *raw, struct reach *r, const struct oid *id,
		      struct err *why)
{
	if (r->again && odb_peek(raw, store_odb(r->store), id, OBJECT_COMMIT,
				 HEAD_PEEK) &&
	    strstr(raw->ptr, "\nauthor"))
		return 0;
	buf_truncate(raw, 0);
	return odb_read(raw, store_odb(r->store), id, OBJECT_COMMIT, why);
}

/* The id behind a word, at the beginning of a line; NULL: another line. */
static const char *link_of(struct oid *out, const char *line, const char *word)
{
	char hex[OID_HEX] = "";

	if (!str_starts(line, word))
		return NULL;
	line += strlen(word);
	strncpy(hex, line, OID_HEX - 1);
	return !oid_parse(out, hex) && line[OID_HEX - 1] == '\n' ?
	       line + OID_HEX : NULL;
}

static int expand(struct visit *v, struct reach *r, struct err *why)
{
	struct buf raw = BUF_INIT;
	const char *p;
	struct oid id;
	size_t cap = 0;
	int ret = -1;

	v->expanded = true;
	if (read_links(&raw, r, &v->id, why))
		goto out;
	p = link_of(&v->tree, raw.ptr, "tree ");
	if (!p) {
		err_set(why, ERR_DAMAGED, "not a commit: it has no tree");
		goto out;
	}
	while ((p = link_of(&id, p, "parent ")) != NULL)
		*ARENA_PUSH(r->arena, v->parents, v->nparents, cap) = id;
	ret = 0;
out:
	buf_release(&raw);
	return ret;
}

static int reach_stack(struct reach *r, struct stack *s, struct err *err)
{
	while (s->n) {
		struct visit *v = &s->v[s->n - 1];
		struct visit now;
		struct err why = ERR_INIT;
		size_t before = s->n;

		if (!v->expanded && expand(v, r, &why)) {
			now = s->v[--s->n];
			if (first_time(r, &now.id) &&
			    broken(r, &now.id, &why, err))
				return -1;
			continue;
		}
		now = *v;
		for (size_t i = 0; i < now.nparents; i++)
			push(r, s, &now.parents[i]);
		if (s->n > before)
			continue;
		s->n--;
		if (first_time(r, &now.id) &&
		    (reach_tree(r, &now.tree, "", 0, err) ||
		     reached(r, &now.id, OBJECT_COMMIT, "", NULL)))
			return -1;
	}
	return 0;
}

static int reach_commit(struct reach *r, const struct oid *tip,
			struct err *err)
{
	struct stack s = { NULL, 0, 0 };
	int ret;

	push(r, &s, tip);
	ret = reach_stack(r, &s, err);
	free(s.v);
	return ret;
}

/* Whatever a ref names; a tag leads on. */
static int reach_any(struct reach *r, struct oid id, struct err *err)
{
	struct err why = ERR_INIT;
	struct buf b = BUF_INIT;
	enum object_type type = OBJECT_TAG;
	int ret = 0;

	while (!ret && type == OBJECT_TAG) {
		struct oid tag = id;

		if (map_find_bytes(&r->seen, id.b, SHA1_LEN))
			break;
		buf_truncate(&b, 0);
		if (odb_read_any(&b, &type, store_odb(r->store), &id, &why)) {
			ret = first_time(r, &id) ? broken(r, &id, &why, err) :
			      0;
			break;
		}
		if (type == OBJECT_COMMIT)
			ret = reach_commit(r, &id, err);
		else if (type == OBJECT_TREE)
			ret = reach_tree(r, &id, "", 0, err);
		else if (!first_time(r, &id) ||
			 (ret = reached(r, &id, type, "", NULL)) != 0)
			break;
		else if (type == OBJECT_TAG && tag_target(&id, &b)) {
			err_set(&why, ERR_DAMAGED, "it names no object");
			ret = broken(r, &tag, &why, err);
			break;
		}
	}
	buf_release(&b);
	return ret;
}

int reach_one(struct reach *r, const char *ref, const struct oid *id,
	      struct err *err)
{
	r->ref = ref;
	r->foreign = false;
	return reach_any(r, *id, err);
}

struct surveying {
	struct reach *reach;
	struct err stop;
};

static void on_bad_ref(void *ctx, const char *name, const struct err *why)
{
	struct surveying *s = ctx;

	if (s->reach->broken(s->reach->ctx, name, why))
		s->stop = *why;
}

/* Policies and versions are reached before what was done with them. */
enum turn { OURS, LEDGERS, FOREIGN, TURNS };

/* Does it lead to what schemastore made?  Below refs/schemastore all should. */
static enum turn turn_of(struct reach *r, const struct ref *ref)
{
	struct err unreadable = ERR_INIT;
	struct oid id = ref->oid;

	if (str_starts(ref->name, "refs/schemastore/ledger"))
		return LEDGERS;
	return str_starts(ref->name, "refs/schemastore/") ||
	       store_peel(&id, r->store, &unreadable) != 0 ? OURS : FOREIGN;
}

static int reach_turn(struct reach *r, enum turn turn, const struct ref *v,
		      const enum turn *turns, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (turns[i] != turn)
			continue;
		r->ref = v[i].name;
		r->foreign = turn == FOREIGN;
		if (reach_any(r, v[i].oid, err))
			return -1;
	}
	return 0;
}

/* HEAD is the last: what it is at belongs to a ref, where one leads to it. */
static int reach_turns(struct reach *r, const struct ref *v, size_t n,
		       struct err *err)
{
	enum turn *turns = arena_alloc(r->arena, n * sizeof(*turns));

	for (size_t i = 0; i < n; i++) {
		turns[i] = turn_of(r, &v[i]);
		if (turns[i] == OURS && !strcmp(v[i].name, "HEAD"))
			turns[i] = LEDGERS;
	}
	for (enum turn turn = OURS; turn < TURNS; turn++) {
		if (turn == LEDGERS && r->ledgers && r->ledgers(r->ctx, err))
			return -1;
		if (reach_turn(r, turn, v, turns, n, err))
			return -1;
	}
	return 0;
}

int reach_all(struct reach *r, struct err *err)
{
	struct surveying s = { .reach = r };
	struct ref_survey all = { .bad = on_bad_ref, .ctx = &s };
	struct err why = ERR_INIT;
	struct ref *v, head = { "HEAD", { { 0 } } };
	int ret;

	if (ref_survey(&all, r->store, "refs/", r->arena, err))
		return -1;
	ret = ref_read(&head.oid, r->store, "HEAD", &why);
	if (ret < 0)
		on_bad_ref(&s, "HEAD", &why);
	if (s.stop.code) {
		*err = s.stop;
		return -1;
	}
	v = arena_alloc(r->arena, (all.n + 1) * sizeof(*v));
	if (all.n)
		memcpy(v, all.v, all.n * sizeof(*v));
	v[all.n] = head;
	return reach_turns(r, v, all.n + (ret > 0), err);
}
