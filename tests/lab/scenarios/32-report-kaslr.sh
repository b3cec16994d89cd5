# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: the same of PVH guests that a boot loader starts, whose kernels move to another place
# when: long
# image: small
# needs: daemon
# guest-kernel: bookworm/grub trixie/grub
# boot: kernels
# deadline: 500
. /lab/dom0/report.sh

# A kernel that unpacks itself moves to a place by chance.
daemon_start 'deadline_report_seconds = 40'
for suite in bookworm trixie; do
	guest "$suite" type=pvh kernel="/lab/guest/$suite/grub" memory=192 on_crash=preserve
done
for suite in bookworm trixie; do
	report_holds "$suite" 200
	printed_holds "$suite"
	check "$suite: it was that kernel" grep -qF "Linux $(cat "/lab/guest/$suite/version")" "$dir/$suite.info"
	check "$suite: it had moved" grep -qE 'Kernel Offset: 0x[0-9a-f]+ from' "$dir/$suite.memory"
done
daemon_stop
for suite in bookworm trixie; do
	xl destroy "$(domid_of "$suite")"
done
