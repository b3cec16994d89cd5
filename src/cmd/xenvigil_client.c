/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One question to the daemon, one answer, with a deadline.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "xenvigil_cmd.h"

#define ANSWER_S 10

static int open_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = ANSWER_S };
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

static int exchange(const char *path, json_object *request, struct text *text)
{
	struct text line = { 0 };
	AUTO_CLOSE int fd = open_socket(path);
	int r;

	if (fd < 0)
		return fd;
	text_printf(&line, "%s\n", json_object_to_json_string_ext(
					   request, JSON_C_TO_STRING_PLAIN));
	r = line.error ? line.error : send_all(fd, line.at, line.len);
	text_free(&line);
	return r < 0 ? r : read_all(fd, text);
}

static const char *explain(int r)
{
	switch (-r) {
	case ENOENT:
	case ECONNREFUSED:
		return "the daemon is not running";
	case EACCES:
		return "only root may ask the daemon";
	case EAGAIN:
		return "the daemon does not answer";
	default:
		return strerror(-r);
	}
}

json_object *xenvigil_client_ask(const char *socket_path, json_object *request)
{
	struct text text = { 0 };
	json_object *answer = NULL;
	int r = exchange(socket_path, request, &text);

	if (r < 0)
		fprintf(stderr, "xenvigil: %s: %s\n", socket_path, explain(r));
	else
		answer = json_tokener_parse(text_get(&text));
	if (r == 0 && !answer)
		fprintf(stderr, "xenvigil: the daemon hung up\n");
	text_free(&text);
	return answer;
}
