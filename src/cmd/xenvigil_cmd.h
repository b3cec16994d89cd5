/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the operator's command share.
 */
#ifndef CMD_XENVIGIL_CMD_H
#define CMD_XENVIGIL_CMD_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define EXIT_USAGE 2
#define EXIT_WARNING 3 /* of doctor: something is not as it should be */
#define EXIT_ERROR 4
#define EXIT_UNASKED 5 /* of setup: nobody said yes */
#define EXIT_TIMEOUT 124 /* as timeout(1) has it */
#define EXIT_UNAVAILABLE 75 /* EX_TEMPFAIL: the daemon does not answer */

/*
 * xenvigil_client.c: asks the daemon.  Returns its answer, or NULL after
 * saying on stderr why there is none.
 */
/* Fetches the rest of the list of incidents for REQUEST, page by page, at
 * most LIMIT in all.  Returns false after printing the error, if there is no
 * answer. */
bool xenvigil_client_ask_rest(const char *socket_path, json_object *request,
			      int64_t limit, json_object *answer);
json_object *xenvigil_client_ask(const char *socket_path,
				 json_object *request);

/* xenvigil_capture.c: waits until the core in ANSWER is there.  Returns the
 * exit status. */
int xenvigil_capture_follow(const char *socket_path, json_object *answer);

/* xenvigil_dump.c: copies the core of the incident ANSWER to PATH.  Returns the
 * exit status. */
int xenvigil_dump_copy(json_object *answer, const char *path);

/* xenvigil_show.c: an answer for a person, on stdout. */
void xenvigil_show_status(json_object *answer);
void xenvigil_show_list(json_object *answer);
void xenvigil_show_retreat(json_object *answer);
void xenvigil_show_policy(json_object *answer);
void xenvigil_show_incident(json_object *incident);

/* xenvigil_info.c: at most LIMIT lines of what is long; -1: some. */
void xenvigil_show_info(json_object *answer, int64_t limit);

/* xenvigil_json.c: prints OBJECT, with nothing in it that a terminal obeys. */
void xenvigil_json_print(json_object *object);

/* xenvigil_report.c: all of ANSWER as FORMAT to PATH, NULL: stdout.  Returns
 * the exit status. */
bool xenvigil_report_is_format(const char *format);
int xenvigil_report_write(json_object *answer, const char *format,
			  const char *path);

/* xenvigil_debug.c: becomes a debugger on the core of ANSWER.  Returns the
 * exit status when that cannot be. */
int xenvigil_debug_start(json_object *answer);

/*
 * xenvigil_top*.c: the domains, shown over and over.  A frame is one answer
 * to "status" as lines of text, by which it is the same in a pipe and on a
 * screen.
 */
struct xenvigil_top {
	const char *socket_path;
	bool batch;
	double delay_s;
	int64_t frames;		/* -1: without end */
	unsigned int sort;	/* of xenvigil_top_keys */
	json_object *last;	/* the answer before; NULL: none yet */
	int64_t last_ms;	/* when that was */
};

extern const char *const xenvigil_top_keys[]; /* to NULL */

/* Returns the key's number, or -1. */
int xenvigil_top_key(const char *name);

/*
 * Asks the daemon and adds what it says to TEXT, and to MARKS a character for
 * each line: '!' when something is wrong there, else ' '.  Returns 0, or -errno.
 */
int xenvigil_top_frame(struct xenvigil_top *top, struct text *text,
		       struct text *marks);

/* Return the exit status. */
int xenvigil_top(struct xenvigil_top *top);
int xenvigil_top_screen(struct xenvigil_top *top);

/* xenvigil_hand.c: adopts or disowns one guest or all.  Returns the exit
 * status. */
struct xenvigil_hand {
	const char *socket_path;
	const char *command;	/* "adopt" or "disown" */
	const char *domain;	/* NULL: all */
	bool dry_run, json;
};
int xenvigil_hand_over(const struct xenvigil_hand *hand);

/* xenvigil_wait.c: returns the exit status. */
struct xenvigil_wait {
	const char *socket_path, *domain, *until;
	int64_t timeout_s;	/* -1: without end */
	bool json;
};
#define XENVIGIL_WAIT_MOST_S 1000000
int xenvigil_wait(const struct xenvigil_wait *wait);

/* xenvigil_setup.c: returns the exit status. */
struct xenvigil_setup {
	const char *socket_path;
	const char *root;	/* "": this host's own */
	const char *way;	/* NULL: not given */
	bool yes, dry_run, undo;
};
int xenvigil_setup(const struct xenvigil_setup *setup);
bool xenvigil_setup_is_way(const char *way);

/* xenvigil_doctor.c: returns the exit status. */
int xenvigil_doctor(const char *socket_path, bool json);

#endif
