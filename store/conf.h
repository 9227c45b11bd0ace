/*
 * What reading and changing schemastore.conf share.
 */
#ifndef STORE_CONF_H
#define STORE_CONF_H

#include "ss/buf.h"
#include "ss/conf.h"

#define CONF_MAX (1u << 20)

/* Read a text as the file of that path; c->path and c->arena are set. */
int conf_parse(struct conf *c, const struct buf *text, struct err *err)
	MUST_CHECK;
/* Section and name without case, the sub-section between them with it. */
bool conf_key_is(const char *a, const char *b);
bool conf_same_section(const char *a, const char *b);
bool conf_is_name_byte(char c);
/* How long the "[section]" is that a line begins with; 0: it does not. */
size_t conf_head_len(const char *line);

#endif
