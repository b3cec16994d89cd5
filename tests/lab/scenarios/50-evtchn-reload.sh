# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: our module loads and unloads again and again, with files used between
# image: small
# deadline: 5400

evtchn=/lab/evtchn
cycles=$(cat $evtchn/cycles 2>/dev/null)
cycles=${cycles:-200}

slab_kib()
{
	sed -n 's/^SUnreclaim: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

[ -e $evtchn/xen-evtchn-twin.ko ] || fail 'make modules-lab-stage has not been run'
begin=$(uptime_ms)
before=$(slab_kib)
done=0
while [ "$done" -lt "$cycles" ]; do
	insmod $evtchn/xen-evtchn-twin.ko || break
	# Every tenth is used as well.
	if [ $((done % 10)) = 0 ]; then
		$evtchn/evt stress /dev/xen/evtchn-twin 2 20 mixed >> "$dir/stress" || break
	fi
	rmmod xen_evtchn_twin || break
	done=$((done + 1))
done
check "$done of $cycles cycles, $(($(uptime_ms) - begin)) ms" [ "$done" = "$cycles" ]
note "unreclaimable slab: $before KiB before, $(slab_kib) KiB after"
dmesg | grep -v -E 'out-of-tree module|module verification failed' > "$dir/log"
check 'no line in the log of dom0' [ ! -s "$dir/log" ]
note_file "$dir/log"
