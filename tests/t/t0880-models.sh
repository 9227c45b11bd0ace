#!/bin/sh
# Tortoise's models as a source: read without running them, or described.
. "${srcdir:?}/tests/t/lib.sh"

# The SQL that the version keeps.
sql () {
	git --git-dir=.schemastore show "${1:-HEAD}:source/models.sql"
}

mkdir -p src/zoo/animals
cat >pyproject.toml <<'END'
[project]
name = "zoo"

[tool.aerich]
tortoise_orm = "zoo.settings.Config.TORTOISE"
location = "./migrations"
src_folder = "./src"
END
cat >requirements.txt <<'END'
tortoise-orm[asyncpg]==0.25.1
END
: >src/zoo/__init__.py
cat >src/zoo/settings.py <<'END'
import os
from .names import APP
raise_if_run = open("/nonexistent/token").read()


class Config:
    TORTOISE = {
        "connections": {"main": os.getenv("ZOO_DB", "sqlite://zoo.db")},
        "apps": {APP: {"models": [f"zoo.{n}" for n in ("animals", "people")],
                       "default_connection": "main"}},
    }
END
cat >src/zoo/names.py <<'END'
from enum import Enum, IntEnum, auto
APP = "z"
LONG = 10 * 4
WIDTHS = {"name": LONG + 1}


class Diet(str, Enum):
    MEAT = "meat"
    PLANTS = "plants"


class Size(IntEnum):
    SMALL = auto()
    BIG = auto()
END
cat >src/zoo/base.py <<'END'
from functools import partial
from tortoise import fields
from tortoise.models import Model as Base
from .names import WIDTHS

Name = partial(fields.CharField, max_length=WIDTHS["name"])


class Stamped:
    made = fields.DatetimeField(auto_now_add=True)


class Named(Stamped, Base):
    #: how it is called
    name = Name(unique=True)

    class Meta:
        abstract = True
END
cat >src/zoo/animals/__init__.py <<'END'
from .kinds import *
from .cages import Cage as Box

__all__ = ["Kind", "Animal", "Box"]
END
cat >src/zoo/animals/kinds.py <<'END'
from __future__ import annotations
import tortoise.fields as f
from tortoise.indexes import Index
from ..base import Named
from .. import names as n


class Kind(Named):
    """A kind of animal.

    Not part of the comment."""

    diet = f.CharEnumField(n.Diet, default=n.Diet.MEAT)
    size = f.IntEnumField(n.Size, db_index=True)
    eats: f.ManyToManyRelation[Kind] = f.ManyToManyField(
        f"{n.APP}.Kind", related_name="eaten_by", through="eats")


class Animal(Named):
    name = f.CharField(30, null=True)
    kind = f.ForeignKeyField("z.Kind", on_delete=f.RESTRICT)
    weight = f.DecimalField(max_digits=6, decimal_places=2, default=0)
    facts = f.JSONField(default=dict)
    wild = f.BooleanField(default=not True)

    class Meta:
        table = n.APP + "_animal"
        unique_together = ("kind", "name")
        indexes = [("weight", "kind"), Index(fields=["wild"], name="by_wild")]
END
cat >src/zoo/animals/cages.py <<'END'
import uuid
from tortoise import fields, models


class Cage(models.Model):
    id = fields.UUIDField(primary_key=True, default=uuid.uuid4)
    holds = fields.OneToOneField("z.Animal", null=True,
                                 on_delete=fields.SET_NULL)
END
cat >src/zoo/people.py <<'END'
from tortoise.models import Model
from tortoise import fields


class Keeper(Model):
    keeps = fields.ManyToManyField("z.Animal", related_name="keepers")


class Guest(Model):
    name = fields.TextField()


__models__ = [Keeper]
END

test_expect 'init reads pyproject.toml, and runs nothing' '
	schemastore init >out
	test_grep "^source: the models of zoo.settings.Config.TORTOISE" out
	test_grep "^database main: sqlite:zoo.db$" out
	cat >want <<-\END
	[schemastore]
	engines = sqlite
	source = tortoise:zoo.settings.Config.TORTOISE
	[tortoise]
	folder = src
	[database "main"]
	url = sqlite:zoo.db
	END
	sed "s/^	//" schemastore.conf >out
	test_cmp want out
	test_not ls src/zoo/__pycache__
	rm -r schemastore.conf .schemastore
	ZOO_DB=sqlite://other.db schemastore init --quiet
	test_grep "url = \$ZOO_DB" schemastore.conf
	rm -r schemastore.conf .schemastore
	ZOO_DB=asyncpg://u:p@h/d schemastore init >out
	test_grep "^database main: not set, for \$ZOO_DB begins with" out
	test_grep "engines = postgres" schemastore.conf
	rm -r schemastore.conf .schemastore
	ZOO_DB=what test_must_fail code=2 schemastore init 2>err
	test_grep "of which engine the databases are" err
	rm -f schemastore.conf
	schemastore init --engine sqlite --database dev=sqlite:dev.db --quiet
	test_not grep main schemastore.conf
'

cat >kind.sql <<'END'
CREATE TABLE "kind" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "made" TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "name" VARCHAR(41) NOT NULL UNIQUE /* how it is called */,
    "diet" VARCHAR(6) NOT NULL DEFAULT 'meat' /* MEAT: meat\nPLANTS: plants */,
    "size" SMALLINT NOT NULL /* SMALL: 1\nBIG: 2 */
) /* A kind of animal. */;
CREATE INDEX "idx_kind_size_HASH" ON "kind" ("size");
END

# hash TEXT: as Tortoise has it in the names of indexes
hash_of () {
	printf '%s' "$1" | sha256sum | cut -c1-6
}

test_expect 'the tables are those that Tortoise makes' '
	schemastore commit -qm one
	sql >out
	sed "s/HASH/$(hash_of "kind;size")/" kind.sql >want
	sed -n "/\"kind\" (\$/,/^CREATE INDEX/p" out >part
	test_cmp want part
	test_grep "uid_z_animal_kind_id_$(hash_of "z_animal;kind_id;name")" out
	test_grep "UNIQUE (\"kind_id\", \"name\")$" out
	test_grep "INDEX \"by_wild\" ON \"z_animal\" (\"wild\");" out
	test_grep "\"weight\" VARCHAR(40) NOT NULL DEFAULT 0,$" out
	test_grep "\"facts\" JSON NOT NULL,$" out
	test_grep "\"wild\" INT NOT NULL DEFAULT 0,$" out
	test_grep "\"name\" VARCHAR(30),$" out
	test_grep "\"kind_id\" INT NOT NULL REFERENCES \"kind\" (\"id\")" out
	test_grep "(\"id\") ON DELETE RESTRICT" out
	test_grep "\"holds_id\" INT UNIQUE REFERENCES \"z_animal\"" out
	test_grep "(\"id\") ON DELETE SET NULL" out
	test_grep "^CREATE TABLE \"eats\" ($" out
	test_grep "\"kind_rel_id\" INT NOT NULL REFERENCES \"kind\"" out
	test_grep "^CREATE TABLE \"keeper_z_animal\" ($" out
	test_not grep "guest" out
	schemastore status >out
	test_grep "^source: as committed$" out
'

test_expect 'from Tortoise 1.0 on Python has its defaults for itself' '
	sed -i "s/==0.25.1/==1.1.7/" requirements.txt
	schemastore diff HEAD tortoise:zoo.settings.Config.TORTOISE >out
	test_grep "default:" out
	schemastore config tortoise.version 0.25.3
	schemastore diff HEAD tortoise:zoo.settings.Config.TORTOISE >out
	test_not grep . out
	schemastore config --unset tortoise.version
	rm requirements.txt
	test_must_fail code=2 schemastore status 2>err
	test_grep "which version of Tortoise" err
	test_grep "^hint: say it: .*tortoise.version" err
	schemastore config tortoise.version 0.25.3
'

test_expect 'a change of a model is a version' '
	sed -i "s/LONG = .*/LONG = 50/" src/zoo/names.py
	schemastore status >out
	test_grep "^source: 1 altered$" out
	schemastore commit -qm two
	sql >out
	test_grep "VARCHAR(51)" out
	schemastore upgrade --yes dev -q
	schemastore drift dev
'

# refused MESSAGE: what stands in bad.py
refused () {
	test_must_fail code=2 schemastore diff HEAD tortoise:conf.T 2>err
	test_grep "$1" err
}

cat >src/conf.py <<'END'
T = {"connections": {}, "apps": {"a": {"models": ["bad"]}}}
END
bad () {
	{
		printf "from tortoise import fields\n"
		printf "from tortoise.models import Model\n"
		cat
	} >src/bad.py
}

test_expect 'what cannot be told without running it is named' '
	printf "class A(Model):\n    x = 1 +\n" | bad
	refused "^schemastore: src/bad.py:4: Python syntax error: "
	bad <<-\END
	import os
	class A(Model):
	    x = fields.CharField(max_length=9, default=os.urandom(4).hex())
	END
	refused "src/bad.py:5: the default of A.x: os.urandom() can be told"
	test_grep "^hint: .*tortoise.describe" err
	bad <<-\END
	from elsewhere import Fancy, SIZE
	class A(Fancy):
	    x = fields.IntField()
	END
	refused "src/bad.py:4: A is based on elsewhere.Fancy, which is not in"
	printf "from elsewhere import N\nclass A(Model):\n%s\n" \
		"    x = fields.CharField(max_length=N)" | bad
	refused "src/bad.py:5: max_length of A.x: elsewhere.N is not the"
	printf "from e import Geo\nclass A(Model):\n    x = Geo()\n" | bad
	refused "src/bad.py:5: A.x may be a field: e.Geo() can be told"
	bad <<-\END
	import platform
	if platform.system() == "Linux":
	    class A(Model):
	        x = fields.IntField()
	END
	refused "src/bad.py:5: what may be a model of bad: whether it is run"
	bad <<-\END
	import os
	class A(Model):
	    x = fields.IntField() if os.name == "nt" else fields.TextField()
	END
	refused "src/bad.py:5: A.x may be a field: its condition can be told"
	bad <<-\END
	import os
	from dotenv import load_dotenv
	load_dotenv()
	class A(Model):
	    class Meta:
	        table = os.getenv("ZOO_TABLE", "a")
	END
	refused "src/bad.py:7: A.Meta.table: the environment has no ZOO_TABLE"
	printf "class A(Model):\n    id = fields.IntField()\n" | bad
	refused "src/bad.py:3: A.id is no primary key"
	bad <<-\END
	class A(Model):
	    b = fields.ForeignKeyField("a.B")
	END
	refused "src/bad.py:4: A.b refers to .a.B., which is none of the models"
	printf "N = sum(i for a in range(9999) for i in range(9999))\n%s\n" \
		"class A(Model):  x = fields.CharField(N)" | bad
	refused "src/bad.py:4: max_length of A.x"
	printf "def f(n): return f(n)\nclass A(Model): x = f(1)\n" | bad
	refused "src/bad.py:[34]: A.x may be a field: f() calls itself"
	rm src/bad.py
	refused "src/conf.py:1: no module .bad., of app .a."
	test_must_fail code=2 schemastore diff HEAD tortoise:conf.U 2>err
	test_grep "src/conf.py:1: there is no .U." err
	test_must_fail code=2 schemastore diff HEAD tortoise:none.T 2>err
	test_grep "no module .none. in .src., .\\.." err
	test_grep "^hint: .*tortoise.folder" err
'

test_expect 'the reader itself may be missing' '
	test_must_fail code=5 env SCHEMASTORE_READERS=/nonexistent \
		schemastore status 2>err
	test_grep "cannot find the reader ./nonexistent/" err
	cp -r "$SCHEMASTORE_READERS" here
	SCHEMASTORE_READERS=../here schemastore -C src status >out
	test_grep "^source: as committed$" out
'

test_expect 'the application describes itself' '
	"$SCHEMASTORE_READERS/tortoise-models" --src src --tortoise 0.25.3 \
		zoo.settings.Config.TORTOISE >models.json
	schemastore diff HEAD ./models.json >out
	test_not grep . out
	schemastore init -q --describe "cat models.json"
	mv src away
	schemastore status >out
	test_grep "^source: as committed$" out
	schemastore config tortoise.describe "echo broken >&2; exit 3"
	test_must_fail code=2 schemastore status 2>err
	test_grep "failed with 3: broken" err
	schemastore config tortoise.describe "echo []"
	test_must_fail code=2 schemastore status 2>err
	test_grep "no description of models" err
	schemastore config --unset tortoise.describe
	mv away src
'

# field NAME TYPE PYTHON [MORE]
field () {
	printf '{"name": "%s", "field_type": "%s", "python_type": "%s",' \
		"$1" "$2" "$3"
	printf '"generated": false, "nullable": false, "unique": false,'
	printf '"indexed": false, "default": null, %s' "$4"
	printf '"db_field_types": {"": "INT"}}'
}

# model NAME DATA [MORE]
model () {
	printf '"a.%s": {"table": "%s", "pk_field": %s,' "$1" "$1" \
		"$(field id IntField int)"
	printf '"data_fields": [%s]%s}' "$2" "$3"
}

test_expect 'a description that lacks something is refused by name' '
	for text in "{" "[]" "{\"a.B\": 1}" "{\"a.B\": {\"table\": \"b\"}}"
	do
		printf "%s" "$text" >d.json
		test_must_fail code=2 schemastore diff - d.json 2>err
		test_grep "^schemastore: d.json:.*description" err
	done
	printf "{%s}" "$(model B "$(field x F datetime.timedelta \
		"\"default\": \"soon\",")")" >d.json
	test_must_fail code=2 schemastore diff - d.json 2>err
	test_grep "d.json:1: no description of models: duplicate" err
	sed -i "s/\"default\": null, \"default\"/\"default\"/" d.json
	test_must_fail code=2 schemastore diff - d.json 2>err
	test_grep "d.json: a.B.x: its default .soon. cannot be told" err
	printf "{%s}" "$(model B "$(field c_id F int)" \
		", \"fk_fields\": [{\"name\": \"c\", \"raw_field\": \"c_id\",
		\"python_type\": \"a.C\", \"db_constraint\": true,
		\"on_delete\": \"CASCADE\"}]")" >d.json
	test_must_fail code=2 schemastore diff - d.json 2>err
	test_grep "a.B.c: it refers to .a.C., which is none of the" err
	printf "{%s}" "$(model B "" ", \"indexes\": [[\"y\"]]")" >d.json
	test_must_fail code=2 schemastore diff - d.json 2>err
	test_grep "names .y., which is none of its fields" err
'

mkdir values
: >values/schemastore.conf
echo 'T = {"apps": {"a": {"models": ["m"]}}}' >values/settings.py
cat >values/m.py <<'END'
import datetime as d
from decimal import Decimal
from enum import Enum
from tortoise import fields
from tortoise.models import Model


class Shape(Enum):
    ROUND = "o"
    SQUARE = "[]"


class Upper(fields.CharField):
    def __init__(self, **kw):
        super().__init__(max_length=kw.pop("length", 8), **kw)

    def to_db_value(self, value, instance):
        return super().to_db_value(value, instance).upper()


class Money(fields.Field, Decimal):
    SQL_TYPE = "NUMERIC"

    class _db_sqlite:
        SQL_TYPE = "TEXT"


class V(Model):
    shape = fields.CharEnumField(Shape, default=Shape.SQUARE)
    upper = Upper(default="abc", unique=True, db_index=True)
    money = Money(null=True)
    dec = fields.DecimalField(8, 3, default=Decimal("120.50"))
    whole = fields.DecimalField(8, 3, default=100)
    span = fields.TimeDeltaField(default=d.timedelta(days=1, seconds=2))
    at = fields.DatetimeField(default=d.datetime(2024, 2, 29, 8))
    now = fields.TimeField(auto_now=True)
    quoted = fields.CharField(9, default="it's\n")
    small = fields.FloatField(default=1e-9)
    call = fields.IntField(default=lambda: 3)
    upper2 = fields.ForeignKeyField("a.V", to_field="upper", null=True)
END
cat >values.want <<'END'
"shape" VARCHAR(2) NOT NULL DEFAULT '[]' /* ROUND: o\nSQUARE: [] */,
"upper" VARCHAR(8) NOT NULL UNIQUE DEFAULT 'ABC',
"money" TEXT,
"dec" VARCHAR(40) NOT NULL DEFAULT 120.50,
"whole" VARCHAR(40) NOT NULL DEFAULT 100,
"span" BIGINT NOT NULL DEFAULT 86402000000,
"at" TIMESTAMP NOT NULL DEFAULT '2024-02-29T08:00:00',
"now" TIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
"quoted" VARCHAR(9) NOT NULL DEFAULT 'it''s\n',
"small" REAL NOT NULL DEFAULT 1e-09,
"call" INT NOT NULL,
"upper2_id" VARCHAR(8) REFERENCES "v" ("upper") ON DELETE CASCADE
END

test_expect 'defaults of every kind' '
	cd values
	schemastore init -q --source tortoise:settings.T
	schemastore config tortoise.version 0.25.3
	schemastore commit -qm one
	sql >out
	sed -n "s/^    //p" out | sed 1d >part
	test_cmp ../values.want part
	test_grep "^CREATE INDEX \"idx_v_upper_" out
	schemastore config tortoise.version 0.20.0
	schemastore commit -qm two
	sql >out
	test_grep "\"dec\" VARCHAR(40) NOT NULL DEFAULT .120.5.,$" out
	test_grep "\"whole\" VARCHAR(40) NOT NULL DEFAULT .1E+2.,$" out
'

mkdir apps
cat >apps/conf.py <<'END'
T = {"connections": {"a": "sqlite://x.db", "b": "postgres://u:p@h/d"},
     "apps": {"one": {"models": ["m1"], "default_connection": "a"},
              "two": {"models": ["m2"], "default_connection": "b"}}}
END
printf '[tool.tortoise]\ntortoise_orm = "conf.T"\n' >apps/pyproject.toml
echo 'tortoise-orm==1.1.7' >apps/requirements.txt
printf '%s\n' 'from tortoise import Model' 'class A(Model): pass' >apps/m1.py
printf '%s\n' 'from m1 import *' 'class B(Model): pass' >apps/m2.py

test_expect 'apps on several connections' '
	cd apps
	: >schemastore.conf
	schemastore init >out
	test_grep "^database b: not set, for its URL has a password$" out
	git config -f schemastore.conf --get-regexp "connection|engines" >out
	cat >want <<-\END
	sqlite.connection a
	postgres.connection b
	schemastore.engines sqlite, postgres
	END
	test_cmp want out
	schemastore commit --engine sqlite -qm one
	sql >out
	test_grep "TABLE \"a\"" out
	test_not grep "\"b\"" out
	schemastore config sqlite.connection b
	schemastore config schemastore.engines sqlite
	schemastore diff HEAD tortoise:conf.T >out
	test_grep "^- table a$" out
	test_grep "^+ table b$" out
	sed -i "s,postgres:..u:p@h.d,sqlite://y.db," conf.py
	rm -r .schemastore
	: >schemastore.conf
	test_must_fail code=2 schemastore init 2>err
	test_grep "apps are on two databases of sqlite, .a. and .b." err
'

test_expect 'two hundred models are read in no time' '
	mkdir many
	for m in 0 1 2 3 4 5 6 7 8 9
	do
		echo "from tortoise import fields, models"
		for n in 0 1 2 3 4 5 6 7 8 9 a b c d e f g h i j
		do
			echo "class M$m$n(models.Model):"
			for c in 0 1 2 3 4 5 6 7
			do
				echo "    c$c = fields.CharField($c + 1)"
			done
		done
	done >many/models.py
	echo "T = {\"apps\": {\"a\": {\"models\": [\"models\"]}}}" \
		>many/settings.py
	: >many/schemastore.conf
	(cd many && schemastore init --source tortoise:settings.T -q)
	(cd many && schemastore config tortoise.version 1.1.7)
	(cd many && schemastore commit -m many >out)
	test_grep "200 added" many/out
'

test_done
