// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event-channel hypercalls made past the kernel's event code, for ports that
 * it does not know of.
 * Must not be used upon a port that anybody uses.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "evt.h"

#define HYPERVISOR_EVENT_CHANNEL_OP	32
#define OP_CLOSE			3
#define OP_STATUS			5
#define OP_ALLOC_UNBOUND		6

struct privcmd_call {
	uint64_t op;
	uint64_t arg[5];
};

/* The argument lies in a locked page, which Xen can always reach. */
static int privcmd_op(unsigned int op, void *arg, size_t size_bytes)
{
	struct privcmd_call call = { .op = HYPERVISOR_EVENT_CHANNEL_OP };
	int fd, rc;
	void *page;

	fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE,
		    -1, 0);
	memcpy(page, arg, size_bytes);
	call.arg[0] = op;
	call.arg[1] = (uintptr_t)page;
	rc = ioctl(fd, _IOC(_IOC_NONE, 'P', 0, sizeof(call)), &call);
	rc = rc < 0 ? -errno : rc;
	memcpy(arg, page, size_bytes);
	munmap(page, 4096);
	close(fd);
	return rc;
}

int privcmd_alloc_unbound(unsigned int remote)
{
	struct {
		uint16_t dom, remote;
		uint32_t port;
	} arg = { .dom = EVT_DOMID_SELF, .remote = remote };
	int rc = privcmd_op(OP_ALLOC_UNBOUND, &arg, sizeof(arg));

	return rc ? rc : (int)arg.port;
}

/* 0 closed, 1 unbound, 2 interdomain, 3 pirq, 4 virq, 5 ipi */
int privcmd_status(unsigned int port)
{
	struct {
		uint16_t dom;
		uint32_t port, status, vcpu, u[2];
	} arg = { .dom = EVT_DOMID_SELF, .port = port };
	int rc = privcmd_op(OP_STATUS, &arg, sizeof(arg));

	return rc ? rc : (int)arg.status;
}

int privcmd_close(unsigned int port)
{
	return privcmd_op(OP_CLOSE, &port, sizeof(port));
}
