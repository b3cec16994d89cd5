/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waits for a state of a guest: one question, which the daemon answers when
 * the guest has the state.
 */
#include <stdio.h>
#include <string.h>

#include "role/client.h"
#include "xenvigil_cmd.h"
#include "xenvigil_json.h"

/* For the daemon's answer after the time is over. */
#define ANSWER_MS 10000

static json_object *make_request(const struct xenvigil_wait *wait)
{
	json_object *request = json_object_new_object();

	json_object_object_add(request, "command",
			       json_object_new_string("wait"));
	json_object_object_add(request, "domain",
			       json_object_new_string(wait->domain));
	json_object_object_add(request, "until",
			       json_object_new_string(wait->until));
	if (wait->timeout_s >= 0)
		json_object_object_add(
			request, "timeout_ms",
			json_object_new_int64(wait->timeout_s * 1000));
	return request;
}

static void escape(json_object *answer, const char *key, char ret_text[1024])
{
	text_escape(ret_text, 1024, text_of(answer, key));
}

static void show_reached(json_object *answer)
{
	char name[1024];

	escape(answer, "domain", name);
	printf("%s is %s", name, text_of(answer, "until"));
	if (number_of(answer, "domid"))
		printf(", domid %lld", (long long)number_of(answer, "domid"));
	putchar('\n');
}

static void explain_late(json_object *answer, int64_t timeout_s)
{
	char name[1024], why[1024];

	escape(answer, "domain", name);
	escape(answer, "why", why);
	fprintf(stderr, "xenvigil: %s is not %s after %lld s: it is %s", name,
		text_of(answer, "until"), (long long)timeout_s,
		text_of(answer, "state"));
	if (number_of(answer, "incident"))
		fprintf(stderr, ", incident %lld",
			(long long)number_of(answer, "incident"));
	fprintf(stderr, "%s%s\n", why[0] ? ": " : "", why);
}

static int show_result(const struct xenvigil_wait *wait, json_object *answer)
{
	char text[1024];

	if (text_of(answer, "error")[0]) {
		escape(answer, "error", text);
		fprintf(stderr, "xenvigil: %s\n", text);
		return EXIT_FAILURE;
	}
	if (wait->json)
		xenvigil_json_print(answer);
	else if (is_set(answer, "reached"))
		show_reached(answer);
	if (!is_set(answer, "reached")) {
		explain_late(answer, wait->timeout_s);
		return EXIT_TIMEOUT;
	}
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int xenvigil_wait(const struct xenvigil_wait *wait)
{
	json_object *request = make_request(wait), *answer = NULL;
	/* Without --timeout there is no limit. */
	int limit_ms = wait->timeout_s < 0 ? 0 :
		(int)wait->timeout_s * 1000 + ANSWER_MS;
	int r = client_ask(wait->socket_path, request, limit_ms, &answer);

	json_object_put(request);
	if (r < 0) {
		fprintf(stderr, "xenvigil: %s: %s\n", wait->socket_path,
			client_explain(r));
		return EXIT_UNAVAILABLE;
	}
	r = show_result(wait, answer);
	json_object_put(answer);
	return r;
}
