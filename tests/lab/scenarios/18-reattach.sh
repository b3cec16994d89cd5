# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: a driver domain with real netback and blkback crashes: after its restart its guests' devices are attached to the new domain
# image: small
# needs: daemon
# deadline: 600
. /lab/dom0/matrix.sh

# A driver domain, whose driver is there SECONDS after its boot.
driver()
{
	guest net type=pv kernel=linux initrd=/lab/guest/initrd.driver "args=lab=backends:$1" on_crash=restart
	expect 60 'the driver domain runs' guest_console_has net 'guest: up'
}

# record NAME DEVID [KIND]: the domain that serves that device, by libxl's record.
record()
{
	xenstore-read "/libxl/$(domid_of "$1")/device/${3:-vif}/$2/backend" 2>/dev/null | cut -d / -f 4
}

serves()
{
	[ "$(record "$@")" = "$(domid_of net)" ]
}

# state NAME DEVID [KIND]: of the backend, which the driver in the driver domain writes.
state()
{
	xenstore-read "/local/domain/$(domid_of net)/backend/${3:-vif}/$(domid_of "$1")/$2/state" 2>/dev/null
}

is_taken_up()
{
	serves "$@" && [ "$(state "$@")" -ge 2 ]
}

# What a hotplug script of the driver domain would say: there is no bridge here.
plug()
{
	xenstore-write "/local/domain/$(domid_of net)/backend/vif/$(domid_of "$1")/0/hotplug-status" connected
}

is_connected()
{
	serves "$1" 0 && [ "$(state "$1" 0)" = 4 ] &&
		[ "$(xenstore-read "/local/domain/$(domid_of "$1")/device/vif/0/state")" = 4 ]
}

# The steps of the driver domain's last incident, as text.
told()
{
	xenvigil list --json > "$dir/list.json" && grep -q -e "$1" "$dir/list.json"
}

# has NAME DEVID NODE: what libxl has on record of the network.
has()
{
	xenstore-read "/libxl/$(domid_of "$1")/device/vif/$2/$3"
}

crash_driver()
{
	old=$(domid_of net)
	before net
	guest_panic net
	came_to restart 60 net
}

domain_conf net 'reattach_devices = "yes"'
watch_start
daemon_start
driver 2
one='mac=00:16:3e:00:00:01,bridge=xenbr7,script=vif-one,backend=net'
two='mac=00:16:3e:00:00:02,bridge=xenbr8,rate=1MB/s,backend=net'
disk='format=raw,vdev=xvda,access=rw,backend=net,target=/dev/ram0'
guest web type=pv args=idle "vif=['$one','$two']" "disk=['$disk']"
guest app type=pv kernel=linux initrd=/lab/guest/initrd.driver args=lab=netfront "vif=['mac=00:16:3e:00:00:03,backend=net']"
guest bare type=pv args=idle
guest left type=pv args=idle "vif=['mac=00:16:3e:00:00:04,backend=net']"
check 'one guest is disowned' xenvigil disown left
plug app
expect 60 "a guest's network is connected to the driver domain" is_connected app
web=$(domid_of web)

crash_driver
expect 60 'the networks of a guest are attached to the new domain' is_taken_up web 0
expect 60 'all of them' is_taken_up web 1
expect 60 'its disk as well' is_taken_up web 51712 vbd
check 'with the same mode' test "$(xenstore-read "/libxl/$web/device/vbd/51712/mode")" = w
expect 60 'and those of the next guest' is_taken_up app 0
plug app
expect 60 'a guest with a driver of its own is connected again' is_connected app
check 'the guests themselves ran on' test "$(domid_of web)" = "$web"
check 'with the same address' test "$(has web 0 mac)$(has web 1 mac)" = 00:16:3e:00:00:0100:16:3e:00:00:02
check 'the same bridge' test "$(has web 0 bridge)$(has web 1 bridge)" = xenbr7xenbr8
check 'the same script and rate' test "$(has web 0 script | grep -o 'vif-one')$(has web 1 rate | cut -d , -f 2)" = vif-one50000
check 'the network of a disowned guest is left' test "$(record left 0)" = "$old"
expect 30 'the incident says what was re-attached' told "4 devices re-attached to domain $(domid_of net)"
check 'and names what was not' told "not re-attached: domain $(domid_of left) (left) vif 0: .*xl network-detach $(domid_of left) 0"
check 'the destroy step announced that' told 'when it runs again, the networks and disks are re-attached'
check 'nothing is noted any more' sh -c '! xenstore-ls /libxl | grep -q xenvigil-reattach'
check 'the incident is handled' sh -c "xenvigil list --json | grep -q '\"outcome\": *\"handled\"'"

# The daemon is killed while the driver domain boots.
crash_driver
daemon_kill9
daemon_start
expect 60 'after a daemon that was killed the next one re-attaches' is_taken_up web 0
expect 60 'every network' is_taken_up web 1
expect 60 'and the disk' is_taken_up web 51712 vbd
expect 60 'of every guest' is_taken_up app 0
expect 30 'each once' sh -c "xenvigil list --json | grep -o '\"outcome\": *\"handled\"' | wc -l | grep -qx 2"
watch_stop
daemon_stop
