/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding a bugcheck in a line, and its name.  The line is a guest's or holds
 * a guest's numbers: it is read within its length.
 */
#include "core/winbug.h"

#include <errno.h>
#include <string.h>

#include "core/hvlog.h"

#define MINI 0x10000000u /* the same bugcheck, said by a small dump */

static const struct {
	uint32_t code;
	const char *name;
} names[] = {
	{ 0x01, "APC_INDEX_MISMATCH" },
	{ 0x0a, "IRQL_NOT_LESS_OR_EQUAL" },
	{ 0x18, "REFERENCE_BY_POINTER" },
	{ 0x19, "BAD_POOL_HEADER" },
	{ 0x1a, "MEMORY_MANAGEMENT" },
	{ 0x1e, "KMODE_EXCEPTION_NOT_HANDLED" },
	{ 0x24, "NTFS_FILE_SYSTEM" },
	{ 0x3b, "SYSTEM_SERVICE_EXCEPTION" },
	{ 0x3d, "INTERRUPT_EXCEPTION_NOT_HANDLED" },
	{ 0x3f, "NO_MORE_SYSTEM_PTES" },
	{ 0x44, "MULTIPLE_IRP_COMPLETE_REQUESTS" },
	{ 0x4e, "PFN_LIST_CORRUPT" },
	{ 0x50, "PAGE_FAULT_IN_NONPAGED_AREA" },
	{ 0x51, "REGISTRY_ERROR" },
	{ 0x5c, "HAL_INITIALIZATION_FAILED" },
	{ 0x74, "BAD_SYSTEM_CONFIG_INFO" },
	{ 0x77, "KERNEL_STACK_INPAGE_ERROR" },
	{ 0x7a, "KERNEL_DATA_INPAGE_ERROR" },
	{ 0x7b, "INACCESSIBLE_BOOT_DEVICE" },
	{ 0x7c, "BUGCODE_NDIS_DRIVER" },
	{ 0x7e, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED" },
	{ 0x7f, "UNEXPECTED_KERNEL_MODE_TRAP" },
	{ 0x80, "NMI_HARDWARE_FAILURE" },
	{ 0x8e, "KERNEL_MODE_EXCEPTION_NOT_HANDLED" },
	{ 0x9c, "MACHINE_CHECK_EXCEPTION" },
	{ 0x9f, "DRIVER_POWER_STATE_FAILURE" },
	{ 0xa0, "INTERNAL_POWER_ERROR" },
	{ 0xa5, "ACPI_BIOS_ERROR" },
	{ 0xbe, "ATTEMPTED_WRITE_TO_READONLY_MEMORY" },
	{ 0xc1, "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION" },
	{ 0xc2, "BAD_POOL_CALLER" },
	{ 0xc4, "DRIVER_VERIFIER_DETECTED_VIOLATION" },
	{ 0xc5, "DRIVER_CORRUPTED_EXPOOL" },
	{ 0xc9, "DRIVER_VERIFIER_IOMANAGER_VIOLATION" },
	{ 0xca, "PNP_DETECTED_FATAL_ERROR" },
	{ 0xce, "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS" },
	{ 0xd1, "DRIVER_IRQL_NOT_LESS_OR_EQUAL" },
	{ 0xd5, "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL" },
	{ 0xda, "SYSTEM_PTE_MISUSE" },
	{ 0xe2, "MANUALLY_INITIATED_CRASH" },
	{ 0xea, "THREAD_STUCK_IN_DEVICE_DRIVER" },
	{ 0xef, "CRITICAL_PROCESS_DIED" },
	{ 0xf4, "CRITICAL_OBJECT_TERMINATION" },
	{ 0xf7, "DRIVER_OVERRAN_STACK_BUFFER" },
	{ 0xfc, "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY" },
	{ 0xfe, "BUGCODE_USB_DRIVER" },
	{ 0x101, "CLOCK_WATCHDOG_TIMEOUT" },
	{ 0x109, "CRITICAL_STRUCTURE_CORRUPTION" },
	{ 0x10d, "WDF_VIOLATION" },
	{ 0x116, "VIDEO_TDR_FAILURE" },
	{ 0x117, "VIDEO_TDR_TIMEOUT_DETECTED" },
	{ 0x119, "VIDEO_SCHEDULER_INTERNAL_ERROR" },
	{ 0x124, "WHEA_UNCORRECTABLE_ERROR" },
	{ 0x133, "DPC_WATCHDOG_VIOLATION" },
	{ 0x139, "KERNEL_SECURITY_CHECK_FAILURE" },
	{ 0x13a, "KERNEL_MODE_HEAP_CORRUPTION" },
	{ 0x154, "UNEXPECTED_STORE_EXCEPTION" },
	{ 0x15f, "CONNECTED_STANDBY_WATCHDOG_TIMEOUT_LIVEDUMP" },
	{ 0x17e, "MICROCODE_REVISION_MISMATCH" },
	{ 0x1c7, "STORE_DATA_STRUCTURE_CORRUPTION" },
	{ 0x1ca, "SYNTHETIC_WATCHDOG_TIMEOUT" },
	{ 0xc000021a, "STATUS_SYSTEM_PROCESS_TERMINATED" },
	{ 0xdeaddead, "MANUALLY_INITIATED_CRASH1" },
};

const char *winbug_name(uint32_t code)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].code == code || (names[i].code | MINI) == code)
			return names[i].name;
	return NULL;
}

static int code_of(const char *name, size_t len, uint32_t *ret_code)
{
	static const char mini[] = "_M";

	if (len > 2 && memcmp(name + len - 2, mini, 2) == 0 &&
	    code_of(name, len - 2, ret_code) == 0) {
		*ret_code |= MINI;
		return 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].name) == len &&
		    memcmp(names[i].name, name, len) == 0) {
			*ret_code = names[i].code;
			return 0;
		}
	return -ENOENT;
}

/* -1: it is none. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A hexadecimal number with or without 0x, and the spaces before it. */
static int read_hex(const char **at, const char *end, uint64_t *ret)
{
	const char *s = *at;
	unsigned int digits = 0;
	uint64_t number = 0;
	int digit;

	while (s < end && *s == ' ')
		s++;
	if (end - s > 2 && s[0] == '0' && s[1] == 'x')
		s += 2;
	for (; s < end && (digit = hex_digit(*s)) >= 0; s++, digits++)
		number = number << 4 | (uint64_t)digit;
	if (!digits || digits > 16 || (s < end && *s != ' '))
		return -EINVAL;
	*at = s;
	*ret = number;
	return 0;
}

static int read_params(const char *at, const char *end, struct winbug *bug)
{
	int r = 0;

	for (int i = 0; r == 0 && i < WINBUG_PARAMS; i++)
		r = read_hex(&at, end, &bug->param[i]);
	while (at < end && *at == ' ')
		at++;
	return r == 0 && at == end ? 0 : -ENOENT;
}

static const char *behind(const struct hvlog_line *line, const char *word)
{
	const char *at = memmem(line->said, line->len, word, strlen(word));

	return at ? at + strlen(word) : NULL;
}

static int decode_hypervisor(const struct hvlog_line *line,
			     struct winbug *bug)
{
	const char *at = behind(line, " VIRIDIAN GUEST_CRASH:");
	const char *end = line->said + line->len;
	uint64_t code;

	if (!at)
		at = behind(line, " VIRIDIAN CRASH:");
	if (!at || read_hex(&at, end, &code) || code > UINT32_MAX)
		return -ENOENT;
	bug->code = (uint32_t)code;
	return read_params(at, end, bug);
}

/* NAME or the code in eight digits, ": ", and the parameters. */
static int decode_driver(const struct hvlog_line *line, struct winbug *bug)
{
	const char *at = behind(line, "|BUGCHECK: ");
	const char *end = line->said + line->len, *colon;
	uint64_t code;

	colon = at ? memchr(at, ':', (size_t)(end - at)) : NULL;
	if (!colon)
		return -ENOENT;
	bug->by_guest = true;
	if (code_of(at, (size_t)(colon - at), &bug->code)) {
		if (read_hex(&at, colon, &code) || at != colon ||
		    code > UINT32_MAX)
			return -ENOENT;
		bug->code = (uint32_t)code;
	}
	return read_params(colon + 1, end, bug);
}

int winbug_decode(const struct hvlog_line *line, struct winbug *ret_bug)
{
	struct winbug bug = { 0 };
	int r = -ENOENT;

	if (line->by_xen)
		r = decode_hypervisor(line, &bug);
	else if (line->by_guest)
		r = decode_driver(line, &bug);
	if (r == 0)
		*ret_bug = bug;
	return r;
}

void winbug_format(const struct winbug *bug, struct text *text)
{
	const char *name = winbug_name(bug->code);

	text_printf(text, "Windows bugcheck 0x%08X%s%s (0x%llx, 0x%llx, "
		    "0x%llx, 0x%llx)", bug->code, name ? " " : "",
		    name ? name : "", (unsigned long long)bug->param[0],
		    (unsigned long long)bug->param[1],
		    (unsigned long long)bug->param[2],
		    (unsigned long long)bug->param[3]);
}
