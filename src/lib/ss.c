/*
 * libschemastore: handles, calls, errors.
 */
#include "config.h"

#include "lib/lib.h"

#include <stdio.h>
#include <stdlib.h>

const char *ss_version(void)
{
	return PACKAGE_VERSION;
}

void ss_on_out_of_memory(void (*handler)(void))
{
	xmalloc_on_failure(handler);
}

static const enum ss_code codes[] = {
	[ERR_NONE] = SS_OK,
	[ERR_FINDING] = SS_FINDING,
	[ERR_USAGE] = SS_USAGE,
	[ERR_REFUSED] = SS_REFUSED,
	[ERR_BUSY] = SS_BUSY,
	[ERR_CONFLICT] = SS_CONFLICT,
	[ERR_ENGINE] = SS_ENGINE,
	[ERR_IO] = SS_IO,
	[ERR_LOST] = SS_ENGINE,
	[ERR_DAMAGED] = SS_DAMAGED,
	[ERR_CANCELLED] = SS_CANCELLED,
};
_Static_assert(ARRAY_LEN(codes) == ERR_N, "a code per code");

static int tell(struct ss_error *out, const struct err *err)
{
	if (out) {
		out->code = codes[err->code];
		snprintf(out->text, sizeof(out->text), "%s", err->text);
		snprintf(out->hint, sizeof(out->hint), "%s", err->hint);
	}
	return codes[err->code];
}

/* ---- calls -------------------------------------------------------------- */

int call_open(struct call *c, struct ss_project *p)
{
	memset(c, 0, sizeof(*c));
	c->project = p->project;
	c->project.arena = &c->arena;
	c->project.conf.arena = &c->arena;
	return project_now(&c->project, &c->err) ||
	       project_store(&c->project, &c->err) ? -1 : 0;
}

int call_close(struct call *c, int ret, struct ss_error *error)
{
	project_close(&c->project);
	arena_release(&c->arena);
	return ret ? tell(error, &c->err) : SS_OK;
}

int options_take(void *own, size_t size, const void *theirs, struct err *err)
{
	size_t their_size;

	if (!theirs)
		return 0;
	memcpy(&their_size, theirs, sizeof(their_size));
	if (their_size <= sizeof(their_size) || their_size > size)
		return err_set(err, ERR_USAGE, "options that are not begun "
			       "with an SS_..._INIT of this library");
	memcpy(own, theirs, their_size);
	return 0;
}

int version_or_head(struct commit *out, struct call *c, const char *name)
{
	return version_named(out, &c->project, name ? name : "HEAD", &c->err);
}

/* At most n - 1 bytes, and no half of a character. */
static void copy_text(char *out, size_t n, const char *text)
{
	size_t len = strlen(text);

	if (len >= n)
		len = n - 1;
	while (len && text[len] && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	memcpy(out, text, len);
	out[len] = '\0';
}

void fill_revision(struct ss_revision *out, const struct commit *c)
{
	oid_hex(out->id, &c->oid);
	hex_encode(out->strong_id, c->strong.b, SHA256_LEN);
	copy_text(out->subject, sizeof(out->subject), c->subject);
}

char *text_for_host(const char *text, size_t n)
{
	char *copy = xmalloc(n + 1);

	memcpy(copy, text, n);
	copy[n] = '\0';
	return copy;
}

void ss_free(char *text)
{
	free(text);
}

/* ---- handles ------------------------------------------------------------ */

static int use_options(struct project *p, const struct ss_open_options *o,
		       struct err *err)
{
	if (!o->author_name != !o->author_email)
		return err_set(err, ERR_USAGE, "an author has a name and an "
			       "e-mail address, or neither");
	p->no_mirror = o->no_mirror;
	if (!o->author_name)
		return 0;
	p->hosted = true;
	p->who.name = arena_strdup(p->arena, o->author_name);
	p->who.email = arena_strdup(p->arena, o->author_email);
	return 0;
}

static int open_handle(struct ss_project *h, const char *dir,
		       const struct ss_open_options *options, struct err *err)
{
	struct ss_open_options o = SS_OPEN_OPTIONS_INIT;
	struct project *p = &h->project;

	if (options_take(&o, sizeof(o), options, err) ||
	    project_open(p, dir, &h->arena, err))
		return -1;
	/* A program's own folder, and not what happens to lie above it. */
	if (strcmp(p->dir, dir))
		return err_set(err, ERR_USAGE, "there is no store in '%s'",
			       dir);
	if (use_options(p, &o, err) || project_store(p, err))
		return -1;
	project_close(p);
	return 0;
}

int ss_open(struct ss_project **out, const char *dir,
	    const struct ss_open_options *options, struct ss_error *error)
{
	struct ss_project *h = xmalloc(sizeof(*h));
	struct err err = ERR_INIT;

	memset(h, 0, sizeof(*h));
	if (open_handle(h, dir, options, &err)) {
		ss_close(h);
		return tell(error, &err);
	}
	*out = h;
	return SS_OK;
}

void ss_close(struct ss_project *h)
{
	if (!h)
		return;
	arena_release(&h->arena);
	free(h);
}
