/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * zstd and zlib behind one call.  Keeps no page.
 */
#include "dump/core_squeeze.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "port/core_guest.h"

#define LEVEL 1

struct core_squeeze {
	ZSTD_CCtx *zstd;
	z_stream zlib;
	bool has_zlib;
};

struct core_squeeze *core_squeeze_open(bool zstd)
{
	struct core_squeeze *squeeze = calloc(1, sizeof(*squeeze));

	if (!squeeze)
		return NULL;
	if (zstd)
		squeeze->zstd = ZSTD_createCCtx();
	else
		squeeze->has_zlib = deflateInit(&squeeze->zlib, LEVEL) == Z_OK;
	if (squeeze->zstd || squeeze->has_zlib)
		return squeeze;
	free(squeeze);
	return NULL;
}

void core_squeeze_close(struct core_squeeze *squeeze)
{
	if (!squeeze)
		return;
	ZSTD_freeCCtx(squeeze->zstd);
	if (squeeze->has_zlib)
		deflateEnd(&squeeze->zlib);
	free(squeeze);
}

/* 0: it does not get smaller. */
static size_t by_zlib(z_stream *zlib, const unsigned char *page,
		      unsigned char *bytes)
{
	deflateReset(zlib);
	zlib->next_in = (unsigned char *)page;
	zlib->avail_in = CORE_PAGE_BYTES;
	zlib->next_out = bytes;
	zlib->avail_out = CORE_PAGE_BYTES - 1;
	return deflate(zlib, Z_FINISH) == Z_STREAM_END ? zlib->total_out : 0;
}

static size_t by_zstd(ZSTD_CCtx *zstd, const unsigned char *page,
		      unsigned char *bytes)
{
	size_t size = ZSTD_compressCCtx(zstd, bytes, CORE_PAGE_BYTES - 1, page,
					CORE_PAGE_BYTES, LEVEL);

	return ZSTD_isError(size) ? 0 : size;
}

size_t core_squeeze_page(struct core_squeeze *squeeze,
			 const unsigned char *page, unsigned char *ret_bytes)
{
	size_t size = squeeze->zstd ?
		by_zstd(squeeze->zstd, page, ret_bytes) :
		by_zlib(&squeeze->zlib, page, ret_bytes);

	if (size)
		return size;
	memcpy(ret_bytes, page, CORE_PAGE_BYTES);
	return CORE_PAGE_BYTES;
}
