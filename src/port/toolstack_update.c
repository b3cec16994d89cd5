/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pending `xl config-update` is xl.cfg text, which only xl can read: a
 * dry-run xl turns it into libxl's JSON.  Changes nothing: the text goes
 * with the userdata of the domain that is destroyed, renamed or reset, so
 * that a save that is repeated finds it again.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libxlutil.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/start.h"
#include "port/toolstack_impl.h"

#define UPDATE_DEADLINE_MS 20000
#define UPDATE_ERRORS_BYTES 600

extern char **environ;

/* One of the child's outputs. */
struct capture {
	int fd;
	size_t most;
	struct text text;
};

static int memory_file(const uint8_t *bytes, size_t len)
{
	int fd = memfd_create("config-update", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno != EINTR) {
			n = -errno;
			close(fd);
			return (int)n;
		}
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return fd;
}

/* Keeps what fits and drops the rest, so that xl never blocks on us. */
static void capture_read(struct capture *from)
{
	char buf[4096];
	ssize_t n = read(from->fd, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(from->fd);
		from->fd = -1;
		return;
	}
	if ((size_t)n > from->most - from->text.len)
		n = (ssize_t)(from->most - from->text.len);
	text_append_bytes(&from->text, buf, (size_t)n);
}

static int capture_both(struct capture *out, struct capture *err)
{
	int64_t end = clock_ms() + UPDATE_DEADLINE_MS;

	while (out->fd >= 0 || err->fd >= 0) {
		struct pollfd wait[] = { { .fd = out->fd, .events = POLLIN },
					 { .fd = err->fd, .events = POLLIN } };
		int64_t left = end - clock_ms();
		int n = left > 0 ? poll(wait, 2, (int)left) : 0;

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && wait[0].revents)
			capture_read(out);
		if (n > 0 && wait[1].revents)
			capture_read(err);
	}
	return 0;
}

/* In a separate process group, with only the three files. */
static int spawn_xl(int in, int out, int err, pid_t *ret_pid)
{
	static char *const argv[] = { "xl", "create", "--dryrun", "--quiet",
				      "/proc/self/fd/0", NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int e;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, err, 2);
	start_prepare_program(&attr, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attr, 0);
	e = posix_spawnp(ret_pid, "xl", &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -e;
}

/* Returns the wait status, or -errno. */
static int run_xl(int in, struct capture *out, struct capture *err)
{
	int out_pipe[2], err_pipe[2], status = 0, r;
	pid_t pid;

	if (pipe2(out_pipe, O_CLOEXEC))
		return -errno;
	if (pipe2(err_pipe, O_CLOEXEC)) {
		r = -errno;
		close(out_pipe[0]);
		close(out_pipe[1]);
		return r;
	}
	out->fd = out_pipe[0];
	err->fd = err_pipe[0];
	r = spawn_xl(in, out_pipe[1], err_pipe[1], &pid);
	close(out_pipe[1]);
	close(err_pipe[1]);
	if (r)
		return r;
	r = capture_both(out, err);
	if (r)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return r ? r : status;
}

static void note_xl_failure(int status, const struct capture *err,
			    struct text *why)
{
	char said[UPDATE_ERRORS_BYTES];

	text_copy(said, sizeof(said), text_get(&err->text));
	for (char *at = said; (at = strchr(at, '\n')); )
		*at = at[1] ? ' ' : '\0';
	if (status < 0)
		text_append_clause(why, "cannot read the pending config-update:"
				   " xl: %s", strerror(-status));
	else if (status)
		text_append_clause(why, "the pending config-update is unusable:"
				   " xl says: %s", said);
	else
		text_append_clause(why, "cannot read the pending config-update:"
				   " xl printed no JSON (output_format in xl.conf?)");
}

/* xl.cfg text to JSON as xl prints it; malloc()ed. */
static int convert(const uint8_t *text, size_t len, char **ret_json,
		   struct text *why)
{
	struct capture out = { .fd = -1, .most = DOMAIN_CONFIG_MAX_BYTES };
	struct capture err = { .fd = -1, .most = UPDATE_ERRORS_BYTES };
	AUTO_CLOSE int in = memory_file(text, len);
	const char *start = NULL;
	int status = in < 0 ? in : run_xl(in, &out, &err);
	int r = status < 0 ? status : -EINVAL;

	if (!status)
		start = strchr(text_get(&out.text), '{');
	if (start) {
		*ret_json = strdup(start);
		r = *ret_json ? 0 : -ENOMEM;
	} else {
		note_xl_failure(status, &err, why);
	}
	cleanup_close(&out.fd);
	cleanup_close(&err.fd);
	text_free(&out.text);
	text_free(&err.text);
	return r;
}

static bool text_sets_uuid(const uint8_t *text, size_t len)
{
	AUTO_FILE FILE *report = fopen("/dev/null", "we");
	XLU_Config *config = report ? xlu_cfg_init(report, "config-update")
				    : NULL;
	const char *value;
	bool set;

	if (!config)
		return false;
	set = !xlu_cfg_readdata(config, (const char *)text, (int)len) &&
	      !xlu_cfg_get_string(config, "uuid", &value, 1);
	xlu_cfg_destroy(config);
	return set;
}

/*
 * xl invents a uuid when the text has none: for every program that knows the
 * guest by its uuid it would be another guest.
 */
static int keep_identity(struct toolstack *ts, uint32_t domid,
			 libxl_domain_config *config, struct text *why)
{
	struct domain_info info;
	char *name = libxl_domid_to_name(ts->ctx, domid);
	int r = hv_find(ts->hv, domid, &info);

	if (r || !name) {
		free(name);
		text_append_clause(why, "domain %u has no name or is gone", domid);
		return r ? r : -ENOENT;
	}
	if (config->c_info.name && strcmp(config->c_info.name, name))
		text_append_clause(why, "the name in the config-update is ignored,"
				   " it sets no uuid");
	free(config->c_info.name);
	config->c_info.name = name;
	memcpy(libxl_uuid_bytearray(&config->c_info.uuid), info.id.uuid,
	       UUID_BYTES);
	return 0;
}

static int update_json(struct toolstack *ts, uint32_t domid,
		       const uint8_t *text, size_t len, char **ret_json,
		       struct text *why)
{
	AUTO_CONFIG libxl_domain_config config;
	AUTO_FREE char *raw = NULL;
	int r;

	libxl_domain_config_init(&config);
	r = convert(text, len, &raw, why);
	if (!r)
		r = toolstack_parse(ts, raw, &config, why);
	if (!r && !text_sets_uuid(text, len))
		r = keep_identity(ts, domid, &config, why);
	if (r)
		return r;
	*ret_json = libxl_domain_config_to_json(ts->ctx, &config);
	return *ret_json ? 0 : -ENOMEM;
}

int toolstack_read_update(struct toolstack *ts, uint32_t domid,
			  char **ret_json, struct text *why)
{
	AUTO_FREE uint8_t *text = NULL;
	int len = 0;
	int rc = libxl_userdata_retrieve(ts->ctx, domid, LIGHT_KIND_UPDATE,
					 &text, &len);

	if (rc)
		return toolstack_fail(ts, rc, "looking for a config-update",
				      why);
	if (len <= 0)
		return -ENOENT;
	if (len > DOMAIN_CONFIG_MAX_BYTES) {
		text_append_clause(why, "the pending config-update is too large:"
				   " %d bytes", len);
		return -EMSGSIZE;
	}
	return update_json(ts, domid, text, (size_t)len, ret_json, why);
}
