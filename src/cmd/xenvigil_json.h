/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the daemon's answers: a missing member is empty, 0 or false.  Sends no
 * request.
 */
#ifndef CMD_XENVIGIL_JSON_H
#define CMD_XENVIGIL_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

static inline const char *text_of(json_object *from, const char *key)
{
	json_object *value = json_object_object_get(from, key);
	const char *text = value ? json_object_get_string(value) : NULL;

	return text ? text : "";
}

static inline int64_t number_of(json_object *from, const char *key)
{
	return json_object_get_int64(json_object_object_get(from, key));
}

static inline bool is_set(json_object *from, const char *key)
{
	return json_object_get_boolean(json_object_object_get(from, key));
}

#endif
