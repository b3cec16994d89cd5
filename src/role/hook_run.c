/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running one hook.  For a process that has no other children and one
 * thread: whatever child is left after a hook is taken for the hook's.
 */
#include "role/hook_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* Each takes at least one process away: more only by one that forks on. */
#define SWEEPS_MAX 100000

struct running {
	pid_t pid;
	int in, out;		/* ours; -1: closed */
	const char *input;
	size_t input_left;
	char *output;
	size_t output_len, output_size, seen;
	int64_t end_ms;
	bool ended;		/* and not waited for: its group's number stays */
	int status;
};

static void on_child(int signal)
{
	(void)signal; /* only ends ppoll() */
}

int hook_run_prepare(void)
{
	struct sigaction act = { .sa_handler = on_child };
	sigset_t child;

	signal(SIGPIPE, SIG_IGN); /* one need not read its input */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &child, NULL) ||
	    sigaction(SIGCHLD, &act, NULL))
		return -errno;
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) ? -errno : 0;
}

/* --- start --- */

/* In the child: everything but the three descriptors closes at exec. */
static void become(const struct hook_run *run, int in, int out)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	setsid();
	umask(077);
	if (chdir("/") || dup2(in, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(out, 2) < 0)
		_exit(127);
	execve(run->path, run->argv, run->env);
	dprintf(2, "%s\n", strerror(errno));
	_exit(127);
}

static void close_pair(const int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

static int start_hook(const struct hook_run *run, struct running *hook)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC))
		return -errno;
	if (pipe2(out, O_CLOEXEC)) {
		close_pair(in);
		return -errno;
	}
	hook->pid = fork();
	if (hook->pid == 0)
		become(run, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	hook->in = in[1];
	hook->out = out[0];
	fcntl(hook->in, F_SETFL, O_NONBLOCK);
	fcntl(hook->out, F_SETFL, O_NONBLOCK);
	return hook->pid < 0 ? -errno : 0;
}

/* --- while it runs --- */

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void feed(struct running *hook)
{
	ssize_t n = write(hook->in, hook->input, hook->input_left);

	if (n > 0) {
		hook->input += n;
		hook->input_left -= (size_t)n;
	}
	if (!hook->input_left || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_one(&hook->in);
}

static void keep(struct running *hook, const char *bytes, size_t len)
{
	size_t room = hook->output_size - 1 - hook->output_len;
	size_t part = len < room ? len : room;

	memcpy(hook->output + hook->output_len, bytes, part);
	hook->output_len += part;
	hook->output[hook->output_len] = '\0';
	hook->seen += len;
}

static void listen_to(struct running *hook)
{
	char bytes[4096];
	ssize_t n = read(hook->out, bytes, sizeof(bytes));

	if (n > 0)
		keep(hook, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_one(&hook->out);
}

static void check_ended(struct running *hook)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)hook->pid, &info,
		   WEXITED | WNOHANG | WNOWAIT) == 0)
		hook->ended = info.si_pid != 0;
}

static void await_news(struct running *hook, int64_t left_ms)
{
	struct pollfd polls[2] = {
		{ .fd = hook->in, .events = POLLOUT },
		{ .fd = hook->out, .events = POLLIN },
	};
	struct timespec left = {
		.tv_sec = left_ms / 1000,
		.tv_nsec = left_ms % 1000 * 1000000,
	};
	sigset_t none;

	sigemptyset(&none);
	if (ppoll(polls, 2, &left, &none) <= 0)
		return;
	if (polls[0].revents)
		feed(hook);
	if (polls[1].revents)
		listen_to(hook);
}

/* Until it has ended by itself, or a bound is met. */
static int attend(struct running *hook)
{
	for (check_ended(hook); !hook->ended; check_ended(hook)) {
		int64_t left_ms = hook->end_ms - clock_ms();

		if (left_ms <= 0)
			return -ETIME;
		if (hook->seen > HOOK_OUTPUT_MAX)
			return -EFBIG;
		await_news(hook, left_ms);
	}
	return 0;
}

/* Its last output is still in the pipe; other processes may continue to
 * write. */
static void listen_out(struct running *hook)
{
	size_t before = hook->seen - 1;

	while (hook->out >= 0 && hook->seen != before &&
	       hook->seen <= HOOK_OUTPUT_MAX) {
		before = hook->seen;
		listen_to(hook);
	}
}

/* --- end --- */

/* Processes whose parent has ended are now children of this process, in any
 * session.  Returns whether the kernel lists them. */
static bool kill_children(void)
{
	AUTO_FILE FILE *file = fopen("/proc/thread-self/children", "re");
	int pid;

	while (file && fscanf(file, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	return file != NULL;
}

/* Kills all of it: its process group, then the inherited processes, until none
 * is left. */
static void sweep(struct running *hook)
{
	bool reaped = false;

	kill(-hook->pid, SIGKILL);
	kill(hook->pid, SIGKILL);
	for (int i = 0; i < SWEEPS_MAX; i++) {
		bool told = kill_children();
		int status;
		pid_t pid = waitpid(-1, &status, told || !reaped ? 0 : WNOHANG);

		if (pid <= 0 && errno != EINTR)
			return;
		if (pid == hook->pid) {
			hook->status = status;
			reaped = true;
		}
	}
}

/* Of one that ended by itself. */
static int judge_status(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

int hook_run(const struct hook_run *run, char *ret_output, size_t size,
	     int *ret_status)
{
	struct running hook = {
		.in = -1, .out = -1,
		.input = run->input, .input_left = run->input_len,
		.output = ret_output, .output_size = size,
		.end_ms = clock_ms() + run->limit_ms,
	};
	int r;

	ret_output[0] = '\0';
	r = start_hook(run, &hook);
	if (r == 0) {
		r = attend(&hook);
		listen_out(&hook);
		sweep(&hook);
		*ret_status = hook.status;
		r = r ? r : judge_status(hook.status);
	}
	close_one(&hook.in);
	close_one(&hook.out);
	return r;
}
