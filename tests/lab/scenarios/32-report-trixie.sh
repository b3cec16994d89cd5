# shellcheck shell=dash disable=SC2154,SC1091,SC2034
# SPDX-License-Identifier: GPL-2.0-only
# about: the same of Debian 13's kernel
# image: small
# needs: daemon
# guest-kernel: trixie
# boot: kernels
# deadline: 400
. /lab/dom0/report.sh

guest_vmlinux=/lab/guest/trixie/vmlinux guest_mib=160
report_matches
check 'it was that kernel' grep -qF "Linux $(cat /lab/guest/trixie/version)" "$dir/pvh.info"
daemon_stop
for name in pv pvh silent; do
	xl destroy "$(domid_of "$name")"
done
