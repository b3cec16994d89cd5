/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report: collects the evidence of the guest's end, piece by piece, the
 * quick and certain pieces first.  A missing piece is reported as missing.  The
 * action waits no longer than the deadline.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel_note.h"
#include "port/console.h"
#include "port/memory.h"
#include "port/vcpus.h"
#include "role/parser.h"
#include "role/worker_impl.h"

/* The time within the deadline that is kept for sending the result. */
static int64_t spare_ms(const struct work *work)
{
	return work->order->deadline_ms / 5;
}

#define CONSOLE_LOG_BYTES (16u << 10)

/* --- the guest kernel's own log --- */

struct reading {
	struct work *work;
	struct memory *memory;
	struct parser_source source;
	const uint64_t *pfn;	/* pages of what may be a kernel's note */
	const unsigned char *pages;
	size_t count;
	struct parser_result result; /* the best until now, and why it ends */
	struct text why;
	int rc;			/* of that one's parser */
};

static size_t pages_of(size_t offset, size_t len)
{
	return len ? (offset + KERNEL_NOTE_HEAD_BYTES + len - 1) /
			     GUEST_MEM_PAGE_BYTES + 1 : 0;
}

/* By the note's first bytes only: the parser reads what it says. */
static size_t note_pages(const unsigned char *page)
{
	return pages_of(0, kernel_note_head(page));
}

static size_t note_pages_anywhere(const unsigned char *page)
{
	uint32_t offset = 0;
	size_t len = kernel_note_find(page, &offset);

	return pages_of(offset, len);
}

static int give_notes(void *ctx,
		      int (*each)(void *each_ctx, const uint64_t *pfn,
				  const unsigned char *pages, size_t count),
		      void *each_ctx)
{
	const struct reading *reading = ctx;

	return each(each_ctx, reading->pfn, reading->pages, reading->count);
}

static int read_frame(void *ctx, uint64_t frame, unsigned char *ret_page)
{
	const struct reading *reading = ctx;

	return memory_read(reading->memory, frame, ret_page);
}

static void find_tables(struct reading *reading)
{
	struct parser_source *source = &reading->source;
	struct memory_tables tables;

	_Static_assert(PARSER_ROOTS == MEMORY_ROOTS, "roots are copied");
	memory_tables(reading->memory, &tables);
	source->scan = give_notes;
	source->read = read_frame;
	source->ctx = reading;
	source->levels = tables.levels;
	source->root_count = tables.count;
	memcpy(source->roots, tables.roots, sizeof(source->roots));
}

/* Takes over what a parser found, unless an earlier one found more. */
static void keep(struct reading *reading, struct parser_result *result,
		 struct text *why, int rc)
{
	if (reading->result.release[0] && !result->log.len) {
		parser_client_clear(result);
		text_free(why);
		return;
	}
	parser_client_clear(&reading->result);
	text_free(&reading->why);
	reading->result = *result;
	reading->why = *why;
	reading->rc = rc;
}

/* Returns whether the search is over. */
static bool read_note(struct reading *reading, const uint64_t *pfn,
		      const unsigned char *pages, size_t count)
{
	int64_t left_ms = (int64_t)worker_left_ms(reading->work) -
			  spare_ms(reading->work);
	struct parser_result result = {0};
	struct text why = {0};
	bool has_log;
	int rc;

	reading->pfn = pfn;
	reading->pages = pages;
	reading->count = count;
	rc = parser_client_run(&reading->source,
			       left_ms > 0 ? (uint32_t)left_ms : 0, &result,
			       &why);
	has_log = result.log.len > 0;
	keep(reading, &result, &why, rc);
	return has_log || rc == -ETIMEDOUT;
}

/*
 * Any process of the guest can write what looks like a note.  A note counts when
 * the kernel's log is found by it; each other one costs a parser, and the
 * search goes on.
 */
static int on_notes(void *ctx, const uint64_t *pfn, const unsigned char *pages,
		    size_t count)
{
	struct reading *reading = ctx;

	for (size_t i = 0; i < count; i++) {
		const unsigned char *page = pages + i * GUEST_MEM_PAGE_BYTES;
		size_t wanted = note_pages_anywhere(page);

		if (wanted > count - i)
			wanted = count - i;
		if (wanted && read_note(reading, pfn + i, page, wanted))
			return 1;
	}
	return 0;
}

static int search(struct reading *reading)
{
	int r = memory_open(reading->work->order->id.domid,
			    reading->work->end_ms - spare_ms(reading->work),
			    &reading->memory, &reading->why);

	if (r)
		return r;
	find_tables(reading);
	_Static_assert(PARSER_VCPUS == MEMORY_VCPUS, "as many there as here");
	reading->source.vcpu_count = memory_vcpus(reading->memory,
						  reading->source.vcpus);
	reading->rc = -ENOENT;
	r = memory_scan(reading->memory, note_pages, note_pages_anywhere,
			on_notes, reading);
	if (r < 0) {
		text_free(&reading->why);
		text_append(&reading->why, r == -ETIMEDOUT ?
			    "searching its memory timed out" :
			    strerror(-r));
	}
	return r < 0 ? r : reading->rc;
}

static void tell_kernel(struct work *work, const struct parser_result *result,
			const char *why)
{
	struct text line = {0};

	if (result->release[0])
		text_printf(&line, "Linux %s%s%s\n", result->release,
			    result->build_id[0] ? ", build id " : "",
			    result->build_id);
	worker_found(work, EVIDENCE_KERNEL,
		     "the kernel's note in the guest's memory",
		     text_get(&line), line.len ? NULL : why);
	text_free(&line);
}

static void tell_panic(struct work *work, const char *source,
		       const char *line, const char *why)
{
	worker_found(work, EVIDENCE_PANIC, source, line, line[0] ? NULL : why);
	if (!line[0])
		return;
	work->result->blob = strdup(line);
	work->result->blob_len = work->result->blob ?
				 strlen(work->result->blob) : 0;
}

static const char in_ring[] = "the page of the PV console";
static const char in_log[] = "xenconsoled's log";

/* The cause from the guest's console, because its memory does not show it. */
static void tell_printed(struct work *work)
{
	char source[EVIDENCE_WORD_BYTES];

	snprintf(source, sizeof(source), "%s, as %s prints it",
		 work->cause_in == EVIDENCE_CONSOLE ? in_ring : in_log,
		 work->cause.system);
	tell_panic(work, source, work->cause.line, "");
	work->result->evidence = work->cause_in;
}

/* WHY is not empty when the log is missing, or its end is. */
static void tell_log(struct work *work, const struct parser_result *result,
		     const char *why)
{
	static const char source[] = "the kernel's log in the guest's memory";
	const char *log = text_get(&result->log);
	const char *missing = why;

	if (!why[0] && !log[0])
		missing = "the log is empty";
	else if (!why[0] && (result->cut || result->log.len >
					    EVIDENCE_TEXT_BYTES))
		missing = "older lines";
	worker_found(work, EVIDENCE_KERNEL_LOG, source, log, missing);
	if (!result->panic[0] && (why[0] || !log[0]) && work->cause.line[0])
		tell_printed(work);
	else
		tell_panic(work, source, result->panic, why[0] ? why :
			   "the kernel's log has no line of a panic");
}

/* A kernel whose note was found has been asked for it; else WHY tells. */
static void tell_trace(struct work *work, const struct parser_result *result,
		       const char *why)
{
	const char *missing = text_get(&result->trace_why);
	char source[EVIDENCE_WORD_BYTES];

	snprintf(source, sizeof(source), "the stack of vCPU %u in the guest's "
		 "memory", result->vcpu);
	if (!result->release[0])
		missing = why;
	else if (!result->trace.len && !missing[0])
		missing = "no call was found";
	worker_found(work, EVIDENCE_BACKTRACE, source,
		     text_get(&result->trace), missing);
}

/* A kernel other than Linux has no such log; nor has a guest that crashed
 * before its log started. */
static void take_kernel_log(struct work *work)
{
	struct reading reading = { .work = work };
	int r;

	worker_tell(work, "reading the kernel's log");
	r = search(&reading);
	memory_close(reading.memory);
	if (r && !reading.why.len)
		text_append(&reading.why, r == -ENOENT ?
			    "no log of a Linux kernel was found in memory" :
			    strerror(-r));
	tell_kernel(work, &reading.result, text_get(&reading.why));
	tell_log(work, &reading.result, text_get(&reading.why));
	tell_trace(work, &reading.result, text_get(&reading.why));
	parser_client_clear(&reading.result);
	text_free(&reading.why);
}

/* --- what the hypervisor and the host have of it --- */

static void take_registers(struct work *work)
{
	struct text text = {0}, why = {0};

	(void)vcpus_read(work->order->id.domid, EVIDENCE_TEXT_BYTES, &text,
			 &why);
	worker_found(work, EVIDENCE_REGISTERS,
		     "the hypervisor's state of each vCPU", text_get(&text),
		     text_get(&why));
	text_free(&text);
	text_free(&why);
}

/* The first place keeps what it had, unless only the other has the end. */
static void take_cause(struct work *work, enum evidence_kind where,
		       const struct text *text)
{
	struct console_cause cause;

	if (console_cause(text_get(text), &cause) ||
	    (work->cause.line[0] && (work->cause.final || !cause.final)))
		return;
	work->cause = cause;
	work->cause_in = where;
}

static void take_console(struct work *work)
{
	struct text text = {0}, why = {0};

	(void)console_read_ring(work->order->id.domid, &text, &work->printed,
				&why);
	worker_found(work, EVIDENCE_CONSOLE, in_ring, text_get(&text),
		     text_get(&why));
	take_cause(work, EVIDENCE_CONSOLE, &text);
	text_free(&text);
	text_free(&why);
}

/* The file also has earlier domains with the guest's name: only the bytes that
 * this domain wrote are read from its end. */
static void take_logged_cause(struct work *work)
{
	struct text text = {0}, why = {0};
	size_t most = work->printed < CONSOLE_LOG_BYTES ? work->printed :
							  CONSOLE_LOG_BYTES;

	if (most && console_read_log(CONSOLE_LOG_DIR, work->order->config.name,
				     most, &text, &why) == 0)
		take_cause(work, EVIDENCE_CONSOLE_LOG, &text);
	text_free(&text);
	text_free(&why);
}

static void take_console_log(struct work *work)
{
	struct text text = {0}, why = {0};

	(void)console_read_log(CONSOLE_LOG_DIR, work->order->config.name,
			       CONSOLE_LOG_BYTES, &text, &why);
	worker_found(work, EVIDENCE_CONSOLE_LOG, in_log, text_get(&text),
		     text_get(&why));
	take_logged_cause(work);
	text_free(&text);
	text_free(&why);
}

/* --- all of it --- */

int worker_report_run(struct work *work)
{
	static void (*const takers[])(struct work *) = {
		take_registers, take_console, take_console_log,
		take_kernel_log, /* last: it may take all the time there is */
	};
	int r = worker_look_shut_down(work);

	if (r)
		return r;
	for (size_t i = 0; i < sizeof(takers) / sizeof(*takers); i++)
		takers[i](work);
	text_printf(work->why, "%u found, %u not", work->found, work->missed);
	return 0;
}
