# shellcheck shell=dash disable=SC1091,SC2154,SC2086,SC2046,SC2030,SC2031
# SPDX-License-Identifier: GPL-2.0-only
# about: xlv under the name xl: links and scripts of it, no xl, new domains, migrations to and from it
# image: small
# needs: daemon
# deadline: 1200

. /lab/dom0/matrix.sh

# by_link COMMAND...: where xl is xlv.
by_link()
{
	(
		export PATH="$dir/bin:$PATH"
		"$@"
	)
}

# timed COMMAND...: as by_link, and its time.  Four seconds of the emulated machine
# are what tests/attack/r39-as-xl holds to one of this machine.
timed()
{
	local begin status
	begin=$(uptime_ms)
	by_link timeout 60 "$@" > "$dir/out" 2> "$dir/err" < /dev/null
	status=$?
	took_ms=$(($(uptime_ms) - begin))
	return "$status"
}

has_no_monitor()
{
	local pid pids
	pids=$(monitors)
	for pid in $pids; do
		note "process $pid: $(tr '\0' ' ' < "/proc/$pid/cmdline")"
	done
	[ -z "$pids" ]
}

status_words()
{
	xenvigil status --json | tr -d ' \n' | sed 's/{"domain"/\n&/g'
}

# is_ours NAME: the daemon alone watches that very domain.
is_ours()
{
	status_words | grep "^{\"domain\":\"$1\"" | grep "\"domid\":$(domid_of "$1")," |
		grep '"owner":"xenvigil"' | grep -q '"state":"watched"'
}

has_no_incident()
{
	! xenvigil list --json | tr -d ' \n' | grep -q "\"domain\":\"$1[\"-]"
}

# Two domains of one uuid that could run at a time, as domwatch saw them; one that is
# received is there beside the other, and paused.
one_ran_at_a_time()
{
	awk -v uuid="$(uuid_of "$1")" '
		$4 != uuid { next }
		$2 == "unpaused" || $2 == "resumed" { runs[$3] = 1 }
		$2 == "paused" || $2 == "shutdown" || $2 == "dying" || $2 == "gone" { delete runs[$3] }
		{ n = 0; for (i in runs) n++; if (n > 1) { print "two run at " $1 " ms"; bad = 1 } }
		END { exit bad }' "$dir/watch"
}

# A link, as a host would have it, and the two-line script that calls xlv.
mkdir "$dir/bin" "$dir/script" "$dir/old"
ln -s /usr/bin/xlv "$dir/bin/xl"
ln -s /usr/bin/xlv "$dir/bin/xen"
printf '#!/bin/sh\nexec xlv "$@"\n' > "$dir/script/xl"
chmod 755 "$dir/script/xl"

watch_start
daemon_start
guest web type=pv args=idle
expect 10 'web runs' is_running web

# --- Where xl is -------------------------------------------------------------

xl list web > "$dir/list"
for path in "$dir/script:$PATH" "$dir/bin:$dir/script:$dir/bin:$PATH" "/etc/passwd:$dir/bin:$PATH"; do
	(PATH=$path && export PATH && timeout 60 xl list web > "$dir/out" 2> "$dir/err")
	check "with PATH=$path xl is found" test $? -eq 0 -a ! -s "$dir/err"
	check 'and says the same' test "$(cut -c 1-46 "$dir/out")" = "$(cut -c 1-46 "$dir/list")"
done
timed env -i "$dir/bin/xl" domid web
check "with no environment, too ($took_ms ms)" test "$(cat "$dir/out")" = "$(domid_of web)"
timed xen domid web
check "xen is xl ($took_ms ms)" test "$(cat "$dir/out")" = "$(domid_of web)"
mv /usr/sbin/xl "$dir/xl.away"
timed env -i "$dir/bin/xl" domid web
check 'that of the Xen that runs is found in its own directory' test "$(cat "$dir/out")" = "$(domid_of web)"
programs=$(echo /usr/lib/xen-[0-9]*/bin)
mv "$programs/xl" "$programs/xl.away"
timed xl list
check "with no xl it ends with 127 ($took_ms ms)" test $? -eq 127 -a "$took_ms" -le 4000
check 'and says so' grep -q 'no xl program was found' "$dir/err"
PATH=$dir/script:$PATH timed xl list
check "so it does with a script of xlv alone ($took_ms ms)" test $? -eq 127 -a "$took_ms" -le 4000
check 'which it names' grep -q "script/xl: runs this program again" "$dir/err"
mv "$programs/xl.away" "$programs/xl"
mv "$dir/xl.away" /usr/sbin/xl
# The same program, which asks for the libxl of another Xen.
cp "$programs/xl" "$dir/old/xl"
at=$(strings -t d "$programs/xl" | sed -n 's/^ *\([0-9]*\) libxenlight\.so\.4\.[0-9][0-9]$/\1/p')
printf 02 | dd of="$dir/old/xl" bs=1 seek=$((at + 17)) conv=notrunc 2> /dev/null
PATH=$dir/old:$PATH timed xl list
check 'an xl of another version fails by itself' test $? -eq 127
check 'and it is said what it is' grep -q 'old/xl belongs to Xen 4\.2, but Xen 4\.[0-9]* runs' "$dir/err"

kill -STOP $(xenstored_pids)
timed xl help
check "xl help is there while xenstored is stopped ($took_ms ms)" test $? -eq 0
check 'whole' test "$(grep -c . "$dir/out")" -ge 60
timed xl create "$dir/web.cfg"
check "xl create is not begun then ($took_ms ms)" test $? -eq 75 -a "$took_ms" -le 4000
kill -CONT $(xenstored_pids)

# --- Whose a new domain is -----------------------------------------------------

guest_config mine type=pv args=crash=wait on_crash=destroy > /dev/null
timed xl create "$dir/mine.cfg"
check 'xl create succeeds' test $? -eq 0
note_file "$dir/err"
expect 10 'mine runs' is_running mine
check 'without a monitor of xl' has_no_monitor
expect 60 'it is the daemon'"'"'s' is_ours mine
guest_go mine
expect 30 'mine crashed, and was handled' is_gone mine
timed xen create "$dir/mine.cfg"
check 'xen create succeeds as well' test $? -eq 0
check 'without a monitor, too' has_no_monitor
xl destroy mine
daemon_stop
timed xl create "$dir/mine.cfg"
check 'without a daemon xl create succeeds' test $? -eq 0
check 'and says that xl looks after the domain' grep -q "an xl monitor supervises the domain" "$dir/err"
check 'which it does' test -n "$(monitors)"
xl destroy mine
expect 20 'that monitor ends with its domain' has_no_monitor
daemon_start

# --- Migrations within one host ------------------------------------------------

is_no_domain()
{
	! domlist "$1" > /dev/null
}

# migrate SENDER RECEIVER [OPTION]: which xl is at which end.
migrate()
{
	local what="from $1 to $2 ${3:-}"
	domid=$(domid_of moves)
	by_link timeout 400 "$1" migrate -s '' moves "$2 migrate-receive ${3:-}" > "$dir/out" 2> "$dir/err" < /dev/null
	check "$what: the migration succeeds" test $? -eq 0
	note_file "$dir/err"
	expect 20 "$what: the old domain is gone" is_no_domain "$domid"
	check "$what: moves is another domain, and runs" is_running_anew moves "$domid"
	check "$what: no monitor is left with it" has_no_monitor
	expect 60 "$what: the daemon watches it" is_ours moves
	check "$what: it is no incident" has_no_incident moves
}

guest moves type=pvh kernel=linux args=lab=idle memory=96 on_crash=restart || finish
expect 60 'moves is up' guest_console_has moves 'guest: up'
expect 60 'the daemon watches it' is_ours moves
migrate /usr/sbin/xl /usr/sbin/xl -e
migrate xl /usr/sbin/xl -e
migrate /usr/sbin/xl xl
migrate xl xl
check 'it never ran twice at a time' one_ran_at_a_time moves
before moves
guest_panic moves
came_to restart 60 moves
watch_stop
check 'once' told has_crashed_times moves 1
check 'by the daemon' has_no_monitor
daemon_stop
