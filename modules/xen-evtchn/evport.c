// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a port: allocated in Xen, entered in its file's tree, bound to
 * an irq; and back again in an order that lets no other file meet a stale
 * entry: out of the tree first, closed in Xen last.
 * Must not call BUG(): a port that cannot be closed is a leak, not a crash.
 *
 * Allocations come before the hypercall, so that a failed one leaks no port.
 * There is exactly one EVTCHNOP_close per port that Xen gave us, and none for
 * a static one.
 */
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "evtchn.h"
#include "compat/compat.h"

/*
 * Shared from Xen's allocation of a port until the kernel knows its irq;
 * exclusive for asking the kernel whether a port has one.
 */
static DECLARE_RWSEM(evport_irq_sem);

struct evport_request {
	int op;
	union {
		struct evtchn_bind_virq virq;
		struct evtchn_bind_interdomain interdomain;
		struct evtchn_alloc_unbound unbound;
	} u;
	evtchn_port_t *port;	/* where in `u` the hypercall puts it */
};

static struct evport *evport_new(struct evfile *file)
{
	struct evport *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return NULL;
	p->file = file;
	p->armed = true;
	INIT_LIST_HEAD(&p->queued);
	return p;
}

static bool evport_get_status(evtchn_port_t port, struct evtchn_status *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->dom = DOMID_SELF;
	ret->port = port;
	return !HYPERVISOR_event_channel_op(EVTCHNOP_status, ret);
}

/*
 * After a failed binding to an irq. The kernel closes the port itself on some
 * of those paths and not on others, so ask Xen. A port that has an irq has been
 * given to another file by now. One without cannot get one while nobody else is
 * binding, so it is asked first: the other way round it could be unbound, and
 * closed, between the two questions.
 */
static void evport_close_unbound(evtchn_port_t port)
{
	struct evtchn_close close = { .port = port };
	struct evtchn_status status;

	down_write(&evport_irq_sem);
	if (compat_port_has_irq(port))
		goto unlock;
	if (evport_get_status(port, &status) &&
	    status.status == EVTCHNSTAT_closed)
		goto unlock;
	if (HYPERVISOR_event_channel_op(EVTCHNOP_close, &close))
		pr_warn_once("xen-evtchn: port %u could not be closed\n", port);
unlock:
	up_write(&evport_irq_sem);
}

/*
 * From compat_make_refcounted() on evtchn_put() undoes the binding, with the
 * one close. If that call itself fails the kernel has lost the binding, and
 * would close a static port, not having been told.
 */
static int evport_bind_irq(struct evport *p)
{
	int rc;

	rc = compat_bind_irq(p->port);
	if (rc < 0) {
		evtable_remove(p);
		p->is_open = !p->is_static;
		return rc;
	}
	p->irq = rc;

	rc = compat_make_refcounted(p->port, p->is_static);
	if (rc) {
		evtable_remove(p);
		if (!p->is_static)
			evtchn_put(p->port);
		return rc;
	}

	rc = request_irq(p->irq, evqueue_interrupt, COMPAT_IRQ_FLAGS,
			 p->file->name, p);
	if (rc) {
		evtable_remove(p);
		evtchn_put(p->port);
	}
	return rc;
}

/* A duplicate belongs to the older entry, which will close it. */
static int evport_attach(struct evport *p)
{
	int rc;

	rc = evtable_insert(p->file, p);
	if (rc) {
		pr_warn_once("xen-evtchn: Xen gave port %u twice\n", p->port);
		return rc;
	}
	rc = evport_bind_irq(p);
	if (!rc)
		evfile_count(p->file, &p->file->counts.binds);
	return rc;
}

static int evport_bind(struct evfile *file, struct evport_request *request)
{
	struct evport *p = evport_new(file);
	int rc;

	if (!p)
		return -ENOMEM;

	down_read(&evport_irq_sem);
	rc = HYPERVISOR_event_channel_op(request->op, &request->u);
	if (!rc) {
		p->port = *request->port;
		rc = evport_attach(p);
	}
	up_read(&evport_irq_sem);

	if (p->is_open)
		evport_close_unbound(p->port);
	if (rc) {
		kfree(p);
		return rc;
	}
	return p->port;
}

int evport_bind_virq(struct evfile *file, unsigned int virq)
{
	struct evport_request r = { .op = EVTCHNOP_bind_virq };

	r.u.virq.virq = virq;
	r.u.virq.vcpu = compat_first_vcpu();
	r.port = &r.u.virq.port;
	return evport_bind(file, &r);
}

int evport_bind_interdomain(struct evfile *file, domid_t remote,
			    evtchn_port_t remote_port)
{
	struct evport_request r = { .op = EVTCHNOP_bind_interdomain };

	r.u.interdomain.remote_dom = remote;
	r.u.interdomain.remote_port = remote_port;
	r.port = &r.u.interdomain.local_port;
	return evport_bind(file, &r);
}

int evport_bind_unbound(struct evfile *file, domid_t remote)
{
	struct evport_request r = { .op = EVTCHNOP_alloc_unbound };

	r.u.unbound.dom = DOMID_SELF;
	r.u.unbound.remote_dom = remote;
	r.port = &r.u.unbound.port;
	return evport_bind(file, &r);
}

/* A restricted file learns nothing about ports that are not its domain's. */
static int evport_check_static(struct evfile *file, evtchn_port_t port)
{
	struct evtchn_status status;
	bool interdomain;

	if (port >= compat_nr_ports())
		return -EINVAL;
	interdomain = evport_get_status(port, &status) &&
		      status.status == EVTCHNSTAT_interdomain;
	if (file->restricted_to != EVFILE_UNRESTRICTED &&
	    !(interdomain && status.u.interdomain.dom == file->restricted_to))
		return -EACCES;
	if (!interdomain)
		return -EINVAL;
	return compat_port_has_irq(port) ? -EBUSY : 0;
}

int evport_bind_static(struct evfile *file, evtchn_port_t port)
{
	struct evport *p;
	int rc;

	if (!COMPAT_STATIC_PORTS)
		return -ENOSYS;
	if (evtable_find(file, port))
		return -EISCONN;

	p = evport_new(file);
	if (!p)
		return -ENOMEM;
	p->port = port;
	p->is_static = true;

	down_write(&evport_irq_sem);
	rc = evport_check_static(file, port);
	if (!rc)
		rc = evport_attach(p);
	up_write(&evport_irq_sem);

	if (rc)
		kfree(p);
	return rc;
}

/*
 * After free_irq() and compat_quiesce(). The entry goes before evtchn_put()
 * closes the port, from when on Xen may give it to another file. An event not
 * yet acknowledged is, for the sake of another user of the line.
 */
static void evport_drop(struct evport *p)
{
	evqueue_forget(p);
	evtable_remove(p);
	if (!p->armed)
		compat_release_irq(p->irq);
	evtchn_put(p->port);
	evfile_count(p->file, &p->file->counts.unbinds);
	kfree(p);
}

/* free_irq() waits for our handler, compat_quiesce() for the kernel's own. */
void evport_unbind(struct evport *p)
{
	free_irq(p->irq, p);
	compat_quiesce();
	evport_drop(p);
}

/* All handlers first, so that they are waited for once. */
void evport_unbind_all(struct evfile *file)
{
	struct rb_node *node;

	if (!file->nr_ports)
		return;
	for (node = rb_first(&file->ports); node; node = rb_next(node)) {
		struct evport *p = rb_entry(node, struct evport, node);

		free_irq(p->irq, p);
		cond_resched();
	}
	compat_quiesce();
	while ((node = rb_first(&file->ports))) {
		evport_drop(rb_entry(node, struct evport, node));
		cond_resched();
	}
}
