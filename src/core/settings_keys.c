/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of every configuration key, with its bounds and its meaning.
 * Data only: what is done with it is settings.c.
 */
#include "core/budget.h"
#include "core/settings.h"

/* In the order of enum log_target and enum log_level (base/log.h). */
static const char *const target_words[] = { "stderr", "syslog", "journal",
					    NULL };
static const char *const level_words[] = { "debug", "verbose", "detail",
					   "progress", "info", "notice",
					   "warn", "error", "critical", NULL };
/* In the order of enum settings_adopt. */
static const char *const adopt_words[] = { "none", "orphans", "xl",
					   NULL };
/* In the order of enum peer_stance. */
static const char *const stance_words[] = { "watch", "adopt", "ignore", NULL };
static const char *const retreat_words[] = { "none", "left", NULL };

/* In the order of enum capture_format. */
static const char *const format_words[] = {
#define X(name, text) text,
	CAPTURE_FORMAT_LIST(X)
#undef X
	NULL
};

/* In the order of enum settings_report. */
static const char *const report_words[] = { "none", "crash", "reboot", NULL };

/* In the order of enum settings_model. */
static const char *const model_words[] = { "crash", "log", NULL };

/* In the order of false and true. */
static const char *const yes_words[] = { "no", "yes", NULL };

#define GUEST(member) \
	.per_guest = true, .offset = offsetof(struct guest_settings, member)
#define GLOBAL(member) .offset = offsetof(struct settings, member)

#define ON(key, reason, text)                                 \
	{ .name = key, .kind = SETTING_ACTION,                \
	  GUEST(on[REASON_##reason]), .meaning = text }
#define SECONDS(key, low, high, place, text)                  \
	{ .name = key, .kind = SETTING_SECONDS, place,        \
	  .least = low, .most = high, .meaning = text }
#define COUNT(key, low, high, place, text)                    \
	{ .name = key, .kind = SETTING_COUNT, place,          \
	  .least = low, .most = high, .meaning = text }
#define WORD(key, from, list, place, text)                    \
	{ .name = key, .kind = SETTING_WORD, place,           \
	  .least = from, .words = list, .meaning = text }
#define PATH(key, longest, place, text)                       \
	{ .name = key, .kind = SETTING_PATH, place,           \
	  .least = 1, .most = longest, .meaning = text }
#define PATH_OR_NONE(key, longest, place, text)               \
	{ .name = key, .kind = SETTING_PATH, place,           \
	  .least = 0, .most = longest, .meaning = text }
#define DEADLINE(key, step, text)                             \
	SECONDS("deadline_" key "_seconds", 1, 86400,         \
		GLOBAL(deadline_s[STEP_##step]), text)

/* A Unix socket's address has room for 107 bytes, its name included. */
#define RUN_DIR_BYTES_MAX 64

const struct setting_key settings_keys[] = {
	ON("on_poweroff", POWEROFF, "what to do when the guest powers off"),
	ON("on_reboot", REBOOT, "what to do when the guest reboots"),
	ON("on_crash", CRASH, "what to do when the guest crashes"),
	ON("on_watchdog", WATCHDOG, "what to do when the guest's watchdog fires"),
	ON("on_soft_reset", SOFT_RESET,
	   "what to do when the guest asks for a soft reset"),
	WORD("on_device_model_end", 0, model_words, GUEST(on_model_end),
	     "what the end of a running HVM guest's device model counts as"),
	WORD("report", 0, report_words, GUEST(report),
	     "shutdowns after which evidence is collected before the action"),
	SECONDS("grace_seconds", 0, 3600, GUEST(grace_s),
		"wait this long before the action, so that a person can look"),
	COUNT("restart_limit", 0, BUDGET_LIMIT_MAX, GUEST(restart_limit),
	      "hold the guest after this many restarts in the window; 0: never restart"),
	SECONDS("restart_window_seconds", 1, 86400, GUEST(restart_window_s),
		"the window in which restarts are counted"),
	SECONDS("backoff_min_seconds", 0, 3600, GUEST(backoff_min_s),
		"wait before the second restart in the window; doubles with "
		"each restart"),
	SECONDS("backoff_max_seconds", 0, 86400, GUEST(backoff_max_s),
		"the longest wait before a restart"),
	SECONDS("healthy_seconds", 1, 86400, GUEST(healthy_s),
		"a guest that ran this long starts with a clean count"),
	COUNT("loop_cores", 0, 1000, GUEST(loop_cores),
	      "maximum number of cores of one guest in one crash loop"),
	SECONDS("core_wait_seconds", 0, 86400, GUEST(core_wait_s),
		"restart without a core if the dump has not started after this "
		"long"),
	WORD("restart_first", 0, yes_words, GUEST(restart_first),
	     "coredump-restart: start the new domain before writing the core"),
	WORD("resume_after_boot", 0, yes_words, GUEST(resume_after_boot),
	     "after a reboot of the host, perform a start that was pending "
	     "before it"),
	WORD("reattach_devices", 0, yes_words, GUEST(reattach_devices),
	     "after a driver domain's restart, re-attach its guests' devices"),
	WORD("format", 0, format_words, GUEST(capture.format),
	     "the form of a core; a PV guest's is always elf"),
	COUNT("core_largest_mib", 0, 1u << 24, GUEST(capture.largest_mib),
	      "truncate a core that would be larger; 0: no limit"),
	COUNT("cores_per_guest", 0, 100000, GUEST(capture.per_guest),
	      "cores to keep for each guest, the oldest are removed; 0: no "
	      "limit"),
	WORD("log_target", 0, target_words, GLOBAL(log_target),
	     "where the log goes"),
	WORD("log_level", 1, level_words, GLOBAL(log_level),
	     "the lowest level of events that is logged"),
	WORD("adopt", 0, adopt_words, GLOBAL(adopt),
	     "domains to supervise: those without an xl monitor, also those "
	     "with one, or none"),
	WORD("libvirt_guests", 0, stance_words, GLOBAL(peers[PEER_LIBVIRT]),
	     "what to do with guests of libvirt"),
	WORD("qubes_guests", 0, stance_words, GLOBAL(peers[PEER_QUBES]),
	     "what to do with guests of Qubes"),
	WORD("xapi_guests", 0, stance_words, GLOBAL(peers[PEER_XAPI]),
	     "what to do with guests of xapi"),
	{ .name = "unknown_reason", .kind = SETTING_REASON,
	  GLOBAL(unknown_reason),
	  .meaning = "what a shutdown code that Xen does not define counts as" },
	SECONDS("sweep_seconds", 30, 3600, GLOBAL(sweep_s),
		"compare with the hypervisor's list at least this often"),
	COUNT("workers", 0, 64, GLOBAL(workers_max),
	      "steps to run at the same time; 0: the number of CPUs + 1"),
	COUNT("keep_incidents", 1000, 10000000, GLOBAL(keep_incidents),
	      "closed incidents to keep"),
	COUNT("keep_days", 1, 36500, GLOBAL(keep_days),
	      "remove closed incidents after this many days, except the newest "
	      "1000"),
	COUNT("keep_guests", 100, 1000000, GLOBAL(keep_guests),
	      "guests without a domain to keep on record"),
	COUNT("records_total_mib", 64, 1u << 20, GLOBAL(records_total_mib),
	      "remove evidence, then incidents, when the records are larger "
	      "than this"),
	DEADLINE("report", REPORT, "maximum time for collecting evidence"),
	DEADLINE("dump", DUMP, "maximum time for writing a core"),
	DEADLINE("save", SAVE, "maximum time for reading a configuration"),
	DEADLINE("room", ROOM, "maximum time for checking the room for a new "
		 "domain"),
	DEADLINE("rename", RENAME, "maximum time for renaming a domain"),
	DEADLINE("release", RELEASE,
		 "maximum time for removing a domain's devices"),
	DEADLINE("destroy", DESTROY,
		 "maximum time for destroying a domain"),
	DEADLINE("create", CREATE, "maximum time for creating a domain"),
	DEADLINE("soft_reset", SOFT_RESET, "maximum time for a soft reset"),
	DEADLINE("pause", PAUSE, "maximum time for pausing a domain"),
	DEADLINE("eject", EJECT, "maximum time for emptying a CD drive"),
	DEADLINE("reattach", REATTACH,
		 "maximum time for re-attaching guests' devices"),
	SECONDS("hook_seconds", 1, 3600, GLOBAL(hook_s),
		"kill a hook that runs longer than this"),
	COUNT("core_total_mib", 0, 1u << 24, GLOBAL(core_total_mib),
	      "total size of all cores, the oldest are removed; 0: no limit"),
	COUNT("core_free_percent", 0, 90, GLOBAL(core_free_percent),
	      "part of the cores' file system to leave free"),
	COUNT("event_channels_percent", 1, 100, GLOBAL(ports_percent),
	      "warn when this part of dom0's event channels is in use"),
	SECONDS("retreat_seconds", 1, 86400, GLOBAL(retreat_s),
		"time for guests to power off in a retreat from a hung host"),
	SECONDS("retreat_after_seconds", 0, 86400, GLOBAL(retreat_after_s),
		"retreat from a host that has hung this long; 0: only on "
		"command"),
	WORD("retreat_cores", 0, retreat_words, GLOBAL(retreat_cores),
	     "guests whose core a retreat writes: none, or those still "
	     "running"),
	PATH_OR_NONE("retreat_command", SETTINGS_PATH_BYTES - 1,
		     GLOBAL(retreat_command),
		     "program that ends a retreat, as \"/sbin/reboot\"; \"\": none"),
	PATH_OR_NONE("xl_program", SETTINGS_PATH_BYTES - 1,
		     GLOBAL(xl_program),
		     "the xl that xlv runs; \"\": the first in PATH that is not xlv"),
	PATH("state_directory", SETTINGS_PATH_BYTES - 1, GLOBAL(state_dir),
	     "directory of the records"),
	PATH("core_directory", SETTINGS_PATH_BYTES - 1, GLOBAL(core_dir),
	     "directory of the cores"),
	PATH("run_directory", RUN_DIR_BYTES_MAX, GLOBAL(run_dir),
	     "directory of the control socket"),
	PATH("metrics_file", SETTINGS_PATH_BYTES - 1, GLOBAL(metrics_file),
	     "metrics for Prometheus"),
};

const unsigned int settings_keys_count =
	sizeof(settings_keys) / sizeof(settings_keys[0]);
