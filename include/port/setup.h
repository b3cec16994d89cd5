/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "xenvigil setup": what this host uses to start guests, the changes by which
 * the daemon gets those guests, and taking these back.  The record of what was
 * changed is written before the first change, so that an interrupted setup can
 * be continued or undone.  ROOT is "" or a directory that holds another host's
 * files; all other paths are without it.
 */
#ifndef PORT_SETUP_H
#define PORT_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

#define SETUP_RECORD "/var/lib/xenvigil/setup.state"
/* Links to xlv that are called xl and xen. */
#define SETUP_XL_DIR XENVIGIL_TOOL_DIR "/as-xl"
/* Where a diverted xl goes that is a program and no link; xlv searches it. */
#define SETUP_DIVERTED_DIR XENVIGIL_TOOL_DIR "/diverted"
#define SETUP_PATH_BYTES 1024

/* --- setup_text.c: pure --- */

/* How a script that starts guests finds its xl. */
enum setup_calls {
	SETUP_CALLS_PATH,	/* by PATH */
	SETUP_CALLS_CMD,	/* by the variable CMD, which its settings may set */
	SETUP_CALLS_FIXED,	/* by a path that nothing changes */
};

/* Of the script DATA.  SETTINGS: the file that it reads as shell text, "": none. */
enum setup_calls setup_text_calls(const char *data,
				  char settings[SETUP_PATH_BYTES]);

/* The configuration DATA with adopt = "xl".  Returns 0, -EINVAL or -ENOMEM. */
int setup_text_adopt(const char *data, size_t len, struct text *ret_after);

/* DATA and then LINE, with a comment about who wrote it. */
void setup_text_add(const char *data, size_t len, const char *line,
		    struct text *ret_after);

/* Whether the shell text DATA sets the variable NAME. */
bool setup_text_sets(const char *data, const char *name);

/* Does this line of a unit or a script create or restore a guest by xl? */
bool setup_text_starts_guest(const char *line, size_t len);

/* Each line that differs, escaped, after INDENT and "- " or "+ ". */
void setup_text_compare(const char *before, size_t before_len,
			const char *after, size_t after_len,
			const char *indent, struct text *ret_lines);

/* --- setup_host.c: reads the host --- */

struct setup_script {
	char path[SETUP_PATH_BYTES];	 /* "": there is none */
	char settings[SETUP_PATH_BYTES]; /* as above */
	enum setup_calls calls;
};
void setup_host_script(const char *root, struct setup_script *ret_script);

/* Whether something that matches the glob PATTERN is there; RET_PATH, unless
 * NULL, gets the first, without ROOT. */
bool setup_host_has(const char *root, const char *pattern,
		    char ret_path[SETUP_PATH_BYTES]);
bool setup_host_has_systemd(const char *root);
bool setup_host_has_dpkg(const char *root);

/* FOUND is called with a line for each thing that starts guests.  Names in it
 * are escaped. */
void setup_host_survey(const char *root,
		       void (*found)(void *ctx, const char *line), void *ctx);

/* --- setup_file.c: whole files --- */

struct setup_file {
	bool exists;
	char *data;		/* with a NUL that does not count */
	size_t len;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* A missing file is none, and no error.  -ELOOP: a symbolic link; -EINVAL: no
 * regular file; -EFBIG: over 1 MiB. */
int setup_file_read(const char *path, struct setup_file *ret_file);
void setup_file_free(struct setup_file *file);
/* Two names of one file.  A symbolic link is a file of its own. */
bool setup_file_is_one(const char *a, const char *b);

/* Each is there as a whole or not at all, also after a loss of power.  -EFBIG:
 * what setup_file_read() would not read. */
int setup_file_write(const char *path, const struct setup_file *file);
int setup_file_link(const char *path, const char *target);
int setup_file_sync_dir_of(const char *path);
/* What an interrupted write of PATH left beside it. */
void setup_file_drop_rest(const char *path);

/* --- setup_run.c --- */

/* Runs ARGV[0], a full path, without a shell, and puts the first line of what it
 * writes into SAID.  Returns the exit status, or -errno. */
int setup_run(char *const argv[], char *said, size_t size);

/* --- setup_change.c: one change --- */

enum setup_kind {
	SETUP_FILE,	/* PATH gets other content */
	SETUP_DIR,	/* PATH is made */
	SETUP_LINK,	/* PATH is a link to TO */
	SETUP_DIVERT,	/* dpkg puts at TO what packages bring as PATH */
	SETUP_TAKE,	/* PATH becomes a link to our xl; what it was is TO */
};

enum setup_state { SETUP_BEFORE, SETUP_AFTER, SETUP_OTHER };

struct setup_change {
	enum setup_kind kind;
	char *path, *to;
	struct setup_file before, after;
};

/* Each returns 0, or -errno with a line in WHY. */
int setup_change_state(const char *root, const struct setup_change *change,
		       enum setup_state *ret_state, struct text *why);
int setup_change_do(const char *root, const struct setup_change *change,
		    struct text *why);
int setup_change_undo(const char *root, const struct setup_change *change,
		      struct text *why);
void setup_change_free(struct setup_change *change);
/* "PATH: REASON\n"; returns RC. */
int setup_change_fail(struct text *why, const char *path, const char *reason,
		      int rc);
/* ROOT before PATH; -ENAMETOOLONG. */
int setup_change_path(const char *root, const char *path,
		      char ret_path[SETUP_PATH_BYTES]);

/* --- setup_plan.c, setup_record.c: all changes of one way --- */

#define SETUP_CHANGES_MAX 8

struct setup_plan {
	char way[16];
	bool made_state_dir;	/* of the record */
	struct setup_change changes[SETUP_CHANGES_MAX];
	size_t count;
	struct text notes;	/* lines for the operator */
};

extern const char *const setup_plan_ways[]; /* to NULL */

/* What WAY would change.  -ECANCELED: it is refused; WHY says why. */
int setup_plan_make(const char *root, const char *way,
		    struct setup_plan *ret_plan, struct text *why);
void setup_plan_free(struct setup_plan *plan);

/* -ENOENT: there is none. */
int setup_record_read(const char *root, struct setup_plan *ret_plan,
		      struct text *why);
int setup_record_write(const char *root, const struct setup_plan *plan,
		       struct text *why);
int setup_record_remove(const char *root, const struct setup_plan *plan,
			struct text *why);
/* What a setup left that was cut off before there was a record. */
void setup_record_drop_rest(const char *root);
/* One setup at a time: a descriptor to close, or -errno.  Makes the folder of
 * the record, and notes that in PLAN. */
int setup_record_lock(const char *root, struct setup_plan *plan,
		      struct text *why);

#endif
