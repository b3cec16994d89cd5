/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "xenvigil doctor": checks every part of the host in a separate process, so
 * that a check that hangs is only a finding.  Fixes nothing.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "port/audit.h"
#include "port/hostprobe.h"
#include "role/client.h"
#include "xenvigil_cmd.h"

#define PART_MS 10000
#define ANSWER_MS 5000

struct part {
	const char *name;
	void (*look)(const struct audit *audit);
};

static const struct part parts[] = {
	{ "driver", audit_kernel },
	{ "xenstored", audit_toolstack },
	{ "console", audit_console },
	{ "device", audit_device },
	{ "events", audit_events },
	{ "zombies", audit_zombies },
	{ "devices", audit_devices },
	{ "userdata", audit_userdata },
	{ "owners", audit_owners },
	{ "start", audit_start },
	{ "lock", audit_lock },
};

#define PARTS (sizeof(parts) / sizeof(*parts))

static const char *const levels[] = {
	[AUDIT_OK] = "ok", [AUDIT_WARN] = "warning", [AUDIT_ERROR] = "error",
};

struct running {
	pid_t pid;		/* -1: none could be had */
	int fd;
};

/* What all findings come to. */
struct doctor {
	json_object *findings;
	enum audit_level worst;
};

static void add_finding(struct doctor *doctor, const char *part,
			enum audit_level level, const char *text, const char *fix)
{
	json_object *to = json_object_new_object();

	json_object_object_add(to, "part", json_object_new_string(part));
	json_object_object_add(to, "level",
			       json_object_new_string(levels[level]));
	json_object_object_add(to, "text", json_object_new_string(text));
	json_object_object_add(to, "mend", json_object_new_string(fix));
	json_object_array_add(doctor->findings, to);
	if (level > doctor->worst)
		doctor->worst = level;
}

/* --- the child: "LEVEL\tTEXT\tMEND\n" for each finding --- */

static void send_field(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == '\t' || *text == '\n' ? ' ' : *text, out);
}

static void send_finding(void *ctx, enum audit_level level, const char *text,
			 const char *fix)
{
	FILE *out = ctx;

	fprintf(out, "%d\t", level);
	send_field(out, text);
	fputc('\t', out);
	send_field(out, fix);
	fputc('\n', out);
}

static void run_part(const struct part *part, int fd)
{
	struct audit audit = { .found = send_finding };

	log_setup(LOG_TARGET_STDERR, LOG_LEVEL_CRITICAL, "doctor");
	audit.ctx = fdopen(fd, "w");
	if (audit.ctx) {
		part->look(&audit);
		fclose(audit.ctx);
	}
	_exit(0);
}

/* --- we --- */

static void take_line(struct doctor *doctor, const struct part *part,
		      char *line)
{
	char *text = strchr(line, '\t');
	char *fix = text ? strchr(text + 1, '\t') : NULL;
	int level = line[0] - '0';

	if (!fix || level < AUDIT_OK || level > AUDIT_ERROR)
		return;
	*fix = '\0';
	add_finding(doctor, part->name, (enum audit_level)level, text + 1, fix + 1);
}

/* Returns whether the part ended in time. */
static bool read_part(int fd, int64_t end_ms, struct text *text)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int64_t left;
	char bytes[4096];
	ssize_t n;

	while ((left = end_ms - clock_ms()) > 0) {
		if (poll(&wait, 1, (int)left) <= 0)
			continue;
		n = read(fd, bytes, sizeof(bytes));
		if (n <= 0)
			return n == 0;
		text_append_bytes(text, bytes, (size_t)n);
	}
	return false;
}

static void end_part(pid_t pid, bool ended)
{
	if (!ended)
		kill(pid, SIGKILL);
	/* One that the kernel holds is not waited for. */
	waitpid(pid, NULL, ended ? 0 : WNOHANG);
}

/* All at once: what hangs is then waited for once. */
static void start_part(const struct part *part, struct running *running)
{
	int fd[2];

	running->pid = -1;
	if (pipe2(fd, O_CLOEXEC))
		return;
	running->pid = fork();
	if (running->pid == 0) {
		close(fd[0]);
		run_part(part, fd[1]);
	}
	close(fd[1]);
	running->fd = fd[0];
	if (running->pid < 0)
		close(fd[0]);
}

static void collect(struct doctor *doctor, const struct part *part,
		    const struct running *running, int64_t end_ms)
{
	struct text text = { 0 };
	char *save = NULL, *line = NULL;
	bool ended;

	if (running->pid < 0) {
		add_finding(doctor, part->name, AUDIT_ERROR, "cannot start a process "
			    "for this check",
			    "");
		return;
	}
	ended = read_part(running->fd, end_ms, &text);
	close(running->fd);
	end_part(running->pid, ended);
	if (text.len) /* a check that hung has no output */
		line = strtok_r(text.at, "\n", &save);
	for (; line; line = strtok_r(NULL, "\n", &save))
		take_line(doctor, part, line);
	if (!ended)
		add_finding(doctor, part->name, AUDIT_ERROR, "this check hangs",
			    "fix the errors above first");
	text_free(&text);
}

/* --- the daemon --- */

/* Left alone by a setting or by disown, and by all that can be seen. */
static void look_at_supervision(struct doctor *doctor, json_object *domain)
{
	const char *owner = json_object_get_string(
		json_object_object_get(domain, "owner"));
	const char *name = json_object_get_string(
		json_object_object_get(domain, "domain"));
	bool disowned = owner && !strcmp(owner, "other");
	char text[512];

	if (!disowned && (!owner || strcmp(owner, "nobody")))
		return;
	snprintf(text, sizeof(text), "domain %s (%s) has no supervisor: %s",
		 json_object_get_string(json_object_object_get(domain,
							       "domid")),
		 name ? name : "", disowned ?
		 "it is disowned and has no xl monitor" : "adopt is none");
	add_finding(doctor, "domains", AUDIT_WARN, text, disowned ?
		    "xenvigil adopt NAME, unless another supervisor has it" :
		    "xenvigil adopt NAME");
}

static void look_at_domains(struct doctor *doctor, json_object *status)
{
	json_object *list = json_object_object_get(status, "domains");
	json_object *open = json_object_object_get(status, "open");

	for (size_t i = 0; open && i < json_object_array_length(open); i++) {
		json_object *inc = json_object_array_get_idx(open, i);
		const char *state = json_object_get_string(
			json_object_object_get(inc, "state"));
		char text[512];

		if (!state || strcmp(state, "held"))
			continue;
		snprintf(text, sizeof(text), "incident %s is held",
			 json_object_get_string(
				 json_object_object_get(inc, "incident")));
		add_finding(doctor, "domains", AUDIT_WARN, text,
			    "find the cause (xenvigil list), then xenvigil retry "
			    "DOMAIN");
	}
	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		look_at_supervision(doctor,
				    json_object_array_get_idx(list, i));
	if (list && !doctor->worst && !json_object_array_length(list))
		add_finding(doctor, "domains", AUDIT_OK, "no domain exists", "");
}

static void look_at_hooks(struct doctor *doctor, json_object *status)
{
	int64_t failed = json_object_get_int64(
		json_object_object_get(status, "hook_failures"));
	char text[512];

	if (!failed)
		return;
	snprintf(text, sizeof(text), "%lld hook runs failed, most recently %s",
		 (long long)failed,
		 json_object_get_string(
			 json_object_object_get(status, "hook_failed")));
	add_finding(doctor, "hooks", AUDIT_WARN, text,
		    "read the hook's output in the daemon's log");
}

static void look_at_daemon(struct doctor *doctor, const char *socket_path)
{
	json_object *request = json_object_new_object(), *status = NULL;
	int r;

	json_object_object_add(request, "command",
			       json_object_new_string("status"));
	r = client_ask(socket_path, request, ANSWER_MS, &status);
	json_object_put(request);
	if (r < 0) {
		add_finding(doctor, "daemon", AUDIT_ERROR, client_explain(r),
			    "start xenvigild: the domains without an xl monitor have "
			    "no supervisor");
		return;
	}
	add_finding(doctor, "daemon", AUDIT_OK, "xenvigild answers", "");
	look_at_domains(doctor, status);
	look_at_hooks(doctor, status);
	json_object_put(status);
}

/* --- the page --- */

static const char *text_in(json_object *from, const char *key)
{
	return json_object_get_string(json_object_object_get(from, key));
}

static void show_findings(json_object *findings)
{
	char text[2048], fix[2048];

	for (size_t i = 0; i < json_object_array_length(findings); i++) {
		json_object *at = json_object_array_get_idx(findings, i);

		printf("%-8s %-10s %s\n", text_in(at, "level"),
		       text_in(at, "part"),
		       text_escape(text, sizeof(text), text_in(at, "text")));
		if (text_in(at, "mend")[0])
			printf("%-19s fix:  %s\n", "",
			       text_escape(fix, sizeof(fix),
					   text_in(at, "mend")));
	}
}

int xenvigil_doctor(const char *socket_path, bool json)
{
	static const int exits[] = { EXIT_SUCCESS, EXIT_WARNING, EXIT_ERROR };
	int64_t end_ms = clock_ms() + PART_MS;
	struct running running[PARTS];
	struct doctor doctor = { .findings = json_object_new_array() };
	json_object *all = json_object_new_object();

	fflush(stdout);
	hostprobe_shun_device(); /* a part has to end when its time is over */
	for (size_t i = 0; i < PARTS; i++)
		start_part(&parts[i], &running[i]);
	for (size_t i = 0; i < PARTS; i++)
		collect(&doctor, &parts[i], &running[i], end_ms);
	look_at_daemon(&doctor, socket_path);
	json_object_object_add(all, "findings", doctor.findings);
	json_object_object_add(all, "worst",
			       json_object_new_string(levels[doctor.worst]));
	if (json)
		xenvigil_json_print(all);
	else
		show_findings(doctor.findings);
	json_object_put(all);
	return fflush(stdout) ? EXIT_FAILURE : exits[doctor.worst];
}
