/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The note "paused DOMID EPOCH" beside the lock of a guest, and what it asks
 * for.  The caller holds the lock.
 */
#include "role/worker_pause.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define NOTE "paused "

static int note(int lock, const struct domain_id *id)
{
	char word[WORKER_LOCK_NOTE_BYTES];

	snprintf(word, sizeof(word), NOTE "%u %" PRIu64, id->domid, id->epoch);
	return worker_lock_note(lock, word);
}

static int forget(int lock)
{
	return worker_lock_note(lock, "");
}

static bool read_note(int lock, struct domain_id *ret_id)
{
	char word[WORKER_LOCK_NOTE_BYTES];
	int end = 0;

	worker_lock_read(lock, word);
	return sscanf(word, NOTE "%" SCNu32 " %" SCNu64 "%n", &ret_id->domid,
		      &ret_id->epoch, &end) == 2 && end && !word[end];
}

int worker_pause_begin(int lock, struct hv *hv, const struct domain_id *id)
{
	int r = note(lock, id);

	if (r == 0)
		r = hv_pause(hv, id->domid);
	if (r)
		(void)forget(lock);
	return r;
}

int worker_pause_end(int lock, struct hv *hv, const struct domain_id *id)
{
	int r = hv_unpause(hv, id->domid);

	return r ? r : forget(lock);
}

int worker_pause_undo(int lock, struct hv *hv, const uint8_t uuid[UUID_BYTES],
		      struct domain_id *ret_id)
{
	struct domain_id id = { 0 };
	struct domain_info info;
	int r = 0;

	if (!read_note(lock, &id))
		return 0;
	memcpy(id.uuid, uuid, UUID_BYTES);
	if (hv_find(hv, id.domid, &info) == 0 &&
	    domain_id_equal(&info.id, &id) && info.paused)
		r = hv_unpause(hv, id.domid) ?: 1;
	if (r >= 0)
		(void)forget(lock);
	*ret_id = id;
	return r;
}

bool worker_pause_is_noted(const char *dir, const char *name)
{
	char path[512], word[WORKER_LOCK_NOTE_BYTES];
	AUTO_CLOSE int fd = -1;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		return false;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	worker_lock_read(fd, word);
	return strncmp(word, NOTE, strlen(NOTE)) == 0;
}
