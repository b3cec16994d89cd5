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

/* --- lists of many pages --- */

static bool has_more(json_object *answer)
{
	json_object *more;

	return json_object_object_get_ex(answer, "more", &more) &&
	       json_object_get_boolean(more);
}

static void copy_number(json_object *from, const char *key,
			json_object *to, const char *as)
{
	json_object *value;

	if (json_object_object_get_ex(from, key, &value))
		json_object_object_add(to, as, json_object_get(value));
}

/* Of an answer that is an error there is nothing. */
static void append_page(json_object *list, json_object *page)
{
	if (!page)
		return;
	for (size_t i = 0; i < json_object_array_length(page); i++)
		json_object_array_add(list, json_object_get(
				      json_object_array_get_idx(page, i)));
}

bool xenvigil_client_ask_rest(const char *socket_path, json_object *request,
			      int64_t limit, json_object *answer)
{
	json_object *list = json_object_object_get(answer, "incidents");
	bool more = has_more(answer);

	while (more) {
		size_t count = json_object_array_length(list);
		json_object *page, *last;

		last = json_object_array_get_idx(list, count - 1);
		copy_number(last, "seen_ms", request, "before_ms");
		copy_number(last, "incident", request, "before");
		json_object_object_add(request, "limit", json_object_new_int64(
				       limit - (int64_t)count));
		page = xenvigil_client_ask(socket_path, request);
		if (!page)
			return false;
		append_page(list, json_object_object_get(page, "incidents"));
		more = has_more(page) && json_object_array_length(list) > count;
		json_object_put(page);
	}
	json_object_object_del(answer, "more");
	return true;
}
