/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers, put together with whatever memory there is.  Knows nothing of what
 * they say.
 */
#include "control_json.h"

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
