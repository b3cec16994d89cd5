/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The retreat from a host whose xenstored is gone: asks the guests to power off
 * by hypercall, waits for them, and then runs the operator's command.  It stops
 * when the host is healthy again, and ends no guest by force.
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
	enum retreat_state state;
	struct retreat list;
	int64_t due_ms;		/* of WAITING, monotonic */
	struct retreat_guest *of;	/* the guest whose core is being written */
	char core[sizeof(((struct retreat_guest *)0)->core)];
	ev_timer tick;
	struct child command;
	char said[128];		/* how that ended, or "" */
	char before[RETREAT_TEXT_BYTES / 2]; /* what came before it, or "" */
	char end[256];		/* how it ended, or "" */
};

/* --- what is known of it --- */

static void describe_retreat(const struct keeper_retreat *retreat, struct text *text)
{
	struct text list = { 0 };

	text_append(text, retreat->before);
	if (retreat->before[0] && retreat->list.guest)
		text_append(text, "; again: ");
	if (retreat->list.guest)
		retreat_tell(&retreat->list, &list);
	text_append(text, text_get(&list));
	text_free(&list);
	/* How it ended is worth more than the last of many guests. */
	text_cut(text, RETREAT_TEXT_BYTES - sizeof(retreat->end) - sizeof("; "));
	if (retreat->end[0])
		text_printf(text, "; %s", retreat->end);
}

/* Into the record of the host's trouble. */
static void record_retreat(struct keeper_retreat *retreat)
{
	struct text text = { 0 };

	describe_retreat(retreat, &text);
	keeper_probe_note_retreat(retreat->keeper, retreat->state,
				  text_get(&text));
	text_free(&text);
}

void keeper_retreat_show(const struct keeper *keeper, const char **ret_state,
			 struct text *text)
{
	const struct keeper_retreat *retreat = keeper->retreat;

	*ret_state = retreat_state_name(retreat ? retreat->state :
						  RETREAT_NONE);
	if (retreat && retreat->state != RETREAT_NONE)
		describe_retreat(retreat, text);
}

static void log_state(const struct keeper_retreat *retreat, const char *event,
		      enum log_level level)
{
	struct text text = { 0 };

	describe_retreat(retreat, &text);
	log_event(level, event,
		  LOG_TEXT("state", retreat_state_name(retreat->state)),
		  LOG_TEXT("text", text_get(&text)));
	text_free(&text);
}

/* --- its end --- */

static void end_retreat(struct keeper_retreat *retreat, const char *how)
{
	ev_timer_stop(retreat->keeper->loop, &retreat->tick);
	retreat->state = RETREAT_OVER;
	text_copy(retreat->end, sizeof(retreat->end), how);
	record_retreat(retreat);
	log_state(retreat, "retreat-over", LOG_LEVEL_WARN);
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
	end_retreat(retreat, retreat->said[0] ? retreat->said :
						"the child that ran the command was lost");
}

static int send_command(struct keeper_retreat *retreat, const char *path)
{
	struct wire_msg order = { .kind = WIRE_ORDER };
	int r = keeper_child_spawn(retreat->keeper, &retreat->command, "hook");

	if (r < 0)
		return r;
	text_copy(order.text, sizeof(order.text), path);
	r = wire_send(retreat->command.fd, &order);
	if (r < 0)
		keeper_child_forget(retreat->keeper, &retreat->command);
	return r;
}

static void run_command(struct keeper_retreat *retreat)
{
	const char *path = retreat->keeper->settings->retreat_command;
	int r;

	if (!path[0]) {
		end_retreat(retreat, "no command is set");
		return;
	}
	retreat->state = RETREAT_COMMAND;
	retreat->said[0] = '\0';
	record_retreat(retreat); /* the command may be the last of this host */
	log_state(retreat, "retreat-command", LOG_LEVEL_WARN);
	r = send_command(retreat, path);
	if (r < 0)
		end_retreat(retreat, strerror(-r));
}

/* --- those that did not power off --- */

static const struct domain *domain_of(struct keeper *keeper,
				      const struct domain_id *id)
{
	const struct domain *domain = engine_domain(keeper->engine, id->domid);

	return domain && domain_id_equal(&domain->info.id, id) ? domain : NULL;
}

static void start_capture(struct keeper_retreat *retreat,
			  struct retreat_guest *guest)
{
	struct keeper *keeper = retreat->keeper;
	const struct domain *domain = domain_of(keeper, &guest->id);
	const struct keeper_capture *capture;
	int r;

	guest->captured = true;
	if (!keeper->settings->retreat_cores)
		return;
	r = domain ? keeper_capture_start(keeper, domain, false, &capture) :
		     -ESRCH;
	if (r < 0) {
		text_copy(guest->no_core, sizeof(guest->no_core),
			  domain ? strerror(-r) : "the domain is gone");
		return;
	}
	retreat->of = guest;
	text_copy(retreat->core, sizeof(retreat->core), capture->path);
}

/* Is one still being taken? */
static bool await_capture(struct keeper_retreat *retreat)
{
	const struct keeper_capture *capture;
	struct retreat_guest *of = retreat->of;

	if (!of)
		return false;
	capture = keeper_capture_find(retreat->keeper, retreat->core);
	if (capture && !capture->done)
		return true;
	if (capture && capture->rc == 0)
		text_copy(of->core, sizeof(of->core), retreat->core);
	else
		text_copy(of->no_core, sizeof(of->no_core),
			  capture && capture->text[0] ? capture->text :
							"no core was written");
	retreat->of = NULL;
	record_retreat(retreat);
	return false;
}

/* One core at a time: the disk is one, too. */
static void take_evidence(struct keeper_retreat *retreat)
{
	struct retreat_guest *guest;

	while (!await_capture(retreat)) {
		guest = retreat_next_left(&retreat->list);
		if (!guest) {
			run_command(retreat);
			return;
		}
		start_capture(retreat, guest);
	}
}

/* --- its course --- */

static bool is_over_time(const struct keeper_retreat *retreat)
{
	return keeper_now(retreat->keeper).mono_ms >= retreat->due_ms;
}

static void look_at_guests(struct keeper_retreat *retreat)
{
	const struct domain_info *list;
	size_t count;

	if (hv_list(retreat->keeper->hv, &list, &count) == 0 &&
	    retreat_look(&retreat->list, list, count))
		record_retreat(retreat); /* the next keeper knows of them by it only */
	if (retreat_is_waiting(&retreat->list) && !is_over_time(retreat))
		return;
	retreat_give_up(&retreat->list);
	retreat->state = RETREAT_EVIDENCE;
	record_retreat(retreat);
	if (retreat_next_left(&retreat->list))
		log_state(retreat, "retreat-left", LOG_LEVEL_ERROR);
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct keeper_retreat *retreat = timer->data;

	(void)loop;
	(void)events;
	keeper_scan(retreat->keeper); /* those that end are on record at once */
	if (retreat->state == RETREAT_WAITING)
		look_at_guests(retreat);
	if (retreat->state == RETREAT_EVIDENCE)
		take_evidence(retreat);
	if (retreat->state >= RETREAT_COMMAND)
		ev_timer_stop(retreat->keeper->loop, timer);
	keeper_rearm(retreat->keeper);
}

static void ask(struct keeper *keeper, struct retreat_guest *guest)
{
	const struct domain *domain = domain_of(keeper, &guest->id);
	int r;

	if (domain)
		text_copy(guest->name, sizeof(guest->name),
			  domain->name[0] ? domain->name :
					    domain->guest->name);
	if (guest->fate != RETREAT_FATE_ASKED)
		return;
	r = hv_press_power(keeper->hv, guest->id.domid);
	if (r == 0)
		return;
	guest->fate = RETREAT_FATE_REFUSED;
	log_event(LOG_LEVEL_ERROR, "power-button-refused",
		  LOG_INT("domid", guest->id.domid),
		  LOG_TEXT("error", strerror(-r)));
}

static int begin_retreat(struct keeper_retreat *retreat)
{
	struct keeper *keeper = retreat->keeper;
	const struct domain_info *list;
	size_t count;
	int r;

	keeper_scan(keeper);
	r = hv_list(keeper->hv, &list, &count);
	retreat_clear(&retreat->list);
	retreat->of = NULL;
	if (r == 0)
		r = retreat_begin(&retreat->list, list, count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < retreat->list.count; i++)
		ask(keeper, &retreat->list.guest[i]);
	retreat->state = RETREAT_WAITING;
	retreat->end[0] = '\0';
	retreat->due_ms = keeper_now(keeper).mono_ms +
			  keeper->settings->retreat_s * 1000ll;
	return 0;
}

/* Returns 0, or -errno. */
static int start_retreat(struct keeper_retreat *retreat, const char *event)
{
	int r = begin_retreat(retreat);

	if (r < 0)
		return r;
	record_retreat(retreat);
	log_state(retreat, event, LOG_LEVEL_WARN);
	ev_timer_again(retreat->keeper->loop, &retreat->tick);
	return 0;
}

static bool is_under_way(const struct keeper_retreat *retreat)
{
	return retreat->state != RETREAT_NONE && retreat->state != RETREAT_OVER;
}

/* The record is of all that were made for one trouble. */
static void keep_before(struct keeper_retreat *retreat)
{
	struct text text = { 0 };

	if (retreat->state == RETREAT_OVER)
		describe_retreat(retreat, &text);
	text_copy(retreat->before, sizeof(retreat->before), text_get(&text));
	text_free(&text);
}

const char *keeper_retreat_start(struct keeper *keeper)
{
	struct keeper_retreat *retreat = keeper->retreat;
	struct keeper_probe_state probe;
	int r;

	keeper_probe_state(keeper, &probe);
	if (!retreat)
		return strerror(ENOMEM);
	if (host_is_well(probe.health))
		return "the host is not hung: xl shutdown asks the guests";
	if (is_under_way(retreat))
		return "a retreat is in progress";
	keep_before(retreat);
	r = start_retreat(retreat, "retreat-begun");
	return r < 0 ? strerror(-r) : NULL;
}

/* Who was asked has heard it: that is not taken back. */
const char *keeper_retreat_cancel(struct keeper *keeper)
{
	struct keeper_retreat *retreat = keeper->retreat;

	if (!retreat || !is_under_way(retreat))
		return "no retreat is in progress";
	if (retreat->state == RETREAT_COMMAND)
		return "its command runs already";
	end_retreat(retreat, "stopped: by the operator");
	return NULL;
}

/*
 * Resumes a retreat that an earlier keeper had started: asks the guests that
 * still run again, with the full time.  A command never runs twice.  A retreat
 * that was over is only shown.
 */
static void take_up(struct keeper_retreat *retreat,
		    const struct host_trouble *trouble)
{
	text_copy(retreat->before, sizeof(retreat->before), trouble->retreat);
	if (trouble->retreat_state == RETREAT_COMMAND)
		end_retreat(retreat, "the daemon ended while the command ran");
	else if (trouble->retreat_state == RETREAT_WAITING ||
		 trouble->retreat_state == RETREAT_EVIDENCE)
		(void)start_retreat(retreat, "retreat-resumed"); /* or at the next verdict */
	else
		retreat->state = trouble->retreat_state;
}

void keeper_retreat_judge(struct keeper *keeper)
{
	struct keeper_retreat *retreat = keeper->retreat;
	uint32_t after_s = keeper->settings->retreat_after_s;
	struct keeper_probe_state probe;

	keeper_probe_state(keeper, &probe);
	if (!retreat)
		return;
	if (!host_is_well(probe.health)) {
		if (retreat->state == RETREAT_NONE)
			take_up(retreat, probe.trouble);
		/* One is enough, also when an earlier keeper began it. */
		if (after_s && !probe.trouble->retreat[0] &&
		    keeper_now(keeper).mono_ms -
			    probe.trouble->began_mono_ms >= after_s * 1000ll)
			keeper_retreat_start(keeper);
	} else if (retreat->state == RETREAT_WAITING ||
		   retreat->state == RETREAT_EVIDENCE) {
		end_retreat(retreat, "stopped: the host is healthy again");
	} else if (retreat->state == RETREAT_OVER) {
		retreat->state = RETREAT_NONE; /* the record has it */
	}
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
	retreat_clear(&retreat->list);
	free(retreat);
	keeper->retreat = NULL;
}
