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
#define EXIT_HUNG 75		/* EX_TEMPFAIL: nothing was started */
#define EXIT_ENDED 124		/* as timeout(1): xl was ended by us */
#define EXIT_NO_XL 127

struct xlv_made;
struct xlfind;

struct xlv {
	const char *config_dir;
	const char *socket_path;
	int64_t deadline_s;	/* -1: as the table has it */
	bool no_daemon;
	bool handed_over;	/* the domain is to be the daemon's */
	bool as_xl;		/* called under the name xl: behaves like xl */
	char **argv;		/* xl's, NULL-terminated */
	struct xlcmd cmd;
	struct xlfind *find;	/* what follows need xlv_find() */
	const char *program;	/* the xl to run */
};

/* "xl list" for messages: the program and the subcommand. */
const char *xlv_name(const struct xlv *xlv);

/* --- xlv_find.c --- */

/* Finds the xl to run.  -1, or the exit status when there is none. */
int xlv_find(struct xlv *xlv);
/* Becomes that xl, or the next that can be run; else returns the status. */
int xlv_find_become(const struct xlv *xlv);

/* --- xlv_run.c --- */

/*
 * Runs xl and ends with its status, or ends xl after DEADLINE_S (0: never).
 * MADE, unless NULL, is called in both cases.
 */
int xlv_run_until(const struct xlv *xlv, uint32_t deadline_s,
		  struct xlv_made *made);

/* --- xlv_size.c --- */

/* The largest memory of the command's guest; 0: unknown. */
uint64_t xlv_size_kib(const struct xlv *xlv);

/* --- xlv_made.c --- */

/* The domains there are before xl makes one.  NULL: they cannot be known. */
struct xlv_made *xlv_made_begin(void);
/* Says of the new ones that we made them. */
void xlv_made_end(struct xlv_made *made);
/* xl was ended: names what it may have left half built, and how it goes. */
void xlv_made_tell_left(struct xlv_made *made);

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
/* Can the daemon supervise the domain? If not, prints the reason and the
 * consequence. */
bool xlv_daemon_is_ready(const struct xlv *xlv);
/* Since when, on stderr, as far as it is known. */
void xlv_daemon_tell_since(const struct xlv *xlv);

#endif
