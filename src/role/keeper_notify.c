/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keeper's reports to the service manager: ready, reloading, stopping, and
 * a heartbeat from the loop itself, so that a hung loop is noticed.  The
 * watcher's heartbeat wakes the keeper anyway; the timer is for times without a
 * watcher.
 */
#include <string.h>

#include "base/log.h"
#include "keeper.h"
#include "port/notify.h"

static void log_unheard(const char *what, int r)
{
	if (r < 0)
		log_event(LOG_LEVEL_WARN, "manager-not-told",
			  LOG_TEXT("what", what),
			  LOG_TEXT("error", strerror(-r)));
}

void keeper_notify_beat(struct keeper *keeper)
{
	if (!ev_is_active(&keeper->beat))
		return;
	log_unheard("beat", notify_beat(keeper->notify));
	ev_timer_again(keeper->loop, &keeper->beat);
}

static void on_beat(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	keeper_notify_beat(timer->data);
}

/* Before any child is started: takes the variables out of the environment. */
void keeper_notify_open(struct keeper *keeper)
{
	keeper->notify = notify_open();
	ev_init(&keeper->beat, on_beat);
	keeper->beat.data = keeper;
}

void keeper_notify_ready(struct keeper *keeper)
{
	/* Two thirds of the manager's patience after the last one. */
	double every_s = notify_watchdog_ms(keeper->notify) / 1.5e3;

	log_unheard("ready", notify_ready(keeper->notify, "supervising"));
	if (every_s <= 0 || ev_is_active(&keeper->beat))
		return;
	ev_timer_set(&keeper->beat, every_s, every_s);
	ev_timer_start(keeper->loop, &keeper->beat);
}

void keeper_notify_reloading(struct keeper *keeper)
{
	log_unheard("reloading", notify_reloading(keeper->notify));
}

void keeper_notify_stopping(struct keeper *keeper)
{
	log_unheard("stopping", notify_stopping(keeper->notify));
}

void keeper_notify_close(struct keeper *keeper)
{
	ev_timer_stop(keeper->loop, &keeper->beat);
	notify_close(keeper->notify);
	keeper->notify = NULL;
}
