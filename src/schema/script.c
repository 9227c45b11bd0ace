/*
 * Scripts and hazards.
 */
#include "config.h"

#include "ss/script.h"

const struct hazard_info hazard_infos[HAZARD_N] = {
#define HAZARD_INFO(id, code, severity, text) \
	[HAZARD_##id] = { code, HAZARD_##severity, text },
	HAZARDS(HAZARD_INFO)
#undef HAZARD_INFO
};

struct statement *script_add(struct script *s, struct arena *a,
			     const char *node, const char *sql)
{
	struct statement *st = ARENA_PUSH(a, s->v, s->n, s->cap);

	memset(st, 0, sizeof(*st));
	st->node = node;
	st->sql = sql;
	return st;
}

struct hazard *statement_hazard(struct statement *st, struct arena *a,
				enum hazard_id id, const char *node,
				const char *count_sql)
{
	struct hazard *v = arena_alloc(a, (st->nhazards + 1) * sizeof(*v));
	struct hazard h = { .id = id, .node = node, .count_sql = count_sql };

	if (st->nhazards)
		memcpy(v, st->hazards, st->nhazards * sizeof(*v));
	v[st->nhazards] = h;
	st->hazards = v;
	return &v[st->nhazards++];
}

size_t script_count(const struct script *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += !s->v[i].check;
	return n;
}

bool script_loses(const struct script *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->v[i].nhazards; k++)
			if (hazard_infos[s->v[i].hazards[k].id].severity ==
			    HAZARD_LOSES)
				return true;
	return false;
}

/* ---- steps ------------------------------------------------------------- */

const char *const step_words[STEP_N] = {
	[STEP_JOINED] = "joined", [STEP_APART] = "apart",
	[STEP_BUILDS] = "builds", [STEP_DROPS] = "drops",
	[STEP_BATCHES] = "batches",
};

bool script_in_steps(const struct script *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].step != STEP_JOINED)
			return true;
	return false;
}

bool script_has_data(const struct script *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].data)
			return true;
	return false;
}

size_t script_stage_end(const struct script *s, size_t first)
{
	size_t end = first + 1;

	while (end < s->n && s->v[end].stage == s->v[first].stage)
		end++;
	return end;
}

size_t script_step_end(const struct script *s, size_t first)
{
	size_t end = first + 1;

	while (s->v[first].step == STEP_JOINED && end < s->n &&
	       s->v[end].step == STEP_JOINED)
		end++;
	return end;
}

bool step_is_alone(enum step step)
{
	return step == STEP_BUILDS || step == STEP_DROPS;
}

void script_sql(struct buf *b, const struct script *s)
{
	bool steps = script_in_steps(s);

	for (size_t i = 0, end; i < s->n; i = end) {
		bool brackets = steps && !step_is_alone(s->v[i].step);

		end = script_step_end(s, i);
		if (brackets)
			buf_addstr(b, "BEGIN;\n");
		for (size_t k = i; k < end; k++)
			if (!s->v[k].check)
				buf_addf(b, "%s;\n", s->v[k].sql);
		if (brackets)
			buf_addstr(b, "COMMIT;\n");
	}
}

bool script_same(const struct script *a, const struct script *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->v[i].sql, b->v[i].sql) ||
		    a->v[i].step != b->v[i].step ||
		    a->v[i].check != b->v[i].check)
			return false;
	return a->n == b->n;
}
