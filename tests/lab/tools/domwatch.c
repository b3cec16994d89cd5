/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records every change of the hypervisor's domain list until SIGTERM, one line
 * a change:  MS EVENT DOMID UUID [DETAIL],  MS of the boot clock (/proc/uptime).
 *
 *   appeared            ran (for the first time)         uuid OLD-UUID
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

struct watched {
	struct domain_list list;
	bool has_run[DOMAINS_MAX];
};

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

/* Domids rise during one boot, so one alone says which domain it is.  CPU time does not:
 * it goes back now and then, where the emulator's CPUs disagree about the time. */
static bool is_same_domain(const xc_domaininfo_t *old, const xc_domaininfo_t *new)
{
	return old->domain == new->domain &&
	       !(old->flags & XEN_DOMINF_dying && !(new->flags & XEN_DOMINF_dying));
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

/*
 * A domain is built paused. A guest of a few instructions may have used no
 * processor time that Xen accounts for, so that it is not paused counts as well.
 */
static bool has_run(const xc_domaininfo_t *info)
{
	return info->cpu_time || !(info->flags & XEN_DOMINF_paused);
}

static void record_changes(FILE *file, const xc_domaininfo_t *old, const xc_domaininfo_t *new)
{
	uint32_t changed = old->flags ^ new->flags;
	char old_uuid[DOMAINS_UUID_CHARS];

	if (memcmp(old->handle, new->handle, sizeof(old->handle))) {
		domains_format_uuid(old, old_uuid);
		record(file, "uuid", new, old_uuid);
	}
	if (changed & XEN_DOMINF_paused)
		record(file, new->flags & XEN_DOMINF_paused ? "paused" : "unpaused", new, "");
	record_shutdown(file, old, new);
	if (changed & new->flags & XEN_DOMINF_dying)
		record(file, "dying", new, "");
}

/* What a domain was before it was seen: paused, as it was built. */
static xc_domaininfo_t as_built(const xc_domaininfo_t *info)
{
	xc_domaininfo_t built = *info;

	built.cpu_time = 0;
	built.flags = XEN_DOMINF_paused;
	return built;
}

static void record_domain(FILE *file, const struct watched *old, size_t o, struct watched *new,
			  size_t n)
{
	const xc_domaininfo_t *info = &new->list.info[n];
	xc_domaininfo_t built = as_built(info);
	bool is_new = o == DOMAINS_MAX;

	if (is_new)
		record(file, "appeared", info, "");
	new->has_run[n] = (!is_new && old->has_run[o]) || has_run(info);
	if (new->has_run[n] && (is_new || !old->has_run[o]))
		record(file, "ran", info, "");
	record_changes(file, is_new ? &built : &old->list.info[o], info);
}

/* Both lists are in the order of their domids. */
static void compare(FILE *file, const struct watched *old, struct watched *new)
{
	const struct domain_list *was = &old->list, *is = &new->list;
	size_t o = 0, n = 0;

	while (o < was->count || n < is->count) {
		if (o < was->count && n < is->count && is_same_domain(&was->info[o], &is->info[n]))
			record_domain(file, old, o++, new, n++);
		else if (n == is->count ||
			 (o < was->count && was->info[o].domain <= is->info[n].domain))
			record(file, "gone", &was->info[o++], "");
		else
			record_domain(file, old, DOMAINS_MAX, new, n++);
	}
	fflush(file);
}

static int watch(xc_interface *xch, FILE *file, long period_ms)
{
	static struct watched seen[2];
	struct timespec period = {
		.tv_sec = period_ms / MS_PER_S,
		.tv_nsec = period_ms % MS_PER_S * NS_PER_MS,
	};
	unsigned int current = 0;
	int r;

	while (!stop_asked) {
		r = domains_read(xch, &seen[current].list);
		if (r < 0)
			return r;
		compare(file, &seen[!current], &seen[current]);
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
