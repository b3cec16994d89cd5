/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose devices a worker may touch when a driver domain was restarted: the
 * worker sees domains, and only the keeper knows whose they are.
 */
#include <errno.h>

#include "core/reattach.h"
#include "keeper.h"

/* A message has room for thousands.  What is not on it is not touched. */
#define LIST_BYTES_MAX (DOMAIN_CONFIG_MAX_BYTES - 256)

int keeper_reattach_prepare(const struct keeper *keeper, struct wire_msg *msg)
{
	struct domain *const *domains;
	size_t count = engine_domains(keeper->engine, &domains);
	struct text list = { 0 };

	for (size_t i = 0; i < count && list.len < LIST_BYTES_MAX; i++)
		if (engine_may_reattach(keeper->engine, domains[i]))
			reattach_permit(&list, &domains[i]->info.id);
	if (list.error) {
		text_free(&list);
		return -ENOMEM;
	}
	msg->blob = list.at;
	msg->blob_len = list.len;
	return 0;
}
