/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What setup changes, in a file: written before the first change, removed after
 * the last one was taken back.  It holds the content of each file before and
 * after, by which an undo gives every byte back and knows what was edited.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/setup.h"

#define VERSION 1

static const char *const kinds[] = {
	[SETUP_FILE] = "file", [SETUP_DIR] = "directory",
	[SETUP_LINK] = "link", [SETUP_DIVERT] = "divert",
	[SETUP_TAKE] = "take",
};

/* --- to JSON --- */

static void put_text(json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, json_object_new_string(text));
}

static void put_number(json_object *to, const char *key, int64_t number)
{
	json_object_object_add(to, key, json_object_new_int64(number));
}

static void put_file(json_object *to, const char *key,
		     const struct setup_file *file)
{
	json_object *one;

	if (!file->exists)
		return;
	one = json_object_new_object();
	put_number(one, "mode", file->mode);
	put_number(one, "uid", file->uid);
	put_number(one, "gid", file->gid);
	json_object_object_add(one, "data",
			       json_object_new_string_len(file->data,
							  (int)file->len));
	json_object_object_add(to, key, one);
}

static json_object *from_plan(const struct setup_plan *plan)
{
	json_object *all = json_object_new_object();
	json_object *list = json_object_new_array();

	put_number(all, "version", VERSION);
	put_text(all, "way", plan->way);
	json_object_object_add(all, "made_state_dir",
			       json_object_new_boolean(plan->made_state_dir));
	for (size_t i = 0; i < plan->count; i++) {
		const struct setup_change *change = &plan->changes[i];
		json_object *one = json_object_new_object();

		put_text(one, "kind", kinds[change->kind]);
		put_text(one, "path", change->path);
		if (change->to)
			put_text(one, "to", change->to);
		put_file(one, "before", &change->before);
		put_file(one, "after", &change->after);
		json_object_array_add(list, one);
	}
	json_object_object_add(all, "changes", list);
	return all;
}

/* --- from JSON --- */

static int get_text(json_object *from, const char *key, char **ret_text)
{
	json_object *value = json_object_object_get(from, key);

	if (!json_object_is_type(value, json_type_string))
		return -EBADMSG;
	*ret_text = strdup(json_object_get_string(value));
	return *ret_text ? 0 : -ENOMEM;
}

static int64_t get_number(json_object *from, const char *key)
{
	return json_object_get_int64(json_object_object_get(from, key));
}

static int get_file(json_object *from, const char *key,
		    struct setup_file *file)
{
	json_object *one = json_object_object_get(from, key);
	json_object *data = json_object_object_get(one, "data");

	if (!one)
		return 0;
	if (!json_object_is_type(data, json_type_string))
		return -EBADMSG;
	file->len = (size_t)json_object_get_string_len(data);
	file->data = calloc(1, file->len + 1);
	if (!file->data)
		return -ENOMEM;
	memcpy(file->data, json_object_get_string(data), file->len);
	file->exists = true;
	file->mode = (mode_t)get_number(one, "mode");
	file->uid = (uid_t)get_number(one, "uid");
	file->gid = (gid_t)get_number(one, "gid");
	return 0;
}

static int get_change(json_object *from, struct setup_change *change)
{
	const char *kind = json_object_get_string(
		json_object_object_get(from, "kind"));
	unsigned int index;
	int r;

	if (!kind || text_find(kinds, ARRAY_LEN(kinds), kind, &index))
		return -EBADMSG;
	change->kind = (enum setup_kind)index;
	r = get_text(from, "path", &change->path);
	if (r == 0 && change->kind != SETUP_FILE && change->kind != SETUP_DIR)
		r = get_text(from, "to", &change->to);
	if (r == 0)
		r = get_file(from, "before", &change->before);
	if (r == 0)
		r = get_file(from, "after", &change->after);
	if (r == 0 && (change->path[0] != '/' ||
		       (change->kind == SETUP_FILE && !change->after.exists)))
		r = -EBADMSG;
	return r;
}

static int to_plan(json_object *all, struct setup_plan *plan)
{
	json_object *list = json_object_object_get(all, "changes");
	const char *way = json_object_get_string(
		json_object_object_get(all, "way"));
	int r = 0;

	if (get_number(all, "version") != VERSION || !way ||
	    !json_object_is_type(list, json_type_array) ||
	    json_object_array_length(list) > SETUP_CHANGES_MAX)
		return -EBADMSG;
	text_copy(plan->way, sizeof(plan->way), way);
	plan->made_state_dir = json_object_get_boolean(
		json_object_object_get(all, "made_state_dir"));
	for (size_t i = 0; i < json_object_array_length(list) && !r; i++) {
		plan->count++;
		r = get_change(json_object_array_get_idx(list, i),
			       &plan->changes[i]);
	}
	return r;
}

/* --- the file --- */

static int name_record(const char *root, char path[SETUP_PATH_BYTES],
		       struct text *why)
{
	int r = setup_change_path(root, SETUP_RECORD, path);

	return r < 0 ? setup_change_fail(why, SETUP_RECORD, strerror(-r), r) :
		       0;
}

int setup_record_read(const char *root, struct setup_plan *ret_plan,
		      struct text *why)
{
	char path[SETUP_PATH_BYTES];
	struct setup_file file;
	json_object *all;
	int r = name_record(root, path, why);

	memset(ret_plan, 0, sizeof(*ret_plan));
	if (r < 0)
		return r;
	r = setup_file_read(path, &file);
	if (r < 0)
		return setup_change_fail(why, SETUP_RECORD, strerror(-r), r);
	if (!file.exists)
		return -ENOENT;
	all = json_tokener_parse(file.data);
	r = all ? to_plan(all, ret_plan) : -EBADMSG;
	json_object_put(all);
	setup_file_free(&file);
	if (r < 0) {
		setup_plan_free(ret_plan);
		setup_change_fail(why, SETUP_RECORD, r == -EBADMSG ?
				  "is not a record of setup" : strerror(-r),
				  r);
	}
	return r;
}

int setup_record_write(const char *root, const struct setup_plan *plan,
		       struct text *why)
{
	struct setup_file file = { .mode = 0600, .uid = geteuid(),
				   .gid = getegid(), .exists = true };
	char path[SETUP_PATH_BYTES];
	json_object *all;
	int r = name_record(root, path, why);

	if (r < 0)
		return r;
	all = from_plan(plan);
	file.data = (char *)json_object_to_json_string_ext(
		all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	file.len = strlen(file.data);
	r = setup_file_write(path, &file);
	json_object_put(all);
	return r < 0 ? setup_change_fail(why, SETUP_RECORD, strerror(-r), r) :
		       0;
}

int setup_record_remove(const char *root, const struct setup_plan *plan,
			struct text *why)
{
	char path[SETUP_PATH_BYTES];
	int r = name_record(root, path, why);

	if (r < 0)
		return r;
	if (unlink(path) && errno != ENOENT)
		r = -errno;
	if (r == 0)
		r = setup_file_sync_dir_of(path);
	if (r < 0)
		return setup_change_fail(why, SETUP_RECORD, strerror(-r), r);
	setup_file_drop_rest(path);
	*strrchr(path, '/') = '\0';
	if (plan->made_state_dir)
		rmdir(path); /* the daemon may have begun to use it */
	return 0;
}

void setup_record_drop_rest(const char *root)
{
	char path[SETUP_PATH_BYTES];

	if (setup_change_path(root, SETUP_RECORD, path) == 0)
		setup_file_drop_rest(path);
}

/* The folder, and what is above it. */
static int make_dirs(char *path, bool *ret_made)
{
	*ret_made = false;
	for (char *at = path + 1; (at = strchr(at, '/')); at++) {
		int r;

		*at = '\0';
		r = mkdir(path, strchr(at + 1, '/') ? 0755 : 0700);
		*ret_made = r == 0;
		if (r && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	return 0;
}

int setup_record_lock(const char *root, struct setup_plan *plan,
		      struct text *why)
{
	char path[SETUP_PATH_BYTES];
	int fd, r = name_record(root, path, why);
	bool made;

	if (r < 0)
		return r;
	r = make_dirs(path, &made);
	plan->made_state_dir |= made;
	*strrchr(path, '/') = '\0';
	fd = r < 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0 && fd < 0)
		r = -errno;
	if (r < 0)
		return setup_change_fail(why, path, strerror(-r), r);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return setup_change_fail(why, path, "another setup is at work",
					 -EBUSY);
	}
	return fd;
}
