#!/bin/sh
# Aerich's migrations, taken over on PostgreSQL; and a whole project of it.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

put () {
	printf '%s\n' "RUN_IN_TRANSACTION = $4" '
async def upgrade(db):
    return """
        '"$2"'"""


async def downgrade(db):
    return """
        '"$3"'"""' >"m/$1"
}

alone () {
	rm -rf p
	mkdir p
	cd p
	mkdir m
	schemastore init -q --engine postgres
	put 0_20250101000000_init.py 'CREATE TABLE "row" ("id" SERIAL NOT NULL
		PRIMARY KEY, "Name" TEXT);
CREATE TABLE "aerich" (id SERIAL NOT NULL PRIMARY KEY, version VARCHAR(255),
	app VARCHAR(100), content JSONB);
DO $$ BEGIN INSERT INTO "row" ("Name") VALUES ('"'a;'"'); END $$;' '' True
	put 1_20250102000000_index.py \
		'CREATE INDEX CONCURRENTLY "i" ON "row" ("Name");' \
		'DROP INDEX CONCURRENTLY "i";' False
	put 2_20250103000000_both.py 'UPDATE "row" SET "Name" = '"''"';
ALTER TABLE "row" ALTER "Name" SET NOT NULL;
CREATE INDEX CONCURRENTLY "k" ON "row" ("Name");
UPDATE "row" SET "id" = "id" + 1;' 'DROP INDEX CONCURRENTLY "k";
ALTER TABLE "row" ALTER "Name" DROP NOT NULL;' False
	schemastore import aerich m 2>note
	test "$(grep -c "in no transaction; its version runs in one" note)" = 2
	schemastore log HEAD~1 -n 1 | grep "Run-In-Transaction: no"
	schemastore export aerich -q out
	grep "RUN_IN_TRANSACTION = True" out/m/0_*
	grep "RUN_IN_TRANSACTION = False" out/m/1_*
	grep "CREATE INDEX CONCURRENTLY i ON public.\"row\"" out/m/1_*
	grep "DROP INDEX CONCURRENTLY public.i;" out/m/1_*
	test_not grep CONCURRENTLY out/m/2_*
	pg_new one
	schemastore upgrade -q --yes --allow-data-loss "$url"
	test "$(pg one -c 'SELECT id FROM "row"')" = 2
}
test_expect 'what runs in no transaction' alone

keeps () {
	cd p
	schemastore upgrade -q --yes --allow-data-loss --keep-aerich "$url"
	schemastore downgrade -q --yes --allow-data-loss --keep-aerich "$url"
	test "$(pg kept -c 'SELECT app, version, content FROM aerich' |
		paste -s -d, -)" = "m|0_20250101000000_init.py|{},m|1_20250102\
000000_index.py|{}"
	schemastore downgrade -q --yes --allow-data-loss --keep-aerich "$url"
	test "$(pg kept -c 'SELECT count(*) FROM aerich')" = 1
}
pg_new kept
test_expect "Aerich's table is kept in step" keeps

amid () {
	rm -rf p
	mkdir p
	cd p
	mkdir m
	schemastore init -q --engine postgres
	put 0_20250101000000_init.py 'CREATE TABLE t ("id" SERIAL PRIMARY KEY,
		"name" TEXT);' '' True
	put 1_20250102000000_index.py 'ALTER TABLE t ADD mail TEXT;
UPDATE t SET mail = name;
CREATE UNIQUE INDEX CONCURRENTLY "k" ON t ("mail");
ALTER TABLE t ALTER mail SET NOT NULL;' 'DROP INDEX CONCURRENTLY "k";
ALTER TABLE t DROP mail;' False
	schemastore import aerich m
	pg_new two
	schemastore upgrade -q "$url" HEAD~1
	pg two -c "INSERT INTO t (name) VALUES ('ann')"
	schemastore upgrade -q --yes --allow-data-loss "$url"
	test "$(pg two -c "SELECT mail FROM t")" = ann
	schemastore downgrade -q --yes --allow-data-loss "$url" HEAD~1
}
test_expect 'which has its own SQL' amid

test_done
