/*
 * How a ref may be called: as git has it, and in UTF-8.
 */
#include "config.h"

#include "ss/ref-name.h"

#include "ss/base.h"

bool ref_name_valid(const char *name)
{
	size_t n = strlen(name);

	if (!str_starts(name, "refs/") || strstr(name, "..") ||
	    strstr(name, "//") || strstr(name, "@{") || strstr(name, "/.") ||
	    strstr(name, ".lock/") || str_ends(name, ".lock") ||
	    name[n - 1] == '/' || name[n - 1] == '.' || n > 250)
		return false;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f ||
		    strchr("~^:?*[\\", *p))
			return false;
	return utf8_valid(name, n);
}
