/*
 * What was seen.
 */
#include "config.h"

#include "ss/pins.h"

#include "ss/file.h"

#define PINS_MOST (16u << 20)
#define HEAD "schemastore-seen 1\nproject "
#define HEAD_LEN (strlen(HEAD) + 2 * SHA256_LEN + 1)

static int parse(struct tips *out, const struct buf *text,
		 const unsigned char *project, struct arena *a,
		 struct err *err)
{
	unsigned char id[SHA256_LEN];
	struct bytes rest;

	if (text->len < HEAD_LEN || !str_starts(text->ptr, HEAD) ||
	    hex_decode(id, arena_strndup(a, text->ptr + strlen(HEAD),
					 2 * SHA256_LEN), SHA256_LEN) ||
	    text->ptr[HEAD_LEN - 1] != '\n')
		return err_set(err, ERR_DAMAGED, "it does not say what was "
			       "seen");
	if (memcmp(id, project, SHA256_LEN))
		return err_set(err, ERR_REFUSED, "it is of another project");
	rest = (struct bytes){ text->ptr + HEAD_LEN, text->len - HEAD_LEN };
	return tips_parse(out, &rest, a, err);
}

int pins_read(struct tips *out, const char *path, const unsigned char *project,
	      struct arena *a, struct err *err)
{
	struct buf text = BUF_INIT;
	int ret = file_read_own(&text, path, PINS_MOST, err);

	*out = (struct tips){ NULL, 0 };
	if (ret > 0 && parse(out, &text, project, a, err))
		ret = -1;
	buf_release(&text);
	return ret;
}

int pins_write(const char *path, const unsigned char *project,
	       const struct tips *t, struct err *err)
{
	struct buf text = BUF_INIT;
	int ret;

	buf_addstr(&text, HEAD);
	buf_addhex(&text, project, SHA256_LEN);
	buf_addch(&text, '\n');
	tips_add_text(&text, t);
	ret = file_write_own(path, text.ptr, text.len, err);
	buf_release(&text);
	return ret;
}

static bool is_pinned(const char *ref, const struct policy *p)
{
	return !strcmp(ref, POLICY_REF) || !strcmp(ref, CHECKPOINTS_REF) ||
	       str_starts(ref, LEDGER_REFS) ||
	       (str_starts(ref, "refs/heads/") && policy_rule(p, ref));
}

int pins_now(struct tips *all, struct tips *pins, struct store *s,
	     const struct policies *p, struct arena *a, struct err *err)
{
	size_t cap, pins_cap = 0;

	*pins = (struct tips){ NULL, 0 };
	if (tips_now(all, s, a, err))
		return -1;
	cap = all->n;
	if (tips_add(all, &cap, s, CHECKPOINTS_REF, a, err) < 0)
		return -1;
	tips_sort(all);
	for (size_t i = 0; i < all->n; i++)
		if (is_pinned(all->v[i].ref, policies_last(p)))
			*ARENA_PUSH(a, pins->v, pins->n, pins_cap) = all->v[i];
	return 0;
}
