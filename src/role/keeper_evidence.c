/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The evidence that workers send: records it, and keeps what later steps need.
 * Does not interpret the rest.
 */
#include <string.h>

#include "base/log.h"
#include "core/kernel_log.h"
#include "keeper.h"

void keeper_evidence_store(struct keeper *keeper, uint64_t incident,
			   const struct wire_msg *msg)
{
	struct evidence evidence = {
		.kind = msg->evidence,
		.at_ms = keeper_now(keeper).wall_ms,
		.source = msg->text,
		.text = msg->blob ? msg->blob : "",
		.missing = msg->missing,
	};
	int r = keeper_records_evidence(keeper, incident, &evidence);

	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "evidence-not-stored",
			  LOG_INT("incident", (int64_t)incident),
			  LOG_TEXT("kind", evidence_kind_name(evidence.kind)),
			  LOG_TEXT("error", strerror(-r)));
}

static int take_task(void *ctx, const struct evidence *evidence)
{
	if (evidence->kind != EVIDENCE_KERNEL_LOG)
		return 0;
	(void)kernel_log_task(evidence->text, ctx);
	return 1;
}

/* A core says the same without it, but readers then take the wrong task for
 * the one that panicked. */
void keeper_evidence_task(struct keeper *keeper, uint64_t incident,
			  struct kernel_task *ret_task)
{
	(void)store_each_evidence(keeper->store, incident, take_task,
				  ret_task);
}
