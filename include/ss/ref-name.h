/*
 * How a ref may be called, of which commits speak, too.
 */
#ifndef SS_REF_NAME_H
#define SS_REF_NAME_H

#include <stdbool.h>

bool ref_name_valid(const char *name);	/* git check-ref-format */

#endif
