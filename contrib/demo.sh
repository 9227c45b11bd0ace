#!/bin/sh
# The main job on a real SQLite file, in a folder that is thrown away: init,
# commit, change, review, upgrade, downgrade, history; then on PostgreSQL, where
# a server is installed.
#
#	PATH=$PWD/build:$PATH sh contrib/demo.sh
#
# Every command is printed before what it says.  A command that ends otherwise
# than expected ends the demo with 1.

unset SCHEMASTORE_DATE
SCHEMASTORE_AUTHOR_NAME=Ann
SCHEMASTORE_AUTHOR_EMAIL=ann@example.org
SCHEMASTORE_PAGER=
export SCHEMASTORE_AUTHOR_NAME SCHEMASTORE_AUTHOR_EMAIL SCHEMASTORE_PAGER

for program in schemastore sqlite3
do
	if ! command -v $program >/dev/null
	then
		echo "demo: there is no $program in PATH" >&2
		exit 1
	fi
done

contrib=$(cd "$(dirname "$0")" && pwd) || exit 1
folder=$(mktemp -d "${TMPDIR:-/tmp}/schemastore-demo.XXXXXX") || exit 1
trap 'cd / && rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Not with the key, or the settings, of who looks on.
HOME=$folder
SCHEMASTORE_KEY=$folder/key
export HOME SCHEMASTORE_KEY
schemastore key new -q "$SCHEMASTORE_KEY" >/dev/null || exit 1
cd "$folder" || exit 1

say () {
	printf '\n# %s\n' "$@"
}

# show COMMAND...: the line as it would be typed
show () {
	line=
	for word
	do
		case $word in
		*[!A-Za-z0-9_./:=@~-]*)
			word="\"$word\""
			;;
		esac
		line="$line $word"
	done
	printf '\n$%s\n' "$line"
}

# run [exit=N] COMMAND...
run () {
	expected=0
	case $1 in
	exit=*)
		expected=${1#exit=}
		shift
		;;
	esac
	show "$@"
	status=0
	"$@" 2>&1 </dev/null || status=$?
	if test $status -ne "$expected"
	then
		echo "demo: exit status $status, expected $expected" >&2
		exit 1
	fi
	if test $status -ne 0
	then
		echo "(exit status $status)"
	fi
}

# must EXPECTED COMMAND...: it prints just this
must () {
	expected=$1
	shift
	show "$@"
	output=$("$@" 2>&1 </dev/null)
	printf '%s\n' "$output"
	if test "$output" != "$expected"
	then
		echo "demo: expected '$expected'" >&2
		exit 1
	fi
}

say 'The schema is a file of plain SQL.'
cat >schema.sql <<'END'
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  mail TEXT NOT NULL UNIQUE
);
END
run cat schema.sql

say 'init: a store beside it.  commit: the first version.'
run schemastore init --database dev=sqlite:app.db
run schemastore commit -m 'Users'

say 'upgrade: the database is made, and has rows.'
run schemastore upgrade
run sqlite3 app.db "INSERT INTO users (mail) VALUES ('ann@example.org')"
run sqlite3 app.db "INSERT INTO users (mail) VALUES ('bob@example.org')"

say 'Change: a column gets a better name, a table and a check are new.'
cat >schema.sql <<'END'
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE CHECK (email LIKE '%@%')
);
CREATE TABLE posts (
  id INTEGER PRIMARY KEY,
  author INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title TEXT NOT NULL
);
CREATE INDEX posts_author ON posts (author);
END
run cat schema.sql
run schemastore status

say 'Review: what changes?'
run schemastore diff --rename users.mail=email

say 'Renamed, or dropped and added?  It does not guess.'
run exit=3 schemastore commit -m 'Posts; mail is called email'
run schemastore commit -m 'Posts; mail is called email' \
	--rename users.mail=email

say 'Review: with which SQL?  The script runs in sqlite3 as it stands.'
run schemastore plan @dev HEAD
run schemastore heads

say 'Upgrade: first on a copy, then for real.  The rows are kept.'
run schemastore upgrade --dry-run
run schemastore upgrade
must '1|ann@example.org
2|bob@example.org' sqlite3 app.db 'SELECT * FROM users ORDER BY id'
run sqlite3 app.db "INSERT INTO posts (author, title) VALUES (2, 'Hello')"

say 'Somebody changes the database behind our back: that is drift.'
run sqlite3 app.db 'CREATE INDEX by_hand ON posts (title)'
run exit=1 schemastore drift
run sqlite3 app.db 'DROP INDEX by_hand'
run schemastore drift

say 'Downgrade: what loses rows is refused until it is allowed.'
run exit=3 schemastore downgrade --yes
run schemastore downgrade --yes --allow-data-loss
must '1|ann@example.org
2|bob@example.org' sqlite3 app.db 'SELECT id, mail FROM users ORDER BY id'

say 'History: what was done to the database, and what was committed.'
run schemastore history
run schemastore log
run schemastore blame users

say 'The store is a git repository.'
run git --git-dir=.schemastore log --oneline --stat -1
run schemastore fsck

. "$contrib/demo-postgres.sh"

say 'That was all.  The folder is removed.'
