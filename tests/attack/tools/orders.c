/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Orders to a real worker, over its socket as the keeper gives them:
 *	orders id DOMID					its uuid and epoch, now
 *	orders COUNT STEP DOMID UUID EPOCH TEXT [BOUND... [pause]]
 * and prints what came of each; its status is a worker's signal plus 128.
 * BOUNDs: cores of one guest, MiB of all, per cent kept free; a core that was
 * made is removed before the next order when there are none.  $ORDER_CONFIG is
 * the configuration, $ORDER_MS the deadline, $ORDER_NAME the domain's name and
 * $ORDER_NEW (DOMID UUID EPOCH) the other one that it is about; what a SAVE brings
 * goes to the file $ORDER_SAVED.  Judges nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/hv.h"
#include "role/wire.h"

#define DEADLINE_MS 5000

extern char **environ;

static int print_id(uint32_t domid)
{
	char uuid[UUID_TEXT_BYTES];
	struct domain_info info;
	struct hv *hv;

	if (hv_open(&hv) || hv_find(hv, domid, &info))
		return 1;
	printf("%s %" PRIu64 "\n", uuid_format(info.id.uuid, uuid),
	       info.id.epoch);
	hv_close(hv);
	return 0;
}

static pid_t start_worker(int ret_fd[2])
{
	char *argv[] = { "xenvigild", "--role=worker", NULL };
	posix_spawn_file_actions_t files;
	pid_t pid;

	/* Ours is put to blocking: the tool waits for each answer. */
	if (wire_pair(ret_fd) || fcntl(ret_fd[0], F_SETFL, 0))
		exit(1);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, ret_fd[1], WIRE_FD);
	if (posix_spawn(&pid, getenv("WORKER"), &files, NULL, argv, environ))
		exit(1);
	close(ret_fd[1]);
	return pid;
}

static void keep_saved(const struct wire_msg *msg)
{
	const char *path = getenv("ORDER_SAVED");
	FILE *file = path && msg->blob ? fopen(path, "we") : NULL;

	if (file && (fputs(msg->blob, file) < 0 || fclose(file)))
		exit(1);
}

static int give(int fd, const struct wire_msg *order)
{
	struct wire_msg msg = { 0 };
	bool done = false;

	if (wire_send(fd, order))
		return 1;
	while (!done) {
		if (wire_recv(fd, &msg))
			return 1;
		done = msg.kind == WIRE_RESULT;
		if (done)
			printf("%d %s\n", msg.rc, msg.text);
		keep_saved(&msg);
		wire_clear(&msg);
	}
	return 0;
}

static int parse_new(struct wire_msg *order)
{
	const char *text = getenv("ORDER_NEW");
	char uuid[UUID_TEXT_BYTES];

	snprintf(order->config.name, sizeof(order->config.name), "%s",
		 getenv("ORDER_NAME") ?: "");
	if (!text)
		return 0;
	if (sscanf(text, "%" SCNu32 " %36s %" SCNu64, &order->new_id.domid,
		   uuid, &order->new_id.epoch) != 3)
		return 1;
	return uuid_parse(uuid, order->new_id.uuid);
}

static int parse(char **words, struct wire_msg *order)
{
	static char empty[] = "{}";
	char *config = getenv("ORDER_CONFIG") ?: empty;
	const char *ms = getenv("ORDER_MS");

	*order = (struct wire_msg){ .kind = WIRE_ORDER, .order = 1,
				    .deadline_ms = DEADLINE_MS, .blob = config,
				    .blob_len = strlen(config) };
	if (ms)
		order->deadline_ms = (uint32_t)atoi(ms);
	if (step_parse(words[0], &order->step) ||
	    uuid_parse(words[2], order->id.uuid) || parse_new(order))
		return 1;
	order->id.domid = (uint32_t)atoi(words[1]);
	order->id.epoch = strtoull(words[3], NULL, 10);
	snprintf(order->text, sizeof(order->text), "%s", words[4]);
	if (!words[5])
		return 0;
	order->capture.per_guest = (uint32_t)atoi(words[5]);
	order->capture.total_mib = (uint32_t)atoi(words[6]);
	order->capture.free_percent = (uint32_t)atoi(words[7]);
	order->capture.pause = words[8] && strcmp(words[8], "pause") == 0;
	return 0;
}

int main(int argc, char **argv)
{
	struct wire_msg order;
	int fd[2], status, r = 0;
	pid_t pid;

	if (argc == 3 && strcmp(argv[1], "id") == 0)
		return print_id((uint32_t)atoi(argv[2]));
	if ((argc != 7 && argc != 10 && argc != 11) || parse(argv + 2, &order))
		return 100;
	pid = start_worker(fd);
	for (int i = atoi(argv[1]); i > 0 && r == 0; i--) {
		r = give(fd[0], &order);
		if (argc == 7 && order.step == STEP_DUMP)
			unlink(order.text);
	}
	close(fd[0]);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : r;
}
