# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: guests come and go on a host whose xenstored uses our module
# when: long
# image: small
# deadline: 2400

param=/sys/module/xen_evtchn/parameters/xenvigil_build
guests=$(cat /lab/evtchn/guests 2>/dev/null)
guests=${guests:-10}

total()
{
	sed -n "s/^$1 //p" /sys/kernel/debug/xen_evtchn/total
}

ports()
{
	total ports
}

# The longest time, in ms, that xenstored took to answer in $1 s.
longest_answer()
{
	longest=0
	end=$(($(uptime_ms) + $1 * 1000))
	while [ "$(uptime_ms)" -lt "$end" ]; do
		begin=$(uptime_ms)
		timeout 20 xenstore-list / > /dev/null || return 1
		took=$(($(uptime_ms) - begin))
		[ "$took" -le "$longest" ] || longest=$took
	done
}

if [ ! -e $param ]; then
	ok "guests on our module # SKIP the kernel's own is loaded; tests/modules/lab/run boots with ours"
	finish
fi
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
note "$(cat $param), xenstored is a user: $(grep -c xenstored /sys/kernel/debug/xen_evtchn/files)"
check 'xenstored uses our module' grep -q evtchn:xenstored /sys/kernel/debug/xen_evtchn/files
before=$(ports)
refused=$(total refused)
made=0
while [ "$made" -lt "$guests" ]; do
	type=pv
	[ $((made % 4)) -lt 3 ] || type=pvh
	guest "life$made" type=$type args=crash || break
	await 20 "life$made crashes" is_shutdown "life$made" 3 || break
	xl destroy "$(domid_of "life$made")" || break
	made=$((made + 1))
done
check "$made of $guests guests came, crashed and went" [ "$made" = "$guests" ]
expect 10 'no port is left of them' eval "[ \"\$(ports)\" = $before ]"

# A peer that storms: its events are for xenconsoled, by our module.
calm=$(total events)
if guest stormy type=pv args=storm; then
	check 'xenstored answers while a guest storms' longest_answer 10
	note "the slowest answer took $longest ms, $(($(total events) - calm)) events came"
	check 'and within 3 s' [ "$longest" -lt 3000 ]
	check 'the storm came by our module' [ "$(($(total events) - calm))" -gt 100 ]
	xl destroy "$(domid_of stormy)"
fi
expect 10 'no port is left of it' eval "[ \"\$(ports)\" = $before ]"
while read -r key value; do note "$key $value"; done < /sys/kernel/debug/xen_evtchn/total
check 'no bind was refused' [ "$(total refused)" = "$refused" ]
dmesg | grep -i -E 'xen-evtchn|warning|bug' > "$dir/log"
check 'no complaint in the log of dom0' [ ! -s "$dir/log" ]
note_file "$dir/log"
