# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: our module against the kernel's own in one boot: binds, events, latency
# when: long
# image: small
# deadline: 900

evtchn=/lab/evtchn

[ -e $evtchn/xen-evtchn-twin.ko ] || fail 'make modules-lab-stage has not been run'
insmod $evtchn/xen-evtchn-twin.ko || fail 'the twin of our module does not load'
$evtchn/evt bench /dev/xen/evtchn-twin /dev/xen/evtchn 25 150 > "$dir/bench" || not_ok 'a call failed'
note 'what processes ours kernel ratio of the medians (above 1: ours is better) and its interval'
while read -r _ what processes ours kernel ratio low high; do
	note "$what $processes $ours $kernel $ratio $low $high"
	# A machine that does other things as well gives no answer.
	# The brackets matter: a bare ">" after print names a file.
	verdict=$(awk "BEGIN { print ($high < 1 ? \"slower\" : ($high - $low > 0.5 ? \"noise\" : \"not slower\")) }")
	case $verdict in
	slower) not_ok "$what by $processes: slower (ratio $ratio, $low to $high)" ;;
	noise) ok "$what by $processes # SKIP too much noise to tell ($low to $high)" ;;
	'not slower') ok "$what by $processes: not slower (ratio $ratio, $low to $high)" ;;
	*) not_ok "$what by $processes: no verdict ($ratio, $low to $high)" ;;
	esac
done < "$dir/bench"
check 'twelve rows' [ "$(wc -l < "$dir/bench")" = 12 ]
rmmod xen_evtchn_twin || not_ok 'the twin does not unload'
