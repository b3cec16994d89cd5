/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ordered retreat from a host whose xenstored is gone: what its course
 * (core/retreat.h) asks for is done here, by hypercall and by a child, and once
 * a second it is told that time goes by.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "control.h"
#include "core/retreat.h"
#include "keeper.h"

/* The hypervisor has no event for us that needs no xenstored. */
#define LOOK_S 1.

struct keeper_retreat {
	struct keeper *keeper;
	struct retreat_calls calls;
	struct retreat_course course;
	char core[sizeof(((struct retreat_guest *)0)->core)]; /* being taken */
	ev_timer tick;
	struct child command;
	char said[128];		/* how that ended, or "" */
};

/* --- what the course asks for --- */

static int call_list(void *ctx, const struct domain_info **ret_list,
		     size_t *ret_count)
{
	struct keeper_retreat *retreat = ctx;

	keeper_scan(retreat->keeper); /* those that end are on record at once */
	return hv_list(retreat->keeper->hv, ret_list, ret_count);
}

static const struct domain *domain_of(struct keeper *keeper,
				      const struct domain_id *id)
{
	const struct domain *domain = engine_domain(keeper->engine, id->domid);

	return domain && domain_id_equal(&domain->info.id, id) ? domain : NULL;
}

static int call_ask(void *ctx, struct retreat_guest *guest)
{
	struct keeper *keeper = ((struct keeper_retreat *)ctx)->keeper;
	const struct domain *domain = domain_of(keeper, &guest->id);
	int r;

	if (domain)
		text_copy(guest->name, sizeof(guest->name),
			  domain->name[0] ? domain->name :
					    domain->guest->name);
	if (guest->fate != RETREAT_FATE_ASKED)
		return 0;
	r = hv_press_power(keeper->hv, guest->id.domid);
	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "power-button-refused",
			  LOG_INT("domid", guest->id.domid),
			  LOG_TEXT("error", strerror(-r)));
	return r;
}

static bool call_capture(void *ctx, struct retreat_guest *guest)
{
	struct keeper_retreat *retreat = ctx;
	struct keeper *keeper = retreat->keeper;
	const struct domain *domain = domain_of(keeper, &guest->id);
	const struct keeper_capture *capture;
	int r = domain ? keeper_capture_start(keeper, domain, false,
					      &capture) : -ESRCH;

	if (r < 0) {
		text_copy(guest->no_core, sizeof(guest->no_core),
			  domain ? strerror(-r) : "the domain is gone");
		return false;
	}
	text_copy(retreat->core, sizeof(retreat->core), capture->path);
	return true;
}

static bool call_captures(void *ctx, struct retreat_guest *guest)
{
	struct keeper_retreat *retreat = ctx;
	const struct keeper_capture *capture =
		keeper_capture_find(retreat->keeper, retreat->core);

	if (capture && !capture->done)
		return true;
	if (capture && capture->rc == 0)
		text_copy(guest->core, sizeof(guest->core), retreat->core);
	else
		text_copy(guest->no_core, sizeof(guest->no_core),
			  capture && capture->text[0] ? capture->text :
							"no core was written");
	return false;
}

/* Into the record of the host's trouble. */
static void call_record(void *ctx, enum retreat_state state, const char *text)
{
	struct keeper_retreat *retreat = ctx;

	keeper_probe_note_retreat(retreat->keeper, state, text);
}

static void call_note(void *ctx, enum retreat_note note,
		      enum retreat_state state, const char *text)
{
	(void)ctx;
	log_event(note == RETREAT_NOTE_LEFT ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
		  retreat_note_name(note),
		  LOG_TEXT("state", retreat_state_name(state)),
		  LOG_TEXT("text", text));
}

/* --- the command --- */

/* A look at the host must not put a tick off. */
static void arm(struct keeper_retreat *retreat)
{
	bool ticks = retreat_course_is_ticking(&retreat->course);

	if (ticks && !ev_is_active(&retreat->tick))
		ev_timer_again(retreat->keeper->loop, &retreat->tick);
	else if (!ticks)
		ev_timer_stop(retreat->keeper->loop, &retreat->tick);
}

/* What the hook child says of it, once. */
static void on_said(struct ev_loop *loop, ev_io *io, int events)
{
	struct keeper_retreat *retreat = io->data;
	struct wire_msg msg;
	int r;

	(void)events;
	while ((r = keeper_child_recv(retreat->keeper, &retreat->command,
				      &msg)) == 0) {
		if (msg.rc)
			log_event(LOG_LEVEL_ERROR, "retreat-command-bad",
				  LOG_TEXT("path", msg.config.name),
				  LOG_TEXT("error", msg.text));
		snprintf(retreat->said, sizeof(retreat->said), "%s%.96s",
			 msg.rc ? "the command was not run: " : "", msg.text);
		wire_clear(&msg);
	}
	if (r != -EAGAIN)
		ev_io_stop(loop, io); /* its exit follows */
}

static void on_command_ended(struct child *child)
{
	struct keeper_retreat *retreat = child->data;

	on_said(retreat->keeper->loop, &child->readable, EV_READ);
	keeper_child_forget(retreat->keeper, child);
	retreat_course_ran(&retreat->course, retreat->said[0] ? retreat->said :
			   "the child that ran the command was lost");
}

static int call_command(void *ctx, const char *path)
{
	struct wire_msg order = { .kind = WIRE_ORDER };
	struct keeper_retreat *retreat = ctx;
	int r = keeper_child_spawn(retreat->keeper, &retreat->command, "hook");

	retreat->said[0] = '\0';
	if (r < 0)
		return r;
	text_copy(order.text, sizeof(order.text), path);
	r = wire_send(retreat->command.fd, &order);
	if (r < 0)
		keeper_child_forget(retreat->keeper, &retreat->command);
	return r;
}

/* --- for the others --- */

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct keeper_retreat *retreat = timer->data;
	struct keeper *keeper = retreat->keeper;

	(void)loop;
	(void)events;
	if (retreat->course.state != RETREAT_WAITING)
		keeper_scan(keeper);
	retreat_course_tick(&retreat->course, keeper->settings,
			    keeper_now(keeper).mono_ms);
	arm(retreat);
	keeper_rearm(keeper);
}

void keeper_retreat_show(const struct keeper *keeper, const char **ret_state,
			 struct text *text)
{
	const struct keeper_retreat *retreat = keeper->retreat;

	*ret_state = retreat_state_name(retreat ? retreat->course.state :
						  RETREAT_NONE);
	if (retreat && retreat->course.state != RETREAT_NONE)
		retreat_course_tell(&retreat->course, text);
}

const char *keeper_retreat_start(struct keeper *keeper)
{
	struct keeper_retreat *retreat = keeper->retreat;
	struct keeper_probe_state probe;
	const char *why;

	if (!retreat)
		return strerror(ENOMEM);
	keeper_probe_state(keeper, &probe);
	why = retreat_course_start(&retreat->course,
				   host_is_well(probe.health),
				   keeper->settings,
				   keeper_now(keeper).mono_ms);
	arm(retreat);
	return why;
}

const char *keeper_retreat_cancel(struct keeper *keeper)
{
	struct keeper_retreat *retreat = keeper->retreat;
	const char *why;

	if (!retreat)
		return "no retreat is in progress";
	why = retreat_course_cancel(&retreat->course);
	arm(retreat);
	return why;
}

void keeper_retreat_judge(struct keeper *keeper)
{
	struct keeper_retreat *retreat = keeper->retreat;
	struct keeper_probe_state probe;

	if (!retreat)
		return;
	keeper_probe_state(keeper, &probe);
	retreat_course_judge(&retreat->course, host_is_well(probe.health) ?
					       NULL : probe.trouble,
			     keeper->settings, keeper_now(keeper).mono_ms);
	arm(retreat);
}

/* --- its life --- */

void keeper_retreat_open(struct keeper *keeper)
{
	static const struct child_calls calls = {
		on_said, NULL, on_command_ended
	};
	struct keeper_retreat *retreat = calloc(1, sizeof(*retreat));

	if (!retreat)
		return;
	retreat->keeper = keeper;
	retreat->calls = (struct retreat_calls){
		.list = call_list, .ask = call_ask,
		.capture = call_capture, .captures = call_captures,
		.command = call_command, .record = call_record,
		.note = call_note, .ctx = retreat,
	};
	retreat->course.calls = &retreat->calls;
	keeper_child_init(&retreat->command, &calls, retreat);
	ev_timer_init(&retreat->tick, on_tick, 0., LOOK_S);
	retreat->tick.data = retreat;
	keeper->retreat = retreat;
}

/* A command that runs goes on: it may be what ends us. */
void keeper_retreat_close(struct keeper *keeper)
{
	struct keeper_retreat *retreat = keeper->retreat;

	if (!retreat)
		return;
	ev_timer_stop(keeper->loop, &retreat->tick);
	keeper_child_await(&retreat->command);
	keeper_child_forget(keeper, &retreat->command);
	retreat_clear(&retreat->course.list);
	free(retreat);
	keeper->retreat = NULL;
}
