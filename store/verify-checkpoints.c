/*
 * Verify's part that asks whether what is there is all of it: the checkpoints
 * are a chain, each says what follows from the one before, and what is there
 * follows the newest.
 */
#include "config.h"

#include "ss/verify.h"

#define DAY 86400

static void on_broken(void *ctx, const char *ref, const struct commit *c,
		      const char *text)
{
	struct verify *v = ctx;
	char hex[OID_HEX];

	if (!c) {
		verify_tell(v, ref, "checkpoint", NULL, arena_printf(v->arena,
			    "%s since checkpoint %zu", text,
			    v->checkpoints.n - 1));
		return;
	}
	oid_hex(hex, &c->oid);
	verify_tell(v, hex, "checkpoint", c, arena_printf(v->arena, "%s: %s",
							  ref, text));
}

/* What is damaged, or no chain, is a finding. */
static int told(struct verify *v, struct err *err)
{
	if (err->code != ERR_DAMAGED)
		return -1;
	verify_tell(v, CHECKPOINTS_REF, "checkpoint", NULL, err->text);
	*err = (struct err)ERR_INIT;
	return 0;
}

static int check_chain(struct verify *v, struct store *s, struct err *err)
{
	const struct checkpoints_check check = {
		.store = s, .all = &v->checkpoints, .policies = v->policies,
		.from = 1, .broken = on_broken, .ctx = v,
	};

	const struct checkpoints *all = &v->checkpoints;

	if (checkpoints_check(&check, err) ||
	    (all->n && checkpoint_tips(&v->listed, s, &all->v[all->n - 1],
				       v->arena, err)))
		return told(v, err);
	for (size_t i = 1; i < v->checkpoints.n; i++)
		if (!v->checkpoints.v[i].is_signed)
			on_broken(v, CHECKPOINTS_REF, &v->checkpoints.v[i],
				  "it is not signed");
	return 0;
}

static void check_age(struct verify *v)
{
	const struct commit *c = &v->checkpoints.v[v->good];
	int64_t age = v->good ? (v->now - c->committer.time) / DAY : 0;

	v->fresh = v->good && age <= (int64_t)v->max_age;
	if (v->fresh || !(v->asked_age || v->witnesses))
		return;
	/* That too few have signed is told of already. */
	if (v->good)
		verify_miss(v, CHECKPOINTS_REF, "stale", c,
			    arena_printf(v->arena, "checkpoint %zu is %lld "
					 "days old", v->good, (long long)age));
	else if (!v->checkpoints.n)
		verify_miss(v, CHECKPOINTS_REF, "stale", NULL,
			    "there is no checkpoint");
}

bool verify_has_checkpoint(const struct verify *v, const char *line)
{
	size_t digits = strcspn(line, " ");
	unsigned char id[SHA256_LEN];
	uint64_t seq;

	return line[digits] && !hex_decode(id, line + digits + 1, SHA256_LEN) &&
	       !parse_u64(&seq, arena_strndup(v->arena, line, digits),
			  INT64_MAX) &&
	       seq && seq < v->checkpoints.n &&
	       !memcmp(v->checkpoints.v[seq].strong.b, id, SHA256_LEN);
}

int verify_take_checkpoints(struct verify *v, struct store *s,
			    struct err *err)
{
	/* Without these fsck, and verify_take_policies(), have told. */
	if (!v->has_project || !v->policies)
		return 0;
	if (!v->asked_witnesses)
		v->witnesses = policy_line(policies_last(v->policies),
					   POLICY_WITNESS) ? 1 : 0;
	if (!checkpoints_read(&v->checkpoints, s, v->arena, err))
		return 0;
	v->no_checkpoints = true;
	return told(v, err);
}

static int check_all(struct verify *v, struct store *s, struct err *err)
{
	if (check_chain(v, s, err) || verify_witnesses(v, s, err))
		return -1;
	check_age(v);
	return 0;
}

int verify_checkpoints(struct verify *v, struct store *s, struct err *err)
{
	if (!v->policies)
		return 0;
	return (!v->no_checkpoints && check_all(v, s, err)) ||
	       verify_pins(v, s, err) ? -1 : 0;
}
