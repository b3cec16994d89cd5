/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes that one binary can be.  Each returns the exit status.
 */
#ifndef ROLE_ROLES_H
#define ROLE_ROLES_H

struct settings;

/* Exit statuses, as s6 has them. */
#define ROLE_EXIT_USAGE 100
#define ROLE_EXIT_SYSTEM 111

int keeper_main(const char *config_dir);

/* Children: talk over WIRE_FD, end when it is closed. */
int watcher_main(void);
int worker_main(void);
int hook_main(void);
int probe_main(void);

/* A worker's child, confined (role/parser.h). */
int parser_main(void);

#endif
