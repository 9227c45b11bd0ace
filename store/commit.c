/*
 * The one kind of commit: its canonical bytes, written.
 */
#include "config.h"

#include "ss/commit.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/commit.h"

#define COMMIT_MAX (64 * 1024)
#define LINE_MAX_LEN 4096

/* In the order in which they stand. */
const char *const commit_kinds[COMMIT_N] = {
	[COMMIT_SCHEMA] = "schema",
	[COMMIT_POLICY] = "policy",
	[COMMIT_LEDGER] = "ledger",
};
const char *const commit_ledger_keys[] = {
	"Db", "Event", "Op", "From", "To", "Plan", "Step", "Sql", "Target",
	"Session", "Checkpoint", "Started", "Begin", "Finished", "Outcome",
	"Observed", NULL,
};

static bool clean_text(const char *s, bool lines)
{
	for (const char *p = s; *p; p++)
		if (((unsigned char)*p < 0x20 && !(lines && *p == '\n')) ||
		    *p == 0x7f)
			return false;
	return utf8_valid(s, strlen(s));
}

static int check_ident(const struct ident *who, struct err *err)
{
	if (!*who->name || !clean_text(who->name, false) ||
	    strpbrk(who->name, "<>") || *who->name == ' ' ||
	    str_ends(who->name, " "))
		return err_set(err, ERR_USAGE, "'%s' cannot be an author's "
			       "name", who->name);
	if (!clean_text(who->email, false) || strpbrk(who->email, "<> "))
		return err_set(err, ERR_USAGE, "'%s' cannot be an e-mail "
			       "address", who->email);
	if (who->time < 0)
		return err_set(err, ERR_USAGE, "a time before 1970");
	return 0;
}

/* No line may look like a trailer of ours. */
static int check_lines(const char *text, struct err *err)
{
	const char *line = text;

	while (*line) {
		size_t n = strcspn(line, "\n");

		if (n > LINE_MAX_LEN)
			return err_set(err, ERR_USAGE, "a line of the message "
				       "has over %d bytes", LINE_MAX_LEN);
		if (str_starts(line, "Schemastore-") ||
		    str_starts(line, "gpgsig"))
			return err_set(err, ERR_USAGE, "a line of the message "
				       "begins with '%.*s'",
				       *line == 'S' ? 12 : 6, line);
		line += n + (line[n] == '\n');
	}
	return 0;
}

static int check_message(const struct commit *c, struct err *err)
{
	const char *body = c->body ? c->body : "x";

	if (!*c->subject || strchr(c->subject, '\n') ||
	    !clean_text(c->subject, false) || *c->subject == ' ' ||
	    str_ends(c->subject, " "))
		return err_set(err, ERR_USAGE, "the message's first line is "
			       "empty, or has bytes that a line cannot hold");
	if (!*body || !clean_text(body, true) || *body == '\n' ||
	    str_ends(body, "\n") || strstr(body, "\n\n\n"))
		return err_set(err, ERR_USAGE, "the message's text is not "
			       "clean UTF-8 lines");
	return check_lines(c->subject, err) || check_lines(body, err) ? -1 : 0;
}

static void add_ident(struct buf *b, const char *role, const struct ident *who)
{
	buf_addf(b, "%s %s <%s> %" PRId64 " +0000\n", role, who->name,
		 who->email, who->time);
}

/* A commit is printed whenever one is read: without printf(). */
static void add_line(struct buf *b, const char *key, const char *value)
{
	buf_addstr(b, "Schemastore-");
	buf_addstr(b, key);
	buf_addstr(b, ": ");
	buf_addstr(b, value);
	buf_addch(b, '\n');
}

static void add_hex(struct buf *b, const char *key, const unsigned char *sum)
{
	char hex[SHA256_HEX];

	hex_encode(hex, sum, SHA256_LEN);
	add_line(b, key, hex);
}

static void add_edge(struct buf *b, const struct commit_edge *e)
{
	char up[SHA256_HEX], down[SHA256_HEX] = "-", steps[SHA256_HEX] = "-";

	hex_encode(up, e->up, SHA256_LEN);
	if (e->has_down)
		hex_encode(down, e->down, SHA256_LEN);
	if (e->has_steps)
		hex_encode(steps, e->steps, SHA256_LEN);
	buf_addf(b, "Schemastore-Edge: %u %s %s %s %s\n", e->parent, e->engine,
		 up, down, steps);
}

static void add_trailers(struct buf *b, const struct commit *c)
{
	char hex[SHA256_HEX];

	buf_addf(b, "Schemastore-Format: 0\nSchemastore-Kind: %s\n",
		 commit_kinds[c->kind]);
	if (c->genesis)
		buf_addstr(b, "Schemastore-Project: genesis\n");
	else
		add_hex(b, "Project", c->project);
	buf_addf(b, "Schemastore-Ref: %s\nSchemastore-Seq: %" PRIu64 "\n",
		 c->ref, c->seq);
	if (c->kind != COMMIT_POLICY) {
		hex_encode(hex, c->policy, SHA256_LEN);
		buf_addf(b, "Schemastore-Policy: %" PRIu64 " %s\n",
			 c->policy_seq, hex);
	}
	add_hex(b, "Tree", c->tree256);
	for (size_t i = 0; i < c->nparents; i++)
		add_hex(b, "Parent", c->parents[i].strong.b);
	for (size_t i = 0; i < c->nstates; i++)
		buf_addf(b, "Schemastore-State: %s %s\n", c->states[i].engine,
			 c->states[i].digest);
	for (size_t i = 0; i < c->nedges; i++)
		add_edge(b, &c->edges[i]);
	for (size_t i = 0; i < c->nlines; i++)
		add_line(b, c->lines[i].key, c->lines[i].value);
}

static int check_ledger_lines(const struct commit *c, struct err *err)
{
	size_t key = 0;

	for (size_t i = 0; i < c->nlines; i++) {
		const struct commit_line *l = &c->lines[i];

		/* Each once, but Step. */
		if (i && strcmp(l->key, "Step"))
			key++;
		while (commit_ledger_keys[key] &&
		       strcmp(commit_ledger_keys[key], l->key))
			key++;
		if (!commit_ledger_keys[key] || !*l->value ||
		    !clean_text(l->value, false) ||
		    strlen(l->value) > LINE_MAX_LEN)
			return err_set(err, ERR_USAGE, "ledger line '%s' is "
				       "unknown, out of order or not clean",
				       l->key);
	}
	return 0;
}

/* There is one root, the first policy: whoever has a commit of another kind
 * goes on to its first parent. */
static int check_root(const struct commit *c, struct err *err)
{
	if (c->genesis == !c->nparents &&
	    (!c->genesis || c->kind == COMMIT_POLICY))
		return 0;
	return err_set(err, ERR_USAGE, "only the project's genesis has no "
		       "parent");
}

void commit_strong_id(struct strong_id *out, const char *raw, size_t len)
{
	struct sha256 h;
	char head[40];
	int n = snprintf(head, sizeof(head), "commit %zu", len);

	sha256_start(&h);
	sha256_add(&h, head, (size_t)n + 1);
	sha256_add(&h, raw, len);
	sha256_end(&h, out->b);
}

int commit_print(struct buf *raw, const struct commit *c, struct err *err)
{
	size_t start = raw->len;
	char hex[OID_HEX];

	if (check_ident(&c->author, err) || check_ident(&c->committer, err) ||
	    check_message(c, err) || check_root(c, err) ||
	    check_ledger_lines(c, err))
		return -1;
	oid_hex(hex, &c->tree);
	buf_addf(raw, "tree %s\n", hex);
	for (size_t i = 0; i < c->nparents; i++) {
		oid_hex(hex, &c->parents[i].oid);
		buf_addf(raw, "parent %s\n", hex);
	}
	add_ident(raw, "author", &c->author);
	add_ident(raw, "committer", &c->committer);
	buf_addf(raw, "\n%s\n\n", c->subject);
	if (c->body)
		buf_addf(raw, "%s\n\n", c->body);
	add_trailers(raw, c);
	if (raw->len - start > COMMIT_MAX)
		return err_set(err, ERR_USAGE, "the message is too long: a "
			       "commit has at most %d bytes", COMMIT_MAX);
	return 0;
}

int commit_format(struct buf *raw, struct commit *c, struct err *err)
{
	size_t start = raw->len;

	if (commit_print(raw, c, err))
		return -1;
	object_name(&c->oid, OBJECT_COMMIT, raw->ptr + start,
		    raw->len - start);
	commit_strong_id(&c->strong, raw->ptr + start, raw->len - start);
	return 0;
}

const char *commit_line(const struct commit *c, const char *key)
{
	for (size_t i = 0; i < c->nlines; i++)
		if (!strcmp(c->lines[i].key, key))
			return c->lines[i].value;
	return NULL;
}
