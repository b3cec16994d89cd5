# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: a guest comes back in the CPU pool that it ran in, in the default one when that is gone
# image: small
# needs: daemon
# boot: own
# deadline: 300
. /lab/dom0/matrix.sh

pool_of()
{
	xl list -c "$1" 2>/dev/null | awk -v name="$1" '$1 == name { print $NF }'
}

waits()
{
	xenvigil status --json | tr -d ' \n' | grep -q '"state":"waiting"'
}

watch_start
daemon_start 'backoff_min_seconds = 20' 'backoff_max_seconds = 20'
xl cpupool-cpu-remove Pool-0 1
xl cpupool-create 'name="fast"' 'cpus=["1"]' > "$dir/pool" 2>&1
check 'there is a second pool' test $? -eq 0
note_file "$dir/pool"
guest web type=pv args=crash=wait on_crash=restart || finish
expect 10 'web runs' is_running web
check 'in the default pool' test "$(pool_of web)" = Pool-0
xl cpupool-migrate web fast
check 'it is moved to the other one' test "$(pool_of web)" = fast
before web
guest_go web
came_to restart 60 web
check 'it comes back there' test "$(pool_of web)" = fast

guest_go web
expect 60 'its next restart waits' waits
check 'the pool is removed' xl cpupool-destroy fast
expect 60 'web runs again' is_running web
check 'in the default pool' test "$(pool_of web)" = Pool-0
check 'and that is said' sh -c 'xenvigil list | grep -q "CPU pool fast is gone"'
check 'it never ran twice at a time' never_two_live web
xl cpupool-cpu-add Pool-0 1
watch_stop
daemon_stop
