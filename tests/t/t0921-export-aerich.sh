#!/bin/sh
# Versions as Aerich's migrations: run as Aerich runs them, and imported again.
. "${srcdir:?}/tests/t/lib.sh"

mkdir p
cd p
mkdir zoo
cat >pyproject.toml <<'END'
[tool.aerich]
tortoise_orm = "zoo.conf.TORTOISE"
location = "./migrations"
src_folder = "./."
END
echo 'tortoise-orm==0.25.3' >requirements.txt
cat >zoo/conf.py <<'END'
TORTOISE = {
    "connections": {"default": "sqlite://zoo.db"},
    "apps": {"models": {"models": ["zoo.models", "aerich.models"]}},
}
END
touch zoo/__init__.py
model () {
	cat >zoo/models.py <<END
from tortoise import fields
from tortoise.models import Model


class Kind(Model):
    name = fields.CharField(40, unique=True)
    at = fields.TimeField(auto_now_add=True)


class Animal(Model):
    kind = fields.ForeignKeyField("models.Kind")
    $1
END
}
model 'name = fields.CharField(20, default="a\\\"b", description="x\\\\y\nz")'
schemastore init -q
schemastore config sqlite.ignore aerich
schemastore init-db -q
sqlite3 zoo.db "INSERT INTO kind (name) VALUES ('ape');
	INSERT INTO animal (kind_id, name) VALUES (1, 'ann')"
model 'name = fields.CharField(30, default="a")'
schemastore migrate -q --name 'wider: 30'
model 'nick = fields.CharField(30, default="a")'
schemastore commit -q -m 'renamed' --rename animal.name=nick
sed 's/^  *kind =.*/&\n    old = fields.BooleanField(default=False)/' \
	zoo/models.py >new
mv new zoo/models.py
schemastore migrate -q --name old
schemastore migrate -q --empty --name nothing

# As Aerich does it, forwards or, with a number, back down to it.
cat >run.py <<'END'
import asyncio, base64, glob, json, re, sqlite3, sys, types, zlib

tortoise = types.ModuleType("tortoise")
tortoise.BaseDBAsyncClient = object
sys.modules["tortoise"] = tortoise
db = sqlite3.connect("aerich.db")
files = sorted(glob.glob("migrations/models/*.py"),
               key=lambda p: int(re.search(r"/(\d+)_", p)[1]))
if len(sys.argv) > 1:
    files = files[:int(sys.argv[1]) - 1:-1]
for path in files:
    m = {}
    exec(compile(open(path).read(), path, "exec"), m)
    name = path.rpartition("/")[2]
    if len(sys.argv) > 1:
        db.executescript(asyncio.run(m["downgrade"](None)))
        db.execute("DELETE FROM aerich WHERE version = ?", (name,))
    else:
        db.executescript(asyncio.run(m["upgrade"](None)))
        state = json.loads(zlib.decompress(base64.b64decode(
            m["MODELS_STATE"])))
        db.execute("INSERT INTO aerich (version, app, content) VALUES "
                   "(?, 'models', ?)", (name, json.dumps(state)))
    db.commit()
END

written () {
	schemastore export aerich migrations >out
	test_grep "^aerich: 5 migrations$" out
	ls migrations/models >names
	test_grep '^0_[0-9]\{14\}_init.py$' names
	test_grep '^1_[0-9]\{14\}_wider__30.py$' names
	test_grep '^RUN_IN_TRANSACTION = False$' migrations/models/1_*
	test_grep '^RUN_IN_TRANSACTION = True$' migrations/models/2_*
	test_not grep '.\{77\}' migrations/models/2_*
	schemastore export aerich migrations
	echo >>"$(ls migrations/models/3_*)"
	test_must_fail code=3 schemastore export aerich migrations 2>err
	test_grep "3_.*_old.py' is there already" err
	rm -r migrations
	schemastore export aerich -q migrations HEAD~3
	schemastore export aerich -q migrations HEAD~3..
}
test_expect 'files as Aerich writes them' written

run () {
	python3 -B run.py
	schemastore diff --exit-code HEAD sqlite:aerich.db
	test "$(sqlite3 aerich.db 'SELECT count(*) FROM aerich')" = 5
	sqlite3 aerich.db "SELECT content FROM aerich WHERE id = 4" >state
	SCHEMASTORE_READERS=${SCHEMASTORE_READERS:-$srcdir/contrib/readers}
	python3 -I -S -B "$SCHEMASTORE_READERS/tortoise-models" \
		zoo.conf.TORTOISE >want
	python3 -c 'import json
want, got = json.load(open("want")), json.load(open("state"))
assert want == got'
	sqlite3 aerich.db "INSERT INTO kind (name) VALUES ('ape')"
	sqlite3 aerich.db "INSERT INTO animal (kind_id, nick, old)
		VALUES (1, 'ann', 1)"
	python3 -B run.py 1
	schemastore diff --exit-code HEAD~4 sqlite:aerich.db
	test "$(sqlite3 aerich.db 'SELECT name FROM animal')" = ann
}
test_expect 'run by Aerich they make the same database, and unmake it' run

again () {
	mkdir ../again
	cp -r pyproject.toml requirements.txt zoo migrations ../again
	cd ../again
	schemastore init -q
	schemastore import aerich >out
	test_grep "^aerich: 5 versions" out
	schemastore status | grep '^source: as committed'
	for n in 4 3 2 1 0
	do
		schemastore show --schema "HEAD~$n" | sort >got
		schemastore show -C ../p --schema "HEAD~$n" |
			sort >want
		test_cmp want got
	done
	# What was imported is there, and stays.
	schemastore migrate -q --name late --empty
	schemastore export aerich migrations >out 2>note
	test_grep "^aerich: 1 migration; 5 were there" out
	test -f migrations/models/5_*_late.py
	test_not grep -c MODELS_STATE note
}
test_expect 'imported they are the same versions' again

without () {
	mkdir ../sql
	cd ../sql
	echo 'CREATE TABLE t (a);' >schema.sql
	schemastore init -q
	schemastore commit -q -m one
	schemastore export aerich --app zoo m 2>note
	test_grep "^note: 0_.*_init: without MODELS_STATE" note
	test -f m/zoo/0_*_init.py
	test_not grep MODELS_STATE m/zoo/0_*
}
test_expect 'of SQL there are no models' without

test_done
