# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: guests from before the daemon, crashed while it was down, and xl's own
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh

watch_start
guest early type=pvh args=crash=wait on_crash=restart
guest fallen type=pv args=crash on_crash=restart
guest fallen-off type=pvh args=crash on_crash=destroy
guest_monitored theirs type=pv args=crash=wait on_crash=preserve
expect 20 'fallen has crashed before the daemon starts' is_shutdown fallen 3
expect 20 'fallen-off too' is_shutdown fallen-off 3
before early fallen fallen-off theirs
daemon_start

# What restarts crashes again at once: the budget's second wait is one second.
expect 30 'fallen was started again' has_started_times fallen 2
came_to destroy 30 fallen-off
guest_go early
came_to restart 30 early
held_to restart early

# It crashes while the daemon is down.
guest while-down type=pv args=crash=wait on_crash=restart
expect 10 'while-down runs' is_running while-down
before while-down
daemon_stop
guest_go while-down
expect 10 'while-down crashed, and nobody acts' is_shutdown while-down 3
daemon_start
came_to restart 30 while-down
held_to restart while-down

# xl's own guest is left to it, until its monitor is gone.
kill -9 "$(pids_of "$dir/theirs.cfg")"
guest_go theirs
came_to preserve 30 theirs
watch_stop
check 'nobody ever ran twice at a time' never_two_live
daemon_stop
