/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which words make a line of the kernel's log matter to us.  A line that only
 * looks alike leads nowhere by itself: see core/host.c.
 */
#include "core/kmsg.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define LINE_BYTES 1024

static const char *const names[] = {
	[KMSG_NONE] = "none",
	[KMSG_MISMATCH] = "module-mismatch",
	[KMSG_HUNG_TASK] = "hung-task",
	[KMSG_OOPS] = "oops",
	[KMSG_EVTCHN_BUG] = "evtchn-bug",
};

const char *kmsg_kind_name(enum kmsg_kind kind)
{
	return (unsigned int)kind < sizeof(names) / sizeof(names[0]) ?
		names[kind] : names[KMSG_NONE];
}

/* Parts of the kernel that the toolstack stands on. */
static bool names_ours(const char *text)
{
	static const char *const words[] = {
		"xen_evtchn", "drivers/xen/evtchn", "evtchn_bind_to_user",
		"xen_privcmd", "drivers/xen/privcmd", "xenbus", "xenstored",
		"xen-evtchn", "xen-privcmd",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

static bool has(const char *text, const char *word)
{
	return strstr(text, word) != NULL;
}

static enum kmsg_kind judge_text(const char *text)
{
	if (!names_ours(text))
		return KMSG_NONE;
	if (has(text, "kernel BUG at drivers/xen/evtchn.c"))
		return KMSG_EVTCHN_BUG;
	if (has(text, "evtchn_bind_to_user") && has(text, "RIP"))
		return KMSG_EVTCHN_BUG;
	if (has(text, "kernel BUG at") || has(text, "Oops") ||
	    has(text, "RIP"))
		return KMSG_OOPS;
	if (has(text, "INFO: task") && has(text, "blocked for more than"))
		return KMSG_HUNG_TASK;
	if (has(text, "disagrees about version of symbol") ||
	    has(text, "Invalid module format") ||
	    has(text, "version magic"))
		return KMSG_MISMATCH;
	return KMSG_NONE;
}

void kmsg_judge(const char *record, size_t len,
		struct kmsg_finding *ret_finding)
{
	struct kmsg_finding finding = { .kind = KMSG_NONE };
	unsigned long long sequence = 0;
	long long time_us = 0;
	char line[LINE_BYTES];
	char *text;

	if (len > sizeof(line) - 1)
		len = sizeof(line) - 1;
	memcpy(line, record, len);
	line[len] = '\0';
	text = strchr(line, ';');
	if (text && sscanf(line, "%*u,%llu,%lld", &sequence, &time_us) == 2) {
		text++;
		text[strcspn(text, "\n")] = '\0';
		finding.kind = judge_text(text);
		finding.since_boot_us = time_us;
		finding.sequence = sequence;
		if (finding.kind != KMSG_NONE)
			text_copy(finding.text, sizeof(finding.text), text);
	}
	*ret_finding = finding;
}
