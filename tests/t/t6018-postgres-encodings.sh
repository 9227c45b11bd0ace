#!/bin/sh
# Databases on PostgreSQL in other encodings and collations than the scratch
# ones: the schema comes and goes the same, or it is said what cannot be.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-refused.sh"

pg_start

# made DATABASE OPTION...: anew, and empty, by CREATE DATABASE's options; a
# project whose first version it can hold, and whose second one has more of it.
made () {
	name=$1
	shift
	pg postgres -c "DROP DATABASE IF EXISTS $name" 2>/dev/null
	pg postgres -c "CREATE DATABASE $name TEMPLATE template0 $*"
	pg_url "$name"
	rm -rf "$test_root/work/$name"
	mkdir "$test_root/work/$name"
	cd "$test_root/work/$name"
	cat >schema.sql <<-\END
	CREATE TABLE users (id serial PRIMARY KEY, name text DEFAULT 'x',
		town text COLLATE "C", CHECK (name <> 'Z'));
	CREATE INDEX ON users (lower(name), town COLLATE "POSIX");
	COMMENT ON TABLE users IS 'people';
	END
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
}

# On, over what the encoding has letters for, and back.
whole_way () {
	schemastore upgrade -q
	cat >>schema.sql <<-END
	CREATE TABLE "$1" ("$1" text DEFAULT '$1' CHECK ("$1" <> '$1'));
	COMMENT ON TABLE "$1" IS '$1';
	CREATE FUNCTION "f$1"() RETURNS text LANGUAGE sql
		AS \$\$SELECT '$1'\$\$;
	CREATE TYPE "e$1" AS ENUM ('$1');
	END
	schemastore commit -q -m two
	arrives
	schemastore inspect >out.sql
	schemastore diff --exit-code dev out.sql
	schemastore diff --exit-code dev HEAD
	schemastore downgrade -q --yes --allow-data-loss
	schemastore drift -q
	schemastore history >out
	arrives
}

while IFS='|' read -r name letters options
do
	export letters options name
	test_expect "$name: $options" '
		made "$name" "$options"
		whole_way "$letters"
	' </dev/null
done <<'END'
utf8_c|grün日本|ENCODING UTF8 LOCALE 'C'
utf8_icu|grün日本|LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C.UTF-8'
utf8_odd|grün|LOCALE_PROVIDER icu ICU_LOCALE 'und-u-ks-level2' LOCALE 'C.UTF-8'
latin1|grün|ENCODING LATIN1 LOCALE 'C'
latin9|grün€|ENCODING LATIN9 LOCALE 'C'
win1251|зелёный|ENCODING WIN1251 LOCALE 'C'
euc_jp|日本|ENCODING EUC_JP LOCALE 'C'
euc_cn|日本|ENCODING EUC_CN LOCALE 'C'
koi8|зелёный|ENCODING KOI8R LOCALE 'C'
sql_ascii|grün日本|ENCODING SQL_ASCII LOCALE 'C'
END

test_expect 'what the encoding has no letter for' '
	for encoding in LATIN1 WIN1252 EUC_JP
	do
		made narrow "ENCODING $encoding LOCALE \$\$C\$\$"
		schemastore upgrade -q
		echo "COMMENT ON TABLE users IS \$\$जल\$\$;" >>schema.sql
		schemastore commit -q -m wide
		refused 3 "has no equivalent in encoding .$encoding" narrow \
			schemastore upgrade
		hint "a database in UTF8"
		refused 3 "has no equivalent in encoding .$encoding" narrow \
			schemastore upgrade --dry-run
		schemastore drift -q
	done
'

test_expect 'bytes that are no text, in SQL_ASCII' '
	made bytes "ENCODING SQL_ASCII LOCALE \$\$C\$\$"
	schemastore upgrade -q
	printf "CREATE TABLE \"gr\374n\" (a text DEFAULT \047\344\047);\n" |
		PGCLIENTENCODING=SQL_ASCII psql -Xq -d bytes
	for command in drift inspect "diff HEAD dev" \
		"downgrade --yes --allow-data-loss"
	do
		refused 5 "each table: .*invalid byte sequence .* 0xfc" bytes \
			schemastore $command
		hint "in SQL_ASCII"
	done
'

test_expect 'a locale whose order is its own changes no digest' '
	n=1
	for options in "LOCALE \$\$C\$\$" \
		"LOCALE_PROVIDER icu ICU_LOCALE \$\$sv\$\$ LOCALE \$\$C\$\$"
	do
		made sorted "ENCODING UTF8 $options"
		cat >schema.sql <<-\END
		CREATE TABLE "Zebra" ("ö" int, "z" int, "A" int, "_" int);
		CREATE TABLE "zebra" ("Z" int);
		CREATE TABLE "äpple" (a int, CHECK (a > 1), CHECK (a > 2));
		CREATE TYPE "ordre" AS ENUM ($$ö$$, $$z$$, $$a$$);
		CREATE COLLATION swedish (provider = icu, locale = $$sv$$);
		CREATE TABLE words (w text COLLATE swedish);
		END
		schemastore commit -q -m odd
		schemastore upgrade -q
		schemastore drift
		schemastore inspect >"../order-$n.sql"
		n=$((n + 1))
	done
	test_cmp ../order-1.sql ../order-2.sql
'

test_done
