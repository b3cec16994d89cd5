/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hook child: runs the operator's hooks for one transition, one after the
 * other, or the command that ends a retreat, and reports the result of each to
 * the keeper.  Names of guests and operators reach a hook as data only: never
 * as a path, an argument or code.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "port/oom.h"
#include "role/hook_command.h"
#include "role/hook_run.h"
#include "role/roles.h"
#include "role/wire.h"

#define HOOKS_MAX 16
#define OUTPUT_BYTES 1024
#define ENV_BYTES 1024
#define ENV_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Variables from the JSON object: its member, and what a hook calls it. */
static const struct {
	const char *key, *name;
} variables[] = {
	{ "transition", "XENVIGIL_TRANSITION" },
	{ "incident", "XENVIGIL_INCIDENT" },
	{ "domain", "XENVIGIL_DOMAIN" },
	{ "domid", "XENVIGIL_DOMID" },
	{ "uuid", "XENVIGIL_UUID" },
	{ "reason", "XENVIGIL_REASON" },
	{ "action", "XENVIGIL_ACTION" },
	{ "core", "XENVIGIL_CORE" },
	{ "owner", "XENVIGIL_OWNER" },
};

struct environment {
	char texts[ARRAY_LEN(variables)][ENV_BYTES];
	char *list[ARRAY_LEN(variables) + 2];
};

static void fill_environment(struct environment *env, json_object *incident)
{
	static char path[] = ENV_PATH;
	size_t count = 0;

	env->list[count++] = path;
	for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
		json_object *value;
		size_t len;

		if (!json_object_object_get_ex(incident, variables[i].key,
					       &value))
			continue;
		len = (size_t)snprintf(env->texts[i], ENV_BYTES, "%s=",
				       variables[i].name);
		text_escape(env->texts[i] + len, ENV_BYTES - len,
			    json_object_get_string(value));
		env->list[count++] = env->texts[i];
	}
	env->list[count] = NULL;
}

/* --- which --- */

/* As run-parts(8) has it: no editor's or packager's leftovers. */
static int is_hook_name(const struct dirent *entry)
{
	const char *at = entry->d_name;

	for (; *at; at++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-", *at))
			return 0;
	return strcmp(entry->d_name, "README") != 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Why it is not run; NULL: it is. */
static const char *find_fault(int dir_fd, const char *name)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_uid != geteuid())
		return "not owned by root";
	if (st.st_mode & 022)
		return "others may write to it";
	if (!(st.st_mode & 0100))
		return "not executable";
	return NULL;
}

/* --- how it ended --- */

static void describe(int rc, int status, const char *output, char *ret,
		     size_t size)
{
	char how[64] = "";

	if (rc == -ETIME)
		text_copy(how, sizeof(how), "killed at its deadline");
	else if (rc == -EFBIG)
		text_copy(how, sizeof(how), "killed: it printed too much");
	else if (rc == -ECHILD && WIFSIGNALED(status))
		snprintf(how, sizeof(how), "killed by signal %d",
			 WTERMSIG(status));
	else if (rc == -ECHILD)
		snprintf(how, sizeof(how), "ended with status %d",
			 WEXITSTATUS(status));
	else if (rc < 0)
		text_copy(how, sizeof(how), strerror(-rc));
	snprintf(ret, size, "%s%s%s", how, how[0] && output[0] ? ": " : "",
		 output);
}

struct telling {
	const struct wire_msg *order;
	struct environment env;
	const char *transition;
	int64_t incident;
	const char *dir;
	int dir_fd;
};

/* If the keeper has ended, the result is logged here. */
static int send_result(const struct telling *to, const char *name, int rc,
		       const char *text)
{
	struct wire_msg msg = { .kind = WIRE_RESULT, .rc = rc };
	int r;

	text_copy(msg.config.name, sizeof(msg.config.name), name);
	text_copy(msg.text, sizeof(msg.text), text);
	r = wire_send(WIRE_FD, &msg);
	if (r != -EPIPE && r != -ECONNRESET)
		return r;
	log_event(rc ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
		  rc ? "hook-failed" : "hook-done", LOG_TEXT("hook", name),
		  LOG_TEXT("transition", to->transition),
		  LOG_INT("incident", to->incident),
		  LOG_TEXT("text", text[0] ? text : NULL));
	return 0;
}

static int run_one(struct telling *to, const char *name)
{
	const struct wire_msg *order = to->order;
	const char *fault = find_fault(to->dir_fd, name);
	char path[PATH_MAX + NAME_MAX + 2];
	char output[OUTPUT_BYTES], text[OUTPUT_BYTES + 128];
	char *argv[] = { path, (char *)to->transition, NULL };
	struct hook_run run = {
		.path = path, .argv = argv, .env = to->env.list,
		.input = order->blob, .input_len = order->blob_len,
		.limit_ms = order->deadline_ms,
	};
	int r, status = 0;

	if (fault)
		return send_result(to, name, -EPERM, fault);
	snprintf(path, sizeof(path), "%s/%s", to->dir, name);
	r = hook_run(&run, output, sizeof(output), &status);
	describe(r, status, output, text, sizeof(text));
	return send_result(to, name, r, text);
}

/* --- all of them --- */

static int run_listed(struct telling *to, struct dirent **entries, int count)
{
	json_object *incident = json_tokener_parse(to->order->blob);
	int r;

	to->transition = json_object_get_string(
		json_object_object_get(incident, "transition"));
	to->incident = json_object_get_int64(
		json_object_object_get(incident, "incident"));
	r = to->transition ? 0 : -EBADMSG;
	if (r == 0)
		fill_environment(&to->env, incident);
	for (int i = 0; i < count && r == 0; i++)
		r = i < HOOKS_MAX ?
			run_one(to, entries[i]->d_name) :
			send_result(to, entries[i]->d_name, -E2BIG, "more than 16 hooks");
	json_object_put(incident);
	return r;
}

static bool is_trusted_dir(int dir_fd)
{
	struct stat st;

	return fstat(dir_fd, &st) == 0 && st.st_uid == geteuid() &&
	       !(st.st_mode & 022);
}

static int run_all(const struct wire_msg *order)
{
	AUTO_CLOSE int dir_fd = open(order->text, O_RDONLY | O_DIRECTORY |
						  O_CLOEXEC | O_NOFOLLOW);
	AUTO_FREE char *dir = realpath(order->text, NULL);
	struct telling to = { .order = order, .dir = dir, .dir_fd = dir_fd };
	struct dirent **entries;
	int count, r;

	if (dir_fd < 0 || !dir)
		return send_result(&to, "", -errno, strerror(errno));
	if (!is_trusted_dir(dir_fd))
		return send_result(&to, "", -EPERM, "others may write to the directory");
	count = scandirat(dir_fd, ".", &entries, is_hook_name, compare_names);
	if (count < 0)
		return send_result(&to, "", -errno, strerror(errno));
	r = run_listed(&to, entries, count);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return r;
}

/* Once for all that there is to say: how it ended, or why it was not run. */
static int run_command(const struct wire_msg *order)
{
	struct telling to = { .order = order, .transition = "retreat" };
	const char *fault = NULL;
	char how[64];
	int status = 0;
	int r = hook_command_run(order->text, &status, &fault);

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "the command was killed by signal %d",
			 WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "the command ended with status %d",
			 WEXITSTATUS(status));
	return send_result(&to, order->text, r, r == 0 ? how : fault ?: strerror(-r));
}

static int recv_and_run(void)
{
	struct wire_msg order = { 0 };
	int r = wire_recv(WIRE_FD, &order);

	if (r == 0)
		r = order.kind != WIRE_ORDER ? -EBADMSG :
		    order.blob ? run_all(&order) : run_command(&order);
	wire_clear(&order);
	return r;
}

/*
 * A keeper that ends passes its waiting transitions to its last child.  Once
 * this child has stopped reading, the keeper gets an error and knows it.
 */
static int run_left(void)
{
	int ends = 0, r = 0;

	shutdown(WIRE_FD, SHUT_RD);
	/* The first error may come from a keeper that did not read results. */
	while (ends < 2 && (r == 0 || r == -EPIPE)) {
		r = recv_and_run();
		ends += r == -EPIPE;
	}
	return r;
}

int hook_main(void)
{
	int r = fcntl(WIRE_FD, F_SETFD, FD_CLOEXEC) ? -errno :
						      hook_run_prepare();

	(void)oom_set(OOM_USUAL);
	setsid(); /* not ended by what is sent to the keeper's group */
	if (r == 0)
		r = recv_and_run();
	/* Messages of a keeper that ended may arrive after the notice of its
	 * end. */
	if (r == 0 || r == -EPIPE)
		r = run_left();
	if (r == 0 || r == -EPIPE)
		return 0;
	log_event(LOG_LEVEL_ERROR, "hook-role-failed",
		  LOG_TEXT("error", strerror(-r)));
	return ROLE_EXIT_SYSTEM;
}
