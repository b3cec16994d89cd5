# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: the story that `make demo` tells: guests crash, each is handled its way
# image: small
# deadline: 600
# needs: daemon

# Tells what the hypervisor sees of our guests, as it happens.
teller()
{
	tail -n +1 -f "$dir/watch" | while read -r ms event domid uuid detail; do
		[ -e "$dir/telling" ] || break
		name=$(grep -l "^$uuid" "$dir"/*.uuid 2>/dev/null | head -n 1)
		[ -n "$name" ] || continue
		name=${name##*/}
		name=${name%.uuid}
		case $event in
		ran) what='runs' ;;
		shutdown) what="is down, reason $detail ($(reason_word "$detail"))" ;;
		paused) what='is paused' ;;
		gone) what='is gone' ;;
		uuid) what='is set aside under a new uuid' ;;
		*) continue ;;
		esac
		note "$(awk -v ms=$((ms - begin_ms)) 'BEGIN { printf "%7.1f s", ms / 1000 }')  domain $domid ($name) $what"
	done
}

reason_word()
{
	case $1 in
	0) echo poweroff ;;
	1) echo reboot ;;
	3) echo crash ;;
	4) echo watchdog ;;
	*) echo odd ;;
	esac
}

daemon_conf 'workers = 3'
domain_conf loop 'restart_limit = 2'
domain_conf inspect 'on_crash = "pause"'
watch_start
begin_ms=$(uptime_ms)
: > "$dir/telling"
teller &
daemon_start
note ''
note 'xenvigild runs. Now guests are started without any xl monitor:'
note '  web      Debian kernel, PV    on_crash=restart           panics'
note '  db       Debian kernel, PV    on_crash=coredump-destroy  panics'
note '  mail     tiny kernel, PV      on_crash=preserve          crashes'
note '  api      tiny kernel, PVH     on_crash=rename-restart    crashes once'
note '  node     Debian kernel, PVH   on_crash=destroy           panics'
note '  inspect  tiny kernel, PVH     on_crash=pause (our file)  crashes'
note '  loop     tiny kernel, PV      on_crash=restart           crashes for ever'
note '  batch    tiny kernel, PVH     on_poweroff=destroy        powers off'
note ''
guest web type=pv kernel=linux args=lab=idle on_crash=restart
guest db type=pv kernel=linux args=lab=idle on_crash=coredump-destroy
guest node type=pvh kernel=linux args=lab=idle on_crash=destroy
guest mail type=pv args=crash=500 on_crash=preserve
guest api type=pvh args=crash=wait on_crash=rename-restart
guest inspect type=pvh args=crash=500 on_crash=restart
guest loop type=pv args=crash=500 on_crash=restart
guest batch type=pvh args=poweroff=500

guest_go api
expect 60 'web is up' guest_console_has web 'guest: up'
expect 60 'db is up' guest_console_has db 'guest: up'
expect 60 'node is up' guest_console_has node 'guest: up'
web=$(domid_of web)
note ''
note 'The Debian guests are made to panic, and while that is handled the daemon is killed:'
guest_panic web
guest_panic db
guest_panic node
await 60 'a worker to be at work' has_role worker
daemon_kill9
note 'SIGKILL to xenvigild; it is started again'
daemon_start

expect 120 'web was restarted' is_running_anew web "$web"
expect 120 'db is gone' is_gone db
check 'db left a core' has_core db
expect 60 'node is gone' is_gone node
check 'mail was preserved' is_shutdown mail 3
expect 60 'api runs again' is_running api
is_set_aside()
{
	[ "$(count_of "$1" uuid)" -eq 1 ] || awk -v old="$(uuid_of "$1")" '
		$2 == "uuid" && $5 == old { found = 1 } END { exit !found }' "$dir/watch"
}
expect 60 'the crashed api is set aside' is_set_aside api
expect 60 'inspect is kept, paused' state_is inspect '??ps??' 3
expect 60 'batch is gone' is_gone batch
loop_is_held()
{
	xenvigil status | grep -q 'loop .* held at create'
}
expect 120 'loop was restarted twice, then held' loop_is_held
check 'loop was started three times in all' told has_started_times loop 3
check 'no guest ever ran twice at a time' never_two_live
rm "$dir/telling"

note ''
note 'xenvigil list:'
xenvigil list | while IFS= read -r line; do note "  $line"; done
note ''
note 'xenvigil status:'
xenvigil status | while IFS= read -r line; do note "  $line"; done
