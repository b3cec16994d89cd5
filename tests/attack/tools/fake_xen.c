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
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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

/* The list without DOMID, and with the line MORE.  Others change it, too. */
static void change_list(uint32_t domid, const char *more)
{
	int lock = open(path_of("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char all[8192] = "", line[256], part[512];
	size_t len = 0;
	FILE *file;

	if (lock < 0 || flock(lock, LOCK_EX))
		abort();
	file = fopen(path_of("list"), "re");

	while (file && fgets(line, sizeof(line), file))
		if (strtoul(line, NULL, 10) != domid)
			len += (size_t)snprintf(all + len, sizeof(all) - len,
						"%s", line);
	if (file)
		fclose(file);
	snprintf(part, sizeof(part), "%s", path_of("list.part"));
	file = fopen(part, "we");
	if (!file || fprintf(file, "%s%s", all, more) < 0 || fclose(file) ||
	    rename(part, path_of("list")))
		abort();
	close(lock);
}

static void write_uuid(const uint8_t *uuid, char ret_text[64])
{
	for (int i = 0; i < 16; i++)
		sprintf(ret_text + 2 * i, "%02x", uuid[i]);
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

/* As the hypervisor does: the line of the list says so at once. */
int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason)
{
	char line[256], uuid[64];
	xc_domaininfo_t info;
	unsigned int flags;

	if (xc_domain_getinfolist(xch, domid, 1, &info) != 1 ||
	    info.domain != domid)
		return fail(ESRCH);
	flags = (info.flags & ~(unsigned int)XEN_DOMINF_running) |
		XEN_DOMINF_shutdown |
		(unsigned int)reason << XEN_DOMINF_shutdownshift;
	write_uuid(info.handle, uuid);
	snprintf(line, sizeof(line),
		 "%u %s %x %" PRIu64 " %" PRIu64 "\n", domid, uuid, flags,
		 info.cpu_time, info.shared_info_frame);
	change_list(domid, line);
	return act(reason == SHUTDOWN_crash ? "crash" : "shutdown", domid);
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

/* With a file "follow" the list follows what is done to domains. */
static bool follows(void)
{
	return access(path_of("follow"), F_OK) == 0;
}

/* DOMID has a file "KIND-DOMID": its name, mark, or record of libxl's. */
static char *read_of(const char *kind, uint32_t domid)
{
	char name[64], text[256] = "";
	FILE *file;
	size_t n;

	snprintf(name, sizeof(name), "%s-%u", kind, domid);
	file = fopen(path_of(name), "re");
	if (!file)
		return NULL;
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	return strdup(text);
}

static void write_of(const char *kind, uint32_t domid, const char *text)
{
	char name[64];
	FILE *file;

	snprintf(name, sizeof(name), "%s-%u", kind, domid);
	file = fopen(path_of(name), "we");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

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
	if (follows())
		change_list(domid, "");
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

/* Memory is there without dom0's; the new domain is one of the list. */
int libxl_domain_need_memory(libxl_ctx *ctx, libxl_domain_config *config,
			     uint32_t domid, uint64_t *kib)
{
	(void)ctx;
	(void)config;
	(void)domid;
	*kib = 0;
	return 0;
}

int libxl_get_free_memory(libxl_ctx *ctx, uint64_t *kib)
{
	(void)ctx;
	*kib = 1 << 20;
	return 0;
}

static void list_paused(uint32_t domid, const uint8_t *uuid, bool paused)
{
	char line[128], text[64];

	write_uuid(uuid, text);
	snprintf(line, sizeof(line), "%u %s %s 0 %u\n", domid, text,
		 paused ? "8" : "20", domid);
	change_list(domid, line);
}

static int domid_of(const char *name)
{
	xc_domaininfo_t all[64];
	int count = xc_domain_getinfolist(NULL, 0, 64, all);

	for (int i = 0; i < count; i++) {
		char *its = read_of("name", all[i].domain);
		bool same = its && strcmp(its, name) == 0;

		free(its);
		if (same)
			return all[i].domain;
	}
	return -1;
}

/* Domain 50, marked as the configuration says; with a file "hang" that is all
 * that is ever done. */
static int build_listed(const libxl_domain_config *config, uint32_t *domid)
{
	char *const *pair = config->c_info.xsdata;

	if (config->c_info.name && domid_of(config->c_info.name) >= 0)
		return ERROR_FAIL;
	*domid = 50;
	list_paused(*domid, config->c_info.uuid.uuid, true);
	for (; pair && pair[0]; pair += 2)
		if (strcmp(pair[0], "xenvigil-begun") == 0)
			write_of("mark", *domid, pair[1]);
	act("create", *domid);
	while (access(path_of("hang"), F_OK) == 0)
		pause();
	return 0;
}

/* What was asked for last, in the file "created". */
static void keep_created(libxl_ctx *ctx, libxl_domain_config *config)
{
	char *json = libxl_domain_config_to_json(ctx, config);
	FILE *file = fopen(path_of("created"), "we");

	if (!json || !file || fputs(json, file) < 0 || fclose(file))
		abort();
	free(json);
}

int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *config,
			    uint32_t *domid, const libxl_asyncop_how *how,
			    const libxl_asyncprogress_how *console)
{
	(void)ctx;
	(void)how;
	(void)console;
	keep_created(ctx, config);
	if (follows())
		return build_listed(config, domid);
	*domid = 5;
	return act("create", 5);
}

int libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid,
			 const libxl_asyncop_how *how)
{
	xc_domaininfo_t info;

	(void)ctx;
	(void)how;
	if (follows() && xc_domain_getinfolist(NULL, domid, 1, &info) == 1 &&
	    info.domain == domid)
		list_paused(domid, info.handle, false);
	return act("unpause", domid);
}

int libxl_name_to_domid(libxl_ctx *ctx, const char *name, uint32_t *domid)
{
	int found = domid_of(name);

	(void)ctx;
	if (found < 0)
		return ERROR_INVAL;
	*domid = (uint32_t)found;
	return 0;
}

/* "live-DOMID" is the configuration, if there is one to be had. */
static int read_live(libxl_ctx *ctx, uint32_t domid,
		     libxl_domain_config *config)
{
	char *text = read_of("live", domid);
	int rc = text ? libxl_domain_config_from_json(ctx, config, text) :
			ERROR_FAIL;

	free(text);
	return rc;
}

/* A device model that does not answer, or hangs: with a file "hang". */
int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid,
					libxl_domain_config *config,
					const libxl_asyncop_how *how)
{
	(void)ctx;
	(void)config;
	(void)how;
	act("retrieve", domid);
	while (access(path_of("hang"), F_OK) == 0)
		pause();
	return read_live(ctx, domid, config);
}

/* --- CPUs and pools: four of them, all in the pool 0 --- */

/* "pool-N": its name, CPUs in hexadecimal and scheduler. */
static int read_pool(uint32_t id, char ret_name[64], unsigned int *ret_cpus,
		     unsigned int *ret_sched)
{
	char *text = read_of("pool", id);
	int r = text && sscanf(text, "%63s %x %u", ret_name, ret_cpus,
			       ret_sched) == 3 ? 0 : ERROR_FAIL;

	free(text);
	if (r && id == 0) {
		strcpy(ret_name, "Pool-0");
		*ret_cpus = 0xf;
		*ret_sched = LIBXL_SCHEDULER_CREDIT2;
		r = 0;
	}
	return r;
}

static void fill_map(libxl_bitmap *map, unsigned int cpus)
{
	map->size = 1;
	map->map = malloc(1);
	map->map[0] = (uint8_t)cpus;
}

int libxl_cpupool_info(libxl_ctx *ctx, libxl_cpupoolinfo *info, uint32_t id)
{
	unsigned int cpus, sched;
	char name[64];

	(void)ctx;
	if (read_pool(id, name, &cpus, &sched))
		return ERROR_FAIL;
	info->poolid = id;
	info->pool_name = strdup(name);
	info->sched = sched;
	fill_map(&info->cpumap, cpus);
	return 0;
}

char *libxl_cpupoolid_to_name(libxl_ctx *ctx, uint32_t id)
{
	unsigned int cpus, sched;
	char name[64];

	(void)ctx;
	return read_pool(id, name, &cpus, &sched) ? NULL : strdup(name);
}

int libxl_name_to_cpupoolid(libxl_ctx *ctx, const char *name, uint32_t *id)
{
	for (uint32_t i = 0; i < 4; i++) {
		char *its = libxl_cpupoolid_to_name(ctx, i);
		bool same = its && strcmp(its, name) == 0;

		free(its);
		if (same) {
			*id = i;
			return 0;
		}
	}
	return ERROR_INVAL;
}

/* "in-pool-DOMID": its pool. */
int libxl_domain_info(libxl_ctx *ctx, libxl_dominfo *info, uint32_t domid)
{
	char *pool = read_of("in-pool", domid);

	(void)ctx;
	info->cpupool = pool ? (uint32_t)atoi(pool) : 0;
	free(pool);
	return 0;
}

/* "cpus-DOMID": the CPUs that its one vCPU may use, and prefers. */
libxl_vcpuinfo *libxl_list_vcpu(libxl_ctx *ctx, uint32_t domid, int *count,
				int *cpus)
{
	libxl_vcpuinfo *list = calloc(1, sizeof(*list));
	char *text = read_of("cpus", domid);
	unsigned int hard = 0xf, soft = 0xf;

	(void)ctx;
	if (text)
		sscanf(text, "%x %x", &hard, &soft);
	free(text);
	fill_map(&list->cpumap, hard);
	fill_map(&list->cpumap_soft, soft);
	*count = 1;
	*cpus = 4;
	return list;
}

/* "disks-DOMID" and "nics-DOMID": their names, a word each. */
libxl_device_disk *libxl_device_disk_list(libxl_ctx *ctx, uint32_t domid,
					  int *count)
{
	libxl_device_disk *list = calloc(8, sizeof(*list));
	char *words = read_of("disks", domid), *rest = words, *word;

	(void)ctx;
	for (*count = 0; *count < 8 && (word = strsep(&rest, " \n")); )
		if (*word)
			list[(*count)++].vdev = strdup(word);
	free(words);
	return list;
}

libxl_device_nic *libxl_device_nic_list(libxl_ctx *ctx, uint32_t domid,
					int *count)
{
	libxl_device_nic *list = calloc(8, sizeof(*list));
	char *words = read_of("nics", domid), *rest = words, *word;

	(void)ctx;
	for (*count = 0; *count < 8 && (word = strsep(&rest, " \n")); )
		if (*word)
			list[(*count)++].devid = atoi(word);
	free(words);
	return list;
}

libxl_device_pci *libxl_device_pci_list(libxl_ctx *ctx, uint32_t domid,
					int *count)
{
	(void)ctx;
	(void)domid;
	*count = 0;
	return NULL;
}

/* None but libxl's record of a complete domain. */
int libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *userid,
			    uint8_t **data, int *len)
{
	char *text = strcmp(userid, "libxl-json") ? NULL :
						    read_of("record", domid);

	(void)ctx;
	*data = (uint8_t *)text;
	*len = text ? (int)strlen(text) : 0;
	return 0;
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
	return access(path_of("nameless"), F_OK) ? strdup("guest") : NULL;
}

#define CORE_BYTES (1 << 20)

int libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid, const char *path,
			   const libxl_asyncop_how *how)
{
	static char core[CORE_BYTES];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	ssize_t n = fd < 0 ? -1 : write(fd, memset(core, 'g', sizeof(core)),
					sizeof(core));
	const char *hangs = getenv("FAKE_CORE_HANGS");

	if (hangs && access(hangs, F_OK) == 0)
		pause();
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

/* Nothing is ever told by a watch. */
bool xs_watch(struct xs_handle *store, const char *path, const char *token)
{
	(void)store;
	(void)path;
	(void)token;
	return true;
}

int xs_fileno(struct xs_handle *store)
{
	(void)store;
	return -1;
}

char **xs_check_watch(struct xs_handle *store)
{
	(void)store;
	errno = EAGAIN;
	return NULL;
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

/* "image-DOMID": lines of what libxl notes of its device model, NODE VALUE. */
static char *read_image(uint32_t domid, const char *node)
{
	char *text = read_of("image", domid), *rest = text, *line, *value = NULL;

	while (!value && (line = strsep(&rest, "\n"))) {
		char *word = strsep(&line, " ");

		if (line && strcmp(word, node) == 0)
			value = strdup(line);
	}
	free(text);
	return value;
}

void *xs_read(struct xs_handle *store, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	unsigned int domid;
	char key[64], *mark = NULL, *bare;

	(void)store;
	(void)t;
	(void)len;
	if (sscanf(path, "/local/domain/%u/image/%63s", &domid, key) == 2) {
		mark = read_image(domid, key);
		errno = ENOENT;
		return mark;
	}
	if (sscanf(path, "/local/domain/%u%63s", &domid, key) == 1) {
		bare = read_of("bare", domid);
		errno = ENOENT;
		return bare ? NULL : strdup("");
	}
	if (sscanf(path, "/local/domain/%u/%63s", &domid, key) == 2 &&
	    strcmp(key, "xenvigil-begun") == 0)
		mark = read_of("mark", domid);
	errno = ENOENT;
	return mark;
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
