/*
 * A policy in words, and what comes of approvals.
 */
#include "config.h"

#include "cli/trust.h"

static const char *joined(struct ctx *c, const struct list *l)
{
	const char *text = "";

	for (size_t i = 0; i < l->n; i++)
		text = arena_printf(&c->arena, "%s%s%s", text, i ? ", " : "",
				    l->v[i]);
	return text;
}

static const char *short_ref(const char *ref)
{
	return str_starts(ref, "refs/heads/") ? ref + strlen("refs/heads/") :
	       str_starts(ref, LEDGER_REFS) ? ref + strlen(LEDGER_REFS) : ref;
}

/* ---- JSON --------------------------------------------------------------- */

static json_t *json_list(const struct list *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(a, json_text(l->v[i]));
	return a;
}

static json_t *json_keys(const struct policy *p, const char *person)
{
	json_t *a = json_array();
	size_t n;
	const struct policy_line *v = policy_lines(p, POLICY_KEY, &n);

	for (size_t i = 0; i < n; i++) {
		const struct policy_line *drop = policy_drop(p, &v[i].key);

		if (strcmp(v[i].name, person))
			continue;
		json_array_append_new(a, json_pack("{s:s, s:s}", "fingerprint",
			v[i].fingerprint, "state", !drop ? "signs" :
			drop->compromised ? "compromised" : "retired"));
	}
	return a;
}

static json_t *json_persons(const struct policy *p)
{
	json_t *a = json_array();
	size_t n;
	const struct policy_line *v = policy_lines(p, POLICY_PERSON, &n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_pack("{s:s, s:o, s:o, s:o}",
			"person", v[i].name, "name", json_text(v[i].full_name),
			"email", json_text(v[i].email), "keys",
			json_keys(p, v[i].name)));
	return a;
}

static json_t *json_rules(const struct policy *p, enum policy_kind kind)
{
	json_t *a = json_array();
	size_t n;
	const struct policy_line *v = policy_lines(p, kind, &n);

	for (size_t i = 0; i < n; i++) {
		const char *ref = kind == POLICY_PROTECT ? v[i].ref :
				  NULL;
		struct list who = v[i].who.n ? v[i].who :
				  policy_who(p, COMMIT_APPROVAL, v[i].ref);
		json_t *o = json_pack("{s:o, s:I, s:o}", ref ? "branch" :
			"from", json_text(short_ref(v[i].ref)), "approvals",
			(json_int_t)v[i].number, "approvers", json_list(&who));

		if (!ref) {
			json_object_set_new(o, "database",
					    json_text(v[i].name));
			json_object_set_new(o, "id", json_string(v[i].id));
			json_object_set_new(o, "edges_only",
					    json_boolean(v[i].edges_only));
			json_object_set_new(o, "mirror",
					    json_boolean(v[i].mirror));
			json_object_set_new(o, "deployers",
					    json_list(&v[i].deployers));
		}
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *json_policy(const struct policies *all)
{
	const struct policy *p = policies_last(all);
	char hex[SHA256_HEX];
	json_t *o;

	hex_encode(hex, policies_tip(all)->strong.b, SHA256_LEN);
	o = json_pack("{s:I, s:s, s:b, s:o, s:o, s:o}", "seq",
		      (json_int_t)p->seq, "id", hex, "open",
		      policy_is_open(p), "persons", json_persons(p),
		      "protected", json_rules(p, POLICY_PROTECT), "databases",
		      json_rules(p, POLICY_DB));
	for (enum policy_kind k = POLICY_ROOT; k <= POLICY_WITNESS; k++) {
		const struct policy_line *l = policy_line(p, k);
		struct list none = { NULL, 0 };

		json_object_set_new(o, policy_word(k),
				    json_list(l ? &l->who : &none));
		if (k == POLICY_ROOT)
			json_object_set_new(o, "agree", json_integer(
				l ? (json_int_t)l->number : 0));
	}
	return o;
}

/* ---- text --------------------------------------------------------------- */

static void show_persons(struct ctx *c, const struct policy *p)
{
	size_t n, nkeys;
	const struct policy_line *v = policy_lines(p, POLICY_PERSON, &n);
	const struct policy_line *key = policy_lines(p, POLICY_KEY, &nkeys);

	for (size_t i = 0; i < n; i++) {
		out_addf(c, COLOR_BOLD, "%s", v[i].name);
		out_addf(c, COLOR_NONE, "  %s <%s>\n", v[i].full_name,
			 v[i].email);
		for (size_t k = 0; k < nkeys; k++) {
			const struct policy_line *drop =
				policy_drop(p, &key[k].key);

			if (strcmp(key[k].name, v[i].name))
				continue;
			out_addf(c, COLOR_NONE, "  key %s%s\n",
				 key[k].fingerprint, !drop ? "" :
				 drop->compromised ? " (compromised)" :
				 " (retired)");
		}
	}
}

static void show_roles(struct ctx *c, const struct policy *p)
{
	static const struct {
		enum policy_kind kind;
		const char *may;
	} roles[] = {
		{ POLICY_AUTHOR, "may write versions" },
		{ POLICY_APPROVER, "may approve" },
		{ POLICY_DEPLOYER, "may change databases" },
		{ POLICY_WITNESS, "may countersign" },
	};
	const struct policy_line *l = policy_line(p, POLICY_ROOT);

	if (l)
		out_addf(c, COLOR_NONE, "%llu of %s must agree to change this "
			 "policy\n", (unsigned long long)l->number,
			 joined(c, &l->who));
	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		l = policy_line(p, roles[i].kind);
		if (l)
			out_addf(c, COLOR_NONE, "%s %s\n", joined(c, &l->who),
				 roles[i].may);
	}
}

static void show_database(struct ctx *c, const struct policy *p,
			  const struct policy_line *l)
{
	const char *ref = arena_printf(&c->arena, LEDGER_REFS "%s", l->name);
	struct list who = policy_who(p, COMMIT_APPROVAL, ref);

	out_addf(c, COLOR_NONE, "database %s is changed by %s, to versions of "
		 "%s%s%s\n", l->name, joined(c, &l->deployers),
		 short_ref(l->ref), l->edges_only ? ", along edges alone" : "",
		 l->mirror ? ", with its mirror" : "");
	if (l->number)
		out_addf(c, COLOR_NONE, "  %llu of %s must approve\n",
			 (unsigned long long)l->number, joined(c, &who));
}

static void show_rules(struct ctx *c, const struct policy *p)
{
	size_t n;
	const struct policy_line *v = policy_lines(p, POLICY_PROTECT, &n);

	for (size_t i = 0; i < n; i++) {
		struct list who = policy_who(p, COMMIT_APPROVAL, v[i].ref);

		out_addf(c, COLOR_NONE, "branch %s is protected: %llu of %s "
			 "must approve what lands there\n",
			 short_ref(v[i].ref), (unsigned long long)v[i].number,
			 joined(c, &who));
	}
	v = policy_lines(p, POLICY_DB, &n);
	for (size_t i = 0; i < n; i++)
		show_database(c, p, &v[i]);
}

void trust_show(struct ctx *c, const struct policies *all)
{
	const struct policy *p = policies_last(all);
	char hex[SHA256_HEX];

	if (c->global.json) {
		out_json(c, json_policy(all));
		return;
	}
	hex_encode(hex, policies_tip(all)->strong.b, SHA256_LEN);
	out_addf(c, COLOR_YELLOW, "policy %llu", (unsigned long long)p->seq);
	out_addf(c, COLOR_NONE, " %s\n", hex);
	if (policy_is_open(p))
		out_addf(c, COLOR_NONE, "It names nobody: everybody may do "
			 "everything.  'schemastore trust init' begins.\n");
	show_persons(c, p);
	show_roles(c, p);
	show_rules(c, p);
}

/* ---- what was done ------------------------------------------------------ */

void trust_say_approved(struct ctx *c, struct landing *l,
			const struct commit *approval)
{
	if (c->global.json) {
		char hex[OID_HEX];

		oid_hex(hex, &approval->oid);
		out_json(c, json_pack("{s:s, s:o}", "id", hex, "onto",
				      json_text(short_ref(l->ref))));
	} else if (!c->global.quiet) {
		out_addf(c, COLOR_NONE, "Approved %s%s%s\n",
			 l->what.genesis ? "nothing" :
			 version_title(c, &l->what), l->next ? "" : " for ",
			 l->next ? "" : short_ref(l->ref));
	}
}

void trust_say_landed(struct ctx *c, const struct landing *l,
		      const struct commit *v)
{
	if (c->global.json)
		out_json(c, json_version(c, v));
	else if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "Landed %s on %s, approved by %s\n",
			 version_title(c, v), short_ref(l->ref),
			 landing_approvers(l, &c->arena));
}
