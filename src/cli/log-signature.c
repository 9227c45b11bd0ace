/*
 * What `log --show-signature` says of a version.
 */
#include "config.h"

#include "cli/log.h"

/* 1 "good", 0 "bad"; without a signature it is 1 "none" */
static int signature(const char **word, struct ctx *c, const struct commit *v,
		     struct err *err)
{
	int ret = v->is_signed ? commit_verify(v, err) : 1;

	*word = !v->is_signed ? "none" : ret ? "good" : "bad";
	if (!ret)
		c->status = 1;
	return ret;
}

int log_add_signature(struct ctx *c, const struct commit *v, struct err *err)
{
	char fingerprint[PUBKEY_FINGERPRINT];
	const char *word;
	int ret = signature(&word, c, v, err);

	if (ret < 0)
		return -1;
	out_addf(c, !ret ? COLOR_RED : v->is_signed ? COLOR_GREEN :
		 COLOR_NONE, "%s", word);
	if (v->is_signed) {
		pubkey_fingerprint(fingerprint, &v->sig.key);
		out_addf(c, COLOR_NONE, ", %s %s", pubkey_word(&v->sig.key),
			 fingerprint);
	}
	return 0;
}

int json_signature(json_t *o, struct ctx *c, const struct commit *v,
		   struct err *err)
{
	char fingerprint[PUBKEY_FINGERPRINT];
	struct buf line = BUF_INIT;
	json_t *s = json_object();
	const char *word;

	if (signature(&word, c, v, err) < 0) {
		json_decref(s);
		return -1;
	}
	json_object_set_new(o, "signature", s);
	json_object_set_new(s, "is", json_string(word));
	if (!v->is_signed)
		return 0;
	pubkey_fingerprint(fingerprint, &v->sig.key);
	pubkey_add_line(&line, &v->sig.key);
	json_object_set_new(s, "fingerprint", json_string(fingerprint));
	json_object_set_new(s, "public", json_string(line.ptr));
	buf_release(&line);
	return 0;
}
