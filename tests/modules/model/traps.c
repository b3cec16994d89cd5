// SPDX-License-Identifier: GPL-2.0-only
/*
 * One test for each trap that a driver of this device can fall into, in order,
 * with the modelled hypervisor as witness.
 * Must not use more than one thread of its own: the races are stress.c's.
 */
#include <pthread.h>

#include "model.h"

static int passed, failed;

static void check(bool good, const char *what)
{
	printf("%s - %s\n", good ? "ok" : "not ok", what);
	if (good)
		passed++;
	else
		failed++;
}

static struct file *open_one(unsigned int flags)
{
	int rc;

	return model_open(flags, &rc);
}

/* A port that events can be sent to, and the one that sends. */
static void pair(struct file *filp, unsigned int *port, unsigned int *sender)
{
	unsigned int got;

	*port = model_bind_unbound(filp);
	*sender = model_bind_interdomain(filp, *port);
	xen_mock_settle();
	if (model_read(filp, &got, sizeof(got)) == sizeof(got))
		model_unmask(filp, got);
}

static void send(struct file *filp, unsigned int sender)
{
	model_one(filp, EV_NOTIFY, sender);
	xen_mock_settle();
}

static bool reads(struct file *filp, unsigned int port)
{
	unsigned int got = 0;

	return model_read(filp, &got, sizeof(got)) == sizeof(got) &&
	       got == port;
}

static bool reads_nothing(struct file *filp)
{
	unsigned int got;

	return model_read(filp, &got, sizeof(got)) == -EAGAIN;
}

static void trap_allocation(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int before = xen_mock_allocs();

	model_fault_nth(0);
	check(model_bind_unbound(filp) == -ENOMEM &&
	      xen_mock_allocs() == before,
	      "T1 a failed allocation takes no port from Xen");
	model_fault_nth(-1);
	model_close(filp);
}

static void trap_duplicate(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int port, sender, closes = xen_mock_closes();
	int i;

	pair(filp, &port, &sender);
	xen_mock_close(port);
	xen_mock_force_port = port;
	closes++;
	check(model_bind_unbound(filp) == -EEXIST &&
	      xen_mock_closes() == closes, "T2 a duplicate closes nothing");
	for (i = 0; i < 2; i++)
		model_one(filp, EV_UNBIND, i ? port : sender);
	check(xen_mock_closes() == closes + 2,
	      "T2 the older entry closes it, once");
	model_close(filp);
}

static void trap_request_irq(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int closes = xen_mock_closes(), n = 0;

	/* Each call that can fail in turn, until the bind succeeds. */
	for (;; n++) {
		model_fault_nth(n);
		if (model_bind_unbound(filp) >= 0)
			break;
		if (!strcmp(model_fault_name(), "request_irq"))
			check(xen_mock_closes() - closes == 1,
			      "T3 one close when request_irq fails");
		if (!strcmp(model_fault_name(), "evtchn_make_refcounted"))
			check(model_total("ports") == 0,
			      "T4 no bound node when make_refcounted fails");
		closes = xen_mock_closes();
	}
	model_fault_nth(-1);
	check(n >= 5, "T3 and T4 were reached");
	model_close(filp);
}

static void trap_overflow(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int port, sender, i, max = 0;

	for (i = 0; i < 500; i++) {
		port = model_bind_unbound(filp);
		sender = model_bind_interdomain(filp, port);
		send(filp, sender);
		max = model_total("pending") > (long)max ? model_total("pending")
							 : (long)max;
		if (model_total("pending") > model_total("ports"))
			check(false, "T5 more pending than bound");
		model_one(filp, EV_UNBIND, sender);
		model_one(filp, EV_UNBIND, port);
	}
	check(max == 2 && reads_nothing(filp),
	      "T5 500 unread cycles of bind, notify, unbind do not overflow");
	model_close(filp);
}

static void trap_spurious(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int port, sender, warnings = model_warnings;

	pair(filp, &port, &sender);
	send(filp, sender);
	check(xen_mock_call_handler(port) == IRQ_NONE &&
	      model_total("pending") == 1,
	      "T6 a spurious call for a queued port queues nothing");
	reads(filp, port);
	check(xen_mock_call_handler(port) == IRQ_NONE && reads_nothing(filp),
	      "T6 nor one for a port that awaits its write");
	check(model_warnings == warnings, "T6 and none of them warns");
	model_close(filp);
}

static int other_handler(int irq, void *data)
{
	(void)irq;
	++*(int *)data;
	return IRQ_HANDLED;
}

/* xen.c ends the run if a shared irq is disabled: that is T7. */
static void trap_shared(void)
{
#ifdef MODEL_SHARED_IRQ
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int port, sender, eois, seen = 0;

	pair(filp, &port, &sender);
	xen_mock_share(port, other_handler, &seen);
	send(filp, sender);
	check(seen == 1, "T7 the other user of a line gets the event too");
	eois = xen_mock_eois();
	model_one(filp, EV_UNBIND, port);
	check(xen_mock_eois() == eois + 1,
	      "T8 detaching an unacknowledged port issues one EOI");
	xen_mock_send_to(port);
	xen_mock_settle();
	check(seen == 2, "T8 and the other user goes on");
	xen_mock_unshare(port, &seen);

	pair(filp, &port, &sender);
	eois = xen_mock_eois();
	model_one(filp, EV_UNBIND, port);
	check(xen_mock_eois() == eois,
	      "T8 detaching an acknowledged one issues none");

	/* What the other user lets through while we are not armed. */
	pair(filp, &port, &sender);
	xen_mock_share(port, other_handler, &seen);
	send(filp, sender);
	reads(filp, port);
	xen_irq_lateeoi(irq_from_evtchn(port), 0);
	send(filp, sender);
	check(reads_nothing(filp), "an event behind our back waits");
	model_unmask(filp, port);
	check(reads(filp, port), "and is there after the write");
	xen_mock_unshare(port, &seen);
	model_close(filp);
#else
	(void)other_handler;
#endif
}

#ifdef MODEL_STATIC_PORTS

static void trap_static_refusals(struct file *filp, unsigned int port)
{
	struct file *other = open_one(O_NONBLOCK);
	struct file *restricted = open_one(O_NONBLOCK);
	struct ev_restrict to = { .domid = 7 };
	unsigned int a, b, closes = xen_mock_closes();

	pair(other, &a, &b);
	check(model_one(filp, EV_BIND_STATIC, a) == -EBUSY,
	      "T9 a port that another file has bound is refused");
	check(model_one(other, EV_BIND_STATIC, a) == -EISCONN,
	      "T9 and one's own is said to be");
	model_ioctl(restricted, EV_RESTRICT, &to);
	check(model_one(restricted, EV_BIND_STATIC, port) == -EACCES,
	      "T10 a restricted file gets no other domain's port");
	check(model_one(restricted, EV_BIND_STATIC, 200) == -EACCES,
	      "T10 nor learns whether one exists");
	check(model_one(filp, EV_BIND_STATIC, 1) == -EBUSY &&
	      xen_mock_state(1) == EVTCHNSTAT_interdomain,
	      "T11 the kernel's own port is neither taken nor closed");
	check(model_one(filp, EV_BIND_STATIC, 200) == -EINVAL &&
	      model_one(filp, EV_BIND_STATIC, 100000) == -EINVAL,
	      "T12 nor one that is not allocated");
	xen_mock_connect(port, 7);
	check(model_one(restricted, EV_BIND_STATIC, port) == 0,
	      "T10 it gets its own domain's");
	model_close(restricted);
	model_close(other);
	check(xen_mock_state(port) == EVTCHNSTAT_interdomain &&
	      xen_mock_closes() == closes + 2, "T12 and does not close it");
}

static void trap_static(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int port = xen_mock_alloc(3);

	check(model_one(filp, EV_BIND_STATIC, port) == -EINVAL,
	      "T12 a port that is not interdomain is refused");
	xen_mock_connect(port, 3);
	trap_static_refusals(filp, port);
	check(model_one(filp, EV_BIND_STATIC, port) == 0,
	      "a static port can be bound");
	xen_mock_send_to(port);
	xen_mock_settle();
	check(reads(filp, port), "and gets its event");
	check(model_one(filp, EV_UNBIND, port) == 0 &&
	      xen_mock_state(port) == EVTCHNSTAT_interdomain,
	      "and stays open when it is unbound");
	xen_mock_close(port);
	model_close(filp);
}

#else

static void trap_static(void)
{
	struct file *filp = open_one(O_NONBLOCK);

	check(model_one(filp, EV_BIND_STATIC, 5) == -ENOSYS,
	      "a kernel without static ports says ENOSYS");
	model_close(filp);
}

#endif

/* What another thread does while a read copies. */
static struct file *meddled;
static void *(*meddling)(void *unused);
static unsigned int anew, anew_sender, again, again_sender;

static void *meddle(void *unused)
{
	(void)unused;
	model_one(meddled, EV_UNBIND, anew_sender);
	model_one(meddled, EV_UNBIND, anew);
	check(model_bind_unbound(meddled) == anew,
	      "T14 a port is bound anew while a read copies");
	model_unmask(meddled, again);
	send(meddled, again_sender);
	return NULL;
}

static void on_copy(void)
{
	pthread_t thread;

	model_copying = NULL;
	pthread_create(&thread, NULL, meddling, NULL);
	pthread_join(thread, NULL);
}

static void trap_put_back(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int ports[3], same, same_sender, woken;

	meddled = filp;
	pair(filp, &anew, &anew_sender);
	pair(filp, &same, &same_sender);
	pair(filp, &again, &again_sender);
	send(filp, anew_sender);
	send(filp, same_sender);
	send(filp, again_sender);
	model_async(filp, true);
	woken = model_asyncs;
	meddling = meddle;
	model_copying = on_copy;
	check(model_read(filp, MODEL_BAD, sizeof(ports)) == -EFAULT &&
	      model_asyncs == woken + 2,
	      "T14 what a read could not use wakes who waits");
	check(model_read(filp, ports, sizeof(ports)) == 2 * sizeof(*ports) &&
	      ports[0] == same && ports[1] == again,
	      "T14 it comes first, once, and nothing of what is bound anew");
	model_async(filp, false);
	model_close(filp);
}

static void *reset_meddled(void *unused)
{
	(void)unused;
	model_ioctl(meddled, EV_RESET, NULL);
	return NULL;
}

static void trap_reset_meanwhile(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int port, sender;

	meddled = filp;
	pair(filp, &port, &sender);
	send(filp, sender);
	meddling = reset_meddled;
	model_copying = on_copy;
	check(model_read(filp, MODEL_BAD, 4) == -EFAULT && reads_nothing(filp),
	      "T14 what RESET dropped while a read copied does not come back");
	model_close(filp);
}

/* More than a read takes at a time, and memory that ends behind the first. */
static void trap_fault_midway(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int port[40], sender[40], got[40] = { 0 };
	bool same = true;
	int i;

	for (i = 0; i < 40; i++)
		pair(filp, &port[i], &sender[i]);
	for (i = 0; i < 40; i++)
		send(filp, sender[i]);
	model_bad_from = &got[35];
	i = (int)model_read(filp, got, sizeof(got)) / (int)sizeof(*got);
	model_bad_from = NULL;
	check(i > 0 && i <= 35, "T14 a fault midway gives what came before it");
	i = i < 0 ? 0 : i;
	check(model_read(filp, &got[i], sizeof(got)) ==
	      (40 - i) * (int)sizeof(*got), "T14 and loses nothing of the rest");
	for (i = 0; i < 40; i++)
		same = same && got[i] == port[i];
	check(same, "T14 each once and in order");
	model_close(filp);
}

static void trap_faults(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int cmds[] = { EV_BIND_VIRQ, EV_BIND_INTERDOMAIN,
				EV_BIND_UNBOUND, EV_UNBIND, EV_NOTIFY,
				EV_RESTRICT, EV_RESET, 0x4599 };
	unsigned int port, sender, i;

	/* files.c ends the run if a call returns with a lock held. */
	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		model_ioctl(filp, cmds[i], MODEL_BAD);
	model_write(filp, MODEL_BAD, 4);
	model_write(filp, MODEL_BAD, 4096);
	check(true, "T13 every error path unlocks");
	pair(filp, &port, &sender);
	send(filp, sender);
	check(model_read(filp, MODEL_BAD, 4) == -EFAULT && reads(filp, port),
	      "T14 EFAULT on read loses nothing");
	model_close(filp);
}

/* Some kernels close the port of a failed binding themselves, others do not. */
static void trap_core_closes(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int closes, i;

	for (i = 0; i < 2; i++) {
		xen_mock_core_closes = i;
		closes = xen_mock_closes();
		model_fault_nth(2);
		check(model_bind_unbound(filp) == -ENOMEM &&
		      !strcmp(model_fault_name(), "bind_evtchn_to_irq") &&
		      xen_mock_closes() == closes + 1,
		      i ? "T15 no second close where the kernel has closed it"
			: "T15 one close where it has not");
	}
	xen_mock_core_closes = false;
	model_fault_nth(-1);
	model_close(filp);
}

static void trap_async(void)
{
	struct file *filp = open_one(O_NONBLOCK);
	unsigned int port, sender, asyncs, before = model_asyncs;

	pair(filp, &port, &sender);
	check(model_poll(filp) == (EPOLLOUT | EPOLLWRNORM),
	      "poll: writable only");
	send(filp, sender);
	check(model_poll(filp) & EPOLLIN, "poll: readable");
	asyncs = model_asyncs;
	check(asyncs == before, "no SIGIO where none was asked for");
	check(model_ioctl(filp, EV_RESET, NULL) == 0 && reads_nothing(filp),
	      "RESET drops what is pending");
	send(filp, sender);
	check(reads_nothing(filp), "and leaves it masked");
	model_async(filp, true);
	model_unmask(filp, port);
	xen_mock_settle();
	check(model_asyncs == asyncs + 1, "SIGIO where one was asked for");
	check(reads(filp, port), "until the write");
	model_signal_pending = true;
	filp->f_flags = 0;
	check(model_read(filp, &port, 4) == -ERESTARTSYS,
	      "a signal interrupts a read");
	model_signal_pending = false;
	model_close(filp);
}

int main(void)
{
	xen_mock_start(2);
	if (model_init())
		return 1;
	trap_allocation();
	trap_duplicate();
	trap_request_irq();
	trap_overflow();
	trap_spurious();
	trap_shared();
	trap_static();
	trap_faults();
	trap_put_back();
	trap_reset_meanwhile();
	trap_fault_midway();
	trap_core_closes();
	trap_async();
	check(!xen_mock_open_ports() && !xen_mock_irqs(),
	      "every port is closed and every irq is free");
	check(model_total("binds") == model_total("unbinds"),
	      "as many unbinds as binds were counted");
	model_exit();
	xen_mock_stop();
	printf("# traps: %d passed, %d failed\n", passed, failed);
	return failed > 0;
}
