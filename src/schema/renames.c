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

#include "ss/kinds.h"

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

/* ---- qualified names ---------------------------------------------------- */

/* public."Odd" -> public.Odd */
static char *without_quotes(struct arena *a, const char *name)
{
	char *out = arena_strdup(a, name), *to = out;

	for (; *name; name++) {
		*to = *name;
		to += *name != '"' || (name > out && name[-1] == '"');
	}
	*to = '\0';
	return out;
}

static bool is_called(const struct node *n, const char *text, struct arena *a)
{
	const char *name = without_quotes(a, n->name);

	return !strcmp(name, text) || (str_starts(name, "public.") &&
				       !strcmp(name + strlen("public."), text));
}

static const struct node *find_called(const struct schema *s,
				      const char *text, struct arena *a)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->objects[i]->kind->flags & KIND_ROWS &&
		    is_called(s->objects[i], text, a))
			return s->objects[i];
	return NULL;
}

/* "people" of public.users is public.people. */
static const struct node *find_new_name(const struct schema *to,
					const struct node *old,
					const char *name, struct arena *a)
{
	const char *was = without_quotes(a, old->name);
	const char *dot = strrchr(was, '.');
	const struct node *n = NULL;

	if (dot && !strchr(name, '.'))
		n = find_called(to, arena_printf(a, "%.*s.%s",
						 (int)(dot - was), was, name),
				a);
	return n ? n : find_called(to, name, a);
}

void rename_resolve(struct rename *r, const struct schema *from,
		    const struct schema *to, struct arena *a)
{
	const char *full = r->column ? arena_printf(a, "%s.%s", r->object,
						    r->column) : r->object;
	const char *dot = strrchr(full, '.');
	const struct node *n = find_called(from, full, a), *m;

	if (n) {
		m = find_new_name(to, n, r->to, a);
		r->object = n->name;
		r->column = NULL;
		r->to = m ? m->name : r->to;
		return;
	}
	n = dot ? find_called(from, arena_strndup(a, full,
						  (size_t)(dot - full)), a) :
	    NULL;
	if (!n)
		return;
	r->object = n->name;
	r->column = dot + 1;
	if (strrchr(r->to, '.'))
		r->to = strrchr(r->to, '.') + 1;
}

/* The same of a node: "public.users.mail". */
static bool is_called_whole(const char *text, const struct node *n)
{
	struct arena a = ARENA_INIT;
	const char *dot = strrchr(text, '.');
	bool same = n->parent ? dot && !strcmp(dot + 1, n->name) &&
		is_called(n->parent, arena_strndup(&a, text,
						   (size_t)(dot - text)), &a) :
		is_called(n, text, &a);

	arena_release(&a);
	return same;
}

/* node = name [ "." name ] */
bool rename_is_node(const char *text, const struct node *n)
{
	const char *object = n->parent ? n->parent->name : n->name;
	const char *table, *column = NULL, *whole = text;
	struct arena a = ARENA_INIT;
	bool same = take_name(&table, &text, ".", &a) &&
		    (!take(&text, '.') || take_name(&column, &text, "", &a)) &&
		    !*text && !ascii_casecmp(table, object) &&
		    !column == !n->parent &&
		    (!column || !ascii_casecmp(column, n->name));

	arena_release(&a);
	return same || is_called_whole(whole, n);
}

static void add_name(struct buf *b, const char *name)
{
	if (*name && !strpbrk(name, ".=\"")) {
		buf_addstr(b, name);
		return;
	}
	buf_add_doubled(b, name, '"');
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

/* A qualified name has its dots. */
static void add_title(struct buf *b, const struct node *n)
{
	struct arena a = ARENA_INIT;

	if (!n->parent && kind_is_qualified(n->kind))
		buf_addstr(b, without_quotes(&a, n->name));
	else
		add_name(b, n->name);
	arena_release(&a);
}

void rename_add_flag(struct buf *b, const struct node *from,
		     const struct node *to)
{
	struct buf text = BUF_INIT;

	if (from->parent) {
		add_title(&text, from->parent);
		buf_addch(&text, '.');
	}
	add_title(&text, from);
	if (to) {
		buf_addch(&text, '=');
		add_title(&text, to);
	}
	buf_addstr(b, to ? "--rename " : "--no-rename=");
	add_word(b, text.ptr);
	buf_release(&text);
}
