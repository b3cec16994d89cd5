/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers change hands, so nothing is copied.  There are some, as neither side
 * takes the same time for each; all but the first are had when they are needed.
 * Looks into no page.
 */
#include "dump/core_behind.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/start.h"

/* More gain nothing, and each takes 4 MiB. */
#define BATCHES_MOST 2u

struct core_behind {
	int (*each)(void *ctx, struct core_batch *batch);
	void *ctx;
	pthread_t thread;
	struct core_batch batch[BATCHES_MOST]; /* in turn */

	pthread_mutex_t mutex;	/* what follows */
	pthread_cond_t changed;
	unsigned long given, done; /* batches */
	bool ending;
	int r;			/* of the last batch */
};

/* What is given after a failure is left. */
static int take_care(struct core_behind *behind, int before)
{
	struct core_batch *batch = &behind->batch[behind->done % BATCHES_MOST];

	return before ? before : behind->each(behind->ctx, batch);
}

static void *run_behind(void *arg)
{
	struct core_behind *behind = arg;
	int r = 0;

	pthread_mutex_lock(&behind->mutex);
	while (behind->given != behind->done || !behind->ending) {
		if (behind->given == behind->done) {
			pthread_cond_wait(&behind->changed, &behind->mutex);
			continue;
		}
		pthread_mutex_unlock(&behind->mutex);
		r = take_care(behind, r);
		pthread_mutex_lock(&behind->mutex);
		behind->r = r;
		behind->done++;
		pthread_cond_broadcast(&behind->changed);
	}
	pthread_mutex_unlock(&behind->mutex);
	return NULL;
}

static int have_pages(struct core_batch *batch)
{
	if (batch->pages)
		return 0;
	batch->pages = core_pages_new();
	core_pages_ready(batch->pages);
	return batch->pages ? 0 : -ENOMEM;
}

static void free_behind(struct core_behind *behind)
{
	pthread_cond_destroy(&behind->changed);
	pthread_mutex_destroy(&behind->mutex);
	for (unsigned int i = 0; i < BATCHES_MOST; i++)
		core_pages_free(behind->batch[i].pages);
	free(behind);
}

int core_behind_open(int (*each)(void *ctx, struct core_batch *batch),
		     void *ctx, struct core_behind **ret_behind)
{
	struct core_behind *behind = calloc(1, sizeof(*behind));
	int r;

	if (!behind)
		return -ENOMEM;
	behind->each = each;
	behind->ctx = ctx;
	pthread_mutex_init(&behind->mutex, NULL);
	pthread_cond_init(&behind->changed, NULL);
	r = have_pages(&behind->batch[0]);
	if (r == 0)
		r = start_thread(&behind->thread, run_behind, behind);
	if (r) {
		free_behind(behind);
		return r;
	}
	*ret_behind = behind;
	return 0;
}

static void exchange(struct core_batch *to, struct core_batch *from)
{
	unsigned char *pages = to->pages;

	to->count = from->count;
	memcpy(to->pfn, from->pfn, from->count * sizeof(*to->pfn));
	memcpy(to->gmfn, from->gmfn, from->count * sizeof(*to->gmfn));
	memcpy(to->zero, from->zero, from->count * sizeof(*to->zero));
	to->pages = from->pages;
	from->pages = pages;
}

/* Until there is a place for one more. */
static int await_place(struct core_behind *behind)
{
	int r;

	pthread_mutex_lock(&behind->mutex);
	while (behind->given - behind->done == BATCHES_MOST)
		pthread_cond_wait(&behind->changed, &behind->mutex);
	r = behind->r;
	pthread_mutex_unlock(&behind->mutex);
	return r;
}

int core_behind_take(void *ctx, struct core_batch *batch)
{
	struct core_behind *behind = ctx;
	struct core_batch *place = &behind->batch[behind->given % BATCHES_MOST];
	int r = await_place(behind);

	if (r == 0)
		r = have_pages(place);
	if (r)
		return r;
	exchange(place, batch);
	pthread_mutex_lock(&behind->mutex);
	behind->given++;
	pthread_cond_broadcast(&behind->changed);
	pthread_mutex_unlock(&behind->mutex);
	return 0;
}

int core_behind_close(struct core_behind *behind)
{
	int r;

	pthread_mutex_lock(&behind->mutex);
	behind->ending = true;
	pthread_cond_broadcast(&behind->changed);
	pthread_mutex_unlock(&behind->mutex);
	pthread_join(behind->thread, NULL);
	r = behind->r;
	free_behind(behind);
	return r;
}
