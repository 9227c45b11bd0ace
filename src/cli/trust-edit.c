/*
 * A policy's text, as a person writes it.
 */
#include "config.h"

#include "cli/trust.h"

/* ---- databases ---------------------------------------------------------- */

static const char *new_id(struct ctx *c)
{
	unsigned char id[16];
	char hex[33];

	random_bytes(id, sizeof(id));
	hex_encode(hex, id, sizeof(id));
	return arena_strdup(&c->arena, hex);
}

static int not_configured(const char *name, struct err *err)
{
	err_set(err, ERR_USAGE, "database '%s' is not configured, and the "
		"store has no ledger of it", name);
	return err_hint(err, "name its id, 32 digits, behind it; or "
			"'schemastore config database.%s.url URL'", name);
}

/* That of its ledger, as the store has seen it, or the database itself has it;
 * one that has none gets it by its first change. */
static int find_id(const char **out, struct ctx *c, const char *name,
		   struct err *err)
{
	const char *ref = arena_printf(&c->arena, LEDGER_REFS "%s", name);
	const char *url = conf_get(&c->project.conf,
				   arena_printf(&c->arena, "database.%s.url",
						name));
	struct database db = { .name = name };
	struct ledger l;
	struct oid id;
	int ret = ref_name_valid(ref) ?
		  ref_read(&id, c->project.store, ref, err) : 0;

	if (ret < 0)
		return -1;
	if (!ret && !url)
		return not_configured(name, err);
	if ((url && project_database(&db, &c->project, name, err)) ||
	    ledger_look(&l, &c->project, &db, &c->arena, err))
		return -1;
	*out = l.db_id ? l.db_id : new_id(c);
	return 0;
}

int trust_add_line(struct buf *out, struct ctx *c, const char *line,
		   struct err *err)
{
	const char *name, *rest, *id;
	size_t n;

	buf_addstr(out, line);
	buf_addch(out, '\n');
	if (!str_starts(line, "db "))
		return 0;
	name = line + 3 + strspn(line + 3, " ");
	n = strcspn(name, " ");
	rest = name + n + strspn(name + n, " ");
	if (!str_starts(rest, "deploy "))
		return 0;
	name = arena_strndup(&c->arena, name, n);
	if (find_id(&id, c, name, err))
		return -1;
	buf_truncate(out, out->len - strlen(line) - 1);
	buf_addf(out, "db %s %s %s\n", name, id, rest);
	if (!c->global.quiet && !c->global.json)
		out_addf(c, COLOR_NONE, "Database %s has the id %s\n", name,
			 id);
	return 0;
}

/* ---- the editor --------------------------------------------------------- */

static const char head[] =
	"# Who may do what: see schemastore-policy(5).  Lines may be in any "
	"order;\n# what stands behind a # is not read, nor are seq, prev and "
	"seals.\n";

static void add_databases(struct buf *b, struct ctx *c,
			  const struct policy *p)
{
	struct list names = conf_subs(&c->project.conf, "database", &c->arena);

	for (size_t i = 0; i < names.n; i++)
		if (!policy_rule(p, arena_printf(&c->arena, LEDGER_REFS "%s",
						 names.v[i])))
			buf_addf(b, "# db %s deploy PERSON from "
				 "refs/heads/main mirror required\n",
				 names.v[i]);
}

static int nothing_new(struct err *err)
{
	err_set(err, ERR_USAGE, "what is to change?");
	return err_hint(err, "say --add LINE, --remove LINE, or edit the text "
			"of 'schemastore trust show --text' and say --file "
			"FILE");
}

int trust_edit(struct buf *text, struct ctx *c, const struct policy *p,
	       struct err *err)
{
	struct store *s = c->project.store;
	struct err none = ERR_INIT;
	struct buf b = BUF_INIT;
	int ret;

	if (!edit_with(c) && !can_ask(c))
		return nothing_new(err);
	buf_addstr(&b, head);
	buf_add(&b, text->ptr, text->len);
	add_databases(&b, c, p);
	buf_truncate(text, 0);
	buf_add(text, b.ptr, b.len);
	store_unlock(s);
	ret = edit_buf(text, c, "POLICY", err);
	if (!ret && text->len == b.len && !memcmp(text->ptr, b.ptr, b.len))
		ret = nothing_new(err);
	buf_release(&b);
	return store_lock(s, ret ? &none : err) || ret ? -1 : 0;
}
