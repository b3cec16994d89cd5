# shellcheck shell=dash disable=SC1091,SC2154,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: the same with HVM guests: power buttons, who did not end and its core, the command
# when: long
# image: full
# needs: daemon
# deadline: 900
. /lab/dom0/matrix.sh

modules=/lib/modules/$(uname -r)/kernel/drivers/acpi

# A guest's world that powers off when its button is pressed, and does no more. With
# lab=bare it gives up its one Xen device before: a device that is connected when the
# kernel powers off is given back through xenstored, for which it waits without end.
make_listener()
{
	mkdir -p "$dir/world"
	cp "$modules"/button.ko* "$dir/world/"
	cat > "$dir/world/init" <<- 'END'
		#!/bin/busybox sh
		busybox mount -t proc proc /proc
		busybox mount -t sysfs sysfs /sys
		busybox mount -t devtmpfs devtmpfs /dev
		busybox insmod /button.ko
		vkbd=/sys/bus/xen/drivers/vkbd
		while ! busybox grep -q Connected $vkbd/vkbd-0/state; do busybox sleep 1; done
		! busybox grep -q lab=bare /proc/cmdline || echo vkbd-0 > $vkbd/unbind
		echo "guest: up, and listens: $(busybox cat /sys/firmware/acpi/interrupts/ff_pwr_btn)"
		while ! busybox grep -q '^ *[1-9]' /sys/firmware/acpi/interrupts/ff_pwr_btn; do busybox sleep 1; done
		echo 'guest: its button was pressed'
		busybox poweroff -f &
		busybox sleep 5
		echo "guest: still there, in:" $(busybox cat /proc/$!/stack)
		while :; do busybox sleep 86400; done
	END
	chmod 755 "$dir/world/init"
	cp /lab/guest/initrd "$dir/listener"
	(cd "$dir/world" && find . | busybox cpio -o -H newc 2> /dev/null) >> "$dir/listener"
}

# One that stays in the program of its boot sector, where firmware without any would
# start anew after a minute: it masks all interrupts at the controllers and halts. (With
# those of the CPU off Xen would take the halt for a power off.)
guest_deaf()
{
	{
		printf '\372\260\377\346\041\346\241\373\364\353\375'
		head -c 499 /dev/zero
		printf '\125\252'
	} > "$dir/deaf.img"
	truncate -s 1M "$dir/deaf.img"
	guest_config deaf type=hvm kernel=linux memory=64 "disk=[\"$dir/deaf.img,raw,hda,rw\"]" > /dev/null
	sed -i '/^kernel\|^ramdisk\|^cmdline/d' "$dir/deaf.cfg"
	xl create -e "$dir/deaf.cfg" > "$dir/deaf.create" 2>&1 || not_ok 'xl create deaf'
}

is_health()
{
	timeout 10 xenvigil status --json > "$dir/status" 2> /dev/null && grep -q "\"health\": *\"$1\"" "$dir/status"
}

retreat_is()
{
	xenvigil status > "$dir/status" && grep -q "^retreat $1" "$dir/status"
}

printf '#!/bin/sh\necho "$#" > %s/ran\n' "$dir" > "$dir/command"
chmod 700 "$dir/command"
make_listener
daemon_start 'retreat_seconds = 60' 'retreat_cores = "left"' "retreat_command = \"$dir/command\""
guest pv type=pv args=idle
guest_deaf
guest hears type=hvm kernel=linux initrd="$dir/listener" args=lab=bare memory=192 on_poweroff=destroy
guest waits type=hvm kernel=linux initrd="$dir/listener" args=lab=idle memory=192 on_poweroff=destroy
expect 240 'the guest listens' guest_console_has hears 'up, and listens'
expect 240 "one with Xen's drivers listens, too" guest_console_has waits 'up, and listens'
hears=$(domid_of hears)
waits=$(domid_of waits)
expect 20 'the host is healthy' is_health healthy
xenvigil retreat > "$dir/said" 2>&1
check 'no retreat from a host that is well' grep -q 'xl shutdown' "$dir/said"

stopped=$(xenstored_pids)
kill -STOP $stopped
expect 5 'stopped: hung' is_health hung
begin=$(uptime_ms)
xenvigil retreat > "$dir/said" 2>&1
check 'the retreat begins' grep -q '^retreat waiting: asked to power off, still waiting for: .*hears' "$dir/said"
check 'it says who cannot be asked' grep -q 'no power button (PV, PVH): pv' "$dir/said"
note_file "$dir/said"
expect 50 'who hears it powers off' is_shutdown hears 0
note "$(($(uptime_ms) - begin)) ms after the button"
expect 5 'the daemon says so' retreat_is 'waiting: asked to power off, still waiting for: deaf, waits; powered off: hears'
expect 30 "who has a device of Xen's heard it" guest_console_has waits 'its button was pressed'
expect 30 'and waits for xenstored to give it back' guest_console_has waits 'still there, in:.*xs_talkv.*device_shutdown'
daemon_kill9
daemon_start 'retreat_seconds = 15' 'retreat_cores = "left"' "retreat_command = \"$dir/command\""
expect 10 'another daemon takes it up' log_has 'retreat-resumed' 'state=waiting' 'waiting for: deaf, waits'
expect 120 'the retreat comes to its end' retreat_is over
note_file "$dir/status"
check 'who does not is named' grep -q 'asked to power off, but still running: deaf (domid.*core.*, waits (domid.*core' "$dir/status"
check 'its core is there' has_core deaf
check 'and of the other' has_core waits
check 'it was logged' log_has 'retreat-left' 'deaf' 'waits'
check 'the command was run once, without an argument' test "$(cat "$dir/ran")" = 0
xenvigil list > "$dir/list"
check 'it is on record' grep -q \
	'retreat: .*waiting for: deaf, waits; powered off: hears; .*again: .*still running: deaf.*the command ended with status 0' "$dir/list"
check 'nobody else was touched' sh -c "domlist | grep -q '$(uuid_of pv)' && domlist | grep -q '$(uuid_of deaf)'"
kill -CONT $stopped
expect 10 'healthy again' is_health healthy
expect 60 'the guest that powered off is cleared away' is_gone hears
expect 20 "it was domain $hears" log_has incident-closed "domid=$hears"
expect 60 'who waited for xenstored powers off now' log_has incident-closed "domid=$waits" reason=poweroff
daemon_stop

# By itself, and stopped when the host is healthy again.
daemon_start 'retreat_after_seconds = 2' 'retreat_seconds = 600' 'retreat_command = "/bin/false"'
expect 20 'the host is healthy' is_health healthy
kill -STOP $stopped
expect 20 'a retreat begins without a person' retreat_is 'waiting: asked to power off, still waiting for: deaf'
kill -CONT $stopped
expect 10 'healthy once more' is_health healthy
expect 10 'it ends, and runs nothing' log_has 'retreat-over' 'stopped: the host is healthy again'
check 'who did not end still runs' is_running deaf

# An operator stops the next one; then there is none for this trouble.
kill -STOP $stopped
expect 20 'another begins with the next trouble' retreat_is 'waiting: asked to power off, still waiting for: deaf'
xenvigil retreat > "$dir/said" 2>&1
check 'it is not ordered twice' grep -q 'a retreat is in progress' "$dir/said"
xenvigil retreat --cancel > "$dir/said" 2>&1
check 'an operator stops it' grep -q '^retreat over: .*; stopped: by the operator$' "$dir/said"
daemon_kill9
daemon_start
expect 10 'another daemon has the same verdict' is_health hung
check 'and knows that it is over' retreat_is 'over: asked to power off.*; stopped: by the operator'
check 'it begins no other' test "$(grep -c retreat-begun "$daemon_log")" -eq 3
kill -CONT $stopped
expect 10 'healthy at last' is_health healthy
check 'its command was not run' test "$(cat "$dir/ran")" = 0
daemon_stop
