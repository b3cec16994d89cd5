/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starts a debugger on an incident's core, with the core and the kernel's
 * debug information filled in.
 */
#include "xenvigil_debug.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xenvigil_cmd.h"
#include "xenvigil_json.h"

#define PATH_BYTES 4096

static int fail(const char *what, const char *which)
{
	fprintf(stderr, "xenvigil: %s%s\n", what, which);
	return EXIT_FAILURE;
}

static const char *find_core(json_object *answer)
{
	const char *core = text_of(answer, "core");

	if (!core[0])
		fail("this incident has no core", "");
	else if (access(core, R_OK))
		fail(core, ": the core cannot be read, or was removed");
	else
		return core;
	return NULL;
}

static bool find_kernel(json_object *answer, char *ret_path)
{
	char package[XENVIGIL_DEBUG_WORD_BYTES + 32];
	struct xenvigil_debug kernel;

	if (xenvigil_debug_read(answer, &kernel)) {
		fail("the version of the guest's kernel is not recorded", "");
		return false;
	}
	if (xenvigil_debug_find("", &kernel, ret_path, PATH_BYTES) == 0)
		return true;
	xenvigil_debug_package(&kernel, package, sizeof(package));
	fprintf(stderr, "xenvigil: the debug information of Linux %s is not "
		"installed; the package %s has it\n",
		kernel.release, package);
	return false;
}

/* A PV guest's ELF is Xen's own, which drgn has no eyes for.  Returns when a
 * program could not be started only. */
static void start_debugger(json_object *answer, const char *core, const char *kernel)
{
	execlp("crash", "crash", kernel, core, (char *)NULL);
	if (errno == ENOENT && strcmp(text_of(answer, "type"), "pv") != 0)
		execlp("drgn", "drgn", "-c", core, "-s", kernel, (char *)NULL);
}

int xenvigil_debug_start(json_object *answer)
{
	const char *core = find_core(answer);
	char kernel[PATH_BYTES];

	if (!core || !find_kernel(answer, kernel))
		return EXIT_FAILURE;
	start_debugger(answer, core, kernel);
	if (errno != ENOENT)
		return fail("cannot start the debugger: ",
			    strerror(errno));
	return fail(strcmp(text_of(answer, "type"), "pv") == 0 ?
		    "crash is not installed; the package crash has it" :
		    "neither crash nor drgn is installed; the packages crash "
		    "and python3-drgn have them", "");
}
