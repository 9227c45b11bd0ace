/*
 * ECDSA's second number.  (r, s) and (r, n - s) are both signatures of the same
 * bytes, and whoever sees one can make the other: the smaller is the one that
 * is taken.
 */
#ifndef STORE_ECDSA_H
#define STORE_ECDSA_H

#include "ss/base.h"

#define ECDSA_MOST 66		/* bytes of a number */

enum ecdsa_curve {
	ECDSA_P256,
	ECDSA_P384,
	ECDSA_P521,
	ECDSA_N
};

/*
 * n - s, in as many bytes as the curve's numbers have, which is returned; 0:
 * s is none of them.  s has no leading zeros.
 */
size_t ecdsa_other(unsigned char out[ECDSA_MOST], enum ecdsa_curve curve,
		   const unsigned char *s, size_t n);
/* Is it the smaller of the two? */
bool ecdsa_is_low(enum ecdsa_curve curve, const unsigned char *s, size_t n);

#endif
