# Sourced by the tests of renames over paths and merges: what both engines must
# do alike.  Before that:
#
#	engine=sqlite
#	new_db NAME		a new database, and $url of it
#	ask NAME SQL		its rows, a | between values
#
# begin SQL: a project with that as its version v1.
begin () {
	mkdir "p$test_count"
	cd "p$test_count"
	printf "%s\n" "$1" >schema.sql
	schemastore init -q --engine "$engine"
	schemastore commit -q -m v1
	schemastore tag v1
}

# version TAG SQL OPTION...
version () {
	tag=$1
	printf "%s\n" "$2" >schema.sql
	shift 2
	schemastore commit -q -m "$tag" "$@"
	schemastore tag "$tag"
}

# go NAME VERSION OPTION...: there, and it is as that says.
go () {
	name=$1
	shift
	schemastore checkout -q --yes --db "$name" "$@"
	schemastore drift -q "$name"
}

# stand NAME VERSION SQL: a database there, with rows.
stand () {
	new_db "d$test_count$1"
	schemastore config "database.$1.url" "$url"
	schemastore upgrade -q --yes "$1" "$2"
	ask "d$test_count$1" "$3" >out
}

# has NAME SQL ROWS
has () {
	ask "d$test_count$1" "$2" >out
	printf "%s\n" "$3" >want
	test_cmp want out
}

# nothing_to_do FROM TO
nothing_to_do () {
	schemastore plan "$1" "$2" >out
	test_grep "nothing to do" out
}

# on BRANCH VERSION: a new one, from there.
on () {
	schemastore branch -q "$1" "$2"
	schemastore checkout -q "$1"
}

u='CREATE TABLE users (id INTEGER PRIMARY KEY'
row="INSERT INTO users VALUES (1, 'x')"

# mail, then email: nobody said that it is the same.
mail_and_email () {
	begin "$u, mail TEXT);"
	version v2 "$u, email TEXT);" --no-rename
}

test_expect 'declared late: every path over it is a rename' '
	mail_and_email
	stand old v1 "$row"
	stand new v2 "INSERT INTO users VALUES (1, '\''y'\'')"
	schemastore commit -m v3 --rename users.mail=email >out
	test_grep "no change, 1 late rename" out
	schemastore tag v3
	version v4 "$u, email TEXT, age INTEGER);"
	nothing_to_do v2 v3
	nothing_to_do v3 v2
	schemastore diff --exit-code v2 v3
	schemastore diff v1 v4 >out
	test_grep "column email (was mail)" out
	test_must_fail code=2 schemastore commit -m v5 \
		--rename users.mail=email
	go new v3
	go new v4
	go new v2
	go new v4
	has new "SELECT email FROM users" y
	go new v1
	has new "SELECT mail FROM users" y
	go old v3
	has old "SELECT email FROM users" x
	go old v1
	go old v4
	has old "SELECT email FROM users" x
	schemastore fsck >out
	test_grep " 0 findings" out
'

test_expect 'declared late: a table and its column' '
	begin "$u, name TEXT, mail TEXT);"
	stand old v1 "INSERT INTO users VALUES (1, '\''n'\'', '\''m'\'')"
	p="CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, email TEXT"
	version v2 "$p);" --no-rename
	stand new v2 "INSERT INTO people VALUES (1, '\''N'\'', '\''M'\'')"
	version v3 "$p);" --rename users=people --rename users.mail=email
	version v4 "$p, age INTEGER);"
	nothing_to_do v2 v3
	go new v4
	has new "SELECT name, email FROM people" "N|M"
	go new v1
	has new "SELECT name, mail FROM users" "N|M"
	go old v4
	has old "SELECT name, email FROM people" "n|m"
	go old v2
	go old v4
	has old "SELECT name, email FROM people" "n|m"
'

test_expect 'declared late: merged with who has the old, and who the new' '
	mail_and_email
	version v3 "$u, email TEXT);" --rename users.mail=email
	on topic1 v1
	version one "$u, mail TEXT, a INTEGER);"
	on topic2 v2
	version two "$u, email TEXT, b INTEGER);"
	stand old one "INSERT INTO users (id, mail) VALUES (1, '\''x'\'')"
	stand new two "INSERT INTO users (id, email) VALUES (1, '\''y'\'')"
	schemastore checkout -q main
	schemastore merge -q topic1
	schemastore merge -q topic2
	go old main
	go new main
	has old "SELECT email, a, b FROM users" "x||"
	has new "SELECT email, a, b FROM users" "y||"
	schemastore fsck >out
	test_grep " 0 findings" out
	schemastore checkout -q topic2
	schemastore merge -q topic1 >out
	schemastore merge -q main
	nothing_to_do topic2 main
'

test_expect 'declared late: what cannot be' '
	begin "$u, mail TEXT);"
	version v2 "$u, mail TEXT, email TEXT);"
	version v3 "$u, email TEXT);"
	test_must_fail code=3 schemastore commit -m v4 \
		--rename users.mail=email 2>err
	test_grep "users.mail was not renamed: in version .v2. column" err
	test_must_fail code=2 schemastore commit -m v4 \
		--rename users.post=email 2>err
	test_grep "matches nothing" err
	test_must_fail code=2 schemastore commit -m v4 \
		--rename users.mail=post 2>err
	test_grep "matches nothing" err
'

test_expect 'declared late: two that do not agree' '
	begin "$u, mail TEXT, post TEXT);"
	version v2 "$u, email TEXT);" --no-rename
	on topic v2
	version other "$u, email TEXT);" --rename users.post=email
	schemastore checkout -q main
	version v3 "$u, email TEXT);" --rename users.mail=email
	test_must_fail code=3 schemastore merge topic 2>err
	test_grep "do not agree on what .table/.*users/column/email. was" err
	test_grep "^hint: " err
	schemastore checkout -q topic
	version again "$u, email TEXT);" --rename users.mail=email
	schemastore checkout -q main
	schemastore merge -q topic
	schemastore diff v1 main >out
	test_grep "column email (was mail)" out
	schemastore diff --exit-code v2 main
	schemastore diff --exit-code other main
'

# ---- declared in time ----------------------------------------------------

t='CREATE TABLE t (id INTEGER PRIMARY KEY'

test_expect 'two columns swap their names' '
	begin "$t, a TEXT, b TEXT);"
	stand old v1 "INSERT INTO t VALUES (1, '\''a'\'', '\''b'\'')"
	stand side v1 "INSERT INTO t VALUES (1, '\''a'\'', '\''b'\'')"
	version v2 "$t, b TEXT, a TEXT);" --rename t.a=b --rename t.b=a
	version v3 "$t, b TEXT, a TEXT, c TEXT);"
	for to in v2 v1 v3 v1 v2 v3
	do
		go old $to
		case $to in
		v1) has old "SELECT a, b FROM t" "a|b" ;;
		*) has old "SELECT a, b FROM t" "b|a" ;;
		esac
	done
	on topic v1
	version theirs "$t, a TEXT, b TEXT, d TEXT);"
	go side topic
	schemastore checkout -q main
	schemastore merge -q topic
	go old main
	go side main
	has old "SELECT a, b, c, d FROM t" "b|a||"
	has side "SELECT a, b, c, d FROM t" "b|a||"
	go side v1
	has side "SELECT a, b FROM t" "a|b"
'

test_expect 'two tables swap their names' '
	s="CREATE TABLE s (id INTEGER PRIMARY KEY"
	begin "$t, a TEXT); $s, a TEXT);"
	both="INSERT INTO t VALUES (1, '\''t'\'');
		INSERT INTO s VALUES (1, '\''s'\'')"
	stand old v1 "$both"
	stand side v1 "$both"
	version v2 "$t, a TEXT); $s, a TEXT);" --rename t=s --rename s=t
	version v3 "$t, a TEXT); $s, a TEXT, c TEXT);"
	for to in v2 v1 v3 v1 v2 v3
	do
		go old $to
		case $to in
		v1) has old "SELECT a FROM t" t ;;
		*) has old "SELECT a FROM t" s ;;
		esac
	done
	on topic v1
	version theirs "$t, a TEXT, d TEXT); $s, a TEXT);"
	go side topic
	schemastore checkout -q main
	schemastore merge -q topic
	go old main
	go side main
	has old "SELECT a, c, d FROM s" "t||"
	has side "SELECT a, c, d FROM s" "t||"
	has side "SELECT a FROM t" s
'

test_expect 'a table and its column, in one version and in two' '
	begin "$u, mail TEXT);"
	stand old v1 "$row"
	stand side v1 "$row"
	p="CREATE TABLE people (id INTEGER PRIMARY KEY"
	version v2 "$p, email TEXT);" --rename users=people \
		--rename users.mail=email
	version v3 "$p, address TEXT);" --rename people.email=address
	version v4 "CREATE TABLE folk (id INTEGER PRIMARY KEY, address TEXT);" \
		--rename people=folk
	go old v4
	has old "SELECT address FROM folk" x
	go old v2
	has old "SELECT email FROM people" x
	go old v1
	has old "SELECT mail FROM users" x
	on topic v1
	version theirs "$u, mail TEXT NOT NULL, age INTEGER);"
	go side topic
	schemastore checkout -q main
	schemastore merge -q topic
	go old main
	go side main
	has old "SELECT address, age FROM folk" "x|"
	has side "SELECT address, age FROM folk" "x|"
'

test_expect 'renamed, dropped, and a new one of the first name' '
	begin "$u, mail TEXT);"
	stand old v1 "$row"
	stand side v1 "$row"
	version v2 "$u, email TEXT);" --rename users.mail=email
	version v3 "$u);"
	version v4 "$u, mail TEXT);"
	schemastore diff v1 v4 >out
	test_grep "^  + column mail" out
	test_grep "^  - column mail" out
	test_must_fail code=3 schemastore upgrade --yes old v4
	go old v4 --allow-data-loss
	has old "SELECT count(mail) FROM users" 0
	ask "d${test_count}old" "UPDATE users SET mail = '\''new'\''"
	test_must_fail code=3 schemastore checkout --yes --db old v2
	go old v2 --allow-data-loss
	has old "SELECT count(email) FROM users" 0
	on topic v2
	version theirs "$u, email TEXT, age INTEGER);"
	go side topic
	has side "SELECT email FROM users" x
	schemastore checkout -q main
	schemastore merge -q topic
	go side main --allow-data-loss
	has side "SELECT count(mail) FROM users" 0
'

test_expect 'renamed, and a new one of its name beside it' '
	begin "$u, mail TEXT);"
	stand old v1 "$row"
	stand side v1 "$row"
	version v2 "$u, mail TEXT, email TEXT);" --rename users.mail=email
	go old v2
	has old "SELECT email, mail FROM users" "x|"
	on topic v1
	version theirs "$u, mail TEXT, age INTEGER);"
	go side topic
	schemastore checkout -q main
	schemastore merge -q topic
	go side main
	go old main
	has old "SELECT email, mail, age FROM users" "x||"
	has side "SELECT email, mail, age FROM users" "x||"
	go side v1 --allow-data-loss
	has side "SELECT mail FROM users" x
'
