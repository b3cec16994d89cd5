# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of xlv(1) for bash: our own options, and then as xl's has it: the
# commands out of xl's help, and files.
_xlv()
{
	local word=${COMP_WORDS[COMP_CWORD]} i before='' choices

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--deadline|--socket|--config-dir) i=$((i + 1)) ;;
		-*) ;;
		*) before=${COMP_WORDS[i]}; break ;;
		esac
	done
	case ${COMP_WORDS[COMP_CWORD-1]} in
	--deadline) return ;;
	esac
	[ "$i" -le "$COMP_CWORD" ] || return
	if [ "$before" = list ] && [[ $word == --* ]]; then
		choices=--long-state
	elif [ -n "$before" ]; then
		return
	elif [[ $word == -* ]]; then
		choices=$("${COMP_WORDS[0]}" --help 2>/dev/null | grep -oE -- '^ +--[a-z-]+')
	else
		choices=$(xl help 2>/dev/null | sed '1,4d' | awk '/^ [^ ]/ {print $1}')
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}
complete -F _xlv -o default xlv
