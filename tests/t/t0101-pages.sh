#!/bin/sh
# Manual pages, README, completions: they say what the program does.
. "${srcdir:?}/tests/t/lib.sh"

# The options of --help, without the dashes; those of all commands left out.
options_of () {
	schemastore "$1" --help |
		sed -n -e "/^  -h, --help /q" -e "s/^  \(-.*\)  .*/\1/p" |
		grep -o -e "-[-a-zA-Z]*" |
		sed "s/^-//"
}

sed -n "s/^COMMAND(\(.*\))/\1/p" "$srcdir/src/cli/commands.def" |
	tr _ - >names

test_expect 'every option is in its page, and no other' '
	while read -r name
	do
		page=$srcdir/doc/schemastore-$name.1
		options_of "$name" >options
		sed "s/^/Fl /" options | sort -u >help
		grep -o -e "^\.It Fl .*" "$page" |
			grep -o -e "Fl -*[a-zA-Z][-a-zA-Z]*" | sort -u >paged
		diff -u help paged
	done <names
'

test_expect 'the options of all commands are in schemastore(1)' '
	schemastore init --help | sed "1,/^  --database /d" |
		sed -n "s/^  .*--\([-a-z]*\).*/-\1/p" >options
	test -s options
	while read -r option
	do
		test_grep "^\.It Fl .*$option" "$srcdir/doc/schemastore.1"
	done <options
'

test_expect 'schemastore(1) and README name every command' '
	while read -r name
	do
		test_grep "^\.It Xr schemastore-$name 1$" \
			"$srcdir/doc/schemastore.1"
		test_grep "^|.*\`$name\`.*|" "$srcdir/README.md"
	done <names
'

test_expect 'the summary of a page is the one of the command' '
	while read -r name
	do
		grep "^\.Nd " "$srcdir/doc/schemastore-$name.1" |
			sed "s/^\.Nd //" >page
		schemastore help |
			sed -n "s/^  $name  *\(.*\)/\1/p" |
			sed "s/^./\\L&/" >help
		diff -u help page
	done <names
'

test_expect 'plan(1) has every hazard' '
	grep -o "\"[a-z]*-[-a-z]*\"\|\"renames\"" \
		"$srcdir/include/ss/script.h" | tr -d "\"" | sort -u >codes
	test -s codes
	while read -r code
	do
		test_grep "^\.It Cm $code$" "$srcdir/doc/schemastore-plan.1"
	done <codes
'

test_expect 'pages format without a warning' '
	command -v groff >/dev/null || test_skip "there is no groff"
	for page in "$srcdir"/doc/*.[135]
	do
		groff -mdoc -Tutf8 -ww -z "$page" >>log 2>&1
	done
	test ! -s log
'

test_expect 'the tour of the README is real' '
	command -v python3 >/dev/null || test_skip "there is no python3"
	command -v sqlite3 >/dev/null || test_skip "there is no sqlite3"
	python3 -B "$srcdir/tests/tour.py" check "$srcdir/README.md"
'

test_expect 'the tour for who comes from Aerich is real' '
	command -v python3 >/dev/null || test_skip "there is no python3"
	command -v sqlite3 >/dev/null || test_skip "there is no sqlite3"
	python3 -B "$srcdir/tests/tour.py" check "$srcdir/doc/AERICH.md"
'

test_expect 'the demo runs' '
	command -v sqlite3 >/dev/null || test_skip "there is no sqlite3"
	sh "$srcdir/contrib/demo.sh" >out
	test_grep "^\$ schemastore upgrade$" out
'

cat >complete.bash <<'END'
. "$srcdir/contrib/completions/schemastore.bash"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_schemastore
printf '%s\n' "${COMPREPLY[@]}"
END

test_expect 'completions' '
	command -v bash >/dev/null || test_skip "there is no bash"
	echo "CREATE TABLE t (a);" >schema.sql
	schemastore init -q --database dev=sqlite:app.db
	schemastore commit -q -m one
	schemastore tag -q first
	bash complete.bash schemastore com >out
	echo commit >want
	test_cmp want out
	bash complete.bash schemastore upgrade d >out
	echo dev >want
	test_cmp want out
	bash complete.bash schemastore checkout --db d >out
	test_cmp want out
	bash complete.bash schemastore upgrade --dry >out
	echo --dry-run >want
	test_cmp want out
	bash complete.bash schemastore show f >out
	echo first >want
	test_cmp want out
	bash complete.bash schemastore -C . show f >out
	test_cmp want out
'

test_done
