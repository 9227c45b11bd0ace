#!/bin/sh
# Names that are no UTF-8, or that a terminal would act on.
. "${srcdir:?}/tests/t/lib.sh"

esc=$(printf '\033')
latin=$(printf 'caf\351')
csi=$(printf '\302\2335m')
printf 'CREATE TABLE "%s" (a INT);\n' "$latin" >schema.sql
printf 'CREATE TABLE "red%s[31m" (a INT, "%s" INT, é INT);\n' "$esc" "$csi" \
	>>schema.sql
sed 's/a INT/a TEXT/' <schema.sql >new.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q

probe='import os; os.openpty()'
# on_terminal COMMAND...: what a terminal of it gets
on_terminal () {
	command -v python3 >/dev/null || test_skip 'there is no python3'
	python3 -c "$probe" 2>/dev/null || test_skip 'there is no terminal'
	PAGER=cat python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
		"$@" | tr -d '\r'
}

test_expect 'JSON has what is no UTF-8 as text and bytes' '
	schemastore diff --json HEAD new.sql >out
	test_grep "\"hex\": \"636166e9\"" out
	test_grep "\"text\": \"caf$(printf "\357\277\275")\"" out
	test_grep "red.u001[bB]\[31m" out
	test_not grep "null" out
	schemastore plan --json HEAD new.sql >out
	test_grep "\"hex\": \"[0-9a-f]*636166e9[0-9a-f]*\"" out
	test_not grep "null" out
'

test_expect 'a terminal does not see them' '
	on_terminal schemastore diff HEAD new.sql >out
	test_grep "caf.351" out
	test_grep "red.033\[31m" out
	on_terminal schemastore inspect >out
	test_grep "TABLE \"caf.351\"" out
	test_grep "TABLE \"red.033\[31m\"" out
	test_grep "\"é\" INT" out
	test_grep ".302.2335m" out
	test_not grep "$esc" out
'

test_expect 'but our own colours' '
	on_terminal schemastore diff HEAD new.sql >out
	test_grep "^$esc\[33m~ table red.033\[31m$" out
	schemastore diff --color HEAD new.sql >out
	test_grep "^$esc\[33m~ table red$esc\[31m" out
'

test_expect 'a file has the SQL as it is' '
	schemastore inspect >out.sql
	grep -a "$latin" out.sql
	grep -a "red$esc\[31m" out.sql
	sqlite3 copy.db <out.sql
	schemastore diff --exit-code HEAD copy.db
'

test_expect 'messages have none of it' '
	name=$(printf "no%s[31m\tx%s\n" "$esc" "$latin")
	test_must_fail code=2 schemastore show HEAD -- "$name" 2>err
	test_must_fail code=2 schemastore inspect dev -- "$name" 2>>err
	test_grep "no table or view .no.033\[31m.*xcaf.351" err
	test_not grep -a "$esc" err
	test_not grep -a "$latin" err
'

test_done
