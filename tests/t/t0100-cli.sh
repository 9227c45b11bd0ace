#!/bin/sh
# The command line itself: help, options, mistakes.
. "${srcdir:?}/tests/t/lib.sh"

test_expect 'help lists every command' '
	schemastore help >out
	sed -n "s/^COMMAND(\(.*\))/\1/p" "$srcdir/src/cli/commands.def" |
		tr _ - >names
	test -s names
	while read -r name
	do
		test_grep "^  $name  " out
	done <names
	schemastore --help >other
	test_cmp out other
'

test_expect 'help fits 80 columns' '
	schemastore help >out
	test_not grep "^.\{81\}" out
'

test_expect 'help COMMAND is COMMAND --help' '
	schemastore help commit >one
	schemastore commit --help >two
	schemastore commit -h >three
	test_cmp one two
	test_cmp one three
	test_grep "^usage: schemastore commit " one
	test_grep "^  -m, --message TEXT " one
'

test_expect 'version' '
	schemastore version >one
	schemastore --version >two
	test_cmp one two
	test_grep "^schemastore [0-9]" one
'

test_expect 'no command is wrong usage' '
	test_must_fail code=2 schemastore >out 2>err
	test ! -s out
	test_grep "^usage: " err
	test_grep "^schemastore: no command" err
'

test_expect 'an unknown command: the nearest one' '
	test_must_fail code=2 schemastore comit >out 2>err
	test ! -s out
	test_grep "^schemastore: .comit. is no command" err
	test_grep "^hint: did you mean .commit." err
	test_must_fail code=2 schemastore xyzzy 2>err
	test_grep "^hint: .schemastore help." err
	test_must_fail code=2 schemastore help comit 2>err
	test_grep "^hint: did you mean .commit." err
'

test_expect 'an unknown option: the nearest one' '
	test_must_fail code=2 schemastore commit --mesage x 2>err
	test_grep "has no option .--mesage." err
	test_grep "^hint: did you mean .--message." err
	test_must_fail code=2 schemastore log --xyzzy 2>err
	test_grep "^hint: .schemastore log --help." err
	test_must_fail code=2 schemastore log -Z 2>err
	test_grep "has no option .-Z." err
'

test_expect 'options: values and flags' '
	test_must_fail code=2 schemastore commit -m 2>err
	test_grep "needs TEXT" err
	test_must_fail code=2 schemastore commit --allow-empty=1 2>err
	test_grep "takes no value" err
	test_must_fail code=2 schemastore log -n x 2>err
	test_must_fail code=2 schemastore commit -qZ 2>err
	test_grep "has no option .-qZ." err
	schemastore config -ql
	test_must_fail code=2 schemastore upgrade --wait soon 2>err
'

test_expect 'too many and too few arguments: the usage' '
	test_must_fail code=2 schemastore plan 2>err
	test_grep "^hint: usage: schemastore plan " err
	test_must_fail code=2 schemastore plan a b c 2>err
	test_grep "^hint: usage: schemastore plan " err
	test_must_fail code=2 schemastore fsck x 2>err
	test_must_fail code=2 schemastore blame 2>err
'

test_expect 'an error says nothing on stdout, and is one line' '
	test_must_fail code=2 schemastore status >out 2>err
	test ! -s out
	test_grep "^schemastore: there is no store" err
	test_grep "^hint: run .schemastore init." err
	test "$(wc -l <err)" -eq 2
'

test_expect '-C works before the command and behind it' '
	mkdir sub
	echo "CREATE TABLE t (a);" >sub/schema.sql
	schemastore -C sub init --quiet
	test -d sub/.schemastore
	schemastore -C sub commit --quiet -m one
	schemastore log -C sub --oneline >out
	test_grep " one$" out
	schemastore log --directory=sub --oneline >other
	test_cmp out other
	test_must_fail code=5 schemastore -C nowhere status 2>err
	test_grep "nowhere" err
'

test_expect 'a folder below the project is in it' '
	mkdir sub/deeper
	schemastore -C sub/deeper log --oneline >other
	test_cmp out other
'

test_expect 'letters: -mTEXT, -nN' '
	echo "CREATE TABLE u (a);" >>sub/schema.sql
	schemastore -C sub commit -mtwo >out
	test_grep "^\[main [0-9a-f]*\] two$" out
	schemastore -C sub log -n1 --oneline >out
	test "$(wc -l <out)" -eq 1
'

test_expect '--quiet says nothing where all went well' '
	echo "CREATE TABLE v (a);" >>sub/schema.sql
	schemastore -C sub commit --quiet -m three >out 2>&1
	schemastore -C sub tag --quiet here >>out 2>&1
	schemastore -C sub upgrade -q sqlite:q.db >>out 2>&1
	test ! -s out
'

test_expect 'colours only where they are asked for' '
	schemastore -C sub show >out
	test_not grep "$(printf "\033")" out
	schemastore -C sub show --color >out
	test_grep "$(printf "\033")" out
'

test_expect '--json is one document with sorted keys' '
	for command in "log" "show" "status" "branch" "tag" "config" "fsck" \
		"diff HEAD~1 HEAD" "plan HEAD~1 HEAD" "blame t" "gc" \
		"history sqlite:q.db" "heads sqlite:q.db" "drift sqlite:q.db" \
		"inspect sqlite:q.db" "upgrade sqlite:q.db"
	do
		schemastore -C sub $command --json >out
		python3 -c "
import json, sys
text = sys.stdin.read()
want = json.dumps(json.loads(text), indent=2, sort_keys=True,
                  ensure_ascii=False) + chr(10)
sys.exit(text != want)" <out
	done
'

test_done
