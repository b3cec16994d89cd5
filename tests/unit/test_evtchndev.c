/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evtchndev_look() at made-up kernels.  Reads nothing of this machine's.
 */
#include "port/evtchndev.h"

#include <string.h>
#include <unistd.h>

#include "tap.h"

static char root[] = "/tmp/test-evtchndev-XXXXXX";

/* Runs a command in the made-up root. */
static void make(const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), "cd %s && %s", root, command);
	if (system(line))
		exit(1);
}

static void is_kind(enum evtchndev_kind kind, bool safe, const char *what)
{
	struct evtchndev device;

	evtchndev_look(root, true, &device);
	if (!ok(device.kind == kind && evtchndev_is_safe(&device) == safe,
		"%s", what))
		printf("# kind %d, by %s\n", device.kind, device.how);
}

int main(void)
{
	struct evtchndev device;

	if (!mkdtemp(root)) {
		perror(root);
		return 1;
	}
	make("mkdir -p proc/sys/kernel dev/xen sys/module");
	make("echo 3.10.99 > proc/sys/kernel/osrelease");
	is_kind(EVTCHNDEV_NONE, false, "no device");
	make("touch dev/xen/evtchn");
	is_kind(EVTCHNDEV_AFFECTED, false, "an old kernel, by its version");
	make("echo 3.12.1 > proc/sys/kernel/osrelease");
	is_kind(EVTCHNDEV_PER_FILE, true, "a newer one, by its version");
	make("echo '0 b port_user [xen_evtchn]' > proc/kallsyms");
	is_kind(EVTCHNDEV_AFFECTED, false, "its symbols say more than that");
	evtchndev_look(root, false, &device);
	ok(device.kind == EVTCHNDEV_PER_FILE, "but are not always read");
	make("echo 3.10.0-1160 > proc/sys/kernel/osrelease");
	make("echo '0 t evtchn_resize_ring [xen_evtchn]' > proc/kallsyms");
	is_kind(EVTCHNDEV_PER_FILE, true, "so they do for a mended old one");
	make("mkdir -p sys/module/xen_evtchn/parameters && echo 0.1-abc > "
	     "sys/module/xen_evtchn/parameters/xenvigil_build");
	is_kind(EVTCHNDEV_OURS, true, "ours says that it is");
	evtchndev_look(root, false, &device);
	is_text(device.build, "0.1-abc", "and which");
	make("rm -r proc dev sys");
	return rmdir(root) | done_testing();
}
