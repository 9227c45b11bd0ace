# A project with a policy, two databases, two checkpoints and a witness, in p/,
# for tests of what is put back; and who lies about it.  Sourced behind lib.sh.
#
#	ann, bob	authors and approvers; main is protected
#	ci		changes databases
#	wit		is the witness
#	eve		is nobody

. "$srcdir/tests/t/lib-trust.sh"

command -v python3 >/dev/null || test_skip "there is no python3"

state=$XDG_STATE_HOME/schemastore

lie () {
	python3 -S -B "$srcdir/tests/t/witnesses.py" "$@"
}

# keep NAME; put_back NAME [FILE...]
keep () {
	rm -rf "../$1"
	mkdir "../$1"
	cp -R .schemastore *.db "../$1"
}

put_back () {
	from=../$1
	shift
	test $# -gt 0 || set -- .schemastore app.db other.db
	for file
	do
		rm -rf "$file"
		cp -R "$from/$file" .
	done
}

# As it was, and nobody has seen it.
afresh () {
	put_back good
	rm -rf "$state"
}

# found STATUS RULE OBJECT [OPTION...]: verify says so
found () {
	status=$1
	rule=$2
	object=$3
	shift 3
	test_must_fail code="$status" schemastore verify "$@" >out
	test_grep "^$rule $object: " out
}

# Verify after so many days.
later () {
	days=$1
	shift
	SCHEMASTORE_DATE=$(($(date +%s) + days * 86400)) schemastore "$@"
}

ssh-keygen -q -t ed25519 -N "" -C wit -f wit
mkdir p
cd p || exit 1
echo "CREATE TABLE t (a);" >schema.sql
as ann init -q --database dev=sqlite:app.db
as ann config database.other.url sqlite:other.db
version ann a one
as ann trust init -q
as ann trust propose -q --add "person bob Bob bob@example.org" \
	--add "key bob $(public bob)" --add "person ci Robot ci@example.org" \
	--add "key ci $(public ci)" --add "person wit Wit wit@example.org" \
	--add "key wit $(public wit)" --add "approver ann bob" \
	--add "deployer ci" --add "witness wit" \
	--add "protect refs/heads/main approve 1"
as ann trust land -q
as ci upgrade -q dev
as ci upgrade -q other
as ann checkpoint -q
as wit witness sign -q
keep early
as ann checkout -q -b topic
version ann a,b two
as bob approve -q
as ann land -q
as ci upgrade -q dev main
as ci upgrade -q other main
as ci checkpoint -q
as wit witness sign -q
as ci downgrade -q --yes other main~1
as ci upgrade -q other main
keep good
