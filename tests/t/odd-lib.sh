# Sourced, behind lib.sh, by the tests of odd schemas: what SQLite allows and
# few people write.  A case goes there and back, by printed scripts, with
# foreign keys on in the connection.

# The schema as SQLite itself sees it; in a default quotes of any kind are one.
cat >facts.sql <<'END'
SELECT type, lower(name), lower(tbl_name) FROM sqlite_schema
  WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY 1, 2, 3;
SELECT lower(t.name), t.wr, t.strict, lower(c.name),
  replace(lower(c.type), ' ', ''), c."notnull",
  trim(c.dflt_value, '"''[]`'), c.pk, c.hidden
  FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c
  WHERE t.schema = 'main' AND t.type = 'table' ORDER BY 1, 4;
SELECT lower(m.name), i."unique", i.origin, i.partial,
  CASE i.origin WHEN 'c' THEN lower(i.name) END,
  (SELECT group_concat(lower(coalesce(k.name, k.cid)) || k.desc ||
  upper(k.coll)) FROM pragma_index_xinfo(i.name) AS k WHERE k.key)
  FROM sqlite_schema AS m, pragma_index_list(m.name) AS i
  WHERE m.type = 'table' ORDER BY 1, 2, 3, 4, 5, 6;
SELECT lower(m.name), lower(f."table"), lower(f."from"), lower(f."to"),
  f.on_update, f.on_delete, f.match
  FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f
  WHERE m.type = 'table' ORDER BY 1, 2, 3, 4, 5, 6;
END

quick () {
	sqlite3 -cmd 'PRAGMA synchronous = OFF' \
		-cmd 'PRAGMA foreign_keys = ON' "$@"
}

arrived () {
	schemastore diff --exit-code odd.db "$1"
	rm -f fresh.db
	quick fresh.db <"$1"
	quick fresh.db <facts.sql >facts.want
	quick odd.db <facts.sql >facts.got
	test_cmp facts.want facts.got
	quick odd.db <check.sql >check.after
	test_cmp check.before check.after
}

cat >check.sql <<'END'
PRAGMA integrity_check;
SELECT count(*) FROM pragma_foreign_key_check;
END

# odd TITLE [FLAG...] <<END: the old schema; the new one, or how sed makes it
# of the old; rows; a query on the new schema; its answer, with --- between.
odd () {
	title=$1
	shift
	flags=$*
	rm -f old.sql new.sql rows.sql query.sql want odd.db
	awk 'BEGIN { split("old.sql new.sql rows.sql query.sql want", f) }
		/^---$/ { i++; next }
		{ print >f[i + 1] }'
	if ! grep -q CREATE new.sql
	then
		mv new.sql new.sed
		sed -f new.sed old.sql >new.sql
	fi
	test_expect "$title" '
		quick odd.db <old.sql
		quick -cmd "PRAGMA foreign_keys = OFF" odd.db <rows.sql
		quick odd.db <check.sql >check.before
		test_grep "^ok" check.before
		schemastore plan --prove $flags old.sql new.sql >up.sql
		quick odd.db <up.sql
		arrived new.sql
		quick odd.db <query.sql >got
		test_cmp want got
		schemastore plan --prove --down $flags old.sql new.sql >down.sql
		quick odd.db <down.sql
		arrived old.sql
	'
}
