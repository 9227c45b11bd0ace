/*
 * What depends on rows, looked at before anything runs.
 */
#include "config.h"

#include "ss/apply.h"

#include <inttypes.h>

static int count_all(struct apply *ap, struct conn *conn, struct arena *a,
		     struct err *err)
{
	const struct script *s = &ap->plan.script;
	size_t cap = 0;

	ap->hazards = NULL;
	ap->nhazards = 0;
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->v[i].nhazards; k++) {
			struct counted_hazard *h = ARENA_PUSH(a, ap->hazards,
							      ap->nhazards,
							      cap);

			h->hazard = &s->v[i].hazards[k];
			h->late = s->v[i].stage;
			h->rows = -1;
			if (!h->late && hazard_count(&h->rows, h->hazard,
						     conn, err))
				return -1;
		}
	return 0;
}

int count_hazards(struct apply *ap, struct conn *conn, struct arena *a,
		  struct err *err)
{
	const struct engine *e = conn_engine(conn);
	int ret;

	if (e->look(conn, err))
		return -1;
	ret = count_all(ap, conn, a, err);
	e->look_end(conn);
	return ret;
}

int hold_hazards(const struct apply *ap, struct conn *conn, struct err *err)
{
	for (size_t i = 0; i < ap->nhazards; i++) {
		const struct hazard *h = ap->hazards[i].hazard;

		if (!h->hold_sql || ap->hazards[i].late ||
		    (ap->allow_data_loss &&
		     hazard_infos[h->id].severity == HAZARD_LOSES))
			continue;
		if (conn_engine(conn)->exec(conn, h->hold_sql, err))
			return err_wrap(err, "%s", h->node);
	}
	return 0;
}

static int refuse(const struct counted_hazard *h, struct err *err)
{
	const struct hazard_info *info = &hazard_infos[h->hazard->id];

	if (info->severity == HAZARD_BLOCKS) {
		err_set(err, ERR_REFUSED, "%s: %" PRId64 " %s",
			h->hazard->node, h->rows, info->text);
		return err_hint(err, "put the rows right first; they are "
				"counted by: %s", h->hazard->count_sql);
	}
	if (h->rows >= 0)
		err_set(err, ERR_REFUSED, "%s: %s (%" PRId64 " row%s)",
			h->hazard->node, info->text, h->rows,
			h->rows == 1 ? "" : "s");
	else
		err_set(err, ERR_REFUSED, "%s: %s", h->hazard->node,
			info->text);
	if (h->hazard->unparked)
		return err_hint(err, "it cannot be parked: %s; add "
				"--allow-data-loss if that is meant",
				h->hazard->unparked);
	return err_hint(err, "add --allow-data-loss if that is meant");
}

/* What goes whole can be kept. */
static int refuse_loss_of(const struct apply *ap, const struct hazard *h,
			  int ret, struct err *err)
{
	if (!ap->park && !ap->online.wanted && !h->unparked &&
	    (h->id == HAZARD_DROPS_TABLE || h->id == HAZARD_DROPS_COLUMN))
		err_hint(err, "add --park to keep it for the way back, or "
			 "--allow-data-loss if it is to be lost");
	return ret;
}

static int refuse_counted(const struct apply *ap,
			  const struct counted_hazard *h, struct err *err)
{
	enum hazard_severity severity = hazard_infos[h->hazard->id].severity;

	if (severity == HAZARD_BLOCKS && h->rows > 0)
		return refuse(h, err);
	/* Of a database that is made anew all rows are our own. */
	if (severity == HAZARD_LOSES && h->rows && !ap->allow_data_loss &&
	    !(h->late && ap->from_nothing))
		return refuse_loss_of(ap, h->hazard, refuse(h, err), err);
	return 0;
}

int refuse_hazards(const struct apply *ap, struct err *err)
{
	for (size_t i = 0; i < ap->nhazards; i++)
		if (!ap->hazards[i].late &&
		    refuse_counted(ap, &ap->hazards[i], err))
			return -1;
	return 0;
}

int refuse_late(const struct apply *ap, size_t first, size_t end,
		struct conn *conn, struct err *err)
{
	const struct script *s = &ap->plan.script;

	for (size_t i = first; i < end; i++)
		for (size_t k = 0; k < s->v[i].nhazards; k++) {
			struct counted_hazard h = {
				.hazard = &s->v[i].hazards[k], .late = true,
			};

			if (hazard_count(&h.rows, h.hazard, conn, err) ||
			    refuse_counted(ap, &h, err))
				return -1;
		}
	return 0;
}

int script_run(const struct script *s, size_t at, struct conn *conn,
	       struct err *err)
{
	const struct engine *e = conn_engine(conn);

	return s->v[at].data ? e->exec_data(conn, s->v[at].sql, NULL, err) :
	       e->exec(conn, s->v[at].sql, err);
}

/* Counted, and counted again when nobody can add to it any more. */
static int refuse_loss(struct conn *conn, const struct hazard *h,
		       struct err *err)
{
	struct counted_hazard c = { .hazard = h };

	if (hazard_infos[h->id].severity != HAZARD_LOSES)
		return 0;
	if (hazard_count(&c.rows, h, conn, err))
		return -1;
	if (!c.rows && h->hold_sql &&
	    (conn_engine(conn)->exec(conn, h->hold_sql, err) ||
	     hazard_count(&c.rows, h, conn, err)))
		return err_wrap(err, "%s", h->node);
	return c.rows ? refuse(&c, err) : 0;
}

int refuse_losses(const struct script *s, size_t first, size_t end,
		  struct conn *conn, struct err *err)
{
	for (size_t i = first; i < end; i++)
		for (size_t k = 0; k < s->v[i].nhazards; k++)
			if (refuse_loss(conn, &s->v[i].hazards[k], err))
				return -1;
	return 0;
}
