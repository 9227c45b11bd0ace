/*
 * A project: the folder that holds schemastore.conf and the store; opened
 * once by main for the commands that need it.
 */
#ifndef SS_PROJECT_H
#define SS_PROJECT_H

#include "ss/conf.h"
#include "ss/engine.h"
#include "ss/key.h"
#include "ss/progress.h"
#include "ss/source.h"
#include "ss/store.h"

struct project {
	struct arena *arena;
	const char *dir;	/* the folder, "." where we stand in it */
	const char *store_path;
	struct conf conf;
	struct store *store;	/* NULL until project_store() */
	struct progress *progress;	/* who looks on; NULL: nobody */
	struct engines engines;	/* that its versions have schemas of */
	struct source_seen seen;	/* the models, once they are read */
	note_fn note;		/* what sources and databases have to say;
				 * NULL: nobody hears */
	const volatile int *cancelled;	/* set by ^C; NULL: never */
	warn_fn warn;		/* the store's; NULL: nobody hears */
	bool hosted;		/* a library's host has said who it is: `who`
				 * is all that entries tell */
	bool no_mirror;		/* and that no database has a mirror */
	bool doubts;		/* nothing is believed that was only remembered,
				 * and nothing is remembered: for verify */
	struct ident who;	/* $SCHEMASTORE_AUTHOR_*, git's config (global
				 * file read by us), else login@host; time is
				 * now, or $SCHEMASTORE_DATE (for tests) */
	struct conf git[2];	/* project_git()'s */
	bool ask;		/* a key's passphrase may be asked for */
	struct key *key;	/* project_key()'s */
	bool key_known;
};

/* Look for schemastore.conf from dir upwards; without one the project is
 * empty, and dir is where we stand. */
int project_open(struct project *p, const char *dir, struct arena *a,
		 struct err *err) MUST_CHECK;
/* who.time is now (or $SCHEMASTORE_DATE): where a project stays open. */
int project_now(struct project *p, struct err *err) MUST_CHECK;
/* Open the store: ERR_USAGE with the hint to run init. */
int project_store(struct project *p, struct err *err) MUST_CHECK;
void project_close(struct project *p);
/* Where keys are looked for. */
struct key_places project_key_places(struct project *p);
/* The file that `key new` makes; NULL: there is no home for it. */
const char *project_own_key(struct project *p);
/*
 * The key that versions and entries are signed with, which is the project's;
 * NULL: they are not.  schemastore.sign, here or in git's configuration, = no:
 * never; yes: ERR_REFUSED where there is none.  Who needs it in a transaction
 * asks before that begins.
 */
int project_key(struct key **out, struct project *p, struct err *err)
	MUST_CHECK;
/* The folder of what the user keeps of a project, by its id; NULL: there is no
 * home for it. */
const char *project_state_dir(struct project *p, const unsigned char *id);
bool project_never_signs(struct project *p);
/* Where there is none: one in the user's own place, which is told. */
int project_make_key(const char **path, struct project *p, struct err *err)
	MUST_CHECK;
/* git's configuration: the user's own, later files before earlier ones. */
const char *project_git(struct project *p, const char *key);
/* Those of --engine NAMES, or, where that is NULL, all of the project's. */
int project_engines(struct engines *out, struct project *p, const char *names,
		    struct err *err) MUST_CHECK;
/* Those of which this is the configured source; the only one, whatever it is;
 * ERR_USAGE where nothing says. */
int engines_of_path(struct engines *out, struct project *p, const char *path,
		    struct err *err) MUST_CHECK;

/* The path of the source that is configured for an engine; NULL: none. */
const char *project_source(struct project *p, const struct engine *e);
/* How one that is models is read for it. */
struct source_how project_how(struct project *p, const struct engine *e);
/* The same read; ERR_USAGE where none is configured. */
int project_source_read(struct source *out, struct project *p,
			const struct engine *e, struct err *err) MUST_CHECK;
/* How an engine's schemas are read here: what is ignored, what is loaded. */
struct read_opts project_read_opts(struct project *p, const struct engine *e);
/* Libraries that its connections need: paths from where we stand. */
const struct list *project_extensions(struct project *p,
				      const struct engine *e);

/* A database, as the user names it: a name of the conf, or a URL, or the path
 * of an SQLite file. */
struct database {
	const char *name;	/* ref-safe; for the mirror */
	const char *word;	/* what the user calls it on a command line */
	const char *url;
	const char *shown;	/* the URL without its password */
	const struct engine *engine;
	const struct list *extensions;	/* the project's */
	note_fn note;			/* the project's */
	const volatile int *cancelled;	/* the project's */
	bool no_mirror;		/* its ledger is in its table alone: see
				 * ledger.h */
};
/* text NULL: the only configured database.  ERR_USAGE lists the names. */
int project_database(struct database *out, struct project *p,
		     const char *text, struct err *err) MUST_CHECK;
/* The engine's open(), with the project's extensions. */
int database_open(struct conn **out, const struct database *db, unsigned flags,
		  struct err *err) MUST_CHECK;
/* The whole schema of an open database, and a note of what was ignored; opts
 * are the project's, or a version's. */
int database_read(struct schema *out, struct project *p, struct conn *conn,
		  const struct database *db, const struct read_opts *opts,
		  struct err *err) MUST_CHECK;

/* The tables of a schema that look like another tool's bookkeeping, except
 * those that `but` (NULL: nothing) has as well. */
struct list foreign_tables(const struct schema *s, const struct schema *but,
			   struct arena *a);
/* The commands that ignore them, joined by " && "; NULL: there are none. */
const char *foreign_advice(const struct list *tables, const struct engine *e,
			   struct arena *a);

#endif
