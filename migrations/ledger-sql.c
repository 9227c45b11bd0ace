/*
 * The ledger's own schema.  A row is the raw commit: no second encoding, no
 * column that could disagree with it.
 */
#include "config.h"

#include "migrations/ledger-sql.h"

#include <string.h>

#include "ss/base.h"

/* The value of one trailer, NULL where it is absent. */
#define TRAILER(key, name) \
	"  max(CASE WHEN line GLOB 'Schemastore-" key ": *' " \
	"THEN substr(line, length('Schemastore-" key ": ') + 1) END) " \
	"AS \"" name "\",\n"

/* Whoever opens the database has SQLite read this: it is kept short. */
#define LINES \
	"WITH RECURSIVE lines(seq, id, line, rest) AS (\n" \
	"  SELECT seq, id, '', CAST(entry AS TEXT) FROM schemastore_ledger\n" \
	"  UNION ALL\n" \
	"  SELECT seq, id, substr(rest, 1, instr(rest, char(10)) - 1),\n" \
	"    substr(rest, instr(rest, char(10)) + 1)\n" \
	"  FROM lines WHERE instr(rest, char(10)) > 0\n" \
	")\n"

static const struct ledger_sql engines[] = {
	{
		.engine = "sqlite",
		.exists = "SELECT 2 - (type = 'table' AND (SELECT count(*) "
			"FROM pragma_table_info('schemastore_ledger') WHERE "
			"name IN ('seq', 'id', 'entry')) = 3) "
			"FROM sqlite_schema WHERE name = 'schemastore_ledger' "
			"COLLATE NOCASE",
		.create =
"CREATE TABLE schemastore_ledger (\n"
"  seq INTEGER PRIMARY KEY CHECK (seq >= 0),\n"
"  id BLOB NOT NULL UNIQUE,\n"
"  entry BLOB NOT NULL CHECK (length(entry) <= 65536)\n"
");\n"
"CREATE TRIGGER schemastore_ledger_update BEFORE UPDATE ON "
"schemastore_ledger BEGIN\n"
"  SELECT raise(ABORT, 'the ledger is append-only');\n"
"END;\n"
"CREATE TRIGGER schemastore_ledger_delete BEFORE DELETE ON "
"schemastore_ledger BEGIN\n"
"  SELECT raise(ABORT, 'the ledger is append-only');\n"
"END;\n"
"CREATE TRIGGER schemastore_ledger_insert BEFORE INSERT ON "
"schemastore_ledger\n"
"WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM schemastore_ledger)\n"
"  OR (NEW.seq > 0 AND instr(CAST(NEW.entry AS TEXT), "
"'Schemastore-Parent: ' ||\n"
"    (SELECT lower(hex(id)) FROM schemastore_ledger "
"ORDER BY seq DESC LIMIT 1)) = 0)\n"
"BEGIN\n"
"  SELECT raise(ABORT, 'an entry that does not follow the last one');\n"
"END;\n"
"CREATE VIEW schemastore_log AS\n"
LINES
"SELECT seq,\n"
TRAILER("Event", "event")
TRAILER("Op", "op")
TRAILER("From", "from")
TRAILER("To", "to")
TRAILER("Started", "started")
TRAILER("Outcome", "outcome")
TRAILER("Session", "session")
"  lower(hex(id)) AS id\n"
"FROM lines GROUP BY seq;\n",
		.tail = "SELECT seq, id, entry FROM schemastore_ledger "
			"ORDER BY seq DESC LIMIT 1",
		.all = "SELECT seq, id, entry FROM schemastore_ledger "
			"ORDER BY seq",
		.insert = "INSERT INTO schemastore_ledger (seq, id, entry) "
			"VALUES (?1, ?2, ?3)",
	},
};

const struct ledger_sql *ledger_sql_of(const char *engine)
{
	for (size_t i = 0; i < ARRAY_LEN(engines); i++)
		if (!strcmp(engines[i].engine, engine))
			return &engines[i];
	return NULL;
}
