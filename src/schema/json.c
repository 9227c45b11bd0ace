/*
 * Changes as JSON: one walk over the fields' tables.
 */
#include "config.h"

#include "ss/json.h"

#include <stdlib.h>

#include "ss/kinds.h"

/* { "text": "caf\ufffd", "hex": "636166e9" } */
static json_t *json_bytes(const char *s, size_t n)
{
	static const char replacement[] = "\xef\xbf\xbd";
	struct buf text = BUF_INIT, hex = BUF_INIT;
	json_t *v = json_object();

	for (size_t i = 0; i < n; i++)
		buf_addf(&hex, "%02x", (unsigned char)s[i]);
	while (n) {
		size_t len = n < 4 ? n : 4;

		while (len && !utf8_valid(s, len))
			len--;
		if (len)
			buf_add(&text, s, len);
		else
			buf_addstr(&text, replacement);
		s += len ? len : 1;
		n -= len ? len : 1;
	}
	json_object_set_new(v, "text", json_string(text.ptr));
	json_object_set_new(v, "hex", json_string(hex.ptr));
	buf_release(&text);
	buf_release(&hex);
	return v;
}

json_t *json_text(const char *s)
{
	json_t *v;

	if (!s)
		return json_null();
	v = json_string(s);
	return v ? v : json_bytes(s, strlen(s));
}

static json_t *json_value(const struct node *n, const struct field *f)
{
	const struct list *l;
	json_t *v;

	if (f->type == FIELD_FLAG)
		return json_boolean(field_flag(n, f));
	if (f->type != FIELD_NAMES && f->type != FIELD_SQLS)
		return json_text(field_str(n, f));
	v = json_array();
	l = field_list(n, f);
	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(v, json_text(l->v[i]));
	return v;
}

static json_t *json_fields(const struct change *ch)
{
	json_t *v = json_array();

	if (ch->op != CHANGE_ALTER)
		return v;
	for (size_t i = 0; i < ch->to->kind->nfields; i++) {
		const struct field *f = &ch->to->kind->fields[i];
		json_t *field;

		if (!(ch->fields & (uint64_t)1 << i))
			continue;
		field = json_object();
		json_object_set_new(field, "field", json_string(f->name));
		json_object_set_new(field, "from", json_value(ch->from, f));
		json_object_set_new(field, "to", json_value(ch->to, f));
		json_array_append_new(v, field);
	}
	return v;
}

static json_t *json_change(const struct change *ch)
{
	const struct node *n = ch->to ? ch->to : ch->from;
	json_t *v = json_object(), *kids = json_array();

	json_object_set_new(v, "change", json_string(change_words[ch->op]));
	json_object_set_new(v, "kind", json_string(n->kind->word));
	json_object_set_new(v, "name", json_text(n->name));
	if (ch->renamed)
		json_object_set_new(v, "renamed_from",
				    json_text(ch->from->name));
	for (size_t i = 0; i < ch->nkids; i++)
		json_array_append_new(kids, json_change(&ch->kids[i]));
	json_object_set_new(v, "fields", json_fields(ch));
	json_object_set_new(v, "parts", kids);
	if (ch->moved)
		json_object_set_new(v, "order", json_true());
	return v;
}

json_t *json_diff(const struct diff *d)
{
	json_t *v = json_array();

	for (size_t i = 0; i < d->n; i++)
		json_array_append_new(v, json_change(&d->v[i]));
	return v;
}

void json_print(struct buf *b, json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(2) | JSON_SORT_KEYS);

	if (!text)
		abort();
	buf_addf(b, "%s\n", text);
	free(text);
	json_decref(value);
}
