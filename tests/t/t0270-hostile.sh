#!/bin/sh
# What nobody's program writes, in a store and in a bundle: it is named, within
# a moment and little memory, and nothing of it is done.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-second.sh"

test_signs
command -v python3 >/dev/null || test_skip "there is no python3"

export SCHEMASTORE_AUTHOR_NAME=Ann SCHEMASTORE_AUTHOR_EMAIL=ann@example.org

hostile () {
	python3 -SB "$srcdir/tests/t/hostile.py" "$@"
}

restore () {
	rm -rf .schemastore
	cp -R good .schemastore
}

# A build with sanitizers maps far more than it uses.
memory=163840
if ! (ulimit -v $memory; command schemastore --version) >/dev/null 2>&1
then
	memory=unlimited
fi

# bounded COMMAND...: in 10 seconds and 160 MiB
bounded () {
	(ulimit -v $memory
		command timeout 10 "$@")
}

# expect STATUS... COMMAND...: one of them, words up to 9
expect () {
	want=
	while test ${#1} = 1
	do
		want="$want $1"
		shift
	done
	is=0
	bounded "$@" >out 2>err || is=$?
	case "$want " in
	*" $is "*)
		return 0
		;;
	esac
	echo "exit $is, not$want: $*" >&2
	cat out err >&2
	return 1
}

# Nothing is signed, so that all that speaks against it is what it is.
echo 'CREATE TABLE a (id INTEGER PRIMARY KEY);' >schema.sql
printf '[schemastore]\n\tsign = no\n' >schemastore.conf
schemastore init -q --engine sqlite --source schema.sql
schemastore commit -q -m one
cp -R .schemastore good
schemastore audit export -q good.bundle

# What verify says of a tree.
status_of () {
	case $1 in
	nothing|bomb|wide)
		echo 0
		;;
	missing|blob-as-tree|seen-blob-as-tree|tree-as-blob|commit-as-blob|\
	seen-tree-as-blob|deep|cycle)
		echo 6
		;;
	*)
		echo 1
		;;
	esac
}

test_expect 'trees in a store, and in a bundle' '
	for name in $(hostile names trees)
	do
		restore
		hostile trees $name
		echo $name
		expect $(status_of $name) schemastore verify
		second $is .schemastore
		# What we take git takes as well.
		if test $is = 0
		then
			git --git-dir=.schemastore fsck --strict 2>/dev/null
		fi
		# A pack names its objects by their content.
		test $name != cycle || continue
		python3 -SB "$srcdir/tests/t/bundler.py" .schemastore b
		expect $(status_of $name) schemastore verify --bundle b
		second $is b
	done
'

test_expect 'loose objects' '
	for name in $(hostile names loose)
	do
		restore
		hostile loose $name
		echo $name
		expect 6 schemastore verify
		test_grep "unreadable" out
	done
'

test_expect 'bits of a pack, of its index and of a loose object' '
	restore
	schemastore gc -q
	schemastore commit -q -m two --allow-empty
	cat >flip.py <<END
import glob
import os
import subprocess
import zlib

top = ".schemastore/objects/"
paths = glob.glob(top + "pack/*.pack") + glob.glob(top + "pack/*.idx")
for path in paths + glob.glob(top + "??/*"):
    with open(path, "rb") as f:
        whole = f.read()
    os.chmod(path, 0o644)
    step = max(1, len(whole) // 20)
    for at in [*range(0, len(whole), step), len(whole) - 1]:
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        with open(path, "wb") as f:
            f.write(flipped)
        status = subprocess.run(["schemastore", "verify"],
                                stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL).returncode
        # Bits that fill up the last byte of what is deflated mean nothing.
        same = "pack" not in path and status == 0 and \
            zlib.decompress(flipped) == zlib.decompress(whole)
        assert status in (1, 6) or same, (path, at, status)
    with open(path, "wb") as f:
        f.write(whole)
END
	python3 flip.py
	command schemastore verify
'

test_expect 'packs of a bundle' '
	for name in $(hostile names pack)
	do
		hostile pack $name good.bundle b
		echo $name
		expect 3 6 schemastore verify --bundle b
	done
	test -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name "schemastore-*" \
		-newer good.bundle)"
'

test_second

mkdir probe
if (cd probe && SS_FAULT="*:1:fail" command schemastore init -q) 2>/dev/null
then
	test_done
fi

# What has the same SHA-1 name: only the digests that are signed tell.
test_expect 'two contents of one SHA-1 name' '
	for path in edge/0/sqlite.up.sql schema/sqlite/table/a source/schema.sql
	do
		restore
		oid=$(git --git-dir=.schemastore rev-parse main:$path)
		python3 -c "import sys, zlib
data = b\"another one\n\"
sys.stdout.buffer.write(zlib.compress(b\"blob %d\0\" % len(data) + data))" \
			>other
		file=.schemastore/objects/$(echo $oid | sed "s,^..,&/,")
		rm -f "$file"
		cp other "$file"
		expect 6 schemastore verify
		SS_COLLIDE=1 expect 1 schemastore verify
		test_grep "^tree [0-9a-f]*: Schemastore-Tree" out
	done
'

test_done
