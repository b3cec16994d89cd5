// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modelled hypervisor, which hands out the lowest free port, and the irq
 * layer above it, with threads for CPUs that deliver events.
 * Must not forgive: a port closed twice, a handler left behind or a disabled
 * shared irq ends the run.
 */
#include "model.h"

#define ACTIONS		3
#define FIRST_IRQ	16

struct xen_port {
	int state;
	domid_t remote_domain;
	int remote_port;		/* -1: in another domain */
	bool pending;
	int irq;			/* 0: none */
};

struct xen_irq {
	bool used, lateeoi, eoi_awaited, is_static, running;
	int port, depth, refcnt, actions;
	struct {
		irq_handler_t handler;
		void *data;
	} action[ACTIONS];
	unsigned long flags;
};

int xen_mock_force_port;
bool xen_mock_core_closes;

static struct xen_port ports[MODEL_PORTS];
static struct xen_irq irqs[MODEL_PORTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t mapping = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t cpus[4];
static unsigned int nr_cpus, closes, allocs, eois;
static bool stopping;

static struct xen_irq *irq_get(unsigned int irq)
{
	if (irq < FIRST_IRQ || irq >= FIRST_IRQ + MODEL_PORTS ||
	    !irqs[irq - FIRST_IRQ].used)
		model_fail("irq %u does not exist", irq);
	return &irqs[irq - FIRST_IRQ];
}

/* --- delivery --- */

static struct xen_irq *deliverable(void)
{
	int i;

	for (i = 1; i < MODEL_PORTS; i++) {
		struct xen_port *p = &ports[i];
		struct xen_irq *irq = &irqs[p->irq ? p->irq - FIRST_IRQ : 0];

		if (p->pending && p->irq && irq->actions && !irq->running &&
		    !irq->depth && !irq->eoi_awaited)
			return irq;
	}
	return NULL;
}

/* With the lock held, which is let go of while the handlers run. */
static int run_handlers(struct xen_irq *irq)
{
	struct xen_irq copy = *irq;
	int number = irq - irqs + FIRST_IRQ, i, rc = 0;

	irq->running = true;
	pthread_mutex_unlock(&lock);
	for (i = 0; i < copy.actions; i++)
		rc |= copy.action[i].handler(number, copy.action[i].data);
	pthread_mutex_lock(&lock);
	irq->running = false;
	pthread_cond_broadcast(&changed);
	return rc;
}

static void *cpu(void *unused)
{
	struct xen_irq *irq;

	(void)unused;
	pthread_mutex_lock(&lock);
	while (!stopping) {
		irq = deliverable();
		if (!irq) {
			pthread_cond_wait(&changed, &lock);
			continue;
		}
		ports[irq->port].pending = false;
		irq->eoi_awaited = irq->lateeoi;
		run_handlers(irq);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

void xen_mock_settle(void)
{
	int i;
	bool busy = true;

	pthread_mutex_lock(&lock);
	while (busy) {
		busy = deliverable();
		for (i = 0; i < MODEL_PORTS; i++)
			busy |= irqs[i].running;
		if (busy)
			pthread_cond_wait(&changed, &lock);
	}
	pthread_mutex_unlock(&lock);
}

int xen_mock_call_handler(unsigned int port)
{
	struct xen_irq *irq;
	int rc = -1;

	pthread_mutex_lock(&lock);
	if (ports[port].irq) {
		irq = irq_get(ports[port].irq);
		if (!irq->running && irq->actions)
			rc = run_handlers(irq);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

/* --- the hypervisor --- */

static int lowest_free(void)
{
	int i, forced = xen_mock_force_port;

	xen_mock_force_port = 0;
	if (forced)
		return forced;
	for (i = 1; i < MODEL_PORTS; i++)
		if (ports[i].state == EVTCHNSTAT_closed)
			return i;
	return -ENOSPC;
}

static int allocate(int state, domid_t remote)
{
	int port = lowest_free();

	if (port < 0 || ports[port].state != EVTCHNSTAT_closed)
		return port;
	ports[port].state = state;
	ports[port].remote_domain = remote;
	ports[port].remote_port = -1;
	ports[port].pending = false;
	allocs++;
	return port;
}

static int bind_interdomain(struct evtchn_bind_interdomain *b)
{
	int local;

	if (b->remote_dom != DOMID_SELF)
		return -ESRCH;
	if (b->remote_port >= MODEL_PORTS ||
	    ports[b->remote_port].state != EVTCHNSTAT_unbound)
		return -EINVAL;
	local = allocate(EVTCHNSTAT_interdomain, DOMID_SELF);
	if (local < 0)
		return local;
	ports[local].remote_port = b->remote_port;
	ports[local].pending = true;
	ports[b->remote_port].state = EVTCHNSTAT_interdomain;
	ports[b->remote_port].remote_port = local;
	b->local_port = local;
	return 0;
}

static void close_port(unsigned int port)
{
	struct xen_port *p = &ports[port];

	if (port < MODEL_KERNEL_PORTS)
		model_fail("port %u, which is the kernel's, was closed", port);
	if (p->state == EVTCHNSTAT_closed)
		model_fail("port %u was closed twice", port);
	if (p->state == EVTCHNSTAT_interdomain && p->remote_port >= 0) {
		ports[p->remote_port].state = EVTCHNSTAT_unbound;
		ports[p->remote_port].remote_port = -1;
	}
	p->state = EVTCHNSTAT_closed;
	p->pending = false;
	closes++;
}

static int status(struct evtchn_status *s)
{
	if (s->port >= MODEL_PORTS)
		return -EINVAL;
	s->status = ports[s->port].state;
	s->u.interdomain.dom = ports[s->port].remote_domain;
	return 0;
}

static int operate(int op, void *arg)
{
	struct evtchn_alloc_unbound *alloc = arg;
	struct evtchn_bind_virq *virq = arg;
	int port;

	switch (op) {
	case EVTCHNOP_alloc_unbound:
		port = allocate(EVTCHNSTAT_unbound, alloc->remote_dom);
		alloc->port = port;
		return port < 0 ? port : 0;
	case EVTCHNOP_bind_virq:
		port = allocate(EVTCHNSTAT_virq, 0);
		virq->port = port;
		return port < 0 ? port : 0;
	case EVTCHNOP_bind_interdomain:
		return bind_interdomain(arg);
	case EVTCHNOP_close:
		close_port(((struct evtchn_close *)arg)->port);
		return 0;
	case EVTCHNOP_status:
		return status(arg);
	}
	return -ENOSYS;
}

int HYPERVISOR_event_channel_op(int op, void *arg)
{
	int rc;

	if (op != EVTCHNOP_close && op != EVTCHNOP_status &&
	    model_fault("hypercall"))
		return -ENOSPC;
	pthread_mutex_lock(&lock);
	rc = operate(op, arg);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	model_point();
	return rc;
}

unsigned int xen_evtchn_nr_channels(void)
{
	return MODEL_PORTS;
}

void notify_remote_via_evtchn(evtchn_port_t port)
{
	pthread_mutex_lock(&lock);
	if (ports[port].state == EVTCHNSTAT_interdomain &&
	    ports[port].remote_port >= 0)
		ports[ports[port].remote_port].pending = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	model_point();
}

/* --- the irq layer --- */

static int bind_irq(evtchn_port_t port, bool lateeoi)
{
	int i = 0;

	model_might_sleep("bind_evtchn_to_irq");
	pthread_mutex_lock(&mapping);
	if (model_fault("bind_evtchn_to_irq")) {
		pthread_mutex_lock(&lock);
		if (xen_mock_core_closes)
			close_port(port);
		pthread_mutex_unlock(&lock);
		pthread_mutex_unlock(&mapping);
		model_point();
		return -ENOMEM;
	}
	pthread_mutex_lock(&lock);
	if (ports[port].irq)
		model_fail("port %u has an irq already", port);
	while (irqs[i].used)
		i++;
	irqs[i] = (struct xen_irq){ .used = true, .port = port, .refcnt = -1,
				    .lateeoi = lateeoi };
	ports[port].irq = i + FIRST_IRQ;
	pthread_mutex_unlock(&lock);
	pthread_mutex_unlock(&mapping);
	model_point();
	return i + FIRST_IRQ;
}

int bind_evtchn_to_irq(evtchn_port_t port)
{
	return bind_irq(port, false);
}

int bind_evtchn_to_irq_lateeoi(evtchn_port_t port)
{
	return bind_irq(port, true);
}

static int make_refcounted(evtchn_port_t port, bool is_static)
{
	bool fail = model_fault("evtchn_make_refcounted");
	struct xen_irq *irq;

	pthread_mutex_lock(&lock);
	irq = irq_get(ports[port].irq);
	if (fail && is_static) {
		/* It fails only where the kernel has lost the binding. */
		irq->used = false;
		ports[port].irq = 0;
	} else if (!fail) {
		irq->refcnt = 1;
		irq->is_static = is_static;
	}
	pthread_mutex_unlock(&lock);
	return fail ? -ENOENT : 0;
}

#ifdef MODEL_STATIC_PORTS
int evtchn_make_refcounted(evtchn_port_t port, bool is_static)
{
	return make_refcounted(port, is_static);
}
#else
int evtchn_make_refcounted(evtchn_port_t port)
{
	return make_refcounted(port, false);
}
#endif

int request_irq(unsigned int number, irq_handler_t handler,
		unsigned long flags, const char *name, void *data)
{
	struct xen_irq *irq;

	(void)name;
	model_might_sleep("request_irq");
	if (model_fault("request_irq"))
		return -ENOMEM;
	pthread_mutex_lock(&lock);
	irq = irq_get(number);
	if (irq->actions && !(flags & irq->flags & IRQF_SHARED))
		model_fail("irq %u is busy", number);
	irq->flags = flags;
	irq->action[irq->actions].handler = handler;
	irq->action[irq->actions++].data = data;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	model_point();
	return 0;
}

void free_irq(unsigned int number, void *data)
{
	struct xen_irq *irq;
	int i = 0;

	model_might_sleep("free_irq");
	pthread_mutex_lock(&lock);
	irq = irq_get(number);
	while (i < irq->actions && irq->action[i].data != data)
		i++;
	if (i == irq->actions)
		model_fail("irq %u has no such handler to free", number);
	irq->action[i] = irq->action[--irq->actions];
	while (irq->running)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	model_point();
}

void disable_irq_nosync(unsigned int number)
{
	struct xen_irq *irq;

	pthread_mutex_lock(&lock);
	irq = irq_get(number);
	if (irq->flags & IRQF_SHARED)
		model_fail("a shared irq was disabled");
	irq->depth++;
	pthread_mutex_unlock(&lock);
}

void enable_irq(unsigned int number)
{
	struct xen_irq *irq;

	pthread_mutex_lock(&lock);
	irq = irq_get(number);
	if (!irq->depth--)
		model_fail("irq %u was enabled once too often", number);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void xen_irq_lateeoi(unsigned int number, unsigned int flags)
{
	(void)flags;
	pthread_mutex_lock(&lock);
	irq_get(number)->eoi_awaited = false;
	eois++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* Closed in Xen first and forgotten here later, as the kernel does it. */
static void unbind_irq(evtchn_port_t port)
{
	struct xen_irq *irq;

	model_might_sleep("evtchn_put");
	pthread_mutex_lock(&mapping);
	pthread_mutex_lock(&lock);
	irq = irq_get(ports[port].irq);
	if (irq->refcnt > 0 && --irq->refcnt > 0)
		goto unlock;
	if (irq->actions)
		model_fail("the irq of port %u still has a handler", port);
	if (!irq->is_static)
		close_port(port);
	pthread_mutex_unlock(&lock);
	model_point();
	pthread_mutex_lock(&lock);
	ports[port].irq = 0;
	irq->used = false;
unlock:
	pthread_mutex_unlock(&lock);
	pthread_mutex_unlock(&mapping);
	model_point();
}

void evtchn_put(evtchn_port_t port)
{
	unbind_irq(port);
}

void unbind_from_irqhandler(unsigned int number, void *data)
{
	evtchn_port_t port;

	pthread_mutex_lock(&lock);
	port = irq_get(number)->port;
	pthread_mutex_unlock(&lock);
	free_irq(number, data);
	unbind_irq(port);
}

unsigned int irq_from_evtchn(evtchn_port_t port)
{
	int irq;

	pthread_mutex_lock(&lock);
	irq = ports[port].irq;
	pthread_mutex_unlock(&lock);
	return irq ? (unsigned int)irq : -1u;
}

/* --- for tests --- */

void xen_mock_start(unsigned int n)
{
	int i;

	memset(ports, 0, sizeof(ports));
	memset(irqs, 0, sizeof(irqs));
	for (i = 1; i < MODEL_KERNEL_PORTS; i++) {
		ports[i].state = EVTCHNSTAT_interdomain;
		ports[i].remote_port = -1;
		ports[i].irq = FIRST_IRQ + MODEL_PORTS - i;
		irqs[MODEL_PORTS - i].used = true;
		irqs[MODEL_PORTS - i].port = i;
	}
	stopping = false;
	closes = allocs = eois = 0;
	for (nr_cpus = 0; nr_cpus < n; nr_cpus++)
		pthread_create(&cpus[nr_cpus], NULL, cpu, NULL);
}

void xen_mock_stop(void)
{
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	while (nr_cpus)
		pthread_join(cpus[--nr_cpus], NULL);
}

unsigned int xen_mock_open_ports(void)
{
	unsigned int n = 0, i;

	pthread_mutex_lock(&lock);
	for (i = MODEL_KERNEL_PORTS; i < MODEL_PORTS; i++)
		n += ports[i].state != EVTCHNSTAT_closed;
	pthread_mutex_unlock(&lock);
	return n;
}

unsigned int xen_mock_irqs(void)
{
	unsigned int n = 0, i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < MODEL_PORTS; i++)
		n += irqs[i].used;
	pthread_mutex_unlock(&lock);
	return n - (MODEL_KERNEL_PORTS - 1);
}

static unsigned int locked(const unsigned int *value)
{
	unsigned int now;

	pthread_mutex_lock(&lock);
	now = *value;
	pthread_mutex_unlock(&lock);
	return now;
}

unsigned int xen_mock_closes(void)
{
	return locked(&closes);
}

unsigned int xen_mock_allocs(void)
{
	return locked(&allocs);
}

unsigned int xen_mock_eois(void)
{
	return locked(&eois);
}

int xen_mock_state(unsigned int port)
{
	return ports[port].state;
}

int xen_mock_alloc(domid_t remote)
{
	int port;

	pthread_mutex_lock(&lock);
	port = allocate(EVTCHNSTAT_unbound, remote);
	pthread_mutex_unlock(&lock);
	return port;
}

void xen_mock_connect(unsigned int port, domid_t domid)
{
	pthread_mutex_lock(&lock);
	ports[port].state = EVTCHNSTAT_interdomain;
	ports[port].remote_domain = domid;
	pthread_mutex_unlock(&lock);
}

void xen_mock_close(unsigned int port)
{
	pthread_mutex_lock(&lock);
	close_port(port);
	pthread_mutex_unlock(&lock);
}

void xen_mock_send_to(unsigned int port)
{
	pthread_mutex_lock(&lock);
	ports[port].pending = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* A second user of a port's irq, as an ioeventfd of privcmd is. */
void xen_mock_share(unsigned int port, irq_handler_t handler, void *data)
{
	int number;

	pthread_mutex_lock(&lock);
	number = ports[port].irq;
	irq_get(number)->refcnt++;
	pthread_mutex_unlock(&lock);
	request_irq(number, handler, IRQF_SHARED, "other", data);
}

void xen_mock_unshare(unsigned int port, void *data)
{
	free_irq(irq_from_evtchn(port), data);
	unbind_irq(port);
}
