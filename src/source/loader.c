/*
 * A warm scratch for one source's many versions.
 *
 * Where a text is nothing but CREATE TABLE, INDEX, VIEW and TRIGGER, what a
 * statement makes does not depend on the others, so that the next version is
 * reached by dropping what has vanished and running what is new.  Whatever
 * else stands in it, or goes wrong, is settled by loading the whole text anew.
 */
#include "config.h"

#include "source/loader.h"

#include <stdlib.h>

#include "ss/sqltok.h"

struct source_loader {
	const struct engine *engine;
	struct conn *conn;
	struct arena arenas[2];
	struct pieces now;	/* what is loaded; n 0: nothing usable */
	unsigned which;
};

int source_loader_open(struct source_loader **out, const struct engine *engine,
		       struct err *err)
{
	struct source_loader *l = xmalloc(sizeof(*l));

	(void)err;
	memset(l, 0, sizeof(*l));
	l->engine = engine;
	*out = l;
	return 0;
}

void source_loader_close(struct source_loader *l)
{
	if (!l)
		return;
	if (l->conn)
		l->engine->close(l->conn);
	map_release(&l->now.by_sum);
	arena_release(&l->arenas[0]);
	arena_release(&l->arenas[1]);
	free(l);
}

/* CREATE [UNIQUE] kind name ...; tok is the first of the statement. */
static bool classify(struct piece *p, struct sqllex *lex, struct arena *a)
{
	static const char *const kinds[] = {
		"TABLE", "INDEX", "VIEW", "TRIGGER",
	};
	struct sqltok t;

	if (!sqltok_next(lex, &t))
		return false;
	if (sqltok_is(&t, "UNIQUE") && !sqltok_next(lex, &t))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (sqltok_is(&t, kinds[i]))
			p->kind = kinds[i];
	if (!p->kind || !sqltok_next(lex, &t) || !sqltok_is_name(&t) ||
	    sqltok_is(&t, "IF"))
		return false;
	p->name = sqltok_name(a, &t);
	return true;
}

/* The rest of the statement: to its semicolon, or, for a trigger, to the one
 * behind END.  False where it is none of the simple ones. */
static bool finish_piece(struct piece *p, struct sqllex *lex, struct arena *a)
{
	bool trigger = !strcmp(p->kind, "TRIGGER");
	bool hangs = trigger || !strcmp(p->kind, "INDEX");
	bool ended = !trigger, first = true, want_on = false, named = false;
	struct sqltok t, before = { 0 };

	while (sqltok_next(lex, &t)) {
		if (first && sqltok_is(&t, "."))
			return false;
		if (!strcmp(p->kind, "TABLE") && first && sqltok_is(&t, "AS"))
			return false;
		first = false;
		/* ON schema.table is no name that can be looked up. */
		if (p->on && named && sqltok_is(&t, "."))
			return false;
		named = hangs && want_on && !p->on;
		if (named)
			p->on = sqltok_name(a, &t);
		want_on = sqltok_is(&t, "ON");
		if (sqltok_is(&t, ";")) {
			ended = !trigger || sqltok_is(&before, "END");
			if (ended)
				break;
		}
		before = t;
	}
	p->len = lex->pos - (size_t)(p->text - lex->text);
	return ended || (trigger && sqltok_is(&before, "END"));
}

/* Names are made once, and before something hangs on them: else the text may
 * not load at all, which running what is new would not show. */
static bool in_order(struct pieces *ps, const struct spelling *sp,
		     struct arena *a)
{
	struct map names = MAP_INIT;
	bool ok = true;

	for (size_t i = 0; i < ps->n && ok; i++) {
		struct piece *p = &ps->v[i];
		const char *name = fold_name_in(a, sp, p->name);

		p->base = p->on ? fold_name_in(a, sp, p->on) : name;
		ok = !map_find(&names, name) &&
		     (!p->on || map_find(&names, p->base));
		map_set(&names, name, p);
	}
	map_release(&names);
	return ok;
}

static bool split(struct pieces *out, const struct source_file *f,
		  struct arena *a)
{
	struct sqllex lex = sqllex_init(f->text, f->len);
	struct sqltok t;

	while (sqltok_next(&lex, &t)) {
		struct piece *p;

		if (sqltok_is(&t, ";"))
			continue;
		if (!sqltok_is(&t, "CREATE"))
			return false;
		p = ARENA_PUSH(a, out->v, out->n, out->cap);
		memset(p, 0, sizeof(*p));
		p->text = t.ptr;
		if (!classify(p, &lex, a) || !finish_piece(p, &lex, a))
			return false;
		p->text = arena_strndup(a, p->text, p->len);
		sha256_of(p->sum, p->text, p->len);
	}
	return true;
}

/* A NUL byte is refused, and a vertical tab only sometimes taken, wherever
 * they stand: between two statements, too. */
static bool is_plain(const struct source_file *f)
{
	return !memchr(f->text, '\0', f->len) && !memchr(f->text, '\v', f->len);
}

bool pieces_of(struct pieces *out, const struct source *src,
	       const struct spelling *sp, struct arena *a)
{
	for (size_t i = 0; i < src->n; i++)
		if (!is_plain(&src->files[i]) || !split(out, &src->files[i], a))
			return false;
	for (size_t i = 0; i < out->n; i++)
		map_set_bytes(&out->by_sum, out->v[i].sum, SHA256_LEN,
			      &out->v[i]);
	return in_order(out, sp, a);
}

static int load_whole(struct source_loader *l, const struct source *src,
		      const struct read_opts *opts, struct err *err)
{
	if (l->conn)
		l->engine->close(l->conn);
	l->conn = NULL;
	if (source_scratch(&l->conn, l->engine, opts, err))
		return -1;
	for (size_t i = 0; i < src->n; i++)
		if (l->engine->load(l->conn, src->files[i].text,
				    src->files[i].len, src->files[i].path,
				    err))
			return -1;
	return 0;
}

/* DROP of what a piece has made; its name is quoted as every engine reads. */
static int drop_piece(struct source_loader *l, const struct piece *p,
		      struct err *err)
{
	struct buf b = BUF_INIT;
	int ret;

	buf_addf(&b, "DROP %s IF EXISTS \"", p->kind);
	for (const char *c = p->name; *c; c++) {
		if (*c == '"')
			buf_addch(&b, '"');
		buf_addch(&b, *c);
	}
	buf_addch(&b, '"');
	ret = l->engine->exec(l->conn, b.ptr, err);
	buf_release(&b);
	return ret;
}

static bool is_remade(const struct map *remade, const char *table,
		      const struct engine *e)
{
	struct buf b = BUF_INIT;
	bool found;

	if (!table)
		return false;
	e->spelling->fold_name(&b, table);
	found = map_find(remade, b.ptr);
	buf_release(&b);
	return found;
}

static void note_remade(struct map *remade, const struct piece *p,
			const struct engine *e)
{
	struct buf b = BUF_INIT;

	e->spelling->fold_name(&b, p->name);
	map_set(remade, b.ptr, (void *)p);
	buf_release(&b);
}

/* From what is loaded to the next pieces; -1 where that does not work out. */
static int step(struct source_loader *l, struct pieces *next, struct err *err)
{
	struct map remade = MAP_INIT;
	int ret = -1;

	for (size_t i = 0; i < l->now.n; i++) {
		struct piece *p = &l->now.v[i];

		if (map_find_bytes(&next->by_sum, p->sum, SHA256_LEN))
			continue;
		if (!p->on)
			note_remade(&remade, p, l->engine);
		if (drop_piece(l, p, err))
			goto out;
	}
	for (size_t i = 0; i < next->n; i++) {
		struct piece *p = &next->v[i];

		/* A dropped table took its indexes and triggers along. */
		if (map_find_bytes(&l->now.by_sum, p->sum, SHA256_LEN) &&
		    !is_remade(&remade, p->on, l->engine))
			continue;
		if (l->engine->load(l->conn, p->text, p->len, "piece", err))
			goto out;
	}
	ret = 0;
out:
	map_release(&remade);
	return ret;
}

int source_loader_next(struct schema *out, struct source_loader *l,
		       const struct source *src, const struct read_opts *opts,
		       struct arena *a, struct err *err)
{
	struct arena *arena = &l->arenas[l->which];
	struct pieces next = { 0 };
	struct err failed = ERR_INIT;
	bool simple = l->engine->order_names &&
		      pieces_of(&next, src, l->engine->spelling, arena);
	int ret = -1;

	if (l->conn && l->now.n && simple)
		ret = step(l, &next, &failed);
	if (ret && load_whole(l, src, opts, err)) {
		/* What is loaded now is neither the last one nor this. */
		l->now.n = 0;
		map_release(&next.by_sum);
		return -1;
	}
	map_release(&l->now.by_sum);
	l->now = next;
	if (!simple)
		l->now.n = 0;
	l->which = !l->which;
	arena_release(&l->arenas[l->which]);
	schema_init(out, l->engine->spelling, a);
	return l->engine->read(l->conn, out, opts, err);
}
