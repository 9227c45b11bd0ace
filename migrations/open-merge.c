/*
 * The file of an open merge.
 *
 *	schemastore-merge 1
 *	theirs 1a2b...
 *	name "topic"
 *	branch "refs/heads/main"
 *	tip 3c4d...
 *	message "Merge branch 'topic'"
 *	body "why"
 *	choice ours conflict * "users.mail"
 *	choice theirs whole sqlite "table pets"
 *	choice drop whole sqlite "index i on t"
 *	choice own whole sqlite "view v" "view v\n  as SELECT ...\n"
 *	choice skip conflict * "data step fill"
 *	choice step conflict * "data step note" "UPDATE ..." "UPDATE ..."
 *
 * The last two texts are the SQL up and down; without the second there is no
 * way back.
 *
 * There is one byte form for one merge; any other is damaged.
 */
#include "config.h"

#include "ss/open-merge.h"

#include <errno.h>
#include <unistd.h>

#include "ss/fault.h"
#include "ss/file.h"

#define MERGE_MAX (64u << 20)
#define HEAD_LINE "schemastore-merge 1\n"
#define HINT_OPEN "'schemastore conflicts' lists what is to be settled; then " \
	"'schemastore merge --continue', or --abort to give it up"

static char *path_of(struct store *s, struct arena *a)
{
	return path_join(a, store_dir(s), "merge");
}

/* ---- writing ------------------------------------------------------------- */

static void add_quoted(struct buf *b, const char *word, const char *text)
{
	buf_addstr(b, word);
	buf_addch(b, ' ');
	buf_add_cquoted(b, text, strlen(text));
	buf_addch(b, '\n');
}

static void add_id(struct buf *b, const char *word, const struct oid *id)
{
	char hex[OID_HEX];

	oid_hex(hex, id);
	buf_addf(b, "%s %s\n", word, hex);
}

static const char *choice_word(const struct merge_choice *c)
{
	if (c->up)
		return *c->up ? "step" : "skip";
	return c->side < MERGE_SIDES ? merge_side_words[c->side] :
	       c->own ? "own" : "drop";
}

static void add_text(struct buf *b, const char *text)
{
	buf_addch(b, ' ');
	buf_add_cquoted(b, text, strlen(text));
}

static void add_choice(struct buf *b, const struct merge_choice *c)
{
	buf_addf(b, "choice %s %s %s", choice_word(c),
		 c->whole ? "whole" : "conflict", c->engine ? c->engine : "*");
	add_text(b, c->node);
	if (c->own)
		add_text(b, c->own);
	if (c->up && *c->up)
		add_text(b, c->up);
	if (c->up && *c->up && c->down)
		add_text(b, c->down);
	buf_addch(b, '\n');
}

static void encode(struct buf *b, const struct open_merge *o)
{
	buf_addstr(b, HEAD_LINE);
	add_id(b, "theirs", &o->theirs);
	add_quoted(b, "name", o->name);
	add_quoted(b, "branch", o->branch);
	add_id(b, "tip", &o->tip);
	add_quoted(b, "message", o->message);
	if (o->body)
		add_quoted(b, "body", o->body);
	for (size_t i = 0; i < o->nchoices; i++)
		add_choice(b, &o->choices[i]);
}

int open_merge_write(const struct open_merge *o, struct store *s,
		     struct err *err)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	int ret;

	encode(&b, o);
	ret = file_write(path_of(s, &a), b.ptr, b.len, err);
	buf_release(&b);
	arena_release(&a);
	return ret;
}

int open_merge_forget(struct store *s, struct err *err)
{
	struct arena a = ARENA_INIT;
	const char *path = path_of(s, &a);
	int ret = 0;

	if (fault("merge.forget", err))
		ret = -1;
	else if (!unlink(path))
		ret = dir_sync(store_dir(s), err) ? -1 : 1;
	else if (errno != ENOENT)
		ret = err_errno(err, "cannot remove '%s'", path);
	arena_release(&a);
	return ret;
}

/* ---- reading ------------------------------------------------------------- */

struct reader {
	const char *p, *end;
	struct arena *a;
};

static bool word(struct reader *r, const char *expected)
{
	size_t n = strlen(expected);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, expected, n))
		return false;
	r->p += n;
	return true;
}

static bool quoted(const char **out, struct reader *r)
{
	struct buf b = BUF_INIT;
	size_t used;
	bool ok = !buf_add_unquoted(&b, r->p, (size_t)(r->end - r->p), &used);

	if (ok) {
		r->p += used;
		*out = arena_strndup(r->a, b.ptr, b.len);
	}
	buf_release(&b);
	return ok;
}

static bool line_id(struct oid *out, struct reader *r, const char *key)
{
	char hex[OID_HEX];

	if (!word(r, key) || r->end - r->p < OID_HEX)
		return false;
	memcpy(hex, r->p, OID_HEX - 1);
	hex[OID_HEX - 1] = '\0';
	r->p += OID_HEX - 1;
	return !oid_parse(out, hex) && word(r, "\n");
}

static bool line_text(const char **out, struct reader *r, const char *key)
{
	return word(r, key) && quoted(out, r) && word(r, "\n");
}

/* the word up to a blank */
static const char *next_word(struct reader *r)
{
	const char *blank = memchr(r->p, ' ', (size_t)(r->end - r->p));
	const char *start = r->p;

	if (!blank)
		return "";
	r->p = blank + 1;
	return arena_strndup(r->a, start, (size_t)(blank - start));
}

/* What stands behind the node, by the word that its line begins with. */
static bool choice_texts(struct merge_choice *c, struct reader *r,
			 const char *as)
{
	if (!strcmp(as, "own"))
		return word(r, " ") && quoted(&c->own, r);
	if (!strcmp(as, "skip"))
		c->up = c->down = "";
	if (strcmp(as, "step"))
		return true;
	return word(r, " ") && quoted(&c->up, r) &&
	       (!word(r, " ") || quoted(&c->down, r));
}

static bool line_choice(struct merge_choice *c, struct reader *r)
{
	const char *side, *engine;

	memset(c, 0, sizeof(*c));
	if (!word(r, "choice "))
		return false;
	side = next_word(r);
	while (c->side < MERGE_SIDES &&
	       strcmp(side, merge_side_words[c->side]))
		c->side++;
	c->whole = !strcmp(next_word(r), "whole");
	engine = next_word(r);
	c->engine = strcmp(engine, "*") ? engine : NULL;
	return quoted(&c->node, r) && choice_texts(c, r, side) &&
	       word(r, "\n");
}

static bool decode(struct open_merge *o, struct reader *r)
{
	struct merge_choice c;

	memset(o, 0, sizeof(*o));
	if (!word(r, HEAD_LINE) || !line_id(&o->theirs, r, "theirs ") ||
	    !line_text(&o->name, r, "name ") ||
	    !line_text(&o->branch, r, "branch ") ||
	    !line_id(&o->tip, r, "tip ") ||
	    !line_text(&o->message, r, "message "))
		return false;
	(void)line_text(&o->body, r, "body ");
	while (r->p < r->end) {
		if (!line_choice(&c, r))
			return false;
		*ARENA_PUSH(r->a, o->choices, o->nchoices, o->cap) = c;
	}
	return true;
}

/* The branch moves before the file goes: whoever dies in between has merged
 * all the same. */
static int is_done(const struct open_merge *o, struct store *s,
		   struct arena *a, struct err *err)
{
	struct commit tip;
	struct oid id;
	int ret = ref_name_valid(o->branch) ?
		  ref_read(&id, s, o->branch, err) : 0;

	if (ret <= 0)
		return ret;
	if (oid_equal(&id, &o->tip))
		return 0;
	if (store_commit(&tip, s, &id, a, err))
		return -1;
	return tip.nparents == 2 && oid_equal(&tip.parents[0].oid, &o->tip) &&
	       oid_equal(&tip.parents[1].oid, &o->theirs);
}

int open_merge_read(struct open_merge *out, struct store *s, struct arena *a,
		    struct err *err)
{
	const char *path = path_of(s, a);
	struct buf b = BUF_INIT, again = BUF_INIT;
	struct reader r;
	int done, ret = file_read_if(&b, path, MERGE_MAX, err);

	if (ret <= 0)
		goto out;
	r = (struct reader){ b.ptr, b.ptr + b.len, a };
	if (decode(out, &r))
		encode(&again, out);
	if (again.len != b.len || memcmp(again.ptr, b.ptr, b.len)) {
		err_set(err, ERR_DAMAGED, "the open merge in '%s' is damaged",
			path);
		ret = err_hint(err, "give it up with 'schemastore merge "
			       "--abort', and merge again");
		goto out;
	}
	done = is_done(out, s, a, err);
	ret = done < 0 ? -1 : !done;
out:
	buf_release(&b);
	buf_release(&again);
	return ret;
}

/* ---- may it go on, may others -------------------------------------------- */

static const char *short_name(const char *ref)
{
	return str_starts(ref, "refs/heads/") ? ref + strlen("refs/heads/") :
	       ref;
}

int open_merge_check(const struct open_merge *o, struct store *s,
		     struct arena *a, struct err *err)
{
	const char *branch = short_name(o->branch), *head;
	struct oid id;
	int ret;

	if (head_ref(&head, s, a, err))
		return -1;
	if (strcmp(head, o->branch)) {
		err_set(err, ERR_REFUSED, "the open merge of '%s' is into "
			"'%s', and you are on '%s'", o->name, branch,
			short_name(head));
		return err_hint(err, "go back with 'schemastore checkout %s', "
				"or give it up with 'schemastore merge "
				"--abort'", branch);
	}
	ret = ref_read(&id, s, o->branch, err);
	if (ret < 0)
		return -1;
	if (ret && oid_equal(&id, &o->tip))
		return 0;
	err_set(err, ERR_REFUSED, "'%s' %s since the merge of '%s' was begun",
		branch, ret ? "has moved" : "was deleted", o->name);
	return err_hint(err, "give it up with 'schemastore merge --abort', "
			"and merge again");
}

int open_merge_none(struct store *s, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct open_merge o;
	int ret = open_merge_read(&o, s, &a, err);

	if (ret > 0) {
		err_set(err, ERR_REFUSED, "the merge of '%s' into '%s' is not "
			"finished", o.name, short_name(o.branch));
		err_hint(err, HINT_OPEN);
	}
	arena_release(&a);
	return ret ? -1 : 0;
}
