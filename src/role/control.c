/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operator's socket and its clients.  A client that is slow, endless or
 * wrong costs itself its connection, never the daemon.
 */
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "keeper.h"

#define CLIENTS_MAX 64
#define REQUEST_MAX_BYTES 65536
#define CLIENT_DEADLINE_S 10.
/* Without a descriptor for the next one, until one may be free. */
#define ACCEPT_AGAIN_S 0.25

struct control {
	struct keeper *keeper;
	struct list clients;
	unsigned int count;
	ev_io incoming;
	ev_timer again;		/* takes in more */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

struct client {
	struct list node;
	struct control *control;
	ev_io io;
	ev_timer deadline;
	struct text request;
	bool waits;		/* for a look at the host */
	json_object *answer;
	const char *out;	/* the answer's text */
	size_t out_len, out_at;
};

static void drop(struct client *client)
{
	struct control *control = client->control;

	ev_io_stop(control->keeper->loop, &client->io);
	ev_timer_stop(control->keeper->loop, &client->deadline);
	close(client->io.fd);
	list_remove(&client->node);
	text_free(&client->request);
	json_object_put(client->answer);
	free(client);
	control->count--;
}

/* Whoever comes is served: of those who have asked nothing yet, the one that
 * is at it longest goes. */
static void make_room(struct control *control)
{
	struct client *client, *oldest = NULL;

	LIST_EACH(client, &control->clients, struct client, node)
		if (!oldest && !client->waits && !client->answer)
			oldest = client;
	LIST_EACH(client, &control->clients, struct client, node)
		oldest = oldest ?: client;
	drop(oldest);
}

static void on_client_deadline(struct ev_loop *loop, ev_timer *timer,
			       int events)
{
	(void)loop;
	(void)events;
	drop(timer->data);
}

static void on_writable(struct client *client)
{
	ssize_t n = send(client->io.fd, client->out + client->out_at,
			 client->out_len - client->out_at, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		client->out_at += n;
	if (n <= 0 || client->out_at == client->out_len)
		drop(client);
}

/* The verdict on the host is part of the status, and has to be of now. */
static bool must_wait(struct client *client, json_object *request)
{
	struct keeper *keeper = client->control->keeper;
	json_object *command;

	if (!json_object_object_get_ex(request, "command", &command) ||
	    strcmp(json_object_get_string(command) ?: "", "status") ||
	    keeper_probe_is_fresh(keeper))
		return false;
	ev_io_stop(keeper->loop, &client->io);
	client->waits = true;
	keeper_probe_ask(keeper);
	return true;
}

static void answer(struct client *client);

void control_resume(struct control *control)
{
	struct client *client;

	if (!control)
		return;
	LIST_EACH(client, &control->clients, struct client, node)
		if (client->waits)
			answer(client);
}

/* The request is whole: answer it, then only write. */
static void answer(struct client *client)
{
	struct keeper *keeper = client->control->keeper;
	json_object *request = json_tokener_parse(text_get(&client->request));

	if (!client->waits && must_wait(client, request)) {
		json_object_put(request);
		return;
	}
	client->waits = false;
	client->answer = control_answer(keeper, request);
	json_object_put(request);
	client->out = client->answer ?
		json_object_to_json_string_length(client->answer,
						  JSON_C_TO_STRING_PLAIN |
						  JSON_C_TO_STRING_NOSLASHESCAPE,
						  &client->out_len) : NULL;
	if (!client->out) {
		drop(client);
		return;
	}
	ev_io_stop(keeper->loop, &client->io);
	ev_io_set(&client->io, client->io.fd, EV_WRITE);
	ev_io_start(keeper->loop, &client->io);
	on_writable(client);
	keeper_rearm(keeper);
}

static void on_readable(struct client *client)
{
	char bytes[4096];
	ssize_t n = recv(client->io.fd, bytes, sizeof(bytes), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || client->request.len + n > REQUEST_MAX_BYTES) {
		drop(client);
		return;
	}
	text_append_bytes(&client->request, bytes, n);
	if (client->request.error)
		drop(client);
	else if (memchr(bytes, '\n', n))
		answer(client);
}

static void on_client(struct ev_loop *loop, ev_io *io, int events)
{
	struct client *client = io->data;

	(void)loop;
	if (events & EV_WRITE)
		on_writable(client);
	else
		on_readable(client);
}

/* The mode of the socket says it already; the kernel's word is better. */
static bool is_root(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	       cred.uid == 0;
}

/* Who waits in the socket's queue keeps it readable. */
static void pause_incoming(struct control *control)
{
	ev_io_stop(control->keeper->loop, &control->incoming);
	keeper_set_timer(control->keeper, &control->again, ACCEPT_AGAIN_S);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct control *control = timer->data;

	(void)events;
	ev_io_start(loop, &control->incoming);
}

static bool is_want(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	       error == ENOBUFS;
}

static void on_incoming(struct ev_loop *loop, ev_io *io, int events)
{
	struct control *control = io->data;
	struct client *client;
	int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0) {
		if (is_want(errno))
			pause_incoming(control);
		return;
	}
	client = is_root(fd) ? calloc(1, sizeof(*client)) : NULL;
	if (!client) {
		close(fd);
		return;
	}
	if (control->count == CLIENTS_MAX)
		make_room(control);
	client->control = control;
	list_append(&control->clients, &client->node);
	ev_io_init(&client->io, on_client, fd, EV_READ);
	ev_timer_init(&client->deadline, on_client_deadline,
		      CLIENT_DEADLINE_S, 0.);
	client->io.data = client->deadline.data = client;
	ev_io_start(loop, &client->io);
	ev_now_update(loop);
	ev_timer_start(loop, &client->deadline);
	control->count++;
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t mask;
	int r, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			   0);

	if (fd < 0)
		return -errno;
	text_copy(addr.sun_path, sizeof(addr.sun_path), path);
	unlink(path); /* of an earlier keeper: we hold the lock */
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (r == 0)
		r = listen(fd, 16);
	if (r < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

int control_open(struct keeper *keeper, struct control **ret_control)
{
	struct control *control = calloc(1, sizeof(*control));
	int fd;

	if (!control)
		return -ENOMEM;
	control->keeper = keeper;
	list_init(&control->clients);
	if (snprintf(control->path, sizeof(control->path), "%s/control",
		     keeper->settings->run_dir) >=
	    (int)sizeof(control->path)) {
		free(control);
		return -ENAMETOOLONG;
	}
	fd = listen_at(control->path);
	if (fd < 0) {
		free(control);
		return fd;
	}
	ev_io_init(&control->incoming, on_incoming, fd, EV_READ);
	control->incoming.data = control;
	ev_init(&control->again, on_again);
	control->again.data = control;
	ev_io_start(keeper->loop, &control->incoming);
	*ret_control = control;
	return 0;
}

void control_close(struct control *control)
{
	struct client *client;

	LIST_EACH(client, &control->clients, struct client, node)
		drop(client);
	ev_timer_stop(control->keeper->loop, &control->again);
	ev_io_stop(control->keeper->loop, &control->incoming);
	close(control->incoming.fd);
	unlink(control->path);
	free(control);
}
