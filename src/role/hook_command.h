/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operator's command that ends a retreat: run by the hook role, as that is
 * where operators' programs run.
 */
#ifndef ROLE_HOOK_COMMAND_H
#define ROLE_HOOK_COMMAND_H

/*
 * Runs PATH and waits for its end, however long that takes: 0 and its status as
 * wait() has it, or -EPERM and why it may not be run, or -errno.
 */
int hook_command_run(const char *path, int *ret_status, const char **ret_fault);

#endif
