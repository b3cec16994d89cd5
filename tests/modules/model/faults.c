// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fails each thing that can fail, one at a time, in a program that uses all
 * of the device; after each nothing may be left in Xen, and what could be
 * freed must be (the sanitizer sees the rest).
 * Must not stop at the first fault: the program goes on as a caller would.
 */
#include "model.h"

static unsigned int faults;

static void use_events(struct file *filp)
{
	unsigned int many[1024] = { 0 }, port;
	long a = model_bind_unbound(filp), b = -1;

	if (a > 0)
		b = model_bind_interdomain(filp, a);
	if (b > 0)
		model_one(filp, EV_NOTIFY, b);
	xen_mock_settle();
	if (model_read(filp, &port, sizeof(port)) == sizeof(port))
		model_write(filp, &port, sizeof(port));
	model_read(filp, many, sizeof(many));
	model_write(filp, many, sizeof(many));
	if (b > 0 && model_one(filp, EV_UNBIND, b))
		model_fail("a bound port does not unbind");
}

static void use_device(void)
{
	struct ev_bind_virq virq = { .virq = 2 };
	struct ev_restrict to = { .domid = 3 };
	int rc, made;
	struct file *filp = model_open(O_NONBLOCK, &rc);

	if (!filp)
		return;
	use_events(filp);
	model_ioctl(filp, EV_BIND_VIRQ, &virq);
	made = xen_mock_alloc(3);
	xen_mock_connect(made, 3);
	model_one(filp, EV_BIND_STATIC, made);
	model_ioctl(filp, EV_RESTRICT, &to);
	model_ioctl(filp, EV_RESET, NULL);
	if (model_total("pending") > model_total("ports"))
		model_fail("more pending than bound");
	model_close(filp);
	/* Not told yet that it is static, such a core closes even that one. */
	if (xen_mock_state(made) == EVTCHNSTAT_interdomain)
		xen_mock_close(made);
	else if (!xen_mock_core_closes ||
		 strcmp(model_fault_name(), "bind_evtchn_to_irq"))
		model_fail("a static port was closed");
}

static bool run(int n)
{
	bool hit;

	xen_mock_start(1);
	model_fault_nth(n);
	if (!model_init()) {
		use_device();
		model_exit();
	}
	hit = model_fault_hit();
	model_fault_nth(-1);
	if (xen_mock_open_ports() || xen_mock_irqs())
		model_fail("after a fault in %s (%d): %u ports, %u irqs are left",
			   model_fault_name(), n, xen_mock_open_ports(),
			   xen_mock_irqs());
	xen_mock_stop();
	return hit;
}

int main(void)
{
	int closes;

	for (closes = 0; closes < 2; closes++) {
		unsigned int n = 0;

		xen_mock_core_closes = closes;
		while (run(n))
			n++;
		faults += n;
		printf("ok - each of %u things fails in turn, and the core %s\n",
		       n, closes ? "closes the port" : "leaves the port");
	}
	printf("# faults: %u faults\n", faults);
	return faults < 20;
}
