/*
 * A server's URL as it may be shown: without its password.
 *
 *	postgres://user:secret@host/db?sslpassword=secret
 *	postgres://user:***@host/db?sslpassword=***
 *
 * libpq ends the part with the user at the first '/': where a password has one
 * (it should be written %2F), what follows would be taken for a host, a port
 * and a database, and be named in errors.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

#define HIDDEN "***"

static const char *rest_of(const char *url)
{
	const char *p = strstr(url, "://");

	return p ? p + strlen("://") : url;
}

/* Does the user's part go on behind the first slash? */
static const char *late_at(const char *url)
{
	const char *p = rest_of(url), *end = p + strcspn(p, "?"), *at = NULL;
	size_t n = strcspn(p, "/?");

	if (memchr(p, '@', n))
		return NULL;
	for (p += n; p < end; p++)
		if (*p == '@')
			at = p;
	return at;
}

int pg_url_check(const char *url, struct err *err)
{
	if (!late_at(url))
		return 0;
	err_set(err, ERR_USAGE, "the database's URL has a '/' before its '@'");
	return err_hint(err, "in a user's name and a password write / as %%2F, "
			"@ as %%40 and %% as %%25; or leave the password to "
			"~/.pgpass");
}

static void add_user(struct buf *b, const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n);

	if (!colon) {
		buf_add(b, p, n);
		return;
	}
	buf_add(b, p, (size_t)(colon - p));
	buf_addstr(b, ":" HIDDEN);
}

/* A name that is written with %XX may be any. */
static bool is_secret(const char *p, size_t n)
{
	static const char *const names[] = { "password", "sslpassword" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strlen(names[i]) == n && !memcmp(p, names[i], n))
			return true;
	return memchr(p, '%', n);
}

/* "?" name "=" value { "&" name "=" value } */
static void add_options(struct buf *b, const char *p)
{
	while (*p) {
		size_t n = strcspn(p + 1, "&") + 1, name = strcspn(p, "=");

		if (name < n && is_secret(p + 1, name - 1)) {
			buf_add(b, p, name + 1);
			buf_addstr(b, HIDDEN);
		} else {
			buf_add(b, p, n);
		}
		p += n;
	}
}

char *pg_url_shown(struct arena *a, const char *url)
{
	const char *p = rest_of(url), *at = late_at(url);
	size_t n = strcspn(p, "/?");
	struct buf b = BUF_INIT;
	char *shown;

	if (!at)
		at = memchr(p, '@', n);
	buf_add(&b, url, (size_t)(p - url));
	if (at) {
		add_user(&b, p, (size_t)(at - p));
		p = at;
	}
	n = strcspn(p, "?");
	buf_add(&b, p, n);
	add_options(&b, p + n);
	shown = arena_strdup(a, b.ptr);
	buf_release(&b);
	return shown;
}
