/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operator's command asks the daemon, and says why there is no answer.
 */
#include <stdio.h>

#include "role/client.h"
#include "xenvigil_cmd.h"

#define ANSWER_MS 10000

json_object *xenvigil_client_ask(const char *socket_path, json_object *request)
{
	json_object *answer = NULL;
	int r = client_ask(socket_path, request, ANSWER_MS, &answer);

	if (r < 0)
		fprintf(stderr, "xenvigil: %s: %s\n", socket_path,
			client_explain(r));
	return answer;
}
