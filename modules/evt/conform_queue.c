// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions about events: what read returns and when, masking, reset.
 * Must not leave a port bound.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "evt.h"

static unsigned int port, sender;

/* "port", "sender", an errno, or "N bytes" */
static const char *read_one(int fd)
{
	static char text[32];
	unsigned int got = 0;
	long rc = evt_read(fd, &got, sizeof(got));

	if (rc == sizeof(got) && got == port)
		return "port";
	if (rc == sizeof(got) && got == sender)
		return "sender";
	if (rc < 0)
		return evt_name(rc);
	snprintf(text, sizeof(text), "%ld bytes, %u", rc, got);
	return text;
}

static const char *arrives(int fd)
{
	return evt_readable(fd, 1000) ? read_one(fd) : "nothing";
}

static void ask_sizes(int fd)
{
	static unsigned int many[2048];
	unsigned int none = EVT_NO_PORT;

	conform_errno("read of 0 bytes", "0", evt_read(fd, many, 0));
	conform_errno("read of 3 bytes", "0", evt_read(fd, many, 3));
	conform_errno("read of nothing", "EAGAIN", evt_read(fd, many, 4));
	conform_errno("write of 0 bytes", "0", evt_write(fd, &none, 0));
	conform_errno("write of 3 bytes", "0", evt_write(fd, &none, 3));
	conform_errno("write of 7 bytes", "4", evt_write(fd, many, 7));
	conform_errno("write of no port of ours", "4",
		      evt_write(fd, &none, 4));
	conform_errno("write of 8192 bytes", "4096",
		      evt_write(fd, many, sizeof(many)));
	conform_errno("write bad pointer", "EFAULT",
		      evt_write(fd, (void *)8, 4));
	conform_errno("seek", "ESPIPE",
		      lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0);
	conform_errno("pread", "ESPIPE",
		      pread(fd, many, 4, 0) < 0 ? -errno : 0);
}

static void ask_masking(int fd)
{
	unsigned int got[4];

	evt_notify(fd, sender);
	conform_answer("an event", "port", "%s", arrives(fd));
	evt_notify(fd, sender);
	conform_answer("an event while masked", "EAGAIN", "%s", read_one(fd));
	evt_unmask(fd, port);
	conform_answer("that event after the write", "port", "%s",
		       arrives(fd));
	evt_unmask(fd, port);
	conform_answer("after another write", "EAGAIN", "%s", read_one(fd));
	evt_unmask(fd, port);
	evt_unmask(fd, port);
	evt_notify(fd, sender);
	conform_answer("poll", "readable", "%s",
		       evt_readable(fd, 1000) ? "readable" : "nothing");
	evt_notify(fd, sender);
	evt_notify(fd, sender);
	conform_errno("three events, one unread", "4",
		      evt_read(fd, got, sizeof(got)));
	evt_unmask(fd, port);
	conform_answer("two of them while masked", "port", "%s", arrives(fd));
	conform_answer("and no third", "EAGAIN", "%s", read_one(fd));
	evt_unmask(fd, port);
}

static void ask_faults(int fd)
{
	evt_notify(fd, sender);
	conform_answer("before a fault", "readable", "%s",
		       evt_readable(fd, 1000) ? "readable" : "nothing");
	conform_errno("read bad pointer", "EFAULT",
		      evt_read(fd, (void *)8, 4));
	conform_answer("the event it did not lose", "port", "%s",
		       read_one(fd));
	evt_unmask(fd, port);
}

static void ask_order(int fd)
{
	unsigned int more[2], got[8] = { 0 };
	long rc;

	evt_pair(fd, &more[0], &more[1]);
	evt_notify(fd, more[1]);
	evt_readable(fd, 1000);
	evt_notify(fd, sender);
	rc = evt_read(fd, got, 4);
	conform_answer("first come", "first served", "%s",
		       rc == 4 && got[0] == more[0] ? "first served"
						    : evt_name(rc));
	conform_answer("and then", "port", "%s", arrives(fd));
	evt_unmask(fd, port);
	evt_unmask(fd, more[0]);
	evt_unbind(fd, more[1]);
	evt_unbind(fd, more[0]);
}

static void ask_reset(int fd)
{
	evt_notify(fd, sender);
	evt_readable(fd, 1000);
	conform_errno("RESET", "0", evt_reset(fd));
	conform_answer("after RESET", "EAGAIN", "%s", read_one(fd));
	evt_notify(fd, sender);
	conform_answer("RESET leaves it masked", "EAGAIN", "%s",
		       read_one(fd));
	evt_unmask(fd, port);
	conform_answer("until the write", "port", "%s", arrives(fd));
	evt_unmask(fd, port);
}

/* Cycles that leave an event unread each time. */
static void ask_cycles(int fd)
{
	int i, a, b, waited = 0;

	for (i = 0; i < 200; i++) {
		a = evt_bind_unbound(fd, EVT_DOMID_SELF);
		b = evt_bind_interdomain(fd, EVT_DOMID_SELF, a);
		evt_notify(fd, b);
		waited += evt_readable(fd, 1000);
		evt_unbind(fd, b);
		evt_unbind(fd, a);
	}
	conform_answer("200 cycles of bind, notify, unbind",
		       "each was readable", "%s",
		       waited == 200 ? "each was readable" : "not readable");
	conform_answer("a read after them", "EAGAIN", "%s", read_one(fd));
	evt_reset(fd);
}

void conform_queue(void)
{
	int fd = evt_open(O_NONBLOCK), rc;

	ask_sizes(fd);
	port = evt_bind_unbound(fd, EVT_DOMID_SELF);
	rc = evt_bind_interdomain(fd, EVT_DOMID_SELF, port);
	sender = rc;
	conform_answer("binding delivers an event", "sender", "%s",
		       arrives(fd));
	evt_unmask(fd, sender);
	evt_reset(fd);
	evt_unmask(fd, port);
	ask_masking(fd);
	ask_faults(fd);
	ask_order(fd);
	ask_reset(fd);
	ask_cycles(fd);
	close(fd);
}
