/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Collects the evidence that core/host.h judges.  Changes nothing, and must
 * never call libxenstore.
 */
#include "port/hostprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenevtchn.h>

#include "base/cleanup.h"
#include "port/hostview.h"
#include "port/procview.h"
#include "port/storeping.h"

#define HOSTPROBE_RECORD_BYTES 8192
#define FIRST_MS 250 /* then the process is read */

static enum host_answer answer_of(const struct storeping *ping)
{
	switch (ping->state) {
	case STOREPING_ANSWERS:
		return HOST_ANSWER_CAME;
	case STOREPING_REFUSED:
		return HOST_ANSWER_REFUSED;
	case STOREPING_ABSENT:
		return HOST_ANSWER_NO_SOCKET;
	default:
		return HOST_ANSWER_NONE;
	}
}

static void look_at_process(struct host_evidence *evidence)
{
	struct text text = { 0 };
	struct procview view;

	if (procview_find_root("/proc", procview_store_names, &view))
		return;
	evidence->process = (int)view.pid;
	evidence->process_state = view.state;
	procview_tell(&view, &text);
	text_copy(evidence->process_text, sizeof(evidence->process_text),
		  text_get(&text));
	text_free(&text);
}

/* One that is stopped or dead will not, however long it is waited for. */
static bool may_answer(const struct host_evidence *evidence)
{
	return !strchr("TtZX", evidence->process_state) ||
	       !evidence->process_state;
}

void hostprobe_look(int deadline_ms, const struct kmsg_finding *kernel,
		    struct host_evidence *ret_evidence)
{
	struct host_evidence evidence = { .answer = HOST_ANSWER_NONE };
	int first_ms = deadline_ms < FIRST_MS ? deadline_ms : FIRST_MS;
	struct storeping ping;
	int64_t took_ms;

	storeping_ask(storeping_path(), first_ms, &ping);
	took_ms = ping.took_ms;
	look_at_process(&evidence);
	if (ping.state == STOREPING_SILENT && may_answer(&evidence)) {
		storeping_ask(storeping_path(), deadline_ms - first_ms, &ping);
		took_ms += ping.took_ms;
		look_at_process(&evidence);
	}
	evidence.answer = answer_of(&ping);
	evidence.took_ms = took_ms;
	if (!evidence.process_state && evidence.answer != HOST_ANSWER_CAME)
		evidence.store_domain = hostprobe_has_store_domain();
	if (kernel)
		evidence.kernel = *kernel;
	else if (evidence.answer != HOST_ANSWER_CAME)
		hostprobe_read_kmsg(&evidence.kernel);
	*ret_evidence = evidence;
}

bool hostprobe_has_store_domain(void)
{
	struct hostview *view;
	bool found;

	if (hostview_open(&view))
		return false;
	found = hostview_has_store_domain(view);
	hostview_close(view);
	return found;
}

bool hostprobe_is_on_xen(void)
{
	return access("/proc/xen/capabilities", F_OK) == 0 ||
	       access("/sys/hypervisor/version/major", F_OK) == 0;
}

/* libxenstore takes this name for both, the socket and the device. */
void hostprobe_shun_device(void)
{
	const char *path = storeping_path();

	if (access(path, F_OK) == 0 || !hostprobe_has_store_domain())
		setenv("XENSTORED_PATH", path, 0);
}

int hostprobe_open_kmsg(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

bool hostprobe_follow_kmsg(int fd, struct kmsg_finding *worst)
{
	AUTO_FREE char *record = malloc(HOSTPROBE_RECORD_BYTES);
	struct kmsg_finding finding;
	bool found = false;
	ssize_t n;

	while (record && fd >= 0) {
		n = read(fd, record, HOSTPROBE_RECORD_BYTES);
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* the oldest ones were dropped in between */
		if (n <= 0)
			break;
		kmsg_judge(record, (size_t)n, &finding);
		if (finding.kind == KMSG_NONE || finding.kind < worst->kind)
			continue;
		*worst = finding;
		found = true;
	}
	return found;
}

void hostprobe_read_kmsg(struct kmsg_finding *ret_finding)
{
	struct kmsg_finding worst = { .kind = KMSG_NONE };
	int fd = hostprobe_open_kmsg();

	hostprobe_follow_kmsg(fd, &worst);
	if (fd >= 0)
		close(fd);
	*ret_finding = worst;
}

/* --- the event-channel device --- */

static void fail(struct host_evidence *evidence)
{
	evidence->evtchn = HOST_DEVICE_FAILS;
	text_copy(evidence->evtchn_error, sizeof(evidence->evtchn_error),
		  strerror(errno));
}

/* Binding a port raises its first event by itself. */
static void await_event(xenevtchn_handle *handle, int deadline_ms,
			struct host_evidence *evidence)
{
	struct pollfd wait = { .fd = xenevtchn_fd(handle), .events = POLLIN };

	evidence->evtchn = poll(&wait, 1, deadline_ms) == 1 ?
		HOST_DEVICE_WORKS : HOST_DEVICE_SILENT;
}

/* Both ends of a pair in dom0: what is sent into one comes out at the other. */
static void loop_back(xenevtchn_handle *handle, int deadline_ms,
		      struct host_evidence *evidence)
{
	xenevtchn_port_or_error_t here, there = -1;

	here = xenevtchn_bind_unbound_port(handle, 0);
	if (here >= 0)
		there = xenevtchn_bind_interdomain(handle, 0,
						   (evtchn_port_t)here);
	if (there < 0 || xenevtchn_notify(handle, (evtchn_port_t)there))
		fail(evidence);
	else
		await_event(handle, deadline_ms, evidence);
	if (there >= 0)
		xenevtchn_unbind(handle, (evtchn_port_t)there);
	if (here >= 0)
		xenevtchn_unbind(handle, (evtchn_port_t)here);
}

void hostprobe_try_evtchn(int deadline_ms, struct host_evidence *evidence)
{
	xenevtchn_handle *handle = xenevtchn_open(NULL, 0);

	if (!handle) {
		fail(evidence);
		return;
	}
	loop_back(handle, deadline_ms, evidence);
	xenevtchn_close(handle);
}
