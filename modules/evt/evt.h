/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of `evt` share: calls upon an event-channel device, by path.
 * Must not link Xen's libraries: the device is what is tested, not them.
 */
#ifndef EVT_H
#define EVT_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include "abi.h"

#define EVT_DOMID_SELF	0x7ff0u
#define EVT_NO_PORT	0xffffffffu

extern const char *evt_path;	/* the device */

/* evt.c: each returns what the call gave, or -errno */
int evt_open(int flags);
int evt_bind_unbound(int fd, unsigned int remote);
int evt_bind_interdomain(int fd, unsigned int remote, unsigned int port);
int evt_bind_virq(int fd, unsigned int virq);
int evt_bind_static(int fd, unsigned int port);
int evt_unbind(int fd, unsigned int port);
int evt_notify(int fd, unsigned int port);
int evt_reset(int fd);
int evt_restrict(int fd, unsigned int domid);
long evt_read(int fd, void *buf, size_t size_bytes);
long evt_write(int fd, const void *buf, size_t size_bytes);
int evt_unmask(int fd, unsigned int port);
bool evt_readable(int fd, int timeout_ms);
int evt_pair(int fd, unsigned int *ret_port, unsigned int *ret_sender);
const char *evt_name(long rc);
uint64_t evt_now_ns(void);

/* conform*.c: `evt conform`, one group of questions each */
void conform_answer(const char *question, const char *expected,
		    const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void conform_errno(const char *question, const char *expected, long rc);
void conform_ioctls(void);
void conform_restrict(void);
void conform_statics(void);
void conform_queue(void);
void conform_waits(void);
void conform_threads(void);
int conform_main(int argc, char **argv);

/* privcmd.c: ports that the kernel does not know of */
int privcmd_alloc_unbound(unsigned int remote);
int privcmd_status(unsigned int port);
int privcmd_close(unsigned int port);

int stress_main(int argc, char **argv);
int storm_main(int argc, char **argv);
int bench_main(int argc, char **argv);

#endif
