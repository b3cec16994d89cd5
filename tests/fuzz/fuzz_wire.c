/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet of a child's to the keeper.  What is taken is as bounded as what
 * is sent.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "role/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire_msg msg;

	if (wire_decode(data, size, &msg))
		return 0;
	if (!memchr(msg.text, '\0', sizeof(msg.text)) ||
	    !memchr(msg.missing, '\0', sizeof(msg.missing)) ||
	    (msg.blob && msg.blob[msg.blob_len]))
		abort();
	wire_clear(&msg);
	return 0;
}
