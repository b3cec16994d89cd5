# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: figures of our cores beside xl's, of the same crashed PV and PVH guest (tests/bench/core.bench)
# image: small
# needs: daemon
# units: no (figures, of the daemon alone)
# when: long
# deadline: 2400
. /lab/dom0/core.sh

median()
{
	printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}

# xl_cores NAME TIMES: sets xl_ms to the median, and leaves the last one.
xl_cores()
{
	local all=
	while [ "${2:?}" -gt "$(echo "$all" | wc -w)" ]; do
		rm -f "$dir/$1.xl"
		xl_core "$1" || return 1
		all="$all $xl_ms"
	done
	# shellcheck disable=SC2086
	xl_ms=$(median $all)
	note "xl, $1:$all"
}

# captures NAME FORMAT: three; sets ms to the median, the rest by the last one.
captures()
{
	local all='' i
	for i in 1 2 3; do
		[ "$i" -eq 1 ] || rm -f "$core"
		capture "$1" "$2" || return 1
		all="$all $ms"
	done
	# shellcheck disable=SC2086
	ms=$(median $all)
	note "ours, $1:$all"
}

# capture NAME FORMAT: sets ms, kib, memory_kib and core.
capture()
{
	domain_conf "$1" "format = \"$2\""
	kill -HUP "$(role_pids keeper)"
	core=$(xenvigil capture "$1" 2> "$dir/capture.stderr") || {
		note_file "$dir/capture.stderr"
		return 1
	}
	xenvigil status --json > "$dir/status.json"
	kib=$(kib_on_disk "$core")
	ms=$(captured core_ms)
	memory_kib=$(sed -n 's/.*; \([0-9]*\) KiB of memory at most.*/\1/p' "$dir/status.json" | tail -n 1)
}

# captured KEY: a figure of the newest capture.
captured()
{
	awk -F '"' -v key="$1" '$2 == key { sub(/.*:/, ""); sub(/,$/, ""); value = $0 } END { print value }' "$dir/status.json"
}

# rows TYPE: the figures of the newest capture beside xl's of the same guest.
rows()
{
	local what nonzero
	what="96 MiB $1, $(captured core_format | tr -d \")"
	nonzero=$((($(captured core_pages) - $(captured core_zero_pages)) * 4))
	row 'core: ms' "$what" "$ms" "$xl_ms"
	row 'core: KiB on disk' "$what" "$kib" "$xl_kib"
	row 'core: KiB on disk (beside pages that are not zero)' "$what" "$kib" "$nonzero"
	row 'core: KiB of memory at most' "$what" "$memory_kib" 65536
}

# row WHAT N OURS THEIRS: how many times more xl, or the bound, has.
row()
{
	awk -v what="$1" -v n="$2" -v ours="$3" -v theirs="$4" 'BEGIN {
		whose = what ~ /at most/ ? "bound" : what ~ /not zero/ ? "guest" : "xl"
		printf "%s|%s|%s|%s|%s|%s\n", what, n, ours, theirs, whose,
			(ours > 0 ? sprintf("%.2f", theirs / ours) : "-") }' >> "$dir/rows"
	note "$1, $2: ours $3, beside $4"
}

daemon_start 'core_free_percent = 0' 'on_crash = "preserve"'
for type in pv pvh; do
	guest "$type" type="$type" kernel=linux memory=96 args=lab=panic on_crash=preserve
	expect 60 "$type crashed" is_shutdown "$type" 3
	# A PVH guest's takes it minutes.
	times=3
	[ "$type" = pv ] || times=1
	check "a core of $type by xl" xl_cores "$type" "$times"
	xl_kib=$(kib_on_disk "$dir/$type.xl")
	formats=elf
	[ "$type" = pv ] || formats='elf kdump-zstd kdump-zlib'
	for format in $formats; do
		if ! captures "$type" "$format"; then
			not_ok "a core of $type as $format"
			continue
		fi
		ok "a core of $type as $format"
		rows "$type"
		domcores "$core" "$dir/$type.xl" > "$dir/$type.cmp" 2>&1
		check "$type as $format: page for page as xl's" test $? -eq 0
		rm -f "$core"
	done
	rm -f "$dir/$type.xl"
	xl destroy "$(domid_of "$type")"
done
daemon_stop
