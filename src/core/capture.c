/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of the formats, for settings and records.
 */
#include "core/capture.h"

#include "base/text.h"

static const char *const names[] = {
#define X(name, text) [CAPTURE_FORMAT_##name] = text,
	CAPTURE_FORMAT_LIST(X)
#undef X
};

const char *capture_format_name(enum capture_format format)
{
	return (unsigned int)format < CAPTURE_FORMAT_COUNT ? names[format] :
							     "?";
}

int capture_format_parse(const char *name, enum capture_format *ret_format)
{
	return text_find(names, CAPTURE_FORMAT_COUNT, name, ret_format);
}
