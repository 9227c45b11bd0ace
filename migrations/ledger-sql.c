/*
 * The ledger's own schema.  A row is the raw commit: no second encoding, no
 * column that could disagree with it.
 */
#include "config.h"

#include "migrations/ledger-sql.h"

#include <string.h>

#include "ss/base.h"

#define TEXT "CAST(entry AS TEXT)"

/* The value of one trailer, '' where it is absent. */
#define TRAILER(key, name) \
	"CASE WHEN instr(" TEXT ", char(10) || 'Schemastore-" key ": ') > 0 " \
	"THEN substr(substr(" TEXT ", instr(" TEXT ", char(10) || " \
	"'Schemastore-" key ": ') + length('Schemastore-" key ": ') + 1), 1, " \
	"instr(substr(" TEXT ", instr(" TEXT ", char(10) || 'Schemastore-" key \
	": ') + length('Schemastore-" key ": ') + 1), char(10)) - 1) END " \
	"AS \"" name "\""

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
"CREATE VIEW schemastore_log AS SELECT seq, "
TRAILER("Event", "event") ", " TRAILER("Op", "op") ", "
TRAILER("From", "from") ", " TRAILER("To", "to") ", "
TRAILER("Started", "started") ", " TRAILER("Outcome", "outcome") ", "
TRAILER("Session", "session") ", lower(hex(id)) AS id "
"FROM schemastore_ledger;\n",
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
