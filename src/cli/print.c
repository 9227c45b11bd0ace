/*
 * Changes, plans and versions as text and as JSON.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cmd.h"

#include "ss/kinds.h"

const char *short_id(struct ctx *c, const struct oid *id)
{
	char hex[OID_HEX];

	oid_short(hex, c->project.store, id);
	return arena_strdup(&c->arena, hex);
}

const char *version_title(struct ctx *c, const struct commit *v)
{
	return arena_printf(&c->arena, "%s %s", short_id(c, &v->oid),
			    v->subject);
}

/* ---- changes ------------------------------------------------------------ */

static const struct {
	char mark;
	enum color color;
} ops[] = {
	[CHANGE_ADD] = { '+', COLOR_GREEN },
	[CHANGE_DROP] = { '-', COLOR_RED },
	[CHANGE_ALTER] = { '~', COLOR_YELLOW },
};
_Static_assert(ARRAY_LEN(ops) == CHANGE_N, "a mark per operation");

/* A long body is not shown on one line: its lines say enough. */
static void print_field(struct ctx *c, const struct change *ch,
			const struct field *f, int depth)
{
	struct buf from = BUF_INIT, to = BUF_INIT;

	field_add_value(&from, ch->from, f);
	field_add_value(&to, ch->to, f);
	if (strchr(from.ptr, '\n') || strchr(to.ptr, '\n'))
		out_addf(c, COLOR_NONE, "%*s%s: changed\n", depth * 2, "",
			 f->name);
	else
		out_addf(c, COLOR_NONE, "%*s%s: %s -> %s\n", depth * 2, "",
			 f->name, from.ptr, to.ptr);
	buf_release(&from);
	buf_release(&to);
}

static bool is_empty(const struct node *n, const struct field *f)
{
	if (f->type == FIELD_FLAG)
		return !field_flag(n, f);
	if (f->type == FIELD_NAMES || f->type == FIELD_SQLS)
		return !field_list(n, f)->n;
	return !field_str(n, f);
}

static void print_change(struct ctx *c, const struct change *ch, int depth);

/* A node that came or went: what it is, and its parts. */
static void print_whole(struct ctx *c, const struct change *ch,
			const struct node *n, int depth)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < n->kind->nfields; i++) {
		const struct field *f = &n->kind->fields[i];

		if (is_empty(n, f))
			continue;
		buf_truncate(&text, 0);
		field_add_value(&text, n, f);
		if (!strchr(text.ptr, '\n'))
			out_addf(c, ops[ch->op].color, "%*s    %s: %s\n",
				 depth * 2, "", f->name, text.ptr);
	}
	buf_release(&text);
	for (size_t i = 0; i < n->nkids; i++) {
		struct change kid = { .op = ch->op };

		*(ch->to ? &kid.to : &kid.from) = n->kids[i];
		print_change(c, &kid, depth + 1);
	}
}

static void print_change(struct ctx *c, const struct change *ch, int depth)
{
	const struct node *n = ch->to ? ch->to : ch->from;
	const char *was = "";

	if (ch->renamed)
		was = arena_printf(&c->arena, " (was %s)", ch->from->name);
	out_addf(c, ops[ch->op].color, "%*s%c %s%s%s%s\n", depth * 2, "",
		 ops[ch->op].mark, n->kind->word, n->name ? " " : "",
		 n->name ? n->name : "", was);
	if (ch->op != CHANGE_ALTER) {
		print_whole(c, ch, n, depth);
		return;
	}
	for (size_t i = 0; i < n->kind->nfields; i++)
		if (ch->fields & (uint64_t)1 << i)
			print_field(c, ch, &n->kind->fields[i], depth + 1);
	if (ch->moved)
		out_addf(c, COLOR_DIM, "%*sthe columns stand in another "
			 "order\n", (depth + 1) * 2, "");
	for (size_t i = 0; i < ch->nkids; i++)
		print_change(c, &ch->kids[i], depth + 1);
}

void print_diff(struct ctx *c, const struct diff *d)
{
	for (size_t i = 0; i < d->n; i++)
		print_change(c, &d->v[i], 0);
}

const char *diff_summary(struct arena *a, const struct diff *d)
{
	size_t count[CHANGE_N] = { 0 };
	struct buf b = BUF_INIT;
	char *s;

	for (size_t i = 0; i < d->n; i++)
		count[d->v[i].op]++;
	for (size_t i = 0; i < CHANGE_N; i++)
		if (count[i])
			buf_addf(&b, "%s%zu %s", b.len ? ", " : "", count[i],
				 change_words[i]);
	s = arena_strdup(a, b.len ? b.ptr : "no change");
	buf_release(&b);
	return s;
}

/* What of it is of the named objects. */
static void keep_named(struct diff *d, const struct schema *from,
		       const struct schema *to, const struct list *names)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++) {
		bool named = false;

		for (size_t k = 0; k < names->n && !named; k++)
			named = (d->v[i].from && d->v[i].from ==
				 schema_find_relation(from, names->v[k])) ||
				(d->v[i].to && d->v[i].to ==
				 schema_find_relation(to, names->v[k]));
		if (named)
			d->v[n++] = d->v[i];
	}
	d->n = n;
}

static int diff_with_parent(struct diff *d, struct ctx *c,
			    const struct commit *v, const struct engine *e,
			    const struct list *names, struct err *err)
{
	struct schema from, to;
	struct commit parent;

	if (store_commit(&parent, c->project.store, &v->parents[0].oid,
			 &c->arena, err) ||
	    version_schemas_diff(&from, &to, c->project.store, &parent, v,
				 e->name, e->spelling, &c->arena, err))
		return -1;
	schema_diff(d, &from, &to, 0, &c->arena);
	if (names)
		keep_named(d, &from, &to, names);
	schema_release(&from);
	schema_release(&to);
	return 0;
}

int version_change_read(struct version_change *out, struct ctx *c,
			const struct commit *v, const struct engine *e,
			const struct list *names, struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (diff_with_parent(&out->diff, c, v, e, names, err))
		return -1;
	return !names && commit_edge_find(v, 0, e->name) ?
	       edge_read(&out->edge, c->project.store, v, 0, e->name,
			 &c->arena, err) : 0;
}

void print_version_change(struct ctx *c, const struct version_change *ch)
{
	const struct edge *edge = &ch->edge;

	print_diff(c, &ch->diff);
	for (size_t i = 0; i < edge->n; i++) {
		const struct data_step *s = edge->runs[i].step;

		out_addf(c, COLOR_NONE, "+ data step %s%s%s%s\n", s->name,
			 data_step_replaces(s) ? ", settled in a merge" : "",
			 data_step_replaces(s) && s->up.empty ?
			 ": nothing to do" : "",
			 s->has_down ? "" : " (no way back)");
	}
	if (edge->edited)
		out_addf(c, COLOR_NONE, "its SQL was edited\n");
	if (edge->up.len)
		out_addf(c, COLOR_NONE, "\n%s", (const char *)edge->up.ptr);
}

/* A line for each object, and one for all. */
void print_version_stat(struct ctx *c, const struct version_change *ch)
{
	const struct diff *d = &ch->diff;

	for (size_t i = 0; i < d->n; i++) {
		const struct change *o = &d->v[i];
		const struct node *n = o->to ? o->to : o->from;

		out_addf(c, ops[o->op].color, " %c %s %s\n", ops[o->op].mark,
			 n->kind->word, n->name);
	}
	if (d->n)
		out_addf(c, COLOR_NONE, " %s\n", diff_summary(&c->arena, d));
}

/* ---- plans -------------------------------------------------------------- */

void print_hazards(struct ctx *c, const struct apply *ap)
{
	for (size_t i = 0; i < ap->nhazards; i++) {
		const struct counted_hazard *h = &ap->hazards[i];
		const struct hazard_info *info = &hazard_infos[h->hazard->id];
		enum color color = info->severity == HAZARD_NOTE ? COLOR_DIM :
				   COLOR_YELLOW;

		if (!h->rows)
			continue;
		out_addf(c, color, "  %s: %s: %s", info->code, h->hazard->node,
			 info->text);
		if (h->rows > 0)
			out_addf(c, color, " (%s)",
				 counted(&c->arena, (size_t)h->rows, "row"));
		buf_addch(&c->out, '\n');
	}
}

json_t *json_plan(const struct plan *plan)
{
	json_t *v = json_object(), *statements = json_array();

	for (size_t i = 0; i < plan->script.n; i++) {
		const struct statement *st = &plan->script.v[i];
		json_t *s, *hazards;

		s = json_object();
		hazards = json_array();
		for (size_t k = 0; k < st->nhazards; k++) {
			const struct hazard *h = &st->hazards[k];
			json_t *hazard = json_object();

			json_object_set_new(hazard, "code", json_string(
					    hazard_infos[h->id].code));
			json_object_set_new(hazard, "node",
					    json_text(h->node));
			json_array_append_new(hazards, hazard);
		}
		json_object_set_new(s, "sql", json_text(st->sql));
		json_object_set_new(s, "node", json_text(st->node));
		json_object_set_new(s, "hazards", hazards);
		if (st->check)
			json_object_set_new(s, "check", json_true());
		if (st->data)
			json_object_set_new(s, "data", json_true());
		json_array_append_new(statements, s);
	}
	json_object_set_new(v, "engine", json_string(plan->engine->name));
	json_object_set_new(v, "from", json_text(plan->from_digest));
	json_object_set_new(v, "to", json_text(plan->to_digest));
	json_object_set_new(v, "proven", json_boolean(plan->proven));
	json_object_set_new(v, "statements", statements);
	return v;
}

json_t *json_version(struct ctx *c, const struct commit *v)
{
	json_t *o = json_object(), *parents = json_array();
	json_t *states = json_object();
	char hex[OID_HEX];

	oid_hex(hex, &v->oid);
	json_object_set_new(o, "id", json_string(hex));
	for (size_t i = 0; i < v->nparents; i++) {
		oid_hex(hex, &v->parents[i].oid);
		json_array_append_new(parents, json_string(hex));
	}
	for (size_t i = 0; i < v->nstates; i++)
		json_object_set_new(states, v->states[i].engine,
				    json_text(v->states[i].digest));
	json_object_set_new(o, "parents", parents);
	json_object_set_new(o, "states", states);
	json_object_set_new(o, "seq", json_integer((json_int_t)v->seq));
	json_object_set_new(o, "author", json_text(v->author.name));
	json_object_set_new(o, "email", json_text(v->author.email));
	json_object_set_new(o, "time", json_integer(v->author.time));
	json_object_set_new(o, "subject", json_text(v->subject));
	json_object_set_new(o, "body", json_text(v->body));
	(void)c;
	return o;
}
