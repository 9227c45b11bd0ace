/*
 * Branches and tags: names for versions, listed, made and deleted alike.
 */
#include "config.h"

#include "cli/names.h"

#include <fnmatch.h>

/* What git calls one. */
static const char *word_of(const char *prefix)
{
	return str_starts(prefix, "refs/tags/") ? "tag" : "branch";
}

static bool matches(const struct ctx *c, const char *name)
{
	for (size_t i = 0; i < c->args.n; i++)
		if (!fnmatch(c->args.v[i], name, 0))
			return true;
	return !c->args.n;
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

static size_t widest(struct ctx *c, const char *prefix, const struct ref *v,
		     size_t n)
{
	size_t most = 0;

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(v[i].name + strlen(prefix));

		if (matches(c, v[i].name + strlen(prefix)) && len > most)
			most = len;
	}
	return most;
}

int names_list(struct ctx *c, const char *prefix, const char *current,
	       bool versions, struct err *err)
{
	json_t *all = json_array();
	struct ref *v;
	size_t n, width;

	if (ref_list(&v, &n, c->project.store, prefix, &c->arena, err)) {
		json_decref(all);
		return -1;
	}
	width = versions ? widest(c, prefix, v, n) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *name = v[i].name + strlen(prefix);
		bool here = current && !strcmp(current, v[i].name);
		struct oid id = v[i].oid;
		struct err none = ERR_INIT;
		char hex[OID_HEX];

		if (!matches(c, name))
			continue;
		if (c->global.json || versions)
			(void)!store_peel(&id, c->project.store, &none);
		oid_hex(hex, &id);
		json_array_append_new(all, json_pack("{s:o, s:s, s:b}", "name",
				      json_text(name), "id", hex, "current",
				      here));
		if (c->global.json)
			continue;
		out_addf(c, here ? COLOR_GREEN : COLOR_NONE, "%s%-*s",
			 !current ? "" : here ? "* " : "  ", (int)width, name);
		if (versions)
			add_version(c, &id);
		buf_addch(&c->out, '\n');
	}
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
	else if (has >= 0)
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
	if (ret < 0 || ref_update(s, full, &id, NULL, "deleted", err) ||
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
