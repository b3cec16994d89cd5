# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: SIGKILL of the watcher in the middle of handling: each guest is handled once
# when: long
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/kill.sh
kill_in_the_middle watcher
