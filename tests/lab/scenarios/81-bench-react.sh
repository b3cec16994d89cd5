# shellcheck shell=dash disable=SC2154,SC1091,SC2046,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: from the shutdown to the first action and to running again, beside xl's monitors and libvirt
# when: long
# image: small
# with: libvirt
# needs: daemon
# units: no (figures, of the daemon alone)
# boot: bench
# deadline: 1800
. /lab/dom0/react.sh
. /lab/dom0/libvirt.sh

rounds=9
many=50

# several WHO: one guest, round after round.
several()
{
	i=0
	while [ "$i" -lt "$rounds" ]; do
		measure "$1" one
		i=$((i + 1))
	done
}

clear_host()
{
	for name in "$@"; do
		xl destroy "$(domid_of "$name")" || not_ok "xl destroy $name"
	done
	for name in "$@"; do
		await 30 "$name to be gone" is_gone "$name" || not_ok "$name is gone"
	done
}

all_run()
{
	for name in "$@"; do
		await 10 "$name to run" is_running "$name" || not_ok "$name runs"
	done
}

# took_core ACTION WHO COMMAND...: who takes none would only seem fast.
took_core()
{
	local who=$2
	[ "$1" = coredump-restart ] || return 0
	shift 2
	check "$who took a core" "$@"
}

has_libvirt_core()
{
	[ -n "$(find /var/lib/libvirt/libxl/dump -name "*$1*" -size +1000k)" ]
}

# What a crash in its absence comes to is a note only: it is not ours to judge.
libvirt_dies_meanwhile()
{
	before one
	tty=$(guest_tty one)
	libvirt_end KILL
	printf x > "$tty"
	await 10 'one to be shut down' is_shutdown one 3 || not_ok 'one is shut down'
	libvirt_start
	if await 60 'libvirt to restart what crashed in its absence' is_restarted one; then
		note "libvirt restarts what crashed in its absence ($waited_ms ms after its start)"
	else
		note 'libvirt does not restart what crashed in its absence'
	fi
}

react_daemon_conf
# xl does not make it, and goes on without a core.
mkdir -p /var/lib/xen/dump
for action in restart coredump-restart; do
	guest_monitored one type=pv args=crash=wait memory=8 "on_crash=$action"
	all_run one
	several monitors
	took_core "$action" xl test -s /var/lib/xen/dump/one
	kill -9 $(monitors)
	daemon_start
	await 60 'the daemon to have it in hand' has_in_hand 1 || not_ok 'the daemon has it in hand'
	several ours
	took_core "$action" ours has_core one
	daemon_stop
	clear_host one

	libvirt_start
	libvirt_guest one crash=wait 8 "$action"
	all_run one
	several libvirt
	took_core "$action" libvirt has_libvirt_core one
	react_rows "$action" 1
	[ "$action" != restart ] || libvirt_dies_meanwhile
	libvirt_destroy one
	libvirt_end TERM
	rm -rf /var/lib/xenvigil /var/lib/xen/dump/one /var/lib/libvirt/libxl/dump
done

names=''
i=0
while [ "$i" -lt "$many" ]; do
	guest_monitored "m$i" type=pv args=crash=wait memory=4 on_crash=restart
	names="$names m$i"
	i=$((i + 1))
done
all_run $names
measure monitors $names
kill -9 $(monitors)
daemon_start
await 120 'the daemon to have them all in hand' has_in_hand "$many" || not_ok 'the daemon has them in hand'
measure ours $names
daemon_stop
clear_host $names

libvirt_start
for name in $names; do
	libvirt_guest "$name" crash=wait 4 restart
done
all_run $names
measure libvirt $names
react_rows restart "$many"
rm -rf /var/lib/xen/dump
check 'all rows' test "$(wc -l < "$dir/rows")" = 36
libvirt_end TERM
