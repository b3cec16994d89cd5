/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A few threads and as many buffers, whatever the guest's size.  A page that
 * does not shrink is stored as it is; all zero pages share one.
 */
#include "dump/core_pack.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/start.h"
#include "dump/core_squeeze.h"

#define THREADS_MAX 4
#define JOBS_MAX (THREADS_MAX + 1)
#define BATCH_BYTES (CORE_BATCH * (size_t)CORE_PAGE_BYTES)

enum job_state { JOB_FREE, JOB_FULL, JOB_TAKEN };

struct job {
	enum job_state state;
	uint64_t first;		/* descriptor */
	size_t count;
	uint64_t pfn[CORE_BATCH];
	unsigned char *pages;
};

struct core_pack {
	const struct core_out *out;
	uint32_t flag;
	uint64_t desc_at, next_desc;
	atomic_uint_fast64_t next_byte;
	struct core_pack_desc zero;

	pthread_mutex_t mutex;	/* what follows */
	pthread_cond_t changed;
	struct job jobs[JOBS_MAX];
	int job_count, busy;	/* busy: not free */
	uint64_t pending, bytes, zeros;
	int error;
	bool ending;

	pthread_t threads[THREADS_MAX];
	int thread_count;
};

/* One thread's own. */
struct packer {
	struct core_pack *pack;
	struct core_squeeze *squeeze;
	unsigned char *bytes;
	size_t len;
	uint64_t at, zeros;
	bool is_zero[CORE_BATCH];
	struct core_pack_desc desc[CORE_BATCH];
};

/* --- a thread's work --- */

static void pack_page(struct packer *packer, const unsigned char *page,
		      struct core_pack_desc *desc)
{
	size_t size = core_squeeze_page(packer->squeeze, page,
					packer->bytes + packer->len);

	desc->flags = size < CORE_PAGE_BYTES ? packer->pack->flag : 0;
	desc->size = (uint32_t)size;
	desc->offset = packer->len;	/* until the batch's place is known */
	packer->len += size;
}

static void pack_job(struct packer *packer, const struct job *job)
{
	struct core_pack *pack = packer->pack;
	uint64_t at;

	packer->len = packer->zeros = 0;
	for (size_t i = 0; i < job->count; i++) {
		const unsigned char *page = job->pages + i * CORE_PAGE_BYTES;

		packer->is_zero[i] = core_out_is_zero(page);
		packer->desc[i] = pack->zero;
		if (!packer->is_zero[i])
			pack_page(packer, page, &packer->desc[i]);
		packer->desc[i].pfn = job->pfn[i];
		packer->zeros += packer->is_zero[i];
	}
	at = atomic_fetch_add(&pack->next_byte, packer->len);
	for (size_t i = 0; i < job->count; i++)
		packer->desc[i].offset += packer->is_zero[i] ? 0 : at;
	packer->at = at;
}

static int write_job(struct packer *packer, const struct job *job)
{
	struct core_pack *pack = packer->pack;
	int r;

	pack_job(packer, job);
	r = core_out_write(pack->out, packer->bytes, packer->len, packer->at);
	return r ? r : core_out_write(pack->out, packer->desc,
				      job->count * sizeof(packer->desc[0]),
				      pack->desc_at + job->first *
				      sizeof(packer->desc[0]));
}

static struct job *find_job(struct core_pack *pack, enum job_state state)
{
	struct job *found = NULL;

	for (int i = 0; i < pack->job_count; i++)
		if (pack->jobs[i].state == state &&
		    (!found || pack->jobs[i].first < found->first))
			found = &pack->jobs[i];
	return found;
}

static uint64_t job_bytes(const struct job *job)
{
	return job->count * (CORE_PAGE_BYTES + sizeof(struct core_pack_desc));
}

static void finish_job(struct packer *packer, struct job *job, int r)
{
	struct core_pack *pack = packer->pack;

	if (r && !pack->error)
		pack->error = r;
	pack->zeros += packer->zeros;
	pack->bytes += packer->len + job->count * sizeof(packer->desc[0]);
	pack->pending -= job_bytes(job);
	pack->busy--;
	job->state = JOB_FREE;
	pthread_cond_broadcast(&pack->changed);
}

static void *run_thread(void *arg)
{
	struct packer *packer = arg;
	struct core_pack *pack = packer->pack;
	struct job *job;
	int r;

	pthread_mutex_lock(&pack->mutex);
	while (true) {
		job = find_job(pack, JOB_FULL);
		if (!job && pack->ending)
			break;
		if (!job) {
			pthread_cond_wait(&pack->changed, &pack->mutex);
			continue;
		}
		job->state = JOB_TAKEN;
		pthread_mutex_unlock(&pack->mutex);
		r = write_job(packer, job);
		pthread_mutex_lock(&pack->mutex);
		finish_job(packer, job, r);
	}
	pthread_mutex_unlock(&pack->mutex);
	core_squeeze_close(packer->squeeze);
	free(packer->bytes);
	free(packer);
	return NULL;
}

static int add_thread(struct core_pack *pack)
{
	struct packer *packer = calloc(1, sizeof(*packer));
	int r = -ENOMEM;

	if (packer) {
		packer->pack = pack;
		packer->bytes = malloc(BATCH_BYTES);
		packer->squeeze = core_squeeze_open(pack->flag ==
						    CORE_PACK_ZSTD);
		if (packer->bytes && packer->squeeze)
			r = start_thread(&pack->threads[pack->thread_count],
					 run_thread, packer);
	}
	if (r == 0) {
		pack->thread_count++;
		return 0;
	}
	if (packer) {
		core_squeeze_close(packer->squeeze);
		free(packer->bytes);
	}
	free(packer);
	return r;
}

/* --- the other side --- */

/* The one page that all zero pages are. */
static int write_zero(struct core_pack *pack, uint64_t data_at)
{
	static const unsigned char zero[CORE_PAGE_BYTES];
	unsigned char bytes[CORE_PAGE_BYTES];
	struct core_squeeze *squeeze =
		core_squeeze_open(pack->flag == CORE_PACK_ZSTD);
	size_t size;

	if (!squeeze)
		return -ENOMEM;
	size = core_squeeze_page(squeeze, zero, bytes);
	core_squeeze_close(squeeze);
	pack->zero.offset = data_at;
	pack->zero.size = (uint32_t)size;
	pack->zero.flags = pack->flag;
	pack->next_byte = data_at + size;
	return core_out_write(pack->out, bytes, size, data_at);
}

static int thread_count(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus < 1 ? 1 : cpus > THREADS_MAX ? THREADS_MAX : (int)cpus;
}

static int start_all(struct core_pack *pack)
{
	int r = 0, count = thread_count();

	for (int i = 0; r == 0 && i < count + 1; i++) {
		pack->jobs[i].pages = core_pages_new();
		pack->job_count += pack->jobs[i].pages != NULL;
		r = pack->jobs[i].pages ? 0 : -ENOMEM;
		core_pages_ready(pack->jobs[i].pages);
	}
	for (int i = 0; r == 0 && i < count; i++)
		r = add_thread(pack);
	return r;
}

int core_pack_open(const struct core_out *out, uint32_t flag, uint64_t desc_at,
		   uint64_t data_at, struct core_pack **ret_pack)
{
	struct core_pack *pack = calloc(1, sizeof(*pack));
	int r;

	if (!pack)
		return -ENOMEM;
	pack->out = out;
	pack->flag = flag;
	pack->desc_at = desc_at;
	pthread_mutex_init(&pack->mutex, NULL);
	pthread_cond_init(&pack->changed, NULL);
	r = write_zero(pack, data_at);
	if (r == 0)
		r = start_all(pack);
	if (r) {
		core_pack_close(pack);
		return r;
	}
	*ret_pack = pack;
	return 0;
}

void core_pack_close(struct core_pack *pack)
{
	if (!pack)
		return;
	pthread_mutex_lock(&pack->mutex);
	pack->ending = true;
	pthread_cond_broadcast(&pack->changed);
	pthread_mutex_unlock(&pack->mutex);
	for (int i = 0; i < pack->thread_count; i++)
		pthread_join(pack->threads[i], NULL);
	for (int i = 0; i < pack->job_count; i++)
		core_pages_free(pack->jobs[i].pages);
	pthread_cond_destroy(&pack->changed);
	pthread_mutex_destroy(&pack->mutex);
	free(pack);
}

static void fill_job(struct job *job, uint64_t first, struct core_batch *batch)
{
	unsigned char *pages = job->pages;

	job->first = first;
	job->count = batch->count;
	memcpy(job->pfn, batch->pfn, batch->count * sizeof(*job->pfn));
	job->pages = batch->pages;
	batch->pages = pages;
}

int core_pack_add(struct core_pack *pack, struct core_batch *batch)
{
	struct job *job;
	int r;

	pthread_mutex_lock(&pack->mutex);
	while (!(job = find_job(pack, JOB_FREE)) && !pack->error)
		pthread_cond_wait(&pack->changed, &pack->mutex);
	r = pack->error;
	if (r == 0) {
		fill_job(job, pack->next_desc, batch);
		pack->next_desc += batch->count;
		pack->pending += job_bytes(job);
		pack->busy++;
		job->state = JOB_FULL;
		pthread_cond_broadcast(&pack->changed);
	}
	pthread_mutex_unlock(&pack->mutex);
	return r;
}

uint64_t core_pack_pending(struct core_pack *pack)
{
	uint64_t pending;

	pthread_mutex_lock(&pack->mutex);
	pending = pack->pending;
	pthread_mutex_unlock(&pack->mutex);
	return pending;
}

int core_pack_wait(struct core_pack *pack)
{
	int r;

	pthread_mutex_lock(&pack->mutex);
	while (pack->busy)
		pthread_cond_wait(&pack->changed, &pack->mutex);
	r = pack->error;
	pthread_mutex_unlock(&pack->mutex);
	return r;
}

void core_pack_figures(struct core_pack *pack, uint64_t *ret_bytes,
		       uint64_t *ret_zero)
{
	pthread_mutex_lock(&pack->mutex);
	*ret_bytes = pack->bytes;
	*ret_zero = pack->zeros;
	pthread_mutex_unlock(&pack->mutex);
}

uint64_t core_pack_end(struct core_pack *pack)
{
	return atomic_load(&pack->next_byte);
}
