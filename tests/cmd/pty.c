/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A terminal for a program under test: waits for what it writes, presses keys,
 * changes the size, sends signals, and says how it left the terminal.
 *	pty ROWSxCOLUMNS OUTPUT ACTION... -- COMMAND...
 *	ACTION: wait:TEXT, key:BYTES, size:ROWSxCOLUMNS, signal:NUMBER
 * Prints "exit N" or "signal N", and "terminal same" or "changed".
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_MS 10000

static int master, slave;
static FILE *output;
static char seen[1 << 20];	/* since the last action */
static size_t seen_len;

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_size(const char *text)
{
	struct winsize size = { 0 };

	if (sscanf(text, "%hux%hu", &size.ws_row, &size.ws_col) != 2 ||
	    ioctl(master, TIOCSWINSZ, &size))
		exit(100);
}

/* Returns whether there was something within that time. */
static int take(int wait_ms)
{
	struct pollfd in = { .fd = master, .events = POLLIN };
	ssize_t n;

	if (poll(&in, 1, wait_ms) <= 0 || seen_len >= sizeof(seen) - 1)
		return 0;
	n = read(master, seen + seen_len, sizeof(seen) - 1 - seen_len);
	if (n <= 0)
		return 0;
	fwrite(seen + seen_len, 1, (size_t)n, output);
	seen_len += (size_t)n;
	return 1;
}

static void await(const char *text)
{
	int64_t end = clock_ms() + DEADLINE_MS;

	while (!memmem(seen, seen_len, text, strlen(text))) {
		if (clock_ms() >= end) {
			fprintf(stderr, "waited in vain for '%s'\n", text);
			exit(1);
		}
		take(100);
	}
	seen_len = 0;
}

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	dup2(slave, 0);
	dup2(slave, 1);
	dup2(slave, 2);
	close(master);
	close(slave);
	execvp(command[0], command);
	_exit(127);
}

static void act(const char *action, pid_t pid)
{
	const char *what = strchr(action, ':');

	if (!what++)
		exit(100);
	if (strncmp(action, "wait", 4) == 0)
		await(what);
	else if (strncmp(action, "size", 4) == 0)
		set_size(what); /* the kernel sends SIGWINCH */
	else if (strncmp(action, "signal", 6) == 0)
		kill(pid, atoi(what));
	else if (strncmp(action, "key", 3) != 0 ||
		 write(master, what, strlen(what)) < 0)
		exit(100);
}

static int await_end(pid_t pid)
{
	int64_t end = clock_ms() + DEADLINE_MS;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_ms() >= end) {
			fputs("it does not end\n", stderr);
			kill(pid, SIGKILL);
			exit(1);
		}
		take(50);
	}
	while (take(50))
		;
	printf(WIFSIGNALED(status) ? "signal %d\n" : "exit %d\n",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return 0;
}

static bool is_same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       a->c_line == b->c_line && a->c_ispeed == b->c_ispeed &&
	       a->c_ospeed == b->c_ospeed &&
	       memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

int main(int argc, char **argv)
{
	struct termios before, after;
	int i = 3;
	pid_t pid;

	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	if (i + 1 >= argc)
		return 100;
	output = fopen(argv[2], "w");
	master = posix_openpt(O_RDWR | O_NOCTTY);
	if (!output || master < 0 || grantpt(master) || unlockpt(master))
		return 1;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || tcgetattr(slave, &before))
		return 1;
	set_size(argv[1]);
	pid = start(argv + i + 1);
	for (int a = 3; a < i; a++)
		act(argv[a], pid);
	await_end(pid);
	tcgetattr(slave, &after);
	printf("terminal %s\n", is_same(&before, &after) ? "same" : "changed");
	return fclose(output) ? 1 : 0;
}
