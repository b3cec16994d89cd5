/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a worker may take for its order, by the size of the guest.  Asks the
 * last list of domains only.
 */
#include "core/deadline.h"
#include "keeper.h"

uint32_t keeper_deadline_s(const struct keeper *keeper,
			   const struct wire_msg *order)
{
	const struct domain *domain = engine_domain(keeper->engine,
						    order->id.domid);
	uint64_t kib = deadline_config_kib(order->blob);

	if (domain && uuid_equal(domain->info.id.uuid, order->id.uuid) &&
	    domain->info.memory_kib > kib)
		kib = domain->info.memory_kib;
	return deadline_step(order->step,
			     keeper->settings->deadline_s[order->step], kib);
}
