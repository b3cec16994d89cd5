/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keeper's children in units of their own, with this program in the place
 * of the service manager: it listens, and starts a process a connection.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <poll.h>

#include "base/log.h"
#include "base/text.h"
#include "core/settings.h"
#include "role/keeper.h"
#include "tap.h"

#define SOON_S 5.

static char dir[] = "/tmp/test_unit.XXXXXX";
static struct settings settings = { .log_target = 1, .log_level = 7 };
static struct keeper keeper = { .settings = &settings };
static struct child child;
static int ends, late;
static struct wire_msg heard;	/* the last one */
static ev_timer patience;

/* --- the manager --- */

static int listen_for(const char *role)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s.socket", dir,
		 role);
	unlink(addr.sun_path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 8))
		perror(addr.sun_path);
	return fd;
}

static pid_t begin(int listener, int (*work)(void))
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	pid_t pid = fork();

	if (pid == 0) {
		if (fd != WIRE_FD)
			dup2(fd, WIRE_FD);
		for (int i = WIRE_FD + 1; i < 64; i++)
			close(i);
		_exit(work());
	}
	close(fd);
	return pid;
}

/* --- what it starts --- */

/* Its order's number comes back, and how it was told to log. */
static int work_well(void)
{
	struct wire_msg order = { 0 }, result = { .kind = WIRE_RESULT };
	int target = -1, level = -1;
	int r;

	setenv("LISTEN_FDS", "1", 1);
	r = unit_greet(&target, &level);
	if (r == 0)
		r = wire_recv(WIRE_FD, &order);
	result.order = order.order;
	snprintf(result.text, sizeof(result.text), "%d,%d,%s", target, level,
		 getenv("LISTEN_FDS") ?: "");
	wire_send(WIRE_FD, &result);
	unit_say_end(r ? 1 : 3);
	return 3;
}

/* Says who it is, and nothing more, whatever happens to its socket. */
static int work_not(void)
{
	int target, level;

	unit_greet(&target, &level);
	while (pause())
		;
	return 0;
}

static int work_silently(void)
{
	pause();
	return 0;
}

static int die_at_work(void)
{
	int target, level;

	unit_greet(&target, &level);
	return 9;
}

/* What a role that is late finds. */
static int come_late(void)
{
	int target, level;

	return unit_greet(&target, &level) == -EPIPE ? 40 : 41;
}

static int come_late_and_heed(void)
{
	struct wire_msg order = { 0 };
	int target = 0, level = 0;
	int r = unit_greet(&target, &level);

	if (r != -EPIPE || target != 1 || level != 7)
		return 42;
	r = wire_recv(WIRE_FD, &order);
	return r == 0 && order.order == 77 ? 43 : 44;
}

/* --- the keeper --- */

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct wire_msg msg;
	int r;

	(void)events;
	while ((r = keeper_child_recv(&keeper, &child, &msg)) == 0) {
		wire_clear(&heard);
		heard = msg;
	}
	if (r != -EAGAIN)
		ev_io_stop(loop, io);
}

static void on_deadline(struct child *of)
{
	(void)of;
	late++;
	ev_break(keeper.loop, EVBREAK_ALL);
}

static void on_ended(struct child *ended)
{
	if (ended->fd >= 0)
		on_readable(keeper.loop, &ended->readable, EV_READ);
	ends++;
	ev_break(keeper.loop, EVBREAK_ALL);
}

static void on_impatience(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static bool comes_to_end(void)
{
	int before = ends;

	keeper_set_timer(&keeper, &patience, SOON_S);
	ev_run(keeper.loop, 0);
	ev_timer_stop(keeper.loop, &patience);
	return ends == before + 1;
}

/* Until its first word was heard. */
static bool is_met(void)
{
	for (int i = 0; i < 500 && !child.pid; i++) {
		ev_run(keeper.loop, EVRUN_NOWAIT);
		usleep(10000);
	}
	return child.pid != 0;
}

static int order(uint64_t number)
{
	struct wire_msg msg = { .kind = WIRE_ORDER, .order = number };

	return wire_send(child.fd, &msg);
}

static int status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

/* --- tests --- */

static void test_well(int listener)
{
	pid_t pid;

	ok(keeper_child_spawn(&keeper, &child, "worker") == 0,
	   "one is asked for");
	ok(child.is_there && !child.pid, "who it will be is not known yet");
	ok(order(77) == 0, "it can be ordered already");
	pid = begin(listener, work_well);
	ok(comes_to_end(), "its end is seen");
	ok(child.pid == pid, "it was who was started");
	ok(heard.kind == WIRE_RESULT && heard.order == 77,
	   "its owner hears its result, and not its greeting");
	is_text(heard.text, "1,7,", "it knows how to log, and forgot the manager");
	ok(child.status == 3 << 8, "how it ended is known");
	keeper_child_forget(&keeper, &child);
	ok(!child.is_there && child.fd < 0 && child.pidfd < 0, "nothing is left");
	status_of(pid);
}

static void test_killed(int listener)
{
	pid_t pid;

	keeper_child_spawn(&keeper, &child, "worker");
	pid = begin(listener, work_not);
	ok(is_met(), "one that hangs has said who it is");
	keeper_child_kill(&keeper, &child);
	ok(comes_to_end(), "killed: its end is seen");
	ok(WIFSIGNALED(child.status) && WTERMSIG(child.status) == SIGKILL,
	   "as killed");
	keeper_child_forget(&keeper, &child);
	ok(WTERMSIG(status_of(pid)) == SIGKILL, "it was killed in truth");

	keeper_child_spawn(&keeper, &child, "worker");
	pid = begin(listener, work_not);
	ok(is_met(), "another hangs");
	keeper_child_close(&keeper, &child);
	ok(child.is_there && child.pidfd >= 0,
	   "not listened to any more, it is there until it ends");
	kill(pid, SIGKILL);
	ok(comes_to_end(), "and then its end is seen");
	keeper_child_forget(&keeper, &child);
	status_of(pid);

	keeper_child_spawn(&keeper, &child, "worker");
	pid = begin(listener, work_not);
	ok(is_met(), "a third hangs");
	keeper_child_end(&keeper, &child);
	ok(!child.is_there && WTERMSIG(status_of(pid)) == SIGKILL,
	   "ended, it is gone and forgotten");

	keeper_child_spawn(&keeper, &child, "worker");
	keeper_child_end(&keeper, &child);
	pid = begin(listener, come_late);
	ok(!child.is_there && WEXITSTATUS(status_of(pid)) == 40,
	   "ended before it is begun, it finds nobody");
}

/* Its word is in the socket, and was not read before it had to be killed. */
static void test_unread(int listener)
{
	struct pollfd word = { .events = POLLIN };
	pid_t pid;

	keeper_child_spawn(&keeper, &child, "worker");
	pid = begin(listener, work_not);
	word.fd = child.fd;
	ok(poll(&word, 1, 5000) == 1 && !child.pid, "a greeting waits unread");
	keeper_child_kill(&keeper, &child);
	ok(comes_to_end() && WTERMSIG(status_of(pid)) == SIGKILL,
	   "killed by who sent it");
	keeper_child_forget(&keeper, &child);
}

static void test_lost(int listener)
{
	pid_t pid;

	keeper_child_spawn(&keeper, &child, "worker");
	pid = begin(listener, die_at_work);
	ok(comes_to_end() && child.status == -1,
	   "one that dies is lost; how is not known");
	keeper_child_forget(&keeper, &child);
	status_of(pid);

	keeper_child_spawn(&keeper, &child, "worker");
	close(accept(listener, NULL, NULL));
	ok(comes_to_end() && !child.pid && child.status == -1,
	   "one that the manager does not start is lost");
	keeper_child_forget(&keeper, &child);
}

/* The manager takes longer than the keeper has time. */
static void test_late(int listener)
{
	pid_t pid;

	keeper_child_spawn(&keeper, &child, "worker");
	order(77);
	keeper_child_kill(&keeper, &child);
	ok(comes_to_end(), "one that was not begun in time is given up");
	pid = begin(listener, come_late);
	ok(WEXITSTATUS(status_of(pid)) == 40,
	   "begun then, it finds that it comes too late, at once");
	keeper_child_forget(&keeper, &child);

	keeper_child_spawn(&keeper, &child, "worker");
	order(77);
	keeper_child_forget(&keeper, &child);
	pid = begin(listener, come_late);
	ok(WEXITSTATUS(status_of(pid)) == 40, "one that was forgotten, too");

	keeper_child_spawn(&keeper, &child, "hook");
	ok(child.fd < 0 && !child.is_there, "nobody listens: none is started");
}

static void test_heir(int listener)
{
	pid_t pid;

	ok(keeper_child_spawn(&keeper, &child, "hook") == 0,
	   "a hook is asked for");
	order(77);
	keeper_child_forget(&keeper, &child);
	pid = begin(listener, come_late_and_heed);
	ok(WEXITSTATUS(status_of(pid)) == 43,
	   "a keeper that ends leaves its order to it");
}

/* What the manager takes is not the child's time. */
static void test_limit(int listener)
{
	pid_t pid;

	keeper_child_spawn(&keeper, &child, "worker");
	keeper_child_limit(&keeper, &child, 0.2);
	keeper_set_timer(&keeper, &patience, 0.5);
	ev_run(keeper.loop, 0);
	ok(late == 0, "no deadline comes before it is begun");
	pid = begin(listener, work_not);
	keeper_set_timer(&keeper, &patience, SOON_S);
	ev_run(keeper.loop, 0);
	ok(late == 1 && child.pid == pid, "and then it comes in time");
	keeper_child_limit(&keeper, &child, 0.2);
	ev_run(keeper.loop, 0);
	ok(late == 2, "as does the next one");
	ev_timer_stop(keeper.loop, &patience);
	keeper_child_end(&keeper, &child);
	status_of(pid);
}

static void test_silent(int listener)
{
	pid_t pid;

	keeper_child_spawn(&keeper, &child, "worker");
	pid = begin(listener, work_silently);
	keeper_child_kill(&keeper, &child);
	ok(comes_to_end(), "one that is begun and says nothing is given up");
	ok(waitpid(pid, NULL, WNOHANG) == 0, "nobody else was killed for it");
	keeper_child_forget(&keeper, &child);
	kill(pid, SIGKILL);
	status_of(pid);
}

/* The keeper is not the program's that is installed now. */
static void test_stale(void)
{
	struct wire_msg log = { .kind = WIRE_LOG };
	static const char *const texts[] = {
		"1,7,0.0.0-other", "1,7,", "1,7", "no numbers",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int fd[2], target, level, status;
		pid_t pid;

		text_copy(log.text, sizeof(log.text), texts[i]);
		if (wire_pair(fd) || wire_send(fd[0], &log))
			exit(1);
		pid = fork();
		if (pid == 0) {
			dup2(fd[1], WIRE_FD);
			_exit(-unit_greet(&target, &level));
		}
		status = WEXITSTATUS(status_of(pid));
		ok(status == (i < 2 ? ESTALE : EBADMSG), "not greeted by: %s",
		   texts[i]);
		close(fd[0]);
		close(fd[1]);
	}
}

static void test_refused(int listener)
{
	close(listener);
	ok(keeper_child_spawn(&keeper, &child, "worker") == -ECONNREFUSED,
	   "a manager that does not listen any more is an error");
	ok(keeper_child_spawn(&keeper, &child, "nothing") == -ENOENT,
	   "and so is a role for which it never did");
	ok(!child.is_there && child.fd < 0, "nothing was started");
}

static void test_dir(void)
{
	static const char *const bad[] = { "run", "./run", "/run/../tmp",
		("/1234567890123456789012345678901234567890123456789012345678901"
		 "2345678901234567890123456789012345678901234567890") };
	char got[UNIT_PATH_BYTES] = "as it was";

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		setenv(UNIT_SPAWN_VARIABLE, bad[i], 1);
		ok(unit_read_dir(got) == -EINVAL && !strcmp(got, "as it was"),
		   "refused: %.16s", bad[i]);
	}
	setenv(UNIT_SPAWN_VARIABLE, "/run/xenvigil", 1);
	ok(unit_read_dir(got) == 0, "a directory is taken");
	is_text(got, "/run/xenvigil", "as it is");
	ok(!getenv(UNIT_SPAWN_VARIABLE), "no child will see it");
	ok(unit_read_dir(got) == 0 && !got[0], "none is none");
}

int main(void)
{
	static const struct child_calls calls = {
		on_readable, on_deadline, on_ended
	};
	int workers, hooks;

	test_dir();
	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	text_copy(keeper.spawn_dir, sizeof(keeper.spawn_dir), dir);
	signal(SIGCHLD, SIG_DFL);
	keeper.loop = ev_loop_new(EVFLAG_AUTO);
	ev_init(&patience, on_impatience);
	keeper_child_init(&child, &calls, NULL);
	log_setup(LOG_TARGET_STDERR, LOG_LEVEL_CRITICAL, "keeper");
	workers = listen_for("worker");
	test_well(workers);
	test_killed(workers);
	test_unread(workers);
	test_lost(workers);
	test_late(workers);
	test_limit(workers);
	test_silent(workers);
	hooks = listen_for("hook");
	test_heir(hooks);
	test_stale();
	test_refused(workers);
	close(hooks);
	snprintf(heard.text, sizeof(heard.text), "rm -rf %s", dir);
	return system(heard.text) ? EXIT_FAILURE : done_testing();
}
