/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdict on a host, and the lines of a kernel's log, as they were met.
 * Looks at no host.
 */
#include "core/host.h"

#include <string.h>

#include "tap.h"

static void is_kind(const char *record, enum kmsg_kind kind)
{
	struct kmsg_finding finding;

	kmsg_judge(record, strlen(record), &finding);
	ok(finding.kind == kind, "%s: %s", kmsg_kind_name(kind), record);
}

static void test_kmsg(void)
{
	struct kmsg_finding finding;

	is_kind("2,901,41000123,-;kernel BUG at drivers/xen/evtchn.c:264!\n",
		KMSG_EVTCHN_BUG);
	is_kind("4,902,1,-;RIP: e030:[<ffffffffa0001f2c>]  [<ffffffffa0001f2c>]"
		" evtchn_bind_to_user+0x9c/0xb0 [xen_evtchn]\n",
		KMSG_EVTCHN_BUG);
	is_kind("3,9,1,-;INFO: task xenstored:812 blocked for more than 120 "
		"seconds.", KMSG_HUNG_TASK);
	is_kind("3,9,1,-;INFO: task kworker/0:1:812 blocked for more than 120 "
		"seconds.", KMSG_NONE);
	is_kind("4,9,1,-;RIP: 0010:privcmd_ioctl+0x1/0x2 [xen_privcmd]",
		KMSG_OOPS);
	is_kind("4,9,1,-;RIP: 0010:ext4_file_write+0x1/0x2 [ext4]", KMSG_NONE);
	is_kind("3,9,1,-;xen_evtchn: disagrees about version of symbol "
		"module_layout", KMSG_MISMATCH);
	is_kind("6,9,1,-;xen:evtchn: Using FIFO-based ABI", KMSG_NONE);
	is_kind("no record; kernel BUG at drivers/xen/evtchn.c:264!",
		KMSG_NONE);
	is_kind("", KMSG_NONE);
	kmsg_judge("2,901,41000123,-;kernel BUG at drivers/xen/evtchn.c:264!",
		   20, &finding);
	ok(finding.kind == KMSG_NONE, "no byte past the end is read");
	kmsg_judge("2,901,41000123,-;kernel BUG at drivers/xen/evtchn.c:264!\n"
		   " SUBSYSTEM=x\n", 68, &finding);
	is_text(finding.text, "kernel BUG at drivers/xen/evtchn.c:264!",
		"the line is kept, and no other");
	ok(finding.since_boot_us == 41000123 && finding.sequence == 901,
	   "so are its time and number");
}

static void is_verdict(struct host_evidence evidence, enum host_health health,
		       const char *explained, const char *advised)
{
	struct text text = { 0 };

	ok(host_judge(&evidence) == health, "%s", host_health_name(health));
	host_explain(&evidence, &text);
	if (!ok(*explained ? strstr(text_get(&text), explained) != NULL :
			     !text.len, "explained: %s", explained))
		printf("# %s\n", text_get(&text));
	text_free(&text);
	host_advise(&evidence, &text);
	if (!ok(*advised ? strstr(text_get(&text), advised) != NULL :
			   !text.len, "advised: %s", advised))
		printf("# %s\n", text_get(&text));
	text_free(&text);
}

static void test_verdicts(void)
{
	struct host_evidence well = { .process_state = 'S', .took_ms = 2 };
	struct host_evidence bug = {
		.answer = HOST_ANSWER_NONE, .process_state = 'T',
		.process = 81, .kernel.kind = KMSG_EVTCHN_BUG,
		.kernel.text = "kernel BUG at drivers/xen/evtchn.c:264!",
	};
	struct host_evidence other = well;

	is_verdict(well, HOST_HEALTHY, "", "");
	other.took_ms = HOST_SLOW_MS + 1;
	is_verdict(other, HOST_SLOW, "took 501 ms", "");
	other.answer = HOST_ANSWER_NONE;
	is_verdict(other, HOST_HUNG, "does not answer", "check the CPU time");
	other.process_state = 'D';
	is_verdict(other, HOST_HUNG, "does not answer", "blocked in the kernel");
	other.process_state = 'T';
	other.process = 81;
	is_verdict(other, HOST_HUNG, "does not answer", "kill -CONT 81");
	other.process_state = '\0';
	is_verdict(other, HOST_DEAD, "it is not running", "reboot");
	other.answer = HOST_ANSWER_REFUSED;
	is_verdict(other, HOST_DEAD, "refuses", "reboot");
	other.answer = HOST_ANSWER_NO_SOCKET;
	is_verdict(other, HOST_DEAD, "has no socket", "reboot");
	other.store_domain = true;
	is_verdict(other, HOST_UNKNOWN, "", "");
	is_verdict(bug, HOST_HUNG, "module xen_evtchn",
		   "xenvigil module install");
	is_verdict(bug, HOST_HUNG, "kernel BUG at", "reboot");
	bug.answer = HOST_ANSWER_CAME;
	is_verdict(bug, HOST_HEALTHY, "", "");
}

static void test_names(void)
{
	enum host_health health = HOST_DEAD;

	ok(host_health_parse("slow", &health) == 0 && health == HOST_SLOW,
	   "a verdict by its name");
	ok(host_health_parse("ill", &health) < 0 && health == HOST_SLOW,
	   "no such name");
	is_text(host_health_name((enum host_health)99), "unknown",
		"no such verdict");
}

int main(void)
{
	test_kmsg();
	test_verdicts();
	test_names();
	return done_testing();
}
