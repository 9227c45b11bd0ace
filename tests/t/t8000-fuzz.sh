#!/bin/sh
# The fuzz targets' seeds, each run once: inputs that reach far, and those that
# broke something once.
. "${srcdir:?}/tests/t/lib.sh"

fuzz=$srcdir/tests/fuzz

for target in $(cd "$fuzz" && grep -l '^int LLVMFuzzerTestOneInput' *.c)
do
	target=${target%.c}
	test_expect "$target" '
		"$builddir/tests/fuzz/$target" "$fuzz/seeds/$target"/*
	'
done

test_expect 'every folder of seeds has a target' '
	for seeds in "$fuzz"/seeds/*
	do
		test -f "$fuzz/${seeds##*/}.c"
	done
'

test_done
