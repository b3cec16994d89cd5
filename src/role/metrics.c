/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting and formatting.  Every counter begins at 0 with the daemon, as
 * Prometheus expects of one.
 */
#include "role/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

struct counts {
	struct list node;
	char name[DOMAIN_NAME_BYTES];
	uint64_t incidents[REASON_COUNT + 1];	/* the last: unknown */
	uint64_t restarts, failures;
};

/* Of an answer's time; a slow one is beyond HOST_SLOW_MS. */
static const uint32_t answer_bounds_ms[] = {
	1, 2, 5, 10, 20, 50, 100, 200, HOST_SLOW_MS, 1000, 1500,
};

struct answers {
	uint64_t within[ARRAY_LEN(answer_bounds_ms)]; /* each bound alone */
	uint64_t count, ms;
};

struct metrics {
	struct answers answers;
	struct list domains;
	uint32_t count;
	uint64_t captures, capture_bytes;
	uint64_t foreign[PEER_COUNT];	/* incidents left to them */
	int64_t capture_ms;
};

struct metrics *metrics_new(void)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics)
		list_init(&metrics->domains);
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	struct counts *counts;

	if (!metrics)
		return;
	LIST_EACH(counts, &metrics->domains, struct counts, node)
		free(counts);
	free(metrics);
}

/* --- counting --- */

static struct counts *counts_of(struct metrics *metrics, const char *name)
{
	struct counts *counts;

	LIST_EACH(counts, &metrics->domains, struct counts, node)
		if (strcmp(counts->name, name) == 0)
			return counts;
	if (metrics->count >= METRICS_DOMAINS_MAX && name[0])
		return counts_of(metrics, "");
	counts = calloc(1, sizeof(*counts));
	if (!counts)
		return NULL;
	text_copy(counts->name, sizeof(counts->name), name);
	list_append(&metrics->domains, &counts->node);
	metrics->count++;
	return counts;
}

static void count_done(struct metrics *metrics, struct counts *counts,
		       const struct incident_step *last, int64_t core_bytes)
{
	if (last->step == STEP_CREATE || last->step == STEP_SOFT_RESET)
		counts->restarts++;
	if (last->step != STEP_DUMP)
		return;
	metrics->captures++;
	metrics->capture_ms += last->ended_ms - last->begun_ms;
	metrics->capture_bytes += (uint64_t)core_bytes;
}

static size_t reason_index(enum reason reason)
{
	return (unsigned int)reason < REASON_COUNT ? (size_t)reason :
						     (size_t)REASON_COUNT;
}

/* One that another toolstack ended before it was opened is one, too. */
static bool is_incident(enum engine_note note, const struct incident *incident)
{
	return note == ENGINE_NOTE_INCIDENT_OPENED ||
	       (note == ENGINE_NOTE_CRASH_MISSED && incident->peer);
}

void metrics_count(struct metrics *metrics, enum engine_note note,
		   const struct incident *incident, int64_t core_bytes)
{
	struct counts *counts = counts_of(metrics, incident->name);

	if (!counts)
		return;
	if (is_incident(note, incident)) {
		counts->incidents[reason_index(incident->verdict.reason)]++;
		metrics->foreign[incident->peer]++;
	}
	switch (note) {
	case ENGINE_NOTE_STEP_DONE:
		if (incident->step_count)
			count_done(metrics, counts,
				   &incident->steps[incident->step_count - 1],
				   core_bytes);
		break;
	case ENGINE_NOTE_STEP_FAILED:
	case ENGINE_NOTE_WORKER_LOST:
		counts->failures++;
		break;
	default:
		break;
	}
}

void metrics_count_answer(struct metrics *metrics, int64_t took_ms, bool came)
{
	struct answers *answers = &metrics->answers;

	answers->count++;
	answers->ms += took_ms > 0 ? (uint64_t)took_ms : 0;
	for (size_t i = 0; came && i < ARRAY_LEN(answer_bounds_ms); i++)
		if (took_ms <= (int64_t)answer_bounds_ms[i]) {
			answers->within[i]++;
			break;
		}
}

/* --- formatting --- */

/* Escaped as in the log, and that once more as a label wants it. */
static void add_label(struct text *text, const char *name)
{
	char safe[4 * DOMAIN_NAME_BYTES];

	text_printf(text, "domain=\"");
	for (const char *at = text_escape(safe, sizeof(safe), name); *at; at++)
		text_printf(text, *at == '\\' || *at == '"' ? "\\%c" : "%c",
			    *at);
	text_printf(text, "\"");
}

static void add_head(struct text *text, const char *name, const char *type,
		     const char *help)
{
	text_printf(text, "# HELP xenvigil_%s %s\n# TYPE xenvigil_%s %s\n",
		    name, help, name, type);
}

static void add_gauge(struct text *text, const char *name, const char *help,
		      double value)
{
	add_head(text, name, "gauge", help);
	text_printf(text, "xenvigil_%s %.15g\n", name, value);
}

static void add_counter(struct text *text, const char *name, const char *help,
			double value)
{
	add_head(text, name, "counter", help);
	text_printf(text, "xenvigil_%s %.15g\n", name, value);
}

static void add_incidents(const struct metrics *metrics, struct text *text)
{
	const struct counts *counts;

	add_head(text, "incidents_total", "counter",
		 "Shutdowns and crashes that Xenvigil handled.");
	LIST_EACH(counts, (struct list *)&metrics->domains,
		  const struct counts, node)
		for (size_t i = 0; i <= REASON_COUNT; i++) {
			if (!counts->incidents[i])
				continue;
			text_printf(text, "xenvigil_incidents_total{");
			add_label(text, counts->name);
			text_printf(text, ",reason=\"%s\"} %" PRIu64 "\n",
				    i < REASON_COUNT ?
					    reason_name((enum reason)i) :
					    "unknown",
				    counts->incidents[i]);
		}
}

static void add_each(const struct metrics *metrics, struct text *text,
		     const char *name, const char *help, size_t offset)
{
	const struct counts *counts;

	add_head(text, name, "counter", help);
	LIST_EACH(counts, (struct list *)&metrics->domains,
		  const struct counts, node) {
		text_printf(text, "xenvigil_%s{", name);
		add_label(text, counts->name);
		text_printf(text, "} %" PRIu64 "\n",
			    *(const uint64_t *)((const char *)counts + offset));
	}
}

static void add_cases(const struct metrics_now *now, struct text *text)
{
	add_head(text, "open_incidents", "gauge", "Incidents by state.");
	for (int i = 0; i < CASE_STATE_COUNT; i++)
		if (i != CASE_STATE_CLOSED)
			text_printf(text, "xenvigil_open_incidents{state=\"%s\"}"
				    " %u\n", machine_case_name(i),
				    now->cases[i]);
}

/* For each toolstack that has or had guests. */
static void add_foreign(const struct metrics *metrics,
			const struct metrics_now *now, struct text *text)
{
	add_head(text, "foreign_domains", "gauge",
		 "Domains that another toolstack supervises.");
	for (int i = PEER_NONE + 1; i < PEER_COUNT; i++)
		if (now->foreign[i] || metrics->foreign[i])
			text_printf(text, "xenvigil_foreign_domains{owner="
				    "\"%s\"} %" PRIu32 "\n", peer_name(i),
				    now->foreign[i]);
	add_head(text, "foreign_incidents_total", "counter",
		 "Shutdowns and crashes of such domains.");
	for (int i = PEER_NONE + 1; i < PEER_COUNT; i++)
		if (now->foreign[i] || metrics->foreign[i])
			text_printf(text, "xenvigil_foreign_incidents_total"
				    "{owner=\"%s\"} %" PRIu64 "\n",
				    peer_name(i), metrics->foreign[i]);
}

static void add_port_kinds(const struct ports *ports, struct text *text)
{
	const struct { const char *name; uint32_t count; } kinds[] = {
		{ "interdomain", ports->interdomain },
		{ "unbound", ports->unbound },
		{ "virq", ports->virq },
		{ "pirq", ports->pirq },
		{ "ipi", ports->ipi },
		{ "xen", ports->hidden },
	};

	add_head(text, "event_channels", "gauge",
		 "Event channels of dom0 that are in use.");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		text_printf(text, "xenvigil_event_channels{kind=\"%s\"} %"
			    PRIu32 "\n", kinds[i].name, kinds[i].count);
}

static void add_ports(const struct ports *ports, struct text *text)
{
	if (!ports->used)
		return;
	add_port_kinds(ports, text);
	add_gauge(text, "event_channels_limit",
		  "Maximum of dom0's event channels.", ports->most);
	add_gauge(text, "event_channels_gone",
		  "Event channels of dom0 for domains that are gone.",
		  ports->gone);
}

/* Its buckets add up, as Prometheus has it. */
static void add_answers(const struct answers *answers, struct text *text)
{
	static const char name[] = "xenvigil_xenstored_answer_seconds";
	uint64_t sum = 0;

	add_head(text, "xenstored_answer_seconds", "histogram",
		 "Time that xenstored took to answer; only +Inf: no answer.");
	for (size_t i = 0; i < ARRAY_LEN(answer_bounds_ms); i++) {
		sum += answers->within[i];
		text_printf(text, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
			    answer_bounds_ms[i] / 1e3, sum);
	}
	text_printf(text, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name,
		    answers->count);
	text_printf(text, "%s_sum %.15g\n%s_count %" PRIu64 "\n", name,
		    (double)answers->ms / 1e3, name, answers->count);
}

void metrics_format(const struct metrics *metrics,
		    const struct metrics_now *now, struct text *text)
{
	add_gauge(text, "start_time_seconds", "Time of the daemon's start.",
		  (double)now->started_ms / 1e3);
	add_gauge(text, "toolstack_answers",
		  "Whether xenstored and libxl answer.", now->toolstack);
	add_gauge(text, "records_temporary",
		  "Whether records wait because the database is unusable.",
		  now->temporary);
	add_gauge(text, "host_health", "The host: 0 unknown, 1 healthy, 2 "
		  "slow, 3 hung, 4 dead.", now->host);
	add_answers(&metrics->answers, text);
	add_ports(&now->ports, text);
	add_gauge(text, "domains", "Domains in the hypervisor's list.",
		  now->domains);
	add_gauge(text, "workers", "Steps in progress.", now->workers);
	add_gauge(text, "held_guests", "Guests that the operator holds.",
		  now->held_guests);
	add_cases(now, text);
	add_foreign(metrics, now, text);
	add_incidents(metrics, text);
	add_each(metrics, text, "restarts_total",
		 "Guests created again or reset.",
		 offsetof(struct counts, restarts));
	add_each(metrics, text, "step_failures_total",
		 "Steps that failed or were lost.",
		 offsetof(struct counts, failures));
	add_counter(text, "captures_total", "Cores written.",
		    (double)metrics->captures);
	add_counter(text, "capture_seconds_total",
		    "Time spent writing cores.",
		    (double)metrics->capture_ms / 1e3);
	add_counter(text, "capture_bytes_total", "Bytes of cores written.",
		    (double)metrics->capture_bytes);
}

/* --- the file --- */

static int write_file(const char *path, const struct text *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL |
				       O_NOFOLLOW | O_CLOEXEC, 0600);
	const char *at = text_get(text), *end = at + text->len;

	if (fd < 0)
		return -errno;
	while (at < end) {
		ssize_t n = write(fd, at, (size_t)(end - at));

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? n : 0;
	}
	return fchmod(fd, 0644) ? -errno : 0;
}

int metrics_save(const char *path, const struct text *text)
{
	char part[PATH_MAX];
	int r;

	if (text->error)
		return text->error;
	/* The collector reads what ends in .prom only. */
	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	unlink(part); /* of one that was killed */
	r = write_file(part, text);
	if (r == 0 && rename(part, path))
		r = -errno;
	if (r < 0)
		unlink(part);
	return r;
}
