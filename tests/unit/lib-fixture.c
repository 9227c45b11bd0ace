/*
 * The project that test-lib works on.
 */
#include "config.h"

#include "lib-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char script[] =
	"set -e\n"
	"PATH=$builddir:$PATH\n"
	"unset SCHEMASTORE_DATE\n"
	"mkdir project\n"
	"cd project\n"
	"users () {\n"
	"	echo \"CREATE TABLE users (id INTEGER PRIMARY KEY, $1);\"\n"
	"}\n"
	"posts='CREATE TABLE posts (id INTEGER PRIMARY KEY,\n"
	"	author INTEGER REFERENCES users (id), title TEXT);'\n"
	"more='CREATE INDEX posts_author ON posts (author);\n"
	"	CREATE VIEW titles AS SELECT title FROM posts;'\n"
	"users 'mail TEXT, note TEXT' >schema.sql\n"
	"schemastore init -q --database configured=sqlite:configured.db\n"
	"schemastore commit -q -m 'One: users'\n"
	"schemastore tag v1\n"
	"users 'email TEXT, note TEXT' >schema.sql\n"
	"echo \"$posts\" >>schema.sql\n"
	"schemastore commit -q -m Two --rename users.mail=email\n"
	"schemastore tag v2\n"
	"users 'email TEXT NOT NULL, note TEXT' >schema.sql\n"
	"echo \"$posts\" >>schema.sql\n"
	"schemastore commit -q -m Three\n"
	"schemastore tag v3\n"
	"cp -R . ../older\n"
	"echo \"$more\" >>schema.sql\n"
	"schemastore commit -q -m Four\n"
	"schemastore tag v4\n"
	"cp schema.sql main.sql\n"
	"schemastore branch -q next\n"
	"schemastore checkout -q next\n"
	"users 'email TEXT NOT NULL' >schema.sql\n"
	"echo \"$posts $more\" >>schema.sql\n"
	"schemastore commit -q -m Five\n"
	"schemastore checkout -q main\n"
	"mv main.sql schema.sql\n"
	"mkdir ../bare\n"
	"cp -R .schemastore ../bare\n";

static char dir[] = "/tmp/ss-lib.XXXXXX";

int fixture_make(void **state)
{
	(void)state;
	if (!mkdtemp(dir) || chdir(dir))
		return -1;
	setenv("HOME", dir, 1);
	setenv("SCHEMASTORE_AUTHOR_NAME", "Ann", 1);
	setenv("SCHEMASTORE_AUTHOR_EMAIL", "ann@example.org", 1);
	shell("%s", script);
	return 0;
}

int fixture_remove(void **state)
{
	(void)state;
	shell("rm -rf '%s'", dir);
	return chdir("/");
}

void shell(const char *fmt, ...)
{
	char command[4096];
	va_list ap;

	va_start(ap, fmt);
	assert_true(vsnprintf(command, sizeof(command), fmt, ap) <
		    (int)sizeof(command));
	va_end(ap);
	if (system(command))
		fail_msg("failed: %s", command);
}

const char *output(const char *fmt, ...)
{
	static char text[8192];
	char command[1024];
	va_list ap;
	size_t n;
	FILE *f;

	va_start(ap, fmt);
	assert_true(vsnprintf(command, sizeof(command), fmt, ap) <
		    (int)sizeof(command));
	va_end(ap);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	if (pclose(f))
		fail_msg("failed: %s", command);
	while (n && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return text;
}

void must(int code, const struct ss_error *error)
{
	if (code)
		fail_msg("%d: %s (%s)", code, error->text, error->hint);
}

void refused(int code, const struct ss_error *error, enum ss_code want,
	     const char *part)
{
	if (!code)
		fail_msg("not refused: '%s' is awaited", part);
	if (code != (int)want || error->code != want ||
	    !strstr(error->text, part))
		fail_msg("%d: no '%s' in '%s'", code, part, error->text);
}

struct ss_project *open_project(const char *path, bool no_mirror)
{
	struct ss_open_options o = SS_OPEN_OPTIONS_INIT;
	struct ss_project *p = NULL;
	struct ss_error e;

	o.author_name = "Notes 2.1";
	o.author_email = "notes@example.org";
	o.no_mirror = no_mirror;
	must(ss_open(&p, path, &o, &e), &e);
	return p;
}

const char *new_file(struct ss_project *p, const char *name,
		     const char *version)
{
	static char url[256];
	struct ss_error e;

	snprintf(url, sizeof(url), "sqlite:%s", name);
	must(ss_upgrade(p, url, version, NULL, NULL, &e), &e);
	shell("sqlite3 %s \"INSERT INTO users VALUES (1, 'ann', 'a'), "
	      "(2, 'bob', 'b')\"", name);
	return url;
}

enum ss_where where_is(struct ss_project *p, const char *url,
		       const char *version)
{
	struct ss_standing s;
	struct ss_error e;

	must(ss_status(p, url, version, &s, &e), &e);
	return s.where;
}
