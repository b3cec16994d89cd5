/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdict depends only on whether xenstored answers; everything else
 * explains it, so that no line in a log makes a working host look broken.
 */
#include "core/host.h"

#include <string.h>

#include "base/text.h"

static const char *const names[] = {
#define X(name, text) [HOST_##name] = text,
	HOST_HEALTH_LIST(X)
#undef X
};

const char *host_health_name(enum host_health health)
{
	return (unsigned int)health < HOST_HEALTH_COUNT ?
		names[health] : names[HOST_UNKNOWN];
}

int host_health_parse(const char *name, enum host_health *ret_health)
{
	return text_find(names, HOST_HEALTH_COUNT, name, ret_health);
}

static bool process_is_gone(const struct host_evidence *evidence)
{
	return !evidence->store_domain &&
	       (!evidence->process_state || evidence->process_state == 'Z' ||
		evidence->process_state == 'X');
}

static bool process_is_stopped(const struct host_evidence *evidence)
{
	return evidence->process_state == 'T' || evidence->process_state == 't';
}

enum host_health host_judge(const struct host_evidence *evidence)
{
	switch (evidence->answer) {
	case HOST_ANSWER_CAME:
		return evidence->took_ms > HOST_SLOW_MS ? HOST_SLOW :
							  HOST_HEALTHY;
	case HOST_ANSWER_NO_SOCKET:
		/* A xenstored in a domain has no socket here, so it cannot be
		 * judged. */
		return evidence->store_domain ? HOST_UNKNOWN : HOST_DEAD;
	case HOST_ANSWER_REFUSED:
		return HOST_DEAD;
	default:
		return process_is_gone(evidence) ? HOST_DEAD : HOST_HUNG;
	}
}

static bool is_evtchn_fault(const struct host_evidence *evidence)
{
	return evidence->kernel.kind == KMSG_EVTCHN_BUG;
}

static void explain_store(const struct host_evidence *evidence,
			  struct text *text)
{
	switch (evidence->answer) {
	case HOST_ANSWER_CAME:
		text_printf(text, "xenstored took %lld ms to answer",
			    (long long)evidence->took_ms);
		return;
	case HOST_ANSWER_NONE:
		text_append(text, "xenstored does not answer");
		if (evidence->took_ms >= HOST_SLOW_MS)
			text_printf(text, " (%lld ms)",
				    (long long)evidence->took_ms);
		break;
	case HOST_ANSWER_REFUSED:
		text_append(text, "xenstored refuses connections");
		break;
	case HOST_ANSWER_NO_SOCKET:
		text_append(text, "xenstored has no socket");
		break;
	}
	if (process_is_gone(evidence))
		text_append(text, ": it is not running");
	else if (evidence->process_text[0])
		text_printf(text, ": %s", evidence->process_text);
}

static void explain_kernel(const struct host_evidence *evidence,
			   struct text *text)
{
	const struct kmsg_finding *kernel = &evidence->kernel;

	if (kernel->kind == KMSG_NONE)
		return;
	if (is_evtchn_fault(evidence))
		text_append(text, "; the kernel's module xen_evtchn has hit "
				  "its known bug");
	text_printf(text, "; the kernel said at %lld.%03lld s: ",
		    (long long)(kernel->since_boot_us / 1000000),
		    (long long)(kernel->since_boot_us / 1000 % 1000));
	text_append_escaped(text, kernel->text, strlen(kernel->text));
}

void host_explain(const struct host_evidence *evidence, struct text *text)
{
	enum host_health health = host_judge(evidence);

	if (health == HOST_HEALTHY || health == HOST_UNKNOWN)
		return;
	explain_store(evidence, text);
	if (evidence->evtchn == HOST_DEVICE_SILENT)
		text_append(text, "; an event through /dev/xen/evtchn does "
				  "not arrive");
	else if (evidence->evtchn == HOST_DEVICE_FAILS)
		text_printf(text, "; /dev/xen/evtchn fails: %s",
			    evidence->evtchn_error);
	explain_kernel(evidence, text);
}

void host_advise(const struct host_evidence *evidence, struct text *text)
{
	enum host_health health = host_judge(evidence);

	if (health != HOST_HUNG && health != HOST_DEAD)
		return;
	if (is_evtchn_fault(evidence))
		text_append(text, "install xenvigil's xen-evtchn (xenvigil "
			    "module install) and reboot: nothing else brings "
			    "xenstored back on this kernel");
	else if (process_is_stopped(evidence))
		text_printf(text, "kill -CONT %d", evidence->process);
	else if (health == HOST_DEAD)
		text_append(text, "xenstored cannot be restarted while guests "
			    "run: shut down what you can, then reboot");
	else if (evidence->process_state == 'D')
		text_append(text, "xenstored is blocked in the kernel: read "
			    "dmesg; only a reboot ends this");
	else
		text_append(text, "check the CPU time, the memory and the log "
			    "of xenstored; it may recover by itself");
}
