/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each way of setup would change on this host, or why it is not possible.
 * Changes nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/audit.h"
#include "port/conf.h"
#include "port/conf_parse.h"
#include "port/hvversion.h"
#include "port/setup.h"

#define CONFIG XENVIGIL_CONFIG_DIR "/xenvigil.conf"
#define OUR_XL SETUP_XL_DIR "/xl"
#define LOCAL_XL "/usr/local/sbin/xl"
#define DROP_IN_DIR "/etc/systemd/system/xendomains.service.d"
#define DROP_IN \
	"# Made by \"xenvigil setup\"; \"xenvigil setup --undo\" removes it.\n" \
	"[Service]\n" \
	"Environment=PATH=" SETUP_XL_DIR ":" AUDIT_SYSTEMD_DIRS "\n"

const char *const setup_plan_ways[] = { "adopt", "divert", "service", NULL };

/* One plan being made. */
struct making {
	const char *root;
	struct setup_plan *plan;
	struct text *why;
};

__attribute__((format(printf, 2, 3)))
static int refuse(const struct making *m, const char *fmt, ...)
{
	char line[2 * SETUP_PATH_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	text_printf(m->why, "%s\n", line);
	return -ECANCELED;
}

static struct setup_change *add(const struct making *m, enum setup_kind kind,
				const char *path, const char *to)
{
	struct setup_plan *plan = m->plan;
	struct setup_change *change = &plan->changes[plan->count];

	if (plan->count == SETUP_CHANGES_MAX)
		return NULL;
	change->kind = kind;
	change->path = strdup(path);
	change->to = to ? strdup(to) : NULL;
	plan->count++;
	return change->path && (!to || change->to) ? change : NULL;
}

static bool is_there(const struct making *m, const char *path,
		     struct stat *ret_st)
{
	char full[SETUP_PATH_BYTES];

	return setup_change_path(m->root, path, full) == 0 &&
	       lstat(full, ret_st) == 0;
}

/* DIR and what is above it, as far as they are not there. */
static int add_dir(const struct making *m, const char *dir)
{
	char part[SETUP_PATH_BYTES];
	struct stat st;

	text_copy(part, sizeof(part), dir);
	for (char *at = part; at; *at = '/') {
		at = strchr(at + 1, '/');
		if (at)
			*at = '\0';
		if (!is_there(m, part, &st) &&
		    !add(m, SETUP_DIR, part, NULL))
			return -ENOMEM;
		if (!at)
			break;
	}
	return 0;
}

static int read_file(const struct making *m, const char *path,
		     struct setup_file *ret_file)
{
	char full[SETUP_PATH_BYTES];
	int r = setup_change_path(m->root, path, full);

	memset(ret_file, 0, sizeof(*ret_file));
	if (r == 0)
		r = setup_file_read(full, ret_file);
	if (r == -ELOOP)
		return refuse(m, "%s: is a symbolic link, which setup does not "
			      "replace", path);
	if (r < 0)
		return refuse(m, "%s: %s", path, strerror(-r));
	return 0;
}

/* PATH gets the text AFTER; both become the plan's. */
static int add_file(const struct making *m, const char *path,
		    struct setup_file *before, struct text *after)
{
	struct setup_change *change = add(m, SETUP_FILE, path, NULL);

	if (!change || after->error) {
		setup_file_free(before);
		text_free(after);
		return -ENOMEM;
	}
	change->before = *before;
	change->after = *before;
	change->after.data = after->at;
	change->after.len = after->len;
	if (!before->exists) {
		change->after.exists = true;
		change->after.mode = 0644;
		change->after.uid = geteuid();
		change->after.gid = getegid();
	}
	return 0;
}

static int need_our_xl(const struct making *m)
{
	struct stat st;

	if (is_there(m, OUR_XL, &st))
		return 0;
	return refuse(m, OUR_XL ": is not there; install Xenvigil again");
}

/* --- adopt --- */

static bool says_xl(const struct text *after)
{
	struct settings *settings = settings_new();
	struct text why = { 0 };
	bool is = settings && conf_parse(CONFIG, after->at, after->len,
					 settings, NULL, &why) == 0 &&
		  settings->adopt == SETTINGS_ADOPT_XL;

	settings_free(settings);
	text_free(&why);
	return is;
}

/* -EALREADY: it is set; else the settings as they are can be read. */
static int look_at_settings(const struct making *m)
{
	struct settings *settings = NULL;
	char dir[SETUP_PATH_BYTES];
	int r = setup_change_path(m->root, XENVIGIL_CONFIG_DIR, dir);

	if (r == 0)
		r = conf_load(dir, &settings, m->why);
	if (r < 0)
		return -ECANCELED;
	r = settings->adopt == SETTINGS_ADOPT_XL ? -EALREADY : 0;
	settings_free(settings);
	return r;
}

static int plan_adopt(const struct making *m)
{
	struct text after = { 0 };
	struct setup_file file;
	int r = look_at_settings(m);

	if (r == -EALREADY) {
		text_append(&m->plan->notes, CONFIG ": adopt is \"xl\" already\n");
		return 0;
	}
	if (r == 0)
		r = read_file(m, CONFIG, &file);
	if (r < 0)
		return r;
	r = setup_text_adopt(file.data ?: "", file.len, &after);
	if (r < 0 || !says_xl(&after)) {
		setup_file_free(&file);
		text_free(&after);
		return refuse(m, CONFIG ": setup finds no place for "
			      "adopt = \"xl\"; set it by hand");
	}
	r = add_dir(m, XENVIGIL_CONFIG_DIR);
	return r ? r : add_file(m, CONFIG, &file, &after);
}

/* --- service --- */

static int plan_drop_in(const struct making *m)
{
	static const char path[] = DROP_IN_DIR "/xenvigil.conf";
	struct text after = { 0 };
	struct setup_file file;
	int r = read_file(m, path, &file);

	if (r < 0)
		return r;
	if (file.exists) {
		bool is_ours = strcmp(file.data, DROP_IN) == 0;

		setup_file_free(&file);
		if (!is_ours)
			return refuse(m, "%s: is there already", path);
		text_printf(&m->plan->notes, "%s: is there already\n", path);
		return 0;
	}
	text_append(&after, DROP_IN);
	r = add_dir(m, DROP_IN_DIR);
	return r ? r : add_file(m, path, &file, &after);
}

/* LINE at the end of the settings that the script reads. */
static int plan_settings(const struct making *m,
			 const struct setup_script *script, const char *line)
{
	struct text after = { 0 };
	struct setup_file file;
	int r = read_file(m, script->settings, &file);

	if (r < 0)
		return r;
	if (file.exists && strstr(file.data, line)) {
		setup_file_free(&file);
		text_printf(&m->plan->notes, "%s: has it already\n",
			    script->settings);
		return 0;
	}
	if (script->calls == SETUP_CALLS_CMD &&
	    (!file.exists || setup_text_sets(file.data, "CMD"))) {
		r = refuse(m, "%s: %s", script->settings, file.exists ?
			   "sets CMD already" : "is not there, and " \
			   "xendomains does nothing without it");
		setup_file_free(&file);
		return r;
	}
	setup_text_add(file.data ?: "", file.len, line, &after);
	return add_file(m, script->settings, &file, &after);
}

static int plan_service(const struct making *m)
{
	struct setup_script script;
	int r = need_our_xl(m);

	if (r < 0)
		return r;
	setup_host_script(m->root, &script);
	if (!script.path[0])
		return refuse(m, "there is no service xendomains here whose xl "
			      "could be replaced; --way adopt needs none");
	if (script.calls == SETUP_CALLS_CMD)
		return plan_settings(m, &script, "CMD=" OUR_XL);
	if (script.calls == SETUP_CALLS_FIXED)
		return refuse(m, "%s: runs xl by a path that no setting "
			      "changes; --way adopt needs none", script.path);
	if (setup_host_has_systemd(m->root))
		return plan_drop_in(m);
	if (!script.settings[0])
		return refuse(m, "%s: reads no file of settings that could set "
			      "PATH; --way adopt needs none", script.path);
	return plan_settings(m, &script, "PATH=" SETUP_XL_DIR ":$PATH");
}

/* --- divert --- */

/* Where /sbin is a link to /usr/sbin, packages bring what is in /usr/sbin. */
static const char *name_of_package(const struct making *m, const char *path,
				   char ret_path[SETUP_PATH_BYTES])
{
	char a[SETUP_PATH_BYTES], b[SETUP_PATH_BYTES];

	if (snprintf(ret_path, SETUP_PATH_BYTES, "/usr%s", path) <
	    SETUP_PATH_BYTES &&
	    setup_change_path(m->root, path, a) == 0 &&
	    setup_change_path(m->root, ret_path, b) == 0 &&
	    setup_file_is_one(a, b))
		return ret_path;
	return path;
}

/* The xl that services run; false: there is none. */
static bool find_xl(const struct making *m, char path[SETUP_PATH_BYTES],
		    struct stat *ret_st)
{
	const char *dirs = audit_start_service_dirs(
		setup_host_has_systemd(m->root));

	for (size_t len; *dirs; dirs += len + (dirs[len] == ':')) {
		char other[SETUP_PATH_BYTES];

		len = strcspn(dirs, ":");
		snprintf(path, SETUP_PATH_BYTES, "%.*s/xl", (int)len, dirs);
		if (is_there(m, path, ret_st)) {
			text_copy(other, sizeof(other), path);
			text_copy(path, SETUP_PATH_BYTES,
				  name_of_package(m, other, (char[SETUP_PATH_BYTES]){ 0 }));
			return true;
		}
	}
	return false;
}

static bool is_our_xl(const struct making *m, const char *path)
{
	char a[SETUP_PATH_BYTES], b[SETUP_PATH_BYTES];
	struct stat a_st, b_st;

	return setup_change_path(m->root, path, a) == 0 &&
	       setup_change_path(m->root, OUR_XL, b) == 0 &&
	       stat(a, &a_st) == 0 && stat(b, &b_st) == 0 &&
	       a_st.st_dev == b_st.st_dev && a_st.st_ino == b_st.st_ino;
}

/* A link that is put aside is no program called xl: xlv has to find what Debian
 * has apart for each Xen. */
static int need_other_xl(const struct making *m, const char *path)
{
	char version[HVVERSION_BYTES] = "*", pattern[SETUP_PATH_BYTES];

	if (!m->root[0] && hvversion_running(version))
		text_copy(version, sizeof(version), "*");
	snprintf(pattern, sizeof(pattern), "/usr/lib/xen-%s/bin/xl", version);
	if (setup_host_has(m->root, pattern, NULL))
		return 0;
	return refuse(m, "%s: is a link, and without it xlv would find no xl "
		      "(%s)", path, pattern);
}

/*
 * A local diversion, not one of our package: it is the administrator's choice on
 * this host, made while the package is installed, and it serves an installation
 * without a package too.  A relative link has to stay in its folder; a program
 * has to keep its name, by which its monitors are known.
 */
static int divert_by_dpkg(const struct making *m, const char *path,
			  const struct stat *st)
{
	char to[SETUP_PATH_BYTES] = SETUP_DIVERTED_DIR "/xl";
	int r = 0;

	if (strncmp(path, "/usr/local/", strlen("/usr/local/")) == 0)
		return refuse(m, "%s: is what services run, and is no "
			      "package's, so that nothing can be diverted",
			      path);
	if (S_ISLNK(st->st_mode)) {
		snprintf(to, sizeof(to), "%.*s.xenvigil",
			 SETUP_PATH_BYTES - 16, path);
		r = need_other_xl(m, path);
	} else if (S_ISREG(st->st_mode)) {
		r = add_dir(m, SETUP_DIVERTED_DIR);
	} else {
		r = refuse(m, "%s: is no program", path);
	}
	if (r == 0 && (!add(m, SETUP_DIVERT, path, to) ||
		       !add(m, SETUP_TAKE, path, to)))
		r = -ENOMEM;
	return r;
}

/* Where no package manager diverts: before the other xl in PATH. */
static int divert_by_path(const struct making *m, const char *path)
{
	const char *dirs = audit_start_service_dirs(
		setup_host_has_systemd(m->root));
	struct setup_script script;
	int r;

	if (strncmp(dirs, "/usr/local/sbin:", 16))
		return refuse(m, "this host has no dpkg-divert, and services "
			      "do not look for xl in /usr/local/sbin first "
			      "(they search %s)", dirs);
	if (strcmp(path, LOCAL_XL) == 0)
		return refuse(m, "%s: is what services run already", path);
	r = add_dir(m, "/usr/local/sbin");
	if (r == 0 && !add(m, SETUP_LINK, LOCAL_XL, OUR_XL))
		r = -ENOMEM;
	setup_host_script(m->root, &script);
	if (r == 0 && script.path[0] && script.calls == SETUP_CALLS_CMD)
		return plan_settings(m, &script, "CMD=" OUR_XL);
	text_printf(&m->plan->notes, "who runs %s by its full path still gets "
		    "it\n", path);
	return r;
}

static int plan_divert(const struct making *m)
{
	char path[SETUP_PATH_BYTES];
	struct stat st;
	int r = need_our_xl(m);

	if (r < 0)
		return r;
	if (!find_xl(m, path, &st))
		return refuse(m, "there is no xl here that services could run");
	if (is_our_xl(m, path)) {
		text_printf(&m->plan->notes, "%s: is xlv already\n", path);
		return 0;
	}
	return setup_host_has_dpkg(m->root) ? divert_by_dpkg(m, path, &st) :
					      divert_by_path(m, path);
}

/* --- all --- */

int setup_plan_make(const char *root, const char *way,
		    struct setup_plan *ret_plan, struct text *why)
{
	static int (*const makers[])(const struct making *m) = {
		plan_adopt, plan_divert, plan_service,
	};
	struct making m = { .root = root, .plan = ret_plan, .why = why };
	unsigned int index;
	int r;

	memset(ret_plan, 0, sizeof(*ret_plan));
	if (text_find(setup_plan_ways, TEXT_FIND_ALL, way, &index))
		return refuse(&m, "there is no such way");
	text_copy(ret_plan->way, sizeof(ret_plan->way), way);
	r = makers[index](&m);
	if (r < 0)
		setup_plan_free(ret_plan);
	return r;
}

void setup_plan_free(struct setup_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		setup_change_free(&plan->changes[i]);
	plan->count = 0;
	text_free(&plan->notes);
}
