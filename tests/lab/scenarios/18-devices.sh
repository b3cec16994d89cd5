# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: guests with disks: teardown is awaited, what is left over is named
# image: small
# needs: daemon
# deadline: 300
. /lab/dom0/matrix.sh

# backends_of DOMID: paths of all backends in dom0 that serve that domain.
backends_of()
{
	for kind in $(xenstore-list /local/domain/0/backend 2>/dev/null); do
		for device in $(xenstore-list "/local/domain/0/backend/$kind/$1" 2>/dev/null); do
			echo "$kind/$1/$device"
		done
	done
}

has_no_backends()
{
	[ -z "$(backends_of "$1")" ]
}

disk_is_connected()
{
	[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid_of "$1")/51712/hotplug-status" 2>/dev/null)" = connected ]
}

incident_says()
{
	xenvigil list --json > "$dir/list.json" && grep -q -e "$1" "$dir/list.json"
}

planted=/local/domain/0/backend/vkbd

modprobe loop
modprobe xen-blkback
truncate -s 4M "$dir/one.img" "$dir/two.img"
losetup /dev/loop0 "$dir/one.img"
losetup /dev/loop1 "$dir/two.img"
watch_start
daemon_start 'deadline_destroy_seconds = 15'
guest clean type=pv args=crash=wait on_crash=restart 'disk=["phy:/dev/loop0,xvda,w"]'
guest stuck type=pv args=crash=wait on_crash=restart 'disk=["phy:/dev/loop1,xvda,w"]'
[ "$failures" -eq 0 ] || finish
before clean stuck
for name in clean stuck; do
	check "$name has its disk" disk_is_connected "$name"
	expect 10 "$name runs" is_running "$name"
done

# A backend that no toolstack knows of, as one that was half removed.
old=$(domid_before stuck)
xenstore-write "$planted/$old/0/state" 4 "$planted/$old/0/frontend-id" "$old"

guest_go clean
guest_go stuck
came_to restart 60 clean
check "no backend of the old domain is left" has_no_backends "$(domid_before clean)"
check "its successor has the disk" disk_is_connected clean

expect 60 'the backend that stays is named' incident_says "left over: backend vkbd/$old/0 state 4"
check 'it is gone itself' is_gone stuck
expect 60 'its restart waits for a person' incident_says held
check 'nothing was started over the leftover' told has_started_times stuck 1

# The person removes it and says so.
xenstore-rm "$planted"
check 'xenvigil retry is taken' xenvigil retry stuck
came_to restart 60 stuck
check 'it has its disk' disk_is_connected stuck
watch_stop
for name in clean stuck; do
	held_to restart "$name"
done
daemon_stop
for name in clean stuck; do
	xl destroy "$(domid_of "$name")"
done
losetup -d /dev/loop0
losetup -d /dev/loop1
