/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of what systems print when they give up, and the search for it.
 * A pattern is plain words: the time is a small multiple of the length.
 */
#include "core/console_cause.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "core/hvlog.h"
#include "core/winbug.h"

#define LINE_BYTES 512u		/* of a line is examined */
#define NEXT_LINES 8u		/* behind it, for what has to follow */

/* What a program prints; the name of a trap; a fault; the end. */
enum weight { NOTHING, PROGRAM, TRAP, FAULT, FINAL };

struct pattern {
	const char *system;
	enum weight weight;
	const char *begin;	/* the line begins so, behind its time, ... */
	const char *has;	/* ... has this behind that, ... */
	const char *next;	/* ... and a line that follows soon has this */
	bool anywhere;		/* BEGIN may be within the line */
};

/* Other programs print the "panic: " of a BSD as well: the kernel's next line
 * shows which it is. */
static const struct pattern patterns[] = {
	/* Linux, kernel/panic.c, panic(); of every architecture and width */
	{ "Linux", FINAL, "Kernel panic - not syncing", NULL, NULL, false },
	/* Linux, arch/x86/kernel/dumpstack.c, __die_header(): the words are
	 * die()'s callers', the number counts the faults */
	{ "Linux", FAULT, "Oops: ", " [#", NULL, false },
	{ "Linux", FAULT, "general protection fault", " [#", NULL, false },
	{ "Linux", TRAP, "divide error: ", " [#", NULL, false },
	{ "Linux", TRAP, "invalid opcode: ", " [#", NULL, false },
	{ "Linux", TRAP, "stack segment: ", " [#", NULL, false },
	/* Linux, arch/arm64/kernel/traps.c, __die() */
	{ "Linux", FAULT, "Internal error: ", " [#", NULL, false },
	/* Linux, arch/x86/mm/fault.c, show_fault_oops(); kernel/watchdog.c */
	{ "Linux", FAULT, "BUG: ", NULL, NULL, false },
	{ "Linux", FAULT, "watchdog: BUG: ", NULL, NULL, false },
	/* Linux, arch/arm64/mm/fault.c, die_kernel_fault() */
	{ "Linux", FAULT, "Unable to handle kernel ", " at virtual address ",
	  NULL, false },
	/* Linux, lib/bug.c, report_bug() */
	{ "Linux", FAULT, "kernel BUG at ", NULL, NULL, false },
	/* FreeBSD, sys/kern/kern_shutdown.c, vpanic() */
	{ "FreeBSD", FINAL, "panic: ", NULL, "cpuid = ", false },
	/* FreeBSD, sys/amd64/amd64/trap.c and sys/i386/i386/trap.c,
	 * trap_fatal() */
	{ "FreeBSD", FAULT, "Fatal trap ", " while in kernel mode", "cpuid = ",
	  false },
	/* NetBSD, sys/kern/subr_prf.c, vpanic(); sys/ddb/db_panic.c */
	{ "NetBSD", FINAL, "panic: ", NULL, ": Begin traceback...", false },
	/* NetBSD, sys/arch/amd64/amd64/trap.c and sys/arch/i386/i386/trap.c,
	 * trap() */
	{ "NetBSD", FAULT, "fatal ", " in supervisor mode", "trap type ",
	  false },
	/* OpenBSD, sys/kern/subr_prf.c, panic(); with the debugger, without */
	{ "OpenBSD", FINAL, "panic: ", NULL, "Stopped at ", false },
	{ "OpenBSD", FINAL, "panic: ", NULL, "Starting stack trace...", false },
	/* OpenBSD, sys/arch/amd64/amd64/db_interface.c, db_ktrap() */
	{ "OpenBSD", FAULT, "kernel: ", " trap, code=", "Stopped at ", false },
	/* illumos, usr/src/uts/common/os/panic.c, panicsys() */
	{ "illumos", FINAL, "panic[cpu", "]/thread=", NULL, false },
	/* OCaml, runtime/printexc.c, default_fatal_uncaught_exception() */
	{ "MirageOS", PROGRAM, "Fatal error: exception ", NULL, NULL, false },
	/* Solo5, bindings/abort.c, _abort(), _assert_fail() */
	{ "Solo5", FINAL, "Solo5: ABORT: ", NULL, NULL, false },
	/* Unikraft, include/uk/assert.h, UK_ASSERT() */
	{ "Unikraft", FINAL, "CRIT: ", "Assertion failure: ", NULL, false },
	/* Unikraft, plat/kvm/x86/traps.c; a crash follows */
	{ "Unikraft", FINAL, "CRIT: ", "Unhandled ", "Unikraft crash - ",
	  false },
	/* Unikraft, lib/ukdebug/crash.c */
	{ "Unikraft", FAULT, "CRIT: ", "Unikraft crash - ", NULL, false },
	/* mini-os, arch/x86/traps.c, do_trap(), do_page_fault(),
	 * do_general_protection() */
	{ "mini-os", FINAL, "FATAL:  Unhandled Trap ", NULL, NULL, false },
	{ "mini-os", FINAL, "Page fault at linear address ", ", code ", NULL,
	  false },
	{ "mini-os", FINAL, "GPF rip: ", ", error_code=", NULL, false },
	{ "mini-os", FINAL, "GPF eip: ", ", error_code=", NULL, false },
	/* seL4, src/assert.c, _assert_fail(), _fail() */
	{ "seL4", FINAL, "seL4 failed assertion '", NULL, NULL, false },
	{ "seL4", FINAL, "seL4 called fail at ", NULL, NULL, false },
	/* Zephyr, kernel/fatal.c, z_fatal_error(); a log's level before it */
	{ "Zephyr", FINAL, ">>> ZEPHYR FATAL ERROR ", NULL, NULL, true },
};

/* --- one line --- */

/* The length of a terminal's order at AT, as it was escaped: "\x1b[31m". */
static size_t order_length(const char *at, size_t len)
{
	static const char escape[] = "\\x1b[";
	size_t n = sizeof(escape) - 1;

	if (len < n || memcmp(at, escape, n) != 0)
		return 0;
	while (n < len && ((at[n] >= '0' && at[n] <= '9') || at[n] == ';'))
		n++;
	return n < len ? n + 1 : n;
}

static size_t drop_orders(const char *from, size_t len,
			  char ret_line[LINE_BYTES])
{
	size_t n = 0;

	while (len && n < LINE_BYTES - 1) {
		size_t order = order_length(from, len);

		if (!order)
			ret_line[n++] = *from;
		from += order ? order : 1;
		len -= order ? order : 1;
	}
	ret_line[n] = '\0';
	return n;
}

/* "[    1.234567] ", "[   T1] ", "[2026-01-31 12:00:00] ", "<0>": what
 * kernels and xenconsoled put before. */
static size_t mark_length(const char *line)
{
	char close = *line == '[' ? ']' : *line == '<' ? '>' : '\0';
	size_t n = 1 + strspn(line + (close != '\0'), " 0123456789.,:+-TCZ");

	if (!close || n < 2 || line[n] != close)
		return 0;
	n++;
	return n + strspn(line + n, " ");
}

static const char *skip_marks(const char *line)
{
	size_t n;

	while ((n = mark_length(line)))
		line += n;
	return line;
}

/* --- a pattern --- */

static bool follows(const char *lines, const char *word)
{
	char line[LINE_BYTES];

	for (unsigned int i = 0; i < NEXT_LINES && *lines; i++) {
		size_t len = strcspn(lines, "\n");

		drop_orders(lines, len, line);
		if (strstr(line, word))
			return true;
		lines += len + (lines[len] == '\n');
	}
	return false;
}

/* Where the words of PATTERN begin in LINE, or NULL; NEXT: the lines behind. */
static const char *match(const struct pattern *pattern, const char *line,
			 const char *next)
{
	size_t len = strlen(pattern->begin);

	if (pattern->anywhere)
		line = strstr(line, pattern->begin);
	else if (strncmp(line, pattern->begin, len) != 0)
		line = NULL;
	if (!line || !line[len] ||
	    (pattern->has && !strstr(line + len, pattern->has)) ||
	    (pattern->next && !follows(next, pattern->next)))
		return NULL;
	return line;
}

/* Windows' PV drivers: as in the hypervisor's log, but printed. */
static bool take_bugcheck(const char *line, struct console_cause *cause)
{
	struct hvlog_line said = { .said = line, .len = strlen(line),
				   .by_guest = true };
	struct text text = { 0 };
	struct winbug bug;

	if (winbug_decode(&said, &bug))
		return false;
	winbug_format(&bug, &text);
	text_append(&text, ", as its drivers report");
	text_copy(cause->line, sizeof(cause->line), text_get(&text));
	text_free(&text);
	cause->system = "Windows";
	return cause->line[0] != '\0';
}

/* --- all of them --- */

/* No character is cut apart. */
static void copy_line(const char *line, struct console_cause *cause)
{
	size_t n = sizeof(cause->line) - 1;

	text_copy(cause->line, sizeof(cause->line), line);
	if (strlen(line) <= n)
		return;
	while (n && ((unsigned char)line[n] & 0xc0) == 0x80)
		n--;
	cause->line[n] = '\0';
}

/* The weight of LINE.  Lines below LEAST are not examined. */
static enum weight take_line(const char *line, const char *next,
			     enum weight least, struct console_cause *cause)
{
	const struct pattern *best = NULL;
	const char *found = NULL;

	if (take_bugcheck(line, cause))
		return FINAL;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		const char *at;

		if (patterns[i].weight < least)
			continue;
		at = match(&patterns[i], line, next);
		if (at && (!best || patterns[i].weight > best->weight)) {
			best = &patterns[i];
			found = at;
		}
	}
	if (!best)
		return NOTHING;
	copy_line(found, cause);
	cause->system = best->system;
	return best->weight;
}

int console_cause(const char *lines, struct console_cause *ret_cause)
{
	struct console_cause cause = { 0 };
	enum weight most = NOTHING;
	char line[LINE_BYTES];

	while (*lines) {
		size_t len = strcspn(lines, "\n");
		const char *next = lines + len + (lines[len] == '\n');
		enum weight weight;

		drop_orders(lines, len, line);
		weight = take_line(skip_marks(line), next, most, &cause);
		if (weight)
			most = weight;
		lines = next;
	}
	if (!most)
		return -ENOENT;
	cause.final = most == FINAL;
	*ret_cause = cause;
	return 0;
}
