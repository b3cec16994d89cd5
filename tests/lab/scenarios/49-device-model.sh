# shellcheck shell=dash disable=SC1091,SC2154,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: the QEMU of a running HVM guest is killed: told at once, restarted by policy; and when it is not
# image: full
# needs: daemon
# deadline: 600
. /lab/dom0/matrix.sh

# One that halts in its boot sector, with all interrupts masked: nothing of it
# notices that its device model is gone.
guest_still()
{
	{
		printf '\372\260\377\346\041\346\241\373\364\353\375'
		head -c 499 /dev/zero
		printf '\125\252'
	} > "$dir/still.img"
	truncate -s 1M "$dir/still.img"
	guest_config still type=hvm kernel=linux memory=64 on_crash=restart \
		"disk=[\"$dir/still.img,raw,hda,rw\"]" > /dev/null
	sed -i '/^kernel\|^ramdisk\|^cmdline/d' "$dir/still.cfg"
	xl create -e "$dir/still.cfg" > "$dir/still.create" 2>&1 || not_ok 'xl create still'
}

model_of()
{
	xenstore-read "/local/domain/$(domid_of "$1")/image/device-model-pid"
}

has_model()
{
	grep -q xen-domid "/proc/$(model_of "$1")/cmdline"
}

is_watched()
{
	xenvigil status | grep -q "still .*watched"
}

is_ready()
{
	is_running still && has_model still && is_watched
}

is_told()
{
	xenvigil list | grep -q "the device model (QEMU, process $model) ended"
}

kill_model()
{
	model=$(model_of still)
	kill -9 "$model"
}

daemon_start
watch_start
guest_still
expect 60 'a guest runs, with a device model' is_ready
before still
kill_model
expect 5 'its end is told at once' log_has device-model-ended "domid=$(domid_before still)" "pid=$model"
came_to restart 60 still
expect 20 'its incident is over' log_has incident-closed "domid=$(domid_before still)" reason=crash outcome=handled
check 'with the cause' is_told
xenvigil list > "$dir/list"
note_file "$dir/list"

expect 60 'its successor has a device model, too' is_ready
daemon_stop
before still
kill_model
daemon_start
expect 15 'one that ended without a daemon is told as well' log_has device-model-ended "pid=$model"
came_to restart 60 still
check 'with the cause' is_told

expect 60 'its successor has one again' is_ready
xenvigil hold still
before still
kill_model
expect 10 'on hold: it is recorded' is_told
check 'and the guest left' is_running still
check 'as the same domain' test "$(domid_of still)" = "$(domid_before still)"
log_has crash-missed "domid=$(domid_of still)" || not_ok 'the log has it'
xenvigil release still
xl destroy still
expect 20 'somebody destroys it' is_gone still

guest_still
expect 60 'it is started by hand' is_ready
xl destroy still
expect 20 'and destroyed, which ends its device model' is_gone still
daemon_stop
check 'that was no incident' test "$(grep -c device-model-ended "$daemon_log")" -eq 2
watch_stop
check 'nobody ever ran twice at a time' never_two_live
