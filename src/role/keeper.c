/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keeper: the daemon's own process.  Owns the loop, the engine and the
 * records; talks to the hypervisor by hypercalls only.
 */
#include "role/roles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "control.h"
#include "keeper.h"
#include "port/conf.h"
#include "port/oom.h"

static int64_t clock_ms(clockid_t id)
{
	struct timespec at;

	clock_gettime(id, &at);
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

struct engine_time keeper_now(const struct keeper *keeper)
{
	(void)keeper;
	return (struct engine_time){
		.mono_ms = clock_ms(CLOCK_BOOTTIME),
		.wall_ms = clock_ms(CLOCK_REALTIME),
	};
}

/* Asks the hypervisor, and lets the engine draw its conclusions. */
void keeper_scan(struct keeper *keeper)
{
	const struct domain_info *list;
	size_t count;
	int r = hv_list(keeper->hv, &list, &count);

	if (r == 0)
		r = engine_scan(keeper->engine, list, count,
				keeper_now(keeper));
	else
		engine_unseen(keeper->engine, keeper_now(keeper));
	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "scan-failed",
			  LOG_TEXT("error", strerror(-r)));
}

void keeper_set_timer(struct keeper *keeper, ev_timer *timer, double seconds)
{
	ev_now_update(keeper->loop);
	ev_timer_stop(keeper->loop, timer);
	ev_timer_set(timer, seconds, 0.);
	ev_timer_start(keeper->loop, timer);
}

/* Sets the one timer to the engine's next time. */
void keeper_rearm(struct keeper *keeper)
{
	int64_t due_ms = engine_due_ms(keeper->engine);
	int64_t wait_ms;

	keeper_records_tell(keeper);
	control_changed(keeper->control);
	ev_timer_stop(keeper->loop, &keeper->due);
	if (due_ms == INT64_MAX)
		return;
	wait_ms = due_ms - keeper_now(keeper).mono_ms;
	keeper_set_timer(keeper, &keeper->due,
			 wait_ms > 0 ? wait_ms / 1e3 : 0.);
}

static void on_due(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct keeper *keeper = timer->data;

	(void)loop;
	(void)events;
	keeper_scan(keeper); /* what is due is done by what is there now */
	engine_run(keeper->engine, keeper_now(keeper));
	keeper_rearm(keeper);
}

/* --- settings --- */

static uint32_t workers_max(const struct settings *settings)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (settings->workers_max)
		return settings->workers_max;
	return cpus > 0 ? (uint32_t)cpus + 1 : 2;
}

static int load_settings(struct keeper *keeper, struct settings **ret)
{
	struct text why = { 0 };
	int r = conf_load(keeper->config_dir, ret, &why);

	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "configuration-bad",
			  LOG_TEXT("directory", keeper->config_dir),
			  LOG_TEXT("text", text_get(&why)));
	text_free(&why);
	return r;
}

static int make_dir(const char *path)
{
	struct stat there;

	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno == EEXIST) {
		if (stat(path, &there) == 0 && S_ISDIR(there.st_mode))
			return 0;
		errno = ENOTDIR;
	}
	log_event(LOG_LEVEL_ERROR, "no-directory", LOG_TEXT("path", path),
		  LOG_TEXT("error", strerror(errno)));
	return -errno;
}

void keeper_look_at_caps(struct keeper *keeper)
{
	struct caps caps = {
		.xen_major = keeper->host.major,
		.xen_minor = keeper->host.minor,
		.core_dir = make_dir(keeper->settings->core_dir) == 0,
	};

	text_copy(caps.toolstack, sizeof(caps.toolstack), keeper->toolstack);
	engine_set_caps(keeper->engine, &caps);
}

/* The old settings stay when the new ones are bad. */
static void on_hup(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct keeper *keeper = signal->data;
	struct settings *old = keeper->settings, *settings;

	(void)loop;
	(void)events;
	keeper_notify_reloading(keeper);
	if (load_settings(keeper, &settings) < 0) {
		log_event(LOG_LEVEL_WARN, "configuration-kept");
		keeper_notify_ready(keeper);
		return;
	}
	keeper->settings = settings;
	log_setup(settings->log_target, settings->log_level, "keeper");
	engine_set_settings(keeper->engine, settings);
	keeper_look_at_caps(keeper);
	engine_set_workers(keeper->engine, workers_max(settings));
	settings_free(old);
	keeper_watcher_ping(keeper);
	keeper_takeover_look(keeper);
	log_event(LOG_LEVEL_NOTICE, "configuration-read",
		  LOG_TEXT("directory", keeper->config_dir));
	engine_run(keeper->engine, keeper_now(keeper));
	keeper_rearm(keeper);
	keeper_notify_ready(keeper);
}

static void on_stop(struct ev_loop *loop, ev_signal *signal, int events)
{
	(void)events;
	log_event(LOG_LEVEL_NOTICE, "stopping",
		  LOG_INT("signal", signal->signum));
	ev_break(loop, EVBREAK_ALL);
}

/* --- start --- */

/* A host short of memory needs its supervisor; what a worker starts does
 * not inherit this (worker.c). */
static void spare_us(void)
{
	int r = oom_set(OOM_SPARED);

	if (r < 0)
		log_event(LOG_LEVEL_INFO, "not-spared-by-oom",
			  LOG_TEXT("error", strerror(-r)));
}

/* Hooks and device models must not inherit descriptors of the daemon's
 * parent. */
static void keep_to_ourselves(void)
{
	DIR *list = opendir("/proc/self/fd");
	struct dirent *entry;

	while (list && (entry = readdir(list)))
		if (atoi(entry->d_name) > STDERR_FILENO)
			fcntl(atoi(entry->d_name), F_SETFD, FD_CLOEXEC);
	if (list)
		closedir(list);
}

static int open_hypervisor(struct keeper *keeper)
{
	int r = hv_open(&keeper->hv);

	if (r == 0)
		r = hv_host(keeper->hv, &keeper->host);
	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "no-hypervisor",
			  LOG_TEXT("error", strerror(-r)),
			  LOG_TEXT("text", "not running as dom0 of a Xen host, "
					   "or not as root?"));
	return r;
}

static int new_engine(struct keeper *keeper)
{
	static struct engine_calls calls;

	calls = keeper_calls;
	calls.ctx = keeper;
	keeper->engine = engine_new(keeper->settings, &calls);
	if (!keeper->engine)
		return -ENOMEM;
	keeper_look_at_caps(keeper);
	engine_set_workers(keeper->engine, workers_max(keeper->settings));
	return 0;
}

/* A database that opens may still not be readable: then without it. */
static int make_engine(struct keeper *keeper)
{
	int r = new_engine(keeper);

	if (r == 0)
		r = keeper_records_restore(keeper);
	if (r == 0 || r == -ENOMEM)
		return r;
	engine_free(keeper->engine);
	keeper->engine = NULL;
	r = keeper_fallback_start(keeper, r, strerror(-r));
	if (r == 0)
		r = new_engine(keeper);
	return r == 0 ? keeper_records_restore(keeper) : r;
}

/* Workers that are at something end it: their guests' next ones wait for it. */
void keeper_start_over(struct keeper *keeper)
{
	int r;

	keeper_watcher_stop(keeper);
	keeper_worker_leave(keeper);
	keeper_calls_drop_claims(keeper);
	keeper_model_close(keeper);
	keeper_capture_close(keeper);
	keeper_eject_close(keeper);
	keeper_config_close(keeper);
	engine_free(keeper->engine);
	keeper->engine = NULL;
	r = make_engine(keeper);
	if (r < 0) {
		log_event(LOG_LEVEL_ERROR, "not-restored",
			  LOG_TEXT("error", strerror(-r)));
		exit(ROLE_EXIT_SYSTEM); /* the next one does it */
	}
	keeper_scan(keeper);
	keeper_watcher_start(keeper);
}

static int open_all(struct keeper *keeper, struct keeper_lock *ret_lock)
{
	int r = load_settings(keeper, &keeper->settings);

	if (r < 0)
		return r;
	log_setup(keeper->settings->log_target, keeper->settings->log_level,
		  "keeper");
	r = make_dir(keeper->settings->run_dir);
	if (r == 0)
		r = keeper_lock_take(keeper->settings->run_dir, ret_lock);
	if (r == 0)
		r = open_hypervisor(keeper);
	if (r == 0)
		r = keeper_records_open(keeper);
	if (r == 0)
		r = make_engine(keeper);
	if (r == 0)
		keeper_cores_clean(keeper);
	return r;
}

static void start_signals(struct keeper *keeper)
{
	ev_signal_init(&keeper->hup, on_hup, SIGHUP);
	ev_signal_init(&keeper->term, on_stop, SIGTERM);
	ev_signal_init(&keeper->interrupt, on_stop, SIGINT);
	keeper->hup.data = keeper;
	ev_signal_start(keeper->loop, &keeper->hup);
	ev_signal_start(keeper->loop, &keeper->term);
	ev_signal_start(keeper->loop, &keeper->interrupt);
	signal(SIGPIPE, SIG_IGN);
}

static int start_keeper(struct keeper *keeper)
{
	int r;

	start_signals(keeper);
	ev_init(&keeper->due, on_due);
	keeper->due.data = keeper;
	r = control_open(keeper, &keeper->control);
	if (r < 0) {
		log_event(LOG_LEVEL_ERROR, "no-control-socket",
			  LOG_TEXT("error", strerror(-r)));
		return r;
	}
	log_event(LOG_LEVEL_NOTICE, "started",
		  LOG_TEXT("version", XENVIGIL_VERSION),
		  LOG_INT("xen_major", keeper->host.major),
		  LOG_INT("xen_minor", keeper->host.minor),
		  LOG_INT("workers", workers_max(keeper->settings)));
	keeper_metrics_open(keeper);
	keeper_hvlog_open(keeper);
	keeper_scan(keeper);
	keeper_pause_open(keeper);
	keeper_takeover_open(keeper);
	keeper_watcher_start(keeper);
	keeper_retreat_open(keeper);
	keeper_probe_start(keeper);
	keeper_rearm(keeper);
	keeper_notify_ready(keeper);
	return 0;
}

/* Guests are left as they are; a worker that is at something ends it. */
static void stop(struct keeper *keeper)
{
	keeper_notify_stopping(keeper);
	control_close(keeper->control);
	keeper->control = NULL;
	keeper_watcher_stop(keeper);
	keeper_retreat_close(keeper);
	keeper_probe_stop(keeper);
	keeper_worker_leave(keeper);
	keeper_calls_drop_claims(keeper);
	keeper_model_close(keeper);
	keeper_capture_close(keeper);
	keeper_eject_close(keeper);
	keeper_pause_close(keeper);
	keeper_takeover_close(keeper);
	keeper_metrics_close(keeper);
	log_event(LOG_LEVEL_NOTICE, "stopped");
}

static void free_all(struct keeper *keeper)
{
	keeper_hook_close(keeper);
	keeper_notify_close(keeper);
	engine_free(keeper->engine);
	keeper_config_close(keeper);
	keeper_fallback_close(keeper);
	keeper_hvlog_close(keeper);
	store_close(keeper->store);
	hv_close(keeper->hv);
	settings_free(keeper->settings);
}

int keeper_main(const char *config_dir)
{
	struct keeper keeper = { .config_dir = config_dir };
	struct keeper_lock lock = { -1, -1 };
	int r;

	keep_to_ourselves();
	log_setup(LOG_TARGET_STDERR, LOG_LEVEL_INFO, "keeper");
	if (unit_read_dir(keeper.spawn_dir) < 0) {
		log_event(LOG_LEVEL_ERROR, "no-spawn-directory",
			  LOG_TEXT("variable", UNIT_SPAWN_VARIABLE));
		return ROLE_EXIT_SYSTEM;
	}
	list_init(&keeper.workers);
	list_init(&keeper.claims);
	list_init(&keeper.captures);
	list_init(&keeper.models);
	list_init(&keeper.configs);
	keeper.loop = ev_default_loop(EVFLAG_AUTO);
	keeper.started_ms = keeper_now(&keeper).wall_ms;
	keeper_eject_open(&keeper);
	srandom((unsigned int)keeper.started_ms ^ (unsigned int)getpid());
	if (!keeper.loop)
		return ROLE_EXIT_SYSTEM;
	keeper_notify_open(&keeper);
	keeper_hook_open(&keeper);
	r = open_all(&keeper, &lock);
	if (r >= 0) {
		spare_us();
		r = start_keeper(&keeper);
	}
	if (r == 0) {
		ev_run(keeper.loop, 0);
		stop(&keeper);
	}
	free_all(&keeper);
	keeper_lock_release(&lock);
	return r < 0 ? ROLE_EXIT_SYSTEM : 0;
}
