/*
 * Branches and tags: names for versions, listed, made and deleted alike.
 */
#include "config.h"

#include "cli/names.h"

#include <fnmatch.h>

#include "ss/policies.h"

/* What git calls one. */
static const char *word_of(const char *prefix)
{
	return str_starts(prefix, "refs/tags/") ? "tag" : "branch";
}

/* The same, looked up. */
struct listing {
	struct ctx *c;
	const struct names_query *q;
	struct oid contains, merged, no_merged;
};

static bool matches(const struct ctx *c, const char *name)
{
	for (size_t i = 0; i < c->args.n; i++)
		if (!fnmatch(c->args.v[i], name, 0))
			return true;
	return !c->args.n;
}

static int look_up(struct oid *out, struct ctx *c, const char *version,
		   struct err *err)
{
	struct commit v;

	if (!version)
		return 0;
	if (named_version(&v, c, version, err))
		return -1;
	*out = v.oid;
	return 0;
}

/* Is it an ancestor, or the same?  1, 0, -1 */
static int is_behind(struct ctx *c, const struct oid *ancestor,
		     const struct oid *id, struct err *err)
{
	struct oid base;
	int n = merge_bases(&base, 1, c->project.store, ancestor, id, err);

	return n <= 0 ? n : oid_equal(&base, ancestor);
}

/* 1, 0, -1 */
static int is_listed(const struct listing *l, const struct ref *r,
		     struct err *err)
{
	const struct names_query *q = l->q;
	struct ctx *c = l->c;
	struct oid id = r->oid;
	int ret;

	if (!matches(c, r->name + strlen(q->prefix)))
		return 0;
	if (!q->contains && !q->merged && !q->no_merged)
		return 1;
	/* What is no version has none behind it. */
	ret = store_peel(&id, c->project.store, err);
	if (ret > 0 && q->contains)
		ret = is_behind(c, &l->contains, &id, err);
	if (ret > 0 && q->merged)
		ret = is_behind(c, &id, &l->merged, err);
	if (ret > 0 && q->no_merged) {
		ret = is_behind(c, &id, &l->no_merged, err);
		ret = ret < 0 ? -1 : !ret;
	}
	return ret;
}

/* Its version, where the ref is at one. */
static void add_version(struct ctx *c, const struct oid *id)
{
	struct err none = ERR_INIT;
	struct commit v;

	if (!store_commit(&v, c->project.store, id, &c->arena, &none))
		out_addf(c, COLOR_NONE, " %s %s", short_id(c, &v.oid),
			 v.subject);
}

static size_t widest(const struct ref *v, size_t n, const char *prefix)
{
	size_t most = 0;

	for (size_t i = 0; i < n; i++)
		if (strlen(v[i].name) - strlen(prefix) > most)
			most = strlen(v[i].name) - strlen(prefix);
	return most;
}

/* width 0: the name alone. */
static void list_one(const struct listing *l, const struct ref *r,
		     size_t width, json_t *all)
{
	const char *name = r->name + strlen(l->q->prefix);
	const char *current = l->q->current;
	bool here = current && !strcmp(current, r->name);
	struct ctx *c = l->c;
	struct oid id = r->oid;
	struct err none = ERR_INIT;
	char hex[OID_HEX];

	if (c->global.json || width)
		(void)!store_peel(&id, c->project.store, &none);
	oid_hex(hex, &id);
	json_array_append_new(all, json_pack("{s:o, s:s, s:b}", "name",
			      json_text(name), "id", hex, "current", here));
	if (c->global.json)
		return;
	out_addf(c, here ? COLOR_GREEN : COLOR_NONE, "%s%-*s",
		 !current ? "" : here ? "* " : "  ", (int)width, name);
	if (width)
		add_version(c, &id);
	buf_addch(&c->out, '\n');
}

/* Those that are listed, of all. */
static int choose(const struct listing *l, struct ref *v, size_t *n,
		  struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		int ret = is_listed(l, &v[i], err);

		if (ret < 0)
			return err_wrap(err, "%s", v[i].name);
		if (ret)
			v[kept++] = v[i];
	}
	*n = kept;
	return 0;
}

int names_list(struct ctx *c, const struct names_query *q, struct err *err)
{
	struct listing l = { .c = c, .q = q };
	json_t *all;
	struct ref *v;
	size_t n, width;

	if (look_up(&l.contains, c, q->contains, err) ||
	    look_up(&l.merged, c, q->merged, err) ||
	    look_up(&l.no_merged, c, q->no_merged, err) ||
	    ref_list(&v, &n, c->project.store, q->prefix, &c->arena, err) ||
	    choose(&l, v, &n, err))
		return -1;
	all = json_array();
	width = q->versions ? widest(v, n, q->prefix) : 0;
	for (size_t i = 0; i < n; i++)
		list_one(&l, &v[i], width, all);
	if (c->global.json)
		out_json(c, json_incref(all));
	json_decref(all);
	return 0;
}

int name_missing(const char *prefix, const char *name, struct err *err)
{
	const char *word = word_of(prefix);

	err_set(err, ERR_USAGE, "%s '%s' not found", word, name);
	return err_hint(err, "'schemastore %s' lists what there is", word);
}

int name_taken(const char *prefix, const char *name, struct err *err)
{
	const char *word = word_of(prefix);

	err_set(err, ERR_REFUSED, "a %s named '%s' already exists", word,
		name);
	return err_hint(err, "take another name, or move it: 'schemastore %s "
			"-f %s VERSION'", word, name);
}

/* What a revision would take for something else; git refuses them, too. */
static bool is_odd(const char *name)
{
	struct oid id;

	return *name == '-' || *name == '@' || !strcmp(name, "HEAD") ||
	       !oid_parse(&id, name);
}

int name_check(const char *prefix, const char *name, struct err *err)
{
	struct buf full = BUF_INIT;
	bool valid;

	buf_addf(&full, "%s%s", prefix, name);
	valid = ref_name_valid(full.ptr) && !is_odd(name);
	buf_release(&full);
	return valid ? 0 : err_set(err, ERR_USAGE, "'%s' is not a valid %s "
				   "name", name, word_of(prefix));
}

int name_make(struct ctx *c, const char *prefix, const char *name,
	      const char *version, bool force, struct err *err)
{
	const char *full = arena_printf(&c->arena, "%s%s", prefix, name);
	struct store *s = c->project.store;
	struct commit v;
	struct oid now;
	int has, ret = -1;

	if (name_check(prefix, name, err) ||
	    named_version(&v, c, version, err) || store_lock(s, err))
		return -1;
	has = ref_read(&now, s, full, err);
	if (has > 0 && !force)
		name_taken(prefix, name, err);
	else if (has >= 0 && !policy_refuse_protected(s, full, &c->arena, err))
		ret = ref_update(s, full, has ? &now : NULL, &v.oid, "made",
				 err);
	store_unlock(s);
	return ret;
}

static int delete_locked(struct ctx *c, const char *prefix, const char *name,
			 struct err *err)
{
	const char *full = arena_printf(&c->arena, "%s%s", prefix, name);
	bool tag = str_starts(prefix, "refs/tags/");
	struct store *s = c->project.store;
	struct oid id;
	int ret = ref_read(&id, s, full, err);

	if (!ret)
		return name_missing(prefix, name, err);
	if (ret < 0 || policy_refuse_protected(s, full, &c->arena, err) ||
	    ref_update(s, full, &id, NULL, "deleted", err) ||
	    ref_log_move(s, full, NULL, err))
		return -1;
	if (!c->global.quiet)
		out_addf(c, COLOR_NONE, tag ? "Deleted tag '%s' (was %s)\n" :
			 "Deleted branch %s (was %s).\n", name,
			 short_id(c, &id));
	return 0;
}

int names_delete(struct ctx *c, const char *prefix, struct err *err)
{
	const struct list *names = &c->args;
	struct oid id;
	int ret = 0;

	if (!names->n)
		return err_set(err, ERR_USAGE, "%s name required",
			       word_of(prefix));
	for (size_t i = 0; i < names->n; i++) {
		ret = ref_read(&id, c->project.store, arena_printf(&c->arena,
			       "%s%s", prefix, names->v[i]), err);
		if (ret <= 0)
			return ret ? ret : name_missing(prefix, names->v[i],
							err);
	}
	if (store_lock(c->project.store, err))
		return -1;
	ret = 0;
	for (size_t i = 0; !ret && i < names->n; i++)
		ret = delete_locked(c, prefix, names->v[i], err);
	store_unlock(c->project.store);
	return ret;
}
