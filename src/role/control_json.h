/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Putting answers together.  json-c ends the process when it is to add to what
 * it had no memory for; here TO may be NULL, and VALUE, which is then null in
 * the answer.  VALUE is consumed.
 */
#ifndef ROLE_CONTROL_JSON_H
#define ROLE_CONTROL_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

void control_json_add(json_object *to, const char *key, json_object *value);
void control_json_text(json_object *to, const char *key, const char *text);
void control_json_int(json_object *to, const char *key, int64_t number);
void control_json_bool(json_object *to, const char *key, bool yes);
/* To the end of an array. */
void control_json_append(json_object *to, json_object *value);

/* What is written of it. */
#define CONTROL_JSON_FLAGS \
	(JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
/*
 * Until it is written within MAX_BYTES, takes from the end of its longest list,
 * as "domains"; the member "domains_left_out" counts what that list lost.
 */
void control_json_fit(json_object *to, size_t max_bytes);

#endif
