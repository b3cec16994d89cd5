# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: figures of our cores beside xl's, of the same crashed PV and PVH guest (tests/bench/core.bench)
# image: small
# needs: daemon
# when: long
# deadline: 2400
. /lab/dom0/core.sh

# capture NAME FORMAT: sets ms, kib, memory_kib and core.
capture()
{
	domain_conf "$1" "format = \"$2\""
	kill -HUP "$daemon_pid"
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

# row TYPE: one line of figures, the ratios against xl.
row()
{
	local nonzero
	nonzero=$((($(captured core_pages) - $(captured core_zero_pages)) * 4))
	note "bench: $1 $(captured core_format | tr -d \") ms=$ms xl_ms=$xl_ms faster=$(ratio "$xl_ms" "$ms") kib=$kib xl_kib=$xl_kib size=$(ratio "$kib" "$xl_kib") nonzero_kib=$nonzero memory_kib=$memory_kib"
}

# ratio A B: A / B in hundredths.
ratio()
{
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'
}

daemon_start 'core_free_percent = 0' 'on_crash = "preserve"'
for type in pv pvh; do
	guest "$type" type="$type" kernel=linux memory=96 args=lab=panic on_crash=preserve
	expect 60 "$type crashed" is_shutdown "$type" 3
	check "a core of $type by xl" xl_core "$type"
	xl_kib=$(kib_on_disk "$dir/$type.xl")
	formats=elf
	[ "$type" = pv ] || formats='elf kdump-zstd kdump-zlib'
	for format in $formats; do
		if ! capture "$type" "$format"; then
			not_ok "a core of $type as $format"
			continue
		fi
		ok "a core of $type as $format"
		row "$type"
		domcores "$core" "$dir/$type.xl" > "$dir/$type.cmp" 2>&1
		check "$type as $format: page for page as xl's" test $? -eq 0
		rm -f "$core"
	done
	rm -f "$dir/$type.xl"
	xl destroy "$(domid_of "$type")"
done
daemon_stop
