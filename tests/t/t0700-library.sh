#!/bin/sh
# The library as it is installed: header, pkg-config, symbols; the README's
# program is compiled, as C and as C++, and run.
. "${srcdir:?}/tests/t/lib.sh"

command -v cc >/dev/null || test_skip 'there is no cc'
command -v pkg-config >/dev/null || test_skip 'there is no pkg-config'
command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

unset MAKEFLAGS MAKELEVEL MFLAGS
root=$PWD/root
flags='-Wall -Wextra -Werror -pedantic'
# Built with sanitizers, the library wants them in the program too.
case $(sed -n 's/^SS_CFLAGS = //p' "$builddir/Makefile") in
*-fsanitize=address*)
	flags="$flags -fsanitize=address,undefined"
	;;
esac

# Where the library was configured to go, below $root.
libdir=$(sed -n 's/^libdir = //p' "$builddir/Makefile")
case $libdir in
*exec_prefix*)
	libdir=$(sed -n 's/^prefix = //p' "$builddir/Makefile")/lib
	;;
esac
PKG_CONFIG_PATH=$root$libdir/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$root
LD_LIBRARY_PATH=$root$libdir
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR LD_LIBRARY_PATH

test_expect 'make install' '
	make -s -C "$builddir" install DESTDIR="$root" >log 2>&1
	test -f "$root$libdir/libschemastore.so"
	pkg-config --exists schemastore
	pkg-config --modversion schemastore >out
	schemastore version | sed "s/.* //" >want
	test_cmp want out
	find "$root" -name "schemastore*.[35]" | wc -l >out
	echo 5 >want
	test_cmp want out
'

test_expect 'ss_ is all that it exports, and all that the header has' '
	nm -D --defined-only "$root$libdir/libschemastore.so" |
		sed "s/.* //" | sort >exported
	grep -v "^ss_" exported >foreign || true
	test ! -s foreign
	cc -E -P $(pkg-config --cflags schemastore) \
		-include schemastore.h -x c /dev/null |
		grep -o "\bss_[a-z_]*(" | tr -d "(" | sort -u >declared
	test_cmp declared exported
'

test_expect 'libgit2 and libpq are not linked' '
	readelf -d "$root$libdir/libschemastore.so" >needed
	test_grep "NEEDED.*sqlite3" needed
	test_not grep "NEEDED.*\(git2\|libpq\)" needed
'

test_expect 'the library changes nothing that is the process'\''s' '
	nm -D --undefined-only "$root$libdir/libschemastore.so" |
		sed "s/.* //; s/@.*//" | sort >used
	for name in exit setenv putenv umask sigaction setlocale getpwuid \
		gmtime localtime strtok rand srand
	do
		test_not grep -x "$name" used
	done
'

test_expect 'but in the children that it makes, in one file' '
	find "$builddir/src" "$builddir/store" "$builddir/migrations" \
		-path "*/.libs/*.o" >objects
	test_grep "/engine/postgres/.libs/process\.o" objects
	grep -v "/engine/postgres/.libs/process\.o" objects |
		xargs nm --undefined-only | sed "s/.* //" | sort -u >used
	test_grep "^flock\$" used
	for name in chdir fork vfork signal
	do
		test_not grep -x "$name" used
	done
'

# ---- the README's program ---------------------------------------------------

sed -n '/^## As a library/,/^## What it is/p' "$srcdir/README.md" |
	sed -n '/^```c$/,/^```$/p' | grep -v '^```' |
	sed "s|/usr/share/notes|$PWD/share|" >notes.c
cat >>notes.c <<'END'

int main(int argc, char **argv)
{
	return argc == 2 ? bring_up(argv[1]) : 64;
}
END

mkdir share
schemastore -C share init -q
cat >share/schema.sql <<'END'
CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT);
END
schemastore -C share config schemastore.source schema.sql
schemastore -C share commit -q -m one
schemastore -C share upgrade -q "sqlite:$PWD/a.notes"
sqlite3 a.notes "INSERT INTO notes VALUES (1, 'milk')"
cat >share/schema.sql <<'END'
CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE INDEX notes_text ON notes (text);
END
schemastore -C share commit -q -m two --rename notes.body=text
rm -rf share/schema.sql share/.gitignore

use () {
	cp a.notes b.notes
	"./$1" "sqlite:$PWD/b.notes"
	sqlite3 b.notes "SELECT text FROM notes" >out
	echo milk >want
	test_cmp want out
	schemastore -C share status "sqlite:$PWD/b.notes" >out
	test_grep ": at the tip" out
	"./$1" "sqlite:$PWD/new.notes"
	test -f new.notes
	rm new.notes
	test_must_fail code=5 "./$1" "sqlite:$PWD/notes.c" 2>err
	test_grep "^notes: .* is not an SQLite database$" err
}

test_expect 'as C' '
	cc -std=c99 $flags -o notes notes.c \
		$(pkg-config --cflags --libs schemastore)
	use notes
'

test_expect 'as C++' '
	command -v c++ >/dev/null || test_skip "there is no c++"
	cp notes.c notes.cc
	c++ -std=c++11 $flags -o notes++ notes.cc \
		$(pkg-config --cflags --libs schemastore)
	use notes++
'

test_expect 'the example of schemastore(3)' '
	cat >page.c <<-\END
	static int ask(void *window, const char *text)
	{
		return !window || !text;
	}
	static int say(void *window, const char *text)
	{
		return window || text;
	}
	END
	sed -n "/^\.Sh EXAMPLES/,/^\.Sh SEE/p" "$srcdir/doc/schemastore.3" |
		sed -n "/^\.Bd/,/^\.Ed/p" | sed "/^\.[BE]d/d" >>page.c
	test_grep ss_upgrade page.c
	cc -std=c99 $flags $(pkg-config --cflags schemastore) -c page.c
	command -v c++ >/dev/null || test_skip "there is no c++"
	cp page.c page.cc
	c++ -std=c++11 $flags $(pkg-config --cflags schemastore) -c page.cc
'

test_expect 'every initializer is complete, in both' '
	cat >all.c <<-\END
	#include <schemastore.h>
	int main(void)
	{
		struct ss_open_options o = SS_OPEN_OPTIONS_INIT;
		struct ss_plan_options p = SS_PLAN_OPTIONS_INIT;
		struct ss_upgrade_options u = SS_UPGRADE_OPTIONS_INIT;
		return o.size + p.size + u.size == 0 || u.wait_ms != 5000;
	}
	END
	cp all.c all.cc
	cc -std=c99 $flags $(pkg-config --cflags schemastore) -o all all.c
	./all
	command -v c++ >/dev/null || test_skip "there is no c++"
	c++ -std=c++98 -Wno-long-long $flags \
		$(pkg-config --cflags schemastore) -o all++ all.cc
	./all++
'

test_done
