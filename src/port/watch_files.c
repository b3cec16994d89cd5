/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration of each domain, out of libxl's userdata files: read when
 * the domain is first seen and again when a file changes.  Never asks a
 * device model, which may be dead or hang.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "port/guest.h"
#include "port/watch_impl.h"

static uint64_t hash_add(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3ull;
	} while (*text++);
	return hash;
}

/*
 * The bytes of one file and a NUL, malloc()ed; NULL: there is none (yet), or
 * it is no use.
 */
static char *read_kind(struct watch *watch, struct watch_domain *domain,
		       const char *kind, size_t *ret_len)
{
	AUTO_FREE uint8_t *data = NULL;
	struct domain_info info;
	char *copy;
	int len = 0;

	/* libxl logs an error for a domain that has just gone. */
	if (hv_find(watch->hv, domain->domid, &info) ||
	    !uuid_equal(info.id.uuid, domain->uuid))
		return NULL;
	if (libxl_userdata_retrieve(watch->light, domain->domid, kind, &data,
				    &len) || len <= 0)
		return NULL;
	if (len > DOMAIN_CONFIG_MAX_BYTES) {
		log_event(LOG_LEVEL_WARN, "userdata-too-large",
			  LOG_INT("domid", domain->domid),
			  LOG_TEXT("kind", kind), LOG_INT("bytes", len));
		return NULL;
	}
	copy = strndup((const char *)data, (size_t)len);
	*ret_len = (size_t)len;
	return copy;
}

/* The record keeps the name of the creation: "NAME--incoming" after all. */
static void take_name(libxl_domain_config *config, char **name)
{
	if (!*name)
		return;
	free(config->c_info.name);
	config->c_info.name = *name;
	*name = NULL;
}

static void read_config(struct watch *watch, struct watch_domain *domain)
{
	AUTO_CONFIG libxl_domain_config config;
	AUTO_FREE char *json = NULL, *name = NULL;
	struct domain_config known;
	char made_as[DOMAIN_NAME_BYTES];
	size_t len = 0;
	uint64_t hash;

	libxl_domain_config_init(&config);
	json = read_kind(watch, domain, LIGHT_KIND_CONFIG, &len);
	if (!json)
		return;
	name = libxl_domid_to_name(watch->light, domain->domid);
	if (!name && domain->has_config)
		return; /* it is being destroyed, its name went first */
	hash = hash_add(hash_add(0xcbf29ce484222325ull, json), name ?: "");
	if (domain->has_config && hash == domain->config_hash)
		return;
	if (libxl_domain_config_from_json(watch->light, &config, json)) {
		log_event(LOG_LEVEL_WARN, "config-unreadable",
			  LOG_INT("domid", domain->domid),
			  LOG_UUID("uuid", domain->uuid));
		return;
	}
	domain->has_config = true;
	domain->config_hash = hash;
	text_copy(made_as, sizeof(made_as), config.c_info.name ?: "");
	take_name(&config, &name);
	guest_read_config(&config, &known);
	watch_model_user(domain, &config);
	if (strcmp(made_as, known.name))
		text_copy(known.made_as, sizeof(known.made_as), made_as);
	watch_eject_disarm(watch, domain);
	watch_eject_arm(watch, domain, &config);
	watch->calls.config(watch->ctx, domain->domid, domain->uuid, &known,
			    json);
}

/* libxl writes the record last, when the device model runs.  A soft reset
 * changes the process, but not the record. */
void watch_files_read_config(struct watch *watch, struct watch_domain *domain)
{
	read_config(watch, domain);
	if (domain->has_config)
		watch_model_read(watch, domain);
}

static void read_update(struct watch *watch, struct watch_domain *domain)
{
	size_t len = 0;
	AUTO_FREE char *text = read_kind(watch, domain, LIGHT_KIND_UPDATE,
					 &len);

	if (!text && !domain->has_update)
		return;
	domain->has_update = text != NULL;
	watch->calls.update(watch->ctx, domain->domid, domain->uuid, text);
}

void watch_files_read(struct watch *watch, struct watch_domain *domain)
{
	watch_files_read_config(watch, domain);
	if (!watch->lost)
		read_update(watch, domain);
}

/* "userdata-d.DOMID.UUID.KIND" */
struct file_name {
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	const char *kind;
};

/* Is it of a kind that concerns us? */
static bool parse_name(const char *name, struct file_name *ret_file)
{
	char uuid[UUID_TEXT_BYTES];
	unsigned int domid;
	int end = 0;

	if (sscanf(name, "userdata-d.%u.%36[0-9a-f-].%n", &domid, uuid,
		   &end) != 2 || !end || uuid_parse(uuid, ret_file->uuid))
		return false;
	ret_file->domid = domid;
	ret_file->kind = name + end;
	return !strcmp(ret_file->kind, LIGHT_KIND_CONFIG) ||
	       !strcmp(ret_file->kind, LIGHT_KIND_UPDATE);
}

static void file_changed(struct watch *watch, const struct inotify_event *ev)
{
	struct watch_domain *domain;
	struct file_name file;

	if (ev->mask & IN_IGNORED) {
		watch_lose(watch, "libxl's directory " LIGHT_DATA_DIR
			   " is gone");
		return;
	}
	if (ev->mask & IN_Q_OVERFLOW) {
		struct watch_domain *each;

		LIST_EACH(each, &watch->domains, struct watch_domain, node)
			watch_files_read(watch, each);
		return;
	}
	if (!ev->len || !parse_name(ev->name, &file))
		return;
	domain = watch_find(watch, file.domid);
	if (!domain)
		return; /* its look is still to come, and reads the files */
	if (!uuid_equal(domain->uuid, file.uuid))
		watch_look(watch); /* renamed: no other event reports this */
	else if (!strcmp(file.kind, LIGHT_KIND_UPDATE))
		read_update(watch, domain);
	else if (!(ev->mask & IN_DELETE))
		watch_files_read_config(watch, domain);
}

static void files_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	_Alignas(struct inotify_event) char buf[16 * 1024];
	struct watch *watch = io->data;
	ssize_t n = read(io->fd, buf, sizeof(buf));

	(void)loop, (void)revents;
	for (ssize_t at = 0; at < n && !watch->lost; ) {
		const struct inotify_event *ev = (const void *)(buf + at);

		file_changed(watch, ev);
		at += (ssize_t)(sizeof(*ev) + ev->len);
	}
}

/*
 * libxl writes a new file and renames it over the old one.  Its lock files
 * appear and vanish at each access, also by Xenvigil, and are not watched.
 */
int watch_files_open(struct watch *watch)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int r;

	if (fd < 0)
		return -errno;
	if (inotify_add_watch(fd, LIGHT_DATA_DIR,
			      IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	ev_io_init(&watch->files_io, files_ready, fd, EV_READ);
	watch->files_io.data = watch;
	ev_io_start(watch->loop, &watch->files_io);
	return 0;
}

void watch_files_close(struct watch *watch)
{
	if (!ev_is_active(&watch->files_io))
		return;
	ev_io_stop(watch->loop, &watch->files_io);
	close(watch->files_io.fd);
}
