# shellcheck shell=dash disable=SC2154,SC1091,SC2034
# SPDX-License-Identifier: GPL-2.0-only
# Taking a core of a crashed guest by xl and by the daemon, in this order, and
# comparing the two. It must not start or stop guests by itself.
. /lab/dom0/matrix.sh

# xl_core NAME: by xl into $dir/NAME.xl; sets xl_ms.
xl_core()
{
	local begin
	begin=$(uptime_ms)
	xl dump-core "$(domid_of "$1")" "$dir/$1.xl" > "$dir/$1.dump" 2>&1 || {
		note_file "$dir/$1.dump"
		return 1
	}
	xl_ms=$(($(uptime_ms) - begin))
}

# figure NAME KEY: a number out of the record of NAME's last incident.
figure()
{
	xenvigil list --json | awk -F '"' -v uuid="$(uuid_of "$1")" -v key="$2" '
		# Its number comes before the uuid that says whose record it is.
		/^      "incident"/ { number = $0; sub(/.*:/, "", number); sub(/,$/, "", number) }
		/^      "uuid"/ { u = $4; if (key == "incident" && u == uuid && !seen) { print number; seen = 1 } }
		$2 == key && key != "incident" && u == uuid && !seen { sub(/.*:/, ""); sub(/,$/, ""); print; seen = 1 }'
}

# step_ms NAME: how long its dump took, as the record has it.
step_ms()
{
	xenvigil list --json | awk -F '"' -v uuid="$(uuid_of "$1")" '
		/^      "uuid"/ { u = $4 }
		/"step":"dump"/ { dump = u == uuid }
		dump && /"begun_ms"/ { sub(/.*:/, ""); begun = $0 + 0 }
		dump && /"ended_ms"/ { sub(/.*:/, ""); print $0 - begun; exit }'
}

# cores_equal NAME: every page that both have is the same; sets the figures.
cores_equal()
{
	local status=0
	domcores "$(core_of "$1")" "$dir/$1.xl" > "$dir/$1.cmp" 2>&1 || status=1
	[ "$(wc -l < "$dir/$1.cmp")" -eq 1 ] || note_file "$dir/$1.cmp"
	read -r ours_pages xl_pages both_pages different zero_pages < "$dir/$1.cmp"
	return "$status"
}

kib_on_disk()
{
	du -k "$1" | awk '{ print $1 }'
}

# What both scenarios of equality are: TYPE is pv or pvh.
core_equal()
{
	local type=$1 kib
	guest "$type" type="$type" kernel=linux memory=96 args=lab=panic on_crash=coredump-destroy
	expect 60 "$type crashed" is_shutdown "$type" 3
	check "xl takes a core of $type" xl_core "$type"
	note "$type: xl took $xl_ms ms, $(kib_on_disk "$dir/$type.xl") KiB"
	before "$type"
	daemon_start
	came_to coredump-destroy 120 "$type"
	# Before it is mapped: reading a hole of a tmpfs fills it.
	kib=$(kib_on_disk "$(core_of "$type")")
	check "$type: every page that both cores hold is the same" cores_equal "$type"
	note "$type: ours took $(step_ms "$type") ms, $kib KiB"
	note "$type: ours has $ours_pages pages, xl's $xl_pages, both $both_pages, zero $zero_pages"
	check "$type: ours holds all that xl's holds" test "$both_pages" -eq "$xl_pages"
	check "$type: and no less than the hypervisor counts" test "$ours_pages" -ge "$xl_pages"
	check "$type: zero pages take no room" test "$kib" -le \
		$(((ours_pages - zero_pages) * 4 * 101 / 100 + ours_pages * 16 / 1024 + 64))
	check 'no core was broken off' no_core_is_broken_off
	daemon_stop
	rm -f "$dir"/*.xl
}
