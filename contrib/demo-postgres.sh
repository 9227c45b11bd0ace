#!/bin/sh
# The main job on a PostgreSQL server that is started for it and thrown away;
# sourced by demo.sh, whose say, run and must it uses.

demo_bin=
for demo_dir in "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin
do
	if test -x "$demo_dir/initdb"
	then
		demo_bin=$demo_dir
	fi
done
if test -z "$demo_bin" || ! command -v psql >/dev/null
then
	say 'PostgreSQL: no server is installed here, so it is not shown.' \
		'(apt-get install postgresql)'
	return 0
fi
if ! schemastore plan --engine postgres - - >/dev/null 2>&1
then
	say 'PostgreSQL: this build is without it (libpq-dev was not there).'
	return 0
fi

# Root cannot run a server.
demo_as () {
	if test "$(id -u)" -eq 0
	then
		setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
	else
		"$@"
	fi
}

demo_pg=$(mktemp -d /tmp/schemastore-demo-pg.XXXXXX) || exit 1
if test "$(id -u)" -eq 0
then
	chown postgres "$demo_pg"
fi
demo_pid=
demo_stop () {
	if test -n "$demo_pid"
	then
		kill -QUIT "$demo_pid"
		wait "$demo_pid" 2>/dev/null
	fi
	rm -rf "$demo_pg"
	cd / && rm -rf "$folder"
}
trap demo_stop EXIT
(
	cd / && demo_as "$demo_bin/initdb" -D "$demo_pg/data" -U demo \
		-A trust -E UTF8 --locale=C -N
) >"$folder/initdb.log" 2>&1 || {
	cat "$folder/initdb.log" >&2
	exit 1
}
(
	cd /
	set -- "$demo_bin/postgres" -D "$demo_pg/data" -k "$demo_pg" \
		-c listen_addresses= -c fsync=off \
		-c unix_socket_permissions=0777
	if test "$(id -u)" -eq 0
	then
		exec setpriv --reuid=postgres --regid=postgres \
			--clear-groups "$@"
	fi
	exec "$@"
) >"$folder/server.log" 2>&1 </dev/null &
demo_pid=$!
chmod 711 "$demo_pg"
PGHOST=$demo_pg
PGUSER=demo
SCHEMASTORE_SCRATCH="postgres:///postgres?host=$demo_pg"
export PGHOST PGUSER SCHEMASTORE_SCRATCH
demo_tries=0
until psql -Xqc 'CREATE DATABASE app' postgres >/dev/null 2>&1
do
	demo_tries=$((demo_tries + 1))
	if test $demo_tries -gt 200
	then
		cat "$folder/server.log" >&2
		exit 1
	fi
	sleep 0.05
done

say 'The same on PostgreSQL, on a server that is started for it.'
mkdir "$demo_pg/project" && cd "$demo_pg/project" || exit 1
cat >schema.sql <<'END'
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  mail varchar(40) NOT NULL UNIQUE,
  mood mood NOT NULL DEFAULT 'ok'
);
CREATE VIEW mails AS SELECT mail, mood FROM users;
END
run cat schema.sql
run schemastore init --engine postgres --database dev=postgres:///app
run schemastore commit -m 'Users'
run schemastore upgrade
run psql -Xqc "INSERT INTO users (mail) VALUES ('ann@example.org')" app

say 'A type loses a value, a column its limit; a view is in the way of both.'
cat >schema.sql <<'END'
CREATE TYPE mood AS ENUM ('ok', 'happy');
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  mail text NOT NULL UNIQUE,
  mood mood NOT NULL DEFAULT 'ok'
);
CREATE INDEX users_mail_lower ON users (lower(mail));
CREATE VIEW mails AS SELECT mail, mood FROM users;
END
run schemastore diff
run schemastore commit -m 'Happier users'
run schemastore plan @dev HEAD
run schemastore upgrade
must 'ann@example.org|ok' psql -XAtqc 'TABLE mails' app
run schemastore downgrade --yes

say 'In steps that hold up nobody: a new key meets rows that break it.'
cat >schema.sql <<'END'
CREATE TYPE mood AS ENUM ('ok', 'happy');
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  mail text NOT NULL UNIQUE,
  mood mood NOT NULL DEFAULT 'ok',
  seen date
);
CREATE UNIQUE INDEX users_mail_lower ON users (lower(mail));
CREATE VIEW mails AS SELECT mail, mood FROM users;
END
run schemastore upgrade
run schemastore commit -m 'One user a mail'
run psql -Xqc "INSERT INTO users (mail) VALUES ('Ann@Example.org')" app
run schemastore plan --online @dev HEAD
run exit=5 schemastore upgrade --online
run schemastore status
run psql -Xqc "DELETE FROM users WHERE mail = 'Ann@Example.org'" app
run schemastore resume
run schemastore history
