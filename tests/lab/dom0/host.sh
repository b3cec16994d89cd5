# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Owns the lab host between two scenarios: what to save, how to make it clean and
# the proof that it is. It must not be used by a scenario to pass a test.

uptime_ms()
{
	read -r now _ < /proc/uptime
	echo "${now%.*}${now#*.}0"
}

# pids_of PATTERN: processes with an argument that matches (extended expression).
pids_of()
{
	grep -lzE -e "$1" /proc/[0-9]*/cmdline 2>/dev/null | sed 's:^/proc/::; s:/cmdline$::'
}

# The processes of xl.  By what runs, not by an argument: busybox has a process with the arguments of
# "timeout 60 xl create" live on for a second after that program.
monitors()
{
	grep -lx xl /proc/[0-9]*/comm 2>/dev/null | sed 's:^/proc/::; s:/comm$::'
}

# C's or OCaml's: whichever this image has.
xenstored_pids()
{
	pids_of '(^|/)o?xenstored$'
}

# Where the scenario before this one ended in the journal.
units_cursor=/run/lab/journal

# units_journal OPTION...: what our units said since.
units_journal()
{
	journalctl --no-pager -u 'xenvigil*' "$@"
}

host_collect()
{
	[ ! -d /var/lib/xenvigil ] || ls -lR /var/lib/xenvigil > "$1/var-lib-xenvigil" 2>&1
	domlist > "$1/domlist" 2>&1
	timeout 20 xenstore-ls -f > "$1/xenstore" 2>&1
	dmesg > "$1/dmesg"
	xl dmesg > "$1/xl-dmesg" 2>&1
	cp -r /var/log/xen "$1/log"
	[ -z "${LAB_UNITS:-}" ] || units_journal -o short-monotonic --cursor-file="$units_cursor" > "$1/journal" 2>&1
}

# Domains, of those since the last reset, whose state the emulator broke: it has
# now and then put the hypervisor's own in place of a guest's. What follows is a
# triple fault at an address of the hypervisor's or a kernel's; those that a
# scenario asks for are of the small guest, which lies below 2 MiB.
host_broken_domains()
{
	xl dmesg 2>/dev/null | awk '
		/ Triple fault / { fault = $2 }
		fault && /RIP:/ {
			if (/:\[<ffff/)
				print fault
			fault = ""
		}'
}

host_stop_ours()
{
	# A scenario that broke off may have left it stopped.
	for pid in $(xenstored_pids); do
		kill -CONT "$pid"
	done
	[ -z "${LAB_UNITS:-}" ] || systemctl stop --no-block xenvigild.service
	# The judges, our daemon and all its roles, the peers, and what xl left running.
	for pid in $(pids_of '(^|/)(xenvigild|xenvigil|domwatch|xl|libvirtd|libxl-save-helper)$'); do
		kill -9 "$pid" 2>/dev/null
	done
	[ -z "${LAB_UNITS:-}" ] || host_stop_units
}

# Units that are gone are not started again; their processes were killed.
host_stop_units()
{
	timeout 60 systemctl stop xenvigild.service 'xenvigil-*.socket' 2>&1
	rm -rf /run/systemd/system/xenvigil*.d
	systemctl daemon-reload
}

# All at once: one after the other each would wait for its own devices.
host_destroy_guests()
{
	for domid in $(domlist | cut -d ' ' -f 1); do
		[ "$domid" = 0 ] || timeout 60 xl destroy "$domid" 2>&1 &
	done
	wait
}

# The device models of guests; dom0's own stays.
device_models()
{
	for pid in $(pids_of '^-xen-domid$'); do
		tr '\0' ' ' < "/proc/$pid/cmdline" | grep -q -e '-xen-domid 0 ' || echo "$pid"
	done
}

host_leftovers()
{
	domlist | sed -n '/^0 /!s/^/domain left: /p'
	timeout 10 xenstore-list /local/domain 2>&1 | sed -n '/^0$/!s/^/in xenstore: domain /p'
	for pid in $(pids_of '(^|/)(xenvigild|xl|libvirtd)$') $(device_models); do
		echo "process left: $pid $(tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline")"
	done
	[ -z "${LAB_UNITS:-}" ] || systemctl list-units --no-legend --plain --state=active,activating,deactivating \
		'xenvigil*' | sed 's/^/unit left: /'
	for dir in /var/lib/xenvigil /etc/xenvigil /run/xenvigil; do
		[ ! -e "$dir" ] || echo "file left: $dir"
	done
}

# Prints what is in the way and fails when the host does not get clean.
host_reset()
{
	errors=$(host_stop_ours; host_destroy_guests)
	# If they were file systems of their own.
	umount /var/lib/xenvigil/cores 2>/dev/null
	umount /var/lib/xenvigil 2>/dev/null
	rm -rf /var/lib/xenvigil /etc/xenvigil /run/xenvigil /var/log/xen/*.log /var/log/xen/console/*
	rm -rf /var/lib/libvirt /etc/libvirt /run/libvirt /var/log/libvirt
	end=$(($(uptime_ms) + 30000))
	while left=$(host_leftovers); [ -n "$left" ]; do
		if [ "$(uptime_ms)" -gt "$end" ]; then
			printf '%s\n%s\n' "$left" "$errors"
			return 1
		fi
		usleep 100000
	done
	xl dmesg -c > /dev/null 2>&1
}
