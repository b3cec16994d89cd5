/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of our own in a folder of our own, run by the role itself over its
 * socket: what they get, and that no bound of theirs can be broken.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "role/hook_run.h"
#include "role/roles.h"
#include "role/wire.h"
#include "tap.h"

#define LIMIT_MS 1000
#define RESULTS_MAX 32

static char dir[] = "/tmp/test_hook.XXXXXX";
static char path[128];

static struct {
	char name[64];
	int rc;
	char text[WIRE_TEXT_BYTES];
} results[RESULTS_MAX];
static int count;

static const char *at(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_hook(const char *name, const char *lines, mode_t mode)
{
	FILE *file = fopen(at(name), "w");

	fprintf(file, "#!/bin/sh\n%s\n", lines);
	fclose(file);
	chmod(at(name), mode);
}

static const char *content(const char *name)
{
	static char text[4096];
	FILE *file = fopen(at(name), "r");
	size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[n] = '\0';
	if (file)
		fclose(file);
	return text;
}

static void clean(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s/*", dir);
	if (system(command))
		perror(command);
}

/* The child as the keeper starts it: its socket at WIRE_FD. */
static pid_t start_role(int ret_fd[2])
{
	pid_t pid;

	if (wire_pair(ret_fd))
		return -1;
	fcntl(ret_fd[0], F_SETFL, 0);
	pid = fork();
	if (pid == 0) {
		/* A variable that no hook may see. */
		setenv("SECRET", "yes", 1);
		dup2(ret_fd[1], WIRE_FD);
		_exit(hook_main());
	}
	close(ret_fd[1]);
	return pid;
}

/* Tells JSON and collects the results; returns the child's exit status. */
static int give(struct wire_msg msg)
{
	int fd[2], status;
	pid_t pid = start_role(fd);

	count = 0;
	ok(wire_send(fd[0], &msg) == 0, "the child is told");
	while (wire_recv(fd[0], &msg) == 0 && count < RESULTS_MAX) {
		text_copy(results[count].name, sizeof(results[0].name),
			  msg.config.name);
		results[count].rc = msg.rc;
		text_copy(results[count++].text, WIRE_TEXT_BYTES, msg.text);
		wire_clear(&msg);
	}
	close(fd[0]);
	waitpid(pid, &status, 0);
	return status;
}

static int run(const char *json)
{
	struct wire_msg msg = {
		.kind = WIRE_ORDER, .deadline_ms = LIMIT_MS,
		.blob = (char *)json, .blob_len = strlen(json),
	};

	snprintf(msg.text, sizeof(msg.text), "%s", dir);
	return give(msg);
}

static void test_what_it_gets(void)
{
	static const char json[] =
		"{\"transition\":\"crash-seen\",\"incident\":7,\"domain\":"
		"\"a$(touch pwned)\\n`x`\",\"domid\":3,\"core\":\"\"}";

	write_hook("one", "env | sort > ${0%/*}/env.txt; cat > ${0%/*}/in.txt;"
		   "echo \"$# $1 $(pwd)\"; ls -l /proc/$$/fd | grep -c socket: || :", 0700);
	ok(run(json) == 0, "the child ends well");
	ok(count == 1 && results[0].rc == 0, "one hook, well");
	is_text(results[0].name, "one", "its name");
	is_text(results[0].text, "1 crash-seen /\n0\n",
		"one argument, in /, and no socket of ours");
	is_text(content("in.txt"), json, "the object on its standard input");
	ok(strstr(content("env.txt"), "\nXENVIGIL_TRANSITION=crash-seen\n") &&
	   strstr(content("env.txt"), "XENVIGIL_INCIDENT=7\n"),
	   "variables from the object");
	ok(strstr(content("env.txt"), "XENVIGIL_DOMAIN=a$(touch pwned)\\x0a`x`\n"),
	   "a name is one escaped line");
	ok(!strstr(content("env.txt"), "SECRET"), "nothing of our environment");
	ok(access(at("pwned"), F_OK) != 0, "and nothing of a name is run");
	clean();
}

static void test_order_and_trust(void)
{
	write_hook("20-b", "echo b", 0700);
	write_hook("10-a", "echo a", 0755);
	write_hook("30-open", "echo no", 0777);
	write_hook("40-off", "echo no", 0600);
	write_hook("50-old.dpkg-old", "echo no", 0700);
	write_hook("README", "echo no", 0700);
	mkdir(at("60-folder"), 0700);
	if (symlink("10-a", at("70-link")))
		perror("symlink");
	run("{\"transition\":\"guest-held\"}");
	ok(count == 6, "six are spoken of, not leftovers (%d)", count);
	ok(!strcmp(results[0].text, "a\n") && !strcmp(results[1].text, "b\n"),
	   "by their names' order");
	ok(results[2].rc == -EPERM && results[3].rc == -EPERM &&
	   results[4].rc == -EPERM && results[5].rc == -EPERM,
	   "none that others may write, that is off, a folder or a link");
	chmod(dir, 0777);
	run("{\"transition\":\"guest-held\"}");
	ok(count == 1 && results[0].rc == -EPERM,
	   "none from a folder that others may write to");
	chmod(dir, 0700);
	clean();
}

static void test_failures(void)
{
	write_hook("10-fails", "echo so >&2; exit 3", 0700);
	write_hook("20-dies", "kill -9 $$", 0700);
	write_hook("30-flood", "while :; do echo " "0123456789012345678901234"
		   "5678901234567890123456789; done", 0700);
	write_hook("40-unread", "exec <&-; echo fine", 0700);
	write_hook("50-none", "", 0700);
	if (truncate(at("50-none"), 4))
		perror("truncate");
	run("{\"transition\":\"guest-held\"}");
	ok(count == 5, "each is run, whatever the last one did");
	is_text(results[0].text, "ended with status 3: so\n", "a status");
	is_text(results[1].text, "killed by signal 9", "a signal");
	ok(results[2].rc == -EFBIG && strlen(results[2].text) < 1200,
	   "endless output ends the hook, and its beginning is kept");
	ok(results[3].rc == 0, "one need not read its input");
	ok(results[4].rc == -ECHILD, "what cannot be executed is a failure");
	clean();
}

/* Is any process left that has this folder in its words? */
static bool is_left(void)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "pgrep -f '%s' | grep -v \"^$$\\$\" > /dev/null", dir);
	return system(command) == 0;
}

/* One that was killed is there until the kernel has taken it down. */
static bool is_left_for_good(void)
{
	struct timespec wait = { .tv_nsec = 20000000 };

	for (int left_ms = 5000; left_ms > 0; left_ms -= 20) {
		if (!is_left())
			return false;
		nanosleep(&wait, NULL);
	}
	return true;
}

static void test_what_hangs(void)
{
	write_hook("10-hangs", "trap '' TERM; echo here; exec sleep 1000", 0700);
	write_hook("20-forks", "n=0; while [ $n -lt 20 ]; do setsid sh -c "
		   "\"setsid sleep 1000 # $0\" & n=$((n + 1)); done; wait", 0700);
	write_hook("30-leaves", "setsid sh -c \"sleep 1000; : $0\" & exit 0",
		   0700);
	run("{\"transition\":\"host-hung\"}");
	ok(count == 3, "three are spoken of");
	is_text(results[0].text, "killed at its deadline: here\n",
		"one that hangs is killed, what it said is kept");
	ok(results[1].rc == -ETIME, "so is one that forks");
	ok(results[2].rc == 0, "one that leaves a process has ended well");
	ok(!is_left_for_good(), "and nothing of them is left");
	clean();
}

static void test_large_input(void)
{
	size_t len = 300000;
	char *json = malloc(len + 64);

	strcpy(json, "{\"transition\":\"guest-held\",\"x\":\"");
	memset(json + strlen(json), 'a', len);
	strcpy(json + 32 + len, "\"}");
	write_hook("10-counts", "wc -c", 0700);
	ok(run(json) == 0 && count == 1 && atoi(results[0].text) ==
	   (int)strlen(json), "an object larger than a pipe is given whole");
	run("no object");
	ok(count == 0, "what is no object is told to nobody");
	free(json);
	clean();
}

/* A keeper that ends at once after it sent all it had. */
static void test_left(void)
{
	static const char *const told[] = { "crash-seen", "evidence-kept",
					    "guest-restarted" };
	char json[64];
	struct wire_msg msg = {
		.kind = WIRE_ORDER, .deadline_ms = 10 * LIMIT_MS, .blob = json,
	};
	int fd[2], status, go;
	pid_t pid = start_role(fd);

	write_hook("10-told", "sleep 0.2; echo $1 >> ${0%/*}/told.txt", 0700);
	write_hook("20-next", "read go < ${0%/*}/go.pipe; "
		   "echo next >> ${0%/*}/told.txt", 0700);
	/* The first order is not done before the others were given. */
	go = mkfifo(at("go.pipe"), 0600) ? -1 :
					   open(at("go.pipe"), O_RDWR | O_CLOEXEC);
	ok(go >= 0, "a hook can be held back");
	snprintf(msg.text, sizeof(msg.text), "%s", dir);
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		snprintf(json, sizeof(json), "{\"transition\":\"%s\"}", told[i]);
		msg.blob_len = strlen(json);
		ok(wire_send(fd[0], &msg) == 0, "%s is ordered", told[i]);
		/* With one result unread it ends in another way for the child. */
		if (i == 0)
			ok(recv(fd[0], &status, 1, MSG_PEEK) == 1, "a result came");
	}
	close(fd[0]);
	ok(write(go, "1\n2\n3\n", 6) == 6, "and let go");
	waitpid(pid, &status, 0);
	close(go);
	ok(status == 0, "the child ends well without its keeper");
	is_text(content("told.txt"), "crash-seen\nnext\nevidence-kept\nnext\n"
		"guest-restarted\nnext\n", "all hooks were told, in order");
	clean();
}

/* It is not left an order that it would not read. */
static void test_not_left(void)
{
	struct wire_msg msg = {
		.kind = WIRE_ORDER, .deadline_ms = LIMIT_MS,
		.blob = (char *)"{\"transition\":\"guest-held\"}", .blob_len = 27,
	};
	int fd[2], status;
	pid_t pid = start_role(fd);

	write_hook("10-told", "", 0700);
	snprintf(msg.text, sizeof(msg.text), "%s", dir);
	ok(wire_send(fd[0], &msg) == 0, "the child is told");
	waitpid(pid, &status, 0);
	ok(status == 0, "it ends though its keeper is there");
	ok(wire_send(fd[0], &msg) == -EPIPE, "a keeper is told that it has ended");
	close(fd[0]);
	clean();
}

/* What ends a retreat: no folder's hooks, but one program by its name. */
static void test_command(void)
{
	struct wire_msg msg = { .kind = WIRE_ORDER };

	write_hook("command", "env > $(dirname $0)/env; exit 7", 0700);
	snprintf(msg.text, sizeof(msg.text), "%s", at("command"));
	ok(give(msg) == 0 && count == 1 && results[0].rc == 0,
	   "a command is run, however it ends");
	is_text(results[0].text, "the command ended with status 7",
		"its status is told");
	is_text(results[0].name, at("command"), "and whose that is");
	ok(!strstr(content("env"), "HOME="), "its environment is clean");
	chmod(at("command"), 0722);
	ok(give(msg) == 0 && results[0].rc == -EPERM,
	   "what others may write to is not run");
	is_text(results[0].text, "others may write to it", "and that is told");
	unlink(at("command"));
	ok(give(msg) == 0 && count == 1 && results[0].rc == -EPERM,
	   "nor is what is not there");
	clean();
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	test_what_it_gets();
	test_order_and_trust();
	test_failures();
	test_what_hangs();
	test_large_input();
	test_left();
	test_not_left();
	test_command();
	rmdir(dir);
	return done_testing();
}
