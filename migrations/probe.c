/*
 * Asking a version whether it is good.
 *
 *	version ─▶ schema ─▶ SQL ─▶ scratch ─▶ query, or program
 */
#include "config.h"

#include "ss/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ss/child.h"
#include "ss/file.h"
#include "ss/majors.h"
#include "ss/plan.h"

#define SKIP_STATUS 125
#define LAST_BAD 127

extern char **environ;

/* ---- a query ------------------------------------------------------------- */

static int take_truth(void *ctx, const struct value *v, size_t n)
{
	bool *yes = ctx;
	char number[32] = "";

	if (n && v->type == VALUE_INT)
		*yes = v->i;
	if (n && v->type == VALUE_TEXT && v->len < sizeof(number)) {
		memcpy(number, v->ptr, v->len);
		*yes = strtod(number, NULL) < 0 || strtod(number, NULL) > 0;
	}
	return 1;
}

static int ask_query(struct answer *out, const struct probe *p,
		     struct conn *c, struct err *err)
{
	struct err no = ERR_INIT;
	bool yes = false;
	int failed;

	if (p->engine->heed)
		p->engine->heed(c, p->project->cancelled);
	failed = p->engine->query(c, p->sql, NULL, 0, take_truth, &yes, &no);
	if (failed && no.code != ERR_ENGINE) {
		*err = no;
		return -1;
	}
	out->why = failed ? arena_strdup(p->arena, no.text) : NULL;
	out->verdict = yes && !failed ? BISECT_GOOD : BISECT_BAD;
	return 0;
}

/* ---- a program ----------------------------------------------------------- */

static char **environment(const struct probe *p, const char *url,
			  const struct commit *version)
{
	size_t n = 0, have = 0;
	char hex[OID_HEX];
	char **v;

	while (environ[have])
		have++;
	v = arena_alloc(p->arena, (have + 3) * sizeof(*v));
	for (size_t i = 0; i < have; i++)
		if (!str_starts(environ[i], PROBE_URL "=") &&
		    !str_starts(environ[i], PROBE_VERSION "="))
			v[n++] = environ[i];
	oid_hex(hex, &version->oid);
	v[n++] = arena_printf(p->arena, PROBE_URL "=%s", url);
	v[n] = arena_printf(p->arena, PROBE_VERSION "=%s", hex);
	return v;
}

/* As git bisect run has it. */
static int take_status(struct answer *out, const struct probe *p, int status,
		       struct err *err)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code < 0)
		return err_set(err, ERR_CANCELLED, "the program was ended by "
			       "signal %d", WTERMSIG(status));
	if (code > LAST_BAD) {
		err_set(err, ERR_USAGE, "the program ended with %d, which is "
			"no answer", code);
		return err_hint(err, "0 is good, 125 is skip, other numbers up "
				"to 127 are bad");
	}
	out->verdict = !code ? BISECT_GOOD :
		       code == SKIP_STATUS ? BISECT_SKIP : BISECT_BAD;
	if (out->verdict == BISECT_BAD)
		out->why = arena_printf(p->arena, "exit %d", code);
	return 0;
}

/* It reads nothing, and writes where we talk. */
static int ask_program(struct answer *out, const struct probe *p,
		       char **env, struct err *err)
{
	const char *const argv[] = { "/bin/sh", "-c", p->script, NULL };
	struct child c = {
		.argv = argv, .env = env, .in = -1, .out = STDERR_FILENO,
		.err = -1,
	};
	int status;

	return child_start(&c, err) || child_wait(&status, &c, err) ? -1 :
	       take_status(out, p, status, err);
}

/* ---- the database -------------------------------------------------------- */

static int ask(struct answer *out, const struct probe *p,
	       const struct commit *version, struct conn *c, const char *dir,
	       struct err *err)
{
	struct buf url = BUF_INIT;
	int ret = p->engine->share(c, &url, dir, err);

	if (!ret)
		ret = !dir ? ask_query(out, p, c, err) :
		      ask_program(out, p, environment(p, url.ptr, version),
				  err);
	buf_release(&url);
	return ret;
}

static int load(struct conn *c, const struct probe *p,
		const struct schema *s, const struct list *extensions,
		struct err *err)
{
	struct plan plan;

	return plan_whole(&plan, s, extensions, p->arena, err) ||
	       (plan.sql_len && p->engine->exec(c, plan.sql, err)) ? -1 : 0;
}

/* What does not load is skipped: it may be bad, but not for what is asked. */
static int load_and_ask(struct answer *out, const struct probe *p,
			const struct commit *version, const char *dir,
			struct err *err)
{
	struct schema s = { .n = 0 };
	struct read_opts read;
	struct err no = ERR_INIT;
	struct conn *c = NULL;
	int ret = -1;

	if (version_schema_read(&s, p->project->store, version,
				p->engine->name, p->engine->spelling, p->arena,
				err) ||
	    version_read_opts(&read, p->project, version, p->engine, p->arena,
			      err))
		return -1;
	read.like = s.version;
	if (source_scratch(&c, p->engine, &read, err))
		goto out;
	if (!load(c, p, &s, read.extensions, &no)) {
		ret = ask(out, p, version, c, dir, err);
	} else if (no.code == ERR_ENGINE || no.code == ERR_REFUSED) {
		out->verdict = BISECT_SKIP;
		out->why = arena_strdup(p->arena, no.text);
		ret = 0;
	} else {
		*err = no;
	}
	p->engine->close(c);
out:
	schema_release(&s);
	return ret;
}

/* The database, and what programs have left beside it. */
static void remove_folder(const char *dir, const struct probe *p)
{
	struct list names = { NULL, 0 };
	struct err none = ERR_INIT;

	if (!dir_list(&names, dir, p->arena, &none))
		for (size_t i = 0; i < names.n; i++)
			unlink(path_join(p->arena, dir, names.v[i]));
	if (rmdir(dir) && p->project->warn)
		p->project->warn(arena_printf(p->arena, "'%s' is left: %s",
					      dir, strerror(errno)));
}

int probe_version(struct answer *out, const struct probe *p,
		  const struct commit *version, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *dir;
	int ret;

	*out = (struct answer){ BISECT_SKIP, NULL };
	if (!version_state(version, p->engine->name)) {
		out->why = arena_printf(p->arena, "it has no schema of %s",
					p->engine->name);
		return 0;
	}
	if (p->sql)
		return load_and_ask(out, p, version, NULL, err);
	dir = arena_printf(p->arena, "%s/ss-bisect.XXXXXX",
			   tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return err_errno(err, "cannot make '%s'", dir);
	ret = load_and_ask(out, p, version, dir, err);
	remove_folder(dir, p);
	return ret;
}
