# shellcheck shell=dash disable=SC2154,SC1091,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: the disk below the records is full: crashes are handled, on record, and nothing is lost
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh

unrecorded()
{
	xenvigil status --json 2> /dev/null | sed -n 's/.*"unrecorded":\([0-9]*\).*/\1/p'
}

is_temporary()
{
	xenvigil status --json 2> /dev/null | grep -q '"records_temporary_ms":[1-9]'
}

# What the database frees when it is closed is taken as well.
is_temporary_for_good()
{
	fill 0
	xenvigil hold a > /dev/null
	xenvigil release a > /dev/null
	is_temporary
}

is_complete()
{
	[ "$(unrecorded)" = 0 ] && ! is_temporary
}

crash()
{
	for name in "$@"; do
		guest_go "$name"
	done
}

# recorded NAME: closed incidents of that guest.
recorded()
{
	xenvigil list --json | awk -F '"' -v uuid="$(uuid_of "$1")" '
		/^      "uuid"/ { u = $4 } /^      "outcome":"handled"/ { n += u == uuid }
		END { print n + 0 }'
}

# fill KIB: takes what the disk has, but for so much.
fill()
{
	room=$(df -k /var/lib/xenvigil | awk 'END { print $4 }')
	dd if=/dev/zero of=/var/lib/xenvigil/filler bs=1k conv=notrunc oflag=append \
		count=$((room - $1)) 2> /dev/null
}

is_full()
{
	test "$(df -k /var/lib/xenvigil | awk 'END { print $4 }')" -eq 0
}

# once NAME...: each of them has one incident on record.
once()
{
	for name in "$@"; do
		check "$name has one incident on record" test "$(recorded "$name")" = 1
	done
}

mkdir -p /var/lib/xenvigil
mount -t tmpfs -o size=24m,mode=700 tmpfs /var/lib/xenvigil
fill 4096
watch_start
daemon_start
check 'too little room to reserve is said' log_has 'warn keeper records-not-reserved'
for name in a b c d e; do
	guest "$name" type=pv args=crash=wait on_crash=restart
	expect 10 "$name runs" is_running "$name"
done
before a b c d e
crash a
came_to restart 60 a

fill 0
check 'the disk is full' is_full
crash b c
came_to restart 60 b
came_to restart 60 c
check 'the log says that the records are elsewhere' log_has 'error keeper records-temporary'
once b c
expect 30 'they stay there while there is no room' is_temporary_for_good
daemon_kill9
daemon_start
check 'still no room' is_temporary
# What was closed before is in the database, and shows when that can be used.
once b c
rm /var/lib/xenvigil/filler
expect 90 'when there is room, all is written' is_complete
once a b c

# Now there was room to reserve: a full disk does not show in the records.
fill 0
check 'the disk is full again' is_full
crash d e
came_to restart 60 d
came_to restart 60 e
check 'on record while the disk is full' is_complete
check 'the log says that it is full' log_has 'error keeper disk-full'
daemon_kill9
daemon_start
check 'still full' is_full
once a b c d e
rm /var/lib/xenvigil/filler
expect 30 'a daemon started from them has nothing to do' is_complete
watch_stop
for name in a b c d e; do
	held_to restart "$name"
done
daemon_stop
for name in a b c d e; do
	xl destroy "$(domid_of "$name")"
done
umount /var/lib/xenvigil
