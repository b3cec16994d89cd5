/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operator's command: a table of subcommands, each one question to the
 * daemon.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "port/version.h"
#include "role/client.h"
#include "xenvigil_cmd.h"
#include "xenvigil_help.h"

#define LIST_MOST 1000000

struct call;
static int follow_capture(const struct call *call, json_object *answer);
static int copy_core(const struct call *call, json_object *answer);
static int show_info(const struct call *call, json_object *answer);
static int write_report(const struct call *call, json_object *answer);
static int debug_core(const struct call *call, json_object *answer);
static int show_top(const struct call *call);
static int wait_for(const struct call *call);
static int set_up(const struct call *call);

enum needs { NEEDS_NOTHING, TAKES_DOMAIN, NEEDS_DOMAIN, TAKES_ID, NEEDS_ID };

static const struct command {
	const char *name;
	enum needs needs;
	const char *ask;	/* what the daemon is asked; NULL: NAME */
	void (*show)(json_object *answer);
	/* Without the daemon: returns the exit status. */
	int (*run)(const char *socket_path, bool json);
	int (*watch)(const struct call *call);
	/* More is to be done with the answer: returns the exit status. */
	int (*go_on)(const struct call *call, json_object *answer);
} commands[] = {
	{ "status", NEEDS_NOTHING, .show = xenvigil_show_status },
	{ "list", NEEDS_NOTHING, .show = xenvigil_show_list },
	{ "info", TAKES_ID, .go_on = show_info },
	{ "top", NEEDS_NOTHING, .watch = show_top },
	{ "wait", NEEDS_DOMAIN, .watch = wait_for },
	{ "setup", NEEDS_NOTHING, .watch = set_up },
	{ "doctor", NEEDS_NOTHING, .run = xenvigil_doctor },
	{ "policy", TAKES_DOMAIN, .show = xenvigil_show_policy },
	{ "capture", NEEDS_DOMAIN, .go_on = follow_capture },
	{ "dump", NEEDS_ID, .ask = "info", .go_on = copy_core },
	{ "debug", NEEDS_ID, .ask = "info", .go_on = debug_core },
	{ "report", TAKES_ID, .ask = "info", .go_on = write_report },
	{ "hold", NEEDS_DOMAIN, .show = NULL },
	{ "release", NEEDS_DOMAIN, .show = NULL },
	{ "retry", NEEDS_DOMAIN, .show = NULL },
	{ "adopt", NEEDS_DOMAIN, .show = NULL },
	{ "disown", NEEDS_DOMAIN, .show = NULL },
	{ "retreat", NEEDS_NOTHING, .show = xenvigil_show_retreat },
};

static const struct option options[] = {
	{ "all", no_argument, NULL, 'A' },
	{ "dry-run", no_argument, NULL, 'D' },
	{ "yes", no_argument, NULL, 'y' },
	{ "undo", no_argument, NULL, 'U' },
	{ "way", required_argument, NULL, 'w' },
	{ "root", required_argument, NULL, 'R' },
	{ "json", no_argument, NULL, 'j' },
	{ "since", required_argument, NULL, 's' },
	{ "limit", required_argument, NULL, 'n' },
	{ "live", no_argument, NULL, 'l' },
	{ "cancel", no_argument, NULL, 'c' },
	{ "output", required_argument, NULL, 'o' },
	{ "format", required_argument, NULL, 'f' },
	{ "batch", no_argument, NULL, 'b' },
	{ "delay", required_argument, NULL, 'd' },
	{ "sort", required_argument, NULL, 'k' },
	{ "until", required_argument, NULL, 'u' },
	{ "timeout", required_argument, NULL, 't' },
	{ "socket", required_argument, NULL, 'S' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

struct call {
	const struct command *command;
	const char *domain, *socket_path, *output, *format, *until;
	const char *way, *root;
	unsigned int given;	/* a bit for each of options[] */
	bool help;
	bool json, live, cancel, batch, all, dry_run, yes, undo;
	int64_t since_s, limit, timeout_s;	/* -1: not given */
	double delay_s;
	int sort;
};

static int parse_number(const char *text, int64_t most, int64_t *ret)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || *end || end == text || number < 0 || number > most) {
		fprintf(stderr, "xenvigil: '%s' is not a number from 0 to "
			"%lld\n", text, (long long)most);
		return -EINVAL;
	}
	*ret = number;
	return 0;
}

static int fail_usage(const char *why, const char *what)
{
	fprintf(stderr, "xenvigil: %s%s%s%s\n", why, *what ? " '" : "", what,
		*what ? "'" : "");
	return EXIT_USAGE;
}

static int parse_delay(const char *text, double *ret)
{
	char *end;
	double number = strtod(text, &end);

	if (*end || end == text || !(number >= 0.1 && number <= 3600)) {
		fprintf(stderr, "xenvigil: '%s' is not a number of seconds "
			"from 0.1 to 3600\n", text);
		return -EINVAL;
	}
	*ret = number;
	return 0;
}

static int parse_root(struct call *call, const char *path)
{
	if (path[0] != '/')
		return fail_usage("not a full path:", path);
	call->root = path[1] ? path : "";
	return -1;
}

/* Those of setup alone.  Returns -1 to go on, or an exit status. */
static int parse_setup(struct call *call, int opt)
{
	switch (opt) {
	case 'y':
		call->yes = true;
		return -1;
	case 'U':
		call->undo = true;
		return -1;
	case 'R':
		return parse_root(call, optarg);
	default:
		call->way = optarg;
		return xenvigil_setup_is_way(optarg) ? -1 :
			fail_usage("no such way:", optarg);
	}
}

/* Returns -1 to go on, or an exit status. */
static int parse_option(struct call *call, int opt)
{
	switch (opt) {
	case 'A':
		call->all = true;
		return -1;
	case 'D':
		call->dry_run = true;
		return -1;
	case 'y':
	case 'U':
	case 'R':
	case 'w':
		return parse_setup(call, opt);
	case 'j':
		call->json = true;
		return -1;
	case 's':
		return parse_number(optarg, INT32_MAX, &call->since_s) ?
			EXIT_USAGE : -1;
	case 'n':
		return parse_number(optarg, LIST_MOST, &call->limit) ?
			EXIT_USAGE : -1;
	case 'l':
		call->live = true;
		return -1;
	case 'c':
		call->cancel = true;
		return -1;
	case 'o':
		call->output = optarg;
		return -1;
	case 'f':
		call->format = optarg;
		return xenvigil_report_is_format(optarg) ? -1 :
			fail_usage("no such format:", optarg);
	case 'b':
		call->batch = true;
		return -1;
	case 'd':
		return parse_delay(optarg, &call->delay_s) ? EXIT_USAGE : -1;
	case 'k':
		call->sort = xenvigil_top_key(optarg);
		return call->sort < 0 ? fail_usage("no such order:", optarg) :
					-1;
	case 'u':
		call->until = optarg;
		return -1;
	case 't':
		return parse_number(optarg, XENVIGIL_WAIT_MOST_S,
				    &call->timeout_s) ? EXIT_USAGE : -1;
	case 'S':
		call->socket_path = optarg;
		return -1;
	case 'h':
		call->help = true;
		return -1;
	case 'V':
		version_print("xenvigil");
		return EXIT_SUCCESS;
	default: /* getopt() has printed the error */
		fputs("xenvigil: see 'xenvigil --help'\n", stderr);
		return EXIT_USAGE;
	}
}

static void note_option(struct call *call, int opt)
{
	for (size_t i = 0; options[i].name; i++)
		if (options[i].val == opt)
			call->given |= 1u << i;
}

/* Returns -1 to go on, or an exit status. */
static int check_options(const struct call *call)
{
	const char *command = call->command->name;

	for (size_t i = 0; options[i].name; i++)
		if (call->given & 1u << i &&
		    !xenvigil_help_allows(command, options[i].val)) {
			fprintf(stderr, "xenvigil: '%s' has no option --%s; "
				"see 'xenvigil help %s'\n", command,
				options[i].name, command);
			return EXIT_USAGE;
		}
	return -1;
}

static int fail_unknown(const char *word)
{
	const char *meant = xenvigil_help_suggest(word);

	if (meant)
		fprintf(stderr, "xenvigil: there is no command '%s'; did you "
			"mean '%s'?\n", word, meant);
	else
		fprintf(stderr, "xenvigil: there is no command '%s'; see "
			"'xenvigil help'\n", word);
	return EXIT_USAGE;
}

/* NULL: of all commands. */
static int print_help(const char *command)
{
	if (!command)
		xenvigil_help_print();
	else if (!xenvigil_help_print_command(command))
		return fail_unknown(command);
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int parse_words(struct call *call, char **words)
{
	if (call->help)
		return print_help(words[0]);
	if (!words[0])
		return fail_usage("missing command; see 'xenvigil --help'", "");
	if (strcmp(words[0], "help") == 0)
		return words[1] && words[2] ?
			fail_usage("unexpected argument", words[2]) :
			print_help(words[1]);
	if (strcmp(words[0], "module") == 0)
		return fail_usage("write the options of 'module' after its "
				  "verb", "");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].name, words[0]) == 0)
			call->command = &commands[i];
	if (!call->command)
		return fail_unknown(words[0]);
	if (check_options(call) >= 0)
		return EXIT_USAGE;
	call->domain = words[1];
	if (call->all && call->domain)
		return fail_usage("--all does not go with", call->domain);
	if (call->undo && call->way)
		return fail_usage("--undo does not go with --way", "");
	if (call->command->go_on == copy_core && !call->output)
		return fail_usage("missing option: -o FILE", "");
	if (call->command->needs == NEEDS_DOMAIN && !call->domain &&
	    !call->all)
		return fail_usage("missing argument: DOMAIN", "");
	if (call->command->needs == NEEDS_ID && !call->domain)
		return fail_usage("missing argument: ID", "");
	if (call->domain && (call->command->needs == NEEDS_NOTHING || words[2]))
		return fail_usage("unexpected argument", words[2] ? words[2] :
							 words[1]);
	return -1;
}

static int follow_capture(const struct call *call, json_object *answer)
{
	return xenvigil_capture_follow(call->socket_path, answer);
}

static int copy_core(const struct call *call, json_object *answer)
{
	return xenvigil_dump_copy(answer, call->output);
}

static int show_info(const struct call *call, json_object *answer)
{
	if (call->json)
		xenvigil_json_print(answer);
	else
		xenvigil_show_info(answer, call->limit);
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int write_report(const struct call *call, json_object *answer)
{
	return xenvigil_report_write(answer, call->json ? "json" :
				     call->format ?: "html", call->output);
}

static int debug_core(const struct call *call, json_object *answer)
{
	(void)call;
	return xenvigil_debug_start(answer);
}

static int show_top(const struct call *call)
{
	struct xenvigil_top top = {
		.socket_path = call->socket_path, .batch = call->batch,
		.delay_s = call->delay_s, .frames = call->limit,
		.sort = (unsigned int)call->sort,
	};

	return xenvigil_top(&top);
}

static int hand_over(const struct call *call)
{
	struct xenvigil_hand hand = {
		.socket_path = call->socket_path,
		.command = call->command->name, .domain = call->domain,
		.dry_run = call->dry_run, .json = call->json,
	};

	return xenvigil_hand_over(&hand);
}

static int wait_for(const struct call *call)
{
	struct xenvigil_wait wait = {
		.socket_path = call->socket_path, .domain = call->domain,
		.until = call->until, .timeout_s = call->timeout_s,
		.json = call->json,
	};

	return xenvigil_wait(&wait);
}

static int set_up(const struct call *call)
{
	struct xenvigil_setup setup = {
		.socket_path = call->socket_path, .root = call->root,
		.way = call->way, .yes = call->yes, .undo = call->undo,
		.dry_run = call->dry_run,
	};

	return xenvigil_setup(&setup);
}

static bool is_of_incident(const struct command *command)
{
	return command->needs == TAKES_ID || command->needs == NEEDS_ID;
}

static json_object *make_request(const struct call *call)
{
	const struct command *command = call->command;
	json_object *request = json_object_new_object();

	json_object_object_add(request, "command",
			       json_object_new_string(
				       call->cancel ? "retreat-cancel" :
				       command->ask ?: command->name));
	if (call->domain)
		json_object_object_add(request, is_of_incident(command) ?
				       "id" : "domain",
				       json_object_new_string(call->domain));
	if (call->live)
		json_object_object_add(request, "live",
				       json_object_new_boolean(1));
	if (call->since_s >= 0)
		json_object_object_add(
			request, "since_ms",
			json_object_new_int64(((int64_t)time(NULL) -
					       call->since_s) * 1000));
	if (call->limit >= 0)
		json_object_object_add(request, "limit",
				       json_object_new_int64(call->limit));
	return request;
}

static int show(const struct call *call, json_object *answer)
{
	json_object *error;
	char text[1024];

	if (json_object_object_get_ex(answer, "error", &error)) {
		fprintf(stderr, "xenvigil: %s\n",
			text_escape(text, sizeof(text),
				    json_object_get_string(error)));
		return EXIT_FAILURE;
	}
	if (call->command->go_on)
		return call->command->go_on(call, answer);
	if (call->json)
		xenvigil_json_print(answer);
	else if (call->command->show)
		call->command->show(answer);
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Its options are its own, and no daemon is asked. */
static int run_module_tool(char **argv)
{
	static const char tool[] = XENVIGIL_TOOL_DIR "/xenvigil-module";

	execv(tool, argv);
	fprintf(stderr, "xenvigil: %s: %s\n", tool, strerror(errno));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct call call = {
		.socket_path = CLIENT_SOCKET, .since_s = -1, .limit = -1,
		.timeout_s = -1, .delay_s = 3, .until = "running", .root = "",
	};
	static char program[] = "xenvigil";
	json_object *request, *answer;
	int opt, r = -1;

	if (argc > 1 && strcmp(argv[1], "module") == 0)
		return run_module_tool(argv + 1);
	if (argc > 0)
		argv[0] = program; /* in getopt's messages */
	while (r < 0 && (opt = getopt_long(argc, argv, "js:n:lco:f:bd:hV", options,
					   NULL)) != -1) {
		note_option(&call, opt);
		r = parse_option(&call, opt);
	}
	if (r < 0)
		r = parse_words(&call, argv + optind);
	if (r >= 0)
		return r;
	if (call.command->run)
		return call.command->run(call.socket_path, call.json);
	if (call.command->watch)
		return call.command->watch(&call);
	if (call.all || call.dry_run)
		return hand_over(&call);
	request = make_request(&call);
	answer = xenvigil_client_ask(call.socket_path, request);
	if (answer && !xenvigil_client_ask_rest(call.socket_path, request,
						call.limit, answer)) {
		json_object_put(answer);
		answer = NULL;
	}
	json_object_put(request);
	if (!answer)
		return EXIT_UNAVAILABLE;
	r = show(&call, answer);
	json_object_put(answer);
	return r;
}
