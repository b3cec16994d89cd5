/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One hypercall for each port of dom0's table.  Must never touch xenstore.
 */
#include "port/portcount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <xenctrl.h>

#include "base/cleanup.h"
#include "port/hv.h"
#include "port/logger.h"

#define REMOTES 32768		/* domids */
#define LINE_BYTES 4096
/* The two kinds of tables, on 64 bits. */
#define MOST_BITMAP 4096
#define MOST_FIFO 131072

struct count {
	struct ports ports;
	uint32_t to[REMOTES];	/* interdomain or unbound, by remote */
};

uint32_t portcount_most(const char *release, const char *command_line)
{
	static const char key[] = "xen.fifo_events=";
	const char *at = strstr(command_line, key);
	int major = 0, minor = 0;

	/* Linux before 3.14 knows no other. */
	if (sscanf(release, "%d.%d", &major, &minor) != 2 || major < 3 ||
	    (major == 3 && minor < 14))
		return MOST_BITMAP;
	if (at && strchr("0nN", at[sizeof(key) - 1]))
		return MOST_BITMAP;
	return at && strncmp(at + sizeof(key) - 1, "off", 3) == 0 ?
		MOST_BITMAP : MOST_FIFO;
}

static uint32_t find_most(void)
{
	AUTO_FILE FILE *in = fopen("/proc/cmdline", "re");
	char line[LINE_BYTES] = "";
	struct utsname name;

	if (!in || !fgets(line, sizeof(line), in))
		line[0] = '\0';
	return uname(&name) ? MOST_BITMAP : portcount_most(name.release, line);
}

static void add_channel(struct count *count, const xc_evtchn_status_t *status)
{
	struct ports *ports = &count->ports;
	uint32_t remote = REMOTES;

	ports->used += status->status != EVTCHNSTAT_closed;
	switch (status->status) {
	case EVTCHNSTAT_unbound:
		ports->unbound++;
		remote = status->u.unbound.dom;
		break;
	case EVTCHNSTAT_interdomain:
		ports->interdomain++;
		remote = status->u.interdomain.dom;
		break;
	case EVTCHNSTAT_virq:
		ports->virq++;
		break;
	case EVTCHNSTAT_pirq:
		ports->pirq++;
		break;
	case EVTCHNSTAT_ipi:
		ports->ipi++;
		break;
	}
	if (remote < REMOTES)
		count->to[remote]++;
}

/*
 * The first port that Xen does not know is the end of the table; one that it
 * keeps for itself (-EACCES) is not.
 */
static int count_all(xc_interface *xch, struct count *count)
{
	for (evtchn_port_t port = 1; port < MOST_FIFO; port++) {
		xc_evtchn_status_t status = { .dom = DOMID_SELF,
					      .port = port };

		if (xc_evtchn_status(xch, &status) == 0) {
			add_channel(count, &status);
		} else if (errno == EACCES) {
			count->ports.used++;
			count->ports.hidden++;
		} else {
			return errno == EINVAL ? 0 : -errno;
		}
	}
	return 0;
}

static int count_by_calls(struct count *count)
{
	struct xentoollog_logger *logger = logger_new();
	xc_interface *xch = logger ? xc_interface_open(logger, logger, 0) :
				     NULL;
	int r = xch ? count_all(xch, count) : errno ? -errno : -ENOMEM;

	if (xch)
		xc_interface_close(xch);
	logger_free(logger);
	return r;
}

/* Read after the count, so that it contains domains created during the count. */
static void rank_all(struct hv *hv, struct count *count)
{
	for (uint32_t domid = 0; domid < REMOTES; domid++) {
		bool gone;

		if (!count->to[domid])
			continue;
		gone = !hv_exists(hv, domid);
		ports_rank(&count->ports, domid, count->to[domid], gone);
		if (gone)
			count->ports.gone += count->to[domid];
	}
}

int portcount_take(struct ports *ret_ports)
{
	AUTO_FREE struct count *count = calloc(1, sizeof(*count));
	struct hv *hv;
	int r = count ? hv_open(&hv) : -ENOMEM;

	if (r)
		return r;
	r = count_by_calls(count);
	if (r == 0) {
		rank_all(hv, count);
		count->ports.most = find_most();
		*ret_ports = count->ports;
	}
	hv_close(hv);
	return r;
}
