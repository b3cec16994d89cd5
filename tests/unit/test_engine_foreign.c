/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine with guests that another toolstack made: each shutdown is on
 * record with its evidence, none is acted on, and what the operator can change
 * of that.
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

int main(void)
{
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
