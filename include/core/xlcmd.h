/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The meaning of an xl command line: its subcommand, its timeout, and whether it
 * makes a domain.  Pure; runs nothing.
 */
#ifndef CORE_XLCMD_H
#define CORE_XLCMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The commands that hypercalls alone can answer. */
enum xlcmd_answer {
	XLCMD_ANSWER_NONE,
	XLCMD_ANSWER_LIST,
	XLCMD_ANSWER_INFO,
	XLCMD_ANSWER_DMESG,
};

struct xlcmd_entry {
	const char *name;
	uint32_t deadline_s;	/* 0: none */
	enum xlcmd_answer answer;
	bool makes_domain;	/* and leaves a monitor with it */
};

struct xlcmd {
	const struct xlcmd_entry *entry; /* NULL: unknown */
	int index;		/* of the subcommand in argv; 0: there is none */
	uint32_t deadline_s;	/* of this very line; 0: none */
	bool hand_over;		/* it makes a domain that xenvigild can supervise */
	bool no_monitor;	/* and xl gets an option to start no monitor */
	bool is_help;		/* only asks for xl's help */
};

/* Every subcommand of xl 4.17. */
const struct xlcmd_entry *xlcmd_entries(size_t *ret_count);

/* As xl looks it up: an unambiguous beginning is enough. */
const struct xlcmd_entry *xlcmd_find(const char *name);

/* ARGV as main() has it, NULL-terminated, xl's own: argv[0] is the program. */
void xlcmd_parse(char *const argv[], struct xlcmd *ret_cmd);

#endif
