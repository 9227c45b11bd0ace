/*
 * The project's folder: its configuration, its store, who works on it.
 */
#include "config.h"

#include "ss/project.h"

#include <pwd.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ss/file.h"

#define CONF_NAME "schemastore.conf"
#define STORE_NAME ".schemastore"

/* The folder, here or above, that has the file (or the store). */
static const char *find_folder(struct arena *a, const char *dir)
{
	const char *at = dir;

	for (int depth = 0; depth < 64; depth++) {
		if (file_exists(path_join(a, at, CONF_NAME)) ||
		    dir_exists(path_join(a, at, STORE_NAME)))
			return at;
		at = !strcmp(at, ".") ? ".." : arena_printf(a, "%s/..", at);
		if (!dir_exists(at))
			break;
	}
	return dir;
}

static const char *first_of(const char *a, const char *b, const char *c)
{
	return a && *a ? a : b && *b ? b : c;
}

static const char *login_name(struct arena *a)
{
	char room[4096];
	struct passwd pw, *found = NULL;

	if (getpwuid_r(geteuid(), &pw, room, sizeof(room), &found) || !found)
		return "unknown";
	return arena_strdup(a, pw.pw_name);
}

/* Asking for the login may ask a server: only where nothing else is said. */
static void login_identity(struct ident *who, struct arena *a)
{
	const char *login = login_name(a);
	char host[256] = "localhost";

	gethostname(host, sizeof(host) - 1);
	if (!*who->name)
		who->name = login;
	if (!*who->email)
		who->email = arena_printf(a, "%s@%s", login, host);
}

static void identify(struct ident *who, struct project *p, struct arena *a)
{
	who->name = first_of(getenv("SCHEMASTORE_AUTHOR_NAME"),
			     getenv("GIT_AUTHOR_NAME"),
			     first_of(project_git(p, "user.name"), "", ""));
	who->email = first_of(getenv("SCHEMASTORE_AUTHOR_EMAIL"),
			      getenv("GIT_AUTHOR_EMAIL"),
			      first_of(project_git(p, "user.email"), "", ""));
	if (!*who->name || !*who->email)
		login_identity(who, a);
}

int project_now(struct project *p, struct err *err)
{
	const char *date = getenv("SCHEMASTORE_DATE");
	uint64_t t = (uint64_t)time(NULL);

	if (date && parse_u64(&t, date, INT64_MAX))
		return err_set(err, ERR_USAGE, "SCHEMASTORE_DATE='%s' is not "
			       "a number of seconds since 1970", date);
	p->who.time = (int64_t)t;
	return 0;
}

/* "sqlite.ignore" */
static const char *key_of(struct project *p, const struct engine *e,
			  const char *word)
{
	return arena_printf(p->arena, "%s.%s", e->name, word);
}

/* Not loaded before a connection needs them: `config` can put them right, and
 * who only reads the store runs no code of the project's.  A bare name is no
 * word for the dynamic linker to look up. */
const struct list *project_extensions(struct project *p,
				      const struct engine *e)
{
	struct list *out = arena_alloc(p->arena, sizeof(*out));
	struct list paths = conf_all(&p->conf, key_of(p, e, "extension"),
				     p->arena);

	for (size_t i = 0; i < paths.n; i++) {
		const char *path = path_join(p->arena, p->dir, paths.v[i]);

		if (!strchr(path, '/'))
			path = arena_printf(p->arena, "./%s", path);
		list_add(p->arena, out, path);
	}
	return out;
}

struct read_opts project_read_opts(struct project *p, const struct engine *e)
{
	struct list *ignore = arena_alloc(p->arena, sizeof(*ignore));
	struct read_opts opts = { .ignore = ignore, .note = p->note };

	*ignore = conf_all(&p->conf, key_of(p, e, "ignore"), p->arena);
	opts.extensions = project_extensions(p, e);
	opts.search_path = conf_get(&p->conf, key_of(p, e, "search_path"));
	return opts;
}

/* [postgres] scratch = URL; what it cannot be expanded to is not there. */
static void find_scratch(struct project *p, const struct engine *e)
{
	const char *key = key_of(p, e, "scratch");
	struct err none = ERR_INIT;
	const char *value;

	if (e->scratch_at && conf_get(&p->conf, key) &&
	    !conf_expand(&value, &p->conf, key, &none))
		e->scratch_at(value);
}

int project_open(struct project *p, const char *dir, struct arena *a,
		 struct err *err)
{
	struct engines known = engines_known();
	const char *store, *names;

	memset(p, 0, sizeof(*p));
	p->arena = a;
	p->dir = find_folder(a, dir);
	identify(&p->who, p, a);
	if (conf_read(&p->conf, path_join(a, p->dir, CONF_NAME), a, err) ||
	    project_now(p, err))
		return -1;
	store = conf_get(&p->conf, "schemastore.store");
	p->store_path = path_join(a, p->dir, store ? store : STORE_NAME);
	names = conf_get(&p->conf, "schemastore.engines");
	if (engines_parse(&p->engines, names ? names : "sqlite", a, err))
		return err_wrap(err, "%s", p->conf.path);
	for (size_t i = 0; i < known.n; i++)
		find_scratch(p, known.v[i]);
	return 0;
}

int project_store(struct project *p, struct err *err)
{
	if (p->store)
		return 0;
	if (store_open(&p->store, p->store_path, err))
		return -1;
	store_on_warning(p->store, p->warn);
	return 0;
}

void project_close(struct project *p)
{
	store_close(p->store);
	key_close(p->key);
	p->store = NULL;
	p->key = NULL;
}

const char *project_source(struct project *p, const struct engine *e)
{
	const char *path = conf_get(&p->conf, key_of(p, e, "source"));

	if (!path)
		path = conf_get(&p->conf, "schemastore.source");
	return !path || source_is_modules(path) ? path :
	       path_join(p->arena, p->dir, path);
}

struct source_how project_how(struct project *p, const struct engine *e)
{
	const char *before = conf_get(&p->conf, key_of(p, e, "before"));

	return (struct source_how){
		.seen = &p->seen,
		.engine = e,
		.dir = p->dir,
		.describe = conf_get(&p->conf, "tortoise.describe"),
		.version = conf_get(&p->conf, "tortoise.version"),
		.connection = conf_get(&p->conf, key_of(p, e, "connection")),
		.before = before ? path_join(p->arena, p->dir, before) : NULL,
		.folders = conf_all(&p->conf, "tortoise.folder", p->arena),
		.apps = conf_all(&p->conf, "tortoise.app", p->arena),
	};
}

static int no_source(struct project *p, const struct engine *e,
		     struct err *err)
{
	if (p->engines.n == 1) {
		err_set(err, ERR_USAGE, "no source is configured");
		return err_hint(err, "name the schema's file: 'schemastore "
				"config schemastore.source schema.sql'");
	}
	err_set(err, ERR_USAGE, "no source is configured for %s", e->name);
	return err_hint(err, "name its file: 'schemastore config %s.source "
			"schema.%s.sql', or one for all engines: "
			"schemastore.source", e->name, e->name);
}

int project_source_read(struct source *out, struct project *p,
			const struct engine *e, struct err *err)
{
	const struct source_how how = project_how(p, e);
	const char *path = project_source(p, e);

	return path ? source_read(out, path, &how, p->arena, err) :
	       no_source(p, e, err);
}

static const char *shown_url(struct arena *a, const struct engine *e,
			     const char *url)
{
	return e->shown ? e->shown(a, url) : url;
}

static const char *full_path(struct arena *a, const char *path)
{
	char *real = realpath(path, NULL);
	char cwd[4096];
	const char *full;

	if (!real && *path != '/' && getcwd(cwd, sizeof(cwd)))
		full = arena_printf(a, "%s/%s", cwd, path);
	else
		full = arena_strdup(a, real ? real : path);
	free(real);
	return full;
}

/* "app-1a2b3c4d": the stem of a file, or a server's database, and what tells
 * it from others. */
static const char *name_of_url(struct arena *a, const struct engine *e,
			       const char *url)
{
	const char *path = e->file(url);
	const char *full = path ? full_path(a, path) : shown_url(a, e, url);
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	char *name, *base;

	sha256_of(sum, full, strlen(full));
	hex_encode(hex, sum, 4);
	name = arena_strdup(a, path ? path : full);
	if (!path)
		name[strcspn(name, "?")] = '\0';
	base = strrchr(name, '/');
	name = base ? base + 1 : name;
	name[strcspn(name, ".")] = '\0';
	for (char *c = name; *c; c++)
		if (!is_word_byte((unsigned char)*c) || *c == '$' ||
		    (unsigned char)*c >= 0x80)
			*c = '-';
	return arena_printf(a, "%s-%s", *name ? name : "db", hex);
}

/* A file's path in the configuration is the project's, not the shell's. */
static const char *url_in_project(struct project *p, const char *url)
{
	const struct engine *e = engine_of_url(url);
	const char *file = e ? e->file(url) : NULL;

	if (!file || *file == '/' || !strcmp(p->dir, "."))
		return url;
	return arena_printf(p->arena, "%s:%s", e->name,
			    path_join(p->arena, p->dir, file));
}

/* mirror = keep | none; the database's own word before the project's.  Read
 * here and not sooner, so that `config` can put it right. */
static int read_mirror(struct database *out, struct project *p,
		       const char *name, struct err *err)
{
	const char *key = arena_printf(p->arena, "database.%s.mirror", name);
	const char *value = conf_get(&p->conf, key);

	if (!value) {
		key = "schemastore.mirror";
		value = conf_get(&p->conf, key);
	}
	out->no_mirror = p->no_mirror || (value && !strcmp(value, "none"));
	if (!value || !strcmp(value, "none") || !strcmp(value, "keep"))
		return 0;
	err_set(err, ERR_USAGE, "%s: %s is '%s'", p->conf.path, key, value);
	return err_hint(err, "it is keep or none");
}

static int configured(struct database *out, struct project *p,
		      const char *name, struct err *err)
{
	const char *key = arena_printf(p->arena, "database.%s.url", name);
	const char *url;

	if (conf_expand(&url, &p->conf, key, err) ||
	    read_mirror(out, p, name, err))
		return -1;
	out->name = out->word = name;
	out->note = p->note;
	out->cancelled = p->cancelled;
	out->url = url_in_project(p, url);
	out->engine = engine_of_url(out->url);
	if (!out->engine) {
		err_set(err, ERR_USAGE, "%s: database '%s' has a URL of an "
			"unknown engine", p->conf.path, name);
		return err_hint(err, "write sqlite:PATH or postgres://...");
	}
	out->extensions = project_extensions(p, out->engine);
	out->shown = shown_url(p->arena, out->engine, out->url);
	if (!ref_name_valid(arena_printf(p->arena, "refs/%s", name)))
		return err_set(err, ERR_USAGE, "%s: '%s' cannot be a "
			       "database's name", p->conf.path, name);
	return 0;
}

static int unknown_database(struct project *p, const char *text,
			    const struct list *names, struct err *err)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < names->n; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", names->v[i]);
	if (text)
		err_set(err, ERR_USAGE, "no database '%s'", text);
	else if (names->n)
		err_set(err, ERR_USAGE, "which database?");
	else
		err_set(err, ERR_USAGE, "no database is configured");
	if (names->n)
		err_hint(err, "configured: %s; or write sqlite:PATH", b.ptr);
	else
		err_hint(err, "write sqlite:PATH, or name one: 'schemastore "
			 "config database.dev.url sqlite:app.db'");
	buf_release(&b);
	(void)p;
	return -1;
}

int project_database(struct database *out, struct project *p,
		     const char *text, struct err *err)
{
	struct list names = conf_subs(&p->conf, "database", p->arena);

	if (!text && names.n == 1)
		return configured(out, p, names.v[0], err);
	for (size_t i = 0; text && i < names.n; i++)
		if (!strcmp(names.v[i], text))
			return configured(out, p, text, err);
	if (!text)
		return unknown_database(p, NULL, &names, err);
	out->engine = engine_of_url(text);
	for (size_t i = 0; i < p->engines.n && !out->engine; i++)
		if (p->engines.v[i]->recognizes(text))
			out->engine = p->engines.v[i];
	if (!out->engine)
		return unknown_database(p, text, &names, err);
	out->url = text;
	out->extensions = project_extensions(p, out->engine);
	out->note = p->note;
	out->cancelled = p->cancelled;
	/* The same file by its path is the same database as by its name. */
	for (size_t i = 0; i < names.n; i++) {
		struct database named;
		struct err none = ERR_INIT;

		if (!configured(&named, p, names.v[i], &none) &&
		    !strcmp(name_of_url(p->arena, named.engine, named.url),
			    name_of_url(p->arena, out->engine, text))) {
			*out = named;
			return 0;
		}
	}
	out->name = name_of_url(p->arena, out->engine, text);
	out->word = out->shown = shown_url(p->arena, out->engine, text);
	return read_mirror(out, p, out->name, err);
}

int database_open(struct conn **out, const struct database *db, unsigned flags,
		  struct err *err)
{
	if (db->engine->open(out, db->url, flags, err))
		return -1;
	db->engine->listen(*out, db->note);
	if (db->engine->heed)
		db->engine->heed(*out, db->cancelled);
	if (!db->engine->extend(*out, db->extensions, err))
		return 0;
	db->engine->close(*out);
	*out = NULL;
	return -1;
}
