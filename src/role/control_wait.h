/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client waits for: a guest and a state of it.  control.c has the
 * client, and looks again when something has changed.
 */
#ifndef ROLE_CONTROL_WAIT_H
#define ROLE_CONTROL_WAIT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#define CONTROL_WAIT_MOST_MS (1000000 * 1000ll)

struct control_wait;	/* free() */
struct keeper;

/* The answer to REQUEST, if there is one already; else NULL and what is waited
 * for. */
json_object *control_wait_begin(struct keeper *keeper, json_object *request,
				struct control_wait **ret_wait);

/* The answer once the guest has the state, else NULL.  *RET_AGAIN: a domain of
 * the guest is being built, and no event reports when it is unpaused. */
json_object *control_wait_look(struct keeper *keeper,
			       const struct control_wait *wait,
			       bool *ret_again);

/* The answer when the time is over: "reached" is false. */
json_object *control_wait_end(struct keeper *keeper,
			      const struct control_wait *wait);

/* -1: without end. */
int64_t control_wait_timeout_ms(const struct control_wait *wait);

#endif
