# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: a PVH kernel's real panic, with each action
# image: small
# needs: daemon
# deadline: 900
. /lab/dom0/panic.sh
panic_matrix pvh
