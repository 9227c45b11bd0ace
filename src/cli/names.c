/*
 * Branches and tags: names for versions, listed, made and deleted alike.
 */
#include "config.h"

#include "cli/names.h"

int names_list(struct ctx *c, const char *prefix, const char *current,
	       struct err *err)
{
	json_t *all = json_array();
	struct ref *v;
	size_t n;

	if (ref_list(&v, &n, c->project.store, prefix, &c->arena, err)) {
		json_decref(all);
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		const char *name = v[i].name + strlen(prefix);
		bool here = current && !strcmp(current, v[i].name);
		struct oid id = v[i].oid;
		struct err none = ERR_INIT;
		char hex[OID_HEX];

		if (c->global.json)
			(void)!store_peel(&id, c->project.store, &none);
		oid_hex(hex, &id);
		json_array_append_new(all, json_pack("{s:o, s:s, s:b}", "name",
				      json_text(name), "id", hex, "current",
				      here));
		if (c->global.json)
			continue;
		out_addf(c, here ? COLOR_GREEN : COLOR_NONE, "%s%s\n",
			 !current ? "" : here ? "* " : "  ", name);
	}
	if (c->global.json)
		out_json(c, json_incref(all));
	json_decref(all);
	return 0;
}

static int there_already(struct ctx *c, const char *name, struct err *err)
{
	struct oid id;
	int ret = ref_read(&id, c->project.store, name, err);

	if (ret > 0)
		err_set(err, ERR_REFUSED, "'%s' is there already", name);
	return ret ? -1 : 0;
}

/* What a revision would take for something else; git refuses them, too. */
static bool is_taken(const char *name)
{
	struct oid id;

	return *name == '-' || *name == '@' || !strcmp(name, "HEAD") ||
	       !oid_parse(&id, name);
}

int name_make(struct ctx *c, const char *prefix, const char *name,
	      const char *version, struct err *err)
{
	const char *full = arena_printf(&c->arena, "%s%s", prefix, name);
	struct store *s = c->project.store;
	struct commit v;
	int ret = -1;

	if (!ref_name_valid(full) || is_taken(name))
		return err_set(err, ERR_USAGE, "'%s' cannot be a name", name);
	if (named_version(&v, c, version, err) || store_lock(s, err))
		return -1;
	if (!there_already(c, full, err))
		ret = ref_update(s, full, NULL, &v.oid, "made", err);
	store_unlock(s);
	return ret;
}

int name_delete(struct ctx *c, const char *prefix, const char *name,
		struct err *err)
{
	const char *full = arena_printf(&c->arena, "%s%s", prefix, name);
	struct store *s = c->project.store;
	struct oid id;
	int ret = ref_read(&id, s, full, err);

	if (ret < 0)
		return -1;
	if (!ret)
		return err_set(err, ERR_USAGE, "there is no '%s'", name);
	if (store_lock(s, err))
		return -1;
	ret = ref_update(s, full, &id, NULL, "deleted", err);
	store_unlock(s);
	if (!ret && !c->global.quiet)
		out_addf(c, COLOR_NONE, "deleted %s (was %s)\n", name,
			 short_id(c, &id));
	return ret;
}
