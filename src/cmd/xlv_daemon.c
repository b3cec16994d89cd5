/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the wrapper asks the daemon, always briefly: xl must not wait for us.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "role/client.h"
#include "xlv_cmd.h"

#define ANSWER_MS 400

json_object *xlv_daemon_ask(const struct xlv *xlv, const char *command,
			    int deadline_ms, int *ret_r)
{
	json_object *request = json_object_new_object();
	json_object *answer = NULL;

	json_object_object_add(request, "command",
			       json_object_new_string(command));
	*ret_r = client_ask(xlv->socket_path, request, deadline_ms, &answer);
	json_object_put(request);
	return answer;
}

bool xlv_daemon_is_ready(const struct xlv *xlv)
{
	int r;
	json_object *answer = xlv_daemon_ask(xlv, "host", ANSWER_MS, &r);

	json_object_put(answer);
	if (r == 0)
		return true;
	if (xlv->as_xl) {
		fprintf(stderr, "xlv: %s: %s: an xl monitor supervises the "
			"domain instead\n",
			xlv->socket_path, client_explain(r));
		return false;
	}
	fprintf(stderr, "xlv: %s: %s: the domain would have no supervisor.\n"
		"xlv: start xenvigild, or use xlv --no-daemon to let "
		"an xl monitor supervise the domain.\n",
		xlv->socket_path,
		client_explain(r));
	return false;
}

void xlv_daemon_tell_since(const struct xlv *xlv)
{
	json_object *since, *answer;
	int64_t since_ms = 0;
	char text[64];
	struct tm tm;
	time_t at;
	int r;

	answer = xlv_daemon_ask(xlv, "host", ANSWER_MS, &r);
	if (answer && json_object_object_get_ex(answer, "since_ms", &since) &&
	    strcmp(json_object_get_string(
			   json_object_object_get(answer, "health")),
		   "healthy") != 0)
		since_ms = json_object_get_int64(since);
	json_object_put(answer);
	if (since_ms == 0) {
		fprintf(stderr, "xlv: unknown since when%s%s\n",
			r ? ": " : "", r ? client_explain(r) : "");
		return;
	}
	at = since_ms / 1000;
	localtime_r(&at, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(stderr, "xlv: since %s, %lld s ago\n", text,
		(long long)(time(NULL) - at));
}
