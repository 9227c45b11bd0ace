/*
 * yard-load FILE: SQLite runs a file of SQL in memory, once.
 */
#include "config.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	long len;

	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	len = ftell(f);
	rewind(f);
	if (len >= 0)
		text = malloc((size_t)len + 1);
	if (text)
		text[fread(text, 1, (size_t)len, f)] = '\0';
	fclose(f);
	return text;
}

int main(int argc, char **argv)
{
	char *text = argc == 2 ? read_all(argv[1]) : NULL;
	sqlite3 *db = NULL;
	int ret = 1;

	if (text && !sqlite3_open(":memory:", &db) &&
	    !sqlite3_exec(db, text, NULL, NULL, NULL))
		ret = 0;
	if (ret)
		fprintf(stderr, "yard-load: %s\n", db ? sqlite3_errmsg(db) :
			"no file");
	sqlite3_close(db);
	free(text);
	return ret;
}
