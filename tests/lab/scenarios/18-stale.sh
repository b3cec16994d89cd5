# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: what domains that are gone left behind is told in the incident, and nothing when all is well
# image: small
# needs: daemon
# deadline: 180
. /lab/dom0/matrix.sh

# crash_of NAME [KEY VALUE]: it crashes, with that in libxl's record of it, and is
# restarted; its incidents go into list.json.
crash_of()
{
	guest "$1" type=pv args=crash=wait on_crash=restart
	expect 20 "$1 runs" is_running "$1"
	[ -z "${2:-}" ] || xenstore-write "/libxl/$(domid_of "$1")/$2" "$3"
	before "$1"
	guest_go "$1"
	came_to restart 30 "$1"
	expect 20 "its incident is closed" sh -c "xenvigil list --json > $dir/list.json && ! grep -q '\"state\": *\"\(working\|queued\)\"' $dir/list.json"
}

told()
{
	grep -o -e "$1" "$dir/list.json" | wc -l
}

backend=/local/domain/0/backend/vsnd/9998
record=/libxl/9997

watch_start
daemon_start
crash_of well
check 'nothing is told when all is well' test "$(told 'which is gone')" -eq 0

xenstore-write "$backend/0/state" 4 "$record/device/vif/0/frontend" /local/domain/9997/device/vif/0
crash_of ill
check 'a backend whose domain is gone, at destroy and at create' \
	test "$(told "backends of domain 9998, which is gone (xenstore-rm $backend)")" -eq 2
check 'so is a record of libxl' \
	test "$(told "libxl's record of domain 9997, which is gone (xenstore-rm $record)")" -eq 2
xenstore-rm "$backend"
xenstore-rm "$record"
count=$(told 'which is gone')
crash_of again
check 'nothing more once it is fixed' test "$(told 'which is gone')" -eq "$count"

crash_of lone device/vif/7/backend /local/domain/9996/backend/vif/1/7
check 'a device of its own whose backend is gone with its domain' \
	test "$(told 'it has devices of domain 9996, which is gone')" -eq 1

# A driver domain, by what the toolstack writes of one; what it writes itself, of a
# device that no record of libxl's has, is not believed.
guest driver type=pv args=crash=wait on_crash=restart
expect 20 'a driver domain runs' is_running driver
well=$(domid_of well)
serves=/local/domain/$(domid_of driver)/backend/vif/$well
xenstore-write "$serves/7/state" 4 "$serves/8/state" 4 "/libxl/$well/device/vif/7/backend" "$serves/7"
before driver
guest_go driver
came_to restart 30 driver
expect 20 'its incident names the guest that lost a device' sh -c \
	"xenvigil list --json | grep -q 'domain $well (well) loses its vif 7; when it runs again, detach and attach'"
check 'and none by its own word' sh -c "! xenvigil list --json | grep -q 'loses its vif 8'"
watch_stop
daemon_stop
