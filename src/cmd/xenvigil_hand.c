/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * adopt and disown of all guests, or without doing it: the daemon says what
 * would come of each, and is asked for one at a time.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "xenvigil_cmd.h"
#include "xenvigil_json.h"

#define CELL_BYTES 1024

static json_object *ask(const struct xenvigil_hand *hand, const char *suffix,
			const char *domain)
{
	json_object *request = json_object_new_object(), *answer;
	char command[32];

	snprintf(command, sizeof(command), "%s%s", hand->command, suffix);
	json_object_object_add(request, "command",
			       json_object_new_string(command));
	if (domain)
		json_object_object_add(request, "domain",
				       json_object_new_string(domain));
	answer = xenvigil_client_ask(hand->socket_path, request);
	json_object_put(request);
	return answer;
}

/* Does it, and puts into GUEST what came of it.  Returns the exit status. */
static int carry_out(const struct xenvigil_hand *hand, json_object *guest)
{
	json_object *answer = ask(hand, "", text_of(guest, "uuid"));
	const char *error = text_of(answer, "error");

	if (!answer)
		return EXIT_UNAVAILABLE;
	json_object_object_add(guest, "done",
			       json_object_new_boolean(!error[0]));
	if (error[0])
		json_object_object_add(guest, "text",
				       json_object_new_string(error));
	json_object_put(answer);
	return is_set(guest, "done") ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const char *outcome_of(const struct xenvigil_hand *hand,
			      json_object *guest)
{
	if (hand->dry_run)
		return is_set(guest, "would") ? "would be" : "would not be";
	return is_set(guest, "done") ? "is" : "is not";
}

static void show_guest(const struct xenvigil_hand *hand, json_object *guest)
{
	char name[CELL_BYTES], text[CELL_BYTES], domid[32] = "no domain";

	if (number_of(guest, "domid"))
		snprintf(domid, sizeof(domid), "domid %lld",
			 (long long)number_of(guest, "domid"));
	printf("%s (%s) %s %sed: %s\n",
	       text_escape(name, sizeof(name), text_of(guest, "domain")),
	       domid, outcome_of(hand, guest), hand->command,
	       text_escape(text, sizeof(text), text_of(guest, "text")));
}

static int each(const struct xenvigil_hand *hand, json_object *list)
{
	int worst = EXIT_SUCCESS;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *guest = json_object_array_get_idx(list, i);
		int r = EXIT_SUCCESS;

		if (!hand->dry_run && is_set(guest, "would"))
			r = carry_out(hand, guest);
		if (r == EXIT_UNAVAILABLE)
			return r;
		if (r)
			worst = r;
		if (!hand->json)
			show_guest(hand, guest);
	}
	return worst;
}

int xenvigil_hand_over(const struct xenvigil_hand *hand)
{
	json_object *plan = ask(hand, "-plan", hand->domain);
	json_object *list = json_object_object_get(plan, "guests");
	char text[CELL_BYTES];
	int r;

	if (!plan)
		return EXIT_UNAVAILABLE;
	if (!json_object_is_type(list, json_type_array)) {
		fprintf(stderr, "xenvigil: %s\n",
			text_escape(text, sizeof(text),
				    text_of(plan, "error")));
		json_object_put(plan);
		return EXIT_FAILURE;
	}
	r = each(hand, list);
	if (hand->json)
		xenvigil_json_print(plan);
	json_object_put(plan);
	return fflush(stdout) ? EXIT_FAILURE : r;
}
