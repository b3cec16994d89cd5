/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the recorded incidents with the same cause, counted again for each
 * request.  Reads only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "control_json.h"
#include "core/signature.h"
#include "keeper.h"

/* One incident; after join() all those that are alike. */
struct entry {
	uint64_t hash;		/* of the signature */
	uint8_t uuid[UUID_BYTES];
	int64_t since_ms;
	uint32_t times, guests;
};

struct control_groups {
	size_t count, cap;
	struct entry *at;	/* by hash */
};

/* FNV-1a: two lines with the same one are taken for alike. */
static uint64_t hash_of(const char *signature)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *signature; signature++)
		hash = (hash ^ (uint8_t)*signature) * 0x100000001b3ull;
	return hash;
}

/* 0: it is like nothing. */
static uint64_t hash_panic(enum reason reason, const char *panic)
{
	char signature[SIGNATURE_BYTES];

	signature_of(reason, panic, signature);
	return signature[0] ? hash_of(signature) : 0;
}

static int add_panic(void *ctx, const struct store_panic *panic)
{
	struct control_groups *groups = ctx;
	struct entry *entry;

	if (groups->count == groups->cap) {
		size_t cap = groups->cap ? groups->cap * 2 : 64;

		entry = realloc(groups->at, cap * sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		groups->at = entry;
		groups->cap = cap;
	}
	entry = &groups->at[groups->count++];
	entry->hash = hash_panic(panic->reason, panic->panic);
	memcpy(entry->uuid, panic->uuid, UUID_BYTES);
	entry->since_ms = panic->seen_ms;
	entry->times = entry->guests = 1;
	return 0;
}

static int by_hash(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return memcmp(x->uuid, y->uuid, UUID_BYTES);
}

/* They are sorted: those that are alike are neighbours. */
static void join(struct control_groups *groups)
{
	struct entry *to = groups->at;
	size_t count = groups->count;

	groups->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct entry *from = &groups->at[i];

		if (!groups->count || to->hash != from->hash) {
			to = &groups->at[groups->count++];
			*to = *from;
			continue;
		}
		to->times++;
		to->guests += memcmp(to->uuid, from->uuid, UUID_BYTES) != 0;
		memcpy(to->uuid, from->uuid, UUID_BYTES);
		if (from->since_ms < to->since_ms)
			to->since_ms = from->since_ms;
	}
}

struct control_groups *control_groups_load(struct keeper *keeper)
{
	struct control_groups *groups = calloc(1, sizeof(*groups));

	if (!groups)
		return NULL;
	if (store_each_panic(keeper->store, add_panic, groups)) {
		control_groups_free(groups);
		return NULL;
	}
	if (groups->count)
		qsort(groups->at, groups->count, sizeof(*groups->at), by_hash);
	join(groups);
	return groups;
}

void control_groups_free(struct control_groups *groups)
{
	if (!groups)
		return;
	free(groups->at);
	free(groups);
}

static const struct entry *find_entry(const struct control_groups *groups,
				      uint64_t hash)
{
	size_t low = 0, high = groups->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (groups->at[middle].hash == hash)
			return &groups->at[middle];
		if (groups->at[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void control_groups_tell(const struct control_groups *groups,
			 json_object *incident)
{
	json_object *panic = json_object_object_get(incident, "panic");
	json_object *word = json_object_object_get(incident, "reason");
	const struct entry *entry = NULL;
	enum reason reason;
	uint64_t hash;

	if (!groups || !panic || !word ||
	    reason_parse(json_object_get_string(word), &reason) < 0)
		return;
	hash = hash_panic(reason, json_object_get_string(panic));
	if (hash)
		entry = find_entry(groups, hash);
	if (!entry)
		return;
	control_json_int(incident, "alike", entry->times);
	control_json_int(incident, "alike_guests", entry->guests);
	control_json_int(incident, "alike_since_ms", entry->since_ms);
}
