/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One allocation, or one call, that fails.  The linker puts these wrappers
 * before malloc() and its kin; SQLite is told to allocate through them.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define FRESH_MS 7000 /* until then what was not written has been */

static struct sim *armed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
char *__wrap_strdup(const char *text);

const char *sim_trouble_name(enum sim_trouble trouble)
{
	static const char *const names[] = {
#define X(name, text) [SIM_TROUBLE_##name] = text,
		SIM_TROUBLE_LIST(X)
#undef X
	};

	return names[trouble];
}

void sim_trouble_arm(struct sim *s)
{
	armed = s;
}

bool sim_trouble_strikes(struct sim *s, enum sim_trouble kind)
{
	if (!s || s->trouble != kind || ++s->trouble_count != s->trouble_at)
		return false;
	s->trouble_seen = s->mono;
	return true;
}

bool sim_trouble_is_fresh(const struct sim *s)
{
	return s->trouble_seen && s->mono < s->trouble_seen + FRESH_MS;
}

/* --- our memory --- */

void *__wrap_malloc(size_t size)
{
	return sim_trouble_strikes(armed, SIM_TROUBLE_MEMORY) ?
		NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return sim_trouble_strikes(armed, SIM_TROUBLE_MEMORY) ?
		NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
	return sim_trouble_strikes(armed, SIM_TROUBLE_MEMORY) ?
		NULL : __real_realloc(at, size);
}

char *__wrap_strdup(const char *text)
{
	return sim_trouble_strikes(armed, SIM_TROUBLE_MEMORY) ?
		NULL : __real_strdup(text);
}

/* --- SQLite's --- */

static sqlite3_mem_methods sqlite_memory;

static void *sqlite_malloc(int size)
{
	return sim_trouble_strikes(armed, SIM_TROUBLE_SQLITE) ?
		NULL : sqlite_memory.xMalloc(size);
}

static void *sqlite_realloc(void *at, int size)
{
	return sim_trouble_strikes(armed, SIM_TROUBLE_SQLITE) ?
		NULL : sqlite_memory.xRealloc(at, size);
}

void sim_trouble_init(void)
{
	sqlite3_mem_methods methods;

	/* One thread, and nobody asks for SQLite's figures. */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory);
	methods = sqlite_memory;
	methods.xMalloc = sqlite_malloc;
	methods.xRealloc = sqlite_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
