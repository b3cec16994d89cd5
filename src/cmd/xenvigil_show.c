/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers as text for a person.  All that a guest or operator named is
 * escaped before it reaches the terminal.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "xenvigil_cmd.h"
#include "xenvigil_json.h"

#define CELL_BYTES 1024

/* One printf() may use up to four cells. */
static const char *safe(const char *text)
{
	static char cells[4][CELL_BYTES];
	static unsigned int next;

	return text_escape(cells[next++ % 4], CELL_BYTES, text);
}

static const char *moment(int64_t ms)
{
	static char text[32];
	time_t at = ms / 1000;
	struct tm tm;

	if (!ms)
		return "-";
	localtime_r(&at, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

/* --- status --- */

/* An answer of an older daemon names no owner. */
static bool is_ours(json_object *of)
{
	const char *owner = text_of(of, "owner");

	return !owner[0] || strcmp(owner, "xenvigil") == 0;
}

static void show_flags(json_object *domain)
{
	printf("%s%s%s%s%s", is_set(domain, "shutdown") ? " shutdown" : "",
	       is_set(domain, "paused") ? " paused" : "",
	       is_set(domain, "dying") ? " dying" : "",
	       is_set(domain, "held") ? " held" : "",
	       is_set(domain, "same_uuid") ? " SAME UUID" : "");
	if (text_of(domain, "made_by")[0])
		printf(" by %s", safe(text_of(domain, "made_by")));
	if (strcmp(text_of(domain, "owner"), "xl") == 0)
		printf(" (xl's monitor %lld)",
		       (long long)number_of(domain, "owner_pid"));
	else if (strcmp(text_of(domain, "owner"), "other") == 0)
		printf(" disowned");
	else if (strcmp(text_of(domain, "owner"), "nobody") == 0)
		printf(" unsupervised");
	else if (!is_ours(domain))
		printf(" (%s's)", safe(text_of(domain, "owner")));
}

static void show_domains(json_object *list)
{
	printf("%-5s %-24s %-5s %-9s %s\n", "DOMID", "DOMAIN", "TYPE",
	       "STATE", "FLAGS");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *domain = json_object_array_get_idx(list, i);

		printf("%-5lld %-24s %-5s %-9s",
		       (long long)number_of(domain, "domid"),
		       safe(text_of(domain, "domain")),
		       text_of(domain, "type"), text_of(domain, "state"));
		show_flags(domain);
		if (is_set(domain, "shutdown"))
			printf(" (%s)", text_of(domain, "reason"));
		putchar('\n');
	}
}

static void show_open(json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *inc = json_object_array_get_idx(list, i);

		printf("incident %lld: %s (domid %lld) %s, %s: %s at %s",
		       (long long)number_of(inc, "incident"),
		       safe(text_of(inc, "domain")),
		       (long long)number_of(inc, "domid"),
		       text_of(inc, "reason"), text_of(inc, "action"),
		       text_of(inc, "state"), text_of(inc, "next_step"));
		if (text_of(inc, "progress")[0])
			printf(" (%s)", safe(text_of(inc, "progress")));
		if (number_of(inc, "due_ms"))
			printf(" until %s", moment(number_of(inc, "due_ms")));
		if (text_of(inc, "why")[0])
			printf(": %s", safe(text_of(inc, "why")));
		putchar('\n');
	}
}

/* One line, and the whole of it only when something is the matter. */
static void show_ports(json_object *ports)
{
	const char *level = text_of(ports, "level");

	if (!ports || !number_of(ports, "used"))
		return;
	printf("event channels %lld of %lld, %+lld in %lld min",
	       (long long)number_of(ports, "used"),
	       (long long)number_of(ports, "most"),
	       (long long)number_of(ports, "grown"),
	       (long long)number_of(ports, "grown_minutes"));
	if (strcmp(level, "well") != 0)
		printf("; %s: %s", level, text_of(ports, "text"));
	putchar('\n');
}

void xenvigil_show_retreat(json_object *retreat)
{
	const char *state = text_of(retreat, "state");

	if (retreat && strcmp(state, "none") != 0)
		printf("retreat %s: %s\n", state, text_of(retreat, "text"));
}

static void show_host(json_object *host)
{
	printf("host %s since %s%s%s\n", text_of(host, "health"),
	       moment(number_of(host, "since_ms")),
	       text_of(host, "text")[0] ? ": " : "",
	       safe(text_of(host, "text")));
	if (text_of(host, "advice")[0])
		printf("fix: %s\n", safe(text_of(host, "advice")));
	if (text_of(host, "console_advice")[0])
		printf("xenconsoled does not run; every start of a guest waits "
		       "for it; fix: %s\n",
		       safe(text_of(host, "console_advice")));
	xenvigil_show_retreat(json_object_object_get(host, "retreat"));
	show_ports(json_object_object_get(host, "event_channels"));
}

/* By whom, and what changes it. */
static void show_supervision(json_object *list)
{
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *one = json_object_array_get_idx(list, i);
		const char *by = text_of(one, "by");

		printf("guests supervised by %s: %lld (to change it: %s)\n",
		       strcmp(by, "xl") == 0 ? "xl monitors" :
		       strcmp(by, "other") == 0 ? "others (disowned)" :
		       safe(by), (long long)number_of(one, "guests"),
		       safe(text_of(one, "change")));
	}
}

void xenvigil_show_status(json_object *answer)
{
	bool ready = is_set(answer, "watcher_ready");

	printf("xenvigild %s, pid %lld, since %s\n",
	       text_of(answer, "version"),
	       (long long)number_of(answer, "pid"),
	       moment(number_of(answer, "started_ms")));
	printf("Xen %s, toolstack %s, watcher %s\n",
	       safe(text_of(answer, "xen")),
	       text_of(answer, "toolstack")[0] ?
		       safe(text_of(answer, "toolstack")) : "unknown",
	       ready ? "ready" : "NOT READY: xenstored does not answer, "
				 "destructive actions wait");
	if (is_set(answer, "disk_full"))
		puts("the disk of the records is FULL: records use the "
		     "reserved space until that is full, too");
	if (number_of(answer, "records_temporary_ms"))
		printf("the records are TEMPORARY since %s, in %s, until the "
		       "database works again: %s\n",
		       moment(number_of(answer, "records_temporary_ms")),
		       safe(text_of(answer, "records")),
		       safe(text_of(answer, "records_why")));
	show_host(json_object_object_get(answer, "host"));
	show_supervision(json_object_object_get(answer, "supervision"));
	if (number_of(answer, "unrecorded"))
		printf("%lld incidents NOT ON RECORD YET: the database cannot "
		       "be written (disk full?)\n",
		       (long long)number_of(answer, "unrecorded"));
	show_domains(json_object_object_get(answer, "domains"));
	show_open(json_object_object_get(answer, "open"));
}

/* --- list --- */

static void show_step(json_object *step, int64_t seen_ms)
{
	int64_t begun = number_of(step, "begun_ms");
	int64_t ended = number_of(step, "ended_ms");
	int64_t error = number_of(step, "error");

	printf("    +%8.3f s  %-10s ", (double)(begun - seen_ms) / 1e3,
	       text_of(step, "step"));
	if (ended)
		printf("%8.3f s", (double)(ended - begun) / 1e3);
	else
		printf("%10s", "running");
	if (error)
		printf("  FAILED");
	if (text_of(step, "text")[0])
		printf("  %s", safe(text_of(step, "text")));
	putchar('\n');
}

static void show_core(json_object *inc)
{
	if (!text_of(inc, "core")[0])
		return;
	printf("    core %s: %s, %.1f MiB", safe(text_of(inc, "core")),
	       text_of(inc, "core_format"),
	       (double)number_of(inc, "core_bytes") / (1 << 20));
	/* Unknown if its worker died before it reported it. */
	if (number_of(inc, "core_of_pages"))
		printf(", %lld of %lld pages, %.1f s",
		       (long long)number_of(inc, "core_pages"),
		       (long long)number_of(inc, "core_of_pages"),
		       (double)number_of(inc, "core_ms") / 1e3);
	printf("%s%s\n", is_set(inc, "core_truncated") ? ", TRUNCATED" : "",
	       is_set(inc, "core_present") ? "" : ", removed since");
}

static void show_alike(json_object *inc)
{
	int64_t times = number_of(inc, "alike");
	int64_t guests = number_of(inc, "alike_guests");

	if (times < 2)
		return;
	printf("    seen %lld times since %s", (long long)times,
	       moment(number_of(inc, "alike_since_ms")));
	if (guests > 1)
		printf(", by %lld guests", (long long)guests);
	putchar('\n');
}

void xenvigil_show_incident(json_object *inc)
{
	json_object *steps = json_object_object_get(inc, "steps");
	int64_t seen_ms = number_of(inc, "seen_ms");

	printf("%lld  %s  %s (domid %lld, %s)  %s -> %s: ",
	       (long long)number_of(inc, "incident"), moment(seen_ms),
	       safe(text_of(inc, "domain")),
	       (long long)number_of(inc, "domid"), text_of(inc, "type"),
	       text_of(inc, "reason"), text_of(inc, "action"));
	if (strcmp(text_of(inc, "state"), "closed") == 0)
		printf("%s", text_of(inc, "outcome"));
	else
		printf("%s", text_of(inc, "state"));
	if (!is_ours(inc))
		printf(", left to %s", safe(text_of(inc, "owner")));
	if (number_of(inc, "new_domid"))
		printf(", runs as domid %lld",
		       (long long)number_of(inc, "new_domid"));
	if (text_of(inc, "why")[0])
		printf(" (%s)", safe(text_of(inc, "why")));
	putchar('\n');
	if (text_of(inc, "panic")[0]) /* escaped already */
		printf("    %s\n", text_of(inc, "panic"));
	show_alike(inc);
	for (size_t i = 0; i < json_object_array_length(steps); i++)
		show_step(json_object_array_get_idx(steps, i), seen_ms);
	show_core(inc);
}

static void show_trouble(json_object *trouble)
{
	int64_t ended_ms = number_of(trouble, "ended_ms");

	printf("host %lld  %s  %s, ", (long long)number_of(trouble, "trouble"),
	       moment(number_of(trouble, "began_ms")),
	       text_of(trouble, "worst"));
	if (ended_ms)
		printf("%.1f s", (double)(ended_ms -
					  number_of(trouble, "began_ms")) / 1e3);
	else
		printf("ongoing");
	printf(": %s\n"
	       "    fix: %s\n", safe(text_of(trouble, "text")),
	       safe(text_of(trouble, "advice")));
	if (text_of(trouble, "retreat")[0])
		printf("    retreat: %s\n", safe(text_of(trouble, "retreat")));
}

/* Oldest first: a person reads on downwards. */
void xenvigil_show_list(json_object *answer)
{
	json_object *list = json_object_object_get(answer, "incidents");
	json_object *host = json_object_object_get(answer, "host");

	for (size_t i = json_object_array_length(list); i-- > 0;)
		xenvigil_show_incident(json_object_array_get_idx(list, i));
	for (size_t i = json_object_array_length(host); i-- > 0;)
		show_trouble(json_object_array_get_idx(host, i));
}

/* --- policy --- */

static void show_verdict(json_object *verdict)
{
	const char *wanted = text_of(verdict, "wanted");
	const char *action = text_of(verdict, "action");

	printf("  %-14s ", text_of(verdict, "reason"));
	if (is_set(verdict, "leave_alone"))
		printf("left alone");
	else
		printf("%s", action);
	printf("  (%s", text_of(verdict, "source"));
	if (text_of(verdict, "refused")[0])
		printf("; %s cannot work: %s", wanted,
		       text_of(verdict, "refused"));
	puts(")");
}

static void show_delays(json_object *guest)
{
	json_object *delays = json_object_object_get(guest, "delays_ms");

	printf("  restarts after");
	for (size_t i = 0; i < json_object_array_length(delays); i++)
		printf(" %g",
		       json_object_get_int64(
			       json_object_array_get_idx(delays, i)) / 1e3);
	printf(" s; more than %lld in %lld s: held; forgotten after %lld s "
	       "of running\n", (long long)number_of(guest, "restart_limit"),
	       (long long)number_of(guest, "restart_window_s"),
	       (long long)number_of(guest, "healthy_s"));
}

static void show_shared(json_object *guest)
{
	if (is_set(guest, "same_uuid"))
		printf("  HELD: several domains have its uuid; the following "
		       "is for domain %lld, and\n"
		       "  applies when only one of them is left\n",
		       (long long)number_of(guest, "config_of_domid"));
}

void xenvigil_show_policy(json_object *answer)
{
	json_object *guests = json_object_object_get(answer, "guests");

	for (size_t i = 0; i < json_object_array_length(guests); i++) {
		json_object *guest = json_object_array_get_idx(guests, i);
		json_object *reasons =
			json_object_object_get(guest, "reasons");

		printf("%s (%s)%s\n", safe(text_of(guest, "domain")),
		       text_of(guest, "type"),
		       is_set(guest, "held") ? ", held by the operator" : "");
		show_shared(guest);
		for (size_t j = 0; j < json_object_array_length(reasons); j++)
			show_verdict(json_object_array_get_idx(reasons, j));
		show_delays(guest);
	}
}
