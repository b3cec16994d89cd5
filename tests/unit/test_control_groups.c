/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Incidents that are alike, counted out of real records.
 */
#include <stdlib.h>
#include <string.h>

#include "role/control.h"
#include "role/keeper.h"
#include "store_dir.h"
#include "tap.h"

static struct keeper keeper;

static void record(uint64_t number, uint8_t guest, int64_t seen_ms,
		   const char *panic)
{
	struct incident *incident = incident_new();

	incident->number = number;
	memset(incident->id.uuid, guest, UUID_BYTES);
	incident->verdict.reason = REASON_CRASH;
	incident->seen_ms = seen_ms;
	snprintf(incident->panic, sizeof(incident->panic), "%s", panic);
	store_record(keeper.store, incident);
	incident_free(incident);
}

static int64_t told(const char *panic, const char *reason, const char *key)
{
	struct control_groups *groups = control_groups_load(&keeper);
	json_object *inc = json_object_new_object();
	int64_t number;

	json_object_object_add(inc, "panic", json_object_new_string(panic));
	json_object_object_add(inc, "reason", json_object_new_string(reason));
	control_groups_tell(groups, inc);
	number = json_object_get_int64(json_object_object_get(inc, key));
	json_object_put(inc);
	control_groups_free(groups);
	return number;
}

static void test_groups(void)
{
	ok(told("x", "crash", "alike") == 0, "without records nothing is");
	record(1, 1, 5000, "BUG at address 0000abc1");
	record(2, 2, 4000, "BUG at address 0000abc2");
	record(3, 1, 6000, "BUG at address 0000abc3");
	record(4, 1, 1000, "another");
	record(5, 3, 1000, "");
	ok(told("BUG at address 123", "crash", "alike") == 3,
	   "the same but for an address is alike");
	ok(told("BUG at address 123", "crash", "alike_guests") == 2,
	   "of two guests");
	ok(told("BUG at address 123", "crash", "alike_since_ms") == 4000,
	   "since the first");
	ok(told("another", "crash", "alike") == 1, "another is alone");
	ok(told("another", "watchdog", "alike") == 0, "for that reason only");
	ok(told("", "crash", "alike") == 0 && told("x", "gossip", "alike") == 0,
	   "without a line, or a reason, nothing is");
}

int main(void)
{
	keeper.store = store_dir_make() ? store_dir_open("boot", 0) : NULL;
	ok(keeper.store != NULL, "records of our own");
	if (keeper.store)
		test_groups();
	store_close(keeper.store);
	ok(store_dir_remove(), "all is removed");
	return done_testing();
}
