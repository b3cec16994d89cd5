/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of one domain in the list: what its events lead to, and the
 * decision about it once it is down.  Opens incidents, never works on them.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"
#include "core/planted.h"

struct domain *engine_life_find(const struct engine *e, uint32_t domid)
{
	size_t low = 0, high = e->domain_count;

	while (low < high) {
		size_t mid = (low + high) / 2;
		uint32_t at = e->domains[mid]->info.id.domid;

		if (at == domid)
			return e->domains[mid];
		if (at < domid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* --- deciding --- */

/* After a long enough run its earlier crashes are forgotten.  If it crashed
 * while no daemon ran, the length of its run is unknown. */
static void note_run(struct engine *e, const struct domain *domain,
		     struct engine_time now)
{
	struct guest *guest = domain->guest;
	bool counts = guest->budget.streak > 0;

	if (!domain_id_equal(&guest->run, &domain->info.id))
		return;
	if (domain->ran)
		budget_note_run(&guest->budget,
				settings_for(e->settings, guest->name),
				domain->down_ms - guest->run_ms);
	memset(&guest->run, 0, sizeof(guest->run)); /* it ended here */
	if (counts)
		engine_record_guest(e, guest, now);
}

static void decide(struct engine *e, struct domain *domain,
		   struct engine_time now)
{
	struct policy_input input;
	struct policy_verdict verdict;

	engine_twin_take(e, domain);
	engine_policy_input(e, domain->guest, domain->name,
			    domain->info.reason_code, &input);
	input.foreign |= engine_owner(e, domain) != PEER_NONE;
	policy_decide(&input, &verdict);
	if (verdict.leave_alone) {
		domain->left_alone = true;
		engine_life_event(e, domain, LIFE_EVENT_SUSPENDED, now);
		return;
	}
	note_run(e, domain, now);
	engine_open_case(e, domain, &verdict, now);
}

static void leave(struct engine *e, struct domain *domain, const char *text,
		  struct engine_time now)
{
	engine_life_event(e, domain, LIFE_EVENT_CLAIMED, now);
	engine_tell(e, ENGINE_NOTE_DOMAIN_FOREIGN, domain, NULL, text);
}

static void ask_and_decide(struct engine *e, struct domain *domain,
			   struct engine_time now)
{
	if (engine_foreign_look(e, domain) < 0)
		return; /* it is asked again, as of what is not settled */
	switch (engine_foreign_stance(e, domain)) {
	case PEER_WATCH:
		engine_life_event(e, domain, LIFE_EVENT_READY, now);
		return;
	case PEER_IGNORE:
		leave(e, domain, "left to the toolstack that made it", now);
		return;
	default:
		break;
	}
	if (engine_foreign_claim(e, domain) == ENGINE_CLAIM_UNSETTLED)
		return;
	if (domain->guest->disowned)
		leave(e, domain, "left to another supervisor: disowned by the "
		      "operator", now);
	else
		engine_life_event(e, domain, LIFE_EVENT_READY, now);
}

/*
 * When to ask once more for the configuration, which comes from another
 * process; 0: it is not waited for any longer.  One that was never known
 * cannot come while xenstored is away, and nothing could be done either: it
 * has its time from when that is back.
 */
static int64_t wait_for_config(const struct engine *e,
			       const struct domain *domain,
			       struct engine_time now)
{
	bool known = domain->guest->has_config && !domain->unsure;
	int64_t since_ms = !known && e->back_ms > domain->down_ms ?
			   e->back_ms : domain->down_ms;
	int64_t until_ms = since_ms + ENGINE_CONFIG_WAIT_MS;

	if (domain->configured || engine_is_foreign(e, domain))
		return 0;
	if (!known && !e->toolstack)
		return now.mono_ms + ENGINE_CONFIG_WAIT_MS;
	return until_ms > now.mono_ms ? until_ms : 0;
}

/* Its guest is what counts, and has the incident. */
static void leave_stub(struct engine *e, struct domain *domain,
		       struct engine_time now)
{
	engine_life_event(e, domain, LIFE_EVENT_CLAIMED, now);
	engine_tell(e, ENGINE_NOTE_MODEL_DOWN, domain, NULL,
		    "it is the device model of a guest");
}

/*
 * A decision needs the guest's earlier incident closed, the configuration, and
 * no other supervisor.
 */
static void try_decide(struct engine *e, struct domain *domain,
		       struct engine_time now)
{
	int64_t wait_ms = wait_for_config(e, domain, now);

	if (domain->serves)
		leave_stub(e, domain, now);
	else if (!uuid_equal(domain->guest->uuid, domain->info.id.uuid)) {
		domain->ask_again_ms = INT64_MAX; /* the next list asks */
	} else if (domain->guest->incident) {
		domain->ask_again_ms = INT64_MAX; /* its end asks */
	} else if (wait_ms &&
		   engine_foreign_claim(e, domain) != ENGINE_CLAIM_OTHER) {
		domain->ask_again_ms = wait_ms;
	} else {
		domain->ask_again_ms = now.mono_ms + ENGINE_ASK_AGAIN_MS;
		ask_and_decide(e, domain, now);
	}
}

bool engine_life_ask_due(struct engine *e, struct engine_time now)
{
	struct domain *domain;
	bool any = false;

	LIST_EACH(domain, &e->asking, struct domain, asking_node) {
		if (domain->ask_again_ms > now.mono_ms)
			continue;
		any = true;
		try_decide(e, domain, now);
	}
	return any;
}

void engine_life_ask_guest(struct engine *e, const struct guest *guest,
			   struct engine_time now)
{
	struct domain *domain;

	LIST_EACH(domain, &e->asking, struct domain, asking_node)
		if (domain->guest == guest)
			domain->ask_again_ms = now.mono_ms;
}

/* --- effects --- */

/* libxl's default for a soft reset is a soft reset for every type, so every PV
 * and PVH domain has it although no configuration requests it. */
static enum engine_note unsupported_note(enum reason reason,
					 const struct policy_verdict *verdict)
{
	return reason == REASON_SOFT_RESET &&
	       verdict->wanted == ACTION_SOFT_RESET &&
	       verdict->source == POLICY_SOURCE_DOMAIN ?
		ENGINE_NOTE_ACTION_MOOT : ENGINE_NOTE_ACTION_UNSUPPORTED;
}

/* Says at once, not at the crash, which actions cannot work here. */
static void check_actions(struct engine *e, struct domain *domain)
{
	struct policy_input input;
	struct policy_verdict verdict;
	char text[INCIDENT_TEXT_BYTES];

	engine_tell(e, ENGINE_NOTE_DOMAIN_SEEN, domain, NULL, NULL);
	for (unsigned int reason = 0; reason < REASON_UNKNOWN; reason++) {
		engine_policy_input(e, domain->guest, domain->name, reason,
				    &input);
		policy_decide(&input, &verdict);
		if (!verdict.refused)
			continue;
		snprintf(text, sizeof(text), "on %s: %s will be %s: %s",
			 reason_name(reason), action_name(verdict.wanted),
			 action_name(verdict.action), verdict.refused);
		engine_tell(e, unsupported_note(reason, &verdict), domain,
			    NULL, text);
	}
}

static void start_asking(struct engine *e, struct domain *domain,
			 struct engine_time now)
{
	if (list_empty(&domain->asking_node)) {
		list_append(&e->asking, &domain->asking_node);
		domain->down_ms = now.mono_ms;
		domain->down_cpu_ns = domain->info.cpu_time_ns;
		domain->down_code = domain->info.reason_code;
	}
	domain->ask_again_ms = now.mono_ms;
}

/* It left the list before anybody acted: a crash that an event or the list
 * had shown is still put on record. */
static void forget(struct engine *e, struct domain *domain,
		   struct engine_time now, enum life_state was)
{
	bool down = was == LIFE_STATE_DOWN;
	bool ours = down || was == LIFE_STATE_NEW || was == LIFE_STATE_WATCHED;
	uint8_t code = down ? domain->down_code : domain->hinted_reason;

	if (!down)
		domain->down_cpu_ns = domain->info.cpu_time_ns;
	if (ours && !domain->serves && (down || domain->hinted) &&
	    reason_from_code(code) != REASON_SUSPEND &&
	    !policy_name_is_migrating(domain->name))
		engine_open_missed(e, domain, code, OUTCOME_VANISHED,
				   now);
	engine_tell(e, ENGINE_NOTE_DOMAIN_GONE, domain, NULL, NULL);
}

/*
 * While an incident is open, another process may run its domain, and the domain
 * may crash again.  That is a separate shutdown: it is handled when the
 * incident ends.  If the domain is gone before that, the shutdown is still
 * recorded.
 */
void engine_life_fell_again(struct engine *e, struct domain *domain,
			    enum outcome outcome, struct engine_time now)
{
	const struct domain_info *info = &domain->info;
	bool ours = info->dying && domain->incident &&
		    incident_has_begun(domain->incident, STEP_DESTROY);

	if (domain->state != LIFE_STATE_HANDLED || ours || !info->shutdown ||
	    reason_from_code(info->reason_code) == REASON_SUSPEND ||
	    info->cpu_time_ns <= domain->down_cpu_ns + ENGINE_CPU_SLACK_NS)
		return;
	domain->down_cpu_ns = info->cpu_time_ns;
	engine_open_missed(e, domain, info->reason_code, outcome, now);
}

static void revive(struct engine *e, struct domain *domain,
		   struct engine_time now)
{
	engine_open_missed(e, domain, domain->down_code, OUTCOME_RESUMED,
			   now);
	check_actions(e, domain);
}

static void pass_on(struct engine *e, struct domain *domain,
		    enum case_event event, struct engine_time now)
{
	if (!domain->incident)
		return;
	if (event == CASE_EVENT_RESUMED)
		engine_step_note_unheard(e, domain->incident, now);
	engine_case_event(e, domain->incident, event, now);
}

/* --- events --- */

static void carry_out(struct engine *e, struct domain *domain,
		      enum life_effect effect, enum life_state was,
		      struct engine_time now)
{
	switch (effect) {
	case LIFE_EFFECT_CHECK:
		check_actions(e, domain);
		break;
	case LIFE_EFFECT_ASK:
		start_asking(e, domain, now);
		break;
	case LIFE_EFFECT_DECIDE:
		decide(e, domain, now);
		break;
	case LIFE_EFFECT_REVIVED:
		revive(e, domain, now);
		break;
	case LIFE_EFFECT_RESUMED:
		pass_on(e, domain, CASE_EVENT_RESUMED, now);
		break;
	case LIFE_EFFECT_LOST:
		pass_on(e, domain, CASE_EVENT_VANISHED, now);
		break;
	case LIFE_EFFECT_FORGET:
		forget(e, domain, now, was);
		break;
	default:
		break;
	}
}

void engine_life_event(struct engine *e, struct domain *domain,
		       enum life_event event, struct engine_time now)
{
	enum life_state was = domain->state;
	struct life_move move = machine_life(was, event);

	if (event == LIFE_EVENT_VANISHED)
		engine_life_fell_again(e, domain, OUTCOME_VANISHED, now);
	domain->state = move.next;
	if (move.next != LIFE_STATE_DOWN)
		list_remove(&domain->asking_node);
	if (move.next == LIFE_STATE_ASIDE && was != LIFE_STATE_ASIDE)
		engine_tell(e, ENGINE_NOTE_DOMAIN_ASIDE, domain, NULL, NULL);
	carry_out(e, domain, move.effect, was, now);
}
