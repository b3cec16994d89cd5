/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's lines: whose they are, how many are kept, what they say.
 * Reads no ring.
 */
#include "core/hvlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tap.h"

/* Nothing is behind the line: to read on would be seen. */
static uint32_t domid_of(const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len + !len);
	struct hvlog_line line;

	memcpy(copy, text, len);
	hvlog_line_parse(copy, len, &line);
	free(copy);
	return line.domid;
}

static void test_names(void)
{
	ok(domid_of("(XEN) d4v0 Triple fault - invoking HVM shutdown action 1")
	   == 4, "d4v0");
	ok(domid_of("(XEN) Domain 12 (vcpu#0) crashed on cpu#1:") == 12,
	   "Domain 12");
	ok(domid_of("(XEN) *** Dumping Dom26 vcpu#0 state: ***") == 26,
	   "Dom26");
	ok(domid_of("(XEN) Watchdog timer fired for domain 13") == 13,
	   "the watchdog's");
	ok(domid_of("(XEN) Watchdog timer 1 fired for d13") == 13,
	   "and as later versions have it");
	ok(domid_of("(XEN) [  132.028963] mm.c:99:d7v1 bad page") == 7,
	   "behind a time and a place");
	ok(domid_of("(XEN) [2026-11-21 09:00:00] d7 bad") == 7, "or a date");
	ok(domid_of("(XEN) d0v1 asked about d9") == 9, "not dom0, who asks");
	ok(domid_of("(XEN) Domain 3 reported crashed by domain 0 on cpu#0:")
	   == 3, "who crashed, not who says so");
	ok(domid_of("(XEN) avc:  denied  { reset } for domid=11 a=b") == 11,
	   "as a security module has it");
	ok(domid_of("(d12) hello") == 12, "a guest's own word");
	ok(domid_of("(XEN) rax: 0000000000000d12 abd12 d12x") == 0,
	   "a number is no name");
	ok(domid_of("(XEN) domain 32753 d99999 d") == 0, "nor is a special id");
	ok(domid_of("d4v0 Triple fault") == 0 && domid_of("") == 0 &&
	   domid_of("(d") == 0 && domid_of("(XEN) ") == 0 &&
	   domid_of("(XEN) [") == 0, "a line by nobody, or cut");
}

static void said(const char *text, const char *expected)
{
	size_t len = strlen(text);
	char *copy = malloc(len);
	struct hvlog_line line;

	memcpy(copy, text, len);
	hvlog_line_parse(copy, len, &line);
	ok(line.len == strlen(expected) &&
	   memcmp(line.said, expected, line.len) == 0, "said: %s", text);
	free(copy);
}

static void test_times(void)
{
	said("(XEN) [    1.234567] bad", "bad");
	said("(XEN) [2026-11-21 09:00:00] bad", "bad");
	said("(d3) [    1.5] bad", "bad");
	said("(XEN) [    1.5]", "[    1.5]");
	said("(XEN) [    1.5] ", "");
	said("(XEN) [vm] bad", "[vm] bad");
	said("(XEN) bad", "bad");
}

static const char crash[] =
	"(XEN) something else\n"
	"(XEN) p2m.c:1: trouble\n"
	"(XEN) domain_crash called from arch/x86/hvm/emulate.c:170\n"
	"(XEN) Domain 26 (vcpu#1) crashed on cpu#0:\n"
	"(XEN) ----[ Xen-4.17.7  x86_64  debug=n  Not tainted ]----\n"
	"(XEN) CPU:    0\n"
	"(XEN) RIP:    0008:[<00000000001000b2>]\n"
	"(XEN) rax: 0000000000102188   rbx: 0000000000000000\n"
	"(XEN) Guest stack trace from rsp=1:\n"
	"(XEN)    0000000000000000 0000000000000001\n"
	"(XEN) nothing to do with it\n"
	"(XEN)    0000000000000002\n"
	"(d27) its own word\n"
	"(XEN) HVM d26v0 save: CPU\n";

static struct hvlog *fed(const char *text)
{
	struct hvlog *log = hvlog_new();

	hvlog_feed(log, "cut\n", 4);
	hvlog_feed(log, text, strlen(text));
	return log;
}

static void test_whose(void)
{
	struct hvlog *log = fed(crash);
	struct text text = { 0 };

	ok(hvlog_get(log, 26, &text) == 0, "its lines are there");
	is_text(text_get(&text),
		"(XEN) domain_crash called from arch/x86/hvm/emulate.c:170\n"
		"(XEN) Domain 26 (vcpu#1) crashed on cpu#0:\n"
		"(XEN) ----[ Xen-4.17.7  x86_64  debug=n  Not tainted ]----\n"
		"(XEN) CPU:    0\n"
		"(XEN) RIP:    0008:[<00000000001000b2>]\n"
		"(XEN) rax: 0000000000102188   rbx: 0000000000000000\n"
		"(XEN) Guest stack trace from rsp=1:\n"
		"(XEN)    0000000000000000 0000000000000001\n",
		"what leads to them and what goes on, no more");
	text_free(&text);
	ok(hvlog_get(log, 27, &text) == 0, "so is a guest's word");
	is_text(text_get(&text), "(d27) its own word\n", "and nothing else");
	text_free(&text);
	ok(hvlog_get(log, 1, &text) == -ENOENT &&
	   hvlog_get(log, 0, &text) == -ENOENT, "others have none");
	hvlog_forget(log, 26);
	ok(hvlog_get(log, 26, &text) == -ENOENT, "gone is forgotten");
	hvlog_free(log);
}

static void test_pieces(void)
{
	static const char after_gap[] =
		" of another\n(XEN)    00\n(XEN) d26 new\n";
	struct hvlog *log = hvlog_new();
	struct text whole = { 0 }, pieces = { 0 };
	struct hvlog *other = fed(crash);

	hvlog_feed(log, "d26 half\n", 9);
	for (size_t i = 0; i < sizeof(crash) - 1; i++)
		hvlog_feed(log, crash + i, 1);
	hvlog_get(other, 26, &whole);
	hvlog_get(log, 26, &pieces);
	is_text(text_get(&pieces), text_get(&whole), "byte by byte, the same");
	hvlog_feed(log, "(XEN) d26 begun", 15);
	hvlog_note_gap(log);
	hvlog_feed(log, after_gap, strlen(after_gap));
	text_free(&pieces);
	hvlog_get(log, 26, &pieces);
	text_append(&whole, "(XEN) d26 new\n");
	is_text(text_get(&pieces), text_get(&whole), "a gap joins nothing");
	text_free(&whole);
	text_free(&pieces);
	hvlog_free(log);
	hvlog_free(other);
}

static void test_bounds(void)
{
	struct hvlog *log = fed("(XEN) d5v0 Triple fault - first\n");
	struct text text = { 0 }, line = { 0 };

	for (int i = 0; i < 4000; i++) {
		text_printf(&line, "(d5) line %d\n", i);
		hvlog_feed(log, text_get(&line), line.len);
		text_free(&line);
	}
	hvlog_get(log, 5, &text);
	ok(text.len <= HVLOG_DOMAIN_BYTES + HVLOG_MARKS_BYTES + 4,
	   "a flood is bounded");
	ok(strncmp(text_get(&text), "(XEN) d5v0 Triple fault - first\n...\n",
		   36) == 0, "what tells outlasts it");
	ok(strstr(text_get(&text), "(d5) line 3999\n"), "so does the latest");
	text_free(&text);
	for (int i = 6; i < 6 + (int)HVLOG_DOMAINS; i++) {
		text_printf(&line, "(XEN) d%d word\n", i);
		hvlog_feed(log, text_get(&line), line.len);
		text_free(&line);
	}
	ok(hvlog_get(log, 5, &text) == -ENOENT, "the least lately named goes");
	ok(hvlog_get(log, 6, &text) == 0, "one named later stays");
	text_free(&text);
	for (int i = 0; i < 3000; i++)
		hvlog_feed(log, "(XEN) d6 x", 10);
	hvlog_feed(log, "\n(XEN) d6 \x1b[2J\n", 15);
	hvlog_get(log, 6, &text);
	ok(text.len < 2 * HVLOG_LINE_BYTES, "an endless line is cut");
	ok(strstr(text_get(&text), "\n(XEN) d6 \\x1b[2J\n"),
	   "control bytes are escaped");
	text_free(&text);
	hvlog_free(log);
}

static void is_cause(const char *lines, const char *expected)
{
	struct text text = { 0 };
	int r = hvlog_cause(lines, &text);

	is_text(r ? "none" : text_get(&text), expected, "%s", expected);
	text_free(&text);
}

static void is_cause_in_ring(uint32_t domid, const char *ring,
			     const char *expected)
{
	struct hvlog *log = fed(ring);
	struct text lines = { 0 };

	hvlog_get(log, domid, &lines);
	is_cause(text_get(&lines), expected);
	text_free(&lines);
	hvlog_free(log);
}

static void test_causes(void)
{
	is_cause("(XEN) d4v3 Triple fault - invoking HVM shutdown action 1\n",
		 "triple fault of vCPU 3");
	ok(hvlog_is_triple_fault("triple fault of vCPU 3") &&
	   !hvlog_is_triple_fault("its watchdog timer fired") &&
	   !hvlog_is_triple_fault(""), "which is told from others");
	is_cause_in_ring(26, crash, "crashed by the hypervisor from "
			 "arch/x86/hvm/emulate.c:170 while it ran vCPU 1");
	is_cause("(XEN) Domain 3 reported crashed by domain 7 on cpu#0:",
		 "crashed by the hypervisor for domain 7");
	is_cause("(XEN) Watchdog timer fired for domain 12\n",
		 "its watchdog timer fired");
	is_cause("(d4) Triple fault - so I say\n(XEN) d4 hello\n", "none");
	is_cause("", "none");
	is_cause("(XEN) d1v0 VIRIDIAN CRASH: 3b c0000096 75b12c5 9e7f1580 0\n",
		 "Windows bugcheck 0x0000003B SYSTEM_SERVICE_EXCEPTION "
		 "(0xc0000096, 0x75b12c5, 0x9e7f1580, 0x0)");
	is_cause("(d1) [  132.029008] xen|BUGCHECK: DRIVER_POWER_STATE_FAILURE:"
		 " 0000000000000003 FFFFF80418A21E27 FFFFAC009F27B900 "
		 "0000000000000000\n",
		 "Windows bugcheck 0x0000009F DRIVER_POWER_STATE_FAILURE (0x3, "
		 "0xfffff80418a21e27, 0xffffac009f27b900, 0x0), "
		 "as its drivers report");
	is_cause("(XEN) d1v3 VIRIDIAN GUEST_CRASH: 0xa 0xffffffffffffffff "
		 "0xe 0 0xfffff80648bbd2b3\n(d1) xen|BUGCHECK: 000000D1: "
		 "1 2 3 4\n",
		 "Windows bugcheck 0x0000000A IRQL_NOT_LESS_OR_EQUAL "
		 "(0xffffffffffffffff, 0xe, 0x0, 0xfffff80648bbd2b3)");
}

#define POD "p2m_pod_demand_populate: Dom3 out of PoD memory! " \
	    "(tot=65536 ents=1024 dom3)"
#define CALLED "(XEN) domain_crash called from p2m-pod.c:1218\n" \
	       "(XEN) Domain 3 (vcpu#0) crashed on cpu#1:\n"
#define CRASHED "crashed by the hypervisor from p2m-pod.c:1218 while it ran " \
		"vCPU 0"

/* Why the hypervisor called a crash, it says in the line before. */
static void test_own_words(void)
{
	is_cause_in_ring(3, "(XEN) " POD "\n" CALLED, POD "; " CRASHED);
	is_cause_in_ring(3, "(XEN) " POD "\n(XEN) d4 word\n" CALLED, CRASHED);
	is_cause_in_ring(3, "(XEN) " POD "\n(d3) a guest's word\n" CALLED,
			 CRASHED);
	is_cause_in_ring(3, "(XEN) " POD "\n(XEN) of nobody\n" CALLED, CRASHED);
	is_cause_in_ring(3, "(XEN) d3v1 Triple fault - x\n" CALLED,
			 "triple fault of vCPU 1; " CRASHED);
	is_cause_in_ring(3, "(XEN) " POD "\n(XEN) RIP: 0008:[<0>]\n" CALLED,
			 CRASHED);
}

/* Any line, cut anywhere, with bytes changed: nothing is read beyond it. */
static void test_chance(void)
{
	unsigned int rounds = tap_rounds(2000);
	struct text out = { 0 }, cause = { 0 };

	for (unsigned int i = 0; i < rounds; i++) {
		size_t len = (size_t)rand() % sizeof(crash);
		char *copy = malloc(len + 1);
		struct hvlog *log = hvlog_new();

		memcpy(copy, crash, len);
		for (int j = 0; len && j < 8; j++)
			copy[(size_t)rand() % len] = (char)rand();
		hvlog_feed(log, "\n", 1);
		hvlog_feed(log, copy, len);
		hvlog_get(log, 26, &out);
		hvlog_cause(text_get(&out), &cause);
		text_free(&out);
		text_free(&cause);
		hvlog_free(log);
		free(copy);
	}
	ok(true, "%u broken logs do no harm", rounds);
}

int main(void)
{
	test_names();
	test_times();
	test_whose();
	test_pieces();
	test_bounds();
	test_causes();
	test_own_words();
	test_chance();
	return done_testing();
}
