#!/bin/sh
# diff: any two schemas, in any pairing.
. "${srcdir:?}/tests/t/lib.sh"

cat >old.sql <<'END'
CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT);
CREATE TABLE gone (a);
END
cat >new.sql <<'END'
CREATE TABLE users (id INTEGER PRIMARY KEY, mail VARCHAR NOT NULL, age INT);
CREATE VIEW v AS SELECT mail FROM users;
CREATE INDEX users_mail ON users (mail);
END
cat >want <<'END'
- table gone
  - column a
~ table users
  + column age
      type: INT
  ~ column mail
    type: TEXT -> VARCHAR
    not-null: no -> yes
  + index users_mail
      key: mail
+ view v
    as: SELECT mail FROM users
END

test_expect 'two files, without any store' '
	schemastore diff old.sql new.sql >out
	test_cmp want out
	test ! -d .schemastore
'

test_expect 'the same thing: nothing, exit 0' '
	schemastore diff --exit-code old.sql old.sql >out
	test ! -s out
	schemastore diff --json old.sql old.sql >out
	echo "[]" >nothing
	test_cmp nothing out
'

test_expect '--exit-code' '
	schemastore diff old.sql new.sql >out
	test_must_fail code=1 schemastore diff --exit-code old.sql new.sql
'

test_expect 'versions, databases, files, in any pairing' '
	cp old.sql schema.sql
	schemastore init -q --database dev=sqlite:app.db
	schemastore commit -q -m one
	schemastore upgrade -q
	cp new.sql schema.sql
	schemastore commit -q --no-rename -m two
	sqlite3 two.db <new.sql
	mkdir folder
	cp new.sql folder/schema.sql
	for a in HEAD~1 dev @dev sqlite:app.db app.db old.sql
	do
		for b in HEAD main sqlite:two.db two.db new.sql folder
		do
			schemastore diff "$a" "$b" >out
			test_cmp want out
			schemastore diff --exit-code "$a" "$a"
		done
	done
'

test_expect 'no argument: the tip and the source; one: that and the source' '
	schemastore diff >out
	test ! -s out
	schemastore diff HEAD~1 >out
	test_cmp want out
	echo "CREATE TABLE extra (a);" >>schema.sql
	schemastore diff >out
	printf "+ table extra\n  + column a\n" >extra
	test_cmp extra out
	cp new.sql schema.sql
'

test_expect 'the empty schema' '
	schemastore diff - old.sql >out
	test_grep "^+ table gone$" out
	schemastore diff old.sql - >out
	test_grep "^- table gone$" out
'

test_expect '--rename' '
	sed "s/mail/email/" old.sql >renamed.sql
	schemastore diff --rename users.mail=email old.sql renamed.sql >out
	test_grep "~ column email (was mail)" out
	test "$(wc -l <out)" -eq 2
'

test_expect '--sql: what makes the difference' '
	schemastore diff --sql old.sql new.sql >up.sql
	sqlite3 try.db <old.sql
	sqlite3 try.db <up.sql
	schemastore diff --exit-code try.db new.sql
'

test_expect '--json' '
	schemastore diff --json old.sql new.sql >out
	python3 -c "
import json
d = json.load(open(\"out\"))
assert [(c[\"change\"], c[\"kind\"], c[\"name\"]) for c in d] == [
    (\"dropped\", \"table\", \"gone\"), (\"altered\", \"table\", \"users\"),
    (\"added\", \"view\", \"v\")], d
mail = d[1][\"parts\"][1]
assert mail[\"name\"] == \"mail\"
assert mail[\"fields\"][1] == {
    \"field\": \"not-null\", \"from\": False, \"to\": True}"
'

test_expect 'spelling is no difference' '
	cat >spelled.sql <<-\END
	create table [users] ("id" integer primary key, mail text) ;
	-- nothing
	create table gone(a)
	END
	schemastore diff --exit-code old.sql spelled.sql >out
	test ! -s out
'

test_expect 'the order of columns counts where it is asked for' '
	echo "CREATE TABLE t (a, b);" >ab.sql
	echo "CREATE TABLE t (b, a);" >ba.sql
	schemastore diff --column-order ab.sql ba.sql >out
	test_grep "order" out
	test_must_fail code=1 schemastore diff --exit-code --column-order \
		ab.sql ba.sql
'

test_expect 'a word that is a version and a file' '
	cp old.sql main
	test_must_fail code=2 schemastore diff main new.sql 2>err
	test_grep "is a version and a file" err
	test_grep "^hint: write ./main" err
	schemastore diff ./main new.sql >out
	test_cmp want out
	rm main
'

test_expect 'a word that is nothing' '
	test_must_fail code=2 schemastore diff nothing.sql new.sql 2>err
	test_grep "^schemastore: .nothing.sql. is no version, file" err
	test_grep "^hint: " err
'

test_expect 'colours' '
	schemastore diff --color old.sql new.sql >out
	test_grep "$(printf "\033\[32m")+ view v" out
	test_grep "$(printf "\033\[31m")- table gone" out
'

test_done
