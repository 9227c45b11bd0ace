/*
 * Verify's part that compares the store with what was seen of it before.
 */
#include "config.h"

#include "ss/verify.h"

#include "ss/pins.h"

bool verify_forgets(const struct verify *v, const char *ref)
{
	for (size_t i = 0; i < v->forget.n; i++) {
		const char *word = v->forget.v[i];
		size_t n = strlen(ref), k = strlen(word);

		if (!strcmp(ref, word) || (n > k && ref[n - k - 1] == '/' &&
					   !strcmp(ref + n - k, word)))
			return true;
	}
	return false;
}

static void on_broken(void *ctx, const struct tip *from, const char *text)
{
	struct verify *v = ctx;

	if (!verify_forgets(v, from->ref))
		verify_tell(v, from->ref, "pin", NULL, arena_printf(v->arena,
			    "%s: the store was rolled back, or forked", text));
}

static int told(struct verify *v, const char *object, struct err *err)
{
	if (err->code == ERR_DAMAGED)
		verify_miss(v, object, "pin", NULL, err->text);
	else if (err->code == ERR_REFUSED)
		verify_tell(v, object, "pin", NULL, err->text);
	else
		return -1;
	*err = (struct err)ERR_INIT;
	return 0;
}

static int check_forgotten(const struct verify *v, struct err *err)
{
	for (size_t i = 0; i < v->forget.n; i++) {
		const struct verify one = { .forget = { &v->forget.v[i], 1 } };
		bool found = false;

		for (size_t k = 0; k < v->pinned.n; k++)
			found |= verify_forgets(&one, v->pinned.v[k].ref);
		if (!found)
			return err_set(err, ERR_USAGE, "nothing was seen of "
				       "'%s'", v->forget.v[i]);
	}
	return 0;
}

int verify_pins(struct verify *v, struct store *s, struct err *err)
{
	struct tips now;
	const struct tips_step step = {
		.store = s, .from = &v->pinned, .to = &now,
		.policy = policies_last(v->policies), .broken = on_broken,
		.ctx = v,
	};

	if (v->seen && pins_read(&v->pinned, v->seen, v->project.strong.b,
				 v->arena, err) < 0)
		return told(v, v->seen, err);
	if (check_forgotten(v, err) ||
	    pins_now(&now, &v->pins, s, v->policies, v->arena, err) ||
	    tips_follow(&step, err))
		return told(v, "refs", err);
	return 0;
}
