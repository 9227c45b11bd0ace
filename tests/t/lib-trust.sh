# Persons with keys of their own, for tests of who may do what; behind lib.sh.

command -v ssh-keygen >/dev/null || test_skip "there is no ssh-keygen"

test_signs
keys=$PWD

# as PERSON COMMAND...
as () {
	who=$1
	shift
	SCHEMASTORE_KEY=$keys/$who SCHEMASTORE_AUTHOR_NAME=$who \
		SCHEMASTORE_AUTHOR_EMAIL=$who@example.org schemastore "$@"
}

# refused_as PERSON COMMAND...
refused_as () {
	test_must_fail code=3 as "$@" >out 2>err
}

schema () {
	echo "CREATE TABLE t ($1);" >schema.sql
}

public () {
	cut -d " " -f 1,2 "$keys/$1.pub"
}

store_git () {
	git --git-dir=.schemastore "$@"
}

# version PERSON COLUMNS SUBJECT
version () {
	schema "$2"
	as "$1" commit -q -m "$3"
}

for person in ann bob carol dan ci eve
do
	ssh-keygen -q -t ed25519 -N "" -C $person -f $person
done
