/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rights of the parser: receive, send, exit.  A guest that takes it over
 * only gains pages of its own memory.
 */
#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "role/parser.h"

#define NOBODY 65534
#define CPU_S 5
#define MEMORY_BYTES (256ull << 20)

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define ADDRESS_LIMIT RLIM_INFINITY /* its shadow is as large as all memory */
#else
#define ADDRESS_LIMIT MEMORY_BYTES
#endif

static int limit(void)
{
	static const struct { int what; rlim_t most; } limits[] = {
		{ RLIMIT_AS, ADDRESS_LIMIT }, { RLIMIT_CPU, CPU_S },
		{ RLIMIT_CORE, 0 }, { RLIMIT_FSIZE, 0 }, { RLIMIT_NPROC, 0 },
		{ RLIMIT_NOFILE, 0 }, { RLIMIT_MEMLOCK, 0 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct rlimit both = { limits[i].most, limits[i].most };

		if (setrlimit(limits[i].what, &both))
			return -errno;
	}
	return 0;
}

/* Nothing but the two that it was started with. */
static int close_others(void)
{
	if (close_range(0, PARSER_SOCKET - 1, 0) ||
	    close_range(PARSER_MEMORY + 1, ~0u, 0))
		return -errno;
	return 0;
}

static int drop_user(void)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return -errno;
	return 0;
}

/* The sorts of calls, with what they may be about. */
static int allow(scmp_filter_ctx filter)
{
	static const int on_socket[] = { SCMP_SYS(recvfrom), SCMP_SYS(sendto) };
	static const int any[] = { SCMP_SYS(exit_group), SCMP_SYS(exit),
				   SCMP_SYS(rt_sigreturn),
				   SCMP_SYS(restart_syscall) };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(on_socket) / sizeof(int); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, on_socket[i], 1,
				     SCMP_A0(SCMP_CMP_EQ, PARSER_SOCKET, 0));
	for (size_t i = 0; r == 0 && i < sizeof(any) / sizeof(int); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, any[i], 0);
	return r;
}

static int filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r = filter ? allow(filter) : -ENOMEM;

	if (r == 0)
		r = seccomp_load(filter); /* and no new privileges */
	if (filter)
		seccomp_release(filter);
	return r;
}

int parser_jail_enter(void)
{
	int r = close_others();

	if (r == 0)
		r = drop_user();
	/* After the user, who would lose it. */
	if (r == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) ||
		       prctl(PR_SET_DUMPABLE, 0)))
		r = -errno;
	if (r == 0)
		r = limit();
	return r ? r : filter_calls();
}
