/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CREATE: never a second copy of a guest.  Whatever has its uuid already is
 * settled first, by the hypervisor's list.
 */
#include <errno.h>
#include <string.h>

#include "port/origin.h"
#include "role/worker_impl.h"

/* A domain of the guest: *RET_INFO, or -ENOENT. */
static int find_guest(struct work *work, const uint8_t *uuid,
		      struct domain_info *ret_info)
{
	const struct domain_info *list;
	size_t count;
	int r = hv_list(work->hv, &list, &count);

	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (uuid_equal(list[i].id.uuid, uuid)) {
			*ret_info = list[i];
			return 0;
		}
	}
	return -ENOENT;
}

/*
 * One that is there already.  Returns 0 when it is out of the way now, 1
 * when it is the guest that was to be created, or -errno.
 */
static int settle(struct work *work, const struct domain_info *info)
{
	const struct domain_id *id = &info->id;

	if (info->dying)
		return worker_step_clear(work, id, false);
	if (info->shutdown && domain_id_equal(id, &work->order->id)) {
		text_printf(work->why, "domain %u is still there, shut down",
			    id->domid);
		return -EEXIST;
	}
	if (info->cpu_time_ns > 0 || !info->paused) {
		text_printf(work->why, "domain %u already runs", id->domid);
		work->result->new_id = *id;
		return 1;
	}
	/* It never ran: a worker was killed while it built it. */
	text_printf(work->why, "domain %u was half built, and is removed",
		    id->domid);
	return worker_step_clear(work, id, true);
}

static int create(struct work *work)
{
	struct domain_info info;
	uint32_t domid;
	int r;

	worker_tell(work, "looking over the devices");
	worker_step_audit(work);
	worker_tell(work, "creating");
	r = toolstack_create(work->ts, work->order->blob, &domid, work->why);
	if (r)
		return r;
	r = hv_find(work->hv, domid, &info);
	if (r) {
		text_printf(work->why, "domain %u was created and is gone",
			    domid);
		return r;
	}
	work->result->new_id = info.id;
	/* A word for people: a start without it is one all the same. */
	(void)origin_set(ORIGIN_DIR, domid, info.id.uuid, "xenvigil");
	return 0;
}

int worker_create_run(struct work *work)
{
	struct domain_info info;
	uint8_t uuid[UUID_BYTES];
	int r;

	if (!work->order->blob ||
	    toolstack_read_uuid(work->ts, work->order->blob, uuid)) {
		text_append(work->why, "the saved configuration is unusable");
		return -EINVAL;
	}
	do {
		r = find_guest(work, uuid, &info);
		if (r == -ENOENT)
			return create(work);
		if (!r)
			r = settle(work, &info);
	} while (!r && worker_left_ms(work));
	return r == 1 ? 0 : r ? r : -ETIMEDOUT;
}
