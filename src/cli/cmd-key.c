/*
 * The keys that sign: key new, key list, key show.
 */
#include "config.h"

#include "cli/cmd.h"

#include "ss/file.h"

struct key_args {
	const char *comment;
	bool signers;
};

static const struct opt key_opts[] = {
	{ "comment", 0, OPT_TEXT, offsetof(struct key_args, comment), "TEXT",
	  "new: what stands behind the key; else your e-mail address" },
	{ "signers", 0, OPT_FLAG, offsetof(struct key_args, signers), NULL,
	  "show: as a line of git's and ssh-keygen's allowed signers" },
};

static const char *const places[] = {
	[KEY_NAMED] = "environment",
	[KEY_GIT] = "git",
	[KEY_OWN] = "own",
	[KEY_AGENT] = "agent",
};
_Static_assert(ARRAY_LEN(places) == KEY_PLACES, "a word per place");

static const char *const ways[] = {
	[KEY_BY_US] = "schemastore",
	[KEY_BY_AGENT] = "ssh-agent",
	[KEY_BY_KEYGEN] = "ssh-keygen",
};
_Static_assert(ARRAY_LEN(ways) == KEY_WAYS, "a word per way");

static const char *public_line(struct ctx *c, const struct pubkey *k)
{
	struct buf b = BUF_INIT;
	char *line;

	pubkey_add_line(&b, k);
	line = arena_strdup(&c->arena, b.ptr);
	buf_release(&b);
	return line;
}

static json_t *json_key(struct ctx *c, const struct key *k)
{
	char fingerprint[PUBKEY_FINGERPRINT];
	json_t *o = json_object();

	json_object_set_new(o, "place", json_string(places[k->place]));
	json_object_set_new(o, "signs", json_string(ways[k->way]));
	json_object_set_new(o, "path", json_text(k->path));
	json_object_set_new(o, "comment", json_text(k->comment));
	if (!k->pub.blob)
		return o;
	pubkey_fingerprint(fingerprint, &k->pub);
	json_object_set_new(o, "kind", json_string(pubkey_word(&k->pub)));
	json_object_set_new(o, "fingerprint", json_string(fingerprint));
	json_object_set_new(o, "public",
			    json_string(public_line(c, &k->pub)));
	return o;
}

/* What stands behind a key is whatever its maker wrote there. */
static void print_text(struct ctx *c, const char *text)
{
	if (!text || !*text)
		return;
	buf_addch(&c->out, ' ');
	buf_add_printable(&c->out, text, strlen(text));
}

/* ---- new ---------------------------------------------------------------- */

static const char *folder_of(struct ctx *c, const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash || slash == path ? NULL :
	       arena_strndup(&c->arena, path, (size_t)(slash - path));
}

static void show_made(struct ctx *c, const struct key *k, bool own)
{
	char fingerprint[PUBKEY_FINGERPRINT];

	if (c->global.json) {
		out_json(c, json_key(c, k));
		return;
	}
	pubkey_fingerprint(fingerprint, &k->pub);
	out_addf(c, COLOR_NONE, "%s", public_line(c, &k->pub));
	print_text(c, k->comment);
	buf_addch(&c->out, '\n');
	if (c->global.quiet)
		return;
	out_addf(c, COLOR_NONE, "Made the key %s in %s\n", fingerprint,
		 k->path);
	if (!own)
		out_addf(c, COLOR_NONE, "Next: git config --global gpg.format "
			 "ssh\n      git config --global user.signingkey "
			 "'%s'\n", k->path);
}

static int run_new(struct ctx *c, const struct key_args *a, struct err *err)
{
	struct project *p = &c->project;
	const char *path = c->args.n > 1 ? c->args.v[1] : project_own_key(p);
	const char *folder = path ? folder_of(c, path) : NULL;
	struct key *k;

	if (!path)
		return err_set(err, ERR_USAGE, "HOME is not set: name a file "
			       "for the key");
	if ((folder && dir_make(folder, err)) ||
	    key_make(&k, path, a->comment ? a->comment : p->who.email, err))
		return -1;
	show_made(c, k, c->args.n < 2);
	key_close(k);
	return 0;
}

/* ---- list --------------------------------------------------------------- */

struct listing {
	struct ctx *c;
	json_t *json;
	bool settled;		/* the one that signs is known, or that there
				 * is none */
	bool never;		/* schemastore.sign is no */
};

static void list_key(struct listing *l, const struct key *k)
{
	bool chosen = !l->settled && !l->never && key_is_quiet(k);
	char fingerprint[PUBKEY_FINGERPRINT] = "-";
	struct ctx *c = l->c;
	json_t *o;

	l->settled |= chosen;
	if (c->global.json) {
		o = json_key(c, k);
		json_object_set_new(o, "chosen", json_boolean(chosen));
		json_array_append_new(l->json, o);
		return;
	}
	if (k->pub.blob)
		pubkey_fingerprint(fingerprint, &k->pub);
	out_addf(c, chosen ? COLOR_GREEN : COLOR_NONE, "%c %-11s %s",
		 chosen ? '*' : ' ', places[k->place], fingerprint);
	out_addf(c, COLOR_NONE, " %s", k->pub.blob ? pubkey_word(&k->pub) :
		 "-");
	print_text(c, k->path ? k->path : k->comment);
	if (k->way != KEY_BY_US)
		out_addf(c, COLOR_NONE, " (%s signs)", ways[k->way]);
	buf_addch(&c->out, '\n');
}

static void list_problem(struct listing *l, enum key_place place,
			 const struct err *err)
{
	struct ctx *c = l->c;
	json_t *o;

	l->settled = true;
	if (c->global.json) {
		o = json_object();
		json_object_set_new(o, "place", json_string(places[place]));
		json_object_set_new(o, "problem", json_text(err->text));
		json_object_set_new(o, "chosen", json_false());
		json_array_append_new(l->json, o);
		return;
	}
	out_addf(c, COLOR_RED, "! %-11s", places[place]);
	print_text(c, err->text);
	buf_addch(&c->out, '\n');
}

static int run_list(struct ctx *c, struct err *err)
{
	struct key_places where = project_key_places(&c->project);
	struct listing l = { .c = c, .json = json_array() };

	(void)err;
	l.never = project_never_signs(&c->project);
	for (enum key_place place = 0; place < KEY_PLACES; place++) {
		struct err problem = ERR_INIT;
		int ret = 1;

		for (size_t i = 0; ret > 0 && (!i || place == KEY_AGENT);
		     i++) {
			struct key *k;

			ret = key_find_in(&k, &where, place, i, &problem);
			if (ret > 0)
				list_key(&l, k);
			if (ret < 0)
				list_problem(&l, place, &problem);
			key_close(k);
		}
	}
	if (c->global.json)
		out_json(c, l.json);
	else
		json_decref(l.json);
	return 0;
}

/* ---- show --------------------------------------------------------------- */

/* A principal is a pattern; this one is to be nobody else's. */
static int check_principal(const char *email, struct err *err)
{
	if (*email && *email != '#' && !strpbrk(email, ",*?!\"\\ \t"))
		return 0;
	return err_set(err, ERR_USAGE, "'%s' cannot be a signer's name", email);
}

static int run_show(struct ctx *c, const struct key_args *a, struct err *err)
{
	struct project *p = &c->project;
	struct key *k;

	if (project_key(&k, p, err))
		return -1;
	if (!k) {
		err_set(err, ERR_FINDING, "there is no key to sign with");
		return err_hint(err, "'schemastore key new' makes one");
	}
	if (!k->pub.blob) {
		err_set(err, ERR_FINDING, "which key '%s' holds is not known "
			"before it signs", k->path);
		return err_hint(err, "keep its public half beside it, in a "
				"file of that name and .pub");
	}
	if (c->global.json) {
		out_json(c, json_key(c, k));
		return 0;
	}
	if (a->signers) {
		if (check_principal(p->who.email, err))
			return -1;
		out_addf(c, COLOR_NONE, "%s namespaces=\"git\" ",
			 p->who.email);
	}
	out_addf(c, COLOR_NONE, "%s", public_line(c, &k->pub));
	if (!a->signers)
		print_text(c, k->comment);
	buf_addch(&c->out, '\n');
	return 0;
}

static int run_key(struct ctx *c, void *args, struct err *err)
{
	const char *word = c->args.n ? c->args.v[0] : "list";

	if (!strcmp(word, "new"))
		return run_new(c, args, err);
	if (!strcmp(word, "list") && c->args.n < 2)
		return run_list(c, err);
	if (!strcmp(word, "show") && c->args.n < 2)
		return run_show(c, args, err);
	err_set(err, ERR_USAGE, "'key %s' is nothing that can be done",
		c->args.n > 1 ? arena_printf(&c->arena, "%s %s", word,
					     c->args.v[1]) : word);
	return err_hint(err, "there are 'key new', 'key list' and 'key show'");
}

const struct cmd cmd_key = {
	.name = "key",
	.summary = "Make and show the keys that sign versions",
	.usage = "[list | show [--signers] | new [--comment TEXT] [FILE]]",
	.needs = NEED_PROJECT,
	.max_args = 2,
	.opts = key_opts,
	.nopts = ARRAY_LEN(key_opts),
	.args_size = sizeof(struct key_args),
	.run = run_key,
};
