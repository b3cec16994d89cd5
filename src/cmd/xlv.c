/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wrapper of xl: checks whether the toolstack answers, and only then runs
 * xl.  Interprets only the necessary parts of xl's command lines.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "core/deadline.h"
#include "port/hostprobe.h"
#include "port/version.h"
#include "port/xlfind.h"
#include "role/client.h"
#include "xlv_cmd.h"

/* With the daemon's answer it has to end within two seconds. */
#define PROBE_MS 1000
#define STATUS_MS 5000

static const char usage[] =
	"Usage: xlv [OPTION]... XL-COMMAND-LINE\n"
	"Run xl, unless the host's toolstack hangs.\n"
	"\n"
	"      --deadline SECONDS  end xl after that, 0: never (default: by "
	"command)\n"
	"      --no-daemon         leave new domains to an xl monitor\n"
	"      --config-dir PATH   where xenvigil.conf is (default "
	XENVIGIL_CONFIG_DIR ")\n"
	"      --socket PATH       the daemon's socket (default " CLIENT_SOCKET
	")\n"
	"      --help              print this\n"
	"      --version           print the version\n"
	"\n"
	"  xlv list --long-state   the domains, who supervises each, and its "
	"incident\n"
	"\n"
	"All other commands are xl's: see xl help.  Under the name xl or xen, xlv\n"
	"has none of these options.\n";

const char *xlv_name(const struct xlv *xlv)
{
	static char name[64];

	if (!xlv->cmd.index)
		return "xl";
	snprintf(name, sizeof(name), "xl %s", xlv->cmd.entry ?
		 xlv->cmd.entry->name : xlv->argv[xlv->cmd.index]);
	return name;
}

/* --- our own options: they come first, and have two dashes --- */

static int parse_deadline(struct xlv *xlv, const char *text)
{
	char *end;
	long number = text ? strtol(text, &end, 10) : -1;

	if (!text || *end || end == text || number < 0 || number > 1000000) {
		fprintf(stderr, "xlv: --deadline: a number of seconds, "
			"0 to 1000000\n");
		return EXIT_USAGE;
	}
	xlv->deadline_s = number;
	return -1;
}

/* Takes the first of WORDS; returns how many, or the exit status in *RET. */
static int take_option(struct xlv *xlv, char **words, int *ret_exit)
{
	if (!strcmp(words[0], "--no-daemon")) {
		xlv->no_daemon = true;
		return 1;
	}
	if (!strcmp(words[0], "--deadline")) {
		*ret_exit = parse_deadline(xlv, words[1]);
		return 2;
	}
	if (!strcmp(words[0], "--config-dir") && words[1]) {
		xlv->config_dir = words[1];
		return 2;
	}
	if (!strcmp(words[0], "--socket") && words[1]) {
		xlv->socket_path = words[1];
		return 2;
	}
	if (!strcmp(words[0], "--version")) {
		version_print("xlv");
		*ret_exit = EXIT_SUCCESS;
		return 1;
	}
	*ret_exit = strcmp(words[0], "--help") ? EXIT_USAGE : EXIT_SUCCESS;
	fputs(usage, *ret_exit ? stderr : stdout);
	return 1;
}

static bool is_called(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, name);
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct xlv *xlv, char **argv)
{
	int r = -1, i = 1;

	xlv->as_xl = is_called(argv[0], "xl") || is_called(argv[0], "xen");
	while (!xlv->as_xl && r < 0 && argv[i] && !strncmp(argv[i], "--", 2))
		i += take_option(xlv, argv + i, &r);
	if (r >= 0)
		return r;
	xlv->argv = argv + i - 1;
	if (!is_called(argv[0], "xl"))
		xlv->argv[0] = "xl";
	xlcmd_parse(xlv->argv, &xlv->cmd);
	return -1;
}

/* --- the toolstack does not answer --- */

static void print_verdict(const struct xlv *xlv, const struct host_evidence *evidence)
{
	struct text text = { 0 };

	host_explain(evidence, &text);
	fprintf(stderr, "xlv: %s\n", text_get(&text));
	text_free(&text);
	xlv_daemon_tell_since(xlv);
	host_advise(evidence, &text);
	fprintf(stderr, "xlv: fix: %s\n", text_get(&text));
	text_free(&text);
}

static int run_without(const struct xlv *xlv,
		       const struct host_evidence *evidence)
{
	print_verdict(xlv, evidence);
	if (!xlv_answer_can(xlv)) {
		fprintf(stderr, "xlv: %s was not run\n", xlv_name(xlv));
		return EXIT_HUNG;
	}
	fprintf(stderr, "xlv: answered by the hypervisor alone, without xl\n");
	return xlv_answer(xlv);
}

/* --- it does --- */

/* "-e": xl starts no monitor, and so ends once the domain runs. */
static int hand_over(struct xlv *xlv)
{
	size_t count = 0, at = (size_t)xlv->cmd.index + 1;
	char **argv;

	if (!xlv_daemon_is_ready(xlv))
		return xlv->as_xl ? -1 : EXIT_HUNG;
	if (xlv->cmd.no_monitor) {
		xlv->handed_over = true;
		return -1;
	}
	while (xlv->argv[count])
		count++;
	argv = calloc(count + 2, sizeof(*argv));
	if (!argv)
		return EXIT_NO_XL;
	memcpy(argv, xlv->argv, at * sizeof(*argv));
	argv[at] = "-e";
	memcpy(argv + at + 1, xlv->argv + at, (count - at) * sizeof(*argv));
	xlv->argv = argv; /* until we end */
	xlv->handed_over = true;
	return -1;
}

static uint32_t usual_deadline_s(const struct xlv *xlv)
{
	const struct xlcmd *cmd = &xlv->cmd;

	return cmd->entry ? deadline_xl(cmd->entry->name, cmd->deadline_s,
					xlv_size_kib(xlv)) : cmd->deadline_s;
}

static int run_xl(struct xlv *xlv)
{
	int64_t deadline_s = xlv->deadline_s >= 0 ? xlv->deadline_s :
						    usual_deadline_s(xlv);
	int r = xlv_find(xlv);

	if (r >= 0)
		return r;
	if (xlfind_led_back(xlv->find)) /* the first xlv handles it */
		return xlv_find_become(xlv);
	if (xlv->cmd.hand_over && !xlv->no_daemon)
		r = hand_over(xlv);
	if (r >= 0)
		return r;
	if (deadline_s == 0 && !xlv->handed_over)
		return xlv_find_become(xlv);
	return xlv_run_until(xlv, (uint32_t)deadline_s,
			     xlv->handed_over ||
			     (xlv->cmd.entry && xlv->cmd.entry->makes_domain) ?
			     xlv_made_begin() : NULL);
}

static int show_state(const struct xlv *xlv)
{
	int r;
	json_object *daemon = xlv_daemon_ask(xlv, "status", STATUS_MS, &r);

	if (!daemon) {
		fprintf(stderr, "xlv: %s: %s\n", xlv->socket_path,
			client_explain(r));
		return EXIT_HUNG;
	}
	if (!xlv_answer_can(xlv)) {
		fprintf(stderr, "xlv: --long-state goes with -v and one "
			"domain only\n");
		r = EXIT_USAGE;
	} else {
		r = xlv_answer_list(xlv->argv + xlv->cmd.index + 1, daemon);
	}
	json_object_put(daemon);
	return r;
}

/* A host without Xen has no toolstack that could hang: xl says so itself. */
static bool is_broken(const struct host_evidence *evidence)
{
	enum host_health health = host_judge(evidence);

	return health == HOST_HUNG ||
	       (health == HOST_DEAD && hostprobe_is_on_xen());
}

int main(int argc, char **argv)
{
	struct xlv xlv = { .config_dir = XENVIGIL_CONFIG_DIR,
			   .socket_path = CLIENT_SOCKET, .deadline_s = -1 };
	struct host_evidence evidence;
	int r;

	if (argc < 1)
		return EXIT_USAGE;
	log_setup(LOG_TARGET_STDERR, LOG_LEVEL_CRITICAL, "xlv");
	hostprobe_shun_device(); /* for xl, should xenstored die under it */
	r = parse(&xlv, argv);
	if (r >= 0)
		return r;
	if (!xlv.as_xl && xlv_answer_wants_state(&xlv))
		return show_state(&xlv);
	if (xlv.cmd.is_help)
		return run_xl(&xlv);
	hostprobe_look(PROBE_MS, NULL, &evidence);
	if (is_broken(&evidence))
		return run_without(&xlv, &evidence);
	return run_xl(&xlv);
}
