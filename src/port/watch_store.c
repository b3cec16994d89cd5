/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watcher's own connection to xenstore: the two special watches, one on
 * each domain's name, and how its loss is noticed.  Writes nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <xenstore.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "port/watch_impl.h"

#ifndef WATCH_STORE_SOCKET
#define WATCH_STORE_SOCKET "/var/run/xenstored/socket"
#endif

#define WATCH_TOKEN_NAME "name/"

/* A domain is renamed after a migration, and by `xl rename`. */
void watch_store_name(struct watch *watch, const struct watch_domain *domain,
		      bool on)
{
	char path[64], token[32];

	snprintf(path, sizeof(path), "/local/domain/%u/name", domain->domid);
	snprintf(token, sizeof(token), WATCH_TOKEN_NAME "%u", domain->domid);
	if (on ? !xs_watch(watch->store, path, token)
	       : !xs_unwatch(watch->store, path, token))
		log_event(LOG_LEVEL_WARN, "name-watch-failed",
			  LOG_INT("domid", domain->domid),
			  LOG_TEXT("error", strerror(errno)));
}

/* --- what dom0 wrote --- */

static bool may_write(const struct xs_permissions *perms)
{
	return perms->perms & XS_PERM_WRITE;
}

/* Is it dom0's, with no other domain that may write it?  The first entry is
 * the owner's, and says what holds for domains that are not listed. */
static bool is_dom0s(struct watch *watch, const char *path)
{
	unsigned int count = 0;
	AUTO_FREE struct xs_permissions *perms =
		xs_get_permissions(watch->store, XBT_NULL, path, &count);
	bool trusted = perms && count && perms[0].id == 0 &&
		       !may_write(&perms[0]);

	for (unsigned int i = 1; trusted && i < count; i++)
		trusted = perms[i].id == 0 || !may_write(&perms[i]);
	return trusted;
}

/* malloc()ed; NULL: it is not there, or another domain can write it. */
static char *read_dom0s(struct watch *watch, const char *path)
{
	unsigned int len;
	char *value = xs_read(watch->store, XBT_NULL, path, &len);

	if (value && is_dom0s(watch, path))
		return value;
	free(value);
	return NULL;
}

/* xenopsd writes which domains a virtual machine has; libxl does not. */
static bool is_xapis(struct watch *watch, const struct watch_domain *domain)
{
	char path[96], uuid[UUID_TEXT_BYTES], want[64];
	AUTO_FREE char *value = NULL;

	snprintf(path, sizeof(path), "/vm/%s/domains/%u",
		 uuid_format(domain->uuid, uuid), domain->domid);
	snprintf(want, sizeof(want), "/local/domain/%u", domain->domid);
	value = read_dom0s(watch, path);
	return value && strcmp(value, want) == 0;
}

void watch_store_tell(struct watch *watch, const struct watch_domain *domain)
{
	AUTO_FREE char *name = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/name", domain->domid);
	name = read_dom0s(watch, path);
	if (name)
		watch->calls.named(watch->ctx, domain->domid, domain->uuid,
				   name, is_xapis(watch, domain) ? PEER_XAPI :
								   PEER_NONE);
}

/* Was it a name?  Reads the record, which goes by the name, again. */
static bool name_changed(struct watch *watch, const char *token)
{
	struct watch_domain *domain;
	size_t len = sizeof(WATCH_TOKEN_NAME) - 1;

	if (strncmp(token, WATCH_TOKEN_NAME, len))
		return false;
	domain = watch_find(watch, (uint32_t)strtoul(token + len, NULL, 10));
	if (domain && !watch->lost)
		watch_files_read_config(watch, domain);
	if (domain && !watch->lost && !domain->has_config)
		watch_store_tell(watch, domain);
	return true;
}

static void store_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct watch *watch = io->data;
	char **event;
	bool any = false;

	(void)loop, (void)revents;
	if (watch->lost)
		return;
	while ((event = xs_check_watch(watch->store))) {
		any |= !name_changed(watch, event[XS_WATCH_TOKEN]);
		free(event);
	}
	if (errno != EAGAIN)
		watch_lose(watch, "the connection to xenstored is lost");
	else if (any)
		watch_look(watch); /* once for all that came together */
}

static void lifeline_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct watch *watch = io->data;

	(void)revents;
	ev_io_stop(loop, io);
	watch_lose(watch, "xenstored hung up");
}

/*
 * libxenstore's reading thread ends silently when xenstored does: nothing
 * becomes readable.  A connection of our own, on which nothing is ever sent,
 * does.  (A xenstored in its own domain has no socket; then watch_probe()
 * has to notice.)
 */
static void lifeline_open(struct watch *watch)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX,
				  .sun_path = WATCH_STORE_SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (connect(fd, (struct sockaddr *)&at, sizeof(at))) {
		close(fd);
		return;
	}
	ev_io_init(&watch->lifeline_io, lifeline_ready, fd, EV_READ);
	watch->lifeline_io.data = watch;
	ev_io_start(watch->loop, &watch->lifeline_io);
}

int watch_store_open(struct watch *watch)
{
	watch->store = xs_open(0);
	if (!watch->store)
		return errno ? -errno : -EIO;
	if (!xs_watch(watch->store, "@introduceDomain", "introduce") ||
	    !xs_watch(watch->store, "@releaseDomain", "release"))
		return errno ? -errno : -EIO;
	ev_io_init(&watch->store_io, store_ready, xs_fileno(watch->store),
		   EV_READ);
	watch->store_io.data = watch;
	ev_io_start(watch->loop, &watch->store_io);
	lifeline_open(watch);
	return 0;
}

void watch_store_close(struct watch *watch)
{
	if (ev_is_active(&watch->lifeline_io)) {
		ev_io_stop(watch->loop, &watch->lifeline_io);
		close(watch->lifeline_io.fd);
	}
	ev_io_stop(watch->loop, &watch->store_io);
	if (watch->store)
		xs_close(watch->store);
}

int watch_probe(struct watch *watch)
{
	AUTO_FREE char *value = NULL;

	if (watch->lost)
		return -EIO;
	value = xs_read(watch->store, XBT_NULL, "/local/domain/0/domid", NULL);
	if (value || errno == ENOENT)
		return 0;
	watch_lose(watch, "xenstore does not answer");
	return -EIO;
}
