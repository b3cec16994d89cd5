/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's log, line by line: the domain of each line, and the latest lines
 * of each domain, within limits.  Pure: reads no ring.
 */
#ifndef CORE_HVLOG_H
#define CORE_HVLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define HVLOG_LINE_BYTES 400u		/* a longer line is truncated */
#define HVLOG_DOMAINS 64u		/* the domains with the latest lines */
#define HVLOG_DOMAIN_BYTES (16u << 10)	/* of one domain's lines */
#define HVLOG_MARKS_BYTES (2u << 10)	/* of older lines that explain an end */

struct hvlog;

struct hvlog *hvlog_new(void);
void hvlog_free(struct hvlog *log);

/* The next bytes of the log; a line may be spread over several calls. */
void hvlog_feed(struct hvlog *log, const char *bytes, size_t len);

/* Some bytes are missing before those that follow. */
void hvlog_note_gap(struct hvlog *log);

/*
 * Appends the lines about DOMID, oldest first and escaped.  Returns 0,
 * -ENOENT when there are none, or -ENOMEM.
 */
int hvlog_get(const struct hvlog *log, uint32_t domid, struct text *text);

/* DOMID is gone, and its number may be reused. */
void hvlog_forget(struct hvlog *log, uint32_t domid);

/* --- one line (hvlog_line.c) --- */

struct hvlog_line {
	bool by_xen;		/* "(XEN) ", which no guest can write */
	bool by_guest;		/* "(dN) ": written by domain N */
	uint32_t domid;		/* 0: it names none, or dom0 alone */
	const char *said;	/* the text after the writer and the time */
	size_t len;
};

/* LINE is without its end. */
void hvlog_line_parse(const char *line, size_t len,
		      struct hvlog_line *ret_line);

/* Does it continue an earlier line (registers, a stack)? */
bool hvlog_line_goes_on(const struct hvlog_line *line);

/* Is it about the domain that the next line names? */
bool hvlog_line_leads(const struct hvlog_line *line);

/* Does the line alone explain why a domain ended? */
bool hvlog_line_tells(const struct hvlog_line *line);

/* --- the cause in the lines (hvlog_cause.c) --- */

/*
 * Appends why the domain of LINES (as hvlog_get() gives them) ended, as one
 * phrase for a person.  When the hypervisor ended it, its own words come first.
 * Returns 0, or -ENOENT when the lines do not explain it.
 */
int hvlog_cause(const char *lines, struct text *text);

/* Is it CAUSE, as hvlog_cause() told it? */
bool hvlog_is_triple_fault(const char *cause);

#endif
