# shellcheck shell=dash disable=SC1091,SC2154
# SPDX-License-Identifier: GPL-2.0-only
# Owns the judging by the hypervisor's own list. It must not read a log or ask the
# daemon under test.

# --- The present, by domlist ------------------------------------------------

# The lines of a guest's domains that are not being torn down.
domains_of()
{
	domlist "$(uuid_of "$1")" | grep -v ' .....d '
}

domid_of()
{
	domains_of "$1" | { read -r domid _ && echo "$domid"; }
}

flags_of()
{
	domains_of "$1" | { read -r _ _ flags _ && echo "$flags"; }
}

reason_of()
{
	domains_of "$1" | { read -r _ _ _ reason _ && echo "$reason"; }
}

cpu_ns_of()
{
	domains_of "$1" | { read -r _ _ _ _ cpu _ && echo "$cpu"; }
}

is_gone()
{
	! domlist "$(uuid_of "$1")" > /dev/null
}

is_present()
{
	domlist "$(uuid_of "$1")" > /dev/null
}

# state_is NAME PATTERN [REASON]: of its one domain that is not dying.
state_is()
{
	domains_of "$1" | {
		read -r _ _ flags reason _ || return 1
		# shellcheck disable=SC2254 # a pattern is what is given
		case $flags in $2) ;; *) return 1 ;; esac
		[ -z "${3:-}" ] || [ "$reason" = "$3" ]
	}
}

# Neither paused, as it is built, nor shut down.
is_running()
{
	state_is "$1" '??----'
}

is_paused()
{
	state_is "$1" '??p??-'
}

# is_shutdown NAME [REASON]: shut down, present and not dying.
is_shutdown()
{
	state_is "$1" '???s?-' "${2:-}"
}

# is_running_anew NAME DOMID: runs, but not as that domain.
is_running_anew()
{
	is_running "$1" && [ "$(domid_of "$1")" != "$2" ]
}

# --- The past, by domwatch ---------------------------------------------------

watch_start()
{
	rm -f "$dir/watch" # of an earlier watch: its first record is awaited
	domwatch "$dir/watch" "${1:-20}" &
	echo $! > "$dir/watch.pid"
	await 5 'the first record of domwatch' test -s "$dir/watch"
}

watch_stop()
{
	kill "$(cat "$dir/watch.pid")"
	wait "$(cat "$dir/watch.pid")" 2>/dev/null
}

# count_of NAME EVENT [DETAIL]
count_of()
{
	awk -v uuid="$(uuid_of "$1")" -v event="$2" -v detail="${3:-}" '
		$4 == uuid && $2 == event && (detail == "" || $5 == detail) { n++ }
		END { print n + 0 }' "$dir/watch"
}

# told COMMAND NAME...: and what befell NAME when that fails.
told()
{
	"$@" && return 0
	awk -v uuid="$(uuid_of "$2")" '
		index($0, uuid) && $2 !~ /paused/ {
			past = past "  " $1 " " $2 " " $3 (uuid == $5 ? "" : " " $5)
		}
		END { print past }' "$dir/watch" > "$dir/past"
	note "$2:$(cat "$dir/past")"
	return 1
}

has_started_times()
{
	[ "$(count_of "$1" ran)" -eq "$2" ]
}

has_crashed_times()
{
	[ "$(count_of "$1" shutdown 3)" -eq "$2" ]
}

has_shut_down_times()
{
	[ "$(count_of "$1" shutdown)" -eq "$2" ]
}

# time_of NAME EVENT: of its last such event, in ms.
time_of()
{
	awk -v uuid="$(uuid_of "$1")" -v event="$2" '
		$4 == uuid && $2 == event { t = $1 } END { print t + 0 }' "$dir/watch"
}

# Two domains of one uuid that both could run at one time: what must never be.
# Prints each case; fails when there was one. Without a NAME: of any guest.
never_two_live()
{
	awk -v only="${1:+$(uuid_of "$1")}" '
		function drop(domid) {
			if (domid in live) { count[live[domid]]--; delete live[domid] }
		}
		function add(domid, uuid) {
			drop(domid); live[domid] = uuid
			if (++count[uuid] > 1 && (only == "" || only == uuid)) {
				print "two live domains of " uuid " at " $1 " ms, the second is " domid
				bad = 1
			}
		}
		$2 == "appeared" || $2 == "resumed" { add($3, $4) }
		$2 == "uuid" && ($3 in live) { drop($3); add($3, $4) }
		$2 == "shutdown" || $2 == "dying" || $2 == "gone" { drop($3) }
		END { exit bad }' "$dir/watch"
}

# gone_within NAME MS: from its last shutdown to its end.
gone_within()
{
	local shutdown gone
	shutdown=$(time_of "$1" shutdown)
	gone=$(time_of "$1" gone)
	[ "$shutdown" -gt 0 ] && [ "$gone" -ge "$shutdown" ] && [ $((gone - shutdown)) -le "$2" ]
}
