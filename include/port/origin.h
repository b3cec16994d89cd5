/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The creator of a domain: a word in a file beside libxl's file of the domain.
 * libxl moves the file at a rename and removes it with the domain.
 */
#ifndef PORT_ORIGIN_H
#define PORT_ORIGIN_H

#include <stdint.h>

#include "base/uuid.h"

#define ORIGIN_BYTES 32
#define ORIGIN_DIR "/var/lib/xen"

/* WORD: lower-case letters and dashes.  DIR: ORIGIN_DIR.  0, or -errno. */
int origin_set(const char *dir, uint32_t domid, const uint8_t uuid[UUID_BYTES],
	       const char *word);

/* "" if there is no such file. */
void origin_get(const char *dir, uint32_t domid,
		const uint8_t uuid[UUID_BYTES], char ret_word[ORIGIN_BYTES]);

#endif
