/*
 * The auditor's report: data first, then one walk of a template over it.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli/bundled.h"

/*
 * All that is told, texts made printable:
 *
 *	findings	rule, object, text, signer
 *	versions	newest first: id, strong, subject, body, branch, when,
 *			author, signer, wrong, approvals, sql
 *	databases	name, source, entries: when, event, from, to, outcome,
 *			author, signer, session, wrong, approvals, sql
 *	policies	seq, subject, when, signer, approvals, text
 */
struct report_data {
	struct ctx *c;
	struct project *p;
	const struct dump *dumps;
	size_t ndumps;
	struct verify *v;
	json_t *findings;
};
/* A text, and nothing in it that a terminal, or JSON, could not take. */
json_t *report_string(const char *s, size_t n);
/* The caller's. */
json_t *report_data(struct report_data *r);

/*
 * Templates:
 *
 *	{{name}}		a text, escaped
 *	{{#name}}...{{/name}}	for each of an array; once for an object, or
 *				where it is neither empty nor false
 *	{{^name}}...{{/name}}	where it is
 *
 * Names are looked up in what is walked through, and then around it; {{.}} is
 * the text itself.
 */
typedef void (*escape_fn)(struct buf *b, const char *text);
void report_walk(struct buf *b, const char *template, json_t *data,
		 escape_fn escape);
void escape_html(struct buf *b, const char *text);
void escape_text(struct buf *b, const char *text);

extern const char report_html[];
extern const char report_text[];

#endif
