# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# What each action has to come to, said once for every type of guest and every
# reason. It must not create or end guests.

# before NAME...: remembers which domains they are, for what comes after.
before()
{
	for name in "$@"; do
		domid_of "$name" > "$dir/$name.domid"
	done
}

domid_before()
{
	cat "$dir/$1.domid"
}

is_restarted()
{
	is_running_anew "$1" "$(domid_before "$1")"
}

old_is_gone()
{
	! domlist "$(domid_before "$1")" > /dev/null
}

# The old domain stays, shut down, under a uuid and a name of its own.
old_is_renamed()
{
	domlist "$(domid_before "$1")" | {
		read -r _ uuid flags _ || return 1
		case $flags in ???s?-) ;; *) return 1 ;; esac
		[ "$uuid" != "$(uuid_of "$1")" ]
	} && [ "$(xl domname "$(domid_before "$1")")" != "$1" ] &&
		[ "$(xl domname "$(domid_of "$1")")" = "$1" ]
}

is_kept()
{
	is_shutdown "$1" && [ "$(domid_of "$1")" = "$(domid_before "$1")" ]
}

is_kept_paused()
{
	is_kept "$1" && is_paused "$1"
}

# came_to ACTION SECONDS NAME: TAP lines for that end.
came_to()
{
	case $1 in
	destroy) expect "$2" "$3 is gone" is_gone "$3" ;;
	restart) expect "$2" "$3 runs again as another domain" is_restarted "$3" ;;
	rename-restart)
		expect "$2" "$3 runs again as another domain" is_restarted "$3"
		expect 10 "$3: the old domain stays under another uuid and name" old_is_renamed "$3"
		;;
	preserve|log) expect "$2" "$3 stays as it is" is_kept "$3" ;;
	pause) expect "$2" "$3 stays, and paused" is_kept_paused "$3" ;;
	coredump-destroy)
		expect "$2" "$3 is gone" is_gone "$3"
		check "$3 left a core" has_core "$3"
		;;
	coredump-restart)
		expect "$2" "$3 runs again as another domain" is_restarted "$3"
		check "$3 left a core" has_core "$3"
		;;
	esac
}

starts_after()
{
	case $1 in *restart) echo 2 ;; *) echo 1 ;; esac
}

# held_to ACTION NAME: once all is over, that nothing happened besides.
held_to()
{
	check "$2 was started $(starts_after "$1") times" \
		told has_started_times "$2" "$(starts_after "$1")"
	check "$2 ended once" told has_shut_down_times "$2" 1
	check "$2 never ran twice at a time" never_two_live "$2"
	case $1 in
	restart|coredump-restart) check "$2: the old domain is gone" old_is_gone "$2" ;;
	preserve|log) check "$2 is still as it was" is_kept "$2" ;;
	esac
}

no_core_is_broken_off()
{
	[ -z "$(core_leftovers)" ]
}
