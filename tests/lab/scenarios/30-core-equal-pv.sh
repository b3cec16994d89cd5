# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: our core of a crashed PV guest holds page for page what xl's holds
# image: small
# needs: daemon
# deadline: 300
. /lab/dom0/core.sh
core_equal pv
