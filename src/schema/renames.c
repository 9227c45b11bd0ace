/*
 * Renames as they are typed, and printed to be typed.
 *
 *	users=people   users.mail=email   "odd.name"."a=b"=c
 *
 * A name that holds what would end it stands in double quotes, "" for one of
 * them in it.
 */
#include "config.h"

#include "ss/diff.h"

/* name = '"' { byte | '""' } '"' | bytes up to one of stops, at least one */
static bool take_name(const char **name, const char **p, const char *stops,
		      struct arena *a)
{
	struct buf b = BUF_INIT;
	const char *s = *p;
	size_t n = strcspn(s, stops);

	if (*s != '"') {
		*name = arena_strndup(a, s, n);
		*p += n;
		return n;
	}
	for (s++; *s && (*s != '"' || s[1] == '"'); s++) {
		s += *s == '"';
		buf_addch(&b, *s);
	}
	*name = arena_strdup(a, b.ptr);
	buf_release(&b);
	*p = s + (*s == '"');
	return *s == '"';
}

/* Is there that byte?  It is taken. */
static bool take(const char **p, char c)
{
	if (**p != c)
		return false;
	++*p;
	return true;
}

/* rename = name [ "." name ] "=" [ name "." ] name ; TABLE.OLD=TABLE.NEW is
 * what people write too */
static bool take_rename(struct rename *r, const char *p, struct arena *a)
{
	if (!take_name(&r->object, &p, ".=", a) ||
	    (take(&p, '.') && !take_name(&r->column, &p, "=", a)) ||
	    !take(&p, '=') ||
	    !take_name(&r->to, &p, r->column ? "." : "", a) ||
	    (r->column && take(&p, '.') && !take_name(&r->to, &p, "", a)))
		return false;
	return !*p;
}

int rename_parse(struct rename *r, const char *text, struct arena *a,
		 struct err *err)
{
	memset(r, 0, sizeof(*r));
	if (take_rename(r, text, a))
		return 0;
	memset(r, 0, sizeof(*r));
	err_set(err, ERR_USAGE, "'%s' is not a rename", text);
	return err_hint(err, "write OLD=NEW for a table, TABLE.OLD=NEW for a "
			"column; a name with . or = in double quotes");
}

/* node = name [ "." name ] */
bool rename_is_node(const char *text, const struct node *n)
{
	const char *object = n->parent ? n->parent->name : n->name;
	const char *table, *column = NULL;
	struct arena a = ARENA_INIT;
	bool same = take_name(&table, &text, ".", &a) &&
		    (!take(&text, '.') || take_name(&column, &text, "", &a)) &&
		    !*text && !ascii_casecmp(table, object) &&
		    !column == !n->parent &&
		    (!column || !ascii_casecmp(column, n->name));

	arena_release(&a);
	return same;
}

static void add_name(struct buf *b, const char *name)
{
	if (*name && !strpbrk(name, ".=\"")) {
		buf_addstr(b, name);
		return;
	}
	buf_addch(b, '"');
	for (; *name; name++) {
		if (*name == '"')
			buf_addch(b, '"');
		buf_addch(b, *name);
	}
	buf_addch(b, '"');
}

/* As one word of a shell. */
static void add_word(struct buf *b, const char *word)
{
	bool plain = true;

	for (const char *p = word; *p; p++)
		plain &= *p != '$' && (strchr(".=-", *p) ||
				       is_word_byte((unsigned char)*p));
	if (plain) {
		buf_addstr(b, word);
		return;
	}
	buf_addch(b, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buf_addstr(b, "'\\''");
		else
			buf_addch(b, *word);
	buf_addch(b, '\'');
}

void rename_add_flag(struct buf *b, const struct node *from,
		     const struct node *to)
{
	struct buf text = BUF_INIT;

	if (from->parent) {
		add_name(&text, from->parent->name);
		buf_addch(&text, '.');
	}
	add_name(&text, from->name);
	if (to) {
		buf_addch(&text, '=');
		add_name(&text, to->name);
	}
	buf_addstr(b, to ? "--rename " : "--no-rename=");
	add_word(b, text.ptr);
	buf_release(&text);
}
