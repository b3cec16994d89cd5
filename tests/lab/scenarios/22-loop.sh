# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: an endless crash loop ends held after its budget; with xl's monitor it goes on
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh

limit=4

is_held()
{
	xenvigil status --json | grep -q 'restart budget spent'
}

has_started_more()
{
	[ "$(count_of "$1" ran)" -gt "$2" ]
}

watch_start
daemon_start "restart_limit = $limit" 'backoff_max_seconds = 2'
guest_monitored theirs type=pv args=crash=500 on_crash=restart
guest ours type=pv args=crash=500 on_crash=restart
expect 120 'ours is held' is_held
check 'and gone' is_gone ours
held_at=$(count_of ours ran)
expect 120 "theirs goes on beyond that ($held_at starts)" has_started_more theirs $((limit + 1))
now=$(count_of theirs ran)
expect 60 'and on' has_started_more theirs $((now + 2))
check "ours was started $limit times after the first, by the end" told has_started_times ours $((limit + 1))
check 'neither ran twice at a time' never_two_live
note "$(count_of theirs ran) starts by xl's monitor, $(count_of ours ran) by us"

# Once more, by a person's word.
check 'xenvigil retry is taken' xenvigil retry ours
expect 30 'it starts once more' has_started_more ours $((limit + 1))
# shellcheck disable=SC2046 # one word per process
kill -9 $(monitors)
watch_stop
daemon_stop
