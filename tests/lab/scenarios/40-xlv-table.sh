# shellcheck shell=dash disable=SC1091,SC2154,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: xl's command lines through xlv, and a link xl to it: the same output and exit status; whose the domain is
# image: small
# needs: daemon
# deadline: 600

. /lab/dom0/matrix.sh
. /lab/dom0/alike.sh

daemon_start
guest web type=pv args=idle
expect 10 'web runs' is_running web

mkdir "$dir/bin"
ln -s /usr/bin/xlv "$dir/bin/xl"
alike_lines > "$dir/lines"
while read -r line; do
	one xl $line
	one xlv $line
	if same; then
		ok "xlv $line: $(tail -n 1 "$dir/xlv.out")"
	else
		not_ok "xlv $line is xl's"
		differ
	fi
	one_linked $line
	if same; then
		ok "xl $line by a link to xlv"
	else
		not_ok "xl $line by a link to xlv is xl's"
		differ
	fi
done < "$dir/lines"
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
check 'and no monitor of xl is left' test -z "$(monitors)"
xlv list --long-state > "$dir/state"
check 'it is marked as made by xlv' grep -qE '^mine .* xenvigil +watched +xlv ' "$dir/state"
check 'and the other, which xl made, is not' grep -qE '^web .* xenvigil +watched +- ' "$dir/state"
check 'xenvigil status has it, too' sh -c "xenvigil status | grep -q '^[0-9]* *mine .* by xlv'"
note_file "$dir/state"
guest_go mine
expect 30 'mine crashed, and was handled' is_gone mine
xlv --no-daemon create "$dir/mine.cfg" > "$dir/said" 2>&1
check 'xlv --no-daemon leaves it to a monitor' test -n "$(monitors)"
daemon_stop
