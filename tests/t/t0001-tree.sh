#!/bin/sh
# The tree keeps its own rules (tests/tree.py has them).
. "${srcdir:?}/tests/t/lib.sh"

if ! command -v python3 >/dev/null
then
	test_skip 'there is no python3'
fi

tree () {
	python3 -B "$srcdir/tests/tree.py" "$1"
}

test_expect '80 columns' 'tree columns'
test_expect 'no trailing blanks' 'tree blanks'
test_expect 'no // comments' 'tree comments'
test_expect 'functions and files stay small' 'tree sizes'
test_expect 'no banned calls' 'tree banned'
test_expect 'shell bodies hide no failure' 'tree shell'
test_expect 'layers include downwards only' 'tree layers'
test_expect 'libraries stay in their layer' 'tree systems'
test_expect 'config.h comes first' 'tree first'
test_expect 'no two modules in a circle' 'tree circles'
test_expect 'every header compiles alone' 'tree headers'
test_expect 'Makefile.am lists every file' 'tree makefile'
test_expect 'every command has a page' 'tree pages'
test_expect 'every command is used in a test' 'tree used'
test_expect 'every command answers --help' 'tree help'

test_done
