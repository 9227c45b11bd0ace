/*
 * Loading libpq.
 */
#include "config.h"

#include "engine/postgres/libpq.h"

#include <dlfcn.h>

#define LIBPQ_SONAME "libpq.so.5"

struct pq pq;

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
#define PQ_ROW(name, function) { #function, offsetof(struct pq, name) },
	PQ_FUNCTIONS(PQ_ROW)
#undef PQ_ROW
};

int pq_load(struct err *err)
{
	static void *lib;
	void *l;

	if (lib)
		return 0;
	l = dlopen(LIBPQ_SONAME, RTLD_NOW | RTLD_LOCAL);
	if (!l) {
		err_set(err, ERR_ENGINE, "PostgreSQL needs libpq: %s",
			dlerror());
		return err_hint(err, "apt-get install libpq5");
	}
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *p = dlsym(l, functions[i].name);

		if (!p) {
			err_set(err, ERR_ENGINE, LIBPQ_SONAME " has no %s",
				functions[i].name);
			return err_hint(err, "install a newer libpq5");
		}
		memcpy((char *)&pq + functions[i].offset, &p, sizeof(p));
	}
	lib = l;
	return 0;
}
