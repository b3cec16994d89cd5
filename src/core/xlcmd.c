/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of xl's subcommands, and the few of their options that make one
 * wait for a person.  Must not judge what xl itself judges.
 */
#include "core/xlcmd.h"

#include <string.h>

#define ASK_S 30	/* only reads */
#define CHANGE_S 120	/* a device's end may take 10 s, a device model more */
#define LIFE_S 600	/* a domain is built or taken down */
#define NEVER 0		/* a person, a stream or a guest decides how long */

#define ASK(name) { #name, ASK_S, XLCMD_ANSWER_NONE, false }
#define CHANGE(name) { #name, CHANGE_S, XLCMD_ANSWER_NONE, false }
#define WAIT(name) { #name, NEVER, XLCMD_ANSWER_NONE, false }

static const struct xlcmd_entry entries[] = {
	{ "create", LIFE_S, XLCMD_ANSWER_NONE, true },
	{ "restore", NEVER, XLCMD_ANSWER_NONE, true },
	{ "migrate-receive", NEVER, XLCMD_ANSWER_NONE, true },
	{ "list", ASK_S, XLCMD_ANSWER_LIST, false },
	{ "info", ASK_S, XLCMD_ANSWER_INFO, false },
	{ "dmesg", ASK_S, XLCMD_ANSWER_DMESG, false },
	{ "destroy", LIFE_S, XLCMD_ANSWER_NONE, false },
	WAIT(console), WAIT(vncviewer), WAIT(save), WAIT(migrate),
	WAIT(dump-core), WAIT(top), WAIT(remus), WAIT(devd),
	ASK(pci-list), ASK(pci-assignable-list), ASK(vcpu-list), ASK(vm-list),
	ASK(sharing), ASK(domid), ASK(domname), ASK(network-list),
	ASK(channel-list), ASK(block-list), ASK(vtpm-list), ASK(vkb-list),
	ASK(vdispl-list), ASK(vsnd-list), ASK(uptime), ASK(claims),
	ASK(cpupool-list), ASK(getenforce), ASK(psr-hwinfo),
	ASK(psr-cmt-show), ASK(psr-cat-show), ASK(psr-mba-show),
	ASK(usb-list),
	CHANGE(config-update), CHANGE(shutdown), CHANGE(reboot),
	CHANGE(pci-attach), CHANGE(pci-detach), CHANGE(pci-assignable-add),
	CHANGE(pci-assignable-remove), CHANGE(pause), CHANGE(unpause),
	CHANGE(cd-insert), CHANGE(cd-eject), CHANGE(mem-max),
	CHANGE(mem-set), CHANGE(button-press), CHANGE(vcpu-pin),
	CHANGE(vcpu-set), CHANGE(sched-credit), CHANGE(sched-credit2),
	CHANGE(sched-rtds), CHANGE(rename), CHANGE(trigger), CHANGE(sysrq),
	CHANGE(debug-keys), CHANGE(set-parameters), CHANGE(network-attach),
	CHANGE(network-detach), CHANGE(block-attach), CHANGE(block-detach),
	CHANGE(vtpm-attach), CHANGE(vtpm-detach), CHANGE(vkb-attach),
	CHANGE(vkb-detach), CHANGE(vdispl-attach), CHANGE(vdispl-detach),
	CHANGE(vsnd-attach), CHANGE(vsnd-detach), CHANGE(cpupool-create),
	CHANGE(cpupool-destroy), CHANGE(cpupool-rename),
	CHANGE(cpupool-cpu-add), CHANGE(cpupool-cpu-remove),
	CHANGE(cpupool-migrate), CHANGE(cpupool-numa-split),
	CHANGE(setenforce), CHANGE(loadpolicy), CHANGE(psr-cmt-attach),
	CHANGE(psr-cmt-detach), CHANGE(psr-cat-set), CHANGE(psr-mba-set),
	CHANGE(usbctrl-attach), CHANGE(usbctrl-detach),
	CHANGE(usbdev-attach), CHANGE(usbdev-detach),
	CHANGE(qemu-monitor-command),
};

#define COUNT (sizeof(entries) / sizeof(entries[0]))

const struct xlcmd_entry *xlcmd_entries(size_t *ret_count)
{
	*ret_count = COUNT;
	return entries;
}

const struct xlcmd_entry *xlcmd_find(const char *name)
{
	const struct xlcmd_entry *found = NULL;
	size_t len = strlen(name), matches = 0;

	for (size_t i = 0; i < COUNT; i++) {
		if (strncmp(name, entries[i].name, len))
			continue;
		found = &entries[i];
		if (!found->name[len])
			return found;
		matches++;
	}
	return matches == 1 ? found : NULL;
}

/* What the options after a subcommand say. */
struct said {
	bool waits;	/* for a console, a viewer, a guest's end */
	bool builds_nothing; /* help, dry run */
	bool monitor;	/* xl is to stay with the domain by itself */
	bool no_monitor; /* xl starts no monitor */
};

static bool is_one_of(const char *name, const char *const list[])
{
	for (; *list; list++)
		if (!strcmp(name, *list))
			return true;
	return false;
}

static void note_long(struct said *said, const char *arg)
{
	static const char *const waiting[] = {
		"--vncviewer", "--vncviewer-autopass", "--wait", NULL,
	};

	said->waits |= is_one_of(arg, waiting);
	said->builds_nothing |= !strcmp(arg, "--help") ||
				!strcmp(arg, "--dryrun");
}

/* A cluster of one-letter options; returns whether the next word is its. */
static bool note_short(struct said *said, const char *arg, bool makes_domain)
{
	for (; *arg; arg++) {
		if (*arg == 'h')
			said->builds_nothing = true;
		if (!makes_domain) {
			said->waits |= *arg == 'w';
			continue;
		}
		said->waits |= strchr("cVAF", *arg) != NULL;
		said->monitor |= *arg == 'F';
		said->no_monitor |= *arg == 'e';
		said->builds_nothing |= *arg == 'n';
		if (*arg == 'f')
			return !arg[1];
	}
	return false;
}

static void read_options(char *const args[], bool makes_domain,
			 struct said *said)
{
	for (; *args && strcmp(*args, "--"); args++) {
		if ((*args)[0] != '-')
			continue;
		if ((*args)[1] == '-')
			note_long(said, *args);
		else if (note_short(said, *args + 1, makes_domain) && args[1])
			args++;
	}
}

void xlcmd_parse(char *const argv[], struct xlcmd *ret_cmd)
{
	struct xlcmd cmd = { 0 };
	struct said said = { 0 };
	int i = 1;

	for (; argv[0] && argv[i] && argv[i][0] == '-' && argv[i][1]; i++)
		said.builds_nothing |= strchr(argv[i], 'N') != NULL;
	if (argv[0] && argv[i]) {
		cmd.index = i;
		cmd.entry = xlcmd_find(argv[i]);
	}
	if (cmd.entry) {
		read_options(argv + i + 1, cmd.entry->makes_domain, &said);
		cmd.deadline_s = said.waits ? NEVER : cmd.entry->deadline_s;
		cmd.hand_over = cmd.entry->makes_domain && !said.monitor &&
				!said.builds_nothing;
	}
	cmd.no_monitor = said.no_monitor;
	cmd.is_help = !cmd.index || !strcmp(argv[cmd.index], "help");
	if (cmd.is_help)
		cmd.deadline_s = ASK_S;
	*ret_cmd = cmd;
}
