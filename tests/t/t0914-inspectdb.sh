#!/bin/sh
# A database as Tortoise's models; and these as a source again.
. "${srcdir:?}/tests/t/lib.sh"

cat >schema.sql <<'END'
CREATE TABLE kinds (
	id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
	name VARCHAR(40) NOT NULL UNIQUE
);
CREATE TABLE blog_posts (
	id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
	title VARCHAR(80) NOT NULL DEFAULT 'it''s "so"',
	score DOUBLE PRECISION,
	price DECIMAL(8,2) NOT NULL DEFAULT 1.5,
	at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
	day DATE,
	data JSON,
	uid CHAR(36) NOT NULL,
	n BIGINT NOT NULL DEFAULT -3,
	odd GEOMETRY,
	kind_id INT REFERENCES kinds (id) ON DELETE SET NULL,
	other_id INT NOT NULL REFERENCES kinds (id) ON DELETE CASCADE,
	UNIQUE (title, n),
	CHECK (n < 5)
);
CREATE INDEX "idx_blog_posts_day_46eadc" ON blog_posts (day);
CREATE TABLE pairs (a INT, b INT, PRIMARY KEY (a, b));
CREATE TABLE aerich (id INTEGER PRIMARY KEY);
END
sqlite3 app.db <schema.sql

cat >want <<'END'
from tortoise import fields
from tortoise.models import Model


class BlogPosts(Model):
    id = fields.IntField(primary_key=True)
    title = fields.CharField(max_length=80, default="it's \"so\"")
    score = fields.FloatField(null=True)
    price = fields.DecimalField(max_digits=8, decimal_places=2, default=1.5)
    at = fields.DatetimeField(auto_now_add=True)
    day = fields.DateField(db_index=True, null=True)
    data = fields.JSONField(null=True)
    uid = fields.UUIDField()
    n = fields.BigIntField(default=-3)
    # odd: GEOMETRY: no field of Tortoise's has it
    kind = fields.ForeignKeyField(
        "models.Kinds", related_name="blog_posts_kind", null=True,
        on_delete=fields.SET_NULL)
    other = fields.ForeignKeyField(
        "models.Kinds", related_name="blog_posts_other",
        on_delete=fields.CASCADE)
    # check : not in the model

    class Meta:
        table = "blog_posts"
        unique_together = (("title", "n"),)


class Kinds(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=40, unique=True)

    class Meta:
        table = "kinds"


# table pairs: its key is not one column, which Tortoise has none of
END

printed () {
	schemastore inspectdb sqlite:app.db >got
	test_cmp want got
	schemastore inspectdb -t kinds --app zoo sqlite:app.db >got
	test "$(grep -c ^class got)" = 1
	test_must_fail code=2 schemastore inspectdb -t nobody sqlite:app.db
	schemastore inspectdb -t blog_posts --app zoo sqlite:app.db >got
	test_grep '"zoo.Kinds"' got
}
test_expect 'a model for each table' printed

again () {
	mkdir zoo
	touch zoo/__init__.py
	schemastore inspectdb sqlite:app.db | grep -v '^# table' >zoo/models.py
	echo 'T = {"connections": {"default": "sqlite://app.db"},
	"apps": {"models": {"models": ["zoo.models"]}}}' >zoo/conf.py
	schemastore init -q --engine sqlite --source tortoise:zoo.conf.T
	schemastore config tortoise.version 0.25.3
	schemastore commit -q -m again
	schemastore diff sqlite:app.db HEAD >out
	test_not grep kinds out
	sed -n '/^~ table blog/,/^- table/s/^  \([-+~] .*\)/\1/p' out |
		sed 's/_[0-9a-f]\{6\}$//' >got
	printf '%s\n' '- column odd' '~ column price' '~ column score' \
		'~ column title' '- unique' '+ unique uid_blog_posts_title' \
		'- check' '- index idx_blog_posts_day' \
		'+ index idx_blog_posts_day' >want
	test_cmp want got
}
test_expect 'read again they make the same, but for what is no field' again

test_done
