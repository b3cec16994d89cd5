# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: a pending xl config-update asks for more memory, which dom0 has to give
# image: small
# needs: daemon
# deadline: 300
. /lab/dom0/matrix.sh

dom0_kib()
{
	domlist 0 | { read -r _ _ _ _ _ kib _ && echo "$kib"; }
}

free_mib()
{
	xl info | sed -n 's/^free_memory *: *//p'
}

memory_kib_of()
{
	domains_of "$1" | { read -r _ _ _ _ _ kib _ && echo "$kib"; }
}

watch_start
echo 'autoballoon="on"' > /etc/xen/xl.conf
daemon_start
guest grows type=pv args=crash=wait on_crash=restart
before grows
expect 10 'it runs' is_running grows

# More than is free, by what dom0 can spare.
wanted=$(($(free_mib) + 64))
sed "s/^memory = .*/memory = $wanted/" "$dir/grows.cfg" > "$dir/grown.cfg"
check 'xl config-update is taken' xl config-update "$(domid_of grows)" "$dir/grown.cfg"
had=$(dom0_kib)
note "dom0 has $had KiB, $(free_mib) MiB are free, $wanted MiB are asked for"
guest_go grows
came_to restart 120 grows
gave=$((had - $(dom0_kib)))
check "it has the memory of the update ($(memory_kib_of grows) KiB)" \
	test "$(memory_kib_of grows)" -ge $(((wanted - 8) * 1024))
check "dom0 gave what was missing ($gave KiB)" test "$gave" -ge $((60 * 1024))
watch_stop
held_to restart grows
daemon_stop
xl destroy "$(domid_of grows)"
await 60 'its memory to be free again' is_gone grows
xl mem-set 0 "$((had / 1024))m"
