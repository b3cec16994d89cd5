# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: the old design meets a stale entry where ours never does
# image: small
# deadline: 1800

evtchn=/lab/evtchn
collisions=/sys/module/xen_evtchn_old/parameters/collisions
binds=$(cat $evtchn/binds 2>/dev/null)
binds=${binds:-20000}

# stress DEVICE MODE BINDS
stress()
{
	$evtchn/evt stress "$1" 8 "$3" "$2" > "$dir/stress" 2>&1
	status=$?
	note "$1: $(cat "$dir/stress")"
	return $status
}

collided()
{
	stress /dev/xen/evtchn-old "$1" 2000 || true
	[ "$(cat $collisions)" -gt 0 ]
}

[ -e $evtchn/xen-evtchn-old.ko ] || fail 'make modules-lab-stage has not been run'
insmod $evtchn/xen-evtchn-old.ko || fail 'the module with the old design does not load'
expect 120 'the old design meets a stale entry, where it had its BUG' collided same
note "$(cat $collisions) collisions in $(cat /sys/module/xen_evtchn_old/parameters/binds) binds"
rmmod xen_evtchn_old || not_ok 'the old design does not unload'
dmesg -c > "$dir/old-log"
check 'and says so' grep -q 'here was the BUG' "$dir/old-log"

insmod $evtchn/xen-evtchn-twin.ko || fail 'the twin of our module does not load'
for mode in same one many events mixed; do
	check "ours: $((binds / 5)) binds by 8 processes, $mode" stress /dev/xen/evtchn-twin $mode $((binds / 5))
done
total=/sys/kernel/debug/xen_evtchn_twin/total
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
while read -r key value; do note "ours: $key $value"; done < $total
check 'every port bound was unbound' [ "$(sed -n 's/^binds //p' $total)" = "$(sed -n 's/^unbinds //p' $total)" ]
check 'none was refused' grep -qx 'refused 0' $total
check 'no file is left' grep -qx 'files 0' $total
rmmod xen_evtchn_twin || not_ok 'the twin does not unload'
dmesg | grep -v -E 'out-of-tree module|module verification failed' > "$dir/log"
check 'no line in the log of dom0' [ ! -s "$dir/log" ]
note_file "$dir/log"
