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
#include "control_json.h"
#include "control_wait.h"
#include "keeper.h"

#define CLIENTS_MAX 64
/* Of those: other clients always find room. */
#define WAITING_MAX 32
#define REQUEST_MAX_BYTES 65536
#define CLIENT_DEADLINE_S 10.
/* Without a descriptor for the next one, until one may be free. */
#define ACCEPT_AGAIN_S 0.25
/* Polls while a client waits for a domain that is being built: the hypervisor
 * does not report when its builder unpauses it. */
#define BUILT_AGAIN_S 0.5

struct control {
	struct keeper *keeper;
	struct list clients;
	unsigned int count;
	ev_io incoming;
	ev_timer again;		/* takes in more */
	unsigned int waiting;	/* clients with a wait */
	ev_prepare look;	/* at what they wait for: something changed */
	ev_timer built;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

struct client {
	struct list node;
	struct control *control;
	ev_io io;
	ev_timer deadline;
	struct text request;
	bool waits;		/* for a probe of the host */
	int64_t look;		/* the probe that it waits for; 0: any */
	struct control_wait *wait;	/* for a state of a guest; NULL: not */
	json_object *answer;
	const char *out;	/* the answer's text */
	size_t out_len, out_at;
};

static void end_wait(struct client *client)
{
	if (!client->wait)
		return;
	free(client->wait);
	client->wait = NULL;
	client->control->waiting--;
}

static void drop_client(struct client *client)
{
	struct control *control = client->control;

	ev_io_stop(control->keeper->loop, &client->io);
	ev_timer_stop(control->keeper->loop, &client->deadline);
	close(client->io.fd);
	list_remove(&client->node);
	end_wait(client);
	text_free(&client->request);
	json_object_put(client->answer);
	free(client);
	control->count--;
}

/* A new client is always served: it replaces the client that has been silent
 * longest without a request. */
static void make_room(struct control *control)
{
	struct client *client, *oldest = NULL;

	LIST_EACH(client, &control->clients, struct client, node)
		if (!oldest && !client->waits && !client->wait &&
		    !client->answer)
			oldest = client;
	LIST_EACH(client, &control->clients, struct client, node)
		if (!oldest && !client->wait)
			oldest = client;
	drop_client(oldest);
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
		drop_client(client);
}

static bool is_command(json_object *request, const char *name)
{
	json_object *command = NULL;

	return json_object_is_type(request, json_type_object) &&
	       json_object_object_get_ex(request, "command", &command) &&
	       json_object_is_type(command, json_type_string) &&
	       strcmp(json_object_get_string(command), name) == 0;
}

/* The status contains the verdict on the host, and a recent verdict is good
 * enough.  A retreat shuts guests down: its verdict comes from a look that
 * begins after the request. */
static bool must_wait(struct client *client, json_object *request)
{
	struct keeper *keeper = client->control->keeper;

	if (is_command(request, "retreat")) {
		client->look = keeper_probe_next_look(keeper);
		if (keeper_probe_has_looked(keeper, client->look))
			return false; /* the prober cannot look */
	} else if (is_command(request, "status")) {
		client->look = 0;
		if (keeper_probe_is_fresh(keeper))
			return false;
	} else {
		return false;
	}
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
	LIST_EACH(client, &control->clients, struct client, node) {
		if (!client->waits)
			continue;
		if (keeper_probe_has_looked(control->keeper, client->look))
			answer(client);
		else
			keeper_probe_ask(control->keeper);
	}
}

/* From here on it is only written to. */
static void reply(struct client *client, json_object *with)
{
	struct keeper *keeper = client->control->keeper;

	end_wait(client);
	client->answer = with;
	client->out = with ? json_object_to_json_string_length(
				with, CONTROL_JSON_FLAGS, &client->out_len) :
			     NULL;
	if (!client->out) {
		drop_client(client);
		return;
	}
	keeper_set_timer(keeper, &client->deadline, CLIENT_DEADLINE_S);
	ev_io_stop(keeper->loop, &client->io);
	ev_io_set(&client->io, client->io.fd, EV_WRITE);
	ev_io_start(keeper->loop, &client->io);
	on_writable(client);
}

static void on_client_deadline(struct ev_loop *loop, ev_timer *timer,
			       int events)
{
	struct client *client = timer->data;

	(void)loop;
	(void)events;
	if (client->wait)
		reply(client, control_wait_end(client->control->keeper,
					       client->wait));
	else
		drop_client(client);
}

/* --- those that wait for a state of a guest --- */

static json_object *refuse_wait(void)
{
	json_object *with = json_object_new_object();

	control_json_text(with, "error", "too many clients wait already");
	return with;
}

/* It goes on to be readable: by that its end is seen. */
static void begin_wait(struct client *client, json_object *request)
{
	struct control *control = client->control;
	struct keeper *keeper = control->keeper;
	json_object *with;
	int64_t timeout_ms;

	keeper_scan(keeper);
	with = control_wait_begin(keeper, request, &client->wait);
	control->waiting += client->wait != NULL;
	if (control->waiting > WAITING_MAX && client->wait)
		with = refuse_wait();
	if (with || !client->wait) {
		reply(client, with);
		return;
	}
	timeout_ms = control_wait_timeout_ms(client->wait);
	if (timeout_ms < 0)
		ev_timer_stop(keeper->loop, &client->deadline);
	else
		keeper_set_timer(keeper, &client->deadline, timeout_ms / 1e3);
}

/* Before the loop sleeps. */
static void on_look(struct ev_loop *loop, ev_prepare *look, int events)
{
	struct control *control = look->data;
	struct client *client;
	bool is_built = true;

	(void)events;
	ev_prepare_stop(loop, look);
	LIST_EACH(client, &control->clients, struct client, node) {
		json_object *with;
		bool again = false;

		if (!client->wait)
			continue;
		with = control_wait_look(control->keeper, client->wait, &again);
		if (with)
			reply(client, with);
		else
			is_built &= !again;
	}
	if (!is_built)
		keeper_set_timer(control->keeper, &control->built,
				 BUILT_AGAIN_S);
}

static void on_built(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct control *control = timer->data;

	(void)loop;
	(void)events;
	if (!control->waiting)
		return;
	keeper_scan(control->keeper);
	keeper_rearm(control->keeper);
}

void control_changed(struct control *control)
{
	if (control && control->waiting)
		ev_prepare_start(control->keeper->loop, &control->look);
}

/* --- requests --- */

static void answer(struct client *client)
{
	struct keeper *keeper = client->control->keeper;
	json_object *request = json_tokener_parse(text_get(&client->request));

	if (!client->waits && must_wait(client, request)) {
		json_object_put(request);
		return;
	}
	client->waits = false;
	if (is_command(request, "wait"))
		begin_wait(client, request);
	else
		reply(client, control_answer(keeper, request));
	json_object_put(request);
	keeper_rearm(keeper);
}

static void on_readable(struct client *client)
{
	char bytes[4096];
	ssize_t n = recv(client->io.fd, bytes, sizeof(bytes), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || client->wait ||
	    client->request.len + n > REQUEST_MAX_BYTES) {
		drop_client(client);
		return;
	}
	text_append_bytes(&client->request, bytes, n);
	if (client->request.error)
		drop_client(client);
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

/* The socket's mode already ensures it; the kernel's credentials are safer. */
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
	ev_prepare_init(&control->look, on_look);
	ev_init(&control->built, on_built);
	control->again.data = control->look.data = control->built.data = control;
	ev_io_start(keeper->loop, &control->incoming);
	*ret_control = control;
	return 0;
}

void control_close(struct control *control)
{
	struct client *client;

	LIST_EACH(client, &control->clients, struct client, node)
		drop_client(client);
	ev_timer_stop(control->keeper->loop, &control->again);
	ev_timer_stop(control->keeper->loop, &control->built);
	ev_prepare_stop(control->keeper->loop, &control->look);
	ev_io_stop(control->keeper->loop, &control->incoming);
	close(control->incoming.fd);
	unlink(control->path);
	free(control);
}
