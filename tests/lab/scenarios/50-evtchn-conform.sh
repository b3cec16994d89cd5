# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: the event-channel device answers as it must, and as the kernel's own does
# image: small
# deadline: 120

evtchn=/lab/evtchn

# Each report of the program becomes one of ours.
relay()
{
	while read -r line; do
		case $line in
		'ok - '*) ok "${line#ok - }" ;;
		'not ok - '*) not_ok "${line#not ok - }" ;;
		*) note "${line#\# }" ;;
		esac
	done < "$1"
}

[ -e $evtchn/xen-evtchn-twin.ko ] || fail 'make modules-lab-stage has not been run'
insmod $evtchn/xen-evtchn-twin.ko || fail 'the twin of our module does not load'
note "ours: $(cat /sys/module/xen_evtchn_twin/parameters/xenvigil_build)"
await 5 'the device of the twin' test -c /dev/xen/evtchn-twin || fail 'no device'
$evtchn/evt conform /dev/xen/evtchn-twin > "$dir/conform"
relay "$dir/conform"

# The same questions to the kernel's own, in this boot.
$evtchn/evt conform /dev/xen/evtchn record > "$dir/kernel"
$evtchn/evt conform /dev/xen/evtchn-twin record > "$dir/ours"
note "$(wc -l < "$dir/ours") questions asked of both"
check 'both answered all of them' [ "$(wc -l < "$dir/ours")" = "$(wc -l < "$dir/kernel")" ]
grep -vxFf "$dir/kernel" "$dir/ours" > "$dir/differs"
while read -r line; do
	question=${line%:*}
	why=$(sed -n "s/^$question: //p" $evtchn/differences)
	theirs=$(sed -n "s/^$question: //p" "$dir/kernel")
	check "differs ($question: kernel ${theirs:-nothing}, ours${line##*:}): ${why:-no reason is known}" [ -n "$why" ]
done < "$dir/differs"
rmmod xen_evtchn_twin || not_ok 'the twin does not unload'
dmesg | grep -v -E 'out-of-tree module|module verification failed' > "$dir/log"
check 'no line in the log of dom0' [ ! -s "$dir/log" ]
note_file "$dir/log"
