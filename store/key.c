/*
 * Finding a key, and signing with it.
 */
#include "config.h"

#include "ss/key.h"

#include <stdlib.h>

#include "store/agent.h"
#include "store/ed25519.h"
#include "store/key-file.h"
#include "store/keygen.h"
#include "store/wire.h"

static struct key *new_key(const struct key_places *places,
			   enum key_place place)
{
	const char *socket = places->at[KEY_AGENT];
	struct key *k = xmalloc(sizeof(*k));

	memset(k, 0, sizeof(*k));
	k->place = place;
	k->ask = places->ask;
	if (socket && *socket)
		k->socket = arena_strdup(&k->arena, socket);
	return k;
}

void key_close(struct key *k)
{
	if (!k)
		return;
	secret_free(k->secret);
	arena_release(&k->arena);
	free(k);
}

/* Does the agent have the other half? */
static int ask_agent(bool *has, struct key *k, struct err *err)
{
	struct agent_key *v;
	size_t n;

	*has = false;
	if (!k->socket || !k->pub.blob)
		return 0;
	if (agent_list(&v, &n, k->socket, &k->arena, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!pubkey_equal(&v[i].pub, &k->pub))
			continue;
		*has = true;
		if (!k->comment)
			k->comment = v[i].comment;
	}
	return 0;
}

/* "key::" and what stands in a .pub file */
static int take_line(struct key *k, const char *line, struct err *err)
{
	bool has;

	if (pubkey_parse(&k->pub, &k->comment, line, &k->arena, err) ||
	    ask_agent(&has, k, err))
		return err_wrap(err, "the key '%s'", line);
	k->way = KEY_BY_AGENT;
	if (has)
		return 1;
	err_set(err, ERR_REFUSED, "ssh-agent does not have the signing key "
		"'%s'", line);
	return err_hint(err, "ssh-add it, or name its file");
}

/* As git knows it without "key::" too; a file may be called ssh-key. */
static bool is_line(const char *text)
{
	return strchr(text, ' ') &&
	       (str_starts(text, "ssh-") || str_starts(text, "sk-") ||
		str_starts(text, "ecdsa-"));
}

static const char *expand(struct arena *a, const char *path, const char *home)
{
	if (str_starts(path, "~/") && home)
		return arena_printf(a, "%s%s", home, path + 1);
	return arena_strdup(a, path);
}

/* What a file says; the secret changes hands. */
static void take(struct key *k, struct key_file *f)
{
	k->comment = arena_strdup(&k->arena, f->comment);
	k->pub = f->pub;
	if (f->pub.blob)
		k->pub.blob = arena_memdup(&k->arena, f->pub.blob, f->pub.n);
	k->secret = f->secret;
	f->secret = NULL;
	k->is_open = !f->is_public && f->mode & 077;
	key_file_release(f);
}

/* The file with the other ending: 1, 0, -1 */
static int read_other_half(struct key *k, bool is_public, struct err *err)
{
	const char *path = k->path;
	struct key_file f;
	struct key had = *k;
	int ret;

	if (!is_public)
		path = arena_printf(&k->arena, "%s.pub", path);
	else if (str_ends(path, ".pub"))
		path = arena_strndup(&k->arena, path, strlen(path) - 4);
	else
		return 0;
	ret = key_file_read(&f, path, err);
	if (ret <= 0)
		return ret;
	if (f.is_public == is_public ||
	    (f.pub.blob && had.pub.blob &&
	     !pubkey_equal(&f.pub, &had.pub))) {
		key_file_release(&f);
		return err_set(err, ERR_REFUSED, "'%s' and '%s' are not of "
			       "one key", k->path, path);
	}
	take(k, &f);
	if (!k->pub.blob)
		k->pub = had.pub;
	if (!k->comment)
		k->comment = had.comment;
	if (is_public)
		k->path = path;
	else
		k->is_open = had.is_open;
	return 1;
}

static int nobody(struct key *k, struct err *err)
{
	err_set(err, ERR_REFUSED, "nobody has the secret of the signing key "
		"'%s'", k->path);
	return err_hint(err, "ssh-add it");
}

/* A private key's file, or a public one's. */
static int take_file(struct key *k, struct err *err)
{
	struct key_file f;
	int ret = key_file_read(&f, k->path, err);
	bool is_public = f.is_public, has = false;

	if (ret <= 0)
		return ret;
	take(k, &f);
	if (!k->secret && ask_agent(&has, k, err))
		return -1;
	if (!k->secret && !has) {
		/* Old files do not say which key they hold. */
		ret = is_public || !k->pub.blob ?
		      read_other_half(k, is_public, err) : 1;
		if (ret < 0 || (!ret && is_public))
			return ret < 0 ? -1 : nobody(k, err);
		if (!k->secret && ask_agent(&has, k, err))
			return -1;
	}
	k->way = k->secret ? KEY_BY_US : has ? KEY_BY_AGENT : KEY_BY_KEYGEN;
	return 1;
}

static int take_named(struct key *k, const struct key_places *places,
		      struct err *err)
{
	const char *text = places->at[k->place];
	int ret;

	if (str_starts(text, "key::"))
		return take_line(k, text + strlen("key::"), err);
	if (is_line(text))
		return take_line(k, text, err);
	k->path = expand(&k->arena, text, places->home);
	ret = take_file(k, err);
	if (ret || k->place == KEY_OWN)
		return ret;
	return err_set(err, ERR_REFUSED, "there is no signing key '%s'",
		       k->path);
}

static int take_from_agent(struct key *k, size_t i, struct err *err)
{
	struct agent_key *v;
	size_t n;

	if (agent_list(&v, &n, k->socket, &k->arena, err))
		return -1;
	if (i >= n)
		return 0;
	k->pub = v[i].pub;
	k->comment = v[i].comment;
	k->way = KEY_BY_AGENT;
	return 1;
}

int key_find_in(struct key **out, const struct key_places *places,
		enum key_place place, size_t i, struct err *err)
{
	const char *text = places->at[place];
	struct key *k;
	int ret;

	*out = NULL;
	if (!text || !*text)
		return 0;
	k = new_key(places, place);
	ret = place == KEY_AGENT ? take_from_agent(k, i, err) :
	      take_named(k, places, err);
	if (ret > 0)
		*out = k;
	else
		key_close(k);
	return ret;
}

bool key_is_quiet(const struct key *k)
{
	return k->place != KEY_AGENT || k->pub.type == PUBKEY_ED25519;
}

int key_find(struct key **out, const struct key_places *places,
	     struct err *err)
{
	for (enum key_place place = 0; place < KEY_PLACES; place++) {
		int ret = 1;

		for (size_t i = 0; ret > 0; i++) {
			ret = key_find_in(out, places, place, i, err);
			if (ret < 0 || (ret && key_is_quiet(*out)))
				return ret;
			key_close(*out);
			*out = NULL;
			/* Only an agent has several. */
			if (place != KEY_AGENT)
				break;
		}
	}
	return 0;
}

static int sign_here(struct sshsig *out, struct key *k, const struct bytes *p,
		     struct arena *a)
{
	struct buf message = BUF_INIT, sig = BUF_INIT;
	unsigned char bytes[ED25519_SIG];

	sshsig_add_message(&message, p->ptr, p->len);
	ed25519_sign(bytes, message.ptr, message.len, k->secret);
	wire_add_text(&sig, pubkey_word(&k->pub));
	wire_add_string(&sig, bytes, sizeof(bytes));
	out->key = k->pub;
	out->sig = arena_memdup(a, sig.ptr, sig.len);
	out->n = sig.len;
	buf_release(&message);
	buf_release(&sig);
	return 0;
}

static int sign_by(struct sshsig *out, struct key *k, const struct bytes *p,
		   struct arena *a, struct err *err)
{
	switch (k->way) {
	case KEY_BY_US:
		return sign_here(out, k, p, a);
	case KEY_BY_AGENT:
		return agent_sign(out, k->socket, &k->pub, p, a, err);
	default:
		return keygen_sign(out, k->path, p, k->ask, a, err);
	}
}

int key_sign(struct sshsig *out, struct key *k, const struct bytes *p,
	     struct arena *a, struct err *err)
{
	if (sign_by(out, k, p, a, err))
		return -1;
	if (k->pub.blob && !pubkey_equal(&out->key, &k->pub))
		return err_set(err, ERR_REFUSED, "'%s' has signed with "
			       "another key than its own", k->path);
	if (!k->pub.blob) {
		k->pub = out->key;
		k->pub.blob = arena_memdup(&k->arena, k->pub.blob, k->pub.n);
	}
	/* The key may be closed before the signature is done with. */
	out->key.blob = arena_memdup(a, out->key.blob, out->key.n);
	return 0;
}

int key_sign_bytes(unsigned char sig[KEY_SIG], struct key *k,
		   const struct bytes *p, struct err *err)
{
	if (k->pub.blob && k->pub.type == PUBKEY_ED25519) {
		if (k->way == KEY_BY_AGENT)
			return agent_sign_bytes(sig, k->socket, &k->pub, p,
						err);
		if (k->way == KEY_BY_US) {
			ed25519_sign(sig, p->ptr, p->len, k->secret);
			return 0;
		}
		err_set(err, ERR_REFUSED, "the key '%s' has a passphrase, and "
			"ssh-agent does not have it", k->path);
		return err_hint(err, "ssh-add it");
	}
	return err_set(err, ERR_REFUSED, "only a key of the kind ssh-ed25519 "
		       "signs that");
}

int key_make(struct key **out, const char *path, const char *comment,
	     struct err *err)
{
	const struct key_places nowhere = { .home = NULL };
	struct key_file f;
	struct key *k;

	*out = NULL;
	if (key_file_make(&f, comment, err))
		return -1;
	if (key_file_write(&f, path, err)) {
		key_file_release(&f);
		return -1;
	}
	k = new_key(&nowhere, KEY_OWN);
	take(k, &f);
	k->path = arena_strdup(&k->arena, path);
	*out = k;
	return 0;
}
