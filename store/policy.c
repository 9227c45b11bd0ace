/*
 * The text of a policy.  It is read loosely, then its lines are written again:
 * only what gives the same bytes is one.
 */
#include "config.h"

#include "ss/policy.h"

#include <stdlib.h>

#include "store/policy.h"

#define HEAD "schemastore-policy 1"
#define TEXT_MOST (256 * 1024)
#define PERSON_MOST 64
#define DB_ID 32

/*
 * Fields, a letter each:
 *
 *	n  number		p  a person's word	t  a person's full name
 *	e  e-mail address	k  key			s  strong id
 *	S  the same, or "-"	r  ref			d  a database's name
 *	i  its id		f  fingerprint		L  persons, at least one
 *	c  "retired", "compromised"
 *	a  "approve", n, persons	A  the same, or nothing
 *	D  "deploy", persons	F  "from", ref
 *	E  "edges-only" or nothing	M  "mirror required" or nothing
 */
static const struct kind {
	const char *word;
	const char *fields;
	bool many;
} kinds[] = {
	[POLICY_SEQ] = { "seq", "n", false },
	[POLICY_PREV] = { "prev", "S", false },
	[POLICY_MIN_FORMAT] = { "min-format", "n", false },
	[POLICY_PERSON] = { "person", "pte", true },
	[POLICY_KEY] = { "key", "pk", true },
	[POLICY_ROOT] = { "root", "nL", false },
	[POLICY_AUTHOR] = { "author", "L", false },
	[POLICY_APPROVER] = { "approver", "L", false },
	[POLICY_DEPLOYER] = { "deployer", "L", false },
	[POLICY_WITNESS] = { "witness", "L", false },
	[POLICY_PROTECT] = { "protect", "ra", true },
	[POLICY_DB] = { "db", "diDFAEM", true },
	[POLICY_DROP] = { "drop", "fc", true },
	[POLICY_SEAL] = { "seal", "rs", true },
	[POLICY_VOUCH] = { "vouch", "s", true },
};
_Static_assert(ARRAY_LEN(kinds) == POLICY_KINDS, "a row per kind");

/* They end a list of persons. */
static const char *const reserved[] = {
	"approve", "edges-only", "from", "mirror",
};

const char *policy_word(enum policy_kind kind)
{
	return kinds[kind].word;
}

bool policy_is_single(enum policy_kind kind)
{
	return !kinds[kind].many;
}

/* ---- reading ------------------------------------------------------------ */

struct words {
	struct list list;
	size_t at;
	struct arena *arena;
};

static const char *peek(const struct words *w)
{
	return w->at < w->list.n ? w->list.v[w->at] : "";
}

static const char *next(struct words *w)
{
	const char *word = peek(w);

	w->at += w->at < w->list.n;
	return word;
}

static bool take(struct words *w, const char *word)
{
	bool is = !strcmp(peek(w), word);

	w->at += is;
	return is;
}

static bool is_reserved(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (!strcmp(reserved[i], word))
			return true;
	return false;
}

static bool is_person(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return n && !word[n] && n <= PERSON_MOST && !strchr("._-", *word) &&
	       !is_reserved(word);
}

/* A principal is a pattern; this one is to be nobody else's. */
static bool is_email(const char *word)
{
	return *word && *word != '#' && !strpbrk(word, ",*?!\"\\<>") &&
	       strchr(word, '@');
}

static bool is_hex(const char *word, size_t n)
{
	return strlen(word) == n && strspn(word, "0123456789abcdef") == n;
}

static bool take_sum(struct policy_line *l, struct words *w)
{
	const char *word = next(w);

	l->has_sum = is_hex(word, 2 * SHA256_LEN) &&
		     !hex_decode(l->sum.b, word, SHA256_LEN);
	return l->has_sum;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool take_persons(struct list *out, struct words *w)
{
	while (is_person(peek(w)))
		list_add(w->arena, out, next(w));
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
	return out->n;
}

/* All but the last word, which is the e-mail address. */
static bool take_full_name(struct policy_line *l, struct words *w)
{
	const char *name = next(w);

	while (w->at + 1 < w->list.n)
		name = arena_printf(w->arena, "%s %s", name, next(w));
	l->full_name = name;
	return *name && !strpbrk(name, "<>");
}

static bool take_key(struct policy_line *l, struct words *w)
{
	const char *type = next(w);
	struct err none = ERR_INIT;

	if (pubkey_parse(&l->key, NULL, arena_printf(w->arena, "%s %s", type,
						     next(w)),
			 w->arena, &none))
		return false;
	pubkey_fingerprint(l->fingerprint, &l->key);
	return true;
}

static bool take_fingerprint(struct policy_line *l, struct words *w)
{
	const char *word = next(w);
	bool is = strlen(word) == PUBKEY_FINGERPRINT - 1 &&
		  str_starts(word, "SHA256:");

	if (is)
		memcpy(l->fingerprint, word, PUBKEY_FINGERPRINT);
	return is;
}

static bool take_ref(struct policy_line *l, struct words *w)
{
	l->ref = next(w);
	return ref_name_valid(l->ref);
}

static bool take_db(struct policy_line *l, struct words *w)
{
	l->name = next(w);
	return *l->name &&
	       ref_name_valid(arena_printf(w->arena, LEDGER_REFS"%s",
					   l->name));
}

static bool take_number(struct policy_line *l, struct words *w)
{
	return !parse_u64(&l->number, next(w), INT32_MAX);
}

static bool take_approve(struct policy_line *l, struct words *w)
{
	if (!take(w, "approve") || !take_number(l, w) || !l->number)
		return false;
	(void)take_persons(&l->who, w);
	return true;
}

static bool take_word(const char **out, struct words *w,
		      bool (*is)(const char *word))
{
	*out = next(w);
	return is(*out);
}

static bool is_db_id(const char *word)
{
	return is_hex(word, DB_ID);
}

static bool take_field(struct policy_line *l, struct words *w, char field)
{
	switch (field) {
	case 'n':
		return take_number(l, w);
	case 'p':
		return take_word(&l->name, w, is_person);
	case 't':
		return take_full_name(l, w);
	case 'e':
		return take_word(&l->email, w, is_email);
	case 'k':
		return take_key(l, w);
	case 'S':
		return take(w, "-") || take_sum(l, w);
	case 's':
		return take_sum(l, w);
	case 'r':
		return take_ref(l, w);
	case 'd':
		return take_db(l, w);
	case 'i':
		return take_word(&l->id, w, is_db_id);
	case 'f':
		return take_fingerprint(l, w);
	case 'c':
		l->compromised = take(w, "compromised");
		return l->compromised || take(w, "retired");
	case 'L':
		return take_persons(&l->who, w);
	case 'A':
		return strcmp(peek(w), "approve") || take_approve(l, w);
	case 'a':
		return take_approve(l, w);
	case 'D':
		return take(w, "deploy") && take_persons(&l->deployers, w);
	case 'F':
		return take(w, "from") && take_ref(l, w);
	case 'E':
		l->edges_only = take(w, "edges-only");
		return true;
	default:
		l->mirror = take(w, "mirror");
		return !l->mirror || take(w, "required");
	}
}

/* ---- writing ------------------------------------------------------------ */

static void add_word(struct buf *b, const char *word)
{
	buf_addch(b, ' ');
	buf_addstr(b, word);
}

static void add_list(struct buf *b, const struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		add_word(b, l->v[i]);
}

static void add_number(struct buf *b, uint64_t v)
{
	buf_addch(b, ' ');
	buf_addu(b, v);
}

static void add_approve(struct buf *b, const struct policy_line *l)
{
	if (!l->number)
		return;
	add_word(b, "approve");
	add_number(b, l->number);
	add_list(b, &l->who);
}

static void add_sum(struct buf *b, const struct policy_line *l)
{
	buf_addch(b, ' ');
	if (l->has_sum)
		buf_addhex(b, l->sum.b, SHA256_LEN);
	else
		buf_addch(b, '-');
}

static void add_key(struct buf *b, const struct pubkey *k)
{
	buf_addch(b, ' ');
	pubkey_add_line(b, k);
}

static void add_field(struct buf *b, const struct policy_line *l, char field)
{
	switch (field) {
	case 'n':
		return add_number(b, l->number);
	case 'p':
	case 'd':
		return add_word(b, l->name);
	case 't':
		return add_word(b, l->full_name);
	case 'e':
		return add_word(b, l->email);
	case 'k':
		return add_key(b, &l->key);
	case 'S':
	case 's':
		return add_sum(b, l);
	case 'r':
		return add_word(b, l->ref);
	case 'i':
		return add_word(b, l->id);
	case 'f':
		return add_word(b, l->fingerprint);
	case 'c':
		return add_word(b, l->compromised ? "compromised" : "retired");
	case 'L':
		return add_list(b, &l->who);
	case 'A':
	case 'a':
		return add_approve(b, l);
	case 'D':
		add_word(b, "deploy");
		return add_list(b, &l->deployers);
	case 'F':
		add_word(b, "from");
		return add_word(b, l->ref);
	case 'E':
		return buf_addstr(b, l->edges_only ? " edges-only" : "");
	default:
		return buf_addstr(b, l->mirror ? " mirror required" : "");
	}
}

static char *print_line(const struct policy_line *l, struct arena *a)
{
	struct buf b = BUF_INIT;
	char *text;

	buf_addstr(&b, kinds[l->kind].word);
	for (const char *f = kinds[l->kind].fields; *f; f++)
		add_field(&b, l, *f);
	text = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return text;
}

void policy_add_text(struct buf *b, const struct policy *p)
{
	buf_addstr(b, HEAD"\n");
	for (size_t i = 0; i < p->n; i++) {
		buf_addstr(b, p->v[i].text);
		buf_addch(b, '\n');
	}
}

void policy_add_signers(struct buf *b, const struct policy *p)
{
	size_t n;
	const struct policy_line *key = policy_lines(p, POLICY_KEY, &n);

	for (size_t i = 0; i < n; i++) {
		if (policy_drop(p, &key[i].key))
			continue;
		buf_addstr(b, policy_person(p, key[i].name)->email);
		buf_addstr(b, " namespaces=\"git\"");
		add_key(b, &key[i].key);
		buf_addch(b, '\n');
	}
}

/* ---- lines -------------------------------------------------------------- */

static int parse_line(struct policy_line *out, struct words *w,
		      struct err *err)
{
	const char *word = next(w);

	memset(out, 0, sizeof(*out));
	while (out->kind < POLICY_KINDS && strcmp(kinds[out->kind].word, word))
		out->kind++;
	if (out->kind == POLICY_KINDS)
		return err_set(err, ERR_USAGE, "'%.40s' begins no line of a "
			       "policy", word);
	for (const char *f = kinds[out->kind].fields; *f; f++)
		if (!take_field(out, w, *f))
			return err_set(err, ERR_USAGE, "'%s': '%.80s' cannot "
				       "stand there", word,
				       w->at ? w->list.v[w->at - 1] : "");
	if (w->at < w->list.n)
		return err_set(err, ERR_USAGE, "'%s': '%.80s' stands behind "
			       "its end", word, peek(w));
	out->text = print_line(out, w->arena);
	return 0;
}

static bool clean(const struct bytes *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (((unsigned char)text->ptr[i] < ' ' &&
		     !strchr("\n\t", text->ptr[i])) || text->ptr[i] == 0x7f ||
		    !text->ptr[i])
			return false;
	return utf8_valid(text->ptr, text->len);
}

static int by_kind(const void *va, const void *vb)
{
	const struct policy_line *a = va, *b = vb;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->text, b->text);
}

/* Into words; what is behind # is none. */
static void split(struct words *w, char *line)
{
	char *p = line;

	for (p += strspn(p, " \t"); *p && *p != '#'; p += strspn(p, " \t")) {
		list_add(w->arena, &w->list, p);
		p += strcspn(p, " \t");
		if (*p)
			*p++ = '\0';
	}
}

static int parse_lines(struct policy *out, const struct bytes *text,
		       struct arena *a, struct err *err)
{
	char *p = arena_strndup(a, text->ptr, text->len);
	size_t cap = 0, number = 1;

	for (char *end; *p; p = end, number++) {
		struct words w = { .arena = a };
		size_t n = strcspn(p, "\n");
		bool head;

		end = p + n + (p[n] == '\n');
		p[n] = '\0';
		head = number == 1 && !strcmp(p, HEAD);
		if (number == 1 && !head)
			return err_set(err, ERR_USAGE, "its first line is not "
				       "'"HEAD"'");
		split(&w, p);
		if (head || !w.list.n)
			continue;
		if (parse_line(ARENA_PUSH(a, out->v, out->n, cap), &w, err))
			return err_wrap(err, "line %zu", number);
	}
	return 0;
}

static void find_kinds(struct policy *p)
{
	size_t i = 0;

	for (enum policy_kind k = 0; k <= POLICY_KINDS; k++) {
		while (i < p->n && p->v[i].kind < k)
			i++;
		p->at[k] = i;
	}
}

int policy_parse_edited(struct policy *out, const struct bytes *text,
			struct arena *a, struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (text->len > TEXT_MOST || !clean(text))
		return err_set(err, ERR_USAGE, "it is not clean UTF-8 lines, "
			       "or has over %d bytes", TEXT_MOST);
	if (parse_lines(out, text, a, err))
		return -1;
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_kind);
	find_kinds(out);
	return policy_check(out, err);
}

int policy_parse(struct policy *out, const struct bytes *text, struct arena *a,
		 struct err *err)
{
	struct err why = ERR_INIT;
	struct buf again = BUF_INIT;
	int ret;

	if (policy_parse_edited(out, text, a, &why))
		return err_set(err, ERR_DAMAGED, "not a policy: %.400s",
			       why.text);
	policy_add_text(&again, out);
	ret = again.len != text->len ||
	      memcmp(again.ptr, text->ptr, text->len) ?
	      err_set(err, ERR_DAMAGED, "not a policy: its bytes are not in "
		      "canonical form") : 0;
	buf_release(&again);
	return ret;
}
