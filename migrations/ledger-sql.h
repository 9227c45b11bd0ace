/*
 * The ledger's table and the statements that read and write it, per engine.
 */
#ifndef MIGRATIONS_LEDGER_SQL_H
#define MIGRATIONS_LEDGER_SQL_H

/* Of an engine that has online forms. */
struct journal_sql {
	const char *exists;	/* a row: it is there */
	const char *create;
	const char *insert;	/* ?1 step, how, node, sql, index */
	const char *rows;	/* all but the step, started, done; by step */
	const char *start;	/* ?1 step */
	const char *end;	/* from step ?1 to the one before ?2 */
	const char *clear;
};

/* What is parked: see ss/parking.h. */
struct parked_sql {
	const char *exists;	/* a row: it is there */
	const char *create;
	const char *rows;	/* as parking.c takes them, by n */
	const char *size;	/* ?1 a copy's name: bytes */
};

struct ledger_sql {
	const char *engine;
	const char *exists;	/* 1 the table is there, 2 something else of
				 * its name; no row: nothing */
	const char *create;
	const char *tail;	/* seq, id, entry of the newest row */
	const char *all;	/* of every row, oldest first */
	const char *insert;	/* ?1 seq, ?2 id, ?3 entry */
	struct journal_sql journal;
	struct parked_sql parked;
	const char *const *grants;	/* what who is not its owner needs of
					 * it; NULL: there are no owners */
};

const struct ledger_sql *ledger_sql_of(const char *engine);

#endif
