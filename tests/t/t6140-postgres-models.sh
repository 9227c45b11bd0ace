#!/bin/sh
# Tortoise's models as the source of both engines.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start
pg_new prod

sql () {
	git --git-dir=.schemastore show "HEAD:source/$1/models.sql"
}

cat >settings.py <<'END'
T = {"apps": {"a": {"models": ["town"]}}}
END
cat >town.py <<'END'
"""Two tables that refer to each other."""
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.contrib.postgres.indexes import HashIndex
from tortoise.fields.db_defaults import Now, RandomHex, SqlDefault
from tortoise.models import Model


class Zone(Model):
    """What's "here" """
    capital = fields.ForeignKeyField("a.Area", null=True, related_name=False)
    at = fields.DatetimeField(db_default=Now(), description="it's when")
    token = fields.CharField(max_length=40, db_default=RandomHex())
    n = fields.IntField(db_default=SqlDefault("(1 + 1)"))
    meta = fields.JSONField(db_default={"a": [1, "b"]})
    on = fields.BooleanField(db_default=True)

    class Meta:
        schema = "geo"


class Area(Model):
    zone = fields.ForeignKeyField("a.Zone")
    near = fields.ManyToManyField("a.Area", related_name=None)
END
cat >schemastore.conf <<'END'
[schemastore]
	engines = sqlite, postgres
	source = tortoise:settings.T
[tortoise]
	version = 1.1.7
END

test_expect 'one commit has both engines, each in its own words' '
	schemastore init -q
	schemastore commit -qm one
	sql postgres >out
	test_grep "^CREATE SCHEMA \"geo\";$" out
	test_grep "^CREATE TABLE \"geo\".\"zone\" ($" out
	test_grep "\"id\" SERIAL NOT NULL PRIMARY KEY,$" out
	test_grep "\"at\" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,$" out
	test_grep "DEFAULT md5(random()::text),$" out
	test_grep "\"on\" BOOL NOT NULL DEFAULT True,$" out
	test_grep "\"zone_id\" INT NOT NULL REFERENCES \"geo\".\"zone\"" out
	test_grep "^ALTER TABLE \"geo\".\"zone\" ADD CONSTRAINT \"fk_zone_" out
	test_grep "^COMMENT ON COLUMN \"geo\".\"zone\".\"at\" IS .it..s" out
	sql sqlite >out
	test_grep "^CREATE TABLE \"zone\" ($" out
	test_grep "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,$" out
	test_grep "\"on\" INT NOT NULL DEFAULT 1,$" out
	test_grep "DEFAULT (lower(hex(randomblob(16)))),$" out
	test_grep "DEFAULT (1 + 1),$" out
	test_not grep ALTER out
	schemastore status >out
	test_grep "^source postgres: as committed$" out
	test_grep "^source sqlite: as committed$" out
	schemastore diff HEAD tortoise:settings.T >out
	test_not grep "[+~-]" out
'

test_expect 'a database of each is made, and follows' '
	schemastore upgrade -q --yes sqlite:town.db
	schemastore upgrade -q --yes "$url"
	sed -i "s/max_length=40/max_length=50/" town.py
	schemastore commit -qm two
	schemastore upgrade -q --yes sqlite:town.db
	schemastore upgrade -q --yes "$url"
	schemastore drift sqlite:town.db
	schemastore drift "$url"
'

test_expect 'both are of one reading, for they are of one version' '
	"$SCHEMASTORE_READERS/tortoise-models" --more --tortoise 1.1.7 \
		settings.T >models.json
	schemastore config tortoise.describe "echo >>runs; cat models.json"
	schemastore status >out
	test_grep "^source postgres: as committed$" out
	test "$(wc -l <runs)" -eq 1
	schemastore config --unset tortoise.describe
'

test_expect 'what one engine alone needs is said beside the models' '
	cat >>town.py <<-\END


	class Doc(Model):
	    title = fields.CharField(max_length=9)
	    tags = ArrayField(element_type="text", db_default=["x"])

	    class Meta:
	        indexes = [HashIndex(fields=["title"])]
	END
	test_must_fail code=5 schemastore commit -m three 2>err
	test_grep "sqlite: the SQL of tortoise:settings.T:" err
	echo "CREATE EXTENSION pg_trgm;" >before.sql
	sed -i "s/engines = .*/engines = postgres/" schemastore.conf
	schemastore config postgres.before before.sql
	rm -r .schemastore
	schemastore init -q
	schemastore commit -qm three
	git --git-dir=.schemastore ls-tree -r --name-only HEAD source >out
	printf "source/before.sql\nsource/models.sql\n" >want
	test_cmp want out
	git --git-dir=.schemastore show HEAD:source/models.sql >out
	test_grep "USING HASH (\"title\");$" out
	test_grep "\"tags\" TEXT\[\] NOT NULL DEFAULT .{\"x\"}.$" out
	git --git-dir=.schemastore ls-tree -r --name-only HEAD schema >out
	test_grep "extension" out
'

test_done
