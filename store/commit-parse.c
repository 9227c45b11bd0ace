/*
 * The way back.  The grammar is read loosely, then the commit is written
 * again: only what gives the same bytes is one of ours.
 */
#include "config.h"

#include "ss/commit.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/commit.h"


struct parser {
	struct commit *c;
	char *p;		/* the rest, of a copy: it is cut into lines */
	struct arena *arena;
	struct err *err;
	size_t parents_cap, states_cap, edges_cap, lines_cap;
};

static int bad(struct parser *p, const char *what)
{
	return err_set(p->err, ERR_DAMAGED, "not a commit of schemastore: %s",
		       what);
}

/* The rest of the line behind a prefix; NULL where it is another line. */
static char *take(struct parser *p, const char *prefix)
{
	size_t n;
	char *line;

	if (!str_starts(p->p, prefix))
		return NULL;
	line = p->p + strlen(prefix);
	n = strcspn(line, "\n");
	p->p = line + n + (line[n] == '\n');
	line[n] = '\0';
	return line;
}

/* ident = Name " <" email "> " time " +0000" */
static int parse_ident(struct ident *out, struct parser *p, const char *role)
{
	char *line = take(p, role);
	char *open = line ? strstr(line, " <") : NULL;
	char *close = open ? strstr(open, "> ") : NULL;
	char *zone = close ? strchr(close + 2, ' ') : NULL;
	uint64_t t;

	if (!zone)
		return bad(p, "no author or committer");
	*open = *close = *zone = '\0';
	if (parse_u64(&t, close + 2, INT64_MAX))
		return bad(p, "a time that is none");
	out->name = line;
	out->email = open + 2;
	out->time = (int64_t)t;
	return 0;
}

/* "gpgsig " line { " " line } */
static int parse_signature(struct parser *p)
{
	char *line = take(p, "gpgsig ");
	struct buf text = BUF_INIT;

	p->c->is_signed = line;
	for (; line; line = take(p, " ")) {
		buf_addstr(&text, line);
		buf_addch(&text, '\n');
	}
	if (p->c->is_signed &&
	    sshsig_parse(&p->c->sig, text.ptr, text.len, p->arena)) {
		buf_release(&text);
		return bad(p, "its signature is not in canonical form");
	}
	buf_release(&text);
	return 0;
}

static int parse_head(struct parser *p)
{
	struct commit *c = p->c;
	char *line = take(p, "tree ");

	if (!line || oid_parse(&c->tree, line))
		return bad(p, "no tree");
	while ((line = take(p, "parent ")) != NULL) {
		struct commit_parent *parent;

		if (c->nparents == COMMIT_PARENTS)
			return bad(p, "too many parents");
		parent = ARENA_PUSH(p->arena, c->parents, c->nparents,
				    p->parents_cap);
		memset(parent, 0, sizeof(*parent));
		if (oid_parse(&parent->oid, line))
			return bad(p, "a parent that is none");
	}
	if (parse_ident(&c->author, p, "author ") ||
	    parse_ident(&c->committer, p, "committer ") ||
	    parse_signature(p))
		return -1;
	return *p->p++ == '\n' ? 0 : bad(p, "an unknown header");
}

/* subject LF LF [ body LF LF ] trailers */
static int parse_message(struct parser *p)
{
	char *trailers = strstr(p->p, "\n\nSchemastore-Format: ");
	char *text = p->p, *blank;

	if (!trailers)
		return bad(p, "no trailers");
	*trailers = '\0';
	blank = strstr(text, "\n\n");
	if (blank) {
		*blank = '\0';
		p->c->body = blank + 2;
	}
	p->c->subject = text;
	p->p = trailers + 2;
	return 0;
}

static int take_hex(struct parser *p, const char *key, unsigned char *out)
{
	char *line = take(p, key);

	if (!line || strlen(line) != 2 * SHA256_LEN ||
	    hex_decode(out, line, SHA256_LEN))
		return bad(p, key);
	return 0;
}

static int parse_project(struct parser *p)
{
	if (str_starts(p->p, "Schemastore-Project: genesis\n")) {
		p->c->genesis = true;
		(void)take(p, "Schemastore-Project: ");
		return 0;
	}
	return take_hex(p, "Schemastore-Project: ", p->c->project);
}

static int parse_policy(struct parser *p)
{
	char *line, *blank;

	if (p->c->kind == COMMIT_POLICY)
		return 0;
	line = take(p, "Schemastore-Policy: ");
	blank = line ? strchr(line, ' ') : NULL;
	if (!blank)
		return bad(p, "Schemastore-Policy");
	*blank = '\0';
	if (parse_u64(&p->c->policy_seq, line, INT64_MAX) ||
	    strlen(blank + 1) != 2 * SHA256_LEN ||
	    hex_decode(p->c->policy, blank + 1, SHA256_LEN))
		return bad(p, "Schemastore-Policy");
	return 0;
}

static int parse_common(struct parser *p)
{
	struct commit *c = p->c;
	char *line = take(p, "Schemastore-Format: ");

	if (!line || (strcmp(line, "0") && strcmp(line, "1")))
		return bad(p, "its format is not known here");
	if (c->is_signed != (*line == '1'))
		return bad(p, c->is_signed ? "a signature on what says that "
			   "it has none" : "it says that it is signed");
	line = take(p, "Schemastore-Kind: ");
	for (c->kind = 0; line && c->kind < COMMIT_N; c->kind++)
		if (!strcmp(commit_kinds[c->kind], line))
			break;
	if (!line || c->kind == COMMIT_N)
		return bad(p, "Schemastore-Kind");
	if (parse_project(p))
		return -1;
	if (c->genesis != !c->nparents ||
	    (c->genesis && c->kind != COMMIT_POLICY))
		return bad(p, "a root that is no genesis, or the reverse");
	c->ref = take(p, "Schemastore-Ref: ");
	line = take(p, "Schemastore-Seq: ");
	if (!c->ref || !line || parse_u64(&c->seq, line, INT64_MAX))
		return bad(p, "Schemastore-Ref or -Seq");
	if (parse_policy(p) ||
	    take_hex(p, "Schemastore-Tree: ", c->tree256))
		return -1;
	for (size_t i = 0; i < c->nparents; i++)
		if (take_hex(p, "Schemastore-Parent: ",
			     c->parents[i].strong.b))
			return -1;
	return 0;
}

static int parse_state(struct parser *p, char *line)
{
	struct commit *c = p->c;
	char *blank = strchr(line, ' ');
	struct commit_state *s;

	if (!blank)
		return bad(p, "Schemastore-State");
	*blank = '\0';
	s = ARENA_PUSH(p->arena, c->states, c->nstates, p->states_cap);
	s->engine = line;
	s->digest = blank + 1;
	return 0;
}

static int edge_sum(unsigned char *out, bool *has, const char *word)
{
	*has = strcmp(word, "-");
	if (!*has)
		return 0;
	return strlen(word) == 2 * SHA256_LEN ?
	       hex_decode(out, word, SHA256_LEN) : -1;
}

/* index engine up down|- steps|- */
static int parse_edge(struct parser *p, char *line)
{
	char *word[5] = { line };
	struct commit_edge *e;
	uint64_t parent;
	bool has_up;

	for (size_t i = 1; i < ARRAY_LEN(word); i++) {
		word[i] = strchr(word[i - 1], ' ');
		if (!word[i])
			return bad(p, "Schemastore-Edge");
		*word[i]++ = '\0';
	}
	e = ARENA_PUSH(p->arena, p->c->edges, p->c->nedges, p->edges_cap);
	memset(e, 0, sizeof(*e));
	if (parse_u64(&parent, word[0], COMMIT_PARENTS) ||
	    edge_sum(e->up, &has_up, word[2]) || !has_up ||
	    edge_sum(e->down, &e->has_down, word[3]) ||
	    edge_sum(e->steps, &e->has_steps, word[4]))
		return bad(p, "Schemastore-Edge");
	e->parent = (unsigned)parent;
	e->engine = word[1];
	return 0;
}

static int parse_ledger_line(struct parser *p)
{
	char *line = take(p, "Schemastore-");
	char *colon = line ? strstr(line, ": ") : NULL;
	struct commit_line *l;

	if (!colon)
		return bad(p, "a line that is no trailer");
	*colon = '\0';
	l = ARENA_PUSH(p->arena, p->c->lines, p->c->nlines, p->lines_cap);
	l->key = line;
	l->value = colon + 2;
	return 0;
}

static int parse_kind_lines(struct parser *p)
{
	char *line;

	while (p->c->kind == COMMIT_LEDGER && *p->p)
		if (parse_ledger_line(p))
			return -1;
	if (p->c->kind == COMMIT_APPROVAL &&
	    (take_hex(p, "Schemastore-Approves: ", p->c->approves.b) ||
	     take_hex(p, "Schemastore-Onto: ", p->c->onto.b)))
		return -1;
	if (p->c->kind != COMMIT_SCHEMA)
		return *p->p ? bad(p, "something behind the trailers") : 0;
	while ((line = take(p, "Schemastore-State: ")) != NULL)
		if (parse_state(p, line))
			return -1;
	while ((line = take(p, "Schemastore-Edge: ")) != NULL)
		if (parse_edge(p, line))
			return -1;
	p->c->replaces = str_starts(p->p, "Schemastore-Replaces: ");
	if (p->c->replaces &&
	    take_hex(p, "Schemastore-Replaces: ", p->c->replaced.b))
		return -1;
	return *p->p ? bad(p, "something behind the trailers") : 0;
}

int commit_parse_named(struct commit *out, const struct oid *id,
		       const struct bytes *raw, struct arena *a,
		       struct err *err)
{
	struct parser p = { .c = out, .arena = a, .err = err };
	struct err again = ERR_INIT;
	struct buf b = BUF_INIT;
	struct oid name = *id;	/* it may be out's own */
	int ret = -1;

	memset(out, 0, sizeof(*out));
	if (memchr(raw->ptr, '\0', raw->len))
		return bad(&p, "a NUL");
	p.p = arena_strndup(a, raw->ptr, raw->len);
	if (parse_head(&p) || parse_message(&p) || parse_common(&p) ||
	    parse_kind_lines(&p))
		return -1;
	buf_room(&b, raw->len);
	if (commit_print(&b, out, &again)) {
		bad(&p, again.text);
		goto out;
	}
	if (b.len != raw->len || memcmp(b.ptr, raw->ptr, raw->len)) {
		bad(&p, "its bytes are not in canonical form");
		goto out;
	}
	out->oid = name;
	commit_strong_id(&out->strong, raw->ptr, raw->len);
	ret = 0;
out:
	buf_release(&b);
	return ret;
}

int commit_parse(struct commit *out, const char *raw, size_t len,
		 struct arena *a, struct err *err)
{
	struct bytes bytes = { raw, len };
	struct oid id;

	object_name(&id, OBJECT_COMMIT, raw, len);
	return commit_parse_named(out, &id, &bytes, a, err);
}
