/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Confining the roles that only look.  Knows no role's work; a list here says
 * what each may keep, and why.
 */
#include "role/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

#define BIT(cap) (1ull << (cap))
#define CAPS_MOST 63
#define WRITABLE_MOST 8

/* libxl's lock and user data files, in a directory that it may have to make,
 * and where the log may be a file. */
static const char *const watcher_writes[] = {
	"/dev", "/proc", "/run", "/var/lib", "/var/log", NULL
};
static const char *const probe_writes[] = { "/dev", "/proc", NULL };

const struct confine_role confine_watcher = {
	/* A device model's socket may be another user's. */
	.caps = BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH),
	.writable = watcher_writes,
};

const struct confine_role confine_probe = {
	/* /dev/kmsg and symbols; what xenstored waits in, below /proc. */
	.caps = BIT(CAP_SYSLOG) | BIT(CAP_SYS_PTRACE) |
		BIT(CAP_DAC_READ_SEARCH),
	.writable = probe_writes,
};

/* --- files --- */

/* PATH as it is now, to be put over what becomes read only.  -ENOENT: it is
 * not there. */
static int clone_tree(const char *path)
{
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path,
			      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			      AT_RECURSIVE);

	return fd < 0 ? -errno : fd;
}

static int put(int fd, const char *path)
{
	return syscall(SYS_move_mount, fd, "", AT_FDCWD, path,
		       MOVE_MOUNT_F_EMPTY_PATH) ? -errno : 0;
}

static int make_read_only(void)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	return syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attr,
		       sizeof(attr)) ? -errno : 0;
}

/* Nothing that was read only before is writable after. */
static int make_view(const char *const *writable)
{
	int fd[WRITABLE_MOST], count = 0, r = 0;

	for (; writable[count] && count < WRITABLE_MOST && r == 0; count++) {
		fd[count] = clone_tree(writable[count]);
		r = fd[count] == -ENOENT || fd[count] >= 0 ? 0 : fd[count];
	}
	if (r == 0)
		r = make_read_only();
	for (int i = 0; i < count; i++) {
		if (fd[i] >= 0 && r == 0)
			r = put(fd[i], writable[i]);
		if (fd[i] >= 0)
			close(fd[i]);
	}
	return r;
}

static bool is_read_only(const char *path)
{
	struct statvfs view;

	return statvfs(path, &view) == 0 && view.f_flag & ST_RDONLY;
}

/*
 * What is unmounted outside is unmounted here too (MS_SLAVE): else we would
 * hold a disk that its owner wants to have back.  In a unit of our own the
 * service manager has made the view, and lets us make no other.
 */
static int confine_mounts(const struct confine_role *role)
{
	if (unshare(CLONE_NEWNS))
		return errno == EPERM && is_read_only("/") ? 0 : -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return -errno;
	return make_view(role->writable);
}

/* --- capabilities --- */

/* Then there is nothing to give up, nor is the right to needed. */
static bool holds_no_more(const struct confine_role *role)
{
	for (unsigned long cap = 0; cap <= CAPS_MOST; cap++)
		if (!(role->caps & BIT(cap)) &&
		    prctl(PR_CAPBSET_READ, cap, 0, 0, 0) > 0)
			return false;
	return true;
}

static int confine_caps(const struct confine_role *role)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };

	if (holds_no_more(role))
		return 0;
	for (unsigned long cap = 0; cap <= CAPS_MOST; cap++)
		if (!(role->caps & BIT(cap)) &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EINVAL)
			return -errno;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &head, data))
		return -errno;
	for (int i = 0; i < 2; i++) {
		uint32_t keep = (uint32_t)(role->caps >> (32 * i));

		data[i].permitted &= keep;
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

/* --- system calls --- */

/*
 * What is listed fails.  Not a list of what is allowed: the calls that libxl
 * makes are another version's of it to change.
 */
static const int refused[] = {
	/* another program, another identity */
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid),
	SCMP_SYS(setregid), SCMP_SYS(setresuid), SCMP_SYS(setresgid),
	SCMP_SYS(setgroups), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid),
	SCMP_SYS(personality),
	/* other processes' memory */
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp),
	/* the view of the files, other namespaces */
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(mount_setattr),
	SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen),
	SCMP_SYS(fsmount), SCMP_SYS(fsconfig), SCMP_SYS(pivot_root),
	SCMP_SYS(chroot), SCMP_SYS(setns), SCMP_SYS(unshare),
	SCMP_SYS(quotactl), SCMP_SYS(mknod), SCMP_SYS(mknodat),
	/* the machine */
	SCMP_SYS(reboot), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load),
	SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(swapon), SCMP_SYS(swapoff),
	SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
	SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname), SCMP_SYS(acct), SCMP_SYS(ioperm),
	SCMP_SYS(iopl), SCMP_SYS(syslog),
	/* large parts of the kernel that no one here needs */
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register), SCMP_SYS(add_key), SCMP_SYS(keyctl),
	SCMP_SYS(request_key), SCMP_SYS(fanotify_init),
	SCMP_SYS(name_to_handle_at), SCMP_SYS(open_by_handle_at),
};

/* Threads are then made by clone(), whose flags the filter can check. */
static int refuse_processes(scmp_filter_ctx filter)
{
	int r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
				 SCMP_SYS(clone3), 0);

	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
				     SCMP_SYS(clone), 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD,
					     0));
	return r;
}

static int fill(scmp_filter_ctx filter)
{
	int r = refuse_processes(filter);

	/* xenstored, device models and the log are local sockets. */
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT),
				     SCMP_SYS(socket), 1,
				     SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
	for (size_t i = 0; r == 0 && i < sizeof(refused) / sizeof(*refused);
	     i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
				     refused[i], 0);
	return r;
}

static int confine_calls(const struct confine_role *role)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? fill(filter) : -ENOMEM;

	(void)role;
	if (r == 0) /* a tree, not a list: it is gone through at each call */
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = seccomp_load(filter); /* and no new privileges */
	if (filter)
		seccomp_release(filter);
	return r;
}

/* --- all of it --- */

/* Each part before the one that would not let it be. */
static const struct {
	const char *name;
	int (*enter)(const struct confine_role *role);
} parts[] = {
	{ "mounts", confine_mounts },
	{ "capabilities", confine_caps },
	{ "system calls", confine_calls },
};

unsigned int confine_enter(const struct confine_role *role)
{
	unsigned int held = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		int r = parts[i].enter(role);

		if (r == 0)
			held |= 1u << i;
		else
			log_event(LOG_LEVEL_INFO, "not-confined",
				  LOG_TEXT("part", parts[i].name),
				  LOG_TEXT("error", strerror(-r)));
	}
	return held;
}
