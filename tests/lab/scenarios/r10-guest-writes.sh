# shellcheck shell=dash disable=SC1091,SC2154,SC2046
# SPDX-License-Identifier: GPL-2.0-only
# about: rule 10: a guest writes all that it may into xenstore; what it runs and dies of is the hypervisor's word
# image: small
# needs: daemon
# deadline: 150
. /lab/dom0/matrix.sh

incidents_of()
{
	xenvigil list --json | grep -c "\"domain\": *\"$1\""
}

# The watcher and the prober hold nothing that they need not (rule 10's last line).
is_confined()
{
	for pid in $(role_pids "$1"); do
		grep -q '^Seccomp:.2$' "/proc/$pid/status" &&
			grep -q '^NoNewPrivs:.1$' "/proc/$pid/status" &&
			! grep -q '^CapEff:.*ffffffff$' "/proc/$pid/status" || return 1
	done
	has_role "$1"
}

daemon_start
guest calm type=pv args=idle on_crash=restart on_poweroff=destroy
guest liar type=pv args=crash=wait on_crash=destroy on_poweroff=restart
expect 20 'calm runs' is_running calm
expect 20 'liar runs' is_running liar
calm=$(domid_of calm) liar=$(domid_of liar)
before liar
domflood "$calm" 8 > "$dir/rate-calm" &
one=$!
domflood "$liar" 8 > "$dir/rate-liar" &
two=$!
await 10 'the daemon to know both' sh -c "xenvigil status | grep -q ' calm ' && xenvigil status | grep -q ' liar '" ||
	not_ok 'the daemon knows both'
# What it wrote stays; a guest that fell writes no more, and a node that is made
# after the domain's end would be left behind.
kill "$two"
wait "$two"
guest_go liar
came_to destroy 40 liar
wait "$one"
note "$(cat "$dir/rate-calm") and $(cat "$dir/rate-liar") writes a second"
check 'calm runs still, and it is the same domain' test "$(domid_of calm)" = "$calm"
check 'and has no incident' test "$(incidents_of calm)" -eq 0
expect 20 'liar has one' test "$(incidents_of liar)" -eq 1
check 'of the reason that the hypervisor has' sh -c 'xenvigil list --json | grep -q "\"reason\": *\"crash\""'
check 'the watcher is confined' is_confined watcher
check 'and so is the prober' is_confined probe
daemon_stop
