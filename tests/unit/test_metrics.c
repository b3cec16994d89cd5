/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted and how it is written.  promtool judges the form where it
 * is installed.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "role/metrics.h"
#include "tap.h"

static char dir[] = "/tmp/test_metrics.XXXXXX";
static char path[64], part[80];

static void count(struct metrics *metrics, enum engine_note note,
		  const char *name, enum reason reason, enum step step)
{
	struct incident_step last = { .step = step, .begun_ms = 1000,
				      .ended_ms = 3500 };
	struct incident incident = { .verdict.reason = reason,
				     .steps = &last, .step_count = 1 };

	text_copy(incident.name, sizeof(incident.name), name);
	metrics_count(metrics, note, &incident, 4096);
}

static void count_foreign(struct metrics *metrics, enum engine_note note,
			  enum peer peer)
{
	struct incident incident = { .verdict.reason = REASON_WATCHDOG,
				     .peer = peer, .name = "theirs" };

	metrics_count(metrics, note, &incident, 0);
}

static bool has_line(const struct text *text, const char *line)
{
	char with_ends[512];

	snprintf(with_ends, sizeof(with_ends), "\n%s\n", line);
	return strstr(text_get(text), with_ends) != NULL;
}

static void test_counts(struct metrics *metrics, struct text *text)
{
	struct metrics_now now = { .started_ms = 5000, .toolstack = true,
				   .host = HOST_HUNG, .domains = 7, .workers = 2,
				   .ports = { .used = 12, .most = 4096,
					      .virq = 12, .gone = 3 } };

	now.cases[CASE_STATE_HELD] = 3;
	count(metrics, ENGINE_NOTE_INCIDENT_OPENED, "web1", REASON_CRASH, 0);
	count(metrics, ENGINE_NOTE_INCIDENT_OPENED, "web1", REASON_CRASH, 0);
	count(metrics, ENGINE_NOTE_INCIDENT_OPENED, "a\"\\\n\x1b{", REASON_REBOOT, 0);
	count(metrics, ENGINE_NOTE_INCIDENT_OPENED, "odd", REASON_UNKNOWN, 0);
	count(metrics, ENGINE_NOTE_STEP_DONE, "web1", REASON_CRASH, STEP_DUMP);
	count(metrics, ENGINE_NOTE_STEP_DONE, "web1", REASON_CRASH, STEP_CREATE);
	count(metrics, ENGINE_NOTE_STEP_FAILED, "web1", REASON_CRASH, STEP_DESTROY);
	count_foreign(metrics, ENGINE_NOTE_INCIDENT_OPENED, PEER_LIBVIRT);
	count_foreign(metrics, ENGINE_NOTE_CRASH_MISSED, PEER_LIBVIRT);
	count_foreign(metrics, ENGINE_NOTE_CRASH_MISSED, PEER_NONE);
	now.foreign[PEER_LIBVIRT] = 3;
	metrics_count_answer(metrics, 0, true);
	metrics_count_answer(metrics, 2, true);
	metrics_count_answer(metrics, 700, true);
	metrics_count_answer(metrics, 1500, false);
	metrics_format(metrics, &now, text);
	ok(has_line(text, "xenvigil_incidents_total{domain=\"web1\",reason=\"crash\"} 2"),
	   "incidents by domain and reason");
	ok(has_line(text, "xenvigil_incidents_total{domain=\"odd\",reason=\"unknown\"} 1"),
	   "an odd reason");
	ok(has_line(text, "xenvigil_incidents_total{domain=\"theirs\",reason=\"watchdog\"} 2") &&
	   has_line(text, "xenvigil_foreign_incidents_total{owner=\"libvirt\"} 2") &&
	   has_line(text, "xenvigil_foreign_domains{owner=\"libvirt\"} 3") &&
	   !strstr(text_get(text), "owner=\"xapi\""),
	   "what was left to another toolstack, by its name");
	ok(has_line(text, "xenvigil_restarts_total{domain=\"web1\"} 1"), "restarts");
	ok(has_line(text, "xenvigil_step_failures_total{domain=\"web1\"} 1"), "failures");
	ok(has_line(text, "xenvigil_captures_total 1") &&
	   has_line(text, "xenvigil_capture_seconds_total 2.5") &&
	   has_line(text, "xenvigil_capture_bytes_total 4096"), "cores");
	ok(has_line(text, "xenvigil_open_incidents{state=\"held\"} 3"), "states");
	ok(has_line(text, "xenvigil_domains 7") &&
	   has_line(text, "xenvigil_toolstack_answers 1") &&
	   has_line(text, "xenvigil_host_health 3"), "the host");
	ok(has_line(text, "xenvigil_xenstored_answer_seconds_bucket{le=\"0.001\"} 1") &&
	   has_line(text, "xenvigil_xenstored_answer_seconds_bucket{le=\"0.5\"} 2") &&
	   has_line(text, "xenvigil_xenstored_answer_seconds_bucket{le=\"1.5\"} 3") &&
	   has_line(text, "xenvigil_xenstored_answer_seconds_bucket{le=\"+Inf\"} 4") &&
	   has_line(text, "xenvigil_xenstored_answer_seconds_sum 2.202") &&
	   has_line(text, "xenvigil_xenstored_answer_seconds_count 4"),
	   "xenstored's answers: the one that did not come is beyond all bounds");
	ok(has_line(text, "xenvigil_event_channels{kind=\"virq\"} 12") &&
	   has_line(text, "xenvigil_event_channels_limit 4096") &&
	   has_line(text, "xenvigil_event_channels_gone 3"), "event channels");
	ok(strstr(text_get(text), "domain=\"a\\\\\\\"\\\\\\\\\\\\x0a\\\\x1b{\"") != NULL,
	   "a name cannot leave its label");
}

static void test_many(void)
{
	struct metrics *metrics = metrics_new();
	struct metrics_now now = { 0 };
	struct text text = { 0 };
	char name[32];

	for (int i = 0; i < METRICS_DOMAINS_MAX + 50; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		count(metrics, ENGINE_NOTE_INCIDENT_OPENED, name,
		      REASON_CRASH, 0);
	}
	metrics_format(metrics, &now, &text);
	ok(has_line(&text, "xenvigil_incidents_total{domain=\"\",reason=\"crash\"} 50"),
	   "names beyond the bound are counted together");
	text_free(&text);
	metrics_free(metrics);
}

static void test_file(const struct text *text)
{
	struct stat st;
	char command[160];

	ok(metrics_save(path, text) == 0, "it is written");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0644 &&
	   st.st_size == (off_t)text->len, "whole, for everybody to read");
	ok(access(part, F_OK) && errno == ENOENT, "and nothing beside it");
	if (symlink("/etc/passwd", part))
		perror("symlink");
	ok(metrics_save(path, text) == 0 && lstat(path, &st) == 0 &&
	   S_ISREG(st.st_mode), "a link in its way is not followed");
	ok(metrics_save("/nonexistent/x.prom", text) == -ENOENT,
	   "a directory that is missing is a failure");
	snprintf(command, sizeof(command), "promtool check metrics < %s", path);
	if (system("command -v promtool > /dev/null"))
		ok(true, "promtool finds no fault # SKIP no promtool here");
	else
		ok(system(command) == 0, "promtool finds no fault");
}

int main(void)
{
	struct metrics *metrics = metrics_new();
	struct text text = { 0 };

	if (!mkdtemp(dir) || !metrics)
		return 1;
	snprintf(path, sizeof(path), "%s/x.prom", dir);
	snprintf(part, sizeof(part), "%s.part", path);
	test_counts(metrics, &text);
	test_many();
	test_file(&text);
	text_free(&text);
	metrics_free(metrics);
	unlink(path);
	rmdir(dir);
	return done_testing();
}
