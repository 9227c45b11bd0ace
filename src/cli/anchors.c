#include "config.h"

#include "cli/anchors.h"

#define DAY 86400

/* That it is of the future is a finding. */
static size_t days_old(const struct verify *v)
{
	int64_t made = v->checkpoints.v[v->good].committer.time;

	return v->now > made ? (size_t)((v->now - made) / DAY) : 0;
}

/* The genesis alone says nothing. */
static bool has_pins(const struct verify *v)
{
	for (size_t i = 0; i < v->pinned.n; i++)
		if (v->pinned.v[i].seq)
			return true;
	return false;
}

void anchors_add(struct anchors *x, struct ctx *c, const struct verify *v,
		 const struct database *db, size_t rows)
{
	const char *ref = arena_printf(&c->arena, LEDGER_REFS"%s", db->name);

	if (!rows)
		return;
	x->databases++;
	list_add(&c->arena, &x->found, arena_printf(&c->arena, "database %s",
						    db->word));
	if (!tips_find(&v->pinned, ref) && !tips_find(&v->listed, ref))
		list_add(&c->arena, &x->missing,
			 arena_printf(&c->arena, "database %s with its mirror",
				      db->word));
}

void anchors_end(struct anchors *x, struct ctx *c, const struct verify *v)
{
	if (has_pins(v))
		list_add(&c->arena, &x->found, "pins");
	if (v->good)
		list_add(&c->arena, &x->found,
			 arena_printf(&c->arena, "checkpoint %zu, %s old",
				      v->good, counted(&c->arena, days_old(v),
						       "day")));
	if (!has_pins(v) && !v->fresh && !x->databases)
		list_add(&c->arena, &x->missing, "all refs");
}

void anchors_show(const struct anchors *x, struct ctx *c,
		  const struct verify *v)
{
	if (v->good && !v->fresh)
		out_addf(c, COLOR_YELLOW, "the newest checkpoint%s is %zu "
			 "days old\n", v->good + 1 < v->checkpoints.n ?
			 " that has its witnesses" : "", days_old(v));
	for (size_t i = 0; i < x->found.n; i++)
		out_addf(c, COLOR_NONE, "%s%s%s", i ? "; " : "held against: ",
			 x->found.v[i], i + 1 < x->found.n ? "" : "\n");
	for (size_t i = 0; i < x->missing.n; i++)
		out_addf(c, COLOR_YELLOW, "not covered: %s, if put back to an "
			 "earlier state\n", x->missing.v[i]);
}
