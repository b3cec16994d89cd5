/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the wrapper of xl share.
 */
#ifndef CMD_XLV_CMD_H
#define CMD_XLV_CMD_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/host.h"
#include "core/xlcmd.h"

#define EXIT_USAGE 100
#define EXIT_HUNG 75		/* EX_TEMPFAIL: nothing was begun */
#define EXIT_ENDED 124		/* as timeout(1): xl was ended by us */
#define EXIT_NO_XL 127

struct xlv_made;

struct xlv {
	const char *socket_path;
	int64_t deadline_s;	/* -1: as the table has it */
	bool no_daemon;
	bool handed_over;	/* the domain is to be the daemon's */
	char **argv;		/* xl's, NULL-terminated */
	struct xlcmd cmd;
};

/* "xl list" for messages: the program and the subcommand. */
const char *xlv_name(const struct xlv *xlv);

/* --- xlv_run.c --- */

/* Becomes xl. */
int xlv_run_exec(char *const argv[]);
/*
 * Runs xl and mirrors its end, or ends it after DEADLINE_S (0: never).  MADE,
 * unless NULL, is told of a good end before.
 */
int xlv_run_until(const struct xlv *xlv, uint32_t deadline_s,
		  struct xlv_made *made);

/* --- xlv_made.c --- */

/* The domains there are before xl makes one.  NULL: they cannot be known. */
struct xlv_made *xlv_made_begin(void);
/* Says of the new ones that we made them. */
void xlv_made_end(struct xlv_made *made);

/* --- xlv_answer.c: without xl.  Each returns the exit status. --- */

bool xlv_answer_can(const struct xlv *xlv);
int xlv_answer(const struct xlv *xlv);
/* DAEMON: its status, or NULL: its columns are left out. */
int xlv_answer_list(char *const args[], json_object *daemon);
bool xlv_answer_wants_state(const struct xlv *xlv);

/* --- xlv_daemon.c --- */

/* As client_ask(): NULL with why there is no answer in *RET_R. */
json_object *xlv_daemon_ask(const struct xlv *xlv, const char *command,
			    int deadline_ms, int *ret_r);
/* May the domain be left to it?  Says so on stderr when not. */
bool xlv_daemon_is_ready(const struct xlv *xlv);
/* Since when, on stderr, as far as it is known. */
void xlv_daemon_tell_since(const struct xlv *xlv);

#endif
