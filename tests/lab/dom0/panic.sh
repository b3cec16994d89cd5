# shellcheck shell=dash disable=SC2154,SC1091,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# Debian's kernel panics, all six guests of a type at once: what the two
# scenarios of Acceptance's first matrix share. It must not know a type.
. /lab/dom0/matrix.sh

panic_actions='destroy restart rename-restart preserve coredump-destroy coredump-restart'

is_up()
{
	guest_console_has "$1" 'guest: up'
}

panic_matrix()
{
	local type=$1 action names=''
	watch_start
	daemon_start
	for action in $panic_actions; do
		guest "$action" type="$type" kernel=linux memory=96 args=lab=idle on_crash="$action"
		names="$names $action"
	done
	for action in $panic_actions; do
		await 60 "$action to be up" is_up "$action" || not_ok "$action is up"
	done
	before $names
	for action in $panic_actions; do
		guest_panic "$action"
	done
	# libxl maps a PVH guest's million frames one by one to find the few there are.
	for action in $panic_actions; do
		came_to "$action" 300 "$action"
	done
	watch_stop
	for action in $panic_actions; do
		held_to "$action" "$action"
		check "$action crashed once" told has_crashed_times "$action" 1
	done
	check 'no core was broken off' no_core_is_broken_off
	daemon_stop
}
