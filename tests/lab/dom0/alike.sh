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

# one_linked WORD...: the same by xlv under the name xl, before xl in PATH: the
# folder $dir/bin has it.  It stands for xlv in same().
one_linked()
{
	(
		export PATH="$dir/bin:$PATH"
		timeout 60 xl "$@" > "$dir/xlv.out" 2> "$dir/xlv.err" < /dev/null
		echo "status $?" >> "$dir/xlv.out"
	)
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

# Each command line of xl that makes nothing, by its words; web is a guest.
alike_lines()
{
	cat <<-END

	help
	help create
	list
	list -l
	list -v web
	list nobody
	-v list
	domid web
	domid nobody
	domname $(domid_of web)
	domname 9999
	info
	info xen_version
	vcpu-list
	vcpu-list web
	sched-credit2
	cpupool-list
	network-list web
	block-list web
	pci-list web
	pci-assignable-list
	channel-list web
	usb-list web
	claims
	sharing
	uptime web
	pause web
	unpause web
	rename nobody web2
	mem-max web 64
	debug-keys z
	vcpu-pin web 0 all
	no-such-command
	li
	pci
	create /nonexistent.cfg
	destroy nobody
	-z list
	END
}

# xl has them in its help.
alike_commands()
{
	xl help | sed -n '5,$s/^ \([a-z][a-z0-9-]*\)  .*/\1/p'
}
