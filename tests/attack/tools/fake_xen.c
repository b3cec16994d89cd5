/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hypervisor and a toolstack for programs that are attacked without Xen:
 * put before libxenctrl, libxl and libxenstore by LD_PRELOAD.  Everything is
 * in files of the directory $FAKE_XEN: the list, and what was done (acts).
 * Judges nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dlfcn.h>
#include <libxl.h>
#include <xenctrl.h>
#include <xenstore.h>

#define DOMAINS_MAX 1024

static char something[64]; /* what a handle points to */

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", getenv("FAKE_XEN") ?: "/nowhere",
		 name);
	return path;
}

/* One line, whole, for whoever reads it meanwhile. */
static int act(const char *what, uint32_t domid)
{
	char line[128];
	int len = snprintf(line, sizeof(line), "%s %u\n", what, domid);
	int fd = open(path_of("acts"), O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd >= 0 && write(fd, line, (size_t)len) != len)
		abort();
	if (fd >= 0)
		close(fd);
	return 0;
}

/* --- libxenctrl --- */

xc_interface *xc_interface_open(xentoollog_logger *logger,
				xentoollog_logger *dombuild, unsigned int flags)
{
	(void)logger;
	(void)dombuild;
	(void)flags;
	return (xc_interface *)something;
}

int xc_interface_close(xc_interface *xch)
{
	(void)xch;
	return 0;
}

static int read_uuid(const char *text, uint8_t *uuid)
{
	for (int i = 0; i < 16; text += 2, i++) {
		text += *text == '-';
		if (sscanf(text, "%2hhx", &uuid[i]) != 1)
			return -1;
	}
	return 0;
}

/* DOMID UUID FLAGS CPU-TIME FRAME; flags are XEN_DOMINF_*. */
static int read_line(const char *line, xc_domaininfo_t *info)
{
	char uuid[64];
	unsigned int domid, flags;
	uint64_t cpu, frame;

	if (sscanf(line, "%u %63s %x %" SCNu64 " %" SCNu64, &domid, uuid,
		   &flags, &cpu, &frame) != 5)
		return -1;
	memset(info, 0, sizeof(*info));
	info->domain = (domid_t)domid;
	info->flags = flags;
	info->cpu_time = cpu;
	info->shared_info_frame = frame;
	info->tot_pages = 256;
	info->nr_online_vcpus = 1;
	return read_uuid(uuid, info->handle);
}

/* The file is in no order. */
static int compare(const void *a, const void *b)
{
	const xc_domaininfo_t *x = a, *y = b;

	return x->domain < y->domain ? -1 : x->domain > y->domain;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first,
			  unsigned int max, xc_domaininfo_t *info)
{
	static xc_domaininfo_t all[DOMAINS_MAX];
	FILE *file = fopen(path_of("list"), "re");
	unsigned int count = 0;
	char line[256];

	(void)xch;
	while (file && count < DOMAINS_MAX && fgets(line, sizeof(line), file))
		if (read_line(line, &all[count]) == 0 &&
		    all[count].domain >= first)
			count++;
	if (file)
		fclose(file);
	qsort(all, count, sizeof(*all), compare);
	count = count < max ? count : max;
	memcpy(info, all, count * sizeof(*all));
	return (int)count;
}

int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
	(void)xch;
	return act("pause", domid);
}

int xc_domain_unpause(xc_interface *xch, uint32_t domid)
{
	(void)xch;
	return act("unpause", domid);
}

int xc_domain_sethandle(xc_interface *xch, uint32_t domid,
			xen_domain_handle_t handle)
{
	(void)xch;
	(void)handle;
	return act("sethandle", domid);
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
	(void)xch;
	(void)arg;
	return cmd == XENVER_version ? 4 << 16 | 17 : 0;
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
	(void)xch;
	info->nr_cpus = 2;
	return 0;
}

/* Nothing was ever written on the console. */
int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *nr_chars,
		       int clear, int incremental, uint32_t *index)
{
	(void)xch;
	(void)buffer;
	(void)clear;
	(void)incremental;
	(void)index;
	*nr_chars = 0;
	return 0;
}

int xc_domain_send_trigger(xc_interface *xch, uint32_t domid, uint32_t trigger,
			   uint32_t vcpu)
{
	(void)xch;
	(void)trigger;
	(void)vcpu;
	return act("trigger", domid);
}

/* Guests without registers, memory and event channels. */
static int fail(int error)
{
	errno = error;
	return -1;
}

int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status)
{
	(void)xch;
	(void)status;
	return fail(EINVAL);
}

int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
		       vcpu_guest_context_any_t *ctxt)
{
	(void)xch;
	(void)domid;
	(void)vcpu;
	(void)ctxt;
	return fail(ESRCH);
}

int xc_domain_hvm_getcontext_partial(xc_interface *xch, uint32_t domid,
				     uint16_t typecode, uint16_t instance,
				     void *ctxt_buf, uint32_t size)
{
	(void)xch;
	(void)domid;
	(void)typecode;
	(void)instance;
	(void)ctxt_buf;
	(void)size;
	return fail(ESRCH);
}

int xc_hvm_param_get(xc_interface *xch, uint32_t dom, uint32_t param,
		     uint64_t *value)
{
	(void)xch;
	(void)dom;
	(void)param;
	(void)value;
	return fail(ESRCH);
}

int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid,
			   xen_pfn_t *gpfns)
{
	(void)xch;
	(void)domid;
	(void)gpfns;
	return fail(ESRCH);
}

int xc_maximum_ram_page(xc_interface *xch, unsigned long *max_mfn)
{
	(void)xch;
	(void)max_mfn;
	return fail(EINVAL);
}

int xc_domain_get_pod_target(xc_interface *xch, uint32_t domid,
			     uint64_t *tot_pages, uint64_t *pod_cache_pages,
			     uint64_t *pod_entries)
{
	(void)xch;
	(void)domid;
	(void)tot_pages;
	(void)pod_cache_pages;
	(void)pod_entries;
	return fail(ESRCH);
}

/* 32 bits: libxl writes the core then. */
int xc_domain_get_guest_width(xc_interface *xch, uint32_t domid,
			      unsigned int *width)
{
	(void)xch;
	(void)domid;
	*width = 4;
	return 0;
}

/* --- libxl and libxenstore: there, and empty --- */

int libxl_ctx_alloc(libxl_ctx **ctx, int version, unsigned int flags,
		    xentoollog_logger *logger)
{
	(void)version;
	(void)flags;
	(void)logger;
	*ctx = (libxl_ctx *)something;
	return 0;
}

int libxl_ctx_free(libxl_ctx *ctx)
{
	(void)ctx;
	return 0;
}

void libxl_childproc_setmode(libxl_ctx *ctx, const libxl_childproc_hooks *hooks,
			     void *user)
{
	(void)ctx;
	(void)hooks;
	(void)user;
}

int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid,
			 const libxl_asyncop_how *how)
{
	(void)ctx;
	(void)how;
	return act("destroy", domid);
}

int libxl_domain_preserve(libxl_ctx *ctx, uint32_t domid,
			  libxl_domain_create_info *info, const char *suffix,
			  libxl_uuid uuid)
{
	(void)ctx;
	(void)info;
	(void)suffix;
	(void)uuid;
	return act("preserve", domid);
}

int libxl_domain_soft_reset(libxl_ctx *ctx, libxl_domain_config *config,
			    uint32_t domid, const libxl_asyncop_how *how,
			    const libxl_asyncprogress_how *console)
{
	(void)ctx;
	(void)config;
	(void)how;
	(void)console;
	return act("soft_reset", domid);
}

int libxl_cdrom_insert(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk,
		       const libxl_asyncop_how *how)
{
	(void)ctx;
	(void)disk;
	(void)how;
	return act("eject", domid);
}

char *libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid)
{
	(void)ctx;
	(void)domid;
	return strdup("guest");
}

#define CORE_BYTES (1 << 20)

int libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid, const char *path,
			   const libxl_asyncop_how *how)
{
	static char core[CORE_BYTES];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	ssize_t n = fd < 0 ? -1 : write(fd, memset(core, 'g', sizeof(core)),
					sizeof(core));

	(void)ctx;
	(void)how;
	if (fd >= 0)
		close(fd);
	return n == sizeof(core) ? act("core", domid) : ERROR_FAIL;
}

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	return (struct xs_handle *)something;
}

void xs_close(struct xs_handle *store)
{
	(void)store;
}

char **xs_directory(struct xs_handle *store, xs_transaction_t t,
		    const char *path, unsigned int *count)
{
	(void)store;
	(void)t;
	(void)path;
	*count = 0;
	errno = ENOENT;
	return NULL;
}

void *xs_read(struct xs_handle *store, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	(void)store;
	(void)t;
	(void)path;
	(void)len;
	errno = ENOENT;
	return NULL;
}

/* --- the daemon's children: $FAKE_CHILD for the roles that it knows --- */

int posix_spawn(pid_t *pid, const char *path,
		const posix_spawn_file_actions_t *files,
		const posix_spawnattr_t *attr, char *const argv[],
		char *const env[])
{
	int (*next)(pid_t *, const char *, const posix_spawn_file_actions_t *,
		    const posix_spawnattr_t *, char *const *, char *const *) =
		dlsym(RTLD_NEXT, "posix_spawn");
	const char *child = getenv("FAKE_CHILD");

	if (child && argv[1] && (!strcmp(argv[1], "--role=watcher") ||
				 !strcmp(argv[1], "--role=worker")))
		path = child;
	return next(pid, path, files, attr, argv, env);
}
