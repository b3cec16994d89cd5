/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a test drives the modelled kernel: the module's device, the faults, and
 * what the hypervisor and the irq layer saw.
 * Must not be seen by the module's own sources.
 */
#ifndef MODEL_H
#define MODEL_H

#include "kernel.h"
#include "abi.h"

#define MODEL_PORTS		256
#define MODEL_KERNEL_PORTS	4	/* 1..3 are the kernel's own */
#define MODEL_BAD		((void *)8)	/* a pointer that faults */

/* model.c */
extern unsigned int model_warnings, model_asyncs;
extern unsigned long model_steps;
void model_seed(unsigned int seed);
unsigned int model_random(unsigned int below);
void model_fault_nth(int n);
void model_fault_one_in(unsigned int n);
bool model_fault_hit(void);
extern void (*model_copying)(void); /* before a copy to the user */
extern const void *model_bad_from; /* user memory that faults; NULL: none */
const char *model_fault_name(void);
long model_total(const char *key);

/* files.c: each checks that no lock is held when the call returns */
struct file *model_open(unsigned int flags, int *ret_rc);
void model_close(struct file *filp);
long model_ioctl(struct file *filp, unsigned int cmd, const void *arg);
long model_bind_unbound(struct file *filp);
long model_bind_interdomain(struct file *filp, unsigned int port);
long model_one(struct file *filp, unsigned int cmd, unsigned int port);
long model_read(struct file *filp, void *buf, size_t size_bytes);
long model_write(struct file *filp, const void *buf, size_t size_bytes);
long model_unmask(struct file *filp, unsigned int port);
unsigned int model_poll(struct file *filp);
void model_async(struct file *filp, bool on);

/* xen.c */
extern int xen_mock_force_port;		/* the next allocation is this one */
extern bool xen_mock_core_closes;	/* a failed irq binding closes the port */
void xen_mock_start(unsigned int cpus);
void xen_mock_stop(void);
unsigned int xen_mock_open_ports(void);
unsigned int xen_mock_irqs(void);
unsigned int xen_mock_closes(void);
unsigned int xen_mock_allocs(void);
unsigned int xen_mock_eois(void);
int xen_mock_state(unsigned int port);
int xen_mock_alloc(domid_t remote);
void xen_mock_connect(unsigned int port, domid_t domid);
void xen_mock_close(unsigned int port);
void xen_mock_send_to(unsigned int port);
int xen_mock_call_handler(unsigned int port);
void xen_mock_share(unsigned int port, irq_handler_t handler, void *data);
void xen_mock_unshare(unsigned int port, void *data);
void xen_mock_settle(void);

#endif
