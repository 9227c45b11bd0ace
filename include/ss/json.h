/*
 * Changes as JSON: an array of
 *
 *	{ "change": "altered", "kind": "table", "name": "users",
 *	  "fields": [ { "field": "strict", "from": false, "to": true } ],
 *	  "parts": [ ... the same, for columns and so on ... ] }
 *
 * with "renamed_from" and "order" (columns moved) where they apply.
 */
#ifndef SS_JSON_H
#define SS_JSON_H

#include <jansson.h>

#include "ss/diff.h"

/* NULL is null; what is no UTF-8 is an object: the text with U+FFFD for what is
 * wrong in it, and all its bytes in hex. */
json_t *json_text(const char *s);
json_t *json_diff(const struct diff *d);
/* Indented, keys sorted, a newline; takes the value. */
void json_print(struct buf *b, json_t *value);

#endif
