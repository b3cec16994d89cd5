# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of xenvigil(1) for bash.  Takes commands and options from its
# help, and domains and incidents from the daemon, if this user may ask it.
_xenvigil()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local program=${COMP_WORDS[0]} commands command='' i choices=''

	commands=$("$program" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
	case $before in
	--socket)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return ;;
	-o|--output)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return ;;
	--until)
		mapfile -t COMPREPLY < <(compgen -W 'running down held handled kept gone' -- "$word")
		return ;;
	--way)
		mapfile -t COMPREPLY < <(compgen -W 'adopt divert service' -- "$word")
		return ;;
	--root)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return ;;
	--sort)
		mapfile -t COMPREPLY < <(compgen -W 'domid name state cpu memory left' -- "$word")
		return ;;
	-s|--since|-n|--limit|-d|--delay|--timeout)
		return ;;
	-f|--format)
		mapfile -t COMPREPLY < <(compgen -W 'html json text' -- "$word")
		return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ $'\n'$commands$'\n' != *$'\n'${COMP_WORDS[i]}$'\n'* ]] ||
			command=${COMP_WORDS[i]}
	done
	if [[ $word == -* ]]; then
		# shellcheck disable=SC2086 # no command: all options
		choices=$("$program" --help $command 2>/dev/null | grep -oE -- '(^|[ ,])--?[a-z-]+' | tr -d ' ,')
	elif [ -z "$command" ]; then
		choices=$commands
	elif [[ $command == help ]]; then
		choices=$commands
	elif [[ $command == module ]]; then
		choices='status build install restore verify'
	elif [[ $command == @(policy|wait|capture|hold|release|retry|adopt|disown) ]]; then
		choices=$("$program" status 2>/dev/null |
			awk -v open="$command" '
				$1 ~ /^[0-9]+$/ && $2 ~ /^[A-Za-z0-9._+-]+$/ { print $2 }
				open ~ /^re/ && /^incident [0-9]+: / { print $2 + 0 }')
	elif [[ $command == @(info|dump|debug|report) ]]; then
		choices=$("$program" list 2>/dev/null | sed -n 's/^\([0-9][0-9]*\)  .*/\1/p')
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}
complete -F _xenvigil xenvigil
