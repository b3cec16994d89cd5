/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "xenvigil setup": shows what starts guests on this host and who supervises
 * them, what would be changed, asks, and has it done or taken back.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/setup.h"
#include "role/client.h"
#include "xenvigil_cmd.h"
#include "xenvigil_json.h"

#define ANSWER_MS 5000
#define DO_IT "adopt"

/* Each line of TEXT, to standard error. */
static void complain(struct text *why)
{
	char *save = NULL, *line = NULL;

	if (why->len)
		line = strtok_r(why->at, "\n", &save);
	for (; line; line = strtok_r(NULL, "\n", &save))
		fprintf(stderr, "xenvigil: %s\n", line);
	text_free(why);
}

static int fail(struct text *why)
{
	fflush(stdout);
	complain(why);
	return EXIT_FAILURE;
}

/* --- the daemon --- */

/* NULL: it does not answer, or this is another host's root. */
static json_object *ask_status(const struct xenvigil_setup *setup)
{
	json_object *request, *status = NULL;

	if (setup->root[0])
		return NULL;
	request = json_object_new_object();
	json_object_object_add(request, "command",
			       json_object_new_string("status"));
	if (client_ask(setup->socket_path, request, ANSWER_MS, &status) < 0)
		status = NULL;
	json_object_put(request);
	return status;
}

static void reload_daemon(const struct xenvigil_setup *setup)
{
	json_object *status = ask_status(setup);
	int64_t pid = status ? number_of(status, "pid") : 0;

	if (setup->root[0])
		return;
	if (pid <= 1)
		puts("The daemon does not answer: it reads the setting when it "
		     "starts.");
	else if (kill((pid_t)pid, SIGHUP))
		printf("The daemon could not be asked to read its settings: %s\n",
		       strerror(errno));
	else
		puts("The daemon reads its settings again.");
	json_object_put(status);
}

static void reload_systemd(const struct xenvigil_setup *setup)
{
	char *argv[] = { "/usr/bin/systemctl", "daemon-reload", NULL };
	char said[1024], shown[2048];
	int r;

	if (setup->root[0] || !setup_host_has_systemd(""))
		return;
	if (access(argv[0], X_OK))
		argv[0] = "/bin/systemctl";
	r = setup_run(argv, said, sizeof(said));
	if (r)
		fprintf(stderr, "xenvigil: %s daemon-reload: %s\n", argv[0],
			r < 0 ? strerror(-r) :
			text_escape(shown, sizeof(shown), said));
}

/* Has the program that reads what was changed read it again. */
static void reload(const struct xenvigil_setup *setup,
		   const struct setup_plan *plan)
{
	if (strcmp(plan->way, "adopt") == 0)
		reload_daemon(setup);
	else
		reload_systemd(setup);
}

/* --- what is shown --- */

static void show_starter(void *ctx, const char *line)
{
	unsigned int *count = ctx;

	(*count)++;
	printf("  %s\n", line);
}

static void show_supervisors(const struct xenvigil_setup *setup)
{
	json_object *status = ask_status(setup), *list;
	size_t count;
	char by[256];

	puts("Who supervises the guests now:");
	list = json_object_object_get(status, "supervision");
	count = json_object_is_type(list, json_type_array) ?
		json_object_array_length(list) : 0;
	for (size_t i = 0; i < count; i++) {
		json_object *one = json_object_array_get_idx(list, i);

		printf("  %s: %lld\n",
		       strcmp(text_of(one, "by"), "xl") == 0 ? "xl monitors" :
		       text_escape(by, sizeof(by), text_of(one, "by")),
		       (long long)number_of(one, "guests"));
	}
	if (!status)
		puts(setup->root[0] ? "  not known of another root" :
		     "  not known: the daemon does not answer");
	else if (!count)
		puts("  there is no guest");
	json_object_put(status);
}

static void show_survey(const struct xenvigil_setup *setup)
{
	unsigned int count = 0;

	puts("What starts guests on this host:");
	setup_host_survey(setup->root, show_starter, &count);
	if (!count)
		puts("  nothing that setup knows");
	show_supervisors(setup);
}

static void show_file(const struct setup_change *change)
{
	struct text lines = { 0 };

	setup_text_compare(change->before.data ?: "", change->before.len,
			   change->after.data, change->after.len, "    ",
			   &lines);
	printf("%s\n%s", change->before.exists ? "" : " (a new file)",
	       text_get(&lines));
	text_free(&lines);
}

static void show_change(const struct setup_change *change)
{
	printf("  %s", change->path);
	switch (change->kind) {
	case SETUP_FILE:
		show_file(change);
		break;
	case SETUP_DIR:
		puts(" (a new directory)");
		break;
	case SETUP_LINK:
		printf(" becomes a link to %s\n", change->to);
		break;
	case SETUP_DIVERT:
		printf(" is diverted to %s (dpkg-divert --local)\n",
		       change->to);
		break;
	case SETUP_TAKE:
		printf(" becomes a link to " SETUP_XL_DIR "/xl; what it was "
		       "is %s\n", change->to);
		break;
	}
}

static void show_plan(const struct setup_plan *plan, bool back)
{
	printf(back ? "setup --way %s changed this, and --undo takes it "
			     "back:\n" :
		      "setup --way %s changes:\n", plan->way);
	for (size_t i = 0; i < plan->count; i++)
		show_change(&plan->changes[i]);
	printf("%s", text_get(&plan->notes));
}

/* --- asking --- */

/* Returns -1 to go on, or the exit status. */
static int ask(const struct xenvigil_setup *setup, const char *way)
{
	char answer[16] = "";

	if (setup->dry_run)
		return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
	if (setup->yes)
		return -1;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		printf("Nothing was changed.  To do it: xenvigil setup%s%s%s%s "
		       "--yes\n", setup->root[0] ? " --root " : "",
		       setup->root, way ? " --way " : " --undo", way ?: "");
		return EXIT_UNASKED;
	}
	printf("%s [y/N] ", way ? "Change this?" : "Take it back?");
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) &&
	    (!strcmp(answer, "y\n") || !strcmp(answer, "Y\n") ||
	     !strcmp(answer, "yes\n")))
		return -1;
	puts("Nothing was changed.");
	return EXIT_UNASKED;
}

/* --- doing --- */

/* Each change that is not done yet.  What somebody else changed ends it. */
static int carry_out(const struct xenvigil_setup *setup,
		     const struct setup_plan *plan, struct text *why)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct setup_change *change = &plan->changes[i];
		enum setup_state state;
		int r = setup_change_state(setup->root, change, &state, why);

		if (r == 0 && state == SETUP_OTHER)
			r = setup_change_fail(why, change->path, "was changed "
					      "by somebody else; xenvigil setup"
					      " --undo takes the rest back",
					      -ECANCELED);
		if (r == 0 && state == SETUP_BEFORE)
			r = setup_change_do(setup->root, change, why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* How many are still to be done; what was changed since is told.  -errno: it
 * cannot be known. */
static int count_open(const struct xenvigil_setup *setup,
		      const struct setup_plan *plan, struct text *why)
{
	enum setup_state state;
	int open = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct setup_change *change = &plan->changes[i];
		int r = setup_change_state(setup->root, change, &state, why);

		if (r < 0)
			return r;
		open += state == SETUP_BEFORE;
		if (state == SETUP_OTHER)
			printf("%s was changed since setup.\n", change->path);
	}
	return open;
}

static int do_plan(const struct xenvigil_setup *setup, struct setup_plan *plan,
		   bool is_new)
{
	struct text why = { 0 };
	AUTO_CLOSE int lock = setup_record_lock(setup->root, plan, &why);
	struct setup_plan other;
	int r = lock < 0 ? lock : 0;

	if (r == 0 && is_new) { /* nobody was quicker */
		r = setup_record_read(setup->root, &other, &why);
		if (r == 0)
			setup_plan_free(&other);
		r = r == -ENOENT ? 0 : -EBUSY;
		if (r < 0 && !why.len)
			setup_change_fail(&why, SETUP_RECORD,
					  "another setup was quicker", r);
	}
	if (r == 0 && is_new)
		r = setup_record_write(setup->root, plan, &why);
	if (r == 0)
		r = carry_out(setup, plan, &why);
	if (r < 0)
		return fail(&why);
	reload(setup, plan);
	puts("Done.  xenvigil setup --undo takes it back.");
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* There is a record: it is done, or an interrupted one is continued. */
static int go_on(const struct xenvigil_setup *setup, struct setup_plan *plan)
{
	struct text why = { 0 };
	int r;

	if (setup->way && strcmp(setup->way, plan->way)) {
		text_printf(&why, "setup --way %s was done on this host; "
			    "xenvigil setup --undo comes first\n", plan->way);
		return fail(&why);
	}
	r = count_open(setup, plan, &why);
	if (r < 0)
		return fail(&why);
	if (r == 0) {
		printf("Nothing is to be changed: setup --way %s was done.\n",
		       plan->way);
		return EXIT_SUCCESS;
	}
	puts("An earlier setup is not complete.");
	show_plan(plan, false);
	r = ask(setup, plan->way);
	return r >= 0 ? r : do_plan(setup, plan, false);
}

static int begin(const struct xenvigil_setup *setup)
{
	const char *way = setup->way ?: DO_IT;
	struct setup_plan plan;
	struct text why = { 0 };
	int r;

	if (setup_plan_make(setup->root, way, &plan, &why) < 0) {
		if (!why.len)
			text_append(&why, "there is no memory\n");
		fflush(stdout);
		fprintf(stderr, "xenvigil: setup --way %s is not possible:\n",
			way);
		return fail(&why);
	}
	if (plan.count) {
		show_plan(&plan, false);
		r = ask(setup, way);
		if (r < 0)
			r = do_plan(setup, &plan, true);
	} else {
		printf("Nothing is to be changed.\n%s", text_get(&plan.notes));
		r = EXIT_SUCCESS;
	}
	setup_plan_free(&plan);
	return r;
}

/* --- undoing --- */

/* The changes that somebody else has changed since, each a line in WHY. */
static int find_edited(const struct xenvigil_setup *setup,
		       const struct setup_plan *plan, struct text *why)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct setup_change *change = &plan->changes[i];
		enum setup_state state;
		int r = setup_change_state(setup->root, change, &state, why);

		if (r < 0)
			return r;
		if (state == SETUP_OTHER)
			setup_change_fail(why, change->path,
					  "was changed since setup", 0);
	}
	return 0;
}

/* All that can be is taken back, the last change first. */
static int take_back(const struct xenvigil_setup *setup,
		     struct setup_plan *plan, struct text *why)
{
	AUTO_CLOSE int lock = setup_record_lock(setup->root, plan, why);
	int r = lock < 0 ? lock : 0;

	if (r < 0)
		return r;
	for (size_t i = plan->count; i > 0; i--) {
		int one = setup_change_undo(setup->root, &plan->changes[i - 1],
					    why);

		r = r ? r : one;
	}
	return r ? r : setup_record_remove(setup->root, plan, why);
}

static int undo_plan(const struct xenvigil_setup *setup,
		     struct setup_plan *plan)
{
	struct text why = { 0 }, edited = { 0 };
	int r;

	show_plan(plan, true);
	if (find_edited(setup, plan, &edited) < 0)
		return fail(&edited);
	if (edited.len && !setup->yes) {
		text_append(&edited, "nothing was changed; take out by hand what "
			    "is marked with + above, and xenvigil setup --undo "
			    "--yes takes back the rest\n");
		return fail(&edited);
	}
	r = ask(setup, NULL);
	if (r >= 0)
		return r;
	r = take_back(setup, plan, &why);
	if (r == 0)
		reload(setup, plan);
	if (r < 0)
		return fail(&why);
	if (edited.len) {
		text_append(&edited, "it is left as it is; the rest is taken "
			    "back\n");
		return fail(&edited);
	}
	puts("It is taken back.");
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int xenvigil_setup(const struct xenvigil_setup *setup)
{
	struct text why = { 0 };
	struct setup_plan plan;
	int r;

	if (!setup->undo)
		show_survey(setup);
	r = setup_record_read(setup->root, &plan, &why);
	if (r < 0 && r != -ENOENT)
		return fail(&why);
	if (r == 0) {
		r = setup->undo ? undo_plan(setup, &plan) :
				  go_on(setup, &plan);
		setup_plan_free(&plan);
		return r;
	}
	if (!setup->undo)
		return begin(setup);
	if (!setup->dry_run)
		setup_record_drop_rest(setup->root);
	puts("Setup has changed nothing here.");
	return EXIT_SUCCESS;
}

bool xenvigil_setup_is_way(const char *way)
{
	return text_find(setup_plan_ways, TEXT_FIND_ALL, way, NULL) == 0;
}
