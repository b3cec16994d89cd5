/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request to the daemon over its control socket, one answer, with a
 * deadline.  For the commands, not for the daemon.
 */
#ifndef ROLE_CLIENT_H
#define ROLE_CLIENT_H

#include <json-c/json.h>

#define CLIENT_SOCKET "/run/xenvigil/control"

/*
 * Waits at most DEADLINE_MS for each part.  Returns 0 and the answer, which the
 * caller puts; -EPIPE when the daemon hung up; or -errno.
 */
int client_ask(const char *socket_path, json_object *request,
	       int deadline_ms, json_object **ret_answer);

/* Why there was no answer, for a person. */
const char *client_explain(int r);

#endif
