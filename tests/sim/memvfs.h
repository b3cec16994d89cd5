/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file system in memory for SQLite that fails on demand: it knows which
 * bytes were synced, can be cut at any byte of what was written, and runs
 * full, breaks or stops at the nth operation.  For tests only.
 */
#ifndef TESTS_SIM_MEMVFS_H
#define TESTS_SIM_MEMVFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum memvfs_trouble {
	MEMVFS_NONE,
	MEMVFS_FULL,	/* writes that need room fail */
	MEMVFS_BROKEN,	/* writes and syncs fail */
	MEMVFS_STOPPED,	/* nothing is done any more, as if we were killed */
};

/* Makes it SQLite's default.  Call once. */
void memvfs_register(void);

/* Forgets every file. */
void memvfs_reset(void);

/* Remembers every file as it is; and begins anew with them (by their names). */
void memvfs_keep(void);
void memvfs_reset_to_kept(void);

/* From the Nth write, truncation or sync on (0: the next), TROUBLE. */
void memvfs_set_trouble(enum memvfs_trouble trouble, uint64_t nth);

/* Like the above, for that one operation only. */
void memvfs_fail_once(enum memvfs_trouble trouble, uint64_t nth);

/* Has it come to MEMVFS_STOPPED? */
bool memvfs_is_stopped(void);

/* Operations that were refused, but for want of room, ever. */
uint64_t memvfs_interrupted(void);

/* Operations so far: writes, truncations, syncs. */
uint64_t memvfs_operations(void);

/*
 * The power fails: of what was written after the last sync of its file, only
 * a part chosen by SEED stays.
 */
void memvfs_power_cut(uint64_t seed);

/* There will be no power cut: what was synced need not be known.  For ever. */
void memvfs_never_cut(void);

/* --- a recorded run --- */

void memvfs_record_start(void);

/* Bytes written since, over all files. */
uint64_t memvfs_record_bytes(void);

/*
 * The files as they were at the start with the first BYTES of what was
 * written since: files other than this recording are lost.
 */
void memvfs_record_replay(uint64_t bytes);
void memvfs_record_free(void);

/* A file's bytes, to damage them; NULL: there is none. */
uint8_t *memvfs_bytes(const char *name_end, size_t *ret_len);

#endif
