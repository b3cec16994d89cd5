/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine with guests that another toolstack made, or that a live xl monitor
 * has: each shutdown is on record with its evidence, none is acted on, and what
 * the operator, or the monitor's end, can change of that.
 */
#include "engine_host.h"
#include "tap.h"

static enum peer maker;		/* who the next look finds */
static int look_fails;
static unsigned int looks;

static int call_made_by(void *ctx, const struct domain *domain,
			enum peer *ret_peer)
{
	(void)ctx;
	(void)domain;
	looks++;
	if (!look_fails)
		*ret_peer = maker;
	return look_fails;
}

/* It runs in domain 5, whose maker's marks are there from the begin. */
static void begin_foreign(enum peer peer)
{
	maker = peer;
	look_fails = 0;
	begin_guest(DOMAIN_TYPE_PVH, ACTION_RESTART);
	host.calls.made_by = call_made_by;
	/* The host's first list was before there was anybody to ask. */
	((struct domain *)engine_domain(host.engine, 5))->marked = false;
	scan();
	looks = 0;
}

static bool is_left(enum peer peer)
{
	return !open_one() && host.closed.peer == peer &&
	       host.closed.outcome == OUTCOME_FOREIGN &&
	       host.closed.verdict.source == POLICY_SOURCE_FOREIGN;
}

static void test_watch(void)
{
	begin_foreign(PEER_LIBVIRT);
	ok(engine_is_foreign(host.engine, engine_domain(host.engine, 5)),
	   "a guest of libvirt is foreign while it runs");
	scan();
	scan();
	ok(looks == 0, "and is not asked about with each list");
	crash(5);
	is_text(host.steps, "report", "its crash is looked at");
	ok(open_one() && open_one()->peer == PEER_LIBVIRT &&
	   open_one()->verdict.action == ACTION_LOG,
	   "on record, and to be left alone");
	answer(0);
	ok(is_left(PEER_LIBVIRT), "it ends as foreign");
	is_text(host.steps, "report", "and nothing else is done");
	scan();
	pass(60000);
	ok(host.notes[ENGINE_NOTE_INCIDENT_OPENED] == 1, "nor recorded twice");
	remove_domain(5);
	add_domain(6);
	scan();
	crash(6);
	ok(open_one() && open_one()->peer == PEER_LIBVIRT,
	   "the domain that libvirt made next is its own, too");
	finish();
}

static void test_removed(void)
{
	begin_foreign(PEER_LIBVIRT);
	crash(5);
	host.list[0].dying = true;
	scan();
	answer(-ESTALE);
	ok(is_left(PEER_LIBVIRT), "removed while it is looked at: foreign");
	is_text(host.steps, "report", "and left alone");
	finish();

	begin_foreign(PEER_XAPI);
	engine_hint(host.engine, 5, 3);
	remove_domain(5);
	scan();
	ok(host.notes[ENGINE_NOTE_CRASH_MISSED] == 1 && is_left(PEER_XAPI),
	   "removed before that: on record all the same");
	finish();
}

/* A peer takes its marks away when it removes the domain. */
static void test_marks_go(void)
{
	begin_foreign(PEER_LIBVIRT);
	maker = PEER_NONE;
	crash(5);
	answer(0);
	ok(is_left(PEER_LIBVIRT), "who made it is known when the marks are gone");
	finish();
}

static void test_marks_come(void)
{
	begin_foreign(PEER_NONE);
	host.list[0].paused = true;
	host.list[0].cpu_time_ns = 0;
	((struct domain *)engine_domain(host.engine, 5))->marked = false;
	scan();
	maker = PEER_LIBVIRT;
	scan();
	ok(engine_is_foreign(host.engine, engine_domain(host.engine, 5)),
	   "while it is built it is asked about again");
	finish();

	begin_foreign(PEER_NONE);
	maker = PEER_LIBVIRT;
	crash(5);
	answer(0);
	ok(is_left(PEER_LIBVIRT), "and once more when it is down");
	finish();
}

static void test_unknown(void)
{
	begin_foreign(PEER_NONE);
	look_fails = -EMFILE;
	crash(5);
	ok(!open_one() && !host.steps[0],
	   "while nobody can tell who made it nothing is decided");
	look_fails = 0;
	pass(1000);
	is_text(host.steps, "report", "it is when that can be told");
	ok(open_one() && !open_one()->peer, "of our own guest");
	finish();
}

static void test_no_config(void)
{
	begin_foreign(PEER_LIBVIRT);
	((struct domain *)engine_domain(host.engine, 5))->configured = false;
	crash(5);
	is_text(host.steps, "report", "no configuration is waited for");
	finish();
}

static void test_stances(void)
{
	begin_foreign(PEER_LIBVIRT);
	host.settings->peers[PEER_LIBVIRT] = PEER_IGNORE;
	crash(5);
	ok(!open_one() && !host.steps[0] &&
	   engine_domain(host.engine, 5)->state == LIFE_STATE_FOREIGN &&
	   host.notes[ENGINE_NOTE_DOMAIN_FOREIGN] == 1, "ignored");
	pass(60000);
	remove_domain(5);
	scan();
	ok(!host.notes[ENGINE_NOTE_CRASH_MISSED] && !host.records,
	   "with nothing on record");
	finish();

	begin_foreign(PEER_LIBVIRT);
	host.settings->peers[PEER_LIBVIRT] = PEER_ADOPT;
	crash(5);
	answer(0);
	is_text(host.steps, "report save", "adopted by the setting: ours");
	finish();

	begin_foreign(PEER_LIBVIRT);
	host.settings->peers[PEER_XAPI] = PEER_ADOPT;
	host.settings->peers[PEER_QUBES] = PEER_IGNORE;
	crash(5);
	answer(0);
	ok(is_left(PEER_LIBVIRT), "another toolstack's setting says nothing");
	finish();
}

static void test_operator(void)
{
	begin_foreign(PEER_LIBVIRT);
	ok(engine_adopt(host.engine, uuid, host.now) == 0 &&
	   host.stored_guest.adopted &&
	   engine_adopt(host.engine, uuid, host.now) == -EALREADY,
	   "adopted by the operator, on record, once");
	crash(5);
	answer(0);
	is_text(host.steps, "report save", "it is ours");
	finish();

	begin_foreign(PEER_LIBVIRT);
	engine_adopt(host.engine, uuid, host.now);
	ok(engine_disown(host.engine, uuid, true, host.now) == 0 &&
	   !host.stored_guest.adopted && !host.stored_guest.disowned,
	   "disowned, it is its maker's again");
	crash(5);
	answer(0);
	ok(is_left(PEER_LIBVIRT), "and watched as before");
	finish();

	begin_foreign(PEER_LIBVIRT);
	engine_disown(host.engine, uuid, true, host.now);
	crash(5);
	ok(!open_one() && !host.steps[0], "disowned once more, it is ignored");
	finish();
}

/* With adopt = "none" the operator's word alone counts. */
static void test_none(void)
{
	begin_foreign(PEER_NONE);
	host.settings->adopt = SETTINGS_ADOPT_NONE;
	ok(!engine_acts_on(host.engine, engine_guest(host.engine, uuid)),
	   "nothing is ours");
	engine_adopt(host.engine, uuid, host.now);
	ok(engine_acts_on(host.engine, engine_guest(host.engine, uuid)),
	   "but what was adopted");
	ok(engine_disown(host.engine, uuid, true, host.now) == 0 &&
	   !host.stored_guest.adopted && host.stored_guest.disowned &&
	   !engine_acts_on(host.engine, engine_guest(host.engine, uuid)),
	   "disowned, it is nobody's: no toolstack made it");
	finish();

	begin_foreign(PEER_NONE);
	host.settings->adopt = SETTINGS_ADOPT_NONE;
	engine_adopt(host.engine, uuid, host.now);
	crash(5);
	answer(0);
	is_text(host.steps, "report save", "one that was adopted is handled");
	finish();
}

/* libxl has no record of it: xapi's guests are like that. */
static void begin_nameless(void)
{
	begin_foreign(PEER_NONE);
	host.settings->guest.on[REASON_CRASH] = ACTION_DESTROY;
	add_domain(9)->id.uuid[0] = 9;
	scan();
}

static void tell_name(const char *name, enum peer peer)
{
	engine_named(host.engine, 9, host.list[1].id.uuid, name, peer,
		     host.now);
}

static void test_named(void)
{
	static const uint8_t other[UUID_BYTES] = { 8 };

	begin_nameless();
	crash(9);
	pass(10000);
	ok(open_one() && open_one()->verdict.action == ACTION_PRESERVE,
	   "of a domain without a name nobody knows whose it is");
	finish();

	begin_nameless();
	engine_named(host.engine, 9, other, "bad", PEER_XAPI, host.now);
	tell_name("vm", PEER_NONE);
	is_text(engine_domain(host.engine, 9)->name, "vm",
		"its name in xenstore is its name");
	crash(9);
	pass(10000);
	ok(open_one() && open_one()->verdict.action == ACTION_DESTROY &&
	   !open_one()->peer, "by which the settings hold for it");
	is_text(open_one()->name, "vm", "and which is on record");
	finish();

	begin_nameless();
	tell_name("vm", PEER_XAPI);
	tell_name("renamed", PEER_NONE);
	crash(9);
	is_text(host.steps, "report", "xapi's guest is looked at");
	answer(0);
	ok(is_left(PEER_XAPI), "and left to xapi");
	is_text(host.closed.name, "renamed", "by its newest name");
	finish();

	begin_foreign(PEER_NONE);
	engine_named(host.engine, 5, uuid, "bad", PEER_XAPI, host.now);
	is_text(engine_domain(host.engine, 5)->name, "web",
		"what has a configuration goes by that");
	ok(!engine_is_foreign(host.engine, engine_domain(host.engine, 5)),
	   "and is libxl's");
	finish();
}

/* It stays: libvirt may be told to preserve it, or not run at all. */
static void test_restart(void)
{
	begin_foreign(PEER_LIBVIRT);
	crash(5);
	answer(0);
	restart();
	scan();
	ok(!open_one() && !host.steps[0],
	   "after a restart it is not recorded once more");
	finish();
}

/* The guest's newest domain is nobody's, and gone again. */
static void test_newest_is_ours(void)
{
	begin_foreign(PEER_LIBVIRT);
	maker = PEER_NONE;
	add_domain(6);
	scan();
	crash(5);
	restart();
	remove_domain(6);
	scan();
	answer(0);
	ok(is_left(PEER_LIBVIRT),
	   "one of libvirt is left to it, whichever is the newest of its uuid");
	is_text(host.steps, "report", "and nothing but a look is done");
	finish();
}

/* --- a live xl monitor --- */

static const char handled[] = "handled by xl's monitor 77";

static void begin_monitored(void)
{
	begin_foreign(PEER_NONE);
	host.claim = ENGINE_CLAIM_OTHER;
}

/* Its crash was looked at, and is the monitor's to handle. */
static void await_monitor(void)
{
	begin_monitored();
	crash(5);
	answer(0);
}

static void end_monitor(void)
{
	host.claim = ENGINE_CLAIM_NONE;
	engine_freed(host.engine, 5, host.now);
}

static bool is_handled(void)
{
	return is_left(PEER_XL) && !strcmp(host.closed.why, handled);
}

static void test_monitor(void)
{
	begin_monitored();
	crash(5);
	is_text(host.steps, "report", "a crash that xl's monitor handles is looked at");
	ok(open_one() && open_one()->peer == PEER_XL &&
	   open_one()->verdict.action == ACTION_LOG, "on record as the monitor's");
	answer(0);
	scan();
	pass(60000);
	ok(open_one() && open_one()->state == CASE_STATE_WAITING &&
	   host.notes[ENGINE_NOTE_INCIDENT_OPENED] == 1,
	   "it waits for what the monitor does");
	host.list[0].dying = true;
	scan();
	ok(is_handled(), "and ends when that removes the domain: %s",
	   host.closed.why);
	remove_domain(5);
	add_domain(6);
	scan();
	is_text(host.steps, "report", "nothing else is done");
	crash(6);
	ok(open_one() && open_one()->peer == PEER_XL,
	   "the next crash is another incident");
	finish();

	begin_monitored();
	crash(5);
	host.list[0].dying = true;
	scan();
	answer(-ESTALE);
	ok(is_handled(), "removed while it is looked at");
	finish();
}

static void test_monitor_ends(void)
{
	await_monitor();
	end_monitor();
	is_text(host.steps, "report save",
		"the monitor ends and leaves the domain: it is ours");
	ok(open_one() && !open_one()->peer && !open_one()->why[0] &&
	   open_one()->verdict.action == ACTION_RESTART &&
	   host.notes[ENGINE_NOTE_INCIDENT_OPENED] == 1 &&
	   host.notes[ENGINE_NOTE_INCIDENT_OURS] == 1, "in the same incident");
	answer_until(STEP_CREATE);
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED &&
	   !host.closed.peer, "which starts the guest");
	is_text(host.steps, "report save destroy create", "once");
	finish();

	begin_monitored();
	crash(5);
	end_monitor();
	answer(0);
	is_text(host.steps, "report save", "the same while it is looked at");
	finish();

	await_monitor();
	host.claim = ENGINE_CLAIM_NONE;
	pass(29999);
	is_text(host.steps, "report", "an end of which nobody tells");
	pass(1);
	is_text(host.steps, "report save", "is found half a minute later");
	finish();

	await_monitor();
	host.settings->guest.grace_s = 5;
	end_monitor();
	pass(4999);
	is_text(host.steps, "report", "the guest's grace time holds");
	pass(1);
	is_text(host.steps, "report save", "from then on");
	finish();

	await_monitor();
	host.list[0].dying = true;
	scan();
	end_monitor();
	pass(60000);
	is_text(host.steps, "report", "one that is being removed is not ours");
	finish();
}

/* As with on_crash=rename-restart. */
static void test_monitor_renames(void)
{
	await_monitor();
	host.list[0].id.uuid[0] = 9;
	add_domain(6);
	scan();
	ok(is_handled(), "a domain that the monitor renames is handled");
	end_monitor();
	pass(60000);
	scan();
	is_text(host.steps, "report", "and stays");
	host.claim = ENGINE_CLAIM_OTHER;
	crash(6);
	ok(open_one() && open_one()->id.domid == 6,
	   "the guest's next crash has an incident");
	finish();
}

static void test_monitor_restart(void)
{
	await_monitor();
	restart();
	ok(open_one() && open_one()->peer == PEER_XL && !host.steps[0],
	   "after a restart of the daemon it waits on");
	remove_domain(5);
	scan();
	ok(is_handled(), "for the monitor");
	finish();

	await_monitor();
	restart();
	host.claim = ENGINE_CLAIM_NONE;
	pass(30000);
	is_text(host.steps, "save", "or becomes ours, looked at once");
	finish();
}

static void test_monitor_missed(void)
{
	begin_monitored();
	engine_hint(host.engine, 5, 3);
	remove_domain(5);
	scan();
	ok(host.notes[ENGINE_NOTE_CRASH_MISSED] == 1 && is_handled(),
	   "a domain that is gone before the list shows it is on record");
	finish();

	begin_foreign(PEER_NONE);
	engine_monitored(host.engine, 5, 77);
	ok(engine_owner(host.engine, engine_domain(host.engine, 5)) == PEER_XL,
	   "a monitor is known while the guest runs");
	engine_hint(host.engine, 5, 3);
	remove_domain(5);
	scan();
	ok(is_handled(), "and what it handled when it has ended by then");
	finish();

	begin_foreign(PEER_NONE);
	engine_monitored(host.engine, 5, 77);
	end_monitor();
	ok(!engine_owner(host.engine, engine_domain(host.engine, 5)),
	   "when it ends before, the guest is ours");
	finish();
}

static void test_monitor_operator(void)
{
	await_monitor();
	engine_hold(host.engine, uuid, host.now);
	ok(open_one() && open_one()->state == CASE_STATE_WAITING,
	   "a hold says nothing of what the monitor does");
	end_monitor();
	ok(open_one() && open_one()->state == CASE_STATE_HELD,
	   "and holds once it is ours");
	finish();

	await_monitor();
	engine_retry(host.engine, uuid, host.now);
	is_text(open_one()->why, handled, "nor does a retry");
	is_text(host.steps, "report", "do anything");
	finish();

	begin_monitored();
	engine_disown(host.engine, uuid, true, host.now);
	engine_monitored(host.engine, 5, 77);
	crash(5);
	ok(!open_one() && !host.steps[0] &&
	   host.notes[ENGINE_NOTE_DOMAIN_FOREIGN] == 1,
	   "disowned, it is not recorded");
	remove_domain(5);
	add_domain(6);
	scan();
	engine_hint(host.engine, 6, 3);
	remove_domain(6);
	scan();
	ok(!host.notes[ENGINE_NOTE_CRASH_MISSED], "nor what was only heard of");
	finish();
}

int main(void)
{
	test_monitor();
	test_monitor_ends();
	test_monitor_renames();
	test_monitor_restart();
	test_monitor_missed();
	test_monitor_operator();
	test_watch();
	test_removed();
	test_marks_go();
	test_marks_come();
	test_unknown();
	test_no_config();
	test_stances();
	test_operator();
	test_none();
	test_named();
	test_restart();
	test_newest_is_ours();
	return done_testing();
}
