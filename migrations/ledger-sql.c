/*
 * The ledger's own schema.  A row is the raw commit: no second encoding, no
 * column that could disagree with it.
 */
#include "config.h"

#include "migrations/ledger-sql.h"

#include <string.h>

#include "ss/ledger.h"

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

#define PG_TRAILER(key, name) \
	"  substring(convert_from(l.entry, 'UTF8') FROM '\\nSchemastore-" key \
	": ([^\\n]*)') AS \"" name "\",\n"

static const char *const pg_grants[] = {
	"USAGE, CREATE ON SCHEMA schemastore",
	"SELECT, INSERT ON schemastore.ledger",
	"SELECT ON schemastore.log",
	"SELECT, INSERT, UPDATE, DELETE ON schemastore.journal",
	"SELECT, INSERT, UPDATE ON schemastore.parked",
	NULL
};

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
		.parked = {
			.exists = "SELECT 1 FROM sqlite_schema WHERE name = "
				"'schemastore_parked'",
			.create =
"CREATE TABLE schemastore_parked (\n"
"  n INTEGER PRIMARY KEY,\n"
"  what TEXT NOT NULL,\n"
"  node TEXT NOT NULL,\n"
"  object TEXT NOT NULL,\n"
"  origin TEXT NOT NULL,\n"
"  part TEXT,\n"
"  held TEXT,\n"
"  keys TEXT,\n"
"  nrows INTEGER NOT NULL,\n"
"  rowids INTEGER NOT NULL,\n"
"  last INTEGER,\n"
"  version TEXT NOT NULL,\n"
"  parked TEXT NOT NULL,\n"
"  restored TEXT,\n"
"  freed TEXT\n"
")",
			.rows = "SELECT n, what, node, object, origin, part, "
				"held, keys, nrows, version, parked, restored, "
				"freed, rowids FROM schemastore_parked "
				"ORDER BY n",
			.size = "SELECT sum(pgsize) FROM dbstat WHERE "
				"name = ?1",
		},
	},
	{
		.engine = "postgres",
		.exists = "SELECT CASE WHEN c.relkind = 'r' AND (SELECT "
			"count(*) FROM pg_catalog.pg_attribute a WHERE "
			"a.attrelid = c.oid AND a.attname IN ('seq', 'id', "
			"'entry')) = 3 THEN 1 ELSE 2 END FROM "
			"pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
			"ON n.oid = c.relnamespace WHERE n.nspname = "
			"'schemastore' AND c.relname = 'ledger'",
		.create =
"CREATE SCHEMA IF NOT EXISTS schemastore;\n"
"CREATE TABLE schemastore.ledger (\n"
"  seq bigint PRIMARY KEY CHECK (seq >= 0),\n"
"  id bytea NOT NULL UNIQUE,\n"
"  entry bytea NOT NULL CHECK (length(entry) <= 65536)\n"
");\n"
"CREATE FUNCTION schemastore.ledger_guard() RETURNS trigger\n"
"LANGUAGE plpgsql SET search_path TO '' AS $$\n"
"DECLARE last record;\n"
"BEGIN\n"
"  IF TG_OP <> 'INSERT' THEN\n"
"    RAISE 'the ledger is append-only';\n"
"  END IF;\n"
"  SELECT l.seq, l.id INTO last FROM schemastore.ledger l\n"
"    ORDER BY l.seq DESC LIMIT 1;\n"
"  IF NEW.seq <> coalesce(last.seq + 1, 0) OR (NEW.seq > 0 AND\n"
"      position(convert_to('Schemastore-Parent: ' ||\n"
"        encode(last.id, 'hex'), 'UTF8') IN NEW.entry) = 0) THEN\n"
"    RAISE 'an entry that does not follow the last one';\n"
"  END IF;\n"
"  RETURN NEW;\n"
"END $$;\n"
"CREATE TRIGGER ledger_guard BEFORE INSERT OR UPDATE OR DELETE\n"
"  ON schemastore.ledger FOR EACH ROW\n"
"  EXECUTE FUNCTION schemastore.ledger_guard();\n"
"CREATE TRIGGER ledger_keep BEFORE TRUNCATE ON schemastore.ledger\n"
"  EXECUTE FUNCTION schemastore.ledger_guard();\n"
"CREATE VIEW schemastore.log AS\n"
"SELECT l.seq,\n"
PG_TRAILER("Event", "event")
PG_TRAILER("Op", "op")
PG_TRAILER("From", "from")
PG_TRAILER("To", "to")
PG_TRAILER("Started", "started")
PG_TRAILER("Outcome", "outcome")
PG_TRAILER("Session", "session")
"  encode(l.id, 'hex') AS id\n"
"FROM schemastore.ledger l;\n",
		.tail = "SELECT seq, id, entry FROM schemastore.ledger "
			"ORDER BY seq DESC LIMIT 1",
		.all = "SELECT seq, id, entry FROM schemastore.ledger "
			"ORDER BY seq",
		.insert = "INSERT INTO schemastore.ledger (seq, id, entry) "
			"VALUES ($1, $2, $3)",
		.journal = {
			.create =
"CREATE TABLE schemastore.journal (\n"
"  step bigint PRIMARY KEY,\n"
"  how text NOT NULL,\n"
"  node text NOT NULL,\n"
"  sql text NOT NULL,\n"
"  index text,\n"
"  started timestamptz,\n"
"  done timestamptz\n"
");\n",
			.exists = "SELECT 1 FROM pg_catalog.pg_class c JOIN "
				"pg_catalog.pg_namespace n ON n.oid = "
				"c.relnamespace WHERE n.nspname = "
				"'schemastore' AND c.relname = 'journal'",
			.insert = "INSERT INTO schemastore.journal (step, how, "
				"node, sql, index) VALUES ($1, $2, $3, $4, "
				"$5)",
			.rows = "SELECT how, node, sql, index, started IS NOT "
				"NULL, done IS NOT NULL FROM "
				"schemastore.journal ORDER BY step",
			.start = "UPDATE schemastore.journal SET started = "
				"pg_catalog.clock_timestamp() WHERE step = $1",
			.end = "UPDATE schemastore.journal SET done = "
				"pg_catalog.clock_timestamp() WHERE step >= $1 "
				"AND step < $2",
			.clear = "DELETE FROM schemastore.journal",
		},
		.parked = {
			.exists = "SELECT 1 FROM pg_catalog.pg_class c JOIN "
				"pg_catalog.pg_namespace n ON n.oid = "
				"c.relnamespace WHERE n.nspname = "
				"'schemastore' AND c.relname = 'parked'",
			.create =
"CREATE TABLE schemastore.parked (\n"
"  n bigint PRIMARY KEY,\n"
"  what text NOT NULL,\n"
"  node text NOT NULL,\n"
"  object text NOT NULL,\n"
"  origin text NOT NULL,\n"
"  part text,\n"
"  held text,\n"
"  keys text,\n"
"  nrows bigint NOT NULL,\n"
"  rowids integer NOT NULL,\n"
"  last bigint,\n"
"  version text NOT NULL,\n"
"  parked timestamptz NOT NULL,\n"
"  restored timestamptz,\n"
"  freed timestamptz\n"
")",
#define PG_UTC(column) "pg_catalog.to_char(" column " AT TIME ZONE 'UTC', " \
	"'YYYY-MM-DD HH24:MI:SS')"
			.rows = "SELECT n, what, node, object, origin, part, "
				"held, keys, nrows, version, "
				PG_UTC("parked") ", " PG_UTC("restored") ", "
				PG_UTC("freed") ", rowids "
				"FROM schemastore.parked ORDER BY n",
			.size = "SELECT pg_catalog.pg_total_relation_size("
				"pg_catalog.to_regclass($1))",
		},
		.grants = pg_grants,
	},
};

const struct ledger_sql *ledger_sql_of(const char *engine)
{
	for (size_t i = 0; i < ARRAY_LEN(engines); i++)
		if (!strcmp(engines[i].engine, engine))
			return &engines[i];
	return NULL;
}

int ledger_script(struct buf *out, const struct engine *e,
		  const struct list *roles, struct err *err)
{
	const struct ledger_sql *sql = ledger_sql_of(e->name);

	if (!sql->grants) {
		err_set(err, ERR_USAGE, "a database of %s has no owner who "
			"would have to make its ledger", e->name);
		return err_hint(err, "the first 'schemastore upgrade' makes "
				"it");
	}
	buf_addf(out, "%s%s%s%s%s%s;\n", e->script_stop, e->script_head,
		 e->script_begin, sql->create, sql->journal.create,
		 sql->parked.create);
	for (size_t i = 0; i < roles->n; i++)
		for (const char *const *g = sql->grants; *g; g++) {
			buf_addf(out, "GRANT %s TO ", *g);
			buf_add_doubled(out, roles->v[i], '"');
			buf_addstr(out, ";\n");
		}
	buf_addstr(out, e->script_foot);
	return 0;
}
