/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One domain's memory, many frames a map, always as a copy.
 */
#ifndef PORT_CORE_MAP_H
#define PORT_CORE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Frames a map: more gain nothing, fewer cost a system call each. */
#define CORE_MAP_FRAMES 1024

struct core_map;

/* A handle that can reach DOMID's memory only.  Returns 0, or -errno. */
int core_map_open(uint32_t domid, struct core_map **ret_map);
void core_map_close(struct core_map *map);

/* From END_MS (CLOCK_MONOTONIC) on every copy is -ETIMEDOUT. */
void core_map_limit(struct core_map *map, int64_t end_ms);

/*
 * Copies the COUNT (at most CORE_MAP_FRAMES) frames to RET_PAGES, a page each,
 * and says in RET_THERE which of them there were.  Returns how many, or
 * -errno.
 */
int core_map_copy(struct core_map *map, const uint64_t *frames, size_t count,
		  unsigned char *ret_pages, bool *ret_there);

/*
 * Calls VIEW with each existing frame, mapped, by its index in FRAMES; the
 * guest may change it at the same time.  Returns the number, or -errno.
 */
int core_map_view(struct core_map *map, const uint64_t *frames, size_t count,
		  void (*view)(void *ctx, size_t at,
			       const unsigned char *page),
		  void *ctx);

#endif
