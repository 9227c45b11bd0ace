/*
 * Names and lines that writing and reading a version share.
 */
#ifndef STORE_LAYOUT_H
#define STORE_LAYOUT_H

/* schema/<engine>/engine: these three lines, then the settings. */
#define LAYOUT_ENGINE "engine %s\n"
#define LAYOUT_VERSION "version %s\n"
#define LAYOUT_TEXT "text-form 1\n"

#endif
