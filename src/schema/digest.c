/*
 * Paths, titles and the schema digest.
 *
 *	s1: SHA-256 over sorted lines  <kind>/<logical path> NUL <64 hex> LF
 */
#include "config.h"

#include "ss/schema.h"

#include <stdio.h>
#include <stdlib.h>

#include "ss/kinds.h"

#define PATH_LONGEST 180
#define PATH_KEPT 120

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Each byte outside [A-Za-z0-9_-] as %XX; empty is "%". */
static void encode_name(struct buf *b, const char *name)
{
	size_t start = b->len;
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];

	for (const char *p = name; *p; p++) {
		if (is_plain(*p))
			buf_addch(b, *p);
		else
			buf_addf(b, "%%%02X", (unsigned char)*p);
	}
	if (!*name)
		buf_addch(b, '%');
	if (b->len - start <= PATH_LONGEST)
		return;
	sha256_of(sum, name, strlen(name));
	hex_encode(hex, sum, sizeof(sum));
	hex[32] = '\0';
	buf_truncate(b, start + PATH_KEPT);
	buf_addf(b, "%%~%s", hex);
}

/* Is it a name that stands in a path as it is? */
static bool is_plain_name(const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_plain(name[i]))
			return false;
	return n && n <= PATH_LONGEST;
}

/* The next part of a qualified name, without its quotes; *s is behind it and
 * its dot.  The last part is all that is left, parentheses and all. */
static char *next_part(const char **s)
{
	struct buf b = BUF_INIT;
	const char *p = *s;
	bool quoted = *p == '"';

	p += quoted;
	while (*p && (quoted || *p != '.')) {
		if (!quoted && (*p == '(' || *p == ' '))
			break;
		if (quoted && *p == '"' && *++p != '"')
			break;
		buf_addch(&b, *p++);
	}
	if (*p == '.') {
		p++;
	} else {
		buf_addstr(&b, p);
		p += strlen(p);
	}
	*s = p;
	return b.ptr;
}

static void encode_qualified(struct buf *b, const char *name)
{
	do {
		char *part = next_part(&name);

		encode_name(b, part);
		if (*name)
			buf_addch(b, '.');
		if (part != buf_empty)
			free(part);
	} while (*name);
}

void node_path(struct buf *b, const struct node *object,
	       const struct spelling *sp)
{
	char *name;
	size_t start;

	buf_addstr(b, object->kind->word);
	buf_addch(b, '/');
	start = b->len;
	if (sp)
		sp->fold_name(b, object->name);
	else
		buf_addstr(b, object->name);
	if (is_plain_name(b->ptr + start, b->len - start))
		return;
	name = xstrdup(b->ptr + start);
	buf_truncate(b, start);
	if (sp && sp->qualified && object->kind->flags & KIND_OBJECT)
		encode_qualified(b, name);
	else
		encode_name(b, name);
	free(name);
}

void node_ref(struct buf *b, const struct node *n)
{
	buf_addf(b, "%s %s", n->kind->word, n->name ? n->name : "");
	if (n->parent)
		buf_addf(b, " of %s %s", n->parent->kind->word,
			 n->parent->name);
}

void node_title(struct buf *b, const struct node *n)
{
	buf_addf(b, "%s ", n->kind->word);
	if (n->name) {
		if (n->parent && n->kind->flags & KIND_ORDERED)
			buf_addf(b, "%s.", n->parent->name);
		buf_addstr(b, n->name);
		if (n->parent && !(n->kind->flags & KIND_ORDERED))
			buf_addf(b, " on %s", n->parent->name);
	} else if (n->parent) {
		buf_addf(b, "of %s %s", n->parent->kind->word,
			 n->parent->name);
	}
}

static int cmp_entries(const void *va, const void *vb)
{
	const struct schema_entry *a = va, *b = vb;

	return strcmp(a->path, b->path);
}

void schema_digest_of(char out[SCHEMA_DIGEST_LEN], struct schema_entry *v,
		      size_t n, const struct list *settings)
{
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	struct sha256 h;

	if (n)
		qsort(v, n, sizeof(*v), cmp_entries);
	sha256_start(&h);
	for (size_t i = 0; i < n; i++) {
		sha256_add(&h, v[i].path, strlen(v[i].path) + 1);
		hex_encode(hex, v[i].digest, SHA256_LEN);
		hex[SHA256_HEX - 1] = '\n';
		sha256_add(&h, hex, SHA256_HEX);
	}
	for (size_t i = 0; settings && i < settings->n; i++) {
		sha256_add(&h, "set", 4);
		sha256_add(&h, settings->v[i], strlen(settings->v[i]));
		sha256_add(&h, "\n", 1);
	}
	sha256_end(&h, sum);
	hex_encode(hex, sum, sizeof(sum));
	snprintf(out, SCHEMA_DIGEST_LEN, "s1:%s", hex);
}

void schema_digest(char out[SCHEMA_DIGEST_LEN], const struct schema *s)
{
	memcpy(out, s->digest, SCHEMA_DIGEST_LEN);
}

void schema_compute_digest(struct schema *s)
{
	struct arena a = ARENA_INIT;
	struct schema_entry *v = arena_alloc(&a, (s->n + 1) * sizeof(*v));
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < s->n; i++) {
		buf_truncate(&b, 0);
		node_path(&b, s->objects[i], s->spelling);
		v[i].path = arena_strdup(&a, b.ptr);
		memcpy(v[i].digest, s->objects[i]->digest, SHA256_LEN);
	}
	schema_digest_of(s->digest, v, s->n, &s->settings);
	buf_release(&b);
	arena_release(&a);
}
