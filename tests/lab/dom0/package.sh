# shellcheck shell=dash disable=SC1091,SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-only
# Owns what the two scenarios of an installed package share: a package's life from
# its installation over an upgrade in the middle of handling to its purge. It must
# not know the init system: that is in service_* of who includes it.
. /lab/dom0/matrix.sh

packages=/lab/packages
hooks=/etc/xenvigil/hooks.d
told=$dir/told
state=/var/lib/xenvigil
gate=/lab/bootloader # not below /run, where sysvinit lets nothing be executed
export DEBIAN_FRONTEND=noninteractive

# The shell prefers busybox's own programs to what is found by PATH; not these.
dpkg()
{
	/usr/bin/dpkg "$@"
}

diff()
{
	/usr/bin/diff "$@"
}

# --- Files ------------------------------------------------------------------

# All there is but what other programs write while they run.
list_files()
{
	find /etc /usr /var /opt /root /home /run /tmp -xdev 2> /dev/null | grep -vE \
		-e '^/(run/lab|run/systemd|run/udev|run/user|run/log|run/lock|run/blkid|run/xen|run/xen-hotplug|run/xenstored|run/initramfs|tmp/systemd-private)(/|$)' \
		-e '^/var/(lib/dpkg|lib/xen|lib/xenstored|lib/systemd|log/xen|log/journal|cache|tmp/systemd-private)[^/]*(/|$)' |
		sort
}

# What this package alone could have put where others write, too.
list_traces()
{
	find /var/lib/dpkg/info /var/lib/systemd /run/systemd /sys/fs/cgroup /var/cache \
		-name '*xenvigil*' 2> /dev/null
	grep -l xenvigil /etc/passwd /etc/group /var/lib/dpkg/status 2> /dev/null
	pids_of '(^|/)xenvigil'
}

dpkg_do()
{
	local what=$1
	shift
	if ! dpkg --force-confold "$@" > "$dir/dpkg.$what" 2>&1 < /dev/null; then
		note_file "$dir/dpkg.$what"
		return 1
	fi
}

# package_is VERSION-PATTERN: installed as such, wholly.
package_is()
{
	dpkg-query -W -f '${db:Status-Abbrev}${Version}\n' xenvigil | grep -qx "ii $1"
}

# --- Points of handling -----------------------------------------------------

# A bootloader that waits at a gate: a create that takes its time.
make_gates()
{
	cat > "$gate" <<- END
		#!/bin/busybox sh
		for word; do case \$word in --output=*) out=\${word#--output=} ;; esac; done
		echo boots >> $dir/boots
		while [ ! -e $dir/open ]; do usleep 50000; done
		cp /lab/guest/tiny $dir/kernel.\$\$
		printf 'kernel %s\\0args %s\\0' $dir/kernel.\$\$ crash=wait > "\$out"
	END
	chmod 755 "$gate"
	: > "$dir/open"
	modprobe loop
	modprobe xen-blkback
	truncate -s 4M "$dir/disk.img"
	losetup /dev/loop0 "$dir/disk.img"
}

# And a hook that does, of one guest only.
make_hook()
{
	mkdir -p "$told"
	cat > "$hooks/10-told" <<- END
		#!/bin/sh
		cat > $told/\$1.\$XENVIGIL_DOMAIN
		case \$1.\$XENVIGIL_DOMAIN in crash-seen.kept)
			: > $told/waits
			while [ ! -e $dir/open ]; do /bin/busybox usleep 50000; done ;;
		esac
		echo "\$1 \$XENVIGIL_DOMAIN" >> $told/list
	END
	chmod 700 "$hooks/10-told"
}

writer_of_part()
{
	for pid in $(role_pids worker); do
		# shellcheck disable=SC2010 # only where they lead to matters
		ls -l "/proc/$pid/fd" 2> /dev/null | grep -q -e "-> $state/cores/." && echo "$pid" && return
	done
}

# A worker in the middle of writing a core, held there as by a disk that is slow.
stop_writer()
{
	writer=$(writer_of_part)
	[ -n "$writer" ] && kill -STOP "$writer"
}

is_at_gate()
{
	[ "$(wc -l < "$dir/boots")" -eq "$1" ]
}

told_times()
{
	[ "$(grep -cx "$1" "$told/list")" -eq "$2" ]
}

# record NAME KEY: of its newest incident.
record()
{
	xenvigil info "$1" --json 2>> "$dir/info.stderr" | awk -F '"' -v key="$2" '$2 == key { print $4; exit }'
}

is_closed_once()
{
	[ "$(record "$1" state)" = closed ] && xenvigil list > "$dir/list" &&
		[ "$(grep -c -F "  $1 (domid" "$dir/list")" -eq 1 ]
}

bystander_is_untouched()
{
	is_running bystander && [ "$(domid_of bystander)" = "$(domid_before bystander)" ]
}

# --- The steps --------------------------------------------------------------

package_install()
{
	list_files > "$dir/files.before"
	cat /etc/passwd /etc/group > "$dir/users.before"
	check 'the package is installed' dpkg_do install -i "$packages/old.deb"
	check 'as the first version' package_is '[^+]*'
	check 'the service runs and is enabled' service_is_up
	expect 30 'it answers' daemon_answers
	main=$(service_pid)
}

package_guests()
{
	make_gates
	make_hook
	printf '%s\n' 'hook_seconds = 600' 'deadline_create_seconds = 600' >> /etc/xenvigil/xenvigil.conf
	echo '# the operator' | tee /etc/default/xenvigild > /etc/xenvigil/domains.d/other.conf
	check 'a changed configuration is taken by a reload' service_reload
	watch_start
	guest bystander type=pv args=idle
	guest before type=pv args=crash=wait on_crash=restart
	guest dumped type=pvh args=crash=wait on_crash=coredump-restart memory=512
	guest created type=pv args=crash=wait on_crash=restart \
		bootloader="$gate" 'disk=["phy:/dev/loop0,xvda,r"]'
	guest kept type=pv args=crash=wait on_crash=preserve
	[ "$failures" -eq 0 ] || finish
	for name in bystander before dumped created kept; do
		expect 20 "$name runs" is_running "$name"
	done
	before bystander before dumped created kept
	rm "$dir/open"
	guest_go before
	came_to restart 60 before
	expect 60 'its incident is closed' is_closed_once before
}

# Three at three points: a core half written, a create under way, a hook running.
package_upgrade()
{
	guest_go dumped
	await 60 'a core to be written' stop_writer || fail 'a core is being written'
	guest_go created
	expect 60 'the create of a guest waits for its bootloader' is_at_gate 2
	guest_go kept
	expect 60 'a hook is running' test -e "$told/waits"
	begin=$(uptime_ms)
	check 'the package is upgraded while all that is under way' dpkg_do upgrade -i "$packages/new.deb"
	note "the upgrade took $(($(uptime_ms) - begin)) ms"
	check 'as the second version' package_is '.*+lab1'
	check 'the service runs and is enabled' service_is_up
	check 'it is another daemon' test "$(service_pid)" != "$main"
	expect 30 'it answers' daemon_answers
	check 'the settings are as they were' grep -q '^hook_seconds = 600' /etc/xenvigil/xenvigil.conf
	check 'the worker that writes the core was left alone' kill -0 "$writer"
	check 'nobody else began it' is_shutdown dumped 3
	: > "$dir/open"
	kill -CONT "$writer"
	came_to coredump-restart 120 dumped
	came_to restart 120 created
	came_to preserve 10 kept
	for name in dumped created kept; do
		expect 60 "$name: one incident, and it is closed" is_closed_once "$name"
		expect 30 "$name: its crash was told once" told_times "crash-seen $name" 1
	done
	for name in dumped created; do
		expect 30 "$name: its restart was told once" told_times "guest-restarted $name" 1
	done
	check 'its core is whole' no_core_is_broken_off
}

# Stopped, removed, installed again: nothing that was recorded is lost.
package_remove()
{
	service_stop
	check 'stopped: no process of it is left' daemon_is_gone
	check 'a guest that runs does not notice' bystander_is_untouched
	service_start
	expect 30 'started: it answers' daemon_answers
	check 'the package is removed' dpkg_do remove --remove xenvigil
	check 'removed: no process of it is left' daemon_is_gone
	check 'its records stay' test -s "$state/xenvigil.db"
	check 'its cores stay' has_core dumped
	check 'its settings stay' test -s /etc/xenvigil/xenvigil.conf
	check 'a guest that runs does not notice' bystander_is_untouched
	check 'it is installed again' dpkg_do again -i "$packages/new.deb"
	check 'the service runs and is enabled' service_is_up
	expect 30 'it answers' daemon_answers
	for name in before dumped created kept; do
		check "$name: its incident is on record" is_closed_once "$name"
	done
	note_file "$dir/list"
}

package_purge()
{
	check 'the package is purged' dpkg_do purge --purge xenvigil
	check 'purged: a guest that runs does not notice' bystander_is_untouched
	check 'and who crashed stays as it is' is_kept kept
	list_files > "$dir/files.after"
	diff "$dir/files.before" "$dir/files.after" | grep '^[<>]' > "$dir/files.left"
	list_traces > "$dir/traces"
	cat /etc/passwd /etc/group | diff "$dir/users.before" - > "$dir/users.left"
	service_traces >> "$dir/traces"
	for file in files.left traces users.left; do
		note_file "$dir/$file" 30
	done
	check 'no file is left, and none is missing' test ! -s "$dir/files.left"
	check 'nor a trace of it with others' test ! -s "$dir/traces"
	check 'nor a user' test ! -s "$dir/users.left"
}

package_guests_once()
{
	watch_stop
	held_to restart before
	held_to coredump-restart dumped
	held_to restart created
	held_to preserve kept
	check 'bystander was started once' told has_started_times bystander 1
	check 'and never ended' told has_shut_down_times bystander 0
}

package_end()
{
	note "told: $(tr '\n' ',' < "$told/list")"
	for name in before dumped created kept bystander; do
		xl destroy "$(domid_of "$name")"
	done
	losetup -d /dev/loop0
}
