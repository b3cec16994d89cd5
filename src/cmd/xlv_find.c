/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the xl that the wrapper runs, prints the error when there is none, and
 * executes it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "port/conf.h"
#include "port/hvversion.h"
#include "port/xlfind.h"
#include "xlv_cmd.h"

/* Each line of TEXT by itself. */
static void tell_lines(const char *text)
{
	for (int len; *text; text += len + (text[len] == '\n')) {
		len = (int)strcspn(text, "\n");
		fprintf(stderr, "xlv: %.*s\n", len, text);
	}
}

/* An error in the file must not prevent xl from running. */
static struct settings *read_settings(const char *dir)
{
	struct settings *settings = NULL;
	struct text why = { 0 };
	int r = conf_load_host(dir, &settings, &why);

	if (r < 0 && r != -EACCES)
		tell_lines(text_get(&why));
	text_free(&why);
	return settings;
}

static int tell_none(const struct xlv *xlv)
{
	fprintf(stderr, "xlv: no xl program was found\n");
	tell_lines(xlfind_passed_over(xlv->find));
	fprintf(stderr, "xlv: set xl_program in %s/xenvigil.conf\n",
		xlv->config_dir);
	return EXIT_NO_XL;
}

static void tell_version(const char *program)
{
	char ours[HVVERSION_BYTES], its[HVVERSION_BYTES];

	if (hvversion_running(ours) || hvversion_of_program(program, its) ||
	    strcmp(ours, its) == 0)
		return;
	fprintf(stderr, "xlv: %s belongs to Xen %s, but Xen %s runs: most of "
		"its commands cannot work\n", program, its, ours);
}

int xlv_find(struct xlv *xlv)
{
	struct settings *settings = read_settings(xlv->config_dir);

	xlv->find = xlfind_open(settings ? settings->xl_program : "",
				xlv->argv + 1);
	settings_free(settings);
	if (!xlv->find) {
		fprintf(stderr, "xlv: %s\n", strerror(ENOMEM));
		return EXIT_NO_XL;
	}
	if (xlfind_is_endless(xlv->find)) {
		fprintf(stderr, "xlv: xl and xlv have run each other %d times: "
			"this is an endless loop\n",
			XLFIND_DEPTH_MAX);
		return EXIT_NO_XL;
	}
	xlv->program = xlfind_next(xlv->find);
	if (!xlv->program)
		return tell_none(xlv);
	tell_version(xlv->program);
	return -1;
}

int xlv_find_become(const struct xlv *xlv)
{
	const char *path = xlv->program;

	for (; path; path = xlfind_next(xlv->find)) {
		int r = xlfind_export(xlv->find, xlv->argv + 1);

		if (r == 0) /* a script without "#!" is the shell's */
			execvp(path, xlv->argv);
		xlfind_note_failed(xlv->find, r ? -r : errno);
	}
	return tell_none(xlv);
}
