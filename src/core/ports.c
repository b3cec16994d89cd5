/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judging a count of event channels.  Counts none.
 */
#include "core/ports.h"

#include <inttypes.h>
#include <string.h>

#define HOUR_MS 3600000
#define SCARCE_PERCENT 90

void ports_rank(struct ports *ports, uint32_t domid, uint32_t count, bool gone)
{
	uint32_t at = ports->remotes;

	while (at > 0 && ports->remote[at - 1].count < count)
		at--;
	if (at == PORTS_REMOTES_MAX)
		return;
	if (ports->remotes < PORTS_REMOTES_MAX)
		ports->remotes++;
	memmove(&ports->remote[at + 1], &ports->remote[at],
		(ports->remotes - 1 - at) * sizeof(ports->remote[0]));
	ports->remote[at] = (struct ports_remote){ domid, count, gone };
}

/* Pairs within dom0 do not count as a leak. */
static bool is_leaked(const struct ports *ports)
{
	for (uint32_t i = 0; i < ports->remotes; i++)
		if (ports->remote[i].domid != 0 &&
		    ports->remote[i].count >= PORTS_LEAK)
			return true;
	return ports->gone >= PORTS_LEAK;
}

enum ports_level ports_judge(const struct ports *ports, uint32_t warn_percent)
{
	uint64_t used = (uint64_t)ports->used * 100;

	if (!ports->used)
		return PORTS_WELL;
	if (used >= (uint64_t)ports->most * SCARCE_PERCENT)
		return PORTS_SCARCE;
	if (is_leaked(ports))
		return PORTS_LEAKED;
	return used >= (uint64_t)ports->most * warn_percent ? PORTS_MANY :
							       PORTS_WELL;
}

const char *ports_level_name(enum ports_level level)
{
	static const char *const names[] = {
		[PORTS_WELL] = "well", [PORTS_MANY] = "many",
		[PORTS_LEAKED] = "leaked", [PORTS_SCARCE] = "scarce",
	};

	return names[level];
}

static void explain_remotes(const struct ports *ports, struct text *text)
{
	const char *before = "; most are for ";

	for (uint32_t i = 0; i < ports->remotes; i++) {
		const struct ports_remote *remote = &ports->remote[i];

		text_printf(text, "%sdomain %" PRIu32 "%s (%" PRIu32 ")",
			    before, remote->domid,
			    remote->gone ? ", which is gone" : "",
			    remote->count);
		before = ", ";
	}
}

void ports_explain(const struct ports *ports, struct text *text)
{
	if (!ports->used)
		return;
	text_printf(text, "%" PRIu32 " of %" PRIu32 " event channels of dom0 "
		    "are in use: %" PRIu32 " to domains, %" PRIu32 " offered, %"
		    PRIu32 " virtual interrupts, %" PRIu32 " physical, %" PRIu32
		    " between processors, %" PRIu32 " of the hypervisor",
		    ports->used, ports->most, ports->interdomain,
		    ports->unbound, ports->virq, ports->pirq, ports->ipi,
		    ports->hidden);
	if (ports->gone)
		text_printf(text, "; %" PRIu32 " are for domains that are gone",
			    ports->gone);
	explain_remotes(ports, text);
}

int32_t ports_grow(struct ports_growth *growth, uint32_t used, int64_t now_ms,
		   int64_t *ret_minutes)
{
	if (!growth->since_ms) {
		growth->since_ms = growth->next_ms = now_ms;
		growth->used = growth->next_used = used;
	} else if (now_ms - growth->next_ms >= HOUR_MS) {
		growth->since_ms = growth->next_ms;
		growth->used = growth->next_used;
		growth->next_ms = now_ms;
		growth->next_used = used;
	}
	*ret_minutes = (now_ms - growth->since_ms) / 60000;
	return (int32_t)used - (int32_t)growth->used;
}
