/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's command line, and the choice of the role.  No logic.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "port/conf.h"
#include "port/hostprobe.h"
#include "port/version.h"
#include "role/roles.h"
#include "role/unit.h"

static const char usage[] =
	"Usage: xenvigild [OPTION]...\n"
	"Supervise the domains of this Xen host: act when one shuts down or\n"
	"crashes, as its configuration says.  Stays in the foreground.\n"
	"\n"
	"  -c, --config-dir DIR  read DIR/xenvigil.conf and DIR/domains.d\n"
	"                        (default " XENVIGIL_CONFIG_DIR ")\n"
	"      --check-config    read the configuration, name its faults, end\n"
	"      --list-settings   print every setting with its meaning\n"
	"  -h, --help            print this\n"
	"  -V, --version         print the version\n"
	"\n"
	"SIGHUP reads the configuration again; SIGTERM ends the daemon and\n"
	"leaves every domain as it is.\n";

enum { OPT_CHECK = 256, OPT_SETTINGS, OPT_ROLE, OPT_LOG };

static const struct option options[] = {
	{ "config-dir", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, OPT_CHECK },
	{ "list-settings", no_argument, NULL, OPT_SETTINGS },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	/* For the keeper's children only.  A child in its own unit gets the
	 * log's settings from the keeper: "wire". */
	{ "role", required_argument, NULL, OPT_ROLE },
	{ "log", required_argument, NULL, OPT_LOG },
	{ 0 },
};

static int check_config(const char *dir)
{
	struct settings *settings;
	struct text why = { 0 };
	int r = conf_load(dir, &settings, &why);

	if (r < 0)
		fprintf(stderr, "%s\n", text_get(&why));
	else
		settings_free(settings);
	text_free(&why);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int list_settings(void)
{
	for (unsigned int i = 0; i < settings_keys_count; i++)
		printf("%-24s %s%s\n", settings_keys[i].name,
		       settings_keys[i].meaning,
		       settings_keys[i].per_guest ? " [per domain]" : "");
	return EXIT_SUCCESS;
}

struct role {
	const char *name;
	int (*main)(void);
	bool is_heir;	/* runs the hooks that a keeper left at its end */
};

static const struct role roles[] = {
	{ "watcher", watcher_main, false },
	{ "worker", worker_main, false },
	{ "hook", hook_main, true },
	{ "probe", probe_main, false },
	{ "parser", parser_main, false },
};

static const struct role *find_role(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (strcmp(roles[i].name, name) == 0)
			return &roles[i];
	return NULL;
}

/* In its own unit.  A process that starts too late for its keeper does nothing:
 * another process has its work by then. */
static int run_unit(const struct role *role)
{
	int target = LOG_TARGET_STDERR, level = LOG_LEVEL_INFO;
	int r = unit_greet(&target, &level);

	log_setup(target, level, role->name);
	if (r == -EPIPE && !role->is_heir)
		return EXIT_SUCCESS;
	if (r && r != -EPIPE) {
		log_event(LOG_LEVEL_ERROR, "not-greeted",
			  LOG_TEXT("error", strerror(-r)));
		return ROLE_EXIT_SYSTEM;
	}
	r = role->main();
	unit_say_end(r);
	return r;
}

static int run_role(const char *name, const char *log)
{
	const struct role *role = find_role(name);
	int target = LOG_TARGET_STDERR, level = LOG_LEVEL_INFO;

	if (role && log && strcmp(log, "wire") == 0)
		return run_unit(role);
	if (!role || (log && sscanf(log, "%d,%d", &target, &level) != 2))
		return ROLE_EXIT_USAGE;
	log_setup(target, level, role->name);
	return role->main();
}

int main(int argc, char **argv)
{
	const char *dir = XENVIGIL_CONFIG_DIR, *role = NULL, *log = NULL;
	int opt, check = 0;

	while ((opt = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			dir = optarg;
			break;
		case OPT_CHECK:
			check = 1;
			break;
		case OPT_SETTINGS:
			return list_settings();
		case OPT_ROLE:
			role = optarg;
			break;
		case OPT_LOG:
			log = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'V':
			version_print("xenvigild");
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return ROLE_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "xenvigild: unexpected argument '%s'\n",
			argv[optind]);
		return ROLE_EXIT_USAGE;
	}
	if (check)
		return check_config(dir);
	hostprobe_shun_device();
	return role ? run_role(role, log) : keeper_main(dir);
}
