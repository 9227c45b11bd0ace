/*
 * Functions, collations and modules that are not SQLite's own: loaded from
 * the extensions that the project names, for every connection; where those do
 * not have them, a scratch database, and never a real one, makes do with a
 * stub.  A stub answers nothing (a collation's: any order), which is enough
 * for a schema that mentions it to load where there are no rows.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#include <dlfcn.h>

#include "ss/file.h"

/* SQLite tries PATH.so last, and says only what is wrong with that: of a file
 * that is there the linker is asked again. */
static int cannot_load(const char *path, const char *why, struct err *err)
{
	void *library;

	if (!file_exists(path)) {
		err_set(err, ERR_USAGE, "sqlite.extension: no such file '%s'",
			path);
		return err_hint(err, "a path is relative to the folder of "
				"schemastore.conf");
	}
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		why = dlerror();
	err_set(err, ERR_ENGINE, "sqlite.extension: '%s' cannot be loaded: %s",
		path, why ? why : "no memory");
	if (library)
		dlclose(library);
	return -1;
}

/* SQL must not load anything, so that the door is open only here. */
int sqlite_extend(struct conn *c, const struct list *paths, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; paths && i < paths->n && !ret; i++) {
		char *why = NULL;

		sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
				  1, NULL);
		if (sqlite3_load_extension(c->db, paths->v[i], NULL, &why))
			ret = cannot_load(paths->v[i], why, err);
		sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
				  0, NULL);
		sqlite3_free(why);
	}
	return ret;
}

/* ---- stubs --------------------------------------------------------------- */

static const char no_function[] = "no such function: ";

static void stub_function(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	(void)v;
	sqlite3_result_null(ctx);
}

static bool is_stubbed(const struct conn *c, const char *title)
{
	for (size_t i = 0; i < c->stubs.n; i++)
		if (!strcmp(c->stubs.v[i], title))
			return true;
	return false;
}

bool sqlite_add_stub(struct conn *c)
{
	const char *message = sqlite3_errmsg(c->db);
	const char *at = strstr(message, no_function);
	const char *name, *title;

	if (!c->scratch || !at)
		return false;
	name = arena_strdup(&c->arena, at + strlen(no_function));
	title = arena_printf(&c->arena, "function '%s'", name);
	if (is_stubbed(c, title) ||
	    sqlite3_create_function(c->db, name, -1, SQLITE_UTF8 |
				    SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
				    NULL, stub_function, NULL, NULL))
		return false;
	list_add(&c->arena, &c->stubs, title);
	return true;
}

static int stub_compare(void *ctx, int na, const void *a, int nb,
			const void *b)
{
	int n = na < nb ? na : nb;
	int cmp = memcmp(a, b, (size_t)n);

	(void)ctx;
	return cmp ? cmp : na - nb;
}

static void stub_collation(void *ctx, sqlite3 *db, int encoding,
			   const char *name)
{
	struct conn *c = ctx;

	if (!sqlite3_create_collation(db, name, encoding, NULL, stub_compare))
		list_add(&c->arena, &c->stubs, arena_printf(&c->arena,
			 "collation '%s'", name));
}

void sqlite_stub_collations(struct conn *c)
{
	sqlite3_collation_needed(c->db, c, stub_collation);
}

void sqlite_hint_extension(const struct conn *c, struct err *err)
{
	static const char *const missing[] = {
		no_function, "no such collation sequence: ",
		"no such module: ",
	};
	const char *message = sqlite3_errmsg(c->db);

	for (size_t i = 0; i < ARRAY_LEN(missing); i++)
		if (strstr(message, missing[i]))
			err_hint(err, "name the library that has it: "
				 "'schemastore config --add sqlite.extension "
				 "PATH'");
}
