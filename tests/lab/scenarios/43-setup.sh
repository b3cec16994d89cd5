# shellcheck shell=dash disable=SC1091,SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: xenvigil setup: a guest with an xl monitor becomes ours, new ones get none, and all is undone while they run
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh

conf=/etc/xenvigil/xenvigil.conf

owner_is()
{
	xenvigil status --json 2>/dev/null | tr -d '\n' | tr '{' '\n' | grep "\"domain\": *\"$1\"" | grep -q "\"owner\": *\"$2\""
}

has_no_monitor()
{
	[ -z "$(monitors)" ]
}

# setup STATUS ARGUMENT...: what it says is noted.
setup()
{
	local wanted=$1 status
	shift
	xenvigil setup "$@" > "$dir/said" 2>&1 < /dev/null
	status=$?
	note_file "$dir/said"
	[ "$status" -eq "$wanted" ]
}

guest_monitored web type=pv args=crash=wait on_crash=restart
expect 10 'web runs' is_running web
watch_start
daemon_start 'sweep_seconds = 31'
expect 20 'web is its monitor'"'"'s' owner_is web xl
cp "$conf" "$dir/conf.before"
domid=$(domid_of web)

check 'without a terminal setup only says what it would do' setup 5
check 'it counts the guests of xl' grep -q 'xl monitors: 1' "$dir/said"
check 'and changes nothing' cmp -s "$conf" "$dir/conf.before"
check 'setup --yes' setup 0 --yes
expect 10 'web is ours' owner_is web xenvigil
check 'its monitor is gone' has_no_monitor
check 'it runs on' test "$(domid_of web)" = "$domid"
before web
guest_go web
came_to restart 60 web
held_to restart web
check 'setup --undo with a guest that runs' setup 0 --undo --yes
check 'the configuration is as it was' cmp -s "$conf" "$dir/conf.before"
expect 10 'web runs' is_running web
guest_monitored theirs type=pv args=crash=wait on_crash=destroy
expect 20 'a new guest is its monitor'"'"'s again' owner_is theirs xl

# Where services search /usr/local/sbin first, as systemd has them do.
check 'elsewhere xl is not diverted' setup 1 --way divert --yes
mkdir -p /run/systemd/system
check 'setup --way divert' setup 0 --way divert --yes
guest_config mine type=pv args=crash=wait on_crash=restart > /dev/null
(PATH=/usr/local/sbin:$PATH && export PATH && timeout 60 xl create "$dir/mine.cfg") > "$dir/out" 2>&1 < /dev/null
check 'xl create succeeds' test $? -eq 0
note_file "$dir/out"
expect 20 'the guest is ours' owner_is mine xenvigil
check 'from the start: only theirs has a monitor' test "$(monitors | wc -l)" -eq 1
before mine
guest_go mine
came_to restart 60 mine
held_to restart mine
check 'the undo' setup 0 --undo --yes
check 'leaves no link' test ! -e /usr/local/sbin/xl
check 'and no record' test ! -e /var/lib/xenvigil/setup.state
expect 10 'mine runs' is_running mine
rmdir /run/systemd/system
watch_stop
daemon_stop
