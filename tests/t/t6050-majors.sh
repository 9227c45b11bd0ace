#!/bin/sh
# PostgreSQL's majors.  One server is there; SS_MAJOR makes schemastore believe
# that it, or the databases whose names begin so, are of another one.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

mkdir probe
if (cd probe && SS_FAULT='*:1:fail' schemastore init -q) 2>/dev/null
then
	test_skip 'built without --enable-faults'
fi

pg_start

real=$(pg postgres -c "SHOW server_version_num")
real=${real%????}
older=$((real - 1))
newer=$((real + 1))
if test "$older" -lt 13 || test "$newer" -gt 18
then
	test_skip "PostgreSQL $real has no neighbours that are known"
fi
# A new database of 14 lets everybody make things in public.
pg_new_old () {
	pg_new "$1"
	pg "$1" -c "GRANT CREATE ON SCHEMA public TO PUBLIC"
	schemastore config "database.$1.url" "$url"
}

nowhere="postgres://x@/x?host=/nonexistent"

# What 14 does not know, and so is read otherwise, is in it.
cat >one.sql <<'END'
CREATE TABLE users (id serial PRIMARY KEY, mail text NOT NULL,
  s varchar(10) CHECK (s IN ('a', 'b')));
CREATE UNIQUE INDEX users_mail ON users (mail) NULLS NOT DISTINCT;
CREATE VIEW mails AS SELECT id, mail FROM users;
END
cat >two.sql <<'END'
CREATE TABLE users (id serial PRIMARY KEY, mail text NOT NULL, age integer,
  s varchar(10) CHECK (s IN ('a', 'b')));
CREATE UNIQUE INDEX users_mail ON users (mail) NULLS NOT DISTINCT;
CREATE VIEW mails AS SELECT id, mail FROM users;
END

test_expect 'a version says which major it was read with' '
	pg_new app
	cp one.sql schema.sql
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
	git --git-dir=.schemastore show main:schema/postgres/engine >out
	printf "engine postgres\nversion postgresql %s\ntext-form 1\n" \
		"$real" >want
	test_cmp want out
'

test_expect 'between stored versions no server is asked' '
	cp two.sql schema.sql
	schemastore commit -q -m two
	SCHEMASTORE_SCRATCH=$nowhere schemastore plan HEAD~1 HEAD >out
	test_grep "ADD COLUMN age" out
	test_not grep "not proven" out
'

test_expect 'the same major: nothing is translated' '
	schemastore upgrade -q --yes
	schemastore drift
	test_not git --git-dir=.schemastore rev-parse -q --verify \
		refs/schemastore/majors
'

test_expect 'a scratch of another major is refused, and both are named' '
	test_must_fail code=3 env SS_MAJOR="app:$older" schemastore drift 2>err
	test_grep "made on PostgreSQL $real, .* is of PostgreSQL $older\$" err
	test_grep "^hint: name a scratch server of major $older: " err
	test_grep "install postgresql-$older\$" err
	test_must_fail code=3 env SS_MAJOR="app:$older" schemastore downgrade \
		--yes --allow-data-loss 2>err
	test_grep "is of PostgreSQL $older\$" err
	test_must_fail code=3 env SS_MAJOR="app:$older" schemastore plan dev \
		one.sql 2>err
	test_grep "is of PostgreSQL $older\$" err
	schemastore drift
'

test_expect 'and so is a private cluster, where that is not installed' '
	test_must_fail code=3 env -u SCHEMASTORE_SCRATCH \
		SCHEMASTORE_PGBIN="$pg_bin" SS_MAJOR="app:$older" \
		schemastore drift 2>err
	test_grep "made on PostgreSQL $real, .* is of PostgreSQL $older\$" err
	test_grep "install postgresql-$older\$" err
'

test_expect 'a database of another major: the version is translated' '
	pg_new_old old
	SS_MAJOR=$older
	export SS_MAJOR
	schemastore upgrade -q --yes old HEAD~1
	schemastore drift old
	pg old -c "INSERT INTO users (mail) VALUES (\$\$a@b\$\$)"
	schemastore upgrade -q --yes old
	schemastore drift old
	schemastore downgrade -q --yes --allow-data-loss old
	schemastore upgrade -q --yes old
	pg old -c "SELECT mail, age FROM users" >out
	echo "a@b|" >want
	test_cmp want out
	schemastore fsck -q
'

test_expect 'its digest is another one there, and the receipt has both' '
	git --git-dir=.schemastore log -1 --format=%B \
		refs/schemastore/ledger/old >entry
	to=$(sed -n "s/^Schemastore-To: [0-9a-f]* //p" entry)
	observed=$(sed -n "s/^Schemastore-Observed: //p" entry)
	test "$to" != "$observed"
	git --git-dir=.schemastore log -1 --format=%B main >version
	test_grep "^Schemastore-State: postgres $to\$" version
	git --git-dir=.schemastore show \
		"refs/schemastore/majors:postgresql-$older" >pairs
	test_grep "^$to $observed\$" pairs
	test "$(wc -l <pairs)" -eq 2
	LC_ALL=C sort -c pairs
'

test_expect 'what is remembered needs no scratch' '
	SS_MAJOR=$older
	SCHEMASTORE_SCRATCH=$nowhere
	export SS_MAJOR
	schemastore drift old
	git --git-dir=.schemastore fsck --strict
	schemastore gc -q
	schemastore fsck -q
	schemastore drift old
'

test_expect 'what drifted is found there, and nothing else' '
	SS_MAJOR=$older
	export SS_MAJOR
	pg old -c "ALTER TABLE users ADD COLUMN extra integer"
	test_must_fail code=1 schemastore drift old >out
	test_grep "+ column extra" out
	test_not grep users_mail out
	test_must_fail code=3 schemastore downgrade --yes --allow-data-loss \
		old 2>err
	test_grep "is not that of the version" err
	pg old -c "ALTER TABLE users DROP COLUMN extra"
	schemastore drift old
'

test_expect 'verify believes nothing that was remembered' '
	SS_MAJOR=$older
	export SS_MAJOR
	schemastore verify old
	cp -R .schemastore kept
	schemastore drift old
	pg old -c "ALTER TABLE users ADD COLUMN extra integer"
	mkdir other
	cp -R .schemastore schemastore.conf other
	sed "s/age integer/&, extra integer/" two.sql >other/schema.sql
	schemastore commit -C other -q -m extra
	live=$(git --git-dir=other/.schemastore log -1 --format=%B main |
		sed -n "s/^Schemastore-State: postgres //p")
	to=$(git --git-dir=.schemastore log -1 --format=%B main |
		sed -n "s/^Schemastore-State: postgres //p")
	sed "s/^$to .*/$to $live/" pairs >forged
	blob=$(git --git-dir=.schemastore hash-object -w forged)
	tree=$(printf "100644 blob %s\tpostgresql-%s\n" $blob $older |
		git --git-dir=.schemastore mktree)
	git --git-dir=.schemastore update-ref refs/schemastore/majors $tree
	schemastore drift old
	test_must_fail code=1 schemastore verify old >out
	test_grep "^drift old: " out
	pg old -c "ALTER TABLE users DROP COLUMN extra"
	rm -rf .schemastore
	mv kept .schemastore
	schemastore verify old
'

test_expect 'diff and plan take a version to the major of a database' '
	SS_MAJOR=$older
	export SS_MAJOR
	schemastore diff --exit-code HEAD old
	schemastore plan old HEAD~1 >out
	test_grep "DROP COLUMN age" out
	test_not grep users_mail out
	schemastore plan --prove old HEAD~1 >out
	test_not grep "not proven" out
'

test_expect 'baseline translates, too' '
	SS_MAJOR=$older
	export SS_MAJOR
	pg_new_old adopted
	pg adopted -f two.sql
	pg adopted -c "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
	schemastore baseline -q adopted main
	schemastore drift adopted
	git --git-dir=.schemastore log -1 --format=%B \
		refs/schemastore/ledger/adopted >entry
	to=$(sed -n "s/^Schemastore-To: [0-9a-f]* //p" entry)
	observed=$(sed -n "s/^Schemastore-Observed: //p" entry)
	test_grep "^$to $observed\$" pairs
'

test_expect 'each major has its own' '
	pg_new late
	schemastore config database.late.url "$url"
	SS_MAJOR=$newer schemastore upgrade -q --yes late
	SS_MAJOR=$newer schemastore drift late
	git --git-dir=.schemastore show \
		"refs/schemastore/majors:postgresql-$newer" >out
	test "$(wc -l <out)" -eq 1
	git --git-dir=.schemastore show \
		"refs/schemastore/majors:postgresql-$older" >out
	test_cmp pairs out
'

test_expect 'a proof for one major is none for another' '
	pg_new proof
	schemastore config database.proof.url "$url"
	schemastore upgrade -q --yes proof HEAD~1
	SCHEMASTORE_SCRATCH=$nowhere schemastore upgrade -q --yes proof
	SCHEMASTORE_SCRATCH=$nowhere schemastore downgrade -q --yes \
		--allow-data-loss proof
	test_must_fail code=5 env SS_MAJOR="$newer" \
		SCHEMASTORE_SCRATCH="$nowhere" schemastore upgrade --yes proof
	SS_MAJOR=$newer schemastore upgrade -q --yes proof
'

test_expect 'the next version may be read with another major' '
	cp schema.sql three.sql
	echo "CREATE TABLE more (a integer);" >>three.sql
	echo "-- none" >>schema.sql
	SS_MAJOR=$newer schemastore status >out
	test_grep "source: as committed" out
	test_must_fail code=1 env SS_MAJOR="$newer" schemastore commit \
		-m nothing >out
	test_grep "nothing to commit" out
	cp three.sql schema.sql
	SS_MAJOR=$newer schemastore commit -q -m three
	git --git-dir=.schemastore show main:schema/postgres/engine >out
	test_grep "^version postgresql $newer\$" out
	git --git-dir=.schemastore show main:edge/0/postgres.up.sql >out
	test_grep "CREATE TABLE public.more" out
	test_not grep users out
	schemastore upgrade -q --yes dev
	schemastore drift dev
	SCHEMASTORE_SCRATCH=$nowhere schemastore plan HEAD~1 HEAD >out 2>err
	test_grep "CREATE TABLE public.more" out
	test_grep "^note: .HEAD~1. is of postgresql $real" err
'

test_expect 'a store that is only read is not written to' '
	cp -r .schemastore before
	schemastore config database.late.mirror none
	SS_MAJOR=$((newer + 1)) schemastore drift late
	diff -r before/refs .schemastore/refs
'

test_expect 'too old is refused by name' '
	test_must_fail code=3 env SS_MAJOR=12 schemastore drift dev 2>err
	test_grep "server is PostgreSQL 12, and the oldest .* is 13\$" err
	test_grep "^hint: " err
	test_must_fail code=3 env SS_MAJOR=ss_:12 schemastore plan --engine \
		postgres one.sql two.sql 2>err
	test_grep "PostgreSQL 12" err
'

test_expect 'newer than all that are known: used, and said once' '
	pg_new next
	schemastore config database.next.url "$url"
	SS_MAJOR=19 schemastore upgrade --yes next 2>err >out
	grep "PostgreSQL 19" err >out
	echo "note: the server is PostgreSQL 19, and the newest that is known" \
		"here is 18: what is new in it is not seen" >want
	test_cmp want out
	SS_MAJOR=19 schemastore drift next 2>err
	test_grep "PostgreSQL 19" err
	schemastore drift dev 2>err
	test ! -s err
'

# A folder whose name says so is taken for one of that major.
test_expect 'of several that are installed the one that fits is taken' '
	SCHEMASTORE_SCRATCH_DIR=$pg_dir/x
	SCHEMASTORE_SCRATCH_IDLE=1
	bins=
	for major in $newer $older $real
	do
		mkdir -p "$pg_dir/x/pgsql-$major/bin"
		ln -s "$pg_bin"/* "$pg_dir/x/pgsql-$major/bin"
		bins=${bins:+$bins:}$pg_dir/x/pgsql-$major/bin
	done
	SCHEMASTORE_PGBIN=$bins
	unset SCHEMASTORE_SCRATCH
	export SCHEMASTORE_SCRATCH_DIR SCHEMASTORE_SCRATCH_IDLE
	export SCHEMASTORE_PGBIN
	SS_MAJOR=$older schemastore plan --prove old HEAD~1 >out
	ls "$pg_dir"/x/schemastore-*/ >out
	test_grep "^pg$older-" out
	test_not grep "^pg$real-" out
	test_not grep "^pg$newer-" out
	schemastore diff dev one.sql >out
	echo "GRANT SELECT ON mails TO ss_nobody;" >>schema.sql
	SS_MAJOR=$newer schemastore commit -q -m grant
	schemastore plan --prove dev HEAD >out
	test_not grep "not proven" out
	ls "$pg_dir"/x/schemastore-*/ >out
	test_grep "^pg$real-" out
	for pid in "$pg_dir"/x/schemastore-*/pg*/run/data/postmaster.pid
	do
		kill -QUIT "$(head -n 1 "$pid")"
	done
'

test_done
