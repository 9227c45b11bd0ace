/*
 * The report's pages.  No section has one of its own name inside.
 */
#include "config.h"

#include "cli/report.h"

#define BY \
	"{{#author}} by {{author}}{{/author}}" \
	"{{#signer}}, signed by {{signer}}{{/signer}}" \
	"{{^signer}}, <b>not signed</b>{{/signer}}"
#define TAIL \
	"{{#wrong}}<p class=\"bad\">{{.}}</p>\n{{/wrong}}" \
	"{{#approvals}}<p>approved {{when}} by {{who}}" \
	"{{#text}}: {{text}}{{/text}}</p>\n{{/approvals}}" \
	"{{#sql}}<p class=\"dim\">{{name}}</p>\n<pre>{{text}}</pre>\n{{/sql}}"

const char report_html[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	"'none'; style-src 'unsafe-inline'\">\n"
	"<title>Audit of {{project}}</title>\n<style>\n"
	"body { font: 15px/1.45 sans-serif; max-width: 60em; margin: 2em auto;"
	" padding: 0 1em; color: #222; background: #fff; }\n"
	"h1 { font-size: 1.5em; } h2 { margin-top: 2em; border-bottom: 1px "
	"solid #ccc; } h3 { font-size: 1em; margin: 1.6em 0 0; }\n"
	"p { margin: .2em 0; } pre { background: #f4f4f4; padding: .6em; "
	"white-space: pre-wrap; overflow-wrap: anywhere; }\n"
	"code { overflow-wrap: anywhere; } .dim { color: #666; }\n"
	".bad { color: #a00; font-weight: bold; } .good { color: #060; }\n"
	"table { border-collapse: collapse; } td, th { text-align: left; "
	"padding: .2em .8em .2em 0; vertical-align: top; "
	"overflow-wrap: anywhere; }\n"
	"</style></head><body>\n<h1>Audit of a schemastore project</h1>\n"
	"<p>Project <code>{{project}}</code>"
	"{{^trusted}}: nobody has said that it is the one that is meant"
	"{{/trusted}}</p>\n"
	"<p>{{objects}} objects, {{commits}} commits"
	"{{#unsigned}}, of which {{unsigned}} unsigned{{/unsigned}}</p>\n"
	"<h2>Findings</h2>\n"
	"{{^findings}}<p class=\"good\">None.{{^unsigned}} All that is below "
	"is what those who are named have signed.{{/unsigned}}</p>\n"
	"{{/findings}}"
	"{{#found}}<table>\n<tr><th>rule<th>object<th>what is wrong"
	"<th>signed by</tr>\n{{#findings}}<tr><td class=\"bad\">{{rule}}"
	"<td><code>{{object}}</code><td>{{text}}<td>{{signer}}</tr>\n"
	"{{/findings}}</table>\n{{/found}}"
	"<h2>Who has signed</h2>\n<table>\n<tr><th>key<th>person<th>commits"
	"</tr>\n{{#signers}}<tr><td><code>{{fingerprint}}</code><td>{{who}}"
	"<td>{{n}}</tr>\n{{/signers}}</table>\n"
	"<h2>Databases</h2>\n"
	"{{^databases}}<p>None has a ledger here.</p>\n{{/databases}}"
	"{{#databases}}<h3>{{name}}</h3>\n<p class=\"dim\">as {{source}} "
	"says</p>\n{{#entries}}<h3>{{when}} {{event}}"
	"{{#to}}: {{from}}{{#from}} &rarr; {{/from}}{{to}}{{/to}}"
	"{{#outcome}} &mdash; {{outcome}}{{/outcome}}</h3>\n"
	"<p>" BY "{{#session}} ({{session}}){{/session}}</p>\n" TAIL
	"{{/entries}}{{/databases}}"
	"<h2>Versions</h2>\n"
	"{{#versions}}<h3>{{when}} {{subject}}</h3>\n<p>" BY
	", for {{branch}}</p>\n<p class=\"dim\"><code>{{strong}}</code></p>\n"
	"{{#body}}<pre>{{body}}</pre>\n{{/body}}" TAIL "{{/versions}}"
	"<h2>Policies</h2>\n"
	"{{#policies}}<h3>{{when}} policy {{seq}}: {{subject}}</h3>\n<p>" BY
	"</p>\n" TAIL "{{/policies}}</body></html>\n";

#define TEXT_BY \
	"   {{#author}} by {{author}}{{/author}}" \
	"{{#signer}}, signed by {{signer}}{{/signer}}" \
	"{{^signer}}, NOT SIGNED{{/signer}}"
#define TEXT_TAIL \
	"{{#wrong}}    WRONG: {{.}}\n{{/wrong}}" \
	"{{#approvals}}    approved {{when}} by {{who}}" \
	"{{#text}}: {{text}}{{/text}}\n{{/approvals}}" \
	"{{#sql}}    {{name}}:\n      | {{text}}\n{{/sql}}"

const char report_text[] =
	"Audit of a schemastore project\n\nproject {{project}}"
	"{{^trusted}}: nobody has said that it is the one that is meant"
	"{{/trusted}}\n{{objects}} objects, {{commits}} commits"
	"{{#unsigned}}, {{unsigned}} unsigned{{/unsigned}}\n\n"
	"FINDINGS\n\n{{^findings}}none\n{{/findings}}"
	"{{#findings}}{{rule}} {{object}}: {{text}}{{#signer}}, signed by "
	"{{signer}}{{/signer}}\n{{/findings}}\n"
	"WHO HAS SIGNED\n\n{{#signers}}{{fingerprint}}  {{who}}  {{n}}\n"
	"{{/signers}}\nDATABASES\n\n"
	"{{#databases}}{{name}}, as {{source}} says\n"
	"{{#entries}}\n  {{when}} {{event}}"
	"{{#to}}: {{from}}{{#from}} -> {{/from}}{{to}}{{/to}}"
	"{{#outcome}} ({{outcome}}){{/outcome}}\n" TEXT_BY
	"{{#session}} ({{session}}){{/session}}\n" TEXT_TAIL
	"{{/entries}}\n{{/databases}}VERSIONS\n"
	"{{#versions}}\n  {{when}} {{subject}}\n" TEXT_BY
	", for {{branch}}\n    {{strong}}\n"
	"{{#body}}      | {{body}}\n{{/body}}" TEXT_TAIL "{{/versions}}\n"
	"POLICIES\n{{#policies}}\n  {{when}} policy {{seq}}: {{subject}}\n"
	TEXT_BY "\n" TEXT_TAIL "{{/policies}}";
