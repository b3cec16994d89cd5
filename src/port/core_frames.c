/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the frames.  libxc maps one page a call and tries every frame up to
 * the special pages just below 4 GiB: a million calls that fail for a small
 * guest.  Here a call takes 1024, and what is found is counted.
 */
#include "port/core_frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In the hole below 4 GiB: a video card's memory, ACPI tables (for PVH from
 * 0xfc000 on), ioreq, xenstore and console pages.  All else there is empty. */
#define SPECIAL_FIRST 0xf0000ull
#define SPECIAL_END 0xff000ull
/* Of what the hypervisor counts this may be there: 16 MiB of a video card, and
 * some more.  It is no memory of a kernel's. */
#define NOT_RAM 4352u
/* Of so many calls that find nothing, one is followed by the question whether
 * the domain is still there. */
#define EMPTY_CALLS 32u
/* A guest can place a page at any number.  A walk ends after this many calls
 * without a page (a hole of 512 GiB), plus four for each call that the guest's
 * pages need. */
#define EMPTY_MOST (1u << 17)
#define EMPTY_EACH 4u
/* Frames of 128 MiB, the unit in which Linux adds memory; and the number of the
 * last units that are searched. */
#define SECTION 0x8000ull
#define SHARED_PER_SECTION 32u
#define FOUR_GIB (1ull << (32 - XC_PAGE_SHIFT))

struct core_frames {
	struct core_map *map;
	uint64_t tot_pages, found;
	bool limits_zeros;
	uint64_t zeros_left;
	const struct core_first *taken;	/* NULL: none is yet */
	int (*each)(void *ctx, struct core_batch *batch);
	void *ctx;
	bool there[CORE_BATCH];
	size_t (*wanted)(const unsigned char *page); /* NULL: all are */
	size_t (*wanted_first)(const unsigned char *page); /* NULL: the same */
	size_t more;		/* wanted after the one before */
	uint64_t more_pfn;
	const uint64_t *pfn, *gmfn; /* under way, by place */
	bool (*is_going)(void *source);	/* NULL: it stays */
	void *source;
	unsigned long empty_calls;
	struct core_batch batch;
};

int core_frames_open(struct core_map *map, uint64_t tot_pages,
		     int (*each)(void *ctx, struct core_batch *batch),
		     void *ctx, struct core_frames **ret_frames)
{
	struct core_frames *frames = calloc(1, sizeof(*frames));

	if (frames)
		frames->batch.pages = core_pages_new();
	if (!frames || !frames->batch.pages) {
		free(frames);
		return -ENOMEM;
	}
	frames->map = map;
	frames->tot_pages = tot_pages;
	frames->each = each;
	frames->ctx = ctx;
	*ret_frames = frames;
	return 0;
}

void core_frames_close(struct core_frames *frames)
{
	if (!frames)
		return;
	core_pages_free(frames->batch.pages);
	free(frames);
}

static bool has_all(const struct core_frames *frames)
{
	return frames->found >= frames->tot_pages;
}

bool core_frames_done(const struct core_frames *frames)
{
	return has_all(frames) ||
	       frames->empty_calls >= EMPTY_MOST +
			frames->tot_pages / CORE_BATCH * EMPTY_EACH;
}

void core_frames_limit_zeros(struct core_frames *frames, uint64_t most)
{
	frames->limits_zeros = true;
	frames->zeros_left = most;
}

static bool counts(struct core_frames *frames, const unsigned char *page)
{
	static const unsigned char zero[CORE_PAGE_BYTES];

	if (!frames->limits_zeros || memcmp(page, zero, sizeof(zero)))
		return true;
	if (!frames->zeros_left)
		return false;
	frames->zeros_left--;
	return true;
}

/* Closes the gaps of those that were not there. */
static void pack(struct core_frames *frames, const uint64_t *pfn,
		 const uint64_t *gmfn, size_t count)
{
	struct core_batch *batch = &frames->batch;
	size_t to = 0;

	for (size_t i = 0; i < count; i++) {
		if (!frames->there[i] || has_all(frames) ||
		    !counts(frames, batch->pages + i * CORE_PAGE_BYTES))
			continue;
		if (to != i)
			memcpy(batch->pages + to * CORE_PAGE_BYTES,
			       batch->pages + i * CORE_PAGE_BYTES,
			       CORE_PAGE_BYTES);
		batch->pfn[to] = pfn[i];
		batch->gmfn[to++] = gmfn[i];
		frames->found++;
	}
	batch->count = to;
}

void core_frames_pick(struct core_frames *frames,
		      size_t (*wanted)(const unsigned char *page))
{
	frames->wanted = wanted;
}

void core_frames_pick_first(struct core_frames *frames,
			    size_t (*wanted)(const unsigned char *page))
{
	frames->wanted_first = wanted;
}

void core_frames_watch(struct core_frames *frames,
		       bool (*is_going)(void *source), void *source)
{
	frames->is_going = is_going;
	frames->source = source;
}

static void look_at_page(void *ctx, size_t at, const unsigned char *page)
{
	struct core_frames *frames = ctx;
	struct core_batch *batch = &frames->batch;
	size_t wanted;

	if (has_all(frames) || !counts(frames, page))
		return;
	frames->found++;
	wanted = frames->wanted(page);
	if (wanted)
		frames->more = wanted;
	else if (frames->more && frames->pfn[at] != frames->more_pfn)
		frames->more = 0;
	if (!frames->more || batch->count == CORE_BATCH)
		return;
	frames->more--;
	frames->more_pfn = frames->pfn[at] + 1;
	batch->pfn[batch->count] = frames->pfn[at];
	batch->gmfn[batch->count] = frames->gmfn[at];
	memcpy(batch->pages + batch->count++ * CORE_PAGE_BYTES, page,
	       CORE_PAGE_BYTES);
}

int core_frames_flush(struct core_frames *frames)
{
	int r = frames->batch.count ?
		frames->each(frames->ctx, &frames->batch) : 0;

	frames->batch.count = 0;
	return r;
}

/* What goes on in the next ones is handed on with them. */
static int take_wanted(struct core_frames *frames, const uint64_t *pfn,
		       const uint64_t *gmfn, size_t count)
{
	int r;

	frames->pfn = pfn;
	frames->gmfn = gmfn;
	r = core_map_view(frames->map, gmfn, count, look_at_page, frames);
	if (r < 0)
		return r;
	return frames->more && frames->batch.count < CORE_BATCH ?
		0 : core_frames_flush(frames);
}

static int take_all(struct core_frames *frames, const uint64_t *pfn,
		    const uint64_t *gmfn, size_t count)
{
	int r;

	if (!frames->found)
		core_pages_ready(frames->batch.pages);
	r = core_map_copy(frames->map, gmfn, count, frames->batch.pages,
			  frames->there);
	if (r <= 0)
		return r;
	pack(frames, pfn, gmfn, count);
	return core_frames_flush(frames);
}

/* One that is torn down loses its pages while they are looked for: the rest of
 * the search would be for nothing. */
static int check_going(struct core_frames *frames)
{
	bool ask = frames->empty_calls++ % EMPTY_CALLS == 0;

	return ask && frames->is_going && frames->is_going(frames->source) ?
	       CORE_GUEST_GOING : 0;
}

int core_frames_take(struct core_frames *frames, const uint64_t *pfn,
		     const uint64_t *gmfn, size_t count)
{
	uint64_t before = frames->found;
	int r = frames->wanted ? take_wanted(frames, pfn, gmfn, count) :
				 take_all(frames, pfn, gmfn, count);

	return r == 0 && frames->found == before ? check_going(frames) : r;
}

int core_frames_put_first(struct core_frames *frames,
			  const struct core_first *first)
{
	size_t (*wanted)(const unsigned char *page) = frames->wanted;
	uint64_t pfn[CORE_BATCH];
	size_t at = 0, count;
	int r = 0;

	if (frames->wanted_first)
		frames->wanted = frames->wanted_first;
	while (r == 0 && !core_frames_done(frames) &&
	       (count = core_first_next(first, &at, pfn)))
		r = core_frames_take(frames, pfn, pfn, count);
	frames->wanted = wanted;
	frames->taken = first;
	return r;
}

/* Those from FIRST to END that were not taken in before. */
static size_t list_range(const struct core_frames *frames, uint64_t first,
			 uint64_t end, uint64_t *ret_pfn)
{
	size_t count = 0;

	for (; first < end; first++)
		if (!frames->taken || !core_first_has(frames->taken, first))
			ret_pfn[count++] = first;
	return count;
}

/* *AT goes from where it is to END, or to where all are found. */
static int walk_range(struct core_frames *frames, uint64_t *at, uint64_t end)
{
	uint64_t pfn[CORE_BATCH];
	int r = 0;

	while (r == 0 && *at < end && !core_frames_done(frames)) {
		uint64_t next = end - *at < CORE_BATCH ? end : *at + CORE_BATCH;
		size_t count = list_range(frames, *at, next, pfn);

		r = count ? core_frames_take(frames, pfn, pfn, count) : 0;
		*at = next;
	}
	return r;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * The guest's grant table is the hypervisor's own memory, which its count leaves
 * out.  Linux has it in the free frames at the end of a section that it sets up
 * for what is no RAM.
 */
static int walk_shared(struct core_frames *frames, uint64_t first, uint64_t end)
{
	uint64_t pfn[CORE_BATCH], counted = frames->tot_pages;
	size_t count = 0;
	int r = 0;

	_Static_assert(SPECIAL_FIRST / SECTION * SHARED_PER_SECTION <= CORE_BATCH,
		       "one call takes them all");
	for (uint64_t last = SECTION; last <= SPECIAL_FIRST; last += SECTION) {
		uint64_t at = last - SHARED_PER_SECTION;

		count += list_range(frames, at > first ? at : first,
				    least(last, end), pfn + count);
	}
	frames->tot_pages = frames->found + CORE_GUEST_SHARED;
	if (count)
		r = core_frames_take(frames, pfn, pfn, count);
	frames->tot_pages = counted;
	return r == CORE_GUEST_GOING ? 0 : r; /* all that counts is there */
}

/* Sixty calls find a few pages, of which a search wants none. */
static bool is_needless(const struct core_frames *frames, bool ram)
{
	return frames->wanted &&
	       (!ram || frames->found + NOT_RAM >= frames->tot_pages);
}

/* Every frame is in one range; likely ranges come first. */
int core_frames_walk(struct core_frames *frames, uint64_t end_pfn)
{
	uint64_t low = least(frames->tot_pages + CORE_BATCH, SPECIAL_FIRST);
	struct { uint64_t at, end; bool ram; } ranges[] = {
		{ 0, low, true },
		{ SPECIAL_FIRST, SPECIAL_END, false },
		{ FOUR_GIB, UINT64_MAX, true },
		{ low, SPECIAL_FIRST, true },
		{ SPECIAL_END, FOUR_GIB, false },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(ranges) / sizeof(*ranges); i++)
		if (i == 0 || !is_needless(frames, ranges[i].ram))
			r = walk_range(frames, &ranges[i].at,
				       least(ranges[i].end, end_pfn));
	return r || frames->wanted ? r :
	       walk_shared(frames, ranges[3].at, end_pfn);
}
