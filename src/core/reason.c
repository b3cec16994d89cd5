/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names and codes of shutdown reasons.  Pure.
 */
#include "core/reason.h"

#include "base/text.h"

static const char *const names[REASON_COUNT] = {
#define X(name, text, code) [REASON_##name] = text,
	REASON_LIST(X)
#undef X
	[REASON_UNKNOWN] = "unknown",
};

enum reason reason_from_code(uint8_t code)
{
	switch (code) {
#define X(name, text, value) case value: return REASON_##name;
	REASON_LIST(X)
#undef X
	}
	return REASON_UNKNOWN;
}

const char *reason_name(enum reason reason)
{
	return reason < REASON_COUNT ? names[reason] : names[REASON_UNKNOWN];
}

int reason_parse(const char *name, enum reason *ret_reason)
{
	return text_find(names, REASON_COUNT, name, ret_reason);
}
