# shellcheck shell=dash disable=SC2154,SC1091,SC2034
# SPDX-License-Identifier: GPL-2.0-only
# about: no room for a core at any of its parts, or nobody to write it: reported, restarted, nothing left
# image: small
# needs: daemon
# deadline: 600
. /lab/dom0/core.sh

cores=/var/lib/xenvigil/cores

# begin DUMP-DEADLINE
begin()
{
	daemon_start 'core_free_percent = 0' 'restart_limit = 64' 'backoff_min_seconds = 0' \
		'loop_cores = 1000' "deadline_dump_seconds = $1"
}

# spied DUMP-DEADLINE CALLS [STRACE-OPTION...]: the same, and such calls of the daemon
# and its workers are written down; by the options they fail or take long.
spied()
{
	local deadline=$1
	: > "$dir/calls"
	daemon_by="strace -D -f --seccomp-bpf -A -o $dir/calls -e trace=$2"
	shift 2
	daemon_by="$daemon_by $*"
	begin "$deadline"
	daemon_by=''
}

# room KIB [OPTION]: what the cores' own file system has in all.
room()
{
	umount "$cores" 2> /dev/null
	mount -t tmpfs -o "size=${1}k,mode=700${2:+,$2}" cores "$cores"
	: > "$dir/calls"
}

# Where the first write was that found no room, in pages; "name" when it was the
# renaming. Another thread's call may stand between the two halves of one.
full_at()
{
	awk '/pwrite64\(.*<unfinished/ { sub(/ <unfinished.*/, ""); begun[$1] = $NF }
		/pwrite64 resumed.*= -1 ENOSPC/ { print int(begun[$1] / 4096); exit }
		/= -1 ENOSPC/ && /pwrite64/ { sub(/\) *= -1.*/, ""); print int($NF / 4096); exit }
		/= -1 ENOSPC/ { print "name"; exit }' "$dir/calls"
}

# at TEXT FIRST END: that it was there.
at()
{
	note "$1: full at page $(full_at)"
	check "$1: it was there" test "$(full_at)" -ge "$2" -a "$(full_at)" -lt "$3"
}

crash()
{
	before "$1"
	guest_go "$1"
}

has_no_lock()
{
	flock -n "/run/xenvigil/lock/$(uuid_of "$1")" true
}

no_worker()
{
	[ -z "$(role_pids worker)" ]
}

is_closed()
{
	! xenvigil status --json | grep -q '"incident"' && xenvigil info "$1" > "$dir/$1.info" 2>&1
}

# reported NAME TEXT CORES: what has to be, whatever became of the core ("": either).
reported()
{
	expect 20 "$2: the incident is over" is_closed "$1"
	check "$2: the report is there" grep -q '^registers, from ' "$dir/$1.info"
	check "$2: and its console" grep -q '^    tiny: PV' "$dir/$1.info"
	[ -z "$3" ] || check "$2: the guest has $3 cores" test "$(core_of "$1" | wc -l)" -eq "$3"
	check "$2: no part of one is left" no_core_is_broken_off
	check "$2: nor its lock" has_no_lock "$1"
	expect 10 "$2: nor a worker" no_worker
}

# says NAME PATTERN: its record.
says()
{
	grep -q -E -e "$2" "$dir/$1.info" || { note_file "$dir/$1.info" 60; return 1; }
}

# restarted NAME TEXT CORES [PATTERN]: and what the record says of the dump.
restarted()
{
	expect 60 "$2: $1 runs again" is_restarted "$1"
	reported "$1" "$2" "$3"
	[ -z "${4:-}" ] || check "$2: the record says so" says "$1" " dump .* FAILED .*$4"
}

# full NAME TEXT: a crash whose core finds no room.
full()
{
	crash "$1"
	restarted "$1" "$2" 0 'No space left on device'
}

is_in_the_middle()
{
	for part in "$cores"/*.part; do
		[ -s "$part" ] && return
	done
	return 1
}

# The worker, once it is at the core's file: a moment, so tried without a pause.
catch_worker()
{
	local end
	worker=''
	end=$(($(uptime_ms) + 30000))
	while [ "$(uptime_ms)" -lt "$end" ]; do
		[ -n "$worker" ] || worker=$(role_pids worker)
		[ -z "$worker" ] || ! is_in_the_middle || return 0
	done
	return 1
}

stop_worker()
{
	catch_worker && kill -STOP "$worker" && is_in_the_middle
}

# --- The disk is full ---------------------------------------------------------

# It writes its reserve page for page, and each is looked at.
daemon_wait_s=120
spied 30 pwrite64
daemon_wait_s=30
guest pvh type=pvh args=crash=wait memory=32 on_crash=coredump-restart
guest pv type=pv args=crash=wait memory=32 on_crash=coredump-restart
for name in pvh pv; do
	expect 20 "$name runs" is_running "$name"
done
for name in pvh pv; do
	room 65536
	crash "$name"
	restarted "$name" 'with room' 1
	eval "$name=$(($(kib_on_disk "$(core_of "$name")") / 4))"
	eval "${name}_end=$((($(stat -c %s "$(core_of "$name")") + 4095) / 4096))"
	# Of a kdump, in pages: the head but for its first, and both bitmaps.
	od -A n -t u4 -j 432 -N 8 "$(core_of "$name")" > "$dir/$name.blocks"
done
read -r head bitmaps < "$dir/pvh.blocks"
head=$((head + 1))
note "in pages: a PVH core $pvh, its head at most $head, its bitmaps $bitmaps, its end $pvh_end; a PV core $pv"

is_long=$(rounds '' yes)
if [ -n "$is_long" ]; then
	room 4096 nr_inodes=1
	full pvh 'no room for a file'
fi
room 80
full pvh 'no room for pages'
at 'no room for pages' $((head + bitmaps)) 100000
# The head is written last, the bitmaps before it.
# Most of a bitmap is a hole: the frames of a PVH guest lie far apart.
if [ -n "$is_long" ]; then
	room $(((pvh_end - head - bitmaps + 2) * 4))
	full pvh 'no room for bitmaps'
	at 'no room for bitmaps' "$head" $((head + bitmaps))
fi
room $(((pvh - 2) * 4))
full pvh 'no room for the head'
at 'no room for the head' 0 "$head"
if [ -n "$is_long" ]; then
	room $(((pv - 2) * 4))
	full pv 'no room for the head, ELF'
	at 'no room for the head, ELF' 0 3
fi
room $((pv * 4 / 2))
full pv 'no room for pages, ELF'
at 'no room for pages, ELF' 3 100000
xl destroy "$(domid_of pv)"
daemon_stop

room 65536
spied 30 renameat2 -e inject=renameat2:error=ENOSPC
full pvh 'no room for the name'
check 'no room for the name: it came to that' test "$(full_at)" = name
daemon_stop

# --- Nobody is left to write --------------------------------------------------

spied 1 renameat2 -e inject=renameat2:delay_enter=15s
crash pvh
restarted pvh 'past its deadline' 0 'overran its deadline and was killed'
daemon_stop

begin 10
crash pvh
check 'stopped: a worker is stopped with the core half written' stop_worker
restarted pvh stopped 1 'overran its deadline and was killed'
rm -f "$cores"/*

crash pvh
check 'killed: a worker is killed with the core half written' catch_worker
kill -9 "$worker"
# By what, only a parent is told: under the units that is systemd.
killed='worker killed by signal 9'
[ -z "${LAB_UNITS:-}" ] || killed='worker ended unexpectedly'
restarted pvh killed 1 "$killed"
rm -f "$cores"/*

crash pvh
check 'destroyed: a worker is stopped with the core half written' stop_worker
xl destroy "$(domid_before pvh)"
kill -CONT "$worker"
expect 60 'destroyed: the domain is gone' old_is_gone pvh
reported pvh destroyed ''
note_file "$dir/pvh.info" 40
check 'destroyed: nobody starts what another hand ended' is_gone pvh
daemon_stop
umount "$cores"
