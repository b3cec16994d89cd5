# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: our core of a crashed PVH guest holds page for page what xl's holds
# when: long
# image: small
# needs: daemon
# deadline: 900
# libxl tries a million frames that are not there, one by one: under load for long.
. /lab/dom0/core.sh
core_equal pvh
