/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's domain list and the few domctls we need, by libxenctrl.
 * Must never touch xenstore or wait for another process.
 */
#include "port/hv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenctrl.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "port/logger.h"

/* As many bytes go to and from Xen at each question, however few there are. */
#define HV_CHUNK 128

struct hv {
	struct xentoollog_logger *logger;
	xc_interface *xch;
	uint64_t boot_hash;
	struct domain_info *list;
	size_t cap;
	xc_domaininfo_t chunk[HV_CHUNK];
};

/* FNV-1a, 64 bits: not secret, only spread; and the same everywhere. */
static uint64_t hash_add(uint64_t hash, const void *bytes, size_t len)
{
	for (const uint8_t *at = bytes; len--; at++)
		hash = (hash ^ *at) * 0x100000001b3ull;
	return hash;
}

static uint64_t boot_hash(void)
{
	AUTO_CLOSE int fd = open("/proc/sys/kernel/random/boot_id",
				 O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

	return hash_add(0xcbf29ce484222325ull, text, n < 0 ? 0 : (size_t)n);
}

int hv_open(struct hv **ret_hv)
{
	struct hv *hv = calloc(1, sizeof(*hv));
	int r;

	if (!hv)
		return -ENOMEM;
	hv->logger = logger_new();
	hv->boot_hash = boot_hash();
	if (hv->logger)
		hv->xch = xc_interface_open(hv->logger, hv->logger, 0);
	if (!hv->xch) {
		r = hv->logger && errno ? -errno : -ENOMEM;
		hv_close(hv);
		return r;
	}
	*ret_hv = hv;
	return 0;
}

void hv_close(struct hv *hv)
{
	if (!hv)
		return;
	if (hv->xch)
		xc_interface_close(hv->xch);
	logger_free(hv->logger);
	free(hv->list);
	free(hv);
}

/*
 * For a translated guest (HVM, PVH) the frame is a guest frame: it changes when
 * the guest maps the page, so it identifies nothing.
 */
static uint64_t epoch_of(const struct hv *hv, const xc_domaininfo_t *from)
{
	uint64_t frame = from->shared_info_frame;

	if (from->flags & XEN_DOMINF_hvm_guest)
		frame = 0;
	return hash_add(hv->boot_hash, &frame, sizeof(frame));
}

/* Xen reports no error for a missing button: by the flags of its creation a PVH
 * guest has none. */
static bool has_power_button(const xc_domaininfo_t *from)
{
#ifdef XEN_X86_EMU_PM
	return (from->flags & XEN_DOMINF_hvm_guest) &&
	       (from->arch_config.emulation_flags & XEN_X86_EMU_PM);
#else
	(void)from;
	return false;
#endif
}

static void info_fill(const struct hv *hv, const xc_domaininfo_t *from,
		      struct domain_info *info)
{
	memset(info, 0, sizeof(*info));
	info->id.domid = from->domain;
	memcpy(info->id.uuid, from->handle, UUID_BYTES);
	info->id.epoch = epoch_of(hv, from);
	info->shutdown = from->flags & XEN_DOMINF_shutdown;
	info->dying = from->flags & XEN_DOMINF_dying;
	info->paused = from->flags & XEN_DOMINF_paused;
	info->hvm = from->flags & XEN_DOMINF_hvm_guest;
	info->power_button = has_power_button(from);
	if (info->shutdown)
		info->reason_code = (from->flags >> XEN_DOMINF_shutdownshift) &
				    XEN_DOMINF_shutdownmask;
	info->cpu_time_ns = from->cpu_time;
	info->memory_kib = from->tot_pages * (XC_PAGE_SIZE / 1024);
	info->vcpus = from->nr_online_vcpus;
}

/* Neither a special id nor the domain that xenstore itself runs in. */
static bool is_guest(const xc_domaininfo_t *info)
{
	return info->domain != 0 && info->domain < DOMID_FIRST_RESERVED &&
	       !(info->flags & XEN_DOMINF_xs_domain);
}

static int list_reserve(struct hv *hv, size_t count)
{
	struct domain_info *list;

	if (count <= hv->cap)
		return 0;
	list = realloc(hv->list, count * sizeof(*list));
	if (!list)
		return -ENOMEM;
	hv->list = list;
	hv->cap = count;
	return 0;
}

int hv_list(struct hv *hv, const struct domain_info **ret_list,
	    size_t *ret_count)
{
	uint32_t first = 1; /* past dom0 */
	size_t count = 0;
	int n;

	do {
		n = xc_domain_getinfolist(hv->xch, first, HV_CHUNK, hv->chunk);
		if (n < 0)
			return -errno;
		if (list_reserve(hv, count + (size_t)n + 1))
			return -ENOMEM;
		for (int i = 0; i < n; i++)
			if (is_guest(&hv->chunk[i]))
				info_fill(hv, &hv->chunk[i],
					  &hv->list[count++]);
		if (n > 0)
			first = hv->chunk[n - 1].domain + 1u;
	} while (n == HV_CHUNK);
	*ret_list = hv->list;
	*ret_count = count;
	return 0;
}

int hv_find(struct hv *hv, uint32_t domid, struct domain_info *ret_info)
{
	xc_domaininfo_t info;
	int n = xc_domain_getinfolist(hv->xch, domid, 1, &info);

	if (n < 0)
		return -errno;
	if (n == 0 || info.domain != domid || !is_guest(&info))
		return -ESRCH;
	info_fill(hv, &info, ret_info);
	return 0;
}

bool hv_exists(struct hv *hv, uint32_t domid)
{
	xc_domaininfo_t info;
	int n = xc_domain_getinfolist(hv->xch, domid, 1, &info);

	return n < 0 || (n == 1 && info.domain == domid);
}

int hv_pause(struct hv *hv, uint32_t domid)
{
	return xc_domain_pause(hv->xch, domid) ? -errno : 0;
}

int hv_unpause(struct hv *hv, uint32_t domid)
{
	return xc_domain_unpause(hv->xch, domid) ? -errno : 0;
}

int hv_crash(struct hv *hv, uint32_t domid)
{
	return xc_domain_shutdown(hv->xch, domid, SHUTDOWN_crash) ? -errno : 0;
}

int hv_press_power(struct hv *hv, uint32_t domid)
{
	return xc_domain_send_trigger(hv->xch, domid,
				      XEN_DOMCTL_SENDTRIGGER_POWER, 0) ?
		-errno : 0;
}

int hv_populates(struct hv *hv, uint32_t domid, bool *ret_on_demand)
{
	uint64_t total, cache, entries = 0;
	struct domain_info info;
	int r = hv_find(hv, domid, &info);

	if (r)
		return r;
	if (info.hvm &&
	    xc_domain_get_pod_target(hv->xch, domid, &total, &cache, &entries))
		return -errno;
	*ret_on_demand = entries > 0;
	return 0;
}

int hv_set_uuid(struct hv *hv, uint32_t domid, const uint8_t uuid[UUID_BYTES])
{
	xen_domain_handle_t handle;

	memcpy(handle, uuid, UUID_BYTES);
	return xc_domain_sethandle(hv->xch, domid, handle) ? -errno : 0;
}

int hv_read_log(struct hv *hv, uint32_t *at, char *ret_bytes, size_t size,
		bool *ret_lost)
{
	unsigned int count = size;
	uint32_t next = *at;

	if (xc_readconsolering(hv->xch, ret_bytes, &count, 0, 1, &next))
		return -errno;
	*ret_lost = next - *at != count;
	*at = next;
	return (int)count;
}

int hv_host(struct hv *hv, struct hv_host *ret_host)
{
	struct hv_host host = {0};
	xen_extraversion_t extra = {0};
	xen_capabilities_info_t caps = {0};
	xen_commandline_t line = {0};
	xc_physinfo_t phys = {0};
	int version = xc_version(hv->xch, XENVER_version, NULL);

	if (version < 0 ||
	    xc_version(hv->xch, XENVER_extraversion, &extra) < 0 ||
	    xc_version(hv->xch, XENVER_capabilities, &caps) < 0 ||
	    xc_version(hv->xch, XENVER_commandline, &line) < 0 ||
	    xc_physinfo(hv->xch, &phys))
		return -errno;
	host.major = (unsigned int)version >> 16;
	host.minor = (unsigned int)version & 0xffff;
	host.cpus = phys.nr_cpus;
	text_copy(host.extra, sizeof(host.extra), extra);
	text_copy(host.capabilities, sizeof(host.capabilities), caps);
	text_copy(host.command_line, sizeof(host.command_line), line);
	*ret_host = host;
	return 0;
}
