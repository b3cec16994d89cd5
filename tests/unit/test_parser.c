/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The confined parser and the worker's side of it, with a guest that is made
 * up: the log comes out, the parser can do nothing else, and one that a guest
 * has taken over gains nothing.  Needs no Xen.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel_syms_fake.h"
#include "role/parser.h"
#include "role/roles.h"
#include "role/unit.h"
#include "tap.h"

/* --- a parser that is not ours --- */

/* By the first root, so that no other way into the child is needed. */
#define EVIL_ROOT 0xe711000000000000ull

enum evil {
	EVIL_NOT, EVIL_KIND, EVIL_EXIT, EVIL_LOG_LEN, EVIL_HANG, EVIL_MORE,
	EVIL_RC, EVIL_WORDS, EVIL_SHRINK,
	EVIL_TRACE_LEN, EVIL_TRACE_VCPU, EVIL_TRACE_HANG, EVIL_TRACE_SCAN,
	JAIL_NOTHING, JAIL_OPEN, JAIL_FORK, JAIL_SOCKET, JAIL_MMAP, JAIL_IOCTL,
	JAIL_EXEC, JAIL_READ, JAIL_SEND,
};

static void say(struct parser_ask *ask, uint32_t kind)
{
	ask->kind = kind;
	send(PARSER_SOCKET, ask, sizeof(*ask), MSG_NOSIGNAL);
}

static void try_call(enum evil evil)
{
	switch (evil) {
	case JAIL_OPEN:
		syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
		break;
	case JAIL_FORK:
		if (syscall(SYS_fork) == 0)
			_exit(0);
		break;
	case JAIL_SOCKET:
		syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
		break;
	case JAIL_MMAP:
		syscall(SYS_mmap, NULL, 4096, PROT_READ,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		break;
	case JAIL_IOCTL:
		syscall(SYS_ioctl, PARSER_SOCKET, 0, 0);
		break;
	case JAIL_EXEC:
		syscall(SYS_execve, "/bin/true", NULL, NULL);
		break;
	case JAIL_READ:
		syscall(SYS_read, PARSER_MEMORY, NULL, 0);
		break;
	case JAIL_SEND: /* on another descriptor */
		syscall(SYS_sendto, PARSER_MEMORY, NULL, 0, 0, NULL, 0);
		break;
	default:
		break;
	}
}

static int be_jailed(enum evil evil)
{
	static struct parser_ask ask;

	if (parser_jail_enter())
		_exit(1);
	try_call(evil);
	say(&ask, PARSER_DONE); /* it lives */
	_exit(0);
}

static int be_evil(enum evil evil)
{
	static struct parser_ask ask;

	memset(ask.panic, 'p', sizeof(ask.panic)); /* without an end */
	memset(ask.release, '\033', sizeof(ask.release));
	if (evil == EVIL_HANG)
		for (;;)
			pause();
	if (evil == EVIL_SHRINK && ftruncate(PARSER_MEMORY, 0) == 0)
		_exit(1);
	ask.log_len = evil == EVIL_LOG_LEN ? PARSER_LOG_BYTES + 1 : 0;
	ask.rc = evil == EVIL_RC ? 1 : 0;
	if (evil == EVIL_KIND)
		say(&ask, 99);
	else if (evil == EVIL_MORE)
		say(&ask, PARSER_MORE);
	else if (evil != EVIL_EXIT)
		say(&ask, PARSER_DONE);
	if (evil == EVIL_TRACE_HANG)
		for (;;)
			pause();
	ask.trace_len = evil == EVIL_TRACE_LEN ? KERNEL_TRACE_TEXT_BYTES + 1 : 0;
	ask.vcpu = evil == EVIL_TRACE_VCPU ? PARSER_VCPUS : 0;
	memset(ask.missing, '\033', sizeof(ask.missing));
	ask.rc = -ENOENT;
	if (evil == EVIL_TRACE_SCAN)
		say(&ask, PARSER_DONE);
	else if (evil >= EVIL_TRACE_LEN || evil == EVIL_WORDS)
		say(&ask, PARSER_TRACED);
	_exit(0);
}

static int child_main(void)
{
	struct parser_start start;

	if (unit_is_one() && getenv("HANG")) { /* once it was heard */
		struct parser_ask ask = { 0 };

		say(&ask, PARSER_SCAN);
		while (pause())
			;
	}
	if (unit_is_one())
		return parser_main();
	if (recv(PARSER_SOCKET, &start, sizeof(start), MSG_PEEK) ==
	    (ssize_t)sizeof(start) && start.roots[0] >= EVIL_ROOT) {
		enum evil evil = start.roots[0] - EVIL_ROOT;

		recv(PARSER_SOCKET, &start, sizeof(start), 0);
		return evil >= JAIL_NOTHING ? be_jailed(evil) : be_evil(evil);
	}
	return parser_main();
}

/* --- the guest --- */

struct guest {
	struct kernel_fake fake;
	unsigned char pages[3 * GUEST_MEM_PAGE_BYTES];	/* with the note */
	uint64_t first_pfn;
	size_t per_batch;
	bool endless;
	struct kernel_trace_regs regs;	/* of vCPU 2 */
	int rc;
};

static struct guest_mem unused;

static int scan(void *ctx,
		int (*each)(void *each_ctx, const uint64_t *pfn,
			    const unsigned char *pages, size_t count),
		void *each_ctx)
{
	static const unsigned char zero[GUEST_MEM_PAGE_BYTES];
	struct guest *guest = ctx;
	uint64_t pfn[3];
	int r = guest->rc;

	do {
		*pfn = 1;
		r = r ? r : each(each_ctx, pfn, zero, 1);
	} while (r == 0 && guest->endless);
	for (size_t at = 0; r == 0 && at < 3; at += guest->per_batch) {
		for (size_t i = 0; i < 3; i++)
			pfn[i] = guest->first_pfn + at + i;
		r = each(each_ctx, pfn,
			 guest->pages + at * GUEST_MEM_PAGE_BYTES,
			 guest->per_batch);
	}
	return r;
}

static int read_frame(void *ctx, uint64_t frame, unsigned char *ret_page)
{
	struct guest *guest = ctx;

	return kernel_fake_read(&guest->fake, frame, ret_page);
}

/* The text's length is that of all its lines. */
static void put_note(struct guest *guest)
{
	uint32_t head[3] = { sizeof("VMCOREINFO"),
			     (uint32_t)guest->fake.note_len, 0 };
	unsigned char *page = guest->pages + GUEST_MEM_PAGE_BYTES;

	memset(guest->pages, 0, sizeof(guest->pages));
	memcpy(page, head, sizeof(head));
	memcpy(page + sizeof(head), "VMCOREINFO", sizeof("VMCOREINFO"));
	memcpy(page + 24, guest->fake.note, guest->fake.note_len);
}

static void make_guest(struct guest *guest)
{
	struct kernel_syms_fake syms = { .form = KERNEL_SYMS_UNSIGNED };
	uint64_t at = 0;

	memset(guest, 0, sizeof(*guest));
	kernel_fake_begin(&guest->fake, &unused);
	kernel_fake_prb(&guest->fake, 1, 3);
	at = kernel_fake_say(&guest->fake, 1, at, "a \"quote\" \033[2J");
	at = kernel_fake_say(&guest->fake, 2, at, "Kernel panic - not syncing: x");
	kernel_fake_say(&guest->fake, 3, at, "last");
	kernel_syms_fake_put(&guest->fake, &syms);
	kernel_syms_fake_stack(&guest->fake, &guest->regs);
	guest->first_pfn = 77;
	guest->per_batch = 3;
	put_note(guest);
}

static int run(struct guest *guest, uint64_t root, uint32_t deadline_ms,
	       struct parser_result *result)
{
	struct parser_source source = {
		.scan = scan, .read = read_frame, .ctx = guest,
		.levels = 4, .root_count = 2, .roots = { root, 4 },
		.vcpu_count = 3, .vcpus = { [1] = { .rip = 0x401000 },
					    [2] = guest->regs },
	};
	struct text why = { 0 };
	int r = parser_client_run(&source, deadline_ms, result, &why);

	if (r)
		printf("# %s\n", text_get(&why));
	text_free(&why);
	return r;
}

/* --- tests --- */

#define LONG_MS 30000

static void test_good(void)
{
	static struct guest guest;
	struct parser_result result;

	make_guest(&guest);
	ok(run(&guest, 4, LONG_MS, &result) == 0, "a log is read");
	is_text(text_get(&result.log), "[    1.000005] a \"quote\" \\x1b[2J\n"
		"[    2.000005] Kernel panic - not syncing: x\n"
		"[    3.000005] last\n", "its lines come out escaped");
	is_text(result.panic, "Kernel panic - not syncing: x", "the panic");
	is_text(result.release, "6.1.0-test", "the kernel's release");
	ok(!result.cut, "nothing is missing");
	ok(strncmp(text_get(&result.trace), "RIP: panic+0xa/0x100\n ? sysrq_",
		   30) == 0 && result.vcpu == 2 && !result.trace_why.len,
	   "the trace of the vCPU that was in the kernel");
	parser_client_clear(&result);
	ok(run(&guest, 9, LONG_MS, &result) == 0 && result.panic[0],
	   "a vCPU whose tables lead nowhere does not hide the others");
	parser_client_clear(&result);
}

static void test_note(void)
{
	static struct guest guest;
	struct parser_result result;

	make_guest(&guest);
	while (guest.fake.note_len < 3900)
		kernel_fake_note(&guest.fake, "CONFIG_%zu=y\n", guest.fake.note_len);
	kernel_fake_note(&guest.fake, "NUMBER(last_of_all)=%0150d\n", 7);
	put_note(&guest);
	guest.per_batch = 1;
	ok(guest.fake.note_len > 4072, "a note of more than a page");
	ok(run(&guest, 4, LONG_MS, &result) == 0 && result.log.len,
	   "is put together from two batches");
	parser_client_clear(&result);
	guest.pages[2 * GUEST_MEM_PAGE_BYTES + 1] = 1;
	ok(run(&guest, 4, LONG_MS, &result) == -ENOENT,
	   "a note that is not text is none");
	parser_client_clear(&result);
}

static void test_no_log(void)
{
	static struct guest guest;
	struct parser_result result;

	make_guest(&guest);
	guest.rc = -EIO;
	ok(run(&guest, 4, LONG_MS, &result) == -EIO, "memory cannot be read");
	parser_client_clear(&result);
	make_guest(&guest);
	guest.regs.rip = 0x401000;
	kernel_fake_put(&guest.fake, FAKE_PRB, 31, 4);
	ok(run(&guest, 4, LONG_MS, &result) == -EINVAL &&
	   strcmp(result.release, "6.1.0-test") == 0,
	   "a ring that is none: the release is told all the same");
	is_text(text_get(&result.trace_why), "the vCPU was not in the kernel",
		"and why there is no trace");
	parser_client_clear(&result);
	make_guest(&guest);
	guest.endless = true;
	ok(run(&guest, 4, 300, &result) == -ETIMEDOUT,
	   "memory without end: the deadline ends it");
	parser_client_clear(&result);
}

static void test_evil(void)
{
	static const struct {
		enum evil evil;
		int rc;
		const char *what;
	} cases[] = {
		{ EVIL_KIND, -EPROTO, "asks for what there is not" },
		{ EVIL_MORE, -EPROTO, "asks for more of nothing" },
		{ EVIL_EXIT, -EPIPE, "ends without a word" },
		{ EVIL_LOG_LEN, -EPROTO, "has more log than there is room" },
		{ EVIL_RC, -EPROTO, "has an error that is none" },
		{ EVIL_HANG, -ETIMEDOUT, "says nothing for ever" },
		{ EVIL_WORDS, 0, "has words without an end" },
		{ EVIL_SHRINK, 0, "cannot make the shared memory smaller" },
	};
	static struct guest guest;
	struct parser_result result;

	make_guest(&guest);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int r = run(&guest, EVIL_ROOT + cases[i].evil,
			    cases[i].evil == EVIL_HANG ? 300 : LONG_MS,
			    &result);

		ok(r == cases[i].rc, "a parser taken over: %s", cases[i].what);
		if (r == 0)
			ok(strlen(result.panic) == PARSER_LINE_BYTES &&
			   !strchr(result.release, '\033'),
			   "its words are bounded and escaped");
		parser_client_clear(&result);
	}
}

static void test_evil_trace(void)
{
	static const struct {
		enum evil evil;
		const char *why, *what;
	} cases[] = {
		{ EVIL_TRACE_LEN, "the parser sent an invalid message",
		  "has more trace than there is room" },
		{ EVIL_TRACE_VCPU, "the parser sent an invalid message",
		  "has a vCPU that is none" },
		{ EVIL_TRACE_SCAN, "the parser sent an invalid message",
		  "has the log once more" },
		{ EVIL_TRACE_HANG, "the parser timed out",
		  "says nothing for ever" },
		{ EVIL_EXIT, "", "ends before its log: no trace is waited for" },
		{ EVIL_RC, "the parser ended without a result",
		  "ends before its trace" },
	};
	static struct guest guest;
	struct parser_result result;

	make_guest(&guest);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		run(&guest, EVIL_ROOT + cases[i].evil,
		    cases[i].evil == EVIL_TRACE_HANG ? 300 : LONG_MS, &result);
		ok(strcmp(text_get(&result.trace_why), cases[i].why) == 0 &&
		   !result.trace.len, "a trace of one taken over: it %s",
		   cases[i].what);
		parser_client_clear(&result);
	}
	ok(run(&guest, EVIL_ROOT + EVIL_WORDS, LONG_MS, &result) == 0 &&
	   !strchr(text_get(&result.trace_why), '\033'),
	   "what it says to be missing is escaped");
	parser_client_clear(&result);
}

static void test_jail(void)
{
	static const char *const calls[] = {
		"open a file", "fork", "make a socket", "map memory",
		"do an ioctl", "run a program", "read its memory's descriptor",
		"send elsewhere",
	};
	static struct guest guest;
	struct parser_result result;

	make_guest(&guest);
	ok(run(&guest, EVIL_ROOT + JAIL_NOTHING, LONG_MS, &result) == 0,
	   "in its jail a parser can say what it read");
	parser_client_clear(&result);
	for (unsigned int i = JAIL_OPEN; i <= JAIL_SEND; i++) {
		ok(run(&guest, EVIL_ROOT + i, LONG_MS, &result) == -EPIPE,
		   "but it dies when it tries to %s", calls[i - JAIL_OPEN]);
		parser_client_clear(&result);
	}
}

static unsigned int count_descriptors(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 64; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* --- in a unit of its own --- */

/* Listens as a service manager does, and starts one; returns how it ended. */
static int manage(int listener)
{
	char *argv[] = { "parser", "--role=parser", NULL };
	int fd = accept(listener, NULL, NULL), status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		close_range(PARSER_SOCKET + 1, fd - 1, 0);
		close_range(fd + 1, ~0u, 0);
		if (fd != PARSER_SOCKET) {
			dup2(fd, PARSER_SOCKET);
			close(fd);
		}
		setenv("LISTEN_FDS", "1", 1);
		execv("/proc/self/exe", argv);
		_exit(127);
	}
	close(fd);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) :
				     100 + WEXITSTATUS(status);
}

static pid_t start_manager(int listener)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(manage(listener));
	return pid;
}

static int status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void test_unit(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char dir[] = "/tmp/test_parser.XXXXXX";
	static struct guest guest;
	struct parser_result result;
	pid_t manager;
	int how;

	if (!mkdtemp(dir))
		exit(1);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/parser.socket", dir);
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(listener, 1))
		exit(1);
	setenv(UNIT_SPAWN_VARIABLE, dir, 1);
	ok(parser_client_setup() == 0, "parsers come from a manager now");
	manager = start_manager(listener);
	make_guest(&guest);
	ok(run(&guest, 4, LONG_MS, &result) == 0 && result.panic[0] &&
	   result.trace.len, "one that it started reads log and trace");
	parser_client_clear(&result);
	/* Or by what a sanitizer does at an exit, which the jail forbids. */
	how = status_of(manager);
	ok(how <= 100, "and ends well, or is ended");
	setenv("HANG", "1", 1);
	manager = start_manager(listener);
	guest.endless = true;
	ok(run(&guest, 4, 1000, &result) == -ETIMEDOUT, "one hangs");
	parser_client_clear(&result);
	ok(status_of(manager) == SIGKILL, "and is ended at its deadline");
	close(listener);
	ok(run(&guest, 4, LONG_MS, &result) == -ECONNREFUSED,
	   "without a manager there is none");
	parser_client_clear(&result);
	unlink(addr.sun_path);
	rmdir(dir);
}

int main(int argc, char **argv)
{
	unsigned int before = count_descriptors();

	if (argc > 1 && strcmp(argv[1], "--role=parser") == 0)
		return child_main();
	test_good();
	test_note();
	test_no_log();
	test_evil();
	test_evil_trace();
	test_jail();
	test_unit();
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	   "no child is left");
	ok(count_descriptors() == before, "no descriptor is left open");
	return done_testing();
}
