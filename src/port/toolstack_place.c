/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The placement of a guest: its CPU pool, the CPUs that its vCPUs may use and
 * prefer, and the domains that serve its devices. libxl's live values omit
 * these.  A missing item falls back to the default, with a text: no start fails
 * because of it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "port/toolstack_impl.h"

#define DEFAULT_POOL 0

/* --- as it runs --- */

static void note_pool(struct toolstack *ts, uint32_t domid,
		      libxl_domain_config *config)
{
	libxl_domain_create_info *create = &config->c_info;
	libxl_dominfo info;
	char *name = NULL;

	libxl_dominfo_init(&info);
	if (!libxl_domain_info(ts->ctx, &info, domid))
		name = libxl_cpupoolid_to_name(ts->ctx, info.cpupool);
	if (name && (create->pool_name || info.cpupool != DEFAULT_POOL)) {
		free(create->pool_name);
		create->pool_name = name;
		create->poolid = info.cpupool;
	} else {
		free(name);
	}
	libxl_dominfo_dispose(&info);
}

static bool spares_a_cpu(const libxl_bitmap *map, int cpus)
{
	for (int cpu = 0; cpu < cpus; cpu++)
		if (!libxl_bitmap_test(map, cpu))
			return true;
	return false;
}

static void drop_maps(libxl_bitmap **maps, int *count)
{
	for (int i = 0; i < *count; i++)
		libxl_bitmap_dispose(&(*maps)[i]);
	free(*maps);
	*maps = NULL;
	*count = 0;
}

/* The vCPUs' maps, hard or soft, to *MAPS when one of them leaves a CPU out. */
static void note_maps(struct toolstack *ts, const libxl_vcpuinfo *vcpus,
		      int count, int cpus, bool soft, libxl_bitmap **maps,
		      int *maps_count)
{
	bool spares = false;
	libxl_bitmap *copy;

	for (int i = 0; i < count; i++)
		spares |= spares_a_cpu(soft ? &vcpus[i].cpumap_soft :
					      &vcpus[i].cpumap, cpus);
	copy = spares ? calloc((size_t)count, sizeof(*copy)) : NULL;
	if (spares && !copy)
		return;
	drop_maps(maps, maps_count);
	for (int i = 0; copy && i < count; i++)
		libxl_bitmap_copy_alloc(ts->ctx, &copy[i],
					soft ? &vcpus[i].cpumap_soft :
					       &vcpus[i].cpumap);
	*maps = copy;
	*maps_count = copy ? count : 0;
}

static void note_affinity(struct toolstack *ts, uint32_t domid,
			  libxl_domain_config *config)
{
	libxl_domain_build_info *build = &config->b_info;
	int count = 0, cpus = 0;
	libxl_vcpuinfo *vcpus = libxl_list_vcpu(ts->ctx, domid, &count, &cpus);

	if (!vcpus)
		return;
	note_maps(ts, vcpus, count, cpus, false, &build->vcpu_hard_affinity,
		  &build->num_vcpu_hard_affinity);
	note_maps(ts, vcpus, count, cpus, true, &build->vcpu_soft_affinity,
		  &build->num_vcpu_soft_affinity);
	libxl_vcpuinfo_list_free(vcpus, count);
}

/* A domain that serves devices has another domid when it was restarted. */
static void name_backend(struct toolstack *ts, uint32_t domid, char **name)
{
	if (domid && !*name)
		*name = libxl_domid_to_name(ts->ctx, domid);
}

void toolstack_note_place(struct toolstack *ts, uint32_t domid,
			  libxl_domain_config *config)
{
	note_pool(ts, domid, config);
	note_affinity(ts, domid, config);
	for (int i = 0; i < config->num_disks; i++)
		name_backend(ts, config->disks[i].backend_domid,
			     &config->disks[i].backend_domname);
	for (int i = 0; i < config->num_nics; i++)
		name_backend(ts, config->nics[i].backend_domid,
			     &config->nics[i].backend_domname);
}

/* --- for the start --- */

static int find_pool(struct toolstack *ts, libxl_domain_config *config,
		     libxl_cpupoolinfo *ret_pool, struct text *why)
{
	libxl_domain_create_info *create = &config->c_info;
	uint32_t id = create->poolid;

	if (create->pool_name &&
	    libxl_name_to_cpupoolid(ts->ctx, create->pool_name, &id))
		id = UINT32_MAX;
	if (id != UINT32_MAX && !libxl_cpupool_info(ts->ctx, ret_pool, id))
		return 0;
	if (id == DEFAULT_POOL)
		return -1;
	text_append_clause(why, "CPU pool %s is gone: it gets the default one",
			   create->pool_name ?: "of before");
	free(create->pool_name);
	create->pool_name = NULL;
	create->poolid = DEFAULT_POOL;
	return libxl_cpupool_info(ts->ctx, ret_pool, DEFAULT_POOL);
}

static bool meets(const libxl_bitmap *map, const libxl_bitmap *pool)
{
	for (int cpu = 0; cpu < (int)map->size * 8; cpu++)
		if (libxl_bitmap_test(map, cpu) && libxl_bitmap_test(pool, cpu))
			return true;
	return false;
}

/* Only a hard one can be refused. */
static void check_affinity(libxl_domain_build_info *build,
			   const libxl_bitmap *pool, struct text *why)
{
	bool good = true;

	for (int i = 0; i < build->num_vcpu_hard_affinity; i++)
		good = good && meets(&build->vcpu_hard_affinity[i], pool);
	if (good)
		return;
	text_append_clause(why, "its pool has none of the CPUs of its "
			   "affinity: it may use all CPUs of the pool");
	drop_maps(&build->vcpu_hard_affinity, &build->num_vcpu_hard_affinity);
}

/* Parameters of one scheduler are refused by another. */
static void check_scheduler(libxl_domain_build_info *build,
			    libxl_scheduler scheduler, struct text *why)
{
	libxl_domain_sched_params *params = &build->sched_params;

	if (!params->sched || params->sched == scheduler)
		return;
	text_append_clause(why, "its pool has another scheduler: it gets that "
			   "one's default parameters");
	libxl_domain_sched_params_dispose(params);
	libxl_domain_sched_params_init(params);
}

void toolstack_check_place(struct toolstack *ts, libxl_domain_config *config,
			   struct text *why)
{
	libxl_cpupoolinfo pool;

	libxl_cpupoolinfo_init(&pool);
	if (!find_pool(ts, config, &pool, why)) {
		check_affinity(&config->b_info, &pool.cpumap, why);
		check_scheduler(&config->b_info, pool.sched, why);
	}
	libxl_cpupoolinfo_dispose(&pool);
}
