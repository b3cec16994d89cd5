/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deadlines that grow with a guest's memory.  Pure; a size that cannot be read
 * adds nothing.
 */
#include "core/deadline.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define GIB_KIB (1ull << 20)
#define MOST_GIB (16u << 10)	/* as much as a guest can have: 16 TiB */

static uint32_t grow(uint32_t base_s, uint32_t gib_s, uint64_t memory_kib)
{
	uint64_t gib = memory_kib / GIB_KIB;

	return base_s + gib_s * (uint32_t)(gib < MOST_GIB ? gib : MOST_GIB);
}

uint32_t deadline_step(enum step step, uint32_t base_s, uint64_t memory_kib)
{
	switch (step) {
	case STEP_DUMP:
		return grow(base_s, DEADLINE_DUMP_GIB_S, memory_kib);
	case STEP_CREATE:
	case STEP_SOFT_RESET:
		return grow(base_s, DEADLINE_BUILD_GIB_S, memory_kib);
	case STEP_DESTROY:
		return grow(base_s, DEADLINE_DESTROY_GIB_S, memory_kib);
	default:
		return base_s;
	}
}

uint32_t deadline_xl(const char *name, uint32_t base_s, uint64_t memory_kib)
{
	if (base_s && strcmp(name, "create") == 0)
		return grow(base_s, DEADLINE_BUILD_GIB_S, memory_kib);
	if (base_s && strcmp(name, "destroy") == 0)
		return grow(base_s, DEADLINE_DESTROY_GIB_S, memory_kib);
	return base_s;
}

/* The number after AT and the marks SKIP. */
static uint64_t number_after(const char *at, const char *skip)
{
	at += strspn(at, skip);
	return *at >= '0' && *at <= '9' ? strtoull(at, NULL, 10) : 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t deadline_config_kib(const char *config)
{
	static const char *const keys[] = { "\"max_memkb\"", "\"target_memkb\"" };
	uint64_t kib = 0;

	for (int i = 0; config && i < 2; i++) {
		const char *at = strstr(config, keys[i]);

		if (at)
			kib = larger(kib, number_after(at + strlen(keys[i]),
						       ": \t\n"));
	}
	return kib;
}

/* Does a setting start at AT, outside of words and comments? */
static bool begins_setting(const char *text, const char *at)
{
	while (at > text && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	return at == text || at[-1] == '\n' || at[-1] == ';';
}

uint64_t deadline_xl_kib(const char *settings)
{
	static const char *const keys[] = { "memory", "maxmem" };
	uint64_t mib = 0;

	for (int i = 0; i < 2; i++) {
		const char *at = settings;

		for (; (at = strstr(at, keys[i])); at++) {
			const char *end = at + strlen(keys[i]);

			end += strspn(end, " \t");
			if (*end == '=' && begins_setting(settings, at))
				mib = larger(mib, number_after(end + 1,
							       " \t\"'"));
		}
	}
	return larger(mib, mib << 10) == mib << 10 ? mib << 10 : UINT64_MAX;
}
