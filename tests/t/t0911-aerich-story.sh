#!/bin/sh
# A project with Tortoise and Aerich, taken over with the database that it
# has: a field more, there and back.
. "${srcdir:?}/tests/t/lib.sh"

mkdir -p funbot/db/models migrations/models
cat >pyproject.toml <<'END'
[project]
name = "funbot"
dependencies = ["tortoise-orm", "aerich"]

[tool.aerich]
tortoise_orm = "funbot.db.aerich_config.TORTOISE_CONFIG"
location = "./migrations"
src_folder = "./."
END
echo 'tortoise-orm==0.25.3' >requirements.txt
touch funbot/__init__.py funbot/db/__init__.py
cat >funbot/db/aerich_config.py <<'END'
import os
from funbot.db.config import secrets

DB_URL = os.getenv("DB_URL", "sqlite://bot.db")
TORTOISE_CONFIG = {
    "connections": {"default": DB_URL},
    "apps": {"models": {"models": ["funbot.db.models", "aerich.models"],
                        "default_connection": "default"}},
}
END
echo 'raise RuntimeError("no token")' >funbot/db/config.py
echo 'from .user import User' >funbot/db/models/__init__.py
cat >funbot/db/models/user.py <<'END'
from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=32, db_index=True)
    coins = fields.IntField(default=0)

    class Meta:
        table = "users"
END
cat >migrations/models/0_20250101000000_init.py <<'END'
from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "users" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" VARCHAR(32) NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_users_name_6aafa3" ON "users" ("name");
CREATE TABLE IF NOT EXISTS "aerich" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "version" VARCHAR(255) NOT NULL,
    "app" VARCHAR(100) NOT NULL,
    "content" JSON NOT NULL
);"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        """
END
cat >migrations/models/1_20250102000000_add_coins.py <<'END'
from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "users" ADD "coins" INT NOT NULL DEFAULT 0;"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "users" DROP COLUMN "coins";"""
END

# What Aerich has left: both are run, with their rows.
python3 - <<'END'
import glob, re, sqlite3

db = sqlite3.connect("bot.db")
for path in sorted(glob.glob("migrations/models/*.py")):
    db.executescript(re.search('"""(.*?)"""', open(path).read(), re.S)[1])
    db.execute("INSERT INTO aerich (version, app, content) VALUES "
               "(?, 'models', '{}')", (path.rpartition("/")[2],))
db.execute("INSERT INTO users (name, coins) VALUES ('ann', 7)")
db.commit()
END

rows () {
	sqlite3 bot.db "SELECT $1 FROM users"
}

taken () {
	schemastore init >out
	grep "database default: sqlite:bot.db" out
	schemastore import aerich >out
	grep "^aerich: 2 versions" out
	schemastore status >out
	grep "^source: as committed" out
	schemastore baseline default 2>note
	grep "says at which version" note
	schemastore drift -q default
}
test_expect 'three commands take it over' taken

on () {
	sed "s/^\( *\)coins.*/&\n\1mail = fields.CharField(80, null=True)/" \
		funbot/db/models/user.py >new
	mv new funbot/db/models/user.py
	schemastore commit -m "add mail" >out
	schemastore upgrade -q default
	schemastore drift -q default
	test "$(rows name,coins,mail)" = "ann|7|"
}
test_expect 'a field more: a version, and the database has it' on

back () {
	schemastore downgrade -q --yes --allow-data-loss default HEAD~1
	test "$(rows "*")" = "1|ann|7"
	schemastore downgrade -q --yes --allow-data-loss default HEAD~2
	test "$(rows "*")" = "1|ann"
	schemastore upgrade -q default
	schemastore drift -q default
	test "$(rows name,coins)" = "ann|0"
	test "$(sqlite3 bot.db "SELECT count(*) FROM aerich")" = 2
}
test_expect 'and back, beyond what Aerich did' back

test_done
