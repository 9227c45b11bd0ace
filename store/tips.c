/*
 * Where refs are: gathered, written and read.
 *
 *	tips = { strong " " oid " " seq " " ref [ " " word ] LF }
 */
#include "config.h"

#include "ss/tips.h"

#include <stdlib.h>

static const char *const words[] = {
	[TIP_IS] = "",
	[TIP_REWOUND] = " rewound",
	[TIP_DELETED] = " deleted",
};

/* What a checkpoint has of a store. */
static const char *const places[] = {
	"refs/heads/", "refs/tags/", LEDGER_REFS, LEDGER_BEFORE_REFS,
};

static int cmp_tips(const void *a, const void *b)
{
	return strcmp(((const struct tip *)a)->ref,
		      ((const struct tip *)b)->ref);
}

void tips_sort(struct tips *t)
{
	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), cmp_tips);
}

struct tip *tips_find(const struct tips *t, const char *ref)
{
	const struct tip key = { .ref = ref };

	return t->n ? bsearch(&key, t->v, t->n, sizeof(*t->v), cmp_tips) :
	       NULL;
}

/* What is no commit of ours has no place in it. */
static int add(struct tips *t, size_t *cap, struct store *s,
	       const struct ref *ref, struct arena *a, struct err *err)
{
	struct oid id = ref->oid;
	int ret = store_peel(&id, s, err);
	struct commit c;
	struct tip *tip;

	if (ret <= 0 || store_commit(&c, s, &id, a, err))
		return ret ? err_wrap(err, "%s", ref->name) : 0;
	tip = ARENA_PUSH(a, t->v, t->n, *cap);
	*tip = (struct tip){
		.ref = arena_strdup(a, ref->name), .strong = c.strong,
		.oid = id, .seq = c.seq,
	};
	return 1;
}

int tips_add(struct tips *t, size_t *cap, struct store *s, const char *name,
	     struct arena *a, struct err *err)
{
	struct ref ref = { .name = name };
	int ret = ref_read(&ref.oid, s, name, err);

	return ret <= 0 ? ret : add(t, cap, s, &ref, a, err);
}

int tips_now(struct tips *out, struct store *s, struct arena *a,
	     struct err *err)
{
	size_t cap = 0;

	*out = (struct tips){ NULL, 0 };
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct ref *refs;
		size_t n;

		if (ref_list(&refs, &n, s, places[i], a, err))
			return -1;
		for (size_t k = 0; k < n; k++)
			if (add(out, &cap, s, &refs[k], a, err) < 0)
				return -1;
	}
	if (tips_add(out, &cap, s, POLICY_REF, a, err) < 0)
		return -1;
	tips_sort(out);
	return 0;
}

void tips_add_text(struct buf *b, const struct tips *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct tip *tip = &t->v[i];

		buf_addhex(b, tip->strong.b, SHA256_LEN);
		buf_addch(b, ' ');
		buf_addhex(b, tip->oid.b, SHA1_LEN);
		buf_addch(b, ' ');
		buf_addu(b, tip->seq);
		buf_addf(b, " %s%s\n", tip->ref, words[tip->word]);
	}
}

/* The next word of a line, which is cut; "" where it has ended. */
static char *take(char **p)
{
	char *word = *p, *blank = strchr(word, ' ');

	*p = blank ? blank + 1 : word + strlen(word);
	if (blank)
		*blank = '\0';
	return word;
}

static int parse_line(struct tip *t, char *line)
{
	const char *strong = take(&line), *oid = take(&line);
	const char *seq = take(&line);

	t->ref = take(&line);
	t->word = !*line ? TIP_IS : !strcmp(line, words[TIP_REWOUND] + 1) ?
		  TIP_REWOUND : TIP_DELETED;
	return strlen(strong) != 2 * SHA256_LEN ||
	       hex_decode(t->strong.b, strong, SHA256_LEN) ||
	       oid_parse(&t->oid, oid) || parse_u64(&t->seq, seq, INT64_MAX) ||
	       !ref_name_valid(t->ref) ? -1 : 0;
}

/* Read loosely, and written again. */
int tips_parse(struct tips *out, const struct bytes *text, struct arena *a,
	       struct err *err)
{
	char *p = arena_strndup(a, text->ptr, text->len);
	struct buf again = BUF_INIT;
	size_t cap = 0;
	int ret = -1;

	*out = (struct tips){ NULL, 0 };
	for (char *end; *p; p = end) {
		struct tip *t = ARENA_PUSH(a, out->v, out->n, cap);
		size_t n = strcspn(p, "\n");

		end = p + n + (p[n] == '\n');
		p[n] = '\0';
		*t = (struct tip){ .word = TIP_IS };
		if (parse_line(t, p) || (out->n > 1 &&
					 cmp_tips(t - 1, t) >= 0))
			goto out;
	}
	tips_add_text(&again, out);
	if (again.len == text->len && !memcmp(again.ptr, text->ptr, again.len))
		ret = 0;
out:
	if (ret)
		err_set(err, ERR_DAMAGED, "not a list of refs in canonical "
			"form");
	buf_release(&again);
	return ret;
}
