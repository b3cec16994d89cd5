// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads upon several files at once, with or without random faults, and
 * spurious interrupts: no port is lost, closed twice or met stale, no wake-up
 * is lost, no event is.
 * Must not depend on time: it ends after so many steps.
 * usage: stress STEPS [SEED]
 */
#include "model.h"

#define FILES	3
#define THREADS	6
#define PAIRS	3

static unsigned long steps;
static struct file *files[FILES];
static bool stopping;

static bool going(void)
{
	return __atomic_load_n(&model_steps, __ATOMIC_RELAXED) < steps;
}

/* Files of its own: binds, sends, reads some, unbinds or closes. */
static void *churn(void *unused)
{
	unsigned int got, n = 0;
	struct file *filp;
	long a, b;
	int rc;

	(void)unused;
	while (going()) {
		filp = model_open(O_NONBLOCK, &rc);
		while (filp && going() && n++ % 16) {
			a = model_bind_unbound(filp);
			b = a > 0 ? model_bind_interdomain(filp, a) : -1;
			if (b > 0)
				model_one(filp, EV_NOTIFY, b);
			if (model_read(filp, &got, sizeof(got)) == sizeof(got))
				model_unmask(filp, got);
			if (b > 0 && model_random(4))
				model_one(filp, EV_UNBIND, b);
			if (a > 0 && model_random(4))
				model_one(filp, EV_UNBIND, a);
		}
		if (filp)
			model_close(filp);
	}
	return NULL;
}

/* A file that others use too: whatever the calls say, nothing may break. */
static void *meddle(void *unused)
{
	unsigned int many[64];
	struct file *filp;
	long rc;

	(void)unused;
	while (going()) {
		filp = files[model_random(FILES)];
		switch (model_random(6)) {
		case 0:
			model_bind_unbound(filp);
			break;
		case 1:
			model_bind_interdomain(filp, model_random(64));
			break;
		case 2:
			model_one(filp, EV_UNBIND, model_random(64));
			break;
		case 3:
			rc = model_read(filp, many, sizeof(many));
			if (rc > 0)
				model_write(filp, many, rc);
			break;
		case 4:
			model_one(filp, EV_NOTIFY, model_random(64));
			break;
		case 5:
			if (!model_random(16))
				model_ioctl(filp, EV_RESET, NULL);
			else if (model_total("pending") > MODEL_PORTS)
				model_fail("more pending than ports");
			break;
		}
	}
	return NULL;
}

static void *spurious(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&stopping, __ATOMIC_RELAXED)) {
		xen_mock_call_handler(MODEL_KERNEL_PORTS + model_random(64));
		sched_yield();
	}
	return NULL;
}

static void run_threads(void)
{
	pthread_t threads[THREADS], interrupter;
	int i, rc;

	for (i = 0; i < FILES; i++)
		while (!(files[i] = model_open(O_NONBLOCK, &rc)))
			;
	pthread_create(&interrupter, NULL, spurious, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, i & 1 ? meddle : churn, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	__atomic_store_n(&stopping, true, __ATOMIC_RELAXED);
	pthread_join(interrupter, NULL);
	for (i = 0; i < FILES; i++)
		model_close(files[i]);
	if (xen_mock_open_ports() || xen_mock_irqs())
		model_fail("%u ports and %u irqs are left",
			   xen_mock_open_ports(), xen_mock_irqs());
}

static void phase(const char *name, unsigned long n, unsigned int odds,
		  bool core_closes)
{
	model_steps = 0;
	steps = n;
	stopping = false;
	xen_mock_start(2);
	xen_mock_core_closes = core_closes;
	if (model_init())
		model_fail("the module does not load");
	model_fault_one_in(odds);
	run_threads();
	model_fault_one_in(0);
	if (!odds && model_warnings)
		model_fail("the module warned %u times", model_warnings);
	if (model_total("binds") != model_total("unbinds"))
		model_fail("%ld binds but %ld unbinds", model_total("binds"),
			   model_total("unbinds"));
	printf("ok - %s: %lu steps, %ld binds, %ld events, %ld coalesced, %ld refused\n",
	       name, model_steps, model_total("binds"), model_total("events"),
	       model_total("coalesced"), model_total("refused"));
	model_exit();
	xen_mock_stop();
}

/* --- no event is lost: a reader that sleeps, and a sender --- */

static struct {
	struct file *filp;
	unsigned int ports[PAIRS], senders[PAIRS];
	unsigned long sent[PAIRS], seen[PAIRS];
	unsigned long reads;
} events;

/* What was sent before a port is read has been seen when it is. */
static void *read_events(void *unused)
{
	unsigned int got, i;

	(void)unused;
	while (!__atomic_load_n(&stopping, __ATOMIC_SEQ_CST)) {
		if (model_read(events.filp, &got, sizeof(got)) != sizeof(got))
			model_fail("a blocking read failed");
		model_unmask(events.filp, got);
		for (i = 0; i < PAIRS; i++)
			if (events.ports[i] == got)
				__atomic_store_n(&events.seen[i],
						 __atomic_load_n(&events.sent[i],
								 __ATOMIC_SEQ_CST),
						 __ATOMIC_SEQ_CST);
		events.reads++;
	}
	return NULL;
}

static void send_events(unsigned long n)
{
	unsigned int i, port;

	while (n--) {
		i = model_random(PAIRS);
		__atomic_add_fetch(&events.sent[i], 1, __ATOMIC_SEQ_CST);
		model_one(events.filp, EV_NOTIFY, events.senders[i]);
		/* One at a time must arrive: nothing else wakes the reader. */
		while (!(n % 4) && __atomic_load_n(&events.seen[i],
						   __ATOMIC_SEQ_CST) !=
					   events.sent[i])
			sched_yield();
		if (!(n % 64)) {
			port = model_bind_unbound(events.filp);
			model_one(events.filp, EV_UNBIND, port);
		}
	}
}

static void lose_nothing(unsigned long n)
{
	pthread_t reader;
	unsigned int i;
	int rc;

	stopping = false;
	xen_mock_start(2);
	if (model_init())
		model_fail("the module does not load");
	events.filp = model_open(0, &rc);
	for (i = 0; i < PAIRS; i++) {
		events.ports[i] = model_bind_unbound(events.filp);
		events.senders[i] = model_bind_interdomain(events.filp,
							   events.ports[i]);
	}
	pthread_create(&reader, NULL, read_events, NULL);
	send_events(n);
	__atomic_store_n(&stopping, true, __ATOMIC_SEQ_CST);
	model_one(events.filp, EV_NOTIFY, events.senders[0]);
	pthread_join(reader, NULL);
	printf("ok - a sleeping reader loses nothing: %lu sent, %lu read\n", n,
	       events.reads);
	model_close(events.filp);
	model_exit();
	xen_mock_stop();
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 0) : 100000;

	model_seed(argc > 2 ? strtoul(argv[2], NULL, 0) : 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	phase("six threads", n, 0, false);
	phase("six threads, one call in 20 fails", n, 20, false);
	phase("the same, and the core closes", n, 20, true);
	lose_nothing(n / 10);
	printf("# stress: %lu steps\n", n * 3);
	return 0;
}
