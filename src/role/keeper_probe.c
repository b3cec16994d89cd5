/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The prober child, and the verdict on the host from its evidence.  A failure
 * is reported, recorded, and probed repeatedly until the host is healthy.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "control.h"
#include "keeper.h"

/* xenstored has this long to answer. */
#define ANSWER_MS 1500
/* The time for the prober's report, after which nothing waits for it; and the
 * further time after which it counts as stuck and is replaced. */
#define TELL_S 4.
#define GIVE_UP_S 26.
/* The interval of probes of a host that is not healthy. */
#define AGAIN_S 2.
/* A look that is no older is as good as a new one. */
#define FRESH_MS 1000

struct keeper_probe {
	struct keeper *keeper;
	struct child child;
	ev_timer again;		/* starts the child, or asks it */
	bool asked, stuck;
	int64_t looks;		/* begun so far; the last is over unless asked */
	struct host_evidence evidence;
	enum host_health health;
	int64_t since_ms;	/* wall clock, to show */
	int64_t seen_ms, seen_mono_ms;
	struct host_trouble trouble;
	enum ports_level ports_level;
	struct ports_growth growth;
	int32_t grown;
	int64_t grown_minutes;
};

static void set_again(struct keeper_probe *probe, double seconds)
{
	keeper_set_timer(probe->keeper, &probe->again, seconds);
}

/* --- the verdict --- */

static void record_trouble(struct keeper_probe *probe)
{
	int r = keeper_records_host(probe->keeper, &probe->trouble);

	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "record-not-written",
			  LOG_TEXT("domain", "the host's trouble"),
			  LOG_TEXT("error", strerror(-r)));
}

static void log_trouble(const struct keeper_probe *probe, const char *event,
			enum log_level level)
{
	log_event(level, event,
		  LOG_INT("trouble", (int64_t)probe->trouble.number),
		  LOG_TEXT("health", host_health_name(probe->health)),
		  LOG_INT("answer_ms", probe->evidence.took_ms),
		  LOG_TEXT("text", probe->trouble.text),
		  LOG_TEXT("advice", probe->trouble.advice));
}

/* One trouble, however often its evidence grows. */
static void describe(struct keeper_probe *probe)
{
	struct host_trouble *trouble = &probe->trouble;
	struct text text = { 0 };

	if (probe->health > trouble->worst)
		trouble->worst = probe->health;
	host_explain(&probe->evidence, &text);
	text_copy(trouble->text, sizeof(trouble->text), text_get(&text));
	text_free(&text);
	host_advise(&probe->evidence, &text);
	text_copy(trouble->advice, sizeof(trouble->advice), text_get(&text));
	text_free(&text);
}

static void begin_trouble(struct keeper_probe *probe)
{
	memset(&probe->trouble, 0, sizeof(probe->trouble));
	probe->trouble.began_ms = probe->since_ms;
	probe->trouble.began_mono_ms = keeper_now(probe->keeper).mono_ms;
	describe(probe);
	record_trouble(probe);
	log_trouble(probe, "host-hung", LOG_LEVEL_ERROR);
	keeper_hook_host_hung(probe->keeper);
	/* The watcher has to find out, so that the list is polled. */
	keeper_watcher_ping(probe->keeper);
}

static void end_trouble(struct keeper_probe *probe)
{
	struct keeper *keeper = probe->keeper;

	probe->trouble.ended_ms = keeper_now(keeper).wall_ms;
	record_trouble(probe);
	log_trouble(probe, "host-back", LOG_LEVEL_NOTICE);
	memset(&probe->trouble, 0, sizeof(probe->trouble));
	if (keeper->watcher_ready) /* otherwise its return shows it */
		keeper_hook_toolstack(keeper, true);
}

static bool is_open(const struct keeper_probe *probe)
{
	return probe->trouble.began_ms != 0;
}

/* What changes on its own, as a number in a text, is no news. */
static bool is_news(const struct host_evidence *before,
		    const struct host_evidence *after)
{
	return before->answer != after->answer ||
	       before->process_state != after->process_state ||
	       before->kernel.sequence != after->kernel.sequence ||
	       before->kernel.kind != after->kernel.kind;
}

/* Logged when it changes; it does not affect the verdict. */
static void judge_ports(struct keeper_probe *probe, const struct ports *ports)
{
	const struct settings *settings = probe->keeper->settings;
	enum ports_level level = ports_judge(ports, settings->ports_percent);
	struct text text = { 0 };

	if (!ports->used)
		return;
	probe->grown = ports_grow(&probe->growth, ports->used,
				  keeper_now(probe->keeper).mono_ms,
				  &probe->grown_minutes);
	if (level == probe->ports_level)
		return;
	probe->ports_level = level;
	ports_explain(ports, &text);
	log_event(level == PORTS_WELL ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARN,
		  "event-channels", LOG_TEXT("level", ports_level_name(level)),
		  LOG_TEXT("text", text_get(&text)));
	text_free(&text);
}

static void conclude(struct keeper_probe *probe,
		     const struct host_evidence *evidence)
{
	enum host_health health = host_judge(evidence);
	bool news = is_news(&probe->evidence, evidence);

	probe->evidence = *evidence;
	if (health != probe->health) {
		probe->health = health;
		probe->since_ms = keeper_now(probe->keeper).wall_ms;
		news = true;
	}
	if (!host_is_well(health) && !is_open(probe)) {
		begin_trouble(probe);
	} else if (!host_is_well(health) && news) {
		describe(probe);
		record_trouble(probe);
		log_trouble(probe, "host-hung", LOG_LEVEL_ERROR);
	} else if (host_is_well(health) && is_open(probe)) {
		keeper_retreat_judge(probe->keeper);
		end_trouble(probe);
	}
	keeper_metrics_changed(probe->keeper);
	keeper_retreat_judge(probe->keeper);
}

void keeper_probe_note_retreat(struct keeper *keeper, enum retreat_state state,
			       const char *text)
{
	struct keeper_probe *probe = keeper->probe;

	if (!probe || !is_open(probe))
		return;
	probe->trouble.retreat_state = state;
	text_copy(probe->trouble.retreat, sizeof(probe->trouble.retreat),
		  text);
	record_trouble(probe);
}

static void on_health(struct keeper_probe *probe, const struct wire_msg *msg)
{
	struct keeper *keeper = probe->keeper;
	struct host_evidence evidence;

	if (msg->kind != WIRE_HEALTH || msg->blob_len != sizeof(evidence))
		return;
	memcpy(&evidence, msg->blob, sizeof(evidence));
	if (evidence.evtchn == HOST_DEVICE_UNTRIED) /* tried in a moment */
		evidence.evtchn = probe->evidence.evtchn;
	keeper_metrics_answer(keeper, &evidence);
	judge_ports(probe, &evidence.ports);
	if (!evidence.ports.used) /* counted in a moment */
		evidence.ports = probe->evidence.ports;
	probe->asked = probe->stuck = false;
	ev_timer_stop(keeper->loop, &probe->child.deadline);
	probe->seen_ms = keeper_now(keeper).wall_ms;
	probe->seen_mono_ms = keeper_now(keeper).mono_ms;
	conclude(probe, &evidence);
	if (!host_is_well(probe->health))
		set_again(probe, AGAIN_S);
	control_resume(keeper->control);
}

/* --- the child --- */

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct keeper_probe *probe = io->data;
	struct wire_msg msg;
	int r;

	(void)events;
	while ((r = keeper_child_recv(probe->keeper, &probe->child, &msg)) == 0) {
		on_health(probe, &msg);
		wire_clear(&msg);
	}
	if (r != -EAGAIN)
		ev_io_stop(loop, io); /* its exit follows */
}

static void on_ended(struct child *child)
{
	struct keeper_probe *probe = child->data;

	log_event(LOG_LEVEL_WARN, "probe-lost",
		  LOG_INT("pid", child->pid),
		  LOG_INT("status", child->status));
	keeper_child_forget(probe->keeper, child);
	probe->asked = probe->stuck = false;
	set_again(probe, AGAIN_S);
	control_resume(probe->keeper->control);
}

/* The kernel may block it permanently; then it is not replaced. */
static void on_stuck(struct child *child)
{
	struct keeper_probe *probe = child->data;

	if (probe->stuck) {
		log_event(LOG_LEVEL_ERROR, "probe-stuck",
			  LOG_INT("pid", probe->child.pid));
		keeper_child_kill(probe->keeper, &probe->child);
		return;
	}
	probe->stuck = true;
	keeper_child_set_due(probe->keeper, child, GIVE_UP_S);
	control_resume(probe->keeper->control);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct keeper_probe *probe = timer->data;

	(void)loop;
	(void)events;
	if (!probe->child.is_there &&
	    keeper_child_spawn(probe->keeper, &probe->child, "probe") < 0)
		set_again(probe, AGAIN_S);
	keeper_probe_ask(probe->keeper);
}

/* --- for the others --- */

void keeper_probe_ask(struct keeper *keeper)
{
	struct wire_msg msg = { .kind = WIRE_PING, .deadline_ms = ANSWER_MS };
	struct keeper_probe *probe = keeper->probe;

	if (!probe || probe->child.fd < 0 || probe->asked)
		return;
	probe->asked = true;
	probe->looks++;
	wire_send(probe->child.fd, &msg); /* if it fails, the prober is late */
	keeper_child_set_due(keeper, &probe->child, TELL_S);
}

/* A prober that cannot probe must not block clients. */
static bool can_look(const struct keeper_probe *probe)
{
	return probe && probe->child.is_there && !probe->stuck;
}

bool keeper_probe_is_fresh(const struct keeper *keeper)
{
	const struct keeper_probe *probe = keeper->probe;

	return !can_look(probe) ||
	       (probe->seen_ms &&
		keeper_now(keeper).mono_ms - probe->seen_mono_ms < FRESH_MS);
}

int64_t keeper_probe_next_look(const struct keeper *keeper)
{
	return keeper->probe ? keeper->probe->looks + 1 : 1;
}

bool keeper_probe_has_looked(const struct keeper *keeper, int64_t look)
{
	const struct keeper_probe *probe = keeper->probe;

	return !can_look(probe) || probe->looks - probe->asked >= look;
}

void keeper_probe_state(const struct keeper *keeper,
			struct keeper_probe_state *ret_state)
{
	static const struct keeper_probe none;
	const struct keeper_probe *probe = keeper->probe ?: &none;

	*ret_state = (struct keeper_probe_state){
		.health = probe->health,
		.since_ms = probe->since_ms,
		.seen_ms = probe->seen_ms,
		.evidence = &probe->evidence,
		.trouble = &probe->trouble,
		.stuck = probe->stuck,
		.ports_level = probe->ports_level,
		.ports_grown = probe->grown,
		.ports_minutes = probe->grown_minutes,
	};
}

/* A trouble that lasted when an earlier keeper ended: it is the same one, unless
 * the disk has no room to say that a boot ended it.  How long it lasts is counted
 * from now if that keeper did not write it down. */
static int take_up(void *ctx, const struct host_trouble *trouble)
{
	struct keeper_probe *probe = ctx;

	if (trouble->ended_ms == 0 && !trouble->is_stale) {
		probe->trouble = *trouble;
		probe->health = trouble->worst;
		probe->since_ms = trouble->began_ms;
		if (!trouble->began_mono_ms)
			probe->trouble.began_mono_ms =
				keeper_now(probe->keeper).mono_ms;
	}
	return 0;
}

/* Those of another boot ended with it. */
static void close_old(struct keeper *keeper)
{
	uint32_t count = 0;
	int r = store_close_hosts(keeper->store, keeper_now(keeper).wall_ms,
				  &count);

	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "record-not-written",
			  LOG_TEXT("domain", "the host's troubles"),
			  LOG_TEXT("error", strerror(-r)));
	else if (count)
		log_event(LOG_LEVEL_NOTICE, "host-trouble-ended",
			  LOG_INT("count", count),
			  LOG_TEXT("text", "the host was booted again"));
}

void keeper_probe_start(struct keeper *keeper)
{
	static const struct child_calls calls = {
		on_readable, on_stuck, on_ended
	};
	struct keeper_probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return;
	probe->keeper = keeper;
	keeper_child_init(&probe->child, &calls, probe);
	ev_init(&probe->again, on_again);
	probe->again.data = probe;
	keeper->probe = probe;
	close_old(keeper);
	store_each_host(keeper->store, INT64_MAX, 1, take_up, probe);
	on_again(keeper->loop, &probe->again, 0);
}

void keeper_probe_stop(struct keeper *keeper)
{
	struct keeper_probe *probe = keeper->probe;

	if (!probe)
		return;
	ev_timer_stop(keeper->loop, &probe->again);
	/* It may be waiting, and only looks. */
	keeper_child_end(keeper, &probe->child);
	free(probe);
	keeper->probe = NULL;
}
