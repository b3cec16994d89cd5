/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The help of the operator's command: one table of its commands, and one of
 * the options that belong to each.
 */
#ifndef CMD_XENVIGIL_HELP_H
#define CMD_XENVIGIL_HELP_H

#include <stdbool.h>

/* All commands and options, on stdout. */
void xenvigil_help_print(void);

/* One command with its options, on stdout.  Returns false if there is no such
 * command. */
bool xenvigil_help_print_command(const char *command);

/* Whether COMMAND takes the option that getopt() calls LETTER. */
bool xenvigil_help_allows(const char *command, int letter);

/* The command that WORD misspells or starts; NULL: none. */
const char *xenvigil_help_suggest(const char *word);

#endif
