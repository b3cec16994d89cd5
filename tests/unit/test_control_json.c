/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An answer that is made to fit: what is left out, and that it is counted.
 */
#include <string.h>

#include "role/control_json.h"

#include "tap.h"

#define MAX_BYTES 4096

static json_object *list_of(int count, int bytes)
{
	json_object *list = json_object_new_array();
	char text[512];

	memset(text, 'x', sizeof(text));
	text[bytes] = '\0';
	while (count--) {
		json_object *item = json_object_new_object();

		control_json_text(item, "name", text);
		control_json_append(list, item);
	}
	return list;
}

static int64_t number_of(json_object *of, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(of, key, &value) ?
		json_object_get_int64(value) : -1;
}

static int length_of(json_object *of, const char *key)
{
	return (int)json_object_array_length(json_object_object_get(of, key));
}

static json_object *status_of(int domains, int open)
{
	json_object *status = json_object_new_object();

	control_json_text(status, "version", "1");
	control_json_add(status, "domains", list_of(domains, 20));
	control_json_add(status, "open", list_of(open, 400));
	return status;
}

static const char *written(json_object *status)
{
	return json_object_to_json_string_ext(status, CONTROL_JSON_FLAGS);
}

static void test_small(void)
{
	json_object *status = status_of(10, 2);

	control_json_fit(status, MAX_BYTES);
	ok(length_of(status, "domains") == 10 && length_of(status, "open") == 2 &&
	   number_of(status, "domains_left_out") < 0,
	   "what fits is left alone");
	json_object_put(status);
}

static void test_large(void)
{
	json_object *status = status_of(5000, 400), *again;

	control_json_fit(status, MAX_BYTES);
	ok(strlen(written(status)) <= MAX_BYTES, "what is too long fits");
	again = json_tokener_parse(written(status));
	ok(again && number_of(again, "domains_left_out") +
	   length_of(again, "domains") == 5000, "each domain is there or counted");
	ok(again && length_of(again, "open") > 0 &&
	   number_of(again, "open_left_out") + length_of(again, "open") == 400,
	   "so is each incident");
	json_object_put(again);
	json_object_put(status);
}

static void test_hopeless(void)
{
	json_object *status = status_of(3, 3);

	control_json_fit(status, 1);
	ok(length_of(status, "domains") == 0 && length_of(status, "open") == 0,
	   "what can never fit ends without its lists");
	json_object_put(status);
}

int main(void)
{
	test_small();
	test_large();
	test_hopeless();
	return done_testing();
}
