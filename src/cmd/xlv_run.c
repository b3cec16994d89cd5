/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs xl with its own terminal, signals, output and exit.  An xl that exceeds
 * its timeout is ended, and the operation that it waited for is printed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "port/hostprobe.h"
#include "port/procview.h"
#include "xlv_cmd.h"

#define PROBE_MS 1000
#define FOREVER_MS (1000ll * 1000 * 1000 * 1000) /* 31 years */
#define TERM_MS 2000	/* to end after SIGTERM, and then after SIGKILL */

/* Signals that end xl or inform it; they are passed on. */
static const int passed_on[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM,
};

static void block(sigset_t *ret_set, sigset_t *ret_old)
{
	sigemptyset(ret_set);
	sigaddset(ret_set, SIGCHLD);
	sigaddset(ret_set, SIGCONT);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
		sigaddset(ret_set, passed_on[i]);
	sigprocmask(SIG_BLOCK, ret_set, ret_old);
	/* An ignored one would never come, and a child's end be lost. */
	signal(SIGCHLD, SIG_DFL);
}

/* A terminal's signals reach xl by themselves: it is in our group. */
static void pass_on(pid_t pid, const siginfo_t *info)
{
	if (info->si_code != SI_KERNEL)
		kill(pid, info->si_signo);
}

/* xl was stopped by itself: so are we, and who goes on with us goes on
 * with it. */
static void stop_too(pid_t pid)
{
	raise(SIGSTOP);
	kill(pid, SIGCONT);
}

/* Returns whether xl ended, and how, before END_MS. */
static bool await_end(pid_t pid, const sigset_t *set, int64_t wait_ms,
		      int *ret_status)
{
	int64_t end_ms = clock_ms() + wait_ms;

	for (;;) {
		int64_t left = end_ms - clock_ms();
		struct timespec limit = { .tv_sec = left / 1000,
					  .tv_nsec = left % 1000 * 1000000 };
		siginfo_t info;
		int sig;

		if (waitpid(pid, ret_status, WNOHANG | WUNTRACED) == pid) {
			if (!WIFSTOPPED(*ret_status))
				return true;
			stop_too(pid);
		}
		if (left <= 0)
			return false;
		sig = sigtimedwait(set, &info, &limit);
		if (sig == SIGCONT) /* time that it was stopped is not its */
			end_ms = clock_ms() + wait_ms;
		else if (sig > 0 && sig != SIGCHLD)
			pass_on(pid, &info);
	}
}

static void tell_why(const struct xlv *xlv, pid_t pid, uint32_t deadline_s)
{
	struct host_evidence evidence;
	struct text text = { 0 };
	struct procview view;

	fprintf(stderr, "xlv: %s has not ended after %u s", xlv_name(xlv),
		deadline_s);
	if (procview_read("/proc", pid, &view) == 0) {
		procview_tell(&view, &text);
		fprintf(stderr, ": %s", text_get(&text));
		text_free(&text);
	}
	hostprobe_look(PROBE_MS, NULL, &evidence);
	host_explain(&evidence, &text);
	fprintf(stderr, "\nxlv: %s\n", text.len ? text_get(&text) :
		"xenstored answers; xl waits for something else");
	text_free(&text);
}

static int end_it(const struct xlv *xlv, pid_t pid, const sigset_t *set)
{
	int status;

	kill(pid, SIGTERM);
	if (await_end(pid, set, TERM_MS, &status)) {
		fprintf(stderr, "xlv: %s was ended\n", xlv_name(xlv));
		return EXIT_ENDED;
	}
	kill(pid, SIGKILL);
	if (await_end(pid, set, TERM_MS, &status))
		fprintf(stderr, "xlv: %s was killed\n", xlv_name(xlv));
	else
		fprintf(stderr, "xlv: %s cannot be killed: the kernel holds "
			"process %d\n", xlv_name(xlv), (int)pid);
	return EXIT_ENDED;
}

/* Our parent sees what it would have seen of xl. */
static int mirror(int status)
{
	struct rlimit none = { 0 };
	sigset_t set;
	int sig;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	sig = WTERMSIG(status);
	setrlimit(RLIMIT_CORE, &none);
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + sig;
}

int xlv_run_until(const struct xlv *xlv, uint32_t deadline_s,
		  struct xlv_made *made)
{
	int64_t wait_ms = deadline_s ? deadline_s * 1000ll : FOREVER_MS;
	sigset_t set, old;
	int status;
	pid_t pid;

	block(&set, &old);
	pid = fork();
	if (pid < 0) {
		fprintf(stderr, "xlv: fork: %s\n", strerror(errno));
		return EXIT_NO_XL;
	}
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		_exit(xlv_find_become(xlv));
	}
	if (await_end(pid, &set, wait_ms, &status)) {
		if (made && xlv->handed_over && WIFEXITED(status) &&
		    WEXITSTATUS(status) == 0)
			xlv_made_end(made);
		return mirror(status);
	}
	tell_why(xlv, pid, deadline_s);
	status = end_it(xlv, pid, &set);
	if (made)
		xlv_made_tell_left(made);
	return status;
}
