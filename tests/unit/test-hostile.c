/*
 * A store whose versions somebody has put together by hand: what their text
 * holds behind a semicolon is never run, neither in scratch nor in a database.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ss/engine.h"
#include "ss/file.h"
#include "ss/store.h"

#include "folder.h"

static const struct ident who = { "Eve", "eve@example.org", 2000000000 };

/* What each of them does when it is run: a file `taken`. */
#define TAKE "ATTACH 'taken' AS x; CREATE TABLE x.t (a)"

/* Objects of a version, in the text form of schemastore-store(5). */
static const char *const hostile[] = {
	"view v\n  as SELECT 1; " TAKE "\n",
	"view v\n  as SELECT (1); " TAKE ";\n",
	"view v\n  as SELECT 1 /* ; */; VACUUM INTO 'taken'\n",
	"table t\n  column a\n    default 0); " TAKE "; CREATE TABLE u (b\n",
	"table t\n  column a\n    type INT); " TAKE "; CREATE TABLE u (b\n",
	"table t\n  column a\n  check\n    expression 1)); " TAKE
		"; SELECT ((1\n",
	"table t\n  column a\n  index i\n    key a\n    where 1; " TAKE "\n",
	"table t\n  column a\n  trigger g\n    body AFTER INSERT ON t BEGIN "
		"SELECT 1; END; " TAKE "\n",
	"table t\n  column a\n  trigger g\n    body AFTER INSERT ON t BEGIN "
		"SELECT 1; END; " TAKE "; SELECT 1; END\n",
	"virtual f\n  using fts4\n  arguments a); " TAKE
		"; CREATE TABLE u (b\n",
	"view v\n  as SELECT 1; PRAGMA writable_schema = ON; " TAKE
		"; UPDATE sqlite_schema SET sql = sql || ' '\n",
	"view v\n  as SELECT 1 --\n",
	"view v\n  as SELECT 1 /*\n",
	"view v\n  as SELECT 'a\n",
};

/* What somebody does who has fetched such a version; all but the ways back
 * must be refused. */
static const struct {
	const char *words;	/* %s: the version */
	bool may_work;
} commands[] = {
	{ "plan --prove v1 %s", false },
	{ "plan v1 %s", false },
	{ "upgrade sqlite:app.db %s", false },
	{ "upgrade sqlite:new.db %s", false },
	{ "plan --rename users.mail=post %s renamed.sql", false },
	{ "plan --prove %s renamed.sql", true },
	{ "plan --prove --down v1 %s", true },
};

static int run(const char *words)
{
	char command[200];
	int status;

	snprintf(command, sizeof(command), "$builddir/schemastore %s >out 2>&1",
		 words);
	status = system(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void must(const char *words)
{
	if (run(words))
		fail_msg("failed: schemastore %s", words);
}

static void write_file(const char *name, const char *text)
{
	struct err err = ERR_INIT;

	if (file_write(name, text, strlen(text), &err))
		fail_msg("%s", err.text);
}

static int make(void **state)
{
	if (folder_enter(state))
		return -1;
	setenv("HOME", folder, 1);
	setenv("SCHEMASTORE_AUTHOR_NAME", "Ann", 1);
	setenv("SCHEMASTORE_AUTHOR_EMAIL", "ann@example.org", 1);
	write_file("schema.sql", "CREATE TABLE users (mail TEXT);\n");
	write_file("renamed.sql", "CREATE TABLE users (post TEXT);\n");
	must("init");
	must("commit -m One");
	must("tag v1");
	must("upgrade sqlite:app.db v1");
	return 0;
}

/* refs/tags/NAME: the version v1, and this object. */
static void add_version(const char *name, const char *object)
{
	struct version_schema vs = { .engine = "sqlite" };
	struct version_draft d = {
		.nparents = 1, .schemas = &vs, .nschemas = 1, .author = who,
		.committer = who, .subject = name, .ref = "refs/heads/main",
	};
	const struct spelling *sp = engine_sqlite.spelling;
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct store *s = NULL;
	struct commit c, v1;
	struct schema schema, old;
	struct node *n;
	struct oid id;

	if (node_decode(&n, sp, object, strlen(object), &a, &err) ||
	    store_open(&s, ".schemastore", &err) ||
	    revision_parse(&id, s, "v1", &err) ||
	    store_commit(&v1, s, &id, &a, &err) ||
	    version_schema_read(&old, s, &v1, "sqlite", sp, &a, &err))
		fail_msg("%s in\n%s", err.text, object);
	schema_init(&schema, sp, &a);
	schema.version = old.version;
	for (size_t i = 0; i < old.n; i++)
		schema_add(&schema, old.objects[i]);
	schema_add(&schema, n);
	vs.schema = &schema;
	d.parents = &id;
	if (schema_seal(&schema, &err) ||
	    version_write(&c, s, &d, &a, &err) ||
	    odb_flush(store_odb(s), &err) ||
	    ref_update(s, arena_printf(&a, "refs/tags/%s", name), NULL, &c.oid,
		       "test", &err))
		fail_msg("%s in\n%s", err.text, object);
	schema_release(&schema);
	schema_release(&old);
	store_close(s);
	arena_release(&a);
}

static void try_all(const char *name, const char *object)
{
	char words[100];
	int code;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		snprintf(words, sizeof(words), commands[i].words, name);
		code = run(words);
		if (code > 90 || (!code && !commands[i].may_work))
			fail_msg("%d: %s, with\n%s", code, words, object);
		if (file_exists("taken"))
			fail_msg("%s ran\n%s", words, object);
	}
}

static void test_hostile(void **state)
{
	char name[20];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		snprintf(name, sizeof(name), "bad%zu", i);
		add_version(name, hostile[i]);
		try_all(name, hostile[i]);
	}
	must("drift sqlite:app.db");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, make, folder_remove);
}
