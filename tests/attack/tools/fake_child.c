/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's watcher and worker, for attacks without Xen.  The watcher says
 * what it is told on the FIFO $FAKE_XEN/tell; the worker writes its orders to
 * $FAKE_XEN/orders and changes the list as if they were done.  While there is
 * $FAKE_XEN/declined it ends before it begins one, which it notes there.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <xenstore.h>

#include "base/text.h"
#include "port/hv.h"
#include "port/watch_impl.h"
#include "role/wire.h"

static const char *dir;
static struct hv *hv;

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void must_send(const struct wire_msg *msg)
{
	int r = wire_send(WIRE_FD, msg);

	if (r)
		exit(r == -EPIPE ? 0 : 1);
}

/* --- the watcher --- */

/* A name may be any bytes: it is in a file of its own. */
static void tell_config(unsigned int domid, const char *action)
{
	static char json[] = "{}";
	struct wire_msg msg = { .kind = WIRE_CONFIG, .blob = json,
				.blob_len = strlen(json) };
	struct domain_info info;
	char name[32];
	FILE *file;

	snprintf(name, sizeof(name), "name-%u", domid);
	file = fopen(path_of(name), "re");
	if (!file || hv_find(hv, domid, &info))
		exit(2);
	if (fread(msg.config.name, 1, sizeof(msg.config.name) - 1, file) == 0)
		exit(2);
	fclose(file);
	msg.id = info.id;
	msg.id.epoch = 0;
	msg.config.type = info.hvm ? DOMAIN_TYPE_HVM : DOMAIN_TYPE_PV;
	for (int i = 0; i < REASON_COUNT; i++)
		if (action_parse(action, &msg.config.on[i]))
			exit(2);
	must_send(&msg);
}

static void tell_named(unsigned int domid, const char *peer)
{
	struct wire_msg msg = { .kind = WIRE_NAMED,
				.peer = peer_parse(peer) };
	struct domain_info info;
	char name[32];
	FILE *file;

	snprintf(name, sizeof(name), "name-%u", domid);
	file = fopen(path_of(name), "re");
	if (!file || hv_find(hv, domid, &info) ||
	    fread(msg.text, 1, sizeof(msg.text) - 1, file) == 0)
		exit(2);
	fclose(file);
	msg.id = info.id;
	msg.id.epoch = 0;
	must_send(&msg);
}

static void on_model(void *ctx, uint32_t domid, const uint8_t *uuid,
		     uint32_t pid, uint32_t user, uint32_t stub)
{
	struct wire_msg msg = { .kind = WIRE_MODEL, .id.domid = domid };

	(void)ctx;
	memcpy(msg.id.uuid, uuid, UUID_BYTES);
	snprintf(msg.text, sizeof(msg.text), "%u %u %u", pid, user, stub);
	must_send(&msg);
}

/* What xenstore has of it, read by the code of the real watcher. */
static void tell_model(unsigned int domid)
{
	struct watch watch = { .store = xs_open(0), .calls.model = on_model };
	struct watch_domain domain = { .domid = domid };
	struct domain_info info;

	if (!watch.store || hv_find(hv, domid, &info))
		exit(2);
	memcpy(domain.uuid, info.id.uuid, UUID_BYTES);
	watch_model_read(&watch, &domain);
	xs_close(watch.store);
}

static void tell_hints(unsigned int count, unsigned int domid, int code)
{
	struct wire_msg msg = { .kind = WIRE_HINT, .id.domid = domid,
				.has_reason = code >= 0,
				.reason_code = (uint8_t)code };

	while (count--)
		must_send(&msg);
}

/* Ejects that are told one by one, EJECT_MS apart, while all else goes on. */
#define EJECT_MS 2
static struct wire_msg eject = { .kind = WIRE_EJECTED };
static unsigned int ejects_left;

static void obey(const char *line)
{
	unsigned int domid, count;
	char action[64];
	int code;

	if (sscanf(line, "config %u %63s", &domid, action) == 2)
		tell_config(domid, action);
	else if (sscanf(line, "named %u %63s", &domid, action) == 2)
		tell_named(domid, action);
	else if (sscanf(line, "model %u", &domid) == 1)
		tell_model(domid);
	else if (sscanf(line, "hint %u %u %d", &count, &domid, &code) == 3)
		tell_hints(count, domid, code);
	else if (sscanf(line, "eject %u %u %31s", &ejects_left,
			&eject.id.domid, eject.text) == 3)
		return;
	else if (strcmp(line, "bad\n") == 0)
		exit(write(WIRE_FD, line, strlen(line)) > 0 ? 0 : 1);
	else
		exit(2);
}

static void answer_keeper(void)
{
	struct wire_msg msg = { 0 }, beat = { .kind = WIRE_BEAT };

	if (wire_recv(WIRE_FD, &msg))
		exit(0);
	if (msg.kind == WIRE_PING)
		must_send(&beat);
	wire_clear(&msg);
}

/* $FAKE_WATCHER: "slow N": ready after N seconds; "silent": never; "dies": as
 * soon as it is ready. */
static void start_watching(void)
{
	struct wire_msg ready = { .kind = WIRE_READY, .text = "4.17.0" };
	struct wire_msg progress = { .kind = WIRE_PROGRESS };
	const char *how = getenv("FAKE_WATCHER") ?: "";
	int seconds = 0;

	must_send(&progress);
	if (strcmp(how, "silent") == 0)
		pause();
	(void)sscanf(how, "slow %d", &seconds);
	while (seconds-- > 0) {
		sleep(1);
		must_send(&progress);
	}
	must_send(&ready);
	if (strcmp(how, "dies") == 0)
		exit(1);
}

static int watch(void)
{
	int fd = open(path_of("tell"), O_RDWR | O_CLOEXEC);
	FILE *orders = fd < 0 ? NULL : fdopen(dup(fd), "r");
	struct pollfd in[2] = { { .fd = WIRE_FD, .events = POLLIN },
				{ .fd = fd, .events = POLLIN } };
	char line[256];

	if (!orders)
		return 1;
	setvbuf(orders, NULL, _IONBF, 0); /* poll() knows of no buffer */
	start_watching();
	for (;;) {
		int count = poll(in, 2, ejects_left ? EJECT_MS : -1);

		if (count < 0)
			return 1;
		if (count == 0 && ejects_left--)
			must_send(&eject);
		if (in[0].revents)
			answer_keeper();
		if (in[1].revents && fgets(line, sizeof(line), orders))
			obey(line);
	}
}

/* --- the worker --- */

/* The list without DOMID, and with MORE at its end; replaced as a whole. */
static void change_list(unsigned int domid, const char *more)
{
	int lock = open(path_of("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char line[256], part[512];
	FILE *from, *to;

	flock(lock, LOCK_EX);
	snprintf(part, sizeof(part), "%s", path_of("list.part"));
	to = fopen(part, "we");
	from = fopen(path_of("list"), "re");
	while (from && to && fgets(line, sizeof(line), from))
		if (strtoul(line, NULL, 10) != domid)
			fputs(line, to);
	if (!from || !to || fputs(more, to) < 0 || fclose(to) ||
	    rename(part, path_of("list")))
		exit(2);
	fclose(from);
	close(lock);
}

static void create(const struct wire_msg *order, struct wire_msg *result)
{
	unsigned int domid = order->id.domid + 100;
	char uuid[UUID_TEXT_BYTES], line[256];
	struct domain_info info;

	snprintf(line, sizeof(line), "%u %s 20 1 %u\n", domid,
		 uuid_format(order->id.uuid, uuid), domid);
	change_list(domid, line);
	if (hv_find(hv, domid, &info))
		exit(2);
	result->new_id = info.id;
}

static void note_order(const char *name, const struct wire_msg *order)
{
	char uuid[UUID_TEXT_BYTES];
	FILE *file = fopen(path_of(name), "ae");

	if (!file)
		exit(2);
	fprintf(file, "%s %u %s %s\n", step_name(order->step),
		order->id.domid, uuid_format(order->id.uuid, uuid),
		order->text);
	fclose(file);
}

static void obey_order(const struct wire_msg *order)
{
	struct wire_msg result = { .kind = WIRE_RESULT, .step = order->step,
				   .order = order->order, .id = order->id,
				   .new_id = order->new_id };
	struct wire_msg taken = { .kind = WIRE_TAKEN, .order = order->order };
	static char json[] = "{}";
	char lost[64];

	if (access(path_of("declined"), F_OK) == 0) {
		note_order("declined", order);
		exit(1);
	}
	must_send(&taken);
	note_order("orders", order);
	if (order->step == STEP_EJECT)
		usleep(100000); /* as long as a device model may take */
	/* With a file "lost-STEP" it dies of the first such order. */
	snprintf(lost, sizeof(lost), "lost-%s", step_name(order->step));
	if (unlink(path_of(lost)) == 0)
		raise(SIGKILL);
	if (order->step == STEP_DUMP)
		close(open(order->text, O_WRONLY | O_CREAT | O_EXCL, 0600));
	if (order->step == STEP_DESTROY)
		change_list(order->id.domid, "");
	if (order->step == STEP_CREATE)
		create(order, &result);
	if (order->step == STEP_SAVE) {
		result.blob = json;
		result.blob_len = strlen(json);
	}
	must_send(&result);
}

static int work(void)
{
	struct wire_msg order = { 0 };

	while (wire_recv(WIRE_FD, &order) == 0) {
		obey_order(&order);
		wire_clear(&order);
	}
	return 0;
}

int main(int argc, char **argv)
{
	dir = getenv("FAKE_XEN");
	if (!dir || argc < 2 || hv_open(&hv))
		return 1;
	return strcmp(argv[1], "--role=watcher") == 0 ? watch() : work();
}
