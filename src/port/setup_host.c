/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this host uses to start guests: the scripts called xendomains, files in
 * /etc/xen/auto, libvirt, Pacemaker, and units of the administrator's own.
 * Reads files, runs nothing.  Every name is escaped.
 */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/setup.h"

#define NAMES_MAX 8		/* of /etc/xen/auto, in one line */
#define AUTO "/etc/xen/auto"
#define CIB "/var/lib/pacemaker/cib/cib.xml"

struct survey {
	const char *root;
	void (*found)(void *ctx, const char *line);
	void *ctx;
};

static void tell(const struct survey *survey, struct text *line)
{
	survey->found(survey->ctx, text_get(line));
	text_free(line);
}

bool setup_host_has(const char *root, const char *pattern,
		    char ret_path[SETUP_PATH_BYTES])
{
	char path[SETUP_PATH_BYTES];
	glob_t found = { 0 };
	bool has = setup_change_path(root, pattern, path) == 0 &&
		   glob(path, 0, NULL, &found) == 0;

	if (has && ret_path)
		text_copy(ret_path, SETUP_PATH_BYTES,
			  found.gl_pathv[0] + strlen(root));
	globfree(&found);
	return has;
}

bool setup_host_has_systemd(const char *root)
{
	return setup_host_has(root, "/run/systemd/system", NULL);
}

bool setup_host_has_dpkg(const char *root)
{
	return setup_host_has(root, "/etc/debian_version", NULL) &&
	       access("/usr/bin/dpkg-divert", X_OK) == 0;
}

/* --- the script --- */

static int read_of(const char *root, const char *name,
		   struct setup_file *ret_file)
{
	char path[SETUP_PATH_BYTES];
	int r = setup_change_path(root, name, path);

	memset(ret_file, 0, sizeof(*ret_file));
	return r < 0 ? r : setup_file_read(path, ret_file);
}

/* "ExecStart=-/usr/lib/xen/bin/xendomains start" */
static bool program_of_unit(const char *root, const char *unit,
			    char path[SETUP_PATH_BYTES])
{
	struct setup_file file;
	const char *at;
	size_t len = 0;

	if (read_of(root, unit, &file) < 0 || !file.exists)
		return false;
	at = strstr(file.data, "\nExecStart=");
	if (at) {
		at += strlen("\nExecStart=");
		at += strspn(at, "@-:+!");
		len = strcspn(at, " \t\n");
		snprintf(path, SETUP_PATH_BYTES, "%.*s", (int)len, at);
	}
	setup_file_free(&file);
	return len && path[0] == '/';
}

static bool find_script(const char *root, char path[SETUP_PATH_BYTES])
{
	static const char *const units[] = {
		"/etc/systemd/system/xendomains.service",
		"/run/systemd/system/xendomains.service",
		"/usr/lib/systemd/system/xendomains.service",
		"/lib/systemd/system/xendomains.service",
	};
	static const char *const scripts[] = {
		"/etc/init.d/xendomains", "/etc/rc.d/init.d/xendomains",
		"/usr/libexec/xen/bin/xendomains",
		"/usr/lib/xen/bin/xendomains", "/usr/libexec/xendomains",
	};

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (setup_host_has_systemd(root) &&
		    program_of_unit(root, units[i], path))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
		if (setup_host_has(root, scripts[i], path))
			return true;
	return false;
}

void setup_host_script(const char *root, struct setup_script *ret_script)
{
	struct setup_file file;

	memset(ret_script, 0, sizeof(*ret_script));
	if (!find_script(root, ret_script->path))
		return;
	ret_script->calls = SETUP_CALLS_FIXED;
	if (read_of(root, ret_script->path, &file) < 0 || !file.exists)
		return; /* a program of another kind */
	ret_script->calls = setup_text_calls(file.data, ret_script->settings);
	setup_file_free(&file);
}

/* --- what there is --- */

static void append_name(struct text *line, const char *name)
{
	text_append_escaped(line, name, strlen(name));
}

static void look_at_script(const struct survey *survey)
{
	static const char *const links[] = {
		"/etc/systemd/system/*.wants/xendomains.service",
		"/etc/rc[2-5].d/S??xendomains", "/etc/runlevels/*/xendomains",
	};
	struct text line = { 0 };
	char path[SETUP_PATH_BYTES];
	bool enabled = false;

	if (!find_script(survey->root, path))
		return;
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		enabled |= setup_host_has(survey->root, links[i], NULL);
	text_append(&line, "the service xendomains (");
	append_name(&line, path);
	text_printf(&line, "), which is %s, for the files of " AUTO,
		    enabled ? "enabled" : "not enabled");
	tell(survey, &line);
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int is_domain_of_libvirt(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && strcmp(entry->d_name + len - 4, ".xml") == 0;
}

/* The names in DIR to LINE, at most NAMES_MAX.  Returns how many there are. */
static int list_names(const struct survey *survey, const char *dir,
		      int (*is_one)(const struct dirent *entry),
		      struct text *names)
{
	char path[SETUP_PATH_BYTES];
	struct dirent **list;
	int count = -1;

	if (setup_change_path(survey->root, dir, path) == 0)
		count = scandir(path, &list, is_one, alphasort);
	for (int i = 0; i < count; i++) {
		if (i < NAMES_MAX) {
			text_append(names, i ? ", " : ": ");
			append_name(names, list[i]->d_name);
		}
		free(list[i]);
	}
	if (count > NAMES_MAX)
		text_append(names, ", ...");
	if (count >= 0)
		free(list);
	return count;
}

static void look_at_dir(const struct survey *survey, const char *dir,
			int (*is_one)(const struct dirent *entry),
			const char *what)
{
	struct text names = { 0 }, line = { 0 };
	int count = list_names(survey, dir, is_one, &names);

	if (count > 0) {
		text_printf(&line, "%d %s%s in %s", count, what,
			    count == 1 ? "" : "s", dir);
		text_append(&line, text_get(&names));
		tell(survey, &line);
	}
	text_free(&names);
}

static void look_at_pacemaker(const struct survey *survey)
{
	struct text line = { 0 };
	struct setup_file file;
	unsigned int count = 0;
	int r = read_of(survey->root, CIB, &file);

	if (r == 0 && file.exists)
		for (const char *at = file.data;
		     (at = strstr(at, "type=\"Xen\"")); at++)
			count++;
	setup_file_free(&file);
	if (r < 0)
		text_printf(&line, "perhaps Pacemaker: " CIB
			    " cannot be read: %s", strerror(-r));
	else if (count)
		text_printf(&line, "Pacemaker: %u resource%s of the type Xen in "
			    CIB, count, count == 1 ? "" : "s");
	else
		return;
	tell(survey, &line);
}

/* The first line of PATH that starts a guest. */
static void look_into(const struct survey *survey, const char *path)
{
	struct text line = { 0 };
	struct setup_file file;

	if (read_of(survey->root, path, &file) < 0 || !file.exists)
		return;
	for (const char *at = file.data; *at;) {
		size_t len = strcspn(at, "\n");

		if (setup_text_starts_guest(at, len)) {
			append_name(&line, path);
			text_append(&line, ": ");
			text_append_escaped(&line, at, len);
			text_cut(&line, 300);
			tell(survey, &line);
			break;
		}
		at += len + (at[len] == '\n');
	}
	setup_file_free(&file);
}

static void look_at_own(const struct survey *survey)
{
	char pattern[SETUP_PATH_BYTES];
	glob_t found = { 0 };

	if (setup_change_path(survey->root, "/etc/systemd/system/*.service",
			      pattern) == 0 &&
	    glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			look_into(survey,
				  found.gl_pathv[i] + strlen(survey->root));
	globfree(&found);
	look_into(survey, "/etc/rc.local");
}

void setup_host_survey(const char *root,
		       void (*found)(void *ctx, const char *line), void *ctx)
{
	struct survey survey = { .root = root, .found = found, .ctx = ctx };

	look_at_script(&survey);
	look_at_dir(&survey, AUTO, is_shown, "file");
	look_at_dir(&survey, "/etc/libvirt/libxl/autostart",
		    is_domain_of_libvirt, "guest of libvirt");
	look_at_pacemaker(&survey);
	look_at_own(&survey);
}
