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

#endif
