/*
 * Signed notes (c2sp.org/signed-note), of which those here are checkpoints
 * (c2sp.org/tlog-checkpoint) with cosignatures (c2sp.org/tlog-cosignature):
 *
 *	schemastore/<project id>
 *	8
 *	CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *
 *	— w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OW...
 *
 * One note has one spelling, and only that is read.
 */
#ifndef SS_NOTE_H
#define SS_NOTE_H

#include "ss/arena.h"
#include "ss/buf.h"
#include "ss/err.h"
#include "ss/key.h"
#include "ss/tlog.h"

#define NOTE_SIGS 16		/* at most */
#define NOTE_KEY_ID 4

struct note_sig {
	const char *name;	/* printable ASCII without a blank and a + */
	unsigned char id[NOTE_KEY_ID];
	const unsigned char *sig;
	size_t n;
};

struct note {
	struct bytes text;	/* with its last newline */
	struct note_sig sigs[NOTE_SIGS];
	size_t n;
};

/* ERR_DAMAGED; what is in it is the arena's. */
int note_parse(struct note *out, const struct bytes *raw, struct arena *a,
	       struct err *err) MUST_CHECK;
void note_add(struct buf *b, const struct note *n);

bool note_name_valid(const char *name);
/* What a key is called in a note, and how others are told of it. */
enum note_key { NOTE_ED25519 = 1, NOTE_COSIGNATURE = 4 };
void note_key_id(unsigned char out[NOTE_KEY_ID], const char *name,
		 enum note_key type, const struct pubkey *key);
void note_add_key(struct buf *b, const char *name, enum note_key type,
		  const struct pubkey *key);

/* A checkpoint's three lines. */
struct note_tree {
	const char *origin;
	uint64_t size;
	struct tlog_hash root;
};
int note_tree(struct note_tree *out, const struct note *n, struct arena *a,
	      struct err *err) MUST_CHECK;
void note_add_tree(struct buf *b, const struct note_tree *t);

/* Sign the text, as of then, by that name; the key is Ed25519's. */
int note_cosign(struct note *n, const char *name, struct key *key,
		int64_t time, struct arena *a, struct err *err) MUST_CHECK;
/* Is there a cosignature by that name with that key?  1 and its time, 0 there
 * is none; -1: ERR_DAMAGED it is not one of the text. */
int note_cosigned(int64_t *time, const struct note *n, const char *name,
		  const struct pubkey *key, struct err *err) MUST_CHECK;

#endif
