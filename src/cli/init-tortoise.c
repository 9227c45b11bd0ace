#include "config.h"

#include "cli/init-tortoise.h"

#include "ss/file.h"

#define PYPROJECT "pyproject.toml"
#define LIMIT (1u << 20)

/* It is read by a program of ours only where that may find something. */
static int may_have(bool *yes, struct ctx *c, struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = file_read_if(&b, path_join(&c->arena, c->project.dir,
					     PYPROJECT), LIMIT, err);

	*yes = ret > 0 && (strstr(b.ptr, "aerich") ||
			   strstr(b.ptr, "tortoise"));
	buf_release(&b);
	return ret < 0 ? -1 : 0;
}

static int ask_reader(json_t **out, struct ctx *c, struct err *err)
{
	struct buf b = BUF_INIT;
	json_error_t why;
	int ret = source_project(&b, c->project.dir, err);

	if (!ret) {
		*out = json_loadb(b.ptr, b.len, 0, &why);
		if (!*out)
			ret = err_set(err, ERR_IO, "the reader of models has "
				      "answered what is no JSON: %s",
				      why.text);
	}
	buf_release(&b);
	if (!ret)
		return 0;
	err_wrap(err, PYPROJECT);
	return err_hint(err, "'schemastore init --source PATH' does not look "
			"at it");
}

static int set(struct ctx *c, const char *section, const char *sub,
	       const char *name, const char *value, struct err *err)
{
	const char *key = arena_printf(&c->arena, "%s.%s%s%s", section,
				       sub ? sub : "", sub ? "." : "", name);

	return conf_get(&c->project.conf, key) ? 0 :
	       conf_set(&c->project.conf, key, value, false, err);
}

/* One schema an engine: of several connections of one, which? */
static int set_engine(struct buf *names, struct ctx *c, json_t *connections,
		      const char *engine, struct err *err)
{
	const char *name, *found = NULL;
	json_t *v;

	json_object_foreach(connections, name, v) {
		const char *of = json_string_value(json_object_get(v,
								   "engine"));

		if (!of || strcmp(of, engine))
			continue;
		if (found) {
			err_set(err, ERR_USAGE, PYPROJECT ": apps are on two "
				"databases of %s, '%s' and '%s', and a "
				"project has one schema of it", engine, found,
				name);
			return err_hint(err, "say which with --source and "
					"%s.connection", engine);
		}
		found = name;
	}
	if (!found)
		return 0;
	buf_addf(names, "%s%s", names->len ? ", " : "", engine);
	return json_object_size(connections) == 1 ? 0 :
	       set(c, engine, NULL, "connection", found, err);
}

static int set_engines(struct ctx *c, json_t *connections, struct err *err)
{
	static const char *const known[] = { "sqlite", "postgres" };
	struct project *p = &c->project;
	struct buf names = BUF_INIT;
	int ret = 0;

	for (size_t i = 0; i < ARRAY_LEN(known) && !ret; i++)
		ret = set_engine(&names, c, connections, known[i], err);
	if (!ret && !names.len) {
		err_set(err, ERR_USAGE, PYPROJECT ": of which engine the "
			"databases are cannot be told without running the "
			"application");
		ret = err_hint(err, "say --engine sqlite, or postgres, or "
			       "both");
	}
	if (!ret)
		ret = engines_parse(&p->engines, names.ptr, &c->arena, err) ||
		      conf_set(&p->conf, "schemastore.engines", names.ptr,
			       false, err) ? -1 : 0;
	buf_release(&names);
	return ret;
}

static int set_databases(struct buf *out, struct ctx *c, json_t *connections,
			 struct err *err)
{
	const char *name;
	json_t *v;

	json_object_foreach(connections, name, v) {
		const char *url = json_string_value(json_object_get(v, "url"));
		const char *ref = arena_printf(&c->arena, "refs/%s", name);

		if (url && ref_name_valid(ref)) {
			if (set(c, "database", name, "url", url, err))
				return -1;
			buf_addf(out, "database %s: %s\n", name, url);
			continue;
		}
		buf_addf(out, "database %s: not set, for %s\n", name,
			 url ? "it cannot be a database's name" :
			 json_string_value(json_object_get(v, "why")));
	}
	return 0;
}

static int take_project(struct buf *out, struct ctx *c, json_t *json,
			bool engines, bool databases, struct err *err)
{
	const char *config = json_string_value(json_object_get(json,
							       "config"));
	const char *src = json_string_value(json_object_get(json, "src"));
	json_t *connections = json_object_get(json, "connections");

	if (!config)
		return 0;
	if ((engines && set_engines(c, connections, err)) ||
	    set(c, "schemastore", NULL, "source",
		arena_printf(&c->arena, "tortoise:%s", config), err) ||
	    (src && strcmp(src, ".") &&
	     set(c, "tortoise", NULL, "folder", src, err)))
		return -1;
	buf_addf(out, "source: the models of %s, as " PYPROJECT " says\n",
		 config);
	return databases ? set_databases(out, c, connections, err) : 0;
}

int init_tortoise(struct buf *out, struct ctx *c, bool engines, bool databases,
		  struct err *err)
{
	json_t *json = NULL;
	bool yes;
	int ret;

	if (may_have(&yes, c, err))
		return -1;
	if (!yes)
		return 0;
	if (ask_reader(&json, c, err))
		return -1;
	ret = take_project(out, c, json, engines, databases, err);
	json_decref(json);
	return ret;
}
