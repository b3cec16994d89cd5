/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files in memory.  No shared memory: the store opens its database for
 * itself alone.
 */
#include "memvfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FILES_MAX 16
#define FILE_BYTES_MAX (16 << 20)
#define NAME_BYTES 320

struct bytes {
	uint8_t *at;
	size_t len;
};

struct file {
	char name[NAME_BYTES];
	bool exists;
	struct bytes now;
	struct bytes synced;	/* as it was at the last sync */
	bool unsynced;
	size_t from, to;	/* what was written since lies there */
};

struct handle {
	sqlite3_file base;
	struct file *file;
};

/* One recorded operation. */
struct op {
	int file;
	enum { OP_WRITE, OP_TRUNCATE, OP_DELETE } kind;
	size_t offset, len;
	uint8_t *bytes;
};

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	struct file files[FILES_MAX];
	enum memvfs_trouble trouble;
	bool once;
	bool uncut;		/* the power never fails */
	uint64_t trouble_at, operations, interrupted;

	struct bytes kept[FILES_MAX];
	bool kept_exists[FILES_MAX];

	bool recording;
	struct bytes first[FILES_MAX];
	bool first_exists[FILES_MAX];
	struct op *ops;
	size_t op_count, op_cap;
	uint64_t op_bytes;
} mem;

/* --- bytes --- */

/* Mapped once for all: no allocation may fail here, since none of these is
 * the store's. */
static void bytes_resize(struct bytes *b, size_t len)
{
	if (!b->at) {
		b->at = mmap(NULL, FILE_BYTES_MAX, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			     0);
		if (b->at == MAP_FAILED)
			abort();
	}
	if (len > FILE_BYTES_MAX)
		abort();
	if (len > b->len)
		memset(b->at + b->len, 0, len - b->len);
	b->len = len;
}

static void bytes_copy(struct bytes *to, const struct bytes *from)
{
	bytes_resize(to, from->len);
	if (from->len)
		memcpy(to->at, from->at, from->len);
}

static void bytes_write(struct bytes *b, size_t offset, const void *data,
			size_t len)
{
	size_t end = offset + len;

	if (offset > b->len || !b->at)
		bytes_resize(b, offset);
	if (end > FILE_BYTES_MAX)
		abort();
	memcpy(b->at + offset, data, len);
	if (end > b->len)
		b->len = end;
}

/* --- files --- */

static void touch(struct file *file, size_t from, size_t to)
{
	if (mem.uncut)
		return;
	if (!file->unsynced) {
		file->from = from;
		file->to = to;
	}
	file->unsynced = true;
	file->from = from < file->from ? from : file->from;
	file->to = to > file->to ? to : file->to;
}

/* Copies what differs, not the whole file each time. */
static void synced_now(struct file *file)
{
	struct bytes *now = &file->now, *old = &file->synced;
	size_t from = file->from < old->len ? file->from : old->len;
	size_t to = now->len > old->len || file->to > now->len ? now->len :
								 file->to;

	bytes_resize(old, now->len);
	if (from < to)
		memcpy(old->at + from, now->at + from, to - from);
	file->unsynced = false;
}

static struct file *find_file(const char *name, bool create)
{
	struct file *unused = NULL;

	for (int i = 0; i < FILES_MAX; i++) {
		struct file *file = &mem.files[i];

		if (file->exists && strcmp(file->name, name) == 0)
			return file;
		if (!file->exists && (!unused ||
				      strcmp(file->name, name) == 0))
			unused = file;
	}
	if (!create || !unused)
		return NULL;
	snprintf(unused->name, sizeof(unused->name), "%s", name);
	unused->exists = true;
	unused->unsynced = false;
	unused->now.len = unused->synced.len = 0;
	return unused;
}

/* What befalls the next operation. */
static enum memvfs_trouble befall(void)
{
	uint64_t at = mem.operations++;

	if (!mem.trouble || at < mem.trouble_at)
		return MEMVFS_NONE;
	if (mem.once && at > mem.trouble_at)
		return MEMVFS_NONE;
	mem.interrupted += mem.trouble != MEMVFS_FULL;
	return mem.trouble;
}

static void record(struct file *file, int kind, size_t offset,
		   const void *bytes, size_t len)
{
	struct op *op;

	if (!mem.recording)
		return;
	if (mem.op_count == mem.op_cap) {
		mem.op_cap = mem.op_cap * 2 + 64;
		mem.ops = realloc(mem.ops, mem.op_cap * sizeof(*mem.ops));
		if (!mem.ops)
			abort();
	}
	op = &mem.ops[mem.op_count++];
	*op = (struct op){ .file = (int)(file - mem.files), .kind = kind,
			   .offset = offset, .len = len };
	if (bytes) {
		op->bytes = malloc(len + 1);
		if (!op->bytes)
			abort();
		memcpy(op->bytes, bytes, len);
		mem.op_bytes += len;
	}
}

/* --- SQLite's methods of a file --- */

static int file_close(sqlite3_file *base)
{
	(void)base;
	return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *to, int len, sqlite3_int64 at)
{
	struct bytes *b = &((struct handle *)base)->file->now;
	size_t have = (size_t)at < b->len ? b->len - (size_t)at : 0;

	if (have >= (size_t)len) {
		memcpy(to, b->at + at, len);
		return SQLITE_OK;
	}
	memset(to, 0, len);
	if (have)
		memcpy(to, b->at + at, have);
	return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *from, int len,
		      sqlite3_int64 at)
{
	struct file *file = ((struct handle *)base)->file;

	switch (befall()) {
	case MEMVFS_FULL:
		if ((size_t)at + len > file->now.len)
			return SQLITE_FULL;
		break;
	case MEMVFS_BROKEN:
		return SQLITE_IOERR_WRITE;
	case MEMVFS_STOPPED:
		return SQLITE_IOERR_WRITE;
	default:
		break;
	}
	record(file, OP_WRITE, at, from, len);
	bytes_write(&file->now, at, from, len);
	touch(file, at, (size_t)at + len);
	return SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	struct file *file = ((struct handle *)base)->file;
	enum memvfs_trouble trouble = befall();

	if (trouble == MEMVFS_BROKEN || trouble == MEMVFS_STOPPED)
		return SQLITE_IOERR_TRUNCATE;
	record(file, OP_TRUNCATE, size, NULL, 0);
	touch(file, size, file->now.len);
	bytes_resize(&file->now, size);
	return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
	struct file *file = ((struct handle *)base)->file;
	enum memvfs_trouble trouble = befall();

	(void)flags;
	if (trouble == MEMVFS_BROKEN || trouble == MEMVFS_STOPPED)
		return SQLITE_IOERR_FSYNC;
	if (file->unsynced)
		synced_now(file);
	return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
	*ret_size = ((struct handle *)base)->file->now.len;
	return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level)
{
	(void)base;
	(void)level;
	return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *base, int *ret)
{
	(void)base;
	*ret = 0;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int op, void *arg)
{
	(void)base;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base)
{
	(void)base;
	return 512;
}

static int file_traits(sqlite3_file *base)
{
	(void)base;
	return 0;
}

static const sqlite3_io_methods file_methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_lock,
	.xCheckReservedLock = file_is_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_traits,
};

/* --- SQLite's methods of a file system --- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base,
		    int flags, int *ret_flags)
{
	struct handle *handle = (struct handle *)base;

	(void)vfs;
	handle->base.pMethods = NULL;
	handle->file = find_file(name ? name : "temporary",
				 flags & SQLITE_OPEN_CREATE);
	if (!handle->file)
		return SQLITE_CANTOPEN;
	handle->base.pMethods = &file_methods;
	if (ret_flags)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	struct file *file = find_file(name, false);

	(void)vfs;
	(void)sync;
	if (!file)
		return SQLITE_IOERR_DELETE_NOENT;
	if (befall() == MEMVFS_STOPPED)
		return SQLITE_IOERR_DELETE;
	record(file, OP_DELETE, 0, NULL, 0);
	file->exists = false;
	file->now.len = file->synced.len = 0;
	return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
	(void)vfs;
	(void)flags;
	*ret = find_file(name, false) != NULL;
	return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int size,
			 char *ret)
{
	(void)vfs;
	snprintf(ret, size, "%s", name);
	return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int len, char *ret)
{
	static uint32_t state = 1;

	(void)vfs;
	for (int i = 0; i < len; i++) {
		state = state * 1103515245 + 12345;
		ret[i] = (char)(state >> 16);
	}
	return len;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int vfs_time(sqlite3_vfs *vfs, double *ret)
{
	(void)vfs;
	*ret = 2460000.5;
	return SQLITE_OK;
}

void memvfs_register(void)
{
	mem.vfs = (sqlite3_vfs){
		.iVersion = 1,
		.szOsFile = sizeof(struct handle),
		.mxPathname = NAME_BYTES - 1,
		.zName = "memory",
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_path,
		.xRandomness = vfs_randomness,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_time,
	};
	sqlite3_vfs_register(&mem.vfs, 1);
}

void memvfs_reset(void)
{
	for (int i = 0; i < FILES_MAX; i++) {
		mem.files[i].exists = mem.files[i].unsynced = false;
		mem.files[i].now.len = mem.files[i].synced.len = 0;
	}
	mem.trouble = MEMVFS_NONE;
	mem.operations = 0;
}

void memvfs_keep(void)
{
	for (int i = 0; i < FILES_MAX; i++) {
		bytes_copy(&mem.kept[i], &mem.files[i].now);
		mem.kept_exists[i] = mem.files[i].exists;
	}
}

void memvfs_reset_to_kept(void)
{
	memvfs_reset();
	for (int i = 0; i < FILES_MAX; i++) {
		struct file *file = &mem.files[i];

		bytes_copy(&file->now, &mem.kept[i]);
		if (!mem.uncut)
			bytes_copy(&file->synced, &mem.kept[i]);
		file->exists = mem.kept_exists[i];
	}
}

void memvfs_set_trouble(enum memvfs_trouble trouble, uint64_t nth)
{
	mem.trouble = trouble;
	mem.trouble_at = mem.operations + nth;
	mem.once = false;
}

void memvfs_fail_once(enum memvfs_trouble trouble, uint64_t nth)
{
	memvfs_set_trouble(trouble, nth);
	mem.once = true;
}

bool memvfs_is_stopped(void)
{
	return mem.trouble == MEMVFS_STOPPED &&
	       mem.operations > mem.trouble_at;
}

void memvfs_never_cut(void)
{
	mem.uncut = true;
}

uint64_t memvfs_interrupted(void)
{
	return mem.interrupted;
}

uint64_t memvfs_operations(void)
{
	return mem.operations;
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

/* Of each 512-byte sector that was not synced, the old or the new stays; the
 * length is the old or the new one. */
static void lose(struct file *file, uint64_t *seed)
{
	struct bytes *now = &file->now, *old = &file->synced;
	size_t len = next_random(seed) % 2 ? now->len : old->len;

	for (size_t at = 0; at < now->len; at += 512) {
		size_t n = now->len - at < 512 ? now->len - at : 512;
		size_t have = at < old->len ? old->len - at : 0;

		if (next_random(seed) % 2)
			continue;
		memset(now->at + at, 0, n);
		if (have)
			memcpy(now->at + at, old->at + at,
			       have < n ? have : n);
	}
	bytes_resize(now, len);
	bytes_copy(old, now);
	file->unsynced = false;
}

void memvfs_power_cut(uint64_t seed)
{
	for (int i = 0; i < FILES_MAX; i++)
		if (mem.files[i].exists && mem.files[i].unsynced)
			lose(&mem.files[i], &seed);
}

/* --- recording --- */

void memvfs_record_start(void)
{
	for (int i = 0; i < FILES_MAX; i++) {
		bytes_copy(&mem.first[i], &mem.files[i].now);
		mem.first_exists[i] = mem.files[i].exists;
	}
	mem.op_count = 0;
	mem.op_bytes = 0;
	mem.recording = true;
}

uint64_t memvfs_record_bytes(void)
{
	return mem.op_bytes;
}

static void apply(const struct op *op, size_t len)
{
	struct file *file = &mem.files[op->file];

	switch (op->kind) {
	case OP_WRITE:
		file->exists = true;
		bytes_write(&file->now, op->offset, op->bytes, len);
		break;
	case OP_TRUNCATE:
		bytes_resize(&file->now, op->offset);
		break;
	case OP_DELETE:
		file->exists = false;
		file->now.len = 0;
		break;
	}
}

void memvfs_record_replay(uint64_t bytes)
{
	mem.recording = false;
	for (int i = 0; i < FILES_MAX; i++) {
		bytes_copy(&mem.files[i].now, &mem.first[i]);
		mem.files[i].exists = mem.first_exists[i];
	}
	for (size_t i = 0; i < mem.op_count; i++) {
		const struct op *op = &mem.ops[i];

		if (op->len > bytes) {
			if (bytes)
				apply(op, bytes);
			break;
		}
		apply(op, op->len);
		bytes -= op->len;
	}
	for (int i = 0; i < FILES_MAX; i++)
		touch(&mem.files[i], 0, FILE_BYTES_MAX);
}

void memvfs_record_free(void)
{
	for (size_t i = 0; i < mem.op_count; i++)
		free(mem.ops[i].bytes);
	free(mem.ops);
	mem.ops = NULL;
	mem.op_count = mem.op_cap = 0;
	mem.recording = false;
}

uint8_t *memvfs_bytes(const char *name_end, size_t *ret_len)
{
	size_t end = strlen(name_end);

	for (int i = 0; i < FILES_MAX; i++) {
		struct file *file = &mem.files[i];
		size_t len = strlen(file->name);

		if (!file->exists || len < end ||
		    strcmp(file->name + len - end, name_end) != 0)
			continue;
		*ret_len = file->now.len;
		return file->now.at;
	}
	return NULL;
}
