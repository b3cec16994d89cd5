/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking a domain over from its live xl monitor, and leaving it to another.
 * Never two supervisors of one domain: the monitor is stopped first, and ends
 * only if it has nothing to do that we would have to finish.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "keeper.h"
#include "port/owner.h"

/* The guest's domain that is not being torn down. */
const struct domain *keeper_domain_of(struct keeper *keeper,
				      const struct guest *guest)
{
	struct domain *const *domains;
	size_t count = engine_domains(keeper->engine, &domains);

	for (size_t i = 0; i < count; i++)
		if (domains[i]->guest == guest && !domains[i]->info.dying)
			return domains[i];
	return NULL;
}

/* The domain runs now, so a stopped monitor has no action in progress. */
static const char *check_runs(struct keeper *keeper,
			      const struct domain *domain)
{
	struct domain_info info;

	if (hv_find(keeper->hv, domain->info.id.domid, &info) ||
	    !domain_id_equal(&info.id, &domain->info.id) || info.dying)
		return "the domain has ended: try again";
	if (info.shutdown)
		return "the domain is down, and its xl monitor handles that: "
		       "try again when it runs";
	if (info.paused)
		return "the domain is paused: its xl monitor may be working on "
		       "it";
	return NULL;
}

static int find_owner(struct keeper *keeper,
		      const struct domain *domain, enum owner *ret_owner,
		      pid_t *ret_pid)
{
	struct owner_query query;

	keeper_owner_query(keeper, domain, &query);
	return owner_find("/proc", &query, ret_owner, ret_pid);
}

static bool is_its_monitor(struct keeper *keeper,
			   const struct domain *domain, pid_t pid)
{
	enum owner owner;
	pid_t found;

	return find_owner(keeper, domain, &owner, &found) == 0 &&
	       owner == OWNER_XL && found == pid;
}

static bool may_end_unasked(struct keeper *keeper,
			    const struct domain *domain, pid_t pid)
{
	struct owner_query query;

	keeper_owner_query(keeper, domain, &query);
	return owner_may_end("/proc", pid, &query);
}

/*
 * The order matters: open a pidfd (a pid may be reused), verify that it is the
 * monitor, stop it, check the domain, and only then kill it.  A domain that
 * crashes after the check has no other supervisor.
 */
static const char *take_over(struct keeper *keeper,
			     const struct domain *domain, pid_t pid,
			     bool (*may_end)(struct keeper *keeper,
					     const struct domain *domain,
					     pid_t pid))
{
	AUTO_CLOSE int fd = owner_open_pidfd(pid);
	const char *why;

	if (fd == -ENOSYS)
		return "this kernel has no pidfds: kill the domain's xl "
		       "monitor yourself";
	if (fd < 0 || !may_end(keeper, domain, pid))
		return "its xl monitor has ended: try again";
	if (owner_stop(fd, pid) < 0)
		return "its xl monitor cannot be stopped";
	why = check_runs(keeper, domain);
	owner_signal(fd, why ? SIGCONT : SIGKILL);
	if (!why)
		log_event(LOG_LEVEL_NOTICE, "adopted",
			  LOG_TEXT("domain", domain->name),
			  LOG_INT("domid", domain->info.id.domid),
			  LOG_UUID("uuid", domain->info.id.uuid),
			  LOG_INT("monitor", pid));
	return why;
}

const char *keeper_adopt_from_monitor(struct keeper *keeper,
				      const struct domain *domain, pid_t pid)
{
	uint32_t domid = domain->info.id.domid;
	const char *why = take_over(keeper, domain, pid, may_end_unasked);

	if (!why)
		engine_freed(keeper->engine, domid, keeper_now(keeper));
	return why;
}

static bool is_ours(struct keeper *keeper, const struct domain *domain)
{
	return !domain->guest->disowned &&
	       engine_acts_on(keeper->engine, domain->guest) &&
	       !engine_is_foreign(keeper->engine, domain);
}

/* Against its toolstack, which goes on as it is, or against adopt = "none". */
static void adopt_by_name(struct keeper *keeper, const struct domain *domain)
{
	if (engine_adopt(keeper->engine, domain->guest->uuid,
			 keeper_now(keeper)) == 0)
		log_event(LOG_LEVEL_NOTICE, "adopted",
			  LOG_TEXT("domain", domain->name),
			  LOG_INT("domid", domain->info.id.domid),
			  LOG_UUID("uuid", domain->info.id.uuid),
			  LOG_TEXT("owner", peer_name(domain->peer)));
}

/* It has no monitor.  An xl that still works on it may become one. */
static const char *refuse_unmonitored(struct keeper *keeper,
				      const struct domain *domain)
{
	enum owner owner = OWNER_NONE;
	pid_t pid;

	if (find_owner(keeper, domain, &owner, &pid) < 0)
		return "its supervisor is unknown";
	return owner == OWNER_UNSETTLED ? "an xl command works on the domain: "
					  "try again when it has ended" : NULL;
}

const char *keeper_adopt_refuses(struct keeper *keeper,
				 const struct guest *guest, pid_t monitor)
{
	const struct domain *domain = keeper_domain_of(keeper, guest);

	if (!domain || !domain->name[0])
		return "the guest has no domain";
	if (monitor)
		return check_runs(keeper, domain);
	if (is_ours(keeper, domain))
		return "xenvigil already supervises it";
	return refuse_unmonitored(keeper, domain);
}

const char *keeper_adopt(struct keeper *keeper, const struct guest *guest)
{
	const struct domain *domain = keeper_domain_of(keeper, guest);
	enum owner owner = OWNER_NONE;
	const char *why = NULL;
	uint32_t domid;
	pid_t pid;

	if (!domain || !domain->name[0])
		return "the guest has no domain";
	domid = domain->info.id.domid;
	if (find_owner(keeper, domain, &owner, &pid) < 0)
		return "its supervisor is unknown";
	if (owner == OWNER_UNSETTLED)
		why = "an xl command works on the domain: try again when it "
		      "has ended";
	else if (owner == OWNER_XL)
		why = take_over(keeper, domain, pid, is_its_monitor);
	else if (is_ours(keeper, domain))
		why = "xenvigil already supervises it";
	if (why)
		return why;
	if (domain->peer || !engine_acts_on(keeper->engine, guest))
		adopt_by_name(keeper, domain);
	else
		engine_disown(keeper->engine, guest->uuid, false,
			      keeper_now(keeper));
	engine_freed(keeper->engine, domid, keeper_now(keeper));
	return NULL;
}

const char *keeper_disown(struct keeper *keeper, const struct guest *guest)
{
	switch (engine_disown(keeper->engine, guest->uuid, true,
			      keeper_now(keeper))) {
	case 0:
		log_event(LOG_LEVEL_NOTICE, "disowned",
			  LOG_TEXT("domain", guest->name),
			  LOG_UUID("uuid", guest->uuid));
		return NULL;
	case -EALREADY:
		return "it is already disowned";
	case -EBUSY:
		return "it has an open incident";
	default:
		return "no such domain";
	}
}
