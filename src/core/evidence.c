/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of the kinds of evidence, and how much of a long one is kept.
 */
#include "core/evidence.h"

#include <string.h>

#include "base/text.h"

static const char *const names[] = {
#define X(name, text) [EVIDENCE_##name] = text,
	EVIDENCE_KIND_LIST(X)
#undef X
};

const char *evidence_kind_name(enum evidence_kind kind)
{
	return (unsigned int)kind < EVIDENCE_KIND_COUNT ? names[kind] : "?";
}

int evidence_kind_parse(const char *name, enum evidence_kind *ret_kind)
{
	return text_find(names, EVIDENCE_KIND_COUNT, name, ret_kind);
}

const char *evidence_tail(const char *text, size_t most)
{
	size_t len = strlen(text);
	const char *from, *line;

	if (len <= most)
		return text;
	from = text + len - most;
	if (from[-1] == '\n')
		return from;
	line = strchr(from, '\n');
	if (line && line[1])
		return line + 1;
	while (((unsigned char)*from & 0xc0) == 0x80) /* within a character */
		from++;
	return from;
}
