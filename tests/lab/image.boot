# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Owns finding a root's hypervisor and kernel and making them ready to boot.
# It must not know what runs in dom0.

boot_newest_xen()
{
	local file
	file=$(compgen -G "$1/boot/xen-${LAB_XEN:-[0-9]*}-amd64.gz" | sort -V | tail -n 1)
	[ -n "$file" ] || { say "no hypervisor in $1/boot; tests/setup/packages lab installs it"; return 1; }
	printf '%s' "$file"
}

# Where that hypervisor's own programs are, inside the root.
boot_xen_programs()
{
	local version
	version=$(basename "$(boot_newest_xen "$1")")
	version=${version#xen-}
	printf '/usr/lib/xen-%s/bin' "${version%-amd64.gz}"
}

# A kernel without its modules is of no use as dom0.
boot_newest_kernel()
{
	local file version best=''
	for file in $(printf '%s\n' "$1"/boot/vmlinuz-* | sort -V); do
		version=${file##*/vmlinuz-}
		[ ! -d "$1/lib/modules/$version/kernel" ] || best=$version
	done
	[ -n "$best" ] || { say "no kernel with modules in $1/boot; tests/setup/packages lab installs it"; return 1; }
	printf '%s' "$best"
}

boot_number_at()
{
	od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# Takes the ELF file out of a bzImage: a domain builder then need not unpack it,
# which under emulation is most of a guest's start.
boot_unpack_kernel()
{
	local image=$1 out=$2 start length magic program
	start=$((($(boot_number_at "$image" 497 1) + 1) * 512 + $(boot_number_at "$image" 584 4)))
	# Four bytes of length follow the packed data.
	length=$(($(boot_number_at "$image" 588 4) - 4))
	magic=$(od -A n -t x1 -j "$start" -N 4 "$image" | tr -d ' ')
	case $magic in
	fd377a58) program=(xz -dc --single-stream) ;;
	28b52ffd) program=(zstd -dcq) ;;
	1f8b*) program=(gzip -dc) ;;
	*) say "$image: packed by an unknown program (magic $magic)"; return 1 ;;
	esac
	dd if="$image" bs=1M iflag=skip_bytes,count_bytes skip="$start" count="$length" status=none |
		"${program[@]}" > "$out"
	[ "$(od -A n -c -j 1 -N 3 "$out" | tr -d ' ')" = ELF ] || { say "$image: no ELF file in it"; return 1; }
}

# Prints the directory that holds xen, vmlinux and its version, out of a root.
boot_make()
{
	local from=$1 xen version dir
	xen=$(boot_newest_xen "$from")
	version=$(boot_newest_kernel "$from")
	dir=$cache/boot-$({ stat -Lc '%n %s %Y' "$xen" "$from/boot/vmlinuz-$version"; cat "$here/image.boot"; } | sum_of)
	if [ ! -d "$dir" ]; then
		say "hypervisor $(basename "$xen"), kernel $version"
		rm -rf "$dir.new"
		mkdir -p "$dir.new"
		gzip -dc "$xen" > "$dir.new/xen"
		boot_unpack_kernel "$from/boot/vmlinuz-$version" "$dir.new/vmlinux"
		echo "$version" > "$dir.new/version"
		mv "$dir.new" "$dir"
	fi
	printf '%s\n' "$dir"
}
