/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts that need neither xenstore nor a hypercall of their own: the
 * kernel's driver, the toolstack's answer, the toolstack's files.
 */
#include "port/audit.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "port/evtchndev.h"
#include "port/hostprobe.h"
#include "port/hostview.h"

#define PROBE_MS 1500
#define EVTCHN_MS 1000
#define USERDATA_DIR "/var/lib/xen"

void audit_report(const struct audit *audit, enum audit_level level,
		  const char *fix, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	audit->found(audit->ctx, level, text, fix);
}

/* --- the driver --- */

static void report_device(const struct audit *audit,
			  const struct evtchndev *device)
{
	switch (device->kind) {
	case EVTCHNDEV_OURS:
		audit_report(audit, AUDIT_OK, "", "xenvigil's xen-evtchn is "
			     "loaded, build %s", device->build);
		return;
	case EVTCHNDEV_PER_FILE:
		audit_report(audit, AUDIT_OK, "", "the event-channel driver of "
			     "Linux %s does not have the bug of Linux before "
			     "3.12 (by %s)", device->release, device->how);
		return;
	case EVTCHNDEV_AFFECTED:
		audit_report(audit, AUDIT_ERROR, "xenvigil module install, "
			     "and reboot", "the event-channel driver of Linux "
			     "%s can block xenstored permanently (by %s)",
			     device->release, device->how);
		return;
	default:
		audit_report(audit, AUDIT_WARN, "modprobe xen-evtchn",
			     "there is no event-channel device: %s",
			     device->how);
	}
}

void audit_kernel(const struct audit *audit)
{
	struct kmsg_finding finding;
	struct evtchndev device;

	evtchndev_look("", true, &device);
	report_device(audit, &device);
	hostprobe_read_kmsg(&finding);
	if (finding.kind == KMSG_MISMATCH)
		audit_report(audit, AUDIT_WARN, "xenvigil module install",
			     "a module was not loaded: %s", finding.text);
	else if (finding.kind != KMSG_NONE)
		audit_report(audit, AUDIT_ERROR, "read dmesg; a reboot fixes "
			     "it", "the kernel logged a fault (%s): %s",
			     kmsg_kind_name(finding.kind), finding.text);
}

/* --- xenstored --- */

void audit_toolstack(const struct audit *audit)
{
	struct text text = { 0 }, fix = { 0 };
	struct host_evidence evidence;
	enum host_health health;

	hostprobe_look(PROBE_MS, NULL, &evidence);
	health = host_judge(&evidence);
	host_explain(&evidence, &text);
	host_advise(&evidence, &fix);
	if (health == HOST_HEALTHY)
		audit_report(audit, AUDIT_OK, "", "xenstored answers within "
			     "%lld ms", (long long)evidence.took_ms);
	else
		audit_report(audit, health == HOST_SLOW ? AUDIT_WARN :
			     AUDIT_ERROR, text_get(&fix), "%s: %s",
			     host_health_name(health), text_get(&text));
	text_free(&text);
	text_free(&fix);
}

void audit_device(const struct audit *audit)
{
	struct host_evidence evidence = { 0 };
	struct evtchndev device;

	evtchndev_look("", false, &device);
	if (!evtchndev_is_safe(&device)) {
		audit_report(audit, AUDIT_OK, "", "/dev/xen/evtchn is not "
			     "tested: with this driver the test could stop "
			     "xenstored");
		return;
	}
	hostprobe_try_evtchn(EVTCHN_MS, &evidence);
	if (evidence.evtchn == HOST_DEVICE_WORKS)
		audit_report(audit, AUDIT_OK, "", "an event through "
			     "/dev/xen/evtchn arrives");
	else
		audit_report(audit, AUDIT_ERROR, "read dmesg; a reboot fixes "
			     "it", "/dev/xen/evtchn %s%s",
			     evidence.evtchn == HOST_DEVICE_SILENT ?
			     "delivers no event" : "fails: ",
			     evidence.evtchn_error);
}

/* --- what libxl keeps of domains that are gone --- */

static bool lives(const struct hostview_domain *list, size_t count,
		  unsigned int domid, const char *uuid)
{
	char text[UUID_TEXT_BYTES];

	for (size_t i = 0; i < count; i++)
		if (list[i].domid == domid &&
		    !strcmp(uuid_format(list[i].uuid, text), uuid))
			return true;
	return false;
}

/* "userdata-d.DOMID.UUID.WHAT"; those of dom0 stay. */
static unsigned int check_files(const struct audit *audit, DIR *dir,
				const struct hostview_domain *list,
				size_t count)
{
	const struct dirent *entry;
	unsigned int found = 0;

	while ((entry = readdir(dir))) {
		unsigned int domid;
		char uuid[UUID_TEXT_BYTES] = "", fix[512];

		if (sscanf(entry->d_name, "userdata-%*[a-z].%u.%36[0-9a-f-].",
			   &domid, uuid) != 2 || domid == 0 ||
		    lives(list, count, domid, uuid))
			continue;
		found++;
		snprintf(fix, sizeof(fix), "rm %s/%s", USERDATA_DIR,
			 entry->d_name);
		audit_report(audit, AUDIT_WARN, fix, "a stale file of domain "
			     "%u, which is gone: %s", domid, entry->d_name);
	}
	return found;
}

void audit_userdata(const struct audit *audit)
{
	struct hostview_domain *list = NULL;
	struct hostview *view;
	size_t count = 0;
	DIR *dir;
	int r = hostview_open(&view);

	if (r == 0) {
		r = hostview_list(view, &list, &count);
		hostview_close(view);
	}
	dir = r == 0 ? opendir(USERDATA_DIR) : NULL;
	if (r < 0)
		audit_report(audit, AUDIT_ERROR, "run this as root in dom0",
			     "the hypervisor cannot be asked: %s",
			     strerror(-r));
	else if (!dir || !check_files(audit, dir, list, count))
		audit_report(audit, AUDIT_OK, "", "no stale file of a domain "
			     "that is gone is in " USERDATA_DIR);
	if (dir)
		closedir(dir);
	free(list);
}
