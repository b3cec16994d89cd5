/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which kernel a core is of, and where its debug information is.  Starts
 * nothing.
 */
#ifndef CMD_XENVIGIL_DEBUG_H
#define CMD_XENVIGIL_DEBUG_H

#include <json-c/json.h>
#include <stddef.h>

#define XENVIGIL_DEBUG_WORD_BYTES 128

struct xenvigil_debug {
	char release[XENVIGIL_DEBUG_WORD_BYTES];
	char build_id[XENVIGIL_DEBUG_WORD_BYTES];	/* "": unknown */
};

/* What the evidence of INCIDENT says.  The words are a guest's: -EINVAL when
 * they could be part of no path, -ENOENT when there are none. */
int xenvigil_debug_read(json_object *incident,
			struct xenvigil_debug *ret_kernel);

/* The file with the debug information, below ROOT.  Returns 0, or -ENOENT. */
int xenvigil_debug_find(const char *root, const struct xenvigil_debug *kernel,
			char *ret_path, size_t size);

/* The package that has it. */
void xenvigil_debug_package(const struct xenvigil_debug *kernel,
			    char *ret_package, size_t size);

#endif
