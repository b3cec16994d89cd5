/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers, put together with whatever memory there is.  Knows nothing of what
 * they say.
 */
#include "control_json.h"

#include <stdio.h>

void control_json_add(json_object *to, const char *key, json_object *value)
{
	if (!to || json_object_object_add(to, key, value))
		json_object_put(value);
}

void control_json_text(json_object *to, const char *key, const char *text)
{
	control_json_add(to, key, json_object_new_string(text));
}

void control_json_int(json_object *to, const char *key, int64_t number)
{
	control_json_add(to, key, json_object_new_int64(number));
}

void control_json_bool(json_object *to, const char *key, bool yes)
{
	control_json_add(to, key, json_object_new_boolean(yes));
}

void control_json_append(json_object *to, json_object *value)
{
	if (!to || json_object_array_add(to, value))
		json_object_put(value);
}

static size_t bytes_of(json_object *value)
{
	size_t bytes = 0;

	return json_object_to_json_string_length(value, CONTROL_JSON_FLAGS,
						 &bytes) ? bytes : 0;
}

/* NULL: there is none that something could be taken from. */
static const char *find_longest(json_object *to)
{
	const char *longest = NULL;
	size_t most = 0;

	json_object_object_foreach(to, key, value) {
		size_t bytes;

		if (!json_object_is_type(value, json_type_array) ||
		    !json_object_array_length(value))
			continue;
		bytes = bytes_of(value);
		if (bytes > most) {
			most = bytes;
			longest = key;
		}
	}
	return longest;
}

/* Takes the second half of the list. */
static void halve(json_object *to, const char *key)
{
	json_object *list = json_object_object_get(to, key), *before = NULL;
	size_t count = json_object_array_length(list), keep = count / 2;
	char left_out[64];

	json_object_array_del_idx(list, keep, count - keep);
	snprintf(left_out, sizeof(left_out), "%s_left_out", key);
	json_object_object_get_ex(to, left_out, &before);
	control_json_int(to, left_out, json_object_get_int64(before) +
				       (int64_t)(count - keep));
}

void control_json_fit(json_object *to, size_t max_bytes)
{
	const char *key;

	while (to && bytes_of(to) > max_bytes && (key = find_longest(to)))
		halve(to, key);
}
