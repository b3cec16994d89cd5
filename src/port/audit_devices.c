/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices in xenstore: an end without the other, two ends that disagree, and
 * directories of domains that are gone.  Reads only; waits for xenstored
 * without bound, as libxenstore does.
 */
#include "port/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#include "base/cleanup.h"
#include "port/device_mend.h"
#include "port/hostview.h"

#define PATH_BYTES 256
/* Devices come and go: what is wrong now has to be wrong then, too. */
#define AGAIN_US 1500000
#define CONNECTED 4

struct walk {
	const struct audit *audit;
	struct xs_handle *store;
	struct hostview_domain *list;
	size_t count;
	bool report;		/* else only look */
	unsigned int found;
};

/* What is too long for a path of the toolstack's is none, and is not there. */
static void join(char ret_path[PATH_BYTES], const char *path,
		 const char *entry)
{
	if (snprintf(ret_path, PATH_BYTES, "%s/%s", path, entry) >= PATH_BYTES)
		ret_path[0] = '\0';
}

/* What is in ENTRY of PATH; EACH gets the path of each. */
static void each(struct walk *walk, const char *path, const char *entry,
		 void (*call)(struct walk *walk, const char *path,
			      const char *entry))
{
	char whole[PATH_BYTES];
	unsigned int count = 0;
	AUTO_FREE char **list = NULL;

	join(whole, path, entry);
	list = xs_directory(walk->store, XBT_NULL, whole, &count);
	for (unsigned int i = 0; list && i < count; i++)
		call(walk, whole, list[i]);
}

static char *read_at(struct walk *walk, const char *path, const char *name)
{
	char whole[PATH_BYTES];

	join(whole, path, name);
	return xs_read(walk->store, XBT_NULL, whole, NULL);
}

static bool is_there(struct walk *walk, const char *path)
{
	unsigned int count;
	AUTO_FREE char **list = xs_directory(walk->store, XBT_NULL, path,
					     &count);

	return list != NULL;
}

static int state_at(struct walk *walk, const char *path)
{
	AUTO_FREE char *state = read_at(walk, path, "state");

	return state ? atoi(state) : -1;
}

static void report(struct walk *walk, const char *path, const char *what,
		   const char *fix)
{
	walk->found++;
	if (walk->report)
		audit_report(walk->audit, AUDIT_WARN, fix, "%s: %s", path,
			     what);
}

static void found(struct walk *walk, const char *path, const char *what,
		  const char *command)
{
	char fix[3 * PATH_BYTES];

	snprintf(fix, sizeof(fix), "%s %s", command, path);
	report(walk, path, what, fix);
}

/*
 * The guest uses it, by FRONTEND: without one end the guest's driver would keep
 * a device that nothing can detach any more.
 */
static void report_used(struct walk *walk, const char *frontend,
			const char *path, const char *what,
			const char *device)
{
	struct text fix = { 0 };
	unsigned int domid;
	char kind[32];

	if (sscanf(frontend, "/local/domain/%u/device/%31[a-z0-9_]", &domid,
		   kind) == 2)
		device_mend(domid, kind, device, &fix);
	else
		text_append(&fix, "detach and attach the device");
	report(walk, path, what, text_get(&fix));
	text_free(&fix);
}

/* Whether DOMID is gone; then its leftovers below PATH are reported as WHAT. */
static bool is_left_over(struct walk *walk, const char *path,
			 const char *domid, const char *what)
{
	char whole[PATH_BYTES];

	for (size_t i = 0; i < walk->count; i++)
		if (walk->list[i].domid == (uint32_t)atol(domid))
			return false;
	join(whole, path, domid);
	found(walk, whole, what, "xenstore-rm");
	return true;
}

/* --- a backend of dom0's: PATH is backend/KIND/DOMID --- */

static void check_backend(struct walk *walk, const char *path,
			  const char *device)
{
	char whole[PATH_BYTES], what[128];
	AUTO_FREE char *frontend = NULL;
	int ours, theirs;

	join(whole, path, device);
	frontend = read_at(walk, whole, "frontend");
	ours = state_at(walk, whole);
	if (!frontend || !is_there(walk, frontend)) {
		found(walk, whole, "a backend without its frontend",
		      "xenstore-rm");
		return;
	}
	theirs = state_at(walk, frontend);
	if (theirs < 0) /* a console has no state */
		return;
	if (ours == theirs || (ours != CONNECTED && theirs != CONNECTED))
		return;
	snprintf(what, sizeof(what), "the two ends disagree: the backend is in "
		 "state %d, the frontend in %d", ours, theirs);
	report_used(walk, frontend, whole, what, device);
}

static void check_backends_of(struct walk *walk, const char *path,
			      const char *domid)
{
	if (!is_left_over(walk, path, domid,
			  "stale backends of a domain that is gone"))
		each(walk, path, domid, check_backend);
}

static void check_backend_kind(struct walk *walk, const char *path,
			       const char *kind)
{
	each(walk, path, kind, check_backends_of);
}

/* --- a frontend: PATH is /local/domain/DOMID/device/KIND --- */

static void check_frontend(struct walk *walk, const char *path,
			   const char *device)
{
	char whole[PATH_BYTES];
	AUTO_FREE char *backend = NULL;

	join(whole, path, device);
	backend = read_at(walk, whole, "backend");
	/* One that names no backend is not for us to judge. */
	if (backend && !is_there(walk, backend))
		report_used(walk, whole, whole,
			    "a frontend without its backend", device);
}

static void check_frontend_kind(struct walk *walk, const char *path,
				const char *kind)
{
	each(walk, path, kind, check_frontend);
}

static void check_domain(struct walk *walk, const char *path,
			 const char *domid)
{
	char whole[PATH_BYTES];

	if (is_left_over(walk, path, domid,
			 "a stale directory of a domain that is gone"))
		return;
	join(whole, path, domid);
	each(walk, whole, "device", check_frontend_kind);
}

static void check_record(struct walk *walk, const char *path,
			 const char *domid)
{
	(void)is_left_over(walk, path, domid,
			   "libxl's stale record of a domain that is gone");
}

static bool list_domains(struct walk *walk)
{
	struct hostview *view;
	int r = hostview_open(&view);

	if (r == 0) {
		free(walk->list);
		walk->list = NULL;
		r = hostview_list(view, &walk->list, &walk->count);
		hostview_close(view);
	}
	return r == 0;
}

static void go_round(struct walk *walk)
{
	walk->found = 0;
	each(walk, "/local/domain/0", "backend", check_backend_kind);
	each(walk, "/local", "domain", check_domain);
	each(walk, "", "libxl", check_record);
}

void audit_devices(const struct audit *audit)
{
	struct walk walk = { .audit = audit };

	walk.store = xs_open(0);
	if (!walk.store || !list_domains(&walk)) {
		audit_report(audit, AUDIT_ERROR, "fix the errors above first",
			     "the devices cannot be checked");
	} else {
		go_round(&walk);
		if (walk.found) {
			usleep(AGAIN_US);
			walk.report = list_domains(&walk);
			go_round(&walk);
		}
		if (!walk.found)
			audit_report(audit, AUDIT_OK, "", "every device has a "
				     "frontend and a backend, and they agree");
	}
	free(walk.list);
	if (walk.store)
		xs_close(walk.store);
}
