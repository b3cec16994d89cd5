# shellcheck shell=dash disable=SC2154,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# Owns the comparison of a command line run by xl and by xlv. It must not judge.

# Times, free memory, and which processor a vCPU is on and whether it runs there
# differ from one call to the next, whoever asks.
steady()
{
	sed -E 's/ +[0-9]+ +[-r][-b][-p] +[0-9]+\.[0-9]+/ V/; s/ *[0-9]+\.[0-9]+/ N/g; s/^((free_memory|xenpagingdir|cpu_mhz).*:).*/\1/; s/[0-9]+:[0-9]{2}:[0-9]{2}/T/g; s/ +[-rb][-b]([-p][-s])/ \1/' "$1"
}

# one WRAPPER WORD...: what it prints on both, and its status, in $dir/WRAPPER.
one()
{
	local wrapper=$1
	shift
	timeout 60 $wrapper "$@" > "$dir/$wrapper.out" 2> "$dir/$wrapper.err" < /dev/null
	echo "status $?" >> "$dir/$wrapper.out"
}

same()
{
	[ "$(steady "$dir/xl.out")" = "$(steady "$dir/xlv.out")" ] &&
		[ "$(steady "$dir/xl.err")" = "$(steady "$dir/xlv.err")" ]
}

differ()
{
	note_file "$dir/xl.out"
	note_file "$dir/xl.err"
	note_file "$dir/xlv.out"
	note_file "$dir/xlv.err"
}
