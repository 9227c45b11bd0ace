/*
 * An answer in several parts, one per engine.
 */
#include "config.h"

#include "cli/cmd.h"

struct parts parts_of(struct ctx *c, const struct engines *engines)
{
	return (struct parts){
		.c = c, .many = engines->n > 1, .json = json_object(),
	};
}

void part_begin(struct parts *p, const struct engine *e, bool comment)
{
	p->engine = e;
	p->head = p->c->out.len;
	if (p->many && !p->c->global.json)
		out_addf(p->c, COLOR_BOLD, "%sengine %s\n",
			 comment ? "-- " : "", e->name);
	p->body = p->c->out.len;
}

void part_json(struct parts *p, json_t *value)
{
	json_object_set_new(p->json, p->engine->name, value);
}

void part_end(struct parts *p)
{
	if (p->c->out.len == p->body)
		buf_truncate(&p->c->out, p->head);
}

json_t *parts_json(struct parts *p)
{
	return p->many ? json_incref(p->json) :
	       json_incref(json_object_get(p->json, p->engine->name));
}

void parts_close(struct parts *p)
{
	json_decref(p->json);
}
