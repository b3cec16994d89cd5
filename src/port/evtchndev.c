/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recognises the driver by the running kernel: the parameter of Xenvigil's
 * module, the names of functions, and only then the version.  Binds no port.
 */
#include "port/evtchndev.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/text.h"

static FILE *open_below(const char *root, const char *path)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	return fopen(whole, "re");
}

static bool read_build(const char *root, struct evtchndev *device)
{
	AUTO_FILE FILE *file = open_below(root,
		"/sys/module/xen_evtchn/parameters/xenvigil_build");

	if (!file || !fgets(device->build, sizeof(device->build), file))
		return false;
	device->build[strcspn(device->build, "\n")] = '\0';
	return true;
}

/* Built in, it is no module; the device is there all the same. */
static bool is_there(const char *root)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/sys/module/xen_evtchn", root);
	if (stat(path, &st) == 0)
		return true;
	snprintf(path, sizeof(path), "%s/dev/xen/evtchn", root);
	return stat(path, &st) == 0;
}

/* "ADDRESS TYPE NAME [MODULE]" a line. */
static enum evtchndev_kind judge_symbols(const char *root)
{
	static const char *const later[] = {
		"evtchn_resize_ring", "evtchn_alloc_ring", "add_evtchn",
		"del_evtchn", "find_evtchn",
	};
	AUTO_FILE FILE *file = open_below(root, "/proc/kallsyms");
	enum evtchndev_kind kind = EVTCHNDEV_UNKNOWN;
	char line[512], name[256];

	while (file && fgets(line, sizeof(line), file)) {
		/* A hundred thousand lines, and few that matter. */
		if (!strstr(line, "evtchn") ||
		    sscanf(line, "%*s %*c %255s", name) != 1)
			continue;
		if (text_find(later, ARRAY_LEN(later), name, NULL) == 0)
			return EVTCHNDEV_PER_FILE;
		if (!strcmp(name, "port_user") && strstr(line, "[xen_evtchn]"))
			kind = EVTCHNDEV_AFFECTED;
	}
	return kind;
}

static enum evtchndev_kind judge_release(const char *release)
{
	int major, minor;

	if (sscanf(release, "%d.%d", &major, &minor) != 2)
		return EVTCHNDEV_UNKNOWN;
	return major > 3 || (major == 3 && minor >= 12) ?
		EVTCHNDEV_PER_FILE : EVTCHNDEV_AFFECTED;
}

void evtchndev_look(const char *root, bool closely,
		    struct evtchndev *ret_device)
{
	struct evtchndev device = { .kind = EVTCHNDEV_UNKNOWN };
	struct utsname name;
	AUTO_FILE FILE *file = open_below(root, "/proc/sys/kernel/osrelease");

	if (file && fgets(device.release, sizeof(device.release), file))
		device.release[strcspn(device.release, "\n")] = '\0';
	else if (uname(&name) == 0)
		text_copy(device.release, sizeof(device.release),
			  name.release);
	if (read_build(root, &device)) {
		device.kind = EVTCHNDEV_OURS;
		device.how = "its parameter xenvigil_build";
	} else if (!is_there(root)) {
		device.kind = EVTCHNDEV_NONE;
		device.how = "there is neither module nor device";
	} else if (closely ||
		   judge_release(device.release) != EVTCHNDEV_PER_FILE) {
		device.kind = judge_symbols(root);
		device.how = "the kernel's list of symbols";
	}
	if (device.kind == EVTCHNDEV_UNKNOWN) {
		device.kind = judge_release(device.release);
		device.how = "the kernel's version";
	}
	*ret_device = device;
}

bool evtchndev_is_safe(const struct evtchndev *device)
{
	return device->kind == EVTCHNDEV_PER_FILE ||
	       device->kind == EVTCHNDEV_OURS;
}
