/*
 * The library's functions that only look, and adopting, which looks for a
 * version; by its header, linked with it alone.
 */
#include "config.h"

#include "lib-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_resolve(void **state)
{
	struct ss_project *p = open_project("project", true);
	struct ss_revision head, v;
	struct ss_error e;

	(void)state;
	must(ss_resolve(p, NULL, &head, &e), &e);
	assert_int_equal(strlen(head.id), 40);
	assert_int_equal(strlen(head.strong_id), 64);
	assert_string_equal(head.subject, "Four");
	assert_string_equal(head.id, output("git --git-dir=project/"
			    ".schemastore rev-parse main"));
	must(ss_resolve(p, "HEAD~3", &v, &e), &e);
	assert_string_equal(v.subject, "One: users");
	v.id[8] = '\0';
	must(ss_resolve(p, v.id, &v, &e), &e);
	assert_string_equal(v.subject, "One: users");
	refused(ss_resolve(p, "v9", &v, &e), &e, SS_USAGE, "no version 'v9'");
	ss_close(p);
}

/* ---- where a database stands -------------------------------------------- */

static void test_status(void **state)
{
	struct ss_project *p = open_project("project", true);
	struct ss_project *older = open_project("older", true);
	const char *url = "sqlite:status.db";
	struct ss_standing s;
	struct ss_error e;

	(void)state;
	assert_int_equal(where_is(p, url, NULL), SS_MISSING);
	shell("sqlite3 status.db VACUUM");
	assert_int_equal(where_is(p, url, NULL), SS_EMPTY);
	new_file(p, "status.db", "v1");
	must(ss_status(p, url, NULL, &s, &e), &e);
	assert_int_equal(s.where, SS_BEHIND);
	assert_int_equal(s.versions, 3);
	assert_string_equal(s.at.subject, "One: users");
	assert_false(s.drifted);
	assert_int_equal(where_is(p, url, "v1"), SS_HERE);
	must(ss_upgrade(p, url, "v4", NULL, NULL, &e), &e);
	must(ss_status(p, url, "v2", &s, &e), &e);
	assert_int_equal(s.where, SS_AHEAD);
	assert_int_equal(s.versions, 2);
	must(ss_status(older, url, NULL, &s, &e), &e);
	assert_int_equal(s.where, SS_UNKNOWN);
	assert_string_equal(s.at.id, "");
	refused(ss_upgrade(older, url, NULL, NULL, NULL, &e), &e, SS_USAGE,
		"the store has no version");
	shell("sqlite3 status.db 'CREATE TABLE by_hand (x)'");
	must(ss_status(p, url, NULL, &s, &e), &e);
	assert_int_equal(s.where, SS_HERE);
	assert_true(s.drifted);
	shell("echo no database at all >status.txt");
	refused(ss_status(p, "sqlite:status.txt", NULL, &s, &e), &e, SS_ENGINE,
		"not an SQLite database");
	ss_close(p);
	ss_close(older);
}

static void test_aside(void **state)
{
	struct ss_upgrade_options o = SS_UPGRADE_OPTIONS_INIT;
	struct ss_project *p;
	const char *url;
	struct ss_error e;

	(void)state;
	shell("cp -R project forked; cd forked; PATH=$builddir:$PATH; "
	      "echo 'CREATE TABLE side (x);' >>schema.sql; "
	      "schemastore checkout -q -b side v4; "
	      "schemastore commit -q --no-rename -m Side");
	p = open_project("forked", true);
	o.allow_data_loss = true;
	url = new_file(p, "aside.db", "v4");
	must(ss_upgrade(p, url, "side", &o, NULL, &e), &e);
	assert_int_equal(where_is(p, url, "next"), SS_ASIDE);
	refused(ss_upgrade(p, url, "next", &o, NULL, &e), &e, SS_REFUSED,
		"on another branch than version 'Five'");
	o.allow_down = true;
	must(ss_upgrade(p, url, "next", &o, NULL, &e), &e);
	assert_int_equal(where_is(p, url, "next"), SS_HERE);
	ss_close(p);
}

/* ---- plans, differences, SQL -------------------------------------------- */

static const struct ss_hazard *hazard(const struct ss_plan *plan,
				      const char *code)
{
	const struct ss_hazard *h;

	for (size_t i = 0; (h = ss_plan_hazard(plan, i)) != NULL; i++)
		if (!strcmp(h->code, code))
			return h;
	fail_msg("no hazard %s", code);
	return NULL;
}

static void test_plan(void **state)
{
	struct ss_project *p = open_project("project", true);
	struct ss_plan_options o = SS_PLAN_OPTIONS_INIT;
	const struct ss_hazard *h;
	struct ss_plan *plan = NULL;
	struct ss_error e;

	(void)state;
	o.prove = true;
	must(ss_plan_make(p, "v3", "next", &o, &plan, &e), &e);
	assert_true(ss_plan_proven(plan));
	assert_non_null(strstr(ss_plan_sql(plan), "CREATE VIEW titles"));
	assert_null(strstr(ss_plan_sql(plan), "COMMIT"));
	assert_memory_equal(ss_plan_script(plan), ".bail on\n", 9);
	assert_string_equal(ss_plan_from(plan)->subject, "Three");
	assert_string_equal(ss_plan_to(plan)->subject, "Five");
	h = hazard(plan, "drops-column");
	assert_string_equal(h->node, "column users.note");
	assert_string_equal(h->text, "the column's values are lost");
	assert_int_equal(h->rows, -1);
	assert_null(ss_plan_hazard(plan, 99));
	ss_plan_free(plan);
	must(ss_plan_make(p, "v3", "v3", NULL, &plan, &e), &e);
	assert_string_equal(ss_plan_sql(plan), "");
	ss_plan_free(plan);
	ss_plan_free(NULL);
	new_file(p, "plan.db", NULL);
	must(ss_plan_make(p, "sqlite:plan.db", "next", NULL, &plan, &e), &e);
	assert_int_equal(hazard(plan, "drops-column")->rows, 2);
	assert_null(ss_plan_from(plan));
	ss_plan_free(plan);
	refused(ss_plan_make(p, "v3", "v9", NULL, &plan, &e), &e, SS_USAGE,
		"'v9' is no version, file, folder or database");
	ss_close(p);
}

static void test_plan_renames(void **state)
{
	static const char *const renames[] = { "users.mail=address" };
	struct ss_project *p = open_project("project", true);
	struct ss_plan_options o = SS_PLAN_OPTIONS_INIT;
	struct ss_plan *plan;
	struct ss_error e;

	(void)state;
	shell("echo 'CREATE TABLE users (id INTEGER PRIMARY KEY, "
	      "address TEXT, note TEXT);' >renamed.sql");
	o.renames = renames;
	o.nrenames = 1;
	must(ss_plan_make(p, "v1", "./renamed.sql", &o, &plan, &e), &e);
	assert_string_equal(ss_plan_sql(plan), "ALTER TABLE users RENAME "
			    "COLUMN mail TO address;\n");
	ss_plan_free(plan);
	must(ss_plan_make(p, "v1", "./renamed.sql", NULL, &plan, &e), &e);
	assert_non_null(strstr(ss_plan_script(plan), "-- users.mail is dropped"
			       " and address is added; if it was renamed"));
	ss_plan_free(plan);
	ss_close(p);
}

static void test_diff_and_inspect(void **state)
{
	struct ss_project *p = open_project("project", true);
	const char *url = new_file(p, "look.db", "v2");
	struct ss_error e;
	char *text;

	(void)state;
	must(ss_diff(p, "v2", url, &text, &e), &e);
	assert_string_equal(text, "[]\n");
	ss_free(text);
	must(ss_diff(p, "v1", "v2", &text, &e), &e);
	assert_non_null(strstr(text, "\"renamed_from\": \"mail\""));
	ss_free(text);
	must(ss_inspect(p, url, &text, &e), &e);
	assert_non_null(strstr(text, "CREATE TABLE users (\n"));
	assert_null(strstr(text, "schemastore_"));
	ss_free(text);
	refused(ss_inspect(p, "sqlite:none.db", &text, &e), &e, SS_USAGE,
		"'none.db' does not exist");
	ss_close(p);
}

/* ---- files that are older than the store -------------------------------- */

static void test_adopt(void **state)
{
	struct ss_project *p = open_project("project", true);
	const char *url = "sqlite:old.db";
	struct ss_revision v;
	struct ss_error e;
	char *sql;

	(void)state;
	new_file(p, "model.db", "v3");
	must(ss_inspect(p, "sqlite:model.db", &sql, &e), &e);
	shell("sqlite3 old.db '%s'", sql);
	ss_free(sql);
	assert_int_equal(where_is(p, url, NULL), SS_FOREIGN);
	refused(ss_upgrade(p, url, NULL, NULL, NULL, &e), &e, SS_REFUSED,
		"has objects, but no ledger");
	refused(ss_adopt(p, url, "v1", &v, &e), &e, SS_REFUSED,
		"is not that of version 'One: users'");
	must(ss_adopt(p, url, NULL, &v, &e), &e);
	assert_string_equal(v.subject, "Three");
	refused(ss_adopt(p, url, NULL, &v, &e), &e, SS_REFUSED,
		"has a ledger already");
	must(ss_upgrade(p, url, NULL, NULL, NULL, &e), &e);
	assert_int_equal(where_is(p, url, NULL), SS_HERE);
	shell("sqlite3 strange.db 'CREATE TABLE strange (x)'");
	refused(ss_adopt(p, "sqlite:strange.db", NULL, NULL, &e), &e,
		SS_REFUSED, "has the schema of no version");
	ss_close(p);
}

#ifdef HAVE_POSTGRESQL
static const bool has_both = true;
#else
static const bool has_both = false;
#endif

/* A project of two engines, whose versions have a schema of one. */
static void test_two_engines(void **state)
{
	static const char both[] = "{\n  \"postgres\": [],\n  \"sqlite\": [\n";
	struct ss_plan_options o = SS_PLAN_OPTIONS_INIT;
	struct ss_plan *plan = NULL;
	struct ss_project *p;
	struct ss_error e;
	char *json;

	(void)state;
	if (!has_both)
		skip();
	shell("cp -R project both; PATH=$builddir:$PATH; schemastore -C both "
	      "config schemastore.engines 'sqlite, postgres'");
	p = open_project("both", true);
	refused(ss_plan_make(p, "v1", "v2", NULL, &plan, &e), &e, SS_USAGE,
		"a plan is of one engine");
	o.engine = "oracle";
	refused(ss_plan_make(p, "v1", "v2", &o, &plan, &e), &e, SS_USAGE,
		"engine 'oracle' is not known");
	o.engine = "sqlite";
	must(ss_plan_make(p, "v1", "v2", &o, &plan, &e), &e);
	assert_non_null(strstr(ss_plan_sql(plan), "RENAME COLUMN mail"));
	ss_plan_free(plan);
	must(ss_plan_make(p, new_file(p, "both.db", "v1"), "v2", NULL, &plan,
			  &e), &e);
	ss_plan_free(plan);
	must(ss_diff(p, "v1", "v2", &json, &e), &e);
	assert_memory_equal(json, both, strlen(both));
	ss_free(json);
	must(ss_diff(p, "sqlite:both.db", "v1", &json, &e), &e);
	assert_string_equal(json, "[]\n");
	ss_free(json);
	ss_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_aside),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_plan_renames),
		cmocka_unit_test(test_diff_and_inspect),
		cmocka_unit_test(test_adopt),
		cmocka_unit_test(test_two_engines),
	};

	return cmocka_run_group_tests(tests, fixture_make, fixture_remove);
}
