/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the hypervisor's log, in pieces as the first byte says, as a
 * guest and a ring that wraps may have made them.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/hvlog.h"
#include "core/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct hvlog *log, uint32_t domid)
{
	struct text lines = { 0 }, cause = { 0 };
	char signature[SIGNATURE_BYTES], line[EVIDENCE_PANIC_BYTES];

	if (hvlog_get(log, domid, &lines) == 0) {
		assert(lines.len && lines.at[lines.len - 1] == '\n');
		/* An escape has at most four bytes for one. */
		assert(lines.len <= 4 * (HVLOG_DOMAIN_BYTES +
					 HVLOG_MARKS_BYTES + 4));
		for (size_t i = 0; i < lines.len; i++)
			assert((unsigned char)lines.at[i] >= 0x20 ||
			       lines.at[i] == '\n');
	}
	if (hvlog_cause(text_get(&lines), &cause) == 0) {
		assert(cause.len && !strchr(cause.at, '\n'));
		text_copy(line, sizeof(line), cause.at);
		signature_of(REASON_CRASH, line, signature);
		assert(strlen(signature) < SIGNATURE_BYTES);
	}
	text_free(&lines);
	text_free(&cause);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hvlog *log = hvlog_new();
	size_t piece = size ? (size_t)data[0] * 16 + 1 : 1;

	for (size_t at = 1; log && at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		/* A copy, so that no byte beyond it can be read unseen. */
		char *copy = malloc(n);

		if (!copy)
			break;
		memcpy(copy, data + at, n);
		hvlog_feed(log, copy, n);
		free(copy);
		if (data[0] % 4 == 3)
			hvlog_note_gap(log);
	}
	for (uint32_t domid = 0; log && domid < 32; domid++)
		look(log, domid);
	if (log)
		hvlog_forget(log, 12);
	hvlog_free(log);
	return 0;
}
