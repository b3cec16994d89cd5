# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: a panicked kernel's last words, read from its memory, are what it printed
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/report.sh

report_matches
number=$(xenvigil info pv --json | awk '/"incident"/ { sub(/.*:/, ""); sub(/,/, ""); print $0 + 0; exit }')
check 'an incident is found by its number' sh -c "xenvigil info $number | grep -q '  pv ('"
check 'and by the begin of its uuid' sh -c "xenvigil info $(uuid_of pv | cut -c 1-13) | grep -q '  pv ('"
check 'one that is not there is not' sh -c '! xenvigil info nobody 2> /dev/null'
daemon_stop
for name in pv pvh silent; do
	xl destroy "$(domid_of "$name")"
done
