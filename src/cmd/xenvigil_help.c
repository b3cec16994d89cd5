/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands and options for the help text.  An option that has no line for a
 * command here is refused for that command.
 */
#include "xenvigil_help.h"

#include <stdio.h>
#include <string.h>

#include "role/client.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define WORD_MAX 32		/* longer ones resemble no command */
#define COMMAND_COLUMN 18	/* where the text of a command starts */
#define OPTION_COLUMN 23

static const struct help_command {
	const char *name, *arguments;
	const char *text;	/* its lines */
} commands[] = {
	{ "status", "", "show the daemon, the domains and the work in progress" },
	{ "list", "", "show the incidents with each step of their handling" },
	{ "info", "[ID]", "show one incident and why the guest ended" },
	{ "top", "", "show the domains as a table that is refreshed" },
	{ "wait", "DOMAIN", "wait until the domain is in the state of --until" },
	{ "setup", "", "have the daemon supervise the guests that xl starts" },
	{ "doctor", "", "check the whole host, and show how to fix each fault" },
	{ "policy", "[DOMAIN]", "show the action for each shutdown reason, and why" },
	{ "capture", "DOMAIN", "write a core now; this pauses the domain" },
	{ "dump", "ID", "copy the core of an incident to the file of -o" },
	{ "debug", "ID", "start crash or drgn on the core of an incident" },
	{ "report", "[ID]", "write all that is known of an incident as one file" },
	{ "hold", "DOMAIN", "maintenance: record, but do not act, until release" },
	{ "release", "DOMAIN", "end a hold, or continue a held incident" },
	{ "retry", "DOMAIN", "retry the step of an incident that is held or waits" },
	{ "adopt", "DOMAIN", "stop its xl monitor and supervise the domain" },
	{ "disown", "DOMAIN", "leave the domain to another supervisor, until adopt" },
	{ "retreat", "", "leave a hung host: ask the guests to power off, then\n"
	  "run retreat_command" },
	{ "module", "VERB", "show, build, install, restore or verify the\n"
	  "event-channel module; see xen-evtchn-xenvigil(4)" },
	{ "help", "[COMMAND]", "show this, or one command with its options" },
};

static const struct help_option {
	int letter;		/* as getopt() has it */
	const char *names;
	const char *commands;	/* of which this is the text; NULL: all */
	const char *text;
} options[] = {
	{ 'j', "-j, --json", "status list info wait doctor policy report hold release "
	  "retry adopt disown retreat", "print the answer as JSON" },
	{ 'A', "    --all", "adopt disown", "each guest instead of one" },
	{ 'D', "    --dry-run", "adopt disown setup",
	  "only print what would be done" },
	{ 'y', "    --yes", "setup", "do not ask" },
	{ 'w', "    --way WAY", "setup", "adopt (default): the setting adopt;\n"
	  "divert: xl is xlv for every caller;\n"
	  "service: xl is xlv for xendomains" },
	{ 'U', "    --undo", "setup", "take back what setup changed" },
	{ 'R', "    --root DIR", "setup", "the host whose files are below DIR" },
	{ 's', "-s, --since SECONDS", "list", "incidents of the last SECONDS only" },
	{ 'n', "-n, --limit N", "list", "at most N of the latest (default 1000)" },
	{ 'n', "-n, --limit N", "info", "at most N lines of a log (default 50)" },
	{ 'n', "-n, --limit N", "top", "exit after N tables" },
	{ 'b', "-b, --batch", "top", "plain text without end, for a pipe" },
	{ 'd', "-d, --delay SECONDS", "top", "time between two tables (default 3)" },
	{ 'k', "    --sort KEY", "top",
	  "by domid, name, state, cpu, memory or left" },
	{ 'l', "-l, --live", "capture", "do not pause the domain" },
	{ 'c', "-c, --cancel", "retreat", "cancel the retreat in progress" },
	{ 'o', "-o, --output FILE", "dump report", "the file to create" },
	{ 'f', "-f, --format FORMAT", "report", "html (default), json or text" },
	{ 'u', "    --until STATE", "wait", "running (default), down, held, handled,\n"
	  "kept or gone" },
	{ 't', "    --timeout S", "wait", "exit with 124 after that time" },
	{ 'S', "    --socket PATH", NULL,
	  "the daemon's socket\n(default " CLIENT_SOCKET ")" },
	{ 'h', "-h, --help", NULL, "print this; after a command: its help" },
	{ 'V', "-V, --version", NULL, "print the version" },
};

static bool is_of(const struct help_option *option, const char *command)
{
	const char *at = option->commands;
	size_t len = strlen(command);

	if (!at)
		return true;
	while (*at) {
		size_t word = strcspn(at, " ");

		if (word == len && strncmp(at, command, len) == 0)
			return true;
		at += word + strspn(at + word, " ");
	}
	return false;
}

/* The lines of TEXT after one another, each from COLUMN on. */
static void print_text(const char *text, int column)
{
	for (;;) {
		int len = (int)strcspn(text, "\n");

		printf("%.*s\n", len, text);
		if (!text[len])
			return;
		text += len + 1;
		printf("%*s", column, "");
	}
}

static void print_names(const char *names, int column)
{
	printf("  %-*s", column - 2, names);
	if (strlen(names) >= (size_t)column - 2)
		printf("\n%*s", column, "");
}

/* One that belongs to few commands is marked with their names; the names of an
 * option are printed once. */
static void print_option(const struct help_option *option, bool again)
{
	print_names(again ? "" : option->names, OPTION_COLUMN);
	if (option->commands && strlen(option->commands) <= WORD_MAX)
		for (const char *at = option->commands; *at;) {
			int len = (int)strcspn(at, " ");

			printf("%.*s%s", len, at, at[len] ? ", " : ": ");
			at += len + (at[len] == ' ');
		}
	print_text(option->text, OPTION_COLUMN);
}

void xenvigil_help_print(void)
{
	puts("Usage: xenvigil [OPTION]... COMMAND [DOMAIN|ID]\n"
	     "Show and control the supervisor of this Xen host's domains.\n");
	for (size_t i = 0; i < COUNT(commands); i++) {
		char names[64];

		snprintf(names, sizeof(names), "%s %s", commands[i].name,
			 commands[i].arguments);
		print_names(names, COMMAND_COLUMN);
		print_text(commands[i].text, COMMAND_COLUMN);
	}
	puts("\nDOMAIN is a name, a domid or a uuid; for release and retry also the\n"
	     "number of the incident.  ID is an incident's number, or its domain's\n"
	     "name or the start of its uuid; the newest if not given.\n");
	for (size_t i = 0; i < COUNT(options); i++)
		print_option(&options[i], i > 0 &&
			     options[i].letter == options[i - 1].letter);
}

bool xenvigil_help_print_command(const char *name)
{
	const struct help_command *command = NULL;

	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			command = &commands[i];
	if (!command)
		return false;
	printf("Usage: xenvigil %s%s%s [OPTION]...\n%s: ", name,
	       command->arguments[0] ? " " : "", command->arguments, name);
	print_text(command->text, (int)strlen(name) + 2);
	putchar('\n');
	for (size_t i = 0; i < COUNT(options); i++)
		if (is_of(&options[i], name)) {
			print_names(options[i].names, OPTION_COLUMN);
			print_text(options[i].text, OPTION_COLUMN);
		}
	return true;
}

bool xenvigil_help_allows(const char *command, int letter)
{
	for (size_t i = 0; i < COUNT(options); i++)
		if (options[i].letter == letter && is_of(&options[i], command))
			return true;
	return false;
}

/* --- suggestions --- */

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* How many letters are missing, extra, wrong or swapped with the next. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int d[WORD_MAX + 1][WORD_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return WORD_MAX;
	for (size_t i = 0; i <= a_len; i++)
		for (size_t j = 0; j <= b_len; j++) {
			if (!i || !j) {
				d[i][j] = (unsigned int)(i + j);
				continue;
			}
			d[i][j] = least(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
					least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[a_len][b_len];
}

const char *xenvigil_help_suggest(const char *word)
{
	size_t len = strlen(word);
	unsigned int nearest = len < 4 ? 2 : 3; /* that far is too far */
	const char *found = NULL;

	for (size_t i = 0; i < COUNT(commands); i++) {
		const char *name = commands[i].name;
		bool is_start = len > 1 && strncmp(name, word, len) == 0;
		unsigned int far = is_start ? 0 : distance(name, word);

		if (far < nearest) {
			nearest = far;
			found = name;
		}
	}
	return found;
}
