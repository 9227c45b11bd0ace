/*
 * Which versions `log` shows, by who made them, when, and with which words.
 *
 *	when = seconds | date [time [zone]] | number unit "ago" | "yesterday" |
 *	       "now"
 *	date = YYYY "-" MM "-" DD
 *	time = (" " | "T") HH ":" MM [":" SS]
 *	zone = "Z" | [" "] ("+" | "-") HHMM
 *	unit = second | minute | hour | day | week | month | year, or several
 *
 * A month has 30 days, a year 365; dots may stand for blanks ("2.weeks.ago").
 */
#include "config.h"

#include "cli/log.h"

#include <stdio.h>
#include <time.h>

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* ---- when --------------------------------------------------------------- */

/* "2 weeks ago": -1 it is none. */
static int parse_ago(int64_t *out, const char *text, int64_t now)
{
	static const struct {
		const char *word;
		int64_t seconds;
	} units[] = {
		{ "second", 1 }, { "minute", MINUTE }, { "hour", HOUR },
		{ "day", DAY }, { "week", 7 * DAY }, { "month", 30 * DAY },
		{ "year", 365 * (int64_t)DAY },
	};
	char word[16], ago[8];
	unsigned n;
	int end = 0;

	if (*text < '0' || *text > '9' ||
	    sscanf(text, "%6u%*1[ .]%15[a-z]%*1[ .]%7[a-z]%n", &n, word, ago,
		   &end) != 3 ||
	    text[end] || strcmp(ago, "ago"))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t len = strlen(units[i].word);

		if (strncmp(word, units[i].word, len) ||
		    (word[len] && strcmp(word + len, "s")))
			continue;
		*out = now - n * units[i].seconds;
		return 0;
	}
	return -1;
}

static int parse_date(int64_t *out, const char *text)
{
	static const char *const formats[] = {
		"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S",
		"%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M",
		"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z",
	};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct tm tm = { 0 }, made;
		const char *end = strptime(text, formats[i], &tm);

		if (!end || *end)
			continue;
		made = tm;
		*out = (int64_t)timegm(&made) - tm.tm_gmtoff;
		/* The 30th of February is another day. */
		return made.tm_mday == tm.tm_mday ? 0 : -1;
	}
	return -1;
}

static int parse_when(int64_t *out, const char *option, const char *text,
		      int64_t now, struct err *err)
{
	uint64_t seconds;

	if (!strcmp(text, "now") || !strcmp(text, "yesterday"))
		*out = now - (*text == 'y' ? DAY : 0);
	else if (!parse_u64(&seconds, text, INT64_MAX))
		*out = (int64_t)seconds;
	else if (parse_ago(out, text, now) && parse_date(out, text)) {
		err_set(err, ERR_USAGE, "--%s: '%s' is no date", option, text);
		return err_hint(err, "write it as '2026-01-31', '2026-01-31 "
				"12:00', '2 weeks ago' or 'yesterday'");
	}
	return 0;
}

/* ---- the filter --------------------------------------------------------- */

static int compile(regex_t *out, const char *option, const char *pattern,
		   struct err *err)
{
	char why[100];
	int ret = regcomp(out, pattern, REG_NOSUB | REG_NEWLINE);

	if (!ret)
		return 0;
	regerror(ret, out, why, sizeof(why));
	return err_set(err, ERR_USAGE, "--%s: '%s' is no pattern: %s", option,
		       pattern, why);
}

int log_filter_init(struct log_filter *f, const struct log_filter_args *a,
		    int64_t now, struct err *err)
{
	*f = (struct log_filter){
		.any = a->since || a->until || a->author || a->grep ||
		       a->merges || a->no_merges,
		.since = INT64_MIN, .until = INT64_MAX,
		.least = a->merges ? 2 : 0, .most = a->no_merges ? 1 : SIZE_MAX,
	};
	if ((a->since && parse_when(&f->since, "since", a->since, now, err)) ||
	    (a->until && parse_when(&f->until, "until", a->until, now, err)))
		return -1;
	if (a->author && compile(&f->author, "author", a->author, err))
		return -1;
	f->has_author = a->author;
	if (a->grep && compile(&f->grep, "grep", a->grep, err))
		return -1;
	f->has_grep = a->grep;
	return 0;
}

void log_filter_release(struct log_filter *f)
{
	if (f->has_author)
		regfree(&f->author);
	if (f->has_grep)
		regfree(&f->grep);
}

bool log_filter_takes(const struct log_filter *f, const struct commit *v,
		      struct arena *a)
{
	const char *who = arena_printf(a, "%s <%s>", v->author.name,
				       v->author.email);

	if (v->committer.time < f->since || v->committer.time > f->until ||
	    v->nparents < f->least || v->nparents > f->most)
		return false;
	if (f->has_author && regexec(&f->author, who, 0, NULL, 0))
		return false;
	return !f->has_grep || !regexec(&f->grep, v->subject, 0, NULL, 0) ||
	       (v->body && !regexec(&f->grep, v->body, 0, NULL, 0));
}
