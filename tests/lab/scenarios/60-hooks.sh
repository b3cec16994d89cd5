# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: hooks are told of a crash, a core, a restart; one that hangs holds nobody up
# image: small
# needs: daemon
# deadline: 300
. /lab/dom0/matrix.sh

hooks=/etc/xenvigil/hooks.d
told=$dir/told

# hook NAME LINE...: what it writes is found below $told.
hook()
{
	local name=$1
	shift
	printf '#!/bin/sh\n' > "$hooks/$name"
	printf '%s\n' "$@" >> "$hooks/$name"
	chmod 700 "$hooks/$name"
}

was_told()
{
	grep -qx "$1" "$told/list"
}

hook_failed()
{
	log_has '(^| )hook-failed ' 'hook=50-hangs' 'killed at its deadline'
}

mkdir -p "$hooks" "$told"
chmod 755 "$hooks"
hook 10-list "echo \"\$1 \$XENVIGIL_DOMAIN\" >> $told/list" "cat > $told/\$1.json"
hook 50-hangs 'case $1 in crash-seen) sleep 1000 & sleep 1000 ;; esac'

daemon_start 'hook_seconds = 5'
guest web1 type=pv args=crash=wait on_crash=coredump-restart
expect 10 'web1 runs' is_running web1
before web1
guest_go web1
came_to restart 60 web1
expect 40 'crash-seen was told' was_told 'crash-seen web1'
expect 40 'the hook that hangs is killed, and that is logged' hook_failed
expect 40 'evidence-kept was told' was_told 'evidence-kept web1'
expect 40 'guest-restarted was told' was_told 'guest-restarted web1'
check 'the object names the domain' grep -q '"domain":"web1"' "$told/crash-seen.json"
check 'and the core that was kept' grep -q '"core":"/var/lib/xenvigil/cores/.*\.core"' "$told/evidence-kept.json"
check 'nothing of the hook that hung is left' eval '[ -z "$(pids_of "^1000$")" ]'
note "told: $(tr '\n' ',' < "$told/list")"
rm -r "$hooks"
daemon_stop
