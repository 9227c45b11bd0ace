# Sourced behind lib.sh: whatever `schemastore verify` says of a store or a
# bundle the second verifier must say as well: ok, tampered or incomplete.  They
# are kept, and looked at at the end, by
#
#	test_second
#
# It has seen nothing before, takes the databases' rows from a bundle, where
# that can be written, and knows no options: what the first one says then is
# asked where it may be something else.

second_cases=$test_root/second
mkdir -p "$second_cases"
: >"$second_cases/list"

# second STATUS PATH [ID]
second () {
	second_n=$(wc -l <"$second_cases/list")
	cp -R "$2" "$second_cases/$second_n"
	echo "$1 $second_cases/$second_n $3" >>"$second_cases/list"
}

schemastore () {
	first_status=0
	command schemastore "$@" || first_status=$?
	case "$1 $first_status" in
	"verify 0"|"verify 1"|"verify 6")
		second_verify "$@"
		;;
	esac
	return $first_status
}

# second_again [OPTION...]: what the first one says that has seen nothing
second_again () {
	second_status=0
	(
		unset SCHEMASTORE_DATE
		XDG_STATE_HOME=$second_cases/state
		XDG_CACHE_HOME=$second_cases/cache
		export XDG_STATE_HOME XDG_CACHE_HOME
		unseen
		exec env schemastore verify -q "$@" >/dev/null 2>&1
	) || second_status=$?
}

second_verify () {
	second_id=
	second_of=.schemastore
	second_db=
	second_odd=$SCHEMASTORE_DATE
	shift
	while test $# -gt 0
	do
		case $1 in
		--trust)
			shift
			second_id=$1
			;;
		--bundle)
			shift
			second_of=$1
			;;
		--witnesses|--max-age|--forget)
			shift
			second_odd=yes
			;;
		--signed|--replay)
			test $first_status = 0 || second_odd=yes
			;;
		--all|[a-z]*)
			second_db="$second_db $1"
			;;
		esac
		shift
	done
	if test -n "$second_db"
	then
		second_of=$test_root/bundle
		rm -f "$second_of"
		command schemastore audit export -q "$second_of" $second_db \
			2>/dev/null || return 0
	fi
	second_status=$first_status
	set -- ${second_id:+--trust $second_id}
	test "$second_of" = .schemastore || set -- "$@" --bundle "$second_of"
	case $first_status$second_odd$second_db in
	0)
		;;
	*)
		second_again "$@"
		;;
	esac
	second $second_status "$second_of" $second_id
}

test_second () {
	test_expect 'the second verifier says the same' '
		python3 -B "$srcdir/tests/t/second.py" "$second_cases/list"
	'
}
