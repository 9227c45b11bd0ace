/*
 * A fuzz target without libFuzzer: each file that is named is one input.
 *
 *	tests/fuzz/NAME FILE...
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "ss/file.h"

#define INPUT_MAX (1u << 20)

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct buf b = BUF_INIT;
		struct err err = ERR_INIT;
		uint8_t *exact;

		puts(argv[i]);
		fflush(stdout);
		if (file_read(&b, argv[i], INPUT_MAX, &err)) {
			fprintf(stderr, "%s\n", err.text);
			return 2;
		}
		/* No NUL behind it: a sanitizer sees where it ends. */
		exact = xmalloc(b.len);
		memcpy(exact, b.ptr, b.len);
		(void)LLVMFuzzerTestOneInput(exact, b.len);
		free(exact);
		buf_release(&b);
	}
	return argc > 1 ? 0 : 2;
}
