# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: SIGKILL of the worker in the middle of handling: each guest is handled once
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/kill.sh
kill_in_the_middle worker
