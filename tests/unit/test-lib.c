/*
 * The library, as a program sees it: by its header, linked with it alone.
 */
#include "config.h"

#include "lib-fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- handles ------------------------------------------------------------ */

static void test_version(void **state)
{
	(void)state;
	assert_string_equal(ss_version(), PACKAGE_VERSION);
}

static void test_open(void **state)
{
	struct ss_open_options o = SS_OPEN_OPTIONS_INIT;
	struct ss_project *p = NULL;
	struct ss_error e;

	(void)state;
	refused(ss_open(&p, "nothing", NULL, &e), &e, SS_USAGE, "nothing");
	shell("mkdir -p project/below");
	refused(ss_open(&p, "project/below", NULL, &e), &e, SS_USAGE,
		"no store in 'project/below'");
	o.author_name = "Notes";
	refused(ss_open(&p, "project", &o, &e), &e, SS_USAGE, "an author");
	o.size = 0;
	refused(ss_open(&p, "project", &o, &e), &e, SS_USAGE, "SS_..._INIT");
	o.size = 4096;
	refused(ss_open(&p, "project", &o, &e), &e, SS_USAGE, "SS_..._INIT");
	assert_int_equal(ss_open(&p, "nothing", NULL, NULL), SS_USAGE);
	assert_null(p);
	assert_int_equal(ss_open(&p, "project", NULL, NULL), SS_OK);
	ss_close(p);
	ss_close(NULL);
	shell("mkdir wrong && echo '[x' >wrong/schemastore.conf");
	refused(ss_open(&p, "wrong", NULL, &e), &e, SS_USAGE,
		"wrong/schemastore.conf:1: ");
}

/* A program that has named itself signs with nobody's key: none is looked
 * for. */
static void test_nobodys_key(void **state)
{
	struct ss_project *p = open_project("project", true);

	(void)state;
	setenv("SCHEMASTORE_KEY", "/nowhere/key", 1);
	new_file(p, "nobodys.db", NULL);
	unsetenv("SCHEMASTORE_KEY");
	ss_close(p);
}

/* A handle sees what is committed, and packed, while it is open. */
static void test_long_life(void **state)
{
	struct ss_project *p;
	struct ss_revision a, b;
	struct ss_error e;
	const char *url;

	(void)state;
	shell("cp -R project growing");
	p = open_project("growing", false);
	url = new_file(p, "long.db", NULL);
	must(ss_resolve(p, NULL, &a, &e), &e);
	shell("cd growing; PATH=$builddir:$PATH; "
	      "echo 'CREATE TABLE late (x);' >>schema.sql; "
	      "schemastore commit -q --no-rename -m Late && "
	      "schemastore gc -q");
	must(ss_resolve(p, "HEAD", &b, &e), &e);
	assert_string_equal(b.subject, "Late");
	assert_string_not_equal(a.id, b.id);
	must(ss_upgrade(p, url, NULL, NULL, NULL, &e), &e);
	assert_int_equal(where_is(p, url, b.id), SS_HERE);
	ss_close(p);
}

/* ---- from every version to today's -------------------------------------- */

static const char *const versions[] = { "v1", "v2", "v3", "v4" };

static void upgrade_from(struct ss_project *p, const char *version,
			 const char *name)
{
	const char *url = new_file(p, name, version);
	struct ss_upgrade_result r;
	struct ss_revision from;
	struct ss_error e;
	bool here = !strcmp(version, "v4");

	assert_int_equal(where_is(p, url, NULL), here ? SS_HERE : SS_BEHIND);
	must(ss_resolve(p, version, &from, &e), &e);
	must(ss_upgrade(p, url, NULL, NULL, &r, &e), &e);
	assert_int_equal(r.changed, !here);
	assert_string_equal(r.from.id, from.id);
	assert_string_equal(r.from.strong_id, from.strong_id);
	assert_string_equal(r.to.subject, "Four");
	assert_int_equal(where_is(p, url, NULL), SS_HERE);
	assert_string_equal(output("sqlite3 %s 'SELECT id, email, note "
				   "FROM users; SELECT count(*) FROM titles'",
				   name), "1|ann|a\n2|bob|b\n0");
	must(ss_upgrade(p, url, NULL, NULL, &r, &e), &e);
	assert_false(r.changed);
}

static void from_every_version(const char *dir, bool no_mirror)
{
	struct ss_project *p = open_project(dir, no_mirror);

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s-%s-%d.db", dir, versions[i],
			 no_mirror);
		upgrade_from(p, versions[i], name);
	}
	ss_close(p);
}

static void test_every_version(void **state)
{
	(void)state;
	from_every_version("project", false);
}

/* A shipped store: nothing in it changes but what is only remembered. */
static void test_without_mirror(void **state)
{
	static const char sums[] = "find bare -type f -not -path '*/cache/*' "
				   "| sort | xargs sha256sum | sha256sum";
	char before[256];

	(void)state;
	snprintf(before, sizeof(before), "%s", output("%s", sums));
	from_every_version("bare", true);
	assert_string_equal(before, output("%s", sums));
	/* The ledger tells who the program is, and nothing of its user. */
	assert_string_equal(output("sqlite3 bare-v1-1.db \"SELECT DISTINCT "
				   "session FROM schemastore_log WHERE session"
				   " NOT NULL\""),
			    "notes@example.org schemastore " PACKAGE_VERSION
			    " -");
	assert_string_equal(output("sqlite3 bare-v1-1.db \"SELECT count(*) "
				   "FROM schemastore_ledger WHERE entry LIKE "
				   "'%%ann@example.org%%'\""), "0");
}

static void test_configured(void **state)
{
	struct ss_project *p = open_project("project", false);
	struct ss_error e;

	(void)state;
	assert_int_equal(where_is(p, NULL, NULL), SS_MISSING);
	must(ss_upgrade(p, "configured", "v2", NULL, NULL, &e), &e);
	assert_int_equal(where_is(p, NULL, NULL), SS_BEHIND);
	must(ss_upgrade(p, NULL, NULL, NULL, NULL, &e), &e);
	assert_int_equal(where_is(p, "sqlite:project/configured.db", "v4"),
			 SS_HERE);
	assert_int_equal(access("project/.schemastore/refs/schemastore/"
				"ledger/configured", F_OK), 0);
	refused(ss_upgrade(p, "none", NULL, NULL, NULL, &e), &e, SS_USAGE,
		"no database 'none'");
	ss_close(p);
}

/* ---- what is refused, and what is asked --------------------------------- */

static void keep(const char *name)
{
	shell("cp %s before.db", name);
}

static void is_kept(const char *name)
{
	shell("cmp before.db %s", name);
}

static void test_dry_run(void **state)
{
	struct ss_project *p = open_project("project", true);
	struct ss_upgrade_options o = SS_UPGRADE_OPTIONS_INIT;
	const char *url = new_file(p, "dry.db", "v1");
	struct ss_upgrade_result r;
	struct ss_error e;

	(void)state;
	keep("dry.db");
	o.dry_run = true;
	must(ss_upgrade(p, url, NULL, &o, &r, &e), &e);
	assert_false(r.changed);
	assert_string_equal(r.to.subject, "Four");
	is_kept("dry.db");
	must(ss_upgrade(p, "sqlite:none.db", NULL, &o, NULL, &e), &e);
	assert_int_equal(access("none.db", F_OK), -1);
	o.size = 1;
	refused(ss_upgrade(p, url, NULL, &o, &r, &e), &e, SS_USAGE, "options");
	ss_close(p);
}

struct asked {
	int times;
	int answer;
	char code[64];
	enum ss_severity severity;
	int64_t rows;
	int *flag;
	const char *command;
};

static int asked(void *ctx, const struct ss_plan *plan)
{
	struct asked *a = ctx;
	const struct ss_hazard *h;

	a->times++;
	assert_true(ss_plan_proven(plan));
	assert_non_null(ss_plan_to(plan));
	for (size_t i = 0; (h = ss_plan_hazard(plan, i)) != NULL; i++) {
		if (h->severity == SS_NOTE)
			continue;
		snprintf(a->code, sizeof(a->code), "%s", h->code);
		a->severity = h->severity;
		a->rows = h->rows;
	}
	if (a->flag)
		*a->flag = 1;
	if (a->command)
		shell("%s", a->command);
	return a->answer;
}

static void test_loss(void **state)
{
	struct ss_project *p = open_project("project", true);
	struct ss_upgrade_options o = SS_UPGRADE_OPTIONS_INIT;
	const char *url = new_file(p, "loss.db", NULL);
	struct asked a = { .answer = 1 };
	struct ss_error e = { SS_OK, "", "" };

	(void)state;
	keep("loss.db");
	o.confirm = asked;
	o.ctx = &a;
	assert_int_equal(ss_upgrade(p, url, "next", &o, NULL, &e), SS_REFUSED);
	assert_string_equal(e.text, "column users.note: the column's values "
			    "are lost (2 rows)");
	assert_string_equal(e.hint, "add --park to keep it for the way back, "
			    "or --allow-data-loss if it is to be lost");
	assert_int_equal(a.times, 0);
	o.park = true;
	refused(ss_upgrade(p, url, "next", &o, NULL, &e), &e, SS_CANCELLED,
		"nothing was changed");
	assert_int_equal(a.times, 1);
	a.times = 0;
	o.park = false;
	o.allow_data_loss = true;
	refused(ss_upgrade(p, url, "next", &o, NULL, &e), &e, SS_CANCELLED,
		"nothing was changed");
	assert_int_equal(a.times, 1);
	assert_string_equal(a.code, "drops-column");
	assert_int_equal(a.severity, SS_LOSES);
	assert_int_equal(a.rows, 2);
	is_kept("loss.db");
	a.answer = 0;
	must(ss_upgrade(p, url, "next", &o, NULL, &e), &e);
	assert_int_equal(a.times, 2);
	assert_int_equal(where_is(p, url, "next"), SS_HERE);
	assert_int_equal(where_is(p, url, NULL), SS_AHEAD);
	keep("loss.db");
	refused(ss_upgrade(p, url, NULL, &o, NULL, &e), &e, SS_REFUSED,
		"ahead of version 'Four'");
	is_kept("loss.db");
	o.allow_down = true;
	must(ss_upgrade(p, url, NULL, &o, NULL, &e), &e);
	assert_int_equal(where_is(p, url, NULL), SS_HERE);
	ss_close(p);
}

/* Rows that come while somebody thinks about the answer are counted too. */
static void test_meanwhile(void **state)
{
	struct ss_project *p = open_project("project", true);
	struct ss_upgrade_options o = SS_UPGRADE_OPTIONS_INIT;
	const char *url = new_file(p, "meanwhile.db", NULL);
	struct asked a = { .command = "sqlite3 meanwhile.db "
			   "\"UPDATE users SET note = 'late'\"" };
	struct ss_error e = { SS_OK, "", "" };

	(void)state;
	shell("sqlite3 meanwhile.db 'UPDATE users SET note = NULL'");
	o.confirm = asked;
	o.ctx = &a;
	refused(ss_upgrade(p, url, "next", &o, NULL, &e), &e, SS_REFUSED,
		"column users.note: the column's values are lost (2 rows)");
	assert_int_equal(a.times, 1);
	assert_string_equal(output("sqlite3 meanwhile.db 'SELECT count(note) "
				   "FROM users'"), "2");
	ss_close(p);
}

static void test_rows_that_do_not_fit(void **state)
{
	struct ss_project *p = open_project("project", true);
	const char *url = new_file(p, "fit.db", "v2");
	struct ss_error e;

	(void)state;
	shell("sqlite3 fit.db 'UPDATE users SET email = NULL'");
	keep("fit.db");
	refused(ss_upgrade(p, url, NULL, NULL, NULL, &e), &e, SS_REFUSED,
		"column users.email: 2 rows without a value");
	is_kept("fit.db");
	shell("sqlite3 fit.db 'CREATE TABLE by_hand (x)'");
	keep("fit.db");
	refused(ss_upgrade(p, url, NULL, NULL, NULL, &e), &e, SS_REFUSED,
		"is not that of the version that its ledger names");
	is_kept("fit.db");
	ss_close(p);
}

static void test_cancel(void **state)
{
	struct ss_project *p = open_project("project", false);
	struct ss_upgrade_options o = SS_UPGRADE_OPTIONS_INIT;
	const char *url = new_file(p, "cancel.db", "v1");
	int flag = 0;
	struct asked a = { .flag = &flag };
	struct ss_error e;

	(void)state;
	keep("cancel.db");
	o.confirm = asked;
	o.ctx = &a;
	o.cancelled = &flag;
	refused(ss_upgrade(p, url, NULL, &o, NULL, &e), &e, SS_CANCELLED,
		"interrupted: nothing was changed");
	shell("cmp before.db cancel.db");
	refused(ss_upgrade(p, "sqlite:cancel-new.db", NULL, &o, NULL, &e), &e,
		SS_CANCELLED, "interrupted");
	assert_int_equal(access("cancel-new.db", F_OK), -1);
	flag = 0;
	a.flag = NULL;
	must(ss_upgrade(p, url, NULL, &o, NULL, &e), &e);
	assert_int_equal(where_is(p, url, NULL), SS_HERE);
	ss_close(p);
}

static void test_busy(void **state)
{
	struct ss_project *p = open_project("project", true);
	struct ss_upgrade_options o = SS_UPGRADE_OPTIONS_INIT;
	const char *url = new_file(p, "busy.db", "v1");
	char c;
	FILE *f, *ready;
	struct ss_error e;

	(void)state;
	shell("mkfifo ready");
	f = popen("sqlite3 busy.db", "w");
	assert_non_null(f);
	fputs("BEGIN IMMEDIATE;\n.shell echo >ready\n", f);
	fflush(f);
	ready = fopen("ready", "r");
	assert_int_equal(fread(&c, 1, 1, ready), 1);
	fclose(ready);
	o.wait_ms = 1;
	refused(ss_upgrade(p, url, NULL, &o, NULL, &e), &e, SS_BUSY,
		"is locked by another program");
	pclose(f);
	ss_close(p);
}

/* Another program finds the file that we have just made, and is quicker. */
static void test_new_file_of_two(void **state)
{
	struct ss_project *p = open_project("bare", true);
	struct ss_upgrade_options o = SS_UPGRADE_OPTIONS_INIT;
	struct asked a = { .command = "sqlite3 two.db 'CREATE TABLE theirs "
				      "(x); INSERT INTO theirs VALUES (7)'" };
	struct ss_error e;

	(void)state;
	o.confirm = asked;
	o.ctx = &a;
	refused(ss_upgrade(p, "sqlite:two.db", NULL, &o, NULL, &e), &e,
		SS_REFUSED, "has objects, but no ledger");
	assert_string_equal(output("sqlite3 two.db 'SELECT x FROM theirs'"),
			    "7");
	ss_close(p);
}

/* ---- threads and memory ------------------------------------------------- */

enum { THREADS = 4, FILES = 5 };

static void *upgrade_files(void *arg)
{
	const char *name = arg;
	struct ss_project *p;
	struct ss_error e;

	if (ss_open(&p, "project", NULL, &e))
		return e.text[0] ? strdup(e.text) : NULL;
	for (int i = 0; i < 2 * FILES; i++) {
		char url[64];

		snprintf(url, sizeof(url), "sqlite:%s-%d.db", name, i / 2);
		if (ss_upgrade(p, url, i % 2 ? NULL : "v1", NULL, NULL, &e)) {
			ss_close(p);
			return strdup(e.text);
		}
	}
	ss_close(p);
	return NULL;
}

/* A handle each, one store. */
static void test_threads(void **state)
{
	static const char *const names[] = { "ta", "tb", "tc", "td" };
	pthread_t t[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, upgrade_files,
						(void *)names[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		void *text;

		pthread_join(t[i], &text);
		if (text)
			fail_msg("%s: %s", names[i], (char *)text);
	}
	shell("PATH=$builddir:$PATH; cd project; schemastore fsck -q");
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };		/* their own memory would be out first */
#else
enum { SANITIZED = 0 };
#endif

static void out_of_memory(void)
{
	_exit(42);
}

static void test_out_of_memory(void **state)
{
	struct rlimit none = { 1, 1 };
	struct ss_project *p;
	struct ss_plan *plan;
	int status;
	pid_t pid;

	(void)state;
	if (SANITIZED)
		skip();
	p = open_project("project", true);
	shell("head -c 40000000 /dev/zero | tr '\\0' ' ' >large.sql");
	pid = fork();
	if (!pid) {
		ss_on_out_of_memory(out_of_memory);
		setrlimit(RLIMIT_AS, &none);
		ss_plan_make(p, "-", "./large.sql", NULL, &plan, NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
	ss_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_every_version),
		cmocka_unit_test(test_without_mirror),
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_dry_run),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_meanwhile),
		cmocka_unit_test(test_rows_that_do_not_fit),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_new_file_of_two),
		cmocka_unit_test(test_nobodys_key),
		cmocka_unit_test(test_long_life),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, fixture_make, fixture_remove);
}
