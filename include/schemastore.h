/*
 * libschemastore: the public interface.  What has the prefix ss_ is exported,
 * and nothing else.
 */
#ifndef SCHEMASTORE_H
#define SCHEMASTORE_H

#ifdef __cplusplus
extern "C" {
#endif

/* The library's version, "0.1.0"; belongs to the library. */
const char *ss_version(void);

#ifdef __cplusplus
}
#endif

#endif
