/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two buffers change hands, so nothing is copied.  Looks into no page.
 */
#include "dump/core_behind.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/start.h"

struct core_behind {
	int (*each)(void *ctx, struct core_batch *batch);
	void *ctx;
	pthread_t thread;

	pthread_mutex_t mutex;	/* what follows, but a batch in hand */
	pthread_cond_t changed;
	struct core_batch batch;
	bool in_hand, ending;
	int r;			/* of the last batch */
};

static void *run(void *arg)
{
	struct core_behind *behind = arg;
	int r;

	pthread_mutex_lock(&behind->mutex);
	while (behind->in_hand || !behind->ending) {
		if (!behind->in_hand) {
			pthread_cond_wait(&behind->changed, &behind->mutex);
			continue;
		}
		pthread_mutex_unlock(&behind->mutex);
		r = behind->each(behind->ctx, &behind->batch);
		pthread_mutex_lock(&behind->mutex);
		behind->r = r;
		behind->in_hand = false;
		pthread_cond_broadcast(&behind->changed);
	}
	pthread_mutex_unlock(&behind->mutex);
	return NULL;
}

static void free_behind(struct core_behind *behind)
{
	pthread_cond_destroy(&behind->changed);
	pthread_mutex_destroy(&behind->mutex);
	core_pages_free(behind->batch.pages);
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
	behind->batch.pages = core_pages_new();
	core_pages_ready(behind->batch.pages);
	r = behind->batch.pages ?
		start_thread(&behind->thread, run, behind) : -ENOMEM;
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

int core_behind_take(void *ctx, struct core_batch *batch)
{
	struct core_behind *behind = ctx;
	int r;

	pthread_mutex_lock(&behind->mutex);
	while (behind->in_hand)
		pthread_cond_wait(&behind->changed, &behind->mutex);
	r = behind->r;
	if (r == 0) {
		exchange(&behind->batch, batch);
		behind->in_hand = true;
		pthread_cond_broadcast(&behind->changed);
	}
	pthread_mutex_unlock(&behind->mutex);
	return r;
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
