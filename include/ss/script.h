/*
 * Ordered statements, with what each risks.  An engine's `lower` writes it;
 * plan prints it, apply runs it.
 */
#ifndef SS_SCRIPT_H
#define SS_SCRIPT_H

#include "ss/schema.h"

/*
 * Hazards: ID, stable code, severity, text.
 * LOSES needs --allow-data-loss; BLOCKS fails where its count is not 0;
 * NOTE is for the reader.
 */
#define HAZARDS(H) \
	H(DROPS_TABLE, "drops-table", LOSES, "the table's rows are lost") \
	H(DROPS_COLUMN, "drops-column", LOSES, "the column's values are lost") \
	H(DROPS_VIRTUAL, "drops-virtual", LOSES, \
	  "what the virtual table holds is lost") \
	H(MAKES_GENERATED, "makes-generated", LOSES, \
	  "stored values give way to the expression") \
	H(FILLS_NULL, "fills-null", LOSES, \
	  "NULLs become the column's default, or a new id") \
	H(CONVERTS_TYPE, "converts-type", LOSES, \
	  "values may be stored differently under the new type") \
	H(TYPE_REJECTS, "type-rejects", BLOCKS, \
	  "values that the new type does not accept") \
	H(NEW_NOT_NULL, "new-not-null", BLOCKS, \
	  "rows without a value for a column that becomes NOT NULL") \
	H(NEW_UNIQUE, "new-unique", BLOCKS, \
	  "rows that are not unique under the new key") \
	H(NEW_CHECK, "new-check", BLOCKS, "rows that break the new check") \
	H(NEW_FOREIGN_KEY, "new-foreign-key", BLOCKS, \
	  "rows whose parent does not exist") \
	H(NO_KEY, "no-key", BLOCKS, \
	  "rows without a key, by which their values could be put back") \
	H(PARKS, "parks", NOTE, "kept beside the ledger, for the way back") \
	H(RESTORES, "restores", NOTE, "brought back from beside the ledger") \
	H(REBUILDS_TABLE, "rebuilds-table", NOTE, "the table is rewritten") \
	H(RENAMES, "renames", NOTE, "code that uses the old name breaks") \
	H(BUILDS_INDEX, "builds-index", NOTE, \
	  "the whole table is read to build an index") \
	H(BLOCKS_WRITES, "blocks-writes", NOTE, \
	  "nobody can write the table meanwhile") \
	H(BLOCKS_READS, "blocks-reads", NOTE, \
	  "nobody can use the table while all of its rows are read")

enum hazard_severity { HAZARD_NOTE, HAZARD_LOSES, HAZARD_BLOCKS };

enum hazard_id {
#define HAZARD_ENUM(id, code, severity, text) HAZARD_##id,
	HAZARDS(HAZARD_ENUM)
#undef HAZARD_ENUM
	HAZARD_N
};

struct hazard_info {
	const char *code;
	enum hazard_severity severity;
	const char *text;
};
extern const struct hazard_info hazard_infos[HAZARD_N];

struct hazard {
	enum hazard_id id;
	const char *node;	/* "column users.email" */
	const char *count_sql;	/* on the old schema: how many rows are
				 * concerned; NULL: cannot be counted */
	const char *unparked;	/* why it is not kept, though it should be;
				 * NULL */
	const char *hold_sql;	/* until the transaction ends nobody else adds
				 * any; NULL: nobody can, or the statement
				 * itself fails where there are some */
};

/* How a statement is committed. */
enum step {
	STEP_JOINED,	/* with its neighbours, in one transaction */
	STEP_APART,	/* in one of its own: it takes long, or what comes then
			 * must find it committed */
	STEP_BUILDS,	/* in none: it builds statement.index, and what it has
			 * built of it when it dies is left over */
	STEP_DROPS,	/* in none: it drops that */
	STEP_BATCHES,	/* again and again, each time in one of its own, until
			 * it changes no row */
	STEP_N
};
extern const char *const step_words[STEP_N];
bool step_is_alone(enum step step);	/* outside of any transaction */

struct statement {
	const char *sql;	/* without the final semicolon */
	const char *node;	/* what it is about */
	struct hazard *hazards;
	size_t nhazards;
	bool check;		/* changes nothing of the database: fails where
				 * something is wrong */
	enum step step;
	const char *index;	/* SQL name; builds, drops */
	bool data;		/* somebody wrote it by hand: a data step, or
				 * edited SQL; maybe several, in one text */
	const char *rehearsal;	/* what of it is run where there are no rows;
				 * NULL: all of it */
	const char *printed;	/* batches: all of them, as a script has it,
				 * outside of a transaction */
	size_t stage;		/* its hazards are counted where the stages
				 * before it have been run */
};

struct script {
	struct statement *v;
	size_t n;
	size_t cap;
	struct list notes;	/* comments for the top of a printed script */
	bool concerns_others;	/* some checks are of objects that are alike in
				 * both schemas: make it from whole ones */
};

struct statement *script_add(struct script *s, struct arena *a,
			     const char *node, const char *sql);
struct hazard *statement_hazard(struct statement *st, struct arena *a,
				enum hazard_id id, const char *node,
				const char *count_sql);
/* Is there anything in it that is not of one transaction? */
bool script_in_steps(const struct script *s);
bool script_has_data(const struct script *s);
/* The first statement behind the stage of this one. */
size_t script_stage_end(const struct script *s, size_t first);
/* Where the transaction that begins with this statement ends: the first
 * statement behind it. */
size_t script_step_end(const struct script *s, size_t first);
/* The exact bytes that are sent: every statement that is no check, each ended
 * by ";\n"; transactions are told by BEGIN and COMMIT where they are not all
 * of it. */
void script_sql(struct buf *b, const struct script *s);
/* The same statements, in the same steps. */
bool script_same(const struct script *a, const struct script *b);
/* How many of them apply runs. */
size_t script_count(const struct script *s);
/* The worst severity in it, or HAZARD_NOTE where there is none. */
bool script_loses(const struct script *s);

#endif
