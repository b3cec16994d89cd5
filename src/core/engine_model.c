/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a device model, decided upon: an HVM guest without one hangs, so
 * it counts as crashed.  Crashes none itself.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"

static const char cause_begins[] = "the device model (";

bool engine_model_is_known(const struct device_model *model)
{
	return model->pid || model->domid;
}

void engine_model_cause(const struct device_model *model,
			char ret_panic[EVIDENCE_PANIC_BYTES])
{
	snprintf(ret_panic, EVIDENCE_PANIC_BYTES, "%s%s %u) ended",
		 cause_begins, model->domid ? "stub domain" : "QEMU, process",
		 model->domid ? model->domid : model->pid);
}

bool engine_model_is_cause(const char *cause)
{
	return strncmp(cause, cause_begins, sizeof(cause_begins) - 1) == 0;
}

/* A domain that is shut down or dying needs no device model. */
static bool has_ended(const struct domain_info *info)
{
	return info->dying ||
	       (info->shutdown &&
		reason_from_code(info->reason_code) != REASON_SUSPEND);
}

/* A domain that is suspended or being built gets another device model; so does
 * the domain of a running step. */
static bool runs_for_itself(const struct domain *domain)
{
	return (domain->state == LIFE_STATE_NEW ||
		domain->state == LIFE_STATE_WATCHED) &&
	       !domain->info.shutdown && !domain->info.paused &&
	       domain->guest->has_config &&
	       !policy_name_is_migrating(domain->name);
}

/* Why the guest is left as it is; NULL: it is not. */
static const char *why_left(const struct engine *e,
			    const struct domain *domain,
			    enum engine_claim claim)
{
	const struct guest *guest = domain->guest;

	if (engine_is_foreign(e, domain))
		return "the domain is left to the toolstack that made it";
	if (guest->config.type != DOMAIN_TYPE_HVM)
		return "the domain runs on: it is no HVM guest";
	if (guest->hold)
		return "the domain is left as it is: it is on hold";
	if (!engine_acts_on(e, guest))
		return "the domain is left as it is: adopt is none";
	if (claim == ENGINE_CLAIM_OTHER)
		return "the domain is left to its other supervisor";
	if (settings_for(e->settings, guest->name)->on_model_end ==
	    SETTINGS_MODEL_LOG)
		return "the domain is left as it is: on_device_model_end is "
		       "log";
	return NULL;
}

enum engine_model engine_model_ended(struct engine *engine, uint32_t domid,
				     const uint8_t uuid[UUID_BYTES],
				     const struct device_model *model,
				     struct engine_time now)
{
	struct domain *domain = engine_life_find(engine, domid);
	enum engine_claim claim;
	const char *why;

	if (!domain || !uuid_equal(domain->info.id.uuid, uuid) ||
	    has_ended(&domain->info))
		return ENGINE_MODEL_TOLD;
	if (!runs_for_itself(domain) || engine_foreign_look(engine, domain) < 0)
		return ENGINE_MODEL_LATER;
	if (engine_foreign_stance(engine, domain) == PEER_IGNORE)
		return ENGINE_MODEL_TOLD;
	claim = engine_foreign_claim(engine, domain);
	if (claim == ENGINE_CLAIM_UNSETTLED)
		return ENGINE_MODEL_LATER;
	why = why_left(engine, domain, claim);
	domain->model_end = *model;
	if (!why)
		return ENGINE_MODEL_CRASH;
	engine_open_model(engine, domain, why, now);
	domain->model_end = (struct device_model){ 0 };
	engine_run(engine, now);
	return ENGINE_MODEL_TOLD;
}

static void name_stub(struct domain *stub, const struct domain *domain)
{
	char name[DOMAIN_NAME_BYTES + sizeof("-dm")];

	if (stub->name[0] || !domain->name[0])
		return;
	snprintf(name, sizeof(name), "%s-dm", domain->name);
	text_copy(stub->name, sizeof(stub->name), name);
}

bool engine_model_stub(struct engine *engine, uint32_t domid, uint32_t stub,
		       struct engine_time now)
{
	const struct domain *domain = engine_life_find(engine, domid);
	struct domain *model = engine_life_find(engine, stub);

	if (!domain || !model || domid == stub)
		return false;
	model->serves = domid;
	name_stub(model, domain);
	if (!list_empty(&model->asking_node))
		model->ask_again_ms = now.mono_ms;
	engine_run(engine, now);
	return !model->info.shutdown && !model->info.dying;
}
