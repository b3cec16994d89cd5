/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The prober: probes the host's toolstack on request, when xenstored ends, when
 * the kernel logs a fault of the toolstack's devices, and from time to time.
 * Sleeps otherwise.  It may block in the kernel: then the keeper replaces it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/trim.h"
#include "port/audit.h"
#include "port/evtchndev.h"
#include "port/hostprobe.h"
#include "port/owner.h"
#include "port/portcount.h"
#include "port/procview.h"
#include "role/confine.h"
#include "role/roles.h"
#include "role/wire.h"

/* By itself; when it is asked, what the keeper says. */
#define DEADLINE_MS 1500
#define EVTCHN_MS 500
/* What grows slowly is seen without being asked for. */
#define SELDOM_MS 600000

enum { WIRE_IN, KERNEL_IN, STORE_IN, SOURCES };

struct probe {
	struct pollfd in[SOURCES];
	struct kmsg_finding kernel;	/* the gravest so far */
	bool evtchn_safe;
};

static int send_evidence(const struct host_evidence *evidence)
{
	struct wire_msg msg = {
		.kind = WIRE_HEALTH,
		.blob = (char *)evidence,
		.blob_len = sizeof(*evidence),
	};

	return wire_send(WIRE_FD, &msg);
}

/* Its end is an event; without pidfds (before Linux 5.3) it is seen later. */
static void hold_store(struct probe *probe)
{
	struct procview view;

	if (probe->in[STORE_IN].fd >= 0)
		return;
	if (procview_find_root("/proc", procview_store_names, &view) == 0)
		probe->in[STORE_IN].fd = owner_open_pidfd(view.pid);
}

static void let_store_go(struct probe *probe)
{
	if (probe->in[STORE_IN].fd >= 0)
		close(probe->in[STORE_IN].fd);
	probe->in[STORE_IN].fd = -1;
}

/*
 * The certain part is sent first: the device may block this process
 * permanently, and then the keeper has at least that part.
 */
static int probe_host(struct probe *probe, uint32_t deadline_ms)
{
	struct host_evidence evidence;
	int r;

	hostprobe_look(deadline_ms ? (int)deadline_ms : DEADLINE_MS,
		       &probe->kernel, &evidence);
	hold_store(probe);
	r = send_evidence(&evidence);
	if (r)
		return r;
	evidence.no_console = !audit_console_runs("/proc");
	r = portcount_take(&evidence.ports);
	if (r)
		log_event(LOG_LEVEL_WARN, "ports-not-counted",
			  LOG_TEXT("error", strerror(-r)));
	if (probe->evtchn_safe)
		hostprobe_try_evtchn(EVTCHN_MS, &evidence);
	r = send_evidence(&evidence);
	trim_heap();
	return r;
}

static int on_wire(struct probe *probe)
{
	struct wire_msg msg = { 0 };
	int r = wire_recv(WIRE_FD, &msg);

	if (r == -EAGAIN)
		return 0;
	if (r == 0 && msg.kind == WIRE_PING)
		r = probe_host(probe, msg.deadline_ms);
	wire_clear(&msg);
	return r;
}

static int step(struct probe *probe)
{
	bool look_now = false;
	int r = 0, n = poll(probe->in, SOURCES, SELDOM_MS);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	look_now = n == 0;
	if (probe->in[STORE_IN].revents) {
		let_store_go(probe);
		look_now = true;
	}
	if (probe->in[KERNEL_IN].revents)
		look_now |= hostprobe_follow_kmsg(probe->in[KERNEL_IN].fd,
						  &probe->kernel);
	if (probe->in[WIRE_IN].revents)
		r = on_wire(probe);
	else if (look_now)
		r = probe_host(probe, 0);
	return r;
}

int probe_main(void)
{
	struct probe probe = { 0 };
	struct evtchndev device;
	int r = 0;

	if (fcntl(WIRE_FD, F_SETFD, FD_CLOEXEC))
		return ROLE_EXIT_SYSTEM;
	signal(SIGPIPE, SIG_IGN);
	/* A process that waits in the kernel would not notice the keeper's
	 * end. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	confine_enter(&confine_probe);
	evtchndev_look("", false, &device);
	probe.evtchn_safe = evtchndev_is_safe(&device);
	for (int i = 0; i < SOURCES; i++)
		probe.in[i].events = POLLIN;
	probe.in[WIRE_IN].fd = WIRE_FD;
	probe.in[KERNEL_IN].fd = hostprobe_open_kmsg();
	probe.in[STORE_IN].fd = -1;
	hold_store(&probe);
	hostprobe_follow_kmsg(probe.in[KERNEL_IN].fd, &probe.kernel);
	while (r == 0)
		r = step(&probe);
	if (r == -EPIPE)
		return 0;
	log_event(LOG_LEVEL_ERROR, "probe-failed",
		  LOG_TEXT("error", strerror(-r)));
	return ROLE_EXIT_SYSTEM;
}
