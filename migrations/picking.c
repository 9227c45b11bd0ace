/*
 * Cherry-pick and revert: which three are merged, and the message.
 */
#include "config.h"

#include "ss/picking.h"

static int which_parent(unsigned *at, const struct picking *p, struct err *err)
{
	const struct commit *v = &p->version;
	struct oid approved;
	int landed = landing_of(&approved, p->m.project->store, v, err);

	if (landed < 0)
		return -1;
	if (!v->nparents)
		return err_set(err, ERR_USAGE, "that is no version: before it "
			       "there is nothing");
	if (p->mainline > v->nparents)
		return err_set(err, ERR_USAGE, "version '%s' has no parent %u",
			       v->subject, p->mainline);
	if (!p->mainline && v->nparents > 1 && !landed) {
		err_set(err, ERR_USAGE, "version '%s' is a merge: what it has "
			"changed depends on the parent", v->subject);
		return err_hint(err, "name it: -m 1 is the branch that was "
				"merged into");
	}
	*at = p->mainline ? p->mainline - 1 : 0;
	return 0;
}

static void say_revert(struct picking *p, const struct commit *parent,
		       struct arena *a)
{
	const struct commit *v = &p->version;
	char hex[OID_HEX], other[OID_HEX];

	oid_hex(hex, &v->oid);
	oid_hex(other, &parent->oid);
	p->m.message = arena_printf(a, "Revert \"%s\"", v->subject);
	p->m.body = v->nparents == 1 ?
		    arena_printf(a, "This reverts version %s.", hex) :
		    arena_printf(a, "This reverts version %s, reversing\n"
				 "changes made to %s.", hex, other);
}

static void say_pick(struct picking *p, struct arena *a)
{
	const struct commit *v = &p->version;
	char hex[OID_HEX];

	oid_hex(hex, &v->oid);
	p->m.message = v->subject;
	p->m.body = v->body;
	if (p->named)
		p->m.body = arena_printf(a, "%s%s(cherry picked from version "
					 "%s)", v->body ? v->body : "",
					 v->body ? "\n\n" : "", hex);
}

int picking_run(struct picking *p, struct arena *a, struct err *err)
{
	struct commit *parent = arena_alloc(a, sizeof(*parent));
	unsigned at = 0;

	if (which_parent(&at, p, err) ||
	    store_commit(parent, p->m.project->store,
			 &p->version.parents[at].oid, a, err))
		return -1;
	p->m.base = p->back ? &p->version : parent;
	p->m.theirs = p->back ? *parent : p->version;
	p->m.edge_of = &p->version;
	p->m.edge_parent = at;
	p->m.back = p->back;
	if (!p->back)
		p->m.author = &p->version.author;
	if (!p->m.message && p->back)
		say_revert(p, parent, a);
	else if (!p->m.message)
		say_pick(p, a);
	return merging_run(&p->m, a, err);
}
