/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking a core of a domain and watching it grow.  The daemon takes it: an
 * interrupted command stops nothing.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "xenvigil_cmd.h"
#include "xenvigil_json.h"

#define ASK_EVERY_MS 250
#define BAR_CELLS 40

/* The capture of that PATH in the daemon's status. */
static json_object *find_capture(json_object *status, const char *path)
{
	json_object *list = json_object_object_get(status, "captures");

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *at = json_object_array_get_idx(list, i);

		if (strcmp(text_of(at, "core"), path) == 0)
			return at;
	}
	return NULL;
}

static json_object *ask_status(const char *socket_path)
{
	json_object *request = json_object_new_object(), *answer;

	json_object_object_add(request, "command",
			       json_object_new_string("status"));
	answer = xenvigil_client_ask(socket_path, request);
	json_object_put(request);
	return answer;
}

static void show_bar(const char *progress)
{
	const char *colon = strstr(progress, ": ");
	int percent = colon ? atoi(colon + 2) : 0;

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r[%-*.*s] %3d %%", BAR_CELLS,
		percent * BAR_CELLS / 100,
		"########################################", percent);
}

static int show_end(json_object *capture)
{
	char text[1024];
	int64_t error = json_object_get_int64(
		json_object_object_get(capture, "error"));

	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (error) {
		fprintf(stderr, "xenvigil: no core: %s\n",
			text_escape(text, sizeof(text),
				    text_of(capture, "text")));
		return EXIT_FAILURE;
	}
	printf("%s\n", text_of(capture, "core"));
	return EXIT_SUCCESS;
}

/* The daemon's answer to "capture" is where the core will be. */
int xenvigil_capture_follow(const char *socket_path, json_object *answer)
{
	const struct timespec pause = { 0, ASK_EVERY_MS * 1000000l };
	const char *path = text_of(answer, "core");

	while (true) {
		json_object *status = ask_status(socket_path);
		json_object *capture = status ? find_capture(status, path) : NULL;
		int r = -1;

		if (!capture)
			r = status ? EXIT_FAILURE : EXIT_UNAVAILABLE;
		else if (json_object_get_boolean(
				 json_object_object_get(capture, "done")))
			r = show_end(capture);
		else
			show_bar(text_of(capture, "text"));
		json_object_put(status);
		if (r >= 0)
			return r;
		/* The daemon sends no progress unasked. */
		nanosleep(&pause, NULL);
	}
}
