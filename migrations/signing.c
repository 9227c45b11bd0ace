/*
 * The key that a project's versions and its ledgers' entries are signed with,
 * and where a user keeps what is signed for himself.
 */
#include "config.h"

#include "ss/project.h"

#include <stdlib.h>

#include "ss/file.h"

/* The file that git reads last counts first; whatever is wrong with one is
 * git's business.  A repository's own configuration is not looked at: whoever
 * wrote it is somebody else. */
static const char *git_file(struct project *p, size_t i)
{
	const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");

	if (!i)
		return home ? arena_printf(p->arena, "%s/.gitconfig", home) :
		       NULL;
	if (xdg && *xdg)
		return arena_printf(p->arena, "%s/git/config", xdg);
	return home ? arena_printf(p->arena, "%s/.config/git/config", home) :
	       NULL;
}

const char *project_git(struct project *p, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(p->git); i++) {
		const char *file = git_file(p, i), *value;
		struct err none = ERR_INIT;

		if (!p->git[i].arena &&
		    (!file || conf_read(&p->git[i], file, p->arena, &none)))
			p->git[i] = (struct conf){ .arena = p->arena };
		value = conf_get(&p->git[i], key);
		if (value)
			return value;
	}
	return NULL;
}

const char *project_own_key(struct project *p)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (xdg && *xdg)
		return arena_printf(p->arena, "%s/schemastore/key", xdg);
	return !home || !*home ? NULL :
	       arena_printf(p->arena, "%s/.config/schemastore/key", home);
}

const char *project_state_dir(struct project *p, const unsigned char *id)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char hex[SHA256_HEX];

	hex_encode(hex, id, SHA256_LEN);
	if (xdg && *xdg)
		return arena_printf(p->arena, "%s/schemastore/%s", xdg, hex);
	return !home || !*home ? NULL :
	       arena_printf(p->arena, "%s/.local/state/schemastore/%s", home,
			    hex);
}

struct key_places project_key_places(struct project *p)
{
	const char *format = project_git(p, "gpg.format");
	struct key_places k = { .home = getenv("HOME"), .ask = p->ask };

	k.at[KEY_NAMED] = getenv("SCHEMASTORE_KEY");
	if (format && !strcmp(format, "ssh"))
		k.at[KEY_GIT] = project_git(p, "user.signingkey");
	k.at[KEY_OWN] = project_own_key(p);
	k.at[KEY_AGENT] = getenv("SSH_AUTH_SOCK");
	return k;
}

static int no_key(struct project *p, struct err *err)
{
	err_set(err, ERR_REFUSED, "%s: schemastore.sign is yes, and there is "
		"no key to sign with", p->conf.path);
	return err_hint(err, "'schemastore key new' makes one");
}

/* The project's, or else the user's own in git's. */
static const char *sign_setting(const char **where, struct project *p)
{
	const char *value = conf_get(&p->conf, "schemastore.sign");

	*where = p->conf.path;
	if (value || p->hosted)
		return value;
	*where = "git's configuration";
	return project_git(p, "schemastore.sign");
}

/* sign = yes | no; without it whoever has a key signs, but for the users of a
 * host that has named itself: who they are is not ours to tell. */
static int read_sign(bool *never, bool *must, struct project *p,
		     struct err *err)
{
	const char *where, *value = sign_setting(&where, p);

	*never = value ? !strcmp(value, "no") || !strcmp(value, "false") :
		 p->hosted;
	*must = value && (!strcmp(value, "yes") || !strcmp(value, "true"));
	if (!value || *never || *must)
		return 0;
	err_set(err, ERR_USAGE, "%s: schemastore.sign is '%s'", where, value);
	return err_hint(err, "it is yes or no");
}

bool project_never_signs(struct project *p)
{
	struct err none = ERR_INIT;
	bool never, must;

	return !read_sign(&never, &must, p, &none) && never;
}

static int find(struct project *p, struct err *err)
{
	struct key_places places = project_key_places(p);
	int ret = key_find(&p->key, &places, err);

	if (ret < 0)
		return *err->hint ? -1 :
		       err_hint(err, "'schemastore key list' shows where keys "
				"are looked for; without one: 'schemastore "
				"config schemastore.sign no'");
	if (ret && p->key->is_open && p->warn)
		p->warn(arena_printf(p->arena, "others can read the signing "
				     "key '%s'", p->key->path));
	return 0;
}

int project_key(struct key **out, struct project *p, struct err *err)
{
	bool never, must;

	if (read_sign(&never, &must, p, err))
		return -1;
	if (!never && !p->key_known && find(p, err))
		return -1;
	p->key_known = true;
	*out = p->key;
	return must && !p->key ? no_key(p, err) : 0;
}

int project_make_key(const char **path, struct project *p, struct err *err)
{
	const char *slash;

	*path = project_own_key(p);
	if (!*path)
		return err_set(err, ERR_USAGE, "HOME is not set");
	slash = strrchr(*path, '/');
	if (dir_make(arena_strndup(p->arena, *path, (size_t)(slash - *path)),
		     err) ||
	    key_make(&p->key, *path, p->who.email, err))
		return -1;
	p->key_known = true;
	return 0;
}
