#include "config.h"

#include "cli/cmd.h"

struct config_args {
	bool list;
	bool unset;
	bool add;
};

static const struct opt config_opts[] = {
	{ "list", 'l', OPT_FLAG, offsetof(struct config_args, list), NULL,
	  "show every setting" },
	{ "unset", 0, OPT_FLAG, offsetof(struct config_args, unset), NULL,
	  "remove KEY" },
	{ "add", 0, OPT_FLAG, offsetof(struct config_args, add), NULL,
	  "one more value of the same KEY" },
};

static void list_all(struct ctx *c)
{
	const struct conf *conf = &c->project.conf;
	json_t *v = json_array();

	for (size_t i = 0; i < conf->n; i++) {
		json_t *e = json_object();

		json_object_set_new(e, "key", json_text(conf->v[i].key));
		json_object_set_new(e, "value", json_text(conf->v[i].value));
		json_array_append_new(v, e);
		if (!c->global.json)
			out_addf(c, COLOR_NONE, "%s=%s\n", conf->v[i].key,
				 conf->v[i].value);
	}
	if (c->global.json)
		out_json(c, v);
	else
		json_decref(v);
}

static int run_config(struct ctx *c, void *args, struct err *err)
{
	struct config_args *a = args;
	struct conf *conf = &c->project.conf;
	const char *value;

	if (a->list || !c->args.n) {
		list_all(c);
		return 0;
	}
	if (a->unset)
		return conf_set(conf, c->args.v[0], NULL, false, err);
	if (c->args.n == 2)
		return conf_set(conf, c->args.v[0], c->args.v[1], a->add, err);
	value = conf_get(conf, c->args.v[0]);
	if (!value)
		return err_set(err, ERR_FINDING, "'%s' is not set",
			       c->args.v[0]);
	out_addf(c, COLOR_NONE, "%s\n", value);
	return 0;
}

const struct cmd cmd_config = {
	.name = "config",
	.summary = "Show or change the project's settings",
	.usage = "[--list | [--unset | --add] KEY [VALUE]]",
	.needs = NEED_PROJECT,
	.max_args = 2,
	.opts = config_opts,
	.nopts = ARRAY_LEN(config_opts),
	.args_size = sizeof(struct config_args),
	.run = run_config,
};
