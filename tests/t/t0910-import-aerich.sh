#!/bin/sh
# Aerich's migrations, taken over: every format of its files, what cannot be
# read without running it, databases that it left, what its models say.
. "${srcdir:?}/tests/t/lib.sh"

users='CREATE TABLE IF NOT EXISTS "users" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" VARCHAR(40) NOT NULL
);
CREATE TABLE IF NOT EXISTS "aerich" ("id" INTEGER PRIMARY KEY
    AUTOINCREMENT NOT NULL, "version" VARCHAR(255) NOT NULL,
    "app" VARCHAR(100) NOT NULL, "content" JSON NOT NULL);'

# put FILE [UP [DOWN [MORE]]]: one of the newest format
put () {
	mkdir -p "$(dirname "m/$1")"
	printf '%s\n' 'from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        '"$2"'"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        '"$3"'"""
'"$4" >"m/$1"
}

# state TABLE COLUMN...: MODELS_STATE, in pieces
state () {
	python3 -c '
import base64, json, sys, zlib
t, key, *more = sys.argv[1:]
f = lambda n: {"name": n, "db_column": n, "db_field_types": {"": "INT"}}
s = base64.b64encode(zlib.compress(json.dumps({"m.T": {"table": t, "managed":
    None, "pk_field": f(key), "data_fields": list(map(f, more))}}).encode()))
s = s.decode()
print("\nMODELS_STATE = (")
for i in range(0, len(s), 70):
    print(f"    \"{s[i:i + 70]}\"")
print(")")' "$@"
}

project () {
	rm -rf p
	mkdir p
	cd p
	mkdir m
	schemastore init -q "$@"
}

# refused CODE TEXT: nothing is imported then
refused () {
	test_must_fail code="$1" schemastore import aerich m 2>err
	cat err
	test_grep "$2" err
	test_must_fail code=2 schemastore log
}

three () {
	put 0_20250101000000_init.py "$users"
	put 2_20250103000000_index.py 'CREATE INDEX "i" ON "users" ("mail");' \
		'DROP INDEX "i";' "$(state users id mail)"
	put 1_20250102000000_mail.py \
		'ALTER TABLE "users" RENAME COLUMN "name" TO "mail";' \
		'ALTER TABLE "users" RENAME COLUMN "mail" TO "name";' \
		"$(state users id mail)"
}

# there: three versions, whose schema is what the SQL makes
there () {
	grep "^aerich: 3 versions" out
	test "$(schemastore log --json | grep -c "\"subject\"")" = 3
	rm -f raw.db all.db
	sqlite3 raw.db "$users
		ALTER TABLE users RENAME COLUMN name TO mail;
		CREATE INDEX i ON users (mail)"
	schemastore upgrade -q sqlite:all.db
	schemastore diff --exit-code sqlite:all.db sqlite:raw.db
	schemastore downgrade -q --yes sqlite:all.db HEAD~2
	sqlite3 raw.db "DROP INDEX i; ALTER TABLE users RENAME mail TO name"
	schemastore diff --exit-code sqlite:all.db sqlite:raw.db
}

newest () {
	project
	three
	schemastore import aerich m >out
	there
	test "$(schemastore config sqlite.ignore)" = aerich
	schemastore log --json | grep "aerich sqlite m/1_20250102000000_mail"
	put 10_20250104000000_late.py 'DROP INDEX "i";'
	test_must_fail code=2 schemastore import aerich m 2>err
	grep "no migration has the number 3: m/10_.* comes behind m/2_" err
	grep "hint: .*--gaps" err
	schemastore import aerich --gaps m >out
	grep "aerich: 1 version.* 3 had been imported before" out
}
test_expect 'files of today, by number, and what is new later' newest

# What is run as it stands makes no table of Aerich's.
own_table () {
	project
	put 0_20250101000000_init.py "$users
		INSERT INTO users (name) VALUES ('root');
		CREATE INDEX i ON users (name);" \
		'DROP TABLE IF EXISTS "aerich"; DROP TABLE "users";'
	schemastore import aerich m >out
	grep "1 version, 1 of them with SQL" out
	schemastore upgrade -q sqlite:x.db
	sqlite3 x.db .tables >out
	test_not grep aerich out
	grep users out
	schemastore downgrade -q --yes --allow-data-loss sqlite:x.db
}
test_expect "Aerich's table is not in the SQL that is kept" own_table

old () {
	project
	mkdir m/models
	printf '%s\n' '##### upgrade #####' "$users" \
		>m/models/0_20200101000000_init.sql
	printf '%s' '-- upgrade --
ALTER TABLE "users" RENAME COLUMN "name" TO "mail";;-- downgrade --
ALTER TABLE "users" RENAME COLUMN "mail" TO "name";
' >m/models/1_20200102000000_None.sql
	cat >m/models/2_20200103000000_update.json <<-'EOT'
	{"upgrade": ["CREATE INDEX \"i\" ON \"users\" (\"mail\")"],
	 "downgrade": ["DROP INDEX \"i\";"]}
	EOT
	touch m/models/__init__.py m/models/notes.txt
	printf '[aerich]\ntortoise_orm = s.T\nlocation = ./m\n' >aerich.ini
	schemastore import aerich >out
	there
	schemastore log --json | grep "models/0_20200101000000_init"
	echo 'ALTER TABLE' >m/models/3_20200104000000_x.sql
	test_must_fail code=2 schemastore import aerich 2>err
	grep "m/models/3_20200104000000_x.sql:1: there is no '-- upgrade --'" \
		err
}
test_expect 'files of long ago: .sql, .json, aerich.ini' old

by_hand () {
	project
	put 0_20250101000000_init.py "$users"
	cat >m/1_20250102000000_mail.py <<-'EOT'
	import textwrap
	from tortoise import BaseDBAsyncClient

	TABLE = "users"
	RUN_IN_TRANSACTION = False


	async def upgrade(db: BaseDBAsyncClient) -> str:
	    """Every name is in the mail."""
	    print("on", TABLE)
	    await db.execute_script(f"ALTER TABLE {TABLE} ADD mail TEXT")
	    for n in ("a", "b"):
	        await db.execute_query("UPDATE users SET mail = '%s' "
	                               "WHERE name = '%s'" % (n * 2, n))
	    return textwrap.dedent("""
	        CREATE INDEX "i" ON "users" ("mail")
	    """).strip()


	async def downgrade(db: BaseDBAsyncClient):
	    raise NotImplementedError("no")
	EOT
	schemastore import aerich m >out
	grep "2 versions, 1 of them with SQL of the migration's" out
	schemastore log -p >log
	grep "its SQL was edited" log
	grep "UPDATE users SET mail = 'bb' WHERE name = 'b';" log
	schemastore upgrade -q sqlite:x.db HEAD~1
	sqlite3 x.db "INSERT INTO users (name) VALUES ('a'), ('b'), ('c')"
	schemastore upgrade -q sqlite:x.db
	test "$(sqlite3 x.db "SELECT group_concat(mail) FROM users")" = aa,bb
}
test_expect 'what was written by hand, as far as it can be told' by_hand

# cannot LINE TEXT CODE: a body of upgrade() that cannot be read
cannot () {
	printf '%s\n' 'async def upgrade(db):' "$3" >m/1_20250102000000_x.py
	refused 2 "^schemastore: m/1_20250102000000_x.py:$1: .*$2"
}

unreadable () {
	project
	put 0_20250101000000_init.py "$users"
	cannot 2 "datetime.datetime.now\|only by running" \
		'    return f"SELECT {__import__(1)}"'
	cannot 2 "only by running" \
		'    rows = await db.execute_query("SELECT 1")'
	cannot 2 "only by running" '    await rebuild(db, "users")'
	cannot 2 "'rebuild' is not defined" '    rebuild(db)'
	cannot 2 "values that are handed over" \
		'    await db.execute_query("SELECT ?", [1])'
	cannot 2 "whether it is run" '    if db.x: return "SELECT 1"'
	cannot 2 "upgrade() raises ValueError" '    raise ValueError'
	cannot 2 "no string of SQL" '    return 1'
	cannot 2 "Python syntax error" '    return """'
	test_grep 'hint: put the file right' err
	cannot 3 "datetime.now() can be told only by running it" \
		'    import datetime
    return f"ALTER TABLE users ADD d TEXT DEFAULT {datetime.datetime.now()}"'
	printf '%s\n' '<<<<<<< HEAD' 'X = 1' '=======' \
		>m/1_20250102000000_x.py
	refused 2 'x.py:1: Python syntax error'
	test_grep "hint: a merge of git's stands open" err
	printf 'async def upgrade(db):\n  return "\\200"\n' |
		sed 's/\\200/\x80/' >m/1_20250102000000_x.py
	refused 2 'm/1_20250102000000_x.py:2: .*codec'
	echo 'X = 1' >m/1_20250102000000_x.py
	refused 2 'x.py:1: it has no upgrade()'
	cat >m/1_20250102000000_x.py <<-'EOT'
	async def upgrade(db):
	    return """
	        ALTER TABLE nobody ADD x INT;"""
	EOT
	refused 5 'm/1_20250102000000_x.py:3:.*nobody'
}
test_expect 'what cannot be read is an error, with file and line' unreadable

numbers () {
	project
	refused 2 "no migrations of Aerich's are in 'm'"
	put 1_20250101000000_init.py "$users"
	refused 2 'no migration has the number 0: m/1_.* is the first'
	put 0_20250101000000_init.py "$users"
	put 1_20250102000000_again.py 'SELECT 1'
	refused 2 'two migrations have the number 1: m/1_20250101.*m/1_20250102'
	test_must_fail code=2 schemastore import aerich nowhere
	test_must_fail code=2 schemastore import aerich
}
test_expect 'numbers that are not there, or there twice' numbers

states () {
	project
	put 0_20250101000000_init.py "$users" '' "$(state users id name)"
	put 1_20250102000000_x.py 'ALTER TABLE users ADD a INT' '' \
		"$(state users id name b)"
	refused 3 "m/1_.*: .*column 'users.b' is not there, and it is in MODELS"
	put 1_20250102000000_x.py 'ALTER TABLE users ADD a INT' '' \
		"$(state users id name)"
	refused 3 "column 'users.a' is there, and not in MODELS_STATE"
	put 1_20250102000000_x.py 'ALTER TABLE users ADD a INT' '' \
		"$(state people id name)"
	refused 3 "table 'people' is not there"
	put 1_20250102000000_x.py 'ALTER TABLE users ADD a INT' '' \
		'MODELS_STATE = ("eJzz")'
	refused 2 'x.py:[0-9]*: MODELS_STATE cannot be decoded'
	schemastore import aerich --no-state m
	put 2_20250102000000_empty.py '' '' "$(state people id)"
	schemastore import aerich --no-state m
}
test_expect 'a migration that does not do what its models say' states

adopted () {
	project
	three
	schemastore import aerich -q m
	sqlite3 app.db "$users
		INSERT INTO aerich (version, app, content) VALUES
			('0_20250101000000_init.sql', 'm', '{}');
		INSERT INTO users (name) VALUES ('ann')"
	schemastore baseline app.db 2>note
	grep "says at which version" note
	schemastore upgrade -q app.db
	schemastore drift -q app.db
	test "$(sqlite3 app.db "SELECT mail FROM users")" = ann
	sqlite3 gap.db "$users
		INSERT INTO aerich (version, app, content) VALUES
			('0_20250101000000_init.py', 'm', '{}'),
			('2_20250103000000_index.py', 'm', '{}')"
	test_must_fail code=3 schemastore baseline gap.db 2>err
	grep "one left out: 'm/1_20250102000000_mail'" err
	sqlite3 gap.db "INSERT INTO aerich (version, app, content) VALUES
			('1_20250102000000_mail.py', 'm', '{}'),
			('3_20250104000000_more.py', 'm', '{}')"
	test_must_fail code=3 schemastore baseline gap.db 2>err
	grep "more is done than was imported, such as 'm/3_" err
}
test_expect 'a database that Aerich made goes on' adopted

two_apps () {
	project
	put a/0_20250101000000_init.py "$users CREATE TABLE b (id INT);"
	put b/0_20250101000001_init.py "CREATE TABLE IF NOT EXISTS b (id INT);"
	put b/1_20250102000000_x.py "ALTER TABLE b ADD x INT;"
	put a/1_20250103000000_y.py "ALTER TABLE users ADD y INT;"
	schemastore import aerich m >out
	grep "aerich: 4 versions" out
	schemastore log --reverse --json |
		grep -o "aerich sqlite .*init\|sqlite ./1" >log
	printf '%s\n' "aerich sqlite a/0_20250101000000_init" \
		"aerich sqlite b/0_20250101000001_init" "sqlite b/1" \
		"sqlite a/1" >want
	cmp log want
}
test_expect 'apps, each in its folder, by the time of their files' two_apps

app_in_location () {
	project
	mkdir -p db/a/v db/b/v
	put ../db/a/v/0_20250101000000_init.py "$users"
	put ../db/b/v/0_20250101000000_init.py "CREATE TABLE b (id INT);"
	printf '[tool.aerich]\nlocation = "db/{app}/v"\n' >pyproject.toml
	schemastore import aerich >out
	grep "aerich: 2 versions" out
	echo '[tool.aerich]' >pyproject.toml
	test_must_fail code=2 schemastore import aerich 2>err
}
test_expect 'a location with the app in it, or none' app_in_location

test_done
