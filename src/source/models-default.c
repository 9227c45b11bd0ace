/*
 * The default of a column, from what a description says of it: numbers,
 * strings and truths as they are, all else as Python prints it.
 */
#include "config.h"

#include "source/models.h"

#include <stdio.h>
#include <stdlib.h>

struct value_of {
	const struct models *m;
	const struct model *of;
	const struct model_column *c;
};

#define NOT_SET "__NOT_SET__"

void models_quote(struct buf *b, const char *s)
{
	static const char from[] = "\\\n\r\x1a\"", to[] = "\\nrZ\"";

	buf_addch(b, '\'');
	for (; *s; s++) {
		const char *at = strchr(from, *s);

		if (at)
			buf_addf(b, "\\%c", to[at - from]);
		else if (*s == '\'')
			buf_addstr(b, "''");
		else
			buf_addch(b, *s);
	}
	buf_addch(b, '\'');
}

static int refuse(const struct value_of *v, struct err *err,
		  const char *text)
{
	models_error(v->m, v->of, v->c->field, err, "its default '%.100s' "
		    "cannot be told from the description", text);
	return err_hint(err, "a key \"value\" beside \"default\" says what "
			"the database is given");
}

static bool is_python(const struct value_of *v, const char *type)
{
	return !strcmp(v->c->python_type, type);
}

/* Union[dict, list], or dict | list. */
static bool is_json(const struct value_of *v)
{
	return str_ends(v->c->python_type, "dict | list") ||
	       str_starts(v->c->python_type, "Union[dict") ||
	       is_python(v, "dict");
}

/* ---- numbers ------------------------------------------------------------ */

static int add_truth(struct buf *b, const struct value_of *v,
		     const json_t *json, struct err *err)
{
	(void)err;
	buf_addstr(b, json_is_true(json) ? v->m->dialect->yes :
		   v->m->dialect->no);
	return 0;
}

/* Decimal.normalize(), as Python prints it: 1.250 is 1.25, and 10 is 1E+1. */
static void add_shortest(struct buf *b, const char *s)
{
	struct buf digits = BUF_INIT;
	long exponent = 0, high;
	bool minus = *s == '-';

	for (s += minus || *s == '+'; *s && *s != 'E' && *s != 'e'; s++) {
		if (*s != '.' && (digits.len || *s != '0'))
			buf_addch(&digits, *s);
		if (*s == '.')
			exponent = -(long)strspn(s + 1, "0123456789");
	}
	exponent += *s ? strtol(s + 1, NULL, 10) : 0;
	while (digits.len && digits.ptr[digits.len - 1] == '0') {
		buf_truncate(&digits, digits.len - 1);
		exponent++;
	}
	if (!digits.len)
		exponent = 0;
	high = exponent + (long)digits.len - 1;
	buf_addstr(b, minus ? "'-" : "'");
	if (!digits.len) {
		buf_addch(b, '0');
	} else if (exponent > 0 || high < -6) {
		buf_addf(b, "%c%s%sE%+ld", *digits.ptr, digits.len > 1 ? "." :
			 "", digits.ptr + 1, high);
	} else if (high < 0) {
		buf_addf(b, "0.%.*s%s", (int)-high - 1, "00000", digits.ptr);
	} else {
		buf_add(b, digits.ptr, (size_t)high + 1);
		if (exponent)
			buf_addf(b, ".%s", digits.ptr + high + 1);
	}
	buf_addch(b, '\'');
	buf_release(&digits);
}

static int add_integer(struct buf *b, const struct value_of *v,
		       const json_t *json, struct err *err)
{
	long long n = json_integer_value(json);
	char text[32];

	(void)err;

	if (is_python(v, "decimal.Decimal") && v->m->text_decimals) {
		snprintf(text, sizeof(text), "%lld", n);
		add_shortest(b, text);
		return 0;
	}
	if (is_python(v, "bool"))
		buf_addstr(b, n ? v->m->dialect->yes : v->m->dialect->no);
	else
		buf_addf(b, is_python(v, "str") ? "'%lld'" : "%lld", n);
	return 0;
}

/* A decimal is made of all that the double has. */
static int add_real(struct buf *b, const struct value_of *v,
		    const json_t *json, struct err *err)
{
	double n = json_real_value(json);

	if (is_python(v, "int") || is_python(v, "bool"))
		return refuse(v, err, "a fraction");
	if (is_python(v, "decimal.Decimal"))
		buf_addf(b, "%.800g", n);
	else
		buf_addf(b, is_python(v, "str") ? "'%.15g'" : "%.15g", n);
	return 0;
}

/* ---- what Python prints ------------------------------------------------- */

/* "[-]D day[s], H:MM:SS[.ffffff]", the days where there are any. */
static int add_interval(struct buf *b, const struct value_of *v,
			const char *s, struct err *err)
{
	long long days = 0, micros = 0, hours, minutes, seconds;
	const char *comma = strchr(s, ',');
	const char *dot = strchr(s, '.');
	int used = 0;

	if (comma)
		days = strtoll(s, NULL, 10);
	if (sscanf(comma ? comma + 1 : s, " %lld:%lld:%lld%n", &hours,
		   &minutes, &seconds, &used) != 3 || !used)
		return refuse(v, err, s);
	if (dot)
		micros = strtoll(dot + 1, NULL, 10);
	buf_addf(b, "%lld", (((days * 24 + hours) * 60 + minutes) * 60 +
			     seconds) * 1000000 + micros);
	return 0;
}

static int add_decimal(struct buf *b, const struct value_of *v,
		       const char *s, struct err *err)
{
	if (!*s || s[strspn(s, "+-0123456789.Ee")])
		return refuse(v, err, s);
	if (v->m->text_decimals && is_python(v, "decimal.Decimal"))
		add_shortest(b, s);
	else
		buf_addstr(b, s);
	return 0;
}

static int add_date(struct buf *b, const struct value_of *v, const char *s,
		    struct err *err)
{
	char *blank, text[64];

	if (strlen(s) >= sizeof(text))
		return refuse(v, err, s);
	strncpy(text, s, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	blank = strchr(text, ' ');
	if (blank)
		*blank = 'T';
	models_quote(b, text);
	return 0;
}

/* "Shape.SQUARE", a member of an enum that is no string: its value is in the
 * description that Tortoise makes up, as "SQUARE: []". */
static bool is_member(const char *s)
{
	size_t n = 0;

	if (*s < 'A' || *s > 'Z')
		return false;
	while (is_word_byte((unsigned char)s[n]))
		n++;
	if (s[n] != '.' || !s[n + 1])
		return false;
	for (s += n + 1; *s; s++)
		if (!is_word_byte((unsigned char)*s))
			return false;
	return true;
}

static bool find_member(struct buf *out, const char *comment,
			const char *name)
{
	size_t len = strlen(name);

	while (comment && *comment) {
		size_t line = strcspn(comment, "\n");

		if (!strncmp(comment, name, len) &&
		    str_starts(comment + len, ": ")) {
			buf_add(out, comment + len + 2, line - len - 2);
			return true;
		}
		comment += line + (comment[line] == '\n');
	}
	return false;
}

static int add_member(struct buf *b, const struct value_of *v, const char *s,
		      struct err *err)
{
	struct buf text = BUF_INIT;
	int ret = 0;

	if (!find_member(&text, v->c->comment, strchr(s, '.') + 1))
		ret = refuse(v, err, s);
	else if (is_python(v, "int"))
		ret = add_decimal(b, v, text.ptr, err);
	else
		models_quote(b, text.ptr);
	buf_release(&text);
	return ret;
}

/* ---- lists and JSON ----------------------------------------------------- */

static int add_array(struct buf *b, const struct value_of *v,
		     const json_t *list, struct err *err)
{
	struct buf text = BUF_INIT;
	size_t i;
	json_t *item;

	buf_addch(&text, '{');
	json_array_foreach(list, i, item) {
		char *s = json_dumps(item, JSON_ENCODE_ANY |
				     JSON_REAL_PRECISION(15));

		if (!s || json_is_array(item) || json_is_object(item)) {
			free(s);
			buf_release(&text);
			return refuse(v, err, "a list of lists");
		}
		buf_addf(&text, "%s%s", i ? "," : "", s);
		free(s);
	}
	buf_addch(&text, '}');
	buf_add_doubled(b, text.ptr, '\'');
	buf_release(&text);
	return 0;
}

static int add_tree(struct buf *b, const struct value_of *v,
		    const json_t *json, struct err *err)
{
	char *s;

	if (!is_json(v) && json_is_array(json))
		return add_array(b, v, json, err);
	s = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!s)
		return refuse(v, err, "too deep");
	if (v->m->dialect->strict_json)
		buf_add_doubled(b, s, '\'');
	else
		models_quote(b, s);
	free(s);
	return 0;
}

/* Python prints lists of numbers, and what is empty, as JSON has it. */
static int add_printed(struct buf *b, const struct value_of *v, const char *s,
		       struct err *err)
{
	json_t *json = json_loads(s, 0, NULL);
	int ret = json ? add_tree(b, v, json, err) : refuse(v, err, s);

	json_decref(json);
	return ret;
}

/* ---- strings ------------------------------------------------------------ */

static int add_bytes(struct buf *b, const struct value_of *v, const char *s,
		     struct err *err)
{
	(void)b;
	return refuse(v, err, s);
}

static const struct {
	const char *type;
	int (*add)(struct buf *b, const struct value_of *v, const char *s,
		   struct err *err);
} printed[] = {
	{ "bytes", add_bytes },
	{ "bool", add_bytes },
	{ "datetime.datetime", add_date },
	{ "datetime.timedelta", add_interval },
	{ "decimal.Decimal", add_decimal },
	{ "float", add_decimal },
	{ "int", add_decimal },
	{ "list", add_printed },
};

static int add_string(struct buf *b, const struct value_of *v,
		      const json_t *json, struct err *err)
{
	const char *s = json_string_value(json);
	const char *class = models_text(v->c->json, "field_type");

	if (class && str_ends(class, "EnumFieldInstance") && is_member(s) &&
	    !json_object_get(v->c->json, "value"))
		return add_member(b, v, s, err);
	if (is_json(v))
		return add_printed(b, v, s, err);
	for (size_t i = 0; i < ARRAY_LEN(printed); i++)
		if (is_python(v, printed[i].type))
			return printed[i].add(b, v, s, err);
	models_quote(b, s);
	return 0;
}

static int add_null(struct buf *b, const struct value_of *v,
		    const json_t *json, struct err *err)
{
	(void)v;
	(void)json;
	(void)err;
	buf_addstr(b, "NULL");
	return 0;
}

static int add_value(struct buf *b, const struct value_of *v,
		     const json_t *json, struct err *err)
{
	static int (*const add[])(struct buf *, const struct value_of *,
				  const json_t *, struct err *) = {
		[JSON_OBJECT] = add_tree, [JSON_ARRAY] = add_tree,
		[JSON_STRING] = add_string, [JSON_INTEGER] = add_integer,
		[JSON_REAL] = add_real, [JSON_TRUE] = add_truth,
		[JSON_FALSE] = add_truth, [JSON_NULL] = add_null,
	};

	buf_addstr(b, " DEFAULT ");
	return add[json_typeof(json)](b, v, json, err);
}

/* ---- which there are ---------------------------------------------------- */

/* SqlDefault('...'), as Python prints it: a string in either quotes. */
static bool add_verbatim(struct buf *b, const char *s)
{
	const char *end = s + strlen(s) - 1;
	char quote;

	if (!str_starts(s, "SqlDefault(") || !str_ends(s, ")"))
		return false;
	s += strlen("SqlDefault(");
	quote = *s++;
	if ((quote != '\'' && quote != '"') || end - 1 < s || end[-1] != quote)
		return false;
	for (end--; s < end; s++) {
		if (*s == '\\' && s + 1 < end)
			s++;
		buf_addch(b, *s);
	}
	return true;
}

static bool add_function(struct buf *b, const struct value_of *v,
			 const char *s)
{
	size_t before = b->len;

	buf_addstr(b, " DEFAULT ");
	if (!strcmp(s, "Now()"))
		buf_addstr(b, "CURRENT_TIMESTAMP");
	else if (!strcmp(s, "RandomHex()"))
		buf_addstr(b, v->m->dialect->random);
	else if (!add_verbatim(b, s))
		buf_truncate(b, before);
	return b->len > before;
}

/* Before 1.0: none of a function, nor of these types. */
static int add_old(struct buf *b, const struct value_of *v, struct err *err)
{
	const json_t *json = json_object_get(v->c->json, "default");
	const json_t *value = json_object_get(v->c->json, "value");
	const char *s = json_string_value(json);

	if (models_flag(v->c->json, "auto_now_add") ||
	    models_flag(v->c->json, "auto_now")) {
		buf_addstr(b, " DEFAULT CURRENT_TIMESTAMP");
		return 0;
	}
	if (!json || json_is_null(json) || is_python(v, "uuid.UUID") ||
	    is_json(v) || !strcmp(v->c->plain_type, "TEXT") ||
	    (s && str_starts(s, "<function ") && str_ends(s, ">")))
		return 0;
	return add_value(b, v, value ? value : json, err);
}

int models_default(struct buf *b, const struct models *m,
		  const struct model *of, const struct model_column *c,
		  struct err *err)
{
	struct value_of v = { m, of, c };
	const json_t *json = json_object_get(c->json, "db_default");
	const json_t *value = json_object_get(c->json, "value");
	const char *s = json_string_value(json);

	if (m->old_defaults)
		return add_old(b, &v, err);
	if (!json || (s && (!strcmp(s, NOT_SET) || add_function(b, &v, s))))
		return 0;
	return add_value(b, &v, value ? value : json, err);
}
