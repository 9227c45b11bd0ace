/*
 * What libschemastore exports.
 */
#include "config.h"

#include "schemastore.h"

const char *ss_version(void)
{
	return PACKAGE_VERSION;
}
