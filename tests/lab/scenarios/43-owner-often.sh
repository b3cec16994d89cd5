# shellcheck shell=dash disable=SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: 50 crashes while the guest is being adopted from xl's monitor: each handled once
# when: long
# image: small
# needs: daemon
# deadline: 2400
. /lab/dom0/matrix.sh
. /lab/dom0/adopt.sh

daemon_start
adopt_often 50
daemon_stop
