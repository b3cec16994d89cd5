/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One change of setup: done, taken back, and looked at.  Each may be interrupted
 * at any point and then done again or taken back.  What somebody else changed
 * since is never touched.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/setup.h"

#define DPKG_DIVERT "/usr/bin/dpkg-divert"

/* The paths of a change with the root before them. */
struct place {
	char path[SETUP_PATH_BYTES], to[SETUP_PATH_BYTES];
};

int setup_change_fail(struct text *why, const char *path, const char *reason,
		      int rc)
{
	text_append_escaped(why, path, strlen(path));
	text_printf(why, ": %s\n", reason);
	return rc;
}

static int fail_errno(struct text *why, const char *path, int rc)
{
	return setup_change_fail(why, path, strerror(-rc), rc);
}

int setup_change_path(const char *root, const char *path,
		      char ret_path[SETUP_PATH_BYTES])
{
	int len = snprintf(ret_path, SETUP_PATH_BYTES, "%s%s", root, path);

	return path[0] == '/' && len < SETUP_PATH_BYTES ? 0 : -ENAMETOOLONG;
}

static int find_place(const char *root, const struct setup_change *change,
		      struct place *ret_place, struct text *why)
{
	int r = setup_change_path(root, change->path, ret_place->path);

	ret_place->to[0] = '\0';
	if (r == 0 && change->kind == SETUP_TAKE)
		r = setup_change_path(root, change->to, ret_place->to);
	return r < 0 ? fail_errno(why, change->path, r) : 0;
}

void setup_change_free(struct setup_change *change)
{
	free(change->path);
	free(change->to);
	setup_file_free(&change->before);
	setup_file_free(&change->after);
}

/* --- looking --- */

static bool is_same(const struct setup_file *a, const struct setup_file *b)
{
	if (!a->exists || !b->exists)
		return a->exists == b->exists;
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static int look_at_file(const char *path, const struct setup_change *change,
			enum setup_state *ret_state)
{
	struct setup_file now;
	int r = setup_file_read(path, &now);

	if (r == -ELOOP || r == -EINVAL || r == -EFBIG) /* another's */
		return 0;
	if (r < 0)
		return r;
	if (is_same(&now, &change->after))
		*ret_state = SETUP_AFTER;
	else if (is_same(&now, &change->before))
		*ret_state = SETUP_BEFORE;
	setup_file_free(&now);
	return 0;
}

static int look_at_dir(const char *path, enum setup_state *ret_state)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		*ret_state = S_ISDIR(st.st_mode) ? SETUP_AFTER : SETUP_OTHER;
	else if (errno == ENOENT)
		*ret_state = SETUP_BEFORE;
	else
		return -errno;
	return 0;
}

static bool leads_to(const char *path, const char *target)
{
	char found[SETUP_PATH_BYTES];
	ssize_t len = readlink(path, found, sizeof(found));

	return len == (ssize_t)strlen(target) &&
	       memcmp(found, target, (size_t)len) == 0;
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static enum setup_state look_at_link(const struct place *place,
				     const char *target)
{
	if (leads_to(place->path, target))
		return SETUP_AFTER;
	return is_there(place->path) ? SETUP_OTHER : SETUP_BEFORE;
}

/* Half done: both names are one file. */
static enum setup_state look_at_taken(const struct place *place)
{
	if (leads_to(place->path, SETUP_XL_DIR "/xl"))
		return SETUP_AFTER;
	if (!is_there(place->to) || setup_file_is_one(place->path, place->to))
		return SETUP_BEFORE;
	return SETUP_OTHER;
}

/* dpkg-divert of ROOT with WORDS; returns its status, or -errno. */
static int run_divert(const char *root, char *const words[], char *said,
		      size_t size)
{
	char option[SETUP_PATH_BYTES + 16];
	char *argv[12] = { DPKG_DIVERT, option };
	size_t count = root[0] ? 2 : 1;

	snprintf(option, sizeof(option), "--root=%s", root);
	while (*words && count < ARRAY_LEN(argv) - 1)
		argv[count++] = *words++;
	argv[count] = NULL;
	return setup_run(argv, said, size);
}

static int fail_divert(struct text *why, int r, const char *said)
{
	if (r < 0)
		return fail_errno(why, DPKG_DIVERT, r);
	return setup_change_fail(why, DPKG_DIVERT, said[0] ? said :
				 "it failed", -EIO);
}

static int look_at_divert(const char *root, const struct setup_change *change,
			  enum setup_state *ret_state, struct text *why)
{
	char said[SETUP_PATH_BYTES];
	char *const words[] = { "--truename", change->path, NULL };
	int r = run_divert(root, words, said, sizeof(said));

	if (r)
		return fail_divert(why, r, said);
	if (strcmp(said, change->to) == 0)
		*ret_state = SETUP_AFTER;
	else if (strcmp(said, change->path) == 0)
		*ret_state = SETUP_BEFORE;
	return 0;
}

int setup_change_state(const char *root, const struct setup_change *change,
		       enum setup_state *ret_state, struct text *why)
{
	struct place place;
	int r = find_place(root, change, &place, why);

	*ret_state = SETUP_OTHER;
	if (r < 0)
		return r;
	if (change->kind == SETUP_DIVERT)
		return look_at_divert(root, change, ret_state, why);
	if (change->kind == SETUP_FILE)
		r = look_at_file(place.path, change, ret_state);
	else if (change->kind == SETUP_DIR)
		r = look_at_dir(place.path, ret_state);
	else if (change->kind == SETUP_LINK)
		*ret_state = look_at_link(&place, change->to);
	else
		*ret_state = look_at_taken(&place);
	return r < 0 ? fail_errno(why, change->path, r) : 0;
}

/* --- doing --- */

static int make_dir(const char *path)
{
	if (mkdir(path, 0755))
		return errno == EEXIST ? 0 : -errno;
	return setup_file_sync_dir_of(path);
}

/* The old file has a second name before it loses its first: at any moment there
 * is an xl. */
static int take(const struct place *place)
{
	int r = 0;

	if (!is_there(place->to)) {
		if (link(place->path, place->to))
			return -errno;
		r = setup_file_sync_dir_of(place->to);
	}
	return r ? r : setup_file_link(place->path, SETUP_XL_DIR "/xl");
}

static int divert(const char *root, const struct setup_change *change,
		  bool undo, struct text *why)
{
	char said[SETUP_PATH_BYTES];
	char *const add[] = { "--local", "--no-rename", "--divert", change->to,
			      "--add", change->path, NULL };
	char *const drop[] = { "--local", "--no-rename", "--divert",
			       change->to, "--remove", change->path, NULL };
	int r = run_divert(root, undo ? drop : add, said, sizeof(said));

	return r ? fail_divert(why, r, said) : 0;
}

int setup_change_do(const char *root, const struct setup_change *change,
		    struct text *why)
{
	struct place place;
	int r = find_place(root, change, &place, why);

	if (r < 0)
		return r;
	switch (change->kind) {
	case SETUP_DIVERT:
		return divert(root, change, false, why);
	case SETUP_FILE:
		r = setup_file_write(place.path, &change->after);
		break;
	case SETUP_DIR:
		r = make_dir(place.path);
		break;
	case SETUP_LINK:
		r = setup_file_link(place.path, change->to);
		break;
	case SETUP_TAKE:
		r = take(&place);
		break;
	}
	return r < 0 ? fail_errno(why, change->path, r) : 0;
}

/* --- taking back --- */

static int remove_name(const char *path)
{
	if (unlink(path) && errno != ENOENT)
		return -errno;
	return setup_file_sync_dir_of(path);
}

/* One that others have put something into stays. */
static int remove_dir(const char *path)
{
	if (rmdir(path) == 0)
		return setup_file_sync_dir_of(path);
	return errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST ? 0 :
									  -errno;
}

/* Without the diverted file the package that brought it is gone. */
static int give_back(const struct place *place)
{
	int r;

	if (!leads_to(place->path, SETUP_XL_DIR "/xl"))
		return setup_file_is_one(place->path, place->to) ?
			remove_name(place->to) : 0;
	if (!is_there(place->to))
		return remove_name(place->path);
	if (rename(place->to, place->path))
		return -errno;
	r = setup_file_sync_dir_of(place->to);
	return r ? r : setup_file_sync_dir_of(place->path);
}

/* Setup keeps owner and mode: other ones are somebody's wish since. */
static int undo_file(const char *path, const struct setup_change *change)
{
	struct setup_file file = change->before;
	struct stat st;

	if (!change->before.exists)
		return remove_name(path);
	if (lstat(path, &st))
		return -errno;
	file.mode = st.st_mode & 07777;
	file.uid = st.st_uid;
	file.gid = st.st_gid;
	return setup_file_write(path, &file);
}

/* Of what was never done, the rest of an interrupted attempt. */
static int undo_none(const struct setup_change *change,
		     const struct place *place)
{
	return change->kind == SETUP_TAKE ? give_back(place) : 0;
}

static int undo(const struct setup_change *change, const struct place *place)
{
	switch (change->kind) {
	case SETUP_FILE:
		return undo_file(place->path, change);
	case SETUP_DIR:
		return remove_dir(place->path);
	case SETUP_LINK:
		return remove_name(place->path);
	default:
		return give_back(place);
	}
}

int setup_change_undo(const char *root, const struct setup_change *change,
		      struct text *why)
{
	enum setup_state state;
	struct place place;
	int r = find_place(root, change, &place, why);

	if (r == 0)
		r = setup_change_state(root, change, &state, why);
	if (r < 0)
		return r;
	setup_file_drop_rest(place.path);
	if (state == SETUP_OTHER)
		return 0;
	if (change->kind == SETUP_DIVERT)
		return state == SETUP_AFTER ? divert(root, change, true, why) :
					      0;
	r = state == SETUP_BEFORE ? undo_none(change, &place) :
				    undo(change, &place);
	return r < 0 ? fail_errno(why, change->path, r) : 0;
}
