/*
 * The versions on a way, as text and as JSON.
 */
#include "config.h"

#include "cli/cmd.h"

#define SHOWN 10

static int print_side(struct ctx *c, const char *prefix, const char *verb,
		      const struct oid *v, size_t n, struct err *err)
{
	/* "and 1 more" would take the line that the one itself takes */
	size_t shown = n > SHOWN + 1 ? SHOWN : n;
	struct commit version;

	for (size_t i = 0; i < shown; i++) {
		if (store_commit(&version, c->project.store, &v[i], &c->arena,
				 err))
			return -1;
		out_addf(c, COLOR_NONE, "%s%s %s\n", prefix, verb,
			 version_title(c, &version));
	}
	if (shown < n)
		out_addf(c, COLOR_NONE, "%s%s %zu more\n", prefix, verb,
			 n - shown);
	return 0;
}

int print_route(struct ctx *c, const struct route *r, const char *prefix,
		struct err *err)
{
	return print_side(c, prefix, "leaves", r->left, r->nleft, err) ||
	       print_side(c, prefix, "enters", r->entered, r->nentered, err) ?
	       -1 : 0;
}

static int json_side(json_t *out, const char *key, struct ctx *c,
		     const struct oid *v, size_t n, struct err *err)
{
	json_t *all = json_array();
	struct commit version;
	char hex[OID_HEX];

	json_object_set_new(out, key, all);
	for (size_t i = 0; i < n; i++) {
		if (store_commit(&version, c->project.store, &v[i], &c->arena,
				 err))
			return -1;
		oid_hex(hex, &v[i]);
		json_array_append_new(all, json_pack("{s:s, s:o}", "id", hex,
				      "subject", json_text(version.subject)));
	}
	return 0;
}

int json_route(json_t **out, struct ctx *c, const struct route *r,
	       struct err *err)
{
	json_t *v = json_object();
	char hex[OID_HEX];

	oid_hex(hex, &r->base);
	json_object_set_new(v, "base", r->has_base ? json_string(hex) :
			    json_null());
	if (json_side(v, "leaves", c, r->left, r->nleft, err) ||
	    json_side(v, "enters", c, r->entered, r->nentered, err)) {
		json_decref(v);
		return -1;
	}
	*out = v;
	return 0;
}
