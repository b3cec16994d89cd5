/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The worker's report of a guest that is made up: every piece is told, found
 * or not, whatever is wrong with the others; and what only looks like a
 * kernel's note costs no more than time.  The parser is the real one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_syms_fake.h"
#include "port/console.h"
#include "port/memory.h"
#include "port/vcpus.h"
#include "role/parser.h"
#include "role/roles.h"
#include "role/worker_impl.h"
#include "tap.h"

/* --- the guest, in the place of src/port --- */

#define PAGES_MOST 8u

static struct {
	struct kernel_fake fake;
	struct kernel_trace_regs regs;	/* of vCPU 1; there is no other */
	unsigned char pages[PAGES_MOST][GUEST_MEM_PAGE_BYTES];
	unsigned int count;	/* of pages that are searched */
	unsigned int image_end;	/* those before it are the kernel's image */
	int open_rc, scan_rc, look_rc;
	unsigned int opened;	/* and not closed */
	const char *ring, *log;	/* what it printed; NULL: nothing */
	uint32_t printed;	/* bytes, by its own count */
} guest;

struct memory {
	char unused;
};

static struct memory memory;

int memory_open(uint32_t domid, int64_t end_ms, struct memory **ret_memory,
		struct text *why)
{
	(void)domid;
	(void)end_ms;
	if (guest.open_rc) {
		text_append(why, "a guest of the test's");
		return guest.open_rc;
	}
	guest.opened++;
	*ret_memory = &memory;
	return 0;
}

void memory_close(struct memory *at)
{
	guest.opened -= at != NULL;
}

void memory_tables(const struct memory *at, struct memory_tables *ret_tables)
{
	(void)at;
	*ret_tables = (struct memory_tables){ .levels = 4, .count = 1,
					      .roots = { 4 } };
}

unsigned int memory_vcpus(const struct memory *at,
			  struct kernel_trace_regs ret_vcpus[MEMORY_VCPUS])
{
	(void)at;
	ret_vcpus[0] = (struct kernel_trace_regs){ 0 };
	ret_vcpus[1] = (struct kernel_trace_regs){ .rip = guest.regs.rip,
						   .rsp = guest.regs.rsp };
	return 2;
}

int memory_read(struct memory *at, uint64_t frame, unsigned char *ret_page)
{
	(void)at;
	return kernel_fake_read(&guest.fake, frame, ret_page);
}

int memory_scan(struct memory *at, size_t (*wanted)(const unsigned char *page),
		size_t (*in_image)(const unsigned char *page),
		int (*each)(void *ctx, const uint64_t *pfn,
			    const unsigned char *pages, size_t count),
		void *ctx)
{
	(void)at;
	for (uint64_t pfn = 0; pfn < guest.count; pfn++) {
		size_t count = (pfn < guest.image_end ? in_image : wanted)(
			guest.pages[pfn]);
		uint64_t pfns[PAGES_MOST];
		int r;

		for (size_t i = 0; i < count && i < PAGES_MOST; i++)
			pfns[i] = pfn + i;
		r = count ? each(ctx, pfns, guest.pages[pfn], count) : 0;
		if (r)
			return r;
	}
	return guest.scan_rc;
}

int vcpus_read(uint32_t domid, size_t most, struct text *text,
	       struct text *why)
{
	(void)domid;
	(void)most;
	(void)why;
	text_append(text, "vcpu 0\n");
	return 0;
}

int console_read_ring(uint32_t domid, struct text *text, uint32_t *ret_written,
		      struct text *why)
{
	(void)domid;
	*ret_written = guest.printed;
	text_append(guest.ring ? text : why,
		    guest.ring ? guest.ring : "nothing was said");
	return guest.ring ? 0 : -ENOENT;
}

int console_read_log(const char *dir, const char *name, size_t most,
		     struct text *text, struct text *why)
{
	(void)dir;
	(void)name;
	text_append(guest.log ? text : why,
		    guest.log ? evidence_tail(guest.log, most) :
				"no log is kept");
	return guest.log ? 0 : -ENOENT;
}

/* --- the worker's loop --- */

static struct {
	unsigned int times;
	char source[64], text[512], missing[128];
} told[EVIDENCE_KIND_COUNT];

void worker_found(struct work *work, enum evidence_kind kind,
		  const char *source, const char *text, const char *missing)
{
	(void)work;
	told[kind].times += source[0] != '\0';
	snprintf(told[kind].source, sizeof(told[kind].source), "%s", source);
	snprintf(told[kind].text, sizeof(told[kind].text), "%s",
		 text ? text : "");
	snprintf(told[kind].missing, sizeof(told[kind].missing), "%s",
		 missing ? missing : "");
}

void worker_tell(const struct work *work, const char *what)
{
	(void)work;
	(void)what;
}

uint32_t worker_left_ms(const struct work *work)
{
	(void)work;
	return 30000;
}

int worker_look_shut_down(struct work *work)
{
	(void)work;
	return guest.look_rc;
}

/* --- the steps of a test --- */

/* OFFSET bytes behind the page's begin; it may go on in the next one. */
static void put_note_at(unsigned int pfn, size_t offset, const char *note,
			size_t len)
{
	uint32_t head[3] = { sizeof("VMCOREINFO"), (uint32_t)len, 0 };
	unsigned char *page = guest.pages[pfn] + offset;

	memcpy(page, head, sizeof(head));
	memcpy(page + sizeof(head), "VMCOREINFO", sizeof("VMCOREINFO"));
	memcpy(page + 24, note, len);
}

static void put_note(unsigned int pfn, const char *note, size_t len)
{
	put_note_at(pfn, 0, note, len);
}

static void begin(void)
{
	static struct guest_mem unused;
	struct kernel_syms_fake syms = { .form = KERNEL_SYMS_PERCPU };
	uint64_t at = 0;

	memset(&guest, 0, sizeof(guest));
	memset(told, 0, sizeof(told));
	kernel_fake_begin(&guest.fake, &unused);
	kernel_fake_note(&guest.fake, "BUILD-ID=12ab\n");
	kernel_fake_prb(&guest.fake, 1, 2);
	at = kernel_fake_say(&guest.fake, 1, at, "one");
	kernel_fake_say(&guest.fake, 2, at, "Kernel panic - not syncing: x");
	kernel_syms_fake_put(&guest.fake, &syms);
	kernel_syms_fake_stack(&guest.fake, &guest.regs);
	guest.count = PAGES_MOST;
}

static enum evidence_kind printed_in;

/* Returns the step's end, and in RET_PANIC what it says of the panic. */
static int report(char ret_panic[64])
{
	struct wire_msg order = { .kind = WIRE_ORDER, .deadline_ms = 30000 };
	struct wire_msg result = { 0 };
	struct text why = { 0 };
	struct work work = { .order = &order, .result = &result, .why = &why };
	int r = worker_report_run(&work);

	snprintf(ret_panic, 64, "%s", result.blob ? result.blob : "");
	printed_in = result.evidence;
	wire_clear(&result);
	text_free(&why);
	return r;
}

static bool is_missing(enum evidence_kind kind, const char *why)
{
	if (told[kind].times == 1 && !told[kind].text[0] &&
	    strcmp(told[kind].missing, why) == 0)
		return true;
	printf("# %s: %u times, \"%s\"\n", evidence_kind_name(kind),
	       told[kind].times, told[kind].missing);
	return false;
}

static bool all_missing(const char *why)
{
	return is_missing(EVIDENCE_KERNEL, why) &&
	       is_missing(EVIDENCE_KERNEL_LOG, why) &&
	       is_missing(EVIDENCE_BACKTRACE, why) &&
	       is_missing(EVIDENCE_PANIC, why);
}

/* --- tests --- */

static void test_found(void)
{
	char panic[64];

	begin();
	put_note(3, guest.fake.note, guest.fake.note_len);
	ok(report(panic) == 0, "a guest that panicked");
	is_text(told[EVIDENCE_KERNEL].text, "Linux 6.1.0-test, build id 12ab\n",
		"its kernel");
	is_text(told[EVIDENCE_KERNEL_LOG].text, "[    1.000005] one\n"
		"[    2.000005] Kernel panic - not syncing: x\n", "its log");
	is_text(told[EVIDENCE_PANIC].text, "Kernel panic - not syncing: x",
		"the line that says why");
	is_text(panic, "Kernel panic - not syncing: x", "and that is the "
		"step's result");
	is_text(told[EVIDENCE_REGISTERS].text, "vcpu 0\n", "its registers");
	ok(strncmp(told[EVIDENCE_BACKTRACE].text, "RIP: panic+0xa/0x100\n"
		   " ? sysrq_handle_crash+0x20/0x100\n", 54) == 0 &&
	   !told[EVIDENCE_BACKTRACE].missing[0], "its backtrace, with names");
	is_text(told[EVIDENCE_BACKTRACE].source,
		"the stack of vCPU 1 in the guest's memory",
		"that of the vCPU that was in the kernel");
	ok(is_missing(EVIDENCE_CONSOLE, "nothing was said") &&
	   is_missing(EVIDENCE_CONSOLE_LOG, "no log is kept"),
	   "what is not there is told with the reason");
	ok(guest.opened == 0, "its memory is let go");
}

static void test_looks_like(void)
{
	static const char bad[] = "OSRELEASE=\001not text\n";
	static const char empty[] = "OSRELEASE=5.10.0-other\n";
	char panic[64];

	begin();
	put_note(1, bad, sizeof(bad) - 1);
	put_note(5, guest.fake.note, guest.fake.note_len);
	ok(report(panic) == 0 && panic[0],
	   "a page that only looks like a note does not end the search");
	begin();
	put_note(1, bad, sizeof(bad) - 1);
	ok(report(panic) == 0 && !panic[0] &&
	   all_missing("reading the kernel's log: no log of a Linux kernel was "
		       "found in memory"), "nor is it one at its end");
	begin();
	put_note(1, empty, sizeof(empty) - 1);
	ok(report(panic) == 0 && !panic[0] &&
	   strcmp(told[EVIDENCE_KERNEL].text, "Linux 5.10.0-other\n") == 0 &&
	   is_missing(EVIDENCE_PANIC, "reading the kernel's log: no log of a "
		      "Linux kernel was found in memory"),
	   "a note that names no log tells the kernel");
	ok(strncmp(told[EVIDENCE_BACKTRACE].text, "RIP: 0xffffffff8101020a\n"
		   " ? 0xffff", 32) == 0, "one that names no tables: where the "
	   "vCPU was, without names");
	is_text(told[EVIDENCE_BACKTRACE].missing, "no function names: the "
		"kernel's note lacks kallsyms_names (Linux before 6.0 has "
		"none)", "and why");
}

/* As Linux before 4.13 has it: an array in its data. */
static void test_in_image(void)
{
	char panic[64];

	begin();
	guest.image_end = 4;
	put_note_at(2, GUEST_MEM_PAGE_BYTES - 32, guest.fake.note,
		    guest.fake.note_len);
	ok(report(panic) == 0 &&
	   strcmp(panic, "Kernel panic - not syncing: x") == 0,
	   "a note in the kernel's image is found, over two pages");
	begin();
	guest.image_end = 2;
	put_note_at(2, 64, guest.fake.note, guest.fake.note_len);
	ok(report(panic) == 0 && !panic[0],
	   "a program's page is not searched for one");
}

/* A page that any process of the guest can write, before the kernel's own. */
static void test_forged(void)
{
	static const char forged[] = "OSRELEASE=hidden\n";
	char panic[64];

	begin();
	put_note(1, forged, sizeof(forged) - 1);
	put_note(5, guest.fake.note, guest.fake.note_len);
	ok(report(panic) == 0 &&
	   strcmp(panic, "Kernel panic - not syncing: x") == 0,
	   "a note that leads to no log hides none");
	is_text(told[EVIDENCE_KERNEL].text, "Linux 6.1.0-test, build id 12ab\n",
		"and the kernel is the one that has the log");
	begin();
	put_note(1, forged, sizeof(forged) - 1);
	put_note(3, "OSRELEASE=other\n", 16);
	ok(report(panic) == 0 && !panic[0] &&
	   strcmp(told[EVIDENCE_KERNEL].text, "Linux hidden\n") == 0 &&
	   told[EVIDENCE_KERNEL_LOG].missing[0],
	   "of several without a log the first is told");
}

static void test_trouble(void)
{
	char panic[64];

	begin();
	ok(report(panic) == 0 &&
	   all_missing("no log of a Linux kernel was found in memory"),
	   "a guest that is no Linux");
	begin();
	guest.scan_rc = -ETIMEDOUT;
	ok(report(panic) == 0 &&
	   all_missing("searching its memory timed out"),
	   "one of which there is no end");
	begin();
	guest.open_rc = -ENOTSUP;
	ok(report(panic) == 0 && all_missing("a guest of the test's"),
	   "one whose memory cannot be had");
	ok(told[EVIDENCE_REGISTERS].text[0] != '\0',
	   "has its registers all the same");
	begin();
	guest.look_rc = -EBUSY;
	ok(report(panic) == -EBUSY && !told[EVIDENCE_PANIC].times,
	   "one that runs is not looked at");
}

static void is_printed(const char *line, enum evidence_kind where,
		       const char *source, const char *what)
{
	char panic[64];

	report(panic);
	is_text(panic, line, "%s", what);
	ok(printed_in == where, "%s: where it was printed is told", what);
	is_text(told[EVIDENCE_PANIC].text, line, "%s: on record", what);
	is_text(told[EVIDENCE_PANIC].source, source, "%s: its source", what);
}

static void test_printed(void)
{
	static const char log[] = "Kernel panic - not syncing: earlier domain\n"
		"booting\npanic: page fault\ncpuid = 0\n";

	begin();
	guest.ring = "panic: page fault\ncpuid = 0\n";
	is_printed("panic: page fault", EVIDENCE_CONSOLE, "the page of the PV "
		   "console, as FreeBSD prints it", "a guest without a note");
	guest.ring = "trace\n";
	guest.log = log;
	guest.printed = sizeof(log) - 1 - 43;
	memset(told, 0, sizeof(told));
	is_printed("panic: page fault", EVIDENCE_CONSOLE_LOG, "xenconsoled's "
		   "log, as FreeBSD prints it", "what the ring lost");
	guest.printed = 12;
	memset(told, 0, sizeof(told));
	is_printed("", EVIDENCE_PANIC, "the kernel's log in the guest's memory",
		   "no more of the log than the domain wrote");
	guest.ring = "Oops: 0000 [#1] SMP\n";
	guest.log = "Kernel panic - not syncing: y\nOops: 0000 [#1] SMP\n";
	guest.printed = 50;
	memset(told, 0, sizeof(told));
	is_printed("Kernel panic - not syncing: y", EVIDENCE_CONSOLE_LOG,
		   "xenconsoled's log, as Linux prints it",
		   "the end is told before a fault");
}

/* Its memory is believed, and not what a program may have printed. */
static void test_printed_beside(void)
{
	begin();
	put_note(3, guest.fake.note, guest.fake.note_len);
	guest.ring = "Kernel panic - not syncing: printed\n";
	is_printed("Kernel panic - not syncing: x", EVIDENCE_PANIC,
		   "the kernel's log in the guest's memory",
		   "a log in memory");
	begin();
	put_note(3, guest.fake.note, guest.fake.note_len);
	kernel_fake_say(&guest.fake, 2, 32, "all is well, and nothing else");
	guest.ring = "Kernel panic - not syncing: printed\n";
	is_printed("", EVIDENCE_PANIC, "the kernel's log in the guest's memory",
		   "a log in memory without a panic");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--role=parser") == 0)
		return parser_main();
	test_found();
	test_looks_like();
	test_in_image();
	test_forged();
	test_trouble();
	test_printed();
	test_printed_beside();
	return done_testing();
}
