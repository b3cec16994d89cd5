/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads one line of the hypervisor's log.  A guest may have written it, and it
 * may be truncated: no byte beyond its length is read.
 */
#include <string.h>

#include "core/hvlog.h"
#include "core/winbug.h"

#define DOMID_END 0x7ff0u /* from here on they name no domain */

static bool begins(const char *s, size_t len, const char *with)
{
	size_t need = strlen(with);

	return len >= need && memcmp(s, with, need) == 0;
}

static bool holds(const struct hvlog_line *line, const char *what)
{
	return memmem(line->said, line->len, what, strlen(what)) != NULL;
}

/* Not by ctype.h, which asks a locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_';
}

/* How many bytes the number takes; 0: there is none that names a domain. */
static size_t read_domid(const char *s, size_t len, uint32_t *ret_domid)
{
	uint32_t number = 0;
	size_t n = 0;

	while (n < len && is_digit(s[n]) && n < 6)
		number = number * 10 + (uint32_t)(s[n++] - '0');
	if (!n || number >= DOMID_END)
		return 0;
	*ret_domid = number;
	return n;
}

/* "d12", "d12v0", "d12v?" */
static bool is_short_name(const char *s, size_t len, uint32_t *ret_domid)
{
	size_t n = s[0] == 'd' ? read_domid(s + 1, len - 1, ret_domid) : 0;

	if (!n)
		return false;
	n++;
	if (n < len && s[n] == 'v') {
		n++;
		while (n < len && is_digit(s[n]))
			n++;
	}
	return n == len || !is_word(s[n]);
}

/* "Domain 12", "domain 12", "Dom12", "domid=12", "HVM12" */
static bool is_long_name(const char *s, size_t len, uint32_t *ret_domid)
{
	static const char *const words[] = {
		"Domain ", "domain ", "domid ", "domid=", "domid:", "Dom ",
		"dom ", "Dom", "dom", "DOM", "HVM",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t at = strlen(words[i]), n;

		if (!begins(s, len, words[i]))
			continue;
		n = read_domid(s + at, len - at, ret_domid);
		if (n && (at + n == len || !is_word(s[at + n])))
			return true;
	}
	return false;
}

/* The first that is named and is not dom0, which is named as who asked. */
static uint32_t find_domid(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint32_t domid = 0;

		if (i && is_word(s[i - 1]))
			continue;
		if ((is_short_name(s + i, len - i, &domid) ||
		     is_long_name(s + i, len - i, &domid)) && domid)
			return domid;
	}
	return 0;
}

/* "[    1.234567] ", "[2026-11-21 09:00:00] ", as Xen is told to. */
static size_t skip_time(const char *s, size_t len)
{
	size_t n = 1;

	if (!len || s[0] != '[')
		return 0;
	while (n < len && n < 40 && s[n] &&
	       strchr("0123456789abcdefABCDEF .:-TZ+", s[n]))
		n++;
	return n + 1 < len && s[n] == ']' && s[n + 1] == ' ' ? n + 2 : 0;
}

static size_t skip_writer(const char *s, size_t len, struct hvlog_line *line)
{
	uint32_t domid;
	size_t n;

	if (begins(s, len, "(XEN) ")) {
		line->by_xen = true;
		return strlen("(XEN) ");
	}
	if (!begins(s, len, "(d"))
		return 0;
	n = read_domid(s + 2, len - 2, &domid);
	if (!n || !begins(s + 2 + n, len - 2 - n, ") "))
		return 0;
	line->by_guest = true;
	line->domid = domid;
	return n + 4;
}

void hvlog_line_parse(const char *line, size_t len,
		      struct hvlog_line *ret_line)
{
	struct hvlog_line found = { 0 };
	size_t n = skip_writer(line, len, &found);

	n += skip_time(line + n, len - n);
	found.said = line + n;
	found.len = len - n;
	if (found.by_xen)
		found.domid = find_domid(found.said, found.len);
	*ret_line = found;
}

bool hvlog_line_goes_on(const struct hvlog_line *line)
{
	static const char *const heads[] = {
		"----[ Xen", "CPU: ", "RIP:", "EIP:", "RFLAGS:", "EFLAGS:",
		"rax:", "rdx:", "rbp:", "r9:", "r12:", "r15:", "eax:", "esi:",
		"cr0:", "cr2:", "cr3:", "fsb:", "gsb:", "ds:", "Guest stack",
		"Xen code", "Xen call", "Xen stack", "Stack empty", "Fault ",
		"Pagetable walk", " ", "\t",
	};

	if (!line->by_xen)
		return false;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		if (begins(line->said, line->len, heads[i]))
			return true;
	return false;
}

bool hvlog_line_leads(const struct hvlog_line *line)
{
	return line->by_xen && !line->domid &&
	       (begins(line->said, line->len, "domain_crash called ") ||
		begins(line->said, line->len, "domain_crash_sync called "));
}

bool hvlog_line_tells(const struct hvlog_line *line)
{
	static const char *const words[] = {
		"domain_crash called ", "domain_crash_sync called ",
		" crashed on cpu#", " reported crashed by domain ",
		"Watchdog timer ", " Triple fault ",
	};
	struct winbug bug;

	if (line->by_xen)
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (holds(line, words[i]))
				return true;
	return winbug_decode(line, &bug) == 0;
}
