#!/bin/sh
# Signed versions: git and ssh-keygen verify what we make, we read what they
# would have made, and what they take beside it is refused.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-second.sh"

test_signs
command -v ssh-keygen >/dev/null || test_skip "there is no ssh-keygen"

export SCHEMASTORE_AUTHOR_NAME=Ann SCHEMASTORE_AUTHOR_EMAIL=ann@example.org
signers=$PWD/signers

schema () {
	echo "CREATE TABLE t ($1);" >schema.sql
}

store_git () {
	git --git-dir=.schemastore -c gpg.ssh.allowedSignersFile="$signers" "$@"
}

# trailer KEY: its value in the tip of main
trailer () {
	store_git log -1 --format="%(trailers:key=Schemastore-$1,valueonly)" \
		main | sed "/^$/d"
}

# allow FILE...: public keys that sign in Ann's name
allow () {
	cat "$@" | sed 's/^/ann@example.org namespaces="git" /' >"$signers"
}

# commit_with KEY SUBJECT: a version signed with it
commit_with () {
	SCHEMASTORE_KEY=$1 schemastore commit --no-input --allow-empty -q \
		-m "$2"
}

schemastore key new >/dev/null
schemastore key show --signers >"$signers"
own=$XDG_CONFIG_HOME/schemastore/key
schema a
schemastore init -q
schemastore commit -q -m one
schema a,b
schemastore commit -q -m two

# ---- with git ---------------------------------------------------------------

test_expect 'git verifies what we sign' '
	for id in main main~1 refs/schemastore/policy
	do
		store_git verify-commit $id 2>err
		test_grep "^Good \"git\" signature for ann@example.org" err
	done
	store_git log --format=%G? main >out
	printf "G\nG\nG\n" >want
	test_cmp want out
	store_git log --show-signature main >out
	test "$(grep -c "^Good" out)" = 3
	store_git fsck --strict
	schemastore fsck
'

test_expect 'so does ssh-keygen alone' '
	store_git cat-file commit main >raw
	sed -n "s/^gpgsig //p; s/^ //p" raw >sig
	sed "/^gpgsig /,/^ -----END/d" raw >payload
	ssh-keygen -Y verify -n git -f signers -I ann@example.org -s sig \
		<payload
	ssh-keygen -Y sign -n git -f "$own" <payload >made
	test_cmp made sig
'

test_expect 'git makes the same commit' '
	store_git cat-file commit main | sed "1,/^$/d" >message
	date=$(store_git log -1 --format=%ct main)
	GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.org \
		GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.org \
		GIT_AUTHOR_DATE="$date +0000" GIT_COMMITTER_DATE="$date +0000" \
		store_git -c gpg.format=ssh -c user.signingkey="$own" \
		commit-tree -S -p main~1 -F message "main^{tree}" >out
	store_git rev-parse main >want
	test_cmp want out
'

test_expect 'strong ids are those of sha256sum' '
	store_git cat-file commit main~1 >parent
	(
		printf "commit %d\0" "$(wc -c <parent)"
		cat parent
	) | sha256sum | cut -d " " -f 1 >want
	trailer Parent >out
	test_cmp want out
'

test_expect 'the tree is the one of a SHA-256 repository' '
	git init -q --bare --object-format=sha256 other.git
	store_git fast-export --signed-tags=strip main |
		git --git-dir=other.git fast-import --quiet
	git --git-dir=other.git rev-parse "main^{tree}" >want
	trailer Tree >out
	test_cmp want out
'

# ---- log --------------------------------------------------------------------

test_expect 'log shows signatures' '
	fingerprint=$(ssh-keygen -l -f "$own" | cut -d " " -f 2)
	schemastore log --show-signature >out
	test "$(grep -c "^Signature: good, ssh-ed25519 $fingerprint$" out)" = 2
	schemastore log --oneline --show-signature >out
	test "$(grep -c " \[good, ssh-ed25519 $fingerprint\]$" out)" = 2
	schemastore log --json --show-signature >out
	test "$(grep -c "\"is\": \"good\"" out)" = 2
	schemastore log >out
	test_not grep Signature out
	LD_DEBUG=files schemastore log >out 2>&1
	test_not grep libsodium out
'

test_expect 'a signature of something else is bad' '
	store_git cat-file commit main |
		sed "s/^two$/too/" >raw
	id=$(store_git hash-object -t commit -w raw)
	store_git update-ref refs/heads/bad "$id"
	test_must_fail code=1 schemastore log --show-signature bad >out
	test_grep "^Signature: bad, " out
	test_grep "^Signature: good, " out
	schemastore log bad
	store_git update-ref -d refs/heads/bad
'

# ---- without ----------------------------------------------------------------

test_expect 'without a key, and where it is not wanted, nothing is signed' '
	schemastore config schemastore.sign no
	schema a,b,c
	schemastore commit -q -m three
	schemastore config schemastore.sign yes
	mv "$own" hidden
	schema a,b,c,d
	test_must_fail code=3 schemastore commit -q -m four 2>err
	test_grep "schemastore.sign is yes" err
	schemastore config --unset schemastore.sign
	schemastore commit -q -m four
	mv hidden "$own"
	schema a,b,c,d,e
	schemastore commit -q -m five
	schemastore log --oneline --show-signature >out
	sed "s/^[0-9a-f]* //; s/, .*/]/; s/(.*main) //" out >words
	printf "%s\n" "five [good]" "four [none]" "three [none]" "two [good]" \
		"one [good]" >want
	test_cmp want words
	store_git cat-file commit main~1 >raw
	test_grep "^Schemastore-Format: 0$" raw
	test_not grep "^gpgsig" raw
	schemastore fsck
'

# ---- with all that makes versions -------------------------------------------

test_expect 'merges, picks and the way back are signed' '
	schemastore branch -q side
	schema a,b,c,d,e,f
	schemastore commit -q -m six
	schemastore checkout -q side
	schema a,b,c,d,e,x
	schemastore commit -q -m side
	schemastore checkout -q main
	schemastore merge -q side
	schemastore revert -q side
	schemastore log --show-signature -n 2 >out
	test "$(grep -c "^Signature: good" out)" = 2
	store_git verify-commit main main~1
	schema a,b,c,d,e,f
	schemastore status --check
'

# ---- other keys -------------------------------------------------------------

test_expect 'RSA and ECDSA' '
	cp "$signers" before
	ssh-keygen -q -t rsa -b 2048 -N "" -f rsa
	for bits in 256 384 521
	do
		ssh-keygen -q -t ecdsa -b $bits -N "" -f ec$bits
	done
	allow rsa.pub ec*.pub
	for name in rsa ec256 ec384 ec521 ec256 ec521
	do
		commit_with $name "with $name"
		store_git verify-commit main
		schemastore log -n 1 --show-signature >out
		test_grep "^Signature: good" out
	done
	schemastore log -n 1 --oneline --show-signature >out
	test_grep "good, ecdsa-sha2-nistp521 SHA256:" out
	cp before "$signers"
'

cat >with-agent.sh <<'END'
set -e
SSH_ASKPASS_REQUIRE=force SSH_ASKPASS=./askpass ssh-add -q locked
ssh-add -q rsa
for key in locked rsa.pub
do
	SCHEMASTORE_KEY=$key schemastore commit --no-input --allow-empty \
		-q -m "$key"
done
END
printf '#!/bin/sh\necho secret\n' >askpass
chmod +x askpass

test_expect 'a locked key, by an agent and by ssh-keygen' '
	ssh-keygen -q -t ed25519 -N secret -f locked
	cp "$signers" before
	allow locked.pub rsa.pub
	schemastore log --json >was
	test_must_fail code=3 commit_with locked locked
	schemastore log --json >is
	test_cmp was is
	ssh-agent sh with-agent.sh
	store_git verify-commit main main~1
	SSH_ASKPASS_REQUIRE=force SSH_ASKPASS=./askpass SCHEMASTORE_KEY=locked \
		schemastore commit --allow-empty -q -m asked
	store_git verify-commit main
	schemastore log -n 3 --show-signature >out
	test "$(grep -c "^Signature: good" out)" = 3
	cp before "$signers"
'

# ---- what git takes, and we do not ------------------------------------------

# Each makes another commit out of a signed one, without the key.
cat >forge.py <<'END'
import base64
import subprocess
import sys

HEAD = b"-----BEGIN SSH SIGNATURE-----\n"
TAIL = b"-----END SSH SIGNATURE-----\n"
GIT = ["git", "--git-dir=.schemastore"]
ORDER = 2**252 + 27742317777372353535851937790883648493


def armor(blob, columns=70):
    text = base64.b64encode(blob)
    lines = [text[i:i + columns] for i in range(0, len(text), columns)]
    return HEAD + b"\n".join(lines) + b"\n" + TAIL


def header(text, key=b"gpgsig"):
    return key + b" " + text.rstrip(b"\n").replace(b"\n", b"\n ") + b"\n"


raw = subprocess.check_output(GIT + ["cat-file", "commit", sys.argv[1]])
before, rest = raw.split(b"gpgsig ", 1)
sig, rest = rest.split(b" " + TAIL, 1)
old = header((sig + b" " + TAIL).replace(b"\n ", b"\n"))
blob = base64.b64decode(b"".join(sig.split(b"\n ")[1:]))
s = (int.from_bytes(blob[-32:], "little") + ORDER).to_bytes(32, "little")
author = before.index(b"author ")
message = rest[1:]

forged = {
    "body": before + b"\n" + old + message,
    "s-plus-l": before + header(armor(blob[:-32] + s)) + rest,
    "version": before + header(armor(blob[:9] + b"\0" + blob[10:])) + rest,
    "reserved": before + header(armor(blob[:68] + b"\0\0\0\1x" +
                                      blob[72:])) + rest,
    "wrapped": before + header(armor(blob, 76)) + rest,
    "behind": before + header(armor(blob) + b"anything\n") + rest,
    "sha256": before + b"gpgsig-sha256 anything\n" + old + rest,
    "prefix": before + b"gpgsigner Eve\n" + old + rest,
    "first": before[:author] + old + before[author:] + rest,
    "twice": before + old + old + rest,
    "blank": before + old + b" \n" + rest,
    "nul": before + old + rest + b"\0anything",
    "same": raw,
}
for name, text in forged.items():
    made = subprocess.run(GIT + ["hash-object", "-t", "commit", "-w",
                                 "--literally", "--stdin"], input=text,
                          check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(GIT + ["update-ref", "refs/heads/forged/" + name,
                          made.decode().strip()], check=True)
END

judge () {
	schemastore log -n 1 --show-signature "$1" >out 2>&1
}

test_expect 'forged commits' '
	command -v python3 >/dev/null || test_skip "there is no python3"
	schemastore commit --allow-empty -q -m target
	python3 forge.py main
	good=0
	for ref in $(store_git for-each-ref --format="%(refname:short)" \
		refs/heads/forged)
	do
		store_git verify-commit $ref 2>/dev/null && good=$((good + 1))
		test $ref != forged/same || continue
		status=0
		judge $ref || status=$?
		echo "$ref $status"
		case $ref in
		forged/s-plus-l)
			test $status = 1
			test_grep "^Signature: bad" out
			;;
		*)
			test $status = 6
			;;
		esac
	done
	test $good -ge 3
	schemastore log -n 1 --show-signature forged/same
	# Each alone: both verifiers refuse what git has taken for good.
	for id in $(store_git for-each-ref --format="%(objectname)" \
		refs/heads/forged)
	do
		mkdir -p alone
		cp -R .schemastore alone
		rm -rf alone/.schemastore/refs/heads
		rm -f alone/.schemastore/packed-refs
		mkdir alone/.schemastore/refs/heads
		echo $id >alone/.schemastore/refs/heads/main
		status=0
		command schemastore -C alone verify >out || status=$?
		same=$(store_git rev-parse forged/same)
		test $status != 0 -o $id = $same
		second $status alone/.schemastore
		rm -rf alone
	done
	for name in $(store_git for-each-ref --format="%(refname)" \
		refs/heads/forged)
	do
		store_git update-ref -d $name
	done
'

test_expect 'replaced objects and the repository'\''s configuration' '
	schemastore log --show-signature >want
	store_git update-ref "refs/replace/$(store_git rev-parse main)" main~2
	store_git config gpg.format ssh
	store_git config user.signingkey "$PWD/nowhere"
	store_git config gpg.ssh.program "$PWD/evil"
	printf "#!/bin/sh\n: >%s\n" "$PWD/ran" >evil
	chmod +x evil
	schemastore log --show-signature >out
	test_cmp want out
	schemastore commit --allow-empty -q -m last
	test ! -f ran
	schemastore log -n 1 --show-signature >out
	test_grep "^Signature: good" out
'

test_second

test_done
