/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The course of a retreat: the guests are asked, awaited, of those that did not
 * end a core is taken, and then the operator's command ends it.  It stops when
 * the host is well again, forces no guest, and runs no command twice.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "core/host.h"
#include "core/planted.h"
#include "core/retreat.h"

const char *retreat_note_name(enum retreat_note note)
{
	static const char *const names[] = {
#define X(name, text) [RETREAT_NOTE_##name] = text,
		RETREAT_NOTE_LIST(X)
#undef X
	};

	return names[note];
}

/* --- what is known of it --- */

void retreat_course_tell(const struct retreat_course *course,
			 struct text *text)
{
	struct text list = { 0 };

	text_append(text, course->before);
	if (course->before[0] && course->list.guest)
		text_append(text, "; again: ");
	if (course->list.guest)
		retreat_tell(&course->list, &list);
	text_append(text, text_get(&list));
	text_free(&list);
	/* How it ended is worth more than the last of many guests. */
	text_cut(text, RETREAT_TEXT_BYTES - sizeof(course->end) - sizeof("; "));
	if (course->end[0])
		text_printf(text, "; %s", course->end);
}

static void record_course(struct retreat_course *course)
{
	struct text text = { 0 };

	retreat_course_tell(course, &text);
	course->calls->record(course->calls->ctx, course->state,
			      text_get(&text));
	text_free(&text);
}

static void note_course(struct retreat_course *course, enum retreat_note note)
{
	struct text text = { 0 };

	retreat_course_tell(course, &text);
	course->calls->note(course->calls->ctx, note, course->state,
			    text_get(&text));
	text_free(&text);
}

/* --- its end --- */

static void end_course(struct retreat_course *course, const char *how)
{
	course->state = RETREAT_OVER;
	text_copy(course->end, sizeof(course->end), how);
	if (!course->past)
		record_course(course);
	note_course(course, RETREAT_NOTE_OVER);
}

void retreat_course_ran(struct retreat_course *course, const char *how)
{
	if (course->state != RETREAT_COMMAND)
		return;
	end_course(course, how);
	if (course->past)
		course->state = RETREAT_NONE;
	course->past = false;
}

static void run_command(struct retreat_course *course,
			const struct settings *settings)
{
	int r;

	if (!settings->retreat_command[0]) {
		end_course(course, "no command is set");
		return;
	}
	course->state = RETREAT_COMMAND;
	record_course(course); /* the command may be the last of this host */
	note_course(course, RETREAT_NOTE_COMMAND);
	r = course->calls->command(course->calls->ctx,
				   settings->retreat_command);
	if (r < 0)
		end_course(course, strerror(-r));
}

/* --- those that did not power off --- */

static bool await_capture(struct retreat_course *course)
{
	if (!course->of)
		return false;
	if (course->calls->captures(course->calls->ctx, course->of))
		return true;
	course->of = NULL;
	record_course(course);
	return false;
}

/* One core at a time: the disk is one, too. */
static void take_evidence(struct retreat_course *course,
			  const struct settings *settings)
{
	struct retreat_guest *guest;

	while (!await_capture(course)) {
		guest = retreat_next_left(&course->list);
		if (!guest) {
			run_command(course, settings);
			return;
		}
		guest->captured = true;
		if (settings->retreat_cores &&
		    course->calls->capture(course->calls->ctx, guest))
			course->of = guest;
	}
}

/* --- its course --- */

static void look_at_guests(struct retreat_course *course, int64_t now_ms)
{
	const struct domain_info *list;
	size_t count;

	if (course->calls->list(course->calls->ctx, &list, &count) == 0 &&
	    retreat_look(&course->list, list, count))
		record_course(course); /* the next keeper knows of them by it only */
	if (retreat_is_waiting(&course->list) && now_ms < course->due_ms &&
	    !PLANTED(HASTE))
		return;
	retreat_give_up(&course->list);
	course->state = RETREAT_EVIDENCE;
	record_course(course);
	if (retreat_next_left(&course->list))
		note_course(course, RETREAT_NOTE_LEFT);
}

bool retreat_course_is_ticking(const struct retreat_course *course)
{
	return course->state == RETREAT_WAITING ||
	       course->state == RETREAT_EVIDENCE;
}

void retreat_course_tick(struct retreat_course *course,
			 const struct settings *settings, int64_t now_ms)
{
	if (course->state == RETREAT_WAITING)
		look_at_guests(course, now_ms);
	if (course->state == RETREAT_EVIDENCE)
		take_evidence(course, settings);
}

static int begin_course(struct retreat_course *course,
			const struct settings *settings, int64_t now_ms)
{
	const struct domain_info *list;
	size_t count;
	int r = course->calls->list(course->calls->ctx, &list, &count);

	retreat_clear(&course->list);
	course->of = NULL;
	if (r == 0)
		r = retreat_begin(&course->list, list, count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < course->list.count; i++)
		if (course->calls->ask(course->calls->ctx,
				       &course->list.guest[i]) < 0)
			course->list.guest[i].fate = RETREAT_FATE_REFUSED;
	course->state = RETREAT_WAITING;
	course->end[0] = '\0';
	course->due_ms = now_ms + settings->retreat_s * 1000ll;
	return 0;
}

/* Returns 0, or -errno. */
static int start_course(struct retreat_course *course, enum retreat_note as,
			const struct settings *settings, int64_t now_ms)
{
	int r = begin_course(course, settings, now_ms);

	if (r < 0)
		return r;
	record_course(course);
	note_course(course, as);
	return 0;
}

static bool is_under_way(const struct retreat_course *course)
{
	return course->state != RETREAT_NONE && course->state != RETREAT_OVER;
}

/* The record is of all that were made for one trouble. */
static void keep_before(struct retreat_course *course)
{
	struct text text = { 0 };

	if (course->state == RETREAT_OVER)
		retreat_course_tell(course, &text);
	text_copy(course->before, sizeof(course->before), text_get(&text));
	text_free(&text);
}

const char *retreat_course_start(struct retreat_course *course, bool well,
				 const struct settings *settings,
				 int64_t now_ms)
{
	int r;

	if (well)
		return "the host is not hung: xl shutdown asks the guests";
	if (is_under_way(course))
		return "a retreat is in progress";
	keep_before(course);
	r = start_course(course, RETREAT_NOTE_BEGUN, settings, now_ms);
	return r < 0 ? strerror(-r) : NULL;
}

/* Who was asked has heard it: that is not taken back. */
const char *retreat_course_cancel(struct retreat_course *course)
{
	if (!is_under_way(course))
		return "no retreat is in progress";
	if (course->state == RETREAT_COMMAND)
		return "its command runs already";
	end_course(course, "stopped: by the operator");
	return NULL;
}

/*
 * One that an earlier keeper had begun and not ended: who still runs is asked
 * once more, with all the time.  A command is never run twice.  One that was
 * over is shown.
 */
static void take_up_course(struct retreat_course *course,
			   const struct host_trouble *trouble,
			   const struct settings *settings, int64_t now_ms)
{
	text_copy(course->before, sizeof(course->before), trouble->retreat);
	if (trouble->retreat_state == RETREAT_COMMAND && !PLANTED(COMMAND))
		end_course(course, "the daemon ended while the command ran");
	else if (trouble->retreat_state == RETREAT_WAITING ||
		 trouble->retreat_state == RETREAT_EVIDENCE ||
		 trouble->retreat_state == RETREAT_COMMAND)
		(void)start_course(course, RETREAT_NOTE_RESUMED, settings,
				   now_ms); /* or at the next verdict */
	else
		course->state = trouble->retreat_state;
}

/* One is enough for a trouble, also when an earlier keeper began it. */
static bool is_due(const struct host_trouble *trouble,
		   const struct settings *settings, int64_t now_ms)
{
	uint32_t after_s = settings->retreat_after_s;

	return after_s && (!trouble->retreat[0] || PLANTED(ONCE)) &&
	       now_ms - trouble->began_mono_ms >= after_s * 1000ll;
}

void retreat_course_judge(struct retreat_course *course,
			  const struct host_trouble *trouble,
			  const struct settings *settings, int64_t now_ms)
{
	if (trouble) {
		if (course->state == RETREAT_NONE)
			take_up_course(course, trouble, settings, now_ms);
		if (is_due(trouble, settings, now_ms))
			(void)retreat_course_start(course, false, settings,
						   now_ms);
	} else if (retreat_course_is_ticking(course)) {
		end_course(course, "stopped: the host is healthy again");
	} else if (course->state == RETREAT_COMMAND) {
		course->past = true;
	} else if (course->state == RETREAT_OVER) {
		course->state = RETREAT_NONE; /* the record has it */
	}
}
