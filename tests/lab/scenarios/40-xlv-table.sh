# shellcheck shell=dash disable=SC1091,SC2154,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: xl's command lines through xlv: the same output and exit status; whose the domain is
# image: small
# needs: daemon
# deadline: 400

. /lab/dom0/matrix.sh
. /lab/dom0/alike.sh

daemon_start
guest web type=pv args=idle
expect 10 'web runs' is_running web

domid=$(domid_of web)
while read -r line; do
	one xl $line
	one xlv $line
	if same; then
		ok "xlv $line: $(tail -n 1 "$dir/xlv.out")"
	else
		not_ok "xlv $line is xl's"
		differ
	fi
done <<END

help
help create
list
list -l
list -v web
list nobody
-v list
domid web
domid nobody
domname $domid
domname 9999
info
info xen_version
vcpu-list
vcpu-list web
sched-credit2
cpupool-list
network-list web
block-list web
pci-list web
pci-assignable-list
channel-list web
usb-list web
claims
sharing
uptime web
pause web
unpause web
rename nobody web2
mem-max web 64
debug-keys z
vcpu-pin web 0 all
no-such-command
li
pci
create /nonexistent.cfg
destroy nobody
-z list
END
one xl dmesg
one xlv dmesg
check 'xlv dmesg has as much as xl' test "$(wc -l < "$dir/xlv.out")" -ge "$(wc -l < "$dir/xl.out")"

# Its signals are xl's.
xlv --deadline 60 shutdown -w web > /dev/null 2>&1 < /dev/null &
pid=$!
await 10 'xl to run below xlv' sh -c "grep -qs . /proc/$pid/task/$pid/children" || not_ok 'xl runs below xlv'
kill -TERM $pid
wait $pid
check 'SIGTERM reaches xl, and xlv ends by it as well' test $? -eq 143

# What it creates is the daemon's, without a monitor.
guest_config mine type=pv args=crash=wait on_crash=destroy > /dev/null
xlv create "$dir/mine.cfg" > "$dir/said" 2>&1
check 'xlv create succeeds' test $? -eq 0
note_file "$dir/said"
expect 10 'mine runs' is_running mine
check 'and no monitor of xl is left' test -z "$(pids_of '(^|/)xl$')"
xlv list --long-state > "$dir/state"
check 'it is marked as made by xlv' grep -qE '^mine .* xenvigil +watched +xlv ' "$dir/state"
check 'and the other, which xl made, is not' grep -qE '^web .* xenvigil +watched +- ' "$dir/state"
check 'xenvigil status has it, too' sh -c "xenvigil status | grep -q '^[0-9]* *mine .* by xlv'"
note_file "$dir/state"
guest_go mine
expect 30 'mine crashed, and was handled' is_gone mine
xlv --no-daemon create "$dir/mine.cfg" > "$dir/said" 2>&1
check 'xlv --no-daemon leaves it to a monitor' test -n "$(pids_of '(^|/)xl$')"
daemon_stop
