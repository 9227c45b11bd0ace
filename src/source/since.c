/*
 * A source of which an earlier one is known: text, and what it was read as.
 *
 * Both are cut into statements; a table or view with all that hangs on it is
 * a group.  What a group is read as depends on its own text alone, but for
 * the flag `ordered`: so groups that are the same in both are taken from the
 * earlier schema, and only the others are loaded.
 *
 *	was ──▶ groups ──┐ same ──▶ nodes of the earlier schema ─┐
 *	now ──▶ groups ──┴ new ──▶ loaded, read ─────────────────┴▶ schema
 *
 * Whatever is not as simple as that, or goes wrong, is settled by loading the
 * whole, which also says where an error stands.
 */
#include "config.h"

#include "source/loader.h"

#include "ss/kinds.h"

struct group {
	const char *name;	/* of the table or view, as spelled */
	const char *fold;
	const struct kind *kind;
	unsigned char sum[SHA256_LEN];	/* of the statements, in order */
	bool known;
};

struct groups {
	struct pieces pieces;
	struct group *v;
	size_t n;
	size_t cap;
	struct map by_fold;	/* -> index + 1 */
};

struct since {
	const struct engine *engine;
	const struct read_opts *opts;
	const struct source_past *past;
	struct groups was, now;
	struct schema part;	/* what is loaded */
	struct schema *out;
	struct arena arena;
};

static struct group *group_of(const struct groups *g, const char *fold)
{
	size_t i = (size_t)map_find(&g->by_fold, fold);

	return i ? &g->v[i - 1] : NULL;
}

static void add_sum(struct group *g, const struct piece *p)
{
	struct sha256 h;

	sha256_start(&h);
	sha256_add(&h, g->sum, SHA256_LEN);
	sha256_add(&h, p->sum, SHA256_LEN);
	sha256_end(&h, g->sum);
}

static bool group_up(struct groups *g, const struct source *src,
		     struct since *s)
{
	if (!pieces_of(&g->pieces, src, s->engine->spelling, &s->arena))
		return false;
	for (size_t i = 0; i < g->pieces.n; i++) {
		const struct piece *p = &g->pieces.v[i];
		struct group *of = group_of(g, p->base);

		/* What hangs on something hangs on a table or view. */
		if (!of && (p->on || (strcmp(p->kind, "TABLE") &&
				      strcmp(p->kind, "VIEW"))))
			return false;
		if (!of) {
			of = ARENA_PUSH(&s->arena, g->v, g->n, g->cap);
			memset(of, 0, sizeof(*of));
			of->name = p->name;
			of->fold = p->base;
			of->kind = *p->kind == 'T' ? &kind_table : &kind_view;
			map_set(&g->by_fold, p->base, (void *)g->n);
		}
		add_sum(of, p);
	}
	return true;
}

static void find_known(struct since *s)
{
	for (size_t i = 0; i < s->now.n; i++) {
		struct group *g = &s->now.v[i];
		const struct group *was = group_of(&s->was, g->fold);

		g->known = was && !memcmp(was->sum, g->sum, SHA256_LEN);
	}
}

static int load_new(struct since *s, struct conn *c, struct err *err)
{
	for (size_t i = 0; i < s->now.pieces.n; i++) {
		const struct piece *p = &s->now.pieces.v[i];

		if (!group_of(&s->now, p->base)->known &&
		    s->engine->load(c, p->text, p->len, "piece", err))
			return -1;
	}
	return 0;
}

/* Not on a scratch: there a stub stands for what is missing, of which the
 * whole load tells, and where.  It tells of what is new, or of all. */
static int read_new(struct since *s, struct err *err)
{
	struct conn *c = NULL;
	int ret = -1;

	schema_init(&s->part, s->engine->spelling, s->out->arena);
	if (s->engine->copy(&c, NULL, err))
		return -1;
	if (!s->engine->extend(c, s->opts ? s->opts->extensions : NULL, err) &&
	    !load_new(s, c, err) &&
	    !s->engine->read(c, &s->part, s->opts, err))
		ret = 0;
	s->engine->close(c);
	return ret;
}

static bool same_lines(const struct list *a, const struct list *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->v[i], b->v[i]))
			return false;
	return a->n == b->n;
}

/* It was read by the same rules, so what it lacks is what they leave out. */
static bool is_ignored(struct since *s, const struct group *g)
{
	const struct list *ignore = s->opts ? s->opts->ignore : NULL;

	for (size_t i = 0; ignore && i < ignore->n; i++) {
		if (strcmp(fold_name_in(&s->arena, s->engine->spelling,
					ignore->v[i]), g->fold))
			continue;
		if (s->opts->ignored)
			list_add(s->out->arena, s->opts->ignored,
				 arena_strdup(s->out->arena, g->name));
		return true;
	}
	return false;
}

static bool has_origins(const struct node *n)
{
	bool has = n->origin;

	for (size_t i = 0; i < n->nkids && !has; i++)
		has = n->kids[i]->origin;
	return has;
}

/* As it would be read: who it was born as is inherited later. */
static struct node *as_read(struct since *s, struct node *n, bool ordered)
{
	bool table = n->kind == &kind_table;
	struct node *copy;

	if (!has_origins(n) &&
	    (!table || ((struct table *)n)->ordered == ordered))
		return n;
	copy = node_copy(s->out->arena, n);
	copy->origin = NULL;
	for (size_t i = 0; i < copy->nkids; i++)
		copy->kids[i]->origin = NULL;
	if (table)
		((struct table *)copy)->ordered = ordered;
	return copy;
}

/* Of which tables the columns' order counts, by all that is there now. */
static void find_ordered(struct since *s, struct map *out)
{
	struct list names = { NULL, 0 };

	for (size_t i = 0; i < s->now.pieces.n; i++) {
		const struct piece *p = &s->now.pieces.v[i];

		if (*p->kind == 'V' || !strcmp(p->kind, "TRIGGER"))
			s->engine->order_names(&names, p->text, &s->arena);
	}
	for (size_t i = 0; i < names.n; i++)
		map_set(out, names.v[i], s);
}

static int put_together(struct since *s, struct err *err)
{
	struct map ordered = MAP_INIT;
	int ret = -1;

	find_ordered(s, &ordered);
	for (size_t i = 0; i < s->now.n; i++) {
		const struct group *g = &s->now.v[i];
		const struct node *n = schema_find(g->known ? s->past->schema :
						   &s->part, g->kind, g->name);

		if (n)
			schema_add(s->out,
				   as_read(s, (struct node *)n,
					   map_find(&ordered, g->fold)));
		else if (g->known && !is_ignored(s, g))
			goto out;
	}
	s->out->version = s->part.version;
	s->out->settings = s->part.settings;
	ret = schema_seal(s->out, err);
out:
	map_release(&ordered);
	return ret;
}

static bool is_done(struct since *s, const struct source *src)
{
	struct err none = ERR_INIT;

	if (!s->engine->order_names ||
	    !group_up(&s->was, &s->past->source, s) ||
	    !group_up(&s->now, src, s))
		return false;
	find_known(s);
	return !read_new(s, &none) &&
	       same_lines(&s->part.settings, &s->past->schema->settings) &&
	       !put_together(s, &none);
}

int source_schema_since(struct schema *out, const struct source *src,
			const struct source_past *past,
			const struct engine *engine,
			const struct read_opts *opts, struct err *err)
{
	struct since s = {
		.engine = engine, .opts = opts, .past = past, .out = out,
	};
	struct list *ignored = opts ? opts->ignored : NULL;
	size_t nignored = ignored ? ignored->n : 0;
	struct arena *a = past->schema->arena;
	bool done;

	schema_init(out, engine->spelling, a);
	done = is_done(&s, src);
	schema_release(&s.part);
	map_release(&s.was.by_fold);
	map_release(&s.now.by_fold);
	map_release(&s.was.pieces.by_sum);
	map_release(&s.now.pieces.by_sum);
	arena_release(&s.arena);
	if (done)
		return 0;
	schema_release(out);
	if (ignored)
		ignored->n = nignored;
	return source_schema(out, src, engine, opts, a, err);
}
