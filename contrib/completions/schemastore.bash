# Completion for bash.  Source it, or copy it to
# /usr/share/bash-completion/completions/schemastore.
#
# Commands and options are asked of the program itself, so that this file knows
# no list; versions and databases come from the project one stands in.

# _schemastore_dir WORD...: the folder that -C names, else this one
_schemastore_dir () {
	local i
	for ((i = 1; i + 1 < $#; i++))
	do
		if [[ ${!i} == -C || ${!i} == --directory ]]
		then
			i=$((i + 1))
			printf '%s\n' "${!i}"
			return
		fi
	done
	printf '.\n'
}

_schemastore_commands () {
	schemastore help 2>/dev/null | sed -n 's/^  \([-a-z]*\)  .*/\1/p'
	printf 'help\nversion\n'
}

# What --help lists: -x, --long, --long=VALUE
_schemastore_options () {
	schemastore "$1" --help 2>/dev/null |
		sed -n 's/^  \(-.*\)  .*/\1/p' |
		grep -o -e '-[-a-zA-Z]*'
}

_schemastore_versions () {
	schemastore branch -C "$1" 2>/dev/null | sed 's/^[* ] //'
	schemastore tag -C "$1" 2>/dev/null
	printf 'HEAD\n'
}

_schemastore_databases () {
	schemastore config -C "$1" --list 2>/dev/null |
		sed -n 's/^database\.\(.*\)\.url=.*/\1/p'
}

_schemastore_settings () {
	schemastore config -C "$1" --list 2>/dev/null | sed 's/=.*//'
}

# The words that a command's arguments may be.
_schemastore_arguments () {
	case $1 in
	upgrade|downgrade|baseline|diff|plan)
		_schemastore_databases "$2"
		_schemastore_versions "$2"
		;;
	status|drift|history|heads|inspect|init-db|inspectdb|parked|resume|\
	verify)
		_schemastore_databases "$2"
		;;
	show|log|blame|bisect|branch|checkout|tag|merge|revert|cherry-pick|squash|\
	approve|land)
		_schemastore_versions "$2"
		;;
	resolve)
		schemastore conflicts -C "$2" --json 2>/dev/null |
			sed -n 's/^ *"node": "[^ ]* \([^ "]*\)",*$/\1/p' | sort -u
		;;
	audit)
		printf 'export\nreport\n'
		_schemastore_databases "$2"
		;;
	trust)
		printf 'show\ninit\npropose\napprove\nland\n'
		;;
	witness)
		printf 'sign\n'
		;;
	key)
		printf 'list\nshow\nnew\n'
		;;
	ledger)
		printf 'init\nrestore\nclone\nnote\n'
		_schemastore_databases "$2"
		;;
	import)
		printf 'aerich\nsql\n'
		;;
	export)
		printf 'aerich\nsql\n'
		_schemastore_versions "$2"
		;;
	config)
		_schemastore_settings "$2"
		;;
	help)
		_schemastore_commands
		;;
	esac
}

_schemastore () {
	local word=${COMP_WORDS[COMP_CWORD]}
	local i command='' dir words
	for ((i = 1; i < COMP_CWORD; i++))
	do
		case ${COMP_WORDS[i]} in
		-C)
			i=$((i + 1))
			;;
		-*)
			;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	dir=$(_schemastore_dir "${COMP_WORDS[@]}")
	if [[ ${COMP_WORDS[COMP_CWORD - 1]} == -C ]]
	then
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
	elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == --db ]]
	then
		words=$(_schemastore_databases "$dir")
	elif [[ -z $command ]]
	then
		words=$(_schemastore_commands)
	elif [[ $word == -* ]]
	then
		words=$(_schemastore_options "$command")
	else
		words=$(_schemastore_arguments "$command" "$dir")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	case $command in
	audit|commit|diff|export|import|init|plan|verify)
		if [[ $word != -* ]]
		then
			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY \
				< <(compgen -f -- "$word")
		fi
		;;
	esac
}

complete -o filenames -F _schemastore schemastore
