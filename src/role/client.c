/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operator's end of the control socket.  Says nothing by itself.
 */
#include "role/client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

static int open_socket(const char *path, int deadline_ms)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = deadline_ms / 1000,
				 .tv_usec = deadline_ms % 1000 * 1000 };
	int r, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	text_copy(addr.sun_path, sizeof(addr.sun_path), path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static int send_all(int fd, const char *at, size_t len)
{
	while (len) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= n;
	}
	return 0;
}

static int read_all(int fd, struct text *text)
{
	char bytes[16384];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text_append_bytes(text, bytes, n);
	}
	return text->error;
}

static int exchange(const char *path, json_object *request, int deadline_ms,
		    struct text *text)
{
	struct text line = { 0 };
	AUTO_CLOSE int fd = open_socket(path, deadline_ms);
	int r;

	if (fd < 0)
		return fd;
	text_printf(&line, "%s\n", json_object_to_json_string_ext(
					   request, JSON_C_TO_STRING_PLAIN));
	r = line.error ? line.error : send_all(fd, line.at, line.len);
	text_free(&line);
	return r < 0 ? r : read_all(fd, text);
}

int client_ask(const char *socket_path, json_object *request,
	       int deadline_ms, json_object **ret_answer)
{
	struct text text = { 0 };
	json_object *answer = NULL;
	int r = exchange(socket_path, request, deadline_ms, &text);

	if (r == 0) {
		answer = json_tokener_parse(text_get(&text));
		r = answer ? 0 : -EPIPE;
	}
	text_free(&text);
	if (r == 0)
		*ret_answer = answer;
	return r;
}

const char *client_explain(int r)
{
	switch (-r) {
	case ENOENT:
	case ECONNREFUSED:
		return "the daemon is not running";
	case EACCES:
		return "only root may ask the daemon";
	case EAGAIN:
		return "the daemon does not answer";
	case EPIPE:
		return "the daemon hung up";
	default:
		return strerror(-r);
	}
}
