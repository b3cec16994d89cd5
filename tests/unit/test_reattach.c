/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/reattach: which devices were lost with a driver domain, and whose may be
 * touched.
 */
#include "core/reattach.h"

#include <string.h>

#include "tap.h"

static uint32_t parse(const char *path)
{
	uint32_t backend = 0;

	return reattach_parse_backend(path, 5, "51712", &backend) ? 0 : backend;
}

static void test_parse(void)
{
	ok(parse("/local/domain/3/backend/vbd/5/51712") == 3,
	   "a record names the domain that serves the device");
	ok(parse("/local/domain/3/backend/qdisk/5/51712") == 3,
	   "of any kind of backend");
	ok(!parse("/local/domain/3/backend/vbd/6/51712"),
	   "not of another guest's");
	ok(!parse("/local/domain/3/backend/vbd/5/51713") &&
	   !parse("/local/domain/3/backend/vbd/5/5171") &&
	   !parse("/local/domain/3/backend/vbd/5/51712/state"),
	   "nor of another device's");
	ok(!parse("") && !parse("/local/domain/x/backend/vbd/5/51712") &&
	   !parse("/local/domain/3/device/vbd/5/51712") &&
	   !parse("/local/domain/3/backend/../5/51712"),
	   "nor of what is no backend");
}

/* The driver domain "net" ran as domain 3, and runs as domain 9. */
static bool lost(uint32_t backend, bool is_served, const char *name)
{
	struct reattach_driver driver = { .old = { .domid = 3 },
					  .now = { .domid = 9 },
					  .name = "net" };
	struct reattach_device device = { backend, is_served, name };

	return reattach_is_lost(&driver, &device);
}

static void test_lost(void)
{
	ok(lost(3, false, NULL) && lost(3, false, "net") &&
	   lost(3, false, "3"), "what it served before its restart is lost");
	ok(!lost(9, true, "net") && !lost(9, false, "net"),
	   "what it serves now is not");
	ok(!lost(0, true, "net") && !lost(0, false, "net"),
	   "nor what dom0 serves");
	ok(!lost(3, true, "net"),
	   "nor what another domain serves that has its old domid");
	ok(lost(2, false, "net"),
	   "what it served before an earlier restart is lost by its name");
	ok(!lost(2, false, "disk") && !lost(2, false, NULL) &&
	   !lost(2, true, "net"), "what others served is not ours to give");
}

static bool lost_of_number(const char *name)
{
	struct reattach_driver driver = { .old = { .domid = 3 },
					  .now = { .domid = 9 },
					  .name = "2" };
	struct reattach_device device = { 2, false, name };

	return reattach_is_lost(&driver, &device);
}

static void test_permit(void)
{
	struct domain_id web = { 5, { 1 }, 77 }, db = { 15, { 2 }, 78 };
	struct domain_id other = web;
	struct text list = { 0 };

	ok(!reattach_is_permitted(NULL, &web) &&
	   !reattach_is_permitted("", &web), "without a list nothing is");
	reattach_permit(&list, &web);
	ok(reattach_is_permitted(text_get(&list), &web) &&
	   !reattach_is_permitted(text_get(&list), &db),
	   "a domain on the list may be touched, no other");
	reattach_permit(&list, &db);
	ok(reattach_is_permitted(text_get(&list), &web) &&
	   reattach_is_permitted(text_get(&list), &db), "nor is that the last");
	other.epoch++;
	ok(!reattach_is_permitted(text_get(&list), &other),
	   "a later domain of its domid is another");
	other = web;
	other.uuid[0]++;
	ok(!reattach_is_permitted(text_get(&list), &other),
	   "so is one of another uuid");
	text_free(&list);
}

int main(void)
{
	test_parse();
	test_lost();
	ok(!lost_of_number("2"), "a number is a domid, and no name");
	test_permit();
	return done_testing();
}
