/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which file is the real xl.  A link to this program is known by device and
 * inode.  A script that runs this program is known once it has done so, by a
 * variable that names the files that were run with the same words.
 */
#include "port/xlfind.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "port/hvversion.h"
#include "port/setup.h"

#define XL "xl"
/* As the shell of a login of root has them; PATH need not be set. */
#define USUAL_DIRS "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:" \
	"/usr/bin:/bin"
#define FILES_MAX 64

struct file {
	dev_t device;
	ino_t inode;
};

struct file_list {
	struct file file[FILES_MAX];
	size_t count;
};

/* What the run around this one has left in the environment. */
struct past {
	unsigned int depth;
	uint64_t words;
	struct file_list ran; /* with those words */
};

struct xlfind {
	bool named;
	char *dirs, *next_dir;
	char *path;
	struct file current; /* what PATH is */
	struct file self;
	struct file_list seen;
	struct past past;
	uint64_t words;
	struct text passed_over;
};

/* --- files --- */

static bool has_file(const struct file_list *list, const struct file *file)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->file[i].device == file->device &&
		    list->file[i].inode == file->inode)
			return true;
	return false;
}

static void add_file(struct file_list *list, const struct file *file)
{
	if (list->count < FILES_MAX)
		list->file[list->count++] = *file;
}

static bool is_self(const struct xlfind *find)
{
	return find->current.device == find->self.device &&
	       find->current.inode == find->self.inode;
}

static void find_self(struct file *ret_self)
{
	const char *path = (const char *)getauxval(AT_EXECFN);
	struct stat st;

	if (stat("/proc/self/exe", &st) && (!path || stat(path, &st)))
		return;
	ret_self->device = st.st_dev;
	ret_self->inode = st.st_ino;
}

/* --- the variable: DEPTH:WORDS:DEVICE-INODE,DEVICE-INODE,... --- */

/* FNV-1a, each word with its NUL. */
static uint64_t hash_words(char *const words[])
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *words; words++)
		for (size_t i = 0, len = strlen(*words) + 1; i < len; i++)
			hash = (hash ^ (unsigned char)(*words)[i]) *
			       UINT64_C(0x100000001b3);
	return hash;
}

static bool parse_files(const char *at, struct file_list *list)
{
	uint64_t device, inode;
	int end = 0;

	for (; *at; at += end + (at[end] == ',')) {
		if (sscanf(at, "%" SCNx64 "-%" SCNx64 "%n", &device, &inode,
			   &end) != 2 || (at[end] && at[end] != ','))
			return false;
		add_file(list, &(struct file){ .device = device,
					       .inode = inode });
	}
	return true;
}

static void read_past(struct past *past)
{
	const char *value = getenv(XLFIND_VARIABLE);
	struct past found = { 0 };
	int end = 0;

	if (value && sscanf(value, "%4u:%" SCNx64 ":%n", &found.depth,
			    &found.words, &end) == 2 && end &&
	    parse_files(value + end, &found.ran))
		*past = found;
}

int xlfind_export(struct xlfind *find, char *const words[])
{
	struct file_list ran = { 0 };
	struct text text = { 0 };
	int r;

	if (xlfind_led_back(find))
		ran = find->past.ran;
	add_file(&ran, &find->current);
	text_printf(&text, "%u:%" PRIx64 ":", find->past.depth + 1,
		    hash_words(words));
	for (size_t i = 0; i < ran.count; i++)
		text_printf(&text, "%s%" PRIx64 "-%" PRIx64, i ? "," : "",
			    (uint64_t)ran.file[i].device,
			    (uint64_t)ran.file[i].inode);
	r = text.error;
	if (r == 0 && setenv(XLFIND_VARIABLE, text_get(&text), 1))
		r = -errno;
	text_free(&text);
	return r;
}

bool xlfind_led_back(const struct xlfind *find)
{
	return find->past.ran.count && find->past.words == find->words;
}

bool xlfind_is_endless(const struct xlfind *find)
{
	return find->past.depth >= XLFIND_DEPTH_MAX;
}

/* --- the search --- */

/* Debian keeps the tools of each Xen apart, and has a script find them. */
static char *list_dirs(void)
{
	const char *path = getenv("PATH");
	char version[HVVERSION_BYTES], *dirs;
	bool known = hvversion_running(version) == 0;

	if (asprintf(&dirs, "%s%s" USUAL_DIRS ":" SETUP_DIVERTED_DIR "%s%s%s",
		     path ? path : "",
		     path && path[0] ? ":" : "", known ? ":/usr/lib/xen-" : "",
		     known ? version : "", known ? "/bin" : "") < 0)
		return NULL;
	return dirs;
}

struct xlfind *xlfind_open(const char *named, char *const words[])
{
	struct xlfind *find = calloc(1, sizeof(*find));

	if (!find)
		return NULL;
	find->dirs = named[0] ? strdup(named) : list_dirs();
	if (!find->dirs) {
		free(find);
		return NULL;
	}
	find->next_dir = find->dirs;
	find->named = named[0];
	find->words = hash_words(words);
	find_self(&find->self);
	read_past(&find->past);
	return find;
}

void xlfind_close(struct xlfind *find)
{
	text_free(&find->passed_over);
	free(find->path);
	free(find->dirs);
	free(find);
}

static void pass_over(struct xlfind *find, const char *why)
{
	text_append_escaped(&find->passed_over, find->path,
			    strlen(find->path));
	text_printf(&find->passed_over, ": %s\n", why);
}

void xlfind_note_failed(struct xlfind *find, int error)
{
	pass_over(find, strerror(error));
}

/* Names the next place in PATH; false: there is none. */
static bool name_next(struct xlfind *find)
{
	const char *dir = find->next_dir;

	if (!dir)
		return false;
	free(find->path);
	find->path = NULL;
	if (find->named) {
		find->next_dir = NULL;
		find->path = strdup(dir);
	} else {
		dir = strsep(&find->next_dir, ":");
		if (asprintf(&find->path, "%s/" XL, dir[0] ? dir : ".") < 0)
			find->path = NULL;
	}
	return find->path;
}

/* The daemon knows a monitor by the name of the file that it runs. */
static bool has_its_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, XL);
}

static const char *why_not(const struct xlfind *find, const struct stat *st)
{
	if (is_self(find))
		return "is this program";
	if (xlfind_led_back(find) &&
	    has_file(&find->past.ran, &find->current))
		return "runs this program again";
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (!has_its_name(find->path))
		return "has another name than xl: its monitors would not be "
		       "known";
	return access(find->path, X_OK) ? strerror(errno) : NULL;
}

static bool can_be_it(struct xlfind *find)
{
	const char *why;
	struct stat st;

	if (stat(find->path, &st)) {
		if (errno != ENOENT || find->named)
			pass_over(find, strerror(errno));
		return false;
	}
	find->current = (struct file){ .device = st.st_dev,
				       .inode = st.st_ino };
	if (has_file(&find->seen, &find->current))
		return false;
	add_file(&find->seen, &find->current);
	why = why_not(find, &st);
	if (why)
		pass_over(find, why);
	return !why;
}

const char *xlfind_next(struct xlfind *find)
{
	while (name_next(find))
		if (can_be_it(find))
			return find->path;
	return NULL;
}

const char *xlfind_passed_over(const struct xlfind *find)
{
	return text_get(&find->passed_over);
}
