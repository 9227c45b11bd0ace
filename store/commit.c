/*
 * The one kind of commit: its canonical bytes, written.
 */
#include "config.h"

#include "ss/commit.h"

#include "ss/key.h"
#include "ss/ref-name.h"

#include "store/commit.h"

#define COMMIT_MAX (64 * 1024)
#define LINE_MAX_LEN 4096

/* In the order in which they stand. */
const char *const commit_kinds[COMMIT_N] = {
	[COMMIT_SCHEMA] = "schema",
	[COMMIT_POLICY] = "policy",
	[COMMIT_LEDGER] = "ledger",
	[COMMIT_APPROVAL] = "approval",
	[COMMIT_CHECKPOINT] = "checkpoint",
};
const char *const commit_ledger_keys[] = {
	"Db", "Event", "Op", "From", "To", "Restored", "Plan", "Step", "Sql",
	"Target", "Session", "Checkpoint", "Started", "Begin", "Finished",
	"Outcome", "Observed", NULL
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

/* A commit is printed whenever one is read: without printf(). */
static void add_ident(struct buf *b, const char *role, const struct ident *who)
{
	buf_addstr(b, role);
	buf_addstr(b, who->name);
	buf_addstr(b, " <");
	buf_addstr(b, who->email);
	buf_addstr(b, "> ");
	buf_addu(b, (uint64_t)who->time);
	buf_addstr(b, " +0000\n");
}

static void add_key(struct buf *b, const char *key)
{
	buf_addstr(b, "Schemastore-");
	buf_addstr(b, key);
	buf_addstr(b, ": ");
}

static void add_line(struct buf *b, const char *key, const char *value)
{
	add_key(b, key);
	buf_addstr(b, value);
	buf_addch(b, '\n');
}

static void add_number(struct buf *b, const char *key, uint64_t v, char end)
{
	add_key(b, key);
	buf_addu(b, v);
	buf_addch(b, end);
}

static void add_sum(struct buf *b, const unsigned char *sum, char end)
{
	buf_addhex(b, sum, SHA256_LEN);
	buf_addch(b, end);
}

static void add_hex(struct buf *b, const char *key, const unsigned char *sum)
{
	add_key(b, key);
	add_sum(b, sum, '\n');
}

/* The sum, or "-". */
static void add_edge_sum(struct buf *b, const unsigned char *sum, bool has)
{
	buf_addch(b, ' ');
	if (has)
		buf_addhex(b, sum, SHA256_LEN);
	else
		buf_addch(b, '-');
}

static void add_edge(struct buf *b, const struct commit_edge *e)
{
	add_number(b, "Edge", e->parent, ' ');
	buf_addstr(b, e->engine);
	add_edge_sum(b, e->up, true);
	add_edge_sum(b, e->down, e->has_down);
	add_edge_sum(b, e->steps, e->has_steps);
	buf_addch(b, '\n');
}

static void add_state(struct buf *b, const struct commit_state *s)
{
	add_key(b, "State");
	buf_addstr(b, s->engine);
	buf_addch(b, ' ');
	buf_addstr(b, s->digest);
	buf_addch(b, '\n');
}

static void add_trailers(struct buf *b, const struct commit *c)
{
	add_line(b, "Format", c->is_signed ? "1" : "0");
	add_line(b, "Kind", commit_kinds[c->kind]);
	if (c->genesis)
		add_line(b, "Project", "genesis");
	else
		add_hex(b, "Project", c->project);
	add_line(b, "Ref", c->ref);
	add_number(b, "Seq", c->seq, '\n');
	if (c->kind != COMMIT_POLICY) {
		add_number(b, "Policy", c->policy_seq, ' ');
		add_sum(b, c->policy, '\n');
	}
	add_hex(b, "Tree", c->tree256);
	for (size_t i = 0; i < c->nparents; i++)
		add_hex(b, "Parent", c->parents[i].strong.b);
	for (size_t i = 0; i < c->nstates; i++)
		add_state(b, &c->states[i]);
	for (size_t i = 0; i < c->nedges; i++)
		add_edge(b, &c->edges[i]);
	if (c->replaces)
		add_hex(b, "Replaces", c->replaced.b);
	if (c->kind == COMMIT_APPROVAL) {
		add_hex(b, "Approves", c->approves.b);
		add_hex(b, "Onto", c->onto.b);
	}
	for (size_t i = 0; i < c->nlines; i++)
		add_line(b, c->lines[i].key, c->lines[i].value);
}

/* A line of git's own, with an object's name. */
static void add_oid(struct buf *b, const char *key, const struct oid *id)
{
	buf_addstr(b, key);
	buf_addhex(b, id->b, SHA1_LEN);
	buf_addch(b, '\n');
}

static void add_text(struct buf *b, const char *text)
{
	buf_addstr(b, text);
	buf_addstr(b, "\n\n");
}

static bool is_engine(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyz")];
}

/* "s1:" digest */
static bool is_state(const struct commit_state *s)
{
	unsigned char sum[SHA256_LEN];

	return is_engine(s->engine) && str_starts(s->digest, "s1:") &&
	       strlen(s->digest) == 3 + 2 * SHA256_LEN &&
	       !hex_decode(sum, s->digest + 3, SHA256_LEN);
}

/* Before that one, of the same engine. */
static bool has_state(const struct commit *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(c->states[i].engine, c->states[n].engine))
			return true;
	return false;
}

/* What is kept as text has one spelling, too. */
static int check_values(const struct commit *c, struct err *err)
{
	if (!ref_name_valid(c->ref))
		return err_set(err, ERR_USAGE, "'%s' cannot be a ref's name",
			       c->ref);
	for (size_t i = 0; i < c->nstates; i++)
		if (!is_state(&c->states[i]) || has_state(c, i))
			return err_set(err, ERR_USAGE, "a state is no "
				       "schema's digest, or there twice");
	for (size_t i = 0; i < c->nedges; i++)
		if (!is_engine(c->edges[i].engine) ||
		    commit_edge_find(c, c->edges[i].parent,
				     c->edges[i].engine) != &c->edges[i])
			return err_set(err, ERR_USAGE, "an edge is of no "
				       "engine, or there twice");
	return 0;
}

static int check_parents(const struct commit *c, struct err *err)
{
	for (size_t i = 1; i < c->nparents; i++)
		for (size_t k = 0; k < i; k++)
			if (oid_equal(&c->parents[i].oid, &c->parents[k].oid))
				return err_set(err, ERR_USAGE, "a parent is "
					       "there twice");
	return 0;
}

/* seq " " strong-id */
static bool is_checkpoint(const char *value)
{
	size_t digits = strspn(value, "0123456789");
	unsigned char id[SHA256_LEN];

	return digits && *value != '0' && value[digits] == ' ' &&
	       strlen(value + digits + 1) == 2 * SHA256_LEN &&
	       !hex_decode(id, value + digits + 1, SHA256_LEN);
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
		    strlen(l->value) > LINE_MAX_LEN ||
		    (!strcmp(l->key, "Checkpoint") && !is_checkpoint(l->value)))
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

/* One version stands for a run of them. */
static int check_replaces(const struct commit *c, struct err *err)
{
	if (!c->replaces || (c->kind == COMMIT_SCHEMA && c->nparents == 1))
		return 0;
	return err_set(err, ERR_USAGE, "only a version with one parent stands "
		       "for others");
}

/* An approval stands on the one thing that it approves; a witness's on the
 * one before it, too. */
static int check_approval(const struct commit *c, struct err *err)
{
	size_t most = str_starts(c->ref, WITNESS_REFS) ? 2 : 1;

	if (c->kind != COMMIT_APPROVAL ||
	    (c->nparents && c->nparents <= most &&
	     !memcmp(c->parents[0].strong.b, c->approves.b, SHA256_LEN)))
		return 0;
	return err_set(err, ERR_USAGE, "an approval's only parent is what it "
		       "approves");
}

static int check_checkpoint(const struct commit *c, struct err *err)
{
	if (c->kind != COMMIT_CHECKPOINT ||
	    (c->nparents == 1 && !strcmp(c->ref, CHECKPOINTS_REF)))
		return 0;
	return err_set(err, ERR_USAGE, "a checkpoint has one parent, and is "
		       "made for " CHECKPOINTS_REF);
}

void commit_strong_id(struct strong_id *out, const char *raw, size_t len)
{
	object_name256(out->b, OBJECT_COMMIT, raw, len);
}

/* What is signed is all but the signature. */
static int print(struct buf *raw, const struct commit *c, bool with_sig,
		 struct err *err)
{
	size_t start = raw->len;

	if (check_ident(&c->author, err) || check_ident(&c->committer, err) ||
	    check_message(c, err) || check_values(c, err) ||
	    check_parents(c, err) || check_root(c, err) ||
	    check_ledger_lines(c, err) || check_replaces(c, err) ||
	    check_approval(c, err) || check_checkpoint(c, err))
		return -1;
	add_oid(raw, "tree ", &c->tree);
	for (size_t i = 0; i < c->nparents; i++)
		add_oid(raw, "parent ", &c->parents[i].oid);
	add_ident(raw, "author ", &c->author);
	add_ident(raw, "committer ", &c->committer);
	if (with_sig) {
		buf_addstr(raw, "gpgsig ");
		sshsig_add(raw, &c->sig, " ");
	}
	buf_addch(raw, '\n');
	add_text(raw, c->subject);
	if (c->body)
		add_text(raw, c->body);
	add_trailers(raw, c);
	if (raw->len - start > COMMIT_MAX)
		return err_set(err, ERR_USAGE, "the message is too long: a "
			       "commit has at most %d bytes", COMMIT_MAX);
	return 0;
}

int commit_print(struct buf *raw, const struct commit *c, struct err *err)
{
	return print(raw, c, c->is_signed, err);
}

int commit_sign(struct commit *c, struct key *key, struct arena *a,
		struct err *err)
{
	struct buf raw = BUF_INIT;
	struct bytes p;
	int ret;

	if (!key)
		return 0;
	c->is_signed = true;
	ret = print(&raw, c, false, err);
	p.ptr = raw.ptr;
	p.len = raw.len;
	if (!ret && key_sign(&c->sig, key, &p, a, err))
		ret = err_wrap(err, "signing '%s'", c->subject);
	buf_release(&raw);
	return ret;
}

/* raw is of one form: no line before it begins with that word. */
void commit_add_signed(struct buf *b, const struct buf *raw)
{
	const char *from = strstr(raw->ptr, "\ngpgsig "), *end = from;

	if (!from) {
		buf_add(b, raw->ptr, raw->len);
		return;
	}
	do
		end = strchr(end + 1, '\n');
	while (end[1] == ' ');
	buf_add(b, raw->ptr, (size_t)(from - raw->ptr));
	buf_add(b, end, (size_t)(raw->ptr + raw->len - end));
}

int commit_verify(const struct commit *c, struct err *err)
{
	struct buf raw = BUF_INIT;
	int ret;

	if (!c->is_signed)
		return 0;
	ret = print(&raw, c, false, err);
	if (!ret)
		ret = sshsig_verify(&c->sig, raw.ptr, raw.len, err);
	buf_release(&raw);
	return ret;
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

const struct commit_edge *commit_edge_find(const struct commit *c,
					   unsigned parent,
					   const char *engine)
{
	for (size_t i = 0; i < c->nedges; i++)
		if (c->edges[i].parent == parent &&
		    !strcmp(c->edges[i].engine, engine))
			return &c->edges[i];
	return NULL;
}

const char *commit_line(const struct commit *c, const char *key)
{
	for (size_t i = 0; i < c->nlines; i++)
		if (!strcmp(c->lines[i].key, key))
			return c->lines[i].value;
	return NULL;
}
