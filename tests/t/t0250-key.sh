#!/bin/sh
# Keys: made, found, and what is said where one cannot be used.
. "${srcdir:?}/tests/t/lib.sh"

test_signs
command -v ssh-keygen >/dev/null || test_skip "there is no ssh-keygen"

own=$XDG_CONFIG_HOME/schemastore/key

# make_key NAME OPTION...: a key of ssh-keygen's
make_key () {
	name=$1
	shift
	ssh-keygen -q -C "$name@example.org" -f "$name" "$@"
}

fingerprint () {
	ssh-keygen -l -f "$1" | cut -d " " -f 2
}

make_key plain -t ed25519 -N ''
make_key other -t ed25519 -N ''
make_key locked -t ed25519 -N secret
make_key rsa -t rsa -b 2048 -N ''
make_key pem -t rsa -b 2048 -m PEM -N ''
make_key ecdsa -t ecdsa -b 521 -N ''

test_expect 'without a key there is none' '
	schemastore key >out
	test ! -s out
	test_must_fail code=1 schemastore key show 2>err
	test_grep "key new" err
'

test_expect 'a new key is one of OpenSSH'\''s' '
	git config --global user.email ann@example.org
	schemastore key new >out
	test "$(stat -c %a "$own")" = 600
	ssh-keygen -y -f "$own" >public
	test_cmp public "$own.pub"
	head -n 1 out >line
	test_cmp public line
	test_grep " ann@example.org$" public
	test_grep "^Made the key $(fingerprint "$own") in $own$" out
	schemastore key show >shown
	test_cmp public shown
	schemastore key list >out
	echo "* own         $(fingerprint "$own") ssh-ed25519 $own" >want
	test_cmp want out
'

test_expect 'and is never replaced' '
	cp "$own" before
	test_must_fail code=3 schemastore key new
	test_cmp before "$own"
	schemastore key new --comment "two words" sub/mine >out
	test_grep "user.signingkey .sub/mine.$" out
	test_grep " two words$" sub/mine.pub
	rm sub/mine
	test_must_fail code=3 schemastore key new sub/mine
	test ! -f sub/mine
	test_must_fail code=2 schemastore key new --comment "a
b" sub/lines
	test ! -f sub/lines.pub
'

test_expect 'allowed signers' '
	schemastore key show --signers >out
	echo "ann@example.org namespaces=\"git\" $(cut -d " " -f 1,2 \
		"$own.pub")" >want
	test_cmp want out
	export SCHEMASTORE_AUTHOR_EMAIL="*@example.org"
	test_must_fail code=2 schemastore key show --signers
'

new_with_fault () {
	SS_FAULT=$1 schemastore key new made/key
}

test_expect 'a key that was interrupted is whole or is none' '
	for how in fail crash
	do
		n=0
		status=1
		while test $status -ne 0
		do
			n=$((n + 1))
			test $n -lt 20
			rm -rf made
			status=0
			new_with_fault "*:$n:$how" || status=$?
			test "$status" != 98
			if test -f made/key
			then
				ssh-keygen -y -f made/key
				SCHEMASTORE_KEY=made/key schemastore key show
			else
				schemastore key new made/key
			fi
			find made -name "*key*" -perm /077 \
				-not -name "*.pub*" >open
			test ! -s open
		done
	done
'

# ---- where they are ----------------------------------------------------------

test_expect 'who signs with which kind' '
	while read -r name kind who
	do
		for file in $name $name.pub
		do
			SCHEMASTORE_KEY=$file schemastore key list >out
			echo "* environment $(fingerprint $name) $kind" \
				"$name${who:+ $who}" >want
			head -n 1 out >first
			test_cmp want first
		done
	done <<-END
	plain ssh-ed25519
	locked ssh-ed25519 (ssh-keygen signs)
	rsa ssh-rsa (ssh-keygen signs)
	pem ssh-rsa (ssh-keygen signs)
	ecdsa ecdsa-sha2-nistp521 (ssh-keygen signs)
	END
'

test_expect 'one that is named comes first' '
	SCHEMASTORE_KEY=plain schemastore key show >out
	test_cmp plain.pub out
	git config --global user.signingkey "~/other.pub"
	schemastore key show >out
	test_cmp "$own.pub" out
	git config --global gpg.format ssh
	cp other other.pub "$HOME"
	schemastore key show >out
	test_cmp other.pub out
	SCHEMASTORE_KEY=plain schemastore key list >out
	cut -c 1-13 out >places
	printf "%s\n" "* environment" "  git        " "  own        " >want
	test_cmp want places
'

test_expect 'what is wrong with one that is named is said' '
	rm "$HOME/other"
	schemastore key list >out
	test_grep "^! git  *nobody has the secret of the signing key" out
	test_grep "^  own" out
	test_must_fail code=3 schemastore key show 2>err
	test_grep "ssh-add it" err
	rm "$HOME/other.pub"
	test_must_fail code=3 schemastore key show 2>err
	test_grep "there is no signing key .*/other" err
	test_grep "schemastore.sign no" err
	git config --global --unset user.signingkey
	cp plain.pub mixed.pub
	cp rsa mixed
	for name in mixed mixed.pub
	do
		SCHEMASTORE_KEY=$name schemastore key show >out 2>&1 || true
		cat out
	done
	test_grep "not of one key" out
'

test_expect 'files that hold no key' '
	: >empty
	echo "ssh-dss AAAAB3NzaC1kc3M= me" >dsa.pub
	head -c 100000 /dev/zero >big
	head -n 3 plain >cut
	mkfifo fifo
	for name in empty dsa.pub big cut fifo .
	do
		test_must_fail env SCHEMASTORE_KEY=$name schemastore key show
		SCHEMASTORE_KEY=$name schemastore key >out
		test_grep "^! environment the key .$name.: " out
	done
	printf "plain-key::\033[31m" >esc
	SCHEMASTORE_KEY=esc schemastore key >out
	test_not grep "$(printf "\033")" out
'

test_expect 'sign says whether to' '
	schemastore config schemastore.sign no
	schemastore key list >out
	test_grep "^  own" out
	test_must_fail code=1 schemastore key show
	schemastore config schemastore.sign yes
	schemastore key show
	mv "$own" hidden
	test_must_fail code=3 schemastore key show 2>err
	test_grep "schemastore.sign is yes" err
	mv hidden "$own"
	schemastore config schemastore.sign maybe
	test_must_fail code=2 schemastore key show 2>err
	test_grep "it is yes or no" err
	schemastore config --unset schemastore.sign
'

test_expect 'a key that others can read is warned of' '
	chmod 644 "$own"
	schemastore key show 2>err
	test_grep "others can read the signing key" err
	chmod 600 "$own"
	schemastore key show 2>err
	test ! -s err
'

# ---- an agent ----------------------------------------------------------------

cat >with-agent.sh <<'END'
set -e
schemastore key list >empty
for name in ecdsa locked other
do
	SSH_ASKPASS_REQUIRE=force SSH_ASKPASS=./askpass ssh-add -q $name
done
schemastore key list >full
mv "$own" hidden
schemastore key show >first
schemastore key list --json >json
mv hidden "$own"
SCHEMASTORE_KEY="key::$(cat ecdsa.pub)" schemastore key show >line
SCHEMASTORE_KEY=$(cat ecdsa.pub) schemastore key show >bare
SCHEMASTORE_KEY=locked schemastore key list >named
mv locked hidden
SCHEMASTORE_KEY=locked.pub schemastore key list >public
mv hidden locked
SCHEMASTORE_KEY="key::$(cat plain.pub)" schemastore key show 2>err || true
END
printf '#!/bin/sh\necho secret\n' >askpass
chmod +x askpass

test_expect 'an agent'\''s keys' '
	command -v ssh-agent >/dev/null || test_skip "there is no ssh-agent"
	own=$own ssh-agent sh with-agent.sh
	test "$(wc -l <empty)" = 1
	test_grep "^\* own" full
	test_grep "^  agent  *$(fingerprint ecdsa) .* (ssh-agent signs)" full
	test_cmp locked.pub first
	test "$(grep -c "\"chosen\": true" json)" = 1
	test "$(grep -c "\"signs\": \"ssh-agent\"" json)" = 3
	test_cmp ecdsa.pub line
	test_cmp ecdsa.pub bare
	test_grep "^\* environment .* locked (ssh-agent signs)" named
	test_grep "^\* environment .* locked.pub (ssh-agent signs)" public
	test_grep "ssh-agent does not have" err
'

test_expect 'an agent that is gone is none' '
	SSH_AUTH_SOCK=gone schemastore key list >out
	test "$(wc -l <out)" = 1
'

# ---- other words -------------------------------------------------------------

test_expect 'words that are no commands' '
	test_must_fail code=2 schemastore key old
	test_must_fail code=2 schemastore key list all
	test_must_fail code=2 schemastore key show all
'

test_expect 'who does not sign does not load libsodium' '
	LD_DEBUG=files schemastore key show >out 2>&1
	test_grep "libsodium" out
	LD_DEBUG=files schemastore config --list >out 2>&1
	test_not grep "libsodium" out
'

test_done
