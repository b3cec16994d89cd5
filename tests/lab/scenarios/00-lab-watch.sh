# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: domwatch sees what xl's own monitor does: the judge is judged
# image: small
# when: long
# deadline: 300

ran_at_least()
{
	[ "$(count_of "$1" ran)" -ge "$2" ]
}

crashed_at_least()
{
	[ "$(count_of "$1" shutdown 3)" -ge "$2" ]
}

finds_twins()
{
	! never_two_live "$1" > "$dir/twins"
}

is_later_than()
{
	! gone_within "$1" "$2"
}

watch_start

# xl restarts for ever: it ends with the monitor.
guest_monitored again type=pv args=crash=300 on_crash=restart
expect 40 'xl restarts a crashed guest, again and again' ran_at_least again 3
check 'every life but the last ended in a crash' crashed_at_least again 2
check 'no two lives at a time' never_two_live again
kill "$(pids_of "$dir/again.cfg")"

guest_monitored once type=pvh args=crash=wait on_crash=restart
expect 10 'a guest that waits is up' is_running once
guest_go once
expect 20 'it goes on when told, crashes and is started a second time' has_started_times once 2
check 'and does not crash a second time' told has_crashed_times once 1
check 'its second life runs' is_running once

guest twin-a type=pv args=idle
expect 10 'the first twin runs' is_running twin-a
# xl refuses a second domain of one name, not one of the same uuid.
guest twin-b type=pv args=idle uuid="$(uuid_of twin-a)"
expect 10 'the second twin runs' has_started_times twin-b 2
check 'never_two_live says no to twins' finds_twins twin-a
note_file "$dir/twins"
check 'and finds no other' never_two_live once

guest short type=pv args=poweroff on_poweroff=destroy
expect 10 'a guest without a monitor stays where it is' is_shutdown short 0
xl destroy "$(domid_of short)"
expect 10 'until xl destroys it' is_gone short
watch_stop
check 'gone_within sees the time between the two' gone_within short 10000
check 'and sees when it was longer' is_later_than short 1
