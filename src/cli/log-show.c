/*
 * A version as `git log` shows a commit, a graph of them beside it:
 *
 *	*   version 5f3a... (HEAD -> main)
 *	|\  Merge: 90ab... 17c2...
 *	| | Author: ...
 */
#include "config.h"

#include "cli/log.h"

/* ---- names -------------------------------------------------------------- */

static void add_name(struct log *l, const struct oid *id, const char *name)
{
	struct arena *a = &l->c->arena;
	const char *old = map_find_bytes(&l->names, id->b, SHA1_LEN);

	map_set_bytes(&l->names, id->b, SHA1_LEN, old ?
		      arena_printf(a, "%s, %s", old, name) :
		      arena_strdup(a, name));
}

/* Git's order: HEAD, tags, remotes' branches, branches; the last of them
 * first. */
static void add_ref(struct log *l, const struct ref *r)
{
	static const struct {
		const char *below, *mark;
	} kinds[] = {
		{ "refs/heads/", "" },
		{ "refs/remotes/", "" },
		{ "refs/tags/", "tag: " },
	};
	struct arena *a = &l->c->arena;
	struct store *s = l->c->project.store;
	struct err none = ERR_INIT;
	struct oid id = r->oid;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t n = strlen(kinds[i].below);

		if (strncmp(r->name, kinds[i].below, n))
			continue;
		/* An annotated tag; one that cannot be read is fsck's. */
		if (*kinds[i].mark && store_peel(&id, s, &none) <= 0)
			id = r->oid;
		add_name(l, &id, arena_printf(a, "%s%s", kinds[i].mark,
					      r->name + n));
	}
}

int log_names(struct log *l, struct err *err)
{
	struct ctx *c = l->c;
	struct store *s = c->project.store;
	struct err nowhere = ERR_INIT;
	const char *current = "";
	struct ref *refs;
	struct oid head;
	size_t n;
	int ret = ref_read(&head, s, "HEAD", err);

	if (ret < 0 || ref_list(&refs, &n, s, "refs/", &c->arena, err))
		return -1;
	if (head_ref(&current, s, &c->arena, &nowhere))
		add_name(l, &head, "HEAD");
	else if (ret)
		add_name(l, &head, arena_printf(&c->arena, "HEAD -> %s",
						current +
						strlen("refs/heads/")));
	for (size_t i = n; i-- > 0;)
		if (strcmp(refs[i].name, current))
			add_ref(l, &refs[i]);
	return 0;
}

/* ---- a version ---------------------------------------------------------- */

static void add_title(struct log *l, const struct commit *v, const char *id)
{
	const char *names = map_find_bytes(&l->names, v->oid.b, SHA1_LEN);

	out_addf(l->c, COLOR_YELLOW, names ? "%s%s (%s)" : "%s%s",
		 l->oneline ? "" : "version ", id, names);
}

/* Each line of it, as far in as git has it. */
static void add_message(struct ctx *c, const char *text)
{
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		out_addf(c, COLOR_NONE, "    %.*s\n", (int)n, text);
	}
}

/* What a squash stands for, where it is here. */
static void add_replaced(struct ctx *c, const struct commit *v)
{
	struct err none = ERR_INIT;
	struct oid id;

	if (squash_replaced(&id, c->project.store, v, &none) > 0)
		out_addf(c, COLOR_NONE, "\nReplaces: %s", short_id(c, &id));
	else if (v->replaces)
		out_addf(c, COLOR_NONE, "\nReplaces: versions that are not "
			 "here");
}

/* drawn: the parents that stand for its own; NULL: these. */
static void add_head(struct log *l, const struct commit *v,
		     const struct link *drawn)
{
	struct ctx *c = l->c;
	size_t n = drawn ? drawn->nparents : v->nparents;
	struct err none = ERR_INIT;
	char hex[OID_HEX];
	struct oid id;

	oid_hex(hex, &v->oid);
	add_title(l, v, hex);
	if (landing_of(&id, c->project.store, v, &none) > 0) {
		out_addf(c, COLOR_NONE, "\nLanded: %s", short_id(c, &id));
		n = 1;
	}
	if (n > 1)
		out_addf(c, COLOR_NONE, "\nMerge:");
	for (size_t i = 0; n > 1 && i < n; i++)
		out_addf(c, COLOR_NONE, " %s",
			 short_id(c, drawn ? &drawn->parents[i] :
				  &v->parents[i].oid));
	add_replaced(c, v);
}

static void add_message_of(struct ctx *c, const struct commit *v)
{
	out_addf(c, COLOR_NONE, "\nAuthor: %s <%s>\nDate:   %s\n\n",
		 v->author.name, v->author.email,
		 format_time(&c->arena, v->author.time));
	add_message(c, v->subject);
	if (v->body) {
		add_message(c, "\n");
		add_message(c, v->body);
	}
}

void log_add_head(struct log *l, const struct commit *v)
{
	add_head(l, v, NULL);
	add_message_of(l->c, v);
}

/* A merge has changed nothing of its own, or so git says, too. */
static int add_changes(struct log *l, const struct commit *v, struct err *err)
{
	struct ctx *c = l->c;
	struct parts parts = parts_of(c, l->engines);
	const struct list *names = c->paths.n ? &c->paths : NULL;
	size_t start = c->out.len, body;
	struct version_change ch;
	int ret = 0;

	if (!l->oneline)
		buf_addch(&c->out, '\n');
	body = c->out.len;
	for (size_t i = 0; !ret && i < l->engines->n; i++) {
		ret = version_change_read(&ch, c, v, l->engines->v[i], names,
					  err);
		if (ret)
			break;
		part_begin(&parts, l->engines->v[i], false);
		if (l->stat)
			print_version_stat(c, &ch);
		if (l->patch)
			print_version_change(c, &ch);
		part_end(&parts);
	}
	parts_close(&parts);
	if (c->out.len == body)
		buf_truncate(&c->out, start);
	return ret;
}

static int add_signature(struct log *l, const struct commit *v,
			 const char *before, const char *behind,
			 struct err *err)
{
	if (!l->signature)
		return 0;
	out_addf(l->c, COLOR_NONE, "%s", before);
	if (log_add_signature(l->c, v, err))
		return -1;
	out_addf(l->c, COLOR_NONE, "%s", behind);
	return 0;
}

static int add_version(struct log *l, const struct commit *v,
		       const struct link *drawn, struct err *err)
{
	if (l->oneline) {
		add_title(l, v, short_id(l->c, &v->oid));
		out_addf(l->c, COLOR_NONE, " %s", v->subject);
		if (add_signature(l, v, " [", "]", err))
			return -1;
		out_addf(l->c, COLOR_NONE, "\n");
	} else {
		add_head(l, v, l->rewritten ? drawn : NULL);
		if (add_signature(l, v, "\nSignature: ", "", err))
			return -1;
		add_message_of(l->c, v);
	}
	return (l->patch || l->stat) && v->nparents < 2 ?
	       add_changes(l, v, err) : 0;
}

/* ---- beside the graph --------------------------------------------------- */

/* What stands in the answer from `start` on. */
static void draw(struct log *l, size_t start)
{
	struct buf *out = &l->c->out, text = BUF_INIT;
	const char *p, *end;

	buf_add(&text, out->ptr + start, out->len - start);
	buf_truncate(out, start);
	while (!graph_line(l->graph, out))
		buf_addch(out, '\n');
	for (p = text.ptr, end = p + text.len; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((newline ? newline : end) - p);

		buf_add(out, p, n);
		buf_addch(out, '\n');
		p += n + 1;
		if (p < end)
			graph_line(l->graph, out);
	}
	while (!graph_is_done(l->graph)) {
		graph_line(l->graph, out);
		buf_addch(out, '\n');
	}
	buf_release(&text);
}

int log_show(struct log *l, const struct commit *v, const struct link *drawn,
	     struct err *err)
{
	struct ctx *c = l->c;
	size_t start;

	if (l->graph)
		graph_take(l->graph, &v->oid,
			   arena_memdup(&c->arena, drawn->parents,
					drawn->nparents * sizeof(struct oid)),
			   drawn->nparents);
	if (l->began && !l->oneline) {
		if (l->graph)
			graph_space(l->graph, &c->out);
		buf_addch(&c->out, '\n');
	}
	l->began = true;
	start = c->out.len;
	if (add_version(l, v, drawn, err))
		return -1;
	if (l->graph)
		draw(l, start);
	return 0;
}
