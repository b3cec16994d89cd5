/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that is known of an incident in one file that can be given away: as a
 * page, as JSON or as text.  It has no core in it.
 */
#include "xenvigil_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "xenvigil_cmd.h"

static const char *const formats[] = { "html", "json", "text" };

bool xenvigil_report_is_format(const char *format)
{
	return text_find(formats, ARRAY_LEN(formats), format, NULL) == 0;
}

static int write_html(json_object *answer)
{
	struct text html = { 0 };
	int r;

	xenvigil_report_html(answer, &html);
	r = html.error;
	if (r == 0 && fputs(text_get(&html), stdout) < 0)
		r = -EIO;
	text_free(&html);
	return r;
}

static int write_all(json_object *answer, const char *format)
{
	if (strcmp(format, "json") == 0)
		xenvigil_json_print(answer);
	else if (strcmp(format, "text") == 0)
		xenvigil_show_info(answer, INT32_MAX);
	else
		return write_html(answer);
	return 0;
}

/* For root alone until somebody gives it away; nothing is written over. */
static int to_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = fd < 0 || dup2(fd, STDOUT_FILENO) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

int xenvigil_report_write(json_object *answer, const char *format,
			  const char *path)
{
	int r = path ? to_file(path) : 0;

	if (r == 0)
		r = write_all(answer, format);
	if (r == 0 && (fflush(stdout) || (path && fsync(STDOUT_FILENO))))
		r = -errno;
	if (r == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "xenvigil: %s: %s\n", path ? path : "standard output",
		strerror(-r));
	return EXIT_FAILURE;
}
