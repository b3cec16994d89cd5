/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records every change of the hypervisor's domain list until SIGTERM, one line
 * a change:  MS EVENT DOMID UUID [DETAIL],  MS of the boot clock (/proc/uptime).
 *
 *   appeared            ran (its first instruction)      uuid OLD-UUID
 *   paused, unpaused    shutdown REASON                  resumed
 *   dying               gone
 *
 * It polls every PERIOD_MS: a tool that listens for events would miss what the
 * daemon under test can miss. It must not ask anybody but the hypervisor.
 * usage: domwatch FILE [PERIOD_MS]
 */
#include "domains.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PERIOD_DEFAULT_MS	20
#define MS_PER_S		1000
#define NS_PER_MS		1000000L

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal)
{
	(void)signal;
	stop_asked = 1;
}

static long long boot_time_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (long long)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

static void record(FILE *file, const char *event, const xc_domaininfo_t *info, const char *detail)
{
	char uuid[DOMAINS_UUID_CHARS];

	domains_format_uuid(info, uuid);
	fprintf(file, "%lld %s %u %s%s%s\n", boot_time_ms(), event, info->domain, uuid,
		*detail ? " " : "", detail);
}

static bool is_same_domain(const xc_domaininfo_t *old, const xc_domaininfo_t *new)
{
	return old->domain == new->domain && new->cpu_time >= old->cpu_time;
}

static void record_shutdown(FILE *file, const xc_domaininfo_t *old, const xc_domaininfo_t *new)
{
	char detail[16];

	if (domains_reason(new) == domains_reason(old))
		return;
	snprintf(detail, sizeof(detail), "%d", domains_reason(new));
	if (domains_reason(new) < 0)
		record(file, "resumed", new, "");
	else
		record(file, "shutdown", new, detail);
}

static void record_changes(FILE *file, const xc_domaininfo_t *old, const xc_domaininfo_t *new)
{
	uint32_t changed = old->flags ^ new->flags;
	char old_uuid[DOMAINS_UUID_CHARS];

	if (memcmp(old->handle, new->handle, sizeof(old->handle))) {
		domains_format_uuid(old, old_uuid);
		record(file, "uuid", new, old_uuid);
	}
	if (!old->cpu_time && new->cpu_time)
		record(file, "ran", new, "");
	if (changed & XEN_DOMINF_paused)
		record(file, new->flags & XEN_DOMINF_paused ? "paused" : "unpaused", new, "");
	record_shutdown(file, old, new);
	if (changed & new->flags & XEN_DOMINF_dying)
		record(file, "dying", new, "");
}

static void record_appeared(FILE *file, const xc_domaininfo_t *info)
{
	xc_domaininfo_t nothing = *info;

	nothing.cpu_time = 0;
	nothing.flags = XEN_DOMINF_paused;
	record(file, "appeared", info, "");
	record_changes(file, &nothing, info);
}

/* Both lists are in the order of their domids. */
static void compare(FILE *file, const struct domain_list *old, const struct domain_list *new)
{
	size_t o = 0, n = 0;

	while (o < old->count || n < new->count) {
		if (o < old->count && n < new->count &&
		    is_same_domain(&old->info[o], &new->info[n]))
			record_changes(file, &old->info[o++], &new->info[n++]);
		else if (n == new->count ||
			 (o < old->count && old->info[o].domain <= new->info[n].domain))
			record(file, "gone", &old->info[o++], "");
		else
			record_appeared(file, &new->info[n++]);
	}
	fflush(file);
}

static int watch(xc_interface *xch, FILE *file, long period_ms)
{
	static struct domain_list lists[2];
	struct timespec period = {
		.tv_sec = period_ms / MS_PER_S,
		.tv_nsec = period_ms % MS_PER_S * NS_PER_MS,
	};
	unsigned int current = 0;
	int r;

	while (!stop_asked) {
		r = domains_read(xch, &lists[current]);
		if (r < 0)
			return r;
		compare(file, &lists[!current], &lists[current]);
		current = !current;
		nanosleep(&period, NULL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = ask_stop };
	long period_ms = argc > 2 ? strtol(argv[2], NULL, 10) : PERIOD_DEFAULT_MS;
	xc_interface *xch;
	FILE *file;
	int r;

	if (argc < 2 || period_ms <= 0) {
		fprintf(stderr, "usage: domwatch FILE [PERIOD_MS]\n");
		return 100;
	}
	file = fopen(argv[1], "ae");
	xch = xc_interface_open(NULL, NULL, 0);
	if (!file || !xch) {
		perror("domwatch");
		return 111;
	}
	sigaction(SIGTERM, &action, NULL);
	r = watch(xch, file, period_ms);
	if (r < 0)
		fprintf(stderr, "domwatch: domain list: %s\n", strerror(-r));
	xc_interface_close(xch);
	fclose(file);
	return r < 0 ? 111 : 0;
}
