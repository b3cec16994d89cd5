/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns a hostile guest's part in xenstore: writes everything that a guest of
 * that domid may write, as fast as xenstored takes it, for some seconds; then
 * prints how many writes a second that were. It must not judge.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xenstore.h>

static const char *const nodes[] = {
	"control/shutdown", "control/feature-poweroff", "control/sysrq",
	"data/report", "data/x", "error/device/vif/0/error", "memory/meminfo",
	"device/vif/0/state", "device/vbd/51712/state", "attr/eth0/ip",
	"messages/a", "drivers/0", "feature/suspend",
};

#define NODES (sizeof(nodes) / sizeof(nodes[0]))

static const char *const values[] = { "", "crash", "poweroff", "6", "halt" };

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct xs_handle *store = xs_open(0);
	double begin = now(), end;
	unsigned long count = 0;
	char path[256];

	if (argc != 3 || !store) {
		fprintf(stderr, "usage: domflood DOMID SECONDS\n");
		return 100;
	}
	for (end = begin + atof(argv[2]); now() < end; count++) {
		const char *value = values[count % 5];

		snprintf(path, sizeof(path), "/local/domain/%s/%s", argv[1],
			 nodes[count % NODES]);
		xs_write(store, XBT_NULL, path, value, strlen(value));
	}
	printf("%.0f\n", (double)count / (now() - begin));
	xs_close(store);
	return 0;
}
